//! Lists, tuples, dictionaries, sets: the first items, in time that does not depend on how many there are.

use super::python::{Layout, Python, SetNext, field};
use pyo3::ffi::{self, Py_ssize_t, PyObject};
use std::ffi::c_void;
use std::ptr::null_mut;

/// A container is given up after this many empty places in a row: what is left of a large one that was nearly emptied.
const HOLES: usize = 512;

/// The table of a dictionary, in place.
#[derive(Clone, Copy)]
pub(super) struct Table {
    /// Entries with a value.
    pub used: usize,
    /// Entries, holes included.
    pub entries: usize,
    first: *const c_void,
    general: bool,
}

impl Table {
    /// `None`: the dictionary shares its keys with others and keeps its values apart.
    ///
    /// # Safety
    /// `dict` is a `dict` or of a subclass, in 3.11 to 3.13.
    #[inline]
    pub(super) unsafe fn of(dict: *mut PyObject) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe {
            let base = dict.cast::<c_void>().cast_const();
            let (keys, values): (*const c_void, *const c_void) = (field(base, 32), field(base, 40));
            if !values.is_null() || keys.is_null() {
                return None;
            }
            let (log, kind): (u8, u8) = (field(keys, 9), field(keys, 10));
            let entries: isize = field(keys, 24);
            Some(Self {
                used: field(base, 16),
                entries: usize::try_from(entries).unwrap_or(0),
                first: keys.cast::<u8>().add(32 + (1usize << (log & 63))).cast(),
                general: kind == 0,
            })
        }
    }

    /// Whether all keys are exact strings.
    pub(super) fn is_plain(&self) -> bool {
        !self.general
    }

    /// Key and value at this place, borrowed; both null or only the value for a hole.
    ///
    /// # Safety
    /// The dictionary was not changed since, and `at` is below `entries`.
    #[inline]
    pub(super) unsafe fn entry(&self, at: usize) -> (*mut PyObject, *mut PyObject) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.general {
                (field(self.first, 24 * at + 8), field(self.first, 24 * at + 16))
            } else {
                (field(self.first, 16 * at), field(self.first, 16 * at + 8))
            }
        }
    }
}

/// The entries of a dictionary in its order. No code is run and nothing is owned.
pub(super) struct Entries {
    dict: *mut PyObject,
    table: Option<Table>,
    at: usize,
    holes: usize,
}

impl Entries {
    /// # Safety
    /// `dict` is a `dict` or of a subclass; it does not change while this is used; the GIL is held.
    #[inline]
    pub(super) unsafe fn of(python: &Python, dict: *mut PyObject) -> Self {
        // SAFETY: the caller's promise.
        let table = if python.layout.dict { unsafe { Table::of(dict) } } else { None };
        Self { dict, table, at: 0, holes: 0 }
    }

    /// # Safety
    /// As [`Self::of`].
    #[inline]
    pub(super) unsafe fn next(&mut self) -> Option<(*mut PyObject, *mut PyObject)> {
        // SAFETY: the caller's promise.
        unsafe {
            let Some(table) = &self.table else {
                let (mut key, mut value) = (null_mut(), null_mut());
                let mut at = self.at.cast_signed() as Py_ssize_t;
                let more = ffi::PyDict_Next(self.dict, &raw mut at, &raw mut key, &raw mut value) != 0;
                self.at = at.cast_unsigned();
                return more.then_some((key, value));
            };
            while self.at < table.entries {
                let (key, value) = table.entry(self.at);
                self.at += 1;
                if !value.is_null() {
                    self.holes = 0;
                    return Some((key, value));
                }
                self.holes += 1;
                if self.holes == HOLES {
                    // A queue that is emptied from the front: go on near the end.
                    self.at = self.at.max(table.entries.saturating_sub(HOLES));
                } else if self.holes > 2 * HOLES {
                    return None;
                }
            }
            None
        }
    }
}

/// The value of an interned key among the first entries of a dictionary, borrowed. Compares addresses only, so that no
/// key of the program's is asked anything.
///
/// # Safety
/// `dict` is null or a `dict`; the GIL is held.
pub(super) unsafe fn find(
    python: &Python,
    dict: *mut PyObject,
    key: *mut PyObject,
    most: usize,
) -> Option<*mut PyObject> {
    if dict.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let mut entries = Entries::of(python, dict);
        for _ in 0..most {
            let (name, value) = entries.next()?;
            if name == key {
                return Some(value);
            }
        }
        None
    }
}

/// The items of a set, in its order, until there are `most` or too many empty places: of a set that was nearly emptied,
/// only the beginning and the end of its table are searched. Calls `each` with borrowed items until it says false.
///
/// # Safety
/// `set` is a `set`, `frozenset` or of a subclass; the GIL is held; `each` runs no code of the program.
pub(super) unsafe fn set_items(
    layout: &Layout,
    next: Option<SetNext>,
    set: *mut PyObject,
    most: usize,
    mut each: impl FnMut(*mut PyObject) -> bool,
) {
    // SAFETY: the caller's promise; the table is inside or hangs from the set, and does not change meanwhile.
    unsafe {
        if !layout.set {
            let Some(next) = next else { return };
            let (mut at, mut item, mut hash) = (0, null_mut(), 0);
            for _ in 0..most {
                if next(set, &raw mut at, &raw mut item, &raw mut hash) == 0 || !each(item) {
                    return;
                }
            }
            return;
        }
        let table: *const c_void = field(set.cast(), 40);
        let places = usize::try_from(field::<isize>(set.cast(), 32)).unwrap_or(0) + 1;
        if table.is_null() {
            return;
        }
        let (mut at, mut holes, mut kept) = (0, 0, 0);
        while at < places && kept < most {
            let (item, hash): (*mut PyObject, isize) = (field(table, 16 * at), field(table, 16 * at + 8));
            at += 1;
            // No hash is -1: that is what stands where an item was removed.
            if !item.is_null() && hash != -1 {
                (holes, kept) = (0, kept + 1);
                if !each(item) {
                    return;
                }
                continue;
            }
            holes += 1;
            if holes == HOLES {
                at = at.max(places.saturating_sub(HOLES));
            } else if holes > 2 * HOLES {
                return;
            }
        }
    }
}

/// The items of a `collections.deque`, in order.
///
/// # Safety
/// `deque` is one, in 3.10 to 3.13; the GIL is held; `each` runs no code of the program.
pub(super) unsafe fn deque_items(deque: *mut PyObject, most: usize, mut each: impl FnMut(*mut PyObject) -> bool) {
    const BLOCK: usize = 64;
    // SAFETY: the caller's promise; only as many items are read as there are.
    unsafe {
        let length = deque_length(deque);
        let mut block: *const c_void = field(deque.cast(), 24);
        let mut index = usize::try_from(field::<isize>(deque.cast(), 40)).unwrap_or(0);
        for _ in 0..length.min(most) {
            if block.is_null() {
                return;
            }
            if index >= BLOCK {
                block = field(block, 8 + 8 * BLOCK);
                index = 0;
                if block.is_null() {
                    return;
                }
            }
            let item: *mut PyObject = field(block, 8 + 8 * index);
            if item.is_null() || !each(item) {
                return;
            }
            index += 1;
        }
    }
}

/// # Safety
/// As [`deque_items`].
pub(super) unsafe fn deque_length(deque: *mut PyObject) -> usize {
    // SAFETY: the caller's promise.
    usize::try_from(unsafe { field::<isize>(deque.cast(), 16) }).unwrap_or(0)
}
