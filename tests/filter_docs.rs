//! Every example of `docs/filters.md` is run: selectors against what they match, files through the compiler, and the
//! tables below a file as questions to it. A table that no one knows how to run fails the test.

use ct_tui::diagnostic::{Severity, one_line};
use ct_tui::filter::{
    Chain, Engine, FrameFacts, Kind, Place, Selector, Source, SourceKind, ValueAction, ValueKind, builtin, lint,
};
use ct_tui::model::code::Exec;
use std::path::Path;

const ROOT: &str = "/srv/shop";

/// A piece of the page.
enum Piece {
    /// The words after the backticks, and the text.
    Block(Vec<String>, String),
    /// The header and the rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.replace("\\|", "\u{1}").split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            pieces.push(Piece::Block(info.split(' ').map(str::to_owned).collect(), body.join("\n") + "\n"));
        } else if line.starts_with('|') {
            lines.next();
            let mut rows = Vec::new();
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(row));
            }
            pieces.push(Piece::Table(cells(line), rows));
        }
    }
    pieces
}

/// The texts in backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn project(text: &str) -> Source {
    let path = Some(format!("{ROOT}/.codetracer/trace-filter.toml").into());
    Source { kind: SourceKind::Project, path, root: ROOT.into(), text: text.to_owned() }
}

fn compile(sources: &[Source]) -> Engine {
    Chain::compile(sources).unwrap_or_else(|problems| panic!("{}", one_line(&problems)))
}

fn value_kind(word: &str) -> ValueKind {
    ValueKind::ALL.into_iter().find(|kind| kind.as_str() == word).expect("a kind of value")
}

fn selectors(rows: &[Vec<String>]) {
    for row in rows {
        let text = code(&row[0])[0];
        let selector = Selector::parse(text, Place::Anywhere).unwrap_or_else(|error| panic!("{text}: {error}"));
        let matcher = selector.compile(ROOT).unwrap_or_else(|error| panic!("{text}: {error}"));
        for (cell, want) in [(&row[1], true), (&row[2], false)] {
            assert!(!code(cell).is_empty(), "{text}: an empty cell shows nothing");
            for subject in code(cell) {
                assert_eq!(matcher.is_match(subject), want, "{text} on {subject}");
            }
        }
    }
}

fn decisions(engine: &Engine, rows: &[Vec<String>]) {
    for row in rows {
        let path = format!("{ROOT}/{}", code(&row[1])[0]);
        let facts = FrameFacts { module: Some(code(&row[0])[0]), abs_path: &path, qualname: code(&row[2])[0] };
        let decision = engine.decide(&facts);
        let exec = if decision.exec == Exec::Trace { "trace" } else { "skip" };
        let rule = decision.exec_rule.and_then(|rule| engine.rule_ref(rule));
        let rule = rule.map_or("–".to_owned(), |rule| rule.index.to_string());
        assert_eq!((exec, rule.as_str()), (row[3].as_str(), row[4].as_str()), "{row:?}");
    }
}

fn action(engine: &Engine, module: &str, kind: &str, name: &str) -> ValueAction {
    let facts = FrameFacts { module: Some(module), abs_path: "/srv/shop/x.py", qualname: "f" };
    engine.value_policy(&facts).action(value_kind(kind), name)
}

fn warnings(rows: &[Vec<String>]) {
    for row in rows {
        let text = format!(
            "meta = {{ name = 'x', version = 1 }}\n[scope]\ndefault_exec = 'trace'\ndefault_value_action = 'allow'\n\
             rules = [{{ selector = '{}', exec = 'skip' }}]\n",
            code(&row[0])[0]
        );
        let found = lint::lint(&compile(&[project(&text)]), 0, &text, "x", |_: &Path| false);
        assert!(found.iter().all(|warning| warning.severity == Severity::Warning));
        let codes: Vec<&str> = found.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, code(&row[1]), "{row:?}");
    }
}

#[test]
fn every_example_of_the_reference_is_true() {
    let text = include_str!("../docs/filters.md");
    let default = compile(&[builtin::default_filter(Path::new(ROOT))]);
    let mut last: Option<Engine> = None;
    let mut counts = [0_usize; 6];
    for piece in pieces(text) {
        match piece {
            Piece::Block(info, body) => match info.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["toml", "filter"] => {
                    counts[0] += 1;
                    let engine = compile(&[project(&body)]);
                    // Examples may show how one rule overrules another, but no other mistake.
                    let warnings = lint::lint(&engine, 0, &body, "x", |_: &Path| false);
                    assert!(warnings.iter().all(|warning| warning.code == "W-OVERRULED"), "{warnings:?}");
                    last = Some(engine);
                }
                ["toml", "broken", codes @ ..] => {
                    counts[1] += 1;
                    let problems = Chain::compile(&[project(&body)]).expect_err(&body);
                    let mut found: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
                    let mut codes = codes.to_vec();
                    found.sort_unstable();
                    codes.sort_unstable();
                    assert_eq!(found, codes, "{body}");
                }
                other => panic!("nobody runs a block of {other:?}"),
            },
            Piece::Table(header, rows) => match header.join(" | ").as_str() {
                "kind | is matched against" => {
                    for kind in rows.iter().flat_map(|row| code(&row[0])) {
                        assert!(Kind::parse(kind).is_some(), "{kind}");
                    }
                }
                "key | what it holds" => {}
                "selector | matches | does not match" => {
                    counts[2] += rows.len();
                    selectors(&rows);
                }
                "module | file | function | exec | rule" => {
                    counts[3] += rows.len();
                    decisions(last.as_ref().expect("a filter above the table"), &rows);
                }
                "module | kind | name | action" => {
                    counts[4] += rows.len();
                    let engine = last.as_ref().expect("a filter above the table");
                    for row in rows {
                        let found = action(engine, code(&row[0])[0], &row[1], code(&row[2])[0]);
                        assert_eq!(found.as_str(), row[3], "{row:?}");
                    }
                }
                "kind | name | by default" => {
                    for row in rows {
                        assert_eq!(action(&default, "m", &row[0], code(&row[1])[0]).as_str(), row[2], "{row:?}");
                    }
                }
                "rule | warning" => {
                    counts[5] += rows.len();
                    warnings(&rows);
                }
                other => panic!("nobody runs the table {other:?}"),
            },
        }
    }
    assert!(counts.iter().all(|count| *count > 0), "a part of the page was not found: {counts:?}");
}
