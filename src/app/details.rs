//! Details of what is selected: times, values, source, why it was recorded and how it got its name.

use super::calls::label;
use super::calls::tree::Node;
use super::event::Effect;
use super::list::Cursor;
use super::output::lines;
use super::pane::{Cx, Pane, Tone};
use super::session::read;
use super::source::Source;
use super::text::clean;
use super::units;
use super::value_rows::{ValueRow, ValueRows, inside};
use crate::config::{Action, Context, Role};
use crate::index::{CallInfo, Nav, Outcome, Way};
use crate::model::code::{CodeRecord, Exec};
use crate::model::evidence;
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::model::value::{Value, tree};
use crate::trace::Trace;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Source files kept in memory.
const KEPT: usize = 8;

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

/// Where a call stands on the way of an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It raised it.
    Raised,
    /// It was left by it.
    Left,
    /// It caught it.
    Caught,
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Details {
    /// What is shown.
    pub shown: Option<Shown>,
    node: Option<Node>,
    values: label::Values,
    /// Values as rows.
    rows: ValueRows,
    /// The cursor in the values.
    pub cursor: Cursor,
    /// The way of the exception that left the selected call, or was caught by it. It is kept while the selection is on it.
    way: Option<(CallId, Way)>,
    sources: Vec<Arc<Source>>,
    wanted: Option<PathBuf>,
    /// Lines that the source is scrolled away from where it would stand.
    pub scrolled: isize,
    /// Long text is wrapped.
    pub wrap: bool,
}

impl Details {
    /// The values as rows.
    #[must_use]
    pub fn rows(&self) -> &[ValueRow] {
        self.rows.list()
    }

    /// A source file, if it was read: that of what is shown is, or will be.
    #[must_use]
    pub fn source(&self, path: &Path) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == *path).map(Arc::as_ref)
    }

    /// Shows a node. What was unfolded stays unfolded while the same function is looked at.
    pub fn show(&mut self, node: Option<Node>, call: Option<&CallInfo>, cx: &mut Cx<'_>) {
        let Some(trace) = cx.session.trace.clone() else { return };
        let trace = read(&trace);
        if node != self.node {
            self.node = node;
            self.scrolled = 0;
            self.cursor = Cursor::default();
        }
        self.find_way(&trace, call);
        self.values = call.map(|call| label::values(&trace, call)).unwrap_or_default();
        self.shown = match (node, call) {
            (_, Some(call)) => {
                let mut shown = of_call(&trace, call, cx);
                shown.facts.extend(self.way.as_ref().and_then(|way| way_in_words(&trace, way)));
                Some(shown)
            }
            (Some(Node::Thread(process, thread)), _) => of_thread(&trace, process, thread, cx),
            (Some(Node::Process(process)), _) => of_process(&trace, process),
            _ => None,
        };
        self.build_rows();
        drop(trace);
        self.want_source(cx);
    }

    /// Shows a function, apart from any call of it.
    pub fn show_code(&mut self, process: ProcessIx, code: CodeId, cx: &mut Cx<'_>) {
        let Some(trace) = cx.session.trace.clone() else { return };
        let trace = read(&trace);
        self.node = None;
        self.scrolled = 0;
        self.values = label::Values::default();
        self.shown = of_code(&trace, process, code, cx);
        self.build_rows();
        drop(trace);
        self.want_source(cx);
    }

    fn find_way(&mut self, trace: &Trace, call: Option<&CallInfo>) {
        if call.is_some_and(|call| self.on_way(call.id).is_some()) {
            return;
        }
        self.way = call.and_then(|call| Some((call.id, Way::of(&Nav::of(trace, call.id)?, call.id.ordinal)?)));
    }

    /// Where a call stands on the way of the exception that is looked at.
    #[must_use]
    pub fn on_way(&self, id: CallId) -> Option<Standing> {
        let (of, way) = self.way.as_ref().filter(|(of, _)| (of.process, of.thread) == (id.process, id.thread))?;
        match id.ordinal {
            at if way.caught_by == Some(at) => Some(Standing::Caught),
            at if way.raised_in() == at && !way.cut => Some(Standing::Raised),
            at if way.has(at) || at == of.ordinal => Some(Standing::Left),
            _ => None,
        }
    }

    /// Asks for the source of what is shown, unless it is there or on its way.
    fn want_source(&mut self, cx: &mut Cx<'_>) {
        if let Some((path, _)) = self.shown.as_ref().and_then(|shown| shown.place.clone())
            && self.sources.iter().all(|source| source.path != path)
            && self.wanted.as_ref() != Some(&path)
        {
            self.wanted = Some(path.clone());
            cx.effect(Effect::LoadSource(path));
        }
    }

    /// A source file was read.
    pub fn loaded(&mut self, source: Source) {
        if self.wanted.as_ref() == Some(&source.path) {
            self.wanted = None;
        }
        self.sources.retain(|known| known.path != source.path);
        self.sources.push(Arc::new(source));
        if self.sources.len() > KEPT {
            self.sources.remove(0);
        }
    }

    /// Forgets source files, because they may have been edited.
    pub fn forget(&mut self, path: &Path) {
        self.sources.retain(|source| source.path != path);
    }

    fn build_rows(&mut self) {
        self.rows.clear();
        let values = &self.values;
        let mut index = 0;
        for (at, value) in values.arguments.iter().flatten().enumerate() {
            let name = values.params.get(at).map_or("?", String::as_str);
            self.rows.value(index, name, "", value, Role::Text);
            index += 1;
        }
        // Of these two a segment has one at most.
        if let Some(value) = &values.sent {
            self.rows.value(index, "sent", "", value, Role::Text);
        }
        if let Some(raised) = &values.thrown {
            self.rows.raised(index, "thrown", raised, Role::Error);
        }
        index += usize::from(values.sent.is_some() || values.thrown.is_some());
        if let Some(value) = &values.result {
            self.rows.value(index, "result", "", value, Role::Accent);
        }
        if let Some(raised) = &values.raised {
            self.rows.raised(index, "raised", raised, Role::Error);
        }
    }

    fn toggle(&mut self, unfold: Option<bool>) {
        self.cursor.at = self.rows.toggle(self.cursor.at, unfold);
        self.build_rows();
        self.cursor.at = self.cursor.at.min(self.rows().len().saturating_sub(1));
    }

    fn scroll_source(&mut self, by: isize) {
        let Some((path, line)) = self.shown.as_ref().and_then(|shown| shown.place.as_ref()) else { return };
        let lines = self.source(path).and_then(|source| source.lines.as_ref().ok()).map_or(0, Vec::len);
        let line = *line as usize;
        let (least, most) = (1 - line as isize, lines.saturating_sub(line) as isize);
        self.scrolled = self.scrolled.saturating_add(by).clamp(least.min(0), most.max(0));
    }
}

