//! Searching through the steps of a call: in the source of their lines, and in the names and values of what they change.

use super::{Lines, SLICE};
use crate::app::pane::{Cx, Tone};
use crate::app::session::read;
use crate::app::source::Source;
use crate::index::{Sought, Walk, Wanted};
use std::sync::Arc;

/// What was searched last.
#[derive(Debug, Default)]
pub(super) struct Search {
    text: String,
    /// The source of the call, when it was read.
    source: Option<Arc<Source>>,
    /// The search went on from the other end.
    turned: bool,
}

impl Lines {
    /// The source of the call was read, or is known already.
    pub fn has_source(&mut self, source: Option<&Arc<Source>>) {
        self.search.source = source.cloned();
    }

    pub(super) fn search_for(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        text.clone_into(&mut self.search.text);
        self.find(forward, cx);
    }

    /// To the next step that has the text, or the one before.
    pub(super) fn find(&mut self, forward: bool, cx: &mut Cx<'_>) {
        if self.search.text.is_empty() || self.index.is_none() {
            return;
        }
        let source = self.search.source.as_ref().and_then(|source| source.lines.as_ref().ok());
        let source = source.map(Vec::as_slice).unwrap_or_default();
        let lines = source.iter().map(|line| line.iter().map(|(_, text)| text.as_str()).collect::<String>());
        let sought = Sought::new(&self.search.text, &self.shown.names, lines);
        self.search.turned = false;
        self.walk(self.at, forward, &Wanted::Text(Arc::new(sought)), cx);
    }

    /// A walk came to the end of the call. A search goes on from the other end, once.
    pub(super) fn nothing_left(&mut self, forward: bool, wanted: &Wanted, cx: &mut Cx<'_>) {
        if !matches!(wanted, Wanted::Text(_)) {
            return cx.say(Tone::Plain, "there is no other such line in this call");
        }
        if std::mem::replace(&mut self.search.turned, true) {
            return cx.say(Tone::Warning, format!("no line of this call has {:?}", self.search.text));
        }
        if !forward {
            return self.walk(u64::MAX, forward, wanted, cx);
        }
        let (Some(trace), Some(index)) = (cx.session.trace.clone(), &self.index) else { return };
        // What is behind a step never is the first one.
        match index.walk(&read(&trace), 1, false, wanted, SLICE) {
            Walk::Found(first) => self.go(first, cx),
            _ => self.walk(0, forward, wanted, cx),
        }
    }
}
