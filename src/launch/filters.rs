//! The filter chain of a recording: built-in filters, the framework's, the project's, `CODETRACER_TRACE_FILTER`, and
//! `--trace-filter`, in this order. Any error in any of them refuses the recording before it starts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::filter::Source;

use super::LaunchError;
use super::framework::Framework;

/// What the chain is made from.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The program's folder, absolute.
    pub folder: &'a Path,
    /// The arguments of `--trace-filter`, in order; each may hold several files, joined by `::`.
    pub command_line: &'a [OsString],
    /// The built-in default filter.
    pub default: bool,
    /// The test framework that runs, when its filter is wanted.
    pub framework: Option<Framework>,
}

/// A chain and what its paths are relative to.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The project's root (semantics section 1).
    pub root: PathBuf,
    /// The filters, in order.
    pub sources: Vec<Source>,
}

/// Composes the chain.
///
/// # Errors
///
/// [`LaunchError::Filter`] with every problem of every filter.
pub fn chain(wanted: &Wanted<'_>) -> Result<Chain, LaunchError> {
    Ok(Chain { root: wanted.folder.to_path_buf(), sources: Vec::new() })
}
