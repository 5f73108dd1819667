//! Checks of the layouts in `python`: a field is used only when it said the same as the interpreter for objects at hand.
//!
//! Only releases whose headers are known are tried at all; the checks are there for unusual builds. They create nothing
//! that outlives them, run no code of the program, and leave no trace a program could see.

use super::python::{FrameLayout, Inline, InnerFrame, Layout, Python, field, type_of};
use pyo3::ffi::{self, PyObject};
use std::ffi::{CStr, c_char, c_ulong, c_void};

/// An owned reference.
struct Owned(*mut PyObject);

impl Owned {
    /// `None`: the call failed; its exception is cleared.
    unsafe fn new(object: *mut PyObject) -> Option<Self> {
        if object.is_null() {
            // SAFETY: the GIL is held by the caller.
            unsafe { ffi::PyErr_Clear() };
            return None;
        }
        Some(Self(object))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: owned, and dropped where it was made: with the GIL held.
        unsafe { ffi::Py_DECREF(self.0) };
    }
}

unsafe fn attribute(object: *mut PyObject, name: &CStr) -> Option<Owned> {
    // SAFETY: the GIL is held; only interpreter's own objects are asked.
    unsafe { Owned::new(ffi::PyObject_GetAttrString(object, name.as_ptr())) }
}

/// # Safety
/// The GIL is held and no exception is set.
pub(super) unsafe fn layout(python: &Python) -> Layout {
    let mut found = Layout::default();
    if !cfg!(all(target_pointer_width = "64", target_endian = "little")) || !matches!(python.version, (3, 10..=13)) {
        return found;
    }
    let minor = python.version.1;
    // SAFETY: the GIL is held; each check reads only inside objects of a listed version.
    unsafe {
        found.types = types();
        found.long = Some(minor >= 12).filter(|&packed| long(packed));
        let text_at = if minor >= 12 { (40, 56) } else { (48, 72) };
        found.text = Some(text_at).filter(|&at| text(at));
        found.set = set(python);
        found.exception_args = exception(python);
        if !found.types {
            return found;
        }
        let heap_at = if minor >= 12 { (872, 880) } else { (864, 872) };
        if minor >= 11 {
            found.dict = dict();
        }
        found.heap = Some(heap_at).filter(|&at| heap(python, at.0));
        found.function = function((40, 104));
        if found.heap.is_some() && found.dict {
            let way = match minor {
                11 => Inline::Before,
                12 => Inline::Tagged,
                _ => Inline::Behind,
            };
            let mut trial = found;
            trial.inline = Some(way);
            found.inline = Some(way).filter(|_| inline(&trial));
        }
        found.frame = frame(python, minor);
    }
    found
}

unsafe fn types() -> bool {
    // SAFETY: static types of a listed version.
    unsafe {
        let int = (&raw mut ffi::PyLong_Type).cast::<c_void>();
        let bool_type = (&raw mut ffi::PyBool_Type).cast::<c_void>();
        let exception = ffi::PyExc_ImportError.cast::<c_void>();
        let name: *const c_char = field(int, 24);
        if name.is_null() || CStr::from_ptr(name) != c"int" {
            return false;
        }
        let number =
            |name: &CStr, of: *mut PyObject| attribute(of, name).map_or(isize::MIN, |it| ffi::PyLong_AsSsize_t(it.0));
        field::<c_ulong>(int, 168) == ffi::PyType_GetFlags(int.cast())
            && field::<*mut c_void>(bool_type, 256) == int
            && field::<*mut c_void>(exception, 240) == ffi::PyType_GetSlot(exception.cast(), ffi::Py_tp_members)
            && field::<isize>(exception, 32) == number(c"__basicsize__", exception.cast())
            && field::<isize>(exception, 288) == number(c"__dictoffset__", exception.cast())
            && field::<isize>(int, 40) == number(c"__itemsize__", int.cast())
    }
}

unsafe fn long(packed: bool) -> bool {
    let cases: [(&CStr, bool, &[u32]); 5] = [
        (c"0", false, &[]),
        (c"1", false, &[1]),
        (c"-1073741823", true, &[0x3fff_ffff]),
        (c"1073741824", false, &[0, 1]),
        (c"-1152921504606846977", true, &[1, 0, 1]),
    ];
    cases.into_iter().all(|(text, negative, digits)| {
        // SAFETY: ints just made.
        unsafe {
            let Some(object) = Owned::new(ffi::PyLong_FromString(text.as_ptr(), std::ptr::null_mut(), 10)) else {
                return false;
            };
            let (below, count) = super::number::shape(object.0, packed);
            below == negative
                && count == digits.len()
                && (0..count).all(|at| super::number::digit(object.0, at) == digits[at])
        }
    })
}

