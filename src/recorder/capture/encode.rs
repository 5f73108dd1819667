//! From an object to its encoding: the built-in types, by address, and what is inside of them; all else is for
//! [`instances`]. No code of the program runs, no reference is kept, and what is looked at is bounded in depth, number and
//! length.

use super::container::{self, Entries};
use super::instance;
use super::policy::Attributes;
use super::python::{Python, field, type_of};
use super::text;
use super::{Counts, limits, number};
use crate::filter::{ValueAction, ValueKind};
use crate::model::value::Sequence;
use crate::trace::value::Writer;
use pyo3::ffi::{self, PyObject, PyTypeObject};
use std::ffi::c_ulong;

const LONG: c_ulong = ffi::Py_TPFLAGS_LONG_SUBCLASS;
const LIST: c_ulong = ffi::Py_TPFLAGS_LIST_SUBCLASS;
const TUPLE: c_ulong = ffi::Py_TPFLAGS_TUPLE_SUBCLASS;
const BYTES: c_ulong = ffi::Py_TPFLAGS_BYTES_SUBCLASS;
const STR: c_ulong = ffi::Py_TPFLAGS_UNICODE_SUBCLASS;
const DICT: c_ulong = ffi::Py_TPFLAGS_DICT_SUBCLASS;
const CLASS: c_ulong = ffi::Py_TPFLAGS_TYPE_SUBCLASS;

/// One pass over one value.
pub(super) struct Encoder<'a> {
    pub python: &'a Python,
    pub out: &'a mut Writer,
    pub temp: &'a mut String,
    pub attributes: &'a Attributes,
    pub counts: &'a mut Counts,
    /// Values that may still be looked at.
    pub left: usize,
    /// Containers around the current value, outermost first.
    pub around: [*mut PyObject; limits::DEPTH],
}

/// Whether a type is one of these, by its address.
macro_rules! is {
    ($class:expr, $($name:ident)|+) => { $($class == &raw mut ffi::$name)||+ };
}

// Behind the macro, which it uses.
mod instances;

