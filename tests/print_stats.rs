//! `ct-tui print` and `ct-tui stats` on synthetic traces, as a script sees them: output, exit codes, hostile names.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use ct_tui::model::code::CodeKind;
use ct_tui::trace::event::{Opening, tag};
use ct_tui::trace::format::{block, state};
use ct_tui::trace::testing::TraceBuilder;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The commands that print a trace whole.
const READING: [&[&str]; 6] =
    [&["print"], &["print", "--json"], &["stats"], &["stats", "--json"], &["frames"], &["frames", "--json"]];

fn ct_tui(args: &[&str], trace: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ct-tui")).args(args).arg(trace).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A shop: a module that calls `work`, which raises once, and a generator.
fn shop(dir: &Path) {
    let mut trace = TraceBuilder::new(dir);
    trace.manifest.options.lines = true;
    let mut process = trace.process(4711);
    let body = process.body("__main__", "/srv/app.py");
    let work = process.code(Some("shop.cart"), "Cart.add", "/srv/shop/cart.py", 14, |record| {
        record.facts.params = vec!["self".to_owned(), "n".to_owned()];
        record.facts.locals = vec!["n".to_owned()];
    });
    let numbers = process.code(Some("shop"), "numbers", "/srv/shop/__init__.py", 3, |record| {
        record.facts.kind = CodeKind::Generator;
    });
    let nameless = process.code(None, "<module>", "/srv/x.py", 1, |_| {});
    let mut thread = process.thread(1);
    thread.name("MainThread").at(1_600).call(body);
    // Arguments: self is 5, n is 2; the result is 3.
    thread.after(160).call_with(work, &[0x65, 0x62]).note(tag::LINE, &[15, 0, 0x63]).after(320).ret_with(&[0x63]);
    // ValueError("no"), from line 16.
    thread
        .after(16)
        .call(work)
        .after(16)
        .raise_with(&[&[10], &b"ValueError"[..], &[0x0f, 0, 1, 1, 0x22, b'n', b'o', 16]].concat());
    thread.after(16).call(numbers).yields(9).open(Opening::Resume, numbers, 9, None).after(16).ret();
    thread.after(16).call(nameless).resync_close().open(Opening::Resync, nameless, 0, None);
    thread.publish();
    let mut other = process.thread(2);
    other.at(800).call(work).after(16).ret().publish();
    process.end();
    trace.end(0);
}

#[test]
fn calls_as_json_lines() {
    let dir = tempfile::tempdir().unwrap();
    shop(dir.path());
    let output = ct_tui(&["print", "--json"], dir.path());
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let rows = rows(&output);
    let brief: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([
                row["id"],
                row["parent"],
                row["depth"],
                row["label"],
                row["start_ns"],
                row["end_ns"],
                row["outcome"]
            ])
        })
        .collect();
    assert_eq!(
        brief,
        [
            json!(["4711/1/0", null, 0, "<__main__>", 1600, null, "open"]),
            json!(["4711/1/1", "4711/1/0", 1, "shop.cart.Cart.add", 1760, 2080, "return"]),
            json!(["4711/1/2", "4711/1/0", 1, "shop.cart.Cart.add", 2096, 2112, "raise"]),
            json!(["4711/1/3", "4711/1/0", 1, "shop.numbers", 2128, 2128, "yield"]),
            json!(["4711/1/4", "4711/1/0", 1, "shop.numbers", 2128, 2144, "return"]),
            json!(["4711/1/5", "4711/1/0", 1, "<module>", 2160, 2160, "resync"]),
            json!(["4711/1/6", "4711/1/0", 1, "<module>", 2160, null, "open"]),
            json!(["4711/2/0", null, 0, "shop.cart.Cart.add", 800, 816, "return"]),
        ]
    );
    assert_eq!(
        rows[1],
        json!({
            "id": "4711/1/1", "parent": "4711/1/0", "depth": 1, "pid": 4711, "thread": 1, "label": "shop.cart.Cart.add",
            "module": "shop.cart", "qualname": "Cart.add", "file": "/srv/shop/cart.py", "line": 14,
            "start_ns": 1760, "end_ns": 2080, "outcome": "return", "opening": "call",
            "args": {"self": 5, "n": 2}, "result": 3,
            "lines": [{"line": 15, "at_ns": 1760, "locals": {"n": 3}}],
        })
    );
    assert_eq!(rows[2]["exception"], json!({"type": "ValueError", "message": "no", "args": ["no"], "line": 16}));
    assert_eq!(rows[2].get("result"), None);
    assert_eq!((&rows[4]["opening"], &rows[6]["opening"]), (&json!("resume"), &json!("resync")));
    assert_eq!((&rows[5]["module"], &rows[5]["qualname"]), (&Value::Null, &json!("<module>")));
}

