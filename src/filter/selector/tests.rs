//! Every mistake of a selector, in its order; what each match type does; and what was meant.

use super::super::types::ValueKind;
use super::*;
use proptest::prelude::*;

const RULE: Place = Place::Rule;
const VALUE: Place = Place::ValuePattern;

/// Parses and compiles with the root `/srv/app`.
fn compiled(text: &str, place: Place) -> Result<(Selector, Matcher), SelectorError> {
    let selector = Selector::parse(text, place)?;
    let matcher = selector.compile("/srv/app")?;
    Ok((selector, matcher))
}

#[test]
fn the_parts_of_a_selector() {
    use MatchType::{Glob, Literal, Regex};
    for (text, kind, match_type, pattern) in [
        ("pkg:app", "pkg", Glob, "app"),
        ("pkg:app.*", "pkg", Glob, "app.*"),
        ("file:src/**/*.py", "file", Glob, "src/**/*.py"),
        ("obj:app.f", "obj", Glob, "app.f"),
        ("pkg:glob:app", "pkg", Glob, "app"),
        ("pkg:regex:^app$", "pkg", Regex, "^app$"),
        ("pkg:literal:app", "pkg", Literal, "app"),
        ("pkg:glob:a:b", "pkg", Glob, "a:b"),
        ("pkg:glob::", "pkg", Glob, ":"),
        ("pkg:glob::a", "pkg", Glob, ":a"),
        ("pkg:regex:a:b:c", "pkg", Regex, "a:b:c"),
        ("pkg:regex:(?:a)", "pkg", Regex, "(?:a)"),
        ("pkg:literal:literal:x", "pkg", Literal, "literal:x"),
        ("pkg:literal", "pkg", Glob, "literal"),
        ("pkg:glob", "pkg", Glob, "glob"),
        ("pkg:regex", "pkg", Glob, "regex"),
        ("pkg:pkg", "pkg", Glob, "pkg"),
        ("pkg: app", "pkg", Glob, " app"),
        ("pkg:app ", "pkg", Glob, "app "),
        ("pkg: ", "pkg", Glob, " "),
        ("pkg:regex: ", "pkg", Regex, " "),
        ("pkg:módulo", "pkg", Glob, "módulo"),
        ("pkg:a\nb", "pkg", Glob, "a\nb"),
    ] {
        let (selector, _) = compiled(text, RULE).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (selector.kind().as_str(), selector.match_type(), selector.pattern(), selector.text()),
            (kind, match_type, pattern, text)
        );
    }
    for kind in ValueKind::ALL {
        let (selector, _) = compiled(&format!("{}:x", kind.as_str()), VALUE).unwrap();
        assert_eq!(selector.kind(), Kind::Value(kind));
    }
}

