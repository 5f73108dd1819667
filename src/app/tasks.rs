//! Asyncio tasks: how each stands, how long it ran and waited, and, unfolded, what it did step by step, whatever ran in
//! between.

use super::calls::label;
use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use super::session::read;
use super::text::clean;
use crate::config::{Action, Context};
use crate::index::survey::Task;
use crate::index::{CallInfo, Nav, segments};
use crate::model::id::CallId;
use crate::trace::Trace;
use std::collections::HashMap;

/// Steps that an unfolded task shows at first, and that each “more” row adds.
const STEPS: usize = 100;
/// Calls of one step that are shown.
const CALLS: usize = 50;

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A task, by its place in the list, and whether it is unfolded.
    Task(usize, bool),
    /// A step of the task above, and how long it waited after it.
    Step {
        /// The segment.
        call: CallInfo,
        /// Its number, from 1.
        number: usize,
        /// What the row says.
        text: String,
    },
    /// A call in the step above.
    Call {
        /// The call.
        call: CallInfo,
        /// What the row says.
        text: String,
    },
    /// There are more steps of the task at this place in the list.
    More(usize),
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Tasks {
    rows: Vec<Row>,
    /// The cursor.
    pub cursor: Cursor,
    /// Unfolded tasks, by their first call, and how many steps of each are shown.
    open: HashMap<CallId, usize>,
    sought: String,
}

impl Tasks {
    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The call that the row under the cursor stands for.
    #[must_use]
    pub fn selected(&self, tasks: &[Task]) -> Option<CallId> {
        match self.rows.get(self.cursor.at)? {
            Row::Task(at, _) => tasks.get(*at).map(|task| task.first),
            Row::More(at) => tasks.get(*at).map(|task| task.last),
            Row::Step { call, .. } | Row::Call { call, .. } => Some(call.id),
        }
    }

    /// The pane is being looked at: the rows anew, the cursor on what it stood on.
    pub fn watched(&mut self, cx: &mut Cx<'_>) {
        let lists = std::sync::Arc::clone(&cx.session.survey.lists);
        let before = self.key_of(self.cursor.at, &lists.tasks);
        let Some(trace) = cx.session.trace.clone() else { return };
        let trace = read(&trace);
        self.rows.clear();
        for (at, task) in lists.tasks.iter().enumerate() {
            let open = self.open.get(&task.first).copied();
            self.rows.push(Row::Task(at, open.is_some()));
            if let Some(limit) = open {
                self.add_steps(&trace, at, task, limit);
            }
        }
        drop(trace);
        let found = before.and_then(|before| {
            (0..self.rows.len()).find(|row| self.key_of(*row, &lists.tasks).as_ref() == Some(&before))
        });
        self.cursor.at = found.unwrap_or(self.cursor.at);
        self.cursor.fit(self.rows.len(), cx.rows().saturating_sub(1));
        cx.redraw();
    }

    fn add_steps(&mut self, trace: &Trace, at: usize, task: &Task, limit: usize) {
        let mut next = Some(task.first);
        for number in 1..=limit {
            let Some(id) = next else { return };
            let Some(nav) = Nav::of(trace, id) else { return };
            let Some(call) = nav.call(id.ordinal) else { return };
            let text = |call: &CallInfo| clean(&label::full(trace, call)).into_owned();
            self.rows.push(Row::Step { call, number, text: text(&call) });
            for inside in nav.children(Some(id.ordinal), None, CALLS) {
                self.rows.push(Row::Call { call: inside, text: text(&inside) });
            }
            next = segments::next(trace, &call).ok();
        }
        if next.is_some() {
            self.rows.push(Row::More(at));
        }
    }

    /// What names a row while rows come and go: the call, and which kind of row it is.
    fn key_of(&self, row: usize, tasks: &[Task]) -> Option<(u8, CallId)> {
        match self.rows.get(row)? {
            Row::Task(at, _) => tasks.get(*at).map(|task| (0, task.first)),
            Row::Step { call, .. } => Some((1, call.id)),
            Row::Call { call, .. } => Some((2, call.id)),
            Row::More(at) => tasks.get(*at).map(|task| (3, task.first)),
        }
    }

