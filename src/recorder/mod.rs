//! The extension inside the user's interpreter. The only place that knows pyo3.
