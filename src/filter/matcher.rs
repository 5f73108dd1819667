//! One compiled pattern: the cheapest test that decides it.
//!
//! Literals and globs need no regular expression (see [`glob`](super::glob)). Expressions are checked and measured when
//! the pattern is made, but their search engine is built at the first question: of ten thousand rules most are never
//! asked one by one. Equal expressions share one engine, also across chains: when one rule of many is edited, the others
//! are not compiled again.

use super::glob::{self, Gap, MAX_PATTERN, Shape, Simple, Translated};
use super::types::MatchType;
use regex_automata::meta;
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

/// Largest compiled size of one pattern, in bytes.
pub const MAX_COMPILED: usize = 10 << 20;

/// Up to this estimate, in bytes, an expression is taken to be small without trying.
const SURELY_SMALL: usize = 1 << 20;

/// How many expressions may be known before those that are gone are forgotten.
const MANY_SHARED: usize = 4_096;

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
    /// A literal, or a glob with a single alternative.
    Simple(Simple),
    /// A glob with several.
    Alternatives(Vec<Simple>),
    /// A regular expression, or a glob with a great many alternatives.
    Regex { regex: Arc<Expression>, is_glob: bool },
}

/// A regular expression whose syntax and size are known to be fine.
#[derive(Debug)]
pub(super) struct Expression {
    hir: Hir,
    size: usize,
    engine: OnceLock<Option<meta::Regex>>,
}

impl Expression {
    /// The expression with this text, made only if there is none yet. `at`: what the whole pattern is, for errors that
    /// concern all of it.
    fn shared(text: &str, at: Range<usize>) -> Result<Arc<Self>, PatternError> {
        static SHARED: Mutex<Option<HashMap<String, Weak<Expression>>>> = Mutex::new(None);
        let lock = || SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().as_ref().and_then(|shared| shared.get(text)).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let new = Arc::new(Self::new(text, at)?);
        let mut shared = lock();
        let shared = shared.get_or_insert_default();
        if shared.len() >= MANY_SHARED {
            shared.retain(|_, known| known.strong_count() > 0);
        }
        shared.insert(text.to_owned(), Arc::downgrade(&new));
        Ok(new)
    }

    fn new(text: &str, at: Range<usize>) -> Result<Self, PatternError> {
        let hir = regex_syntax::Parser::new().parse(text).map_err(|error| syntax_error(&error, text, at.clone()))?;
        let at_most = estimate(&hir);
        // Far too high, mostly; what counts against the budget of a chain should be nearer to the truth.
        let mut size = at_most / 4;
        if at_most > SURELY_SMALL {
            let config = NFA::config().nfa_size_limit(Some(MAX_COMPILED)).which_captures(WhichCaptures::None);
            let nfa = NFA::compiler().configure(config).build_from_hir(&hir).map_err(|error| {
                let message = match error.size_limit() {
                    Some(limit) => format!("compiles to more than {limit} bytes"),
                    None => error.to_string(),
                };
                PatternError { code: "E-SEL-SIZE", message, at, hint: None }
            })?;
            size = nfa.memory_usage();
        }
        Ok(Self { hir, size, engine: OnceLock::new() })
    }

    pub(super) fn hir(&self) -> &Hir {
        &self.hir
    }

    fn engine(&self) -> Option<&meta::Regex> {
        let build = || {
            // The size was checked when the pattern was made. A one-pass engine is for captures, which nobody asks for.
            let config =
                meta::Config::new().nfa_size_limit(None).which_captures(WhichCaptures::Implicit).onepass(false);
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

/// An upper estimate of the compiled size in bytes.
fn estimate(hir: &Hir) -> usize {
    const STATE: usize = 32;
    const LARGEST_CLASS: usize = 96 << 10;
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE),
        HirKind::Class(Class::Bytes(class)) => (class.ranges().len() + 1).saturating_mul(STATE),
        // A range of characters is a few sequences of up to four bytes; large classes share most of theirs.
        HirKind::Class(Class::Unicode(class)) => ((class.ranges().len() + 1) * 16 * STATE).min(LARGEST_CLASS),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1) as usize;
            estimate(&repetition.sub).saturating_add(STATE).saturating_mul(times)
        }
        HirKind::Capture(capture) => estimate(&capture.sub).saturating_add(2 * STATE),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(STATE, |sum, part| sum.saturating_add(estimate(part)).saturating_add(STATE))
        }
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
            MatchType::Literal => Imp::Simple(Simple::Shape(Shape {
                prefix: pattern.to_owned(),
                gap: Gap::Nothing,
                suffix: String::new(),
            })),
            MatchType::Regex => Imp::Regex { regex: Expression::shared(pattern, whole)?, is_glob: false },
            MatchType::Glob => match glob::translate(pattern).map_err(glob_error)? {
                Translated::Simple(mut alternatives) => match alternatives.pop() {
                    Some(only) if alternatives.is_empty() => Imp::Simple(only),
                    last => {
                        alternatives.extend(last);
                        Imp::Alternatives(alternatives)
                    }
                },
                Translated::Regex(text) => {
                    let regex = Expression::shared(&text, whole.clone()).map_err(|error| {
                        // Offsets into the translation mean nothing to the author.
                        PatternError { code: "E-SEL-SIZE", at: whole, hint: None, ..error }
                    })?;
                    Imp::Regex { regex, is_glob: true }
                }
            },
        };
        Ok(Self { imp })
    }

    /// Whether the pattern matches: globs and literals the whole subject, regular expressions any part of it.
    #[must_use]
    pub fn is_match(&self, subject: &str) -> bool {
        match &self.imp {
            Imp::Simple(simple) => simple.is_match(subject),
            Imp::Alternatives(alternatives) => alternatives.iter().any(|simple| simple.is_match(subject)),
            Imp::Regex { regex, .. } => regex.is_match(subject),
        }
    }

    /// The matched byte range, for highlighting: the leftmost match of a regular expression, else the whole subject.
    #[must_use]
    pub fn find(&self, subject: &str) -> Option<Range<usize>> {
        match &self.imp {
            Imp::Regex { regex, is_glob: false } => regex.find(subject),
            _ => self.is_match(subject).then_some(0..subject.len()),
        }
    }

    /// Bytes of compiled regular expression, without what searching will need on top. (Shared expressions count
    /// each time.)
    #[must_use]
    pub fn size(&self) -> usize {
        if let Imp::Regex { regex, .. } = &self.imp { regex.size } else { 0 }
    }

    /// The simple form, if the pattern has one.
    #[must_use]
    pub fn shape(&self) -> Option<&Shape> {
        if let Imp::Simple(Simple::Shape(shape)) = &self.imp { Some(shape) } else { None }
    }

    /// Whether it can be told that no string matches.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        let hopeless = |simple: &Simple| if let Simple::Walk(walk) = simple { walk.is_hopeless() } else { false };
        match &self.imp {
            Imp::Simple(simple) => hopeless(simple),
            Imp::Alternatives(alternatives) => alternatives.iter().all(hopeless),
            Imp::Regex { regex, .. } => regex.hir.properties().minimum_len().is_none(),
        }
    }

    pub(super) fn imp(&self) -> &Imp {
        &self.imp
    }
}

fn glob_error(error: glob::GlobError) -> PatternError {
    PatternError { code: "E-SEL-GLOB", message: error.message, at: error.at, hint: None }
}

/// The engine's complaint, in one clause and at its place.
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
