//! Tests of pytest and unittest, and what came of each.
//!
//! The recorder notes what the framework says: that a test begins, what came of its fixtures and of itself, that it ends.
//! Between these notes lie its calls. Where no framework said anything (its report functions look otherwise, or a result class
//! keeps everything to itself), a test is a call that both frameworks would collect, and what came of it is how it ended.

use super::{MAX_ROWS, Moment, goes_on};
use crate::model::code::{CodeKind, CodeRecord};
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::trace::event::Closing;
use crate::trace::test_note::{Phase, TestNote};
use crate::trace::{Process, Trace, value};
use std::collections::{HashMap, HashSet};

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// It, or its class or file, was skipped.
    Skipped,
    /// It came out well.
    Passed,
    /// It runs or waits, or its process died in it.
    Open,
    /// Recording lost sight of it.
    Unknown,
    /// The framework calls it an error: a fixture, `setUp` or the import of its file failed; to unittest, any exception that is
    /// no failed assertion.
    Error,
    /// It failed.
    Failed,
    /// Another word of the framework's: `xfailed`, `xpassed`, `expected failure`, `unexpected success`, `rerun`…
    Other(String),
}

impl TestOutcome {
    fn said(word: &str) -> Self {
        match word {
            "" => Self::Open,
            "skipped" => Self::Skipped,
            "passed" => Self::Passed,
            "failed" => Self::Failed,
            "error" => Self::Error,
            other => Self::Other(other.to_owned()),
        }
    }

    /// One word or two.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Skipped => "skipped",
            Self::Passed => "passed",
            Self::Open => "running",
            Self::Unknown => "unknown",
            Self::Error => "error",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }

    /// Whether the run as a whole fails for it.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        match self {
            Self::Failed | Self::Error | Self::Unknown => true,
            Self::Other(word) => word == "unexpected success",
            Self::Skipped | Self::Passed | Self::Open => false,
        }
    }
}

/// A test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRun {
    /// Tells the tests of a trace apart.
    pub number: usize,
    /// The framework's name for it, `tests/test_cart.py::test_add[3]`, else the label of its function.
    pub name: String,
    /// The process that said so.
    pub process: ProcessIx,
    /// Its call (that of a coroutine is its first segment); where it never came to that, the call that failed before it, if
    /// one did.
    pub call: Option<CallId>,
    /// Nanoseconds since the start of the recording.
    pub begin_ns: u64,
    /// The same, when it ended or was last seen. Equal to `begin_ns`: its function was not called.
    pub end_ns: u64,
    /// What came of it.
    pub outcome: TestOutcome,
    /// The type of the exception that left its call, where that was recorded.
    pub raised: Option<String>,
    /// Where it failed, if not in itself: `setup`, `teardown`, `collection`; else empty.
    pub during: &'static str,
    /// A framework told of it.
    said: bool,
    /// It is a file or class that was collected.
    collected: bool,
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

/// What a framework does in one thread.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// Tests that have begun and not ended, outermost first. Only tests of test frameworks run tests in tests.
    begun: Vec<Begun>,
    /// The outermost call that an exception has left since the framework last came to an end of something; the last of
    /// several.
    raised: Option<Raised>,
}

#[derive(Debug)]
struct Begun {
    /// `None`: there was no room for it.
    row: Option<usize>,
    name: String,
    /// Calls that were open when it began.
    depth: usize,
    /// Its function was called.
    called: bool,
    /// Parts of it that did not pass.
    parts: Vec<(String, TestOutcome)>,
}

impl Begun {
    /// The name of its function.
    fn function(&self) -> &str {
        let name = self.name.split('[').next().unwrap_or_default();
        name.rsplit(['.', ':']).next().unwrap_or_default()
    }
}

#[derive(Debug)]
struct Raised {
    depth: usize,
    call: CallId,
    kind: Option<String>,
}

impl Tests {
    /// A call begins, `inside` that of a test or not. Returns the test that it is the call of: a function that is named like a
    /// test and is called by one is part of that one.
    pub(super) fn opened(
        &mut self,
        running: &mut Running,
        process: &Process,
        code: u32,
        inside: bool,
        at: &Moment,
    ) -> Option<usize> {
        let is_test = self.is_test(process, code);
        let Some(begun) = running.begun.last_mut() else {
            if inside || !is_test {
                return None;
            }
            let row = self.add(process.label(CodeId(code)), false, at)?;
            self.rows[row].call = Some(at.id);
            return Some(row);
        };
        let is_its = || {
            let record = process.code(CodeId(code));
            record.is_some_and(|record| last_part(&record.facts.qualname) == begun.function())
        };
        if begun.called || !(is_test || is_its()) {
            return None;
        }
        begun.called = true;
        let row = self.rows.get_mut(begun.row?)?;
        (row.call, row.begin_ns, row.end_ns) = (Some(at.id), at.ns, at.ns);
        begun.row
    }

