//! Layered redaction: one row per sentence of the semantics.

use super::*;

const REDACTS: &str = "{ selector = 'file:**', VP = [{ selector = 'arg:*token*', action = 'redact' }] }";
const DROPS: &str = "{ selector = 'file:**', VP = [{ selector = 'arg:*token*', action = 'drop' }] }";
const ALLOWS: &str = "{ selector = 'file:**', VP = [{ selector = 'arg:*token*', action = 'allow' }] }";
const TRACES: &str = "{ selector = 'pkg:pkg.*', exec = 'trace' }";
const ALLOWS_ALL: &str = "{ selector = 'pkg:*', value_default = 'allow' }";
const REDACTS_ALL: &str = "{ selector = 'pkg:*', value_default = 'redact' }";
const DROPS_ALL: &str = "{ selector = 'pkg:*', value_default = 'drop' }";

/// The action for `arg:token` of `pkg.mod.f` under filters with these value defaults and rules.
fn token(chain: &[(&str, &str)]) -> &'static str {
    let sources: Vec<Source> = chain
        .iter()
        .map(|(value, rules)| filter("x", "trace", value, &rules.replace("VP", "value_patterns")))
        .collect();
    let policy = compile(&sources).value_policy(&frame("pkg.mod", "/srv/app/pkg/mod.py", "f"));
    policy.action(ValueKind::Arg, "token").as_str()
}

fn table(rows: &[(&[(&str, &str)], &str)]) {
    for (chain, want) in rows {
        assert_eq!(token(chain), *want, "{chain:?}");
    }
}

#[test]
fn without_a_pattern_the_default_decides() {
    table(&[
        (&[("allow", "")], "allow"),
        (&[("drop", "")], "drop"),
        (&[("allow", REDACTS_ALL)], "redact"),
        (&[("drop", ALLOWS_ALL)], "allow"),
        (&[("drop", ""), ("inherit", "")], "drop"),
        (&[("drop", ""), ("allow", "")], "allow"),
    ]);
}

#[test]
fn the_newest_matching_rule_has_its_way() {
    table(&[
        (&[("allow", REDACTS)], "redact"),
        (&[("redact", ALLOWS)], "allow"),
        (&[("drop", ALLOWS)], "allow"),
        (&[("drop", REDACTS)], "redact"),
        (&[("redact", DROPS)], "drop"),
        (&[("allow", REDACTS), ("inherit", ALLOWS)], "allow"),
        (&[("allow", DROPS), ("inherit", ALLOWS)], "allow"),
        (&[("allow", ALLOWS), ("inherit", DROPS)], "drop"),
        (
            &[(
                "allow",
                "{ selector = 'pkg:*', value_default = 'drop', VP = [{ selector = 'arg:token', action = 'allow' }] }",
            )],
            "allow",
        ),
    ]);
}

#[test]
fn an_older_rule_is_neither_loosened_nor_does_it_loosen() {
    table(&[
        (&[("allow", REDACTS), ("inherit", TRACES)], "redact"),
        (&[("allow", DROPS), ("inherit", TRACES)], "drop"),
        (&[("allow", REDACTS), ("inherit", ALLOWS_ALL)], "redact"),
        (&[("allow", REDACTS), ("allow", "")], "redact"),
        (&[("redact", ALLOWS), ("inherit", TRACES)], "redact"),
        (&[("allow", ALLOWS), ("inherit", DROPS_ALL)], "drop"),
        (&[("allow", REDACTS), ("inherit", DROPS_ALL)], "drop"),
        (&[("allow", DROPS), ("inherit", REDACTS_ALL)], "drop"),
        (&[("allow", REDACTS), ("inherit", ALLOWS), ("inherit", TRACES)], "allow"),
        (&[("redact", REDACTS), ("inherit", ALLOWS), ("inherit", TRACES)], "redact"),
    ]);
}

#[test]
fn only_rules_and_patterns_that_fit_are_there() {
    let other_name = "{ selector = 'pkg:*', VP = [{ selector = 'arg:other', action = 'allow' }] }";
    let other_kind = "{ selector = 'pkg:*', VP = [{ selector = 'local:token', action = 'allow' }] }";
    let other_frame = "{ selector = 'pkg:other', VP = [{ selector = 'arg:token', action = 'drop' }] }";
    let two = "{ selector = 'pkg:*', VP = [{ selector = 'arg:tok*', action = 'drop' }, { selector = 'arg:token', action = 'allow' }] }";
    table(&[
        (&[("allow", REDACTS), ("inherit", other_name)], "redact"),
        (&[("allow", REDACTS), ("inherit", other_kind)], "redact"),
        (&[("allow", ALLOWS), ("inherit", other_frame)], "allow"),
        // An older rule stays the newest of those that match.
        (&[("redact", ALLOWS), ("inherit", other_frame)], "allow"),
        // First match within a rule.
        (&[("allow", two)], "drop"),
    ]);
}

