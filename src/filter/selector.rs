//! Selectors: `kind ":" [ match ":" ] pattern`.
//!
//! Parsing takes the text apart and names the first mistake, in a fixed order; compiling turns the pattern into a
//! [`Matcher`]. A selector is never trimmed, and case counts.

use super::matcher::{Matcher, PatternError};
use super::path::normalise_pattern;
use super::types::{Kind, MatchType, ScopeKind};
use super::words::{nearest, one_of};
use std::ops::Range;

/// Which kinds a selector may have where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The selector of a rule: scope kinds.
    Rule,
    /// The selector of a value pattern: value kinds.
    ValuePattern,
    /// A selector someone typed to ask a question: any kind.
    Anywhere,
}

impl Place {
    fn kinds(self) -> Vec<&'static str> {
        Kind::ALL.into_iter().filter(|kind| self.allows(*kind)).map(Kind::as_str).collect()
    }

    fn allows(self, kind: Kind) -> bool {
        match self {
            Self::Rule => matches!(kind, Kind::Scope(_)),
            Self::ValuePattern => matches!(kind, Kind::Value(_)),
            Self::Anywhere => true,
        }
    }
}

/// A mistake in a selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SelectorError {
    /// Stable code.
    pub code: &'static str,
    /// One clause.
    pub message: String,
    /// Byte range in the selector.
    pub at: Range<usize>,
    /// What to write instead, where one can tell.
    pub hint: Option<String>,
}

/// A selector, taken apart but not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    text: String,
    kind: Kind,
    match_type: MatchType,
    pattern_start: usize,
}

impl Selector {
    /// Takes a selector apart.
    ///
    /// # Errors
    ///
    /// The first mistake in this order: empty, no pattern part, unknown kind, kind not allowed here, unknown match type,
    /// empty pattern.
    pub fn parse(text: &str, place: Place) -> Result<Self, SelectorError> {
        let error = |code, message: String, at| Err(SelectorError { code, message, at, hint: None });
        let hinted = |code, message: String, at, hint| Err(SelectorError { code, message, at, hint });
        if text.is_empty() {
            return error("E-SEL-EMPTY", "an empty selector".to_owned(), 0..0);
        }
        let Some((kind_word, rest)) = text.split_once(':') else {
            let message = "no pattern part; a selector is `kind:pattern`".to_owned();
            return hinted("E-SEL-NO-PATTERN", message, 0..text.len(), without_colon(text, place));
        };
        let kind_at = 0..kind_word.len();
        let Some(kind) = Kind::parse(kind_word) else {
            let message = format!("unknown kind `{kind_word}`; expected {}", one_of(&place.kinds()));
            let hint = known_kind(kind_word).map(|kind| format!("did you mean `{kind}:{rest}`?"));
            return hinted("E-SEL-KIND", message, kind_at, hint);
        };
        if !place.allows(kind) {
            let (what, hint) = if place == Place::Rule {
                ("a rule", "value kinds belong in the rule's `value_patterns`")
            } else {
                ("a value pattern", "scope kinds belong in the rule's own `selector`")
            };
            let message = format!("kind `{kind_word}` is not allowed in {what}; expected {}", one_of(&place.kinds()));
            return hinted("E-SEL-PLACE", message, kind_at, Some(hint.to_owned()));
        }
        let rest_start = kind_word.len() + 1;
        let (match_type, pattern_start) = match rest.split_once(':') {
            None => (MatchType::Glob, rest_start),
            Some((word, pattern)) => match MatchType::parse(word) {
                Some(match_type) => (match_type, rest_start + word.len() + 1),
                None => {
                    let types: Vec<&str> = MatchType::ALL.into_iter().map(MatchType::as_str).collect();
                    let message = format!("unknown match type `{word}`; expected {}", one_of(&types));
                    let hint = match known_match(word) {
                        Some(known) => format!("did you mean `{kind_word}:{known}:{pattern}`?"),
                        None if word.is_empty() => format!("did you mean `{kind_word}:{pattern}`?"),
                        None => format!("for a pattern with a colon in it write `{kind_word}:glob:{rest}`"),
                    };
                    return hinted("E-SEL-MATCH", message, rest_start..rest_start + word.len(), Some(hint));
                }
            },
        };
        if pattern_start == text.len() {
            return error("E-SEL-EMPTY-PATTERN", "an empty pattern".to_owned(), pattern_start..pattern_start);
        }
        Ok(Self { text: text.to_owned(), kind, match_type, pattern_start })
    }

