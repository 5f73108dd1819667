//! The least that any recorder in C must cost: callbacks that do nothing. The bench compiles this file by itself into a
//! shared library, and `loop.py` loads that with `ctypes`. It belongs to no crate, and nothing of it is in the product.

use std::ffi::{c_char, c_int, c_void};
use std::ptr::null;

/// `PyMethodDef`.
#[repr(C)]
struct Method {
    name: *const c_char,
    function: unsafe extern "C" fn(*mut c_void, *const *mut c_void, isize) -> *mut c_void,
    flags: c_int,
    doc: *const c_char,
}

// SAFETY: the interpreter only reads it.
unsafe impl Sync for Method {}

type Profile = unsafe extern "C" fn(*mut c_void, *mut c_void, c_int, *mut c_void) -> c_int;

#[allow(non_upper_case_globals)]
unsafe extern "C" {
    static mut _Py_NoneStruct: c_void;
    fn PyCFunction_NewEx(method: *const Method, module: *const c_void, name: *const c_void) -> *mut c_void;
    fn PyEval_SetProfile(function: Option<Profile>, object: *const c_void);
}

const METH_FASTCALL: c_int = 0x80;

static EMPTY: Method = Method { name: c"empty".as_ptr(), function: empty, flags: METH_FASTCALL, doc: null() };

unsafe extern "C" fn empty(_: *mut c_void, _: *const *mut c_void, _: isize) -> *mut c_void {
    // From 3.12 on, where this is used, None is immortal: no reference is counted.
    &raw mut _Py_NoneStruct
}

unsafe extern "C" fn empty_profile(_: *mut c_void, _: *mut c_void, _: c_int, _: *mut c_void) -> c_int {
    0
}

/// A Python function that takes anything and does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn floor_callback() -> *mut c_void {
    // SAFETY: called with the GIL held; the definition is static.
    unsafe { PyCFunction_NewEx(&raw const EMPTY, null(), null()) }
}

/// Gives this thread a profile function that does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn floor_profile() {
    // SAFETY: called with the GIL held.
    unsafe { PyEval_SetProfile(Some(empty_profile), null()) };
}
