//! What is captured of a code object, decided once: which variable stands where, and what the filter does with each.
//! Names of attributes and keys are not known in advance; decisions about them are kept in a small table.

use super::python::{Python, type_of};
use crate::filter::{ValueAction, ValueKind, ValuePolicy};
use crate::trace::manifest::Values;
use pyo3::ffi::{self, PyObject};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::Arc;

/// A variable of a code object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variable {
    /// Its place in the frame.
    pub place: u32,
    /// Whether it is kept in a cell.
    pub cell: bool,
    /// What the filter does with it.
    pub action: ValueAction,
    /// Under which kind that is counted.
    pub kind: ValueKind,
}

/// What is captured of one code object.
#[derive(Debug)]
pub struct CodeValues {
    /// Parameters in the order of `CodeFacts::params`, when arguments are recorded.
    pub(super) params: Box<[Variable]>,
    /// What happens to results, yields and exceptions; `None`: they are not recorded.
    pub(super) result: Option<ValueAction>,
    /// Variables in the order of `CodeFacts::locals`, when lines are recorded.
    pub(super) locals: Box<[Variable]>,
    /// Their names, when they live in a mapping (bodies of modules and classes) or cannot be read by place: owned.
    pub(super) names: Box<[Held]>,
    /// Whether variables live in a mapping.
    pub(super) in_mapping: bool,
    /// Places in the frame before its stack.
    pub(super) places: usize,
    /// Size of its stack.
    pub(super) stack: usize,
    pub(super) attributes: Arc<Attributes>,
}

/// A string of the code object's: owned, given back when the code object's entry is dropped.
#[derive(Debug)]
pub(super) struct Held(pub(super) *mut PyObject);

// SAFETY: counted up and down with the GIL held only.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: owned. At the end of the process the interpreter may be gone; then it is left alone.
        unsafe {
            if ffi::Py_IsInitialized() != 0 {
                ffi::Py_DECREF(self.0);
            }
        }
    }
}

impl CodeValues {
    /// Whether arguments are recorded at all.
    #[must_use]
    pub fn has_arguments(&self) -> bool {
        !self.params.is_empty()
    }

    /// Whether results, yields, sent values and exceptions are recorded.
    #[must_use]
    pub fn has_results(&self) -> bool {
        self.result.is_some()
    }

    /// Variables that `--lines` watches.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.locals.len()
    }
}

/// Names of the variables of a code object.
#[derive(Debug, Default)]
pub struct Names {
    /// `CodeFacts::params`.
    pub params: Vec<String>,
    /// `CodeFacts::locals`: for functions all variables, those of enclosing functions included; for bodies of modules
    /// and classes the names that the code uses. Empty when lines are not recorded.
    pub locals: Vec<String>,
}

/// The policies in force, so that code objects that are treated alike share their table. Emptied when the filter changes.
#[derive(Debug, Default)]
pub struct Policies {
    shared: HashMap<u32, Arc<Attributes>>,
}

/// `CO_OPTIMIZED | CO_NEWLOCALS`: variables have places in the frame.
const OPTIMIZED: i64 = 1 | 2;
const VARARGS: i64 = 4;
const VARKEYWORDS: i64 = 8;
/// Bodies of modules that use more names are watched for the first of them only.
const MAPPED: usize = 64;

impl Policies {
    /// Forgets everything; for a new filter.
    pub fn clear(&mut self) {
        self.shared.clear();
    }

