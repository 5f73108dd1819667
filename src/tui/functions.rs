//! Totals per function.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::functions::Order;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::{text, units};
use crate::config::Role;

/// Cells of a number's column.
const NUMBER: usize = 9;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let functions = &state.panes.functions;
    let rows = functions.rows();
    let Some(totals) = functions.totals() else {
        canvas.empty(area, &["Adding up…"]);
        return;
    };
    if rows.len() == 0 {
        canvas.empty(area, &["No function was called.", "What filters hide is not counted."]);
        return;
    }
    let (head, list) = area.split_top(u16::from(area.height > 2));
    let width = usize::from(area.width);
    let wide = width >= 3 * NUMBER + 24;
    let bar = if width >= 64 { 8 } else { 0 };
    if head.height > 0 {
        let mut rest = canvas.text(head, " ", Role::Dim);
        for (name, order) in [("calls", Order::Calls), ("total", Order::Total), ("own", Order::Own)] {
            if wide || order == Order::Own {
                let role = if order == functions.order { Role::Accent } else { Role::Dim };
                rest = canvas.text(rest, &text::pad_start(name, NUMBER), role);
            }
        }
        let role = if functions.order == Order::Name { Role::Accent } else { Role::Dim };
        rest = canvas.text(rest, &format!("{}  function", " ".repeat(bar)), role);
        if !totals.progress.finished && totals.progress.of > 0 {
            let done = units::percent(totals.progress.done as u64, totals.progress.of as u64);
            canvas.right(rest, &format!("adding up, {done} "), Role::Dim);
        }
    }
    let mut cursor = functions.cursor;
    cursor.fit(rows.len(), usize::from(list.height));
    let most = functions.rows().map(|function| function.totals.self_ns).max().unwrap_or(1).max(1);
    for (at, function) in rows.enumerate().skip(cursor.top).take(usize::from(list.height)) {
        let line = list.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        canvas.hit(line, Hit::Row(PaneId::Functions, at));
        let micro = canvas.signs.micro;
        let mut rest = canvas.text(line, " ", Role::Text);
        if wide {
            rest = canvas.text(rest, &text::pad_start(&units::count(function.totals.calls), NUMBER), Role::Text);
            rest = canvas.text(
                rest,
                &text::pad_start(&units::duration(function.totals.total_ns, micro), NUMBER),
                Role::Text,
            );
        }
        rest =
            canvas.text(rest, &text::pad_start(&units::duration(function.totals.self_ns, micro), NUMBER), Role::Text);
        if bar > 0 {
            let share = super::calls::bar(function.totals.self_ns, most, bar - 1, canvas);
            rest = canvas.pieces(rest, &[(" ", Role::Text), (&text::pad(&share, bar - 1), Role::Trace)]);
        }
        rest = canvas.text(rest, "  ", Role::Text);
        let file = function.file.rsplit('/').next().unwrap_or_default();
        let place = format!("  {}:{} ", text::clean(file), function.line);
        if usize::from(rest.width) > text::width(&place) + text::width(&function.label).min(24) {
            rest = canvas.right(rest, &place, Role::Dim);
        }
        let label = text::elide_middle(&function.label, usize::from(rest.width), canvas.signs.ellipsis).into_owned();
        canvas.text(rest, &label, if function.is_module { Role::Module } else { Role::Text });
        if at == cursor.at {
            canvas.lay(line, if state.focus == PaneId::Functions { Role::Selection } else { Role::Unfocused });
            canvas.text(line, canvas.signs.cursor, Role::Accent);
        }
    }
}
