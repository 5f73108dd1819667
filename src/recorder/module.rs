//! The module object: `_ct_tui_recorder` with one function, `start()`.

use pyo3::ffi;
use std::ffi::c_int;

/// A definition that CPython keeps a pointer to, and may write into.
#[repr(transparent)]
pub struct Definition<T>(std::cell::UnsafeCell<T>);

impl<T> Definition<T> {
    /// Wraps it.
    pub const fn new(content: T) -> Self {
        Self(std::cell::UnsafeCell::new(content))
    }

    /// What CPython wants.
    pub const fn get(&self) -> *mut T {
        self.0.get()
    }
}

// SAFETY: only the interpreter touches the content, with the GIL held.
unsafe impl<T> Sync for Definition<T> {}

static METHODS: Definition<[ffi::PyMethodDef; 2]> = Definition::new([
    ffi::PyMethodDef {
        ml_name: c"start".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: start },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: c"Start recording, if the environment asks for it. Never raises.".as_ptr(),
    },
    ffi::PyMethodDef::zeroed(),
]);

/// `Py_mod_multiple_interpreters` and `Py_MOD_PER_INTERPRETER_GIL_SUPPORTED`, since 3.12: in a second interpreter of the
/// process, `start` does nothing, so it can be loaded there. Older versions refuse slots that they do not know.
static SLOTS: Definition<[ffi::PyModuleDef_Slot; 2]> = Definition::new([
    ffi::PyModuleDef_Slot { slot: 3 as c_int, value: std::ptr::without_provenance_mut(2) },
    ffi::PyModuleDef_Slot { slot: 0 as c_int, value: std::ptr::null_mut() },
]);
static NO_SLOTS: Definition<[ffi::PyModuleDef_Slot; 1]> =
    Definition::new([ffi::PyModuleDef_Slot { slot: 0 as c_int, value: std::ptr::null_mut() }]);

static MODULE: Definition<ffi::PyModuleDef> = Definition::new(ffi::PyModuleDef {
    m_base: ffi::PyModuleDef_HEAD_INIT,
    m_name: c"_ct_tui_recorder".as_ptr(),
    m_doc: c"Records calls for ct-tui.".as_ptr(),
    m_size: 0,
    m_methods: METHODS.get().cast(),
    m_slots: NO_SLOTS.get().cast(),
    m_traverse: None,
    m_clear: None,
    m_free: None,
});

/// What the import system calls.
///
/// # Safety
/// Only the interpreter calls this, with the GIL held.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "the name is CPython's convention")]
pub unsafe extern "C" fn PyInit__ct_tui_recorder() -> *mut ffi::PyObject {
    // SAFETY: the definition is static and changed here only; the caller holds the GIL.
    unsafe {
        if super::config::version().is_some_and(|(_, number)| number >= (3, 12)) {
            (*MODULE.get()).m_slots = SLOTS.get().cast();
        }
        ffi::PyModuleDef_Init(MODULE.get())
    }
}

/// What `atexit` calls.
pub static ENDED: Definition<ffi::PyMethodDef> = Definition::new(ffi::PyMethodDef {
    ml_name: c"ct_tui_ended".as_ptr(),
    ml_meth: ffi::PyMethodDefPointer { PyCFunction: ended },
    ml_flags: ffi::METH_NOARGS,
    ml_doc: std::ptr::null(),
});

unsafe extern "C" fn start(_module: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    super::silence_panics();
    // SAFETY: the caller holds the GIL; None is always there.
    unsafe {
        super::guarded((), || super::start::start());
        ffi::PyErr_Clear();
        ffi::Py_NewRef(ffi::Py_None())
    }
}

unsafe extern "C" fn ended(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the caller holds the GIL; None is always there.
    unsafe {
        super::guarded((), || super::start::ended());
        ffi::PyErr_Clear();
        ffi::Py_NewRef(ffi::Py_None())
    }
}
