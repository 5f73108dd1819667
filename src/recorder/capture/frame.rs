//! The variables of a running frame, read in place: no frame object is made for it, and nothing is copied.

use super::super::python::{Name, Owned};
use super::python::{FrameLayout, Python, field, type_of};
use pyo3::ffi::{self, PyObject};
use std::ffi::c_void;

/// The frame that runs in this thread.
///
/// # Safety
/// The GIL is held and the layout is that of this version.
#[inline]
pub(super) unsafe fn running(layout: &FrameLayout) -> Option<*const c_void> {
    // SAFETY: the caller's promise; the thread state is that of this thread.
    unsafe {
        let thread = ffi::PyThreadState_Get();
        let mut inner: *const c_void = field(thread.cast(), layout.in_thread);
        if let Some(at) = layout.in_between {
            if inner.is_null() {
                return None;
            }
            inner = field(inner, at);
        }
        (!inner.is_null()).then_some(inner)
    }
}

/// A running frame during one callback.
#[derive(Clone, Copy)]
pub struct Frame {
    /// The interpreter's own frame, or null when only `object` is there.
    inner: *const c_void,
    /// The frame object, borrowed; null when `inner` is enough.
    object: *mut PyObject,
}

impl Frame {
    /// The frame that runs `code` in this thread; `None` when it cannot be seen.
    ///
    /// # Safety
    /// The GIL is held; used only until the callback returns.
    #[inline]
    pub unsafe fn current(code: *mut PyObject) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe {
            let python = Python::get();
            if let Some(layout) = &python.layout.frame {
                let inner = running(layout)?;
                return (field::<*mut PyObject>(inner, layout.code) == code)
                    .then_some(Self { inner, object: std::ptr::null_mut() });
            }
            let object = ffi::PyEval_GetFrame();
            (!object.is_null()).then_some(Self { inner: std::ptr::null(), object: object.cast() })
        }
    }

    /// The frame of a frame object, as trace and profile functions get it.
    ///
    /// # Safety
    /// As [`Self::current`]; `object` is a frame object.
    pub unsafe fn of(object: *mut PyObject) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let inner = match &Python::get().layout.frame {
                Some(FrameLayout { inner: Some(places), .. }) => field(object.cast(), places.in_object),
                Some(FrameLayout { inner: None, .. }) => object.cast::<c_void>().cast_const(),
                None => std::ptr::null(),
            };
            Self { inner, object }
        }
    }

    /// What tells the frame that runs in this thread from all others that are alive, also while it is suspended. No frame
    /// object is made for it where that can be helped.
    ///
    /// # Safety
    /// The GIL is held.
    pub unsafe fn running_address() -> usize {
        // SAFETY: the caller's promise.
        unsafe {
            let inner = Python::get().layout.frame.as_ref().and_then(|layout| running(layout));
            inner.map_or_else(|| ffi::PyEval_GetFrame() as usize, |inner| inner as usize)
        }
    }

    /// [`Self::running_address`] of the frame that a frame object stands for.
    ///
    /// # Safety
    /// As [`Self::of`].
    pub unsafe fn address(object: *mut PyObject) -> usize {
        // SAFETY: the caller's promise.
        let frame = unsafe { Self::of(object) };
        if frame.inner.is_null() { object as usize } else { frame.inner as usize }
    }

    /// Its code object, borrowed. `None`: it cannot be read here.
    ///
    /// # Safety
    /// As [`Self::current`].
    #[inline]
    pub unsafe fn code(self) -> Option<*mut PyObject> {
        // SAFETY: the caller's promise.
        unsafe {
            let layout = Python::get().layout.frame.as_ref().filter(|_| !self.inner.is_null())?;
            Some(field(self.inner, layout.code))
        }
    }

    /// The variable in this place, borrowed; null when it has no value. Cells are opened when `cell` says that the
    /// variable is kept in one. `None`: it cannot be read here.
    ///
    /// # Safety
    /// As [`Self::current`]; `at` is the place of a variable of the frame's code.
    #[inline]
    pub(super) unsafe fn variable(self, python: &Python, at: usize, cell: bool) -> Option<*mut PyObject> {
        // SAFETY: the caller's promise.
        unsafe {
            let layout = python.layout.frame.as_ref()?;
            if self.inner.is_null() {
                return None;
            }
            let value: *mut PyObject = field(self.inner, layout.variables + 8 * at);
            if cell && !value.is_null() && type_of(value) == python.types.cell {
                return Some(field(value.cast(), 16));
            }
            Some(value)
        }
    }

    /// The argument in this place, which has this name, when the frame has just begun and the argument is not kept in a
    /// cell. `None`: it cannot be read here.
    ///
    /// # Safety
    /// As [`Self::current`]; `at` is the place of a parameter of the frame's code.
    pub unsafe fn argument(self, at: usize, name: &Name) -> Option<Owned> {
        // SAFETY: the caller's promise; what is borrowed from the frame is counted up before anything else happens.
        unsafe {
            let python = Python::get();
            match self.variable(python, at, false) {
                Some(found) if found.is_null() => None,
                Some(found) => {
                    ffi::Py_IncRef(found);
                    Owned::new(found)
                }
                None => Owned::new(self.variable_by_name(python, name.get())),
            }
        }
    }

    /// The slower way: the variable by name, as a new reference; null when it has none.
    ///
    /// # Safety
    /// As [`Self::current`]; `name` is a `str`.
    pub(super) unsafe fn variable_by_name(self, python: &Python, name: *mut PyObject) -> *mut PyObject {
        // SAFETY: the caller's promise; what is raised (no such variable) is cleared at once.
        unsafe {
            let object = if self.object.is_null() { ffi::PyEval_GetFrame().cast() } else { self.object };
            let Some(get) = python.functions.frame_var else { return std::ptr::null_mut() };
            if object.is_null() {
                return std::ptr::null_mut();
            }
            let value = get(object, name);
            if value.is_null() {
                ffi::PyErr_Clear();
            }
            value
        }
    }

    /// The mapping in which a module or class body keeps its variables, borrowed; only an exact `dict`.
    ///
    /// # Safety
    /// As [`Self::current`].
    pub(super) unsafe fn mapping(self, python: &Python) -> Option<*mut PyObject> {
        // SAFETY: the caller's promise.
        unsafe {
            let layout = python.layout.frame.as_ref()?;
            if self.inner.is_null() {
                return None;
            }
            let locals: *mut PyObject = field(self.inner, layout.locals);
            (!locals.is_null() && type_of(locals) == &raw mut ffi::PyDict_Type).then_some(locals)
        }
    }

    /// What was sent into the generator that is being resumed, borrowed: it lies on top of the frame's stack.
    /// `variables` and `stack` are the sizes of its code's variables and stack.
    ///
    /// # Safety
    /// As [`Self::current`], from a callback for the resumption.
    pub(super) unsafe fn sent(self, python: &Python, variables: usize, stack: usize) -> Option<*mut PyObject> {
        // SAFETY: the caller's promise; the place is checked against the sizes.
        unsafe {
            let layout = python.layout.frame.as_ref()?;
            if self.inner.is_null() {
                return None;
            }
            let Some(places) = layout.inner else { return self.sent_older(stack) };
            let top: i32 = field(self.inner, places.stack_top);
            let top = usize::try_from(top).ok()?;
            if top <= variables || top > variables + stack {
                return None;
            }
            let value: *mut PyObject = field(self.inner, layout.variables + 8 * (top - 1));
            (!value.is_null()).then_some(value)
        }
    }

    /// [`Self::sent`] in 3.10, where the frame is an object that knows its stack and how much of it is used.
    unsafe fn sent_older(self, stack: usize) -> Option<*mut PyObject> {
        const STACK: usize = 64;
        const USED: usize = 80;
        // SAFETY: the caller's promise; the place is checked against the size.
        unsafe {
            let used = usize::try_from(field::<i32>(self.inner, USED)).ok()?;
            let bottom: *const *mut PyObject = field(self.inner, STACK);
            if bottom.is_null() || used == 0 || used > stack {
                return None;
            }
            let value = bottom.add(used - 1).read();
            (!value.is_null()).then_some(value)
        }
    }
}
