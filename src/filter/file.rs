//! One filter file: TOML text to rules, with every problem in it.
//!
//! Reading never stops at the first mistake. Where the TOML itself is broken, what could be recovered is still checked,
//! but nothing is called missing: it may stand in the broken part.

use super::matcher::Matcher;
use super::selector::{Place, Selector};
use super::types::{Kind, ScopeKind, ValueAction, ValueKind};
use crate::diagnostic::{Diagnostic, Locator};
use crate::model::code::Exec;
use std::ops::Range;

mod read;
mod schema;

/// The byte order mark.
pub(super) const BOM: char = '\u{feff}';

/// Compiled regular expressions a whole chain may hold, in bytes.
const CHAIN_BUDGET: usize = 128 << 20;

/// Words and their spans, as parsed from `io`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Io {
    /// Whether output is captured.
    pub capture: bool,
    /// `stdout`, `stderr`, `stdin`, `files`.
    pub streams: Vec<String>,
}

/// A default of a chain: what it is set to (`None`: inherit) and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DefaultSetting<T> {
    pub(super) value: Option<T>,
    pub(super) at: Range<usize>,
}

/// One filter file.
#[derive(Debug)]
pub(super) struct FilterFile {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) labels: Vec<String>,
    pub(super) version: u32,
    pub(super) io: Option<Io>,
    pub(super) exec: DefaultSetting<Exec>,
    pub(super) value: DefaultSetting<ValueAction>,
    pub(super) rules: Vec<FileRule>,
}

/// A rule of a file.
#[derive(Debug)]
pub(super) struct FileRule {
    pub(super) kind: ScopeKind,
    pub(super) selector: Selector,
    pub(super) matcher: Matcher,
    pub(super) exec: Option<Exec>,
    pub(super) value_default: Option<ValueAction>,
    pub(super) reason: Option<String>,
    pub(super) patterns: Vec<FilePattern>,
    /// The selector's value in the file.
    pub(super) at: Range<usize>,
}

/// A value pattern of a rule.
#[derive(Debug)]
pub(super) struct FilePattern {
    pub(super) kind: ValueKind,
    pub(super) selector: Selector,
    pub(super) matcher: Matcher,
    pub(super) action: ValueAction,
    pub(super) reason: Option<String>,
    /// The selector's value in the file.
    pub(super) at: Range<usize>,
}

/// How much compiled regular expression a chain may still hold.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: CHAIN_BUDGET }
    }

    /// Whether anything is left.
    fn is_open(&self) -> bool {
        self.left > 0
    }

    fn spend(&mut self, size: usize) {
        self.left = self.left.saturating_sub(size);
    }
}

/// Reads a file's text. `name` is what the file is called in messages, `root` its project root without a slash at the
/// end. The file is there when there are no problems.
pub(super) fn parse(text: &str, name: &str, root: &str, budget: &mut Budget) -> (Option<FilterFile>, Vec<Diagnostic>) {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let locator = Locator::new(text);
    let (document, broken) = toml::de::DeTable::parse_recoverable(text);
    let mut reader = read::Reader::new(&locator, name, root, budget);
    for error in &broken {
        let at = error.span().unwrap_or(0..0);
        reader.report(Diagnostic::error("E-TOML", error.message().trim_end()), at);
    }
    reader.lenient = !broken.is_empty();
    let file = schema::file(&mut reader, &document);
    let mut problems = reader.into_problems();
    problems.sort_by_key(|problem| problem.span.as_ref().map_or((0, 0), |span| (span.bytes.start, span.bytes.end)));
    let file = if problems.is_empty() { file } else { None };
    (file, problems)
}

/// The kind of a rule's selector; `Selector::parse` has made sure that it is one.
fn scope_kind(selector: &Selector) -> Option<ScopeKind> {
    if let Kind::Scope(kind) = selector.kind() { Some(kind) } else { None }
}

/// The kind of a value pattern's selector; `Selector::parse` has made sure that it is one.
fn value_kind(selector: &Selector) -> Option<ValueKind> {
    if let Kind::Value(kind) = selector.kind() { Some(kind) } else { None }
}

/// Which selectors stand where.
const RULE: Place = Place::Rule;
const PATTERN: Place = Place::ValuePattern;

#[cfg(test)]
mod tests;
