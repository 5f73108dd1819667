//! Decisions: each rule of the semantics as a table, and the engine against a naive re-statement of them.

use super::super::chain::Chain;
use super::super::source::Source;
use super::super::{Kind, MatchType};
use super::*;
use proptest::prelude::*;

pub(super) const ROOT: &str = "/srv/app";

fn source(name: &str, root: &str, body: &str) -> Source {
    let text = format!("meta = {{ name = '{name}', version = 1 }}\n{body}");
    Source { kind: SourceKind::Project, path: Some(format!("{root}/{name}.toml").into()), root: root.into(), text }
}

/// A filter with these defaults and rules (inline tables).
fn filter(name: &str, exec: &str, value: &str, rules: &str) -> Source {
    let body = format!("[scope]\ndefault_exec = '{exec}'\ndefault_value_action = '{value}'\nrules = [\n{rules}\n]\n");
    source(name, ROOT, &body)
}

fn compile(sources: &[Source]) -> Engine {
    Chain::compile(sources).unwrap_or_else(|problems| panic!("{}", crate::diagnostic::one_line(&problems)))
}

fn frame<'f>(module: &'f str, path: &'f str, qualname: &'f str) -> FrameFacts<'f> {
    FrameFacts { module: Some(module).filter(|module| *module != "?"), abs_path: path, qualname }
}

/// `exec source#index` and `value source#index` of the decision about `pkg.mod.f` in `/srv/app/pkg/mod.py`.
fn verdict(engine: &Engine) -> String {
    decided(engine, &frame("pkg.mod", "/srv/app/pkg/mod.py", "f"))
}

fn decided(engine: &Engine, facts: &FrameFacts<'_>) -> String {
    let decision = engine.decide(facts);
    let by = |rule: Option<RuleId>| {
        rule.and_then(|rule| engine.rule_ref(rule))
            .map_or("default".to_owned(), |rule| format!("{}#{}", rule.source, rule.index))
    };
    let exec = if decision.exec == Exec::Trace { "trace" } else { "skip" };
    format!("{exec} {}, {} {}", by(decision.exec_rule), decision.value_default.as_str(), by(decision.value_rule))
}

#[test]
fn defaults_are_those_of_the_last_filter_that_does_not_inherit() {
    for (chain, want) in [
        (&[][..], "trace default, allow default"),
        (&[("trace", "allow")], "trace default, allow default"),
        (&[("skip", "drop")], "skip default, drop default"),
        (&[("skip", "drop"), ("inherit", "inherit")], "skip default, drop default"),
        (&[("skip", "drop"), ("trace", "inherit")], "trace default, drop default"),
        (&[("skip", "drop"), ("inherit", "allow")], "skip default, allow default"),
        (&[("skip", "drop"), ("trace", "deny"), ("inherit", "inherit")], "trace default, redact default"),
    ] {
        let sources: Vec<Source> = chain.iter().map(|(exec, value)| filter("x", exec, value, "")).collect();
        assert_eq!(verdict(&compile(&sources)), want, "{chain:?}");
    }
}

#[test]
fn the_first_filter_must_not_inherit() {
    for (exec, value, problems) in
        [("inherit", "allow", 1), ("trace", "inherit", 1), ("inherit", "inherit", 2), ("trace", "allow", 0)]
    {
        let chain = [filter("a", exec, value, ""), filter("b", "inherit", "inherit", "")];
        let found = Chain::compile(&chain).map_or_else(|problems| problems, |_| Vec::new());
        assert_eq!(found.len(), problems, "{exec} {value}");
        for problem in &found {
            assert_eq!(problem.code, "E-CHAIN-INHERIT");
            let span = problem.span.as_ref().unwrap();
            assert_eq!(&span.text[span.mark.clone()], "'inherit'");
        }
    }
}

