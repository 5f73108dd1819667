//! Reading a trace, saved or still growing: the same code for both.
//!
//! [`Trace::open`] reads what is there; [`Trace::refresh`] picks up what was added, in bounded steps. Events are not
//! decoded by either (but for the block that is being written): [`Trace::block`] decodes one block when it is asked
//! for, and keeps a few. Nothing in a trace is trusted: files are read with `pread`, every length is checked, damage
//! ends up in [`Trace::problems`] and the readable part is used.

use crate::model::id::{CallId, CodeId, ProcessIx, ProcessKey, ThreadNo};
use crate::trace::manifest::{ChainUpdate, Manifest};
use cache::Cache;
use file::Files;
use folder::Folder;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

mod blocks;
mod cache;
pub mod clock;
pub mod codes;
pub mod decode;
pub mod file;
mod folder;
pub mod header;
pub mod minima;
mod open;
pub mod problem;
pub mod process;
mod refresh;
pub mod state;
pub mod summary;
pub mod thread;

pub use blocks::RawBlock;
pub use open::{OpenError, read_manifest};
pub use problem::Problem;
pub use process::Process;
pub use refresh::{Budget, Changes};
pub use state::{Phase, State};
pub use summary::{Overview, summary};
pub use thread::Thread;

use problem::Problems;

/// Memory for decoded blocks.
const CACHE_BYTES: usize = 28 << 20;

/// An opened trace. Queries take `&self` and may run in several threads; only [`Trace::refresh`] changes what is known.
#[derive(Debug)]
pub struct Trace {
    dir: PathBuf,
    manifest: Manifest,
    manifest_bytes: Vec<u8>,
    chain: Option<ChainUpdate>,
    chain_bytes: Vec<u8>,
    processes: Vec<Process>,
    by_key: HashMap<ProcessKey, ProcessIx>,
    folder: Folder,
    files: Files,
    cache: Cache,
    problems: Problems,
    /// Blocks whose events contradict what their headers said: (process, thread, index).
    suspects: Mutex<HashSet<(u32, u32, usize)>>,
    launcher_runs: bool,
    /// Where the next round of questions for exit statuses begins.
    exit_turn: usize,
    /// All exit statuses that will ever be known are known.
    exits_final: bool,
}

impl Trace {
    /// Opens a trace and reads all of it that is there (but not the calls themselves).
    ///
    /// # Errors
    /// [`OpenError`], each mistake its own.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let mut trace = Self::open_lazily(path)?;
        // A trace that grows as fast as it is read must not keep us here for ever.
        for _ in 0..100_000 {
            if !trace.refresh().more {
                break;
            }
        }
        Ok(trace)
    }

    /// Opens a trace and reads no further than the first step of [`Trace::refresh`].
    ///
    /// # Errors
    /// [`OpenError`], each mistake its own.
    pub fn open_lazily(path: &Path) -> Result<Self, OpenError> {
        let (manifest, manifest_bytes) = read_manifest(path)?;
        let mut trace = Self {
            dir: path.to_owned(),
            manifest,
            manifest_bytes,
            chain: None,
            chain_bytes: Vec::new(),
            processes: Vec::new(),
            by_key: HashMap::new(),
            folder: Folder::default(),
            files: Files::default(),
            cache: Cache::new(CACHE_BYTES),
            problems: Problems::default(),
            suspects: Mutex::default(),
            launcher_runs: true,
            exit_turn: 0,
            exits_final: false,
        };
        trace.refresh();
        Ok(trace)
    }

    /// The trace's folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// What was asked for, and how it ended.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The filter chain in force: the newest one that was handed to the recorder, with its generation.
    #[must_use]
    pub fn filters(&self) -> (u32, &[crate::filter::Source]) {
        match &self.chain {
            Some(chain) => (chain.generation, &chain.filters),
            None => (0, &self.manifest.options.filters),
        }
    }

    /// All processes, in the order in which they were found; later ones are only ever appended.
    #[must_use]
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// One process.
    #[must_use]
    pub fn process(&self, ix: ProcessIx) -> Option<&Process> {
        self.processes.get(ix.0 as usize)
    }

    /// One thread.
    #[must_use]
    pub fn thread(&self, ix: ProcessIx, no: ThreadNo) -> Option<&Thread> {
        self.process(ix)?.thread(no)
    }

    /// The process whose folder has this name.
    #[must_use]
    pub fn by_key(&self, key: &ProcessKey) -> Option<&Process> {
        self.process(*self.by_key.get(key)?)
    }

    /// The processes that `ix` started (`None`: those at the top), in the order of their start.
    #[must_use]
    pub fn children(&self, ix: Option<ProcessIx>) -> Vec<&Process> {
        let mut children: Vec<&Process> = self.processes.iter().filter(|process| process.parent == ix).collect();
        children.sort_by_key(|process| (process.start_ns(), process.ix));
        children
    }

    /// The process with which it all began, as far as processes have been found.
    #[must_use]
    pub fn root(&self) -> Option<&Process> {
        let roots = self.processes.iter().filter(|process| process.parent.is_none());
        roots.min_by_key(|process| (process.start_ns(), process.ix))
    }

    /// Whether something may still be added.
    #[must_use]
    pub fn is_live(&self) -> bool {
        (self.launcher_runs && self.manifest.end.is_none()) || self.processes.iter().any(Process::is_running)
    }

    /// Calls and segments recorded so far, in all processes.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.processes.iter().map(Process::calls).sum()
    }

    /// Calls that are not in the trace although they should be.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.processes.iter().map(Process::lost).fold(0, u64::saturating_add)
    }

    /// The last moment of which anything is known, in nanoseconds since the start of the recording.
    #[must_use]
    pub fn last_ns(&self) -> u64 {
        let end = self.manifest.end.map_or(0, |end| end.mono_ns.saturating_sub(self.manifest.start.mono_ns));
        self.processes.iter().map(Process::last_ns).fold(end, u64::max)
    }

    /// What is wrong with the trace as far as it was read, and how many problems more there are than are listed.
    #[must_use]
    pub fn problems(&self) -> (Vec<Problem>, u64) {
        self.problems.snapshot()
    }

    /// How many problems there are; cheap.
    #[must_use]
    pub fn problem_count(&self) -> u64 {
        self.problems.count()
    }

    /// `12345/1/17`: the name of a call that outlives this reader.
    #[must_use]
    pub fn call_name(&self, id: CallId) -> String {
        match self.process(id.process) {
            Some(process) => format!("{}/{}/{}", process.key, id.thread.0, id.ordinal),
            None => format!("?/{}/{}", id.thread.0, id.ordinal),
        }
    }

    /// Reads what [`Trace::call_name`] wrote.
    #[must_use]
    pub fn call_named(&self, name: &str) -> Option<CallId> {
        let mut parts = name.split('/');
        let key = ProcessKey::parse(parts.next()?)?;
        let (thread, ordinal) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let process = *self.by_key.get(&key)?;
        parts.next().is_none().then_some(CallId { process, thread: ThreadNo(thread), ordinal })
    }

    /// The label of a code object.
    #[must_use]
    pub fn label(&self, process: ProcessIx, code: CodeId) -> String {
        self.process(process).map_or_else(String::new, |process| process.label(code))
    }
}

#[cfg(test)]
mod tests;
