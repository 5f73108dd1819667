//! `ct-tui list`: the saved traces, newest first.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use crate::app::units;
use crate::cli::ListArgs;
use crate::diagnostic::printable;
use crate::launch::paths;
use crate::trace::format::MANIFEST;
use crate::trace::manifest::Exit;
use crate::trace::reader::{OpenError, Overview, summary};

use super::{Failure, Outcome};

/// Lists the saved traces.
///
/// # Errors
///
/// There is no folder for traces, or it cannot be read.
pub fn run(args: &ListArgs) -> Outcome {
    let folder = paths::traces().ok_or_else(|| Failure::new(crate::launch::LaunchError::NoTracesFolder))?;
    let traces = saved(&folder)?;
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        for (path, found) in &traces {
            writeln!(out, "{}", as_json(path, found))?;
        }
    } else if traces.is_empty() {
        writeln!(out, "No traces yet. Record one: ct-tui record app.py")?;
    } else {
        out.write_all(table(&traces).as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

type Found = Result<Overview, OpenError>;

/// Every trace in the folder, newest first; those that cannot be read come last.
fn saved(folder: &Path) -> Result<Vec<(PathBuf, Found)>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::new(format!("{}: {error}", folder.display()))),
    };
    let mut paths: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.join(MANIFEST).exists()).collect();
    paths.sort();
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar());
    // Drawn on stderr, and only if that is a terminal.
    let progress = ProgressBar::new(paths.len() as u64).with_style(style);
    let mut found: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let overview = summary(&path);
            progress.inc(1);
            (path, overview)
        })
        .collect();
    progress.finish_and_clear();
    let started = |found: &Found| found.as_ref().map_or(f64::MIN, |overview| overview.manifest.started_at);
    found.sort_by(|a, b| started(&b.1).total_cmp(&started(&a.1)));
    Ok(found)
}

fn as_json(path: &Path, found: &Found) -> serde_json::Value {
    match found {
        Ok(it) => json!({
            "path": path.to_string_lossy(),
            "program": it.manifest.program,
            "started_at": it.manifest.started_at,
            "duration_ns": it.duration_ns,
            "python": it.python,
            "calls": it.calls,
            "calls_complete": it.calls_complete,
            "bytes": it.bytes,
            "processes": it.processes,
            "not_recorded": it.not_recorded,
            "lost": it.lost,
            "live": it.live,
            "exit": it.manifest.exit,
            "error": null,
        }),
        Err(error) => json!({ "path": path.to_string_lossy(), "error": error.to_string() }),
    }
}

const HEAD: [&str; 8] = ["when", "program", "python", "duration", "calls", "size", "ended", "trace"];
const RIGHT: [bool; 8] = [false, false, false, true, true, true, false, false];
/// Longest command line that is shown whole.
const PROGRAM_WIDTH: usize = 40;

fn table(traces: &[(PathBuf, Found)]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    let mut broken = String::new();
    for (path, found) in traces {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match found {
            Ok(it) => rows.push(row(it, &printable(&name))),
            Err(error) => broken += &format!("⚠ {}\n", printable(&error.to_string())),
        }
    }
    let widths: [usize; 8] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let space = " ".repeat(widths[column] - cell.width());
            line += &if RIGHT[column] { space + cell } else { cell.clone() + &space };
            line += "  ";
        }
        text += line.trim_end();
        text.push('\n');
    }
    text + &broken
}

fn row(it: &Overview, name: &str) -> [String; 8] {
    let mut program: String = printable(&it.manifest.program).chars().take(PROGRAM_WIDTH + 1).collect();
    if program.chars().count() > PROGRAM_WIDTH {
        program = program.chars().take(PROGRAM_WIDTH - 1).collect::<String>() + "…";
    }
    let ended = match (&it.manifest.exit, it.live) {
        (_, true) => "recording".to_owned(),
        (Some(Exit::Code(code)), _) => format!("exit {code}"),
        (Some(Exit::Signal(number)), _) => format!("✗ {}", signal_name(*number)),
        (None, _) => "unknown".to_owned(),
    };
    let calls = units::count(it.calls) + if it.calls_complete { "" } else { "+" };
    [
        units::when(it.manifest.started_at),
        program,
        printable(it.python.as_deref().unwrap_or("–")).into_owned(),
        units::duration(it.duration_ns, "µs"),
        calls,
        units::size(it.bytes),
        ended,
        name.to_owned(),
    ]
}

pub(super) use crate::app::session::signal_name;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names() {
        assert_eq!(signal_name(9), "SIGKILL");
        assert_eq!(signal_name(40), "signal 40");
    }
}