    /// A coroutine goes on that is a test.
    pub(super) fn goes_on(&mut self, at: &Moment) -> Option<usize> {
        let test = *self.waiting.get(&(at.id.process, at.generator))?;
        let row = &mut self.rows[test];
        if !row.said {
            row.outcome = TestOutcome::Open;
        }
        Some(test)
    }

    /// The call of a test ends, or a segment of it.
    pub(super) fn ends(&mut self, test: usize, at: &Moment, how: Closing, payload: Option<&[u8]>) {
        let Some(row) = self.rows.get_mut(test) else { return };
        row.end_ns = at.ns;
        if goes_on(how) && at.generator != 0 {
            self.waiting.insert((row.process, at.generator), test);
        }
        if how == Closing::Raise {
            row.raised = kind_of(payload);
        }
        if row.said {
            return;
        }
        row.outcome = match how {
            Closing::Return => TestOutcome::Passed,
            Closing::Yield => TestOutcome::Open,
            Closing::Resync => TestOutcome::Unknown,
            Closing::Raise => match row.raised.as_deref().map(last_part) {
                Some("Skipped" | "SkipTest") => TestOutcome::Skipped,
                _ => TestOutcome::Failed,
            },
        };
    }

    /// An exception has left a call that was `depth` calls deep.
    pub(super) fn raised(running: &mut Running, depth: usize, call: CallId, payload: Option<&[u8]>) {
        if running.raised.as_ref().is_none_or(|raised| depth <= raised.depth) {
            running.raised = Some(Raised { depth, call, kind: kind_of(payload) });
        }
    }

    /// A framework says something, with `depth` calls open.
    pub(super) fn noted(&mut self, running: &mut Running, note: &TestNote<'_>, depth: usize, at: &Moment) {
        let outcome = TestOutcome::said(&note.word);
        match note.phase {
            Phase::Start | Phase::Setup => {
                // What never ended was left by an exception that ended the whole run.
                while running.begun.pop_if(|begun| begun.depth >= depth).is_some() {}
                let name = note.name.clone().into_owned();
                let row = self.add(name.clone(), true, at);
                if note.phase == Phase::Setup && outcome != TestOutcome::Passed {
                    self.say(row, outcome, running.raised.take(), "setup");
                }
                running.begun.push(Begun { row, name, depth, called: false, parts: Vec::new() });
                running.raised = None;
            }
            Phase::Call => match running.begun.iter().rev().find(|begun| begun.name == note.name) {
                Some(begun) => self.say(begun.row, outcome, running.raised.take(), ""),
                None => self.alone(running, note, at, ""),
            },
            Phase::Part => {
                if outcome != TestOutcome::Passed
                    && let Some(begun) = running.begun.last_mut()
                {
                    begun.parts.push((note.name.clone().into_owned(), outcome));
                }
            }
            Phase::Collect => {
                if outcome != TestOutcome::Passed {
                    self.alone(running, note, at, "collection");
                }
                running.raised = None;
            }
            Phase::Teardown | Phase::End => {
                let Some(at) = running.begun.iter().rposition(|begun| begun.name == note.name) else { return };
                let begun = running.begun.swap_remove(at);
                running.begun.truncate(at);
                if note.phase == Phase::Teardown && outcome != TestOutcome::Passed {
                    self.say(begun.row, outcome, running.raised.take(), "teardown");
                }
                self.parts(begun);
                running.raised = None;
            }
        }
    }

    /// What the framework says came of a test. The first word that is not a good one stands.
    fn say(&mut self, row: Option<usize>, outcome: TestOutcome, raised: Option<Raised>, during: &'static str) {
        let Some(row) = row.and_then(|row| self.rows.get_mut(row)) else { return };
        if !matches!(row.outcome, TestOutcome::Open | TestOutcome::Unknown | TestOutcome::Passed) {
            return;
        }
        if outcome == TestOutcome::Error {
            row.during = during;
        }
        if let Some(raised) = raised.filter(|_| outcome != TestOutcome::Passed) {
            row.call = row.call.or(Some(raised.call));
            row.raised = row.raised.take().or(raised.kind);
        }
        row.outcome = outcome;
    }

