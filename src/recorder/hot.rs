//! The hot path of both backends: a plain call of code that is recorded begins and ends, and nothing else is the matter.
//! Look the code up, read the clock, append some bytes. Everything else is left to `events`.

use super::clock;
use super::mark::{HOT, Mark};
use super::thread::{self, Thread};
use super::values::{self, Handed};
use crate::trace::event::Closing;
use crate::trace::writer::OpenCall;
use pyo3::ffi::PyObject;
use std::sync::atomic::Ordering::Relaxed;

/// A call begins in the current frame; `mark` is that of its code. Returns whether that was all there is to do.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
#[inline(always)]
pub unsafe fn begin(code: *mut PyObject, mark: Mark) -> bool {
    let (low, hot) = (mark.0 & 0xffff_ffff, HOT.load(Relaxed));
    if low == hot {
        return thread::current().is_some_and(|thread| thread.writer.call(clock::raw(), code as usize, mark.id()));
    }
    // SAFETY: as the caller promised.
    low == hot | Mark::VALUES && unsafe { begin_with_values(code, mark) }
}

/// # Safety
/// As for [`begin`].
#[inline(never)]
unsafe fn begin_with_values(code: *mut PyObject, mark: Mark) -> bool {
    let Some(thread) = thread::current() else { return false };
    // SAFETY: as the caller promised.
    super::guarded(false, || unsafe { values::open(thread, code, OpenCall::plain(0, 0, code as usize, mark.id())) })
}

/// The current frame returns `value` (borrowed). Returns whether that was all there is to do: not if its call is not the
/// innermost open one.
///
/// # Safety
/// As for [`begin`].
#[inline(always)]
pub unsafe fn end(code: *mut PyObject, value: *mut PyObject) -> bool {
    let Some(thread) = thread::current() else { return false };
    let Some(top) = thread.writer.open().last() else { return false };
    if top.key != code as usize || top.hidden {
        return false;
    }
    if thread.values.is_none() {
        return thread.writer.ret(clock::raw());
    }
    // SAFETY: as the caller promised.
    unsafe { end_with_values(thread, code, value) }
}

/// # Safety
/// As for [`end`].
#[inline(never)]
unsafe fn end_with_values(thread: &mut Thread, code: *mut PyObject, value: *mut PyObject) -> bool {
    let handed = Handed::of(value);
    // SAFETY: as the caller promised.
    super::guarded(false, || unsafe { values::close(thread, code, Closing::Return, 0, handed) })
}