#[test]
fn problems_of_all_files_are_reported_in_the_order_of_the_chain() {
    let bad = |name: &str| filter(name, "trace", "allow", "{ selector = 'nope' }, { selector = 'pkg:[' }");
    let problems = Chain::compile(&[bad("a"), filter("b", "inherit", "inherit", ""), bad("c")]).unwrap_err();
    let found: Vec<_> = problems.iter().map(|problem| (problem.file.as_deref().unwrap(), problem.rule)).collect();
    let (a, c) = ("/srv/app/a.toml", "/srv/app/c.toml");
    assert_eq!(found, [(a, Some(0)), (a, Some(1)), (c, Some(0)), (c, Some(1))]);
}

#[test]
fn the_last_rule_that_sets_something_decides_it() {
    for (rules, want) in [
        ("{ selector = 'pkg:pkg.mod', exec = 'skip' }", "skip x#0, allow default"),
        ("{ selector = 'pkg:pkg.mod' }", "trace default, allow default"),
        ("{ selector = 'pkg:pkg.mod', exec = 'inherit', value_default = 'inherit' }", "trace default, allow default"),
        ("{ selector = 'pkg:pkg.mod', exec = 'trace' }", "trace x#0, allow default"),
        ("{ selector = 'pkg:pkg.mod', value_default = 'deny' }", "trace default, redact x#0"),
        // Order alone decides, not specificity.
        (
            "{ selector = 'pkg:pkg.mod', exec = 'trace' }, { selector = 'pkg:*', exec = 'skip' }",
            "skip x#1, allow default",
        ),
        (
            "{ selector = 'pkg:*', exec = 'skip' }, { selector = 'pkg:pkg.mod', exec = 'trace' }",
            "trace x#1, allow default",
        ),
        // A rule that matches last but sets nothing is not named.
        ("{ selector = 'pkg:*', exec = 'skip' }, { selector = 'pkg:*', exec = 'inherit' }", "skip x#0, allow default"),
        ("{ selector = 'pkg:*', exec = 'skip' }, { selector = 'pkg:*' }", "skip x#0, allow default"),
        (
            "{ selector = 'pkg:*', exec = 'skip', value_default = 'drop' }, { selector = 'file:**', value_default = 'allow' }",
            "skip x#0, allow x#1",
        ),
        (
            "{ selector = 'pkg:*', value_default = 'drop' }, { selector = 'obj:**', exec = 'skip' }",
            "skip x#1, drop x#0",
        ),
        ("{ selector = 'pkg:other', exec = 'skip' }", "trace default, allow default"),
        ("{ selector = 'pkg:*', exec = 'skip' }, { selector = 'pkg:*', exec = 'skip' }", "skip x#1, allow default"),
    ] {
        assert_eq!(verdict(&compile(&[filter("x", "trace", "allow", rules)])), want, "{rules}");
    }
    let chain = [
        filter(
            "a",
            "trace",
            "allow",
            "{ selector = 'pkg:*', exec = 'skip' }, { selector = 'pkg:*', value_default = 'drop' }",
        ),
        filter("b", "skip", "redact", "{ selector = 'pkg:nope' }, { selector = 'pkg:pkg.*', exec = 'trace' }"),
    ];
    assert_eq!(verdict(&compile(&chain)), "trace b#1, drop a#1");
    // Rules come after all defaults, whichever file they are in.
    let chain =
        [filter("a", "trace", "allow", "{ selector = 'pkg:*', exec = 'skip' }"), filter("b", "trace", "allow", "")];
    assert_eq!(verdict(&compile(&chain)), "skip a#0, allow default");
}

