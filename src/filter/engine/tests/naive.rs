//! The engine against a naive re-statement of the semantics, on random chains of random size: few rules are tried one by
//! one, many go through the index.

use super::*;
use crate::filter::matcher::Matcher;
use std::cell::RefCell;

#[derive(Clone, Debug)]
struct Pattern {
    kind: usize,
    match_type: usize,
    text: String,
    action: usize,
}

#[derive(Clone, Debug)]
struct TestRule {
    kind: usize,
    match_type: usize,
    text: String,
    exec: Option<Exec>,
    value: Option<ValueAction>,
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct TestSource {
    exec: Option<Exec>,
    value: Option<ValueAction>,
    rules: Vec<TestRule>,
}

const ACTIONS: [ValueAction; 3] = [ValueAction::Allow, ValueAction::Redact, ValueAction::Drop];
const SCOPE_KINDS: [Kind; 3] = [Kind::Scope(ScopeKind::Pkg), Kind::Scope(ScopeKind::File), Kind::Scope(ScopeKind::Obj)];

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => Just("a"), 4 => Just("b"), 2 => Just("."), 2 => Just("/"), 2 => Just("*"), 1 => Just("**"), 1 => Just("?"),
        1 => Just("[ab]"), 1 => Just("{a,b}"), 1 => Just("f"),
    ];
    proptest::collection::vec(part, 1..6)
        .prop_map(|parts| parts.concat())
        .prop_filter("a file pattern that names a place", |text| {
            !text.starts_with('/') && text.split('/').any(|part| !matches!(part, "" | ".")) && !text.contains("..")
        })
}

/// Globs mostly; the same text is no regex when it starts with a wildcard.
fn match_type(text: &str, wanted: usize) -> usize {
    let is_regex = regex_syntax::parse(text).is_ok();
    if wanted == 1 && !is_regex { 0 } else { wanted }
}

fn exec() -> impl Strategy<Value = Option<Exec>> {
    prop_oneof![Just(None), Just(Some(Exec::Trace)), Just(Some(Exec::Skip))]
}

fn value() -> impl Strategy<Value = Option<ValueAction>> {
    prop_oneof![2 => Just(None), 1 => (0..3_usize).prop_map(|at| Some(ACTIONS[at]))]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    (0..5_usize, 0..3_usize, text(), 0..3_usize).prop_map(|(kind, wanted, text, action)| Pattern {
        kind,
        match_type: match_type(&text, wanted),
        text,
        action,
    })
}

fn rule() -> impl Strategy<Value = TestRule> {
    (0..3_usize, 0..3_usize, text(), exec(), value(), proptest::collection::vec(pattern(), 0..3)).prop_map(
        |(kind, wanted, text, exec, value, patterns)| TestRule {
            kind,
            match_type: match_type(&text, wanted),
            text,
            exec,
            value,
            patterns,
        },
    )
}

fn chain() -> impl Strategy<Value = Vec<TestSource>> {
    let rules =
        prop_oneof![3 => proptest::collection::vec(rule(), 0..6), 1 => proptest::collection::vec(rule(), 20..60)];
    let source = (exec(), value(), rules).prop_map(|(exec, value, rules)| TestSource { exec, value, rules });
    proptest::collection::vec(source, 1..4).prop_map(|mut sources| {
        sources[0].exec.get_or_insert(Exec::Trace);
        sources[0].value.get_or_insert(ValueAction::Allow);
        sources
    })
}

fn word<T: serde::Serialize>(value: Option<T>) -> String {
    value.map_or("inherit".to_owned(), |value| serde_json::to_value(value).unwrap().as_str().unwrap().to_owned())
}

