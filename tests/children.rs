//! Process trees: every Python below the target is in the trace, under the one that started it, with the way it ended; one
//! that the recorder cannot get into is listed with the reason.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::{Playground, Recorded, pythons};
use ct_tui::launch::probe::Interpreter;
use ct_tui::trace::Trace;
use ct_tui::trace::manifest::Exit;

/// The processes of a finished recording as `argv[1]: how it ended`, or the reason why it was not recorded, sorted.
fn ends(recorded: &Recorded) -> Vec<String> {
    let trace = Trace::open(&recorded.trace).unwrap();
    let mut ends: Vec<String> = trace
        .processes()
        .iter()
        .map(|process| {
            let end = match process.exit {
                Some(Exit::Code(code)) => format!("code {code}"),
                Some(Exit::Signal(signal)) => format!("signal {signal}"),
                None if process.state.replaced => "replaced".to_owned(),
                None => "unknown".to_owned(),
            };
            let mut words = process.info.argv.iter().map(String::as_str);
            let name = words.rfind(|word| !word.contains(['/', ' '])).unwrap_or_default();
            let reason = process.info.not_recorded.as_deref().map(|reason| format!(", {reason}"));
            format!("{name}: {end}{}", reason.unwrap_or_default())
        })
        .collect();
    ends.sort();
    ends
}

fn run(python: &Interpreter, script: &str) -> (Playground, Recorded) {
    let ground = Playground::with(&[
        ("app.py", script),
        (
            "child.py",
            "import os, sys\nhow = sys.argv[1]\nn = int(sys.argv[2]) if len(sys.argv) > 2 else 0\n\
            if how == '_exit': os._exit(n)\nif how == 'kill': os.kill(os.getpid(), n)\n\
            if how == 'raise': raise ValueError\nif how == 'exec': os.execv('/bin/sh', ['sh', '-c', 'exit 3'])\n\
            if how == 'again': os.execv(sys.executable, [sys.executable, __file__, 'exit', str(n)])\n\
            if how == 'hidden': os.execv(sys.executable, [sys.executable, '-I', '-c', 'raise SystemExit(8)'])\n\
            if how == 'missing':\n    try: os.execv('/no/such/program', ['x'])\n    except OSError: pass\n\
            sys.exit(n)\n",
        ),
    ]);
    let recorded = ground.record(python, ["--values", "none", "app.py"]);
    assert_eq!(recorded.code(), 0, "{python}: {}", recorded.stderr());
    (ground, recorded)
}

#[test]
fn children_have_an_exit_status_of_their_own() {
    let script = "import subprocess, sys
def run(*words):
    subprocess.run([sys.executable, 'child.py', *words], stderr=subprocess.DEVNULL)
for words in [('exit', '0'), ('exit', '7'), ('_exit', '9'), ('kill', '9'), ('kill', '15'), ('raise',), ('exec',), ('again', '5'), ('hidden',), ('missing', '4')]:
    run(*words)
subprocess.run(['sh', '-c', 'exit 6'])
";
    for python in pythons() {
        let (_ground, recorded) = run(python, script);
        let expected = [
            "-c: code 8, started with -I, which keeps the recorder out",
            "0: code 0",
            "15: signal 15",
            "4: code 4",
            "5: code 5",
            "5: replaced",
            "7: code 7",
            "9: code 9",
            "9: signal 9",
            "app.py: code 0",
            "exec: replaced",
            "hidden: replaced",
            "raise: code 1",
        ];
        assert_eq!(ends(&recorded), expected, "{python}");
    }
}

#[test]
fn every_way_to_start_and_to_wait_is_seen() {
    let script = "import os, subprocess, sys, multiprocessing, concurrent.futures
import asyncio
py = sys.executable
def child(how, n): return [py, 'child.py', how, str(n)]
def work(n): os._exit(n)
async def main():
    process = await asyncio.create_subprocess_exec(*child('_exit', 31))
    await process.wait()
if __name__ == '__main__':
    os.waitpid(os.posix_spawn(py, child('_exit', 21), os.environ), 0)
    os.waitid(os.P_PID, os.spawnv(os.P_NOWAIT, py, child('kill', 12)), os.WEXITED)
    subprocess.Popen(child('_exit', 22)); os.wait()
    subprocess.Popen(child('_exit', 23)); os.wait3(0)
    os.wait4(subprocess.Popen(child('_exit', 24)).pid, 0)
    pid = os.fork()
    if not pid: work(25)
    os.waitpid(pid, 0)
    for n, method in enumerate(['fork', 'spawn', 'forkserver']):
        process = multiprocessing.get_context(method).Process(target=work, args=(26 + n,))
        process.start(); process.join()
    asyncio.run(main())
";
    for python in pythons() {
        let (_ground, recorded) = run(python, script);
        let found = ends(&recorded).join("\n");
        for code in [21, 22, 23, 24, 25, 26, 27, 28, 31] {
            assert!(found.contains(&format!(": code {code}")), "{python}: {code} of\n{found}");
        }
        assert!(found.contains("12: signal 12"), "{python}: {found}");
        // The servers of `multiprocessing` run on until the program has ended: nobody waits for them.
        let unknown = found.lines().filter(|end| end.ends_with("unknown"));
        assert!(unknown.clone().count() <= 2 && unknown.clone().all(|end| end == "-c: unknown"), "{python}: {found}");
    }
}

