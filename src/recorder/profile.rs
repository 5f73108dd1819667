//! The backend for CPython 3.10 and 3.11, which have no `sys.monitoring`: the profile function of every thread, in C.
//!
//! CPython keeps one profile function per thread. Ours is put into the state of each thread directly, because the
//! function that would do it (`_PyEval_SetProfile`) tells audit hooks of the program about each one. A new thread gets
//! ours when the call that starts it returns, before it has run anything. When the program sets a profile function of
//! its own (`sys.setprofile`, `cProfile`), ours steps in front of it as soon as the interpreter lets us, and hands every
//! event on.
//!
//! Skipped code cannot be switched off here: each of its events costs a look at the code object. Calls of functions
//! written in C are reported too; they leave by the shortest way.

use super::backend::Backend;
use super::capture::{Frame, Leaving};
use super::events;
use super::hot;
use super::mark::{self, Mark};
use super::process;
use super::python::{self, Name, Tracer};
use super::thread;
use super::values::{self, Handed};
use crate::trace::event::{Closing, Opening};
use pyo3::ffi::{self, PyObject};
use std::collections::HashMap;
use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

const CALL: c_int = 0;
const LINE: c_int = 2;
const RETURN: c_int = 3;
const C_CALL: c_int = 4;
const C_RETURN: c_int = 6;

const RESUME: u8 = 151;
const RETURN_VALUE: u8 = 83;

/// Words of a thread's state that are searched for its profile function.
const SEARCHED: usize = 40;

/// Where in a thread's state its profile function stands, in words; 0: not known. Before it stands the frame that says
/// whether there is anything to call; behind it the trace function, and then the objects of both.
static AT: AtomicUsize = AtomicUsize::new(0);
static WITH_LINES: AtomicBool = AtomicBool::new(false);
static ON: AtomicBool = AtomicBool::new(false);
static OLDER: AtomicBool = AtomicBool::new(false);

/// Profile functions of the program, by the thread state that ours stands in front of.
static INNER: Mutex<Option<HashMap<usize, Tracer>>> = Mutex::new(None);
static ANY_INNER: AtomicBool = AtomicBool::new(false);

/// The backend.
pub struct Profile;

impl Backend for Profile {
    fn name(&self) -> &'static str {
        "profile"
    }

    fn limits(&self) -> Vec<String> {
        let mut limits = vec![
            "skipped code still costs a little: before 3.12 it cannot be switched off".to_owned(),
            "what was raised is read off the interpreter's stack: where that cannot be read, only that a call raised is known"
                .to_owned(),
            "threads started by code written in C are recorded from the next thread start or filter change on"
                .to_owned(),
        ];
        if OLDER.load(Relaxed) {
            limits.push(
                "throw() into a generator looks like a resumption until an exception has left a recorded call"
                    .to_owned(),
            );
        }
        limits
    }

    unsafe fn install(&self, lines: bool) -> Result<(), String> {
        WITH_LINES.store(lines, Relaxed);
        OLDER.store(super::config::version().is_some_and(|(_, number)| number < (3, 11)), Relaxed);
        let symbols = python::symbols().ok_or("not looked up")?;
        let set = symbols.set_profile.ok_or("this Python has no PyEval_SetProfile")?;
        // SAFETY: the GIL is held. What is searched are the first words of this thread's state, which is much longer.
        unsafe {
            set(Some(profile), std::ptr::null_mut());
            let words = ffi::PyThreadState_Get().cast::<usize>();
            let ours = profile as *const c_void as usize;
            let found = (2..SEARCHED).find(|at| words.add(*at).read() == ours);
            set(None, std::ptr::null_mut());
            let at = found.filter(|at| words.add(*at).read() == 0);
            AT.store(at.ok_or("the thread state of this Python is not laid out as expected")?, Relaxed);
        }
        Ok(())
    }

    unsafe fn set_events(&self, on: bool) -> bool {
        ON.store(on, Relaxed);
        // SAFETY: the GIL is held.
        unsafe { all_threads() };
        true
    }

    unsafe fn restart(&self) {
        // Nothing was switched off; threads that were missed are found.
        // SAFETY: the GIL is held.
        unsafe { all_threads() };
    }

    unsafe fn release(&self) {
        ON.store(false, Relaxed);
        // SAFETY: the GIL is held.
        unsafe { all_threads() };
    }
}

/// The words of a thread's state that matter.
struct Slots {
    state: *mut ffi::PyThreadState,
}

impl Slots {
    unsafe fn word(&self, offset: usize) -> *mut usize {
        // SAFETY: a place that `install` found.
        unsafe { self.state.cast::<usize>().add(AT.load(Relaxed) + offset) }
    }

