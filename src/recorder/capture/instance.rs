//! Instances: names of types, attributes in `__dict__`, in the values that stand for it, and in `__slots__`.

use super::container::{Entries, Table};
use super::python::{Inline, Layout, Python, field, type_of};
use super::text::{Name, is_str};
use pyo3::ffi::{self, PyObject, PyTypeObject};
use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};

/// No chain of base classes is followed further.
const BASES: usize = 64;
/// `Py_TPFLAGS_IMMUTABLETYPE`: no class statement makes such a type.
const IMMUTABLE: c_ulong = 1 << 8;
const MANAGED_DICT: c_ulong = 1 << 4;
const INLINE_VALUES: c_ulong = 1 << 2;

/// Flags of a type.
///
/// # Safety
/// `class` is a live type; the GIL is held.
#[inline]
pub(super) unsafe fn flags(layout: &Layout, class: *mut PyTypeObject) -> c_ulong {
    // SAFETY: the caller's promise.
    unsafe { if layout.types { field(class.cast(), 168) } else { ffi::PyType_GetFlags(class) } }
}

/// Whether the type was made by a class statement (or by calling a metaclass).
///
/// # Safety
/// As [`flags`].
pub(super) unsafe fn is_ordinary(layout: &Layout, class: *mut PyTypeObject) -> bool {
    // SAFETY: the caller's promise.
    let flags = unsafe { flags(layout, class) };
    flags & ffi::Py_TPFLAGS_HEAPTYPE != 0 && flags & IMMUTABLE == 0
}

/// The base that its storage is laid out after; null at the end.
///
/// # Safety
/// As [`flags`].
#[inline]
pub(super) unsafe fn base(layout: &Layout, class: *mut PyTypeObject) -> *mut PyTypeObject {
    // SAFETY: the caller's promise.
    unsafe { if layout.types { field(class.cast(), 256) } else { ffi::PyType_GetSlot(class, ffi::Py_tp_base).cast() } }
}

/// `class` and its bases, as storage is laid out.
///
/// # Safety
/// As [`flags`].
pub(super) unsafe fn bases(layout: &Layout, class: *mut PyTypeObject) -> impl Iterator<Item = *mut PyTypeObject> {
    let first = (!class.is_null()).then_some(class);
    // SAFETY: the caller's promise: a live type keeps its bases alive.
    std::iter::successors(first, |&at| Some(unsafe { base(layout, at) }).filter(|base| !base.is_null())).take(BASES)
}

/// The name in C of a type that no class statement made: `datetime.datetime`, `int`.
///
/// # Safety
/// As [`flags`].
pub(super) unsafe fn c_name<'a>(layout: &Layout, class: *mut PyTypeObject) -> Option<&'a CStr> {
    // SAFETY: the caller's promise.
    unsafe {
        if !layout.types || is_ordinary(layout, class) {
            return None;
        }
        let name: *const c_char = field(class.cast(), 24);
        (!name.is_null()).then(|| CStr::from_ptr(name))
    }
}

/// The dictionary of a type that a class statement made, borrowed.
unsafe fn class_dict(layout: &Layout, class: *mut PyTypeObject) -> *mut PyObject {
    // SAFETY: the caller's promise.
    unsafe { if layout.types { field(class.cast(), 264) } else { std::ptr::null_mut() } }
}

/// Appends `module.QualName`; without `builtins.`. Read from where the type keeps them: no metaclass is asked.
///
/// # Safety
/// As [`flags`].
pub(super) unsafe fn type_name(python: &Python, class: *mut PyTypeObject, out: &mut Name) {
    let layout = &python.layout;
    // SAFETY: the caller's promise.
    unsafe {
        if layout.types && !is_ordinary(layout, class) {
            return out.push_c(field(class.cast(), 24));
        }
        if layout.types
            && let Some(module) = super::container::find(python, class_dict(layout, class), python.name_module, 64)
            && is_str(module)
        {
            let before = out.bytes().len();
            out.push_object(python, module);
            if &out.bytes()[before..] == b"builtins" {
                out.truncate(before);
            } else {
                out.push(b".");
            }
        } else if layout.types {
            // Types made by extensions: the name in C has the module too.
            let name: *const c_char = field(class.cast(), 24);
            if !name.is_null() && CStr::from_ptr(name).to_bytes().contains(&b'.') {
                return out.push_c(name);
            }
        }
        if let Some((name_at, _)) = layout.heap {
            let name: *mut PyObject = field(class.cast(), name_at);
            if !name.is_null() && is_str(name) {
                return out.push_object(python, name);
            }
        }
        // The slower way makes a string for it.
        let name = match python.functions.qualified_name {
            Some(get) => get(class.cast()),
            None => std::ptr::null_mut(),
        };
        if name.is_null() {
            ffi::PyErr_Clear();
            return if layout.types { out.push_c(field(class.cast(), 24)) } else { out.push(b"object") };
        }
        out.push_object(python, name);
        ffi::Py_DECREF(name);
    }
}

