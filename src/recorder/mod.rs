//! The extension inside the user's interpreter, `_ct_tui_recorder`. The only place that knows pyo3, and of pyo3 only the
//! C API: the hot path has no room for anything between it and the interpreter.
#![allow(unsafe_code, reason = "this is C API code from end to end; each block says why it is sound")]

mod module;
