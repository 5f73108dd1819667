//! Details of what is selected: times, values, source, why it was recorded and how it got its name.

mod facts;

pub use facts::{Shown, source_name};

use super::calls::label;
use super::calls::tree::Node;
use super::event::Effect;
use super::list::Cursor;
use super::pane::{Cx, Pane, Tone};
use super::session::read;
use super::source::Source;
use super::value_rows::{ValueRow, ValueRows, inside};
use crate::config::{Action, Context, Role};
use crate::index::{CallInfo, Nav, Way};
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::model::value::{Value, tree};
use crate::trace::Trace;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Source files kept in memory.
const KEPT: usize = 8;

/// Where a call stands on the way of an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It raised it.
    Raised,
    /// It was left by it.
    Left,
    /// It caught it.
    Caught,
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Details {
    /// What is shown.
    pub shown: Option<Shown>,
    node: Option<Node>,
    values: label::Values,
    /// Values as rows.
    rows: ValueRows,
    /// The cursor in the values.
    pub cursor: Cursor,
    /// The way of the exception that left the selected call, or was caught by it. It is kept while the selection is on it.
    way: Option<(CallId, Way)>,
    sources: Vec<Arc<Source>>,
    wanted: Option<PathBuf>,
    /// Lines that the source is scrolled away from where it would stand.
    pub scrolled: isize,
    /// Long text is wrapped.
    pub wrap: bool,
}

impl Details {
    /// The values as rows.
    #[must_use]
    pub fn rows(&self) -> &[ValueRow] {
        self.rows.list()
    }

    /// A source file, if it was read: that of what is shown is, or will be.
    #[must_use]
    pub fn source(&self, path: &Path) -> Option<&Arc<Source>> {
        self.sources.iter().find(|source| source.path == *path)
    }

    /// Shows a node. What was unfolded stays unfolded while the same function is looked at.
    pub fn show(&mut self, node: Option<Node>, call: Option<&CallInfo>, cx: &mut Cx<'_>) {
        let Some(trace) = cx.session.trace.clone() else { return };
        let trace = read(&trace);
        if node != self.node {
            self.node = node;
            self.scrolled = 0;
            self.cursor = Cursor::default();
        }
        self.find_way(&trace, call);
        self.values = call.map(|call| label::values(&trace, call)).unwrap_or_default();
        self.shown = match (node, call) {
            (_, Some(call)) => {
                let mut shown = facts::of_call(&trace, call, cx);
                shown.facts.extend(self.way.as_ref().and_then(|way| facts::way_in_words(&trace, way)));
                Some(shown)
            }
            (Some(Node::Thread(process, thread)), _) => facts::of_thread(&trace, process, thread, cx),
            (Some(Node::Process(process)), _) => facts::of_process(&trace, process),
            _ => None,
        };
        self.build_rows();
        drop(trace);
        self.want_source(cx);
    }

    /// Shows a function, apart from any call of it.
    pub fn show_code(&mut self, process: ProcessIx, code: CodeId, cx: &mut Cx<'_>) {
        let Some(trace) = cx.session.trace.clone() else { return };
        let trace = read(&trace);
        self.node = None;
        self.scrolled = 0;
        self.values = label::Values::default();
        self.shown = facts::of_code(&trace, process, code, cx);
        self.build_rows();
        drop(trace);
        self.want_source(cx);
    }

    fn find_way(&mut self, trace: &Trace, call: Option<&CallInfo>) {
        if call.is_some_and(|call| self.on_way(call.id).is_some()) {
            return;
        }
        self.way = call.and_then(|call| Some((call.id, Way::of(&Nav::of(trace, call.id)?, call.id.ordinal)?)));
    }

    /// Where a call stands on the way of the exception that is looked at.
    #[must_use]
    pub fn on_way(&self, id: CallId) -> Option<Standing> {
        let (of, way) = self.way.as_ref().filter(|(of, _)| (of.process, of.thread) == (id.process, id.thread))?;
        match id.ordinal {
            at if way.caught_by == Some(at) => Some(Standing::Caught),
            at if way.raised_in() == at && !way.cut => Some(Standing::Raised),
            at if way.has(at) || at == of.ordinal => Some(Standing::Left),
            _ => None,
        }
    }

    /// Asks for the source of what is shown, unless it is there or on its way.
    fn want_source(&mut self, cx: &mut Cx<'_>) {
        if let Some((path, _)) = self.shown.as_ref().and_then(|shown| shown.place.clone())
            && self.sources.iter().all(|source| source.path != path)
            && self.wanted.as_ref() != Some(&path)
        {
            self.wanted = Some(path.clone());
            cx.effect(Effect::LoadSource(path));
        }
    }

