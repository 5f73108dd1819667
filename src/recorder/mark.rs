//! What is known of a code object, as one number in a slot of the code object itself: all that the hot path reads.

use super::python::{self, Name, Owned};
use pyo3::ffi;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

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

/// Where a code object points to its slots, in words from its beginning; 0: only the interpreter knows. It points to
/// how many there are, and behind that are the slots.
static SLOTS_AT: AtomicUsize = AtomicUsize::new(0);
/// Which slot is ours.
static SLOT: AtomicUsize = AtomicUsize::new(0);

/// Finds out where code objects keep their slots, with a code object of our own: reading them there takes a fraction of
/// what asking the interpreter takes, and that is asked at each event.
///
/// # Safety
/// The GIL is held.
pub unsafe fn prepare() {
    static BASIC_SIZE: Name = Name::new(c"__basicsize__");
    let Some(symbols) = python::symbols() else { return };
    // SAFETY: the GIL is held. Only words of the code object itself are read, and what one of them points to only when
    // that word was null until the slot was written.
    unsafe {
        let text = ffi::Py_CompileString(c"0".as_ptr(), c"<ct-tui>".as_ptr(), ffi::Py_eval_input);
        let Some(code) = Owned::new(text) else { return };
        let size = python::int_attribute(ffi::Py_TYPE(code.as_ptr()).cast(), &BASIC_SIZE);
        let words = std::slice::from_raw_parts(code.as_ptr().cast::<usize>(), usize::try_from(size).unwrap_or(0) / 8);
        let before = words.to_vec();
        let (slot, first, second) = (symbols.slot as usize, Mark(0x5a5a_0001), Mark(0x0a0a_0003));
        set_mark(code.as_ptr(), first);
        let after = code.as_ptr().cast::<usize>();
        let found = (0..before.len()).find(|at| before[*at] == 0 && after.add(*at).read_volatile() != 0);
        let Some(at) = found else { return };
        let slots = after.add(at).read_volatile() as *const usize;
        let fits = |mark: Mark| slots.read_volatile() > slot && slots.add(1 + slot).read_volatile() as u64 == mark.0;
        let mut as_expected = fits(first);
        set_mark(code.as_ptr(), second);
        as_expected &= after.add(at).read_volatile() == slots as usize && fits(second);
        if as_expected {
            SLOT.store(slot, Relaxed);
            SLOTS_AT.store(at, Relaxed);
        }
    }
}

/// Reads a code object's slot.
///
/// # Safety
/// The GIL is held and `code` is a code object.
#[inline(always)]
pub unsafe fn mark_of(code: *mut ffi::PyObject) -> Mark {
    let (at, slot) = (SLOTS_AT.load(Relaxed), SLOT.load(Relaxed));
    if at == 0 {
        // SAFETY: as the caller promised.
        return unsafe { ask(code) };
    }
    // SAFETY: code objects were found to look like this.
    unsafe {
        let slots = *code.cast::<*const usize>().add(at);
        if slots.is_null() || *slots <= slot { Mark(0) } else { Mark(*slots.add(1 + slot) as u64) }
    }
}

/// # Safety
/// As for [`mark_of`].
#[cold]
#[inline(never)]
unsafe fn ask(code: *mut ffi::PyObject) -> Mark {
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
    let (at, ours) = (SLOTS_AT.load(Relaxed), SLOT.load(Relaxed) + 1);
    // SAFETY: as the caller promised. The value is a number, which nothing frees. Where code objects keep their slots was
    // found out.
    unsafe {
        let place = code.cast::<*mut usize>().add(at);
        let had_none = at != 0 && (*place).is_null();
        if (symbols.set_extra)(code, symbols.slot, mark.0 as *mut std::ffi::c_void) != 0 {
            ffi::PyErr_Clear();
        } else if had_none && **place > ours {
            // There is a slot for everybody now. But whoever asked for one after us, with a function that frees what is in
            // it, would have that called with nothing for each code object that ends. Those who store something make
            // the room anew.
            **place = ours;
        }
    }
}
