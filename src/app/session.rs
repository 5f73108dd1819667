//! What all panes look at: the trace that is open, how its recording stands, and the target when we started it.

use std::path::PathBuf;

/// How the recording stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is open.
    #[default]
    None,
    /// The target runs and is recorded.
    Recording,
    /// The target ended; the text says how (`exit 0`).
    Ended(String),
    /// The target ended by a signal or an error.
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
    /// The folder of the trace that is open.
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
    /// Milliseconds of some steady clock, as of the last tick.
    pub now_ms: u64,
}

impl Session {
    /// Whether the trace still grows.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Recording
    }
}
