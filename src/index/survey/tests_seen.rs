//! Tests of pytest and unittest: calls of functions that both frameworks would collect, and what came of each.

use super::{MAX_ROWS, Moment, goes_on};
use crate::index::test_runs;
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::trace::event::Closing;
use crate::trace::{Process, value};
use std::collections::HashMap;

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// It said that it is to be skipped.
    Skipped,
    /// It returned.
    Passed,
    /// It runs or waits, or its process died in it.
    Open,
    /// Recording lost sight of it.
    Unknown,
    /// Another exception than an assertion's left it: its type.
    Error(String),
    /// An assertion failed, or an exception left it whose type was not recorded.
    Failed,
}

/// A test that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRun {
    /// The label of its function: `tests.test_cart.TestCart.test_add`.
    pub name: String,
    /// Its call; that of a coroutine is its first segment.
    pub call: CallId,
    /// Nanoseconds since the start of the recording.
    pub begin_ns: u64,
    /// The same, when it ended or was last seen.
    pub end_ns: u64,
    /// What came of it.
    pub outcome: TestOutcome,
}

/// All tests.
#[derive(Debug, Default)]
pub(super) struct Tests {
    pub(super) rows: Vec<TestRun>,
    pub(super) more: u64,
    /// Which codes are tests, as far as they were asked for.
    known: HashMap<ProcessIx, Vec<bool>>,
    waiting: HashMap<(ProcessIx, u64), usize>,
}

impl Tests {
    /// Whether a call of this code is a test.
    pub(super) fn is_test(&mut self, process: &Process, code: u32) -> bool {
        let known = self.known.entry(process.ix).or_default();
        if let Some(is) = known.get(code as usize) {
            return *is;
        }
        // The log is read before the events that speak of it; numbers beyond it are damage, or come next time.
        while known.len() <= code as usize {
            let Some(record) = process.code(CodeId(known.len() as u32)) else { return false };
            known.push(test_runs::is_test(record));
        }
        known.get(code as usize).copied().unwrap_or(false)
    }

    pub(super) fn begins(&mut self, process: &Process, code: u32, at: &Moment) -> Option<usize> {
        if self.rows.len() >= MAX_ROWS {
            self.more += 1;
            return None;
        }
        self.rows.push(TestRun {
            name: process.label(CodeId(code)),
            call: at.id,
            begin_ns: at.ns,
            end_ns: at.ns,
            outcome: TestOutcome::Open,
        });
        Some(self.rows.len() - 1)
    }

    pub(super) fn goes_on(&mut self, at: &Moment) -> Option<usize> {
        let test = *self.waiting.get(&(at.id.process, at.generator))?;
        self.rows[test].outcome = TestOutcome::Open;
        Some(test)
    }

    pub(super) fn ends(&mut self, test: usize, at: &Moment, how: Closing, payload: Option<&[u8]>) {
        let Some(row) = self.rows.get_mut(test) else { return };
        row.end_ns = at.ns;
        if goes_on(how) && at.generator != 0 {
            self.waiting.insert((row.call.process, at.generator), test);
        }
        row.outcome = match how {
            Closing::Return => TestOutcome::Passed,
            Closing::Yield => TestOutcome::Open,
            Closing::Resync => TestOutcome::Unknown,
            Closing::Raise => {
                let kind = payload.and_then(|bytes| value::raised(bytes).ok()).map(|raised| raised.type_name);
                outcome_of(kind.as_deref())
            }
        };
    }
}

/// What an exception makes of a test.
fn outcome_of(kind: Option<&str>) -> TestOutcome {
    match kind.map(|kind| kind.rsplit('.').next().unwrap_or(kind)) {
        Some("Skipped" | "SkipTest") => TestOutcome::Skipped,
        None | Some("AssertionError" | "Failed") => TestOutcome::Failed,
        Some(other) => TestOutcome::Error(other.to_owned()),
    }
}
