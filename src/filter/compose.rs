//! Finding the filters of a chain, in their order, and reading their texts.
//!
//! Built-in default, built-in filter of a test framework, the project's own, those of `CODETRACER_TRACE_FILTER`, those
//! of `--trace-filter`. A file that is named must be there; nothing that cannot be read is passed over.

use super::builtin::{self, Framework};
use super::chain::Chain;
use super::engine::Engine;
use super::path::{PROJECT_FOLDER, absolute, project_root, root_of_file};
use super::source::{Source, SourceKind};
use crate::diagnostic::{Diagnostic, Locator};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The environment variable that names filters.
pub const ENVIRONMENT: &str = "CODETRACER_TRACE_FILTER";

/// The name of a project's filter in its [`PROJECT_FOLDER`].
pub const PROJECT_FILE: &str = "trace-filter.toml";

/// Largest filter file, in bytes.
const MAX_FILE: u64 = 8 << 20;

/// Where to look for the filters of a chain. Nothing is taken from the process's own environment.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The program's folder, absolute (what that is for each kind of target: semantics section 1).
    pub program_folder: PathBuf,
    /// The folder that relative names in `environment` and `command_line` start from, absolute.
    pub cwd: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// Leave the built-in default filter out.
    pub no_default: bool,
    /// The test framework that runs, unless its filter was switched off.
    pub framework: Option<Framework>,
    /// The value of [`ENVIRONMENT`].
    pub environment: Option<String>,
    /// The values of `--trace-filter`, in order.
    pub command_line: Vec<String>,
}

/// Reads the texts of a chain.
///
/// # Errors
///
/// What could not be read, one problem each.
pub fn compose(request: &Request) -> Result<Vec<Source>, Vec<Diagnostic>> {
    let (sources, problems) = gather(request);
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// Reads and compiles a chain.
///
/// # Errors
///
/// All problems: what could not be read, and what is wrong in the rest.
pub fn load(request: &Request) -> Result<(Vec<Source>, Engine), Vec<Diagnostic>> {
    let (sources, mut problems) = gather(request);
    match Chain::compile(&sources) {
        Ok(engine) if problems.is_empty() => Ok((sources, engine)),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

/// Reads one filter file.
///
/// # Errors
///
/// It is not there, cannot be read, is too large, or is not UTF-8.
pub fn read(kind: SourceKind, path: &Path) -> Result<Source, Box<Diagnostic>> {
    let name = path.to_string_lossy();
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes)).map_err(|error| {
        let (code, message) = match error.kind() {
            io::ErrorKind::NotFound => ("E-FILE-MISSING", "no such filter file".to_owned()),
            _ => ("E-FILE-READ", format!("cannot read the filter file: {error}")),
        };
        Box::new(Diagnostic::error(code, message).in_file(name.clone()))
    })?;
    if bytes.len() as u64 > MAX_FILE {
        let message = format!("a filter file of more than {MAX_FILE} bytes");
        return Err(Box::new(Diagnostic::error("E-FILE-SIZE", message).in_file(name)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        let text = text.strip_prefix('\u{feff}').map_or(text.as_ref(), |rest| rest);
        // What precedes the bad byte is the same in the lossy text, but for the byte order mark.
        let at = good - if error.as_bytes().starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        Box::new(Diagnostic::error("E-FILE-UTF8", "not UTF-8").in_file(name).at(&Locator::new(text), at..at + 3))
    })?;
    Ok(Source { kind, path: Some(path.to_path_buf()), root: root_of_file(path), text })
}

fn gather(request: &Request) -> (Vec<Source>, Vec<Diagnostic>) {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    let root = project_root(&request.program_folder);
    if !request.no_default {
        sources.push(builtin::default_filter(&root));
    }
    sources.extend(request.framework.map(|framework| builtin::framework_filter(framework, &root)));
    let mut add = |found: Result<Source, Box<Diagnostic>>| match found {
        Ok(source) => sources.push(source),
        Err(problem) => problems.push(*problem),
    };
    if let Some(path) = project_file(&request.program_folder) {
        add(read(SourceKind::Project, &path));
    }
    let environment = request.environment.as_deref().map(|value| (SourceKind::Env, value));
    let command_line = request.command_line.iter().map(|value| (SourceKind::CommandLine, value.as_str()));
    for (kind, value) in environment.into_iter().chain(command_line) {
        for name in value.split("::").map(str::trim).filter(|name| !name.is_empty()) {
            let path = absolute(&request.cwd, &expand_home(name, request.home.as_deref()));
            add(read(kind, &path));
        }
    }
    (sources, problems)
}

/// The nearest filter of a project, in `folder` or above it. One that is there but cannot be read is found as well, so
/// that it is reported and not passed over.
#[must_use]
pub fn project_file(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|ancestor| ancestor.join(PROJECT_FOLDER).join(PROJECT_FILE))
        .find(|path| path.symlink_metadata().is_ok())
}

/// `~` and `~/…` with the home folder in place of the tilde.
fn expand_home(name: &str, home: Option<&Path>) -> PathBuf {
    match (name.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_path_buf(),
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(name),
    }
}

#[cfg(test)]
mod tests;
