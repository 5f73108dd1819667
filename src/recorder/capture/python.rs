//! What is known about the running interpreter: functions outside the limited API, found by name at run time, and the
//! layout of a few objects, which is used only after it was checked against what the interpreter itself says.
//!
//! The limited API can do everything that is read here, but often only by running code that the program may have
//! replaced (attribute lookup), by allocating (frames, views, encoded strings), or in time proportional to the size of
//! the object. Reading fields does none of that. Each field's place is the same in all releases of one minor version;
//! a version that is not listed, or a build in which a check fails, gets the slower ways and shows less.

use pyo3::ffi::{self, Py_ssize_t, PyObject, PyTypeObject};
use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

/// Reads a field.
///
/// # Safety
/// `base + offset` holds a live, aligned `T`.
#[inline]
pub(super) unsafe fn field<T: Copy>(base: *const c_void, offset: usize) -> T {
    // SAFETY: the caller's promise.
    unsafe { base.cast::<u8>().add(offset).cast::<T>().read() }
}

/// The type of an object, whatever it says its class is.
///
/// # Safety
/// `object` is a live object.
#[inline]
pub(super) unsafe fn type_of(object: *mut PyObject) -> *mut PyTypeObject {
    // SAFETY: the caller's promise; this reads a field.
    unsafe { ffi::Py_TYPE(object) }
}

pub(super) type SetNext =
    unsafe extern "C" fn(*mut PyObject, *mut Py_ssize_t, *mut *mut PyObject, *mut ffi::Py_hash_t) -> c_int;
pub(super) type GetDictPtr = unsafe extern "C" fn(*mut PyObject) -> *mut *mut PyObject;
pub(super) type GetVar = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
pub(super) type AddrToLine = unsafe extern "C" fn(*mut PyObject, c_int) -> c_int;
pub(super) type Fetch = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;

/// Functions that are not part of the limited API of 3.10. Absent ones are lived without.
pub(super) struct Functions {
    pub set_next: Option<SetNext>,
    pub dict_ptr: Option<GetDictPtr>,
    pub frame_var: Option<GetVar>,
    pub line_of: Option<AddrToLine>,
    pub exception_args: Option<Fetch>,
    pub qualified_name: Option<Fetch>,
}

/// Types that are compared by address.
pub(super) struct Types {
    pub function: *mut PyTypeObject,
    pub method: *mut PyTypeObject,
    pub cell: *mut PyTypeObject,
    pub none: *mut PyObject,
    pub ellipsis: *mut PyObject,
    pub not_implemented: *mut PyObject,
    pub yes: *mut PyObject,
}

/// Places of fields, in bytes from the object's beginning. `None`: not known here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    /// `int`: sign and number of digits at 16, digits of 30 bits at 24. True: packed as from 3.12 on.
    pub long: Option<bool>,
    /// `str`: data of compact ASCII, data (or pointer to it) of all others.
    pub text: Option<(usize, usize)>,
    /// `PyTypeObject`: flags, basic size, members, base and so on are where they were for many years.
    pub types: bool,
    /// `PyHeapTypeObject`: qualified name, cached keys.
    pub heap: Option<(usize, usize)>,
    /// How instances of ordinary classes keep their attributes.
    pub inline: Option<Inline>,
    /// `dict`: the table is where 3.11 to 3.13 have it.
    pub dict: bool,
    /// `set`: fields of the table are readable.
    pub set: bool,
    /// `BaseException`: its `args`.
    pub exception_args: Option<usize>,
    /// `function`: qualified name, module.
    pub function: Option<(usize, usize)>,
    /// Frames.
    pub frame: Option<FrameLayout>,
}

/// Where the attributes of an instance are while it has no `__dict__` object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inline {
    /// 3.11: a pointer to the values stands 32 bytes before the object, one to the dictionary 24 bytes before it.
    Before,
    /// 3.12: one pointer, 24 bytes before the object, whose lowest bit says which of the two it is.
    Tagged,
    /// 3.13: the values stand behind the object; a pointer to the dictionary 24 bytes before it.
    Behind,
}