/// A class attribute that a class statement put among the first, borrowed.
///
/// # Safety
/// As [`flags`]; `key` is an interned string.
pub(super) unsafe fn class_attribute(
    python: &Python,
    class: *mut PyTypeObject,
    key: *mut PyObject,
) -> Option<*mut PyObject> {
    // SAFETY: the caller's promise.
    unsafe {
        if !is_ordinary(&python.layout, class) {
            return None;
        }
        super::container::find(python, class_dict(&python.layout, class), key, 64)
    }
}

/// The values of an instance that has no `__dict__` object yet.
pub(super) struct Values {
    keys: *const c_void,
    first: *const c_void,
    count: usize,
}

impl Values {
    /// `None`: it has a dictionary, or none at all.
    ///
    /// # Safety
    /// `object` is a live object, of a version that `layout` is right for; the GIL is held.
    #[inline]
    pub(super) unsafe fn of(layout: &Layout, object: *mut PyObject) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe {
            let class = type_of(object);
            let flags = flags(layout, class);
            let (Some(way), Some((_, keys_at))) = (layout.inline, layout.heap) else { return None };
            if flags & MANAGED_DICT == 0 || flags & ffi::Py_TPFLAGS_HEAPTYPE == 0 {
                return None;
            }
            let before = object.cast::<u8>().cast_const();
            let first = match way {
                Inline::Before => field::<*const c_void>(before.sub(32).cast(), 0),
                Inline::Tagged => {
                    let tagged: usize = field(before.sub(24).cast(), 0);
                    if tagged & 1 == 0 {
                        return None;
                    }
                    before.with_addr(tagged + 1).cast()
                }
                Inline::Behind => {
                    let dict: *const c_void = field(before.sub(24).cast(), 0);
                    if flags & INLINE_VALUES == 0 || !dict.is_null() {
                        return None;
                    }
                    let size: isize = field(class.cast(), 32);
                    let values = before.add(usize::try_from(size).ok()?);
                    if field::<u8>(values.cast(), 3) == 0 {
                        return None;
                    }
                    values.add(8).cast()
                }
            };
            let keys: *const c_void = field(class.cast(), keys_at);
            // Kind 2: keys that instances share.
            if first.is_null() || keys.is_null() || field::<u8>(keys, 10) != 2 {
                return None;
            }
            let count = usize::try_from(field::<isize>(keys, 24)).ok()?;
            let log: u8 = field(keys, 9);
            let entries = keys.cast::<u8>().add(32 + (1usize << (log & 63))).cast();
            Some(Self { keys: entries, first, count })
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Name and value at a place, borrowed; `None` where the instance has no such attribute.
    ///
    /// # Safety
    /// The instance did not change since; `at` is below the count.
    #[inline]
    pub(super) unsafe fn get(&self, at: usize) -> Option<(*mut PyObject, *mut PyObject)> {
        // SAFETY: the caller's promise.
        unsafe {
            let value: *mut PyObject = field(self.first, 8 * at);
            (!value.is_null()).then(|| (field(self.keys, 16 * at), value))
        }
    }
}

/// The `__dict__` of an instance, borrowed, if it has one that is a `dict`. None is made.
///
/// # Safety
/// `object` is a live object; the GIL is held.
pub(super) unsafe fn dict(python: &Python, object: *mut PyObject) -> Option<*mut PyObject> {
    let layout = &python.layout;
    // SAFETY: the caller's promise.
    unsafe {
        if !layout.types {
            return None;
        }
        let class = type_of(object);
        let flags = flags(layout, class);
        let found: *mut PyObject = if flags & MANAGED_DICT != 0 && python.version >= (3, 11) {
            let before = object.cast::<u8>().cast_const();
            match layout.inline? {
                Inline::Before | Inline::Behind => field(before.sub(24).cast(), 0),
                Inline::Tagged => {
                    let tagged: *mut PyObject = field(before.sub(24).cast(), 0);
                    if tagged.addr() & 1 == 1 {
                        return None;
                    }
                    tagged
                }
            }
        } else {
            let at: isize = field(class.cast(), 288);
            if at == 0 {
                return None;
            }
            let slot = if at > 0 {
                object.cast::<u8>().offset(at).cast::<*mut PyObject>()
            } else {
                python.functions.dict_ptr?(object)
            };
            if slot.is_null() {
                return None;
            }
            slot.read()
        };
        let is_dict = !found.is_null() && self::flags(layout, type_of(found)) & ffi::Py_TPFLAGS_DICT_SUBCLASS != 0;
        is_dict.then_some(found)
    }
}

/// One attribute that a type keeps at a fixed place: from `__slots__`, or of a type written in C.
pub(super) struct Member<'a> {
    pub name: &'a CStr,
    /// Borrowed.
    pub value: *mut PyObject,
}

