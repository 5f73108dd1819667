//! One filter of a chain, as text: enough to build the same engine again in another process or years later.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a filter of the chain came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The built-in default filter.
    Builtin,
    /// A built-in filter of a test framework.
    Framework,
    /// The project's `.codetracer/trace-filter.toml`.
    Project,
    /// Named by `CODETRACER_TRACE_FILTER`.
    Env,
    /// Named by `--trace-filter`.
    CommandLine,
    /// Typed on screen.
    Session,
}

/// One filter of a chain, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it came from.
    pub kind: SourceKind,
    /// The file; `None` for built-in filters and for rules typed in a session.
    pub path: Option<PathBuf>,
    /// The project root its `file:` selectors are relative to.
    pub root: PathBuf,
    /// The TOML text.
    pub text: String,
}
