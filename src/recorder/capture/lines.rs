//! Line by line: which variables changed since the line before.
//!
//! For each open call a number per variable stands for what it held at the last line. For numbers it is made of the value,
//! for containers and instances of a bounded look into them, so that `items.append(x)` counts as a change of `items`.
//! Two values with the same number are taken for the same; that a change far inside a large structure goes unnoticed is
//! the price of a line that costs a few nanoseconds.

use super::container::{Entries, Table};
use super::frame::Frame;
use super::instance::{self, Values};
use super::policy::{CodeValues, Variable};
use super::python::{Python, field, type_of};
use super::{Scratch, limits, number, text};
use crate::filter::ValueAction;
use pyo3::ffi::{self, PyObject};

/// The open calls of a thread, as far as their lines were seen. Calls are told apart by their ordinal, and found by
/// their depth: one that is deeper than the current one has ended, whether that was reported or not.
#[derive(Debug, Default)]
pub struct Watch {
    prints: Vec<u64>,
    calls: Vec<Watched>,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    depth: usize,
    ordinal: u64,
    start: usize,
}

/// The print of a variable without a value.
const UNBOUND: u64 = 0;

impl Watch {
    /// Whether a line of this call was seen.
    #[inline]
    pub fn knows(&self, depth: usize, ordinal: u64) -> bool {
        self.calls.iter().rev().any(|call| call.depth == depth && call.ordinal == ordinal)
    }

    /// The prints of the call at this depth, which is the innermost one now.
    fn prints(&mut self, depth: usize, ordinal: u64, count: usize) -> &mut [u64] {
        while let Some(top) = self.calls.last()
            && (top.depth > depth || top.depth == depth && top.ordinal != ordinal)
        {
            self.prints.truncate(top.start);
            self.calls.pop();
        }
        if self.calls.last().is_none_or(|top| top.depth < depth) {
            self.calls.push(Watched { depth, ordinal, start: self.prints.len() });
            self.prints.resize(self.prints.len() + count, UNBOUND);
        }
        let start = self.calls.last().map_or(0, |top| top.start);
        self.prints.get_mut(start..).unwrap_or_default()
    }

    /// The payload of a line event of the innermost call, which is `call` deep and ordinal: the line about to run and
    /// what changed before it. `line` 0 is the end of the call; then `None` when nothing changed.
    ///
    /// # Safety
    /// As [`Scratch::arguments`].
    pub unsafe fn line<'a>(
        &mut self,
        code: &CodeValues,
        frame: Frame,
        call: (usize, u64),
        line: u32,
        scratch: &'a mut Scratch,
    ) -> Option<&'a [u8]> {
        /// An index and a value that says little.
        const LEAST: usize = 16;
        scratch.out.clear();
        scratch.out.number(u64::from(line));
        let mut changed = false;
        let prints = self.prints(call.0, call.1, code.watched());
        // SAFETY: the caller's promise.
        unsafe {
            let python = Python::get();
            let mapping = if code.in_mapping { Mapping::of(python, frame) } else { None };
            let globals = if code.globals.is_empty() { None } else { Mapping::over(python, ffi::PyEval_GetGlobals()) };
            for (at, (variable, print)) in code.locals.iter().zip(prints).enumerate() {
                let object = match (&mapping, code.in_mapping) {
                    _ if variable.global => match (&globals, code.globals.get(variable.place as usize)) {
                        (Some(globals), Some(name)) => globals.get(python, name.0),
                        _ => continue,
                    },
                    (Some(mapping), _) => match code.names.get(at) {
                        Some(name) => mapping.get(python, name.0),
                        None => continue,
                    },
                    (None, true) => continue,
                    (None, false) => match frame.variable(python, variable.place as usize, variable.cell) {
                        Some(object) => object,
                        None => break,
                    },
                };
                let now = if object.is_null() { UNBOUND } else { print_of(python, object, 0) };
                if now == *print {
                    continue;
                }
                if scratch.out.room() < limits::BYTES + LEAST {
                    // The rest comes with the next line.
                    break;
                }
                *print = now;
                changed = true;
                scratch.changed(python, code, at, object, variable);
            }
        }
        (changed || line > 0).then(|| scratch.out.bytes())
    }
}

impl Scratch {
    /// One changed variable: index and value. A dropped one is not mentioned.
    unsafe fn changed(
        &mut self,
        python: &Python,
        code: &CodeValues,
        at: usize,
        object: *mut PyObject,
        variable: &Variable,
    ) {
        if variable.action == ValueAction::Drop {
            self.counts.dropped(variable.kind);
            return;
        }
        self.out.number(at as u64);
        // SAFETY: the caller's promise.
        unsafe { self.value(python, &code.attributes, object, variable.action, variable.kind) };
    }
}

/// Variables that are kept in a dictionary: those of bodies, and globals.
struct Mapping {
    dict: *mut PyObject,
    /// Whether all keys are strings, so that a look-up cannot ask an object of the program.
    plain: bool,
}