/// Where a running frame keeps its variables.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameLayout {
    /// From the thread state: the pointer to the running frame, or to the structure that has it.
    pub in_thread: usize,
    /// Set when there is such a structure in between; then, the place in it.
    pub in_between: Option<usize>,
    /// In the frame: its code object.
    pub code: usize,
    /// In the frame: its mapping of locals.
    pub locals: usize,
    /// In the frame: the variables.
    pub variables: usize,
    /// What only frames have that are not objects themselves, as they were up to 3.10.
    pub inner: Option<InnerFrame>,
}

/// Fields of a frame that is not an object itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct InnerFrame {
    /// In the frame: its frame object, if it has one.
    pub object: usize,
    /// In the frame: how much of the stack is used, when that is saved.
    pub stack_top: usize,
    /// In the frame *object*: the pointer to the frame.
    pub in_object: usize,
}

/// All of it.
pub(super) struct Python {
    pub version: (u8, u8),
    pub functions: Functions,
    pub types: Types,
    pub layout: Layout,
    /// `"__module__"`, interned.
    pub name_module: *mut PyObject,
    /// `"__name__"`, interned.
    pub name_name: *mut PyObject,
    /// `"_fields"`, interned.
    pub name_fields: *mut PyObject,
}

// SAFETY: pointers to objects and types that live as long as the process; used with the GIL held only.
unsafe impl Send for Python {}
// SAFETY: as above.
unsafe impl Sync for Python {}

static PYTHON: OnceLock<Python> = OnceLock::new();

impl Python {
    /// The running interpreter. Looked at on the first call, which wants a running Python frame to check frames with.
    ///
    /// # Safety
    /// The GIL is held and no exception is set.
    pub(super) unsafe fn get() -> &'static Self {
        // SAFETY: the caller's promise.
        PYTHON.get_or_init(|| unsafe { Self::look() })
    }

    unsafe fn look() -> Self {
        // SAFETY: a static string that begins with the version.
        let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_string_lossy();
        let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        // SAFETY: the GIL is held; names are those of the functions with these signatures.
        let mut python = unsafe {
            Self {
                version,
                functions: Functions {
                    set_next: symbol(c"_PySet_NextEntry").map(|it| std::mem::transmute::<*mut c_void, SetNext>(it)),
                    dict_ptr: symbol(c"_PyObject_GetDictPtr")
                        .map(|it| std::mem::transmute::<*mut c_void, GetDictPtr>(it)),
                    frame_var: symbol(c"PyFrame_GetVar").map(|it| std::mem::transmute::<*mut c_void, GetVar>(it)),
                    line_of: symbol(c"PyCode_Addr2Line").map(|it| std::mem::transmute::<*mut c_void, AddrToLine>(it)),
                    exception_args: symbol(c"PyException_GetArgs")
                        .map(|it| std::mem::transmute::<*mut c_void, Fetch>(it)),
                    qualified_name: symbol(c"PyType_GetQualName")
                        .map(|it| std::mem::transmute::<*mut c_void, Fetch>(it)),
                },
                types: Types {
                    function: symbol(c"PyFunction_Type").unwrap_or_default().cast(),
                    method: symbol(c"PyMethod_Type").unwrap_or_default().cast(),
                    cell: symbol(c"PyCell_Type").unwrap_or_default().cast(),
                    none: ffi::Py_None(),
                    ellipsis: ffi::Py_Ellipsis(),
                    not_implemented: ffi::Py_NotImplemented(),
                    yes: ffi::Py_True(),
                },
                layout: Layout::default(),
                name_module: ffi::PyUnicode_InternFromString(c"__module__".as_ptr()),
                name_name: ffi::PyUnicode_InternFromString(c"__name__".as_ptr()),
                name_fields: ffi::PyUnicode_InternFromString(c"_fields".as_ptr()),
            }
        };
        // SAFETY: the GIL is held.
        python.layout = unsafe { super::probe::layout(&python) };
        // SAFETY: as above; whatever a check raised is its own.
        unsafe { ffi::PyErr_Clear() };
        python
    }
}

/// A symbol of the interpreter, if it has it.
pub(super) fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: a search by name in what is loaded.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}
