//! The control channel: whoever talks nonsense to it, hangs up in mid-message or never reads an answer disturbs neither the
//! program nor the others who talk to it.

use super::{called, ends, sound};
use crate::common::{Playground, wait_for};
use ct_tui::launch::control::{Command, PATIENCE, tell};
use ct_tui::launch::probe::Interpreter;
use ct_tui::model::id::ProcessKey;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A recording with an open channel that runs until there is a file `stop`, and the process at the other end.
fn start(ground: &Playground, python: &Interpreter, script: &str) -> (Child, PathBuf, ProcessKey) {
    let trace = ground.at("trace.cttrace");
    ground.write("app.py", script);
    let mut command = ground.ct_tui(["record", "--headless", "--values", "none", "-o"]);
    command.arg(&trace).args(["--", "/usr/bin/env", "CT_TUI_CONTROL=1"]).arg(&python.path).arg("app.py");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let key = wait_for("the control socket", || sockets(&trace).pop());
    (child, trace, key)
}

fn sockets(trace: &Path) -> Vec<ProcessKey> {
    let entries = std::fs::read_dir(trace).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().join("control.sock").exists())
        .filter_map(|entry| ProcessKey::parse(&entry.file_name().into_string().ok()?))
        .collect()
}

#[test]
fn nonsense_disturbs_nobody() {
    let script = "import os
def f(): pass
n = 0
while not os.path.exists('stop'):
    f()
    n += 1
    if n == 1: open('running', 'w').close()
print(n)
";
    for python in ends() {
        let ground = Playground::new();
        let (child, trace, key) = start(&ground, python, script);
        wait_for("the first call", || ground.at("running").exists().then_some(()));
        let socket = trace.join(key.to_string()).join("control.sock");
        let connect = || UnixStream::connect(&socket).unwrap();
        let texts: [&[u8]; 7] = [
            b"\n",
            b"nonsense\n",
            b"{\"cmd\":\"filters\"}\n",
            b"{\"cmd\":\"filters\",\"generation\":-1,\"filters\":[]}\n",
            b"{\"cmd\":\"filters\",\"generation\":1,\"filters\":[{\"kind\":\"session\",\"root\":\"/\",\"text\":\"[[\"}]}\n",
            b"\xff\xfe\x00\n",
            b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
        ];
        for text in texts {
            let mut stream = connect();
            stream.write_all(text).unwrap();
            let mut answer = [0; 512];
            let length = stream.read(&mut answer).unwrap();
            let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
            assert!(answer.starts_with("{\"ok\":false"), "{python}: {answer}");
        }
        // Hung up in mid-message, and one that never ends and never hangs up.
        connect().write_all(b"{\"cmd\":\"pau").unwrap();
        let mut endless = connect();
        endless.write_all(&[b'x'; 100_000]).unwrap();
        // Answers that nobody reads, until the recorder gives up on them.
        let mut deaf = connect();
        deaf.set_write_timeout(Some(PATIENCE)).unwrap();
        while deaf.write_all(&b"nonsense\n".repeat(1000)).is_ok() {}
        let idle: Vec<UnixStream> = (0..40).map(|_| connect()).collect();
        for command in [Command::Pause, Command::Resume] {
            let replies = tell(&trace, std::slice::from_ref(&key), &command, 10 * PATIENCE);
            assert!(replies[0].1.is_ok(), "{python}: {replies:?}");
        }
        ground.write("stop", "");
        let output = child.wait_with_output().unwrap();
        drop((endless, deaf, idle));
        let expected: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
        let found = called(&sound(&trace), "__main__.f");
        // Some calls may have fallen into the pause.
        assert!(found > 0 && found <= expected, "{python}: {found} of {expected}");
    }
}

/// A child that is forked during a pause can be told to go on.
#[test]
fn a_fork_during_a_pause() {
    let script = "import os, time
def f(): pass
def until(name):
    while not os.path.exists(name): time.sleep(0.002)
until('fork')
pid = os.fork()
if not pid:
    open('forked', 'w').close()
until('go')
f()
if pid: print(os.waitpid(pid, 0)[1])
";
    for python in ends() {
        let ground = Playground::new();
        let (child, trace, key) = start(&ground, python, script);
        let replies = tell(&trace, std::slice::from_ref(&key), &Command::Pause, 10 * PATIENCE);
        assert!(replies[0].1.is_ok(), "{python}: {replies:?}");
        ground.write("fork", "");
        wait_for("the fork", || ground.at("forked").exists().then_some(()));
        let both = wait_for("the child's socket", || Some(sockets(&trace)).filter(|keys| keys.len() == 2));
        for (key, reply) in tell(&trace, &both, &Command::Resume, 10 * PATIENCE) {
            assert!(reply.is_ok(), "{python}: {key} {reply:?}");
        }
        ground.write("go", "");
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n", "{python}");
        assert_eq!(called(&sound(&trace), "__main__.f"), 2, "{python}");
    }
}
