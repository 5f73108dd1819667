//! What all panes look at: the trace that is open, how its recording stands, and the target when we started it.
//!
//! The trace is shared with the thread that follows it: that one takes up what is new in short steps, everybody else
//! reads.

use super::text::clean;
use crate::model::code::{CodeRecord, Exec};
use crate::trace::Trace;
use crate::trace::manifest::Exit;
use crate::trace::reader::Phase as ProcessPhase;
use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// A trace that one thread follows and others read.
pub type SharedTrace = Arc<RwLock<Trace>>;

/// Reads a shared trace. A panic of the thread that follows it leaves it as far as it was read.
pub fn read(trace: &SharedTrace) -> RwLockReadGuard<'_, Trace> {
    trace.read().unwrap_or_else(PoisonError::into_inner)
}

/// How the recording stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is open.
    #[default]
    None,
    /// The target runs and is recorded.
    Recording,
    /// The target ended in order; the text says how (`exit 0`).
    Ended(String),
    /// The target ended by a signal or with an error.
    Failed(String),
}

/// The numbers and words of the status bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The target as it was typed.
    pub program: String,
    /// Version of the interpreter.
    pub python: String,
    /// Process id of the first process.
    pub pid: Option<u32>,
    /// Processes recorded.
    pub processes: usize,
    /// Nanoseconds from the start to now, or to the end.
    pub elapsed_ns: u64,
    /// Calls recorded.
    pub calls: u64,
    /// Calls recorded per second, lately.
    pub per_second: u64,
    /// Events that were lost.
    pub lost: u64,
    /// Filters of the chain that hide something.
    pub hiding_filters: usize,
    /// Functions that filters hide.
    pub hidden_functions: u64,
    /// What is wrong with the trace or the recording; each a sentence, safe to print.
    pub warnings: Vec<String>,
}

/// What all panes look at.
#[derive(Debug, Default)]
pub struct Session {
    /// The trace that is open.
    pub trace: Option<SharedTrace>,
    /// Its folder.
    pub path: Option<PathBuf>,
    /// How its recording stands.
    pub phase: Phase,
    /// The status bar's words.
    pub status: Status,
    /// The target was started by this explorer and still runs.
    pub target_runs: bool,
    /// The target's terminal belongs to this explorer.
    pub has_terminal: bool,
    /// The display is paused; recording goes on.
    pub paused: bool,
    /// The filter lab, from when it is first needed.
    pub lab: Option<Box<super::lab::Lab>>,
    /// Milliseconds of some steady clock, as of the last event.
    pub now_ms: u64,
    /// Seconds since 1970, as of the last event.
    pub wall: f64,
    /// Totals per function, as far as they were taken.
    pub totals: Option<Arc<super::totals::Totals>>,
    /// Tasks, tests and writers of the output, as far as they were listed.
    pub survey: super::survey::Surveyed,
    /// How often the trace has grown.
    pub(super) grown: u64,
    /// Calls at earlier moments, for the rate.
    history: VecDeque<(u64, u64)>,
    /// Versions of the code logs that the counts of functions are from.
    code_versions: Vec<u64>,
}

/// The rate is taken over this much time.
const RATE_MS: u64 = 1000;

impl Session {
    /// A session on a trace.
    #[must_use]
    pub fn new(trace: SharedTrace) -> Self {
        let path = read(&trace).path().to_path_buf();
        let mut session = Self { trace: Some(trace), path: Some(path), ..Self::default() };
        session.refresh();
        session
    }

