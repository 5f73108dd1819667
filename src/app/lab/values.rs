//! Names of values: which of those that were seen a value pattern is about, and how one that is being typed can go on.
//! A trace keeps the parameters of every function, and with `--lines` its local variables; of globals and attributes only
//! what was recorded.

use super::bits::Bits;
use super::chain::escaped;
use super::functions::{Function, Functions};
use super::state::Suggestion;
use crate::filter::{Kind, MatchType, Place, Selector, ValueKind, obj_name};
use std::borrow::Cow;
use std::collections::HashMap;

/// Most suggestions.
const MOST: usize = 40;

/// Names that are less like what was typed are not meant.
const LIKE: f64 = 0.8;

/// The kinds, the usual ones first.
const KINDS: [ValueKind; 5] = [ValueKind::Arg, ValueKind::Local, ValueKind::Attr, ValueKind::Ret, ValueKind::Global];

/// What is known about a value pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueInsight {
    /// The names that it matches, and how many functions have each; the most frequent first.
    pub names: Vec<(String, usize)>,
    /// Functions with such a value.
    pub functions: usize,
    /// Why it cannot be told what it matches.
    pub unknown: Option<&'static str>,
    /// What can be taken instead, or to go on.
    pub suggestions: Vec<Suggestion>,
}

/// What a value pattern matches in these functions. `root`: of its filter, no slash at its end.
#[must_use]
pub fn look(functions: &Functions, of: &Bits, pattern: &str, root: &str) -> ValueInsight {
    let Some((word, _)) = pattern.split_once(':') else {
        let kinds = KINDS.map(|kind| format!("{}:", Kind::Value(kind).as_str()));
        let kinds = kinds.into_iter().filter(|kind| kind.starts_with(pattern));
        let suggestions = kinds.map(|text| Suggestion { text, functions: None, reason: None }).collect();
        return ValueInsight { suggestions, ..ValueInsight::default() };
    };
    let Some(Kind::Value(kind)) = Kind::parse(word) else { return ValueInsight::default() };
    let rows = || of.iter().filter_map(|at| functions.get(at));
    let mut seen: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for name in rows().flat_map(|function| names(function, kind)) {
        *seen.entry(name).or_default() += 1;
    }
    let mut insight = ValueInsight { unknown: unknown(kind, seen.is_empty()), ..ValueInsight::default() };
    if let Ok(selector) = Selector::parse(pattern, Place::ValuePattern)
        && let Ok(matcher) = selector.compile(root)
    {
        let hit = |name: &Cow<'_, str>| matcher.is_match(name);
        insight.names = seen.iter().filter(|(name, _)| hit(name)).map(|(name, at)| (name.to_string(), *at)).collect();
        insight.names.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        insight.functions = rows().filter(|function| names(function, kind).any(|name| hit(&name))).count();
    }
    insight.suggestions = suggestions(&seen, pattern, word);
    insight
}

/// The values of this kind that a function has, as far as they are known.
fn names(function: &Function, kind: ValueKind) -> impl Iterator<Item = Cow<'_, str>> {
    let facts = &function.record.facts;
    let list: &[String] = match kind {
        ValueKind::Arg => &facts.params,
        ValueKind::Local => &facts.locals,
        ValueKind::Global | ValueKind::Attr | ValueKind::Ret => &[],
    };
    let result = (kind == ValueKind::Ret).then(|| obj_name(function.module.as_deref(), &function.qualname));
    list.iter().map(|name| Cow::Borrowed(name.as_str())).chain(result)
}

fn unknown(kind: ValueKind, none: bool) -> Option<&'static str> {
    match kind {
        ValueKind::Local if none => Some("no local variable was recorded; record with --lines to see them"),
        ValueKind::Global => Some("which globals code uses is not kept in a trace, so this cannot be counted"),
        ValueKind::Attr => Some("which attributes and keys values have is not listed, so this cannot be counted"),
        _ => None,
    }
}

