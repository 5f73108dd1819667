//! `frames` and `why` on traces that no honest program wrote: text that would move the cursor, names without end,
//! nothing at all.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::Playground;
use ct_tui::model::evidence::{EvidenceItem, EvidenceSource, Outcome};
use ct_tui::trace::testing::TraceBuilder;
use std::process::Output;

fn run(playground: &Playground, words: &[&str]) -> Output {
    playground.ct_tui(words).output().unwrap()
}

fn shown(playground: &Playground, words: &[&str]) -> String {
    String::from_utf8(run(playground, words).stdout).unwrap()
}

#[test]
fn no_text_of_a_trace_reaches_the_terminal_unescaped() {
    let playground = Playground::new();
    let mut trace = TraceBuilder::new(&playground.at("t.cttrace"));
    let mut process = trace.process(7);
    let bad = "a\u{1b}[2J\u{7}\u{202e}\nb";
    process.function(bad, bad, &format!("/srv/{bad}.py"), 1);
    process.code(Some(bad), "f", "/srv/x.py", 3, |record| {
        record.evidence.aliases.push(bad.to_owned());
        record.evidence.candidates.push(bad.to_owned());
        record.verdict.reason = Some(bad.to_owned());
        record.facts.params.push(bad.to_owned());
        record.evidence.items.push(EvidenceItem {
            source: EvidenceSource::SysPath,
            name: Some(bad.to_owned()),
            outcome: Outcome::Differs,
            detail: Some(bad.to_owned()),
        });
    });
    process.end();
    trace.end(0);
    let selector = format!("pkg:{bad}");
    for words in [
        &["frames", "t.cttrace"][..],
        &["frames", "t.cttrace", "--disagreeing"],
        &["why", "t.cttrace", &selector],
        &["why", "t.cttrace", "pkg:a*"],
        &["why", "t.cttrace", "pkg:a"],
        &["why", "t.cttrace", "--frame", "f", "--value", bad],
        &["why", "t.cttrace", "--frame", bad],
        &["why", "t.cttrace", "x\u{1b}:y"],
    ] {
        let output = run(&playground, words);
        for stream in [output.stdout, output.stderr] {
            let text = String::from_utf8(stream).unwrap();
            let odd = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(odd, None, "{words:?}: {text:?}");
        }
    }
    // For programs the text is what it is.
    let line = shown(&playground, &["frames", "t.cttrace", "--json"]).lines().next().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["module"], bad);
}

#[test]
fn a_trace_of_nothing_is_said_to_be_one() {
    let playground = Playground::new();
    TraceBuilder::new(&playground.at("t.cttrace")).end(0);
    assert!(shown(&playground, &["frames", "t.cttrace"]).contains("No function was seen."));
    assert_eq!(shown(&playground, &["frames", "t.cttrace", "--json"]), "");
    let output = run(&playground, &["why", "t.cttrace", "pkg:app", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["never_seen"], true);
    assert_eq!(run(&playground, &["why", "t.cttrace", "--frame", "app.f"]).status.code(), Some(1));
}

#[test]
fn what_is_no_trace_is_bad_input() {
    let playground = Playground::with(&[("file", ""), ("folder/file", "")]);
    for command in [&["frames"][..], &["why", "pkg:x"]] {
        for path in ["nothing", "file", "folder"] {
            let mut words = vec![command[0], path];
            words.extend(&command[1..]);
            let output = run(&playground, &words);
            assert_eq!(output.status.code(), Some(2), "{words:?}");
            assert!(String::from_utf8(output.stderr).unwrap().starts_with("ct-tui: "), "{words:?}");
        }
    }
}

#[test]
fn long_lists_are_cut_for_people_only() {
    let playground = Playground::new();
    let mut trace = TraceBuilder::new(&playground.at("t.cttrace"));
    let mut process = trace.process(7);
    for n in 0..500 {
        process.function("app.x", &format!("f{n}"), "/srv/app/x.py", n + 1);
        process.function("app", &format!("g{n}"), "/srv/app/__init__.py", n + 1);
    }
    process.end();
    trace.end(0);
    let text = shown(&playground, &["why", "t.cttrace", "pkg:app.*"]);
    assert!(text.contains("matches 500 functions") && text.contains("480 more") && text.lines().count() < 60, "{text}");
    let answer: serde_json::Value =
        serde_json::from_str(&shown(&playground, &["why", "t.cttrace", "pkg:app.*", "--json"])).unwrap();
    assert_eq!(answer["matched"].as_array().unwrap().len(), 500);
    assert_eq!(answer["near_misses"].as_array().unwrap().len(), 500);
    // The line decides which function of a file is meant.
    let text = shown(&playground, &["why", "t.cttrace", "--frame", "app/x.py:250"]);
    assert!(text.starts_with("app.x.f249 "), "{text}");
}
