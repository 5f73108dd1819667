//! Requests that cannot be met: one clear message, exit code 2, and nothing left behind. And recordings in which nothing
//! was recorded: one clear line, and the target's own exit status.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::common::{Playground, python, unsuitable_pythons};

fn said(folder: &Playground, words: &[&str]) -> (Option<i32>, String) {
    let output = folder.ct_tui(["record", "--headless"]).args(words).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn bad_requests_are_said_in_one_message() {
    let folder = Playground::with(&[
        ("app.py", "open('RAN', 'w')"),
        ("notes.txt", "hello"),
        ("folder/x.py", ""),
        ("taken/x", "precious"),
        ("broken.toml", "[meta]\nname = 1\n"),
        ("file", ""),
    ]);
    let cases: &[(&[&str], &str)] = &[
        (&["missing.py"], "missing.py: no such file"),
        (&["./missing"], "./missing: no such file"),
        (&["no-such-command-anywhere"], "no such command on PATH"),
        (&["notes.txt"], "notes.txt: not a Python file"),
        (&["./folder"], "without __main__.py"),
        (&["-m"], "-m needs"),
        (&["-c"], "-c needs"),
        (&["--python", "no-such-python", "app.py"], "no-such-python"),
        (&["--python", "/no/such/python", "app.py"], "/no/such/python: no such file"),
        (&["--python", "notes.txt", "app.py"], "notes.txt: not an executable file"),
        (&["--python", "folder", "app.py"], "folder without a Python"),
        (&["--python", "/bin/true", "app.py"], "is no Python interpreter"),
        (&["--python", "/bin/sh", "--", "ls"], "--python chooses"),
        (&["-o", "taken", "app.py"], "taken: already exists"),
        (&["-o", "file", "app.py"], "file: already exists"),
        (&["-o", "file/below", "app.py"], "cannot write a trace to file/below"),
        (&["-o", "/proc/nothing", "app.py"], "cannot write a trace to /proc/nothing"),
        (&["--trace-filter", "missing.toml", "app.py"], "missing.toml"),
        (&["--trace-filter", "broken.toml", "app.py"], "broken.toml:2"),
        (&["--trace-filter", "folder", "app.py"], "folder"),
        (&["--values", "some", "app.py"], "some"),
        (&["--max-size", "big", "app.py"], "size"),
        (&["--headles", "app.py"], "--headles"),
        (&[], "TARGET"),
    ];
    for (words, expected) in cases {
        let (code, text) = said(&folder, words);
        assert_eq!(code, Some(2), "{words:?}: {text}");
        assert!(text.contains(expected), "{words:?}: {text}");
        assert!(!text.contains("panicked"), "{words:?}: {text}");
    }
    assert!(!folder.at("RAN").exists(), "nothing was started");
    assert!(!folder.at("traces").exists(), "nothing was written");
    assert_eq!(fs::read_to_string(folder.at("taken/x")).unwrap(), "precious");
}

#[test]
fn a_broken_environment_is_said() {
    let folder = Playground::with(&[("app.py", "open('RAN', 'w')"), ("environment/x", "")]);
    let cases = [
        ("VIRTUAL_ENV", "environment", "$VIRTUAL_ENV is environment"),
        ("CODETRACER_TRACE_FILTER", "missing.toml", "missing.toml"),
        ("CODETRACER_MODULE_NAME_FROM_GLOBALS", "maybe", "say 1 or 0"),
        ("CT_TUI_TRACES", "/proc/nothing", "cannot write a trace to /proc/nothing"),
        ("PATH", "/nowhere", "no Python interpreter found"),
    ];
    for (name, value, expected) in cases {
        let output = folder.ct_tui(["record", "--headless", "app.py"]).env(name, value).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
        assert!(text.contains(expected), "{name}: {text}");
    }
    assert!(!folder.at("RAN").exists());
}

#[test]
fn a_bare_version_is_answered_with_the_command_that_is_meant() {
    let folder = Playground::with(&[("app.py", ""), ("bin/python3.99", "")]);
    fs::set_permissions(folder.at("bin/python3.99"), Permissions::from_mode(0o755)).unwrap();
    for (version, expected) in [("3.99", "PATH; did you mean python3.99?\n"), ("3.98", "no such command on PATH\n")] {
        let mut command = folder.ct_tui(["record", "--headless", "--python", version, "app.py"]);
        let output = command.env("PATH", folder.at("bin")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.ends_with(expected), "{text}");
    }
}

#[test]
fn an_unwritable_place_is_said() {
    if nix::unistd::geteuid().is_root() {
        // Permissions do not stop root; `/proc` in the other test does.
        return;
    }
    let folder = Playground::with(&[("app.py", "")]);
    fs::create_dir(folder.at("locked")).unwrap();
    fs::set_permissions(folder.at("locked"), Permissions::from_mode(0o500)).unwrap();
    let (code, text) = said(&folder, &["-o", "locked/trace", "app.py"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("cannot write a trace to locked/trace"), "{text}");
}

#[test]
fn an_old_interpreter_is_refused_with_those_that_would_do() {
    for old in unsuitable_pythons() {
        let folder = Playground::with(&[("app.py", "open('RAN', 'w')")]);
        let (code, text) = said(&folder, &["--python", &old.path.to_string_lossy(), "app.py"]);
        assert_eq!(code, Some(2), "{old}");
        assert!(text.contains(&old.unsuitable().unwrap()), "{old}: {text}");
        assert!(text.contains("these would do:"), "{old}: {text}");
        assert!(!folder.at("RAN").exists(), "{old}");
    }
}

#[test]
fn nothing_recorded_is_said_and_changes_nothing() {
    let python = python().path.to_string_lossy().into_owned();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--", &python, "-I", "-c", "exit(3)"], 3, "started with -I"),
        (&["--", &python, "-E", "-c", "exit(4)"], 4, "started with -E"),
        (&["--", &python, "-S", "-c", "import sys; sys.exit(5)"], 5, "started with -S"),
        (&["--", "sh", "-c", "exit 6"], 6, "started no Python"),
        (&["--", "env", "-u", "PYTHONPATH", &python, "-c", "exit(7)"], 7, "nothing was recorded"),
    ];
    for (words, code, expected) in cases {
        let folder = Playground::new();
        let (found, text) = said(&folder, words);
        assert_eq!(found, Some(*code), "{words:?}");
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("ct-tui: ")).collect();
        assert!(lines.len() == 1 && lines[0].contains(expected), "{words:?}: {text}");
    }
}

