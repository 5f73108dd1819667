//! One process of a trace: its description, counters, code objects and threads.

use crate::model::code::CodeRecord;
use crate::model::id::{CodeId, ProcessIx, ProcessKey, ThreadNo};
use crate::model::time::{ClockKind, ClockPair};
use crate::trace::format::{CODE_LOG, EVENTS_SUFFIX, PROCESS, STATE, state};
use crate::trace::manifest::{Exit, Manifest, ProcessInfo};
use crate::trace::reader::clock::ClockMap;
use crate::trace::reader::codes::Codes;
use crate::trace::reader::file::{Files, open_regular, read_at, read_small};
use crate::trace::reader::folder::Folder;
use crate::trace::reader::problem::Problems;
use crate::trace::reader::state::{Phase, State};
use crate::trace::reader::thread::{Source, Thread};
use crate::trace::reader::{Budget, Changes};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most bytes of a `process.json` (command lines and `sys.path` can be long).
const MAX_INFO: u64 = 16 << 20;

/// One process.
#[derive(Debug)]
pub struct Process {
    /// Its place in `Trace::processes`.
    pub ix: ProcessIx,
    /// The name of its folder.
    pub key: ProcessKey,
    /// What it said of itself when it started.
    pub info: ProcessInfo,
    /// Its counters.
    pub state: State,
    /// Its code objects.
    pub codes: Codes,
    /// How it ended, where that is known.
    pub exit: Option<Exit>,
    /// Its time.
    pub clock: ClockMap,
    /// The process that started it, forked it, or was replaced by it, if that one is in the trace.
    pub parent: Option<ProcessIx>,
    /// Nothing will be added: it has ended and was read to its end.
    pub(super) settled: bool,
    /// It was still running when last looked at.
    pub(super) running: bool,
    threads: Vec<Thread>,
    /// The thread to look at next.
    next_thread: usize,
    dir: PathBuf,
    folder: Folder,
    code_log: Option<File>,
    state_file: Option<File>,
    /// Processor time that it had used when it was last looked at; `None`: it is to be looked at whatever it used.
    ran: Option<i64>,
    /// Counts refreshes, for threads that are looked at in turn.
    turn: usize,
}

/// Why nothing is recorded of a process that never came to describe itself.
pub(super) const STILLBORN: &str = "it ended while its recording was being set up";

/// With no more threads than this each is looked at every time.
const FEW_THREADS: usize = 256;
/// Every so many refreshes a quiet thread is looked at.
const TURNS: usize = 8;

impl Process {
    /// Reads the description in `dir`. `None`: it is not there (yet).
    pub(super) fn open(dir: PathBuf, key: ProcessKey, manifest: &Manifest) -> io::Result<Option<Self>> {
        let bytes = match read_small(&dir.join(PROCESS), MAX_INFO) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let info: ProcessInfo = serde_json::from_slice(&bytes)?;
        Ok(Some(Self::with(dir, key, info, manifest)))
    }

