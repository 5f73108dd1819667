//! Completion of a selector that is being typed: kinds, then modules, files and names that were seen, a component at a
//! time.

use super::chain::escaped;
use super::evaluate::compile;
use super::functions::Functions;
use crate::filter::{Kind, MatchType, ScopeKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

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
pub fn complete(functions: &Functions, typed: &str, root: &str) -> Vec<Completion> {
    let Some((word, rest)) = typed.split_once(':') else { return kinds(functions, typed, root) };
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
    let mut found = below(functions, kind, root, pattern, is_glob);
    if found.is_empty() && !pattern.is_empty() {
        found = containing(functions, kind, root, pattern, is_glob);
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
fn kinds(functions: &Functions, typed: &str, root: &str) -> Vec<Completion> {
    let kinds = [ScopeKind::Pkg, ScopeKind::File, ScopeKind::Obj].map(|kind| Kind::Scope(kind).as_str());
    let mut out: Vec<Completion> = kinds
        .into_iter()
        .filter(|kind| kind.starts_with(typed))
        .map(|kind| Completion { text: format!("{kind}:"), functions: None })
        .collect();
    if !typed.is_empty() {
        out.extend(complete(functions, &format!("pkg:{typed}"), root));
    }
    out.truncate(MOST);
    out
}

/// The next component of every name that starts as typed: as it is where something has that very name, with a wildcard
/// where there is more below it.
fn below(functions: &Functions, kind: ScopeKind, root: &str, typed: &str, is_glob: bool) -> BTreeMap<String, usize> {
    let (separator, wildcard) = if kind == ScopeKind::File { ('/', "/**") } else { ('.', ".*") };
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    // A wildcard at the end was a completion itself: what is offered next lies below it.
    let typed = typed.strip_suffix("**").or_else(|| typed.strip_suffix('*')).unwrap_or(typed);
    for function in functions.rows() {
        let Some(subject) = function.subject(kind, root) else { continue };
        let outside = is_glob && is_outside(kind, &subject);
        if outside {
            // A path outside the project has no glob of its own; one that begins anywhere matches it.
            let name = anywhere(&subject);
            if !typed.is_empty() && (subject.starts_with(typed) || name.starts_with(typed)) {
                *found.entry(name).or_default() += 1;
            }
            continue;
        }
        let name = as_typed(subject, is_glob);
        if !name.starts_with(typed) {
            continue;
        }
        match name[typed.len()..].char_indices().find(|(at, c)| *c == separator && *at > 0) {
            None => *found.entry(name.into_owned()).or_default() += 1,
            Some((at, _)) if is_glob => {
                *found.entry(format!("{}{wildcard}", &name[..typed.len() + at])).or_default() += 1;
            }
            Some(_) => *found.entry(name.into_owned()).or_default() += 1,
        }
    }
    found
}

/// Names that contain what was typed, somewhere, in any case.
fn containing(
    functions: &Functions,
    kind: ScopeKind,
    root: &str,
    typed: &str,
    is_glob: bool,
) -> BTreeMap<String, usize> {
    let wanted = typed.trim_matches(['*', '.', '/']).to_lowercase();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for function in functions.rows() {
        let Some(subject) = function.subject(kind, root) else { continue };
        if subject.to_lowercase().contains(&wanted) {
            let outside = is_glob && is_outside(kind, &subject);
            let name = if outside { anywhere(&subject) } else { as_typed(subject, is_glob).into_owned() };
            *found.entry(name).or_default() += 1;
        }
    }
    found
}

/// A name as a pattern that matches it alone.
fn as_typed(subject: Cow<'_, str>, is_glob: bool) -> Cow<'_, str> {
    let special = is_glob && subject.contains(['*', '?', '[', ']', '{', '}', '\\']);
    if special { Cow::Owned(escaped(&subject)) } else { subject }
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
        complete(&functions, typed, "/srv").into_iter().map(|completion| completion.text).collect()
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
