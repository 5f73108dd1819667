//! What the recorder asks of CPython beyond the stable ABI, looked up at run time, and careful readers on top of the C
//! API: none of them runs code of the program, and none leaves an exception behind.

use pyo3::ffi;
use std::borrow::Cow;
use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// Reads a slot of a code object.
pub type GetExtra = unsafe extern "C" fn(*mut ffi::PyObject, ffi::Py_ssize_t, *mut *mut c_void) -> c_int;
/// Writes a slot of a code object.
pub type SetExtra = unsafe extern "C" fn(*mut ffi::PyObject, ffi::Py_ssize_t, *mut c_void) -> c_int;
type RequestExtra = unsafe extern "C" fn(Option<unsafe extern "C" fn(*mut c_void)>) -> ffi::Py_ssize_t;
type GetBack = unsafe extern "C" fn(*mut ffi::PyFrameObject) -> *mut ffi::PyFrameObject;
type CurrentFrames = unsafe extern "C" fn() -> *mut ffi::PyObject;
type IsFinalizing = unsafe extern "C" fn() -> c_int;
type SetProfile = unsafe extern "C" fn(Option<Tracer>, *mut ffi::PyObject);
type ThreadHead = unsafe extern "C" fn(*mut ffi::PyInterpreterState) -> *mut ffi::PyThreadState;
type ThreadNext = unsafe extern "C" fn(*mut ffi::PyThreadState) -> *mut ffi::PyThreadState;
type GetLasti = unsafe extern "C" fn(*mut ffi::PyFrameObject) -> c_int;

/// A profile or trace function.
pub type Tracer = unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyFrameObject, c_int, *mut ffi::PyObject) -> c_int;

/// Functions that are not in the stable ABI.
pub struct Symbols {
    /// `PyUnstable_Code_GetExtra`, `_PyCode_GetExtra`.
    pub get_extra: GetExtra,
    /// `PyUnstable_Code_SetExtra`, `_PyCode_SetExtra`.
    pub set_extra: SetExtra,
    /// Our slot in every code object.
    pub slot: ffi::Py_ssize_t,
    /// `PyFrame_GetBack`: a new reference or null.
    pub get_back: GetBack,
    /// `_PyThread_CurrentFrames`: a new dictionary from thread identifiers to frames.
    pub current_frames: Option<CurrentFrames>,
    /// `Py_IsFinalizing`, `_Py_IsFinalizing`.
    pub is_finalizing: Option<IsFinalizing>,
    /// `PyEval_SetProfile`.
    pub set_profile: Option<SetProfile>,
    /// `PyInterpreterState_ThreadHead`.
    pub thread_head: Option<ThreadHead>,
    /// `PyThreadState_Next`.
    pub thread_next: Option<ThreadNext>,
    /// `PyFrame_GetLasti` (3.11).
    pub get_lasti: Option<GetLasti>,
}

static SYMBOLS: OnceLock<Symbols> = OnceLock::new();

/// The address of the first of these functions that the interpreter has.
pub fn symbol(names: &[&CStr]) -> Option<*mut c_void> {
    names.iter().find_map(|name| {
        // SAFETY: a terminated string; the interpreter is loaded with its symbols visible, or nothing here would be.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        (!found.is_null()).then_some(found)
    })
}

