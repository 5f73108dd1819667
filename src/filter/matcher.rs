//! One compiled pattern: the cheapest test that decides it.
//!
//! Literals and nearly all globs are a prefix, a suffix and a simple gap; the rest are regular expressions. Those are
//! checked and measured when the pattern is made, but their search engine is built at the first question: of ten
//! thousand rules most are never asked one by one.

use super::glob::{self, Gap, MAX_PATTERN, Shape, Translated};
use super::types::MatchType;
use regex_automata::meta;
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_syntax::hir::Hir;
use std::ops::Range;
use std::sync::OnceLock;

/// Largest compiled size of one pattern, in bytes.
pub const MAX_COMPILED: usize = 10 << 20;

/// Why a pattern does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Stable code.
    pub code: &'static str,
    /// One clause.
    pub message: String,
    /// Byte range in the pattern.
    pub at: Range<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Matcher {
    imp: Imp,
}

#[derive(Debug)]
pub(super) enum Imp {
    Shape(Shape),
    /// A glob that needs a regular expression, and what its matches start and end with.
    Glob {
        prefix: String,
        suffix: String,
        regex: Expression,
    },
    Regex(Expression),
}

/// A regular expression whose syntax and size are known to be fine.
#[derive(Debug)]
pub(super) struct Expression {
    hir: Hir,
    size: usize,
    engine: OnceLock<Option<meta::Regex>>,
}

impl Expression {
    /// `at`: what the whole pattern is, for errors that concern all of it.
    fn new(text: &str, at: Range<usize>) -> Result<Self, PatternError> {
        let hir = regex_syntax::Parser::new().parse(text).map_err(|error| syntax_error(&error, text, at.clone()))?;
        let config = NFA::config().nfa_size_limit(Some(MAX_COMPILED)).which_captures(WhichCaptures::None);
        let nfa = NFA::compiler().configure(config).build_from_hir(&hir).map_err(|error| {
            let message = match error.size_limit() {
                Some(limit) => format!("compiles to more than {limit} bytes"),
                None => error.to_string(),
            };
            PatternError { code: "E-SEL-SIZE", message, at, hint: None }
        })?;
        Ok(Self { hir, size: nfa.memory_usage(), engine: OnceLock::new() })
    }

    pub(super) fn hir(&self) -> &Hir {
        &self.hir
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    fn engine(&self) -> Option<&meta::Regex> {
        let build = || {
            // The size was checked when the pattern was made.
            let config = meta::Config::new().nfa_size_limit(None).which_captures(WhichCaptures::Implicit);
            meta::Regex::builder().configure(config).build_from_hir(&self.hir).ok()
        };
        self.engine.get_or_init(build).as_ref()
    }

    fn is_match(&self, subject: &str) -> bool {
        self.engine().is_some_and(|engine| engine.is_match(subject))
    }

    fn find(&self, subject: &str) -> Option<Range<usize>> {
        self.engine()?.find(subject).map(|found| found.range())
    }
}

impl Matcher {
    /// Compiles a pattern. `file` patterns must have been normalised.
    ///
    /// # Errors
    ///
    /// The pattern does not compile, or is too large.
    pub fn new(match_type: MatchType, pattern: &str) -> Result<Self, PatternError> {
        let whole = 0..pattern.len();
        if pattern.len() > MAX_PATTERN && match_type != MatchType::Literal {
            let message = format!("a pattern of more than {MAX_PATTERN} bytes");
            return Err(PatternError { code: "E-SEL-SIZE", message, at: whole, hint: None });
        }
        let imp = match match_type {
            MatchType::Literal => {
                Imp::Shape(Shape { prefix: pattern.to_owned(), gap: Gap::Nothing, suffix: String::new() })
            }
            MatchType::Regex => Imp::Regex(Expression::new(pattern, whole)?),
            MatchType::Glob => match glob::translate(pattern).map_err(glob_error)? {
                Translated::Shape(shape) => Imp::Shape(shape),
                Translated::Regex { regex, prefix, suffix } => {
                    Imp::Glob {
                        prefix,
                        suffix,
                        regex: Expression::new(&regex, whole.clone()).map_err(|error| {
                            // Offsets into the translation mean nothing to the author.
                            PatternError { code: "E-SEL-SIZE", at: whole, hint: None, ..error }
                        })?,
                    }
                }
            },
        };
        Ok(Self { imp })
    }

    /// Whether the pattern matches: globs and literals the whole subject, regular expressions any part of it.
    #[must_use]
    pub fn is_match(&self, subject: &str) -> bool {
        match &self.imp {
            Imp::Shape(shape) => shape.is_match(subject),
            Imp::Glob { prefix, suffix, regex } => {
                subject.starts_with(prefix) && subject.ends_with(suffix) && regex.is_match(subject)
            }
            Imp::Regex(regex) => regex.is_match(subject),
        }
    }

    /// The matched byte range, for highlighting: the leftmost match of a regular expression, else the whole subject.
    #[must_use]
    pub fn find(&self, subject: &str) -> Option<Range<usize>> {
        match &self.imp {
            Imp::Regex(regex) => regex.find(subject),
            _ => self.is_match(subject).then_some(0..subject.len()),
        }
    }

    /// Bytes of compiled regular expression, without what searching will need on top.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.imp {
            Imp::Shape(_) => 0,
            Imp::Glob { regex, .. } | Imp::Regex(regex) => regex.size(),
        }
    }

    /// The simple form, if the pattern has one.
    #[must_use]
    pub fn shape(&self) -> Option<&Shape> {
        if let Imp::Shape(shape) = &self.imp { Some(shape) } else { None }
    }

    pub(super) fn imp(&self) -> &Imp {
        &self.imp
    }
}

fn glob_error(error: glob::GlobError) -> PatternError {
    PatternError { code: "E-SEL-GLOB", message: error.message, at: error.at, hint: None }
}

/// The first line of the engine's complaint, at its place.
fn syntax_error(error: &regex_syntax::Error, pattern: &str, whole: Range<usize>) -> PatternError {
    let (message, at) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(error.span())),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(error.span())),
        other => (other.to_string(), None),
    };
    let at = at.map_or(whole, |span| span.start.offset..span.end.offset);
    let hint = if message.contains("look-around") || message.contains("backreference") {
        Some("the engine searches in linear time; it has no look-around and no back-references".to_owned())
    } else if pattern.starts_with('*') || pattern.starts_with('?') {
        Some("`*` alone is a wildcard in globs only; in a regex write `.*`".to_owned())
    } else {
        None
    };
    PatternError { code: "E-SEL-REGEX", message, at, hint }
}