fn toml(source: &TestSource, index: usize) -> Source {
    let mut rules = String::new();
    for rule in &source.rules {
        let patterns: Vec<String> = rule
            .patterns
            .iter()
            .map(|pattern| {
                let kind = ValueKind::ALL[pattern.kind].as_str();
                let match_type = MatchType::ALL[pattern.match_type].as_str();
                let action = ACTIONS[pattern.action].as_str();
                format!("{{ selector = '{kind}:{match_type}:{}', action = '{action}' }}", pattern.text)
            })
            .collect();
        rules.push_str(&format!(
            "{{ selector = '{}:{}:{}', exec = '{}', value_default = '{}', value_patterns = [{}] }},\n",
            SCOPE_KINDS[rule.kind].as_str(),
            MatchType::ALL[rule.match_type].as_str(),
            rule.text,
            word(rule.exec),
            word(rule.value),
            patterns.join(", ")
        ));
    }
    filter(&format!("s{index}"), &word(source.exec), &word(source.value), &rules)
}

/// One pattern on one string, as the semantics say it. That globs are right has tests of its own.
fn hits(match_type: usize, text: &str, subject: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<(usize, String), Compiled>> = RefCell::default();
    }
    let compile = || match MatchType::ALL[match_type] {
        MatchType::Literal => Compiled::Literal(text.to_owned()),
        MatchType::Regex => Compiled::Regex(regex::Regex::new(text).unwrap()),
        MatchType::Glob => Compiled::Glob(Matcher::new(MatchType::Glob, text).unwrap()),
    };
    COMPILED.with_borrow_mut(|compiled| match compiled.entry((match_type, text.to_owned())).or_insert_with(compile) {
        Compiled::Literal(text) => text == subject,
        Compiled::Regex(regex) => regex.is_match(subject),
        Compiled::Glob(glob) => glob.is_match(subject),
    })
}

/// A pattern, compiled once (compiling is what takes the time).
enum Compiled {
    Literal(String),
    Regex(regex::Regex),
    Glob(Matcher),
}

fn rule_hits(rule: &TestRule, facts: &FrameFacts<'_>) -> bool {
    let obj = match facts.module {
        Some(module) => format!("{module}.{}", facts.qualname),
        None => facts.qualname.to_owned(),
    };
    match SCOPE_KINDS[rule.kind] {
        Kind::Scope(ScopeKind::Pkg) => facts.module.is_some_and(|module| hits(rule.match_type, &rule.text, module)),
        Kind::Scope(ScopeKind::Obj) => hits(rule.match_type, &rule.text, &obj),
        _ => {
            let parts: Vec<&str> = rule.text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
            let text = if rule.match_type == 1 { rule.text.clone() } else { parts.join("/") };
            let path = facts.abs_path.strip_prefix("/srv/app/").unwrap_or(facts.abs_path);
            hits(rule.match_type, &text, path)
        }
    }
}

struct Answer {
    exec: Exec,
    exec_rule: Option<(usize, usize)>,
    value: ValueAction,
    value_rule: Option<(usize, usize)>,
    actions: Vec<ValueAction>,
}

fn answer(chain: &[TestSource], facts: &FrameFacts<'_>, names: &[(ValueKind, &str)]) -> Answer {
    let (mut exec, mut exec_rule) = (Exec::Trace, None);
    let (mut value, mut value_source, mut value_rule) = (ValueAction::Allow, 0, None);
    for (at, source) in chain.iter().enumerate() {
        exec = source.exec.unwrap_or(exec);
        if let Some(set) = source.value {
            (value, value_source) = (set, at);
        }
    }
    let mut matching = Vec::new();
    for (at, source) in chain.iter().enumerate() {
        for (index, rule) in source.rules.iter().enumerate() {
            if !rule_hits(rule, facts) {
                continue;
            }
            matching.push((at, index));
            if let Some(set) = rule.exec {
                (exec, exec_rule) = (set, Some((at, index)));
            }
            if let Some(set) = rule.value {
                (value, value_source, value_rule) = (set, at, Some((at, index)));
            }
        }
    }
    let action = |(kind, name): &(ValueKind, &str)| {
        for (age, (at, index)) in matching.iter().rev().enumerate() {
            let patterns = &chain[*at].rules[*index].patterns;
            let fits = |pattern: &&Pattern| {
                ValueKind::ALL[pattern.kind] == *kind && hits(pattern.match_type, &pattern.text, name)
            };
            let Some(pattern) = patterns.iter().find(fits) else { continue };
            let named = ACTIONS[pattern.action];
            if age > 0 {
                return std::cmp::max(named, value);
            }
            return if value == ValueAction::Drop && value_source > *at { value } else { named };
        }
        value
    };
    Answer { exec, exec_rule, value, value_rule, actions: names.iter().map(action).collect() }
}

