//! What the tests that run real programs share: the interpreters of this machine, and `ct-tui` on a script.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

pub mod live;
pub mod terminal;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use ct_tui::launch::interpreter;
use ct_tui::launch::probe::Interpreter;

/// Every CPython on this machine that can be recorded, one per version and file, newest first. Never empty: a machine
/// without one cannot run these tests, and must not pass them.
pub fn pythons() -> &'static [Interpreter] {
    static FOUND: LazyLock<Vec<Interpreter>> = LazyLock::new(|| {
        let found: Vec<_> = installed().into_iter().filter(|it| it.unsuitable().is_none()).collect();
        assert!(!found.is_empty(), "these tests need a CPython 3.10 or newer");
        found
    });
    &FOUND
}

/// Those of them that the recorder has a backend for.
pub fn recordable() -> impl Iterator<Item = &'static Interpreter> {
    pythons().iter()
}

/// Those that cannot be recorded: too old, free-threaded, not CPython. May be empty.
pub fn unsuitable_pythons() -> Vec<Interpreter> {
    installed().into_iter().filter(|it| it.unsuitable().is_some()).collect()
}

/// The newest interpreter with `sys.monitoring`, else the newest.
pub fn python() -> &'static Interpreter {
    &pythons()[0]
}

fn installed() -> Vec<Interpreter> {
    static FOUND: LazyLock<Vec<Interpreter>> = LazyLock::new(|| {
        let folder = std::env::temp_dir();
        let working = interpreter::all(&folder).into_iter().filter_map(|(_, _, answer)| answer.ok());
        // By its real file, not by a shim that may choose another one in another folder.
        working
            .map(|it| match it.executable.clone().filter(|path| path.is_file()) {
                Some(path) => Interpreter { path, ..it },
                None => it,
            })
            .collect()
    });
    FOUND.clone()
}

/// A folder for one test: scripts, home, cache and traces.
pub struct Playground {
    /// Removed when this is dropped.
    pub folder: tempfile::TempDir,
}

impl Playground {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("ct-tui-test").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder }
    }

    /// One with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let it = Self::new();
        for (name, text) in files {
            it.write(name, text);
        }
        it
    }

    /// The folder's path, links resolved.
    pub fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// A path in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, and the folders it lies in.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.at(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `ct-tui` with these arguments, in this folder, with nothing of the user's own configuration.
    pub fn ct_tui<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ct-tui"));
        command.args(args);
        self.surround(&mut command);
        command
    }

    /// The same surroundings for another command, so that both can be compared.
    pub fn surround(&self, command: &mut Command) {
        command.current_dir(self.path()).stdin(Stdio::null());
        for name in [
            "VIRTUAL_ENV",
            "PYTHONPATH",
            "PYTHONHOME",
            "CODETRACER_TRACE_FILTER",
            "CODETRACER_MODULE_NAME_FROM_GLOBALS",
            "CT_TUI_TRACE",
            "CT_TUI_RECORDER",
            "CT_TUI_FOLLOW",
            "CT_TUI_CONTROL",
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "NO_COLOR",
        ] {
            command.env_remove(name);
        }
        with_default_signals(command);
        command.env("HOME", self.at("home")).env("XDG_CACHE_HOME", cache()).env("CT_TUI_TRACES", self.at("traces"));
    }

    /// Records a target with an interpreter into the folder `trace`, headless. `words`: options, then the target.
    pub fn record<I: AsRef<OsStr>>(&self, python: &Interpreter, words: impl IntoIterator<Item = I>) -> Recorded {
        let trace = self.at("trace.cttrace");
        let _ = std::fs::remove_dir_all(&trace);
        let mut command = self.ct_tui(["record", "--headless", "--python"]);
        command.arg(&python.path).arg("-o").arg(&trace).args(words);
        let output = command.output().unwrap();
        Recorded { output, trace }
    }
}

/// Whoever runs the tests may ignore signals (`nohup` does), and that is passed on from parent to child: the tests of
/// signals would wait for ever.
#[allow(unsafe_code, reason = "what runs between fork and exec cannot be safe")]
fn with_default_signals(command: &mut Command) {
    use nix::sys::signal::{SigHandler, Signal, signal};
    use std::os::unix::process::CommandExt;
    let reset = || {
        for number in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM] {
            // SAFETY: the default action is set, no handler of ours runs.
            unsafe { signal(number, SigHandler::SigDfl) }?;
        }
        Ok(())
    };
    // SAFETY: only system calls are made, which may be made after a fork.
    unsafe { command.pre_exec(reset) };
}

/// All tests share one unpacked recorder; what is tested about unpacking has a place of its own.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// A finished recording.
pub struct Recorded {
    /// What came out, and how it ended.
    pub output: Output,
    /// The trace directory.
    pub trace: PathBuf,
}

impl Recorded {
    /// Standard output as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Standard error without our own lines.
    pub fn target_stderr(&self) -> String {
        self.stderr().lines().filter(|line| !line.starts_with("ct-tui: ")).map(|line| format!("{line}\n")).collect()
    }

    /// The exit code; panics when a signal ended `ct-tui`.
    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    /// The manifest.
    pub fn manifest(&self) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.trace.join("manifest.json")).unwrap()).unwrap()
    }

    /// `process.json` of each process, by the name of its folder.
    pub fn processes(&self) -> BTreeMap<String, serde_json::Value> {
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(&self.trace).unwrap().flatten() {
            if let Ok(text) = std::fs::read(entry.path().join("process.json")) {
                found.insert(entry.file_name().into_string().unwrap(), serde_json::from_slice(&text).unwrap());
            }
        }
        found
    }
}

/// Every call of `print --json` names a parent that stands above it on its own thread, one level further out.
pub fn balanced(rows: &str, problem: &mut dyn FnMut(String)) {
    let mut depths = std::collections::HashMap::new();
    for line in rows.lines() {
        let call: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let depth = call["depth"].as_u64().expect("a depth");
        let above = match call["parent"].as_str() {
            None => Some(0),
            Some(parent) => depths.get(parent).map(|depth| depth + 1),
        };
        if above != Some(depth) {
            problem(format!("out of balance: {line}"));
        }
        depths.insert(call["id"].as_str().expect("an id").to_owned(), depth);
    }
}

/// Waits until `condition` gives something, for at most a minute: then it is a failure of the test.
pub fn wait_for<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    wait_a_minute(condition).unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// Waits until `condition` gives something; `None`: a minute went by.
pub fn wait_a_minute<T>(mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let start = std::time::Instant::now();
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if start.elapsed().as_secs() >= 60 {
            return None;
        }
        std::thread::yield_now();
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}