/// Looks everything up.
///
/// # Errors
/// The name of the function that this interpreter does not have.
///
/// # Safety
/// The GIL must be held.
pub unsafe fn look_up() -> Result<&'static Symbols, &'static str> {
    if let Some(symbols) = SYMBOLS.get() {
        return Ok(symbols);
    }
    // SAFETY: these are the types that the functions of these names have had since they exist (3.10 and before).
    let symbols = unsafe {
        let get = symbol(&[c"PyUnstable_Code_GetExtra", c"_PyCode_GetExtra"]).ok_or("PyUnstable_Code_GetExtra")?;
        let set = symbol(&[c"PyUnstable_Code_SetExtra", c"_PyCode_SetExtra"]).ok_or("PyUnstable_Code_SetExtra")?;
        let request = symbol(&[c"PyUnstable_Eval_RequestCodeExtraIndex", c"_PyEval_RequestCodeExtraIndex"])
            .ok_or("PyUnstable_Eval_RequestCodeExtraIndex")?;
        let back = symbol(&[c"PyFrame_GetBack"]).ok_or("PyFrame_GetBack")?;
        let slot = std::mem::transmute::<*mut c_void, RequestExtra>(request)(None);
        if slot < 0 {
            return Err("a free slot in code objects");
        }
        Symbols {
            get_extra: std::mem::transmute::<*mut c_void, GetExtra>(get),
            set_extra: std::mem::transmute::<*mut c_void, SetExtra>(set),
            slot,
            get_back: std::mem::transmute::<*mut c_void, GetBack>(back),
            current_frames: symbol(&[c"_PyThread_CurrentFrames"])
                .map(|found| std::mem::transmute::<*mut c_void, CurrentFrames>(found)),
            is_finalizing: symbol(&[c"Py_IsFinalizing", c"_Py_IsFinalizing"])
                .map(|found| std::mem::transmute::<*mut c_void, IsFinalizing>(found)),
            set_profile: symbol(&[c"PyEval_SetProfile"])
                .map(|found| std::mem::transmute::<*mut c_void, SetProfile>(found)),
            thread_head: symbol(&[c"PyInterpreterState_ThreadHead"])
                .map(|found| std::mem::transmute::<*mut c_void, ThreadHead>(found)),
            thread_next: symbol(&[c"PyThreadState_Next"])
                .map(|found| std::mem::transmute::<*mut c_void, ThreadNext>(found)),
            get_lasti: symbol(&[c"PyFrame_GetLasti"]).map(|found| std::mem::transmute::<*mut c_void, GetLasti>(found)),
        }
    };
    Ok(SYMBOLS.get_or_init(|| symbols))
}

/// The functions, after [`look_up`] found them.
pub fn symbols() -> Option<&'static Symbols> {
    SYMBOLS.get()
}

/// Whether the interpreter is being taken down: a thread that asks for the GIL now would never come back.
pub fn is_finalizing() -> bool {
    // SAFETY: this may be called from any thread.
    symbols().and_then(|symbols| symbols.is_finalizing).is_some_and(|ask| unsafe { ask() } != 0)
}

/// A reference that is given up at the end.
pub struct Owned(*mut ffi::PyObject);

impl Owned {
    /// Takes over a new reference; `None`, and the exception is dropped, when the call failed.
    ///
    /// # Safety
    /// `object` is a new reference or null; the GIL is held for the whole life of the result.
    pub unsafe fn new(object: *mut ffi::PyObject) -> Option<Self> {
        if object.is_null() {
            // SAFETY: the GIL is held.
            unsafe { ffi::PyErr_Clear() };
            return None;
        }
        Some(Self(object))
    }

    /// The object.
    pub fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0
    }

    /// The object with its reference.
    pub fn into_ptr(self) -> *mut ffi::PyObject {
        let object = self.0;
        std::mem::forget(self);
        object
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and the GIL is held (see `new`).
        unsafe { ffi::Py_DecRef(self.0) };
    }
}

/// An interned string that lives as long as the interpreter.
pub struct Name {
    text: &'static CStr,
    object: AtomicPtr<ffi::PyObject>,
}