    /// A process that was ended before it had described itself: nothing of it is recorded, and nothing is damaged. `None`
    /// when there are events, which are never written before the description.
    pub(super) fn stillborn(dir: &Path, key: &ProcessKey, manifest: &Manifest) -> Option<Self> {
        let mut names = std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.file_name());
        if names.any(|name| name.to_string_lossy().ends_with(EVENTS_SUFFIX)) {
            return None;
        }
        let mut process = Self::nameless(dir.to_owned(), key.clone(), manifest);
        process.info.not_recorded = Some(STILLBORN.to_owned());
        Some(process)
    }

    /// A process whose description cannot be read: what else there is, is used.
    pub(super) fn nameless(dir: PathBuf, key: ProcessKey, manifest: &Manifest) -> Self {
        let info = ProcessInfo {
            pid: key.pid,
            parent_pid: 0,
            parent: None,
            origin: "start".to_owned(),
            argv: Vec::new(),
            executable: String::new(),
            version: String::new(),
            cwd: String::new(),
            sys_path: Vec::new(),
            clock: ClockKind::Tsc,
            start: ClockPair { raw: 0, mono_ns: manifest.start.mono_ns },
            backend: String::new(),
            limits: Vec::new(),
            not_recorded: None,
        };
        Self::with(dir, key, info, manifest)
    }

    fn with(dir: PathBuf, key: ProcessKey, info: ProcessInfo, manifest: &Manifest) -> Self {
        let clock = ClockMap::new(info.clock, manifest.start.mono_ns, info.start);
        Self {
            ix: ProcessIx(0),
            key,
            info,
            state: State::default(),
            codes: Codes::default(),
            exit: None,
            clock,
            parent: None,
            settled: false,
            running: true,
            threads: Vec::new(),
            next_thread: 0,
            dir,
            folder: Folder::default(),
            code_log: None,
            state_file: None,
            ran: None,
            turn: 0,
        }
    }

    /// Whether it may have done anything since this was asked last. Its processor time tells: to the nanosecond, and at
    /// the price of one system call.
    pub(super) fn has_run(&mut self) -> bool {
        let now = processor_time(self.info.pid);
        let before = std::mem::replace(&mut self.ran, now);
        now.is_none() || now != before
    }

    /// Not all was read: it is to be looked at again, even if it does nothing.
    pub(super) fn look_again(&mut self) {
        self.ran = None;
    }

    /// Its threads, in the order of their numbers.
    #[must_use]
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// One thread.
    #[must_use]
    pub fn thread(&self, no: ThreadNo) -> Option<&Thread> {
        self.threads.binary_search_by_key(&no, |thread| thread.no).ok().map(|at| &self.threads[at])
    }

    pub(super) fn thread_mut(&mut self, no: ThreadNo) -> Option<&mut Thread> {
        self.threads.binary_search_by_key(&no, |thread| thread.no).ok().map(|at| &mut self.threads[at])
    }

    /// Where the events of a thread are.
    #[must_use]
    pub fn events_path(&self, no: ThreadNo) -> PathBuf {
        self.dir.join(format!("{}{EVENTS_SUFFIX}", no.0))
    }

    /// Whether it was still running when last looked at.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// It ended without shutting down in order: killed, `os._exit`, or the machine stopped.
    #[must_use]
    pub fn died(&self) -> bool {
        !self.running && self.state.phase != Phase::Ended && !self.state.replaced && self.info.not_recorded.is_none()
    }

    /// Calls and segments recorded so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.threads.iter().map(Thread::calls).sum()
    }

    /// Calls that are not in the trace although they should be: counted by the recorder, or lost in gaps.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.threads.iter().map(Thread::gap_calls).fold(self.state.lost, u64::saturating_add)
    }

    /// The label of a code object; a stand-in when the code log does not have it (yet).
    #[must_use]
    pub fn label(&self, code: CodeId) -> String {
        self.codes.get(code).map_or_else(|| format!("<code {}>", code.0), |record| record.label())
    }

    /// The record of a code object.
    #[must_use]
    pub fn code(&self, code: CodeId) -> Option<&Arc<CodeRecord>> {
        self.codes.get(code)
    }

    /// When it started, in nanoseconds since the start of the recording.
    #[must_use]
    pub fn start_ns(&self) -> u64 {
        self.clock.since_start(self.info.start.mono_ns)
    }

    /// The last moment of which anything is known, in nanoseconds since the start of the recording.
    #[must_use]
    pub fn last_ns(&self) -> u64 {
        let events = self.threads.iter().filter_map(Thread::end_raw).max().unwrap_or(0);
        self.clock.ns(events).max(self.start_ns()).max(self.clock.since_start(self.state.clock.mono_ns))
    }

    /// Reads what is new.
    pub(super) fn refresh(
        &mut self,
        over: bool,
        files: &Files,
        problems: &Problems,
        budget: &mut Budget,
        changes: &mut Changes,
    ) {
        if self.settled {
            return;
        }
        let name = self.key.to_string();
        let mut more = false;
        if let Err(error) = self.refresh_state(problems, changes)
            && (over || error.kind() != io::ErrorKind::NotFound)
            && self.info.not_recorded.is_none()
        {
            problems.add(format!("{name}/{STATE}"), None, format!("cannot be read: {error}"));
        }
        match self.refresh_codes(problems, budget, changes) {
            Ok(rest) => more |= rest,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.add(format!("{name}/{CODE_LOG}"), None, format!("cannot be read: {error}")),
        }
        if let Err(error) = self.find_threads(over, changes) {
            problems.add(name.clone(), None, format!("the folder cannot be listed: {error}"));
        }
        more |= self.refresh_threads(over, files, problems, budget, changes);
        changes.more |= more;
        if over && !more && self.threads.iter().all(|thread| thread.settled) {
            if self.codes.is_empty() && self.calls() > 0 {
                problems.add(format!("{name}/{CODE_LOG}"), None, "missing or empty; the calls have no names");
            }
            self.settled = true;
            self.code_log = None;
            self.state_file = None;
        }
    }

    fn refresh_state(&mut self, problems: &Problems, changes: &mut Changes) -> io::Result<()> {
        if self.state_file.is_none() {
            self.state_file = Some(open_regular(&self.dir.join(STATE))?);
        }
        let Some(file) = &self.state_file else { return Ok(()) };
        let mut page = [0; state::SIZE];
        let read = read_at(file, &mut page, 0)?;
        // While it is being set up the page may be short or empty.
        if page.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        match State::read(&page[..read]) {
            Ok(state) if state != self.state => {
                self.clock.add(state.clock);
                changes.state = true;
                changes.processes |= self.state.exit != state.exit;
                self.exit = self.exit.or(state.exit);
                self.state = state;
            }
            Ok(_) => {}
            Err(message) => problems.add(format!("{}/{STATE}", self.key), None, message),
        }
        Ok(())
    }

    /// Looks once more whether somebody has said how it ended: whoever waits for a process does so after its end.
    pub(super) fn refresh_exit(&mut self, changes: &mut Changes) {
        if let Ok(page) = read_small(&self.dir.join(STATE), state::SIZE as u64)
            && let Ok(state) = State::read(&page)
            && state.exit.is_some()
        {
            self.exit = state.exit;
            changes.processes = true;
        }
    }

    fn refresh_codes(&mut self, problems: &Problems, budget: &mut Budget, changes: &mut Changes) -> io::Result<bool> {
        if self.code_log.is_none() {
            self.code_log = Some(open_regular(&self.dir.join(CODE_LOG))?);
        }
        let Some(file) = &self.code_log else { return Ok(false) };
        let before = self.codes.version();
        let name = format!("{}/{CODE_LOG}", self.key);
        let mut problem = |message: String| problems.add(name.clone(), None, message);
        let more = self.codes.refresh(file, self.state.phase == Phase::Ended, &mut budget.bytes, &mut problem);
        changes.codes |= self.codes.version() != before;
        more
    }

    fn find_threads(&mut self, over: bool, changes: &mut Changes) -> io::Result<()> {
        for name in self.folder.new_names(&self.dir, over)? {
            let Some(number) = name.strip_suffix(EVENTS_SUFFIX) else { continue };
            let Some(no) = number.parse().ok().filter(|no: &u32| *no > 0 && no.to_string() == number) else { continue };
            if let Err(at) = self.threads.binary_search_by_key(&ThreadNo(no), |thread| thread.no) {
                self.threads.insert(at, Thread::new(ThreadNo(no)));
                changes.processes = true;
            }
        }
        Ok(())
    }

    /// Looks at every thread once, in as many steps as the budget asks for; whether some are still to be looked at.
    fn refresh_threads(
        &mut self,
        over: bool,
        files: &Files,
        problems: &Problems,
        budget: &mut Budget,
        changes: &mut Changes,
    ) -> bool {
        let many = budget.lazy && !over && self.threads.len() > FEW_THREADS;
        while self.next_thread < self.threads.len() {
            let index = self.next_thread;
            let passed_over = many && self.threads[index].is_quiet() && index % TURNS != self.turn % TURNS;
            if !self.threads[index].settled && !passed_over {
                if budget.blocks == 0 {
                    return true;
                }
                let more = self.refresh_thread(index, over, files, problems, budget, changes);
                if more {
                    return true;
                }
                self.threads[index].settle(over);
            }
            self.next_thread += 1;
        }
        // Threads that are found meanwhile are a part of the next round, which begins with the first again.
        self.next_thread = 0;
        self.turn = self.turn.wrapping_add(1);
        // A round that began while the process ran says nothing about what was written since.
        over && !self.threads.iter().all(|thread| thread.settled)
    }

    fn refresh_thread(
        &mut self,
        index: usize,
        over: bool,
        files: &Files,
        problems: &Problems,
        budget: &mut Budget,
        changes: &mut Changes,
    ) -> bool {
        let no = self.threads[index].no;
        let path = self.events_path(no);
        let name = format!("{}/{}{EVENTS_SUFFIX}", self.key, no.0);
        let mut pairs: Vec<ClockPair> = Vec::new();
        let step = files.get((self.ix.0, no.0), &path).and_then(|file| {
            self.threads[index].refresh(&mut Source {
                file: &file,
                over,
                budget: &mut budget.blocks,
                clock: &mut |pair| pairs.push(pair),
                problem: &mut |block, message| problems.add(name.clone(), Some(block), message),
            })
        });
        pairs.into_iter().for_each(|pair| self.clock.add(pair));
        match step {
            Ok(step) => {
                changes.calls |= step.changed;
                changes.processes |= step.told;
                step.more
            }
            Err(error) => {
                problems.add(name, None, format!("cannot be read: {error}"));
                false
            }
        }
    }
}

/// Processor time that a process has used, in nanoseconds; `None`: there is no such process, or the system does not say.
fn processor_time(pid: u32) -> Option<i64> {
    use nix::sys::time::TimeValLike;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).ok().filter(|pid| *pid > 0)?);
    let clock = nix::time::clock_getcpuclockid(pid).ok()?;
    nix::time::clock_gettime(clock).ok().map(|time| time.num_nanoseconds())
}

/// Whether a process with this id exists now.
pub(super) fn exists(pid: u32) -> bool {
    use nix::errno::Errno;
    use nix::unistd::Pid;
    let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 0) else { return false };
    if Path::new("/proc/self/stat").exists() {
        // A zombie has ended, too, although it still has an id.
        return std::fs::read(format!("/proc/{pid}/stat")).is_ok_and(|text| {
            let after = text.iter().rposition(|byte| *byte == b')').map_or(0, |at| at + 2);
            !matches!(text.get(after), Some(b'Z' | b'X') | None)
        });
    }
    !matches!(nix::sys::signal::kill(Pid::from_raw(pid), None), Err(Errno::ESRCH))
}
