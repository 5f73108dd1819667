//! Asyncio tasks: what the recorder noted, put together to one row per task.
//!
//! The recorder notes the name of the running task at the outermost recorded coroutine of each step of the loop. Steps of
//! one coroutine belong together by its key. Where the outermost coroutine of a task is not recorded, several recorded ones
//! follow each other in it: they are one task when asyncio made up the name (`Task-7`), because it gives such a
//! name once; names that the program gives may be given again, and each such coroutine is a row of its own.

use super::{MAX_ROWS, Moment, goes_on};
use crate::model::id::{CallId, ProcessIx};
use crate::trace::event::{Closing, Opening};
use crate::trace::value;
use std::collections::HashMap;

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It runs, or its process died in it.
    Running,
    /// It waits, or nobody ever woke it.
    Pending,
    /// It returned.
    Done,
    /// It was cancelled.
    Cancelled,
    /// An exception ended it: its type, where that was recorded. A cancellation is one, too.
    Raised(Option<String>),
    /// Recording lost sight of it.
    Unknown,
}

/// An asyncio task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name; `#` and a number where it has none.
    pub name: String,
    /// The label of the coroutine that was met in it first: its own, if that is recorded.
    pub label: String,
    /// The segment in which it was first seen.
    pub first: CallId,
    /// The newest segment.
    pub last: CallId,
    /// Steps that it was run in.
    pub steps: u64,
    /// Nanoseconds since the start of the recording when it first ran.
    pub begin_ns: u64,
    /// When it ran last: the end of its newest segment, or the beginning of one that still runs.
    pub seen_ns: u64,
    /// Nanoseconds that it ran.
    pub run_ns: u64,
    /// How it stands.
    pub state: TaskState,
}

impl Task {
    /// Nanoseconds that it waited between its steps.
    #[must_use]
    pub fn wait_ns(&self) -> u64 {
        (self.seen_ns.saturating_sub(self.begin_ns)).saturating_sub(self.run_ns)
    }
}

/// All tasks.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    pub(super) rows: Vec<Task>,
    pub(super) more: u64,
    /// Suspended coroutines at the bottom of tasks, by their keys.
    waiting: HashMap<(ProcessIx, u64), usize>,
    /// Tasks with a name that asyncio made up.
    by_name: HashMap<(ProcessIx, String), usize>,
}

impl Tasks {
    /// A coroutine opened for which a task was noted.
    pub(super) fn named(&mut self, name: &str, label: impl FnOnce() -> String, at: &Moment) -> Option<usize> {
        let made_up = name.strip_prefix("Task-").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let key = made_up.then(|| (at.id.process, name.to_owned()));
        let known = key.as_ref().and_then(|key| self.by_name.get(key).copied());
        let task = match known {
            Some(task) => task,
            None if self.rows.len() >= MAX_ROWS => {
                self.more += 1;
                return None;
            }
            None => {
                let number = self.rows.len();
                let name = if name.is_empty() { format!("#{}", number + 1) } else { name.to_owned() };
                self.rows.push(Task {
                    name,
                    label: label(),
                    first: at.id,
                    last: at.id,
                    steps: 0,
                    begin_ns: at.ns,
                    seen_ns: at.ns,
                    run_ns: 0,
                    state: TaskState::Running,
                });
                if let Some(key) = key {
                    self.by_name.insert(key, number);
                }
                number
            }
        };
        self.step(task, at);
        Some(task)
    }

    /// A coroutine goes on: the task whose bottom it is, if it is one's.
    pub(super) fn goes_on(&mut self, at: &Moment, how: Opening) -> Option<usize> {
        let task = *self.waiting.get(&(at.id.process, at.generator))?;
        // One that was brought in line (the filter changed) goes on with the step it was in.
        if how == Opening::Resync {
            self.rows[task].last = at.id;
            self.rows[task].seen_ns = at.ns;
            self.rows[task].state = TaskState::Running;
        } else {
            self.step(task, at);
        }
        Some(task)
    }

    fn step(&mut self, task: usize, at: &Moment) {
        let row = &mut self.rows[task];
        row.last = at.id;
        row.seen_ns = at.ns;
        row.steps += 1;
        row.state = TaskState::Running;
    }

    /// A segment of a task's bottom ended.
    pub(super) fn ends(&mut self, task: usize, at: &Moment, how: Closing, payload: Option<&[u8]>) {
        let Some(row) = self.rows.get_mut(task) else { return };
        row.run_ns += at.ns.saturating_sub(row.seen_ns);
        row.seen_ns = at.ns;
        if goes_on(how) && at.generator != 0 {
            self.waiting.insert((row.first.process, at.generator), task);
        }
        row.state = match how {
            Closing::Return => TaskState::Done,
            Closing::Yield => TaskState::Pending,
            Closing::Resync => TaskState::Unknown,
            Closing::Raise => {
                let kind = payload.and_then(|bytes| value::raised(bytes).ok()).map(|raised| raised.type_name);
                match kind {
                    Some(kind) if kind.rsplit('.').next() == Some("CancelledError") => TaskState::Cancelled,
                    kind => TaskState::Raised(kind),
                }
            }
        };
    }
}
