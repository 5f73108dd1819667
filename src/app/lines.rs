//! Stepping through the executed lines of the selected call, in both directions: the line that ran, what it changed, and
//! the calls that it made. The call is the one that is selected in the tree; going into a call or out of one selects it
//! there. However many lines there are, a key looks at a few blocks of the trace at most; what takes longer is done in
//! the background.

mod search;

use super::calls::label;
use super::event::Effect;
use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use super::session::read;
use super::text::clean;
use super::units;
use super::value_rows::{ValueRow, ValueRows, inside};
use crate::config::{Action, Context, Role};
use crate::index::{CallInfo, Held, LineStep, Lines as Index, Nav, Outcome, Walk, Wanted};
use crate::model::id::CallId;
use crate::model::value::{Value, show};
use crate::trace::Trace;
use std::path::PathBuf;

/// Blocks that a key passes over at once; the rest is for the background.
const SLICE: usize = 12;
/// Calls of one line that are listed.
const CALLS: usize = 16;
/// Characters of the value that a variable had before, and of a call.
const BEFORE: usize = 24;
const CALL: usize = 160;
/// Rows that stand for source lines begin at this number, for the mouse.
pub const SOURCE: usize = 1 << 32;

/// What the background is asked: to pass over the rest of a call's lines, and then to look for a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Number of the question, so that an answer that comes too late is told from one that is wanted.
    pub number: u64,
    /// As far as the lines are known.
    pub index: Index,
    /// From which step, whether forwards, what.
    pub walk: Option<(u64, bool, Wanted)>,
}

/// What came of it. Answers come in parts while it takes long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Number of the question.
    pub number: u64,
    /// As far as the lines are known now.
    pub index: Index,
    /// All of them are.
    pub finished: bool,
    /// Where the walk led to.
    pub walk: Option<Walk>,
}

/// What is shown of the call.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Its label.
    pub title: String,
    /// Source file, and the line where the function begins.
    pub place: Option<(PathBuf, u32)>,
    /// Names of its variables.
    names: Vec<String>,
    /// Further names that were not watched.
    unwatched: u32,
    ending: label::Values,
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Lines {
    call: Option<CallInfo>,
    shown: Shown,
    index: Option<Index>,
    finished: bool,
    number: u64,
    /// The step, from 0: the entry.
    at: u64,
    step: Option<LineStep>,
    held: Vec<Option<Held>>,
    calls: Vec<CallId>,
    rows: ValueRows,
    /// The cursor in the variables.
    pub cursor: Cursor,
    /// Keys move the cursor in the variables, not the step.
    pub in_values: bool,
    /// When this call's caller is shown next, its step is the one that made the call.
    arrive: Option<CallId>,
    /// The last step is wanted as soon as it is known.
    to_end: bool,
    /// Lines that the source is scrolled away from the current one.
    pub scrolled: isize,
    search: search::Search,
    /// The walk that the background was asked for.
    walking: Option<(bool, Wanted)>,
}

impl Lines {
    /// The call, when it has lines.
    #[must_use]
    pub fn call(&self) -> Option<&CallInfo> {
        self.call.as_ref()
    }

    /// What is shown of the call.
    #[must_use]
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// The step, how many there are, and whether that is all of them.
    #[must_use]
    pub fn position(&self) -> (u64, u64, bool) {
        (self.at, self.index.as_ref().map_or(0, Index::len), self.finished)
    }

    /// The step that is looked at; `None`: no line of the call is known.
    #[must_use]
    pub fn step(&self) -> Option<&LineStep> {
        self.step.as_ref()
    }