#[test]
fn what_each_kind_is_matched_against() {
    for (selector, module, path, qualname, want) in [
        ("pkg:a.b", "a.b", "/x.py", "f", true),
        ("pkg:a.b", "a", "/x.py", "b", false),
        ("pkg:**", "?", "/x.py", "f", false),
        ("pkg:**", "", "/x.py", "f", false),
        ("pkg:my-plugin", "my-plugin", "/x.py", "f", true),
        ("pkg:módulo", "módulo", "/x.py", "f", true),
        ("pkg:<run_path>", "<run_path>", "/x.py", "f", true),
        ("pkg:__main__", "__main__", "/x.py", "<module>", true),
        ("obj:a.b.f", "a.b", "/x.py", "f", true),
        ("obj:a.b.<module>", "a.b", "/x.py", "<module>", true),
        ("obj:a.b", "a.b", "/x.py", "<module>", false),
        ("obj:f", "?", "/x.py", "f", true),
        ("obj:<module>", "?", "/x.py", "<module>", true),
        ("obj:a", "a", "/x.py", "", true),
        ("obj:a.", "a", "/x.py", "", false),
        ("obj:*.f.<locals>.<lambda>", "m", "/x.py", "f.<locals>.<lambda>", true),
        ("obj:*.<genexpr>", "m", "/x.py", "f.<locals>.<genexpr>", true),
        ("obj:a.C.*", "a", "/x.py", "C.m", true),
        ("obj:regex:^$", "?", "/x.py", "", true),
        ("file:pkg/mod.py", "m", "/srv/app/pkg/mod.py", "f", true),
        ("file:mod.py", "m", "/srv/app/pkg/mod.py", "f", false),
        ("file:*.py", "m", "/srv/app/pkg/mod.py", "f", false),
        ("file:*/*.py", "m", "/srv/app/pkg/mod.py", "f", true),
        ("file:**/*.py", "m", "/srv/app/pkg/mod.py", "f", true),
        ("file:**/*.py", "m", "/usr/lib/x.py", "f", true),
        ("file:regex:^/usr/", "m", "/usr/lib/x.py", "f", true),
        ("file:regex:^/srv/app/", "m", "/srv/app/pkg/mod.py", "f", false),
        ("file:regex:^pkg/", "m", "/srv/app/pkg/mod.py", "f", true),
        ("file:regex:^/srv/application", "m", "/srv/application/x.py", "f", true),
        ("file:usr/lib/x.py", "m", "/usr/lib/x.py", "f", false),
        ("file:/srv/app/pkg/mod.py", "m", "/srv/app/pkg/mod.py", "f", true),
        ("file:literal:./pkg/mod.py", "m", "/srv/app/pkg/mod.py", "f", true),
        ("file:**", "?", "<string>", "f", true),
        ("file:<string>", "?", "<string>", "f", true),
    ] {
        let engine =
            compile(&[filter("x", "trace", "allow", &format!("{{ selector = '{selector}', exec = 'skip' }}"))]);
        let decision = engine.decide(&frame(module, path, qualname));
        assert_eq!(decision.exec == Exec::Skip, want, "{selector} on {module} {path} {qualname}");
    }
}

#[test]
fn skipping_a_module_skips_its_functions_and_skipping_its_body_does_not() {
    let rule = |selector: &str| filter("x", "trace", "allow", &format!("{{ selector = '{selector}', exec = 'skip' }}"));
    let skipped = |engine: &Engine, qualname: &str| engine.decide(&frame("m", "/m.py", qualname)).exec == Exec::Skip;
    let whole = compile(&[rule("pkg:m")]);
    let body = compile(&[rule("obj:m.<module>")]);
    assert!(skipped(&whole, "<module>") && skipped(&whole, "f") && skipped(&whole, "C.m"));
    assert!(skipped(&body, "<module>") && !skipped(&body, "f") && !skipped(&body, "C.m"));
}

#[test]
fn file_rules_see_the_root_of_their_own_file() {
    let rule = "[scope]\ndefault_exec = 'trace'\ndefault_value_action = 'allow'\n\
                rules = [{ selector = 'file:x/a.py', exec = 'skip' }]\n";
    let engine = compile(&[source("a", "/p", rule), source("b", "/p/x", rule), source("c", "/", rule)]);
    for (path, want) in [
        ("/p/x/a.py", "skip a#0, allow default"),
        ("/p/x/x/a.py", "skip b#0, allow default"),
        ("/x/a.py", "skip c#0, allow default"),
        ("/q/x/a.py", "trace default, allow default"),
    ] {
        assert_eq!(decided(&engine, &frame("m", path, "f")), want, "{path}");
    }
}

