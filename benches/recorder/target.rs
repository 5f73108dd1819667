//! One running target: it is told how much to do, and answers how long that took.

use crate::common::Playground;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that runs `loop.py`.
pub struct Target {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Its trace, if it is recorded.
    pub trace: Option<PathBuf>,
}

impl Target {
    /// Starts `loop.py` plainly with these arguments.
    pub fn plain(ground: &Playground, python: &Path, mode: &[&Path]) -> Self {
        let mut command = Command::new(python);
        ground.surround(&mut command);
        command.arg(ground.at("loop.py")).args(mode);
        Self::start(command, None)
    }

    /// Starts it recorded, with these options.
    pub fn recorded(ground: &Playground, python: &Path, name: &str, options: &[&str]) -> Self {
        let trace = ground.at(&format!("{name}.cttrace"));
        let mut command = ground.ct_tui(["record", "--headless", "--python"]);
        command.arg(python).arg("-o").arg(&trace).args(options).arg(ground.at("loop.py")).arg("plain");
        Self::start(command, Some(trace))
    }

    fn start(mut command: Command, trace: Option<PathBuf>) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the target starts");
        let orders = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, orders, answers, trace }
    }

    /// Has it do `count` of `what` and returns its answer.
    pub fn ask(&mut self, what: &str, count: u64) -> f64 {
        writeln!(self.orders, "{what} {count}").expect("the target listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the target answers");
        line.trim().parse().expect("a number")
    }

    /// Ends it and returns the bytes of events in its trace.
    pub fn end(self) -> u64 {
        let Self { mut child, orders, answers, trace } = self;
        drop((orders, answers));
        child.wait().expect("the target ends");
        trace.map_or(0, |trace| event_bytes(&trace))
    }
}

/// The bytes of all event files of a trace.
fn event_bytes(trace: &Path) -> u64 {
    let folders = std::fs::read_dir(trace).expect("a trace").flatten();
    let files = folders.filter_map(|folder| std::fs::read_dir(folder.path()).ok()).flatten().flatten();
    let events = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "events"));
    events.map(|file| file.metadata().map_or(0, |meta| meta.len())).sum()
}
