//! Spanned messages with stable codes: one shape for every problem found in something a person wrote.
//!
//! A [`Diagnostic`] is plain data (it travels to the explorer as JSON) and knows its one-clause form, which both the
//! recorder and the terminal program use. The form with the line and a caret is drawn in [`mod@render`], only in the
//! terminal program. Whatever text of the input ends up in a message passes [`printable`] on its way out, so that a
//! hostile filter file cannot move the cursor or paint the screen.

use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

#[cfg(feature = "tui")]
pub mod render;
mod text;

pub use text::{Located, Locator, printable};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Works, but hardly as meant. Never refuses anything.
    Warning,
    /// Refuses the whole input.
    Error,
}

/// Where in its file a problem is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Byte range in the file's text (counted after a byte order mark).
    pub bytes: Range<usize>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The line's text around the problem, as it stands in the file (not escaped), without its end; long lines are
    /// cut to [`text::LINE_WINDOW`] bytes on either side.
    pub text: String,
    /// Byte range of the problem in `text`; it ends with the line.
    pub mark: Range<usize>,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable code: `E-…` for errors, `W-…` for warnings.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, one clause, no full stop.
    pub message: String,
    /// The file, or another name for the text (`built-in default`).
    pub file: Option<String>,
    /// Where in the file.
    pub span: Option<Span>,
    /// The rule, counted from 0.
    pub rule: Option<usize>,
    /// The value pattern within the rule, counted from 0.
    pub pattern: Option<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            file: None,
            span: None,
            rule: None,
            pattern: None,
            hint: None,
        }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// In this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// At this byte range of the text that `locator` knows.
    #[must_use]
    pub fn at(mut self, locator: &Locator<'_>, bytes: Range<usize>) -> Self {
        self.span = Some(locator.span(bytes));
        self
    }

    /// `FILE:LINE:COLUMN`, as much of it as is known; escaped.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let file = printable(self.file.as_deref()?);
        Some(match &self.span {
            Some(span) => format!("{file}:{}:{}", span.line, span.column),
            None => file.into_owned(),
        })
    }

    /// `rule 2, pattern 0`, as much of it as is known.
    #[must_use]
    pub fn indices(&self) -> Option<String> {
        match (self.rule, self.pattern) {
            (Some(rule), Some(pattern)) => Some(format!("rule {rule}, pattern {pattern}")),
            (Some(rule), None) => Some(format!("rule {rule}")),
            (None, _) => None,
        }
    }
}

/// One clause on one line: `FILE:LINE:COLUMN: E-CODE: message (rule 2, pattern 0; hint)`. Control characters are
/// escaped.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: {}", self.code, printable(&self.message))?;
        let mut extras: Vec<Cow<'_, str>> = Vec::new();
        extras.extend(self.indices().map(Cow::Owned));
        extras.extend(self.hint.as_deref().map(printable));
        if !extras.is_empty() {
            write!(f, " ({})", extras.join("; "))?;
        }
        Ok(())
    }
}

/// All problems in their one-clause form, separated by `; ` (for places that have one line only).
#[must_use]
pub fn one_line(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