impl Encoder<'_> {
    /// Writes a value that stands `depth` containers deep. False: there was no room, and something was written halfway;
    /// the caller takes it back.
    ///
    /// # Safety
    /// `object` is a live object; the GIL is held.
    #[inline]
    pub(super) unsafe fn value(&mut self, object: *mut PyObject, depth: usize) -> bool {
        // SAFETY: the caller's promise; each branch reads what its type has.
        unsafe {
            let class = type_of(object);
            if is!(class, PyLong_Type) {
                number::write(self.python, object, self.out)
            } else if is!(class, PyUnicode_Type) {
                text::write(self.python, object, limits::text(depth), self.temp, self.out)
            } else if object == self.python.types.none {
                self.out.none()
            } else if is!(class, PyBool_Type) {
                self.out.boolean(object == self.python.types.yes)
            } else if is!(class, PyFloat_Type) {
                self.out.float(ffi::PyFloat_AsDouble(object))
            } else {
                self.other(object, class, depth)
            }
        }
    }

    unsafe fn other(&mut self, object: *mut PyObject, class: *mut PyTypeObject, depth: usize) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        // SAFETY: the caller's promise.
        unsafe {
            if is!(class, PyTuple_Type | PyList_Type | PyDict_Type | PySet_Type | PyFrozenSet_Type) {
                self.container(object, class, depth)
            } else if is!(class, PyBytes_Type) {
                text::write_bytes(object, false, limits::text(depth), self.out)
            } else if is!(class, PyByteArray_Type) {
                text::write_bytes(object, true, limits::text(depth), self.out)
            } else if is!(class, PyComplex_Type) {
                self.out.complex(ffi::PyComplex_RealAsDouble(object), ffi::PyComplex_ImagAsDouble(object))
            } else if object == self.python.types.ellipsis {
                self.out.ellipsis()
            } else if object == self.python.types.not_implemented {
                self.out.not_implemented()
            } else if is!(class, PyRange_Type) && self.python.layout.types {
                self.range(object, depth)
            } else {
                self.instance(object, class, depth)
            }
        }
    }

    fn depth_reached(depth: usize) -> bool {
        depth >= limits::DEPTH
    }

    fn is_around(&self, object: *mut PyObject, depth: usize) -> bool {
        self.around[..depth.min(limits::DEPTH)].contains(&object)
    }

    unsafe fn range(&mut self, object: *mut PyObject, depth: usize) -> bool {
        if !self.out.range() {
            return false;
        }
        // SAFETY: a range keeps start, stop and step, each an int or of a subclass, in this order.
        [16, 24, 32].into_iter().all(|at| unsafe { self.value(field(object.cast(), at), depth + 1) })
    }

    /// A container by one of the five types, exact or the base of `object`'s type.
    unsafe fn container(&mut self, object: *mut PyObject, class: *mut PyTypeObject, depth: usize) -> bool {
        if self.is_around(object, depth) {
            return self.out.reference(object.addr() as u64);
        }
        // SAFETY: the caller's promise.
        unsafe {
            if is!(class, PyDict_Type) {
                return self.mapping(object, depth);
            }
            let (kind, length) = if is!(class, PyTuple_Type) {
                (Sequence::Tuple, ffi::PyTuple_Size(object))
            } else if is!(class, PyList_Type) {
                (Sequence::List, ffi::PyList_Size(object))
            } else if is!(class, PySet_Type) {
                (Sequence::Set, ffi::PySet_Size(object))
            } else {
                (Sequence::FrozenSet, ffi::PySet_Size(object))
            };
            let length = usize::try_from(length).unwrap_or(0);
            if length == 0 && kind == Sequence::Tuple {
                return self.out.empty_tuple();
            }
            let Some(count) = self.out.sequence(kind, identity(object, length), length as u64) else { return false };
            let most = self.enter(object, depth);
            let mut kept = 0;
            match kind {
                Sequence::List | Sequence::Tuple => {
                    for at in 0..length.min(most).cast_signed() {
                        let item = if kind == Sequence::List {
                            ffi::PyList_GetItem(object, at)
                        } else {
                            ffi::PyTuple_GetItem(object, at)
                        };
                        if !self.item(item, depth + 1) {
                            break;
                        }
                        kept += 1;
                    }
                }
                Sequence::Set | Sequence::FrozenSet => {
                    let (layout, next) = (&self.python.layout, self.python.functions.set_next);
                    container::set_items(layout, next, object, most, |item| {
                        let written = self.item(item, depth + 1);
                        kept += usize::from(written);
                        written
                    });
                }
            }
            self.out.close(count, kept);
            true
        }
    }

    /// Notes that what follows is inside `object`. Returns how many items may be kept: none where it is too deep.
    fn enter(&mut self, object: *mut PyObject, depth: usize) -> usize {
        if Self::depth_reached(depth) {
            return 0;
        }
        self.around[depth] = object;
        limits::items(depth)
    }

    /// One item: whole or not at all.
    unsafe fn item(&mut self, item: *mut PyObject, depth: usize) -> bool {
        let start = self.out.mark();
        if self.left == 0 || item.is_null() {
            return false;
        }
        self.left -= 1;
        // SAFETY: the caller's promise.
        let written = unsafe { self.value(item, depth) };
        if !written {
            self.out.back_to(start);
        }
        written
    }

    unsafe fn mapping(&mut self, dict: *mut PyObject, depth: usize) -> bool {
        // SAFETY: the caller's promise; nothing changes the dictionary meanwhile.
        unsafe {
            let length = usize::try_from(ffi::PyDict_Size(dict)).unwrap_or(0);
            let mut dropped = 0;
            let Some(count) = self.out.mapping(identity(dict, length), length as u64) else { return false };
            let most = self.enter(dict, depth);
            let (mut kept, mut seen) = (0, 0);
            let mut entries = Entries::of(self.python, dict);
            while kept < most && seen < 4 * limits::ITEMS {
                let Some((key, value)) = entries.next() else { break };
                seen += 1;
                match self.key_action(key) {
                    ValueAction::Drop => {
                        self.counts.dropped(ValueKind::Attr);
                        dropped += 1;
                        continue;
                    }
                    action => {
                        let before = self.out.mark();
                        if !self.item(key, depth + 1) || !self.attribute_value(value, action, depth + 1) {
                            self.out.back_to(before);
                            break;
                        }
                        kept += 1;
                    }
                }
            }
            // What was dropped is not even counted in the length.
            self.out.close_with(count, kept, (length - dropped) as u64);
            true
        }
    }

    /// A value that a rule may hide.
    unsafe fn attribute_value(&mut self, value: *mut PyObject, action: ValueAction, depth: usize) -> bool {
        if action == ValueAction::Redact {
            self.counts.redacted(ValueKind::Attr);
            return self.out.redacted();
        }
        // SAFETY: the caller's promise.
        unsafe { self.item(value, depth) }
    }

    /// What the filter says of the value behind a key. Keys of type `str` and `bytes`, subclasses included, are names.
    unsafe fn key_action(&mut self, key: *mut PyObject) -> ValueAction {
        if let Some(action) = self.attributes.uniform() {
            // The default is about values that have a name.
            // SAFETY: the caller's promise.
            let flags = unsafe { instance::flags(&self.python.layout, type_of(key)) };
            return if flags & (STR | BYTES) != 0 { action } else { ValueAction::Allow };
        }
        // SAFETY: the caller's promise; slices end before anything else runs.
        unsafe {
            let flags = instance::flags(&self.python.layout, type_of(key));
            if flags & STR != 0 {
                return self.name_action(key);
            }
            if flags & BYTES != 0 {
                let length = usize::try_from(ffi::PyBytes_Size(key)).unwrap_or(0);
                if length > limits::NAME {
                    return ValueAction::Redact;
                }
                let data = ffi::PyBytes_AsString(key).cast::<u8>().cast_const();
                return self.attributes.action(std::slice::from_raw_parts(data, length));
            }
            ValueAction::Allow
        }
    }

    /// What the filter says of an attribute; names that are too long to be looked at are hidden.
    unsafe fn name_action(&mut self, name: *mut PyObject) -> ValueAction {
        if let Some(action) = self.attributes.uniform() {
            return action;
        }
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(text) = self.python.layout.text.and_then(|at| text::Text::read(name, at))
                && let Some(ascii) = text.ascii()
            {
                return if ascii.len() > limits::NAME { ValueAction::Redact } else { self.attributes.action(ascii) };
            }
            self.temp.clear();
            let (length, _) = text::append(self.python, name, limits::NAME, false, self.temp);
            if length > limits::NAME {
                return ValueAction::Redact;
            }
            self.attributes.action(self.temp.as_bytes())
        }
    }

    /// The `args` of an exception, or what they are to be made of: a tuple of them, or the only one.
    pub(super) unsafe fn arguments_of(&mut self, args: *mut PyObject, depth: usize) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            if args.is_null() || args == self.python.types.none {
                return self.out.empty_tuple();
            }
            if type_of(args) == &raw mut ffi::PyTuple_Type {
                return self.container(args, &raw mut ffi::PyTuple_Type, depth + 1);
            }
            let Some(count) = self.out.sequence(Sequence::Tuple, 0, 1) else { return false };
            let kept = self.item(args, depth + 1);
            self.out.close(count, usize::from(kept));
            true
        }
    }

    unsafe fn deque(&mut self, object: *mut PyObject, depth: usize) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let length = container::deque_length(object);
            let id = identity(object, length);
            let Some(count) = self.out.sequence(Sequence::List, id, length as u64) else { return false };
            let most = self.enter(object, depth);
            let mut kept = 0;
            container::deque_items(object, most, |item| {
                let written = self.item(item, depth + 1);
                kept += usize::from(written);
                written
            });
            self.out.close(count, kept);
            true
        }
    }
}

/// Nothing can point to what is empty.
fn identity(object: *mut PyObject, length: usize) -> u64 {
    if length == 0 { 0 } else { object.addr() as u64 }
}
