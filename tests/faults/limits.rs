//! Limits of the system and of the recording: the program runs on, and what could not be recorded is counted.

use super::{called, ends, run, sound};
use crate::common::{Playground, Recorded, python};
use ct_tui::trace::Trace;
use std::process::Command;

/// The program has no descriptor left when its threads, and with them their streams, begin.
#[test]
fn a_program_that_uses_up_its_descriptors() {
    let script = "import os, threading
def f(): pass
def work():
    for _ in range(100): f()
held = []
try:
    while True: held.append(os.dup(0))
except OSError: pass
threads = [threading.Thread(target=work) for _ in range(20)]
for t in threads: t.start()
for t in threads: t.join()
pid = os.fork()
work()
if pid: print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    for python in ends() {
        let ground = Playground::with(&[("app.py", script)]);
        let trace = ground.at("trace.cttrace");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "ulimit -n 64; exec \"$0\" record --headless --values none -o \"$1\" --python \"$2\" app.py"]);
        shell.arg(env!("CARGO_BIN_EXE_ct-tui")).arg(&trace).arg(&python.path);
        ground.surround(&mut shell);
        let recorded = Recorded { output: shell.output().unwrap(), trace };
        assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "0\n"), "{python}: {}", recorded.stderr());
        let trace = sound(&recorded.trace);
        assert_eq!((called(&trace, "__main__.f"), trace.lost()), (2200, 0), "{python}");
        assert_eq!(trace.processes().len(), 2);
    }
}

/// Too few descriptors for the launcher: it says so, or it works. The program never runs half.
#[test]
fn a_launcher_without_descriptors() {
    let ground = Playground::with(&[("app.py", "print('ran')")]);
    // Everything is unpacked and probed before.
    assert_eq!(ground.record(python(), ["app.py"]).code(), 0);
    let mut worked = false;
    for limit in 3..24 {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -n {limit}; exec \"$0\" record --headless --python \"$1\" app.py");
        shell.args(["-c", &script]).arg(env!("CARGO_BIN_EXE_ct-tui")).arg(&python().path);
        ground.surround(&mut shell);
        let output = shell.output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match output.status.code() {
            Some(0) => worked = stdout == "ran\n",
            // So few that Python itself, or the loader of programs, gives up.
            Some(_) if stdout.is_empty() && !stderr.is_empty() => {}
            code => panic!("{limit}: {code:?} {stdout:?} {stderr:?}"),
        }
        assert!(!stderr.contains("panicked"), "{limit}: {stderr}");
    }
    assert!(worked);
}

#[test]
fn a_size_limit_is_shared_by_all_processes() {
    let script = "import os
def f(): pass
def work():
    for _ in range(30000): f()
children = []
for _ in range(4):
    pid = os.fork()
    if not pid:
        work()
        break
    children.append(pid)
else:
    work()
    print([os.waitpid(pid, 0)[1] for pid in children])
";
    const LIMIT: u64 = 400_000;
    for python in ends() {
        let (_ground, recorded) = run(python, &["--max-size", &LIMIT.to_string()], script);
        assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "[0, 0, 0, 0]\n"), "{}", recorded.stderr());
        let trace = sound(&recorded.trace);
        assert!(trace.lost() > 0, "{python}: the limit was not reached");
        let known: u64 = called(&trace, "__main__.f") + called(&trace, "__main__.work") + called(&trace, "<__main__>");
        // A child that found no room at all for a stream has counted its calls, too.
        let expected = 5 * 30_000 + 5 + 1;
        let lost = trace.lost();
        assert!((expected..expected + 50).contains(&(known + lost)), "{python}: {known} + {lost}, not {expected}");
        let events: u64 =
            walk(&recorded.trace).iter().filter(|(name, _)| name.ends_with(".events")).map(|it| it.1).sum();
        assert!(events <= LIMIT, "{python}: {events}");
        assert!(recorded.stderr().contains("recording stopped early"), "{}", recorded.stderr());
    }
}

/// Names and sizes of the files of the processes.
fn walk(trace: &std::path::Path) -> Vec<(String, u64)> {
    let folders = std::fs::read_dir(trace).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
    files.map(|file| (file.file_name().into_string().unwrap(), file.metadata().unwrap().len())).collect()
}

/// No more memory may be mapped: neither by the recorder nor by the program.
#[test]
fn an_address_space_that_is_full() {
    let script = "import resource
def f(): pass
def work():
    for _ in range(200000): f()
f()
with open('/proc/self/statm') as file: pages = int(file.read().split()[0])
limit = pages * resource.getpagesize() + 400000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
work()
print('ran on')
";
    for python in ends() {
        let (_ground, recorded) = run(python, &[], script);
        assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "ran on\n"), "{python}: {}", recorded.stderr());
        let trace = sound(&recorded.trace);
        assert_eq!(called(&trace, "__main__.f") + trace.lost(), 200_001, "{python}");
    }
}

/// A real full disk, where we may mount a small one; else a limit on the size of files stands in for it.
#[test]
fn a_full_disk_ends_the_recording_and_not_the_program() {
    let ground = Playground::with(&[("app.py", "def f(): pass\nfor _ in range(600000): f()\nprint('ran on')\n")]);
    let disk = ground.at("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = "mount -t tmpfs -o size=1500k none \"$1\"";
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_ct-tui")]).arg(&disk).arg(&python().path);
        ground.surround(&mut command);
        command
    };
    let mounts = unshare(mount).output().is_ok_and(|output| output.status.success());
    // The disk is gone with its namespace: the trace is copied to where it can be read.
    let (place, copy) = (disk.join("trace"), ground.at("trace.cttrace"));
    let record = "\"$0\" record --headless --values none --python \"$2\" -o \"$1/trace\" app.py";
    let mut command = if mounts {
        unshare(&format!("{mount} && {record} && cp -r \"$1/trace\" trace.cttrace"))
    } else {
        eprintln!("no disk can be mounted here: a limit on the size of files stands in for a full one");
        let script = format!("ulimit -f 1000; {record} && cp -r \"$1/trace\" trace.cttrace");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_ct-tui")]).arg(&disk).arg(&python().path);
        ground.surround(&mut command);
        command
    };
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"ran on\n"[..]), "{stderr}");
    assert!(stderr.contains("recording stopped early"), "{stderr}");
    assert!(stderr.contains(if mounts { "No space left" } else { "File too large" }), "{stderr}");
    assert!(!mounts || !place.exists());
    let trace = Trace::open(&copy).unwrap();
    assert_eq!(called(&trace, "__main__.f") + trace.lost(), 600_000);
}
