//! `ct-tui print`: the call tree as text, or a line of JSON per call. Calls are written while they are read, block by
//! block, so the size of the trace does not matter.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value as Json;

use crate::app::calls::marks::mark;
use crate::app::units;
use crate::cli::PrintArgs;
use crate::diagnostic::printable;
use crate::index::{CallInfo, Change, Lines, Nav, Outcome as Ending, Payload};
use crate::model::code::CodeRecord;
use crate::model::value::{json, show};
use crate::trace::event::{Opening, tag};
use crate::trace::manifest::Values;
use crate::trace::{Process, Trace, value};

use super::{Failure, Outcome, reading};

/// Deeper calls are not indented any further; their depth is written instead.
const MAX_INDENT: u32 = 60;
/// Executed lines that are listed per call in JSON.
const MAX_LINES: usize = 10_000;
/// Characters of a row's call, and of each value in it.
const ROW: usize = 200;
const VALUE: usize = 40;

/// Prints all calls of a trace.
///
/// # Errors
///
/// The trace cannot be opened, or standard output not written.
pub fn run(args: &PrintArgs) -> Outcome {
    let trace = reading::open(&args.trace)?;
    let mut out = BufWriter::with_capacity(256 << 10, io::stdout().lock());
    let progress = reading::progress(reading::blocks(&trace));
    if !args.json {
        writeln!(out, "{}", headline(&trace))?;
    }
    for (process, _) in reading::tree(&trace) {
        if !args.json {
            writeln!(out, "\n{}", reading::describe(&trace, process))?;
        }
        for thread in process.threads() {
            let Some(nav) = Nav::new(&trace, process.ix, thread.no) else { continue };
            if !args.json {
                let name = thread.name.as_deref().map_or_else(|| format!("thread {}", thread.no.0), str::to_owned);
                writeln!(out, "  {}", printable(&name))?;
            }
            let mut writer = Writer { trace: &trace, process, nav, out: &mut out, tasks: Vec::new() };
            let mut changes = nav.changes().peekable();
            for index in 0..thread.blocks().len() {
                nav.each_in_block(index, |call| {
                    if args.json {
                        return writer.json(&call);
                    }
                    while let Some(change) = changes.next_if(|change| change.before <= call.id.ordinal) {
                        writer.change(&change)?;
                    }
                    writer.text(&call)
                })?;
                progress.inc(1);
            }
            for change in changes.filter(|_| !args.json) {
                writer.change(&change)?;
            }
        }
    }
    progress.finish_and_clear();
    out.flush()?;
    reading::warn(&trace);
    Ok(ExitCode::SUCCESS)
}

fn headline(trace: &Trace) -> String {
    let manifest = trace.manifest();
    let calls = trace.calls();
    let calls = if calls == 1 { "1 call".to_owned() } else { format!("{} calls", units::count(calls)) };
    let state = if trace.is_live() { "  still recording" } else { "" };
    printable(&format!("{}  {calls}  {}{state}", manifest.program, units::duration(trace.last_ns(), "µs"))).into_owned()
}

struct Writer<'a, W> {
    trace: &'a Trace,
    process: &'a Process,
    nav: Nav<'a>,
    out: &'a mut W,
    /// Tasks of the calls around the last one, with their depths.
    tasks: Vec<(u32, String)>,
}

/// A call, as `print --json` writes it. Scripts rely on these names.
#[derive(Serialize)]
struct Row<'a> {
    id: String,
    parent: Option<String>,
    depth: u32,
    pid: u32,
    thread: u32,
    label: String,
    module: Option<&'a str>,
    qualname: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    start_ns: u64,
    end_ns: Option<u64>,
    outcome: &'static str,
    opening: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thrown: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<Json>,
    /// Lines beyond those.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines_cut: Option<u64>,
}

