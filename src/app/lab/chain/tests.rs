use super::*;
use crate::filter::{Chain as Engine, builtin};
use proptest::prelude::*;

const PROJECT: &str = "\
[meta]
name = \"shop\"
version = 1
[scope]
default_exec = \"inherit\"
default_value_action = \"inherit\"

# first
[[scope.rules]]
selector = \"pkg:shop.*\"
exec = \"trace\"

# second
[[scope.rules]]
selector = \"pkg:shop.tools.*\"
exec = \"skip\"
";

fn project() -> Source {
    Source {
        kind: SourceKind::Project,
        path: Some("/srv/shop/.codetracer/trace-filter.toml".into()),
        root: "/srv/shop".into(),
        text: PROJECT.to_owned(),
    }
}

fn chain() -> Chain {
    Chain::new(&[builtin::default_filter(Path::new("/srv/shop")), project()], Path::new("/srv/shop"))
}

fn skip(selector: &str) -> RuleText {
    RuleText { selector: selector.to_owned(), exec: Some("skip".to_owned()), ..RuleText::default() }
}

/// The selectors of one source that runs.
fn running(chain: &Chain, kind: SourceKind) -> Vec<String> {
    let sources = chain.effective().unwrap();
    let source = sources.iter().find(|source| source.kind == kind);
    source
        .map(|source| edit::read(&source.text).unwrap().rules)
        .unwrap_or_default()
        .into_iter()
        .map(|rule| rule.selector)
        .collect()
}

#[test]
fn untouched_it_is_what_it_was() {
    let chain = chain();
    assert_eq!(chain.effective().unwrap(), [builtin::default_filter(Path::new("/srv/shop")), project()]);
    assert!(!chain.edited());
}

#[test]
fn every_edit_and_back() {
    let mut chain = chain();
    let (first, second) = (chain.sources()[1].rules[0].key, chain.sources()[1].rules[1].key);
    let session = chain.session();
    let typed = chain.add(session, 9, skip("pkg:x")).unwrap();
    assert_eq!(running(&chain, SourceKind::Session), ["pkg:x"]);
    assert!(chain.shift(second, false) && !chain.shift(second, false));
    assert_eq!(running(&chain, SourceKind::Project), ["pkg:shop.tools.*", "pkg:shop.*"]);
    assert!(chain.toggle(first));
    assert_eq!(running(&chain, SourceKind::Project), ["pkg:shop.tools.*"]);
    assert!(chain.saved_text(1, &[]).unwrap().contains("# selector = \"pkg:shop.*\""));
    assert!(chain.change(second, skip("pkg:tools")));
    chain.move_to(typed, 1).unwrap();
    assert_eq!(running(&chain, SourceKind::Project), ["pkg:tools", "pkg:x"]);
    assert!(chain.delete(first));
    assert_eq!(chain.rule(typed).unwrap().text.selector, "pkg:x", "a rule keeps its name");
    assert!(chain.edited());
    let end = chain.sources().to_vec();
    let mut undone = Vec::new();
    while let Some(what) = chain.undo() {
        undone.push(what);
    }
    assert_eq!(
        undone,
        [
            "deleted pkg:shop.*",
            "moved pkg:x",
            "changed pkg:shop.tools.*",
            "disabled pkg:shop.*",
            "moved pkg:shop.tools.*",
            "added pkg:x"
        ]
    );
    assert!(!chain.edited());
    while chain.redo().is_some() {}
    assert_eq!(chain.sources(), end);
}

#[test]
fn built_in_rules_can_only_be_switched_off() {
    let mut chain = chain();
    let key = chain.sources()[0].rules[0].key;
    let selector = chain.sources()[0].rules[0].text.selector.clone();
    assert!(chain.add(0, 0, skip("pkg:x")).is_none() && !chain.delete(key) && !chain.shift(key, true));
    assert!(!chain.change(key, skip("pkg:x")) && chain.move_to(key, 1).is_err() && !chain.cycle_default(0));
    assert!(chain.toggle(key));
    assert!(!running(&chain, SourceKind::Builtin).contains(&selector));
    assert!(chain.toggle_source(0));
    assert!(running(&chain, SourceKind::Builtin).is_empty());
    assert!(chain.toggle_source(0));
    assert!(!chain.edited());
}

#[test]
fn a_session_alone_has_nothing_to_inherit() {
    let mut chain = Chain::new(&[], Path::new("/srv"));
    let _ = chain.add(0, 0, skip("pkg:x")).unwrap();
    let sources = chain.effective().unwrap();
    assert!(Engine::compile(&sources).is_ok(), "{sources:?}");
    assert!(chain.cycle_default(0));
    assert!(chain.cycle_default(0), "trace, skip, and round again without inherit");
    assert_ne!(chain.sources()[0].default_exec.as_deref(), Some("inherit"));
}

#[test]
fn reloading_keeps_the_names_of_rules() {
    let mut chain = chain();
    let second = chain.sources()[1].rules[1].key;
    let text = PROJECT.replace("# first", "[[scope.rules]]\nselector = \"pkg:new\"\n# first");
    chain.reload(1, &text, true);
    assert_eq!(chain.find(second), Some((1, 2)));
    assert!(!chain.edited());
    assert!(chain.undo().is_some());
    assert_eq!(chain.find(second), Some((1, 1)));
}

