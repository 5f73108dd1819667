//! One filter of a chain, as text: enough to build the same engine again in another process or years later.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
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

impl SourceKind {
    /// In words, for people.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Builtin => "built-in",
            Self::Framework => "built-in (test framework)",
            Self::Project => "project",
            Self::Env => "environment",
            Self::CommandLine => "command line",
            Self::Session => "session",
        }
    }
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
    /// The TOML text, with its byte order mark if it has one.
    pub text: String,
}

impl Source {
    /// What messages call this source: its path, else its kind.
    #[must_use]
    pub fn display_name(&self) -> String {
        match &self.path {
            Some(path) => path.to_string_lossy().into_owned(),
            None => format!("<{}>", self.kind.in_words()),
        }
    }

    /// The SHA-256 of the text, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut out = String::with_capacity(64);
        for byte in Sha256::digest(self.text.as_bytes()) {
            let _ = write!(out, "{byte:02x}");
        }
        out
    }
}