unsafe fn text(at: (usize, usize)) -> bool {
    let cases: [&CStr; 5] = [c"", c"plain", c"caf\xc3\xa9", c"\xe2\x82\xac\xe2\x82\xac", c"x\xf0\x9f\x90\x8d"];
    cases.into_iter().all(|utf8| {
        // SAFETY: strings just made.
        unsafe {
            let Some(object) = Owned::new(ffi::PyUnicode_FromString(utf8.as_ptr())) else { return false };
            let Some(text) = super::text::Text::read(object.0, at) else { return false };
            let length = ffi::PyUnicode_GetLength(object.0);
            text.length.cast_signed() == length
                && (0..text.length)
                    .all(|index| text.at(index) == ffi::PyUnicode_ReadChar(object.0, index.cast_signed()))
        }
    })
}

unsafe fn set(python: &Python) -> bool {
    // SAFETY: a set just made; small, so its table is inside it.
    unsafe {
        let Some(object) = Owned::new(ffi::PySet_New(std::ptr::null_mut())) else { return false };
        if ffi::PySet_Add(object.0, ffi::Py_None()) != 0 {
            return false;
        }
        // Added, removed, and another one added: an item, an empty place, and a place where an item was.
        let (none, gone) = (ffi::Py_None(), ffi::Py_True());
        if ffi::PySet_Add(object.0, gone) != 0 || ffi::PySet_Discard(object.0, gone) != 1 {
            return false;
        }
        if field::<isize>(object.0.cast(), 24) != 1 || field::<isize>(object.0.cast(), 32) != 7 {
            return false;
        }
        let mut layout = python.layout;
        layout.set = true;
        let mut found = Vec::new();
        super::container::set_items(&layout, None, object.0, 8, |item| {
            found.push(item);
            true
        });
        found == [none]
    }
}

unsafe fn exception(python: &Python) -> Option<usize> {
    const AT: usize = 24;
    // SAFETY: an exception just made.
    unsafe {
        let args = Owned::new(ffi::PyTuple_New(0))?;
        let object = Owned::new(ffi::PyObject_CallObject(ffi::PyExc_ValueError, args.0))?;
        let said = match python.functions.exception_args {
            Some(get) => Owned::new(get(object.0))?,
            None => attribute(object.0, c"args")?,
        };
        (field::<*mut PyObject>(object.0.cast(), AT) == said.0).then_some(AT)
    }
}

/// The import system's own description of a module that is always there: an ordinary instance of an ordinary class.
unsafe fn spec(module: &CStr) -> Option<Owned> {
    // SAFETY: the GIL is held; a look into `sys.modules`.
    unsafe {
        let modules = ffi::PyImport_GetModuleDict();
        let module = ffi::PyDict_GetItemString(modules, module.as_ptr());
        if module.is_null() || type_of(module) != &raw mut ffi::PyModule_Type {
            return None;
        }
        let spec = ffi::PyDict_GetItemString(ffi::PyModule_GetDict(module), c"__spec__".as_ptr());
        if spec.is_null() || spec == ffi::Py_None() {
            return None;
        }
        ffi::Py_INCREF(spec);
        Some(Owned(spec))
    }
}

const MODULES: [&CStr; 5] = [c"builtins", c"sys", c"_imp", c"_thread", c"zipimport"];

unsafe fn heap(python: &Python, name_at: usize) -> bool {
    // SAFETY: a type of a listed version.
    unsafe {
        let Some(spec) = spec(c"builtins") else { return false };
        let class = type_of(spec.0);
        if ffi::PyType_GetFlags(class) & ffi::Py_TPFLAGS_HEAPTYPE == 0 {
            return false;
        }
        let said = match python.functions.qualified_name {
            Some(get) => Owned::new(get(class.cast())),
            None => attribute(class.cast(), c"__qualname__"),
        };
        said.is_some_and(|name| field::<*mut PyObject>(class.cast(), name_at) == name.0)
    }
}

