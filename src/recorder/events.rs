//! What happens at an event, whichever backend reports it: the part that is not the hot path.

use super::activation;
use super::capture::Frame;
use super::clock;
use super::control;
use super::mark::{self, Mark};
use super::outcomes;
use super::process::{self, Process};
use super::rename;
use super::tasks;
use super::thread::{self, Thread, generator};
use super::values::{self, Handed};
use super::watched::Watched;
use crate::trace::event::{Closing, Opening};
use crate::trace::format::state;
use crate::trace::writer::OpenCall;
use pyo3::ffi;

/// What the interpreter is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// More of these.
    Keep,
    /// No more of these from this place in the code.
    Disable,
}

/// A call or a segment begins in the current frame.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
#[cold]
pub unsafe fn open(code: *mut ffi::PyObject, how: Opening) -> Reply {
    // SAFETY: as the caller promised.
    super::guarded(Reply::Keep, || unsafe { open_inner(code, how) })
}

/// # Safety
/// As for [`open`].
unsafe fn open_inner(code: *mut ffi::PyObject, how: Opening) -> Reply {
    // SAFETY: as the caller promised.
    if activation::is_waiting() && !unsafe { activation::arrived(code) } {
        return Reply::Disable;
    }
    if !process::is_recording() {
        // SAFETY: as the caller promised.
        return if process::phase() == state::PHASE_STOPPED { unsafe { too_late(code) } } else { Reply::Keep };
    }
    let Some(process) = process::process() else { return Reply::Keep };
    if control::is_aside() {
        control::come_back();
    }
    let expected = thread::take_expected();
    // SAFETY: as the caller promised.
    let judged = unsafe { process.codes().judge(code, ffi::PyEval_GetGlobals()) };
    let mark = match judged {
        Ok(mark) => mark,
        Err(failure) => {
            process::stop(&failure.to_string());
            // Perhaps it would not have been recorded anyway.
            // SAFETY: as the caller promised.
            return unsafe { too_late(code) };
        }
    };
    if mark.id() == u32::MAX {
        process.state.add_code_overflow(1);
    }
    if !mark.has(Mark::TRACE) {
        if !mark.has(Mark::BODY) {
            return Reply::Disable;
        }
        // The same body may run again under another name: its events stay on, and its end must be known from others'.
        if let Some(thread) = thread::current() {
            thread.writer.open_call(clock::raw(), call(code, mark, how, true), None);
        }
        // SAFETY: as the caller promised.
        unsafe { watched(process, code, mark) };
        return Reply::Keep;
    }
    // SAFETY: as the caller promised.
    let entered = unsafe { thread::enter(process, true) };
    let written = match entered {
        // The filter changed, and the stack was looked at, between the frame's beginning and this event of it.
        Ok(thread) if expected != 0 && expected == running() && is_on_top(thread, code) => {
            return Reply::Keep;
        }
        Ok(thread) => {
            // SAFETY: as the caller promised.
            let written = unsafe { values::open(thread, code, call(code, mark, how, false)) };
            if mark.has(Mark::ASYNC) {
                // SAFETY: as the caller promised.
                unsafe { tasks::coroutine_opened(thread) };
            }
            if mark.has(Mark::BODY) {
                // SAFETY: as the caller promised.
                unsafe { watched(process, code, mark) };
            }
            if written { Ok(()) } else { Err(reason(thread)) }
        }
        Err(failure) => Err(failure.to_string()),
    };
    if let Err(reason) = written {
        process::stop(&reason);
        lost();
    }
    Reply::Keep
}

/// Code begins that may be watched for what it was given.
///
/// # Safety
/// As for [`open`].
unsafe fn watched(process: &'static Process, code: *mut ffi::PyObject, mark: Mark) {
    // SAFETY: as the caller promised.
    unsafe {
        if let Some(Watched::Outcome(reporter)) = process.codes().watched(mark.id()) {
            outcomes::called(process, reporter, code);
        }
    }
}

/// A call begins after the recording has stopped early: it is counted, if it would have been recorded.
///
/// # Safety
/// As for [`open`].
unsafe fn too_late(code: *mut ffi::PyObject) -> Reply {
    let Some(process) = process::own() else { return Reply::Keep };
    // SAFETY: as the caller promised.
    let Ok(mark) = (unsafe { process.codes().judge(code, ffi::PyEval_GetGlobals()) }) else { return Reply::Keep };
    if mark.has(Mark::TRACE) {
        process.state.add_lost(1);
    }
    if mark.has(Mark::TRACE) || mark.has(Mark::BODY) { Reply::Keep } else { Reply::Disable }
}

/// The address of the frame that runs, as [`thread::Thread::expect`] is told it.
fn running() -> usize {
    // SAFETY: an event is reported with the GIL held, in its own frame.
    unsafe { ffi::PyEval_GetFrame() as usize }
}

fn is_on_top(thread: &Thread, code: *mut ffi::PyObject) -> bool {
    thread.writer.open().last().is_some_and(|top| top.key == code as usize && top.how == Opening::Resync)
}

