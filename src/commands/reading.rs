//! What the commands that read a trace share: opening it, saying what is wrong with it, and showing that long work goes
//! on. Warnings go to stderr, so that standard output stays what was asked for.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::app::units;
use crate::diagnostic::printable;
use crate::model::id::ProcessIx;
use crate::trace::manifest::Exit;
use crate::trace::{Process, Trace};

use super::Failure;

/// Problems of a trace that are told one by one; the rest is counted.
const MAX_TOLD: usize = 10;

/// Opens a trace and reads all that is there.
///
/// # Errors
///
/// Why it cannot be opened, with nothing in it that a terminal would act on.
pub fn open(path: &Path) -> Result<Trace, Failure> {
    Trace::open(path).map_err(|error| match Failure::from(error) {
        Failure::Message(text) => Failure::Message(printable(&text).into_owned()),
        closed @ Failure::ClosedPipe => closed,
    })
}

/// Says on stderr what is missing from the trace.
pub fn warn(trace: &Trace) {
    let mut lines: Vec<String> = Vec::new();
    let (problems, more) = trace.problems();
    lines.extend(problems.iter().take(MAX_TOLD).map(|problem| format!("damaged: {problem}")));
    let untold = problems.len().saturating_sub(MAX_TOLD) as u64 + more;
    if untold > 0 {
        lines.push(format!("damaged: {} more problems", units::grouped(untold)));
    }
    if let Some(reason) = &trace.manifest().not_recorded {
        lines.push(reason.clone());
    }
    let lost = trace.lost();
    if lost > 0 {
        lines.push(format!("{} lost", units::plural(lost, "call was", "calls were")));
    }
    for process in trace.processes() {
        if let Some(reason) = &process.state.reason {
            lines.push(format!("process {}: recording stopped early: {reason}", process.key));
        }
    }
    let mut err = io::stderr().lock();
    for line in lines {
        // A closed stderr is no reason for anything.
        let _ = writeln!(err, "ct-tui: warning: {}", printable(&line));
    }
}

/// A progress bar on stderr, drawn only when that is a terminal and standard output is not: a bar between lines of
/// output helps nobody. Short work shows none.
#[must_use]
pub fn progress(steps: u64) -> ProgressBar {
    if steps < 64 || !io::stderr().is_terminal() || io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{wide_bar} {percent} % {eta}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(steps).with_style(style)
}

/// Blocks in the whole trace: what a progress bar counts.
#[must_use]
pub fn blocks(trace: &Trace) -> u64 {
    trace.processes().iter().flat_map(Process::threads).map(|thread| thread.blocks().len() as u64).sum()
}

/// All processes, each behind the one that started it, with its depth in the tree.
#[must_use]
pub fn tree(trace: &Trace) -> Vec<(&Process, usize)> {
    let mut rows = Vec::new();
    let mut todo: Vec<(&Process, usize)> = trace.children(None).into_iter().rev().map(|process| (process, 0)).collect();
    while let Some((process, depth)) = todo.pop() {
        rows.push((process, depth));
        todo.extend(trace.children(Some(process.ix)).into_iter().rev().map(|child| (child, depth + 1)));
    }
    rows
}

/// One process in a line: what it ran, where it came from, how it ended.
#[must_use]
pub fn describe(trace: &Trace, process: &Process) -> String {
    let mut parts = vec![format!("process {}", process.key)];
    if !process.info.argv.is_empty() {
        parts.push(units_of_command(&process.info.argv));
    }
    if !process.info.version.is_empty() {
        parts.push(format!("python {}", process.info.version));
    }
    if let Some(parent) = process.parent.and_then(|ix: ProcessIx| trace.process(ix)) {
        let how = match process.info.origin.as_str() {
            "fork" => "forked from",
            "exec" => "replaces",
            _ => "started by",
        };
        parts.push(format!("{how} {}", parent.key));
    }
    if let Some(reason) = &process.info.not_recorded {
        parts.push(format!("not recorded: {reason}"));
    }
    match process.exit {
        Some(Exit::Code(code)) => parts.push(format!("exit {code}")),
        Some(Exit::Signal(signal)) => parts.push(format!("✗ signal {signal}")),
        None if process.is_running() => parts.push("running".to_owned()),
        None if process.state.replaced => parts.push("replaced by another program".to_owned()),
        None if process.died() => parts.push("✗ ended without shutting down".to_owned()),
        None => {}
    }
    printable(&parts.join("  ")).into_owned()
}

/// A command line in one row, cut when it is long.
fn units_of_command(argv: &[String]) -> String {
    const LONGEST: usize = 100;
    let text = argv.join(" ").replace('\n', " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The text of a JSON line, with the control characters that JSON itself lets through written as escapes.
#[must_use]
pub fn json_line(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    if text.is_ascii() && !text.contains('\u{7f}') {
        return text;
    }
    escape_json(&text)
}

/// See [`json_line`].
fn escape_json(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        // Below U+0020 everything is escaped already, and all of these are below U+10000 or written as two halves.
        if crate::model::value::show::disturbs(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_hold_nothing_that_a_terminal_acts_on() {
        for text in ["plain", "\u{1b}[31m", "\u{9b}31m", "\u{7f}", "\u{202e}abc", "é €", "\u{e0041}"] {
            let line = json_line(&text);
            assert!(!line.chars().any(crate::model::value::show::disturbs), "{line:?}");
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
