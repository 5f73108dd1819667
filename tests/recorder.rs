//! What the recorder promises, with real interpreters: nothing that was published is lost, limits end a recording and not
//! the program, children have streams of their own. Changes of the filter have tests of their own (`refilter`).

mod common;

use common::{Playground, Recorded, recordable};
use ct_tui::launch::probe::Interpreter;
use serde_json::Value as Json;

/// The rows of `print --json`.
fn rows(ground: &Playground, recorded: &Recorded) -> Vec<Json> {
    let output = ground.ct_tui(["print", "--json"]).arg(&recorded.trace).output().expect("ct-tui starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn count(rows: &[Json], label: &str) -> usize {
    rows.iter().filter(|row| row["label"] == label).count()
}

/// Runs a script without values on one interpreter.
fn run(python: &Interpreter, options: &[&str], script: &str) -> (Playground, Recorded) {
    let ground = Playground::with(&[("app.py", script)]);
    let words: Vec<_> = ["--values", "none"].iter().chain(options).chain(&["app.py"]).copied().collect();
    let recorded = ground.record(python, words);
    (ground, recorded)
}

/// Calls that the state pages of the trace say were lost, and the reasons they give.
fn lost(recorded: &Recorded) -> (u64, String) {
    use ct_tui::trace::format::state;
    let (mut calls, mut reasons) = (0, String::new());
    for key in recorded.processes().keys() {
        let page = std::fs::read(recorded.trace.join(key).join("state")).expect("a state page");
        calls += u64::from_le_bytes(page[state::AT_LOST..][..8].try_into().expect("eight bytes"));
        let length = u32::from_le_bytes(page[state::AT_REASON_LEN..][..4].try_into().expect("four bytes"));
        reasons.push_str(&String::from_utf8_lossy(&page[state::AT_REASON..][..length as usize]));
    }
    (calls, reasons)
}

#[test]
fn every_call_before_a_kill_is_in_the_trace() {
    let script = "import os, signal\ndef f(): pass\nfor _ in range(20000): f()\nos.kill(os.getpid(), signal.SIGKILL)\n";
    for python in recordable() {
        let (ground, recorded) = run(python, &[], script);
        assert_eq!(recorded.code(), 128 + 9);
        assert_eq!(count(&rows(&ground, &recorded), "__main__.f"), 20_000, "{:?}", python.version);
    }
}

#[test]
fn a_limit_ends_the_recording_and_every_lost_call_is_counted() {
    // The last one is met for the first time when nothing is recorded any more.
    let by_size = "def f(): pass\nfor _ in range(60000): f()\ndef g(): pass\ng()\nprint('ran on')\n";
    let by_system = format!("import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n{by_size}");
    for python in recordable() {
        let cases = [(&["--max-size", "160000"][..], by_size, "size limit"), (&[], &by_system, "File too large")];
        for (options, script, reason) in cases {
            let (ground, recorded) = run(python, options, script);
            assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "ran on\n"), "{}", recorded.stderr());
            let (lost, why) = lost(&recorded);
            assert!(why.contains(reason), "{why}");
            assert_eq!(count(&rows(&ground, &recorded), "__main__.f") as u64 + lost, 60_001, "{:?}", python.version);
        }
    }
}

#[test]
fn a_forked_child_has_streams_of_its_own() {
    let script = "import os\ndef f(n): pass\nf(1)\npid = os.fork()\nf(2)\nif pid:\n    os.waitpid(pid, 0)\n    f(3)\n";
    for python in recordable() {
        let (ground, recorded) = run(python, &[], script);
        let processes = recorded.processes();
        let child = processes.iter().find(|(_, info)| info["origin"] == "fork").expect("a forked child");
        let parent = processes.iter().find(|(_, info)| info["origin"] == "start").expect("its parent");
        assert_eq!(child.1["parent"], parent.0.as_str());
        let rows = rows(&ground, &recorded);
        let calls = |pid: &Json| rows.iter().filter(|row| row["pid"] == *pid && row["label"] == "__main__.f").count();
        assert_eq!((calls(&parent.1["pid"]), calls(&child.1["pid"])), (3, 1), "{:?}", python.version);
    }
}

#[test]
fn nothing_is_recorded_before_the_activation_path() {
    for python in recordable() {
        let ground = Playground::with(&[
            ("app.py", "def early(): pass\nearly()\nimport late\ndef after(): pass\nafter()\n"),
            ("late.py", "def g(): pass\ng()\n"),
        ]);
        let recorded = ground.record(python, ["--activation-path", "late.py", "app.py"]);
        let rows = rows(&ground, &recorded);
        let found = ["__main__.early", "<late>", "late.g", "__main__.after"].map(|label| count(&rows, label));
        assert_eq!(found, [0, 1, 1, 1], "{:?}: {}", python.version, recorded.stderr());
    }
}