    /// A word about something that has not begun: a class or a file, or a test that is skipped beforehand.
    fn alone(&mut self, running: &mut Running, note: &TestNote<'_>, at: &Moment, during: &'static str) {
        let row = self.add(note.name.clone().into_owned(), true, at);
        if let Some(row) = row.and_then(|row| self.rows.get_mut(row)) {
            row.collected = note.phase == Phase::Collect;
        }
        self.say(row, TestOutcome::said(&note.word), running.raised.take(), during);
    }

    /// A test has ended. One of whose parts came out badly has no outcome of its own: the parts are listed in its place.
    fn parts(&mut self, begun: Begun) {
        let Some(first) = begun.row else { return };
        for (name, outcome) in begun.parts {
            let number = self.rows.len();
            let row = &mut self.rows[first];
            if row.outcome == TestOutcome::Open {
                (row.name, row.outcome) = (name, outcome);
            } else if number < MAX_ROWS {
                let row = TestRun { number, name, outcome, ..row.clone() };
                self.rows.push(row);
            } else {
                self.more += 1;
            }
        }
    }

    fn add(&mut self, name: String, said: bool, at: &Moment) -> Option<usize> {
        if self.rows.len() >= MAX_ROWS {
            self.more += 1;
            return None;
        }
        self.rows.push(TestRun {
            number: self.rows.len(),
            name,
            process: at.id.process,
            call: None,
            begin_ns: at.ns,
            end_ns: at.ns,
            outcome: TestOutcome::Open,
            raised: None,
            during: "",
            said,
            collected: false,
        });
        Some(self.rows.len() - 1)
    }

    /// Whether a call of this code is a test by its name.
    fn is_test(&mut self, process: &Process, code: u32) -> bool {
        let known = self.known.entry(process.ix).or_default();
        if let Some(is) = known.get(code as usize) {
            return *is;
        }
        // The log is read before the events that speak of it; numbers beyond it are damage, or come next time.
        while known.len() <= code as usize {
            let Some(record) = process.code(CodeId(known.len() as u32)) else { return false };
            known.push(is_test(record));
        }
        known.get(code as usize).copied().unwrap_or(false)
    }

    /// The tests as they are listed: what a worker process told the process that started it is not listed twice, nor is a file
    /// that several workers could not read.
    pub(super) fn listed(&self, trace: &Trace) -> Vec<TestRun> {
        let said: HashSet<(ProcessIx, &str)> = self.rows.iter().map(|row| (row.process, row.name.as_str())).collect();
        let several = self.rows.iter().any(|row| row.process != self.rows[0].process);
        let mut children: HashMap<ProcessIx, Vec<ProcessIx>> = HashMap::new();
        for process in trace.processes().iter().filter(|_| several) {
            let mut above = process.parent;
            while let Some(parent) = above {
                children.entry(parent).or_default().push(process.ix);
                above = trace.process(parent).and_then(|parent| parent.parent);
            }
        }
        let above = |row: &TestRun| trace.process(row.process).and_then(|process| process.parent);
        let mut collected = HashSet::new();
        let mut is_echo = |row: &TestRun| {
            if row.collected && several && !collected.insert((above(row), row.name.clone())) {
                return true;
            }
            let below = children.get(&row.process).filter(|_| row.call.is_none() || row.collected);
            below.is_some_and(|below| below.iter().any(|child| said.contains(&(*child, row.name.as_str()))))
        };
        self.rows.iter().filter(|row| !is_echo(row)).cloned().collect()
    }
}

/// Whether a code object is a test function by its name and its file: a function `test…` in a file `test_….py` or
/// `…_test.py`, in a class or not.
fn is_test(record: &CodeRecord) -> bool {
    let facts = &record.facts;
    let file = facts.abs_path.rsplit('/').next().unwrap_or_default();
    let stem = file.strip_suffix(".py").unwrap_or(file);
    let in_test_file = stem.starts_with("test_") || stem.ends_with("_test") || stem == "tests";
    facts.kind != CodeKind::Module
        && in_test_file
        && last_part(&facts.qualname).starts_with("test")
        && !facts.qualname.contains("<locals>")
}

/// What stands behind the last dot.
fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The type of an exception, where it was recorded.
fn kind_of(payload: Option<&[u8]>) -> Option<String> {
    payload.and_then(|bytes| value::raised(bytes).ok()).map(|raised| raised.type_name)
}