#[test]
fn a_later_source_that_drops_everything_drops_what_was_named_before() {
    let same_source = format!("{DROPS_ALL}, {ALLOWS}");
    let then_drop = format!("{ALLOWS}, {{ selector = 'pkg:other', value_default = 'drop' }}");
    table(&[
        (&[("allow", ALLOWS), ("drop", "")], "drop"),
        (&[("allow", REDACTS), ("drop", "")], "drop"),
        (&[("allow", ALLOWS), ("drop", ""), ("inherit", "")], "drop"),
        // Only for drop …
        (&[("allow", ALLOWS), ("redact", "")], "allow"),
        (&[("allow", ALLOWS), ("drop", ""), ("allow", "")], "allow"),
        // … and only from a later source than the rule's.
        (&[("drop", ""), ("inherit", ALLOWS)], "allow"),
        (&[("allow", ""), ("drop", ALLOWS)], "allow"),
        (&[("allow", ""), ("drop", ALLOWS), ("inherit", "")], "allow"),
        (&[("allow", &same_source)], "allow"),
        (&[("allow", &then_drop)], "allow"),
        (&[("allow", DROPS_ALL), ("inherit", ALLOWS)], "allow"),
        // The rule sets a default of its own, so the later source's counts no more.
        (
            &[
                (
                    "allow",
                    "{ selector = 'pkg:*', value_default = 'allow', VP = [{ selector = 'arg:token', action = 'redact' }] }",
                ),
                ("drop", ""),
            ],
            "redact",
        ),
    ]);
}

#[test]
fn each_kind_has_its_own_patterns_and_case_counts() {
    let patterns = "{ selector = 'pkg:*', value_patterns = [\
        { selector = 'local:a', action = 'drop' }, { selector = 'global:b', action = 'drop' },\
        { selector = 'arg:c', action = 'drop' }, { selector = 'ret:pkg.mod.f', action = 'drop' },\
        { selector = 'attr:Authorization', action = 'drop' }] }";
    let engine = compile(&[filter("x", "trace", "allow", patterns)]);
    let policy = engine.value_policy(&frame("pkg.mod", "/x.py", "f"));
    for (kind, name) in ValueKind::ALL.into_iter().zip(["a", "b", "c", "pkg.mod.f", "Authorization"]) {
        for other in ValueKind::ALL {
            let want = if other == kind { ValueAction::Drop } else { ValueAction::Allow };
            assert_eq!(policy.action(other, name), want, "{other:?} {name}");
        }
        assert_eq!(policy.action(kind, &name.to_uppercase()), ValueAction::Allow);
        assert_eq!(policy.action(kind, &format!(" {name}")), ValueAction::Allow);
        assert_eq!(policy.uniform(kind), None);
    }
    let other = engine.value_policy(&frame("?", "/x.py", "f"));
    assert!(ValueKind::ALL.into_iter().all(|kind| other.uniform(kind) == Some(ValueAction::Allow)));
}

#[test]
fn the_pattern_that_named_a_value_is_told() {
    let rules = "{ selector = 'pkg:*', value_patterns = [{ selector = 'arg:x', action = 'drop' },\
                 { selector = 'arg:y', action = 'redact' }] }, { selector = 'pkg:*', exec = 'trace' }";
    let engine = compile(&[filter("x", "trace", "allow", rules)]);
    let policy = engine.value_policy(&frame("m", "/x.py", "f"));
    let told = |name: &str| policy.explain(ValueKind::Arg, name).pattern;
    assert_eq!((told("y"), told("z")), (Some((RuleId(0), 1)), None));
}

#[test]
fn frames_for_which_the_same_rules_matter_share_a_policy() {
    let rules = "{ selector = 'pkg:a.*', value_patterns = [{ selector = 'arg:x', action = 'drop' }] },\
                 { selector = 'obj:*.g', exec = 'skip' }";
    let engine = compile(&[filter("x", "trace", "allow", rules)]);
    let id = |module: &str, qualname: &str| engine.value_policy(&frame(module, "/x.py", qualname)).id().unwrap();
    assert_eq!(id("a.b", "f"), id("a.c", "h"));
    assert_eq!(id("b", "f"), id("c", "g"));
    assert_ne!(id("a.b", "f"), id("b", "f"));
    assert_ne!(id("a.b", "f"), id("a.b", "g"), "there the rule with the pattern is no longer the newest");
}

#[test]
fn naming_a_value_relaxes_the_built_in_redaction_and_tracing_does_not() {
    let builtin = crate::filter::builtin::default_filter(std::path::Path::new(ROOT));
    let facts = frame("pkg.mod", "/srv/app/pkg/mod.py", "f");
    let action = |rules: &str, name: &str| {
        let chain = [builtin.clone(), filter("x", "inherit", "inherit", rules)];
        compile(&chain).value_policy(&facts).action(ValueKind::Arg, name)
    };
    assert_eq!(action("{ selector = 'pkg:pkg.*', exec = 'trace' }", "password"), ValueAction::Redact);
    assert_eq!(action("{ selector = 'pkg:pkg.*', value_default = 'allow' }", "password"), ValueAction::Redact);
    assert_eq!(action("{ selector = 'pkg:pkg.*', value_default = 'drop' }", "password"), ValueAction::Drop);
    let allow = "{ selector = 'pkg:pkg.*', value_patterns = [{ selector = 'arg:page_token', action = 'allow' }] }";
    assert_eq!(action(allow, "page_token"), ValueAction::Allow);
    assert_eq!(action(allow, "password"), ValueAction::Redact);
}
