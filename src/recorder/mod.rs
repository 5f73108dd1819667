//! The extension inside the user's interpreter, `_ct_tui_recorder`. The only place that knows pyo3, and of pyo3 only the
//! C API: the hot path has no room for anything between it and the interpreter.
//!
//! `module` is what Python imports; `start` begins and ends a recording; `monitoring` (3.12 and newer) and `profile`
//! (3.10, 3.11) are the backends that receive the events; `hot` is the hot path, `events` what happens off it; `codes`
//! knows code objects, `judge` decides about them, `mark` is what the hot path sees of that; `tasks` and `rename` note what
//! asyncio and `threading` call things, `outcomes` what test frameworks say, `writes` what goes to the terminal; `process` and `thread` hold the state;
//! `children` sees how processes that were started end; `capture` reads arguments, results and variables, `values` attaches
//! them to events.
#![allow(unsafe_code, reason = "this is C API code from end to end; each block says why it is sound")]

mod activation;
mod backend;
mod callback;
pub mod capture;
mod change;
mod children;
mod clock;
mod codes;
mod config;
mod control;
mod events;
mod hot;
mod judge;
mod mark;
mod module;
mod monitoring;
mod outcomes;
mod process;
mod profile;
mod python;
mod qualnames;
mod rename;
mod slab;
mod start;
mod tasks;
mod thread;
mod values;
mod watched;
mod world;
mod writes;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a part of the recorder. A panic in it ends the recording, with its message as the reason, and not the program.
fn guarded<T>(otherwise: T, run: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => done,
        Err(payload) => {
            let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
            let stopped = || process::stop(&format!("the recorder failed: {text}"));
            // If even that fails, there is nothing left to try.
            let _ = catch_unwind(AssertUnwindSafe(stopped));
            otherwise
        }
    }
}

/// A panic says nothing on the program's stderr.
fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
