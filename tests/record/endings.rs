//! How the target ends is how `record` ends, and what somebody sends to `record` reaches the target.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::common::{Playground, python, pythons};

#[test]
fn the_exit_status_is_the_targets() {
    let cases = [
        ("pass", 0),
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit(256 + 3)", 3),
        ("import sys; sys.exit(-1)", 255),
        ("import sys; sys.exit('text')", 1),
        ("import os; os._exit(9)", 9),
        ("raise ValueError", 1),
        ("import os; os.kill(os.getpid(), 15)", 128 + 15),
        ("import os; os.kill(os.getpid(), 9)", 128 + 9),
        ("import os; os.abort()", 128 + 6),
        ("raise KeyboardInterrupt", 128 + 2),
        ("def f(:", 1),
    ];
    let folder = Playground::new();
    for python in pythons() {
        for (code, expected) in cases {
            let recorded = folder.record(python, ["-c", code]);
            assert_eq!(recorded.code(), expected, "{python}: {code}\n{}", recorded.stderr());
            let exit = &recorded.manifest()["exit"];
            let said = exit["code"].as_i64().or_else(|| exit["signal"].as_i64().map(|signal| 128 + signal));
            assert_eq!(said, Some(i64::from(expected)), "{python}: {code}");
        }
    }
}

#[test]
fn streams_are_the_real_ones() {
    let folder = Playground::new();
    let code = "import sys; data = sys.stdin.read(); print(data.upper(), end=''); print('err', file=sys.stderr)";
    let mut command = folder.ct_tui(["record", "--headless", "-c", code]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"hello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "HELLO\n");
    let errors = String::from_utf8_lossy(&output.stderr);
    let (theirs, ours): (Vec<_>, Vec<_>) = errors.lines().partition(|line| !line.starts_with("ct-tui: "));
    assert_eq!(theirs, ["err"]);
    assert_eq!(ours.len(), 1, "one summary line: {errors}");
}

/// A recording that was started and has said `ready`.
fn ready(folder: &Playground, code: &str, group: bool) -> (Child, BufReader<impl Read + use<>>) {
    let trace = folder.at("trace");
    let mut command = folder.ct_tui(["record", "--headless", "--python"]);
    command.arg(&python().path).arg("-o").arg(trace).arg("-c").arg(code);
    if group {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, output)
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

#[test]
fn signals_sent_to_us_reach_the_target() {
    // The handler may interrupt the `print` itself, whose buffer does not allow another one: so it writes directly. And
    // a signal that comes just before a long sleep begins is handled after it only: so the sleeps are short.
    let code = "import os, signal, sys, time
NUMBER = int(sys.argv[1]) if len(sys.argv) > 1 else 0
def handle(number, frame):
    os.write(1, b'got %d\\n' % number)
    sys.exit(40 + number)
for number in (1, 2, 3, 10, 12, 15): signal.signal(number, handle)
print('ready', flush=True)
while True: time.sleep(0.05)";
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2] {
        let folder = Playground::new();
        let (mut child, mut output) = ready(&folder, code, false);
        kill(pid(&child), signal).unwrap();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("got {}\n", signal as i32));
        assert_eq!(child.wait().unwrap().code(), Some(40 + signal as i32));
    }
}

#[test]
fn a_signal_that_ends_the_target_ends_in_128_and_its_number() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let folder = Playground::new();
        let code = "import time
print('ready', flush=True)
while True: time.sleep(0.05)";
        let (mut child, _output) = ready(&folder, code, false);
        kill(pid(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(128 + signal as i32), "{signal}");
        let manifest = std::fs::read(folder.at("trace/manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["exit"]["signal"], signal as i32);
    }
}

/// Ctrl-C goes to the whole group; what matters is that we do not end before the target has.
#[test]
fn control_c_is_the_targets_to_handle() {
    let code = "import os, signal, sys, time
def handle(number, frame):
    os.write(1, b'interrupted')
    sys.exit(3)
signal.signal(signal.SIGINT, handle)
print('ready', flush=True)
while True: time.sleep(0.05)";
    let folder = Playground::new();
    let (mut child, mut output) = ready(&folder, code, true);
    killpg(pid(&child), Signal::SIGINT).unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("interrupted"), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

/// `timeout` signals its child and then its whole group, a shell only the group: the target has got the latter itself.
#[test]
fn what_the_whole_group_gets_is_not_passed_on() {
    // Handlers run in the order of the signals' numbers: whatever was doubled is counted before the end.
    let code = "import os, signal, time
counted = []
def end(number, frame):
    os.write(1, b'%d\\n' % len(counted))
    os._exit(0)
signal.signal(signal.SIGUSR1, lambda *_: counted.append(1))
signal.signal(signal.SIGTERM, end)
print('ready', flush=True)
while True: time.sleep(0.05)";
    for (alone_first, rounds) in [(false, 1), (true, 1), (false, 3)] {
        let folder = Playground::new();
        let (mut child, mut output) = ready(&folder, code, true);
        for _ in 0..rounds {
            if alone_first {
                kill(pid(&child), Signal::SIGUSR1).unwrap();
            }
            killpg(pid(&child), Signal::SIGUSR1).unwrap();
        }
        kill(pid(&child), Signal::SIGTERM).unwrap();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        let counted: usize = rest.trim().parse().unwrap();
        assert!((1..=rounds).contains(&counted), "{alone_first} {rounds}: {counted}");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

/// `nohup`: what was ignored stays ignored, in the target as well.
#[test]
fn ignored_signals_stay_ignored() {
    let folder = Playground::new();
    let code = "import signal; print(signal.getsignal(1) == signal.SIG_IGN, signal.getsignal(2) == signal.SIG_IGN)";
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg("trap '' HUP INT; exec \"$0\" record --headless --python \"$1\" -c \"$2\"");
    shell.arg(env!("CARGO_BIN_EXE_ct-tui")).arg(&python().path).arg(code);
    folder.surround(&mut shell);
    assert_eq!(String::from_utf8_lossy(&shell.output().unwrap().stdout), "True True\n");
}

#[test]
fn the_target_outlives_a_killed_launcher() {
    let folder = Playground::new();
    let code = "import sys
print('ready', flush=True)
sys.stdin.read()
print('done', flush=True)";
    let mut command = folder.ct_tui(["record", "--headless", "--python"]);
    command.arg(&python().path).args(["-c", code]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    output.read_line(&mut text).unwrap();
    child.kill().unwrap();
    let stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    drop(stdin);
    output.read_to_string(&mut text).unwrap();
    assert_eq!(text, "ready\ndone\n");
}

#[test]
fn a_closed_stderr_or_stdout_is_no_reason_to_fail() {
    let folder = Playground::new();
    for redirection in ["2>&-", ">&-", "2>/dev/full", "2>&- >&- <&-"] {
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(format!("exec \"$0\" record --python \"$1\" -c 'import sys; sys.exit(5)' {redirection}"));
        shell.arg(env!("CARGO_BIN_EXE_ct-tui")).arg(&python().path);
        folder.surround(&mut shell);
        assert_eq!(shell.output().unwrap().status.code(), Some(5), "{redirection}");
    }
}
