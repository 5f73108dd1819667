//! The exception that leaves a frame on CPython 3.10 and 3.11, which do not tell it to profile functions.
//!
//! While a profile function runs, the interpreter has put the exception aside: its type, value and traceback are local
//! variables of the C function that calls it. They are looked for on the stack, where the interpreter's frames are, and
//! known by what they must be: a traceback whose frame is the very one that is being left, and beside it a class of
//! exceptions and an instance of it. Where they stand, seen from our own frame, depends on how the interpreter was
//! compiled; it is found once and checked each time. All of it is read by the kernel on our behalf, which says so when an
//! address is none, where a look of our own would be the end of the program.

use super::python::{Python, type_of};
use pyo3::ffi::{self, PyObject};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// An exception as the interpreter holds it before anybody has caught it.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    /// Its class.
    pub class: *mut PyObject,
    /// The exception; or, when C code raised it, what it is to be made of: null, a tuple of arguments, or the only one.
    pub value: *mut PyObject,
}

/// Words above our frame that are searched.
const SEARCHED: usize = 512;
/// Searches without success after which it is given up.
const TRIES: u32 = 64;
/// Class, value and traceback, in words from [`Leaving::of`]'s `here`, ten bits each; 0: not known.
static PLACES: AtomicUsize = AtomicUsize::new(0);
static FAILED: AtomicU32 = AtomicU32::new(0);

/// Where the three stand.
#[derive(Clone, Copy)]
struct Places {
    class: usize,
    value: usize,
    traceback: usize,
}

impl Places {
    fn known() -> Option<Self> {
        let packed = PLACES.load(Relaxed);
        let part = |at: usize| packed >> (10 * at) & 0x3ff;
        (packed != 0).then(|| Self { class: part(0), value: part(1), traceback: part(2) })
    }

    fn keep(self) {
        PLACES.store(self.class | self.value << 10 | self.traceback << 20, Relaxed);
    }
}

impl Leaving {
    /// The exception that leaves `frame`. `here` is the address of a variable of the profile function itself.
    ///
    /// # Safety
    /// Called from the profile function, with the GIL held, for the end of `frame` by an exception.
    pub unsafe fn of(frame: *mut PyObject, here: usize) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(places) = Places::known()
                && let Some(found) = Self::at(places, here, Some(frame))
            {
                return Some(found);
            }
            if FAILED.load(Relaxed) >= TRIES {
                return None;
            }
            let found = search(frame, here);
            match found {
                Some((places, true)) => places.keep(),
                Some((_, false)) => {}
                None => drop(FAILED.fetch_add(1, Relaxed)),
            }
            Self::at(found?.0, here, Some(frame))
        }
    }

    /// The exception that is thrown into a generator whose frame is about to go on; `None`: none is, or it cannot be
    /// seen.
    ///
    /// # Safety
    /// As for [`Self::of`], for the resumption of a frame.
    pub unsafe fn thrown(here: usize) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe { Self::at(Places::known()?, here, None) }
    }

    /// What stands in these places, when it is what it must be. A traceback is of `frame`, or none is wanted yet.
    unsafe fn at(places: Places, here: usize, frame: Option<*mut PyObject>) -> Option<Self> {
        // SAFETY: on the stack of this thread, above a variable of the function that is running: frames of those that
        // called it, as far up as was found before.
        let word = |at: usize| unsafe { ((here + 8 * at) as *const usize).read_volatile() };
        let (class, value, traceback) = (word(places.class), word(places.value), word(places.traceback));
        if class == 0 || !is_exception_class(class) {
            return None;
        }
        let fits = match frame {
            Some(frame) => is_traceback_of(traceback, frame),
            None => traceback == 0 || read::<2>(traceback).is_some_and(|[_, kind]| kind == traceback_type()),
        };
        // An exception is of its class; whatever else it may be made of is an object at least.
        let is_object = |[count, kind]: [usize; 2]| count > 0 && (kind == class || is_class(kind));
        let is_value = value == 0 || read::<2>(value).is_some_and(is_object);
        (fits && is_value).then_some(Self { class: class as *mut PyObject, value: value as *mut PyObject })
    }

    /// The exception itself, when it was made already.
    pub(super) unsafe fn instance(self, python: &Python) -> Option<*mut PyObject> {
        // SAFETY: the caller's promise: live objects.
        unsafe {
            let flags = |it| super::instance::flags(&python.layout, type_of(it));
            (!self.value.is_null() && flags(self.value) & ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS != 0).then_some(self.value)
        }
    }
}

/// Looks for the three on the stack: side by side, in this order or the other way round. Places where the exception is
/// an instance already are certain, and so are kept; the others do for once.
unsafe fn search(frame: *mut PyObject, here: usize) -> Option<(Places, bool)> {
    let words: Vec<usize> = (0..SEARCHED).map_while(|at| read::<1>(here + 8 * at)).map(|[word]| word).collect();
    let mut found = None;
    for (traceback, word) in words.iter().enumerate() {
        if !is_traceback_of(*word, frame) {
            continue;
        }
        for (class, value) in [(traceback.wrapping_sub(2), traceback.wrapping_sub(1)), (traceback + 2, traceback + 1)] {
            let Some(kind) = words.get(class).filter(|word| is_exception_class(**word)) else { continue };
            let places = Places { class, value, traceback };
            let is_instance = words.get(value).is_some_and(|it| read::<2>(*it).is_some_and(|[_, of]| of == *kind));
            if is_instance {
                return Some((places, true));
            }
            found = found.or(Some((places, false)));
        }
    }
    found
}

fn traceback_type() -> usize {
    (&raw const ffi::PyTraceBack_Type).addr()
}

fn is_traceback_of(word: usize, frame: *mut PyObject) -> bool {
    // References, type, the next traceback, the frame.
    read::<4>(word).is_some_and(|[_, kind, _, of]| kind == traceback_type() && of == frame.addr())
}

/// Whether an object's type is `type`, or made like it.
fn is_class(word: usize) -> bool {
    flags_of(word).is_some()
}

fn is_exception_class(word: usize) -> bool {
    flags_of(word).is_some_and(|flags| flags & ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS as usize != 0)
}

/// The flags of a class; `None`: it is none.
fn flags_of(word: usize) -> Option<usize> {
    const FLAGS: usize = 168 / 8;
    let [_, kind] = read::<2>(word)?;
    // The type of a class is a class of classes, which says so of itself.
    let class = read::<{ FLAGS + 1 }>(kind)?;
    let of_classes = class[FLAGS] & ffi::Py_TPFLAGS_TYPE_SUBCLASS as usize != 0;
    of_classes.then(|| read::<1>(word + 8 * FLAGS)).flatten().map(|[flags]| flags)
}

/// Words of our own memory; `None`: there is none.
fn read<const N: usize>(address: usize) -> Option<[usize; N]> {
    if address == 0 || !address.is_multiple_of(8) {
        return None;
    }
    let mut words = [0; N];
    #[cfg(target_os = "linux")]
    {
        let size = 8 * N;
        let into = libc::iovec { iov_base: words.as_mut_ptr().cast(), iov_len: size };
        let from = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: size };
        // SAFETY: the kernel writes at most `size` bytes into `words`, and checks where it reads.
        let got = unsafe { libc::process_vm_readv(libc::getpid(), &raw const into, 1, &raw const from, 1, 0) };
        (got == size.cast_signed()).then_some(words)
    }
    #[cfg(not(target_os = "linux"))]
    {
        words = [0; N];
        let _ = words;
        None
    }
}
