//! The JSON files of a trace: what was asked for (`manifest.json`), what ran (`process.json`), and a filter chain that
//! was changed on the way (`filters.json`). Unknown keys are passed over, so that a newer patch release can add some.

use crate::model::time::{ClockKind, ClockPair};
use serde::{Deserialize, Serialize};

/// `manifest.json`: written by the launcher before the target starts, completed when it ends. Replaced atomically.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `format::FORMAT_VERSION`.
    pub format: u32,
    /// Version of ct-tui that wrote it.
    pub ct_tui: String,
    /// The target as it was typed, for people: `app.py --fast`.
    pub program: String,
    /// The words of the target as they were given, to record it again. Empty in traces that do not say.
    #[serde(default)]
    pub target: Vec<String>,
    /// The whole command that was started, interpreter first.
    pub command: Vec<String>,
    /// Folder in which it was started.
    pub cwd: String,
    /// The project's root (semantics section 1).
    pub project_root: String,
    /// What the recorder was told.
    pub options: Options,
    /// Start, in seconds since 1970 (UTC), with a fraction.
    pub started_at: f64,
    /// When it started; `start_ns` of every call counts from here.
    pub start: Moment,
    /// When it ended; absent while the target runs, or if the launcher was killed.
    #[serde(default)]
    pub end: Option<Moment>,
    /// How the target ended.
    #[serde(default)]
    pub exit: Option<Exit>,
    /// Process id of the target, known when it has ended: `exit` is that process's. Absent in traces that do not say.
    #[serde(default)]
    pub target_pid: Option<u32>,
    /// Process id of the launcher, to tell a running recording from one whose launcher was killed.
    pub launcher_pid: u32,
    /// Why nothing was recorded, in one sentence, where that is known.
    #[serde(default)]
    pub not_recorded: Option<String>,
}

/// A moment on the clock that all processes of a machine share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    pub mono_ns: u64,
}

/// How the target ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// Exit status.
    Code(i32),
    /// Killed by this signal.
    Signal(i32),
}

/// What the recorder was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Names come from `__name__` (globals mode) rather than from the resolver.
    pub module_name_from_globals: bool,
    /// Which values are recorded.
    pub values: Values,
    /// Lines and changed locals.
    pub lines: bool,
    /// Bytes that all processes may reserve together; 0: no limit.
    pub max_size: u64,
    /// Child processes are recorded too.
    pub follow: bool,
    /// Recording starts when this file is first executed, if set (absolute path).
    #[serde(default)]
    pub activation_path: Option<String>,
    /// The filter chain, in order.
    pub filters: Vec<crate::filter::Source>,
}

/// Which values are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// None.
    None,
    /// Arguments.
    Args,
    /// Arguments, results and exceptions.
    All,
}

/// `PID/process.json`: written by the recorder when it starts in a process; never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessInfo {
    /// Process id.
    pub pid: u32,
    /// The parent's process id.
    pub parent_pid: u32,
    /// Folder name of the process that this one was forked from or replaced (`exec`), where that is known.
    #[serde(default)]
    pub parent: Option<String>,
    /// `fork`, `exec`, or `start`.
    pub origin: String,
    /// `sys.argv` at the first event, or the process's command line.
    pub argv: Vec<String>,
    /// `sys.executable`.
    pub executable: String,
    /// `3.13.0`.
    pub version: String,
    /// Start-up folder.
    pub cwd: String,
    /// `sys.path` at the start.
    pub sys_path: Vec<String>,
    /// What the raw clock is.
    pub clock: ClockKind,
    /// Both clocks at the start.
    pub start: ClockPair,
    /// `monitoring` or `profile`.
    pub backend: String,
    /// What this interpreter cannot do, a sentence each.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Set when this process runs but is not recorded, with the reason.
    #[serde(default)]
    pub not_recorded: Option<String>,
}

/// `filters.json`: the newest chain, for processes that start after it was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChainUpdate {
    /// Counts from 1; 0 is the chain of the manifest.
    pub generation: u32,
    /// The whole chain.
    pub filters: Vec<crate::filter::Source>,
}
