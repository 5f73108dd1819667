//! Searching: the line at the foot where the text is typed, and the background search over calls.

use super::line_edit::LineEdit;
use super::pane::PaneId;

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

/// What the background search looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Number of the search, so that an answer that comes too late is told from one that is wanted.
    pub number: u64,
    /// Which way.
    pub forward: bool,
}

/// What a background search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Number of the search.
    pub number: u64,
}