const FRAMES: [(&str, &str, &str); 8] = [
    ("a", "/srv/app/a.py", "f"),
    ("a.b", "/srv/app/a/b", "<module>"),
    ("b", "/srv/app/b/a/b", "a"),
    ("ab", "/srv/application/a", "f.a"),
    ("?", "/srv/app/a", "a"),
    ("a.a.a", "/a/b", "b"),
    ("?", "a", ""),
    ("f", "/srv/app/f", "a.b"),
];

fn names() -> Vec<(ValueKind, &'static str)> {
    let names = ["a", "b", "ab", "a.b", "a/b", "f", "ba"];
    ValueKind::ALL.into_iter().flat_map(|kind| names.map(|name| (kind, name))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_engine_says_what_the_semantics_say(chain in chain()) {
        let sources: Vec<Source> = chain.iter().enumerate().map(|(at, source)| toml(source, at)).collect();
        let engine = compile(&sources);
        let place = |rule: Option<RuleId>| rule.map(|id| (engine.rules()[id.index()].source, engine.rules()[id.index()].index));
        for (module, path, qualname) in FRAMES {
            let facts = frame(module, path, qualname);
            let want = answer(&chain, &facts, &names());
            let (decision, policy) = engine.judge(&facts);
            prop_assert_eq!((decision.exec, place(decision.exec_rule)), (want.exec, want.exec_rule), "{:?}", facts);
            prop_assert_eq!((decision.value_default, place(decision.value_rule)), (want.value, want.value_rule), "{:?}", facts);
            prop_assert_eq!(decision, engine.decide(&facts));
            for ((kind, name), want) in names().into_iter().zip(want.actions) {
                prop_assert_eq!(policy.action(kind, name), want, "{:?} {:?} {}", facts, kind, name);
            }
            let trace = engine.rule_trace(&facts);
            let matching = trace.iter().filter(|step| step.matched.is_some()).count();
            let one_by_one = chain.iter().flat_map(|source| &source.rules).filter(|rule| rule_hits(rule, &facts)).count();
            prop_assert_eq!(matching, one_by_one);
        }
    }

    #[test]
    fn a_later_rule_without_patterns_never_loosens_a_redaction(chain in chain(), later in rule()) {
        let mut later = later;
        later.patterns.clear();
        let sources: Vec<Source> = chain.iter().enumerate().map(|(at, source)| toml(source, at)).collect();
        let mut longer = sources.clone();
        longer.push(toml(&TestSource { exec: None, value: None, rules: vec![later] }, chain.len()));
        let (before, after) = (compile(&sources), compile(&longer));
        for (module, path, qualname) in FRAMES {
            let facts = frame(module, path, qualname);
            let (before, after) = (before.value_policy(&facts), after.value_policy(&facts));
            for (kind, name) in names() {
                let Some(pattern) = before.explain(kind, name).pattern else { continue };
                let said = pattern_action(&chain, pattern);
                prop_assert!(after.action(kind, name) >= said, "{:?} {:?} {}", facts, kind, name);
            }
        }
    }
}

/// What the pattern itself says.
fn pattern_action(chain: &[TestSource], (rule, index): (RuleId, usize)) -> ValueAction {
    let rules: Vec<&TestRule> = chain.iter().flat_map(|source| &source.rules).collect();
    ACTIONS[rules[rule.index()].patterns[index].action]
}
