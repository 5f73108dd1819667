//! The recorder's end of the control channel: one thread per recorded process that waits on a socket in the process's
//! folder, and does what it is told.
//!
//! The thread must not be noticed by the program. It has descriptors of its own, so the program neither sees nor closes
//! them; it blocks every signal; it takes the GIL only for the moment of a change. CPython 3.12 and newer warn about
//! `fork` in a process with several threads: a thread that would be the only other one steps aside while the program
//! forks. It is woken by a signal that only it can get (blocked, read through a signalfd), because a descriptor shared
//! with the rest of the process could be closed by the program.

use super::judge::Judge;
use super::process::{self, Process};
use super::{change, python};
use crate::trace::control::{Accepted, Command, Reply};
use crate::trace::format::{CONTROL_SOCKET, state};
use crate::trace::memory::own_descriptors;
use pyo3::ffi;
use std::ffi::{CString, c_int, c_void};
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::thread::JoinHandleExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

/// A signal that nothing else uses and that has no meaning.
const WAKE: c_int = libc::SIGSTKFLT;
/// Longest command: a filter chain.
const MAX_COMMAND: usize = 16 << 20;
/// Explorers that are connected at the same time.
const MAX_CLIENTS: usize = 64;
/// The socket until it listens.
const DRAFT: &str = "control.part";
/// Longest path that fits into a socket address, its end included.
const MAX_ADDRESS: usize = 108;

/// Waits for commands: may be told to go.
const IDLE: u32 = 0;
/// Somebody is connected.
const BUSY: u32 = 1;
/// Has been told to go.
const GOING: u32 = 2;

struct Running {
    thread: JoinHandle<()>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: AtomicU32,
    stop: AtomicBool,
    /// What was done by itself, before the first command.
    caught_up: OnceLock<Accepted>,
}

static RUNNING: AtomicPtr<Running> = AtomicPtr::new(std::ptr::null_mut());
/// It stepped aside for a fork and is to come back.
static ASIDE: AtomicBool = AtomicBool::new(false);

/// Starts the thread, if somebody may send commands and it is not there yet.
pub fn start(process: &Process) {
    ASIDE.store(false, Relaxed);
    if !process::config().is_some_and(|config| config.control) || !RUNNING.load(Acquire).is_null() {
        return;
    }
    let shared = Arc::new(Shared::default());
    let (folder, inner) = (process.folder.clone(), Arc::clone(&shared));
    // A new thread inherits the mask: no signal of the program ever reaches it.
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: both sets are large enough; the mask is put back below.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let spawned = std::thread::Builder::new()
        .name("ct-tui".to_owned())
        .stack_size(512 * 1024)
        .spawn(move || super::guarded((), || serve(&folder, &inner)));
    // SAFETY: the mask of before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    // Without the thread there are no commands; everything else works.
    if let Ok(thread) = spawned {
        RUNNING.store(Box::into_raw(Box::new(Running { thread, shared })), Relaxed);
    }
}

/// Starts it again after it stepped aside.
pub fn come_back() {
    if ASIDE.load(Relaxed)
        && let Some(process) = process::own()
    {
        start(process);
    }
}

/// Whether [`come_back`] has something to do.
#[inline]
pub fn is_aside() -> bool {
    ASIDE.load(Relaxed)
}

/// Stops the thread and waits until it is gone.
///
/// # Safety
/// The GIL is held.
pub unsafe fn stop() {
    ASIDE.store(false, Relaxed);
    let running = RUNNING.swap(std::ptr::null_mut(), Acquire);
    if running.is_null() {
        return;
    }
    // SAFETY: made by `start`, and taken out of the static by us alone. It may be waiting for the GIL, so that is let
    // go while we wait.
    unsafe {
        let running = Box::from_raw(running);
        running.shared.stop.store(true, Relaxed);
        let state = ffi::PyEval_SaveThread();
        wake_and_join(*running);
        ffi::PyEval_RestoreThread(state);
    }
}

fn wake_and_join(running: Running) {
    // SAFETY: the thread has not been joined yet, so its handle is good.
    unsafe { libc::pthread_kill(running.thread.as_pthread_t() as libc::pthread_t, WAKE) };
    let _ = running.thread.join();
}

