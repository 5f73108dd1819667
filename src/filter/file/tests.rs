//! Filter files: what is accepted, and every mistake with its code and place.

use super::*;
use proptest::prelude::*;

const META: &str = "[meta]\nname = 'x'\nversion = 1\n";
const SCOPE: &str = "[scope]\ndefault_exec = 'trace'\ndefault_value_action = 'allow'\n";

/// `CODE@LINE:COLUMN` of each problem.
fn problems(text: &str) -> Vec<String> {
    let (file, problems) = parse(text, "f.toml", "/srv/app", &mut Budget::new());
    assert_eq!(file.is_some(), problems.is_empty(), "{text}");
    problems
        .iter()
        .map(|problem| {
            let span = problem.span.as_ref().expect("every problem in a file has its place");
            format!("{}@{}:{}", problem.code, span.line, span.column)
        })
        .collect()
}

fn file(text: &str) -> FilterFile {
    let (file, problems) = parse(text, "f.toml", "/srv/app", &mut Budget::new());
    file.unwrap_or_else(|| panic!("{}\n{text}", crate::diagnostic::one_line(&problems)))
}

/// Each row: a whole file, and its problems in order.
fn table(rows: &[(&str, &str)]) {
    for (text, want) in rows {
        assert_eq!(problems(text).join(" "), *want, "{text}");
    }
}

/// Each row: lines after a good `[meta]` and `[scope]`, and the problems, lines counted from the first given one.
fn after(head: &str, rows: &[(&str, &str)]) {
    let offset = head.lines().count();
    for (text, want) in rows {
        let found: Vec<String> = problems(&format!("{head}{text}"))
            .into_iter()
            .map(|problem| {
                let (code, place) = problem.split_once('@').unwrap();
                let (line, column) = place.split_once(':').unwrap();
                let line: usize = line.parse().unwrap();
                format!("{code}@{}:{column}", line.checked_sub(offset).unwrap())
            })
            .collect();
        assert_eq!(found.join(" "), *want, "{text}");
    }
}

#[test]
fn a_whole_file() {
    let file = file(
        r#"
[meta]
name = "shop"
version = 1
description = "d"
labels = ["a", "b"]

[io]
capture = true
streams = ["stdout", "stderr", "stdin", "files"]
modes = []

[scope]
default_exec = "skip"
default_value_action = "deny"

[[scope.rules]]
selector = "pkg:shop.*"
exec = "trace"
value_default = "drop"
reason = "ours"

[[scope.rules.value_patterns]]
selector = "arg:literal:sku"
action = "allow"
reason = "no secret"

[[scope.rules.value_patterns]]
selector = "ret:regex:secret"
action = "deny"

[[scope.rules]]
selector = "file:./src//x.py"
exec = "inherit"
value_default = "deny"
value_patterns = []

[[scope.rules]]
selector = "obj:a.b"
"#,
    );
    assert_eq!((file.name.as_str(), file.version, file.description.as_deref()), ("shop", 1, Some("d")));
    assert_eq!(file.labels, ["a", "b"]);
    let streams = ["stdout", "stderr", "stdin", "files"].map(str::to_owned).to_vec();
    assert_eq!(file.io, Some(Io { capture: true, streams }));
    assert_eq!((file.exec.value, file.value.value), (Some(Exec::Skip), Some(ValueAction::Redact)));
    let sets: Vec<_> = file.rules.iter().map(|rule| (rule.kind, rule.exec, rule.value_default)).collect();
    assert_eq!(
        sets,
        [
            (ScopeKind::Pkg, Some(Exec::Trace), Some(ValueAction::Drop)),
            (ScopeKind::File, None, Some(ValueAction::Redact)),
            (ScopeKind::Obj, None, None)
        ]
    );
    assert!(file.rules[1].matcher.is_match("src/x.py"));
    let patterns: Vec<_> = file.rules[0].patterns.iter().map(|pattern| (pattern.kind, pattern.action)).collect();
    assert_eq!(patterns, [(ValueKind::Arg, ValueAction::Allow), (ValueKind::Ret, ValueAction::Redact)]);
    assert_eq!(file.rules[0].reason.as_deref(), Some("ours"));
}

