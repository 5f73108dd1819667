//! `ct-tui frames TRACE`: every function that was seen, with its name, where the name came from, and whether it is
//! recorded; and how the names were found altogether.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use super::seen::{self, Seen};
use super::{Outcome, reading};
use crate::app::units::{grouped, plural};
use crate::cli::FramesArgs;
use crate::diagnostic::printable;
use crate::model::code::Exec;
use crate::model::evidence::{EvidenceSource, NameSource, NamingMode};
use crate::naming::{Disagreement, disagreement};

/// Lists the functions of a trace.
///
/// # Errors
///
/// The trace cannot be read, or nothing can be written.
pub fn run(args: &FramesArgs) -> Outcome {
    let trace = reading::open(&args.trace)?;
    let mode = seen::mode(&trace);
    let all = seen::collect(&trace);
    let wanted = |frame: &&Seen<'_>| {
        (!args.unresolved || frame.record.module.is_none())
            && (!args.disagreeing || disagreement(&frame.record.evidence).is_some())
    };
    let shown: Vec<&Seen<'_>> = all.iter().filter(wanted).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        for frame in shown {
            writeln!(out, "{}", reading::json_line(&frame.json(mode)))?;
        }
    } else {
        let root = &trace.manifest().project_root;
        out.write_all(table(&shown, mode, root, args.unresolved || args.disagreeing).as_bytes())?;
        out.write_all(summary(&all, mode).as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// One line per function; `why`: also what the sources say, for lists of names that went wrong.
fn table(frames: &[&Seen<'_>], mode: NamingMode, root: &str, why: bool) -> String {
    if frames.is_empty() {
        return String::new();
    }
    let mut head: Vec<String> = ["NAME", "FROM", "EXEC", "CALLS", "TIME", "WHERE"].map(str::to_owned).to_vec();
    if why {
        head.push(format!("UNDER {}", seen::other(mode).as_str().to_uppercase()));
        head.push("EVIDENCE".to_owned());
    }
    let mut rows = vec![head];
    for frame in frames {
        let record = frame.record;
        let mut row = vec![
            printable(&record.label()).into_owned(),
            record.name_source.as_str().to_owned(),
            exec(record.verdict.exec).to_owned(),
            frame.calls_column(),
            frame.time_column(),
            frame.place(root),
        ];
        if why {
            let (module, _) = crate::naming::answer(seen::other(mode), &record.evidence);
            row.push(module.map_or_else(|| "-".to_owned(), |module| printable(module).into_owned()));
            row.push(trail(frame));
        }
        rows.push(row);
    }
    seen::columns(&rows, &[3, 4])
}

fn exec(exec: Exec) -> &'static str {
    match exec {
        Exec::Trace => "trace",
        Exec::Skip => "skip",
    }
}

/// What every source says, in one line.
fn trail(frame: &Seen<'_>) -> String {
    let items = frame.record.evidence.items.iter();
    let said = items.filter(|item| item.source != EvidenceSource::ProjectPath).map(|item| match &item.name {
        Some(name) => format!("{}={}", item.source.as_str(), printable(name)),
        None => format!("{}: {}", item.source.as_str(), item.outcome.in_words()),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// How many names came from where, how many failed and why.
fn summary(all: &[Seen<'_>], mode: NamingMode) -> String {
    if all.is_empty() {
        return "No function was seen.\n".to_owned();
    }
    let mut sources: BTreeMap<NameSource, u64> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut main, mut disagree) = (0, 0);
    for frame in all {
        let evidence = &frame.record.evidence;
        *sources.entry(frame.record.name_source).or_default() += 1;
        if frame.record.module.is_none() {
            let reason = evidence.outcome(EvidenceSource::Globals).map_or("no evidence", |outcome| outcome.in_words());
            *reasons.entry(reason).or_default() += 1;
        }
        match disagreement(evidence) {
            Some(Disagreement::RunsAsMain) => main += 1,
            Some(Disagreement::SourcesDisagree) => disagree += 1,
            None => {}
        }
    }
    let count = all.len() as u64;
    let mut out = format!("\n{}, named in {} mode:", plural(count, "function", "functions"), mode.as_str());
    let named = sources.iter().filter(|(source, _)| **source != NameSource::None);
    let named: Vec<String> = named.map(|(source, n)| format!(" {} from {}", grouped(*n), source.as_str())).collect();
    out.push_str(&named.join(","));
    if named.is_empty() {
        out.push_str(" none");
    }
    out.push('\n');
    if let Some(failed) = sources.get(&NameSource::None) {
        let reasons: Vec<String> = reasons.iter().map(|(reason, n)| format!("{} {reason}", grouped(*n))).collect();
        out.push_str(&format!("{} without a name (__name__: {})\n", grouped(*failed), reasons.join(", ")));
    }
    if main > 0 {
        out.push_str(&format!("{} in a module that runs as __main__\n", grouped(main)));
    }
    if disagree > 0 {
        out.push_str(&format!("{} about whose name the sources disagree\n", grouped(disagree)));
    }
    out
}
