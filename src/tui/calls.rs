//! The call tree: what each row says, and its columns.
use super::canvas::Canvas;
use super::tree::Items;
use crate::app::State;
use crate::app::calls::label;
use crate::app::calls::marks::Mark;
use crate::app::calls::preview::Hidden;
use crate::app::calls::tree::{Fold, Node, Row};
use crate::app::details::Standing;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::session::{Phase, read};
use crate::app::{text, units};
use crate::config::Role;
use crate::index::{CallInfo, Outcome};
use crate::trace::Trace;
use crate::trace::event::Opening;
use ratatui::text::{Line, Span};

/// Columns of a row, from the right.
#[derive(Clone, Copy, Debug)]
struct Columns {
    /// Cells for file and line; 0: not shown.
    place: usize,
    /// Cells for the duration.
    duration: usize,
    /// Cells for the share bar; 0: not shown.
    bar: usize,
}

impl Columns {
    /// `place` is what the longest place in view needs.
    fn new(width: usize, place: usize) -> Self {
        Self {
            place: if width >= 72 { (place + 2).min(width / 4).min(28) } else { 0 },
            duration: if width >= 30 { 9 } else { 0 },
            bar: if width >= 56 { 8 } else { 0 },
        }
    }

    fn all(self) -> usize {
        self.place + self.duration + self.bar
    }
}

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let calls = &state.panes.calls;
    let Some(trace) = &state.session.trace else {
        canvas.empty(area, &["No trace is open."]);
        return;
    };
    let trace = read(trace);
    let rows = calls.rows();
    if rows.is_empty() {
        nothing(state, area, canvas);
        return;
    }
    let height = usize::from(area.height);
    let mut cursor = calls.cursor;
    cursor.fit(rows.len(), height);
    let visible = &rows[cursor.top..rows.len().min(cursor.top + height)];
    let shift = shift(rows.get(cursor.at).map_or(0, |row| row.depth), usize::from(area.width));
    let places =
        visible.iter().filter_map(|row| row.call.as_ref()).map(|call| text::width(&label::place(&trace, call)));
    let columns = Columns::new(usize::from(area.width), places.max().unwrap_or(0));
    let whole = whole(state, &trace);
    let mut items = Items::default();
    for (at, row) in visible.iter().enumerate() {
        let depth = row.depth.saturating_sub(shift);
        let room = usize::from(area.width).saturating_sub(1 + depth * 2 + 2);
        let line = line(state, &trace, row, room, columns, whole, canvas);
        items.push(depth, cursor.top + at, line, row.fold);
        let on_screen = area.row(u16::try_from(at).unwrap_or(u16::MAX));
        canvas.hit(on_screen, Hit::Row(PaneId::Calls, cursor.top + at));
        let (_, sign) = on_screen.split_left(u16::try_from(1 + depth * 2).unwrap_or(u16::MAX));
        if row.fold != Fold::Leaf {
            canvas.hit(sign.split_left(2).0, Hit::Fold(PaneId::Calls, cursor.top + at));
        }
    }
    let selection = if state.focus == PaneId::Calls { Role::Selection } else { Role::Unfocused };
    items.draw(Some(cursor.at), selection, area, canvas);
}

/// How many levels are left out at the left, so that the row under the cursor has room for its text. It changes in
/// steps, so that moving by one row does not move the whole picture.
fn shift(depth: usize, width: usize) -> usize {
    const STEP: usize = 8;
    let levels = (width / 4).max(4);
    depth.saturating_sub(levels).div_ceil(STEP) * STEP
}

/// Calls that the edited filters would hide, as one row: how many, which rule, how long.
fn hidden_line(hidden: &Hidden, room: usize, columns: Columns, mut spans: Spans<'_, '_>) -> Line<'static> {
    let canvas = spans.canvas;
    let calls = units::plural(hidden.calls, "call", "calls");
    let rule = if hidden.same_rule { text::clean(&hidden.rule).into_owned() } else { "several rules".to_owned() };
    let label = format!("{} {calls} hidden by {rule}", canvas.signs.hidden);
    spans.add(&text::elide(&label, room, canvas.signs.ellipsis), Role::Skip);
    spans.to(room + columns.place);
    if columns.duration > 0 {
        let took = hidden.took_ns.map(|ns| units::duration(ns, canvas.signs.micro)).unwrap_or_default();
        spans.add(&text::pad_start(&took, columns.duration), Role::Dim);
    }
    Line::from(spans.spans)
}

