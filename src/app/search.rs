//! Searching: the line at the foot where the text is typed, what is looked for among the calls, and the answers of the
//! search that runs in the background.

use super::calls::tree::Node;
use super::line_edit::LineEdit;
use super::pane::PaneId;
use crate::index::value_search::{Place, Spot};
use crate::model::id::{CallId, CodeId, ProcessIx, ThreadNo};
use crate::trace::Trace;
use std::collections::HashSet;
use std::sync::Arc;

/// The line that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Which pane is searched.
    pub pane: PaneId,
    /// The text.
    pub line: LineEdit,
    /// Which earlier search is shown, counted from the newest; `None`: none.
    pub earlier: Option<usize>,
}

/// Where a search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// At the beginning of everything.
    Start,
    /// At the beginning of a process.
    Process(ProcessIx),
    /// At the beginning of a thread.
    Thread(ProcessIx, ThreadNo),
    /// Behind (or before) this call.
    Call(CallId),
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Functions whose label has this text; upper-case letters in it make case count.
    Text(String),
    /// One function.
    Code(ProcessIx, CodeId),
    /// Calls with this text in a value: in arguments, results, exceptions, variables at lines.
    Value(String),
}

/// What a search for values begins with in the search line.
pub const IN_VALUES: char = '=';

/// What the background search looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Number of the search, so that an answer that comes too late is told from one that is wanted.
    pub number: u64,
    /// What.
    pub wanted: Wanted,
    /// From where.
    pub from: From,
    /// Which way.
    pub forward: bool,
    /// Inside of what.
    pub root: Option<Node>,
    /// Of a search for values: the hit from which it goes on, when that call is still selected.
    pub last: Option<Place>,
}

/// What a background search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Number of the search.
    pub number: u64,
    /// What was found.
    pub outcome: Outcome,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This call; `wrapped`: after going on from the other end.
    Hit {
        /// The call.
        id: CallId,
        /// The search went on from the other end.
        wrapped: bool,
        /// Of a search for values: where in the call.
        spot: Option<(Place, Spot)>,
    },
    /// Nothing.
    Nothing,
    /// It could not be searched.
    Failed(String),
}

/// The search of the call tree: what was typed last, and which functions that is.
#[derive(Clone, Debug, Default)]
pub struct Search {
    wanted: Option<Wanted>,
    /// Functions whose rows are marked.
    hits: Arc<HashSet<(ProcessIx, CodeId)>>,
    /// Of a search for values: the last hit.
    last: Option<(CallId, Place)>,
    number: u64,
}

impl Search {
    /// Nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_none()
    }

    /// Looks for a text; returns how many functions have it in their label. Behind [`IN_VALUES`] it is looked for in
    /// values instead.
    pub fn for_text(&mut self, trace: &Trace, text: &str) -> usize {
        self.number += 1;
        if text.is_empty() {
            *self = Self { number: self.number, ..Self::default() };
            return 0;
        }
        if let Some(value) = text.strip_prefix(IN_VALUES) {
            (self.hits, self.last) = (Arc::default(), None);
            self.wanted = Some(Wanted::Value(value.to_owned()));
            return 0;
        }
        self.hits = Arc::new(matching(trace, text));
        self.wanted = Some(Wanted::Text(text.to_owned()));
        self.hits.len()
    }

    /// Looks for calls of one function.
    pub fn for_code(&mut self, process: ProcessIx, code: CodeId) {
        self.wanted = Some(Wanted::Code(process, code));
        self.hits = Arc::default();
    }

    /// Whether a function's rows are marked as hits.
    #[must_use]
    pub fn is_hit(&self, process: ProcessIx, code: CodeId) -> bool {
        self.hits.contains(&(process, code))
    }

    /// What is looked for, in words.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.wanted {
            Some(Wanted::Text(text)) => format!("a function with {text:?} in its name, here"),
            Some(Wanted::Value(text)) => format!("{text:?} in a value, here"),
            Some(Wanted::Code(..)) => "this function besides the selected one, here".to_owned(),
            None => String::new(),
        }
    }

    /// A new search of the same thing.
    pub fn query(&mut self, from: From, forward: bool, root: Option<Node>) -> Query {
        self.number += 1;
        let wanted = self.wanted.clone().unwrap_or(Wanted::Text(String::new()));
        let last = self.last.filter(|(id, _)| from == From::Call(*id)).map(|(_, place)| place);
        Query { number: self.number, wanted, from, forward, root, last }
    }

    /// Whether values are searched.
    #[must_use]
    pub fn is_for_value(&self) -> bool {
        matches!(self.wanted, Some(Wanted::Value(_)))
    }

    /// A hit of a search for values.
    pub fn found_value(&mut self, id: CallId, place: Place) {
        self.last = Some((id, place));
    }

    /// Whether an answer is to the newest question.
    #[must_use]
    pub fn is_current(&self, number: u64) -> bool {
        self.number == number
    }
}

/// The functions whose label has the text. Upper-case letters in the text make case count.
#[must_use]
pub fn matching(trace: &Trace, text: &str) -> HashSet<(ProcessIx, CodeId)> {
    let exact = text.chars().any(char::is_uppercase);
    let folded = text.to_lowercase();
    let mut found = HashSet::new();
    for process in trace.processes() {
        for record in process.codes.iter() {
            let label = record.label();
            if if exact { label.contains(text) } else { label.to_lowercase().contains(&folded) } {
                found.insert((process.ix, record.id));
            }
        }
    }
    found
}