impl<W: Write> Writer<'_, W> {
    fn json(&mut self, call: &CallInfo) -> Result<(), Failure> {
        let record = self.process.code(call.code).map(|record| &**record);
        let args = self.bytes(call.args);
        let result = self.bytes(call.result);
        let params = record.map_or(&[][..], |record| &record.facts.params);
        let raised = call.outcome == Ending::Raise;
        let task = self.task(call);
        let lines = self.lines(call, record);
        let row = Row {
            id: self.trace.call_name(call.id),
            parent: call.parent.map(|parent| self.trace.call_name(parent)),
            depth: call.depth,
            pid: self.process.info.pid,
            thread: call.id.thread.0,
            label: self.process.label(call.code),
            module: record.and_then(|record| record.module.as_deref()),
            qualname: record.map(|record| record.facts.qualname.as_str()),
            file: record.map(|record| record.facts.abs_path.as_str()),
            line: record.map(|record| record.facts.first_line),
            start_ns: call.start_ns,
            end_ns: call.end_ns,
            outcome: call.outcome.as_str(),
            opening: opening(call.opening),
            task,
            args: match (&args, call.opening) {
                (Some(bytes), Opening::Call) => Some(json::arguments(params, &value::arguments(bytes))),
                // A function without parameters is written without arguments.
                (None, Opening::Call) if self.takes_none(record) => Some(json::arguments(&[], &[])),
                _ => None,
            },
            sent: args
                .as_deref()
                .filter(|_| matches!(call.opening, Opening::Resume | Opening::Resync))
                .and_then(|bytes| value::value(bytes).ok())
                .map(|value| json::value(&value)),
            thrown: args
                .as_deref()
                .filter(|_| call.opening == Opening::Throw)
                .and_then(|bytes| value::raised(bytes).ok())
                .map(|raised| json::raised(&raised)),
            result: result
                .as_deref()
                .filter(|_| !raised)
                .and_then(|bytes| value::value(bytes).ok())
                .map(|value| json::value(&value)),
            exception: result
                .as_deref()
                .filter(|_| raised)
                .and_then(|bytes| value::raised(bytes).ok())
                .map(|raised| json::raised(&raised)),
            lines_cut: (lines.len() == MAX_LINES).then(|| self.lines_beyond(call)).filter(|more| *more > 0),
            lines,
        };
        self.out.write_all(reading::json_line(&row).as_bytes())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// Whether this is a function that takes no arguments, in a trace that has the arguments of others.
    fn takes_none(&self, record: Option<&CodeRecord>) -> bool {
        self.trace.manifest().options.values != Values::None
            && record.is_some_and(|record| {
                record.facts.params.is_empty() && record.facts.kind != crate::model::code::CodeKind::Module
            })
    }

    fn lines(&self, call: &CallInfo, record: Option<&CodeRecord>) -> Vec<Json> {
        if !self.trace.manifest().options.lines {
            return Vec::new();
        }
        let names = record.map_or(&[][..], |record| &record.facts.locals);
        let notes = self.nav.notes(call.id.ordinal, |tag| tag == tag::LINE, MAX_LINES);
        notes
            .iter()
            .filter_map(|note| {
                let bytes = self.nav.payload(note.payload)?;
                let line = value::line(&bytes).ok()?;
                Some(serde_json::json!({
                    "line": line.line, "at_ns": note.ns, "locals": json::locals(names, &line.changed),
                }))
            })
            .collect()
    }

    /// How many lines there are beyond those that are listed.
    fn lines_beyond(&self, call: &CallInfo) -> u64 {
        const STEP: usize = 1024;
        let Some(mut lines) = Lines::new(self.trace, call.id) else { return 0 };
        while !lines.advance(self.trace, STEP) {}
        lines.notes().saturating_sub(MAX_LINES as u64)
    }

    /// The asyncio task that a call runs in: noted at a coroutine, it holds for everything inside.
    fn task(&mut self, call: &CallInfo) -> Option<String> {
        self.tasks.retain(|(depth, _)| *depth < call.depth);
        if self.process.code(call.code).is_some_and(|record| record.facts.kind.is_async())
            && let Some(name) = self.nav.task(call.id.ordinal)
        {
            self.tasks.push((call.depth, name));
        }
        self.tasks.last().map(|(_, name)| name.clone())
    }

    fn bytes(&self, payload: Option<Payload>) -> Option<Vec<u8>> {
        payload.and_then(|payload| self.nav.payload(payload))
    }

    /// A change of the recording itself, so that a gap is not taken for absence.
    fn change(&mut self, change: &Change) -> Result<(), Failure> {
        let text = mark(self.trace, self.process.ix, &[*change]).text;
        Ok(writeln!(self.out, "{}⇅ {text}", indent(change.depth))?)
    }

    fn text(&mut self, call: &CallInfo) -> Result<(), Failure> {
        let mut row = indent(call.depth);
        row.push_str(&self.call_text(call));
        match call.duration_ns() {
            Some(ns) => row.push_str(&format!("  {}", units::duration(ns, "µs"))),
            None => row.push_str("  ⟳"),
        }
        match call.outcome {
            Ending::Raise => row.push_str("  ↯"),
            Ending::Yield => row.push_str("  yields"),
            Ending::Resync => row.push_str("  ⇅"),
            Ending::Return | Ending::Open => {}
        }
        if call.opening != Opening::Call {
            row.push_str(match call.opening {
                Opening::Throw => "  (thrown into)",
                Opening::Resync => "  (already running)",
                _ => "  (resumed)",
            });
        }
        if let Some(task) = self.task(call).filter(|_| self.tasks.last().is_some_and(|(depth, _)| *depth == call.depth))
        {
            row.push_str(&format!("  in task {}", printable(&task)));
        }
        if let Some(record) = self.process.code(call.code) {
            let file = record.facts.abs_path.rsplit('/').next().unwrap_or_default();
            row.push_str(&format!("  {}:{}", printable(file), record.facts.first_line));
        }
        row.push('\n');
        self.out.write_all(row.as_bytes())?;
        Ok(())
    }

    /// The label, with arguments and result where they are known.
    fn call_text(&self, call: &CallInfo) -> String {
        let label = self.process.label(call.code);
        let (args, result) = (self.bytes(call.args), self.bytes(call.result));
        if args.is_none() && result.is_none() {
            return show::plain(&label);
        }
        let record = self.process.code(call.code);
        let params = record.map_or(&[][..], |record| &record.facts.params);
        let values = match (&args, call.opening) {
            (Some(bytes), Opening::Call) => value::arguments(bytes),
            _ => Vec::new(),
        };
        let raised = result.as_deref().filter(|_| call.outcome == Ending::Raise).and_then(|b| value::raised(b).ok());
        let returned = result.as_deref().filter(|_| call.outcome != Ending::Raise).and_then(|b| value::value(b).ok());
        let ending = match (&raised, &returned) {
            (Some(raised), _) => show::Ending::Raised(raised),
            (_, Some(value)) => show::Ending::Value(value),
            _ => show::Ending::Silent,
        };
        let text = show::call(&label, params, &values, ending, VALUE, ROW);
        // A module has no parameters, and parentheses would say that it was called.
        if label.ends_with('>') && values.is_empty() { text.replacen("()", "", 1) } else { text }
    }
}

/// What stands before the text of a row with so many calls around it.
fn indent(depth: u32) -> String {
    let mut row = " ".repeat(4 + 2 * depth.min(MAX_INDENT) as usize);
    if depth > MAX_INDENT {
        row.push_str(&format!("[{depth}] "));
    }
    row
}

fn opening(opening: Opening) -> &'static str {
    match opening {
        Opening::Call => "call",
        Opening::Resume => "resume",
        Opening::Throw => "throw",
        Opening::Resync => "resync",
    }
}