    /// The line that stands out in the source.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.step.as_ref()?.line.or(self.shown.place.as_ref().map(|(_, line)| *line))
    }

    /// Variables, calls and the result, as rows.
    #[must_use]
    pub fn rows(&self) -> &[ValueRow] {
        self.rows.list()
    }

    /// Shows the call that is selected in the tree.
    pub fn show(&mut self, call: Option<&CallInfo>, cx: &mut Cx<'_>) {
        let Some(trace) = cx.session.trace.clone() else { return };
        let trace = read(&trace);
        let Some(call) = call else {
            *self = Self { number: self.number + 1, ..Self::default() };
            return;
        };
        let arrived = self.arrive.take();
        if self.call.is_none_or(|shown| shown.id != call.id) {
            let (rows, search) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.search));
            *self = Self { number: self.number + 1, rows, search, in_values: self.in_values, ..Self::default() };
            self.index = Index::new(&trace, call.id);
            self.shown =
                Shown { title: clean(&trace.label(call.id.process, call.code)).into_owned(), ..Shown::default() };
            if let Some(record) = trace.process(call.id.process).and_then(|process| process.code(call.code)) {
                self.shown.names.clone_from(&record.facts.locals);
                self.shown.unwatched = record.facts.unwatched;
                if !record.facts.filename.starts_with('<') {
                    self.shown.place = Some((PathBuf::from(&record.facts.abs_path), record.facts.first_line));
                }
            }
        }
        self.call = Some(*call);
        self.shown.ending = label::values(&trace, call);
        self.advance(&trace, cx);
        if let Some((index, inner)) = self.index.as_ref().zip(arrived) {
            self.at = index.step_of(&trace, inner).unwrap_or(0);
        }
        self.look(&trace, cx.rows());
        cx.redraw();
    }

    /// Passes over what is new, and leaves the rest to the background.
    fn advance(&mut self, trace: &Trace, cx: &mut Cx<'_>) {
        let Some(index) = &mut self.index else { return };
        self.finished = index.advance(trace, SLICE);
        if !self.finished {
            self.ask(None, cx);
        }
    }

    fn ask(&mut self, walk: Option<(u64, bool, Wanted)>, cx: &mut Cx<'_>) {
        let Some(index) = &self.index else { return };
        self.number += 1;
        self.walking = walk.as_ref().map(|(_, forward, wanted)| (*forward, wanted.clone()));
        cx.effect(Effect::Lines(Job { number: self.number, index: index.clone(), walk }));
    }

    /// The background has an answer.
    pub fn done(&mut self, done: Done, cx: &mut Cx<'_>) {
        if done.number != self.number {
            return;
        }
        let Some(trace) = cx.session.trace.clone() else { return };
        let trace = read(&trace);
        (self.index, self.finished) = (Some(done.index), done.finished);
        if self.to_end {
            self.at = self.last();
            self.to_end = !done.finished;
        }
        if let Some(Walk::Found(step)) = done.walk {
            self.at = step;
        }
        self.look(&trace, cx.rows());
        drop(trace);
        if let Some(Walk::Nothing) = done.walk
            && let Some((forward, wanted)) = self.walking.take()
        {
            self.nothing_left(forward, &wanted, cx);
        }
        cx.redraw();
    }

    fn last(&self) -> u64 {
        self.index.as_ref().map_or(0, Index::len).saturating_sub(1)
    }

    /// Reads the step, and what the variables hold behind it.
    fn look(&mut self, trace: &Trace, height: usize) {
        let Some(index) = &self.index else { return };
        self.at = self.at.min(self.last());
        self.step = index.step(trace, self.at);
        self.held = index.values(trace, self.at, self.shown.names.len());
        let stood = self.rows.list().get(self.cursor.at).map(|row| row.path.clone());
        self.build(trace);
        if let Some(path) = stood {
            let same = |row: &ValueRow| row.path == path;
            self.cursor.at = self.rows.list().iter().position(same).unwrap_or(self.cursor.at);
        }
        self.cursor.fit(self.rows.list().len(), height);
    }

    fn build(&mut self, trace: &Trace) {
        self.rows.clear();
        self.calls.clear();
        let (Some(index), Some(step), Some(call)) = (&self.index, &self.step, &self.call) else { return };
        let former = match self.at.checked_sub(1) {
            Some(before) if !step.changed.is_empty() => index.values(trace, before, self.shown.names.len()),
            _ => Vec::new(),
        };
        for (at, (name, held)) in self.shown.names.iter().zip(&self.held).enumerate() {
            let changed = step.changed.iter().any(|changed| *changed as usize == at);
            match held {
                // Arguments are no change: they are what the call begins with.
                Some(Held { value: Some(value), .. }) if changed && self.at > 0 => {
                    let before = former.get(at).and_then(Option::as_ref).and_then(|held| held.value.as_ref());
                    let before = before.filter(|value| **value != Value::Unbound);
                    let before = before.map(|value| show::brief(value, BEFORE) + " ").unwrap_or_default();
                    self.rows.value(at, name, &format!("{before}→ "), value, Role::Accent);
                }
                Some(Held { value: Some(Value::Unbound), .. }) | None => {}
                Some(Held { value: Some(value), .. }) => self.rows.value(at, name, "", value, Role::Text),
                Some(Held { value: None, .. }) => {
                    self.rows.text(at, &clean(name), "set long before".to_owned(), Role::Dim);
                }
            }
        }
        if self.shown.unwatched > 0 {
            let more = units::plural(u64::from(self.shown.unwatched), "name is", "names are");
            self.rows.text(usize::MAX, "", format!("… {more} not watched"), Role::Dim);
        }
        let made = Nav::of(trace, call.id)
            .filter(|_| !step.calls.is_empty())
            .map(|nav| nav.children(Some(call.id.ordinal), Some(step.calls.start), CALLS));
        let made = made.unwrap_or_default().into_iter().filter(|made| step.calls.contains(&made.id.ordinal));
        for (number, made) in (self.shown.names.len()..).zip(made) {
            let text = label::name(trace, &made).0 + &label::tail(trace, &made, CALL);
            let label = if self.calls.is_empty() { "calls" } else { "" };
            self.rows.text(number, label, text, Role::Module);
            self.calls.push(made.id);
        }
        if self.at == self.last() && self.finished {
            let number = self.shown.names.len() + CALLS;
            if let Some(value) = &self.shown.ending.result {
                let word = if call.outcome == Outcome::Yield { "yields" } else { "returns" };
                self.rows.value(number, word, "", value, Role::Accent);
            }
            if let Some(raised) = &self.shown.ending.raised {
                self.rows.raised(number, "raises", raised, Role::Error);
            }
        }
    }

    /// The variable under the cursor, by its index into the names.
    fn variable(&self) -> Option<u32> {
        let at = *self.rows().get(self.cursor.at)?.path.first()?;
        (at < self.shown.names.len()).then(|| u32::try_from(at).ok()).flatten()
    }

    /// The call under the cursor.
    fn call_at_cursor(&self) -> Option<CallId> {
        let at = *self.rows().get(self.cursor.at)?.path.first()?;
        self.calls.get(at.checked_sub(self.shown.names.len())?).copied()
    }

    fn go(&mut self, to: u64, cx: &mut Cx<'_>) {
        let Some(trace) = cx.session.trace.clone() else { return };
        (self.at, self.scrolled, self.to_end) = (to, 0, false);
        self.look(&read(&trace), cx.rows());
    }

    /// To the nearest step behind `from`, or before it, that has what is wanted.
    fn walk(&mut self, from: u64, forward: bool, wanted: &Wanted, cx: &mut Cx<'_>) {
        let (Some(trace), Some(index)) = (cx.session.trace.clone(), &self.index) else { return };
        let trace = read(&trace);
        match index.walk(&trace, from, forward, wanted, SLICE) {
            Walk::Found(step) => {
                drop(trace);
                self.go(step, cx);
            }
            Walk::More(step) => self.ask(Some((step, forward, wanted.clone())), cx),
            Walk::Nothing if forward && !self.finished => self.ask(Some((self.last(), forward, wanted.clone())), cx),
            Walk::Nothing => {
                drop(trace);
                self.nothing_left(forward, wanted, cx);
            }
        }
    }

    /// To the next line that changed the variable under the cursor, or the one before.
    fn change(&mut self, forward: bool, cx: &mut Cx<'_>) {
        match self.variable() {
            Some(variable) => self.walk(self.at, forward, &Wanted::Variable(variable), cx),
            None => cx.say(Tone::Plain, "move the cursor to a variable first"),
        }
    }

    /// To the line that gave the variable under the cursor its value.
    fn origin(&mut self, cx: &mut Cx<'_>) {
        let held = self.variable().and_then(|at| Some((at, self.held.get(at as usize)?.as_ref()?)));
        match held {
            Some((_, held)) if held.step == self.at => cx.say(Tone::Plain, "it got its value here"),
            Some((variable, Held { value: None, .. })) => self.walk(self.at, false, &Wanted::Variable(variable), cx),
            Some((_, held)) => {
                let to = held.step;
                self.go(to, cx);
            }
            None => cx.say(Tone::Plain, "move the cursor to a variable first"),
        }
    }

    /// To the next time (or the time before) that the current line runs; `line`: another one.
    fn run_of(&mut self, line: Option<u32>, forward: bool, cx: &mut Cx<'_>) {
        if let Some(line) = line {
            self.walk(self.at, forward, &Wanted::Line(line), cx);
        }
    }

    fn step_into(&mut self, cx: &mut Cx<'_>) {
        let call = if self.in_values { self.call_at_cursor() } else { self.calls.first().copied() };
        match call {
            Some(id) => cx.request(Request::Select(id)),
            None => cx.say(Tone::Plain, "this line made no call that was recorded"),
        }
    }

    fn out(&mut self, cx: &mut Cx<'_>) {
        let Some(call) = self.call else { return };
        match call.parent {
            Some(parent) => {
                self.arrive = Some(call.id);
                cx.request(Request::Select(parent));
            }
            None => cx.say(Tone::Plain, "nothing recorded called it"),
        }
    }

    fn toggle(&mut self, unfold: Option<bool>, cx: &mut Cx<'_>) {
        self.cursor.at = self.rows.toggle(self.cursor.at, unfold);
        let Some(trace) = cx.session.trace.clone() else { return };
        self.build(&read(&trace));
        self.cursor.fit(self.rows().len(), cx.rows());
    }

    /// Moves by an action of `Context::Lists`; false when it is none.
    fn move_step(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let page = (cx.rows() as u64 / 2).max(1);
        let to = match action {
            Action::Up => self.at.saturating_sub(1),
            Action::Down => self.at.saturating_add(1),
            Action::PageUp => self.at.saturating_sub(page),
            Action::PageDown => self.at.saturating_add(page),
            Action::Top => 0,
            Action::Bottom => u64::MAX,
            _ => return false,
        };
        let at = self.at;
        self.go(to, cx);
        if action == Action::Bottom {
            self.to_end = !self.finished;
        } else if at == self.at && self.step.is_some() {
            cx.say(Tone::Plain, if to > at { "this is the last line" } else { "this is where the call begins" });
        }
        true
    }
}

