//! A target in a terminal of its own, and its keeper: started, typed to, resized, signalled, and left alone.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use common::{Playground, python, wait_for};
use ct_tui::launch::keeper::Size;
use ct_tui::launch::prepare::{Request, prepare};
use ct_tui::launch::pty::{PtyEvent, PtySession};
use ct_tui::trace::manifest::Exit;
use nix::sys::signal::Signal;

const SIZE: Size = Size { rows: 17, columns: 61 };

fn request(folder: &Playground, script: &str) -> Request {
    Request { python: Some(python().path.clone()), output: Some(folder.at("trace")), ..Request::of(["-c", script]) }
}

fn start(folder: &Playground, script: &str) -> (PtySession, Receiver<PtyEvent>) {
    let (sender, events) = channel();
    let prepared = prepare(&request(folder, script)).unwrap();
    let notify = move |event| _ = sender.send(event);
    let session = PtySession::start_by(Path::new(env!("CARGO_BIN_EXE_ct-tui")), prepared, SIZE, notify).unwrap();
    (session, events)
}

/// Everything until both the output and the target have ended.
fn rest(events: Receiver<PtyEvent>) -> (String, Option<Exit>) {
    let (mut text, mut exit) = (Vec::new(), None);
    for event in events {
        match event {
            PtyEvent::Output(bytes) => text.extend(bytes),
            PtyEvent::Exited(it) => exit = Some(it),
            PtyEvent::KeeperLost => {}
        }
    }
    (String::from_utf8(text).unwrap(), exit)
}

/// Reads output until `wanted` is in it.
fn until(events: &Receiver<PtyEvent>, wanted: &str) {
    let mut text = String::new();
    while !text.contains(wanted) {
        match events.recv_timeout(std::time::Duration::from_secs(60)).expect(wanted) {
            PtyEvent::Output(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
            other => panic!("{other:?} before {wanted:?}, after {text:?}"),
        }
    }
}

fn manifest(folder: &Playground) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.at("trace/manifest.json")).unwrap()).unwrap()
}

#[test]
fn output_and_exit_status_arrive() {
    let folder = Playground::new();
    let script =
        "import sys, os; print(sys.stdout.isatty(), tuple(os.get_terminal_size()), os.environ['TERM']); sys.exit(3)";
    let (_session, events) = start(&folder, script);
    let (text, exit) = rest(events);
    assert_eq!(text, "True (61, 17) xterm-256color\r\n");
    assert_eq!(exit, Some(Exit::Code(3)));
    assert_eq!(manifest(&folder)["exit"]["code"], 3);
}

#[test]
fn typing_and_resizing_reach_the_target() {
    let folder = Playground::new();
    let script = "import os, signal, time
again = []
signal.signal(signal.SIGWINCH, lambda *_: again.append(1))
print('ready', flush=True)
print('got', input())
while not again: time.sleep(0.01)
print(tuple(os.get_terminal_size()))";
    let (session, events) = start(&folder, script);
    until(&events, "ready");
    session.write(b"hello\n").unwrap();
    until(&events, "got hello");
    session.resize(Size { rows: 30, columns: 100 }).unwrap();
    let (text, exit) = rest(events);
    assert!(text.contains("(100, 30)"), "{text}");
    assert_eq!(exit, Some(Exit::Code(0)));
}

#[test]
fn signals_reach_the_target() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let folder = Playground::new();
        let (session, events) = start(&folder, "import time; print('ready', flush=True); time.sleep(1000)");
        until(&events, "ready");
        session.signal(signal).unwrap();
        assert_eq!(rest(events).1, Some(Exit::Signal(signal as i32)));
        assert_eq!(manifest(&folder)["exit"]["signal"], signal as i32);
    }
}

/// Ctrl-C is a byte that the terminal turns into a signal.
#[test]
fn control_c_interrupts() {
    let folder = Playground::new();
    let script = "import time
try:
    print('ready', flush=True)
    while True: time.sleep(0.05)
except KeyboardInterrupt: print('interrupted')";
    let (session, events) = start(&folder, script);
    until(&events, "ready");
    session.write(b"\x03").unwrap();
    let (text, exit) = rest(events);
    assert!(text.contains("interrupted"), "{text}");
    assert_eq!(exit, Some(Exit::Code(0)));
}

/// The interface goes away: the target keeps its terminal, is read, and its end is written down.
#[test]
fn a_target_that_is_left_runs_on() {
    let folder = Playground::new();
    let script = "import os, sys, time
print('ready', flush=True)
while not os.path.exists('GO'): time.sleep(0.01)
print('x' * 1_000_000, flush=True)
open('DONE', 'w').close()
sys.exit(5)";
    let script =
        script.replace("GO", &folder.at("go").to_string_lossy()).replace("DONE", &folder.at("done").to_string_lossy());
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_target_that_is_left_runs_on", "--nocapture"]);
    if let Some(wanted) = std::env::var_os("CT_TUI_TEST_LEAVE") {
        // The inner run of this test plays the interface, and dies without a word.
        let mut request =
            request(&folder, &script.replace(&*folder.path().to_string_lossy(), &wanted.to_string_lossy()));
        request.output = Some(Path::new(&wanted).join("trace"));
        let (sender, events) = channel();
        let notify = move |event| _ = sender.send(event);
        let ourselves = Path::new(env!("CARGO_BIN_EXE_ct-tui"));
        let _session = PtySession::start_by(ourselves, prepare(&request).unwrap(), SIZE, notify).unwrap();
        until(&events, "ready");
        nix::sys::signal::raise(Signal::SIGKILL).unwrap();
    }
    let status = command.env("CT_TUI_TEST_LEAVE", folder.path()).output().unwrap().status;
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    folder.write("go", "");
    wait_for("the target's end", || manifest(&folder)["exit"]["code"].as_i64().filter(|&code| code == 5));
    assert!(folder.at("done").exists());
}

#[test]
fn a_target_that_cannot_start_is_said_and_leaves_nothing() {
    let folder = Playground::new();
    let tool = folder.write("tool", "#!/no/such/interpreter\n");
    std::fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut request = request(&folder, "");
    request.target = vec![tool.into()];
    request.python = None;
    let prepared = prepare(&request).unwrap();
    let ourselves = Path::new(env!("CARGO_BIN_EXE_ct-tui"));
    let error = PtySession::start_by(ourselves, prepared, SIZE, |_| {}).unwrap_err().to_string();
    assert!(error.contains("tool"), "{error}");
    assert!(!folder.at("trace").exists());
}