/// A change of the recording itself, with the length of a pause.
fn mark_line(mark: &Mark, room: usize, columns: Columns, mut spans: Spans<'_, '_>) -> Line<'static> {
    let canvas = spans.canvas;
    let sign = if mark.paused { canvas.signs.paused } else { canvas.signs.filter_changed };
    // Nothing else has a place in its row, so the text may be as long as the row.
    let room = if mark.took_ns.is_some() { room + columns.place } else { room + columns.all() };
    spans.add(&text::elide(&format!("{sign} {}", mark.text), room, canvas.signs.ellipsis), Role::Warning);
    if let Some(ns) = mark.took_ns.filter(|_| columns.duration > 0) {
        spans.to(room);
        spans.add(&text::pad_start(&units::duration(ns, canvas.signs.micro), columns.duration), Role::Dim);
    }
    Line::from(spans.spans)
}

/// The time that a full bar stands for: the root's, or the whole recording's.
fn whole(state: &State, trace: &Trace) -> u64 {
    match state.panes.calls.root() {
        Some(Node::Call(_)) => {
            state.panes.calls.rows().first().and_then(|row| row.call.as_ref()).map_or(1, |call| elapsed(state, call))
        }
        _ => state.session.status.elapsed_ns.max(trace.last_ns()),
    }
    .max(1)
}

/// How long a call took, or has been running.
fn elapsed(state: &State, call: &CallInfo) -> u64 {
    call.duration_ns().unwrap_or_else(|| state.session.status.elapsed_ns.saturating_sub(call.start_ns))
}

/// The text of a row, filled to `room` cells: the label, file and line, duration, share.
fn line(
    state: &State,
    trace: &Trace,
    row: &Row,
    room: usize,
    columns: Columns,
    whole: u64,
    canvas: &Canvas<'_>,
) -> Line<'static> {
    let mut spans = Spans { canvas, spans: Vec::new(), used: 0 };
    let label_room = room.saturating_sub(columns.all());
    if let Some(hidden) = &row.hidden {
        return hidden_line(hidden, label_room, columns, spans);
    }
    if let Some(mark) = &row.mark {
        return mark_line(mark, label_room, columns, spans);
    }
    let would_hide = state.panes.calls.hiding.as_ref().is_some_and(|hiding| hiding.rule(row).is_some());
    match (row.node, &row.call) {
        (_, Some(call)) if would_hide => {
            let label = format!("{} {}", canvas.signs.hidden, text::clean(&trace.label(call.id.process, call.code)));
            spans.add(&text::elide_middle(&label, label_room, canvas.signs.ellipsis), Role::Dim);
        }
        (_, Some(call)) => call_label(state, trace, call, label_room, &mut spans),
        (Node::Process(ix), _) => process_label(trace, ix, label_room, &mut spans),
        (Node::Thread(process, thread), _) => {
            let found = trace.thread(process, thread);
            let name = found.and_then(|thread| thread.name.clone()).unwrap_or_else(|| format!("Thread {}", thread.0));
            spans.add(&text::elide_middle(&text::clean(&name), label_room, canvas.signs.ellipsis), Role::Text);
        }
        _ => more_label(row, label_room, &mut spans),
    }
    spans.to(label_room);
    let (duration, running) = match (row.node, &row.call) {
        (_, Some(call)) => (Some(elapsed(state, call)), call.end_ns.is_none()),
        (Node::Process(ix), _) => {
            let span = trace.process(ix).map(|process| {
                let end = if process.is_running() { state.session.status.elapsed_ns } else { process.last_ns() };
                end.saturating_sub(process.start_ns())
            });
            (span, false)
        }
        (Node::Thread(process, thread), _) => (thread_span(state, trace, process, thread), false),
        _ => (None, false),
    };
    if columns.place > 0 {
        let place = row.call.as_ref().map(|call| label::place(trace, call)).unwrap_or_default();
        let place = text::elide_path(&place, columns.place - 1, canvas.signs.ellipsis).into_owned();
        spans.add(&text::pad_start(&place, columns.place), Role::Dim);
    }
    if columns.duration > 0 {
        let shown = duration.map(|ns| units::duration(ns, canvas.signs.micro)).unwrap_or_default();
        let role = match (running, would_hide) {
            (_, true) => Role::Dim,
            (true, _) => Role::Accent,
            _ => Role::Text,
        };
        spans.add(&text::pad_start(&shown, columns.duration), role);
    }
    if columns.bar > 0 {
        let share = duration.map(|ns| bar(ns, whole, columns.bar - 1, canvas)).unwrap_or_default();
        spans.add(" ", Role::Text);
        spans.add(&text::pad(&share, columns.bar - 1), Role::Trace);
    }
    Line::from(spans.spans)
}

