//! `--activation-path`: nothing is recorded until a certain file is executed for the first time. Until then each code
//! object is looked at once, and its events are switched off where the interpreter can do that.

use super::python::{self, Name};
use super::{backend, process};
use crate::naming::{NormPath, Platform, is_synthetic};
use crate::trace::format::state;
use pyo3::ffi;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static WAITING: AtomicBool = AtomicBool::new(false);

/// From now on the file is waited for.
pub fn wait() {
    WAITING.store(true, Relaxed);
}

/// Whether the file is still waited for.
pub fn is_waiting() -> bool {
    WAITING.load(Relaxed)
}

/// Code begins to run while the file is waited for. True: it is that file, and recording has begun.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
pub unsafe fn arrived(code: *mut ffi::PyObject) -> bool {
    static CO_FILENAME: Name = Name::new(c"co_filename");
    let Some(config) = process::config() else { return false };
    // SAFETY: as the caller promised; the text is used while the code object keeps it.
    let is_it = unsafe {
        let found = python::attribute(code, &CO_FILENAME);
        let filename = found.as_ref().and_then(|found| python::text(found.as_ptr())).unwrap_or_default();
        !is_synthetic(&filename) && {
            let path = NormPath::new(Platform::here(), &config.startup_cwd, &filename).to_string();
            config.activation.contains(&path)
        }
    };
    if !is_it {
        return false;
    }
    WAITING.store(false, Relaxed);
    // A child that was forked while it waited gets its own place in the trace first.
    let Some(process) = process::process() else { return false };
    process.resync_new.set(true);
    process::set_phase(process, state::PHASE_RECORDING);
    if let Some(backend) = backend::chosen() {
        // SAFETY: the GIL is held.
        unsafe { backend.restart() };
    }
    true
}