#[test]
fn selectors_move_between_roots() {
    for (selector, from, to, want) in [
        ("pkg:a", "/w", "/w/x", Ok("pkg:a")),
        ("file:a/*.py", "/w", "/w", Ok("file:a/*.py")),
        ("file:a/*.py", "/w/x", "/w", Ok("file:x/a/*.py")),
        ("file:glob:a.py", "/w/[x]", "/w", Ok("file:glob:\\[x\\]/a.py")),
        ("file:literal:a.py", "/w/[x]", "/w", Ok("file:literal:[x]/a.py")),
        ("file:x/a.py", "/w", "/w/x", Ok("file:a.py")),
        ("file:*/a.py", "/w", "/w/x", Err(())),
        ("file:a.py", "/w", "/v", Err(())),
        ("file:regex:a", "/w/x", "/w", Err(())),
        ("file:/w/x/a.py", "/w/x", "/w", Err(())),
    ] {
        let got = rebase(selector, Path::new(from), Path::new(to));
        assert_eq!(got.as_deref().map_err(|_| ()), want, "{selector} from {from} to {to}");
    }
}

#[test]
fn escaped_text_matches_itself_only() {
    for text in ["a", "a*b?[c]{d,e}\\f", "]", "}", "weird[", "é*"] {
        let compiled = crate::app::lab::compile(&format!("obj:glob:{}", escaped(text)), "").unwrap();
        assert!(compiled.matcher.is_match(text), "{text}");
        assert!(!text.contains('*') || !compiled.matcher.is_match(&text.replace('*', "x")), "{text}");
    }
}

proptest! {
    // Each case compiles the built-in filter anew.
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is done in whatever order, the chain can be put into text that compiles, and undoing all of it gives
    /// the first chain back.
    #[test]
    fn any_edits_leave_a_chain(steps in proptest::collection::vec((0..9_u8, 0..12_usize, 0..4_usize), 0..40)) {
        let mut chain = chain();
        let first = chain.sources().to_vec();
        for (step, rule, source) in steps {
            let keys: Vec<RuleKey> = chain.rules().map(|(_, rule)| rule.key).collect();
            let key = keys[keys.len() - 1 - rule % keys.len().min(6)];
            match step {
                0 | 1 => drop(chain.add(source, rule, skip("pkg:y"))),
                2 => drop(chain.change(key, skip("pkg:changed"))),
                3 => drop(chain.toggle(key)),
                4 => drop(chain.delete(key)),
                5 => drop(chain.shift(key, rule % 2 == 0)),
                6 => drop(chain.move_to(key, source)),
                7 => drop(chain.cycle_default(source)),
                _ => drop(chain.undo()),
            }
        }
        let effective = chain.effective().unwrap();
        prop_assert!(Engine::compile(&effective).is_ok());
        let read = Chain::new(&effective, Path::new("/srv/shop"));
        prop_assert!(chain.decides_as(&read) && read.decides_as(&chain));
        for at in 0..chain.sources().len() {
            let saved = chain.saved_text(at, &[]).unwrap();
            let on = chain.sources()[at].rules.iter().filter(|rule| !rule.off).count();
            prop_assert_eq!(edit::read(&saved).unwrap().rules.len(), on);
        }
        while chain.undo().is_some() {}
        prop_assert_eq!(chain.sources(), &first[..]);
    }
}

#[test]
fn a_moved_rule_takes_its_comment_along() {
    let file = |name: &str, rules: &str| Source {
        kind: SourceKind::CommandLine,
        path: Some(format!("/srv/{name}.toml").into()),
        root: "/srv".into(),
        text: format!(
            "[meta]\nname = \"{name}\"\nversion = 1\n[scope]\ndefault_exec = \"trace\"\ndefault_value_action = \"allow\"\n{rules}"
        ),
    };
    let rules = "\n# ours\n\n# too chatty\n[[scope.rules]]\nselector = \"pkg:log\"\nexec = \"skip\"\n";
    let mut chain = Chain::new(&[file("a", rules), file("b", "")], Path::new("/srv"));
    let key = chain.sources()[0].rules[0].key;
    chain.move_to(key, 1).unwrap();
    let text = chain.saved_text(1, &[]).unwrap();
    assert!(text.ends_with("\n# too chatty\n[[scope.rules]]\nselector = \"pkg:log\"\nexec = \"skip\"\n"), "{text}");
    assert!(chain.saved_text(0, &[]).unwrap().contains("# ours"), "a heading stays");
    // On by way of the session, and back.
    chain.move_to(key, 2).unwrap();
    chain.move_to(key, 0).unwrap();
    assert!(chain.saved_text(0, &[]).unwrap().contains("# too chatty\n[[scope.rules]]"));
}

#[test]
fn what_decides_otherwise_is_another_chain() {
    let first = chain();
    let last = first.rules().last().unwrap().1.key;
    let changes: [&dyn Fn(&mut Chain) -> bool; 6] = [
        &|chain| chain.add(chain.session(), 0, skip("pkg:y")).is_some(),
        &|chain| chain.change(last, skip("pkg:other")),
        &|chain| chain.toggle(last),
        &|chain| chain.delete(last),
        &|chain| chain.shift(last, false),
        &|chain| chain.cycle_default(chain.session()),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut chain = chain();
        assert!(chain.decides_as(&first), "{at}");
        assert!(change(&mut chain), "{at}");
        assert!(!chain.decides_as(&first), "{at}");
        chain.undo();
        assert!(chain.decides_as(&first), "{at}");
    }
}