impl Name {
    /// Made when it is first used.
    pub const fn new(text: &'static CStr) -> Self {
        Self { text, object: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// The string object, borrowed; null if there was no memory for it.
    ///
    /// # Safety
    /// The GIL must be held.
    pub unsafe fn get(&self) -> *mut ffi::PyObject {
        let known = self.object.load(Relaxed);
        if !known.is_null() {
            return known;
        }
        // SAFETY: a terminated string; the GIL is held.
        let made = unsafe { ffi::PyUnicode_InternFromString(self.text.as_ptr()) };
        if made.is_null() {
            // SAFETY: the GIL is held.
            unsafe { ffi::PyErr_Clear() };
        }
        self.object.store(made, Relaxed);
        made
    }
}

/// An attribute of an object of a built-in type that cannot be subclassed or changed (code, frame), or of a module:
/// reading it runs no code of the program.
///
/// # Safety
/// The GIL is held and `object` is such an object.
pub unsafe fn attribute(object: *mut ffi::PyObject, name: &Name) -> Option<Owned> {
    // SAFETY: as the caller promised.
    unsafe { Owned::new(ffi::PyObject_GetAttr(object, name.get())) }
}

/// An integer attribute, 0 if there is none.
///
/// # Safety
/// As for [`attribute`].
pub unsafe fn int_attribute(object: *mut ffi::PyObject, name: &Name) -> i64 {
    // SAFETY: as the caller promised.
    unsafe {
        let Some(value) = attribute(object, name) else { return 0 };
        int(value.as_ptr()).unwrap_or(0)
    }
}

/// The value of an exact `int` that fits.
///
/// # Safety
/// The GIL is held.
pub unsafe fn int(object: *mut ffi::PyObject) -> Option<i64> {
    // SAFETY: the GIL is held, and only an exact int is asked for its value.
    unsafe {
        if ffi::PyLong_CheckExact(object) == 0 {
            return None;
        }
        let value = ffi::PyLong_AsLongLong(object);
        if value == -1 && !ffi::PyErr_Occurred().is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        Some(value)
    }
}

/// An entry of a dictionary, borrowed. A dictionary subclass is read as the dictionary that it is.
///
/// # Safety
/// The GIL is held; the result is used before anything could change the dictionary.
pub unsafe fn entry(dict: *mut ffi::PyObject, name: &Name) -> Option<*mut ffi::PyObject> {
    // SAFETY: the GIL is held, and only a dictionary is asked.
    unsafe {
        if dict.is_null() || ffi::PyDict_Check(dict) == 0 {
            return None;
        }
        let found = ffi::PyDict_GetItemWithError(dict, name.get());
        if found.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        Some(found)
    }
}

/// The text of a `str` (or of a subclass of it). Lone surrogates become `\udXXX`.
///
/// # Safety
/// The GIL is held; the text is used only while the object is alive.
pub unsafe fn text<'a>(object: *mut ffi::PyObject) -> Option<Cow<'a, str>> {
    // SAFETY: the GIL is held, and only a string is asked for its content.
    unsafe {
        if object.is_null() || ffi::PyUnicode_Check(object) == 0 {
            return None;
        }
        let mut length = 0;
        let bytes = ffi::PyUnicode_AsUTF8AndSize(object, &raw mut length);
        if !bytes.is_null() {
            let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), length as usize);
            return Some(Cow::Borrowed(std::str::from_utf8_unchecked(bytes)));
        }
        ffi::PyErr_Clear();
        Some(Cow::Owned(with_surrogates(object)))
    }
}

/// # Safety
/// The GIL is held, `object` is a string.
unsafe fn with_surrogates(object: *mut ffi::PyObject) -> String {
    let mut out = String::new();
    // SAFETY: as the caller promised; the index stays inside.
    unsafe {
        for index in 0..ffi::PyUnicode_GetLength(object) {
            let point = ffi::PyUnicode_ReadChar(object, index);
            match char::from_u32(point) {
                Some(char) => out.push(char),
                None => out.push_str(&format!("\\u{point:04x}")),
            }
        }
        ffi::PyErr_Clear();
    }
    out
}

/// The instance dictionary of an object, without asking its type: no property and no `__getattr__` runs.
///
/// # Safety
/// The GIL is held.
pub unsafe fn instance_dict(object: *mut ffi::PyObject) -> Option<Owned> {
    // SAFETY: the GIL is held; the function looks at the object's own slot only.
    unsafe { Owned::new(ffi::PyObject_GenericGetDict(object, std::ptr::null_mut())) }
}

