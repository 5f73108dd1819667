//! Reading typed values out of a TOML tree, and collecting what is wrong with them.

use super::super::matcher::MAX_COMPILED;
use super::super::selector::{Place, Selector, SelectorError};
use super::super::words::{nearest, one_of};
use super::{Budget, Matcher};
use crate::diagnostic::{Diagnostic, Locator};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
pub(super) type Node<'i> = Spanned<DeValue<'i>>;

/// The state of reading one file.
pub(super) struct Reader<'r> {
    locator: &'r Locator<'r>,
    name: &'r str,
    root: &'r str,
    budget: &'r mut Budget,
    problems: Vec<Diagnostic>,
    over_budget: bool,
    /// The TOML is broken: say nothing about what is missing.
    pub(super) lenient: bool,
    /// The rule being read.
    pub(super) rule: Option<usize>,
    /// The value pattern being read.
    pub(super) pattern: Option<usize>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(locator: &'r Locator<'r>, name: &'r str, root: &'r str, budget: &'r mut Budget) -> Self {
        Self {
            locator,
            name,
            root,
            budget,
            problems: Vec::new(),
            over_budget: false,
            lenient: false,
            rule: None,
            pattern: None,
        }
    }

    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// Notes a problem at a place of the file.
    pub(super) fn report(&mut self, problem: Diagnostic, at: Range<usize>) {
        // Recovery invents values; they stand at the very start, where no value can stand.
        if self.lenient && at == (0..0) {
            return;
        }
        let mut problem = problem.in_file(self.name).at(self.locator, at);
        problem.rule = self.rule;
        problem.pattern = self.pattern;
        self.problems.push(problem);
    }

    /// The value of a key that must be there.
    pub(super) fn required<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
        path: &str,
        at: &Range<usize>,
    ) -> Option<&'t Node<'i>> {
        let value = table.get(key);
        if value.is_none() && !self.lenient {
            let problem = Diagnostic::error("E-KEY-MISSING", format!("`{}` is missing", join(path, key)));
            // A whole table is too much to underline: point at its start.
            let end = self.locator.text()[at.start..].find('\n').map_or(at.end, |end| at.end.min(at.start + end));
            self.report(problem, at.start..end);
        }
        value
    }

    /// Notes every key that is not one of `known`.
    pub(super) fn unknown_keys(&mut self, table: &DeTable<'_>, path: &str, known: &[&str]) {
        for key in table.keys() {
            let word = key.get_ref().as_ref();
            if known.contains(&word) {
                continue;
            }
            let mut problem = Diagnostic::error("E-KEY-UNKNOWN", format!("unknown key `{}`", join(path, word)));
            problem.hint = Some(match nearest(word, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here: {}", known.join(", ")),
            });
            self.report(problem, key.span());
        }
    }

    /// Notes that a value has the wrong type.
    pub(super) fn wrong_type(&mut self, value: &Node<'_>, path: &str, want: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.report(Diagnostic::error("E-TYPE", format!("`{path}` is {found}; expected {want}")), value.span());
    }

    pub(super) fn table<'t, 'i>(&mut self, value: &'t Node<'i>, path: &str) -> Option<&'t DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, path, "a table");
        }
        table
    }

    /// The elements of an array, each of which should be `of`.
    pub(super) fn array<'t, 'i>(&mut self, value: &'t Node<'i>, path: &str, of: &str) -> &'t [Node<'i>] {
        match value.get_ref().as_array() {
            Some(array) => array.as_ref(),
            None => {
                self.wrong_type(value, path, &format!("an array of {of}"));
                &[]
            }
        }
    }

    pub(super) fn string<'t>(&mut self, value: &'t Node<'_>, path: &str) -> Option<&'t str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(value, path, "a string");
        }
        text
    }

    pub(super) fn bool(&mut self, value: &Node<'_>, path: &str) -> Option<bool> {
        let yes = value.get_ref().as_bool();
        if yes.is_none() {
            self.wrong_type(value, path, "true or false");
        }
        yes
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, value: &Node<'_>, path: &str, known: &[(&str, T)]) -> Option<T> {
        let word = self.string(value, path)?;
        if let Some((_, meaning)) = known.iter().find(|(known, _)| *known == word) {
            return Some(*meaning);
        }
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let mut problem = Diagnostic::error("E-VALUE", format!("`{path}` is `{word}`; expected {}", one_of(&words)));
        problem.hint = nearest(word, &words).map(|meant| format!("did you mean `{meant}`?"));
        self.report(problem, value.span());
        None
    }

    /// A selector and its compiled pattern.
    pub(super) fn selector(&mut self, value: &Node<'_>, path: &str, place: Place) -> Option<(Selector, Matcher)> {
        let text = self.string(value, path)?;
        let selector = match Selector::parse(text, place) {
            Ok(selector) => selector,
            Err(error) => {
                self.selector_error(error, text, value.span());
                return None;
            }
        };
        if !self.budget.is_open() {
            if !self.over_budget {
                self.over_budget = true;
                let message = "the patterns of this chain compile to too much in total; the rest was not checked";
                self.report(Diagnostic::error("E-CHAIN-SIZE", message), value.span());
            }
            return None;
        }
        match selector.compile(self.root) {
            Ok(matcher) => {
                self.budget.spend(matcher.size());
                Some((selector, matcher))
            }
            Err(error) => {
                if error.code == "E-SEL-SIZE" {
                    // Finding out cost as much as if it had been accepted.
                    self.budget.spend(MAX_COMPILED);
                }
                self.selector_error(error, text, value.span());
                None
            }
        }
    }

    fn selector_error(&mut self, error: SelectorError, text: &str, value: Range<usize>) {
        let at = within_string(self.locator.text(), &value, text, &error.at);
        let mut problem = Diagnostic::error(error.code, error.message);
        problem.hint = error.hint;
        self.report(problem, at);
    }
}

/// `path.key`, or just `key` at the top.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The place of a part of a string value in the file: exact unless the string is written with escapes, then the whole
/// value.
fn within_string(file: &str, value: &Range<usize>, text: &str, part: &Range<usize>) -> Range<usize> {
    let written = file.get(value.clone()).unwrap_or_default();
    let quotes = if written.starts_with("'''") || written.starts_with("\"\"\"") { 3 } else { 1 };
    // A line end right after the opening quotes of a multi-line string is not part of it.
    let mut skipped = quotes;
    if quotes == 3 {
        let after = written.get(3..).unwrap_or_default();
        skipped += after.len() - after.strip_prefix("\r\n").or(after.strip_prefix('\n')).unwrap_or(after).len();
    }
    let same = written.get(skipped..written.len().saturating_sub(quotes)) == Some(text);
    if same && !part.is_empty() {
        value.start + skipped + part.start..value.start + skipped + part.end
    } else if same && part.start < text.len() {
        value.start + skipped + part.start..value.start + skipped + part.start
    } else {
        value.clone()
    }
}
