//! One recorded process: its folder in the trace, its code table, its streams, and what the recorder is doing in it.
//! A forked child gets all of this anew before its first event; what it inherited it never touches again.
//!
//! Everything here is used with the GIL held, except the end of a thread (`thread`), which takes the lock of the streams.

use super::codes::{Codes, Setup};
use super::config::Config;
use super::control;
use super::judge::Judge;
use super::mark::{HOT, set_hot};
use super::slab::Slab;
use super::thread::{self, ORPHANS, Thread, is_main_thread};
use super::world::Interpreter;
use super::{change, clock};
use crate::filter::{Chain, Engine};
use crate::model::evidence::NamingMode;
use crate::model::id::ProcessKey;
use crate::model::time::ClockPair;
use crate::naming::{Namer, Platform};
use crate::trace::code_log::CodeLog;
use crate::trace::format::{CODE_LOG, state};
use crate::trace::log_writer::LogWriter;
use crate::trace::manifest::ProcessInfo;
use crate::trace::memory::GrowingFile;
use crate::trace::process_file::{make_process_folder, recorded_ancestor, write_process};
use crate::trace::space::Space;
use crate::trace::state::StatePage;
use std::cell::{Cell, UnsafeCell};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What the recorder is doing: 0 nothing (yet, or any more), else a `PHASE_` number of the state page.
static PHASE: AtomicU32 = AtomicU32::new(0);
/// Counts filter changes, pauses, forks and stops: every answer of before is out of date.
static EPOCH: AtomicU32 = AtomicU32::new(0);
static PROCESS: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());
static CONFIG: OnceLock<Config> = OnceLock::new();

/// One recorded process.
pub struct Process {
    /// Name of its folder.
    pub key: ProcessKey,
    /// Its folder.
    pub folder: PathBuf,
    /// What all processes of the trace have reserved.
    pub space: Arc<Space>,
    /// Its page of counters.
    pub state: StatePage,
    /// Streams that begin now are opened with the calls that are running already.
    pub resync_new: Cell<bool>,
    /// Threads (`threading.get_ident()`) that ran without a stream when the filter changed: what they did before is
    /// unknown, which their streams say when they begin.
    pub unknown_before: Mutex<HashSet<u64>>,
    /// `threading.get_ident()` of the process's first thread; 0: not known.
    pub main_ident: u64,
    codes: UnsafeCell<Codes>,
    next_thread: AtomicU32,
    streams: Mutex<Vec<*mut Thread>>,
    slab: Mutex<Slab>,
    pid: libc::pid_t,
    alive: *const u8,
}

/// How a process came to be.
pub struct Origin {
    /// `start`, `exec`, `fork`.
    pub word: &'static str,
    /// The process it was before.
    pub parent: Option<String>,
}

impl Process {
    /// The table of code objects.
    ///
    /// # Safety
    /// The GIL is held, and no other reference from here is in use.
    #[allow(clippy::mut_from_ref, reason = "the GIL is the lock")]
    pub unsafe fn codes(&self) -> &mut Codes {
        // SAFETY: as the caller promised.
        unsafe { &mut *self.codes.get() }
    }

    /// The streams of all threads that live.
    pub fn streams(&self) -> MutexGuard<'_, Vec<*mut Thread>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory for streams.
    pub fn slab(&self) -> MutexGuard<'_, Slab> {
        self.slab.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for the next thread, from 1.
    pub fn next_thread(&self) -> u32 {
        self.next_thread.fetch_add(1, Relaxed) + 1
    }

    /// Whether this is an inheritance from the process that forked us.
    fn is_inherited(&self) -> bool {
        // SAFETY: the page stays mapped for good; in a child it reads 0, where the system can do that.
        let wiped = unsafe { self.alive.read_volatile() } == 0;
        // SAFETY: this call has no conditions.
        wiped || self.pid != unsafe { libc::getpid() }
    }
}

/// What was asked for; set once.
pub fn config() -> Option<&'static Config> {
    CONFIG.get()
}

/// What the recorder is doing.
#[inline(always)]
pub fn phase() -> u32 {
    PHASE.load(Relaxed)
}

/// Whether events are recorded.
#[inline(always)]
pub fn is_recording() -> bool {
    phase() == state::PHASE_RECORDING
}

/// The epoch of all answers that hold.
pub fn epoch() -> u32 {
    EPOCH.load(Relaxed)
}

/// Makes all answers of before out of date.
pub fn new_epoch() -> u32 {
    let epoch = EPOCH.fetch_add(1, Relaxed) + 1;
    if is_recording() {
        set_hot(epoch);
    }
    epoch
}

