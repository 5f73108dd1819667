//! The stream of one thread, and how it is brought in line with what the thread really does.

use super::capture::Frame;
use super::clock;
use super::mark::Mark;
use super::process::{self, Process};
use super::python::{self, Name};
use super::values::{self, ThreadValues};
use super::world;
use crate::model::code::CodeKind;
use crate::trace::event::{Closing, Opening, put_number, tag};
use crate::trace::format::EVENTS_SUFFIX;
use crate::trace::memory::{Failure, GrowingFile};
use crate::trace::writer::{EventWriter, FileSink, OpenCall};
use pyo3::ffi;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};

/// One thread's stream.
pub struct Thread {
    /// One of `NOT_READY` (forked children read that, whatever it was before), `READY`, `RESYNCED`.
    pub ready: u32,
    /// Writes the events.
    pub writer: EventWriter<FileSink>,
    /// `threading.get_ident()`.
    pub ident: u64,
    /// What recording values needs; `None` when they are not recorded.
    pub values: Option<Box<ThreadValues>>,
    /// Its name, as it was noted last.
    pub name: Option<String>,
    /// It has had another name before.
    pub renamed: bool,
    /// Depth and ordinal of the coroutine whose task was noted last.
    pub in_task: (usize, u64),
    /// Address of the innermost frame when the open calls were last brought in line from outside.
    expected: usize,
}

/// Ready, and the next event is an ordinary one.
const READY: u32 = 1;
/// Ready, but the open calls were brought in line from outside since the last event: if the next event is the beginning
/// of the frame that was the innermost one then, that call is open already.
const RESYNCED: u32 = 2;

impl Thread {
    /// The last words of a thread: that it ends, and the name it has by then, which readers look for here.
    pub fn end(&mut self) {
        let raw = clock::raw();
        self.say_name(raw);
        self.writer.note(raw, tag::THREAD_END, &[]);
    }

    /// Says a name that is not the first once more.
    pub fn say_name(&mut self, raw: u64) {
        if let Some(name) = self.name.as_ref().filter(|_| self.renamed) {
            self.writer.note(raw, tag::THREAD_NAME, name.as_bytes());
        }
    }

    /// Says that the open calls were brought in line with a stack that had `frame` (or nothing) on top.
    pub fn expect(&mut self, frame: *mut ffi::PyFrameObject) {
        self.expected = frame as usize;
        self.ready = RESYNCED;
    }
}

/// To be called first at every event that is off the hot path. The frame that [`Thread::expect`] was told, once; else 0.
pub fn take_expected() -> usize {
    if ORPHANS.load(Relaxed) > 0 && place().is_null() {
        adopt();
    }
    // SAFETY: as in `current`.
    match unsafe { place().as_mut() } {
        Some(thread) if thread.ready == RESYNCED => {
            thread.ready = READY;
            std::mem::take(&mut thread.expected)
        }
        _ => 0,
    }
}

/// Threads that are remembered because they ran without a stream when the filter changed.
const MAX_UNKNOWN: usize = 4096;

/// Streams that were begun from outside, for threads that had no event since.
pub static ORPHANS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// This thread's stream, null when it has none (yet).
    static CURRENT: Cell<*mut Thread> = const { Cell::new(std::ptr::null_mut()) };
    static ENDING: Ending = const { Ending };
}

/// The thread that asked last for its stream, by its thread pointer, and that stream: asking a thread-local variable of a
/// library is a call, comparing with this is not. Both are written with the GIL held, the stream first, except that a thread
/// that ends takes itself away.
static ASKED: AtomicUsize = AtomicUsize::new(0);
static ANSWER: AtomicPtr<Thread> = AtomicPtr::new(std::ptr::null_mut());

/// A register that tells the threads of a process apart; 0 where there is none.
#[inline(always)]
fn thread_pointer() -> usize {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    {
        let pointer;
        // SAFETY: the first word of a thread's control block is its own address, by the ABI.
        unsafe { std::arch::asm!("mov {}, fs:0", out(reg) pointer, options(pure, readonly, nostack, preserves_flags)) };
        pointer
    }
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    0
}

/// This thread's stream, in use or not.
#[inline(always)]
fn place() -> *mut Thread {
    let here = thread_pointer();
    if here != 0 && ASKED.load(Relaxed) == here { ANSWER.load(Relaxed) } else { look_up(here) }
}

