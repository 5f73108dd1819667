//! Reading a trace, saved or still growing: the same code for both.
//!
//! [`Trace::open`] reads what is there; [`Trace::refresh`] picks up what was added, in bounded steps. Events are not
//! decoded by either (but for the block that is being written): [`Trace::block`] decodes one block when it is asked
//! for, and keeps a few. Nothing in a trace is trusted: files are read with `pread`, every length is checked, damage
//! ends up in [`Trace::problems`] and the readable part is used.

use crate::model::id::{CallId, CodeId, ProcessIx, ProcessKey, ThreadNo};
use crate::trace::format::{FILTERS, FORMAT_VERSION, MANIFEST, block};
use crate::trace::manifest::{ChainUpdate, Manifest};
use cache::{Cache, Key};
use decode::{Decoded, open_entries};
use file::{Files, read_at, read_small};
use folder::Folder;
use header::Found;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use thread::{events_offset, read_header};

mod cache;
pub mod clock;
pub mod codes;
pub mod decode;
pub mod file;
mod folder;
pub mod header;
pub mod minima;
pub mod problem;
pub mod process;
pub mod state;
pub mod summary;
pub mod thread;

pub use problem::Problem;
pub use process::Process;
pub use state::{Phase, State};
pub use summary::{Overview, summary};
pub use thread::Thread;

use problem::Problems;

/// Most bytes of a manifest or of `filters.json`: they hold whole filter files.
const MAX_JSON: u64 = 64 << 20;
/// Processes that ended in an unknown way and are asked about in one step.
const EXITS_AT_ONCE: usize = 64;
/// Memory for decoded blocks.
const CACHE_BYTES: usize = 28 << 20;

/// Why a trace cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is nothing at that path.
    #[error("{0}: no such trace")]
    NotFound(PathBuf),
    /// Something else is there.
    #[error("{path}: not a trace ({why})")]
    NotATrace {
        /// What was asked for.
        path: PathBuf,
        /// What is there instead.
        why: &'static str,
    },
    /// Written by a later version of ct-tui.
    #[error(
        "{path}: this trace has format {found}, which is newer than this ct-tui understands ({FORMAT_VERSION}); \
             it was written by ct-tui {writer}"
    )]
    TooNew {
        /// What was asked for.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Version of ct-tui that wrote it.
        writer: String,
    },
    /// Written by an earlier version of ct-tui.
    #[error(
        "{path}: this trace has format {found}, which is older than this ct-tui reads ({FORMAT_VERSION}); \
             it was written by ct-tui {writer}"
    )]
    TooOld {
        /// What was asked for.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Version of ct-tui that wrote it.
        writer: String,
    },
    /// The system does not let us read it.
    #[error("{path}: cannot be read")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// The manifest is damaged.
    #[error("{path}: the manifest is damaged: {why}")]
    Corrupt {
        /// The manifest.
        path: PathBuf,
        /// Where and how.
        why: String,
    },
}

/// How much one refresh may do.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Block headers to look at.
    pub blocks: u32,
    /// Bytes of code logs to read.
    pub bytes: usize,
    /// Processes to take up.
    pub processes: u32,
    /// Processes that have not run since the last time are passed over, and of very many threads those that have been
    /// quiet are looked at in turn: what a refresh costs is in proportion to what may have changed.
    pub lazy: bool,
}

impl Default for Budget {
    /// A few milliseconds of work.
    fn default() -> Self {
        Self { blocks: 2048, bytes: 1 << 20, processes: 64, lazy: false }
    }
}

/// What a refresh brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// There are more calls, or ends of calls.
    pub calls: bool,
    /// Code objects or verdicts are new.
    pub codes: bool,
    /// Processes, threads or their names are new, or a process has ended.
    pub processes: bool,
    /// Counters have changed.
    pub state: bool,
    /// The manifest or the filter chain has changed.
    pub manifest: bool,
    /// The budget was used up: refresh again soon.
    pub more: bool,
}

