//! One table per rule of the glob language, and the limits. Every match is asked twice: of the shape or expression that
//! a glob becomes, and of a matcher that walks the nodes and knows nothing of either.

use super::*;
use crate::filter::matcher::Matcher;
use crate::filter::types::MatchType;
use proptest::prelude::*;

/// Matches by walking the nodes, braces multiplied out; slow and plain.
fn naive(pattern: &str, subject: &str) -> bool {
    let nodes = parse::parse(pattern).unwrap();
    let chars: Vec<char> = subject.chars().collect();
    multiply(&nodes).iter().any(|nodes| walk(nodes, 0, &chars))
}

/// All braces multiplied out, without limits.
fn multiply(nodes: &[Node]) -> Vec<Vec<Node>> {
    let mut done = vec![Vec::new()];
    for node in nodes {
        let choices: Vec<Vec<Node>> = match node {
            Node::Group(alternatives) => alternatives.iter().flat_map(|nodes| multiply(nodes)).collect(),
            node => vec![vec![node.clone()]],
        };
        done = done.iter().flat_map(|head| choices.iter().map(|tail| [head.clone(), tail.clone()].concat())).collect();
    }
    done
}

fn walk(nodes: &[Node], at: usize, rest: &[char]) -> bool {
    let Some(node) = nodes.get(at) else { return rest.is_empty() };
    let one = |matches: &dyn Fn(char) -> bool| {
        rest.split_first().is_some_and(|(c, rest)| *c != '/' && matches(*c) && walk(nodes, at + 1, rest))
    };
    match node {
        Node::Char(want) => rest.split_first().is_some_and(|(c, rest)| c == want && walk(nodes, at + 1, rest)),
        Node::AnyChar => one(&|_| true),
        Node::Class { negated, ranges } => {
            one(&|c| ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated)
        }
        Node::DoubleStar if is_recursive(nodes, at) => {
            if at + 1 == nodes.len() {
                return true;
            }
            // Whole components, each with its slash, the slash of the pattern included.
            walk(nodes, at + 2, rest)
                || (0..rest.len()).any(|slash| rest[slash] == '/' && walk(nodes, at + 2, &rest[slash + 1..]))
        }
        Node::Star | Node::DoubleStar => {
            let run = rest.iter().position(|c| *c == '/').unwrap_or(rest.len());
            (0..=run).any(|end| walk(nodes, at + 1, &rest[end..]))
        }
        Node::Group(_) => unreachable!("multiplied out"),
    }
}

/// Each row: a pattern, what it matches, what it does not; separated by blanks, `""` is the empty string.
fn table(rows: &[(&str, &str, &str)]) {
    for (pattern, yes, no) in rows {
        let matcher = Matcher::new(MatchType::Glob, pattern).unwrap_or_else(|error| panic!("{pattern}: {error:?}"));
        for (subjects, want) in [(yes, true), (no, false)] {
            for subject in subjects.split_whitespace().map(|subject| if subject == "\"\"" { "" } else { subject }) {
                assert_eq!(matcher.is_match(subject), want, "{pattern} on {subject:?}");
                assert_eq!(naive(pattern, subject), want, "{pattern} on {subject:?} (naive)");
            }
        }
    }
}

#[test]
fn plain_text_is_the_whole_string() {
    table(&[
        ("app", "app", "\"\" App app.x xapp appx app/"),
        ("a.b", "a.b", "axb a.bc"),
        ("a+(b)|c^$", "a+(b)|c^$", "aab a+(b)"),
        ("a,b", "a,b", "a b"),
        ("]", "]", "["),
        ("-", "-", "a"),
        ("naïve.módulo", "naïve.módulo", "naive.modulo"),
        ("#x &y", "", "#x"),
    ]);
}

#[test]
fn a_star_runs_without_a_slash_and_dots_are_ordinary() {
    table(&[
        ("app.*", "app.x app.x.y app. app..", "app appx xapp.x app.x/y"),
        ("app*", "app app.x apple", "ap app/x"),
        ("*", "a a.b.c \"\" <module>", "a/b / /a a/"),
        ("*.py", "a.py .py a.b.py", "a/b.py a.pyc /a.py"),
        ("*/*.py", "a/b.py /b.py", "b.py a/b/c.py"),
        ("a*b*c", "abc axxbyyc abbcc", "ab acb a/bc ab/c abcd"),
        ("*a*", "a xax bab", "x a/b /a"),
        ("*a", "a xa", "ab x/a"),
        ("a*a", "aa axa", "a a/a"),
        ("src/*/x.py", "src/a/x.py src//x.py", "src/x.py src/a/b/x.py"),
    ]);
}