/// The verdict about the code of the current frame; `None`: nothing is recorded.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
pub unsafe fn judge(code: *mut ffi::PyObject) -> Option<Mark> {
    if !process::is_recording() {
        return None;
    }
    // SAFETY: as the caller promised. A failure is met again, and dealt with, when the event itself is.
    unsafe { process::process()?.codes().judge(code, ffi::PyEval_GetGlobals()).ok() }
}

fn call(code: *mut ffi::PyObject, mark: Mark, how: Opening, hidden: bool) -> OpenCall {
    let generator = match how {
        // SAFETY: an event is reported with the GIL held, in its own frame.
        Opening::Resume | Opening::Throw => generator(unsafe { Frame::running_address() }),
        Opening::Call | Opening::Resync => 0,
    };
    OpenCall { key: code as usize, code: mark.id(), how, hidden, raw: 0, ordinal: 0, generator }
}

/// A call or a segment ends in the current frame.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
#[cold]
pub unsafe fn close(code: *mut ffi::PyObject, how: Closing, handed: Handed) -> Reply {
    // SAFETY: as the caller promised.
    super::guarded(Reply::Keep, || unsafe { close_inner(code, how, handed) })
}

/// # Safety
/// As for [`close`].
unsafe fn close_inner(code: *mut ffi::PyObject, how: Closing, handed: Handed) -> Reply {
    if !process::is_recording() {
        return Reply::Keep;
    }
    thread::take_expected();
    let key = code as usize;
    // SAFETY: as the caller promised.
    let Some(thread) = thread::current().or_else(|| unsafe { first_end(code) }) else {
        // SAFETY: as the caller promised.
        return unsafe { unknown(code) };
    };
    let open = thread.writer.open();
    if open.last().is_none_or(|top| top.key != key) {
        // SAFETY: as the caller promised.
        let reply = unsafe { unknown(code) };
        if reply == Reply::Disable {
            return reply;
        }
        // A frame that ends before those above it have: their ends were not reported, or will be later (greenlets).
        let Some(index) = open.iter().rposition(|call| call.key == key) else { return Reply::Keep };
        for _ in index + 1..open.len() {
            thread.writer.close_call(clock::raw(), Closing::Resync, 0, None);
        }
    }
    let generator = match how {
        // SAFETY: an event is reported with the GIL held, in its own frame.
        Closing::Yield => generator(unsafe { Frame::running_address() }),
        _ => 0,
    };
    let hidden = thread.writer.open().last().filter(|top| top.hidden).map(|top| top.code);
    let written = if let Some(id) = hidden {
        let written = thread.writer.close_call(clock::raw(), how, generator, None);
        // SAFETY: as the caller promised.
        unsafe {
            if let Some(process) =
                process::own().filter(|process| process.codes().watched(id) == Some(Watched::ThreadName))
            {
                rename::happened(process, thread);
            }
        }
        written
    } else {
        // SAFETY: as the caller promised.
        unsafe { values::close(thread, code, how, generator, handed) }
    };
    if !written {
        process::stop(&reason(thread));
    }
    Reply::Keep
}

/// A line of the current frame is about to run.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
pub unsafe fn line(code: *mut ffi::PyObject, line: u32) -> Reply {
    super::guarded(Reply::Keep, || {
        if !process::is_recording() {
            return Reply::Keep;
        }
        thread::take_expected();
        if let Some(thread) = thread::current()
            && let Some(top) = thread.writer.open().last()
            && top.key == code as usize
        {
            // SAFETY: as the caller promised.
            if !top.hidden && !unsafe { values::line(thread, code, line) } {
                process::stop(&reason(thread));
            }
            return Reply::Keep;
        }
        // SAFETY: as the caller promised.
        unsafe { unknown(code) }
    })
}

/// The stream of a thread whose first event is an end: of a call that was there before the filter made it wanted, or
/// before the process was forked. `None`: it is not wanted.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
unsafe fn first_end(code: *mut ffi::PyObject) -> Option<&'static mut Thread> {
    let process = process::process().filter(|process| process.resync_new.get())?;
    // SAFETY: as the caller promised. A failure is met again, and dealt with, at the next beginning.
    unsafe { judge(code)?.has(Mark::TRACE).then(|| thread::enter(process, false).ok()).flatten() }
}

/// The end of a call that was never opened: it is skipped, or it began before the recording.
///
/// # Safety
/// The GIL is held; `code` is a code object.
unsafe fn unknown(code: *mut ffi::PyObject) -> Reply {
    // SAFETY: as the caller promised.
    let mark = unsafe { mark::mark_of(code) };
    let skipped = mark.is_of(process::epoch()) && !mark.has(Mark::TRACE) && !mark.has(Mark::BODY);
    if skipped { Reply::Disable } else { Reply::Keep }
}

fn reason(thread: &Thread) -> String {
    thread.writer.failure().map_or_else(|| "the stream was closed".to_owned(), ToString::to_string)
}

fn lost() {
    if let Some(process) = process::own() {
        process.state.add_lost(1);
    }
}