#[test]
fn other_spellings_of_the_same() {
    let inline =
        "meta = { name = 'x', version = 1 }\nscope = { default_exec = 'inherit', default_value_action = 'inherit' }";
    let dotted = "meta.name = 'x'\nmeta.version = 0x1\nscope.default_exec = 'trace'\nscope.default_value_action = 'drop'\n\
                  scope.rules = [{ selector = 'pkg:a', value_patterns = [{ selector = 'arg:b', action = 'drop' }] }]";
    let quoted = format!("{META}[\"scope\"]\n'default_exec' = '''trace'''\ndefault_value_action = \"\"\"allow\"\"\"\n");
    let crlf = format!("{META}{SCOPE}[[scope.rules]]\nselector = 'pkg:a'\n").replace('\n', "\r\n");
    let bom = format!("\u{feff}{META}{SCOPE}");
    let comments = format!("# c\n{META}# c\n{SCOPE}# é\n\n");
    let plus = "meta = { name = 'x', version = +1 }\n[scope]\ndefault_exec = 'trace'\ndefault_value_action = 'allow'";
    for text in [inline, dotted, &quoted, &crlf, &bom, &comments, plus] {
        assert_eq!(problems(text), Vec::<String>::new(), "{text}");
    }
    assert!(file(inline).exec.value.is_none() && file(inline).value.value.is_none());
}

#[test]
fn what_is_required() {
    table(&[
        ("", "E-KEY-MISSING@1:1 E-KEY-MISSING@1:1"),
        ("\u{feff}", "E-KEY-MISSING@1:1 E-KEY-MISSING@1:1"),
        ("# only a comment\n", "E-KEY-MISSING@1:1 E-KEY-MISSING@1:1"),
        (SCOPE, "E-KEY-MISSING@1:1"),
        (META, "E-KEY-MISSING@1:1"),
        ("[meta]\n[scope]\n", "E-KEY-MISSING@1:1 E-KEY-MISSING@1:1 E-KEY-MISSING@2:1 E-KEY-MISSING@2:1"),
        ("meta = {}\nscope = {}\n", "E-KEY-MISSING@1:8 E-KEY-MISSING@1:8 E-KEY-MISSING@2:9 E-KEY-MISSING@2:9"),
    ]);
    after(SCOPE, &[("[meta]\nname = 'x'\n", "E-KEY-MISSING@1:1"), ("[meta]\nversion = 1\n", "E-KEY-MISSING@1:1")]);
    after(
        META,
        &[
            ("[scope]\ndefault_exec = 'trace'\n", "E-KEY-MISSING@1:1"),
            ("[scope]\ndefault_value_action = 'drop'\n", "E-KEY-MISSING@1:1"),
        ],
    );
    after(
        &format!("{META}{SCOPE}"),
        &[
            ("[[scope.rules]]\n", "E-KEY-MISSING@1:1"),
            ("[[scope.rules]]\nexec = 'skip'\n", "E-KEY-MISSING@1:1"),
            ("rules = [{}]\n", "E-KEY-MISSING@1:10"),
            ("rules = [{ selector = 'pkg:a', value_patterns = [{}] }]\n", "E-KEY-MISSING@1:50 E-KEY-MISSING@1:50"),
            (
                "[[scope.rules]]\nselector = 'pkg:a'\n[[scope.rules.value_patterns]]\naction = 'drop'\n",
                "E-KEY-MISSING@3:1",
            ),
            (
                "[[scope.rules]]\nselector = 'pkg:a'\n[[scope.rules.value_patterns]]\nselector = 'arg:x'\n",
                "E-KEY-MISSING@3:1",
            ),
        ],
    );
}

