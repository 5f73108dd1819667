//! Rules that are valid but cannot do what they say. Warnings only: they never refuse a filter.
//!
//! What can be told from the file alone, and from asking whether a folder exists; what a *recording* shows (a selector
//! that matched nothing, and why) is another question.

use super::engine::{Engine, Rule};
use super::file::BOM;
use super::glob::{Gap, Shape};
use super::matcher::Matcher;
use super::selector::Selector;
use super::types::{Kind, MatchType, ScopeKind, ValueKind};
use crate::diagnostic::{Diagnostic, Locator};
use std::ops::Range;
use std::path::Path;

/// Files with more rules than this are not searched for overruled ones: that takes the square of their number.
const MAX_COMPARED: usize = 2_000;

/// Warnings about one source of a chain. `text` is the source's text, `name` what messages call it, `is_folder` tells
/// whether a path is a folder on the disk.
#[must_use]
pub fn lint(
    engine: &Engine,
    source: usize,
    text: &str,
    name: &str,
    is_folder: impl Fn(&Path) -> bool,
) -> Vec<Diagnostic> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let Some(info) = engine.sources().get(source) else { return Vec::new() };
    let rules = &engine.rules()[info.first_rule..info.first_rule + info.rules];
    let mut lints = Lints { locator: Locator::new(text), name, found: Vec::new() };
    for (index, rule) in rules.iter().enumerate() {
        let mut warnings = selector(&rule.selector, &rule.matcher);
        warnings.extend(file(rule, &info.root, &is_folder));
        if rule.exec.is_none() && rule.value_default.is_none() && rule.patterns.is_empty() {
            warnings.push(warning("W-NO-EFFECT", "the rule sets nothing and has no value patterns"));
        }
        if rules.len() <= MAX_COMPARED
            && let Some(later) = rules[index + 1..].iter().find(|later| overrules(later, rule))
        {
            let message = format!("wholly overruled by rule {} (`{}`)", later.index, later.selector.text());
            warnings.push(warning("W-OVERRULED", message).hint("later rules win; move it below, or take it out"));
        }
        lints.add(warnings, &rule.at, rule.index, None);
        for (at, pattern) in rule.patterns.iter().enumerate() {
            lints.add(selector(&pattern.selector, &pattern.matcher), &pattern.at, rule.index, Some(at));
        }
    }
    lints.found
}

struct Lints<'t> {
    locator: Locator<'t>,
    name: &'t str,
    found: Vec<Diagnostic>,
}

impl Lints<'_> {
    fn add(&mut self, warnings: Vec<Diagnostic>, at: &Range<usize>, rule: usize, pattern: Option<usize>) {
        for mut warning in warnings {
            warning.rule = Some(rule);
            warning.pattern = pattern;
            self.found.push(warning.in_file(self.name).at(&self.locator, at.clone()));
        }
    }
}

fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(code, message)
}

/// What a selector tells by itself.
fn selector(selector: &Selector, matcher: &Matcher) -> Vec<Diagnostic> {
    let kind = selector.kind().as_str();
    let pattern = selector.pattern();
    let mut warnings = Vec::new();
    match selector.match_type() {
        MatchType::Literal if pattern.contains(['*', '?', '{', '[']) => {
            let message = "wildcard characters in a literal stand for themselves";
            warnings.push(warning("W-LITERAL-GLOB", message).hint(format!("for a glob write `{kind}:{pattern}`")));
        }
        MatchType::Regex => {
            if let Some(word) = bare_word(pattern) {
                let message = format!("an unanchored regex that only looks for `{word}` anywhere in the name");
                let hint = match selector.kind() {
                    Kind::Scope(ScopeKind::File) => format!("for that, `file:**/*{word}*` does; for one file, name it"),
                    _ => format!("`{kind}:*{word}*` says the same; for exactly this name write `{kind}:{word}`"),
                };
                warnings.push(warning("W-REGEX-UNANCHORED", message).hint(hint));
            }
        }
        _ => {}
    }
    if matcher.is_hopeless() {
        warnings.push(warning("W-NEVER", "no string can match this pattern"));
    }
    let literal = matcher.shape().map(|shape| [shape.prefix.as_str(), shape.suffix.as_str()]);
    let holds = |c: char| literal.is_some_and(|parts| parts.iter().any(|part| part.contains(c)));
    match selector.kind() {
        Kind::Scope(ScopeKind::Pkg | ScopeKind::Obj) if holds('/') => {
            warnings.push(
                warning("W-NEVER", "module names have dots where paths have slashes; this matches none")
                    .hint(format!("did you mean `{kind}:{}`?", pattern.replace('/', "."))),
            );
        }
        Kind::Value(ValueKind::Local | ValueKind::Global | ValueKind::Arg) if holds('.') || holds('/') => {
            warnings.push(
                warning("W-NEVER", "names of variables have no dots and no slashes; this matches none")
                    .hint("attributes are matched on their own: `attr:NAME`"),
            );
        }
        _ => {}
    }
    warnings
}

