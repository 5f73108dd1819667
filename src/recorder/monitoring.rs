//! The backend for CPython 3.12 and newer: callbacks of `sys.monitoring`, plain C functions on the vectorcall protocol.
//!
//! Events of code that the filter skips are switched off at their first hit by returning `DISABLE`; `restart_events`
//! switches them on again when the filter changes. `PY_THROW` and `PY_UNWIND` cannot be switched off for single code
//! objects: they leave by the shortest way when the code is skipped.

use super::backend::Backend;
use super::callback::{self, Function};
use super::capture::Leaving;
use super::events::{self, Reply};
use super::hot;
use super::mark;
use super::python::{self, Name, Owned};
use super::values::{self, Handed};
use super::world::sys;
use crate::trace::event::{Closing, Opening};
use pyo3::ffi;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU64, Ordering::Relaxed};

/// Tool ids in the order of preference: those that no convention reserves come first.
const TOOLS: [i64; 6] = [4, 3, 5, 2, 1, 0];
const NO_TOOL: i64 = -1;

static TOOL: AtomicI64 = AtomicI64::new(NO_TOOL);
static EVENTS: AtomicU64 = AtomicU64::new(0);
static NONE: AtomicPtr<ffi::PyObject> = AtomicPtr::new(std::ptr::null_mut());
static DISABLE: AtomicPtr<ffi::PyObject> = AtomicPtr::new(std::ptr::null_mut());

static USE_TOOL_ID: Name = Name::new(c"use_tool_id");
static FREE_TOOL_ID: Name = Name::new(c"free_tool_id");
static REGISTER_CALLBACK: Name = Name::new(c"register_callback");
static SET_EVENTS: Name = Name::new(c"set_events");
static RESTART_EVENTS: Name = Name::new(c"restart_events");
static EVENT_NAMES: Name = Name::new(c"events");
static DISABLE_NAME: Name = Name::new(c"DISABLE");

/// Events, and what is called.
static CALLBACKS: [(Name, Function); 7] = [
    (Name::new(c"PY_START"), on_start),
    (Name::new(c"PY_RESUME"), on_resume),
    (Name::new(c"PY_THROW"), on_throw),
    (Name::new(c"PY_RETURN"), on_return),
    (Name::new(c"PY_YIELD"), on_yield),
    (Name::new(c"PY_UNWIND"), on_unwind),
    (Name::new(c"LINE"), on_line),
];
/// Place of the event that is switched on only when lines are recorded.
const LINE: usize = 6;

/// `sys.monitoring.NAME(*arguments)`.
///
/// # Safety
/// The GIL is held.
unsafe fn call(name: &Name, arguments: &[*mut ffi::PyObject]) -> Option<Owned> {
    // SAFETY: the GIL is held; the arguments are borrowed for the call.
    unsafe {
        let monitoring = sys(c"monitoring")?;
        let function = python::attribute(monitoring, name)?;
        let tuple = Owned::new(ffi::PyTuple_New(arguments.len() as ffi::Py_ssize_t))?;
        for (index, argument) in arguments.iter().enumerate() {
            ffi::Py_IncRef(*argument);
            ffi::PyTuple_SetItem(tuple.as_ptr(), index as ffi::Py_ssize_t, *argument);
        }
        Owned::new(ffi::PyObject_CallObject(function.as_ptr(), tuple.as_ptr()))
    }
}

/// The backend.
pub struct Monitoring;

impl Backend for Monitoring {
    fn name(&self) -> &'static str {
        "monitoring"
    }

    fn limits(&self) -> Vec<String> {
        Vec::new()
    }

    unsafe fn install(&self, lines: bool) -> Result<(), String> {
        // SAFETY: the GIL is held.
        unsafe { install(lines) }
    }

    unsafe fn set_events(&self, on: bool) -> bool {
        // SAFETY: the GIL is held.
        unsafe { set_events(on) }
    }

    unsafe fn restart(&self) {
        // SAFETY: the GIL is held.
        unsafe { drop(call(&RESTART_EVENTS, &[])) };
    }

    unsafe fn release(&self) {
        // SAFETY: the GIL is held.
        unsafe { release() };
    }
}

/// Takes a free tool id and registers the callbacks; those for lines are switched on only with `lines`. No event fires
/// before [`set_events`].
///
/// # Errors
/// A sentence.
///
/// # Safety
/// The GIL is held.
unsafe fn install(lines: bool) -> Result<(), String> {
    // SAFETY: the GIL is held.
    unsafe {
        let missing = || "this Python has no working sys.monitoring".to_owned();
        let monitoring = sys(c"monitoring").ok_or_else(missing)?;
        let disable = python::attribute(monitoring, &DISABLE_NAME).ok_or_else(missing)?;
        let names = python::attribute(monitoring, &EVENT_NAMES).ok_or_else(missing)?;
        NONE.store(ffi::Py_None(), Relaxed);
        DISABLE.store(disable.into_ptr(), Relaxed);

        let text = Owned::new(ffi::PyUnicode_FromString(c"ct-tui".as_ptr())).ok_or_else(missing)?;
        let free = TOOLS.into_iter().find_map(|tool| {
            let number = Owned::new(ffi::PyLong_FromLongLong(tool))?;
            call(&USE_TOOL_ID, &[number.as_ptr(), text.as_ptr()]).map(|_| (tool, number))
        });
        let (tool, number) = free.ok_or("all tool ids of sys.monitoring are taken by other tools")?;
        TOOL.store(tool, Relaxed);

        let Some(callbacks) = callback::Type::new() else {
            release();
            return Err(missing());
        };
        let mut events = 0;
        for (index, (event, function)) in CALLBACKS.iter().enumerate() {
            let bit = python::int_attribute(names.as_ptr(), event);
            let function = callbacks.object(*function);
            let event = Owned::new(ffi::PyLong_FromLongLong(bit));
            let registered = function.zip(event).filter(|_| bit != 0).and_then(|(function, event)| {
                call(&REGISTER_CALLBACK, &[number.as_ptr(), event.as_ptr(), function.as_ptr()])
            });
            if registered.is_none() {
                release();
                return Err(missing());
            }
            if lines || index != LINE {
                events |= bit;
            }
        }
        EVENTS.store(events as u64, Relaxed);
        Ok(())
    }
}