#[test]
fn a_child_that_hides_is_listed_with_the_reason() {
    let script = "import os, stat, subprocess, sys
py = sys.executable
open('tool', 'w').write('#!%s -ES\\nimport sys; sys.exit(4)' % py)
os.chmod('tool', 0o700)
without = {k: v for k, v in os.environ.items() if k not in ('PYTHONPATH', 'CT_TUI_TRACE')}
for words, env in [([py, '-I', '-c', 'exit(1)'], None), ([py, '-Es', '-c', 'exit(2)'], None), ([py, '-c', 'exit(3)'], without), (['./tool'], None)]:
    subprocess.run(words, env=env)
os.waitpid(os.posix_spawn(py, [py, '-S', '-c', 'import sys; sys.exit(5)'], os.environ), 0)
os.waitpid(os.posix_spawn(py, [py, '-c', 'exit(6)'], dict(without)), 0)
os.mkdir('own')
open('own/sitecustomize.py', 'w').close()
subprocess.run([py, '-c', 'exit(7)'], env=dict(os.environ, PYTHONPATH='own' + os.pathsep + os.environ['PYTHONPATH']))
# None of these is a Python that runs and hides.
subprocess.run([py, '-c', 'exit(0)', '-I'])
subprocess.run(['sh', '-c', 'exit 0', '-I'])
try: subprocess.run(['/no/such/python', '-I'])
except OSError: pass
";
    for python in pythons() {
        let (_ground, recorded) = run(python, script);
        let found: Vec<String> = ends(&recorded).into_iter().filter(|end| end.contains(", ")).collect();
        let mut found: Vec<&str> = found.iter().map(|end| end.split_once(": ").unwrap().1).collect();
        found.sort_unstable();
        let flag = |flag| format!("started with -{flag}, which keeps the recorder out");
        let cleaned = "started in an environment without the recorder";
        let expected = [
            format!("code 1, {}", flag('I')),
            format!("code 2, {}", flag('E')),
            format!("code 3, {cleaned}"),
            format!("code 4, {}", flag('E')),
            format!("code 5, {}", flag('S')),
            format!("code 6, {cleaned}"),
            "code 7, a sitecustomize in front of PYTHONPATH hides the recorder".to_owned(),
        ];
        assert_eq!(found, expected, "{python}");
        assert!(recorded.stderr().contains("7 processes not recorded"), "{python}: {}", recorded.stderr());
    }
}

/// The status in the manifest is the shell's; its Python's own is not known.
#[test]
fn the_status_of_a_command_is_not_that_of_the_python_below_it() {
    let ground = Playground::new();
    let python = pythons()[0].path.display().to_string();
    let trace = ground.at("trace.cttrace");
    let shell = format!("'{python}' -c 'exit(4)'; exit 3");
    let output = ground.ct_tui(["record", "--headless", "-o", "trace.cttrace", "--", "sh", "-c", &shell]).output();
    let recorded = Recorded { output: output.unwrap(), trace };
    assert_eq!(recorded.code(), 3);
    assert!(ends(&recorded)[0].ends_with(": unknown"), "{:?}", ends(&recorded));
}

/// A second interpreter in a process is no process that was not recorded.
#[test]
fn subinterpreters_leave_no_mark() {
    let script = "import sys
for name in ('_interpreters', '_xxsubinterpreters'):
    try: interpreters = __import__(name); break
    except ImportError: pass
it = interpreters.create()
interpreters.run_string(it, 'def f(): pass\\nf()\\nimport os, sys\\nassert not any(\"ct_tui\" in name for name in sys.modules)')
interpreters.destroy(it)
";
    for python in pythons() {
        let (_ground, recorded) = run(python, script);
        assert_eq!(ends(&recorded), ["app.py: code 0"], "{python}: {}", recorded.stderr());
        assert_eq!(recorded.target_stderr(), "", "{python}");
    }
}

/// A shell in between is no reason to stand alone.
#[test]
fn a_child_of_a_shell_stands_below_the_process_that_started_the_shell() {
    let script = "import subprocess, sys
open('run.sh', 'w').write('#!/bin/sh\\n\"$1\" child.py exit 3; sh -c \\'\"$0\" child.py exit 4; true\\' \"$1\"; true\\n')
subprocess.run(['sh', 'run.sh', sys.executable])
for old in sys.argv[1:]: subprocess.run([\"'%s' -c 'pass'; true\" % old], shell=True)
";
    let old = common::unsuitable_pythons();
    for python in pythons() {
        let ground = Playground::with(&[("app.py", script), ("child.py", "import sys\nsys.exit(int(sys.argv[2]))\n")]);
        let paths = old.iter().map(|old| old.path.display().to_string());
        let words: Vec<String> =
            ["--values".to_owned(), "none".to_owned(), "app.py".to_owned()].into_iter().chain(paths).collect();
        let recorded = ground.record(python, &words);
        assert_eq!(recorded.code(), 0, "{python}: {}", recorded.stderr());
        let trace = Trace::open(&recorded.trace).unwrap();
        let first =
            trace.processes().iter().find(|process| process.info.argv == words[2..]).expect("the first process").ix;
        let above: Vec<_> =
            trace.processes().iter().filter(|process| process.ix != first).map(|it| it.parent).collect();
        assert_eq!(above, vec![Some(first); 2 + old.len()], "{python}");
    }
}
