use super::*;
use proptest::prelude::*;

const FILE: &str = "\
# What we look at.
[meta]
name = \"shop\" # the name
version = 1

[scope]
default_exec = 'trace'
default_value_action = \"allow\"

# --- ours ---

# the shop itself
[[scope.rules]]
selector = \"pkg:shop.*\"   # all of it
exec = \"trace\"

# --- noise ---

# chatty
[[scope.rules]]
selector = 'pkg:shop.log'
exec = \"skip\"
reason = \"chatty\"

[[scope.rules.value_patterns]]
# the card
selector = \"arg:card\"
action = \"redact\"

[[scope.rules]]
selector = \"obj:shop.x\"
exec = \"skip\"

[io]
capture = false
# the end
";

fn rule(selector: &str, exec: &str) -> RuleText {
    RuleText { selector: selector.to_owned(), exec: Some(exec.to_owned()), ..RuleText::default() }
}

fn plan(rules: Vec<Part>) -> Plan {
    Plan { rules, ..Plan::default() }
}

/// The lines that differ, `-` old and `+` new (each line stands only once in [`FILE`], or does not matter).
fn difference(new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (FILE.lines().collect(), new.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("-{line}"));
    let came = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+{line}"));
    gone.chain(came).collect()
}

fn keep(order: &[usize]) -> Vec<Part> {
    order.iter().copied().map(Part::Keep).collect()
}

#[test]
fn nothing_asked_nothing_changed() {
    assert_eq!(rewrite(FILE, &Plan::keep(3)).unwrap(), FILE);
}

#[test]
fn a_changed_word_changes_one_line() {
    let changed = RuleText { selector: "pkg:shop.logging".to_owned(), ..read(FILE).unwrap().rules[1].clone() };
    let new = rewrite(FILE, &plan(vec![Part::Keep(0), Part::Change(1, changed), Part::Keep(2)])).unwrap();
    assert_eq!(difference(&new), ["-selector = 'pkg:shop.log'", "+selector = \"pkg:shop.logging\""]);
}

#[test]
fn comments_at_the_end_of_a_line_stay() {
    let new =
        rewrite(FILE, &plan(vec![Part::Change(0, rule("pkg:shop", "trace")), Part::Keep(1), Part::Keep(2)])).unwrap();
    assert!(new.contains("selector = \"pkg:shop\"   # all of it"), "{new}");
}

#[test]
fn a_new_rule_goes_where_it_is_put() {
    let new = rewrite(FILE, &plan(vec![Part::Keep(0), Part::New(rule("pkg:a", "skip")), Part::Keep(1), Part::Keep(2)]))
        .unwrap();
    let at = |text: &str| new.find(text).unwrap_or_else(|| panic!("{text} in {new}"));
    assert!(at("all of it") < at("pkg:a") && at("pkg:a") < at("--- noise"), "{new}");
    let last = rewrite(FILE, &plan([keep(&[0, 1, 2]), vec![Part::New(rule("pkg:a", "skip"))]].concat())).unwrap();
    assert!(last.find("obj:shop.x") < last.find("pkg:a") && last.find("pkg:a") < last.find("[io]"), "{last}");
}

#[test]
fn a_deleted_rule_takes_its_comment_and_leaves_the_heading() {
    let new = rewrite(FILE, &plan(keep(&[0, 2]))).unwrap();
    assert!(!new.contains("chatty") && !new.contains("arg:card") && !new.contains("the card"), "{new}");
    assert!(new.contains("# --- noise ---") && new.contains("# the shop itself"), "{new}");
    let none = rewrite(FILE, &plan(vec![])).unwrap();
    for kept in ["# --- ours ---", "# --- noise ---", "[io]", "# the end"] {
        assert!(none.contains(kept), "{kept}: {none}");
    }
    assert!(!none.contains("scope.rules"), "{none}");
}

#[test]
fn a_moved_rule_takes_its_comment_along() {
    let new = rewrite(FILE, &plan(keep(&[1, 0, 2]))).unwrap();
    let order =
        ["# --- ours ---", "# chatty", "pkg:shop.log", "# the card", "# the shop itself", "pkg:shop.*", "obj:", "[io]"];
    let places: Vec<_> = order.iter().map(|text| new.find(text).unwrap_or_else(|| panic!("{text} in {new}"))).collect();
    assert!(places.is_sorted(), "{new}");
}