    /// Decides what is captured of `code`. `obj` is the name of kind `ret` ([`crate::filter::obj_name`]).
    ///
    /// # Safety
    /// `code` is a code object; the GIL is held; no exception is set.
    pub unsafe fn decide(
        &mut self,
        code: *mut PyObject,
        policy: &ValuePolicy,
        obj: &str,
        values: Values,
        lines: bool,
    ) -> (CodeValues, Names) {
        let attributes = match policy.id() {
            Some(id) => Arc::clone(self.shared.entry(id).or_insert_with(|| Arc::new(Attributes::new(policy.clone())))),
            None => Arc::new(Attributes::new(policy.clone())),
        };
        // SAFETY: the caller's promise; attributes of code objects run no code of the program.
        unsafe {
            let python = Python::get();
            let number = |name: &CStr| number(code, name);
            let flags = number(c"co_flags");
            let fixed = number(c"co_argcount") + number(c"co_kwonlyargcount");
            let extra = i64::from(flags & VARARGS != 0) + i64::from(flags & VARKEYWORDS != 0);
            let count = usize::try_from(fixed + extra).unwrap_or(0);
            let (variables, cells, free) =
                (strings(code, c"co_varnames"), strings(code, c"co_cellvars"), strings(code, c"co_freevars"));
            let older = python.version < (3, 11);
            let cell_at = |name: &str| cells.iter().position(|cell| cell.text == name);
            let place = |at: usize, name: &str| match cell_at(name) {
                // Up to 3.10 a parameter in a cell moves behind the variables.
                Some(cell) if older => (variables.len() + cell, true),
                Some(_) => (at, true),
                None => (at, false),
            };
            let action = |kind, name: &str| policy.action(kind, name);
            let params = variables.iter().take(count).map(|it| it.text.clone()).collect();
            let mut names = Names { params, locals: Vec::new() };
            let params: Vec<Variable> = if values == Values::None {
                Vec::new()
            } else {
                let param = |(at, name): (usize, &Named)| {
                    let (place, cell) = place(at, &name.text);
                    let kind = ValueKind::Arg;
                    Variable { place: place as u32, cell, action: action(kind, &name.text), kind }
                };
                variables.iter().enumerate().take(count).map(param).collect()
            };
            let in_mapping = flags & OPTIMIZED != OPTIMIZED;
            let lines = lines && values != Values::None;
            let mut held = Vec::new();
            let mut locals = Vec::new();
            if lines && in_mapping {
                for (at, name) in strings(code, c"co_names").into_iter().take(MAPPED).enumerate() {
                    let kind = ValueKind::Local;
                    let variable = Variable { place: at as u32, cell: false, action: action(kind, &name.text), kind };
                    locals.push(variable);
                    names.locals.push(name.text.clone());
                    held.push(name.into_held());
                }
            } else if lines {
                let own = cells.iter().filter(|cell| variables.iter().all(|it| it.text != cell.text));
                let all = variables.iter().map(|it| (it, false)).chain(own.chain(&free).map(|it| (it, true)));
                for (at, (name, beyond)) in all.enumerate() {
                    let (at, cell) = match (beyond, older) {
                        (false, _) => place(at, &name.text),
                        (true, false) => (at, true),
                        (true, true) => match cell_at(&name.text) {
                            Some(cell) => (variables.len() + cell, true),
                            None => {
                                let free_at = free.iter().position(|it| it.text == name.text).unwrap_or(0);
                                (variables.len() + cells.len() + free_at, true)
                            }
                        },
                    };
                    let is_param = !beyond && names.locals.len() < count;
                    let local = action(ValueKind::Local, &name.text);
                    let arg = if is_param { action(ValueKind::Arg, &name.text) } else { ValueAction::Allow };
                    // Counted under the kind that was stricter.
                    let kind = if arg > local { ValueKind::Arg } else { ValueKind::Local };
                    locals.push(Variable { place: at as u32, cell, action: arg.max(local), kind });
                    names.locals.push(name.text.clone());
                }
            }
            let own_cells =
                cells.iter().filter(|cell| older || variables.iter().all(|it| it.text != cell.text)).count();
            let places = variables.len() + own_cells + free.len();
            if python.layout.frame.is_none() && !in_mapping {
                // Read by name.
                held = variables.into_iter().map(Named::into_held).collect();
            }
            let values = CodeValues {
                params: params.into_boxed_slice(),
                result: (values == Values::All).then(|| action(ValueKind::Ret, obj)),
                locals: locals.into_boxed_slice(),
                names: held.into_boxed_slice(),
                in_mapping,
                places,
                stack: usize::try_from(number(c"co_stacksize")).unwrap_or(0),
                attributes,
            };
            (values, names)
        }
    }
}