/// Changes what the recorder is doing, here and in the state page.
pub fn set_phase(process: &Process, phase: u32) {
    PHASE.store(phase, Relaxed);
    process.state.set_phase(phase);
    if phase == state::PHASE_RECORDING {
        set_hot(epoch());
    } else {
        HOT.store(u64::MAX, Relaxed);
    }
}

/// This process, made on the spot in a child that was forked since. `None`: nothing is recorded here.
pub fn process() -> Option<&'static Process> {
    let process = inherited_or_own()?;
    if !process.is_inherited() {
        return Some(process);
    }
    forget_inheritance();
    let config = config()?;
    if !config.options.follow {
        switch_off();
        return None;
    }
    let origin = Origin { word: "fork", parent: Some(process.key.to_string()) };
    // SAFETY: the GIL is held. What was inherited is read only.
    let judge = unsafe { process.codes() }.judge_in_force().clone();
    match Process::start(config, origin, newest_chain(config, judge)) {
        Ok(own) => {
            own.resync_new.set(true);
            set_phase(own, phase());
            control::start(own);
            Some(own)
        }
        Err(_) => {
            switch_off();
            None
        }
    }
}

/// As it stands, without a look at forks. For what may not allocate or wait.
fn inherited_or_own() -> Option<&'static Process> {
    // SAFETY: processes are never freed.
    unsafe { PROCESS.load(Acquire).as_ref() }
}

/// This process, if it was set up by itself and not by the one that forked it.
pub fn own() -> Option<&'static Process> {
    inherited_or_own().filter(|process| !process.is_inherited())
}

/// In a forked child: the only thread there is has no stream any more. What stopped the parent need not stop the child.
pub fn forget_inheritance() {
    thread::forget();
    ORPHANS.store(0, Relaxed);
    HOT.store(u64::MAX, Relaxed);
    if phase() == state::PHASE_STOPPED {
        PHASE.store(state::PHASE_RECORDING, Relaxed);
    }
}

/// The chain that this process inherited, or the newer one that was meant for processes that start now.
fn newest_chain(config: &Config, inherited: Judge) -> Judge {
    let newer = super::config::read_update(&config.root).filter(|update| update.generation > inherited.generation);
    match newer.map(|update| (compile(&update.filters), update.generation)) {
        Some((Ok(engine), generation)) => Judge { engine, generation, ..inherited },
        _ => inherited,
    }
}

fn switch_off() {
    PHASE.store(0, Relaxed);
    HOT.store(u64::MAX, Relaxed);
}

/// Both clocks; the newest pair is kept in the state page too.
pub fn clock_pair() -> ClockPair {
    let pair = clock::pair();
    if let Some(process) = inherited_or_own() {
        process.state.set_clock(pair);
    }
    pair
}

/// Ends the recording early: the streams end here, calls from now on are counted as lost, the program runs on.
pub fn stop(reason: &str) {
    let Some(process) = own() else { return switch_off() };
    if !matches!(phase(), state::PHASE_RECORDING | state::PHASE_STARTING) {
        return;
    }
    process.state.set_reason(reason);
    process.state.set_clock(clock::pair());
    set_phase(process, state::PHASE_STOPPED);
    for thread in process.streams().iter() {
        // SAFETY: listed threads are alive, and with the GIL held none of them writes.
        unsafe { (**thread).writer.finish() };
    }
    // SAFETY: the GIL is held, and whoever found out that the recording must end is done with the table.
    unsafe { process.codes() }.finish();
}

/// The interpreter ends in order: everything is cut to its size, and says so.
///
/// # Safety
/// The GIL is held.
pub unsafe fn end() {
    let Some(process) = own() else { return switch_off() };
    // SAFETY: the GIL is held.
    let finished = unsafe {
        change::each_thread(process, |thread, frame| {
            // A thread that runs no Python any more has ended, only the system does not know it yet.
            if frame.is_null() && thread.ident != libc::pthread_self() as u64 {
                thread.end();
            } else {
                thread.say_name(clock::raw());
            }
            thread.writer.finish();
            Ok(())
        })
    };
    debug_assert!(finished.is_ok());
    // SAFETY: the GIL is held.
    let codes = unsafe { process.codes() };
    codes.finish();
    process.state.set_sweeps(codes.sweeps());
    process.state.set_clock(clock::pair());
    if phase() == state::PHASE_STOPPED {
        // That it stopped early, and why, is what there is to say.
        switch_off();
    } else {
        set_phase(process, state::PHASE_ENDED);
    }
}

