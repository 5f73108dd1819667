//! Which call writes to the terminal: a note in the thread's stream whenever Python hands bytes to the system for
//! descriptor 1 or 2, when that is a terminal.
//!
//! Everything that Python prints passes `FileIO.write` in the end, or `os.write`. No event tells of functions written in C
//! that would be cheap enough, so our own function is put into the tables of methods that CPython itself calls them
//! through. Python code cannot see that. It is done only while somebody watches (headless, the output is not kept),
//! and only when the tables look as they do in the versions known here; else the output is linked by its time alone.

use super::clock;
use super::process;
use super::python::{self, Name};
use super::thread;
use super::world;
use crate::trace::event::{put_number, tag};
use pyo3::ffi::{self, PyMethodDef, PyObject};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

type One = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
type Fast = unsafe extern "C" fn(*mut PyObject, *const *mut PyObject, ffi::Py_ssize_t) -> *mut PyObject;
type WithClass = unsafe extern "C" fn(
    *mut PyObject,
    *mut ffi::PyTypeObject,
    *const *mut PyObject,
    ffi::Py_ssize_t,
    *mut PyObject,
) -> *mut PyObject;

/// How a method is called, as its table says: `METH_O`; `METH_METHOD | METH_FASTCALL | METH_KEYWORDS` (3.12 on);
/// `METH_FASTCALL`.
const ONE: c_int = 0x8;
const WITH_CLASS: c_int = 0x282;
const FAST: c_int = 0x80;

/// What stood in the tables before.
static FILE_WRITE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
static OS_WRITE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
static MAIN: AtomicPtr<ffi::PyInterpreterState> = AtomicPtr::new(std::ptr::null_mut());

/// `Py_buffer`, which the stable ABI has from 3.11 on; it has not changed since 3.0.
#[repr(C)]
struct Buffer {
    start: *const u8,
    object: *mut PyObject,
    length: ffi::Py_ssize_t,
    item: ffi::Py_ssize_t,
    readonly: c_int,
    dimensions: c_int,
    format: *mut c_char,
    rest: [*mut c_void; 4],
}

type GetBuffer = unsafe extern "C" fn(*mut PyObject, *mut Buffer, c_int) -> c_int;
type ReleaseBuffer = unsafe extern "C" fn(*mut Buffer);

static BUFFERS: OnceLock<Option<(GetBuffer, ReleaseBuffer)>> = OnceLock::new();

/// Puts our functions in.
///
/// # Safety
/// The GIL is held.
pub unsafe fn watch() {
    // SAFETY: the GIL is held, so nobody calls through the tables while they are changed.
    unsafe {
        let found = BUFFERS.get_or_init(|| {
            let get = python::symbol(&[c"PyObject_GetBuffer"])?;
            let release = python::symbol(&[c"PyBuffer_Release"])?;
            Some((
                std::mem::transmute::<*mut c_void, GetBuffer>(get),
                std::mem::transmute::<*mut c_void, ReleaseBuffer>(release),
            ))
        });
        if found.is_none() {
            return;
        }
        MAIN.store(ffi::PyInterpreterState_Get(), Relaxed);
        let (file, os) = (file_write(), os_write());
        if let Some(table) = file {
            let ours = match (*table).ml_flags {
                ONE => file_write_one as *mut c_void,
                WITH_CLASS => file_write_with_class as *mut c_void,
                _ => std::ptr::null_mut(),
            };
            swap(table, ours, &FILE_WRITE);
        }
        if let Some(table) = os.filter(|table| (**table).ml_flags == FAST) {
            swap(table, os_write_fast as *mut c_void, &OS_WRITE);
        }
    }
}

/// Takes our functions out again.
///
/// # Safety
/// The GIL is held.
pub unsafe fn release() {
    // SAFETY: the GIL is held.
    unsafe {
        for (table, kept) in [(file_write(), &FILE_WRITE), (os_write(), &OS_WRITE)] {
            let before = kept.load(Relaxed);
            if let Some(table) = table.filter(|_| !before.is_null()) {
                (&raw mut (*table).ml_meth).cast::<*mut c_void>().write(before);
            }
        }
    }
}

/// # Safety
/// The GIL is held and the table is that of a method.
unsafe fn swap(table: *mut PyMethodDef, ours: *mut c_void, kept: &AtomicPtr<c_void>) {
    // SAFETY: as the caller promised. The field is a union of function pointers.
    unsafe {
        let field = (&raw mut (*table).ml_meth).cast::<*mut c_void>();
        if !ours.is_null() && kept.load(Relaxed).is_null() {
            kept.store(field.read(), Relaxed);
            field.write(ours);
        }
    }
}

/// The table of `_io.FileIO.write`.
///
/// # Safety
/// The GIL is held.
unsafe fn file_write() -> Option<*mut PyMethodDef> {
    static IO: Name = Name::new(c"_io");
    static FILE: Name = Name::new(c"FileIO");
    static WRITE: Name = Name::new(c"write");
    // Behind the object's head: its class, its name, its qualified name.
    const TABLE: usize = 5;
    // SAFETY: the GIL is held; the types are checked, and so a descriptor is laid out as it has been since 3.0.
    unsafe {
        let module = python::entry(world::sys(c"modules")?, &IO).filter(|it| ffi::PyModule_Check(*it) != 0)?;
        let class = python::entry(ffi::PyModule_GetDict(module), &FILE)?;
        if ffi::Py_TYPE(class) != &raw mut ffi::PyType_Type {
            return None;
        }
        let method = python::attribute(class, &WRITE)?;
        if ffi::Py_TYPE(method.as_ptr()) != &raw mut ffi::PyMethodDescr_Type {
            return None;
        }
        named(*method.as_ptr().cast::<*mut PyMethodDef>().add(TABLE))
    }
}