/// Before a fork: if the thread is what makes this process a process with threads, it goes.
pub extern "C" fn before_fork() {
    let running = RUNNING.load(Acquire);
    if running.is_null() || !steps_aside() || threads() != Some(2) {
        return;
    }
    // SAFETY: made by `start`; only this handler and `stop`, with the GIL held, take it away.
    let shared = unsafe { &(*running).shared };
    // While somebody is connected it may need the GIL, which the forking thread has: it stays then.
    if shared.state.compare_exchange(IDLE, GOING, AcqRel, Relaxed).is_err() {
        return;
    }
    RUNNING.store(std::ptr::null_mut(), Relaxed);
    // SAFETY: as above.
    wake_and_join(*unsafe { Box::from_raw(running) });
    // Joined is not yet gone: wait until the kernel counts it no more. A moment; bounded all the same.
    for _ in 0..10_000 {
        if threads() != Some(2) {
            break;
        }
        std::thread::yield_now();
    }
    ASIDE.store(true, Relaxed);
}

/// After a fork, in the process that forked: it comes back once CPython has had its look at the threads.
pub extern "C" fn after_fork() {
    if is_aside() {
        // SAFETY: this may be called from anywhere. If the queue is full, the next event does it.
        unsafe { ffi::Py_AddPendingCall(Some(pending), std::ptr::null_mut()) };
    }
}

/// After a fork, in the child: the thread exists in the parent only.
pub extern "C" fn in_child() {
    RUNNING.store(std::ptr::null_mut(), Relaxed);
    ASIDE.store(false, Relaxed);
    process::forget_inheritance();
    let watched = process::config().is_some_and(|config| config.control);
    if watched && matches!(process::phase(), state::PHASE_PAUSED | state::PHASE_RECORDING) {
        // Paused, or with all of its code skipped, no event may ever come that opens this process's channel; through
        // that the pause can end, and the filters become wider.
        // SAFETY: this may be called from anywhere.
        unsafe { ffi::Py_AddPendingCall(Some(adopted), std::ptr::null_mut()) };
    }
}

extern "C" fn adopted(_: *mut c_void) -> c_int {
    super::guarded((), || {
        process::process();
    });
    0
}

extern "C" fn pending(_: *mut c_void) -> c_int {
    super::guarded((), come_back);
    0
}

fn steps_aside() -> bool {
    process::config().is_some_and(|config| config.number >= (3, 12))
}

/// Threads of this process, as CPython counts them.
fn threads() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(17)?.parse().ok()
}

/// The thread itself.
fn serve(folder: &Path, shared: &Shared) {
    if !own_descriptors() {
        return;
    }
    let path = folder.join(CONTROL_SOCKET);
    let Ok(listener) = listen(folder, &path) else { return };
    let Ok(wake) = wake_descriptor() else { return };
    // From here on commands arrive. A chain that was put in force just before, when this process was not there yet to be
    // told, lies in the trace.
    catch_up(shared);
    let mut clients: Vec<Client> = Vec::new();
    loop {
        let mut waiting = vec![waits(wake.as_raw_fd()), waits(listener.as_raw_fd())];
        waiting.extend(clients.iter().map(|client| waits(client.stream.as_raw_fd())));
        // SAFETY: the list is as long as it says.
        let ready = unsafe { libc::poll(waiting.as_mut_ptr(), waiting.len() as libc::nfds_t, -1) };
        if ready < 0 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break;
        }
        if shared.stop.load(Relaxed) || shared.state.load(Acquire) == GOING {
            break;
        }
        if clients.is_empty() && shared.state.compare_exchange(IDLE, BUSY, AcqRel, Relaxed).is_err() {
            break;
        }
        let mut kept = Vec::new();
        for (client, waited) in clients.into_iter().zip(&waiting[2..]) {
            let stays = if waited.revents == 0 { Some(client) } else { client.serve(shared) };
            kept.extend(stays);
        }
        clients = kept;
        if waiting[1].revents != 0
            && let Ok((stream, _)) = listener.accept()
            && clients.len() < MAX_CLIENTS
            && stream.set_nonblocking(true).is_ok()
        {
            clients.push(Client { stream, line: Vec::new() });
        }
        if clients.is_empty() {
            shared.state.store(IDLE, Relaxed);
        }
    }
    let _ = std::fs::remove_file(&path);
}

/// Takes the chain that was meant for processes that start, if it is newer than the one in force.
fn catch_up(shared: &Shared) {
    let Some(process) = process::own() else { return };
    let newer = process::config()
        .and_then(|config| super::config::read_update(&config.root))
        .filter(|update| update.generation > process.state.generation());
    if let Some(update) = newer
        // As with a command: it may wait for the GIL, so the thread cannot step aside meanwhile.
        && shared.state.compare_exchange(IDLE, BUSY, AcqRel, Relaxed).is_ok()
    {
        // What is wrong with it, whoever sent it hears from others.
        if let Ok(accepted) = obey(Command::Filters { generation: update.generation, filters: update.filters }, shared)
        {
            let _ = shared.caught_up.set(accepted);
        }
        shared.state.store(IDLE, Relaxed);
    }
}

