//! What is known of a code object, as one number in a slot of the code object itself: all that the hot path reads.

use super::python;
use pyo3::ffi;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What stands in a code object's slot: `id << 32 | epoch << 8 | flags`. The epoch tells answers that still hold from
/// those of before a filter change, a fork, or the end of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub u64);

impl Mark {
    /// There is an answer at all.
    pub const VALID: u64 = 1;
    /// It is recorded.
    pub const TRACE: u64 = 2;
    /// A module body: its name is read at every start.
    pub const BODY: u64 = 4;
    /// Its values are recorded.
    pub const VALUES: u64 = 8;
    /// No filter can change it: the events of this code object may be switched off for good.
    pub const FIXED: u64 = 16;
    /// A generator or coroutine, where the backend must know that.
    pub const GENERATOR: u64 = 32;
    /// A coroutine or an asynchronous generator: it may run in a task.
    pub const ASYNC: u64 = 64;

    /// Puts a mark together.
    pub fn new(id: u32, epoch: u32, flags: u64) -> Self {
        Self(u64::from(id) << 32 | u64::from(epoch & 0xff_ffff) << 8 | flags | Self::VALID)
    }

    /// The code's number.
    #[inline(always)]
    pub fn id(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether a flag is set.
    #[inline(always)]
    pub fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    /// Whether the answer was given in this epoch.
    #[inline(always)]
    pub fn is_of(self, epoch: u32) -> bool {
        self.0 & (0xff_ffff << 8 | Self::VALID) == u64::from(epoch & 0xff_ffff) << 8 | Self::VALID
    }
}

/// What a mark's low half looks like for plain code that is recorded, now. The hot path compares with it.
pub static HOT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Tells the hot path what to compare with.
pub fn set_hot(epoch: u32) {
    let low = Mark::new(0, epoch, Mark::TRACE).0 & 0xffff_ffff;
    HOT.store(low, Relaxed);
}

/// Reads a code object's slot.
///
/// # Safety
/// The GIL is held and `code` is a code object.
#[inline(always)]
pub unsafe fn mark_of(code: *mut ffi::PyObject) -> Mark {
    let Some(symbols) = python::symbols() else { return Mark(0) };
    let mut found = std::ptr::null_mut();
    // SAFETY: as the caller promised.
    unsafe { (symbols.get_extra)(code, symbols.slot, &raw mut found) };
    Mark(found as u64)
}

/// Writes a code object's slot. If there is no memory for it, the question only comes again.
///
/// # Safety
/// The GIL is held and `code` is a code object.
pub unsafe fn set_mark(code: *mut ffi::PyObject, mark: Mark) {
    let Some(symbols) = python::symbols() else { return };
    // SAFETY: as the caller promised. The value is a number, which nothing frees.
    unsafe {
        if (symbols.set_extra)(code, symbols.slot, mark.0 as *mut std::ffi::c_void) != 0 {
            ffi::PyErr_Clear();
        }
    }
}
