//! Values at events: where the callbacks and `capture` meet. A call is opened with its arguments and closed with its
//! result, its yielded value or its exception; lines come with the variables that changed.

use super::capture::{CodeValues, Frame, Leaving, Scratch, Watch};
use super::clock;
use super::process::Process;
use super::thread::Thread;
use crate::trace::event::{Closing, Opening, tag};
use crate::trace::manifest::Values;
use crate::trace::writer::OpenCall;
use pyo3::ffi::{self, PyObject};

/// What a thread needs to record values. It has none of this when they are not recorded.
pub struct ThreadValues {
    scratch: Scratch,
    watch: Watch,
    process: &'static Process,
    lines: bool,
    /// What is thrown into the segment that opens next.
    thrown: Option<Leaving>,
}

/// What an ending call hands over.
#[derive(Clone, Copy)]
pub struct Handed {
    /// The result, the yielded value, the exception; borrowed, null for none.
    pub object: *mut PyObject,
    /// The class of an exception that was perhaps not made yet; null: `object` is one.
    pub class: *mut PyObject,
    /// The instruction at which it happened, in bytes from the code's beginning; -1: not known.
    pub offset: i32,
}

impl Handed {
    /// Nothing is known.
    pub const NOTHING: Self = Self { object: std::ptr::null_mut(), class: std::ptr::null_mut(), offset: -1 };

    /// This object.
    pub fn of(object: *mut PyObject) -> Self {
        Self { object, ..Self::NOTHING }
    }

    /// Whether there is nothing.
    fn is_nothing(&self) -> bool {
        self.object.is_null() && self.class.is_null()
    }
}

impl ThreadValues {
    /// `None`: nothing of the kind was asked for.
    pub fn new(process: &'static Process) -> Option<Box<Self>> {
        let options = &super::process::config()?.options;
        let wanted = options.values != Values::None || options.lines;
        let (scratch, watch) = (Scratch::new(), Watch::default());
        wanted.then(|| Box::new(Self { scratch, watch, process, lines: options.lines, thrown: None }))
    }
}

/// What is captured of the entry `id`, to which `code` belongs.
///
/// # Safety
/// The GIL is held, no exception is set, and nothing else uses the table of code objects.
#[inline(always)]
unsafe fn captured(process: &'static Process, id: u32, code: *mut PyObject) -> Option<&'static CodeValues> {
    // SAFETY: as the caller promised. What was decided stays until the filter changes, which is not during a callback.
    unsafe {
        let codes: *const super::codes::Codes = process.codes();
        match (*codes).captured(id) {
            Some(found) => Some(found),
            None => process.codes().capture(id, code),
        }
    }
}

/// Opens a call or a segment of the current frame with what it was given. `call.raw` is filled in here: reading values
/// takes time, which is not the callee's.
///
/// # Safety
/// The GIL is held, no exception is set, and `code` is the code object of the current frame.
#[inline]
pub unsafe fn open(thread: &mut Thread, code: *mut PyObject, call: OpenCall) -> bool {
    let Some(values) = &mut thread.values else { return thread.writer.open_call(clock::raw(), call, None) };
    // SAFETY: as the caller promised.
    let payload = unsafe {
        match (captured(values.process, call.code, code), Frame::current(code)) {
            (Some(captured), Some(frame)) => match call.how {
                Opening::Call if captured.has_arguments() => Some(values.scratch.arguments(captured, frame)),
                Opening::Resume if captured.has_results() => values.scratch.sent(captured, frame),
                Opening::Throw if captured.has_results() => {
                    values.thrown.take().map(|thrown| values.scratch.exception(captured, thrown, 0))
                }
                _ => None,
            },
            _ => None,
        }
    };
    let written = thread.writer.open_call(clock::raw(), call, payload);
    count(values);
    written
}

/// The segment that this thread opens next is opened by an exception, which is alive until then. What the segment has
/// no use for is forgotten by [`forget_thrown`].
pub fn thrown(exception: Leaving) {
    if let Some(values) = super::thread::current().and_then(|thread| thread.values.as_mut()) {
        values.thrown = Some(exception);
    }
}

/// Nothing is thrown any more.
pub fn forget_thrown() {
    if let Some(values) = super::thread::current().and_then(|thread| thread.values.as_mut()) {
        values.thrown = None;
    }
}

/// Whether this thread records what ends a call.
pub fn wants_endings() -> bool {
    super::thread::current().is_some_and(|thread| thread.values.is_some())
}

/// Ends the innermost open call, which is not hidden, with what it hands over.
///
/// # Safety
/// As for [`open`]; what is handed over is alive.
#[inline]
pub unsafe fn close(thread: &mut Thread, code: *mut PyObject, how: Closing, generator: u64, handed: Handed) -> bool {
    let raw = clock::raw();
    let Some(values) = &mut thread.values else { return thread.writer.close_call(raw, how, generator, None) };
    let depth = thread.writer.open().len();
    let Some(top) = thread.writer.open().last().copied() else { return true };
    // SAFETY: as the caller promised.
    let payload = unsafe {
        let captured = captured(values.process, top.code, code);
        if values.lines
            && values.watch.knows(depth, top.ordinal)
            && let Some(captured) = captured
            && let Some(frame) = Frame::current(code)
            && let Some(changed) = values.watch.line(captured, frame, (depth, top.ordinal), 0, &mut values.scratch)
        {
            thread.writer.note(raw, tag::LINE, changed);
        }
        match captured.filter(|captured| captured.has_results() && !handed.is_nothing()) {
            Some(captured) if how == Closing::Raise => {
                let line = if handed.offset < 0 { 0 } else { Scratch::line_of(code, handed.offset) };
                let exception = Leaving { class: handed.class, value: handed.object };
                Some(values.scratch.exception(captured, exception, line))
            }
            Some(captured) if how != Closing::Resync => Some(values.scratch.result(captured, handed.object)),
            _ => None,
        }
    };
    let written = thread.writer.close_call(raw, how, generator, payload);
    count(values);
    written
}

/// A line of the innermost open call, which is of `code`, is about to run.
///
/// # Safety
/// As for [`open`].
pub unsafe fn line(thread: &mut Thread, code: *mut PyObject, line: u32) -> bool {
    let Some(values) = &mut thread.values else { return true };
    let depth = thread.writer.open().len();
    let Some(top) = thread.writer.open().last().copied() else { return true };
    let raw = clock::raw();
    // SAFETY: as the caller promised.
    let payload = unsafe {
        match (captured(values.process, top.code, code), Frame::current(code)) {
            (Some(captured), Some(frame)) => {
                values.watch.line(captured, frame, (depth, top.ordinal), line, &mut values.scratch)
            }
            _ => None,
        }
    };
    let written = match payload {
        Some(payload) => thread.writer.note(raw, tag::LINE, payload),
        None => true,
    };
    count(values);
    written
}

/// Adds what rules hid to the page of the process.
#[inline]
fn count(values: &mut ThreadValues) {
    if let Some(counts) = values.scratch.take_counts() {
        counts.add_to(&values.process.state);
    }
}

/// A small number that an event carries as an object.
///
/// # Safety
/// The GIL is held; `object` is an `int`.
pub unsafe fn small_number(object: *mut PyObject) -> i32 {
    let mut overflow = 0;
    // SAFETY: as the caller promised; converting an int runs no code of the program.
    let number = unsafe { ffi::PyLong_AsLongLongAndOverflow(object, &raw mut overflow) };
    i32::try_from(number).unwrap_or(-1)
}