    /// A source file was read.
    pub fn loaded(&mut self, source: Source) {
        if self.wanted.as_ref() == Some(&source.path) {
            self.wanted = None;
        }
        self.sources.retain(|known| known.path != source.path);
        self.sources.push(Arc::new(source));
        if self.sources.len() > KEPT {
            self.sources.remove(0);
        }
    }

    /// Forgets source files, because they may have been edited.
    pub fn forget(&mut self, path: &Path) {
        self.sources.retain(|source| source.path != path);
    }

    fn build_rows(&mut self) {
        self.rows.clear();
        let values = &self.values;
        let mut index = 0;
        for (at, value) in values.arguments.iter().flatten().enumerate() {
            let name = values.params.get(at).map_or("?", String::as_str);
            self.rows.value(index, name, "", value, Role::Text);
            index += 1;
        }
        // Of these two a segment has one at most.
        if let Some(value) = &values.sent {
            self.rows.value(index, "sent", "", value, Role::Text);
        }
        if let Some(raised) = &values.thrown {
            self.rows.raised(index, "thrown", raised, Role::Error);
        }
        index += usize::from(values.sent.is_some() || values.thrown.is_some());
        if let Some(value) = &values.result {
            self.rows.value(index, "result", "", value, Role::Accent);
        }
        if let Some(raised) = &values.raised {
            self.rows.raised(index, "raised", raised, Role::Error);
        }
    }

    fn toggle(&mut self, unfold: Option<bool>) {
        self.cursor.at = self.rows.toggle(self.cursor.at, unfold);
        self.build_rows();
        self.cursor.at = self.cursor.at.min(self.rows().len().saturating_sub(1));
    }

    fn scroll_source(&mut self, by: isize) {
        let Some((path, line)) = self.shown.as_ref().and_then(|shown| shown.place.as_ref()) else { return };
        let lines = self.source(path).and_then(|source| source.lines.as_ref().ok()).map_or(0, Vec::len);
        let line = *line as usize;
        let (least, most) = (1 - line as isize, lines.saturating_sub(line) as isize);
        self.scrolled = self.scrolled.saturating_add(by).clamp(least.min(0), most.max(0));
    }
}

impl Pane for Details {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Details, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let rows = cx.rows();
        match action {
            Action::Unfold => self.toggle(Some(true)),
            Action::Fold => self.toggle(Some(false)),
            Action::DetailsToggle => self.toggle(None),
            Action::Wrap => {
                self.wrap = !self.wrap;
                cx.say(Tone::Plain, if self.wrap { "long values are wrapped" } else { "long values are cut" });
            }
            Action::PageUp => self.scroll_source(-(rows as isize / 2).max(1)),
            Action::PageDown => self.scroll_source((rows as isize / 2).max(1)),
            Action::Up if self.rows().is_empty() => self.scroll_source(-1),
            Action::Down if self.rows().is_empty() => self.scroll_source(1),
            action => return self.cursor.act(action, self.rows().len(), rows),
        }
        true
    }

    fn click(&mut self, row: Option<usize>, fold: bool, double: bool, _cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|row| *row < self.rows().len()) else { return };
        self.cursor.at = row;
        if fold || double {
            self.toggle(None);
        }
    }

    fn scroll(&mut self, rows: isize, _cx: &mut Cx<'_>) {
        self.scroll_source(rows);
    }

    fn copied(&self, _cx: &Cx<'_>) -> Option<String> {
        match self.rows().get(self.cursor.at) {
            Some(row) => Some(self.value_at(&row.path).map_or_else(|| row.text.clone(), tree::copied)),
            None => self.shown.as_ref().map(|shown| shown.title.0.clone()),
        }
    }

    fn place(&self, _cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        let shown = self.shown.as_ref()?;
        let (path, line) = shown.place.clone()?;
        Some((path, line.saturating_add_signed(i32::try_from(self.scrolled).unwrap_or(0))))
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::DetailsToggle, Action::Wrap, Action::Copy, Action::Edit]
    }
}

impl Details {
    /// The value that a path of the rows leads to.
    fn value_at(&self, path: &[usize]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        let values = &self.values;
        let mut all: Vec<Option<&Value>> = values.arguments.iter().flatten().map(Some).collect();
        if values.sent.is_some() || values.thrown.is_some() {
            all.push(values.sent.as_ref());
        }
        all.push(values.result.as_ref());
        inside((*all.get(*first)?)?, rest)
    }
}
