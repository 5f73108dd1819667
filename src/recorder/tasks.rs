//! Which asyncio task a coroutine runs in: a note at the outermost recorded coroutine of each step of an event loop.
//!
//! Only what `_asyncio`, the part of asyncio written in C, knows by itself is asked, in ways that no class of the program can
//! change: its dictionary from loops to running tasks is walked through (a lookup would hash the loop), and a task's
//! name is read by `_asyncio.Task`'s own method, whatever a subclass makes of it. A task that is no `_asyncio.Task` gives
//! the name in its instance dictionary, or none.

use super::clock;
use super::python::{self, Name, Owned};
use super::thread::Thread;
use super::world;
use crate::model::text::cut;
use crate::trace::event::tag;
use pyo3::ffi;
use std::sync::OnceLock;

/// Longest name that is kept, in bytes.
const MAX_NAME: usize = 256;

/// What `_asyncio` has for us. The objects are kept for good: they live as long as the module.
struct Asyncio {
    /// From each running loop to its task.
    current: *mut ffi::PyObject,
    running_loop: *mut ffi::PyObject,
    task: *mut ffi::PyTypeObject,
    get_name: *mut ffi::PyObject,
}

// SAFETY: used with the GIL held only.
unsafe impl Send for Asyncio {}
// SAFETY: as above.
unsafe impl Sync for Asyncio {}

static ASYNCIO: OnceLock<Asyncio> = OnceLock::new();

/// A coroutine was just opened: if no other one is open around it in this step of the loop, its task is noted.
///
/// # Safety
/// The GIL is held.
pub unsafe fn coroutine_opened(thread: &mut Thread) {
    let open = thread.writer.open();
    let Some(top) = open.last() else { return };
    let (depth, ordinal) = thread.in_task;
    if open.get(depth).is_some_and(|outer| !outer.hidden && outer.ordinal == ordinal) && depth + 1 < open.len() {
        return;
    }
    thread.in_task = (open.len() - 1, top.ordinal);
    // SAFETY: the GIL is held.
    unsafe {
        // With an exception on its way (`throw()` before 3.12) nothing may be asked.
        if !ffi::PyErr_Occurred().is_null() {
            return;
        }
        if let Some(task) = running() {
            let name = name(&task);
            let text = name.as_ref().and_then(|name| python::text(name.as_ptr())).unwrap_or_default();
            thread.writer.note(clock::raw(), tag::TASK, cut(&text, MAX_NAME).as_bytes());
        }
    }
}

/// The task that runs in this thread.
///
/// # Safety
/// The GIL is held.
unsafe fn running() -> Option<Owned> {
    // SAFETY: the GIL is held; what is called is written in C, and asks for nothing but the thread's own state.
    unsafe {
        let asyncio = asyncio()?;
        let running = Owned::new(ffi::PyObject_CallNoArgs(asyncio.running_loop))?;
        let (mut at, mut key, mut task) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        while ffi::PyDict_Next(asyncio.current, &raw mut at, &raw mut key, &raw mut task) != 0 {
            if key == running.as_ptr() {
                ffi::Py_IncRef(task);
                return Owned::new(task);
            }
        }
        None
    }
}

/// The name of a task.
///
/// # Safety
/// The GIL is held.
unsafe fn name(task: &Owned) -> Option<Owned> {
    static NAME: Name = Name::new(c"_name");
    // SAFETY: the GIL is held; the method is the one written in C, and its argument is of the type that it is for.
    unsafe {
        let asyncio = asyncio()?;
        if ffi::PyType_IsSubtype(ffi::Py_TYPE(task.as_ptr()), asyncio.task) != 0 {
            let null = std::ptr::null_mut::<ffi::PyObject>();
            return Owned::new(ffi::PyObject_CallFunctionObjArgs(asyncio.get_name, task.as_ptr(), null));
        }
        let _pause = python::NoCollection::new();
        let dict = python::instance_dict(task.as_ptr())?;
        let name = python::entry(dict.as_ptr(), &NAME)?;
        ffi::Py_IncRef(name);
        Owned::new(name)
    }
}

/// `_asyncio`, if it was imported and is what it should be.
///
/// # Safety
/// The GIL is held.
unsafe fn asyncio() -> Option<&'static Asyncio> {
    if let Some(known) = ASYNCIO.get() {
        return Some(known);
    }
    static MODULE: Name = Name::new(c"_asyncio");
    static CURRENT: Name = Name::new(c"_current_tasks");
    static RUNNING: Name = Name::new(c"_get_running_loop");
    static TASK: Name = Name::new(c"Task");
    static GET_NAME: Name = Name::new(c"get_name");
    // SAFETY: the GIL is held. What a module's dictionary holds may be anything, so each type is checked.
    unsafe {
        let module = python::entry(world::sys(c"modules")?, &MODULE)?;
        if ffi::PyModule_Check(module) == 0 {
            return None;
        }
        let dict = ffi::PyModule_GetDict(module);
        let current = python::entry(dict, &CURRENT).filter(|it| ffi::PyDict_CheckExact(*it) != 0)?;
        let running_loop = python::entry(dict, &RUNNING).filter(|it| ffi::PyCFunction_CheckExact(*it) != 0)?;
        let task = python::entry(dict, &TASK)?;
        // A type whose own type is `type`: nothing of the program runs when it is asked for an attribute.
        if ffi::Py_TYPE(task) != &raw mut ffi::PyType_Type {
            return None;
        }
        let get_name = python::attribute(task, &GET_NAME)?;
        if ffi::Py_TYPE(get_name.as_ptr()) != &raw mut ffi::PyMethodDescr_Type {
            return None;
        }
        for kept in [current, running_loop, task] {
            ffi::Py_IncRef(kept);
        }
        let found = Asyncio { current, running_loop, task: task.cast(), get_name: get_name.into_ptr() };
        Some(ASYNCIO.get_or_init(|| found))
    }
}