#[test]
fn meta() {
    after(
        SCOPE,
        &[
            ("[meta]\nname = ''\nversion = 1\n", "E-NAME-BLANK@2:8"),
            ("[meta]\nname = \" \\t\\u00a0\"\nversion = 1\n", "E-NAME-BLANK@2:8"),
            ("[meta]\nname = ' a '\nversion = 1\n", ""),
            ("[meta]\nname = 1\nversion = 1\n", "E-TYPE@2:8"),
            ("[meta]\nname = ['x']\nversion = 1\n", "E-TYPE@2:8"),
            ("[meta]\nname = 'x'\nversion = 2\n", "E-VERSION-NEWER@3:11"),
            ("[meta]\nname = 'x'\nversion = 99999999999999999999999\n", "E-VERSION-NEWER@3:11"),
            ("[meta]\nname = 'x'\nversion = 0\n", "E-VERSION@3:11"),
            ("[meta]\nname = 'x'\nversion = -1\n", "E-VERSION@3:11"),
            ("[meta]\nname = 'x'\nversion = -99999999999999999999999\n", "E-VERSION@3:11"),
            ("[meta]\nname = 'x'\nversion = 1.0\n", "E-TYPE@3:11"),
            ("[meta]\nname = 'x'\nversion = '1'\n", "E-TYPE@3:11"),
            ("[meta]\nname = 'x'\nversion = true\n", "E-TYPE@3:11"),
            ("[meta]\nname = 'x'\nversion = 1979-05-27\n", "E-TYPE@3:11"),
            ("[meta]\nname = 'x'\nversion = [1]\n", "E-TYPE@3:11"),
            ("[meta]\nname = 'x'\nversion = 1\ndescription = 1\n", "E-TYPE@4:15"),
            ("[meta]\nname = 'x'\nversion = 1\ndescription = ''\n", ""),
            ("[meta]\nname = 'x'\nversion = 1\nlabels = 'x'\n", "E-TYPE@4:10"),
            ("[meta]\nname = 'x'\nversion = 1\nlabels = ['x', 1, 'y', []]\n", "E-TYPE@4:16 E-TYPE@4:24"),
            ("[meta]\nname = 'x'\nversion = 1\nlabels = []\n", ""),
            ("[meta]\nname = 'x'\nversion = 1\nauthor = 'x'\n", "E-KEY-UNKNOWN@4:1"),
            ("[meta]\nname = 'x'\nversion = 1\nName = 'x'\n", "E-KEY-UNKNOWN@4:1"),
            ("[meta]\nname = 'x'\nversion = 1\n[meta.more]\n", "E-KEY-UNKNOWN@4:7"),
            ("[[meta]]\nname = 'x'\nversion = 1\n", "E-TYPE@1:1"),
            ("[other]\n[meta]\nname = 'x'\nversion = 1\n", "E-KEY-UNKNOWN@1:2"),
        ],
    );
    table(&[
        ("meta = []\nscope = 1\n", "E-TYPE@1:8 E-TYPE@2:9"),
        ("meta = 'x'\nscope = []\nio = 1.5\n", "E-TYPE@1:8 E-TYPE@2:9 E-TYPE@3:6"),
        ("meta = [{ name = 'x', version = 1 }]\nscope = [{}]\n", "E-TYPE@1:8 E-TYPE@2:9"),
    ]);
}

#[test]
fn io() {
    after(
        &format!("{META}{SCOPE}"),
        &[
            ("[io]\n", ""),
            ("[io]\ncapture = false\n", ""),
            ("[io]\ncapture = false\nstreams = []\n", ""),
            ("[io]\nstreams = []\n", ""),
            ("[io]\nstreams = ['stdin']\n", ""),
            ("[io]\ncapture = true\nstreams = ['files']\n", ""),
            ("[io]\ncapture = true\nstreams = ['stdout', 'stdout']\nmodes = []\n", ""),
            ("[io]\ncapture = true\n", "E-IO-STREAMS@2:11"),
            ("[io]\ncapture = true\nstreams = []\n", "E-IO-STREAMS@3:11"),
            ("[io]\ncapture = 'true'\n", "E-TYPE@2:11"),
            ("[io]\ncapture = 1\nstreams = []\n", "E-TYPE@2:11"),
            ("[io]\nstreams = 'stdout'\n", "E-TYPE@2:11"),
            ("[io]\nstreams = [1]\n", "E-TYPE@2:12"),
            ("[io]\nstreams = ['stdout', 'STDERR', 'x']\n", "E-VALUE@2:22 E-VALUE@2:32"),
            ("[io]\ncapture = true\nstreams = ['x']\n", "E-VALUE@3:12"),
            ("[io]\nmodes = ['x']\n", "E-IO-MODES@2:9"),
            ("[io]\nmodes = [1]\n", "E-IO-MODES@2:9"),
            ("[io]\nmodes = 'x'\n", "E-TYPE@2:9"),
            ("[io]\nmode = []\n", "E-KEY-UNKNOWN@2:1"),
            ("[[io]]\ncapture = false\n", "E-TYPE@1:1"),
            ("[io.x]\n", "E-KEY-UNKNOWN@1:5"),
        ],
    );
}

