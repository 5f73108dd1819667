//! The filter chain of a recording. Any error in any of its filters refuses the recording before it starts.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::diagnostic::render::render;
use crate::filter::builtin::Framework;
use crate::filter::compose::{self, ENVIRONMENT};
use crate::filter::{Source, path};

use super::{LaunchError, paths};

/// What the chain is made from.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The program's folder, absolute.
    pub folder: &'a Path,
    /// The start-up folder, absolute.
    pub cwd: &'a Path,
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

/// Finds, reads and checks the chain.
///
/// # Errors
///
/// [`LaunchError::Filter`] with every problem of every filter.
pub fn chain(wanted: &Wanted<'_>) -> Result<Chain, LaunchError> {
    let request = compose::Request {
        program_folder: wanted.folder.to_path_buf(),
        cwd: wanted.cwd.to_path_buf(),
        home: paths::home(),
        no_default: !wanted.default,
        framework: wanted.framework,
        environment: env::var_os(ENVIRONMENT).map(|value| value.to_string_lossy().into_owned()),
        command_line: wanted.command_line.iter().map(|value| value.to_string_lossy().into_owned()).collect(),
    };
    let (mut sources, _engine) = compose::load(&request).map_err(|problems| {
        let several = if problems.len() == 1 { "" } else { "s" };
        // Whoever prints a message lets nothing in it act on the terminal, colours neither.
        let text = render(&problems, false);
        LaunchError::Filter(format!(
            "nothing was recorded, the filters have {} problem{several}\n{}",
            problems.len(),
            text.trim_end()
        ))
    })?;
    // The manifest is JSON, which cannot hold a path that is not UTF-8. What cannot be named cannot be selected either.
    for source in &mut sources {
        source.root = readable(&source.root);
        source.path = source.path.as_deref().map(readable);
    }
    Ok(Chain { root: path::project_root(wanted.folder), sources })
}

fn readable(path: &Path) -> PathBuf {
    PathBuf::from(path.to_string_lossy().into_owned())
}