#[test]
fn old_interpreters_below_a_command_run_untouched() {
    for old in unsuitable_pythons() {
        let folder = Playground::new();
        let code = "import sys; print(sorted(m for m in sys.modules if 'site' in m)); print(sys.path)";
        let mut plain = std::process::Command::new(&old.path);
        folder.surround(plain.args(["-c", code]));
        let plain = plain.output().unwrap();
        let mut command = folder.ct_tui(["record", "--headless", "-o"]);
        let trace = folder.at("trace");
        let recorded = command.arg(&trace).arg("--").arg(&old.path).args(["-c", code]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&recorded.stdout), String::from_utf8_lossy(&plain.stdout), "{old}");
        let text = String::from_utf8_lossy(&recorded.stderr);
        assert!(text.contains("nothing was recorded") && text.lines().count() == 1, "{old}: {text}");
        // It is listed as not recorded, with the reason.
        let described =
            fs::read_dir(&trace).unwrap().flatten().find_map(|it| fs::read(it.path().join("process.json")).ok());
        let described: ct_tui::trace::manifest::ProcessInfo = serde_json::from_slice(&described.unwrap()).unwrap();
        let (major, minor, patch) = old.version;
        assert_eq!(described.version, format!("{major}.{minor}.{patch}"));
        assert!(described.not_recorded.is_some());
    }
}

/// A cache that cannot be used is no obstacle.
#[test]
fn a_cache_that_will_not_do_is_replaced_for_the_run() {
    let folder = Playground::with(&[("file", "")]);
    for home in ["file", "/proc/nothing"] {
        let spare = folder.at("spare");
        fs::create_dir_all(&spare).unwrap();
        let mut command = folder.ct_tui(["record", "--headless", "--python"]);
        command.arg(&python().path).args(["-c", "import os; print(os.environ['CT_TUI_RECORDER'])"]);
        command.env("XDG_CACHE_HOME", folder.at(home)).env("TMPDIR", &spare);
        let output = command.output().unwrap();
        let recorder = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(recorder.starts_with(&*spare.to_string_lossy()), "{home}: {recorder}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("cannot be loaded"));
        assert_eq!(fs::read_dir(&spare).unwrap().count(), 0, "taken away again");
    }
}

#[test]
fn traces_are_for_nobody_else() {
    use std::os::unix::fs::MetadataExt;
    let folder = Playground::new();
    let recorded = folder.record(python(), ["-c", "def f(): pass\nf()"]);
    let mut stack = vec![recorded.trace.clone()];
    while let Some(path) = stack.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let expected = if meta.is_dir() { 0o700 } else { 0o600 };
        // Sockets have no content to read.
        assert_eq!(meta.mode() & 0o777 & !0o100, expected & !0o100, "{}", path.display());
        if meta.is_dir() {
            stack.extend(fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
        }
    }
}