#[cold]
#[inline(never)]
fn look_up(here: usize) -> *mut Thread {
    let thread = CURRENT.with(Cell::get);
    if !thread.is_null() {
        ANSWER.store(thread, Relaxed);
        ASKED.store(here, Relaxed);
    }
    thread
}

/// Forgets which stream is this thread's, and returns it.
pub fn forget() -> *mut Thread {
    // Another thread may just be asking, with the GIL: then it is not us who stands there any more.
    let _ = ASKED.compare_exchange(thread_pointer(), 0, Relaxed, Relaxed);
    CURRENT.with(|current| current.replace(std::ptr::null_mut()))
}

/// Ends a thread's stream when the thread ends. No Python is left there at that time, and no GIL.
struct Ending;

impl Drop for Ending {
    fn drop(&mut self) {
        super::guarded((), || {
            let thread = forget();
            let Some(process) = process::own().filter(|_| !thread.is_null()) else { return };
            let mut streams = process.streams();
            if let Some(index) = streams.iter().position(|listed| *listed == thread) {
                streams.swap_remove(index);
                // SAFETY: what is listed is alive, and only this thread, which ends, used it.
                unsafe {
                    (*thread).end();
                    (*thread).writer.finish();
                    std::ptr::drop_in_place(thread);
                }
                drop(streams);
                process.slab().give_back(thread);
            }
        });
    }
}

/// This thread's stream, if it has one that is in use.
#[inline(always)]
pub fn current() -> Option<&'static mut Thread> {
    // SAFETY: a thread's stream lives as long as the thread, and nobody else uses it while this thread has the GIL.
    unsafe { place().as_mut() }.filter(|thread| thread.ready == READY)
}

