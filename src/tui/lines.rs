//! The lines of a call: which step, the source with the line that ran, and what the variables hold behind it.

use super::canvas::Canvas;
use super::status::ruler;
use super::{source, value_rows};
use crate::app::State;
use crate::app::layout::Area;
use crate::app::pane::PaneId;
use crate::app::session::read;
use crate::app::{text, units};
use crate::config::Role;

/// From this width on the variables stand beside the source.
const BESIDE: u16 = 90;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let lines = &state.panes.lines;
    if lines.step().is_none() {
        return nothing(state, area, canvas);
    }
    let (row, rest) = area.split_top(1);
    head(state, row, canvas);
    let rows = lines.rows();
    let (code, values) = if rest.width >= BESIDE {
        let (code, rest) = rest.split_left(rest.width * 11 / 20);
        let (between, values) = rest.split_left(1);
        ruler(state, between, canvas);
        (code, values)
    } else {
        // What is short of its half leaves room to the other.
        let most = (rest.height / 2).max(1);
        let height = most.min(u16::try_from(rows.len()).unwrap_or(u16::MAX));
        let (code, below) = rest.split_bottom(height + u16::from(height > 0 && rest.height > 6));
        let (between, values) = below.split_top(below.height - height.min(below.height));
        ruler(state, between, canvas);
        (code, values)
    };
    let shown = lines.shown();
    if let Some(((path, first), line)) = shown.place.as_ref().zip(lines.line()) {
        if let Some(found) = state.panes.details.source(path) {
            let recorded_at = state.session.trace.as_ref().map_or(0.0, |trace| read(trace).manifest().started_at);
            let view = source::View {
                line,
                from: Some(*first),
                scrolled: lines.scrolled,
                recorded_at,
                pane: Some(PaneId::Lines),
            };
            source::draw(found, &view, code, canvas);
        }
    } else {
        canvas.text(code, " this code has no source file", Role::Dim);
    }
    value_rows::draw(PaneId::Lines, rows, lines.cursor, lines.in_values, values, canvas);
}

/// What runs, where it is, and when; at the right which step of how many.
fn head(state: &State, row: Area, canvas: &mut Canvas<'_>) {
    let lines = &state.panes.lines;
    let (Some(step), Some(call)) = (lines.step(), lines.call()) else { return };
    let (at, count, finished) = lines.position();
    let more = if finished { "" } else { canvas.signs.more };
    // The entry is no line of its own.
    let position = format!("  {} of {}{more} ", units::grouped(at), units::grouped(count.saturating_sub(1)));
    let row = canvas.right(row, &position, Role::Accent);
    let micro = canvas.signs.micro;
    let (from, to) = step.span_ns;
    let after = units::duration(from.saturating_sub(call.start_ns), micro);
    let took = to.map(|to| format!(" for {}", units::duration(to.saturating_sub(from), micro))).unwrap_or_default();
    let place = match step.line {
        Some(line) => format!("line {line}  after {after}{took}"),
        None => "called".to_owned(),
    };
    let row = canvas.text(row, " ", Role::Text);
    let room = usize::from(row.width).saturating_sub(text::width(&place) + 2);
    let title = text::elide_middle(&lines.shown().title, room, canvas.signs.ellipsis).into_owned();
    canvas.pieces(row, &[(&title, Role::Accent), ("  ", Role::Text), (&place, Role::Dim)]);
}

/// The pane without a step: why, and what to do.
fn nothing(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let lines = &state.panes.lines;
    let key = |action: crate::config::Action| {
        state.config.keymap.keys(action).first().map(|key| key.pretty(state.config.ascii)).unwrap_or_default()
    };
    let options = state.session.trace.as_ref().map(|trace| {
        let trace = read(trace);
        (trace.manifest().options.lines, text::clean(&trace.manifest().program).into_owned())
    });
    let (_, _, finished) = lines.position();
    let calls = format!("{} shows the calls: select one there", key(crate::config::Action::ShowCalls));
    match (options, lines.call()) {
        (Some((false, program)), _) => canvas.empty(
            area,
            &[
                "This trace has no lines.",
                &format!("Record with --lines to step through them: ct-tui record --lines {program}"),
            ],
        ),
        (_, None) => canvas.empty(area, &["No call is selected.", &calls]),
        (_, Some(_)) if !finished => canvas.empty(area, &["Looking for the lines of this call…"]),
        _ => canvas.empty(area, &["No line of this call was recorded.", &calls]),
    }
}

#[cfg(test)]
mod tests;
