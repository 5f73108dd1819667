//! The frame around the panes: the bar at the top, the tabs, the ruler before the details, and the foot with hints,
//! messages and the search line.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::calls::label;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId, Tone};
use crate::app::search::IN_VALUES;
use crate::app::session::{Phase, read};
use crate::app::{text, units};
use crate::config::{Action, Role};
use crate::index::Nav;

/// The bar at the top: what runs, what is recorded, what is lost, what is hidden.
pub fn bar(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    canvas.clear(area);
    canvas.lay(area, Role::Bar);
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if state.main == PaneId::Traces {
        canvas.text(inner, "ct-tui", Role::Bar);
        canvas.right(inner, "saved traces", Role::Bar);
        return;
    }
    let status = &state.session.status;
    let (sign, role) = phase_sign(state, canvas);
    let row = canvas.pieces(inner, &[(sign, role), (" ", Role::Bar)]);
    let (clock, program) = (units::clock(status.elapsed_ns), text::clean(&status.program));
    // From the right come the numbers, as many as there is room for besides the program's name.
    let mut facts: Vec<(String, Role)> = Vec::new();
    for warning in status.warnings.iter().take(1) {
        facts.push((format!("{} {warning}", canvas.signs.warning), Role::Warning));
    }
    facts.push((units::plural(status.calls, "call", "calls"), Role::Bar));
    if state.session.is_live() {
        facts.push((units::rate(status.per_second), Role::Bar));
    }
    facts.push((format!("lost {}", units::count(status.lost)), if status.lost > 0 { Role::Error } else { Role::Bar }));
    if status.hidden_functions > 0 {
        let filters = units::plural(status.hiding_filters as u64, "filter hides", "filters hide");
        facts.push((
            format!("{filters} {}", units::plural(status.hidden_functions, "function", "functions")),
            Role::Bar,
        ));
    }
    let needed = text::width(&clock) + 2 + text::width(&program).min(24);
    let mut room = usize::from(row.width).saturating_sub(needed);
    facts.retain(|(fact, _)| {
        let width = text::width(fact) + 3;
        let fits = width <= room;
        room -= if fits { width } else { 0 };
        fits
    });
    let mut row = row;
    for (fact, role) in facts.iter().rev() {
        row = canvas.right(row, fact, *role);
        row = canvas.right(row, "   ", Role::Bar);
    }
    let row = canvas.pieces(row, &[(&clock, Role::Bar), ("  ", Role::Bar)]);
    let program = text::elide(&program, usize::from(row.width), canvas.signs.ellipsis).into_owned();
    let row = canvas.text(row, &program, Role::Bar);
    let mut more = Vec::new();
    if !status.python.is_empty() {
        more.push(format!("python {}", status.python));
    }
    match (status.processes, status.pid) {
        (0 | 1, Some(pid)) => more.push(format!("pid {pid}")),
        (n, _) if n > 1 => more.push(units::plural(n as u64, "process", "processes")),
        _ => {}
    }
    match &state.session.phase {
        Phase::Ended(how) | Phase::Failed(how) => more.insert(0, how.clone()),
        _ if state.session.paused => more.insert(0, "display paused".to_owned()),
        _ => {}
    }
    let mut row = row;
    for fact in more {
        if text::width(&fact) + 2 <= usize::from(row.width) {
            row = canvas.pieces(row, &[("  ", Role::Bar), (&fact, Role::Bar)]);
        }
    }
    // The bar's background under everything, whatever the roles of the pieces say.
    if let Some(bg) = canvas.style(Role::Bar).bg {
        canvas
            .buffer
            .set_style(super::canvas::rect(area).intersection(canvas.buffer.area), ratatui::style::Style::new().bg(bg));
    }
}

/// The sign of the recording's state.
fn phase_sign<'s>(state: &State, canvas: &Canvas<'s>) -> (&'s str, Role) {
    let signs = canvas.signs;
    match &state.session.phase {
        Phase::None => (" ", Role::Bar),
        Phase::Recording if state.session.paused => (signs.paused, Role::Warning),
        Phase::Recording => (signs.recording, Role::Error),
        Phase::Ended(_) => (signs.ended, Role::Bar),
        Phase::Failed(_) => (signs.failed, Role::Error),
    }
}

