//! The explorer in a real terminal: a program is started, watched, typed to; the terminal is left as it was found.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::terminal::Terminal;
use common::{Playground, python, wait_for};

fn record<'a>(python: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&["record", "--python", python], rest].concat()
}

#[test]
fn a_program_is_watched_and_module_bodies_have_names() {
    let folder = Playground::with(&[
        ("shop/__init__.py", "from . import cart"),
        ("shop/cart.py", "def add(n):\n    return n + 1"),
        ("app.py", "import shop\nfor n in range(3):\n    shop.cart.add(n)\nprint('all', 'sold')"),
    ]);
    let python = python().path.display().to_string();
    let mut terminal = Terminal::start(&folder, &record(&python, &["app.py"]));
    terminal.until("exit 0");
    terminal.type_keys("gE");
    terminal.until("<__main__>");
    terminal.until("<shop>");
    terminal.until("<shop.cart>");
    terminal.until("add(n=2) → 3");
    terminal.type_keys("4");
    terminal.until("all sold");
    terminal.type_keys("q");
    // One line says what was recorded.
    terminal.until("ct-tui: ");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn typing_goes_to_the_program_and_its_exit_status_is_ours() {
    let folder = Playground::with(&[("ask.py", "print('hello', input('who? '))\nraise SystemExit(7)")]);
    let python = python().path.display().to_string();
    let mut terminal = Terminal::start(&folder, &record(&python, &["ask.py"]));
    terminal.type_keys("4");
    terminal.until("who?");
    terminal.type_keys("iq\r");
    terminal.until("hello q");
    terminal.until("exit 7");
    terminal.type_keys("q");
    assert_eq!(terminal.end().0, 7);
}

#[test]
fn quitting_asks_while_the_program_runs() {
    let folder = Playground::with(&[("wait.py", "import time\nprint('up')\ntime.sleep(600)")]);
    let python = python().path.display().to_string();
    let mut terminal = Terminal::start(&folder, &record(&python, &["wait.py"]));
    terminal.until("MainThread");
    terminal.type_keys("q");
    terminal.until("The program still runs.");
    terminal.type_keys("c");
    wait_for("the question to go", || (!terminal.contents().contains("still runs")).then_some(()));
    terminal.resize(20, 60);
    terminal.type_keys("q");
    terminal.until("Stop it");
    terminal.type_keys("s");
    // As after Ctrl-C.
    assert_eq!(terminal.end().0, 128 + 2);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let folder = Playground::new();
    let terminal = Terminal::start(&folder, &[]);
    terminal.until("No traces yet.");
    let pid = i32::try_from(terminal.child.process_id().unwrap()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn copying_goes_through_the_terminal() {
    let folder = Playground::with(&[("app.py", "pass")]);
    folder.record(python(), ["app.py"]);
    let mut terminal = Terminal::start(&folder, &["open", "trace.cttrace"]);
    terminal.until("MainThread");
    terminal.type_keys("jy");
    terminal.until("copied: <__main__>");
    let raw = terminal.raw.lock().unwrap().clone();
    // "<__main__>" in base64.
    assert!(String::from_utf8_lossy(&raw).contains("\x1b]52;c;PF9fbWFpbl9fPg=="));
    terminal.type_keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_broken_configuration_is_said_before_anything_runs() {
    let folder = Playground::with(&[("app.py", "open('ran', 'w')")]);
    let terminal = Terminal::start(&folder, &["--theme", "mauve", "record", "app.py"]);
    terminal.until("there is no theme");
    assert_eq!(terminal.end().0, 2);
    assert!(!folder.at("ran").exists());
}
