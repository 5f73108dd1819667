//! Functions in C as the interpreter calls them fastest: objects of a type of our own that have nothing but the function
//! for the vectorcall protocol in them. A built-in function (`PyCFunction`) counts recursion and looks at its flags on
//! each call, which is a tenth of what an event costs.

use super::module::Definition;
use super::python::{self, Owned};
use pyo3::ffi::{self, PyMemberDef, PyObject, PyType_Slot, PyType_Spec, PyTypeObject};
use std::ffi::{c_int, c_uint, c_void};

/// What the interpreter calls: the callback itself, the arguments, how many (with a flag), and the names of some.
pub type Function =
    unsafe extern "C" fn(*mut PyObject, *const *mut PyObject, libc::size_t, *mut PyObject) -> *mut PyObject;

/// An object of the type.
#[repr(C)]
struct Callback {
    head: PyObject,
    function: Function,
}

/// `Py_TPFLAGS_HAVE_VECTORCALL`: older than its place in the stable ABI (3.12).
const HAVE_VECTORCALL: c_uint = 1 << 11;
const FLAGS: c_uint = (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION | ffi::Py_TPFLAGS_IMMUTABLETYPE)
    as c_uint
    | HAVE_VECTORCALL;

static MEMBERS: Definition<[PyMemberDef; 2]> = Definition::new([
    PyMemberDef {
        name: c"__vectorcalloffset__".as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: std::mem::offset_of!(Callback, function) as ffi::Py_ssize_t,
        flags: ffi::Py_READONLY,
        doc: std::ptr::null(),
    },
    PyMemberDef { name: std::ptr::null(), type_code: 0, offset: 0, flags: 0, doc: std::ptr::null() },
]);

/// The type of callbacks, for the whole life of the interpreter.
pub struct Type(Owned);

impl Type {
    /// Makes the type. `None`: this interpreter does not know the protocol, or there is no memory.
    ///
    /// # Safety
    /// The GIL is held.
    pub unsafe fn new() -> Option<Self> {
        // Called other than by the protocol, an object passes the call on to its function.
        let call = python::symbol(&[c"PyVectorcall_Call"])?;
        let slot = |slot: c_int, pfunc: *mut c_void| PyType_Slot { slot, pfunc };
        let mut slots = [
            slot(ffi::Py_tp_members, MEMBERS.get().cast()),
            slot(ffi::Py_tp_call, call),
            slot(0, std::ptr::null_mut()),
        ];
        let mut spec = PyType_Spec {
            name: c"ct_tui.callback".as_ptr(),
            basicsize: size_of::<Callback>() as c_int,
            itemsize: 0,
            flags: FLAGS,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: the GIL is held; all that is not copied is static.
        unsafe { Owned::new(ffi::PyType_FromSpec(&raw mut spec)).map(Self) }
    }

    /// A callable object.
    ///
    /// # Safety
    /// The GIL is held.
    pub unsafe fn object(&self, function: Function) -> Option<Owned> {
        // SAFETY: the GIL is held; an object of this type is a `Callback`, and its head is filled in.
        unsafe {
            let made = Owned::new(ffi::PyType_GenericAlloc(self.0.as_ptr().cast::<PyTypeObject>(), 0))?;
            (&raw mut (*made.as_ptr().cast::<Callback>()).function).write(function);
            Some(made)
        }
    }
}
