//! Taking patterns apart, and writing selectors that are read as they are meant.

use crate::filter::types::{Kind, MatchType, ScopeKind};
use crate::filter::{Matcher, Selector};

/// The characters that mean something in a glob.
const WILD: [char; 6] = ['*', '?', '[', '{', '}', '\\'];

/// The pattern as people know it: for a sentence.
pub(super) fn as_typed(selector: &Selector) -> &str {
    selector.pattern()
}

/// A selector of this kind with this pattern; the match type is written where it is needed.
pub(super) fn write(kind: Kind, match_type: MatchType, pattern: &str) -> String {
    if match_type == MatchType::Glob && !pattern.contains(':') {
        format!("{}:{pattern}", kind.as_str())
    } else {
        format!("{}:{}:{pattern}", kind.as_str(), match_type.as_str())
    }
}

/// A selector that matches exactly this text.
pub(super) fn exactly(kind: Kind, subject: &str) -> String {
    let is_file = kind == Kind::Scope(ScopeKind::File);
    if is_file && let Some(rest) = subject.strip_prefix('/') {
        // An absolute pattern is made relative to the project root, so a file outside of it is reached from the left.
        return write(kind, MatchType::Glob, &format!("**/{}", escape(rest)));
    }
    let wild = subject.contains(WILD);
    write(kind, if wild { MatchType::Literal } else { MatchType::Glob }, subject)
}

/// Text with its wildcards escaped.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if WILD.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

pub(super) fn is_wild(pattern: &str) -> bool {
    pattern.contains(WILD)
}

/// How many bytes of a glob stand before its first wildcard.
pub(super) fn literal_stem(pattern: &str) -> usize {
    pattern.find(WILD).unwrap_or(pattern.len())
}

/// Whether a glob shows signs that only make sense in a regular expression.
pub(super) fn looks_like_regex(pattern: &str) -> bool {
    let signs = ["\\.", "\\w", "\\d", "\\b", "\\s", "(", "|", ".+", ".*.", "]+", "]*"];
    pattern.starts_with(['^', '.']) || pattern.ends_with('$') || signs.iter().any(|sign| pattern.contains(sign))
}

/// A matcher for a pattern that may be nonsense.
pub(super) fn compile(match_type: MatchType, pattern: &str) -> Option<Matcher> {
    if pattern.is_empty() { None } else { Matcher::new(match_type, pattern).ok() }
}