/// This thread's stream, begun now if there is none. `top_opens`: the frame on top is about to be opened by an event.
///
/// # Errors
/// [`Failure`]: there is no room.
///
/// # Safety
/// The GIL is held.
#[allow(clippy::mut_from_ref, reason = "the stream is not a part of the process")]
pub unsafe fn enter(process: &'static Process, top_opens: bool) -> Result<&'static mut Thread, Failure> {
    if let Some(thread) = current() {
        return Ok(thread);
    }
    // SAFETY: the GIL is held.
    let slot = unsafe { begin(process, own_ident(), native_id())? };
    own(slot);
    // SAFETY: the stream is this thread's own, and the GIL is held.
    unsafe {
        let thread = &mut *slot;
        if process.resync_new.get() {
            let mut unknown_before = process.unknown_before.lock().unwrap_or_else(PoisonError::into_inner);
            let mut payload = [0; 10];
            let length = put_number(&mut payload, u64::from(process.codes().judge_in_force().generation));
            let note = unknown_before.remove(&thread.ident).then_some((tag::FILTER, &payload[..length]));
            drop(unknown_before);
            resync(process, thread, ffi::PyEval_GetFrame(), top_opens, note)?;
        }
        Ok(thread)
    }
}

/// `threading.get_ident()` of this thread.
fn own_ident() -> u64 {
    // SAFETY: this call has no conditions.
    unsafe { libc::pthread_self() as u64 }
}

/// Makes a listed stream this thread's own.
fn own(slot: *mut Thread) {
    forget();
    CURRENT.with(|current| current.set(slot));
    ENDING.with(|_| {});
}

/// Makes the stream this thread's own that was begun for it from outside, if there is one.
#[cold]
fn adopt() {
    let Some(process) = process::own() else { return };
    // SAFETY: what is listed is alive.
    let waiting = process.streams().iter().copied().find(|slot| unsafe { (**slot).ident == own_ident() });
    if let Some(slot) = waiting {
        ORPHANS.fetch_sub(1, Relaxed);
        own(slot);
    }
}

/// A stream for the thread with this `threading.get_ident()`.
///
/// # Errors
/// [`Failure`]: there is no room.
///
/// # Safety
/// The GIL is held.
unsafe fn begin(process: &'static Process, ident: u64, native_id: u64) -> Result<*mut Thread, Failure> {
    let number = process.next_thread();
    let path = process.folder.join(format!("{number}{EVENTS_SUFFIX}"));
    let file = GrowingFile::new(path, Arc::clone(&process.space));
    let sink = FileSink { file, clock: process::clock_pair };
    let writer = EventWriter::new(sink, number, native_id)?;
    let no_memory = || Failure::Io {
        what: "find memory for",
        path: process.folder.clone(),
        error: std::io::ErrorKind::OutOfMemory.into(),
    };
    let slot = process.slab().take().ok_or_else(no_memory)?;
    // SAFETY: fresh memory for one thread; it stays until the thread ends.
    let thread = unsafe {
        slot.write(Thread {
            ready: READY,
            writer,
            ident,
            values: ThreadValues::new(process),
            name: name(process, ident),
            renamed: false,
            in_task: (usize::MAX, 0),
            expected: 0,
        });
        &mut *slot
    };
    process.streams().push(slot);
    if let Some(name) = &thread.name {
        thread.writer.note(clock::raw(), tag::THREAD_NAME, name.as_bytes());
    }
    Ok(slot)
}

/// Begins the stream of a thread that has none and runs something that is wanted now: it may sleep for long before it
/// has an event of its own. `note`: what its stream begins with.
///
/// # Errors
/// [`Failure`]: there is no room.
///
/// # Safety
/// The GIL is held; `frame` is the innermost frame (borrowed) of the thread `ident`, which has no stream.
pub unsafe fn begin_for(
    process: &'static Process,
    ident: u64,
    frame: *mut ffi::PyFrameObject,
    note: (u8, &[u8]),
) -> Result<(), Failure> {
    // SAFETY: as the caller promised.
    unsafe {
        if running(process, frame, false)?.iter().all(|call| call.hidden) {
            let mut unknown_before = process.unknown_before.lock().unwrap_or_else(PoisonError::into_inner);
            if note.0 == tag::FILTER && unknown_before.len() < MAX_UNKNOWN {
                unknown_before.insert(ident);
            }
            return Ok(());
        }
        let thread = &mut *begin(process, ident, native_id_of(process, ident))?;
        resync(process, thread, frame, false, Some(note))?;
        thread.expect(frame);
        ORPHANS.fetch_add(1, Relaxed);
    }
    Ok(())
}

/// Closes and opens calls until the open calls are those of the real stack. What agrees, from the outside in, stays
/// open, and in the innermost of that `note` is written. `frame` is the innermost frame (borrowed), or null; with
/// `skip_top` it is not looked at itself.
///
/// # Errors
/// [`Failure`]: the code log cannot be written.
///
/// # Safety
/// The GIL is held; the frame is of the thread that the stream belongs to.
pub unsafe fn resync(
    process: &Process,
    thread: &mut Thread,
    frame: *mut ffi::PyFrameObject,
    skip_top: bool,
    note: Option<(u8, &[u8])>,
) -> Result<(), Failure> {
    // SAFETY: as the caller promised.
    let mut real = unsafe { running(process, frame, skip_top)? };
    real.reverse();
    let open = thread.writer.open();
    let same = |(open, real): &(&OpenCall, &OpenCall)| {
        open.key == real.key && open.code == real.code && open.hidden == real.hidden
    };
    let agree = open.iter().zip(&real).take_while(same).count();
    let raw = clock::raw();
    for _ in agree..open.len() {
        thread.writer.close_call(raw, Closing::Resync, 0, None);
    }
    if let Some((tag, payload)) = note {
        thread.writer.note(raw, tag, payload);
    }
    for call in &real[agree..] {
        thread.writer.open_call(raw, *call, None);
    }
    Ok(())
}

/// The calls on a real stack that are to be open, innermost first.
///
/// # Safety
/// As for [`resync`].
unsafe fn running(process: &Process, frame: *mut ffi::PyFrameObject, skip_top: bool) -> Result<Vec<OpenCall>, Failure> {
    static F_GLOBALS: Name = Name::new(c"f_globals");
    let mut calls = Vec::new();
    let Some(symbols) = python::symbols().filter(|_| !frame.is_null()) else { return Ok(calls) };
    // SAFETY: as the caller promised. Frames keep their code alive; they are kept alive here while they are looked at.
    unsafe {
        let _pause = python::NoCollection::new();
        ffi::Py_IncRef(frame.cast());
        let mut frame = python::Owned::new(frame.cast());
        let mut first = true;
        while let Some(at) = frame {
            let object = at.as_ptr().cast::<ffi::PyFrameObject>();
            if !(std::mem::take(&mut first) && skip_top)
                && let Some(code) = python::Owned::new(ffi::PyFrame_GetCode(object).cast())
            {
                let globals = python::attribute(at.as_ptr(), &F_GLOBALS);
                let globals = globals.as_ref().map_or(std::ptr::null_mut(), python::Owned::as_ptr);
                let codes = process.codes();
                let mark = codes.judge(code.as_ptr(), globals)?;
                if mark.has(Mark::TRACE) || mark.has(Mark::BODY) {
                    let is_generator = codes
                        .record(mark.id())
                        .is_some_and(|record| !matches!(record.facts.kind, CodeKind::Function | CodeKind::Module));
                    calls.push(OpenCall {
                        key: code.as_ptr() as usize,
                        code: mark.id(),
                        how: Opening::Resync,
                        hidden: !mark.has(Mark::TRACE),
                        raw: 0,
                        ordinal: 0,
                        generator: if is_generator { generator(Frame::address(object.cast())) } else { 0 },
                    });
                }
            }
            frame = python::Owned::new((symbols.get_back)(object).cast());
        }
    }
    Ok(calls)
}

/// What tells a generator from others, by the address of its frame.
#[inline(always)]
pub fn generator(frame: usize) -> u64 {
    frame as u64 >> 4
}

/// The name that `threading` knows a thread by, now.
///
/// # Safety
/// The GIL is held.
pub unsafe fn name(process: &Process, ident: u64) -> Option<String> {
    static NAME: Name = Name::new(c"_name");
    // SAFETY: the GIL is held; the dictionary outlives its entry.
    let found = unsafe {
        known(ident).and_then(|dict| python::text(python::entry(dict.as_ptr(), &NAME)?).map(Cow::into_owned))
    };
    found.or_else(|| (ident == process.main_ident).then(|| "MainThread".to_owned()))
}

/// The system's number of another thread; 0: neither we nor `threading` know it.
///
/// # Safety
/// The GIL is held.
unsafe fn native_id_of(process: &Process, ident: u64) -> u64 {
    static NATIVE_ID: Name = Name::new(c"_native_id");
    if ident == process.main_ident {
        return u64::from(std::process::id());
    }
    // SAFETY: the GIL is held; the dictionary outlives its entry, which is an int and nothing derived from it.
    let number = unsafe {
        known(ident).and_then(|dict| {
            let number = python::entry(dict.as_ptr(), &NATIVE_ID)?;
            (ffi::PyLong_CheckExact(number) != 0).then(|| values::small_number(number))
        })
    };
    number.and_then(|number| number.try_into().ok()).unwrap_or(0)
}

/// The attributes of a thread that `threading` knows.
///
/// # Safety
/// The GIL is held. Only dictionaries are read, of which one has integers as keys.
unsafe fn known(ident: u64) -> Option<python::Owned> {
    static THREADING: Name = Name::new(c"threading");
    static ACTIVE: Name = Name::new(c"_active");
    // SAFETY: the GIL is held.
    unsafe {
        let module = python::entry(world::sys(c"modules")?, &THREADING)?;
        if ffi::PyModule_Check(module) == 0 {
            return None;
        }
        let active = python::entry(ffi::PyModule_GetDict(module), &ACTIVE)?;
        if ffi::PyDict_CheckExact(active) == 0 {
            return None;
        }
        let key = python::Owned::new(ffi::PyLong_FromUnsignedLongLong(ident))?;
        let thread = ffi::PyDict_GetItemWithError(active, key.as_ptr());
        ffi::PyErr_Clear();
        python::instance_dict((!thread.is_null()).then_some(thread)?)
    }
}

#[cfg(target_os = "linux")]
fn native_id() -> u64 {
    // SAFETY: this call has no conditions.
    unsafe { libc::syscall(libc::SYS_gettid) as u64 }
}

#[cfg(not(target_os = "linux"))]
fn native_id() -> u64 {
    // SAFETY: this call has no conditions.
    unsafe { libc::pthread_self() as u64 }
}

/// Whether this is the process's first thread.
pub fn is_main_thread() -> bool {
    native_id() == u64::from(std::process::id())
}