/// What a `file` selector tells together with its project root and the disk.
fn file(rule: &Rule, root: &str, is_folder: impl Fn(&Path) -> bool) -> Option<Diagnostic> {
    if rule.kind != ScopeKind::File {
        return None;
    }
    let pattern = rule.selector.pattern();
    if rule.selector.match_type() == MatchType::Regex {
        let anchored = format!("^{}/", regex_syntax::escape(root));
        if !root.is_empty() && (pattern.starts_with(&anchored) || pattern.starts_with(&format!("^{root}/"))) {
            let message = "files inside the project root are seen relative to it; this matches none of them";
            return Some(warning("W-NEVER", message).hint("take the root out of the expression"));
        }
        return None;
    }
    let path = rule.matcher.shape().filter(|shape| shape.gap == Gap::Nothing).map(|shape| shape.prefix.as_str());
    let names_folder = path.is_some_and(|path| is_folder(&Path::new(root).join(path)));
    if pattern.ends_with('/') || names_folder {
        let folder = pattern.trim_end_matches('/');
        return Some(
            warning("W-DIRECTORY", "names a folder; it matches no file inside")
                .hint(format!("for everything below it write `file:{folder}/**`")),
        );
    }
    let is_name = |path: &str| {
        let word = |part: &str| part.starts_with(|c: char| c.is_alphabetic() || c == '_') && !part.contains('-');
        path.contains('.') && !path.contains('/') && path.split('.').all(word)
    };
    let source = path.filter(|path| is_name(path) && !path.ends_with(".py") && !path.ends_with(".pyw"))?;
    Some(
        warning("W-NEVER", "looks like a module name; files are matched by their path")
            .hint(format!("did you mean `pkg:{source}` or `file:{}.py`?", source.replace('.', "/"))),
    )
}

/// The text that a regular expression looks for, when it is nothing but that text (dots apart) with `.*` around it.
fn bare_word(pattern: &str) -> Option<String> {
    let mut inner = pattern;
    while let Some(rest) = inner.strip_prefix(".*") {
        inner = rest;
    }
    while let Some(rest) = inner.strip_suffix(".*").filter(|rest| !rest.ends_with('\\')) {
        inner = rest;
    }
    let word = inner.replace("\\.", ".");
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '<' | '>' | ' ');
    (!word.is_empty() && word.chars().all(plain)).then_some(word)
}

/// Whether `later` sets everything that `rule` sets, wherever `rule` matches. Says no when it cannot tell.
fn overrules(later: &Rule, rule: &Rule) -> bool {
    rule.kind == later.kind
        && rule.patterns.is_empty()
        && (rule.exec.is_some() || rule.value_default.is_some())
        && (rule.exec.is_none() || later.exec.is_some())
        && (rule.value_default.is_none() || later.value_default.is_some())
        && (rule.selector.text() == later.selector.text() || covers(&later.matcher, &rule.matcher))
}

/// Whether the first pattern matches everything that the second one matches. Says no when it cannot tell.
fn covers(outer: &Matcher, inner: &Matcher) -> bool {
    let Some(inner) = inner.shape() else {
        return outer.shape().is_some_and(|outer| outer.gap == Gap::Anything && is_bare(outer));
    };
    if inner.gap == Gap::Nothing {
        return outer.is_match(&inner.prefix);
    }
    let Some(outer) = outer.shape() else { return false };
    let (Some(head), Some(tail)) = (inner.prefix.strip_prefix(&outer.prefix), inner.suffix.strip_suffix(&outer.suffix))
    else {
        return false;
    };
    match outer.gap {
        Gap::Nothing => false,
        Gap::Anything => true,
        Gap::NoSlash => inner.gap == Gap::NoSlash && !head.contains('/') && !tail.contains('/'),
        Gap::Components => inner.gap == Gap::Components && head.is_empty() && tail.is_empty(),
    }
}

fn is_bare(shape: &Shape) -> bool {
    shape.prefix.is_empty() && shape.suffix.is_empty()
}

#[cfg(test)]
mod tests;