impl Pane for Lines {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Lines, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let is_value = self.in_values && self.call_at_cursor().is_none();
        match action {
            Action::NextPane | Action::PreviousPane => self.in_values = !self.in_values && !self.rows().is_empty(),
            Action::Back if self.in_values => self.in_values = false,
            Action::LineInto if is_value => self.toggle(Some(true), cx),
            Action::LineToggle if is_value => self.toggle(None, cx),
            Action::LineInto | Action::LineToggle => self.step_into(cx),
            Action::LineOut if is_value => self.toggle(Some(false), cx),
            Action::LineOut | Action::LineCaller => self.out(cx),
            Action::LineOrigin => self.origin(cx),
            Action::NextChange => self.change(true, cx),
            Action::PreviousChange => self.change(false, cx),
            Action::NextRun => self.run_of(self.step.as_ref().and_then(|step| step.line), true, cx),
            Action::PreviousRun => self.run_of(self.step.as_ref().and_then(|step| step.line), false, cx),
            Action::NextHit => self.find(true, cx),
            Action::PreviousHit => self.find(false, cx),
            Action::NextValue => self.cursor_by(Action::Down, cx),
            Action::PreviousValue => self.cursor_by(Action::Up, cx),
            action if self.in_values => return self.cursor.act(action, self.rows().len(), cx.rows()),
            action => return self.move_step(action, cx),
        }
        true
    }

    fn click(&mut self, row: Option<usize>, fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row else { return };
        if let Some(line) = row.checked_sub(SOURCE) {
            return self.run_of(u32::try_from(line).ok(), true, cx);
        }
        self.in_values = true;
        self.cursor.at = row.min(self.rows().len().saturating_sub(1));
        match self.call_at_cursor() {
            Some(_) if double => self.step_into(cx),
            None if fold || double => self.toggle(None, cx),
            _ => {}
        }
    }

    fn scroll(&mut self, rows: isize, _cx: &mut Cx<'_>) {
        // More than any file is long would take as long to scroll back.
        self.scrolled = self.scrolled.saturating_add(rows).clamp(-100_000, 100_000);
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        self.search_for(text, forward, cx);
    }

    fn copied(&self, _cx: &Cx<'_>) -> Option<String> {
        let row = self.rows().get(self.cursor.at)?;
        let (first, rest) = row.path.split_first()?;
        let value = self.held.get(*first).and_then(Option::as_ref).and_then(|held| held.value.as_ref());
        let value = value.and_then(|value| inside(value, rest));
        Some(value.map_or_else(|| row.text.clone(), crate::model::value::tree::copied))
    }

    fn place(&self, _cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        let (path, _) = self.shown.place.clone()?;
        Some((path, self.line()?))
    }

    fn hints(&self) -> Vec<Action> {
        let first = if self.in_values { Action::LineOrigin } else { Action::LineToggle };
        vec![Action::NextPane, first, Action::LineCaller, Action::NextRun, Action::NextChange, Action::Copy]
    }
}

impl Lines {
    fn cursor_by(&mut self, action: Action, cx: &mut Cx<'_>) {
        self.cursor.act(action, self.rows().len(), cx.rows());
    }
}
