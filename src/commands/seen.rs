//! The functions of a trace, one row per code object, as `frames` and `why` show them: the JSON form that scripts rely
//! on, and the short forms of columns.

use serde::Serialize;

use super::Failure;
use crate::app::units;
use crate::diagnostic::printable;
use crate::filter::{Chain, Engine, FrameFacts};
use crate::model::code::{CodeRecord, Exec, RuleRef};
use crate::model::evidence::{EvidenceItem, NameSource, NamingMode};
use crate::naming;
use crate::trace::Trace;

/// A code object of one process, with what it did.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'t> {
    pub pid: u32,
    pub record: &'t CodeRecord,
    /// `None`: skipped from its first call on, so nobody counted.
    pub calls: Option<u64>,
    pub total_ns: u64,
    pub self_ns: u64,
}

/// The fields of `frames --json`.
#[derive(Debug, Serialize)]
pub struct FrameJson<'t> {
    label: String,
    module: Option<&'t str>,
    qualname: &'t str,
    file: &'t str,
    line: u32,
    pid: u32,
    name_source: NameSource,
    evidence: &'t [EvidenceItem],
    exec: Exec,
    rule: Option<&'t RuleRef>,
    calls: Option<u64>,
    /// Why no rule could have changed `exec`.
    exec_reason: Option<&'t str>,
    total_ns: u64,
    self_ns: u64,
    /// What the naming mode that was not used would have answered.
    other_mode: OtherMode<'t>,
}

#[derive(Debug, Serialize)]
struct OtherMode<'t> {
    mode: NamingMode,
    module: Option<&'t str>,
    name_source: NameSource,
}

impl<'t> Seen<'t> {
    /// What filters match against.
    pub fn facts(&self) -> FrameFacts<'t> {
        FrameFacts {
            module: self.record.module.as_deref(),
            abs_path: &self.record.facts.abs_path,
            qualname: &self.record.facts.qualname,
        }
    }

    /// The JSON form; `mode` is the one that the recording used.
    pub fn json(&self, mode: NamingMode) -> FrameJson<'t> {
        let other = other(mode);
        let (module, name_source) = naming::answer(other, &self.record.evidence);
        FrameJson {
            label: self.record.label(),
            module: self.record.module.as_deref(),
            qualname: &self.record.facts.qualname,
            file: &self.record.facts.abs_path,
            line: self.record.facts.first_line,
            pid: self.pid,
            name_source: self.record.name_source,
            evidence: &self.record.evidence.items,
            exec: self.record.verdict.exec,
            rule: self.record.verdict.rule.as_ref(),
            calls: self.calls,
            exec_reason: self.record.verdict.reason.as_deref(),
            total_ns: self.total_ns,
            self_ns: self.self_ns,
            other_mode: OtherMode { mode: other, module, name_source },
        }
    }

    /// `path:line`, relative to the project root where it lies inside.
    pub fn place(&self, root: &str) -> String {
        let path = &self.record.facts.abs_path;
        let inside = path.strip_prefix(root.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
        format!("{}:{}", printable(inside.unwrap_or(path)), self.record.facts.first_line)
    }

    /// Number of calls, `-` where nobody counted.
    pub fn calls_column(&self) -> String {
        self.calls.map_or_else(|| "-".to_owned(), units::count)
    }

    /// Time in its calls, `-` where nothing was timed.
    pub fn time_column(&self) -> String {
        if self.calls.unwrap_or(0) == 0 { "-".to_owned() } else { units::duration(self.total_ns, "µs") }
    }
}

/// The mode that is not `mode`.
pub fn other(mode: NamingMode) -> NamingMode {
    match mode {
        NamingMode::Globals => NamingMode::Resolver,
        NamingMode::Resolver => NamingMode::Globals,
    }
}

/// A selector short enough for a column: the reason of its rule stands in for one that is a program of its own.
pub fn brief(selector: &str, reason: Option<&str>) -> String {
    use crate::app::text::{elide, width};
    const CELLS: usize = 60;
    let shown = printable(selector);
    if width(&shown) <= CELLS {
        return shown.into_owned();
    }
    let head = elide(&shown, 24, "…").into_owned();
    reason.map_or_else(
        || elide(&shown, CELLS, "…").into_owned(),
        |reason| format!("{head} ({})", elide(&printable(reason), CELLS, "…")),
    )
}

/// How names were found in this recording.
pub fn mode(trace: &Trace) -> NamingMode {
    if trace.manifest().options.module_name_from_globals { NamingMode::Globals } else { NamingMode::Resolver }
}

/// Every code object of every process, in the order of their first start.
pub fn collect(trace: &Trace) -> Vec<Seen<'_>> {
    let mut profile = crate::index::Profile::new();
    profile.finish(trace);
    let mut all = Vec::new();
    for process in trace.processes() {
        for record in process.codes.iter() {
            let totals = profile.function(process, record.id);
            let counted = record.verdict.exec == Exec::Trace || totals.calls > 0;
            all.push(Seen {
                pid: process.key.pid,
                record,
                calls: counted.then_some(totals.calls),
                total_ns: totals.total_ns,
                self_ns: totals.self_ns,
            });
        }
    }
    all
}

/// The filter chain of a trace, as it was at the end.
///
/// # Errors
///
/// The chain in the manifest does not compile: it was written by another version, or damaged.
pub fn engine(trace: &Trace) -> Result<Engine, Failure> {
    Chain::compile(trace.filters().1).map_err(|problems| {
        let first = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        Failure::new(format!("the filter chain of this trace cannot be read: {first}"))
    })
}

/// Rows of text as columns: all but the last padded to the same width; `right` says which stand on the right.
pub fn columns(rows: &[Vec<String>], right: &[usize]) -> String {
    use crate::app::text::{pad, pad_start, width};
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(widest).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                line.push_str("  ");
            }
            line.push_str(&if right.contains(&at) { pad_start(cell, widths[at]) } else { pad(cell, widths[at]) });
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
