//! A program behaves the same with and without a recorder in it: output, error text, exit status, signals. Each program
//! of `tests/scripts/same/` is run plain and recorded, on every interpreter of the machine.

mod common;

use common::{Playground, pythons};
use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// What a script is called with, beside its name.
const ARGUMENTS: [&str; 3] = ["one", "--two", "th ree"];

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/same").join(name)
}

/// Addresses and process ids differ from run to run even without a recorder.
fn steady(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    regex::Regex::new(r"0x[0-9a-f]+").expect("a pattern").replace_all(&text, "0x…").into_owned()
}

/// The status as a shell says it, which is what `record` promises to end with.
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().expect("a code or a signal"))
}

fn same(name: &str) {
    let playground = Playground::new();
    let mut wrong = Vec::new();
    for python in pythons() {
        let mut plain = Command::new(&python.path);
        plain.arg(script(name)).args(ARGUMENTS);
        playground.surround(&mut plain);
        let plain = plain.output().expect("the interpreter starts");

        let file = script(name);
        let words = [file.as_os_str()].into_iter().chain(ARGUMENTS.iter().map(OsStr::new));
        let recorded = playground.record(python, words);

        let version = &python.version;
        let mut compare = |what: &str, plain: String, recorded: String| {
            if plain != recorded {
                wrong.push(format!("{version:?}: {what}\n--- plain\n{plain}\n--- recorded\n{recorded}"));
            }
        };
        compare("stdout", steady(&plain.stdout), steady(&recorded.output.stdout));
        compare("stderr", steady(&plain.stderr), steady(recorded.target_stderr().as_bytes()));
        compare("status", code(plain.status).to_string(), code(recorded.output.status).to_string());
        balanced(&playground, &recorded.trace, &mut |problem| wrong.push(format!("{version:?}: {problem}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The trace can be read, and is in balance.
fn balanced(playground: &Playground, trace: &Path, problem: &mut dyn FnMut(String)) {
    let output = playground.ct_tui([OsStr::new("print"), trace.as_os_str(), OsStr::new("--json")]).output();
    let output = output.expect("ct-tui starts");
    if output.status.code() == Some(2) {
        return problem(format!("the trace cannot be read: {}", String::from_utf8_lossy(&output.stderr)));
    }
    common::balanced(&String::from_utf8_lossy(&output.stdout), problem);
}

macro_rules! programs {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            same(concat!(stringify!($name), ".py"));
        })*

        #[test]
        fn every_script_is_run() {
            let listed = [$(concat!(stringify!($name), ".py")),*];
            for entry in std::fs::read_dir(script("")).expect("the folder of scripts") {
                let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
                assert!(!name.ends_with(".py") || listed.contains(&name.as_str()), "{name} is not listed");
            }
        }
    };
}

programs! {
    argv_and_path atexit_order bad_names chdir clean_environment code_slots closed_descriptors coroutines cprofile
    daemon_threads exceptions_everywhere exec_again exit_status exit_text fork frames gc_callbacks gc_objects generated_code
    generators hostile_objects hostile_values leaks main_module many_evals monitoring multiprocess os_exit
    own_sitecustomize recursion_deep recursion_depth refcounts setprofile settrace signal_handler signal_kill
    stdin_echo subprocesses threads traceback_uncaught tracers_everywhere warnings_and_logging weakrefs
}
