//! What is captured of a code object, decided once: which variable stands where, and what the filter does with each.
//! Names of attributes and keys are not known in advance; decisions about them are kept in a small table.

use super::python::{Python, type_of};
use crate::filter::{ValueAction, ValueKind, ValuePolicy};
use crate::trace::manifest::Values;
use pyo3::ffi::{self, PyObject};
use sha2::{Digest, Sha256};
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
    /// It is a global of the module, and `place` counts `CodeValues::globals`.
    pub global: bool,
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
    /// Names of the globals that the code sets, when lines are recorded.
    pub(super) globals: Box<[Held]>,
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
    /// Whether it must be dropped with the GIL held.
    #[must_use]
    pub fn holds_objects(&self) -> bool {
        !self.names.is_empty() || !self.globals.is_empty()
    }

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

/// The policies in force, so that code objects that are treated alike share their table. Emptied when the filter changes.
#[derive(Debug, Default)]
pub struct Policies {
    shared: HashMap<u32, Arc<Attributes>>,
}

/// `CO_OPTIMIZED | CO_NEWLOCALS`: variables have places in the frame.
const OPTIMIZED: i64 = 1 | 2;
const VARARGS: i64 = 4;
const VARKEYWORDS: i64 = 8;
/// Bodies of modules and classes that use more names are watched for the first of them only.
const MAPPED: usize = 256;
/// Globals of a function that are watched.
const GLOBALS: usize = 64;

/// Names that every body has, and that nobody calls a variable.
const SELF_EVIDENT: [&str; 9] = [
    "__name__",
    "__file__",
    "__module__",
    "__qualname__",
    "__firstlineno__",
    "__static_attributes__",
    "__classcell__",
    "__classdict__",
    "__classdictcell__",
];

/// The variables of a code object: their names, and where a frame keeps them.
pub struct Shape {
    /// Parameters first: positional, keyword-only, `*args`, `**kwargs`.
    variables: Vec<Named>,
    cells: Vec<Named>,
    free: Vec<Named>,
    /// Names that the body of a module or class uses; empty for functions.
    mapped: Vec<Named>,
    /// Globals that a function sets or deletes.
    globals: Vec<Named>,
    params: usize,
    stack: usize,
    in_mapping: bool,
    /// Whether parameters in cells move behind the variables, as they did up to 3.10.
    older: bool,
}

impl Shape {
    /// Reads it off a code object.
    ///
    /// # Safety
    /// `code` is a code object; the GIL is held; no exception is set.
    pub unsafe fn read(code: *mut PyObject) -> Self {
        // SAFETY: the caller's promise; attributes of code objects run no code of the program.
        unsafe {
            let flags = number(code, c"co_flags");
            let fixed = number(code, c"co_argcount") + number(code, c"co_kwonlyargcount");
            let extra = i64::from(flags & VARARGS != 0) + i64::from(flags & VARKEYWORDS != 0);
            let in_mapping = flags & OPTIMIZED != OPTIMIZED;
            let mut mapped = if in_mapping { strings(code, c"co_names") } else { Vec::new() };
            mapped.retain(|name| !SELF_EVIDENT.contains(&name.text.as_str()));
            let globals = if in_mapping { Vec::new() } else { globals_set(code) };
            Self {
                variables: strings(code, c"co_varnames"),
                cells: strings(code, c"co_cellvars"),
                free: strings(code, c"co_freevars"),
                mapped,
                globals,
                params: usize::try_from(fixed + extra).unwrap_or(0),
                stack: usize::try_from(number(code, c"co_stacksize")).unwrap_or(0),
                in_mapping,
                older: Python::get().version < (3, 11),
            }
        }
    }

    /// `CodeFacts::params`.
    #[must_use]
    pub fn params(&self) -> Vec<String> {
        self.variables.iter().take(self.params).map(|it| it.text.clone()).collect()
    }

