//! The invariants of the trace, on what real interpreters leave behind: killed, forked, stopped by a limit, followed
//! while they run.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::{Playground, Recorded, python, pythons, wait_for};
use ct_tui::index::{CallInfo, Nav, Outcome, Profile};
use ct_tui::launch::probe::Interpreter;
use ct_tui::trace::event::Opening;
use ct_tui::trace::manifest::Exit;
use ct_tui::trace::{Process, Trace};
use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;

/// The newest interpreter and the oldest: both backends, where the machine has them.
fn both() -> Vec<&'static Interpreter> {
    let all = pythons();
    let mut two = vec![&all[0]];
    if all.len() > 1 {
        two.push(&all[all.len() - 1]);
    }
    two
}

fn record(python: &Interpreter, options: &[&str], script: &str) -> (Playground, Recorded) {
    let ground = Playground::with(&[("app.py", script)]);
    let words: Vec<&str> = options.iter().copied().chain(["app.py"]).collect();
    let recorded = ground.record(python, words);
    (ground, recorded)
}

fn calls(trace: &Trace, process: &Process) -> Vec<CallInfo> {
    let mut list = Vec::new();
    for thread in process.threads() {
        let nav = Nav::new(trace, process.ix, thread.no).unwrap();
        list.extend((0..nav.calls()).filter_map(|ordinal| nav.call(ordinal)));
    }
    list
}

/// How many calls there are of each function, by label.
fn count(trace: &Trace, process: &Process) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for call in calls(trace, process).iter().filter(|call| call.opening == Opening::Call) {
        *counts.entry(process.label(call.code)).or_default() += 1;
    }
    counts
}

/// Everything that must hold of any trace: calls nest in time as they do in the tree, walks agree with each other, and
/// the profile agrees with a recount.
fn check(trace: &Trace) {
    assert_eq!(trace.problems(), (vec![], 0));
    let mut profile = Profile::new();
    profile.finish(trace);
    for process in trace.processes() {
        let mut sums: HashMap<u32, (u64, u64)> = HashMap::new();
        for thread in process.threads() {
            let nav = Nav::new(trace, process.ix, thread.no).unwrap();
            let all: Vec<CallInfo> = (0..nav.calls()).map(|ordinal| nav.call(ordinal).unwrap()).collect();
            let mut before = 0;
            for call in &all {
                assert!(process.code(call.code).is_some(), "every call has its code object");
                assert!(call.start_ns >= before, "calls are in the order of their start");
                before = call.start_ns;
                assert!(call.end_ns.is_none_or(|end| end >= call.start_ns));
                assert_eq!(call.outcome == Outcome::Open, call.end_ns.is_none());
                let sum = sums.entry(call.code.0).or_default();
                sum.0 += u64::from(call.opening == Opening::Call);
                sum.1 += u64::from(call.outcome == Outcome::Raise);
                let Some(parent) = call.parent else {
                    assert_eq!(call.depth, 0);
                    continue;
                };
                let parent = &all[usize::try_from(parent.ordinal).unwrap()];
                assert_eq!(call.depth, parent.depth + 1);
                assert!(parent.start_ns <= call.start_ns);
                match (parent.end_ns, call.end_ns) {
                    (Some(outer), Some(inner)) => assert!(inner <= outer),
                    (Some(_), None) => panic!("an open call in a closed one"),
                    _ => {}
                }
            }
            for call in all.iter().step_by(1 + all.len() / 500) {
                let ordinal = call.id.ordinal;
                if let Some(next) = nav.next_sibling(ordinal) {
                    assert_eq!(nav.previous_sibling(next), Some(ordinal));
                    assert_eq!(nav.parent(next), nav.parent(ordinal));
                }
                if let Some(last) = nav.last_child(ordinal) {
                    assert_eq!((nav.parent(last), nav.next_sibling(last)), (Some(ordinal), None));
                }
            }
        }
        for (code, (count, raised)) in sums {
            let totals = profile.function(process, ct_tui::model::id::CodeId(code));
            assert_eq!(
                (totals.calls, totals.raised),
                (count, raised),
                "{}",
                process.label(ct_tui::model::id::CodeId(code))
            );
            assert!(totals.self_ns <= totals.total_ns + 1000, "own time is a part of the total");
        }
    }
}