#[test]
fn a_question_mark_is_one_character_but_no_slash() {
    table(&[
        ("?", "a é 名 😀 .", "\"\" ab / éé"),
        ("a?c", "abc aéc a😀c a.c", "ac a/c abbc"),
        ("??", "ab éé", "a abc é"),
        ("a?", "ab", "a a/ abc"),
        ("?*", "a ab", "\"\" / a/"),
    ]);
}

#[test]
fn classes() {
    table(&[
        ("[abc]", "a b c", "d ab \"\""),
        ("[a-c]x", "ax cx", "dx -x"),
        ("[a-cx-z]", "a c x z", "d w"),
        ("[!a]", "b é . !", "a / \"\" bb"),
        ("[^a]", "b é ^", "a / \"\""),
        ("[!a-c]", "d -", "a b c /"),
        ("[]]", "]", "[ a"),
        ("[]a]", "] a", "["),
        ("[!]]", "a [", "] /"),
        ("[!]a]", "b [", "] a"),
        ("[^]a]", "b", "] a"),
        ("[a-]", "a -", "b ]"),
        ("[-a]", "a -", "b"),
        ("[!-a]", "b", "a -"),
        ("[a!]", "a !", "b"),
        ("[a^]", "a ^", "b"),
        ("[--/]", "- .", "/ 0"),
        ("[é-ü]", "é ü ö", "e u"),
        ("[😀]", "😀", "a"),
        ("[[]", "[", "]"),
        ("[[a]", "[ a", "b"),
        ("[[:alpha:]]", ":] a] [] l]", "b ]"),
        ("[*]", "*", "a"),
        ("[?]", "?", "a"),
        ("[{]", "{", "}"),
        ("[a,b]", "a , b", "c"),
        (r"[\]]", "]", r"\"),
        (r"[\\]", r"\", "]"),
        (r"[a\-c]", "a - c", "b"),
        (r"[\a-\c]", "a b c", r"\ d"),
        (r"[!\]]", "a", "]"),
        ("[a-a]", "a", "b"),
        ("[a&&b]", "a & b", "c"),
        ("[a~~b]", "a ~ b", "c"),
        ("[#]", "#", "a"),
        ("x[0-9]y", "x0y x9y", "xay xy"),
        ("[a-c-e]", "a b c - e", "d"),
    ]);
}

#[test]
fn a_class_never_matches_a_slash() {
    table(&[
        ("a[/]b", "", "a/b ab"),
        ("a[/x]b", "axb", "a/b"),
        ("a[+-9]b", "a+b a.b a0b a9b", "a/b"),
        ("a[!x]b", "ayb", "a/b axb"),
        ("a[^x]b", "ayb", "a/b"),
        ("a[.-/]b", "a.b", "a/b"),
        ("a[/-0]b", "a0b", "a/b"),
        ("a[!/]b", "axb", "a/b"),
    ]);
}

#[test]
fn braces() {
    table(&[
        ("{a,b}", "a b", "c ab a,b \"\""),
        ("{a,b{c,d}}", "a bc bd", "b bcd"),
        ("x{a,b}y", "xay xby", "xy xaby"),
        ("app{,.*}", "app app.x app.x.y", "appx"),
        ("{,a}", "\"\" a", "aa"),
        ("{a,}", "\"\" a", "b"),
        ("{}", "\"\"", "{} a"),
        ("x{}", "x", "x{}"),
        ("{a}", "a", "{a}"),
        ("{,}", "\"\"", ","),
        ("{a,b}{c,d}", "ac ad bc bd", "a c ab"),
        ("{*.py,x/?}", "a.py x/y", "x/a.py x/yy"),
        ("{[,],b}", ", b", "] ["),
        ("{[}],b}", "} b", "]"),
        (r"{a\,b,c}", "a,b c", "a b"),
        (r"{a\},b}", "a} b", "a"),
        ("{a,{b,{c,{d,e}}}}", "a b c d e", "f"),
        ("{src,lib}/*.py", "src/a.py lib/b.py", "bin/a.py"),
        ("{a/b,c}/d", "a/b/d c/d", "a/d b/d"),
        ("a,{b,c}", "a,b a,c", "a b"),
        ("{a|b,c}", "a|b c", "a b"),
    ]);
}

#[test]
fn a_backslash_takes_any_character_literally() {
    table(&[
        (r"\*", "*", r"a \*"),
        (r"\?", "?", "a"),
        (r"\[a\]", "[a]", "a"),
        (r"\{a,b\}", "{a,b}", "a"),
        (r"\\", r"\", r"\\"),
        (r"\a\b", "ab", r"\a\b"),
        (r"a\/b", "a/b", r"a\/b"),
        (r"\é", "é", "e"),
        (r"\n", "n", "\\n"),
        (r"a\*", "a*", "ab a"),
        (r"\**", "* *a", "a"),
        (r"\***", "* *a", "a */a"),
    ]);
}

#[test]
fn a_double_star_is_recursive_as_a_whole_component_only() {
    table(&[
        ("**", "a a/b \"\" / /a/b a/", ""),
        ("**/x", "x a/x a/b/x /x /a/x", "ax x/a a/bx xx"),
        ("a/**", "a/b a/b/c a/", "a ab b/a/c"),
        ("a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb axb b a/b/c"),
        ("**/*.py", "a.py x/a.py x/y/a.py /a.py .py", "a.pyc py"),
        ("**/a/**", "a/b x/a/b x/a/ a/x/y", "a x/a xa/b"),
        ("/**", "/ /a /a/b", "a a/b \"\""),
        ("/**/x", "/x /a/x", "x a/x"),
        ("**/**", "a a/b \"\"", ""),
        ("**/**/x", "x a/x a/b/x", "ax"),
        ("a/**/**/b", "a/b a/x/b", "ab"),
        ("a/**/*/b", "a/x/b a/x/y/b", "a/b"),
        ("a**", "a ab", "a/b"),
        ("**a", "a ba", "b/a"),
        ("a**b", "ab axb", "a/b"),
        ("a/b**", "a/b a/bc", "a/b/c"),
        ("a**/b", "a/b ax/b", "a/x/b ax/y/b"),
        ("a/**b", "a/b a/xb", "a/x/b"),
        ("a/**.py", "a/.py a/b.py", "a/b/c.py a.py"),
        ("***", "a \"\"", "a/b"),
        ("***/x", "a/x /x", "x a/b/x"),
        ("a/***", "a/b a/", "a/b/c"),
        ("**?", "a ab", "a/b \"\""),
        ("?**", "a ab", "a/b"),
        ("[a]**", "a ab", "a/b"),
        ("**/", "\"\" a/ a/b/", "a"),
        ("**/tests/**/*.py", "tests/a.py x/tests/a.py x/tests/y/a.py", "tests.py x/mytests/a.py tests/a.txt"),
        ("**/a/**/b/**/c", "a/b/c x/a/y/b/z/c", "a/c b/c a/b"),
        (r"\**/x", "*/x *a/x", "x a/x *a/b/x"),
    ]);
}

#[test]
fn braces_around_a_double_star() {
    table(&[
        ("{**/test_*.py,**/*_test.py}", "test_a.py x/test_a.py a_test.py x/a_test.py", "a.py x/atest.py"),
        ("{a,**}/b", "a/b b x/y/b", "ab"),
        ("a/{**,x}/b", "a/b a/q/r/b a/x/b", "ab"),
        ("a{/**,}", "a a/b a/b/c", "ab"),
        ("a{/**/,/}b", "a/b a/x/b", "ab"),
        ("x{**,y}/b", "x/b xa/b xy/b", "x/a/b"),
        ("{a,}**", "a ab \"\" x a/b b", ""),
        ("{a/,}**/b", "a/b a/x/b b x/b", "ab"),
        ("**{/x,}", "x a/x a a/b", ""),
    ]);
}

#[test]
fn mistakes_and_where_they_are() {
    for (pattern, message, at) in [
        ("[", "unclosed `[`", 0..1),
        ("[]", "unclosed `[`", 0..1),
        ("[!]", "unclosed `[`", 0..1),
        ("[^]", "unclosed `[`", 0..1),
        ("[a", "unclosed `[`", 0..1),
        ("a/[b-", "unclosed `[`", 2..3),
        (r"[a\", "unclosed `[`", 0..1),
        (r"[a\]", "unclosed `[`", 0..1),
        ("é[a", "unclosed `[`", 2..3),
        ("{", "unclosed `{`", 0..1),
        ("{a,{b}", "unclosed `{`", 0..1),
        ("{a,{b", "unclosed `{`", 3..4),
        (r"{a\}", "unclosed `{`", 0..1),
        ("{[}", "unclosed `[`", 1..2),
        ("}", "stray `}`", 0..1),
        ("{a}}", "stray `}`", 3..4),
        ("a{b,c}d}", "stray `}`", 7..8),
        ("[z-a]", "reversed", 1..4),
        ("[é-a]", "reversed", 1..5),
        (r"[\z-\a]", "reversed", 1..6),
        ("x[a-cz-y]", "reversed", 5..8),
        (r"\", "trailing backslash", 0..1),
        (r"abc\", "trailing backslash", 3..4),
        (r"{a,\", "trailing backslash", 3..4),
    ] {
        let error = translate(pattern).expect_err(pattern);
        assert!(error.message.contains(message), "{pattern}: {}", error.message);
        assert_eq!(error.at, at, "{pattern}");
    }
}

#[test]
fn what_needs_no_expression_gets_none() {
    let shapes = "a a.* * ** *a a*b **/a **/*.py a/** a/**/b a/**/*.py \\[a\\] **/ {a,b.*}";
    for pattern in shapes.split_whitespace() {
        let Ok(Translated::Simple(alternatives)) = translate(pattern) else { panic!("{pattern}") };
        assert!(alternatives.iter().all(|simple| matches!(simple, Simple::Shape(_))), "{pattern}");
    }
    for (pattern, required) in
        [("a?bc", "bc"), ("[a]", ""), ("*ab*", "ab"), ("aa/**/bcd*c", "bcd"), ("**/ab/**", "ab/")]
    {
        let Ok(Translated::Simple(alternatives)) = translate(pattern) else { panic!("{pattern}") };
        assert!(matches!(&alternatives[..], [Simple::Walk(_)]), "{pattern}");
        assert_eq!(alternatives[0].required(), required, "{pattern}");
    }
    let many = |count: usize| format!("{{{}}}", (0..count).map(|at| at.to_string()).collect::<Vec<_>>().join(","));
    assert!(matches!(translate(&many(MAX_TRIED)), Ok(Translated::Simple(_))));
    assert!(matches!(translate(&many(MAX_TRIED + 1)), Ok(Translated::Regex(_))));
    assert!(matches!(translate(&many(MAX_ALTERNATIVES * 5)), Ok(Translated::Regex(_))));
    let large = format!("{}/**", many(MAX_TRIED + 1));
    table(&[(&large, "3/x 64/x/y 0/", "65/x x/3 3"), (&many(5_000), "4999 0", "5000 00")]);
}

#[test]
fn monsters_are_errors_or_fine_but_never_a_hang() {
    let deep = |depth: usize| format!("{}x{}", "{a,".repeat(depth), "}".repeat(depth));
    assert!(translate(&deep(MAX_DEPTH)).is_ok());
    for pattern in [deep(MAX_DEPTH + 1), deep(20_000), "{".repeat(60_000), "[".repeat(60_000), "x".repeat(70_000)] {
        assert!(translate(&pattern).is_err());
    }
    let bomb = format!("{}**", "{a,b}".repeat(200));
    assert!(translate(&bomb).expect_err("too many").message.contains("too many alternatives"));
    let nested_bomb = "{a,b,c,d,e,f,g,h}".repeat(1_000);
    let long = "x".repeat(1_000);
    for pattern in [
        "*a".repeat(32_000),
        "?".repeat(65_000),
        "**/".repeat(20_000),
        "a/**/b/".repeat(9_000),
        "[a-z]".repeat(13_000),
        "[!a]".repeat(16_000),
        nested_bomb,
        format!("{{{}}}", "a,".repeat(30_000)),
        "*".repeat(65_000),
        ",".repeat(65_000),
        "\\a".repeat(32_000),
    ] {
        if let Ok(matcher) = Matcher::new(MatchType::Glob, &pattern) {
            let _ = matcher.is_match("a/b/c.py");
            let _ = matcher.is_match(&long);
        }
    }
}

/// Text with more of the characters that matter than chance would give.
fn pattern() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("a"),
            Just("b"),
            Just("é"),
            Just("/"),
            Just("."),
            Just("*"),
            Just("**"),
            Just("?"),
            Just("[a]"),
            Just("[!b]"),
            Just("[a-c]"),
            Just("["),
            Just("]"),
            Just("{"),
            Just("}"),
            Just(","),
            Just("{a,b}"),
            Just("{,/a}"),
            Just("\\"),
            Just("\\*"),
            Just("**/"),
            Just("/**"),
            Just("-"),
            Just("!"),
        ],
        0..9,
    )
    .prop_map(|parts| parts.concat())
}

fn subject() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("é"), Just("/"), Just("."), Just("*")], 0..7)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn agrees_with_the_walk_over_the_nodes(pattern in pattern(), subjects in proptest::collection::vec(subject(), 4)) {
        if let Ok(matcher) = Matcher::new(MatchType::Glob, &pattern) {
            for subject in subjects {
                prop_assert_eq!(matcher.is_match(&subject), naive(&pattern, &subject), "{} on {:?}", pattern, subject);
            }
        }
    }

    #[test]
    fn no_text_panics(pattern in ".{0,40}", subject in ".{0,20}") {
        if let Ok(matcher) = Matcher::new(MatchType::Glob, &pattern) {
            let _ = matcher.find(&subject);
        }
    }

    #[test]
    fn escaped_text_matches_itself_and_only_itself(text in ".{1,12}", other in ".{0,12}") {
        let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
        let matcher = Matcher::new(MatchType::Glob, &escaped).unwrap();
        prop_assert!(matcher.is_match(&text));
        prop_assert_eq!(matcher.is_match(&other), text == other);
    }
}
