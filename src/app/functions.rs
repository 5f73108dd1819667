//! Totals per function: which were called, how often, how long they took with and without what they called.

use super::event::Effect;
use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use super::totals::{Function, Totals};
use crate::config::{Action, Context};
use std::path::PathBuf;
use std::sync::Arc;

/// How often the totals of a running program are taken anew.
const AGAIN_MS: u64 = 1_000;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Time in the function itself.
    #[default]
    Own,
    /// Time in the function and what it called.
    Total,
    /// Number of calls.
    Calls,
    /// Name.
    Name,
}

impl Order {
    fn next(self) -> Self {
        match self {
            Self::Own => Self::Total,
            Self::Total => Self::Calls,
            Self::Calls => Self::Name,
            Self::Name => Self::Own,
        }
    }
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Functions {
    totals: Option<Arc<Totals>>,
    /// Indices into the totals, in order.
    rows: Vec<usize>,
    /// The cursor; what it stands on is kept by its label and place.
    pub cursor: Cursor,
    /// What the list is sorted by.
    pub order: Order,
    asked: bool,
    asked_at: u64,
    sought: String,
}

impl Functions {
    /// The functions in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Function> {
        let functions = self.totals.as_ref().map_or(&[][..], |totals| &totals.functions);
        self.rows.iter().map(|at| &functions[*at])
    }

    /// The function under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&Function> {
        let at = self.rows.get(self.cursor.at)?;
        self.totals.as_ref()?.functions.get(*at)
    }

    /// The totals, when they were taken.
    #[must_use]
    pub fn totals(&self) -> Option<&Totals> {
        self.totals.as_deref()
    }

    /// New totals have come.
    pub fn set(&mut self, totals: Arc<Totals>, rows: usize) {
        self.asked &= !totals.progress.finished;
        let selected = self.selected().map(|function| (function.label.clone(), function.file.clone(), function.line));
        self.totals = Some(totals);
        self.sort();
        let found = selected.and_then(|(label, file, line)| {
            self.rows().position(|function| function.label == label && function.file == file && function.line == line)
        });
        self.cursor.at = found.unwrap_or(self.cursor.at);
        self.cursor.fit(self.rows.len(), rows);
    }

    fn sort(&mut self) {
        let Some(totals) = &self.totals else { return };
        let functions = &totals.functions;
        let mut rows: Vec<usize> = (0..functions.len()).collect();
        let name = |at: &usize| (&functions[*at].label, &functions[*at].file, functions[*at].line);
        let key = |at: &usize| {
            let totals = &functions[*at].totals;
            match self.order {
                Order::Own => totals.self_ns,
                Order::Total => totals.total_ns,
                Order::Calls => totals.calls,
                Order::Name => 0,
            }
        };
        rows.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| name(a).cmp(&name(b))));
        self.rows = rows;
    }

    fn find(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let needle = self.sought.to_lowercase();
        let len = self.rows.len();
        if needle.is_empty() || len == 0 {
            return;
        }
        let has =
            |at: usize| self.rows().nth(at).is_some_and(|function| function.label.to_lowercase().contains(&needle));
        match self.cursor.seek(forward, len, has) {
            Some(at) => self.select(at, cx),
            None => cx.say(Tone::Warning, format!("no function has {:?} in its name", self.sought)),
        }
    }

    fn select(&mut self, at: usize, cx: &mut Cx<'_>) {
        self.cursor.at = at;
        self.cursor.fit(self.rows.len(), cx.rows().saturating_sub(1));
        self.tell(cx);
    }

    /// The details show the function under the cursor.
    fn tell(&self, cx: &mut Cx<'_>) {
        if let Some(function) = self.selected() {
            cx.request(Request::SelectedCode(function.first.0, function.first.1));
        }
        cx.redraw();
    }

    /// The pane is being looked at: it asks for totals, and again while they change.
    pub fn watched(&mut self, cx: &mut Cx<'_>) {
        let due = self.totals.is_none() || (cx.session.is_live() && cx.session.now_ms >= self.asked_at + AGAIN_MS);
        if cx.session.trace.is_some() && due && !self.asked {
            self.asked = true;
            self.asked_at = cx.session.now_ms;
            cx.effect(Effect::SumUp);
        }
    }
}

impl Pane for Functions {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Functions, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if self.cursor.act(action, self.rows.len(), cx.rows().saturating_sub(1)) {
            self.tell(cx);
            return true;
        }
        let first = self.selected().map(|function| function.first);
        match (action, first) {
            (Action::Sort, _) => {
                self.order = self.order.next();
                self.sort();
                self.select(0, cx);
            }
            (Action::ShowFunction, Some((process, code))) => cx.request(Request::GoToCode(process, code)),
            (Action::Why, Some((process, code))) => cx.request(Request::Explain(process, code)),
            (Action::Select, Some((process, code))) => cx.request(Request::SelectorsFor(process, code)),
            (Action::NextHit, _) => self.find(true, cx),
            (Action::PreviousHit, _) => self.find(false, cx),
            _ => return action.row().context == Context::Functions,
        }
        true
    }

    fn click(&mut self, row: Option<usize>, _fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|row| *row < self.rows.len()) else { return };
        self.select(row, cx);
        if double {
            self.act(Action::ShowFunction, cx);
        }
    }

    fn scroll(&mut self, rows: isize, cx: &mut Cx<'_>) {
        self.cursor.scroll(rows, self.rows.len(), cx.rows().saturating_sub(1));
        self.tell(cx);
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.cursor.fit(self.rows.len(), cx.rows().saturating_sub(1));
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        self.sought = text.to_owned();
        self.find(forward, cx);
    }

    fn copied(&self, _cx: &Cx<'_>) -> Option<String> {
        self.selected().map(|function| function.label.clone())
    }

    fn place(&self, _cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        self.selected()
            .filter(|function| !function.file.starts_with('<'))
            .map(|function| (PathBuf::from(&function.file), function.line))
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::ShowFunction, Action::Sort, Action::Search, Action::Why, Action::Select]
    }
}