impl Mapping {
    unsafe fn of(python: &Python, frame: Frame) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe { Self::over(python, frame.mapping(python)?) }
    }

    /// Over a dictionary, borrowed; nothing of the program's own making.
    unsafe fn over(python: &Python, dict: *mut PyObject) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe {
            if dict.is_null() || type_of(dict) != &raw mut ffi::PyDict_Type {
                return None;
            }
            let plain = python.layout.dict && Table::of(dict).is_some_and(|table| table.is_plain());
            Some(Self { dict, plain })
        }
    }

    /// The value of a name, borrowed; null when there is none.
    unsafe fn get(&self, python: &Python, name: *mut PyObject) -> *mut PyObject {
        /// Entries that are looked through where a look-up is not safe.
        const SEARCHED: usize = 256;
        // SAFETY: the caller's promise; names are exact strings.
        unsafe {
            if self.plain {
                return ffi::PyDict_GetItemWithError(self.dict, name);
            }
            super::container::find(python, self.dict, name, SEARCHED).unwrap_or(std::ptr::null_mut())
        }
    }
}

fn mix(state: u64, value: u64) -> u64 {
    (state ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(27)
}

/// A number that stands for what an object looks like now; never [`UNBOUND`].
unsafe fn print_of(python: &Python, object: *mut PyObject, depth: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { inner_print(python, object, depth) | 1 }
}

#[inline]
unsafe fn inner_print(python: &Python, object: *mut PyObject, depth: usize) -> u64 {
    let address = object.addr() as u64;
    // SAFETY: the caller's promise; each branch reads what its type has.
    unsafe {
        let class = type_of(object);
        if class == &raw mut ffi::PyLong_Type {
            return match number::small(python, object) {
                Some(value) => mix(1, value.cast_unsigned()),
                None => mix(mix(2, address), number::low(python, object)),
            };
        }
        if class == &raw mut ffi::PyFloat_Type {
            return mix(3, ffi::PyFloat_AsDouble(object).to_bits());
        }
        if class == &raw mut ffi::PyUnicode_Type {
            return mix(mix(4, address), text::ends(python, object));
        }
        if object == python.types.none || class == &raw mut ffi::PyBool_Type {
            return mix(5, address);
        }
        look_inside(python, object, depth)
    }
}

/// Containers and instances: address, size and a few of what is inside.
unsafe fn look_inside(python: &Python, object: *mut PyObject, depth: usize) -> u64 {
    /// Items that are looked at, at each end.
    const ITEMS: usize = 8;
    const DEPTH: usize = 2;
    let mut state = mix(6, object.addr() as u64);
    if depth >= DEPTH {
        return state;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let class = type_of(object);
        let flags = instance::flags(&python.layout, class);
        // What is shown by its name alone does not change: a function would with every global of its module.
        if flags & ffi::Py_TPFLAGS_TYPE_SUBCLASS != 0
            || class == python.types.function
            || class == python.types.method
            || class == &raw mut ffi::PyModule_Type
        {
            return state;
        }
        if flags & (ffi::Py_TPFLAGS_LIST_SUBCLASS | ffi::Py_TPFLAGS_TUPLE_SUBCLASS) != 0 {
            let is_list = flags & ffi::Py_TPFLAGS_LIST_SUBCLASS != 0;
            let size = if is_list { ffi::PyList_Size(object) } else { ffi::PyTuple_Size(object) };
            let size = usize::try_from(size).unwrap_or(0);
            state = mix(state, size as u64);
            let head = size.min(ITEMS);
            let tail = size.saturating_sub(ITEMS).max(head);
            for at in (0..head).chain(tail..size) {
                let at = at.cast_signed();
                let item = if is_list { ffi::PyList_GetItem(object, at) } else { ffi::PyTuple_GetItem(object, at) };
                if !item.is_null() {
                    state = mix(state, inner_print(python, item, depth + 1));
                }
            }
            return state;
        }
        if flags & ffi::Py_TPFLAGS_DICT_SUBCLASS != 0 {
            state = dict_print(python, object, state, depth);
        } else if instance::bases(&python.layout, class)
            .any(|base| base == &raw mut ffi::PySet_Type || base == &raw mut ffi::PyByteArray_Type)
        {
            // Number of items and places taken; number of bytes.
            for at in [16, 24, 32] {
                state = mix(state, if python.layout.set { field(object.cast(), at) } else { 0 });
            }
        }
        if let Some(values) = Values::of(&python.layout, object) {
            for at in 0..values.count().min(2 * ITEMS) {
                let print = values.get(at).map_or(UNBOUND, |(_, value)| inner_print(python, value, depth + 1));
                state = mix(state, print);
            }
        } else if let Some(dict) = instance::dict(python, object) {
            state = dict_print(python, dict, state, depth);
        }
        let mut left = 2 * ITEMS;
        instance::members(&python.layout, object, |member| {
            state = mix(state, inner_print(python, member.value, depth + 1));
            left -= 1;
            left > 0
        });
        state
    }
}

/// The number of changes that the interpreter counts, where it does, and a few of the entries.
unsafe fn dict_print(python: &Python, dict: *mut PyObject, state: u64, depth: usize) -> u64 {
    const ENTRIES: usize = 8;
    // SAFETY: the caller's promise; the field is in all versions whose dictionaries are read in place.
    unsafe {
        let mut state = mix(state, usize::try_from(ffi::PyDict_Size(dict)).unwrap_or(0) as u64);
        if python.layout.dict {
            state = mix(state, field(dict.cast(), 24));
        }
        let mut entries = Entries::of(python, dict);
        for _ in 0..ENTRIES {
            let Some((_, value)) = entries.next() else { break };
            state = mix(state, inner_print(python, value, depth + 1));
        }
        state
    }
}