/// An attribute of an instance, from its dictionary or a slot that its own class declares: neither a property nor
/// `__getattr__` runs.
///
/// # Safety
/// The GIL is held.
pub unsafe fn field(object: *mut ffi::PyObject, name: &Name) -> Option<Owned> {
    static DICT: Name = Name::new(c"__dict__");
    // SAFETY: the GIL is held. Only a descriptor of a slot is asked for its value, which is written in C.
    unsafe {
        if let Some(dict) = instance_dict(object)
            && let Some(found) = entry(dict.as_ptr(), name)
        {
            ffi::Py_IncRef(found);
            return Owned::new(found);
        }
        let class = ffi::Py_TYPE(object).cast::<ffi::PyObject>();
        let proxy = type_attribute(class, &DICT)?;
        let slot = Owned::new(ffi::PyObject_GetItem(proxy.as_ptr(), name.get()))?;
        if ffi::Py_TYPE(slot.as_ptr()) != &raw mut ffi::PyMemberDescr_Type {
            return None;
        }
        get(&slot, object)
    }
}

/// What a descriptor says of an object.
///
/// # Safety
/// The GIL is held, and the descriptor is written in C.
unsafe fn get(descriptor: &Owned, object: *mut ffi::PyObject) -> Option<Owned> {
    static GET: Name = Name::new(c"__get__");
    // SAFETY: as the caller promised.
    unsafe {
        let null = std::ptr::null_mut::<ffi::PyObject>();
        Owned::new(ffi::PyObject_CallMethodObjArgs(descriptor.as_ptr(), GET.get(), object, null))
    }
}

/// An attribute of a type, read through `type` itself, whatever its metaclass says.
///
/// # Safety
/// The GIL is held and `class` is a type.
unsafe fn type_attribute(class: *mut ffi::PyObject, name: &Name) -> Option<Owned> {
    static DICT: Name = Name::new(c"__dict__");
    // SAFETY: the GIL is held. What `type.__dict__` has is a descriptor written in C.
    unsafe {
        let proxy = Owned::new(ffi::PyObject_GetAttr((&raw mut ffi::PyType_Type).cast(), DICT.get()))?;
        get(&Owned::new(ffi::PyObject_GetItem(proxy.as_ptr(), name.get()))?, class)
    }
}

/// The name of an object's type, read through `type` itself, whatever its metaclass says.
///
/// # Safety
/// The GIL is held.
pub unsafe fn type_name(object: *mut ffi::PyObject) -> String {
    static NAME: Name = Name::new(c"__name__");
    // SAFETY: the GIL is held.
    unsafe { type_text(ffi::Py_TYPE(object), &NAME) }.unwrap_or_else(|| "?".to_owned())
}

/// What `type` itself says of a type under one of its names (`__name__`, `__qualname__`, `__module__`), if that is a text.
///
/// # Safety
/// The GIL is held.
pub unsafe fn type_text(class: *mut ffi::PyTypeObject, name: &Name) -> Option<String> {
    // SAFETY: the GIL is held.
    unsafe { text(type_attribute(class.cast(), name)?.as_ptr()).map(Cow::into_owned) }
}

/// A C function as a Python object, for CPython to call.
///
/// # Safety
/// The GIL is held; `definition` is static.
pub unsafe fn function(definition: *mut ffi::PyMethodDef) -> Option<Owned> {
    // SAFETY: as the caller promised.
    unsafe { Owned::new(ffi::PyCFunction_NewEx(definition, std::ptr::null_mut(), std::ptr::null_mut())) }
}

/// Keeps the garbage collector from running in the middle of the recorder, where it would run finalisers of the
/// program. (From 3.12 on it runs between instructions only.)
pub struct NoCollection {
    was_on: bool,
}

impl NoCollection {
    /// # Safety
    /// The GIL is held until the result is dropped.
    pub unsafe fn new() -> Self {
        // SAFETY: the GIL is held.
        Self { was_on: unsafe { ffi::PyGC_Disable() } != 0 }
    }
}

impl Drop for NoCollection {
    fn drop(&mut self) {
        if self.was_on {
            // SAFETY: the GIL is held (see `new`).
            unsafe { ffi::PyGC_Enable() };
        }
    }
}
