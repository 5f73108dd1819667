//! What recording costs. `cargo bench --bench recorder` prints one table from one run, for one interpreter of each version
//! that is found on this machine.
//!
//! All variants of an interpreter run at the same time and take turns, a few milliseconds each, so that a busy machine slows
//! all of them alike. The floor are callbacks in C that do nothing (`floor.rs`). viztracer is compared with where the
//! interpreter can import it, or where `CT_TUI_BENCH_VIZTRACER` names a Python of the same version that can. Words on the
//! command line choose versions: `cargo bench --bench recorder -- 3.12 3.13`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on says why and ends")]

mod change;
#[path = "../../tests/common/mod.rs"]
mod common;
mod table;
mod target;

use common::{Playground, pythons};
use ct_tui::launch::probe::{Interpreter, probe};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use table::{Goal, Row};
use target::Target;

/// Turns that each variant takes.
const ROUNDS: usize = 60;
/// Calls per turn.
const CALLS: u64 = 50_000;
/// Rounds of the loop for lines per turn; each has three lines.
const LOOPS: u64 = 20_000;
const LINES_PER_LOOP: f64 = 3.0;
/// Whole processes that are started each way.
const STARTS: usize = 25;
/// Calls that viztracer saves, to see how many bytes that takes.
const SAVED: u64 = 10_000;

const SKIPPING: &str = "[meta]\nname = \"bench\"\nversion = 1\n[scope]\ndefault_exec = \"inherit\"\n\
     default_value_action = \"inherit\"\n[[scope.rules]]\nselector = \"pkg:work\"\nexec = \"skip\"\n";

fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let ground = Playground::with(&[
        ("loop.py", include_str!("loop.py")),
        ("work.py", include_str!("work.py")),
        ("skip.toml", SKIPPING),
        ("pass.py", "pass\n"),
    ]);
    let floor = compile_floor(&ground);
    let mut seen = Vec::new();
    for python in pythons() {
        let version = (python.version.0, python.version.1);
        let text = format!("{}.{}", version.0, version.1);
        if seen.contains(&version) || !(wanted.is_empty() || wanted.contains(&text)) {
            continue;
        }
        seen.push(version);
        calls(&ground, python, &floor);
        lines(&ground, python, &floor);
        starts(&ground, python);
        change::print(python);
    }
}

/// The library with the empty callbacks.
fn compile_floor(ground: &Playground) -> PathBuf {
    let (source, library) = (ground.write("floor.rs", include_str!("floor.rs")), ground.at("libfloor.so"));
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(compiler);
    command.args(["--edition", "2024", "--crate-type", "cdylib", "-O", "-o"]).arg(&library).arg(source);
    assert!(command.status().expect("rustc runs").success(), "the floor cannot be compiled");
    library
}