#[test]
fn scope_and_rules() {
    after(
        META,
        &[
            ("[scope]\ndefault_exec = 'x'\ndefault_value_action = 'y'\n", "E-VALUE@2:16 E-VALUE@3:24"),
            ("[scope]\ndefault_exec = 'Trace'\ndefault_value_action = 'ALLOW'\n", "E-VALUE@2:16 E-VALUE@3:24"),
            ("[scope]\ndefault_exec = 'deny'\ndefault_value_action = 'skip'\n", "E-VALUE@2:16 E-VALUE@3:24"),
            ("[scope]\ndefault_exec = ''\ndefault_value_action = ' allow'\n", "E-VALUE@2:16 E-VALUE@3:24"),
            ("[scope]\ndefault_exec = true\ndefault_value_action = ['allow']\n", "E-TYPE@2:16 E-TYPE@3:24"),
            ("[scope]\ndefault_exec = 'inherit'\ndefault_value_action = 'inherit'\n", ""),
            ("[scope]\ndefault_exec = 'skip'\ndefault_value_action = 'deny'\n", ""),
            ("[[scope]]\ndefault_exec = 'skip'\ndefault_value_action = 'deny'\n", "E-TYPE@1:1"),
        ],
    );
    after(
        &format!("{META}{SCOPE}"),
        &[
            ("rules = []\n", ""),
            ("rules = {}\n", "E-TYPE@1:9"),
            ("rules = 'x'\n", "E-TYPE@1:9"),
            ("rules = ['x', 1]\n", "E-TYPE@1:10 E-TYPE@1:15"),
            ("rules = [[]]\n", "E-TYPE@1:10"),
            ("rule = []\n", "E-KEY-UNKNOWN@1:1"),
            ("[scope.rules]\nselector = 'pkg:a'\n", "E-TYPE@1:1"),
            ("[[scope.rule]]\nselector = 'pkg:a'\n", "E-KEY-UNKNOWN@1:9"),
            ("[[scope.rules]]\nselector = 'pkg:a'\nexec = 'x'\n", "E-VALUE@3:8"),
            ("[[scope.rules]]\nselector = 'pkg:a'\nexec = 1\n", "E-TYPE@3:8"),
            ("[[scope.rules]]\nselector = 'pkg:a'\nexec = 'allow'\n", "E-VALUE@3:8"),
            ("[[scope.rules]]\nselector = 'pkg:a'\nvalue_default = 'trace'\n", "E-VALUE@3:17"),
            ("[[scope.rules]]\nselector = 'pkg:a'\nvalue_default = 'deny'\n", ""),
            ("[[scope.rules]]\nselector = 'pkg:a'\nreason = 1\n", "E-TYPE@3:10"),
            ("[[scope.rules]]\nselector = 1\n", "E-TYPE@2:12"),
            ("[[scope.rules]]\nselector = ['pkg:a']\n", "E-TYPE@2:12"),
            ("[[scope.rules]]\nselector = ''\n", "E-SEL-EMPTY@2:12"),
            ("[[scope.rules]]\nselector = 'arg:a'\n", "E-SEL-PLACE@2:13"),
            ("[[scope.rules]]\nselector = 'pkg:nope:a'\n", "E-SEL-MATCH@2:17"),
            ("[[scope.rules]]\nselector = 'pkg:é['\n", "E-SEL-GLOB@2:18"),
            ("[[scope.rules]]\nselector = '''pkg:['''\n", "E-SEL-GLOB@2:19"),
            ("[[scope.rules]]\nselector = '''\npkg:['''\n", "E-SEL-GLOB@3:5"),
            ("[[scope.rules]]\nselector = '''\r\npkg:['''\n", "E-SEL-GLOB@3:5"),
            ("[[scope.rules]]\nselector = \"pkg:[\"\n", "E-SEL-GLOB@2:17"),
            ("[[scope.rules]]\nselector = \"pkg:\\u005b\"\n", "E-SEL-GLOB@2:12"),
            ("[[scope.rules]]\nselector = 'pkg:'\n", "E-SEL-EMPTY-PATTERN@2:12"),
            ("[[scope.rules]]\nselector = 'file:../x'\n", "E-SEL-PATH@2:18"),
            ("[[scope.rules]]\nselector = 'file:/srv/app/x'\n", ""),
            ("[[scope.rules]]\nselector = 'file:/srv/x'\n", "E-SEL-PATH@2:18"),
            ("[[scope.rules]]\nselector = 'pkg:a'\nSelector = 1\nwhy = 2\n", "E-KEY-UNKNOWN@3:1 E-KEY-UNKNOWN@4:1"),
            ("[[scope.rules]]\nselector = 'pkg:a'\n[scope.rules.x]\n", "E-KEY-UNKNOWN@3:14"),
        ],
    );
    let rule = "[[scope.rules]]\nselector = 'pkg:a'\n";
    after(
        &format!("{META}{SCOPE}{rule}"),
        &[
            ("value_patterns = {}\n", "E-TYPE@1:18"),
            ("value_patterns = 'x'\n", "E-TYPE@1:18"),
            ("value_patterns = [1]\n", "E-TYPE@1:19"),
            ("[scope.rules.value_patterns]\nselector = 'arg:x'\naction = 'drop'\n", "E-TYPE@1:1"),
            ("[[scope.rules.value_patterns]]\nselector = 'arg:x'\naction = 'inherit'\n", "E-VALUE@3:10"),
            ("[[scope.rules.value_patterns]]\nselector = 'arg:x'\naction = 'trace'\n", "E-VALUE@3:10"),
            ("[[scope.rules.value_patterns]]\nselector = 'arg:x'\naction = 'deny'\n", ""),
            ("[[scope.rules.value_patterns]]\nselector = 'arg:x'\naction = true\n", "E-TYPE@3:10"),
            ("[[scope.rules.value_patterns]]\nselector = 'pkg:x'\naction = 'drop'\n", "E-SEL-PLACE@2:13"),
            ("[[scope.rules.value_patterns]]\nselector = 'arg:regex:('\naction = 'drop'\n", "E-SEL-REGEX@2:23"),
            ("[[scope.rules.value_patterns]]\nselector = 'arg:x'\naction = 'drop'\nreason = 1\n", "E-TYPE@4:10"),
            ("[[scope.rules.value_patterns]]\nselector = 'arg:x'\naction = 'drop'\nexec = 'x'\n", "E-KEY-UNKNOWN@4:1"),
        ],
    );
}