/// The tabs.
pub fn tabs(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let mut row = Area { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    if area.is_empty() {
        return;
    }
    // Where there is no room for all of them, the active one is there.
    let widths = PaneId::TABS.map(|id| text::width(id.title()) + 4);
    let active = PaneId::TABS.iter().position(|id| *id == state.main).unwrap_or(0);
    let fits = |from: &usize| widths[*from..=active].iter().sum::<usize>() <= usize::from(row.width);
    let from = (0..active).find(fits).unwrap_or(active);
    for (at, id) in PaneId::TABS.into_iter().enumerate().skip(from) {
        let title = id.title();
        // Those with a number are always there; the lines are those of the selected call.
        let key = if id == PaneId::Lines { "L".to_owned() } else { (at + 1).to_string() };
        let width = u16::try_from(text::width(title) + 2).unwrap_or(u16::MAX);
        if width > row.width {
            canvas.text(row, canvas.signs.ellipsis, Role::Dim);
            break;
        }
        canvas.hit(Area { width, ..row }, Hit::Tab(id));
        let role = if id == state.main { Role::Accent } else { Role::Dim };
        row = canvas.pieces(row, &[(&key, Role::Dim), (" ", Role::Dim), (title, role), ("  ", Role::Text)]);
    }
}

/// The line between the pane and its details.
pub fn ruler(_state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let sign = if area.width == 1 { canvas.signs.ruler } else { canvas.signs.rule };
    for y in 0..area.height {
        let line = sign.repeat(usize::from(area.width));
        canvas.text(area.row(y), &line, Role::Rule);
    }
}

/// The foot: the search line, a message, or hints; at the right where we are.
pub fn foot(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    canvas.clear(area);
    canvas.lay(area, Role::Bar);
    let row = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if let Some(prompt) = &state.prompt {
        let row = canvas.text(row, "/", Role::Accent);
        if prompt.pane == PaneId::Calls {
            // What can be typed is said where it is typed, as long as there is room behind it.
            let said = if prompt.line.text().starts_with(IN_VALUES) {
                "in arguments, results, exceptions, variables"
            } else {
                "a function's name, or =text to look into values"
            };
            let room = usize::from(row.width).saturating_sub(text::width(prompt.line.text()) + 2);
            canvas.right(row, if text::width(said) < room { said } else { "" }, Role::Dim);
        }
        let (visible, cursor) = prompt.line.window(usize::from(row.width));
        canvas.text(row, visible, Role::Bar);
        canvas.set_cursor(row.x + u16::try_from(cursor).unwrap_or(0).min(row.width.saturating_sub(1)), row.y);
    } else if let Some(message) = &state.message {
        let role = match message.tone {
            Tone::Plain => Role::Bar,
            Tone::Warning => Role::Warning,
            Tone::Error => Role::Error,
        };
        let sign = if message.tone == Tone::Plain { String::new() } else { format!("{} ", canvas.signs.warning) };
        let line = format!("{sign}{}", message.text);
        let line = text::elide(&line, usize::from(row.width), canvas.signs.ellipsis).into_owned();
        canvas.text(row, &line, role);
    } else if state.layout().bar.is_empty() {
        tiny(state, row, canvas);
    } else {
        hints(state, row, canvas);
    }
    if let Some(bg) = canvas.style(Role::Bar).bg {
        canvas
            .buffer
            .set_style(super::canvas::rect(area).intersection(canvas.buffer.area), ratatui::style::Style::new().bg(bg));
    }
}

/// The one status line of a tiny terminal.
fn tiny(state: &State, row: Area, canvas: &mut Canvas<'_>) {
    let (sign, role) = phase_sign(state, canvas);
    let row = canvas.pieces(row, &[(sign, role), (" ", Role::Bar)]);
    let help = state.config.keymap.keys(Action::Help).first().map(|key| key.pretty(state.config.ascii));
    let row = canvas.right(row, &help.map(|key| format!(" {key}")).unwrap_or_default(), Role::Dim);
    let what = if state.main == PaneId::Traces {
        "saved traces".to_owned()
    } else {
        units::plural(state.session.status.calls, "call", "calls")
    };
    let what = text::elide(&what, usize::from(row.width), canvas.signs.ellipsis).into_owned();
    canvas.text(row, &what, Role::Bar);
}

/// What can be done now, at the left; where we are, at the right.
fn hints(state: &State, row: Area, canvas: &mut Canvas<'_>) {
    let pane = state.panes.get(state.focus);
    let mut actions = pane.hints();
    if !pane.typing() {
        if state.session.is_live() {
            actions.push(Action::Pause);
        }
        // The way to all the others must always be there.
        actions.insert(actions.len().min(3), Action::Help);
    }
    let mut row = row;
    let mut all_fit = true;
    for action in actions {
        let Some(key) = state.config.keymap.keys(action).first() else { continue };
        let (key, hint) = (key.pretty(state.config.ascii), action.row().hint);
        let on = action == Action::Follow && state.panes.calls.follow;
        let width = text::width(&key) + 1 + text::width(hint);
        if width > usize::from(row.width) {
            all_fit = false;
            break;
        }
        canvas.hit(Area { width: u16::try_from(width).unwrap_or(0), ..row }, Hit::Hint(action));
        let role = if on { Role::Accent } else { Role::Dim };
        row = canvas.pieces(row, &[(&key, Role::Accent), (" ", Role::Bar), (hint, role), ("   ", Role::Bar)]);
    }
    if all_fit && state.main == PaneId::Calls && row.width > 16 {
        let path = path(state, canvas);
        let path = text::elide_path(&path, usize::from(row.width), canvas.signs.ellipsis).into_owned();
        canvas.right(row, &path, Role::Dim);
    }
}

/// How many callers the path at the foot names.
const PATH: usize = 12;

/// `<__main__> › work › Cart.add`.
fn path(state: &State, canvas: &Canvas<'_>) -> String {
    let (Some(call), Some(trace)) = (state.panes.calls.call(), &state.session.trace) else { return String::new() };
    let trace = read(trace);
    let Some(nav) = Nav::of(&trace, call.id) else { return String::new() };
    let mut names = vec![label::name(&trace, call).0];
    let above = nav.ancestors(call.id.ordinal, PATH);
    names.extend(above.iter().filter_map(|ordinal| nav.call(*ordinal)).map(|call| label::name(&trace, &call).0));
    names.reverse();
    names.join(&format!(" {} ", canvas.signs.path))
}
