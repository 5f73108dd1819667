//! Qualified names on CPython 3.10, whose code objects know only their plain name. The compiler writes the qualified name
//! of each function beside its code object, as the second of two constants that are loaded to make it, and that of a class
//! into its body, as the first constant there; so the body of a module, looked through once when it starts, names
//! everything below it.

use super::python::{self, Name};
use pyo3::ffi::{self, PyObject};
use std::collections::HashMap;

const LOAD_CONST: u8 = 100;
const EXTENDED_ARG: u8 = 144;
const MAKE_FUNCTION: u8 = 132;
/// Among a code object's flags: it has variables of its own, as functions do and bodies of classes do not.
const NEW_LOCALS: i64 = 2;

/// Most code objects that are remembered, and looked through in one module.
const MAX: usize = 1 << 16;

static CO_CODE: Name = Name::new(c"co_code");
static CO_FLAGS: Name = Name::new(c"co_flags");
static CO_CONSTS: Name = Name::new(c"co_consts");
static CO_NAME: Name = Name::new(c"co_name");
static CO_FIRSTLINENO: Name = Name::new(c"co_firstlineno");

/// Qualified names by the address of the code object; with what tells that it still is the same one.
#[derive(Default)]
pub struct Qualnames {
    known: HashMap<usize, Known>,
}

struct Known {
    line: i64,
    qualname: String,
}

impl Qualnames {
    /// Learns the names of everything that a body defines, at any depth.
    ///
    /// # Safety
    /// The GIL is held and `body` is a code object of CPython 3.10.
    pub unsafe fn learn(&mut self, body: *mut PyObject) {
        if self.known.len() > MAX {
            self.known.clear();
        }
        let mut waiting = vec![body];
        let mut seen = 0;
        while let Some(code) = waiting.pop() {
            seen += 1;
            if seen > MAX {
                return;
            }
            // SAFETY: as the caller promised; constants live as long as the code object that has them.
            unsafe { self.learn_one(code, &mut waiting) };
        }
    }

    /// # Safety
    /// As for [`Self::learn`].
    unsafe fn learn_one(&mut self, code: *mut PyObject, waiting: &mut Vec<*mut PyObject>) {
        // SAFETY: as the caller promised; the indices are checked.
        unsafe {
            let Some(bytes) = python::attribute(code, &CO_CODE) else { return };
            let Some(constants) = python::attribute(code, &CO_CONSTS) else { return };
            if ffi::PyBytes_Check(bytes.as_ptr()) == 0 || ffi::PyTuple_Check(constants.as_ptr()) == 0 {
                return;
            }
            let start = ffi::PyBytes_AsString(bytes.as_ptr()).cast::<u8>();
            let length = ffi::PyBytes_Size(bytes.as_ptr()).max(0) as usize;
            let bytes = std::slice::from_raw_parts(start, length);
            let count = ffi::PyTuple_Size(constants.as_ptr()).max(0) as usize;
            let constant = |at: Option<usize>| {
                at.filter(|at| *at < count).map(|at| ffi::PyTuple_GetItem(constants.as_ptr(), at as ffi::Py_ssize_t))
            };
            let kind = ffi::Py_TYPE(code);
            let (mut last, mut before, mut high) = (None, None, 0usize);
            for pair in bytes.chunks_exact(2) {
                let argument = high << 8 | usize::from(pair[1]);
                high = 0;
                match pair[0] {
                    EXTENDED_ARG => high = argument,
                    LOAD_CONST => (before, last) = (last, Some(argument)),
                    MAKE_FUNCTION => {
                        if let (Some(constant), Some(name)) = (constant(before), constant(last))
                            && ffi::Py_TYPE(constant) == kind
                            && let Some(name) = python::text(name)
                        {
                            let line = python::int_attribute(constant, &CO_FIRSTLINENO);
                            let qualname = of_class(constant, &name).unwrap_or_else(|| name.into_owned());
                            self.known.insert(constant as usize, Known { line, qualname });
                            waiting.push(constant);
                        }
                        (before, last) = (None, None);
                    }
                    _ => {}
                }
            }
        }
    }

    /// The qualified name of a code object, if it was learned.
    ///
    /// # Safety
    /// The GIL is held and `code` is a code object.
    pub unsafe fn of(&self, code: *mut PyObject) -> Option<String> {
        let known = self.known.get(&(code as usize))?;
        // The address may have been used again: the name and the line tell.
        // SAFETY: as the caller promised.
        unsafe {
            let name = python::attribute(code, &CO_NAME)?;
            let name = python::text(name.as_ptr())?;
            let same = known.line == python::int_attribute(code, &CO_FIRSTLINENO)
                && known.qualname.strip_suffix(&*name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            same.then(|| known.qualname.clone())
        }
    }
}

/// The qualified name in the body of a class called `name`; `None` when `code` is no such body.
///
/// # Safety
/// The GIL is held and `code` is a code object of CPython 3.10.
unsafe fn of_class(code: *mut PyObject, name: &str) -> Option<String> {
    // SAFETY: as the caller promised; the first constant is there when there are any.
    unsafe {
        if python::int_attribute(code, &CO_FLAGS) & NEW_LOCALS != 0 {
            return None;
        }
        let constants = python::attribute(code, &CO_CONSTS)?;
        if ffi::PyTuple_Check(constants.as_ptr()) == 0 || ffi::PyTuple_Size(constants.as_ptr()) < 1 {
            return None;
        }
        let qualname = python::text(ffi::PyTuple_GetItem(constants.as_ptr(), 0))?;
        qualname.strip_suffix(name)?.ends_with('.').then(|| qualname.into_owned())
    }
}
