//! Somebody is killed: whatever is left goes on, and what was recorded until then can be read.

use super::{called, ends, sound};
use crate::common::{Playground, Recorded, python, wait_for};
use ct_tui::launch::keeper::Size;
use ct_tui::launch::prepare::{Request, prepare};
use ct_tui::launch::pty::{PtyEvent, PtySession};
use ct_tui::trace::Trace;
use ct_tui::trace::manifest::Exit;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::channel;

fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap())
}

/// A child is killed in the middle of its calls: its parent, its sister and their recordings go on.
#[test]
fn a_child_is_killed() {
    let script = "import os, signal
def f(): pass
def g(): pass
children = []
for n in range(3):
    pid = os.fork()
    if not pid:
        for _ in range(5000): f()
        if n == 1: os.kill(os.getpid(), signal.SIGKILL)
        for _ in range(5000): g()
        break
    children.append(pid)
else:
    print([os.waitpid(pid, 0)[1] for pid in children])
    g()
";
    for python in ends() {
        let (_ground, recorded) = super::run(python, &[], script);
        assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "[0, 9, 0]\n"), "{}", recorded.stderr());
        let trace = sound(&recorded.trace);
        assert_eq!((called(&trace, "__main__.f"), called(&trace, "__main__.g")), (15_000, 10_001), "{python}");
        let killed: Vec<_> = trace.processes().iter().filter(|it| it.exit == Some(Exit::Signal(9))).collect();
        assert_eq!((killed.len(), killed[0].calls()), (1, 5000 + 1), "{python}: the calls, and the module that runs");
    }
}

/// All at once, the launcher too: everything that was called is in the trace, and nothing of it counts as running.
#[test]
fn all_are_killed() {
    let script = "import os, time
def f(): pass
pid = os.fork()
for _ in range(3000): f()
open('ready%d' % bool(pid), 'w').close()
while True: time.sleep(100)
";
    for python in ends() {
        let ground = Playground::with(&[("app.py", script)]);
        let trace = ground.at("trace.cttrace");
        let mut command = ground.ct_tui(["record", "--headless", "--values", "none", "--python"]);
        command.arg(&python.path).arg("-o").arg(&trace).arg("app.py").process_group(0);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("the calls", || (ground.at("ready0").exists() && ground.at("ready1").exists()).then_some(()));
        killpg(pid(child.id()), Signal::SIGKILL).unwrap();
        child.wait().unwrap();
        let opened = wait_for("the end", || Trace::open(&trace).ok().filter(|trace| !trace.is_live()));
        assert_eq!(opened.problems(), (vec![], 0));
        assert_eq!((called(&opened, "__main__.f"), opened.lost()), (6000, 0), "{python}");
        assert!(opened.processes().iter().all(|process| process.died() && process.exit.is_none()), "{python}");
        let output = ground.ct_tui(["list", "--json"]).env("CT_TUI_TRACES", ground.path()).output().unwrap();
        let row: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&row["live"], &row["exit"]), (&false.into(), &serde_json::Value::Null), "{row}");
    }
}

/// Without its keeper the target runs on; only how it ended is not known.
#[test]
fn the_keeper_is_killed() {
    let script = "import os, signal, time
signal.signal(signal.SIGHUP, signal.SIG_IGN)
def f(): pass
f()
open('keeper', 'w').write(str(os.getppid()))
while not os.path.exists('go'): time.sleep(0.005)
f()
open('done', 'w').close()
";
    let ground = Playground::with(&[("app.py", &format!("import os\nos.chdir(os.path.dirname(__file__))\n{script}"))]);
    let request = Request {
        python: Some(python().path.clone()),
        output: Some(ground.at("trace")),
        ..Request::of([ground.at("app.py")])
    };
    let (sender, events) = channel();
    let notify = move |event| _ = sender.send(event);
    let ourselves = Path::new(env!("CARGO_BIN_EXE_ct-tui"));
    let size = Size { rows: 20, columns: 60 };
    let _session = PtySession::start_by(ourselves, prepare(&request).unwrap(), size, notify).unwrap();
    let keeper = wait_for("the keeper's number", || std::fs::read_to_string(ground.at("keeper")).ok()?.parse().ok());
    kill(pid(keeper), Signal::SIGKILL).unwrap();
    let lost = |event: &PtyEvent| matches!(event, PtyEvent::KeeperLost);
    assert!(events.iter().any(|event| lost(&event)));
    ground.write("go", "");
    wait_for("the target's end", || ground.at("done").exists().then_some(()));
    let trace = wait_for("the trace's end", || Trace::open(&ground.at("trace")).ok().filter(|it| !it.is_live()));
    assert_eq!((called(&trace, "__main__.f"), trace.problems()), (2, (vec![], 0)));
    assert_eq!((trace.manifest().exit, trace.processes()[0].exit), (None, None));
}

/// The launcher is killed: a headless target runs on, and its trace is complete.
#[test]
fn the_launcher_is_killed() {
    let script = "import os, time
def f(): pass
f()
open('ready', 'w').close()
while not os.path.exists('go'): time.sleep(0.005)
for _ in range(1000): f()
open('done', 'w').close()
";
    for python in ends() {
        let ground = Playground::with(&[("app.py", script)]);
        let trace = ground.at("trace.cttrace");
        let mut command = ground.ct_tui(["record", "--headless", "--values", "none", "--python"]);
        command.arg(&python.path).arg("-o").arg(&trace).arg("app.py");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("the first call", || ground.at("ready").exists().then_some(()));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(Trace::open(&trace).unwrap().is_live(), "{python}: its process runs");
        ground.write("go", "");
        wait_for("the target's end", || ground.at("done").exists().then_some(()));
        let recorded = Recorded { output, trace };
        let opened = wait_for("the trace's end", || Trace::open(&recorded.trace).ok().filter(|it| !it.is_live()));
        assert_eq!(called(&opened, "__main__.f"), 1001, "{python}");
    }
}