#[test]
fn calls_as_text() {
    let dir = tempfile::tempdir().unwrap();
    shop(dir.path());
    let output = ct_tui(&["print"], dir.path());
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let expected = "\
app.py  8 calls  1 m 40 s

process 4711  app.py  python 3.13.0  exit 0
  MainThread
    <__main__>  ⟳  app.py:1
      shop.cart.Cart.add(n=2) → 3  320 ns  cart.py:14
      shop.cart.Cart.add() ↯ ValueError: no  16 ns  ↯  cart.py:14
      shop.numbers  0 ns  yields  __init__.py:3
      shop.numbers  16 ns  (resumed)  __init__.py:3
      <module>  0 ns  ⇅  x.py:1
      <module>  ⟳  (already running)  x.py:1
  thread 2
    shop.cart.Cart.add  16 ns  cart.py:14
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn totals_per_function() {
    let dir = tempfile::tempdir().unwrap();
    shop(dir.path());
    let output = ct_tui(&["stats", "--json"], dir.path());
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let rows = rows(&output);
    assert_eq!(
        rows[0],
        json!({
            "label": "shop.cart.Cart.add", "module": "shop.cart", "qualname": "Cart.add", "file": "/srv/shop/cart.py",
            "line": 14, "calls": 3, "resumes": 0, "raised": 1, "total_ns": 352, "self_ns": 352, "self_share": 0.6111,
            "processes": 1,
        })
    );
    let brief: Vec<Value> =
        rows.iter().map(|row| json!([row["label"], row["calls"], row["self_ns"], row["total_ns"]])).collect();
    assert_eq!(
        brief,
        [
            json!(["shop.cart.Cart.add", 3, 352, 352]),
            json!(["<__main__>", 1, 208, 560]),
            json!(["shop.numbers", 1, 16, 16]),
            json!(["<module>", 1, 0, 0]),
        ]
    );
    let output = ct_tui(&["stats"], dir.path());
    let expected = "\
process 4711  app.py  python 3.13.0  exit 0  8 calls

  self  share   total  calls  per call  function
352 ns   61 %  352 ns      3    117 ns  shop.cart.Cart.add  cart.py:14
208 ns   36 %  560 ns      1    560 ns  <__main__>  app.py:1
 16 ns    3 %   16 ns      1     16 ns  shop.numbers  __init__.py:3
  0 ns    0 %    0 ns      1      0 ns  <module>  x.py:1
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn an_empty_trace_is_printed_and_no_trace_is_bad_input() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    trace.end(0);
    for args in READING {
        let output = ct_tui(args, dir.path());
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        let missing = ct_tui(args, &dir.path().join("missing"));
        assert_eq!((missing.status.code(), stdout(&missing)), (Some(2), ""));
        assert!(stderr(&missing).ends_with("missing: no such trace\n"), "{}", stderr(&missing));
    }
}

#[test]
fn nothing_that_a_terminal_acts_on_comes_through() {
    let dir = tempfile::tempdir().unwrap();
    let evil = "a\u{1b}]0;x\u{7}\r\n\u{9b}2J\u{202e}b";
    let mut trace = TraceBuilder::new(dir.path());
    trace.manifest.program = evil.to_owned();
    trace.manifest.not_recorded = Some(evil.to_owned());
    let mut process = trace.process_as("4711", 1, |info| {
        info.argv = vec![evil.to_owned()];
        info.version = evil.to_owned();
        info.not_recorded = Some(evil.to_owned());
    });
    let f = process.code(Some(evil), evil, evil, 1, |record| record.facts.params = vec![evil.to_owned()]);
    let mut thread = process.thread(1);
    let text = [&[0x20 + evil.len() as u8], evil.as_bytes()].concat();
    thread.name(evil).call_with(f, &text).ret_with(&text).publish();
    process.stop(evil);
    trace.end(0);
    for args in READING {
        let output = ct_tui(args, dir.path());
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(args[0] == "frames" || stderr(&output).contains("recording stopped early"));
        for text in [stdout(&output), stderr(&output)] {
            let bad = text.chars().find(|c| ct_tui::model::value::show::disturbs(*c) && *c != '\n');
            assert_eq!(bad, None, "{args:?} {text}");
        }
    }
    // And what JSON says is still what was recorded.
    let rows = rows(&ct_tui(&["print", "--json"], dir.path()));
    assert_eq!((&rows[0]["module"], &rows[0]["result"]), (&json!(evil), &json!(evil)));
}

#[test]
fn deep_recursion_is_not_indented_off_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let f = process.function("m", "f", "/srv/m.py", 1);
    let mut thread = process.thread(1);
    for _ in 0..20_000 {
        thread.call(f);
    }
    for _ in 0..20_000 {
        thread.ret();
    }
    thread.publish();
    trace.end(0);
    let output = ct_tui(&["print"], dir.path());
    assert!(output.stdout.len() < 20_000 * 200);
    assert!(stdout(&output).contains(" [19999] m.f  0 ns  m.py:1\n"));
    assert_eq!(rows(&ct_tui(&["print", "--json"], dir.path())).len(), 20_000);
}

#[test]
fn a_closed_pipe_is_silent() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let f = process.function("m", "f", "/srv/m.py", 1);
    let mut thread = process.thread(1);
    for _ in 0..50_000 {
        thread.call(f).ret();
    }
    thread.publish();
    trace.end(0);
    for args in READING {
        // The reader is gone before anything is written: no race with what a pipe holds.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_ct-tui"))
            .args(args)
            .arg(dir.path())
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let f = process.function("m", "f", "/srv/m.py", 1);
    let mut thread = process.thread(1);
    thread.call(f).finish().call(f).finish().ret().ret().publish();
    process.set_u64(state::AT_LOST, 41);
    process.stop("no room on the disk");
    let _ = trace.process_as("4000000000", 7, |info| {
        info.not_recorded = Some("Python 2.7 is too old".to_owned());
        info.origin = "start".to_owned();
        info.start.mono_ns += 5;
    });
    trace.end(0);
    let path = dir.path().join("7/1.events");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[block::SIZE..block::SIZE + 4].fill(0xaa);
    std::fs::write(&path, bytes).unwrap();
    let output = ct_tui(&["print"], dir.path());
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output)
            .contains("process 4000000000  app.py  python 3.13.0  started by 7  not recorded: Python 2.7 is too old\n")
    );
    let expected = "\
ct-tui: warning: damaged: 7/1.events, block 1: no block begins here; the block is left out
ct-tui: warning: 42 calls were lost
ct-tui: warning: process 7: recording stopped early: no room on the disk
";
    assert_eq!(stderr(&output), expected);
}