    unsafe fn profile(&self) -> usize {
        // SAFETY: as for `word`.
        unsafe { self.word(0).read() }
    }

    unsafe fn set_profile(&self, function: usize) {
        // SAFETY: as for `word`.
        unsafe { self.word(0).write(function) };
    }

    unsafe fn trace(&self) -> usize {
        // SAFETY: as for `word`.
        unsafe { self.word(1).read() }
    }

    unsafe fn set_trace(&self, function: usize) {
        // SAFETY: as for `word`.
        unsafe { self.word(1).write(function) };
    }

    unsafe fn profile_object(&self) -> *mut PyObject {
        // SAFETY: as for `word`.
        unsafe { self.word(2).read() as *mut PyObject }
    }

    /// How many profile and trace functions are running: no event comes while there are any.
    unsafe fn depth(&self) -> *mut c_int {
        // SAFETY: an int shortly before the innermost C frame; in 3.11 one more int and a gap stand between them.
        unsafe { self.word(0).sub(1).cast::<c_int>().sub(if OLDER.load(Relaxed) { 1 } else { 3 }) }
    }

    /// The place of [`Self::depth`], if it looks as it must while our function runs for a call of a C function.
    unsafe fn hush(&self) -> Option<*mut c_int> {
        // SAFETY: as for `depth`.
        unsafe {
            let depth = self.depth();
            let expected = depth.read() == 1 && (OLDER.load(Relaxed) || depth.add(1).read() == C_CALL);
            expected.then_some(depth)
        }
    }

    /// Tells the interpreter whether there is anything to call.
    unsafe fn update(&self) {
        // SAFETY: the word before the profile function is the thread's innermost C frame, which begins with the switch:
        // an int in 3.10, a byte that is all ones in 3.11.
        unsafe {
            let frame = self.state.cast::<usize>().add(AT.load(Relaxed) - 1).read() as *mut u8;
            let on = self.profile() != 0 || self.trace() != 0;
            if frame.is_null() {
            } else if OLDER.load(Relaxed) {
                frame.cast::<c_int>().write(c_int::from(on));
            } else {
                frame.write(if on { 255 } else { 0 });
            }
        }
    }
}

/// Puts our functions into every thread of this interpreter, or takes them out.
///
/// # Safety
/// The GIL is held.
unsafe fn all_threads() {
    let Some(symbols) = python::symbols().filter(|_| AT.load(Relaxed) != 0) else { return };
    let Some((first, next)) = symbols.thread_head.zip(symbols.thread_next) else { return };
    let on = ON.load(Relaxed);
    let ours = profile as *const c_void as usize;
    let our_trace = trace as *const c_void as usize;
    let mut inner = INNER.lock().unwrap_or_else(PoisonError::into_inner);
    let inner = inner.get_or_insert_with(HashMap::new);
    // SAFETY: the GIL is held, so no thread that is listed goes away.
    unsafe {
        let mut alive = Vec::new();
        let mut state = first(ffi::PyInterpreterState_Get());
        while !state.is_null() {
            let slots = Slots { state };
            let there = slots.profile();
            alive.push(state as usize);
            if on && there != ours {
                if there == 0 {
                    inner.remove(&(state as usize));
                } else {
                    inner.insert(state as usize, std::mem::transmute::<usize, Tracer>(there));
                }
                slots.set_profile(ours);
            } else if on && slots.profile_object().is_null() {
                // The program took its function away, and with it its object.
                inner.remove(&(state as usize));
            } else if !on && there == ours {
                slots.set_profile(
                    inner.remove(&(state as usize)).map_or(0, |function| function as *const c_void as usize),
                );
            }
            if WITH_LINES.load(Relaxed) {
                if on && slots.trace() == 0 {
                    slots.set_trace(our_trace);
                } else if !on && slots.trace() == our_trace {
                    slots.set_trace(0);
                }
            }
            slots.update();
            state = next(state);
        }
        inner.retain(|state, _| alive.contains(state));
    }
    ANY_INNER.store(!inner.is_empty(), Relaxed);
}

/// The main thread's events are held back until [`later`]. Without us there would have been no profile function when
/// the one of the program was set, and so no event for the end of that very call.
static HUSHED: AtomicBool = AtomicBool::new(false);

extern "C" fn later(_: *mut c_void) -> c_int {
    if HUSHED.swap(false, Relaxed) {
        // SAFETY: pending calls are made by the main thread, with the GIL held; the place was checked in `hush`.
        unsafe {
            let slots = Slots { state: ffi::PyThreadState_Get() };
            let depth = slots.depth();
            depth.write(depth.read() - 1);
        }
    }
    // SAFETY: pending calls are made with the GIL held.
    super::guarded((), || unsafe { all_threads() });
    0
}

