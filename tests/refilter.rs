//! Filters that change while a program runs: code that is wanted from then on is recorded at once, also inside what
//! runs already, in every thread and process; what is not wanted any more ends; nothing is lost, and the tree stays in
//! balance.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use std::collections::HashMap;

use common::live::Live;
use common::{Playground, Recorded, recordable, wait_for};
use ct_tui::index::{CallInfo, Nav, Outcome};
use ct_tui::launch::control::{Command, PATIENCE, Refusal, tell};
use ct_tui::model::id::ProcessIx;
use ct_tui::trace::Trace;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

/// Skips everything.
const NOTHING: &str = "[meta]\nname = \"nothing\"\nversion = 1\n[scope]\ndefault_exec = \"skip\"\n\
                       default_value_action = \"allow\"\n";

/// `gate` says how far the program is, and waits until it may go on.
const GATE: &str = "\
import os, time
def gate(name):
    open(name + '.reached', 'w').close()
    while not os.path.exists(name + '.open'): time.sleep(0.002)
";

/// What happens at a gate.
#[derive(Clone, Copy)]
enum Step {
    /// Another chain: the recording's own, and these rules.
    Rules(&'static [(&'static str, &'static str)]),
    Pause,
    Resume,
}

const WIDEN: Step = Step::Rules(&[("pkg:__main__", "trace"), ("obj:__main__.gate", "skip")]);
const NARROW: Step = Step::Rules(&[]);

/// Runs a script that skips everything at first through its gates, on every interpreter.
fn walk(script: &str, gates: &[(&str, Step)], expected: &[&str]) {
    for python in recordable() {
        let ground = Playground::with(&[("app.py", &format!("{GATE}{script}")), ("nothing.toml", NOTHING)]);
        let mut live = Live::start(&ground, python, &["--values", "none", "--trace-filter", "nothing.toml"]);
        for (gate, step) in gates {
            wait_for(gate, || ground.at(&format!("{gate}.reached")).exists().then_some(()));
            match step {
                Step::Rules(rules) => drop(live.filters(rules)),
                Step::Pause => drop(live.tell(&Command::Pause)),
                Step::Resume => drop(live.tell(&Command::Resume)),
            }
            ground.write(&format!("{gate}.open"), "");
        }
        let recorded = live.end();
        assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
        assert_eq!(trees(&ground, &recorded), expected, "{:?}", python.version);
    }
}

fn rows(ground: &Playground, recorded: &Recorded) -> Vec<Json> {
    let output = ground.ct_tui(["print", "--json"]).arg(&recorded.trace).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every call on a line of its own: a dot for each call around it, its name, how it ended. The threads of each process
/// one after the other, a line between them.
fn trees(ground: &Playground, recorded: &Recorded) -> Vec<String> {
    let mut lines = Vec::new();
    let mut thread = None;
    for row in rows(ground, recorded) {
        let this = (row["pid"].clone(), row["thread"].clone());
        if thread.replace(this.clone()).is_some_and(|before| before != this) {
            lines.push("-".to_owned());
        }
        let depth = usize::try_from(row["depth"].as_u64().unwrap()).unwrap();
        let label = row["label"].as_str().unwrap().trim_start_matches("__main__.");
        lines.push(format!("{}{label} {}", ".".repeat(depth), row["outcome"].as_str().unwrap()));
    }
    lines
}

#[test]
fn inside_a_function_that_runs() {
    let script = "def inner(): pass\ndef outer():\n    inner()\n    gate('a')\n    inner()\n    gate('b')\n    inner()\nouter()\n";
    let expected = ["<__main__> resync", ".outer resync", "..inner return"];
    walk(script, &[("a", WIDEN), ("b", NARROW)], &expected);
    // What is not left again ends by itself.
    let expected = ["<__main__> return", ".outer return", "..inner return", "..inner return"];
    walk(script, &[("a", WIDEN), ("b", WIDEN)], &expected);
}

#[test]
fn deep_in_a_recursion() {
    let script = "def down(n):\n    if n == 2: gate('a')\n    if n: down(n - 1)\n    if n == 3: gate('b')\ndown(4)\n";
    // Three calls run already, two more begin; then the four outer ones lose their ends.
    let expected =
        ["<__main__> resync", ".down resync", "..down resync", "...down return", "....down return", ".....down return"];
    walk(script, &[("a", WIDEN), ("b", NARROW)], &expected);
}

#[test]
fn in_generators_that_run_and_that_wait() {
    let script = "def gen():\n    yield 1\n    gate('a')\n    yield 2\n    yield 3\n\
                  def use():\n    g = gen(); h = gen()\n    next(g); next(h); next(g)\n    gate('b')\n    next(h)\n    gate('c')\n\
                  \x20   list(g)\n    list(h)\nuse()\n";
    // At `a` one generator runs and one waits; at `b` both wait, and `h` meets gate `a` once more.
    let expected = [
        "<__main__> resync",
        ".use resync",
        "..gen yield",
        "<__main__> return",
        ".use return",
        "..gen yield",
        "..gen return",
        "..gen yield",
        "..gen return",
    ];
    walk(script, &[("a", WIDEN), ("b", NARROW), ("c", WIDEN)], &expected);
}

#[test]
fn where_exceptions_pass() {
    let script = "def thrower():\n    gate('a')\n    raise KeyError\ndef catcher():\n    try: thrower()\n    except KeyError: gate('b')\n\
                  \x20   thrower2()\ndef thrower2(): raise ValueError\ntry: catcher()\nexcept ValueError: pass\n";
    let expected = ["<__main__> return", ".catcher raise", "..thrower raise", "..thrower2 raise"];
    walk(script, &[("a", WIDEN), ("b", WIDEN)], &expected);
    let expected = ["<__main__> resync", ".catcher resync", "..thrower raise"];
    walk(script, &[("a", WIDEN), ("b", NARROW)], &expected);
}

#[test]
fn in_coroutines() {
    let script = "import asyncio\nasync def leaf():\n    await asyncio.sleep(0)\n    gate('a')\n    await asyncio.sleep(0)\n\
                  async def top(): await leaf()\nasyncio.run(top())\n";
    let expected = ["<__main__> return", ".top yield", "..leaf yield", ".top return", "..leaf return"];
    walk(script, &[("a", WIDEN)], &expected);
}

#[test]
fn in_every_thread() {
    let script = "import threading\ndef late(): pass\ndef work(name):\n    gate(name)\n    late()\n\
                  one = threading.Thread(target=work, args=('a',)); one.start()\n\
                  two = threading.Thread(target=work, args=('b',)); two.start()\n\
                  one.join(); two.join()\n";
    // All of them sleep when the filter becomes wide. Gate `b` opens later, with nothing more to change.
    let expected = ["<__main__> return", "-", "work return", ".late return", "-", "work return", ".late return"];
    walk(script, &[("a", WIDEN), ("b", WIDEN)], &expected);
}

#[test]
fn in_children_that_were_forked_and_in_those_that_come() {
    // The child has not a single event of its own before the filter changes.
    let forked = "def late(): pass\nos.path.exists('x')\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\nelse:\n    gate('a')\nlate()\n";
    let both = ["<__main__> return", ".late return", "-", "<__main__> return", ".late return"];
    walk(forked, &[("a", WIDEN)], &both);
    let later = "def late(): pass\ngate('a')\npid = os.fork()\nlate()\nif pid: os.waitpid(pid, 0)\n";
    walk(later, &[("a", WIDEN)], &both);
    // A child that is started anew: it runs when the filter changes, or it starts under the changed one.
    let child = "def late(): pass\n{}late()\n";
    for (inside, before, gates) in [("gate('a')\n", "", [("a", WIDEN)]), ("", "gate('a')\n", [("a", WIDEN)])] {
        let child = format!("{GATE}{}", child.replace("{}", inside));
        let script = format!(
            "import subprocess, sys\ndef late(): pass\nopen('child.py', 'w').write({child:?})\n{before}\
             subprocess.run([sys.executable, 'child.py'], check=True)\nlate()\n"
        );
        walk(&script, &gates, &both);
    }
}

/// What the processes answer of whom one was killed: before it was asked, or while it was asked and could not answer.
#[test]
fn a_child_that_was_killed_is_said_to_be_gone_and_the_others_answer() {
    let script = format!(
        "{GATE}pid = os.fork()\nif not pid:\n    open('child.new', 'w').write(str(os.getpid()))\n    \
         os.rename('child.new', 'child')\n    gate('never')\ngate('a')\nos.waitpid(pid, 0)\n"
    );
    for stopped in [false, true] {
        let ground = Playground::with(&[("app.py", &script)]);
        let live = Live::start(&ground, common::python(), &[]);
        for gate in ["never", "a"] {
            wait_for(gate, || ground.at(&format!("{gate}.reached")).exists().then_some(()));
        }
        let pid: i32 = std::fs::read_to_string(ground.at("child")).unwrap().parse().unwrap();
        let state = |wanted: char| {
            wait_for("the child's state", || {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                stat.rsplit_once(") ")?.1.starts_with(wanted).then_some(())
            });
        };
        let send = |signal| kill(Pid::from_raw(pid), signal).unwrap();
        let keys = wait_for("both sockets", || Some(live.processes()).filter(|keys| keys.len() == 2));
        if stopped {
            send(Signal::SIGSTOP);
            state('T');
        } else {
            send(Signal::SIGKILL);
            state('Z');
        }
        // So long that "no answer" cannot be the reply.
        let patience = 1_000 * PATIENCE;
        let replies = std::thread::scope(|scope| {
            let asked = scope.spawn(|| tell(&live.trace, &keys, &Command::Pause, patience));
            if stopped {
                send(Signal::SIGKILL);
            }
            asked.join().unwrap()
        });
        for (key, reply) in &replies {
            let is_child = key.pid == u32::try_from(pid).unwrap();
            assert_eq!(reply.as_ref().err(), is_child.then_some(&Refusal::Gone), "{replies:?}");
        }
        ground.write("a.open", "");
        assert_eq!(live.end().code(), 0);
    }
}

#[test]
fn a_pause_leaves_a_gap_and_nothing_else() {
    let script = "def before(): pass\ndef during(): pass\ndef after(): pass\ndef run():\n    gate('a')\n    before()\n    gate('b')\n    during()\n\
                  \x20   gate('c')\n    after()\nrun()\n";
    let expected =
        ["<__main__> resync", ".run resync", "..before return", "<__main__> return", ".run return", "..after return"];
    walk(script, &[("a", WIDEN), ("b", Step::Pause), ("c", Step::Resume)], &expected);
    // A chain that comes during the pause holds after it.
    let expected = ["<__main__> return", ".run return", "..after return"];
    walk(script, &[("a", Step::Pause), ("b", WIDEN), ("c", Step::Resume)], &expected);
}

/// Calls a counting oracle in the program: `kept` is wanted throughout, what is around it comes and goes.
const CROWD: &str = "\
import os, sys, threading, time
sys.setswitchinterval(0.0005)
counts = []
def kept(): pass
def other(n):
    kept()
    if n: other(n - 1)
def numbers(n):
    for i in range(n):
        kept()
        yield i
def failing():
    kept()
    raise KeyError
def work():
    count = 0
    while not os.path.exists('stop'):
        time.sleep(0.004)
        other(3)
        sum(numbers(2))
        try: failing()
        except KeyError: pass
        count += 7
    counts.append(count)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sum(counts))
";

#[test]
fn a_thousand_changes_lose_nothing_and_unbalance_nothing() {
    const CHANGES: usize = 1_000;
    const OTHERS: [&str; 4] = ["other", "numbers", "failing", "work"];
    for python in recordable() {
        let ground = Playground::with(&[("app.py", CROWD)]);
        let mut live = Live::start(&ground, python, &["--values", "none"]);
        for change in 0..CHANGES {
            let other =
                ["obj:__main__.other", "obj:__main__.numbers", "obj:__main__.failing", "obj:__main__.work"][change % 4];
            let exec = if change / 4 % 2 == 0 { "skip" } else { "trace" };
            let accepted = live.filters(&[(other, exec)]);
            assert_eq!(accepted[0].generation as usize, change + 1);
        }
        ground.write("stop", "");
        let recorded = live.end();
        assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
        let expected: u64 = recorded.stdout().trim().parse().unwrap();
        let trace = Trace::open(&recorded.trace).unwrap();
        assert_eq!(trace.problems(), (vec![], 0));
        let mut counts: HashMap<String, u64> = HashMap::new();
        for thread in trace.processes()[0].threads() {
            let nav = Nav::new(&trace, ProcessIx(0), thread.no).unwrap();
            balanced(&nav);
            // A call may be closed and opened again on the way; it returns once.
            for call in (0..nav.calls()).filter_map(|ordinal| nav.call(ordinal)) {
                let returned = u64::from(call.outcome == Outcome::Return);
                *counts.entry(trace.label(ProcessIx(0), call.code)).or_default() += returned;
            }
        }
        assert_eq!(counts["__main__.kept"], expected, "{:?}", python.version);
        for other in OTHERS {
            assert!(counts.contains_key(&format!("__main__.{other}")), "{other} was recorded now and then");
        }
    }
}

/// All calls have ended, and lie inside the calls around them, in time and in the tree.
fn balanced(nav: &Nav<'_>) {
    let mut open: Vec<CallInfo> = Vec::new();
    for ordinal in 0..nav.calls() {
        let call = nav.call(ordinal).unwrap();
        assert_ne!(call.outcome, Outcome::Open, "{call:?}");
        open.truncate(call.depth as usize);
        assert_eq!(call.parent, open.last().map(|parent| parent.id), "{call:?}");
        if let Some(parent) = open.last() {
            assert!(parent.start_ns <= call.start_ns && call.end_ns <= parent.end_ns, "{call:?} in {parent:?}");
        }
        open.push(call);
    }
}