    /// Whether the trace still grows.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Recording
    }

    /// What is known about a call.
    #[must_use]
    pub fn call(&self, id: crate::model::id::CallId) -> Option<crate::index::CallInfo> {
        let trace = read(self.trace.as_ref()?);
        crate::index::Nav::of(&trace, id)?.call(id.ordinal)
    }

    /// The lab, made when it is first needed; `None`: no trace is open.
    pub fn lab(&mut self) -> Option<&mut super::lab::Lab> {
        if self.lab.is_none() {
            let trace = self.trace.as_ref()?;
            self.lab = Some(Box::new(super::lab::Lab::new(&read(trace))));
        }
        self.lab.as_deref_mut()
    }

    /// Lets the lab take in what is new; true when something may have changed.
    pub fn sync_lab(&mut self) -> bool {
        let (Some(lab), Some(trace)) = (self.lab.as_mut(), self.trace.as_ref()) else { return false };
        lab.sync(&read(trace))
    }

    /// Whether the target has something to lose when the explorer is left. The trace may tell of its end a moment before
    /// the message of it comes.
    #[must_use]
    pub fn target_is_at_work(&self) -> bool {
        self.target_runs && self.trace.as_ref().is_none_or(|trace| read(trace).manifest().end.is_none())
    }

    /// Takes the status from the trace.
    pub fn refresh(&mut self) {
        let Some(trace) = self.trace.clone() else { return };
        let trace = read(&trace);
        self.phase = phase(&trace);
        let root = trace.root();
        let calls = trace.calls();
        let status = &mut self.status;
        status.program.clone_from(&trace.manifest().program);
        status.python = root.map(|process| process.info.version.clone()).unwrap_or_default();
        status.pid = root.map(|process| process.info.pid);
        status.processes = trace.processes().len();
        status.calls = calls;
        status.lost = trace.processes().iter().map(crate::trace::Process::lost).fold(0, u64::saturating_add);
        status.warnings = warnings(&trace);
        let versions: Vec<u64> = trace.processes().iter().map(|process| process.codes.version()).collect();
        if versions != self.code_versions {
            (status.hiding_filters, status.hidden_functions) = hidden(&trace);
            self.code_versions = versions;
        }
        let (last, started_at) = (trace.last_ns(), trace.manifest().started_at);
        drop(trace);
        self.grown += 1;
        self.rate(calls);
        self.status.elapsed_ns = last;
        self.tick(started_at);
    }

    /// Calls per second, lately.
    fn rate(&mut self, calls: u64) {
        self.history.push_back((self.now_ms, calls));
        while self.history.len() > 2 && self.history.get(1).is_some_and(|(at, _)| at + RATE_MS <= self.now_ms) {
            self.history.pop_front();
        }
        self.status.per_second = match (self.history.front(), self.history.back()) {
            (Some((from, first)), Some((to, last))) if to > from => (last - first.min(last)) * 1000 / (to - from),
            _ => 0,
        };
    }

    /// Moves the clock on while the recording runs.
    fn tick(&mut self, started_at: f64) {
        if self.is_live() && self.wall > started_at {
            // The trace knows only up to its last event; a silent program still takes time.
            let elapsed = (self.wall - started_at) * 1e9;
            self.status.elapsed_ns = self.status.elapsed_ns.max(elapsed as u64);
        }
    }

    /// The clock of the status bar, without looking at the trace again.
    pub fn clock(&mut self) {
        let started_at = self.trace.as_ref().map(|trace| read(trace).manifest().started_at);
        if let Some(started_at) = started_at {
            self.tick(started_at);
            self.rate(self.status.calls);
        }
    }
}

fn phase(trace: &Trace) -> Phase {
    if trace.is_live() {
        return Phase::Recording;
    }
    let exit = trace.manifest().exit.or_else(|| trace.root().and_then(|process| process.exit));
    match exit {
        Some(Exit::Code(0)) => Phase::Ended("exit 0".to_owned()),
        Some(Exit::Code(code)) => Phase::Failed(format!("exit {code}")),
        Some(Exit::Signal(signal)) => Phase::Failed(signal_name(signal)),
        None if trace.root().is_some_and(crate::trace::Process::died) => Phase::Failed("died".to_owned()),
        None => Phase::Ended("ended".to_owned()),
    }
}

/// `SIGKILL`, or `signal 77` for one without a name.
#[must_use]
pub fn signal_name(signal: i32) -> String {
    nix::sys::signal::Signal::try_from(signal)
        .map_or_else(|_| format!("signal {signal}"), |name| name.as_str().to_owned())
}

/// What is wrong, most important first.
fn warnings(trace: &Trace) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(reason) = &trace.manifest().not_recorded {
        list.push(clean(reason).into_owned());
    }
    for process in trace.processes() {
        if process.state.phase == ProcessPhase::Stopped {
            let reason = process.state.reason.as_deref().unwrap_or("for a reason that is not known");
            list.push(format!("recording stopped: {}", clean(reason)));
        }
    }
    let (problems, more) = trace.problems();
    if let Some(first) = problems.first() {
        let others = problems.len() as u64 - 1 + more;
        let rest = if others > 0 { format!(" (and {others} more)") } else { String::new() };
        list.push(format!("damaged: {}{rest}", clean(&first.message)));
    }
    list
}

/// How many filters hide something, and how many functions they hide. Code that no filter could show, because its file name
/// is synthetic, is not theirs.
fn hidden(trace: &Trace) -> (usize, u64) {
    let mut filters = HashSet::new();
    let mut functions = 0;
    for process in trace.processes() {
        let hidden = |record: &&Arc<CodeRecord>| record.verdict.exec == Exec::Skip && record.verdict.reason.is_none();
        for record in process.codes.iter().filter(hidden) {
            functions += 1;
            if let Some(rule) = &record.verdict.rule {
                filters.insert(rule.source.clone());
            }
        }
    }
    // What no rule hides, the default of one of them does.
    (filters.len().max(usize::from(functions > 0)), functions)
}
