//! `ct-tui filter check`, `filter init` and `debug filter-eval`, as people and programs see them.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const GOOD: &str =
    "meta = { name = 'x', version = 1 }\n[scope]\ndefault_exec = 'inherit'\ndefault_value_action = 'inherit'\n";

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ct-tui")).args(args).current_dir(folder).output().unwrap()
}

/// Exit code, standard output, standard error.
fn told(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = run(folder, args);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn check_says_ok_or_tells_everything_with_place_and_caret() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    fs::write(base.join("good.toml"), GOOD).unwrap();
    fs::write(
        base.join("bad.toml"),
        format!("{GOOD}rules = [\n  {{ selector = 'pkg.app' }},\n  {{ selector = 'pkg:[' }},\n]\n"),
    )
    .unwrap();
    fs::write(base.join("worse.toml"), "meta = [").unwrap();
    assert_eq!(told(base, &["filter", "check", "good.toml"]), (0, "good.toml: ok\n".to_owned(), String::new()));
    let (code, out, err) = told(base, &["filter", "check", "good.toml", "bad.toml", "worse.toml"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("good.toml: ok\nbad.toml: 2 errors\nworse.toml: "), "{out}");
    for part in [
        "bad.toml:6:17",
        "E-SEL-NO-PATTERN",
        "(rule 0)",
        "pkg:app",
        "bad.toml:7:21",
        "E-SEL-GLOB",
        "^",
        "worse.toml:1:",
        "E-TOML",
    ] {
        assert!(err.contains(part), "{part} in\n{err}");
    }
    let lines: Vec<&str> = err.lines().collect();
    let source = lines.iter().position(|line| line.contains("selector = 'pkg:['")).unwrap();
    assert_eq!(lines[source].find('['), lines[source + 1].find('^'), "{err}");
}

#[test]
fn warnings_do_not_fail_unless_they_shall() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    fs::create_dir(base.join("src")).unwrap();
    fs::write(base.join("w.toml"), format!("{GOOD}rules = [{{ selector = 'file:src', exec = 'skip' }}]\n")).unwrap();
    let (code, out, err) = told(base, &["filter", "check", "w.toml"]);
    assert_eq!((code, out.as_str()), (0, "w.toml: ok, 1 warning\n"));
    assert!(err.contains("W-DIRECTORY") && err.contains("file:src/**"), "{err}");
    assert_eq!(told(base, &["filter", "check", "--strict", "w.toml"]).0, 1);
    let (code, out, err) = told(base, &["filter", "check", "--json", "w.toml"]);
    let problem: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        (&problem["code"], &problem["file"], &problem["rule"]),
        (&"W-DIRECTORY".into(), &"w.toml".into(), &0.into())
    );
    assert_eq!((&problem["span"]["line"], &problem["span"]["column"]), (&5.into(), &23.into()));
}

#[test]
fn files_that_cannot_be_read_are_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    fs::write(base.join("good.toml"), GOOD).unwrap();
    fs::write(base.join("latin.toml"), b"# caf\xe9\n").unwrap();
    for file in ["gone.toml", "latin.toml", "."] {
        let (code, out, err) = told(base, &["filter", "check", file, "good.toml"]);
        assert_eq!(code, 2, "{file}");
        assert!(err.contains(file) && out.contains("good.toml: ok"), "{out}{err}");
    }
    assert_eq!(told(base, &["filter", "check"]).0, 2);
}

#[test]
fn nothing_in_a_file_or_its_name_reaches_the_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    let name = "f\u{1b}[31m.toml";
    fs::write(base.join(name), "\"\u{9b}2J\u{202e}\" = 1\n'\u{7f}' = '\u{1b}]0;x\u{7}'\n").unwrap();
    let (code, out, err) = told(base, &["filter", "check", name]);
    assert_eq!(code, 1);
    for text in [out, err] {
        assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')), "{text:?}");
    }
}

#[test]
fn init_writes_once() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    let file = base.join(".codetracer/trace-filter.toml");
    let (code, out, _) = told(base, &["filter", "init"]);
    assert_eq!((code, out.as_str()), (0, "wrote .codetracer/trace-filter.toml\n"));
    let (code, out, err) = told(base, &["filter", "check", ".codetracer/trace-filter.toml"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, ".codetracer/trace-filter.toml: ok\n", ""));
    fs::write(&file, "mine").unwrap();
    let (code, out, err) = told(base, &["filter", "init"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("already there"), "{err}");
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn eval_answers_each_line_before_the_next_is_asked() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ct-tui"))
        .args(["debug", "filter-eval"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |line: &str| -> serde_json::Value {
        writeln!(input, "{line}").unwrap();
        input.flush().unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    let question = serde_json::json!({"id": "7", "root": "/r", "filters": ["@builtin:default", format!("{GOOD}rules = [{{ selector = 'pkg:m', exec = 'trace' }}]")],
        "frame": {"module": "m", "rel_path": "m.py", "abs_path": "/r/m.py", "qualname": "f"},
        "values": [{"kind": "arg", "name": "token"}, {"kind": "ret", "name": "m.f"}]});
    let want = serde_json::json!({"id": "7", "error": false, "exec": "trace", "values": ["redact", "allow"],
        "exec_rule": {"source": "x", "index": 0}, "message": null});
    assert_eq!(ask(&question.to_string()), want);
    let bad = ask("{\"id\": 8}");
    assert_eq!((&bad["id"], &bad["error"]), (&8.into(), &true.into()));
    assert_eq!(ask(&question.to_string()), want);
    drop(input);
    assert!(child.wait().unwrap().success());
}