    /// `CodeFacts::locals`: for functions all variables, those of enclosing functions included, and the globals that
    /// they set; for bodies of modules and classes the first names that the code uses.
    #[must_use]
    pub fn locals(&self) -> Vec<String> {
        if self.in_mapping {
            return self.mapped.iter().take(MAPPED).map(|it| it.text.clone()).collect();
        }
        let own = self.variables.iter().chain(self.own_cells()).chain(&self.free);
        own.chain(&self.globals).map(|it| it.text.clone()).collect()
    }

    /// `CodeFacts::unwatched`: names of a body beyond those in [`Self::locals`].
    #[must_use]
    pub fn unwatched(&self) -> u32 {
        u32::try_from(self.mapped.len().saturating_sub(MAPPED)).unwrap_or(u32::MAX)
    }

    /// What tells code objects apart whose frames must be read in different ways.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        let mut digest = Sha256::new();
        for names in [&self.variables, &self.cells, &self.free, &self.mapped, &self.globals] {
            for name in names {
                digest.update(name.text.as_bytes());
                digest.update([0]);
            }
            digest.update([1]);
        }
        for number in [self.params, self.stack, usize::from(self.in_mapping)] {
            digest.update(number.to_le_bytes());
        }
        let mut short = [0; 16];
        short.copy_from_slice(&digest.finalize()[..16]);
        short
    }

    /// Variables in cells that are no parameters.
    fn own_cells(&self) -> impl Iterator<Item = &Named> {
        self.cells.iter().filter(|cell| self.variables.iter().all(|it| it.text != cell.text))
    }

    /// Where the variable `at` of `co_varnames` stands, and whether in a cell.
    fn place(&self, at: usize) -> (usize, bool) {
        let name = self.variables.get(at).map_or("", |it| it.text.as_str());
        match self.cells.iter().position(|cell| cell.text == name) {
            Some(cell) if self.older => (self.variables.len() + cell, true),
            Some(_) => (at, true),
            None => (at, false),
        }
    }

    /// Name, place and cell of every local, in the order of [`Self::locals`].
    fn places(&self) -> Vec<(&str, usize, bool)> {
        let count = self.variables.len();
        let own: Vec<&Named> = self.own_cells().collect();
        let variables = self.variables.iter().enumerate().map(|(at, it)| {
            let (place, cell) = self.place(at);
            (it.text.as_str(), place, cell)
        });
        let cells = own.iter().enumerate().map(|(index, it)| {
            let older = self.cells.iter().position(|cell| cell.text == it.text).unwrap_or(index);
            (it.text.as_str(), count + if self.older { older } else { index }, true)
        });
        let before_free = count + if self.older { self.cells.len() } else { own.len() };
        let free = self.free.iter().enumerate().map(|(index, it)| (it.text.as_str(), before_free + index, true));
        variables.chain(cells).chain(free).collect()
    }
}

impl Policies {
    /// Forgets everything; for a new filter.
    pub fn clear(&mut self) {
        self.shared.clear();
    }

