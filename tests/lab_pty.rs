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
        // Where nothing is recorded by default, a new rule traces.
        terminal.type_keys("\r");
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

/// A program and a child of it, both of which go on calling `tick` until the file `phase` is gone, and say so.
const FAMILY: &str = "\
import os, subprocess, sys
child = len(sys.argv) == 1 and subprocess.Popen([sys.executable, 'app.py', 'child'])
def tick(word): pass
count = 0
while True:
    try:
        with open('phase') as file: word = file.read()
    except FileNotFoundError: break
    tick(word)
    name = 'seen-parent' if child else 'seen-child'
    with open(name + '.new', 'w') as file: file.write(word)
    os.replace(name + '.new', name)
if child: child.wait()
";

/// Both processes go on with another word.
fn both(folder: &Playground, word: &str) {
    folder.write("phase", word);
    for name in ["seen-parent", "seen-child"] {
        wait_for("both to go on", || (std::fs::read_to_string(folder.at(name)).ok()? == word).then_some(()));
    }
}

#[test]
fn recording_is_paused_and_goes_on_in_a_whole_tree_of_processes() {
    for python in recordable() {
        let folder = Playground::with(&[("app.py", FAMILY), ("phase", "one")]);
        let mut terminal = record(&folder, python, &["app.py"]);
        both(&folder, "two");
        terminal.until("app.py child");
        terminal.type_keys("P");
        terminal.until("recording is paused");
        // What the last calls before the pause said may be recorded; not what comes now.
        both(&folder, "paused");
        both(&folder, "still paused");
        terminal.type_keys("P");
        terminal.until("recording goes on");
        both(&folder, "three");
        std::fs::remove_file(folder.at("phase")).unwrap();
        terminal.until("exit 0");
        terminal.type_keys("q");
        assert_eq!(terminal.end().0, 0);
        let calls = calls(&folder, "__main__.tick");
        let mut pids: Vec<_> = calls.iter().filter_map(|row| row["pid"].as_i64()).collect();
        pids.sort_unstable();
        pids.dedup();
        assert_eq!(pids.len(), 2);
        for pid in pids {
            let used = |word: &str| calls.iter().any(|row| row["pid"] == pid && row["args"]["word"] == word);
            assert_eq!(["two", "paused", "three"].map(used), [true, false, true], "{:?} {pid}", python.version);
        }
        let printed = folder.ct_tui(["print", "trace"]).output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        assert!(printed.matches("⇅ recording is paused from here on").count() >= 2, "in both processes");
    }
}

#[test]
fn a_process_that_does_not_answer_is_said_and_the_screen_goes_on() {
    let python = common::python();
    let folder = Playground::with(&[("app.py", FAMILY), ("phase", "one")]);
    let mut terminal = record(&folder, python, &["app.py"]);
    both(&folder, "two");
    terminal.until("app.py child");
    let list = |key: &str| -> Vec<i32> {
        let entries = std::fs::read_dir(folder.at("trace")).unwrap().flatten();
        let infos = entries.filter_map(|entry| std::fs::read(entry.path().join("process.json")).ok());
        let infos = infos.map(|text| serde_json::from_slice::<Json>(&text).unwrap());
        infos
            .filter(|info| info["argv"].to_string().contains("child") == (key == "child"))
            .filter_map(|info| info["pid"].as_i64()?.try_into().ok())
            .collect()
    };
    let child = nix::unistd::Pid::from_raw(list("child")[0]);
    nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGSTOP).unwrap();
    terminal.type_keys("2");
    terminal.until("no rules; a adds one");
    terminal.type_keys("aobj:*.tick\rA");
    terminal.until("applying");
    // The screen answers keys while one of the processes does not.
    terminal.type_keys("5");
    terminal.until("own  function");
    terminal.type_keys("2");
    terminal.until(&format!("{child}: no answer within 2 s"));
    terminal.until("applied in 1 process");
    // Beside the list stands what each of them said.
    terminal.until(": generation 1, 1 function");
    nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGCONT).unwrap();
    both(&folder, "three");
    // One that is gone is said as well.
    nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL).unwrap();
    std::fs::remove_file(folder.at("phase")).unwrap();
    terminal.until("exit 0");
    terminal.type_keys("A");
    terminal.until("this trace is finished");
    terminal.type_keys("q");
    assert_eq!(terminal.end().0, 0);
}