struct Spans<'c, 'b> {
    canvas: &'c Canvas<'b>,
    spans: Vec<Span<'static>>,
    used: usize,
}

impl Spans<'_, '_> {
    fn add(&mut self, text: &str, role: Role) {
        self.used += text::width(text);
        self.spans.push(Span::styled(text.to_owned(), self.canvas.style(role)));
    }

    /// Fills with spaces up to a column.
    fn to(&mut self, column: usize) {
        let missing = column.saturating_sub(self.used);
        self.used += missing;
        self.spans.push(Span::raw(" ".repeat(missing)));
    }
}

fn call_label(state: &State, trace: &Trace, call: &CallInfo, room: usize, spans: &mut Spans<'_, '_>) {
    let signs = spans.canvas.signs;
    let calls = &state.panes.calls;
    let (name, is_module) = label::name(trace, call);
    let hit = calls.search.is_hit(call.id.process, call.code);
    let mut prefix = String::new();
    if call.opening == Opening::Resync {
        prefix = format!("{} ", signs.filter_changed);
    } else if matches!(call.opening, Opening::Resume | Opening::Throw) {
        prefix = format!("{} ", signs.generator);
    }
    let mut suffix = match call.outcome {
        Outcome::Open if state.session.phase == Phase::Recording => format!("  {}", signs.running),
        Outcome::Raise => format!(" {}", signs.raised),
        Outcome::Resync => format!("  {}", signs.filter_changed),
        _ => String::new(),
    };
    // On the way of the exception that is looked at, each row says where it stands.
    match state.panes.details.on_way(call.id) {
        Some(Standing::Raised) => suffix = format!(" {} raised here", signs.raised),
        Some(Standing::Caught) => suffix = format!(" {} caught here{suffix}", signs.caught),
        Some(Standing::Left) | None => {}
    }
    let standing = state.panes.details.on_way(call.id).is_some();
    let show_values = calls.values.unwrap_or(state.config.values_in_rows);
    let fixed = text::width(&prefix) + text::width(&suffix);
    let name = text::elide_middle(&name, room.saturating_sub(fixed), signs.ellipsis).into_owned();
    let rest = room.saturating_sub(fixed + text::width(&name));
    let tail = if show_values && !is_module && rest > 3 { label::tail(trace, call, rest) } else { String::new() };
    if tail.contains('↯') {
        // Once is enough.
        suffix = suffix.replacen(&format!(" {}", signs.raised), "", 1);
    }
    let mut tail = text::elide(&tail, rest, signs.ellipsis).into_owned();
    tail = spans.canvas.plain(&tail).into_owned();
    if fixed <= room {
        spans.add(&prefix, Role::Warning);
    }
    let role = match () {
        () if hit => Role::Hit,
        () if is_module => Role::Module,
        () => Role::Text,
    };
    spans.add(&name, role);
    spans.add(&tail, if call.outcome == Outcome::Raise { Role::Error } else { Role::Value });
    if fixed <= room {
        let raised = call.outcome == Outcome::Raise || standing;
        spans.add(&suffix, if raised { Role::Error } else { Role::Accent });
    }
}

