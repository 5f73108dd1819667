//! What breaks recorders: no descriptors, no room, no memory, crowds of threads and children, forks at the worst moment, a
//! control channel that talks nonsense, and processes that are killed. No crash, no deadlock, and no lost call that is not
//! counted. On the newest and the oldest interpreter: one for each backend.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

#[path = "faults/channel.rs"]
mod channel;
#[path = "faults/crowds.rs"]
mod crowds;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/limits.rs"]
mod limits;

use common::{Playground, Recorded, pythons};
use ct_tui::index::Profile;
use ct_tui::launch::probe::Interpreter;
use ct_tui::trace::Trace;
use std::path::Path;

/// The newest interpreter and the oldest.
fn ends() -> Vec<&'static Interpreter> {
    let all = pythons();
    let mut both = vec![&all[0], &all[all.len() - 1]];
    both.dedup_by_key(|python| python.version);
    both
}

fn run(python: &Interpreter, options: &[&str], script: &str) -> (Playground, Recorded) {
    let ground = Playground::with(&[("app.py", script)]);
    let words: Vec<&str> = ["--values", "none"].iter().chain(options).chain(&["app.py"]).copied().collect();
    let recorded = ground.record(python, words);
    (ground, recorded)
}

/// A trace as it lies there, without a problem.
fn sound(path: &Path) -> Trace {
    let trace = Trace::open(path).unwrap();
    assert_eq!(trace.problems(), (vec![], 0));
    trace
}

/// Calls of a function in all processes.
fn called(trace: &Trace, label: &str) -> u64 {
    let mut profile = Profile::new();
    profile.finish(trace);
    let all = profile.functions(trace);
    all.into_iter().filter(|(process, code, _)| process.label(*code) == label).map(|(_, _, totals)| totals.calls).sum()
}
