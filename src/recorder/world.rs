//! What naming asks about the interpreter, answered from CPython's own structures: `sys.path`, `sys.modules` through the
//! dictionaries of real modules, and the disk. Nothing here imports, and no lazy loader is woken.

use super::python::{self, Name, Owned};
use crate::naming::{Attr, ModuleRow, World, marker_in};
use pyo3::ffi;
use std::borrow::Cow;
use std::ffi::CStr;
use std::path::Path;

static SPEC: Name = Name::new(c"__spec__");
static NAME: Name = Name::new(c"__name__");
static SPEC_NAME: Name = Name::new(c"name");
static SPEC_ORIGIN: Name = Name::new(c"origin");
static FILE: Name = Name::new(c"__file__");
static CACHED: Name = Name::new(c"__cached__");

/// The world as the interpreter sees it. Used with the GIL held, like everything that reads it.
pub struct Interpreter {
    /// Folder in which this process started.
    pub startup_cwd: String,
    /// The recording's project root.
    pub project_root: Option<String>,
}

/// `sys.NAME`, borrowed.
///
/// # Safety
/// The GIL is held.
pub unsafe fn sys(name: &CStr) -> Option<*mut ffi::PyObject> {
    // SAFETY: a terminated string; the GIL is held.
    let found = unsafe { ffi::PySys_GetObject(name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// The strings of a list, others passed over.
///
/// # Safety
/// The GIL is held.
pub unsafe fn each_string(list: *mut ffi::PyObject, each: &mut dyn FnMut(&str)) {
    // SAFETY: the GIL is held; the list does not change while C code without callbacks reads it.
    unsafe {
        if ffi::PyList_Check(list) == 0 {
            return;
        }
        for index in 0..ffi::PyList_Size(list) {
            if let Some(text) = python::text(ffi::PyList_GetItem(list, index)) {
                each(&text);
            }
        }
        ffi::PyErr_Clear();
    }
}

impl World for Interpreter {
    fn startup_cwd(&self) -> &str {
        &self.startup_cwd
    }

    fn cwd(&self) -> String {
        std::env::current_dir().map_or_else(|_| self.startup_cwd.clone(), |path| path.to_string_lossy().into_owned())
    }

    fn roots_version(&self) -> u64 {
        // SAFETY: the recorder asks with the GIL held. Strings are only looked at, never kept.
        unsafe {
            let Some(list) = sys(c"path").filter(|list| ffi::PyList_Check(*list) != 0) else { return 0 };
            let mut version = list as u64;
            let mut mix = |value: u64| version = (version ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
            for index in 0..ffi::PyList_Size(list) {
                let item = ffi::PyList_GetItem(list, index);
                mix(item as u64);
                // The hash of an exact string is kept inside it.
                if ffi::PyUnicode_CheckExact(item) != 0 {
                    mix(ffi::PyObject_Hash(item) as u64);
                }
            }
            ffi::PyErr_Clear();
            version
        }
    }

    fn roots(&self, each: &mut dyn FnMut(&str)) {
        // SAFETY: the recorder asks with the GIL held.
        unsafe {
            if let Some(list) = sys(c"path") {
                each_string(list, each);
            }
        }
    }

    fn modules_len(&self) -> usize {
        // SAFETY: the recorder asks with the GIL held.
        unsafe {
            let modules = modules();
            if modules.is_null() { 0 } else { ffi::PyDict_Size(modules).max(0) as usize }
        }
    }

    fn modules(&self, each: &mut dyn FnMut(ModuleRow<'_>)) {
        // SAFETY: the recorder asks with the GIL held; nothing here runs code that could change the dictionary.
        unsafe {
            let modules = modules();
            if modules.is_null() {
                return;
            }
            let (mut at, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
            while ffi::PyDict_Next(modules, &raw mut at, &raw mut key, &raw mut value) != 0 {
                let Some(key) = python::text(key) else { continue };
                if ffi::PyModule_Check(value) == 0 {
                    continue;
                }
                let dict = ffi::PyModule_GetDict(value);
                let string = |name| python::entry(dict, name).and_then(|found| python::text(found));
                let (name, file, cached) = (string(&NAME), string(&FILE), string(&CACHED));
                let spec = Spec::of(dict);
                each(ModuleRow {
                    key: &key,
                    name: name.as_deref(),
                    spec_name: spec.name().as_deref(),
                    spec_origin: spec.origin().as_deref(),
                    file: file.as_deref(),
                    cached: cached.as_deref(),
                });
            }
        }
    }

    fn marker(&self, folder: &str) -> Option<&'static str> {
        marker_in(Path::new(folder))
    }

    fn project_root(&self) -> Option<&str> {
        self.project_root.as_deref()
    }
}

/// `sys.modules`, borrowed; null when it is no dictionary.
///
/// # Safety
/// The GIL is held.
unsafe fn modules() -> *mut ffi::PyObject {
    // SAFETY: the GIL is held.
    unsafe {
        let modules = ffi::PyImport_GetModuleDict();
        if !modules.is_null() && ffi::PyDict_Check(modules) != 0 { modules } else { std::ptr::null_mut() }
    }
}

/// The attributes of a module's `__spec__`.
pub struct Spec {
    dict: Option<Owned>,
}

impl Spec {
    /// # Safety
    /// The GIL is held as long as the result lives; `globals` is a dictionary or null.
    pub unsafe fn of(globals: *mut ffi::PyObject) -> Self {
        // SAFETY: as the caller promised. `None` has no instance dictionary, which is an answer too.
        unsafe {
            let spec = python::entry(globals, &SPEC).filter(|spec| *spec != ffi::Py_None());
            Self { dict: spec.and_then(|spec| python::instance_dict(spec)) }
        }
    }

    fn string(&self, name: &Name) -> Option<Cow<'_, str>> {
        // SAFETY: the GIL is held (see `of`), and the dictionary keeps the string alive.
        unsafe { python::entry(self.dict.as_ref()?.as_ptr(), name).and_then(|found| python::text(found)) }
    }

    /// `__spec__.origin`, if it is a string.
    pub fn origin(&self) -> Option<Cow<'_, str>> {
        self.string(&SPEC_ORIGIN)
    }

    /// `__spec__.name`, if it is a string.
    pub fn name(&self) -> Option<Cow<'_, str>> {
        self.string(&SPEC_NAME)
    }
}

/// A string that may be missing, or something else.
pub enum Found<'a> {
    /// Not there, or `None`.
    Missing,
    /// Its type.
    Other(String),
    /// It.
    Text(Cow<'a, str>),
}

impl Found<'_> {
    /// As naming wants it.
    pub fn attr(&self) -> Attr<'_> {
        match self {
            Found::Missing => Attr::Missing,
            Found::Other(type_name) => Attr::NotAString(type_name),
            Found::Text(text) => Attr::Str(text),
        }
    }
}

/// `globals["__name__"]`.
///
/// # Safety
/// The GIL is held, and `globals` outlives the result unchanged.
pub unsafe fn module_name<'a>(globals: *mut ffi::PyObject) -> Found<'a> {
    // SAFETY: as the caller promised.
    unsafe {
        match python::entry(globals, &NAME) {
            None => Found::Missing,
            Some(found) if found == ffi::Py_None() => Found::Missing,
            Some(found) => match python::text(found) {
                Some(text) => Found::Text(text),
                None => Found::Other(python::type_name(found)),
            },
        }
    }
}