fn waits(descriptor: RawFd) -> libc::pollfd {
    libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 }
}

/// Readable when this thread is to look up.
fn wake_descriptor() -> io::Result<OwnedFd> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is large enough; the descriptor, if any, is ours.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), WAKE);
        let descriptor = libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if descriptor < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(descriptor)) }
    }
}

/// The socket gets its name only when it listens: who finds it is never refused.
fn listen(folder: &Path, path: &Path) -> io::Result<UnixListener> {
    let draft = folder.join(DRAFT);
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = bind(folder, &draft)?;
    std::fs::rename(&draft, path)?;
    Ok(listener)
}

/// A path that is too long for an address is reached through the folder's descriptor.
fn bind(folder: &Path, path: &Path) -> io::Result<UnixListener> {
    if path.as_os_str().len() < MAX_ADDRESS {
        return UnixListener::bind(path);
    }
    let name = CString::new(folder.as_os_str().as_bytes())?;
    // SAFETY: a terminated string; the descriptor, if any, is ours. This thread's table is not the process's.
    let folder = unsafe {
        let descriptor = libc::open(name.as_ptr(), libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC);
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(descriptor)
    };
    UnixListener::bind(PathBuf::from(format!("/proc/thread-self/fd/{}/{DRAFT}", folder.as_raw_fd())))
}

/// A connected explorer.
struct Client {
    stream: UnixStream,
    line: Vec<u8>,
}

impl Client {
    /// Reads what has come, answers whole lines. `None`: it is gone.
    fn serve(mut self, shared: &Shared) -> Option<Self> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(read) => self.line.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Some(self),
                Err(_) => return None,
            }
            while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.line.drain(..=end).collect();
                let mut reply = serde_json::to_vec(&answer(&line, shared)).unwrap_or_default();
                reply.push(b'\n');
                // A reply is shorter than any socket's buffer.
                if self.stream.write_all(&reply).is_err() {
                    return None;
                }
            }
            if self.line.len() > MAX_COMMAND {
                return None;
            }
        }
    }
}

fn answer(line: &[u8], shared: &Shared) -> Reply {
    let done = serde_json::from_slice(line)
        .map_err(|error| format!("no command: {error}"))
        .and_then(|command| obey(command, shared));
    match done {
        Ok(accepted) => Reply { ok: true, error: None, accepted },
        Err(error) => Reply { ok: false, error: Some(error), accepted: Accepted::default() },
    }
}

fn obey(command: Command, shared: &Shared) -> Result<Accepted, String> {
    match command {
        Command::Filters { generation, filters } => {
            if let Some(accepted) = shared.caught_up.get().filter(|accepted| accepted.generation == generation) {
                return Ok(*accepted);
            }
            let engine = process::compile(&filters)?;
            // SAFETY: run with the GIL held.
            let (entries, judge) = with_gil(shared, || unsafe { change::known(generation) })?;
            let judged = Judge { engine, generation, ..judge }.all(&entries);
            // SAFETY: run with the GIL held.
            let (accepted, before) = with_gil(shared, || unsafe { change::filters(judged) })?;
            // Only now: taking down what was there takes a while, too.
            drop((entries, before));
            Ok(accepted)
        }
        // SAFETY: run with the GIL held.
        Command::Pause => with_gil(shared, || unsafe { change::pause() }),
        // SAFETY: run with the GIL held.
        Command::Resume => with_gil(shared, || unsafe { change::resume() }),
    }
}

fn with_gil<T>(shared: &Shared, run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    // SAFETY: asked before every use; the interpreter stops this thread before it goes away.
    if shared.stop.load(Relaxed) || unsafe { ffi::Py_IsInitialized() } == 0 || python::is_finalizing() {
        return Err("this process is ending".to_owned());
    }
    // SAFETY: paired with the release below.
    let state = unsafe { ffi::PyGILState_Ensure() };
    let done = super::guarded(Err("the recorder failed".to_owned()), run);
    // SAFETY: the GIL is held, no exception is left behind.
    unsafe {
        ffi::PyErr_Clear();
        ffi::PyGILState_Release(state);
    }
    done
}
