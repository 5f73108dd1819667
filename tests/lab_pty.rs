//! The filter lab in a real terminal, on real programs that run: filters are typed, applied, taken back; recording is
//! paused; processes do not answer.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::terminal::Terminal;
use common::{Playground, recordable, wait_for};
use ct_tui::launch::probe::Interpreter;
use serde_json::Value as Json;

/// Skips everything.
const NOTHING: &str = "[meta]\nname = \"nothing\"\nversion = 1\n[scope]\ndefault_exec = \"skip\"\n\
                       default_value_action = \"allow\"\n";

/// Calls `shop.cart.add` with the word in the file `phase` until that file is gone, and says which word it used last. At
/// one word it imports another module.
const APP: &str = "\
import os, shop.cart
def run():
    word = 'none'
    while True:
        try:
            with open('phase') as file: word = file.read() or word
        except FileNotFoundError:
            return
        shop.cart.add(word)
        if word == 'late': __import__('shop.late')
        with open('seen.new', 'w') as file: file.write(word)
        os.replace('seen.new', 'seen')
run()
";

fn playground() -> Playground {
    Playground::with(&[
        ("app.py", APP),
        ("nothing.toml", NOTHING),
        ("phase", "one"),
        ("shop/__init__.py", ""),
        ("shop/late.py", "def never(): pass\n"),
        ("shop/cart.py", "def add(word):\n    return len(word)\n"),
    ])
}

/// The program goes on with another word; returns when it has used that.
fn phase(folder: &Playground, word: &str) {
    folder.write("phase", word);
    wait_for("the program to go on", || (std::fs::read_to_string(folder.at("seen")).ok()? == word).then_some(()));
}

fn record(folder: &Playground, python: &Interpreter, words: &[&str]) -> Terminal {
    let python = python.path.display().to_string();
    let start = ["record", "-o", "trace", "--python", &python];
    Terminal::start(folder, &[&start, words].concat())
}

/// The calls of the trace, as `print --json` tells them.
fn calls(folder: &Playground, label: &str) -> Vec<Json> {
    let output = folder.ct_tui(["print", "--json", "trace"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    rows.filter(|row| row["label"] == label).collect()
}

#[test]
fn a_filter_that_skips_everything_is_widened_narrowed_and_widened_again() {
    for python in recordable() {
        let folder = playground();
        let mut terminal = record(&folder, python, &["--trace-filter", "nothing.toml", "app.py"]);
        terminal.until("hidden by filters");
        terminal.type_keys("2");
        terminal.until("no rules; a adds one");
        terminal.type_keys("apkg:shop.*");
        terminal.until("2 functions");
        // From skip, which is what people mostly want, to trace.
        terminal.type_keys("\x1b[Z\r");
        terminal.until("taken; A applies it");
        terminal.type_keys("A");
        terminal.until("applied: generation 1");
        terminal.type_keys("1");
        terminal.until("add(word='one') → 3");
        terminal.type_keys("g");
        terminal.until("⇅ filter changed: 2 functions now recorded");
        phase(&folder, "late");
        terminal.type_keys("/<shop.late>\r");
        terminal.until("<shop.late>");

        terminal.type_keys("2x");
        terminal.until("(trace)");
        terminal.type_keys("A");
        terminal.until("applied: generation 2");
        phase(&folder, "two");
        // The last words that are used before the filter is wide again may be recorded; those of phase two may not.
        phase(&folder, "between");

        terminal.type_keys("xA");
        terminal.until("applied: generation 3");
        phase(&folder, "three");
        std::fs::remove_file(folder.at("phase")).unwrap();
        terminal.until("exit 0");
        terminal.type_keys("q");
        assert_eq!(terminal.end().0, 0);
        let printed = folder.ct_tui(["print", "trace"]).output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        let changes: Vec<_> =
            printed.lines().filter_map(|line| Some(line.split_once("⇅ filter changed: ")?.1)).collect();
        let expected = ["2 functions now recorded", "3 functions no longer recorded", "3 functions now recorded"];
        assert_eq!(changes, expected, "{:?}", python.version);
        let calls = calls(&folder, "shop.cart.add");
        let used = |word: &str| calls.iter().any(|row| row["args"]["word"] == word);
        assert_eq!(["one", "two", "three"].map(used), [true, false, true], "{:?}", python.version);
    }
}
