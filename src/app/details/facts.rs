//! What Details says in words of a call, a thread, a process or a function: times, why it was recorded, how it got its name.

use crate::app::calls::label;
use crate::app::output::lines;
use crate::app::pane::Cx;
use crate::app::text::clean;
use crate::app::units;
use crate::config::Role;
use crate::index::{CallInfo, Nav, Outcome, Way};
use crate::model::code::{CodeRecord, Exec};
use crate::model::evidence;
use crate::model::id::{CallId, CodeId, ProcessIx, ThreadNo};
use crate::trace::Trace;
use std::path::PathBuf;

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The label, with its role.
    pub title: (String, Role),
    /// At the right of the title: outcome and duration.
    pub aside: String,
    /// Lines under the title.
    pub facts: Vec<(String, Role)>,
    /// Lines at the foot: a word, and what it says.
    pub notes: Vec<(&'static str, String, Role)>,
    /// The source: file, line.
    pub place: Option<(PathBuf, u32)>,
    /// When the recording started; a file changed later is said to be.
    pub recorded_at: f64,
}

/// `raised in price, caught by total`.
pub fn way_in_words(trace: &Trace, (id, way): &(CallId, Way)) -> Option<(String, Role)> {
    let nav = Nav::of(trace, *id)?;
    let name = |ordinal| nav.call(ordinal).map(|call| label::name(trace, &call).0);
    let raised = if way.cut { "far inside".to_owned() } else { format!("in {}", name(way.raised_in())?) };
    let caught = match way.caught_by {
        Some(by) => format!("caught by {}", name(by)?),
        None if way.cut => "caught far outside, if it was".to_owned(),
        // Code that is not recorded may have caught it: a test framework, for one.
        None => "not caught in what was recorded".to_owned(),
    };
    Some((format!("raised {raised}, {caught}"), Role::Error))
}

pub fn of_call(trace: &Trace, call: &CallInfo, cx: &Cx<'_>) -> Shown {
    let micro = cx.config.signs.micro;
    let process = trace.process(call.id.process);
    let record = process.and_then(|process| process.code(call.code));
    let title = clean(&trace.label(call.id.process, call.code)).into_owned();
    let is_module = record.is_some_and(|record| record.facts.qualname == "<module>");
    let outcome = match call.outcome {
        Outcome::Return => "return",
        Outcome::Raise => "raise",
        Outcome::Yield => "yield",
        Outcome::Open if process.is_some_and(crate::trace::Process::is_running) => "running",
        Outcome::Open => "never ended",
        Outcome::Resync => "lost sight of",
    };
    let duration = call.duration_ns().unwrap_or_else(|| cx.session.status.elapsed_ns.saturating_sub(call.start_ns));
    let aside = format!("{outcome}  {}", units::duration(duration, micro));
    let mut facts = Vec::new();
    let mut place = None;
    let mut notes = Vec::new();
    if let Some(record) = record {
        let shown = display_path(trace, &record.facts.abs_path, &record.facts.filename);
        let caller = call.parent.and_then(|parent| Nav::of(trace, parent)?.call(parent.ordinal));
        let caller = caller.map(|caller| format!("  from {}", clean(&trace.label(caller.id.process, caller.code))));
        facts.push((format!("{shown}:{}{}", record.facts.first_line, caller.unwrap_or_default()), Role::Dim));
        if !record.facts.filename.starts_with('<') {
            place = Some((PathBuf::from(&record.facts.abs_path), record.facts.first_line));
        }
        notes = self::notes(record, cx);
    }
    let mut when = format!("began {}", units::duration(call.start_ns, micro));
    if call.descendants > 0 {
        when = format!("{when}   {} inside", units::plural(call.descendants, "call", "calls"));
    }
    facts.push((when, Role::Dim));
    if let Some((_, task)) = Nav::of(trace, call.id).and_then(|nav| nav.task_around(call.id.ordinal)) {
        notes.insert(0, ("task", clean(&task).into_owned(), Role::Text));
    }
    if let Some(wrote) = wrote(trace, call, cx) {
        notes.insert(0, ("wrote", wrote, Role::Text));
    }
    let role = if is_module { Role::Module } else { Role::Accent };
    Shown { title: (title, role), aside, facts, notes, place, recorded_at: trace.manifest().started_at }
}

