//! Selectors for a function that somebody points at: from the function itself to its package and its file.

use super::chain::escaped;
use super::evaluate::{Evaluator, compile, sum};
use super::functions::{Function, Functions};
use crate::filter::{ScopeKind, obj_name};

/// One selector for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it takes in: `this function`, `the class Cart`, …
    pub what: String,
    /// The selector.
    pub selector: String,
    /// Functions that it matches.
    pub functions: usize,
    /// Their recorded calls.
    pub calls: u64,
}

/// Selectors for a function, the narrowest first; each matches it. `root`: the project's, no slash at its end.
#[must_use]
pub fn offers(functions: &Functions, evaluator: &mut Evaluator, function: &Function, root: &str) -> Vec<Offer> {
    let mut wanted: Vec<(String, String)> = Vec::new();
    let module = function.module.as_deref().filter(|module| !module.is_empty());
    let object = obj_name(module, &function.qualname);
    let what = if function.is_body() { "this module body" } else { "this function" };
    wanted.push((what.to_owned(), exact("obj", &object)));
    if let Some((class, _)) = function.qualname.rsplit_once('.') {
        let class = class.trim_end_matches(".<locals>");
        let name = class.rsplit('.').next().unwrap_or(class);
        let prefix = obj_name(module, class);
        let what = if function.qualname.contains("<locals>") { "everything inside" } else { "the class" };
        wanted.push((format!("{what} {name}"), format!("obj:{}.*", escaped(&prefix))));
    }
    if let Some(module) = module {
        wanted.push((format!("the module {module}"), exact("pkg", module)));
        let package = if function.abs_path.ends_with("/__init__.py") {
            Some(module)
        } else {
            module.rsplit_once('.').map(|(package, _)| package)
        };
        if let Some(package) = package {
            wanted.push((format!("the package {package}"), format!("pkg:{}{{,.*}}", escaped(package))));
        }
        if let Some(top) = module.split('.').next().filter(|top| Some(*top) != package && *top != module) {
            wanted.push((format!("all of {top}"), format!("pkg:{}{{,.*}}", escaped(top))));
        }
    }
    if let Some(path) = function.subject(ScopeKind::File, root).filter(|_| !function.is_fixed()) {
        wanted.push(("the file".to_owned(), if path.starts_with('/') { literal(&path) } else { exact("file", &path) }));
        if let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
            wanted.push(("the folder".to_owned(), format!("file:{}/**", escaped(folder))));
        }
    }
    let subjects = function.facts();
    wanted
        .into_iter()
        .filter_map(|(what, selector)| {
            let compiled = compile(&selector, root).ok()?;
            let own = crate::filter::subject(root, compiled.kind, &subjects)?;
            if !compiled.matcher.is_match(&own) {
                return None;
            }
            let matched = &evaluator.matches(functions, &selector, root).functions;
            let cost = sum(functions, matched);
            Some(Offer { what, functions: matched.len(), calls: cost.calls, selector })
        })
        .collect()
}

/// A selector for exactly this text.
fn exact(kind: &str, text: &str) -> String {
    let as_glob = escaped(text);
    if as_glob == text && !text.contains(':') { format!("{kind}:{text}") } else { format!("{kind}:literal:{text}") }
}

/// Outside the project only a regular expression sees a whole path.
fn literal(path: &str) -> String {
    format!("file:regex:^{}$", regex::escape(path))
}

#[cfg(test)]
mod tests {
    use super::super::functions::testing::functions;
    use super::*;
    use crate::model::code::Exec;

    #[test]
    fn from_the_function_to_the_folder() {
        let functions = functions(&[
            ("shop.cart", "/srv/shop/cart.py", "Cart.add", Exec::Trace),
            ("shop.cart", "/srv/shop/cart.py", "Cart.remove", Exec::Trace),
            ("shop.cart", "/srv/shop/cart.py", "total", Exec::Trace),
            ("shop", "/srv/shop/__init__.py", "<module>", Exec::Trace),
            ("", "/usr/lib/x y[1].py", "f.<locals>.<lambda>", Exec::Skip),
            ("a:b*", "/srv/odd.py", "<module>", Exec::Skip),
            ("gen", "<string>", "g", Exec::Skip),
            ("a.b.c", "/srv/a/b/c.py", "f", Exec::Trace),
        ]);
        let list = |at: usize| -> Vec<(String, String, usize)> {
            let offers = offers(&functions, &mut Evaluator::default(), &functions.rows()[at], "/srv");
            offers.into_iter().map(|offer| (offer.what, offer.selector, offer.functions)).collect()
        };
        let of = |rows: &[(&str, &str, usize)]| -> Vec<(String, String, usize)> {
            rows.iter().map(|(what, selector, count)| ((*what).to_owned(), (*selector).to_owned(), *count)).collect()
        };
        assert_eq!(
            list(0),
            of(&[
                ("this function", "obj:shop.cart.Cart.add", 1),
                ("the class Cart", "obj:shop.cart.Cart.*", 2),
                ("the module shop.cart", "pkg:shop.cart", 3),
                ("the package shop", "pkg:shop{,.*}", 4),
                ("the file", "file:shop/cart.py", 3),
                ("the folder", "file:shop/**", 4),
            ])
        );
        assert_eq!(
            list(3),
            of(&[
                ("this module body", "obj:shop.<module>", 1),
                ("the module shop", "pkg:shop", 1),
                ("the package shop", "pkg:shop{,.*}", 4),
                ("the file", "file:shop/__init__.py", 1),
                ("the folder", "file:shop/**", 4),
            ])
        );
        assert_eq!(
            list(4)[..2],
            of(&[("this function", "obj:f.<locals>.<lambda>", 1), ("everything inside f", "obj:f.*", 1)])
        );
        assert!(list(4).iter().any(|(_, selector, _)| selector.starts_with("file:regex:^/usr/lib/x")), "{:?}", list(4));
        assert_eq!(list(5)[1].1, "pkg:literal:a:b*");
        assert!(list(6).iter().all(|(_, selector, _)| !selector.starts_with("file:")));
        assert!(list(7).contains(&("all of a".to_owned(), "pkg:a{,.*}".to_owned(), 1)));
    }
}