#[test]
fn all_problems_at_once_with_their_rule_and_pattern() {
    let text = format!(
        "{META}{SCOPE}colour = 1\n[[scope.rules]]\nselector = 'pkg.app'\nexec = 'x'\n[[scope.rules]]\nselector = 'pkg:b'\n\
         [[scope.rules.value_patterns]]\nselector = 'arg:a'\naction = 'drop'\n\
         [[scope.rules.value_patterns]]\nselector = 'arg:['\naction = 'x'\n"
    );
    let (_, problems) = parse(&text, "dir/f.toml", "/srv/app", &mut Budget::new());
    let found: Vec<_> = problems.iter().map(|problem| (problem.code, problem.rule, problem.pattern)).collect();
    let want = [
        ("E-KEY-UNKNOWN", None, None),
        ("E-SEL-NO-PATTERN", Some(0), None),
        ("E-VALUE", Some(0), None),
        ("E-SEL-GLOB", Some(1), Some(1)),
        ("E-VALUE", Some(1), Some(1)),
    ];
    assert_eq!(found, want);
    assert!(problems.iter().all(|problem| problem.file.as_deref() == Some("dir/f.toml")));
    assert_eq!(problems[1].hint.as_deref(), Some("did you mean `pkg:app`?"));
    let span = problems[3].span.as_ref().unwrap();
    assert_eq!((span.text.as_str(), &span.text[span.mark.clone()]), ("selector = 'arg:['", "["));
}

