//! Places, escapes, and both written forms.

use super::*;

#[test]
fn columns_count_characters_and_lines_end_where_they_end() {
    let text = "a = 1\r\nwörld = \"x\"\n\nlast";
    let locator = Locator::new(text);
    for (needle, line, column) in [("a =", 1, 1), ("wörld", 2, 1), ("\"x\"", 2, 9), ("last", 4, 1), ("st", 4, 3)] {
        let at = text.find(needle).unwrap();
        assert_eq!(locator.locate(at), Located { line, column }, "{needle}");
    }
    assert_eq!(locator.locate(9999), Located { line: 4, column: 5 });
    let span = locator.span(0..5);
    assert_eq!((span.text.as_str(), span.mark), ("a = 1", 0..5));
    let across = locator.span(4..20);
    assert_eq!((across.text.as_str(), across.mark), ("a = 1", 4..5));
}

#[test]
fn long_lines_are_cut_around_the_mark() {
    let text = format!("{}HERE{}", "é".repeat(5_000), "ü".repeat(5_000));
    let at = text.find("HERE").unwrap();
    let span = Locator::new(&text).span(at..at + 4);
    assert_eq!(&span.text[span.mark.clone()], "HERE");
    assert!(span.text.len() < 4 * text::LINE_WINDOW);
    assert_eq!(span.column, 5_001);
}

#[test]
fn nothing_of_the_input_reaches_the_terminal_raw() {
    let hostile = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}evil\r\0\u{7f}";
    let locator_text = format!("selector = \"{hostile}\"");
    let locator = Locator::new(&locator_text);
    let problem = Diagnostic::error("E-TEST", format!("bad {hostile}"))
        .in_file(format!("dir/{hostile}.toml"))
        .at(&locator, 12..12 + hostile.len())
        .hint(format!("try {hostile}"));
    for text in [problem.to_string(), one_line(&[problem.clone(), problem])] {
        assert!(text.chars().all(text::is_safe), "{text:?}");
    }
}

#[cfg(feature = "tui")]
#[test]
fn the_drawn_form_is_safe_too_and_points_at_the_mistake() {
    let hostile = "\u{1b}[31m\u{202e}\t";
    let text = format!("one\nselector = \"{hostile}pkg:[\"\n");
    let locator = Locator::new(&text);
    let at = text.find('[').unwrap();
    let at = text[at + 1..].find('[').unwrap() + at + 1;
    let mut problem =
        Diagnostic::error("E-SEL-GLOB", format!("unclosed `[`{hostile}")).in_file(format!("f{hostile}.toml"));
    problem = problem.at(&locator, at..at + 1).hint("close it");
    problem.rule = Some(3);
    problem.pattern = Some(1);
    let drawn = render::render(&[problem], false);
    assert!(drawn.chars().all(|c| c == '\n' || text::is_safe(c)), "{drawn:?}");
    for part in ["error[E-SEL-GLOB]", "unclosed `[`", "(rule 3, pattern 1)", ".toml:2:2", "help: close it"] {
        assert!(drawn.contains(part), "{part} in\n{drawn}");
    }
    let lines: Vec<&str> = drawn.lines().collect();
    let source = lines.iter().position(|line| line.contains("selector =")).unwrap();
    let column = |line: &str, c: char| line.chars().position(|x| x == c).unwrap();
    let bracket = lines[source].chars().collect::<Vec<_>>().iter().rposition(|c| *c == '[').unwrap();
    assert_eq!(bracket, column(lines[source + 1], '^'), "{drawn}");
}

#[test]
fn the_one_clause_form_has_everything() {
    let text = "x\n  pkg.app";
    let mut problem = Diagnostic::error("E-SEL-NO-PATTERN", "no pattern").in_file("f.toml");
    problem = problem.at(&Locator::new(text), 4..11).hint("did you mean `pkg:app`?");
    problem.rule = Some(0);
    assert_eq!(problem.to_string(), "f.toml:2:3: E-SEL-NO-PATTERN: no pattern (rule 0; did you mean `pkg:app`?)");
    assert_eq!(Diagnostic::warning("W-X", "odd").to_string(), "W-X: odd");
}