/// The profile function.
unsafe extern "C" fn profile(
    object: *mut PyObject,
    frame: *mut ffi::PyFrameObject,
    what: c_int,
    argument: *mut PyObject,
) -> c_int {
    // SAFETY: the interpreter calls this with the GIL held, with a frame that runs.
    unsafe {
        // Its address stands for our place on the stack.
        let here = 0usize;
        let here = std::hint::black_box(&raw const here).addr();
        match what {
            CALL => called(frame, here),
            RETURN => returned(frame, argument, here),
            C_RETURN => c_returned(argument),
            _ => {}
        }
        let handed =
            if ANY_INNER.load(Relaxed) && !object.is_null() { hand_on(object, frame, what, argument) } else { 0 };
        // Only now: a profile function in Python would make the pending call while it runs.
        if what == C_CALL {
            c_called(argument);
        }
        handed
    }
}

/// The code object of a frame, which keeps it alive.
///
/// # Safety
/// As for [`profile`].
#[inline(always)]
unsafe fn code_of(frame: *mut ffi::PyFrameObject) -> *mut PyObject {
    // SAFETY: as the caller promised.
    unsafe {
        if let Some(code) = Frame::of(frame.cast()).code() {
            return code;
        }
        let code: *mut PyObject = ffi::PyFrame_GetCode(frame).cast();
        ffi::Py_DecRef(code);
        code
    }
}

/// # Safety
/// As for [`profile`].
#[inline(always)]
unsafe fn called(frame: *mut ffi::PyFrameObject, here: usize) {
    // SAFETY: as the caller promised.
    unsafe {
        let code = code_of(frame);
        let mark = mark::mark_of(code);
        if !hot::begin(code, mark) && !is_skipped(mark) {
            super::guarded((), || {
                let how = opening(code, frame, here);
                events::open(code, how);
                if how == Opening::Throw {
                    values::forget_thrown();
                }
            });
        }
    }
}

/// # Safety
/// As for [`profile`].
#[inline(always)]
unsafe fn returned(frame: *mut ffi::PyFrameObject, value: *mut PyObject, here: usize) {
    // SAFETY: as the caller promised.
    unsafe {
        let code = code_of(frame);
        let mark = mark::mark_of(code);
        let is_plain = !value.is_null() && !mark.has(Mark::GENERATOR);
        if is_plain && hot::end(code, value) {
            return;
        }
        if !is_skipped(mark) {
            ended(code, mark, frame, value, here);
        }
    }
}

/// Skipped, and known to be.
#[inline(always)]
fn is_skipped(mark: Mark) -> bool {
    mark.is_of(process::epoch()) && !mark.has(Mark::TRACE) && !mark.has(Mark::BODY)
}

/// The end of anything but a plain call on top that returns.
///
/// # Safety
/// As for [`profile`].
unsafe fn ended(code: *mut PyObject, mark: Mark, frame: *mut ffi::PyFrameObject, value: *mut PyObject, here: usize) {
    // SAFETY: as the caller promised.
    unsafe {
        let how = if value.is_null() {
            Closing::Raise
        } else if mark.has(Mark::GENERATOR) && is_yield(mark, frame) {
            Closing::Yield
        } else {
            Closing::Return
        };
        let handed = match how {
            Closing::Raise if values::wants_endings() => super::guarded(None, || Leaving::of(frame.cast(), here))
                .map(|leaving| Handed {
                    object: leaving.value,
                    class: leaving.class,
                    offset: i32::try_from(last_instruction(frame)).unwrap_or(-1),
                })
                .unwrap_or(Handed::NOTHING),
            _ => Handed::of(value),
        };
        events::close(code, how, handed);
    }
}

/// How a frame begins. A generator's frame begins again each time it is resumed.
///
/// # Safety
/// As for [`profile`].
unsafe fn opening(code: *mut PyObject, frame: *mut ffi::PyFrameObject, here: usize) -> Opening {
    // SAFETY: as the caller promised.
    let Some(mark) = (unsafe { events::judge(code) }).filter(|mark| mark.has(Mark::GENERATOR)) else {
        return Opening::Call;
    };
    // SAFETY: as the caller promised.
    let last = unsafe { last_instruction(frame) };
    let older = OLDER.load(Relaxed);
    let how = if older {
        if last < 0 { Opening::Call } else { Opening::Resume }
    } else {
        with_bytecode(mark, |bytes| match usize::try_from(last).ok().and_then(|at| bytes.get(at..at + 2)) {
            Some([RESUME, 0]) => Opening::Call,
            Some([RESUME, _]) => Opening::Resume,
            _ => Opening::Throw,
        })
        .unwrap_or(Opening::Call)
    };
    if how == Opening::Throw || older && how == Opening::Resume {
        // SAFETY: as the caller promised.
        if let Some(thrown) = unsafe { Leaving::thrown(here) } {
            values::thrown(thrown);
            return Opening::Throw;
        }
    }
    how
}

