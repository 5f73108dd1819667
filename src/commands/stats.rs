//! `ct-tui stats`: totals per function, the same function in several processes taken together.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::app::units;
use crate::cli::StatsArgs;
use crate::diagnostic::printable;
use crate::index::{FunctionTotals, Profile};
use crate::model::code::label;
use crate::trace::Trace;

use super::{Outcome, reading};

/// Prints what each function did, the one with most time of its own first.
///
/// # Errors
///
/// The trace cannot be opened, or standard output not written.
pub fn run(args: &StatsArgs) -> Outcome {
    let trace = reading::open(&args.trace)?;
    let mut profile = Profile::new();
    let progress = reading::progress(reading::blocks(&trace));
    loop {
        let step = profile.advance(&trace, 512);
        progress.set_position(step.done as u64);
        if step.finished {
            break;
        }
    }
    progress.finish_and_clear();
    let rows = rows(&trace, &profile);
    let whole: u64 = rows.iter().map(|row| row.self_ns).fold(0, u64::saturating_add);
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        for row in &rows {
            writeln!(out, "{}", reading::json_line(row))?;
        }
    } else {
        table(&mut out, &trace, &rows, whole)?;
    }
    out.flush()?;
    reading::warn(&trace);
    Ok(ExitCode::SUCCESS)
}

/// One function, as `stats --json` writes it. Scripts rely on these names.
#[derive(Debug, Serialize)]
struct Row {
    label: String,
    module: Option<String>,
    qualname: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    calls: u64,
    /// Times that a generator or coroutine went on.
    resumes: u64,
    /// Times that an exception left it.
    raised: u64,
    total_ns: u64,
    self_ns: u64,
    /// Own time as a part of all time, 0 to 1.
    self_share: f64,
    /// Processes in which it ran.
    processes: usize,
}

type Identity = (Option<String>, String, String, u32);

fn rows(trace: &Trace, profile: &Profile) -> Vec<Row> {
    let mut same: HashMap<Identity, (FunctionTotals, usize, bool)> = HashMap::new();
    for (process, code, totals) in profile.functions(trace) {
        let (identity, known) = match process.code(code) {
            Some(record) => {
                let facts = &record.facts;
                let identity =
                    (record.module.clone(), facts.qualname.clone(), facts.abs_path.clone(), facts.first_line);
                (identity, true)
            }
            None => ((None, format!("<code {}>", code.0), process.key.to_string(), 0), false),
        };
        let entry = same.entry(identity).or_insert((FunctionTotals::default(), 0, known));
        entry.0.add(&totals);
        entry.1 += 1;
    }
    let whole: u64 = same.values().map(|(totals, ..)| totals.self_ns).fold(0, u64::saturating_add);
    let mut rows: Vec<Row> = same
        .into_iter()
        .map(|((module, qualname, file, line), (totals, processes, known))| Row {
            label: label(module.as_deref(), &qualname),
            module,
            qualname: known.then_some(qualname),
            file: known.then_some(file),
            line: known.then_some(line),
            calls: totals.calls,
            resumes: totals.resumes,
            raised: totals.raised,
            total_ns: totals.total_ns,
            self_ns: totals.self_ns,
            self_share: share(totals.self_ns, whole),
            processes,
        })
        .collect();
    rows.sort_by(|a, b| (b.self_ns, b.total_ns, &a.label, a.line).cmp(&(a.self_ns, a.total_ns, &b.label, b.line)));
    rows
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
fn share(part: u64, whole: u64) -> f64 {
    // Four digits are all that anyone reads, and they are the same on every machine.
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 1e4).round() / 1e4 }
}

fn table(out: &mut impl Write, trace: &Trace, rows: &[Row], whole: u64) -> io::Result<()> {
    for (process, depth) in reading::tree(trace) {
        let calls = units::plural(process.calls(), "call", "calls");
        writeln!(out, "{}{}  {calls}", "  ".repeat(depth.min(20)), reading::describe(trace, process))?;
    }
    writeln!(out)?;
    let header = ["self", "share", "total", "calls", "per call", "function"].map(str::to_owned);
    let cells: Vec<[String; 6]> = rows
        .iter()
        .map(|row| {
            let file = row.file.as_deref().map(|file| file.rsplit('/').next().unwrap_or(file));
            let place = file.map_or_else(String::new, |file| format!("  {file}:{}", row.line.unwrap_or(0)));
            [
                units::duration(row.self_ns, "µs"),
                units::percent(row.self_ns, whole),
                units::duration(row.total_ns, "µs"),
                units::grouped(row.calls),
                row.total_ns.checked_div(row.calls).map_or_else(String::new, |ns| units::duration(ns, "µs")),
                printable(&format!("{}{place}", row.label)).into_owned(),
            ]
        })
        .collect();
    let width = |column: usize| {
        std::iter::once(&header).chain(&cells).map(|row| row[column].chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    for row in std::iter::once(&header).chain(&cells) {
        for (cell, width) in row.iter().zip(widths) {
            write!(out, "{cell:>width$}  ")?;
        }
        writeln!(out, "{}", row[5])?;
    }
    Ok(())
}