fn events_bytes(trace: &Path, process: &Process) -> u64 {
    let folder = trace.join(process.key.to_string());
    process
        .threads()
        .iter()
        .map(|thread| folder.join(format!("{}.events", thread.no.0)).metadata().unwrap().len())
        .sum()
}

const BUSY: &str = r#"
import threading, random
def leaf(n): return n
def fail(n):
    if n % 3 == 0: raise ValueError(n)
    return leaf(n)
def gen(n):
    for i in range(n):
        leaf(i)
        yield i
def down(n):
    if n: return down(n - 1)
    return leaf(n)
def work(seed):
    r = random.Random(seed)
    for i in range(400):
        try: fail(i)
        except ValueError: pass
        down(r.randrange(30))
        sum(gen(5))
threads = [threading.Thread(target=work, args=(n,), name="worker %d" % n) for n in range(3)]
for t in threads: t.start()
for t in threads: t.join()
down(500)
work(9)
"#;

#[test]
fn calls_nest_and_sum_up() {
    for python in both() {
        let (_ground, recorded) = record(python, &["--values", "none"], BUSY);
        assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
        let trace = Trace::open(&recorded.trace).unwrap();
        check(&trace);
        let process = &trace.processes()[0];
        let counts = count(&trace, process);
        assert_eq!((counts["__main__.work"], counts["__main__.fail"], counts["__main__.gen"]), (4, 1600, 1600));
        assert_eq!(counts["<__main__>"], 1);
        let names: Vec<_> = process.threads().iter().filter_map(|thread| thread.name.as_deref()).collect();
        assert_eq!(names, ["MainThread", "worker 0", "worker 1", "worker 2"], "{}", python.path.display());
        assert!(process.threads()[1..].iter().all(|thread| thread.ended));
        assert_eq!(process.exit, Some(Exit::Code(0)));
        assert!(!trace.is_live() && trace.lost() == 0);
    }
}

#[test]
fn a_call_takes_few_bytes() {
    for (script, most) in [("def f(): pass\nfor _ in range(100_000): f()\n", 6.0), (BUSY, 12.0)] {
        for python in both() {
            let (_ground, recorded) = record(python, &["--values", "none"], script);
            let trace = Trace::open(&recorded.trace).unwrap();
            let per_call = events_bytes(&recorded.trace, &trace.processes()[0]) as f64 / trace.calls() as f64;
            assert!(per_call <= most, "{per_call} bytes per call");
        }
    }
}

#[test]
fn what_was_called_before_a_kill_is_there() {
    let script = "
import os
def f(): pass
def die(how):
    for _ in range(100_000): f()
    if how: os.kill(os.getpid(), 9)
    os._exit(7)
die(HOW)
";
    for python in both() {
        for (how, code) in [("True", 137), ("False", 7)] {
            let (_ground, recorded) = record(python, &[], &script.replace("HOW", how));
            assert_eq!(recorded.code(), code);
            let trace = Trace::open(&recorded.trace).unwrap();
            check(&trace);
            let process = &trace.processes()[0];
            assert_eq!(count(&trace, process)["__main__.f"], 100_000);
            assert!(process.died() && !trace.is_live());
            let nav = Nav::new(&trace, process.ix, process.threads()[0].no).unwrap();
            let open: Vec<String> = nav
                .innermost_open()
                .into_iter()
                .flat_map(|at| [vec![at], nav.ancestors(at, 10)].concat())
                .map(|at| process.label(nav.code(at).unwrap()))
                .collect();
            assert_eq!(open, ["__main__.die", "<__main__>"]);
            let die = nav.call(nav.innermost_open().unwrap()).unwrap();
            assert_eq!((die.outcome, die.end_ns), (Outcome::Open, None));
        }
    }
}

