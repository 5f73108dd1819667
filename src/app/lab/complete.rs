//! Completion of a selector that is being typed: kinds, then modules, files and names that were seen, a component at a
//! time.

use super::chain::escaped;
use super::evaluate::compile;
use super::subjects::Subjects;
use crate::filter::{Kind, MatchType, ScopeKind};
use regex::RegexBuilder;
use std::borrow::Cow;
use std::collections::HashMap;

/// Most completions that are offered.
const MOST: usize = 40;

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The whole selector.
    pub text: String,
    /// Functions seen under that name; `None` for a kind.
    pub functions: Option<usize>,
}

/// What a selector that starts like `typed` could be. `root`: of its filter, no slash at its end.
#[must_use]
pub fn complete(seen: &Subjects, typed: &str, root: &str) -> Vec<Completion> {
    let Some((word, rest)) = typed.split_once(':') else { return kinds(seen, typed, root) };
    let Some(Kind::Scope(kind)) = Kind::parse(word) else { return Vec::new() };
    let (head, match_type, pattern) = match rest.split_once(':') {
        None => (format!("{word}:"), MatchType::Glob, rest),
        Some((word_of_match, pattern)) => match MatchType::parse(word_of_match) {
            Some(match_type) => (format!("{word}:{word_of_match}:"), match_type, pattern),
            None => return Vec::new(),
        },
    };
    if match_type == MatchType::Regex {
        return Vec::new();
    }
    let is_glob = match_type == MatchType::Glob;
    let mut found = below(seen, kind, root, pattern, is_glob);
    if found.is_empty() && !pattern.is_empty() {
        found = containing(seen, kind, root, pattern, is_glob);
    }
    found
        .into_iter()
        .map(|(pattern, count)| Completion { text: format!("{head}{pattern}"), functions: Some(count) })
        // A path outside the project has no glob.
        .filter(|completion| completion.text != typed && compile(&completion.text, root).is_ok())
        .take(MOST)
        .collect()
}

/// Before there is a colon: the kinds that start so, and modules of that name.
fn kinds(seen: &Subjects, typed: &str, root: &str) -> Vec<Completion> {
    let kinds = [ScopeKind::Pkg, ScopeKind::File, ScopeKind::Obj].map(|kind| Kind::Scope(kind).as_str());
    let mut out: Vec<Completion> = kinds
        .into_iter()
        .filter(|kind| kind.starts_with(typed))
        .map(|kind| Completion { text: format!("{kind}:"), functions: None })
        .collect();
    if !typed.is_empty() {
        out.extend(complete(seen, &format!("pkg:{typed}"), root));
    }
    out.truncate(MOST);
    out
}

/// Patterns by name, and how many functions each stands for.
type Found = Vec<(String, usize)>;