#[test]
fn broken_toml() {
    for (text, first) in [
        ("[meta", "E-TOML@1:6"),
        ("a = \n", "E-TOML@1:5"),
        ("\u{feff}a = \n", "E-TOML@1:5"),
        ("é = 1\n", "E-TOML@1:1"),
        ("a = 1\na = 2\n", "E-TOML@2:1"),
        ("[a]\n[a]\n", "E-TOML@2:2"),
        ("[[a]]\n[a]\n", "E-TOML@2:2"),
        ("a = 'x\n", "E-TOML@1:7"),
        ("a = 1 b = 2\n", "E-TOML@1:5"),
        ("a = 00\n", "E-TOML@1:5"),
        ("a = \"\\q\"\n", "E-TOML@1:7"),
        ("\0", "E-TOML@1:1"),
        ("a = '\u{1}'\n", "E-TOML@1:6"),
        ("x\r", "E-TOML@1:2"),
    ] {
        let found = problems(text);
        assert!(found.iter().any(|problem| problem == first), "{text:?}: {found:?}");
        assert!(!found.iter().any(|problem| problem.starts_with("E-KEY-MISSING")), "{text:?}: {found:?}");
    }
    // What can be read beside the broken part is still checked.
    let text = format!("{META}{SCOPE}rules = [{{ selector = 'pkg:[' }}]\nx = = 1\n");
    let found = problems(&text);
    assert!(found.iter().any(|problem| problem == "E-SEL-GLOB@7:28"), "{found:?}");
    assert!(found.iter().any(|problem| problem.starts_with("E-TOML@8:")), "{found:?}");
}

#[test]
fn hints_for_keys_and_words() {
    for (text, hint) in [
        ("Meta = 1\n", "`meta`"),
        ("[scopes]\n", "`scope`"),
        ("[scope]\ndefault_exce = 'trace'\n", "`default_exec`"),
        ("[scope]\ndefault_exec = 'trce'\n", "`trace`"),
        ("[scope]\ndefault_value_action = 'Drop'\n", "`drop`"),
        ("[io]\nstreams = ['stdot']\n", "`stdout`"),
        ("[scope]\nzzz = 1\n", "known here: default_exec, default_value_action, rules"),
    ] {
        let (_, problems) = parse(text, "f", "/", &mut Budget::new());
        let hints: Vec<&str> = problems.iter().filter_map(|problem| problem.hint.as_deref()).collect();
        assert!(hints.iter().any(|found| found.contains(hint)), "{text}: {hints:?}");
    }
}

#[test]
fn large_files_end_soon() {
    use std::fmt::Write as _;
    let rules = |count: usize, rule: &dyn Fn(usize) -> String| {
        let mut text = format!("{META}{SCOPE}");
        for at in 0..count {
            let _ = write!(text, "[[scope.rules]]\nselector = '{}'\nexec = 'skip'\n", rule(at));
        }
        text
    };
    let plain = rules(10_000, &|at| format!("pkg:app.m{at}.*"));
    assert_eq!(file(&plain).rules.len(), 10_000);
    assert_eq!(problems(&rules(10_000, &|at| format!("pkg:[{at}"))).len(), 10_000);
    assert_eq!(problems(&rules(2_000, &|at| format!("pkg:regex:^app{at}(x|y)$"))), Vec::<String>::new());
    // Each is allowed on its own; together they are too much, and that is said once.
    let heavy = problems(&rules(1_000, &|at| format!(r"pkg:regex:\pL{{200}}{at}")));
    assert_eq!(heavy.len(), 1, "{heavy:?}");
    assert!(heavy[0].starts_with("E-CHAIN-SIZE"));
    let bombs = problems(&rules(1_000, &|at| format!("pkg:regex:((a{{1000}}){{1000}}){{{at}}}b")));
    assert!(bombs.len() < 20 && bombs.last().is_some_and(|last| last.starts_with("E-CHAIN-SIZE")), "{bombs:?}");
    for text in [
        "[".repeat(1 << 20),
        "a = ".to_owned() + &"[".repeat(1 << 19),
        "a = ".to_owned() + &"{a=".repeat(1 << 18),
        "a.".repeat(1 << 19),
        "a.b.c = 1\n".repeat(100_000),
        "[[a]]\n".repeat(100_000),
        "#".repeat(1 << 20),
        "x".repeat(1 << 20),
        "'".repeat(1 << 20),
        "\n".repeat(1 << 20),
    ] {
        assert!(!problems(&text).is_empty());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = problems(&text);
    }

    #[test]
    fn no_cut_or_spliced_file_panics(cut in 0..600_usize, insert in "[\\[\\]{}='\"a-z:.,\\n\\\\]{0,6}", take in 0..20_usize) {
        let whole = include_str!("../../../assets/filters/pytest.toml");
        let mut text: String = whole.chars().take(cut).collect();
        text.push_str(&insert);
        text.extend(whole.chars().skip(cut + take).take(600));
        let _ = problems(&text);
    }
}
