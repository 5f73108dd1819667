//! Identifiers and blanks as Python has them.

use super::*;

#[test]
fn identifiers() {
    for (text, expected) in [
        ("a", true),
        ("_", true),
        ("__main__", true),
        ("a1", true),
        ("1a", false),
        ("", false),
        ("a b", false),
        (" a", false),
        ("a-b", false),
        ("a.b", false),
        ("módulo", true),
        ("变量", true),
        ("Ⅷ", true),
        ("ª", true),
        ("ﬁx", true),
        ("℘", true),
        ("a·", true),
        ("·a", false),
        ("a\u{301}", true),
        ("\u{301}a", false),
        ("a٣", true),
        ("٣", false),
        ("²", false),
        ("a²", false),
        ("€", false),
        ("🐍", false),
        ("ͺ", false),
        ("class", true),
        ("a\0", false),
        ("$a", false),
        ("a\n", false),
    ] {
        assert_eq!(is_identifier(text), expected, "{text:?}");
    }
}

#[test]
fn dotted_identifiers() {
    for (text, expected) in [
        ("a", true),
        ("a.b.c", true),
        ("__main__", true),
        ("os.path", true),
        ("módulo.ñ", true),
        ("", false),
        (".", false),
        ("a.", false),
        (".a", false),
        ("a..b", false),
        ("a.1", false),
        ("a.b-c", false),
        ("a. b", false),
        ("a/b", false),
        ("<run_path>", false),
        ("my-plugin", false),
    ] {
        assert_eq!(is_dotted_identifier(text), expected, "{text:?}");
    }
}

#[test]
fn trimming() {
    for (text, expected) in [
        ("a", "a"),
        ("  a ", "a"),
        ("\t\r\na\u{b}\u{c}", "a"),
        ("\u{a0}a\u{3000}", "a"),
        ("\u{1c}a\u{1f}", "a"),
        ("\u{85}a\u{2028}", "a"),
        ("a b", "a b"),
        ("\u{200b}a", "\u{200b}a"),
        ("\u{feff}", "\u{feff}"),
        ("   ", ""),
        ("", ""),
    ] {
        assert_eq!(trim(text), expected, "{text:?}");
    }
}

#[test]
fn synthetic_file_names() {
    for (text, expected) in [
        ("<string>", true),
        ("<stdin>", true),
        ("<frozen importlib._bootstrap>", true),
        ("<>", true),
        ("<doctest a.b[0]>", true),
        ("<a/b.py>", true),
        ("", true),
        ("<", false),
        (">", false),
        ("<a", false),
        ("a>", false),
        ("<a>/b.py", false),
        ("/w/<a>", false),
        (" <string>", false),
    ] {
        assert_eq!(is_synthetic(text), expected, "{text:?}");
    }
}