    /// The selector as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is matched against.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How its pattern is read.
    #[must_use]
    pub fn match_type(&self) -> MatchType {
        self.match_type
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.text[self.pattern_start..]
    }

    /// Compiles the pattern. `root` is the project root of the filter, without a slash at its end.
    ///
    /// # Errors
    ///
    /// The pattern is no glob or regular expression, is too large, or is a path that the root does not hold.
    pub fn compile(&self, root: &str) -> Result<Matcher, SelectorError> {
        let pattern = self.pattern();
        let normalised;
        let mut effective = pattern;
        if self.kind == Kind::Scope(ScopeKind::File) && self.match_type != MatchType::Regex {
            let is_glob = self.match_type == MatchType::Glob;
            // A glob that is broken is reported as it was written.
            if is_glob {
                Matcher::new(self.match_type, pattern).map_err(|error| self.pattern_error(error))?;
            }
            normalised = normalise_pattern(pattern, is_glob, root).map_err(|message| SelectorError {
                code: "E-SEL-PATH",
                message,
                at: self.pattern_start..self.text.len(),
                hint: None,
            })?;
            effective = &normalised;
        }
        Matcher::new(self.match_type, effective).map_err(|error| self.pattern_error(error))
    }

    fn pattern_error(&self, error: PatternError) -> SelectorError {
        SelectorError {
            code: error.code,
            message: error.message,
            at: self.pattern_start + error.at.start..self.pattern_start + error.at.end,
            hint: error.hint,
        }
    }
}

/// What was meant by a selector without a colon.
fn without_colon(text: &str, place: Place) -> Option<String> {
    let meant = |selector: String| Some(format!("did you mean `{selector}`?"));
    for kind in Kind::ALL.into_iter().filter(|kind| place.allows(*kind)) {
        let rest = text.strip_prefix(kind.as_str()).and_then(|rest| rest.strip_prefix(['.', '=', '/', ' ']));
        if let Some(rest) = rest.map(str::trim_start).filter(|rest| !rest.is_empty()) {
            return meant(format!("{}:{rest}", kind.as_str()));
        }
    }
    if text.trim().is_empty() || Kind::parse(text).is_some() {
        return None;
    }
    match place {
        Place::ValuePattern => meant(format!("arg:{text}")),
        _ if text.contains('/') || text.ends_with(".py") => meant(format!("file:{text}")),
        _ => meant(format!("pkg:{text}")),
    }
}

/// The kind that a word most likely stands for.
fn known_kind(word: &str) -> Option<&'static str> {
    let lower = word.trim().to_lowercase();
    Some(match lower.as_str() {
        "module" | "mod" | "package" => "pkg",
        "path" | "filename" => "file",
        "func" | "function" | "class" | "method" | "object" | "qualname" => "obj",
        "var" | "variable" | "locals" => "local",
        "globals" => "global",
        "argument" | "param" | "parameter" | "args" => "arg",
        "return" | "result" | "returns" => "ret",
        "attribute" | "key" | "field" => "attr",
        lower => return nearest(lower, &Kind::ALL.map(Kind::as_str)),
    })
}

/// The match type that a word most likely stands for.
fn known_match(word: &str) -> Option<&'static str> {
    let lower = word.trim().to_lowercase();
    Some(match lower.as_str() {
        "re" | "regexp" | "rx" => "regex",
        "exact" | "lit" | "equals" | "eq" => "literal",
        "fnmatch" | "wildcard" => "glob",
        lower => return nearest(lower, &MatchType::ALL.map(MatchType::as_str)),
    })
}

#[cfg(test)]
mod tests;