unsafe fn dict() -> bool {
    // SAFETY: dictionaries just made.
    unsafe {
        let Some(object) = Owned::new(ffi::PyDict_New()) else { return false };
        let (Some(key), Some(other)) =
            (Owned::new(ffi::PyUnicode_FromString(c"key".as_ptr())), Owned::new(ffi::PyLong_FromLong(7)))
        else {
            return false;
        };
        let holds = |expected: &[(*mut PyObject, *mut PyObject)]| {
            let Some(table) = super::container::Table::of(object.0) else { return false };
            table.used == expected.len()
                && table.entries == expected.len()
                && expected.iter().enumerate().all(|(at, entry)| table.entry(at) == *entry)
        };
        let none = ffi::Py_None();
        if ffi::PyDict_SetItem(object.0, key.0, none) != 0 || !holds(&[(key.0, none)]) {
            return false;
        }
        ffi::PyDict_SetItem(object.0, other.0, key.0) == 0 && holds(&[(key.0, none), (other.0, key.0)])
    }
}

unsafe fn function(at: (usize, usize)) -> Option<(usize, usize)> {
    // SAFETY: a function of the import system.
    unsafe {
        let spec = spec(c"builtins")?;
        let function = attribute(type_of(spec.0).cast(), c"__init__")?;
        let (name, module) = (attribute(function.0, c"__qualname__")?, attribute(function.0, c"__module__")?);
        let same = field::<*mut PyObject>(function.0.cast(), at.0) == name.0
            && field::<*mut PyObject>(function.0.cast(), at.1) == module.0;
        same.then_some(at)
    }
}

unsafe fn inline(layout: &Layout) -> bool {
    // SAFETY: instances of the import system's own class.
    unsafe {
        for module in MODULES {
            let Some(spec) = spec(module) else { continue };
            let Some(values) = super::instance::Values::of(layout, spec.0) else { continue };
            let mut matching = 0;
            for at in 0..values.count() {
                let Some((name, value)) = values.get(at) else { continue };
                if name.is_null() || type_of(name) != &raw mut ffi::PyUnicode_Type {
                    return false;
                }
                match Owned::new(ffi::PyObject_GenericGetAttr(spec.0, name)) {
                    Some(said) if said.0 == value => matching += 1,
                    _ => return false,
                }
            }
            return matching >= 2;
        }
        false
    }
}

unsafe fn frame(python: &Python, minor: u8) -> Option<FrameLayout> {
    let newer = InnerFrame { object: 48, stack_top: 64, in_object: 24 };
    let layout = match minor {
        10 => FrameLayout { in_thread: 24, in_between: None, code: 32, locals: 56, variables: 352, inner: None },
        11 => FrameLayout {
            in_thread: 56,
            in_between: Some(8),
            code: 32,
            locals: 24,
            variables: 72,
            inner: Some(InnerFrame { object: 40, ..newer }),
        },
        12 => {
            FrameLayout { in_thread: 56, in_between: Some(0), code: 0, locals: 40, variables: 72, inner: Some(newer) }
        }
        13 => FrameLayout { in_thread: 72, in_between: None, code: 0, locals: 40, variables: 72, inner: Some(newer) },
        _ => return None,
    };
    // SAFETY: the running frame of a listed version.
    unsafe {
        let object = ffi::PyEval_GetFrame();
        if object.is_null() {
            return None;
        }
        let inner = match &layout.inner {
            None => object.cast::<c_void>().cast_const(),
            Some(places) => {
                let inner: *const c_void = field(object.cast(), places.in_object);
                if inner.is_null() || field::<*mut PyObject>(inner, places.object) != object.cast() {
                    return None;
                }
                inner
            }
        };
        let code = Owned::new(ffi::PyFrame_GetCode(object).cast())?;
        if field::<*mut PyObject>(inner, layout.code) != code.0 {
            return None;
        }
        if super::frame::running(&layout) != Some(inner) {
            return None;
        }
        // The first variable of the running function, as the interpreter reads it.
        let names = attribute(code.0, c"co_varnames")?;
        if let (Some(get), true) = (python.functions.frame_var, ffi::PyTuple_Size(names.0) > 0)
            && let Some(said) = Owned::new(get(object.cast(), ffi::PyTuple_GetItem(names.0, 0)))
            && field::<*mut PyObject>(inner, layout.variables) != said.0
        {
            let first: *mut PyObject = field(inner, layout.variables);
            // A variable that inner functions use is kept in a cell.
            if type_of(first) != python.types.cell || field::<*mut PyObject>(first.cast(), 16) != said.0 {
                return None;
            }
        }
        Some(layout)
    }
}