/// Calls `each` for the members that have a value, the most derived class first, until it says false.
///
/// # Safety
/// `object` is a live object; the GIL is held; `each` runs no code of the program.
pub(super) unsafe fn members(layout: &Layout, object: *mut PyObject, mut each: impl FnMut(Member<'_>) -> bool) {
    /// `Py_T_OBJECT_EX`, and the older form that says `None` for null.
    const OBJECT: [c_int; 2] = [16, 6];
    /// Reading it is an audited event.
    const AUDITED: c_int = 2;
    const SIZE: usize = 40;
    const MOST: usize = 256;
    if !layout.types {
        return;
    }
    // SAFETY: the caller's promise; the list of members ends with one without a name.
    unsafe {
        for class in bases(layout, type_of(object)) {
            let list: *const c_void = field(class.cast(), 240);
            if list.is_null() {
                continue;
            }
            for at in 0..MOST {
                let member = list.cast::<u8>().add(SIZE * at).cast::<c_void>();
                let name: *const c_char = field(member, 0);
                if name.is_null() {
                    break;
                }
                let (kind, flags): (c_int, c_int) = (field(member, 8), field(member, 24));
                let offset: isize = field(member, 16);
                // The dictionary is shown by what is in it.
                if CStr::from_ptr(name) == c"__dict__" {
                    continue;
                }
                if !OBJECT.contains(&kind) || flags & AUDITED != 0 || offset <= 0 {
                    continue;
                }
                let value: *mut PyObject = object.cast::<u8>().offset(offset).cast::<*mut PyObject>().read();
                if !value.is_null() && !each(Member { name: CStr::from_ptr(name), value }) {
                    return;
                }
            }
        }
    }
}

/// The value of one member by its name, borrowed.
///
/// # Safety
/// As [`members`].
pub(super) unsafe fn member(layout: &Layout, object: *mut PyObject, name: &CStr) -> Option<*mut PyObject> {
    let mut found = None;
    // SAFETY: the caller's promise.
    unsafe {
        members(layout, object, |member| {
            if member.name == name {
                found = Some(member.value);
            }
            found.is_none()
        });
    }
    found
}

/// Calls `each` with name and value of the attributes in `__dict__`, or in the values that stand for it, until it says
/// false. Returns how many there are.
///
/// # Safety
/// As [`members`].
pub(super) unsafe fn attributes(
    python: &Python,
    object: *mut PyObject,
    mut each: impl FnMut(*mut PyObject, *mut PyObject) -> bool,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(values) = Values::of(&python.layout, object) {
            let mut go_on = true;
            let mut count = 0;
            for at in 0..values.count() {
                let Some((name, value)) = values.get(at) else { continue };
                count += 1;
                go_on = go_on && each(name, value);
            }
            return count;
        }
        let Some(dict) = dict(python, object) else { return 0 };
        let mut entries = Entries::of(python, dict);
        while let Some((name, value)) = entries.next() {
            if !each(name, value) {
                break;
            }
        }
        Table::of_if_known(python, dict)
    }
}

impl Table {
    /// Entries of a dictionary, whatever its form.
    unsafe fn of_if_known(python: &Python, dict: *mut PyObject) -> usize {
        // SAFETY: a dict; the GIL is held.
        unsafe {
            match python.layout.dict {
                true => field(dict.cast(), 16),
                false => usize::try_from(ffi::PyDict_Size(dict)).unwrap_or(0),
            }
        }
    }
}
