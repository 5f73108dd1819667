//! What selectors are matched against, each string once: many functions share a module and a file, so a rule over
//! modules or files asks far fewer questions than there are functions.

use super::functions::{Function, Functions};
use crate::filter::{ScopeKind, obj_name};
use std::collections::HashMap;

/// The strings of all functions, by kind of selector.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    modules: Table,
    paths: Table,
    objs: Vec<String>,
}

/// Distinct strings, and which function has which.
#[derive(Clone, Debug, Default)]
struct Table {
    strings: Vec<Option<String>>,
    ix: HashMap<Option<String>, u32>,
    /// How many functions have each string.
    counts: Vec<usize>,
    of: Vec<u32>,
}

impl Table {
    fn push(&mut self, string: Option<&str>) {
        let string = string.map(str::to_owned);
        let next = u32::try_from(self.strings.len()).unwrap_or(u32::MAX);
        let at = *self.ix.entry(string.clone()).or_insert(next);
        if at == next {
            self.strings.push(string);
            self.counts.push(0);
        }
        self.counts[at as usize] += 1;
        self.of.push(at);
    }
}

impl Subjects {
    /// How many functions it knows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.objs.len()
    }

    /// Takes in the functions that came since.
    pub fn sync(&mut self, functions: &Functions) {
        for function in functions.rows().iter().skip(self.count()) {
            self.push(function);
        }
    }

    fn push(&mut self, function: &Function) {
        self.modules.push(function.module.as_deref().filter(|module| !module.is_empty()));
        self.paths.push(Some(&function.abs_path));
        let module = function.module.as_deref();
        self.objs.push(obj_name(module, &function.qualname).into_owned());
    }

    /// Every different string that a selector of this kind sees, and how many functions have it; of `obj` selectors that of
    /// every function. `root`: of the filter, no slash at its end.
    pub fn each(&self, kind: ScopeKind, root: &str) -> impl Iterator<Item = (&str, usize)> {
        let (objs, table) = match kind {
            ScopeKind::Obj => (self.objs.as_slice(), None),
            ScopeKind::Pkg => (&[][..], Some(&self.modules)),
            ScopeKind::File => (&[][..], Some(&self.paths)),
        };
        let strings = table.into_iter().flat_map(|table| table.strings.iter().zip(&table.counts));
        let strings = strings.filter_map(|(string, count)| Some((string.as_deref()?, *count)));
        let seen = move |string| if kind == ScopeKind::File { below(root, string) } else { string };
        objs.iter().map(|obj| (obj.as_str(), 1)).chain(strings.map(move |(string, count)| (seen(string), count)))
    }

    /// Asks `matches` about the subject of every function from `from` on, at most once for each distinct string, and
    /// hands the functions for which it says yes to `found`. `root`: of the filter, no slash at its end. Stops when
    /// `budget` questions were asked; returns the function to go on from.
    pub fn ask(
        &self,
        kind: ScopeKind,
        root: &str,
        from: usize,
        budget: &mut usize,
        mut matches: impl FnMut(&str) -> bool,
        mut found: impl FnMut(usize),
    ) -> usize {
        if kind == ScopeKind::Obj {
            for (at, obj) in self.objs.iter().enumerate().skip(from) {
                if *budget == 0 {
                    return at;
                }
                *budget -= 1;
                if matches(obj) {
                    found(at);
                }
            }
            return self.count();
        }
        let table = if kind == ScopeKind::Pkg { &self.modules } else { &self.paths };
        let mut answers: Vec<Option<bool>> = vec![None; table.strings.len()];
        for (at, string) in table.of.iter().enumerate().skip(from) {
            let slot = *string as usize;
            let yes = match answers[slot] {
                Some(yes) => yes,
                None if *budget == 0 => return at,
                None => {
                    *budget -= 1;
                    let subject = table.strings[slot].as_deref();
                    let subject = if kind == ScopeKind::File { subject.map(|path| below(root, path)) } else { subject };
                    *answers[slot].insert(subject.is_some_and(&mut matches))
                }
            };
            if yes {
                found(at);
            }
        }
        self.count()
    }
}

/// What `file` selectors see; the same as [`crate::filter::subject`] says.
fn below<'p>(root: &str, path: &'p str) -> &'p str {
    match path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !rest.is_empty() => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::super::functions::testing::functions;
    use super::*;
    use crate::filter::subject;
    use crate::model::code::Exec;

    #[test]
    fn the_strings_are_those_of_the_engine() {
        let functions = functions(&[
            ("shop", "/srv/shop/__init__.py", "<module>", Exec::Trace),
            ("shop", "/srv/shop/__init__.py", "f", Exec::Trace),
            ("", "/srv/shopping/x.py", "C.g", Exec::Skip),
            ("m", "/srv", "", Exec::Skip),
            ("m", "<string>", "<lambda>", Exec::Skip),
        ]);
        let mut subjects = Subjects::default();
        subjects.sync(&functions);
        for root in ["/srv", "/srv/shop", ""] {
            for kind in [ScopeKind::Pkg, ScopeKind::File, ScopeKind::Obj] {
                for (at, function) in functions.rows().iter().enumerate() {
                    let wanted = subject(root, kind, &function.facts());
                    let mut hits = Vec::new();
                    let mut budget = usize::MAX;
                    let matches = |text: &str| Some(text) == wanted.as_deref();
                    subjects.ask(kind, root, 0, &mut budget, matches, |at| hits.push(at));
                    assert_eq!(hits.contains(&at), wanted.is_some(), "{kind:?} {root} {function:?}");
                }
            }
        }
    }

    #[test]
    fn stops_when_it_has_asked_enough() {
        let rows: Vec<_> = (0..10).map(|at| (["a", "b"][at % 2], "/x.py", "f", Exec::Trace)).collect();
        let functions = functions(&rows);
        let mut subjects = Subjects::default();
        subjects.sync(&functions);
        let (mut budget, mut hits) = (1, Vec::new());
        let stopped = subjects.ask(ScopeKind::Pkg, "", 0, &mut budget, |_| true, |at| hits.push(at));
        assert_eq!((stopped, hits), (1, vec![0]));
    }
}