#[test]
fn a_disabled_rule_becomes_comments() {
    let new = rewrite(FILE, &plan(vec![Part::Keep(0), Part::CommentOut(1), Part::Keep(2)])).unwrap();
    for line in ["# chatty\n# [[scope.rules]]\n", "# selector = 'pkg:shop.log'\n", "# [[scope.rules.value_patterns]]\n"]
    {
        assert!(new.contains(line), "{line}: {new}");
    }
    // Taking the signs away gives the rule back.
    let again = new.replace("\n# [[", "\n[[").replace("\n# selector", "\nselector").replace("\n# exec", "\nexec");
    let again = again.replace("\n# reason", "\nreason").replace("\n# action", "\naction");
    assert_eq!(read(&again).unwrap(), read(FILE).unwrap());
    let last = rewrite(FILE, &plan(vec![Part::Keep(0), Part::Keep(1), Part::CommentOut(2)])).unwrap();
    assert!(last.contains("# selector = \"obj:shop.x\"") && last.contains("# the end"), "{last}");
}

#[test]
fn defaults_are_words_too() {
    let new = rewrite(FILE, &Plan { default_exec: Some("skip".to_owned()), ..Plan::keep(3) }).unwrap();
    assert_eq!(difference(&new), ["-default_exec = 'trace'", "+default_exec = \"skip\""]);
}

#[test]
fn other_layouts() {
    let inline = "meta = { name = \"x\", version = 1 }\n[scope]\ndefault_exec = \"trace\"\ndefault_value_action = \"allow\"\nrules = [\n    # one\n    { selector = \"pkg:a\", exec = \"skip\" },\n    { selector = \"pkg:b\" }, # two\n]\n";
    let new =
        rewrite(inline, &plan(vec![Part::New(rule("pkg:n", "trace")), Part::Keep(1), Part::CommentOut(0)])).unwrap();
    assert_eq!(read(&new).unwrap().rules.len(), 2);
    assert!(new.contains("# { selector = \"pkg:a\"") && new.contains("# two") && new.contains("# one"), "{new}");
    let emptied = rewrite(inline, &plan(vec![Part::CommentOut(0), Part::CommentOut(1)])).unwrap();
    assert!(read(&emptied).unwrap().rules.is_empty() && emptied.contains("# { selector = \"pkg:b\""), "{emptied}");

    let one_line = "meta.name = \"x\"\nmeta.version = 1\nscope = { default_exec = \"trace\", default_value_action = \"allow\", rules = [{ selector = \"pkg:a\" }] }\n";
    let new = rewrite(one_line, &plan(vec![Part::Keep(0), Part::New(rule("pkg:b", "skip"))])).unwrap();
    assert_eq!(new.lines().count(), 3, "{new}");

    let bare = empty("a \"quoted\" name");
    let new = rewrite(&bare, &plan(vec![Part::New(rule("pkg:b", "skip"))])).unwrap();
    assert_eq!(read(&new).unwrap().name, "a \"quoted\" name");
    assert_eq!(read(&new).unwrap().rules, [rule("pkg:b", "skip")]);
}

#[test]
fn byte_order_mark_and_line_ends_stay() {
    let windows = format!("\u{feff}{}", FILE.replace('\n', "\r\n"));
    let new = rewrite(&windows, &plan(vec![Part::Keep(0), Part::New(rule("pkg:a", "skip"))])).unwrap();
    assert!(new.starts_with('\u{feff}'));
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(matches!(rewrite("[scope", &Plan::default()), Err(EditError::NotAFilter(_))));
    assert!(matches!(rewrite("a = 1", &Plan::default()), Err(EditError::NotAFilter(_))));
    assert!(matches!(rewrite("[scope]\nrules = 3", &Plan::default()), Err(EditError::NotAFilter(_))));
    assert_eq!(rewrite(FILE, &plan(keep(&[7]))), Err(EditError::NoSuchRule(7)));
    assert_eq!(rewrite(FILE, &plan(keep(&[1, 1]))), Err(EditError::NoSuchRule(1)));
}

