//! How long a change of the filter takes while the program runs at full speed: from the command to the answer, with
//! 10,000 functions that must be judged again.

use crate::common::{Playground, wait_for};
use crate::table;
use ct_tui::filter::{Source, SourceKind};
use ct_tui::launch::control::{Command, PATIENCE, tell};
use ct_tui::launch::probe::Interpreter;
use ct_tui::model::id::ProcessKey;
use ct_tui::trace::manifest::Manifest;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

const FUNCTIONS: usize = 10_000;
const CHANGES: u32 = 15;
const GOAL_MS: f64 = 100.0;

/// Measures it and prints one row.
pub fn print(python: &Interpreter) {
    let mut many = String::new();
    for number in 0..FUNCTIONS {
        let _ = write!(many, "def f{number}(): pass\nf{number}()\n");
    }
    let ground = Playground::with(&[
        ("many.py", &many),
        ("work.py", include_str!("work.py")),
        ("app.py", "import many, work\nopen('ready', 'w').close()\nwork.forever()\n"),
    ]);
    let trace = ground.at("trace.cttrace");
    let mut command = ground.ct_tui(["record", "--headless", "--values", "none", "--max-size", "2G", "-o"]);
    // The channel is open where somebody watches: as the terminal interface would have it.
    command.arg(&trace).args(["--", "/usr/bin/env", "CT_TUI_CONTROL=1"]).arg(&python.path).arg("app.py");
    let mut child = command.stderr(Stdio::null()).spawn().expect("ct-tui starts");
    wait_for("the program", || ground.at("ready").exists().then_some(()));
    let key = wait_for("the control socket", || {
        let mut entries = std::fs::read_dir(&trace).ok()?.flatten();
        let found = entries.find(|entry| entry.path().join("control.sock").exists())?;
        ProcessKey::parse(&found.file_name().into_string().ok()?)
    });
    let times: Vec<f64> = (1..=CHANGES).map(|generation| change(&trace, &key, generation)).collect();
    let target = i32::try_from(key.pid).expect("a process id");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(target), nix::sys::signal::Signal::SIGKILL).expect("it runs");
    child.wait().expect("ct-tui ends");
    let most = times.iter().copied().fold(0.0, f64::max);
    let met = if most <= GOAL_MS { "met" } else { "MISSED" };
    println!(
        "  filter change, {FUNCTIONS} functions, ms   {:>8.1} median, {most:.1} at most   ≤ {GOAL_MS} ms: {met}",
        table::median(&times)
    );
}

/// One change, in milliseconds: every second function of many is skipped, or is not.
fn change(trace: &Path, key: &ProcessKey, generation: u32) -> f64 {
    let manifest = std::fs::read(trace.join("manifest.json")).expect("a manifest");
    let mut filters = serde_json::from_slice::<Manifest>(&manifest).expect("a manifest").options.filters;
    let exec = if generation.is_multiple_of(2) { "trace" } else { "skip" };
    let text = format!(
        "[meta]\nname = \"session\"\nversion = 1\n[scope]\ndefault_exec = \"inherit\"\n\
         default_value_action = \"inherit\"\n[[scope.rules]]\nselector = \"obj:many.*[13579]\"\nexec = \"{exec}\"\n"
    );
    let root = filters[0].root.clone();
    filters.push(Source { kind: SourceKind::Session, path: None, root, text });
    let command = Command::Filters { generation, filters };
    let start = Instant::now();
    let replies = tell(trace, std::slice::from_ref(key), &command, PATIENCE);
    let taken = start.elapsed().as_secs_f64() * 1e3;
    let accepted = replies[0].1.as_ref().expect("the change is accepted");
    assert_eq!(accepted.changed as usize, FUNCTIONS / 2);
    taken
}