#[test]
fn the_first_mistake_in_the_prescribed_order() {
    for (text, place, code, at) in [
        ("", RULE, "E-SEL-EMPTY", 0..0),
        ("", VALUE, "E-SEL-EMPTY", 0..0),
        (" ", RULE, "E-SEL-NO-PATTERN", 0..1),
        ("pkg", RULE, "E-SEL-NO-PATTERN", 0..3),
        ("pkg.app", RULE, "E-SEL-NO-PATTERN", 0..7),
        ("nonsense", RULE, "E-SEL-NO-PATTERN", 0..8),
        ("arg", RULE, "E-SEL-NO-PATTERN", 0..3),
        (":", RULE, "E-SEL-KIND", 0..0),
        (":x", RULE, "E-SEL-KIND", 0..0),
        ("::", RULE, "E-SEL-KIND", 0..0),
        ("nope:", RULE, "E-SEL-KIND", 0..4),
        ("nope:nope:", RULE, "E-SEL-KIND", 0..4),
        ("nope:regex:(", RULE, "E-SEL-KIND", 0..4),
        ("Pkg:app", RULE, "E-SEL-KIND", 0..3),
        ("PKG:app", RULE, "E-SEL-KIND", 0..3),
        (" pkg:app", RULE, "E-SEL-KIND", 0..4),
        ("pkg :app", RULE, "E-SEL-KIND", 0..4),
        ("glob:app", RULE, "E-SEL-KIND", 0..4),
        ("arg:", RULE, "E-SEL-PLACE", 0..3),
        ("arg:x", RULE, "E-SEL-PLACE", 0..3),
        ("local:nope:", RULE, "E-SEL-PLACE", 0..5),
        ("ret:regex:(", RULE, "E-SEL-PLACE", 0..3),
        ("attr:x", RULE, "E-SEL-PLACE", 0..4),
        ("global:x", RULE, "E-SEL-PLACE", 0..6),
        ("pkg:x", VALUE, "E-SEL-PLACE", 0..3),
        ("file:", VALUE, "E-SEL-PLACE", 0..4),
        ("obj:nope:[", VALUE, "E-SEL-PLACE", 0..3),
        ("Arg:x", VALUE, "E-SEL-KIND", 0..3),
        ("pkg::", RULE, "E-SEL-MATCH", 4..4),
        ("pkg::a", RULE, "E-SEL-MATCH", 4..4),
        ("pkg:a:b", RULE, "E-SEL-MATCH", 4..5),
        ("pkg:nope:", RULE, "E-SEL-MATCH", 4..8),
        ("pkg:nope:[", RULE, "E-SEL-MATCH", 4..8),
        ("pkg:Glob:a", RULE, "E-SEL-MATCH", 4..8),
        ("pkg: glob:a", RULE, "E-SEL-MATCH", 4..9),
        ("pkg:glob :a", RULE, "E-SEL-MATCH", 4..9),
        ("pkg:pkg:a", RULE, "E-SEL-MATCH", 4..7),
        ("file:C:/x", RULE, "E-SEL-MATCH", 5..6),
        ("pkg:", RULE, "E-SEL-EMPTY-PATTERN", 4..4),
        ("pkg:glob:", RULE, "E-SEL-EMPTY-PATTERN", 9..9),
        ("pkg:regex:", RULE, "E-SEL-EMPTY-PATTERN", 10..10),
        ("pkg:literal:", RULE, "E-SEL-EMPTY-PATTERN", 12..12),
        ("arg:", VALUE, "E-SEL-EMPTY-PATTERN", 4..4),
        ("pkg:[a", RULE, "E-SEL-GLOB", 4..5),
        ("pkg:glob:a{b", RULE, "E-SEL-GLOB", 10..11),
        ("pkg:}", RULE, "E-SEL-GLOB", 4..5),
        ("pkg:[z-a]", RULE, "E-SEL-GLOB", 5..8),
        (r"pkg:a\", RULE, "E-SEL-GLOB", 5..6),
        ("file:a/../../{", RULE, "E-SEL-GLOB", 13..14),
        ("arg:[", VALUE, "E-SEL-GLOB", 4..5),
        ("pkg:regex:a(b", RULE, "E-SEL-REGEX", 11..12),
        ("pkg:regex:*", RULE, "E-SEL-REGEX", 10..10),
        ("pkg:regex:a{2,1}", RULE, "E-SEL-REGEX", 11..16),
        ("pkg:regex:(?=a)", RULE, "E-SEL-REGEX", 10..13),
        ("pkg:regex:(?<!a)b", RULE, "E-SEL-REGEX", 10..14),
        (r"pkg:regex:(a)\1", RULE, "E-SEL-REGEX", 13..15),
        ("pkg:regex:[b-a]", RULE, "E-SEL-REGEX", 11..14),
        (r"pkg:regex:\", RULE, "E-SEL-REGEX", 10..11),
        (r"pkg:regex:\p{Nope}", RULE, "E-SEL-REGEX", 10..18),
        (r"pkg:regex:(?-u:\xff)", RULE, "E-SEL-REGEX", 15..19),
        ("file:..", RULE, "E-SEL-PATH", 5..7),
        ("file:/etc/passwd", RULE, "E-SEL-PATH", 5..16),
        ("file:literal:.", RULE, "E-SEL-PATH", 13..14),
        ("file:glob:a/..", RULE, "E-SEL-PATH", 10..14),
        (r"pkg:regex:(\w{1000}){1000}", RULE, "E-SEL-SIZE", 10..26),
        ("pkg:regex:((a{1000}){1000}){1000}", RULE, "E-SEL-SIZE", 10..33),
    ] {
        let error = compiled(text, place).expect_err(text);
        assert_eq!((error.code, error.at.clone()), (code, at), "{text}: {}", error.message);
    }
    assert!(compiled("arg:x", Place::Anywhere).is_ok() && compiled("pkg:x", Place::Anywhere).is_ok());
}

#[test]
fn hints_say_what_was_meant() {
    for (text, place, hint) in [
        ("pkg.app", RULE, "`pkg:app`"),
        ("pkg=app", RULE, "`pkg:app`"),
        ("pkg app", RULE, "`pkg:app`"),
        ("file/src/a.py", RULE, "`file:src/a.py`"),
        ("src/a.py", RULE, "`file:src/a.py`"),
        ("a.py", RULE, "`file:a.py`"),
        ("shop.cart", RULE, "`pkg:shop.cart`"),
        ("password", VALUE, "`arg:password`"),
        ("arg.password", VALUE, "`arg:password`"),
        ("Pkg:app", RULE, "`pkg:app`"),
        ("module:app", RULE, "`pkg:app`"),
        ("pgk:app", RULE, "`pkg:app`"),
        ("func:app.f", RULE, "`obj:app.f`"),
        ("flie:a", RULE, "`file:a`"),
        ("return:x", VALUE, "`ret:x`"),
        ("param:x", VALUE, "`arg:x`"),
        ("pkg::a", RULE, "`pkg:a`"),
        ("pkg:a:b", RULE, "`pkg:glob:a:b`"),
        ("pkg:re:^a", RULE, "`pkg:regex:^a`"),
        ("pkg:regexp:a", RULE, "`pkg:regex:a`"),
        ("pkg:Literal:a", RULE, "`pkg:literal:a`"),
        ("pkg:exact:a", RULE, "`pkg:literal:a`"),
        ("arg:x", RULE, "value_patterns"),
        ("pkg:x", VALUE, "own `selector`"),
        ("pkg:regex:*.py", RULE, ".*"),
        ("pkg:regex:(?!a)", RULE, "look-around"),
    ] {
        let error = compiled(text, place).expect_err(text);
        assert!(error.hint.as_deref().is_some_and(|found| found.contains(hint)), "{text}: {:?}", error.hint);
    }
    for text in ["", " ", "pkg", "qqqqqq:x", ":x"] {
        assert_eq!(compiled(text, RULE).expect_err(text).hint, None, "{text}");
    }
}

#[test]
fn literals_and_regexes() {
    for (text, subject, want) in [
        ("pkg:literal:a.b", "a.b", true),
        ("pkg:literal:a.b", "axb", false),
        ("pkg:literal:a.b", "a.b.c", false),
        ("pkg:literal:a*", "a*", true),
        ("pkg:literal:a*", "ab", false),
        ("pkg:literal:A", "a", false),
        (r"pkg:literal:a\b", r"a\b", true),
        ("pkg:regex:b", "abc", true),
        ("pkg:regex:^b", "abc", false),
        ("pkg:regex:c$", "abc", true),
        ("pkg:regex:b$", "abc", false),
        ("pkg:regex:abc$", "abc\n", false),
        ("pkg:regex:^abc$", "abc", true),
        ("pkg:regex:^b$", "a\nb\nc", false),
        ("pkg:regex:(?m)^b$", "a\nb\nc", true),
        ("pkg:regex:ABC", "abc", false),
        ("pkg:regex:(?i)ABC", "abc", true),
        ("pkg:regex:(?i)É", "é", true),
        ("pkg:regex:a.c", "a/c", true),
        ("pkg:regex:a.c", "a\nc", false),
        ("pkg:regex:(?s)a.c", "a\nc", true),
        ("pkg:regex:(?x) a b # c", "ab", true),
        (r"pkg:regex:^\w+$", "módulo", true),
        (r"pkg:regex:^.$", "😀", true),
        ("pkg:regex: a", "x a", true),
        ("pkg:regex: a", "xa", false),
        ("pkg:regex:a|^$", "", true),
        ("pkg:regex:^/x", "/x", true),
        ("file:regex:^src//a", "src//a", true),
        ("file:regex:^src//a", "src/a", false),
        ("file:regex:^./a/../b$", "./a/../b", true),
        ("file:literal:./src//a.py", "src/a.py", true),
        ("file:literal:src/*.py", "src/*.py", true),
        ("file:literal:src/*.py", "src/a.py", false),
        ("file:/srv/app/src/*.py", "src/a.py", true),
        ("file:src/", "src", true),
        ("file:src/", "src/a.py", false),
        // What is left of a path is a pattern, never a selector again.
        ("file:glob:./literal:x/*", "literal:x/a", true),
        ("file:glob:./regex:a", "regex:a", true),
        ("file:glob:/srv/app/pkg:x", "pkg:x", true),
        ("file:literal:./regex:(", "regex:(", true),
    ] {
        let (_, matcher) = compiled(text, RULE).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(matcher.is_match(subject), want, "{text} on {subject:?}");
    }
}

#[test]
fn the_matched_part_can_be_shown() {
    for (text, subject, want) in [
        ("pkg:regex:b+", "abbbc", Some(1..4)),
        ("pkg:regex:é", "aé", Some(1..3)),
        ("pkg:regex:x", "abc", None),
        ("pkg:regex:^", "abc", Some(0..0)),
        ("pkg:a*", "abc", Some(0..3)),
        ("pkg:a", "abc", None),
        ("pkg:literal:abc", "abc", Some(0..3)),
    ] {
        let (_, matcher) = compiled(text, RULE).unwrap();
        assert_eq!(matcher.find(subject), want, "{text} on {subject}");
    }
}

#[test]
fn huge_patterns_end_soon() {
    for pattern in [
        "a{1000}{1000}{1000}".to_owned(),
        r"\w{100000}".to_owned(),
        "(".repeat(64_000),
        "(?:".repeat(20_000),
        "[".repeat(64_000),
        r"\w".repeat(30_000),
        "(a|b)*".repeat(10_000),
        "x".repeat(65_536),
        "x".repeat(1 << 20),
        "(a?){500}a{500}".to_owned(),
        r"(?i)\pL{500}".to_owned(),
    ] {
        for match_type in ["regex", "glob", "literal"] {
            if let Ok((_, matcher)) = compiled(&format!("pkg:{match_type}:{pattern}"), RULE) {
                let _ = matcher.is_match(&"a".repeat(100));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_panics_and_errors_stay_inside_it(
        text in "(pkg|file|obj|arg|ret|x)?:?(glob|regex|literal|y)?:?[a-z*?{}\\[\\]()/.,\\\\|+é :!^$-]{0,20}",
        place in prop_oneof![Just(RULE), Just(VALUE), Just(Place::Anywhere)],
    ) {
        match compiled(&text, place) {
            Ok((_, matcher)) => {
                let _ = matcher.find("a/b.c");
            }
            Err(error) => prop_assert!(text.get(error.at.clone()).is_some(), "{error:?}"),
        }
    }
}