fn any_rule() -> impl Strategy<Value = RuleText> {
    let words = proptest::option::of("[a-z\"\\\\\n#é]{0,6}");
    ("[a-z:*\"'\n\t]{1,8}", words.clone(), words.clone(), words, 0..3_usize).prop_map(
        |(selector, exec, value_default, reason, patterns)| RuleText {
            selector,
            exec,
            value_default,
            reason,
            patterns: vec![PatternText { selector: "arg:x".into(), action: "drop".into(), reason: None }; patterns],
        },
    )
}

#[test]
fn value_patterns_are_edited_and_keep_their_comments() {
    let pattern = |selector: &str, action: &str| PatternText {
        selector: selector.to_owned(),
        action: action.to_owned(),
        reason: None,
    };
    let edited = |text: &str, rule: usize, patterns: &[(&str, &str)]| {
        let old = read(text).unwrap();
        let patterns = patterns.iter().map(|(selector, action)| pattern(selector, action)).collect();
        let changed = RuleText { patterns, ..old.rules[rule].clone() };
        let parts =
            (0..old.rules.len()).map(|at| if at == rule { Part::Change(at, changed.clone()) } else { Part::Keep(at) });
        rewrite(text, &plan(parts.collect())).unwrap()
    };
    let new = edited(FILE, 1, &[("arg:token", "drop"), ("arg:card", "redact")]);
    assert!(new.contains("\n# the card\nselector = \"arg:card\""), "its comment moved with it: {new}");
    let again = edited(&new, 1, &[("arg:card", "redact")]);
    assert_eq!(difference(&again), [] as [&str; 0], "{again}");
    let other = edited(FILE, 1, &[("arg:card", "drop")]);
    assert_eq!(difference(&other), ["-action = \"redact\"", "+action = \"drop\""]);
    assert!(other.contains("# the card"));
    assert!(!edited(FILE, 1, &[]).contains("value_patterns"));
    let first = edited(FILE, 0, &[("local:x", "allow")]);
    assert!(first.find("local:x").unwrap() < first.find("pkg:shop.log").unwrap(), "{first}");
    let inline = "[meta]\nname = \"a\"\nversion = 1\n[scope]\ndefault_exec = \"trace\"\ndefault_value_action = \"allow\"\n\
                  rules = [{ selector = \"pkg:a\" }, { selector = \"pkg:b\", value_patterns = [{ selector = \"arg:x\", action = \"drop\" }] }]\n";
    assert!(edited(inline, 0, &[("ret:*", "drop")]).contains("value_patterns"));
    assert!(edited(inline, 1, &[("arg:y", "drop"), ("arg:x", "drop")]).contains("arg:y"));
}

proptest! {
    /// Whatever the plan, the result says what the plan says, or it is refused; and the first comment survives.
    #[test]
    fn any_plan_is_carried_out(
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
        kinds in proptest::collection::vec(0..5_u8, 3),
        new in proptest::collection::vec(any_rule(), 0..3),
        layout in 0..3_u8,
    ) {
        let text = match layout {
            0 => FILE.to_owned(),
            1 => "meta={name='x',version=1}\nscope={rules=[{selector='a'},{selector='b', exec='skip'},{selector='c'}]}\n".to_owned(),
            _ => "[meta]\nname='x'\n[scope]\nrules=[{selector='a'}, # a\n\n {selector='b'},\n # c\n{selector='c'}]".to_owned(),
        };
        let mut parts: Vec<Part> = Vec::new();
        for (at, kind) in order.iter().zip(&kinds) {
            match kind {
                0 | 1 => parts.push(Part::Keep(*at)),
                2 => parts.push(Part::CommentOut(*at)),
                3 => if let Some(rule) = new.first() { parts.push(Part::Change(*at, rule.clone())) },
                _ => {}
            }
        }
        parts.extend(new.iter().cloned().map(Part::New));
        let plan = plan(parts);
        let out = rewrite(&text, &plan).unwrap();
        prop_assert_eq!(read(&out).unwrap(), expected(&read(&text).unwrap(), &plan));
    }
}