impl Changes {
    /// Whether anything is new.
    #[must_use]
    pub fn any(self) -> bool {
        self.calls || self.codes || self.processes || self.state || self.manifest
    }

    fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls || other.calls,
            codes: self.codes || other.codes,
            processes: self.processes || other.processes,
            state: self.state || other.state,
            manifest: self.manifest || other.manifest,
            more: other.more,
        }
    }
}

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

    /// Picks up what was added since the last time, within [`Budget::default`].
    pub fn refresh(&mut self) -> Changes {
        self.refresh_within(Budget::default())
    }

    /// The same for whoever follows a live trace and asks again and again, at little cost while nothing happens.
    pub fn refresh_lazily(&mut self) -> Changes {
        self.refresh_within(Budget { lazy: true, ..Budget::default() })
    }

    /// Picks up what was added since the last time, within `budget`.
    pub fn refresh_within(&mut self, mut budget: Budget) -> Changes {
        let mut changes = Changes::default();
        // Whether anyone still writes is asked before reading, so that nothing written before the end is missed.
        self.launcher_runs = self.manifest.end.is_none() && process::exists(self.manifest.launcher_pid);
        self.refresh_json(&mut changes);
        self.repair();
        if let Err(error) = self.find_processes(&mut budget, &mut changes) {
            self.problems.add(String::new(), None, format!("the trace's folder cannot be listed: {error}"));
        }
        for process in &mut self.processes {
            if process.settled || (budget.lazy && !process.has_run()) {
                continue;
            }
            let running = process.state.phase != Phase::Ended && process::exists(process.info.pid);
            if process.running != running {
                process.running = running;
                changes.processes = true;
            }
            let more = std::mem::take(&mut changes.more);
            process.refresh(!running, &self.files, &self.problems, &mut budget, &mut changes);
            // It has just said that it ended: what it wrote before is there now, and is read next time.
            changes.more |= running && process.state.phase == Phase::Ended;
            if changes.more {
                process.look_again();
            }
            changes.more |= more;
        }
        self.find_exits(&mut changes);
        changes
    }

    /// How processes ended is often known only after their end: the target's from the manifest, others' from whoever
    /// waited for them. Those are asked for a few at a time, in turn.
    fn find_exits(&mut self, changes: &mut Changes) {
        if let Some(exit) = self.manifest.exit
            && let Some(target) = self.target().and_then(|ix| self.processes.get_mut(ix))
            && target.exit.is_none()
        {
            target.exit = Some(exit);
            changes.processes = true;
        }
        let unknown = |process: &Process| process.settled && process.exit.is_none() && !process.state.replaced;
        let waiting: Vec<usize> = (0..self.processes.len()).filter(|ix| unknown(&self.processes[*ix])).collect();
        if waiting.is_empty() || self.exits_final {
            return;
        }
        // Nobody is left who could say it: this is the last time.
        let last = !self.is_live();
        let many = if last { waiting.len() } else { EXITS_AT_ONCE.min(waiting.len()) };
        for turn in 0..many {
            let ix = waiting[(self.exit_turn + turn) % waiting.len()];
            self.processes[ix].refresh_exit(changes);
        }
        self.exit_turn = self.exit_turn.wrapping_add(many);
        self.exits_final = last;
    }

    /// The process that the exit status of the manifest belongs to: the last program that ran under the target's id.
    fn target(&self) -> Option<usize> {
        let Some(pid) = self.manifest.target_pid else {
            return self.processes.first().filter(|first| first.parent.is_none()).map(|_| 0);
        };
        let runs = self.processes.iter().filter(|process| process.info.pid == pid && !process.state.replaced);
        runs.max_by_key(|process| process.key.run).map(|process| process.ix.0 as usize)
    }

    /// Waits for nothing, but refreshes until all that is there now was read.
    pub fn refresh_fully(&mut self) -> Changes {
        let mut all = Changes::default();
        for _ in 0..100_000 {
            all = all.and(self.refresh());
            if !all.more {
                break;
            }
        }
        all
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

    /// Decodes block `index` of a thread (an index into `Thread::blocks`), or takes it from the cache. What cannot be
    /// read is reported and left out; `None` only if there is no such block.
    #[must_use]
    pub fn block(&self, ix: ProcessIx, no: ThreadNo, index: usize) -> Option<Arc<Decoded>> {
        let entry = self.thread(ix, no)?.blocks().get(index).copied()?;
        let key = Key { process: ix.0, thread: no.0, number: entry.number, used: entry.used };
        if let Some(block) = self.cache.get(key) {
            return Some(block);
        }
        let decoded = Arc::new(self.decode(ix, no, index)?);
        self.cache.put(key, &decoded);
        Some(decoded)
    }

    /// Decodes block `index` of a thread, past the cache: for work that passes over everything once.
    #[must_use]
    pub fn decode(&self, ix: ProcessIx, no: ThreadNo, index: usize) -> Option<Decoded> {
        let entry = self.thread(ix, no)?.blocks().get(index).copied()?;
        let raw = self.raw_block(ix, no, index)?;
        let decoded = raw.header.map_or_else(
            || Decoded { first: entry.first, depth: entry.depth, raw: entry.raw, ..Decoded::default() },
            |header| Decoded::new(&header, &raw.open, raw.events),
        );
        if let Some((at, damage)) = decoded.damage {
            let message = format!("{damage} at byte {at}; the rest of the block is not used");
            self.problems.add(self.events_name(ix, no), Some(entry.number), message);
        }
        if decoded.stray > 0 {
            let message = format!("{} returns without a call", decoded.stray);
            self.problems.add(self.events_name(ix, no), Some(entry.number), message);
        }
        let (found, said) = (decoded.summary, entry.summary);
        // The minimum of the entry also covers a gap behind the block.
        let differs =
            found.calls != said.calls || found.end_depth != said.end_depth || found.min_depth < said.min_depth;
        if differs && entry.number != u32::MAX {
            self.suspects.lock().unwrap_or_else(PoisonError::into_inner).insert((ix.0, no.0, index));
            if decoded.damage.is_none() {
                let message = "the summary of the block is wrong; it was counted again";
                self.problems.add(self.events_name(ix, no), Some(entry.number), message);
            }
        }
        Some(decoded)
    }

    /// The bytes of block `index` of a thread: header (if it can be read), list of open calls, published events.
    #[must_use]
    pub fn raw_block(&self, ix: ProcessIx, no: ThreadNo, index: usize) -> Option<RawBlock> {
        let process = self.process(ix)?;
        let entry = process.thread(no)?.blocks().get(index).copied()?;
        let mut raw = RawBlock { header: None, open: Vec::new(), events: Vec::new() };
        if entry.number == u32::MAX {
            return Some(raw);
        }
        let read = || -> io::Result<Option<RawBlock>> {
            let file = self.files.get((ix.0, no.0), &process.events_path(no))?;
            let Found::Header(header) = read_header(&file, entry.number)? else { return Ok(None) };
            let mut open = vec![0; header.open_len as usize];
            let got = read_at(&file, &mut open, u64::from(entry.number) * block::SIZE as u64 + block::HEADER as u64)?;
            open.truncate(got);
            let mut events = vec![0; entry.used.min(header.used) as usize];
            let got = read_at(&file, &mut events, events_offset(entry.number, &header))?;
            if got < events.len() {
                let message = format!("the file ends inside the block; {} bytes are missing", events.len() - got);
                self.problems.add(self.events_name(ix, no), Some(entry.number), message);
            }
            events.truncate(got);
            // What was summarised and what is there now must speak of the same calls.
            let header = header::Header { first: entry.first, depth: entry.depth, ..header };
            Ok(Some(RawBlock { header: Some(header), open, events }))
        };
        match read() {
            Ok(Some(found)) => raw = found,
            Ok(None) => self.problems.add(self.events_name(ix, no), Some(entry.number), "the block is gone"),
            Err(error) => {
                self.problems.add(self.events_name(ix, no), Some(entry.number), format!("cannot be read: {error}"));
            }
        }
        Some(raw)
    }

    fn events_name(&self, ix: ProcessIx, no: ThreadNo) -> String {
        self.process(ix).map_or_else(String::new, |process| format!("{}/{}.events", process.key, no.0))
    }

    fn refresh_json(&mut self, changes: &mut Changes) {
        // While nothing can change any more there is nothing to read again.
        if self.manifest.end.is_some() && self.processes.iter().all(|process| process.settled) {
            return;
        }
        if let Ok(bytes) = read_small(&self.dir.join(MANIFEST), MAX_JSON)
            && bytes != self.manifest_bytes
        {
            match serde_json::from_slice::<Manifest>(&bytes) {
                Ok(manifest) if manifest.format == FORMAT_VERSION => {
                    // Times that were shown must not move.
                    self.manifest = Manifest { start: self.manifest.start, ..manifest };
                    changes.manifest = true;
                }
                Ok(_) => {}
                Err(error) => self.problems.add(MANIFEST, None, format!("changed and cannot be read: {error}")),
            }
            self.manifest_bytes = bytes;
        }
        if let Ok(bytes) = read_small(&self.dir.join(FILTERS), MAX_JSON)
            && bytes != self.chain_bytes
        {
            match serde_json::from_slice(&bytes) {
                Ok(chain) => {
                    self.chain = Some(chain);
                    changes.manifest = true;
                }
                Err(error) => self.problems.add(FILTERS, None, format!("cannot be read: {error}")),
            }
            self.chain_bytes = bytes;
        }
    }

    fn find_processes(&mut self, budget: &mut Budget, changes: &mut Changes) -> io::Result<()> {
        let names = self.folder.new_names(&self.dir, false)?;
        let mut keys: Vec<ProcessKey> = names.iter().filter_map(|name| ProcessKey::parse(name)).collect();
        keys.sort();
        let mut found = Vec::new();
        for key in keys {
            let name = key.to_string();
            if budget.processes == 0 {
                self.folder.forget(&name);
                changes.more = true;
                continue;
            }
            budget.processes -= 1;
            let dir = self.dir.join(&name);
            if !dir.is_dir() {
                continue;
            }
            match Process::open(dir.clone(), key.clone(), &self.manifest) {
                Ok(Some(process)) => found.push(process),
                // It is just being set up: ask again.
                Ok(None) if process::exists(key.pid) && self.is_live() => self.folder.forget(&name),
                Ok(None) => {
                    self.problems.add(format!("{name}/process.json"), None, "missing");
                    found.push(Process::nameless(dir, key, &self.manifest));
                }
                Err(error) => {
                    self.problems.add(format!("{name}/process.json"), None, format!("cannot be read: {error}"));
                    found.push(Process::nameless(dir, key, &self.manifest));
                }
            }
        }
        found.sort_by_key(|process| (process.info.start.mono_ns, process.key.clone()));
        for mut process in found {
            process.ix = ProcessIx(u32::try_from(self.processes.len()).unwrap_or(u32::MAX));
            self.by_key.insert(process.key.clone(), process.ix);
            self.processes.push(process);
            changes.processes = true;
        }
        if changes.processes {
            self.link_parents();
        }
        Ok(())
    }

    /// Finds each process's parent. A parent may turn up after its child; a child never keeps a wrong one for that.
    fn link_parents(&mut self) {
        let mut by_pid: HashMap<u32, Vec<(u64, ProcessIx)>> = HashMap::new();
        for process in &self.processes {
            by_pid.entry(process.info.pid).or_default().push((process.info.start.mono_ns, process.ix));
        }
        let parent = |process: &Process| {
            let named = process.info.parent.as_deref().and_then(ProcessKey::parse);
            if let Some(ix) = named.and_then(|key| self.by_key.get(&key).copied()) {
                return Some(ix);
            }
            let start = process.info.start.mono_ns;
            let runs = by_pid.get(&process.info.parent_pid)?;
            let before = runs.iter().filter(|(begun, _)| *begun <= start).max_by_key(|(begun, _)| *begun);
            // A Python that is too old to be recorded may not even know when it started.
            before.or_else(|| runs.iter().min()).map(|(_, ix)| *ix)
        };
        let mut parents: Vec<Option<ProcessIx>> = self.processes.iter().map(parent).collect();
        // A damaged description may make a ring; whoever would close one stands at the top.
        for at in 0..parents.len() {
            let (mut walk, mut steps) = (parents[at], 0);
            while let Some(ix) = walk {
                steps += 1;
                if ix.0 as usize == at || steps > parents.len() {
                    parents[at] = None;
                    break;
                }
                walk = parents.get(ix.0 as usize).copied().flatten();
            }
        }
        for (process, parent) in self.processes.iter_mut().zip(parents) {
            process.parent = parent;
        }
    }

    /// Replaces summaries that were found to be wrong by what the events say.
    fn repair(&mut self) {
        let suspects: Vec<(u32, u32, usize)> =
            self.suspects.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        for (ix, no, index) in suspects {
            let (ix, no) = (ProcessIx(ix), ThreadNo(no));
            let Some(decoded) = self.decode(ix, no, index) else { continue };
            let readable = decoded.damage.map_or(decoded.bytes.len(), |(at, _)| at);
            let next = self.raw_block(ix, no, index + 1);
            let next_open = || {
                let Some(RawBlock { header: Some(header), open, .. }) = next else { return Vec::new() };
                open_entries(&header, &open).unwrap_or_default()
            };
            let used = u32::try_from(readable).unwrap_or(u32::MAX);
            if let Some(thread) = self.processes.get_mut(ix.0 as usize).and_then(|process| process.thread_mut(no)) {
                thread.repair(index, used, decoded.summary, next_open);
            }
        }
        // Decoding them again has found them wrong again.
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The bytes of one block.
#[derive(Clone, Debug)]
pub struct RawBlock {
    /// `None`: there is nothing to read.
    pub header: Option<header::Header>,
    /// The list of open calls.
    pub open: Vec<u8>,
    /// The events.
    pub events: Vec<u8>,
}

/// Reads and checks the manifest of the trace at `path`.
///
/// # Errors
/// [`OpenError`], each mistake its own.
pub fn read_manifest(path: &Path) -> Result<(Manifest, Vec<u8>), OpenError> {
    let not_a_trace = |why| OpenError::NotATrace { path: path.to_owned(), why };
    let unreadable = |at: &Path, source| OpenError::Unreadable { path: at.to_owned(), source };
    let folder = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(OpenError::NotFound(path.to_owned())),
        Err(error) => return Err(unreadable(path, error)),
        Ok(metadata) => metadata.is_dir(),
    };
    if !folder {
        return Err(not_a_trace("a trace is a folder, this is a file"));
    }
    let file = path.join(MANIFEST);
    let bytes = match read_small(&file, MAX_JSON) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(not_a_trace("the folder has no manifest.json"));
        }
        Err(error) => return Err(unreadable(&file, error)),
        Ok(bytes) => bytes,
    };
    let corrupt = |why: String| OpenError::Corrupt { path: file.clone(), why };
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    let Some(found) = value.get("format") else {
        return Err(not_a_trace("its manifest.json is not that of a trace"));
    };
    let Some(found) = found.as_u64() else { return Err(corrupt("`format` is not a number".to_owned())) };
    let writer = value.get("ct_tui").and_then(serde_json::Value::as_str).unwrap_or("?").to_owned();
    // What stands in a manifest goes to the terminal here: keep it to what a version looks like.
    let writer: String = writer.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
    if found > u64::from(FORMAT_VERSION) {
        return Err(OpenError::TooNew { path: path.to_owned(), found, writer });
    }
    if found < u64::from(FORMAT_VERSION) {
        return Err(OpenError::TooOld { path: path.to_owned(), found, writer });
    }
    let manifest = serde_json::from_value(value).map_err(|error| corrupt(error.to_string()))?;
    Ok((manifest, bytes))
}

#[cfg(test)]
mod tests;