/// A Python of the same version that has viztracer.
fn with_viztracer(python: &Interpreter) -> Option<PathBuf> {
    let named = std::env::var_os("CT_TUI_BENCH_VIZTRACER").map(PathBuf::from);
    let named = named.filter(|path| probe(path).is_ok_and(|it| it.version == python.version));
    named.into_iter().chain([python.path.clone()]).find(|path| {
        let mut command = Command::new(path);
        command.args(["-c", "import viztracer"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

/// Has all variants take turns. Returns their rows, without bytes.
fn take_turns(what: &str, count: u64, units: f64, variants: &mut [(&str, Goal, Target)]) -> Vec<Row> {
    let mut rows: Vec<Row> = variants
        .iter()
        .map(|(name, goal, _)| Row { name: (*name).to_owned(), times: Vec::new(), bytes: None, goal: *goal })
        .collect();
    // The first turn warms up.
    for round in 0..=ROUNDS {
        for ((_, _, target), row) in variants.iter_mut().zip(&mut rows) {
            let time = target.ask(what, count) / (count as f64 * units);
            if round > 0 {
                row.times.push(time);
            }
        }
    }
    rows
}

fn calls(ground: &Playground, python: &Interpreter, floor: &Path) {
    let path = python.path.as_path();
    let recorded = |name, options: &[&str]| Target::recorded(ground, path, name, options);
    let skip = ground.at("skip.toml").display().to_string();
    // Without `sys.monitoring`, skipped code costs a look at each event, and the profile function itself.
    let monitoring = python.version >= (3, 12, 0);
    let (of_floor, skipped) = if monitoring { (2.2, Goal::OfPlain(1.02)) } else { (1.3, Goal::None) };
    let mut variants = vec![
        ("plain", Goal::None, Target::plain(ground, path, &["plain".as_ref()])),
        ("empty C callbacks", Goal::None, Target::plain(ground, path, &["floor".as_ref(), floor])),
        ("recorded", Goal::OfFloor(of_floor, 6.0), recorded("recorded", &["--values", "none"])),
        ("recorded with values", Goal::OverRecorded(200.0, 30.0), recorded("values", &["--values", "all"])),
        ("skipped", skipped, recorded("skipped", &["--values", "none", "--trace-filter", &skip])),
    ];
    if let Some(other) = with_viztracer(python) {
        for (name, mode) in [("viztracer", "viztracer"), ("viztracer with values", "viztracer_args")] {
            let json = ground.at(&format!("{mode}.json"));
            variants.push((name, Goal::None, Target::plain(ground, &other, &[mode.as_ref(), &json])));
        }
    }
    let mut rows = take_turns("calls", CALLS, 1.0, &mut variants);
    let all = CALLS * (ROUNDS as u64 + 1);
    for ((name, _, mut target), row) in variants.into_iter().zip(&mut rows) {
        let saved = name.starts_with("viztracer").then(|| target.ask("bytes", SAVED) / SAVED as f64);
        let recorded = target.trace.is_some();
        let bytes = target.end();
        row.bytes = saved.or(recorded.then(|| bytes as f64 / all as f64));
    }
    let (major, minor, patch) = python.version;
    table::head(&format!("CPython {major}.{minor}.{patch}, ns per call"));
    table::print(&rows);
    clear(ground);
}

fn lines(ground: &Playground, python: &Interpreter, floor: &Path) {
    let path = python.path.as_path();
    let recorded = |name, options: &[&str]| Target::recorded(ground, path, name, options);
    let mut variants = vec![
        ("plain, per line", Goal::None, Target::plain(ground, path, &["plain".as_ref()])),
        ("empty C callbacks, per line", Goal::None, Target::plain(ground, path, &["floor_lines".as_ref(), floor])),
        ("recorded with --lines, per line", Goal::Added(500.0), recorded("lines", &["--values", "none", "--lines"])),
    ];
    if python.version < (3, 12, 0) {
        // The floor of these versions is a profile function, which sees no lines.
        variants.remove(1);
    }
    let mut rows = take_turns("lines", LOOPS, LINES_PER_LOOP, &mut variants);
    let all = LOOPS as f64 * LINES_PER_LOOP * (ROUNDS as f64 + 1.0);
    for ((_, _, target), row) in variants.into_iter().zip(&mut rows) {
        let recorded = target.trace.is_some();
        let bytes = target.end();
        row.bytes = recorded.then(|| bytes as f64 / all);
    }
    table::print(&rows);
    clear(ground);
}

/// Whole processes that do nothing, started both ways.
fn starts(ground: &Playground, python: &Interpreter) {
    let (mut plain, mut recorded) = (Vec::new(), Vec::new());
    for round in 0..=STARTS {
        let trace = ground.at("start.cttrace");
        let mut alone = Command::new(&python.path);
        ground.surround(&mut alone);
        alone.arg("pass.py");
        let mut with = ground.ct_tui(["record", "--headless", "--python"]);
        with.arg(&python.path).arg("-o").arg(&trace).arg("pass.py").stderr(Stdio::null());
        for (mut command, times) in [(alone, &mut plain), (with, &mut recorded)] {
            let start = Instant::now();
            assert!(command.status().expect("it starts").success());
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        std::fs::remove_dir_all(trace).expect("the trace");
    }
    let (plain, recorded) = (table::median(&plain), table::median(&recorded));
    let met = if recorded - plain <= 30.0 { "met" } else { "MISSED" };
    println!(
        "  start of `pass`, ms                  {plain:>8.1} plain, {recorded:.1} recorded: {:+.1}   ≤ 30 ms: {met}",
        recorded - plain
    );
}

/// Removes the traces of before.
fn clear(ground: &Playground) {
    for entry in std::fs::read_dir(ground.path()).expect("the folder").flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "cttrace") {
            std::fs::remove_dir_all(entry.path()).expect("a trace");
        }
    }
}