/// Whether a generator's frame that ends with a value will go on.
///
/// # Safety
/// As for [`profile`].
unsafe fn is_yield(mark: Mark, frame: *mut ffi::PyFrameObject) -> bool {
    // SAFETY: as the caller promised.
    let Ok(last) = usize::try_from(unsafe { last_instruction(frame) }) else { return false };
    with_bytecode(mark, |bytes| bytes.get(last) != Some(&RETURN_VALUE)).unwrap_or(false)
}

fn with_bytecode<T>(mark: Mark, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
    let process = process::own()?;
    // SAFETY: events are reported with the GIL held.
    unsafe { process.codes() }.bytecode(mark.id()).map(look)
}

/// Offset of the last instruction of a frame, in bytes; below 0: none yet.
///
/// # Safety
/// As for [`profile`].
unsafe fn last_instruction(frame: *mut ffi::PyFrameObject) -> i64 {
    static F_LASTI: Name = Name::new(c"f_lasti");
    // SAFETY: as the caller promised.
    unsafe {
        match python::symbols().and_then(|symbols| symbols.get_lasti) {
            Some(get) => i64::from(get(frame)),
            None => {
                let found = python::attribute(frame.cast(), &F_LASTI);
                found.and_then(|found| python::int(found.as_ptr())).unwrap_or(-1)
            }
        }
    }
}

/// A function written in C has returned: was it the one that starts threads?
///
/// # Safety
/// As for [`profile`].
#[inline(always)]
unsafe fn c_returned(function: *mut PyObject) {
    // SAFETY: as the caller promised.
    unsafe {
        if is_named(function, &[c"start_new_thread", c"start_new"]) {
            super::guarded((), || all_threads());
        }
    }
}

/// A function written in C is about to run: is it one that changes profile functions?
///
/// # Safety
/// As for [`profile`].
#[inline(always)]
unsafe fn c_called(function: *mut PyObject) {
    // SAFETY: as the caller promised; `Py_AddPendingCall` may be called from anywhere.
    unsafe {
        if is_named(function, &[c"setprofile", c"enable", c"disable"]) {
            let slots = Slots { state: ffi::PyThreadState_Get() };
            let hush = if slots.profile_object().is_null() && thread::is_main_thread() { slots.hush() } else { None };
            if ffi::Py_AddPendingCall(Some(later), std::ptr::null_mut()) == 0
                && let Some(depth) = hush
            {
                depth.write(2);
                HUSHED.store(true, Relaxed);
            }
        }
    }
}

/// Whether a function written in C has one of these names.
///
/// # Safety
/// As for [`profile`].
#[inline(always)]
unsafe fn is_named(function: *mut PyObject, names: &[&CStr]) -> bool {
    // SAFETY: only functions written in C are looked into, whose third word is their definition, which begins with the
    // name: so in every CPython that has this backend.
    unsafe {
        if function.is_null() || ffi::PyCFunction_CheckExact(function) == 0 {
            return false;
        }
        let definition = *function.cast::<*const ffi::PyMethodDef>().add(2);
        if definition.is_null() || (*definition).ml_name.is_null() {
            return false;
        }
        let name = (*definition).ml_name;
        names.iter().any(|known| *known.as_ptr() == *name && CStr::from_ptr(name) == *known)
    }
}

/// Calls the program's own profile function.
///
/// # Safety
/// As for [`profile`].
#[cold]
unsafe fn hand_on(
    object: *mut PyObject,
    frame: *mut ffi::PyFrameObject,
    what: c_int,
    argument: *mut PyObject,
) -> c_int {
    // SAFETY: as the caller promised. The program's function may do anything, so no lock is held.
    unsafe {
        let state = ffi::PyThreadState_Get() as usize;
        let inner =
            INNER.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|all| all.get(&state)).copied();
        inner.map_or(0, |inner| inner(object, frame, what, argument))
    }
}

/// The trace function, where lines are recorded.
unsafe extern "C" fn trace(_: *mut PyObject, frame: *mut ffi::PyFrameObject, what: c_int, _: *mut PyObject) -> c_int {
    if what == LINE {
        // SAFETY: the interpreter calls this with the GIL held, with a frame that runs.
        unsafe {
            let line = ffi::PyFrame_GetLineNumber(frame);
            events::line(code_of(frame), u32::try_from(line).unwrap_or(0));
        }
    }
    0
}
