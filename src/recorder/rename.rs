//! Threads that get another name while they run. The setter of `threading.Thread.name` is watched like a module body: its
//! calls are no part of the trace, but its end is seen, and then the names are looked at again.

use super::clock;
use super::process::Process;
use super::python::{self, Name};
use super::thread::{self, Thread};
use crate::model::code::CodeFacts;
use crate::trace::event::tag;
use pyo3::ffi;

/// With more threads than this only the name of the one that calls the setter is looked at again.
const MAX_THREADS: usize = 256;

/// Whether a code object is the setter.
///
/// # Safety
/// The GIL is held and `code` is the code object that the facts are of.
pub unsafe fn is_setter(module: Option<&str>, facts: &CodeFacts, code: *mut ffi::PyObject) -> bool {
    static ARGUMENTS: Name = Name::new(c"co_argcount");
    module == Some("threading")
        && matches!(facts.qualname.as_str(), "Thread.name" | "name")
        && facts.filename.ends_with("threading.py")
        // The getter has the same name.
        // SAFETY: as the caller promised.
        && unsafe { python::int_attribute(code, &ARGUMENTS) } == 2
}

/// The setter has returned in `caller`'s thread.
///
/// # Safety
/// The GIL is held.
pub unsafe fn happened(process: &Process, caller: &mut Thread) {
    // SAFETY: the GIL is held, so no other thread writes into its stream.
    unsafe {
        if look(process, caller) {
            return;
        }
        let streams = process.streams();
        if streams.len() <= MAX_THREADS {
            for other in streams.iter().filter(|other| !std::ptr::eq(**other, caller)) {
                look(process, &mut **other);
            }
        }
    }
}

/// Notes the name of a thread if it has changed.
///
/// # Safety
/// The GIL is held.
unsafe fn look(process: &Process, thread: &mut Thread) -> bool {
    // SAFETY: the GIL is held.
    let name = unsafe { thread::name(process, thread.ident) };
    let Some(name) = name.filter(|name| thread.name.as_ref() != Some(name)) else { return false };
    thread.writer.note(clock::raw(), tag::THREAD_NAME, name.as_bytes());
    thread.name = Some(name);
    thread.renamed = true;
    true
}