/// The first line that a call and those inside it wrote, and how many bytes in all.
fn wrote(trace: &Trace, call: &CallInfo, cx: &Cx<'_>) -> Option<String> {
    let lists = &cx.session.survey.lists;
    let first = lines::written_in(lists, call).next()?;
    let bytes: u64 = lines::written_in(lists, call).map(|written| written.end - written.start).sum();
    let output = crate::trace::output::Output::open(trace.path())?;
    let text = lines::text(&output, lists, lines::line_of(lists, first.start)).unwrap_or_default();
    let more = if first.end - first.start < bytes || bytes > text.len() as u64 + 2 {
        format!("  ({} in all)", units::size(bytes))
    } else {
        String::new()
    };
    Some(format!("{text}{more}"))
}

pub fn of_thread(trace: &Trace, ix: ProcessIx, no: ThreadNo, cx: &Cx<'_>) -> Option<Shown> {
    let process = trace.process(ix)?;
    let thread = process.thread(no)?;
    let name = thread.name.clone().unwrap_or_else(|| format!("Thread {}", no.0));
    let mut facts = vec![(format!("thread {} of process {}", thread.native_id, process.info.pid), Role::Dim)];
    let start = thread.start_raw().map_or(0, |raw| process.clock.ns(raw));
    let began = units::duration(start, cx.config.signs.micro);
    facts.push((format!("began {began}   {}", units::plural(thread.calls(), "call", "calls")), Role::Dim));
    if thread.gap_calls() > 0 {
        facts
            .push((format!("{} were lost to damage", units::plural(thread.gap_calls(), "call", "calls")), Role::Error));
    }
    let aside = if thread.ended {
        "ended".to_owned()
    } else if process.is_running() {
        "running".to_owned()
    } else {
        String::new()
    };
    Some(Shown { title: (clean(&name).into_owned(), Role::Accent), aside, facts, ..Shown::default() })
}

pub fn of_process(trace: &Trace, ix: ProcessIx) -> Option<Shown> {
    let process = trace.process(ix)?;
    let info = &process.info;
    let mut facts = vec![
        (format!("python {}  {}", clean(&info.version), clean(&info.executable)), Role::Dim),
        (format!("in {}", clean(&info.cwd)), Role::Dim),
        (format!("by {}", clean(&info.origin)), Role::Dim),
    ];
    facts.extend(info.limits.iter().map(|limit| (clean(limit).into_owned(), Role::Warning)));
    if let Some(reason) = &info.not_recorded {
        facts.push((format!("not recorded: {}", clean(reason)), Role::Warning));
    }
    facts.push((units::plural(process.calls(), "call", "calls"), Role::Dim));
    let aside = if process.is_running() { "running".to_owned() } else { String::new() };
    let title = format!("pid {}  {}", info.pid, clean(&info.argv.join(" ")));
    Some(Shown { title: (title, Role::Accent), aside, facts, ..Shown::default() })
}