#[test]
fn the_trace_of_a_decision_tells_every_rule_in_order() {
    let rules = "{ selector = 'pkg:*', exec = 'skip', value_default = 'drop' }, { selector = 'pkg:nope', exec = 'trace' },\
                 { selector = 'file:regex:mod', exec = 'trace' }, { selector = 'obj:*.f' }";
    let engine = compile(&[filter("x", "trace", "allow", rules)]);
    let steps = engine.rule_trace(&frame("pkg.mod", "/srv/app/pkg/mod.py", "f"));
    let found: Vec<_> = steps
        .iter()
        .map(|step| (step.subject.as_deref(), step.matched.clone(), step.decides_exec, step.decides_value))
        .collect();
    assert_eq!(
        found,
        [
            (Some("pkg.mod"), Some(0..7), false, true),
            (Some("pkg.mod"), None, false, false),
            (Some("pkg/mod.py"), Some(4..7), true, false),
            (Some("pkg.mod.f"), Some(0..9), false, false),
        ]
    );
    let unknown = engine.rule_trace(&frame("?", "/x.py", "f"));
    assert_eq!((&unknown[0].subject, &unknown[0].matched), (&None, &None));
}

#[test]
fn a_chain_knows_its_sources() {
    let text = "meta = { name = 'n', version = 1, description = 'd', labels = ['l'] }\n[io]\ncapture = false\n\
                [scope]\ndefault_exec = 'skip'\ndefault_value_action = 'inherit'\nrules = [{ selector = 'pkg:a', reason = 'r' }]";
    let second = Source { text: text.to_owned(), ..source("b", "/p", "") };
    let engine = compile(&[filter("a", "trace", "allow", "{ selector = 'pkg:b' }"), second]);
    let info = &engine.sources()[1];
    assert_eq!((info.name.as_str(), info.version, info.description.as_deref()), ("n", 1, Some("d")));
    assert_eq!((info.labels.as_slice(), info.root.as_str()), (&["l".to_owned()][..], "/p"));
    assert_eq!((info.default_exec, info.default_value, info.first_rule, info.rules), (Some(Exec::Skip), None, 1, 1));
    assert_eq!(info.path.as_deref(), Some(std::path::Path::new("/p/b.toml")));
    assert_eq!(info.sha256.len(), 64);
    assert_eq!(engine.rules()[1].reason.as_deref(), Some("r"));
    assert_eq!(&text[engine.rules()[1].at.clone()], "'pkg:a'");
    assert_eq!(engine.default_exec_source().map(|source| source.name.as_str()), Some("n"));
    assert_eq!(engine.default_value_source().map(|source| source.name.as_str()), Some("a"));
    assert_eq!(engine.io(), Some(&Io::default()));
}

#[test]
fn the_last_io_table_wins_whole() {
    let with =
        |io: &str| source("x", ROOT, &format!("{io}\n[scope]\ndefault_exec = 'trace'\ndefault_value_action = 'allow'"));
    let full = with("io = { capture = true, streams = ['stdout'] }");
    let streams = with("io = { streams = ['stderr'] }");
    let io = |chain: &[Source]| compile(chain).io().map(|io| (io.capture, io.streams.join(" ")));
    assert_eq!(io(&[with("")]), None);
    assert_eq!(io(&[full.clone(), with("")]), Some((true, "stdout".to_owned())));
    assert_eq!(io(&[full, streams]), Some((false, "stderr".to_owned())));
}

#[test]
fn a_chain_survives_json() {
    let chain = vec![filter("a", "trace", "allow", "{ selector = 'pkg:b', exec = 'skip' }")];
    let json = serde_json::to_string(&chain).unwrap();
    let back: Vec<Source> = serde_json::from_str(&json).unwrap();
    assert_eq!(back, chain);
    assert_eq!(verdict(&compile(&back)), verdict(&compile(&chain)));
}

mod naive;
mod values;