/// Switches all events on or off; whether that worked.
///
/// # Safety
/// The GIL is held.
unsafe fn set_events(on: bool) -> bool {
    // SAFETY: the GIL is held.
    unsafe {
        let events = if on { EVENTS.load(Relaxed) as i64 } else { 0 };
        let Some(tool) = Owned::new(ffi::PyLong_FromLongLong(TOOL.load(Relaxed))) else { return false };
        let Some(events) = Owned::new(ffi::PyLong_FromLongLong(events)) else { return false };
        call(&SET_EVENTS, &[tool.as_ptr(), events.as_ptr()]).is_some()
    }
}

/// Gives the tool id back.
///
/// # Safety
/// The GIL is held.
unsafe fn release() {
    let tool = TOOL.swap(NO_TOOL, Relaxed);
    if tool == NO_TOOL {
        return;
    }
    // SAFETY: the GIL is held.
    unsafe {
        let Some(number) = Owned::new(ffi::PyLong_FromLongLong(tool)) else { return };
        let Some(zero) = Owned::new(ffi::PyLong_FromLongLong(0)) else { return };
        call(&SET_EVENTS, &[number.as_ptr(), zero.as_ptr()]);
        // 3.12.0 keeps the callbacks of a tool id that is given back.
        if let Some(names) = sys(c"monitoring").and_then(|monitoring| python::attribute(monitoring, &EVENT_NAMES)) {
            for (event, _) in &CALLBACKS {
                if let Some(event) = python::attribute(names.as_ptr(), event) {
                    call(&REGISTER_CALLBACK, &[number.as_ptr(), event.as_ptr(), ffi::Py_None()]);
                }
            }
        }
        call(&FREE_TOOL_ID, &[number.as_ptr()]);
    }
}

/// What a callback returns.
///
/// # Safety
/// The GIL is held.
#[inline(always)]
unsafe fn keep() -> *mut ffi::PyObject {
    // From 3.12 on None is immortal: a reference to it need not be counted.
    NONE.load(Relaxed)
}

/// # Safety
/// The GIL is held.
unsafe fn reply(reply: Reply) -> *mut ffi::PyObject {
    match reply {
        // SAFETY: the GIL is held.
        Reply::Keep => unsafe { keep() },
        Reply::Disable => {
            let disable = DISABLE.load(Relaxed);
            // SAFETY: the GIL is held, and the object is ours since `install`.
            unsafe { ffi::Py_IncRef(disable) };
            disable
        }
    }
}

unsafe extern "C" fn on_start(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    _: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this with the GIL held and (code, offset).
    unsafe {
        let code = *arguments;
        if hot::begin(code, mark::mark_of(code)) { keep() } else { reply(events::open(code, Opening::Call)) }
    }
}

unsafe extern "C" fn on_return(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    _: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this with the GIL held and (code, offset, value).
    unsafe { if hot::end(*arguments, *arguments.add(2)) { keep() } else { closed(arguments, Closing::Return) } }
}

/// A call or a segment ends with a value, and it is not as simple as [`hot::end`] has it.
///
/// # Safety
/// The GIL is held; the arguments are (code, offset, value).
#[cold]
#[inline(never)]
unsafe fn closed(arguments: *const *mut ffi::PyObject, how: Closing) -> *mut ffi::PyObject {
    // SAFETY: as the caller promised.
    unsafe {
        let handed = Handed::of(*arguments.add(2));
        reply(events::close(*arguments, how, handed))
    }
}

unsafe extern "C" fn on_yield(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    _: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this with the GIL held and (code, offset, value).
    unsafe { closed(arguments, Closing::Yield) }
}

unsafe extern "C" fn on_resume(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    _: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this with the GIL held and (code, offset).
    unsafe { reply(events::open(*arguments, Opening::Resume)) }
}

unsafe extern "C" fn on_throw(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    _: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this with the GIL held and (code, offset, exception). This event cannot be
    // switched off.
    unsafe {
        values::thrown(Leaving { class: std::ptr::null_mut(), value: *arguments.add(2) });
        events::open(*arguments, Opening::Throw);
        values::forget_thrown();
        keep()
    }
}

unsafe extern "C" fn on_unwind(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    _: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this with the GIL held and (code, offset, exception). This event cannot be
    // switched off.
    unsafe {
        let handed = Handed { offset: values::small_number(*arguments.add(1)), ..Handed::of(*arguments.add(2)) };
        events::close(*arguments, Closing::Raise, handed);
        keep()
    }
}

unsafe extern "C" fn on_line(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    _: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this with the GIL held and (code, line).
    unsafe {
        let line = values::small_number(*arguments.add(1));
        reply(events::line(*arguments, u32::try_from(line).unwrap_or(0)))
    }
}
