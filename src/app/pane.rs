//! What a pane is. Each pane lives in a file of its own here (its state and what keys do to it) and in a file of the same
//! name in `tui/` (how it looks). To add one: a variant of [`PaneId`], a field of [`super::panes::Panes`], an arm of
//! `tui::pane::draw`, and its actions in `config::action`. A pane never reaches into another one: it asks, by a
//! [`Request`], and the state passes it on.

use super::event::{Effect, Effects};
use super::layout::Area;
use super::overlay::Overlay;
use super::session::Session;
use crate::config::{Action, Config, Context, Key};
use crate::model::id::CallId;
use std::path::PathBuf;

/// Every pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaneId {
    /// The call tree.
    Calls,
    /// The filter lab.
    Filters,
    /// Module names.
    Names,
    /// The target's terminal.
    Output,
    /// Totals per function.
    Functions,
    /// The lines of the selected call, step by step.
    Lines,
    /// Asyncio tasks.
    Tasks,
    /// Tests of pytest and unittest.
    Tests,
    /// Details of what is selected in another pane.
    Details,
    /// The list of saved traces.
    Traces,
}

impl PaneId {
    /// The panes that have a tab while a trace is open, in order.
    pub const TABS: [Self; 8] =
        [Self::Calls, Self::Filters, Self::Names, Self::Output, Self::Functions, Self::Tasks, Self::Tests, Self::Lines];

    /// The title of its tab.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Calls => "Calls",
            Self::Filters => "Filters",
            Self::Names => "Names",
            Self::Output => "Output",
            Self::Functions => "Functions",
            Self::Lines => "Lines",
            Self::Tasks => "Tasks",
            Self::Tests => "Tests",
            Self::Details => "Details",
            Self::Traces => "Saved traces",
        }
    }

    /// Whether the details of a call stand beside this pane (others divide their area themselves).
    #[must_use]
    pub fn has_details(self) -> bool {
        matches!(self, Self::Calls | Self::Functions | Self::Tasks | Self::Tests)
    }

    /// The context of its own keys.
    #[must_use]
    pub fn context(self) -> Context {
        match self {
            Self::Calls => Context::Calls,
            Self::Filters => Context::Filters,
            Self::Names => Context::Names,
            Self::Output => Context::Output,
            Self::Functions => Context::Functions,
            Self::Lines => Context::Lines,
            Self::Tasks => Context::Tasks,
            Self::Tests => Context::Tests,
            Self::Details => Context::Details,
            Self::Traces => Context::Traces,
        }
    }
}

/// Something in the picture that the mouse can point at. Rows are counted as the pane counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hit {
    /// The tab of a pane.
    Tab(PaneId),
    /// A row of a pane.
    Row(PaneId, usize),
    /// The fold sign of a row.
    Fold(PaneId, usize),
    /// Somewhere else in a pane.
    Pane(PaneId),
    /// A row or a choice of what lies over the panes.
    Overlay(usize),
    /// A hint at the foot, which does what its key does.
    Hint(Action),
}

/// What a pane asks of others.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Show this pane and give it the focus.
    Show(PaneId),
    /// Select this call in the tree, unfolding what is needed.
    GoTo(CallId),
    /// Select the first call of this function (process, code) in the tree, or the next after the selected one.
    GoToCode(crate::model::id::ProcessIx, crate::model::id::CodeId),
    /// The same without leaving this pane.
    Select(CallId),
    /// Select this call in the tree, and show what is inside it.
    Unfold(CallId),
    /// The selection of a pane has changed: details follow.
    Selected,
    /// This function is selected in a pane: details follow.
    SelectedCode(crate::model::id::ProcessIx, crate::model::id::CodeId),
    /// Offer selectors that match this function.
    SelectorsFor(crate::model::id::ProcessIx, crate::model::id::CodeId),
    /// Explain this function: evidence, rules, verdict.
    Explain(crate::model::id::ProcessIx, crate::model::id::CodeId),
    /// Put this rule into the session, and show it.
    AddRule(crate::filter::edit::RuleText),
    /// Move this rule to the end of that source.
    MoveRule(super::lab::RuleKey, usize),
    /// Show what saving to this file would change.
    SaveTo(PathBuf),
    /// Pause recording, or go on with it.
    PauseRecording,
    /// Put something over the panes.
    Open(Overlay),
    /// Show the byte at this place of the output.
    ShowOutput(u64),
    /// Open a trace.
    OpenTrace(PathBuf),
}

/// How loud a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Plain,
    /// Something to look at.
    Warning,
    /// Something could not be done.
    Error,
}

/// One sentence at the foot of the screen, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How loud.
    pub tone: Tone,
    /// The sentence, safe to print.
    pub text: String,
}

/// What a pane gets to work with.
pub struct Cx<'a> {
    /// The trace, the target, the counters.
    pub session: &'a mut Session,
    /// What the user has configured.
    pub config: &'a Config,
    /// Where the pane is on the screen; empty when it is not there.
    pub area: Area,
    /// What is to be done outside.
    pub effects: &'a mut Effects,
    /// What other panes are asked.
    pub requests: Vec<Request>,
    /// What is to be said.
    pub message: Option<Message>,
}

impl Cx<'_> {
    /// Asks for something outside of the state.
    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Asks another pane.
    pub fn request(&mut self, request: Request) {
        self.requests.push(request);
    }

    /// The picture has changed.
    pub fn redraw(&mut self) {
        self.effects.redraw = true;
    }

    /// Says something at the foot of the screen.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        self.message = Some(Message { tone, text: super::text::clean(&text).into_owned() });
        self.redraw();
    }

    /// Rows of the pane's area.
    #[must_use]
    pub fn rows(&self) -> usize {
        usize::from(self.area.height)
    }
}

/// A pane's state and behaviour.
pub trait Pane {
    /// The contexts whose keys it knows, its own first. `Lists` brings the movements.
    fn contexts(&self) -> &'static [Context];

    /// Whether keys are text for it now. Then [`Pane::key`] gets every key, and nothing else does.
    fn typing(&self) -> bool {
        false
    }

    /// A key while [`Pane::typing`]. What it does not know it passes over.
    fn key(&mut self, _key: Key, _cx: &mut Cx<'_>) {}

    /// Pasted text while [`Pane::typing`].
    fn paste(&mut self, _text: &str, _cx: &mut Cx<'_>) {}

    /// An action; false when it is not one of its own, so that others may have it.
    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool;

    /// A click on one of its rows (`fold`: on the fold sign), or on nothing in particular.
    fn click(&mut self, _row: Option<usize>, _fold: bool, _double: bool, _cx: &mut Cx<'_>) {}

    /// The wheel, in rows; negative is up.
    fn scroll(&mut self, _rows: isize, _cx: &mut Cx<'_>) {}

    /// The trace grew, was replaced, or the pane has another size.
    fn refresh(&mut self, _cx: &mut Cx<'_>) {}

    /// Searches for the text, from the selection on. An empty text ends the search.
    fn search(&mut self, _text: &str, _forward: bool, cx: &mut Cx<'_>) {
        cx.say(Tone::Plain, "there is nothing to search here");
    }

    /// What `y` copies.
    fn copied(&self, _cx: &Cx<'_>) -> Option<String> {
        None
    }

    /// The place that `o` opens in the editor: path and line.
    fn place(&self, _cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        None
    }

    /// What can be done now, most wanted first, for the foot of the screen.
    fn hints(&self) -> Vec<Action> {
        Vec::new()
    }
}