pub fn of_code(trace: &Trace, ix: ProcessIx, code: CodeId, cx: &Cx<'_>) -> Option<Shown> {
    let record = trace.process(ix)?.code(code)?;
    let is_module = record.facts.qualname == "<module>";
    let title = (clean(&record.label()).into_owned(), if is_module { Role::Module } else { Role::Accent });
    let path = display_path(trace, &record.facts.abs_path, &record.facts.filename);
    let mut facts = vec![(format!("{path}:{}", record.facts.first_line), Role::Dim)];
    let mut aside = String::new();
    if let Some(totals) = cx.session.totals.as_ref().and_then(|totals| totals.code(ix, code)) {
        let micro = cx.config.signs.micro;
        aside = units::plural(totals.calls, "call", "calls");
        let mut times = format!(
            "{} in all, {} itself",
            units::duration(totals.total_ns, micro),
            units::duration(totals.self_ns, micro)
        );
        if totals.raised > 0 {
            times = format!("{times}, {} by an exception", units::plural(totals.raised, "ended", "ended"));
        }
        facts.push((times, Role::Dim));
    }
    let real = !record.facts.filename.starts_with('<');
    let place = real.then(|| (PathBuf::from(&record.facts.abs_path), record.facts.first_line));
    let notes = notes(record, cx);
    Some(Shown { title, aside, facts, notes, place, recorded_at: trace.manifest().started_at })
}

/// How the name was found, and why it was recorded.
fn notes(record: &CodeRecord, cx: &Cx<'_>) -> Vec<(&'static str, String, Role)> {
    let sign = if disagree(record) { format!("{} ", cx.config.signs.warning) } else { String::new() };
    let role = if record.module.is_none() { Role::Warning } else { Role::Text };
    let why = if record.verdict.exec == Exec::Trace { Role::Trace } else { Role::Skip };
    vec![("name", format!("{sign}{}", name_in_words(record)), role), ("why", why_in_words(record), why)]
}

/// A path relative to the project, where it is inside.
fn display_path(trace: &Trace, abs_path: &str, filename: &str) -> String {
    let root = trace.manifest().project_root.trim_end_matches('/');
    let inside = abs_path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
    clean(inside.unwrap_or(if abs_path.is_empty() { filename } else { abs_path })).into_owned()
}

/// `shop.cart   __name__; sys.path and spec agree`.
fn name_in_words(record: &CodeRecord) -> String {
    let items = &record.evidence.items;
    let names = |outcome: evidence::Outcome| {
        let list: Vec<_> =
            items.iter().filter(|item| item.outcome == outcome).map(|item| source_name(item.source)).collect();
        list
    };
    let mut words = match &record.module {
        Some(module) => {
            let used = names(evidence::Outcome::Accepted);
            format!("{}   {}", clean(module), used.first().copied().unwrap_or("recorded so"))
        }
        None => "none could be known".to_owned(),
    };
    let agree = names(evidence::Outcome::Agrees);
    if !agree.is_empty() {
        words = format!("{words}; {} {}", and(&agree), if agree.len() == 1 { "agrees" } else { "agree" });
    }
    for item in items.iter().filter(|item| item.outcome == evidence::Outcome::Differs) {
        if let Some(name) = &item.name {
            words = format!("{words}; {} says {}", source_name(item.source), clean(name));
        }
    }
    words
}

fn disagree(record: &CodeRecord) -> bool {
    record.evidence.items.iter().any(|item| item.outcome == evidence::Outcome::Differs)
}

/// How a source of names is called in the interface.
#[must_use]
pub fn source_name(source: evidence::EvidenceSource) -> &'static str {
    use evidence::EvidenceSource as S;
    match source {
        S::Globals => "__name__",
        S::Spec => "__spec__.name",
        S::SysModules => "sys.modules",
        S::SysPath => "sys.path",
        S::Marker => "project marker",
        S::ProjectPath => "project path",
    }
}

fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn why_in_words(record: &CodeRecord) -> String {
    let verdict = &record.verdict;
    let what = if verdict.exec == Exec::Trace { "traced" } else { "skipped" };
    match (&verdict.reason, &verdict.rule) {
        (Some(reason), _) => format!("{what}: {}", clean(reason)),
        (None, Some(rule)) => format!("{what} by {}#{}  {}", clean(&rule.source), rule.index, clean(&rule.selector)),
        (None, None) => format!("{what}: no rule matches, the default holds"),
    }
}
