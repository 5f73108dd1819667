//! Functions of Python's own library and of test frameworks whose calls tell something, whatever the filters say about them:
//! they are watched like module bodies.

use super::outcomes::{self, Reporter};
use super::rename;
use crate::model::code::CodeFacts;
use pyo3::ffi;

/// Why a function is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// It gives a thread another name: its end counts.
    ThreadName,
    /// It is told of a test: its beginning counts.
    Outcome(Reporter),
}

/// Why this code object is watched; `None`: it is not.
///
/// # Safety
/// The GIL is held and `code` is the code object that the facts are of.
pub unsafe fn watched(module: Option<&str>, facts: &CodeFacts, code: *mut ffi::PyObject) -> Option<Watched> {
    // SAFETY: as the caller promised.
    if unsafe { rename::is_setter(module, facts, code) } {
        return Some(Watched::ThreadName);
    }
    outcomes::reporter(module, facts).map(Watched::Outcome)
}