    /// The task that the row under the cursor belongs to: its row, and its place in the list.
    fn task_row(&self) -> Option<(usize, usize)> {
        (0..=self.cursor.at).rev().find_map(|row| match self.rows.get(row)? {
            Row::Task(at, _) => Some((row, *at)),
            _ => None,
        })
    }

    fn unfold(&mut self, cx: &mut Cx<'_>) {
        let Some((row, at)) = self.task_row() else { return };
        let Some(first) = cx.session.survey.lists.tasks.get(at).map(|task| task.first) else { return };
        let more = matches!(self.rows.get(self.cursor.at), Some(Row::More(_)));
        let shown = self.open.entry(first).or_default();
        if *shown == 0 || more {
            *shown += STEPS;
        } else if self.cursor.at == row {
            self.cursor.at += 1;
        }
        self.moved(cx);
    }

    fn fold(&mut self, cx: &mut Cx<'_>) {
        let Some((row, at)) = self.task_row() else { return };
        if self.cursor.at == row
            && let Some(task) = cx.session.survey.lists.tasks.get(at)
        {
            self.open.remove(&task.first);
        }
        self.cursor.at = row;
        self.moved(cx);
    }

    fn moved(&mut self, cx: &mut Cx<'_>) {
        self.watched(cx);
        cx.request(Request::Selected);
    }

    fn find(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let needle = self.sought.to_lowercase();
        let tasks = &cx.session.survey.lists.tasks;
        let has = |row: usize| match &self.rows[row] {
            Row::Task(at, _) => tasks.get(*at).is_some_and(|task| task.name.to_lowercase().contains(&needle)),
            Row::Step { text, .. } | Row::Call { text, .. } => text.to_lowercase().contains(&needle),
            Row::More(_) => false,
        };
        match self.cursor.seek(forward, self.rows.len(), has) {
            Some(row) => {
                self.cursor.at = row;
                self.moved(cx);
            }
            None => cx.say(Tone::Warning, format!("no row has {:?}", self.sought)),
        }
    }
}

impl Pane for Tasks {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Tasks, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if self.cursor.act(action, self.rows.len(), cx.rows().saturating_sub(1)) {
            self.moved(cx);
            return true;
        }
        match action {
            Action::OpenTask => self.unfold(cx),
            Action::CloseTask => self.fold(cx),
            Action::ToTaskCall if matches!(self.rows.get(self.cursor.at), Some(Row::More(_))) => self.unfold(cx),
            Action::ToTaskCall => {
                if let Some(id) = self.selected(&cx.session.survey.lists.tasks) {
                    cx.request(Request::GoTo(id));
                }
            }
            Action::NextHit => self.find(true, cx),
            Action::PreviousHit => self.find(false, cx),
            _ => return action.row().context == Context::Tasks,
        }
        true
    }

    fn click(&mut self, row: Option<usize>, fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|row| *row < self.rows.len()) else { return };
        self.cursor.at = row;
        match (fold, double, &self.rows[row]) {
            (true, _, Row::Task(_, true)) => self.fold(cx),
            (true, ..) | (_, _, Row::More(_)) => self.unfold(cx),
            (_, true, _) => drop(self.act(Action::ToTaskCall, cx)),
            _ => self.moved(cx),
        }
    }

    fn scroll(&mut self, rows: isize, cx: &mut Cx<'_>) {
        self.cursor.scroll(rows, self.rows.len(), cx.rows().saturating_sub(1));
        self.moved(cx);
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        self.sought = text.to_owned();
        self.find(forward, cx);
    }

    fn copied(&self, cx: &Cx<'_>) -> Option<String> {
        match self.rows.get(self.cursor.at)? {
            Row::Task(at, _) => cx.session.survey.lists.tasks.get(*at).map(|task| clean(&task.name).into_owned()),
            Row::Step { text, .. } | Row::Call { text, .. } => Some(text.clone()),
            Row::More(_) => None,
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::ToTaskCall, Action::OpenTask, Action::Search]
    }
}