#[test]
fn a_fork_writes_its_own() {
    let script = "
import os
def parent(): pass
def child(): pass
def before(): pass
def fork():
    before()
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        for _ in range(1000): parent()
    else:
        for _ in range(2000): child()
fork()
";
    for python in both() {
        let (_ground, recorded) = record(python, &[], script);
        assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
        let trace = Trace::open(&recorded.trace).unwrap();
        check(&trace);
        let [first, second] = trace.processes() else { panic!("two processes, not {}", trace.processes().len()) };
        assert_eq!((second.parent, second.info.origin.as_str()), (Some(first.ix), "fork"));
        let (ours, theirs) = (count(&trace, first), count(&trace, second));
        assert_eq!((ours.get("__main__.parent"), ours.get("__main__.child")), (Some(&1000), None));
        assert_eq!((theirs.get("__main__.parent"), theirs.get("__main__.child")), (None, Some(&2000)));
        // What was running when the child began is opened again in it, so that its calls hang where they belong.
        let nav = Nav::new(&trace, second.ix, second.threads()[0].no).unwrap();
        let some = calls(&trace, second).into_iter().find(|call| second.label(call.code) == "__main__.child").unwrap();
        let around: Vec<_> =
            nav.ancestors(some.id.ordinal, 9).iter().map(|at| second.label(nav.code(*at).unwrap())).collect();
        assert_eq!(around, ["__main__.fork", "<__main__>"]);
    }
}

#[test]
fn a_limit_stops_the_recording_and_what_is_lost_is_counted() {
    let script = "
def f(): pass
for _ in range(400_000): f()
print('done')
";
    for python in both() {
        let (ground, recorded) = record(python, &["--max-size", "1500K", "--values", "none"], script);
        assert_eq!((recorded.code(), recorded.stdout().trim()), (0, "done"));
        let trace = Trace::open(&recorded.trace).unwrap();
        check(&trace);
        let process = &trace.processes()[0];
        assert!(process.state.reason.is_some(), "{:?}", process.state);
        assert!(trace.calls() > 1000 && trace.lost() > 0);
        let output = ground.ct_tui(["stats"]).arg(&recorded.trace).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("recording stopped early") && said.contains("lost"), "{said}");
    }
}

#[test]
fn a_running_program_is_followed_to_its_end() {
    let script = "
import os, sys
def step(n): return n
def wait():
    sys.stdin.readline()
def round_of_calls():
    for n in range(5000): step(n)
for _ in range(3):
    round_of_calls()
    wait()
";
    for python in both() {
        let ground = Playground::with(&[("app.py", script)]);
        let folder = ground.at("trace.cttrace");
        let mut command = ground.ct_tui(["record", "--headless", "--python"]);
        command.arg(&python.path).arg("-o").arg(&folder).arg("app.py");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut trace = wait_for("the trace", || Trace::open(&folder).ok());
        let mut profile = Profile::new();
        for round in 1..=3 {
            // All that was called is seen while the program waits: inside `wait`.
            wait_for("the calls", || {
                trace.refresh();
                profile.advance(&trace, 10);
                let process = trace.processes().first()?;
                let thread = process.threads().first()?;
                let nav = Nav::new(&trace, process.ix, thread.no)?;
                let inside = process.label(nav.code(nav.innermost_open()?)?) == "__main__.wait";
                (inside && count(&trace, process).get("__main__.wait") == Some(&round)).then_some(())
            });
            assert!(trace.is_live());
            assert_eq!(count(&trace, &trace.processes()[0])["__main__.step"], 5000 * round);
            std::io::Write::write_all(&mut stdin, b"\n").unwrap();
        }
        assert!(child.wait().unwrap().success());
        trace.refresh_fully();
        trace.refresh_fully();
        assert!(!trace.is_live());
        assert_eq!(trace.processes()[0].exit, Some(Exit::Code(0)));
        profile.finish(&trace);
        check(&trace);
        // Whoever followed it knows exactly what somebody knows who opens it now.
        let fresh = Trace::open(&folder).unwrap();
        let mut whole = Profile::new();
        whole.finish(&fresh);
        let place = |call: &CallInfo| (call.id, call.code, call.parent, call.outcome, call.descendants);
        let (followed, opened) = (calls(&trace, &trace.processes()[0]), calls(&fresh, &fresh.processes()[0]));
        assert!(followed.iter().map(place).eq(opened.iter().map(place)));
        for (process, code, totals) in whole.functions(&fresh) {
            let live = profile.function(&trace.processes()[0], code);
            assert_eq!((live.calls, live.raised), (totals.calls, totals.raised), "{}", process.label(code));
        }
    }
}