impl Process {
    /// Sets everything up for this process and makes it the current one.
    ///
    /// # Errors
    /// A sentence: why nothing can be recorded.
    pub fn start(config: &Config, origin: Origin, judge: Judge) -> Result<&'static Self, String> {
        let root = &config.root;
        let pid = std::process::id();
        let (key, folder) =
            make_process_folder(root, pid).map_err(|error| format!("cannot make a folder in the trace: {error}"))?;
        let origin = match (key.run, origin.word) {
            (run, "start") if run > 1 => {
                Origin { word: "exec", parent: Some(ProcessKey { pid, run: run - 1 }.to_string()) }
            }
            _ => origin,
        };
        let mut info = config.describe(origin);
        let begun = Self::begin(config, key, folder.clone(), judge);
        if let Err(reason) = &begun {
            info.not_recorded = Some(reason.clone());
        }
        let written = write_process(&folder, &info).map_err(|error| format!("cannot write to the trace: {error}"));
        let process = begun?;
        written?;
        PROCESS.store(std::ptr::from_ref(process).cast_mut(), Release);
        Ok(process)
    }

    fn begin(config: &Config, key: ProcessKey, folder: PathBuf, judge: Judge) -> Result<&'static Self, String> {
        let sentence = |failure: crate::trace::memory::Failure| failure.to_string();
        let space = Arc::new(Space::open(&config.root, config.options.max_size).map_err(sentence)?);
        let state = StatePage::create(&folder).map_err(sentence)?;
        state.set_generation(judge.generation);
        state.set_clock(clock::pair());
        let mode = if config.options.module_name_from_globals { NamingMode::Globals } else { NamingMode::Resolver };
        let codes = Codes::new(Setup {
            epoch: new_epoch(),
            judge,
            namer: Namer::new(mode, Platform::here()),
            world: Interpreter {
                startup_cwd: config.startup_cwd.clone(),
                project_root: Some(config.project_root.clone()),
            },
            log: CodeLog::new(LogWriter::new(GrowingFile::new(folder.join(CODE_LOG), Arc::clone(&space)))),
            values: config.options.values,
            lines: config.options.lines,
            number: config.number,
        });
        Ok(Box::leak(Box::new(Self {
            key,
            folder,
            space,
            state,
            resync_new: Cell::new(false),
            unknown_before: Mutex::default(),
            // SAFETY: this call has no conditions.
            main_ident: if is_main_thread() { unsafe { libc::pthread_self() as u64 } } else { 0 },
            codes: UnsafeCell::new(codes),
            next_thread: AtomicU32::new(0),
            streams: Mutex::new(Vec::new()),
            slab: Mutex::default(),
            // SAFETY: this call has no conditions.
            pid: unsafe { libc::getpid() },
            alive: alive(),
        })))
    }
}

/// A byte that is 1 here and, where the system can do that, 0 in every forked child, however it was forked.
fn alive() -> *const u8 {
    const PAGE: usize = 4096;
    static ONE: u8 = 1;
    // SAFETY: a new private mapping; the advice is about that mapping.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(std::ptr::null_mut(), PAGE, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if page == libc::MAP_FAILED {
            return &raw const ONE;
        }
        #[cfg(target_os = "linux")]
        libc::madvise(page, PAGE, libc::MADV_WIPEONFORK);
        page.cast::<u8>().write(1);
        page.cast()
    }
}

/// Keeps what was asked for. Returns false when it was set before.
pub fn set_config(config: Config) -> bool {
    CONFIG.set(config).is_ok()
}

/// Compiles a chain.
///
/// # Errors
/// A sentence that names the first problem.
pub fn compile(sources: &[crate::filter::Source]) -> Result<Engine, String> {
    Chain::compile(sources).map_err(|problems| match problems.first() {
        Some(first) => format!("the filters cannot be used: {}", first.message),
        None => "the filters cannot be used".to_owned(),
    })
}

impl Config {
    fn describe(&self, origin: Origin) -> ProcessInfo {
        // SAFETY: this call has no conditions.
        let parent_pid = unsafe { libc::getppid() }.try_into().unwrap_or(0);
        let above = || recorded_ancestor(&self.root, parent_pid).map(|key| key.to_string());
        ProcessInfo {
            pid: std::process::id(),
            parent_pid,
            parent: origin.parent.or_else(above),
            origin: origin.word.to_owned(),
            argv: super::config::argv(),
            executable: self.executable.clone(),
            version: self.version.clone(),
            cwd: self.startup_cwd.clone(),
            sys_path: super::config::sys_path(),
            clock: clock::kind(),
            start: clock::pair(),
            backend: self.backend.to_owned(),
            limits: self.limits.clone(),
            not_recorded: None,
        }
    }
}