/// The table of `os.write`.
///
/// # Safety
/// The GIL is held.
unsafe fn os_write() -> Option<*mut PyMethodDef> {
    static POSIX: Name = Name::new(c"posix");
    static WRITE: Name = Name::new(c"write");
    // SAFETY: the GIL is held. The third word of a function written in C is its table.
    unsafe {
        let module = python::entry(world::sys(c"modules")?, &POSIX).filter(|it| ffi::PyModule_Check(*it) != 0)?;
        let function = python::entry(ffi::PyModule_GetDict(module), &WRITE)?;
        if ffi::PyCFunction_CheckExact(function) == 0 {
            return None;
        }
        named(*function.cast::<*mut PyMethodDef>().add(2))
    }
}

/// # Safety
/// The pointer is null or a method's table.
unsafe fn named(table: *mut PyMethodDef) -> Option<*mut PyMethodDef> {
    // SAFETY: as the caller promised.
    unsafe {
        (!table.is_null() && !(*table).ml_name.is_null() && CStr::from_ptr((*table).ml_name) == c"write")
            .then_some(table)
    }
}

unsafe extern "C" fn file_write_one(file: *mut PyObject, data: *mut PyObject) -> *mut PyObject {
    // SAFETY: CPython calls this as it would have called the function that stood there before.
    unsafe {
        note(descriptor(file), data);
        std::mem::transmute::<*mut c_void, One>(FILE_WRITE.load(Relaxed))(file, data)
    }
}

unsafe extern "C" fn file_write_with_class(
    file: *mut PyObject,
    class: *mut ffi::PyTypeObject,
    arguments: *const *mut PyObject,
    count: ffi::Py_ssize_t,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: as for `file_write_one`.
    unsafe {
        if count == 1 {
            note(descriptor(file), *arguments);
        }
        let before = std::mem::transmute::<*mut c_void, WithClass>(FILE_WRITE.load(Relaxed));
        before(file, class, arguments, count, names)
    }
}

unsafe extern "C" fn os_write_fast(
    module: *mut PyObject,
    arguments: *const *mut PyObject,
    count: ffi::Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: as for `file_write_one`.
    unsafe {
        if count == 2
            && let Some(descriptor) = python::int(*arguments)
        {
            note(c_int::try_from(descriptor).unwrap_or(-1), *arguments.add(1));
        }
        std::mem::transmute::<*mut c_void, Fast>(OS_WRITE.load(Relaxed))(module, arguments, count)
    }
}

/// The descriptor of a `FileIO`: the first thing behind the object's head.
///
/// # Safety
/// The object is a `FileIO`, which CPython has checked before it calls the method.
unsafe fn descriptor(file: *mut PyObject) -> c_int {
    // SAFETY: as the caller promised.
    unsafe { *file.cast::<u8>().add(size_of::<PyObject>()).cast::<c_int>() }
}

/// Bytes are about to be written.
///
/// # Safety
/// The GIL is held.
unsafe fn note(descriptor: c_int, data: *mut PyObject) {
    if !(1..=2).contains(&descriptor) || !process::is_recording() {
        return;
    }
    super::guarded((), || {
        // SAFETY: the GIL is held: that of the interpreter which the streams belong to.
        unsafe {
            if ffi::PyInterpreterState_Get() != MAIN.load(Relaxed) || !ffi::PyErr_Occurred().is_null() {
                return;
            }
            if let Some(thread) = thread::current()
                && let Some(device) = terminal(descriptor)
                && let Some(length) = length(data)
            {
                let mut fields = [0; 20];
                let mut used = put_number(&mut fields, device);
                used += put_number(&mut fields[used..], length);
                thread.writer.note(clock::raw(), tag::WROTE, &fields[..used]);
            }
        }
    });
}

/// The number of the terminal that a descriptor is open on.
fn terminal(descriptor: c_int) -> Option<u64> {
    // SAFETY: a structure of numbers, which the call fills in.
    unsafe {
        let mut found: libc::stat = std::mem::zeroed();
        let known = libc::fstat(descriptor, &raw mut found) == 0 && found.st_mode & libc::S_IFMT == libc::S_IFCHR;
        known.then_some(found.st_rdev as u64)
    }
}

/// How many bytes the terminal makes of the data: it puts a carriage return before each line feed. Only objects of
/// CPython's own types are looked into; no other could answer without running code of the program.
///
/// # Safety
/// The GIL is held.
unsafe fn length(data: *mut PyObject) -> Option<u64> {
    let (get, release) = (*BUFFERS.get()?)?;
    // SAFETY: the GIL is held; the buffer is given back when its bytes were counted.
    unsafe {
        let class = ffi::Py_TYPE(data);
        let plain = [&raw mut ffi::PyBytes_Type, &raw mut ffi::PyByteArray_Type, &raw mut ffi::PyMemoryView_Type]
            .contains(&class);
        if !plain {
            return None;
        }
        let mut buffer: Buffer = std::mem::zeroed();
        if get(data, &raw mut buffer, 0) != 0 {
            ffi::PyErr_Clear();
            return None;
        }
        let length = usize::try_from(buffer.length).unwrap_or(0);
        let bytes = if length == 0 { &[][..] } else { std::slice::from_raw_parts(buffer.start, length) };
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        release(&raw mut buffer);
        Some((length + lines) as u64)
    }
}