/// The next component of every name that starts as typed: as it is where something has that very name, with a wildcard
/// where there is more below it.
fn below(seen: &Subjects, kind: ScopeKind, root: &str, typed: &str, is_glob: bool) -> Found {
    let (separator, wildcard) = if kind == ScopeKind::File { ('/', "/**") } else { ('.', ".*") };
    // A wildcard at the end was a completion itself: what is offered next lies below it.
    let typed = typed.strip_suffix("**").or_else(|| typed.strip_suffix('*')).unwrap_or(typed);
    // Hardly any name begins as typed: the others are passed over before they are put into a pattern.
    let plain = if is_glob { Cow::Owned(typed.replace('\\', "")) } else { Cow::Borrowed(typed) };
    let mut found: HashMap<(Cow<'_, str>, bool), usize> = HashMap::new();
    for (subject, count) in seen.each(kind, root) {
        if is_glob && is_outside(kind, subject) {
            // A path outside the project has no glob of its own; one that begins anywhere matches it.
            if !typed.is_empty() && (subject.starts_with(typed) || anywhere(subject).starts_with(typed)) {
                *found.entry((Cow::Owned(anywhere(subject)), false)).or_default() += count;
            }
            continue;
        }
        if !subject.starts_with(&*plain) {
            continue;
        }
        let name = as_typed(subject, is_glob);
        if !name.starts_with(typed) {
            continue;
        }
        let next = name[typed.len()..].char_indices().find(|(at, c)| *c == separator && *at > 0);
        let key = match (next, name) {
            (Some((at, _)), Cow::Borrowed(name)) if is_glob => (Cow::Borrowed(&name[..typed.len() + at]), true),
            (Some((at, _)), Cow::Owned(name)) if is_glob => (Cow::Owned(name[..typed.len() + at].to_owned()), true),
            (_, name) => (name, false),
        };
        *found.entry(key).or_default() += count;
    }
    let written = |((name, more), count): ((Cow<'_, str>, bool), usize)| match more {
        true => (format!("{name}{wildcard}"), count),
        false => (name.into_owned(), count),
    };
    sorted(found.into_iter().map(written))
}

/// Names that contain what was typed, somewhere, in any case.
fn containing(seen: &Subjects, kind: ScopeKind, root: &str, typed: &str, is_glob: bool) -> Found {
    let wanted = typed.trim_matches(['*', '.', '/']);
    let Ok(wanted) = RegexBuilder::new(&regex::escape(wanted)).case_insensitive(true).build() else {
        return Vec::new();
    };
    let mut found: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for (subject, count) in seen.each(kind, root).filter(|(subject, _)| wanted.is_match(subject)) {
        let outside = is_glob && is_outside(kind, subject);
        let name = if outside { Cow::Owned(anywhere(subject)) } else { as_typed(subject, is_glob) };
        *found.entry(name).or_default() += count;
    }
    sorted(found.into_iter().map(|(name, count)| (name.into_owned(), count)))
}

/// In the order of their names.
fn sorted(found: impl Iterator<Item = (String, usize)>) -> Found {
    let mut found: Found = found.collect();
    found.sort_unstable();
    found
}

/// A name as a pattern that matches it alone.
fn as_typed(subject: &str, is_glob: bool) -> Cow<'_, str> {
    let special = |byte: u8| matches!(byte, b'*' | b'?' | b'[' | b']' | b'{' | b'}' | b'\\');
    if is_glob && subject.bytes().any(special) { Cow::Owned(escaped(subject)) } else { Cow::Borrowed(subject) }
}

/// Whether this is the path of a file that lies outside the project.
fn is_outside(kind: ScopeKind, subject: &str) -> bool {
    kind == ScopeKind::File && subject.starts_with('/')
}

/// A glob for a file that lies outside the project: its name and its folder's, wherever they are.
fn anywhere(path: &str) -> String {
    let at = path.rmatch_indices('/').nth(1).map_or(1, |(at, _)| at + 1);
    format!("**/{}", escaped(&path[at..]))
}

#[cfg(test)]
mod tests {
    use super::super::functions::testing::functions;
    use super::*;
    use crate::model::code::Exec;

    fn texts(typed: &str) -> Vec<String> {
        let functions = functions(&[
            ("shop", "/srv/shop/__init__.py", "<module>", Exec::Trace),
            ("shop.cart", "/srv/shop/cart.py", "Cart.add", Exec::Trace),
            ("shop.cart", "/srv/shop/cart.py", "Cart.add.<locals>.f", Exec::Trace),
            ("shop.cart.more", "/srv/shop/more[1].py", "g", Exec::Trace),
            ("__main__", "/usr/x.py", "f", Exec::Trace),
            ("", "<string>", "h", Exec::Skip),
        ]);
        let mut seen = Subjects::default();
        seen.sync(&functions);
        complete(&seen, typed, "/srv").into_iter().map(|completion| completion.text).collect()
    }

    #[test]
    fn files_outside_the_project_have_a_glob_that_begins_anywhere() {
        for typed in ["file:/us", "file:**/us", "file:X.PY"] {
            assert_eq!(texts(typed), ["file:**/usr/x.py"], "{typed}");
        }
        assert!(!texts("file:").iter().any(|text| text.contains("usr")), "the project's own files come first");
    }

    #[test]
    fn component_by_component() {
        for (typed, want) in [
            ("", vec!["pkg:", "file:", "obj:"]),
            ("pk", vec!["pkg:"]),
            ("pkg:", vec!["pkg:__main__", "pkg:shop", "pkg:shop.*"]),
            ("pkg:sh", vec!["pkg:shop", "pkg:shop.*"]),
            ("pkg:shop.*", vec!["pkg:shop.cart", "pkg:shop.cart.*"]),
            ("pkg:shop.c", vec!["pkg:shop.cart", "pkg:shop.cart.*"]),
            ("pkg:literal:shop.", vec!["pkg:literal:shop.cart", "pkg:literal:shop.cart.more"]),
            ("pkg:CART", vec!["pkg:shop.cart", "pkg:shop.cart.more"]),
            ("file:sh", vec!["file:shop/**"]),
            ("file:shop/**", vec!["file:shop/__init__.py", "file:shop/cart.py", "file:shop/more\\[1\\].py"]),
            ("obj:shop.cart.C", vec!["obj:shop.cart.Cart.*"]),
            ("obj:shop.cart.Cart.a", vec!["obj:shop.cart.Cart.add", "obj:shop.cart.Cart.add.*"]),
            ("pkg:regex:sh", vec![]),
            ("arg:x", vec![]),
            ("pkg:wrong:x", vec![]),
            ("pkg:nothing", vec![]),
        ] {
            assert_eq!(texts(typed), want, "{typed}");
        }
    }
}