/// `raised in price, caught by total`.
fn way_in_words(trace: &Trace, (id, way): &(CallId, Way)) -> Option<(String, Role)> {
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

fn of_call(trace: &Trace, call: &CallInfo, cx: &Cx<'_>) -> Shown {
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

fn of_thread(
    trace: &Trace,
    ix: crate::model::id::ProcessIx,
    no: crate::model::id::ThreadNo,
    cx: &Cx<'_>,
) -> Option<Shown> {
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

fn of_process(trace: &Trace, ix: crate::model::id::ProcessIx) -> Option<Shown> {
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

fn of_code(trace: &Trace, ix: ProcessIx, code: CodeId, cx: &Cx<'_>) -> Option<Shown> {
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

impl Pane for Details {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Details, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let rows = cx.rows();
        match action {
            Action::Unfold => self.toggle(Some(true)),
            Action::Fold => self.toggle(Some(false)),
            Action::DetailsToggle => self.toggle(None),
            Action::Wrap => {
                self.wrap = !self.wrap;
                cx.say(Tone::Plain, if self.wrap { "long values are wrapped" } else { "long values are cut" });
            }
            Action::PageUp => self.scroll_source(-(rows as isize / 2).max(1)),
            Action::PageDown => self.scroll_source((rows as isize / 2).max(1)),
            Action::Up if self.rows().is_empty() => self.scroll_source(-1),
            Action::Down if self.rows().is_empty() => self.scroll_source(1),
            action => return self.cursor.act(action, self.rows().len(), rows),
        }
        true
    }

    fn click(&mut self, row: Option<usize>, fold: bool, double: bool, _cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|row| *row < self.rows().len()) else { return };
        self.cursor.at = row;
        if fold || double {
            self.toggle(None);
        }
    }

    fn scroll(&mut self, rows: isize, _cx: &mut Cx<'_>) {
        self.scroll_source(rows);
    }

    fn copied(&self, _cx: &Cx<'_>) -> Option<String> {
        match self.rows().get(self.cursor.at) {
            Some(row) => Some(self.value_at(&row.path).map_or_else(|| row.text.clone(), tree::copied)),
            None => self.shown.as_ref().map(|shown| shown.title.0.clone()),
        }
    }

    fn place(&self, _cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        let shown = self.shown.as_ref()?;
        let (path, line) = shown.place.clone()?;
        Some((path, line.saturating_add_signed(i32::try_from(self.scrolled).unwrap_or(0))))
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::DetailsToggle, Action::Wrap, Action::Copy, Action::Edit]
    }
}

impl Details {
    /// The value that a path of the rows leads to.
    fn value_at(&self, path: &[usize]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        let values = &self.values;
        let mut all: Vec<Option<&Value>> = values.arguments.iter().flatten().map(Some).collect();
        if values.sent.is_some() || values.thrown.is_some() {
            all.push(values.sent.as_ref());
        }
        all.push(values.result.as_ref());
        inside((*all.get(*first)?)?, rest)
    }
}