/// A name of the code object's, and its text.
struct Named {
    held: Held,
    text: String,
}

impl Named {
    fn into_held(self) -> Held {
        self.held
    }
}

/// An attribute of a code object that is a number; 0 when there is none.
unsafe fn number(code: *mut PyObject, name: &CStr) -> i64 {
    // SAFETY: the caller holds the GIL.
    unsafe {
        let value = ffi::PyObject_GetAttrString(code, name.as_ptr());
        if value.is_null() {
            ffi::PyErr_Clear();
            return 0;
        }
        let mut overflow = 0;
        let number = ffi::PyLong_AsLongLongAndOverflow(value, &raw mut overflow);
        ffi::Py_DECREF(value);
        number
    }
}

/// An attribute of a code object that is a tuple of strings.
unsafe fn strings(code: *mut PyObject, name: &CStr) -> Vec<Named> {
    // SAFETY: the caller holds the GIL.
    unsafe {
        let python = Python::get();
        let tuple = ffi::PyObject_GetAttrString(code, name.as_ptr());
        if tuple.is_null() || type_of(tuple) != &raw mut ffi::PyTuple_Type {
            ffi::PyErr_Clear();
            ffi::Py_XDECREF(tuple);
            return Vec::new();
        }
        let mut all = Vec::new();
        for at in 0..ffi::PyTuple_Size(tuple) {
            let item = ffi::PyTuple_GetItem(tuple, at);
            let mut text = String::new();
            if !item.is_null() && super::text::is_str(item) {
                super::text::append(python, item, usize::MAX, false, &mut text);
            }
            ffi::Py_INCREF(item);
            all.push(Named { held: Held(item), text });
        }
        ffi::Py_DECREF(tuple);
        all
    }
}

/// What the filter does with attributes and keys.
pub struct Attributes {
    policy: ValuePolicy,
    /// The answer for every name, when no pattern is about attributes.
    uniform: Option<ValueAction>,
    /// Answers for short names, each at the place that its hash says; a newer name takes the place of an older one.
    known: RefCell<Box<[Option<Known>]>>,
}

struct Known {
    name: Box<[u8]>,
    action: ValueAction,
}

// SAFETY: the table is used with the GIL held only, and nothing in it runs code of the program.
unsafe impl Send for Attributes {}
// SAFETY: as above.
unsafe impl Sync for Attributes {}

impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attributes").field("uniform", &self.uniform).finish_non_exhaustive()
    }
}

impl Attributes {
    /// Places in the table.
    const PLACES: usize = 512;
    /// Longer names are decided anew each time.
    const LENGTH: usize = 64;

    fn new(policy: ValuePolicy) -> Self {
        let uniform = policy.uniform(ValueKind::Attr);
        Self { policy, uniform, known: RefCell::default() }
    }

    /// The answer for every name, if there is one.
    pub(super) fn uniform(&self) -> Option<ValueAction> {
        self.uniform
    }

    /// What happens to the value of this attribute or key.
    pub(super) fn action(&self, name: &[u8]) -> ValueAction {
        if let Some(action) = self.uniform {
            return action;
        }
        let place = hash(name) as usize % Self::PLACES;
        let Ok(mut known) = self.known.try_borrow_mut() else { return ValueAction::Redact };
        if let Some(Some(found)) = known.get(place)
            && *found.name == *name
        {
            return found.action;
        }
        let action = self.policy.action(ValueKind::Attr, &String::from_utf8_lossy(name));
        if name.len() <= Self::LENGTH {
            if known.is_empty() {
                *known = (0..Self::PLACES).map(|_| None).collect();
            }
            known[place] = Some(Known { name: name.into(), action });
        }
        action
    }
}

/// A quick hash of a short name.
fn hash(name: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = name.len() as u64;
    let mut chunks = name.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = (state ^ word).wrapping_mul(FACTOR).rotate_left(29);
    }
    for &byte in chunks.remainder() {
        state = (state ^ u64::from(byte)).wrapping_mul(FACTOR);
    }
    state ^ state >> 32
}