    /// Decides what is captured of code of this shape. `obj` is the name of kind `ret` ([`crate::filter::obj_name`]).
    ///
    /// # Safety
    /// The GIL is held.
    pub unsafe fn decide(
        &mut self,
        shape: Shape,
        policy: &ValuePolicy,
        obj: &str,
        values: Values,
        lines: bool,
    ) -> CodeValues {
        let attributes = match policy.id() {
            Some(id) => Arc::clone(self.shared.entry(id).or_insert_with(|| Arc::new(Attributes::new(policy.clone())))),
            None => Arc::new(Attributes::new(policy.clone())),
        };
        let params = if values == Values::None { 0 } else { shape.params };
        let param = |(at, name): (usize, &Named)| {
            let (place, cell) = shape.place(at);
            let kind = ValueKind::Arg;
            Variable { place: place as u32, cell, global: false, action: policy.action(kind, &name.text), kind }
        };
        let params: Box<[Variable]> = shape.variables.iter().enumerate().take(params).map(param).collect();
        let local = |(at, (name, place, cell)): (usize, (&str, usize, bool))| {
            let local = policy.action(ValueKind::Local, name);
            let is_param = at < shape.params && !shape.in_mapping;
            let arg = if is_param { policy.action(ValueKind::Arg, name) } else { ValueAction::Allow };
            // Counted under the kind that was stricter.
            let kind = if arg > local { ValueKind::Arg } else { ValueKind::Local };
            Variable { place: place as u32, cell, global: false, action: arg.max(local), kind }
        };
        let global = |(place, it): (usize, &Named)| {
            let kind = ValueKind::Global;
            Variable { place: place as u32, cell: false, global: true, action: policy.action(kind, &it.text), kind }
        };
        let locals: Box<[Variable]> = if !lines || values == Values::None {
            Box::default()
        } else if shape.in_mapping {
            let names = shape.mapped.iter().take(MAPPED).map(|it| (it.text.as_str(), 0, false));
            names.enumerate().map(local).collect()
        } else {
            let own = shape.places().into_iter().enumerate().map(local);
            own.chain(shape.globals.iter().enumerate().map(global)).collect()
        };
        let own_cells = if shape.older { shape.cells.len() } else { shape.own_cells().count() };
        let places = shape.variables.len() + own_cells + shape.free.len();
        // SAFETY: the caller's promise.
        let by_name = unsafe { Python::get() }.layout.frame.is_none();
        let Shape { variables, mapped, globals, stack, in_mapping, .. } = shape;
        let globals = if locals.is_empty() { Vec::new() } else { globals };
        let names = match (in_mapping, by_name) {
            (true, _) if !locals.is_empty() => mapped,
            (false, true) => variables,
            _ => Vec::new(),
        };
        CodeValues {
            params,
            result: (values == Values::All).then(|| policy.action(ValueKind::Ret, obj)),
            locals,
            names: names.into_iter().map(|it| it.held).collect(),
            globals: globals.into_iter().map(|it| it.held).collect(),
            in_mapping,
            places,
            stack,
            attributes,
        }
    }
}

/// A name of the code object's, and its text.
struct Named {
    held: Held,
    text: String,
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
        // From 3.12 on some of these tuples are made when they are first asked for, and the code object keeps them. The
        // program would find them among `gc.get_objects()`. The collector takes tuples of strings out there itself.
        if python.version >= (3, 12) && name != c"co_names" {
            ffi::PyObject_GC_UnTrack(tuple.cast());
        }
        ffi::Py_DECREF(tuple);
        all
    }
}

/// Names of the globals that a code object sets or deletes, each once, in the order of its instructions.
unsafe fn globals_set(code: *mut PyObject) -> Vec<Named> {
    // SAFETY: the caller holds the GIL; the bytes are read before anything else runs.
    unsafe {
        // Numbers of instructions: store, delete, and the one that holds the high bits of the next one's argument.
        let (store, delete, extended) = match Python::get().version {
            (3, 10..=12) => (97, 98, 144),
            (3, 13) => (113, 66, 71),
            _ => return Vec::new(),
        };
        let bytes = ffi::PyObject_GetAttrString(code, c"co_code".as_ptr());
        if bytes.is_null() || type_of(bytes) != &raw mut ffi::PyBytes_Type {
            ffi::PyErr_Clear();
            ffi::Py_XDECREF(bytes);
            return Vec::new();
        }
        let size = usize::try_from(ffi::PyBytes_Size(bytes)).unwrap_or(0);
        let instructions = std::slice::from_raw_parts(ffi::PyBytes_AsString(bytes).cast::<u8>().cast_const(), size);
        let (mut found, mut high) = (Vec::new(), 0usize);
        for pair in instructions.chunks_exact(2) {
            let argument = high << 8 | usize::from(pair[1]);
            high = if pair[0] == extended { argument } else { 0 };
            if (pair[0] == store || pair[0] == delete) && !found.contains(&argument) && found.len() < GLOBALS {
                found.push(argument);
            }
        }
        ffi::Py_DECREF(bytes);
        if found.is_empty() {
            return Vec::new();
        }
        let mut names: Vec<Option<Named>> = strings(code, c"co_names").into_iter().map(Some).collect();
        found.into_iter().filter_map(|at| names.get_mut(at)?.take()).collect()
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