fn process_label(trace: &Trace, ix: crate::model::id::ProcessIx, room: usize, spans: &mut Spans<'_, '_>) {
    let Some(process) = trace.process(ix) else { return };
    let signs = spans.canvas.signs;
    let argv = process.info.argv.join(" ");
    let mut label = format!("pid {}  {}", process.info.pid, text::clean(&argv));
    if let Some(reason) = &process.info.not_recorded {
        label = format!("{label}  {} not recorded: {}", signs.warning, text::clean(reason));
    } else if process.is_running() {
        label = format!("{label}  {}", signs.running);
    } else {
        let ended = match process.exit {
            Some(crate::trace::manifest::Exit::Code(0)) => String::new(),
            Some(crate::trace::manifest::Exit::Code(code)) => format!("  {} exit {code}", signs.failed),
            Some(crate::trace::manifest::Exit::Signal(signal)) => {
                format!("  {} {}", signs.failed, crate::app::session::signal_name(signal))
            }
            None if process.died() => format!("  {} died", signs.failed),
            None => String::new(),
        };
        label += &ended;
    }
    let role = if process.info.not_recorded.is_some() { Role::Warning } else { Role::Text };
    spans.add(&text::elide(&label, room, signs.ellipsis), role);
}

fn more_label(row: &Row, room: usize, spans: &mut Spans<'_, '_>) {
    let signs = spans.canvas.signs;
    let label = match row.more {
        Some((n, true)) => format!("{} {} more", signs.more, units::grouped(n)),
        Some((n, false)) => format!("{} more than {} more", signs.more, units::grouped(n)),
        None => signs.more.to_owned(),
    };
    spans.add(&text::elide(&label, room, signs.ellipsis), Role::Dim);
}

fn thread_span(
    state: &State,
    trace: &Trace,
    ix: crate::model::id::ProcessIx,
    no: crate::model::id::ThreadNo,
) -> Option<u64> {
    let process = trace.process(ix)?;
    let thread = process.thread(no)?;
    let start = process.clock.ns(thread.start_raw()?);
    let runs = process.is_running() && !thread.ended && thread.depth() > 0;
    let end = if runs { state.session.status.elapsed_ns } else { process.clock.ns(thread.end_raw()?) };
    Some(end.saturating_sub(start))
}

/// A bar of at most `cells`, in eighths; what is there at all shows at least a sliver from one percent on.
pub fn bar(part: u64, whole: u64, cells: usize, canvas: &Canvas<'_>) -> String {
    let share = (part as f64 / whole as f64).clamp(0.0, 1.0);
    let mut eighths = (share * cells as f64 * 8.0).round() as usize;
    if eighths == 0 && share >= 0.01 {
        eighths = 1;
    }
    let mut bar = canvas.signs.bar[7].repeat(eighths / 8);
    if let Some(rest) = (eighths % 8).checked_sub(1) {
        bar.push_str(canvas.signs.bar[rest]);
    }
    bar
}

/// The pane without a row.
fn nothing(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let key = |action: crate::config::Action| {
        state.config.keymap.keys(action).first().map(|key| key.pretty(state.config.ascii)).unwrap_or_default()
    };
    let (output, filters) = (key(crate::config::Action::ShowOutput), key(crate::config::Action::ShowFilters));
    let warning = state.session.status.warnings.first().cloned();
    let status = &state.session.status;
    let hidden = units::plural(status.hidden_functions, "function is", "functions are");
    match (&state.session.phase, warning) {
        (_, Some(warning)) => canvas.empty(area, &["No calls were recorded.", &warning]),
        (Phase::Recording, None) if status.hidden_functions > 0 => {
            canvas.empty(area, &["No calls yet.", &format!("{hidden} hidden by filters: {filters} shows them")])
        }
        (Phase::Recording, None) => {
            canvas.empty(area, &["Waiting for the first call…", &format!("{output} shows the program's output")])
        }
        (_, None) if status.hidden_functions > 0 => canvas
            .empty(area, &["No calls were recorded.", &format!("{hidden} hidden by filters: {filters} shows them")]),
        _ => canvas.empty(area, &["No calls were recorded.", "The program ran no Python code that could be recorded."]),
    }
}

#[cfg(test)]
mod tests;
