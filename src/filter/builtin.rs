//! The built-in filters. They are ordinary filter files, in `assets/filters/`; only their place in the chain is special.

use super::source::{Source, SourceKind};
use std::path::Path;

/// The text of the default filter.
pub const DEFAULT: &str = include_str!("../../assets/filters/default.toml");

/// The text of the filter for pytest.
pub const PYTEST: &str = include_str!("../../assets/filters/pytest.toml");

/// The text of the filter for unittest.
pub const UNITTEST: &str = include_str!("../../assets/filters/unittest.toml");

/// A test framework with a filter of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// pytest.
    Pytest,
    /// unittest.
    Unittest,
}

/// The default filter, for a project with this root.
#[must_use]
pub fn default_filter(root: &Path) -> Source {
    source(SourceKind::Builtin, root, DEFAULT)
}

/// The filter of a test framework, for a project with this root.
#[must_use]
pub fn framework_filter(framework: Framework, root: &Path) -> Source {
    let text = match framework {
        Framework::Pytest => PYTEST,
        Framework::Unittest => UNITTEST,
    };
    source(SourceKind::Framework, root, text)
}

/// The built-in filter of this name: `default`, `pytest` or `unittest`.
#[must_use]
pub fn by_name(name: &str, root: &Path) -> Option<Source> {
    match name {
        "default" => Some(default_filter(root)),
        "pytest" => Some(framework_filter(Framework::Pytest, root)),
        "unittest" => Some(framework_filter(Framework::Unittest, root)),
        _ => None,
    }
}

fn source(kind: SourceKind, root: &Path, text: &str) -> Source {
    Source { kind, path: None, root: root.to_path_buf(), text: text.to_owned() }
}

#[cfg(test)]
mod tests;
