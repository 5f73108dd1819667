//! The terminal itself: given back after a panic and around Ctrl-Z and an editor, very small, resized while the screen
//! moves, and without colours.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::terminal::Terminal;
use common::{Playground, python, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt;

/// A recording to look at.
fn recorded() -> Playground {
    let folder = Playground::with(&[("app.py", "def f(n):\n    return n\nfor n in range(300): f(n)\n")]);
    assert_eq!(folder.record(python(), ["app.py"]).code(), 0);
    folder
}

fn pid(terminal: &Terminal) -> Pid {
    Pid::from_raw(i32::try_from(terminal.child.process_id().unwrap()).unwrap())
}

#[test]
fn a_panic_gives_the_terminal_back_and_can_be_read() {
    if !cfg!(debug_assertions) {
        eprintln!("a release cannot be made to panic");
        return;
    }
    let folder = Playground::new();
    let terminal = Terminal::start_in(&folder, &[], (30, 100), &[("CT_TUI_TEST_PANIC", "1")]);
    terminal.until("as CT_TUI_TEST_PANIC asks");
    assert_eq!(terminal.end().0, 101);
}

#[test]
fn control_z_gives_the_terminal_back_until_it_goes_on() {
    let folder = recorded();
    let mut terminal = Terminal::start(&folder, &["open", "trace.cttrace"]);
    terminal.until("MainThread");
    let pid = pid(&terminal);
    for _ in 0..2 {
        terminal.type_keys("\x1a");
        wait_for("the stop", || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            stat.rsplit(") ").next().unwrap().starts_with('T').then_some(())
        });
        terminal.given_back();
        terminal.raw.lock().unwrap().clear();
        kill(pid, Signal::SIGCONT).unwrap();
        terminal.until("MainThread");
        wait_for("the alternate screen", || terminal.screen.lock().unwrap().screen().alternate_screen().then_some(()));
    }
    terminal.type_keys("q");
    assert_eq!(terminal.end().0, 0);
}

/// The editor gets file and line, a terminal in its usual mode, and the keys; then the explorer goes on.
#[test]
fn an_editor_comes_and_goes() {
    let folder = recorded();
    let editor =
        folder.write("editor", "#!/bin/sh\necho \"editing $*\"\nread line\necho \"$line\" > typed\nexit $CODE\n");
    std::fs::set_permissions(&editor, PermissionsExt::from_mode(0o755)).unwrap();
    let editor = editor.display().to_string();
    for (code, after) in [("0", "__main__.f"), ("3", "ended with")] {
        let set = [("EDITOR", editor.as_str()), ("CODE", code)];
        let mut terminal = Terminal::start_in(&folder, &["open", "trace.cttrace"], (30, 120), &set);
        terminal.until("MainThread");
        terminal.type_keys("Ejjo");
        terminal.until("editing +1 ");
        assert!(terminal.contents().contains("app.py"), "{}", terminal.contents());
        terminal.given_back();
        terminal.type_keys("some text\r");
        wait_for("the editor's end", || folder.at("typed").exists().then_some(()));
        terminal.until(after);
        assert_eq!(std::fs::read_to_string(folder.at("typed")).unwrap(), "some text\n");
        std::fs::remove_file(folder.at("typed")).unwrap();
        terminal.type_keys("q");
        assert_eq!(terminal.end().0, 0);
    }
}

/// Every pane and every question in terminals that are too small for anything, and back.
#[test]
fn tiny_terminals_and_changing_ones() {
    let folder = recorded();
    for (rows, cols) in [(5, 20), (1, 1), (2, 80), (50, 4)] {
        let mut terminal = Terminal::start_in(&folder, &["open", "trace.cttrace"], (rows, cols), &[]);
        wait_for("the screen", || terminal.screen.lock().unwrap().screen().alternate_screen().then_some(()));
        for keys in ["E", "jjj", "\t", "1", "2", "3", "5", "6", "1", "/f\r", "n", "G", "g"] {
            terminal.type_keys(keys);
        }
        for (rows, cols) in [(4, 9), (60, 200), (3, 3), (30, 100)] {
            terminal.resize(rows, cols);
        }
        terminal.type_keys("1g");
        terminal.until("MainThread");
        terminal.type_keys("q");
        assert_eq!(terminal.end().0, 0, "{rows} {cols}");
    }
}

#[test]
fn resized_while_it_records() {
    let folder = Playground::with(&[(
        "app.py",
        "import os\ndef f(): pass\nwhile not os.path.exists('stop'):\n    f()\nprint('the', 'end')\n",
    )]);
    let python = python().path.display().to_string();
    let mut terminal = Terminal::start(&folder, &["record", "--python", &python, "app.py"]);
    terminal.until("MainThread");
    for round in 0..20 {
        terminal.resize(5 + round * 2, 20 + round * 7);
        terminal.type_keys("\t");
    }
    terminal.resize(30, 100);
    folder.write("stop", "");
    terminal.until("exit 0");
    terminal.type_keys("4");
    terminal.until("the end");
    terminal.type_keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn no_color_means_no_colour() {
    let folder = recorded();
    let colours = |set: &[(&str, &str)]| {
        let mut terminal = Terminal::start_in(&folder, &["open", "trace.cttrace"], (30, 100), set);
        terminal.until("MainThread");
        terminal.type_keys("jE");
        terminal.until("f(n=3)");
        terminal.type_keys("q");
        let raw = std::sync::Arc::clone(&terminal.raw);
        assert_eq!(terminal.end().0, 0);
        let raw = String::from_utf8_lossy(&raw.lock().unwrap()).into_owned();
        // `ESC [ … m` with a part that sets a colour: 3x, 4x, 9x, 10x other than the default ones.
        let style = regex::Regex::new("\x1b\\[([0-9;:]*)m").unwrap();
        let colour = regex::Regex::new("^(3[0-8]|4[0-8]|9[0-7]|10[0-7])$").unwrap();
        style.captures_iter(&raw).filter(|it| it[1].split([';', ':']).any(|part| colour.is_match(part))).count()
    };
    assert_eq!(colours(&[("NO_COLOR", "1")]), 0);
    assert!(colours(&[]) > 0);
}