#[test]
fn processes_and_their_times_line_up() {
    let script = "
import subprocess, sys, os
def start():
    subprocess.check_call([sys.executable, 'child.py'])
if __name__ == '__main__':
    start()
    start()
";
    let ground = Playground::with(&[("app.py", script), ("child.py", "def inner(): pass\ninner()\n")]);
    let recorded = ground.record(python(), ["app.py"]);
    assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
    let trace = Trace::open(&recorded.trace).unwrap();
    check(&trace);
    assert_eq!(trace.processes().len(), 3);
    let root = &trace.processes()[0];
    let children = trace.children(Some(root.ix));
    assert_eq!(children.len(), 2);
    let starts: Vec<_> =
        calls(&trace, root).into_iter().filter(|call| root.label(call.code) == "__main__.start").collect();
    for (start, child) in starts.iter().zip(children) {
        let inner = calls(&trace, child);
        assert_eq!(count(&trace, child)["__main__.inner"], 1);
        // A child runs inside the call that started it, by either process's clock: to a millisecond, clocks being read
        // by two programs.
        let slack = 1_000_000;
        assert!(inner[0].start_ns + slack >= start.start_ns);
        assert!(inner.iter().all(|call| call.end_ns.unwrap() <= start.end_ns.unwrap() + slack));
    }
}

#[test]
fn the_end_of_a_real_trace_may_be_missing_anywhere() {
    let (ground, recorded) = record(python(), &[], BUSY);
    let whole = Trace::open(&recorded.trace).unwrap();
    let process = &whole.processes()[0];
    let path = recorded.trace.join(process.key.to_string()).join("1.events");
    let bytes = std::fs::read(&path).unwrap();
    let all = calls(&whole, process).into_iter().filter(|call| call.id.thread.0 == 1).collect::<Vec<_>>();
    for length in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let cut = Trace::open(&recorded.trace).unwrap();
        let Some(nav) = Nav::new(&cut, process.ix, process.threads()[0].no) else { panic!("the thread is there") };
        for ordinal in 0..nav.calls() {
            let (found, want) = (nav.call(ordinal), &all[usize::try_from(ordinal).unwrap()]);
            if let Some(found) = found {
                assert_eq!((found.code, found.parent, found.start_ns), (want.code, want.parent, want.start_ns));
                assert!(found.end_ns.is_none() || found.end_ns == want.end_ns);
            }
        }
    }
    drop(ground);
}

#[test]
fn clock_pairs_of_a_recording_are_sane() {
    let (_ground, recorded) = record(python(), &[], "pass");
    let trace = Trace::open(&recorded.trace).unwrap();
    let mono_ns = trace.manifest().start.mono_ns;
    let process = &trace.processes()[0];
    assert!(process.info.start.mono_ns >= mono_ns);
    let end = trace.manifest().end.unwrap().mono_ns - mono_ns;
    let all = calls(&trace, process);
    assert!(all.iter().all(|call| call.start_ns >= process.start_ns() && call.end_ns.unwrap() <= end), "{all:?} {end}");
}