/// Names that begin as typed; else those that contain it; else those most like it.
fn suggestions(seen: &HashMap<Cow<'_, str>, usize>, pattern: &str, word: &str) -> Vec<Suggestion> {
    let rest = &pattern[word.len() + 1..];
    let (head, typed, is_glob) = match rest.split_once(':') {
        None => (format!("{word}:"), rest, true),
        Some((by, typed)) => match MatchType::parse(by) {
            Some(by_type @ (MatchType::Glob | MatchType::Literal)) => {
                (format!("{word}:{by}:"), typed, by_type == MatchType::Glob)
            }
            _ => return Vec::new(),
        },
    };
    let wanted = typed.trim_matches('*').to_lowercase();
    let like = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &wanted);
    let tests: [&dyn Fn(&str) -> bool; 3] = [
        &|name| name.starts_with(typed.trim_end_matches('*')),
        &|name| name.to_lowercase().contains(&wanted),
        &|name| like(name) >= LIKE,
    ];
    for test in tests {
        let mut found: Vec<(&str, usize)> =
            seen.iter().map(|(name, count)| (&**name, *count)).filter(|(name, _)| test(name)).collect();
        found.sort_unstable_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
        let text = |name: &str| format!("{head}{}", if is_glob { escaped(name) } else { name.to_owned() });
        let found = found.into_iter().map(|(name, count)| (text(name), count)).filter(|(text, _)| text != pattern);
        let found = found.map(|(text, count)| Suggestion { text, functions: Some(count), reason: None });
        let found: Vec<Suggestion> = found.take(MOST).collect();
        if !found.is_empty() || seen.contains_key(typed) {
            return found;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::functions::testing::record;
    use super::*;
    use crate::model::code::Exec;
    use crate::model::id::ProcessIx;
    use std::sync::Arc;

    fn functions() -> Functions {
        let mut functions = Functions::default();
        let rows: [(&str, &[&str], &[&str]); 4] = [
            ("login", &["user", "token"], &["user", "token", "count"]),
            ("log_out", &["user"], &["user"]),
            ("check", &["csrf_token", "odd*"], &[]),
            ("other", &["token"], &["x"]),
        ];
        for (at, (name, params, locals)) in (0..).zip(rows) {
            let mut record = (*record(at, "shop", "/srv/shop.py", name, Exec::Trace)).clone();
            record.facts.params = params.iter().map(|name| (*name).to_owned()).collect();
            record.facts.locals = locals.iter().map(|name| (*name).to_owned()).collect();
            functions.add(ProcessIx(0), &Arc::new(record));
        }
        functions
    }

    #[test]
    fn what_a_pattern_matches_and_how_it_goes_on() {
        let functions = functions();
        // Of the rule's functions only.
        let of = Bits::all(3);
        for (pattern, names, count, suggested) in [
            ("", "", 0, "arg: local: attr: ret: global:"),
            ("a", "", 0, "arg: attr:"),
            ("arg:", "", 0, "arg:user arg:csrf_token arg:odd\\* arg:token"),
            ("arg:tok", "", 0, "arg:token"),
            ("arg:token", "token", 1, ""),
            ("arg:*token", "csrf_token token", 2, "arg:csrf_token arg:token"),
            ("arg:literal:odd*", "odd*", 1, ""),
            ("arg:TOKEN", "", 0, "arg:csrf_token arg:token"),
            ("arg:tokne", "", 0, "arg:token"),
            ("arg:regex:^u", "user", 2, ""),
            ("local:c", "", 0, "local:count"),
            ("local:count", "count", 1, ""),
            ("ret:shop.log*", "shop.log_out shop.login", 2, "ret:shop.log_out ret:shop.login"),
            ("attr:x", "", 0, ""),
            ("arg:regex:(", "", 0, ""),
            ("pkg:shop", "", 0, ""),
        ] {
            let insight = look(&functions, &of, pattern, "/srv");
            let join = |list: Vec<&str>| list.join(" ");
            assert_eq!(join(insight.names.iter().map(|(name, _)| name.as_str()).collect()), names, "{pattern}");
            assert_eq!(insight.functions, count, "{pattern}");
            assert_eq!(join(insight.suggestions.iter().map(|it| it.text.as_str()).collect()), suggested, "{pattern}");
        }
        assert!(look(&functions, &of, "attr:x", "").unknown.is_some());
        assert!(look(&functions, &[2].into_iter().collect(), "local:x", "").unknown.is_some(), "without lines");
        assert!(look(&functions, &of, "local:x", "").unknown.is_none());
    }
}
