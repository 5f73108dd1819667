//! Details of what is selected: title and times, values, source, name and reason.

use super::canvas::Canvas;
use super::overlay::wrap;
use super::{source, value_rows};
use crate::app::State;
use crate::app::details::Shown;
use crate::app::layout::Area;
use crate::app::pane::PaneId;
use crate::app::text;
use crate::app::value_rows::ValueRow;
use crate::config::Role;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let details = &state.panes.details;
    let Some(shown) = &details.shown else {
        canvas.empty(area, &["Select a call to see its details."]);
        return;
    };
    let rest = head(shown, area, canvas);
    let (rest, notes) = rest.split_bottom(notes_rows(shown, rest, canvas));
    draw_notes(shown, notes, canvas);
    let rows = details.rows();
    let for_values = if shown.place.is_some() { (rest.height / 2).max(3) } else { rest.height };
    let rest = values(state, rows, rest, for_values, canvas);
    if rest.height > 1 && shown.place.is_some() {
        source(state, shown, rest, canvas);
    }
}

/// Title and facts; returns what is left below them.
fn head(shown: &Shown, area: Area, canvas: &mut Canvas<'_>) -> Area {
    let (row, mut rest) = area.split_top(1);
    let left = canvas.right(row, &format!("  {} ", shown.aside), Role::Text);
    let title = text::elide_middle(&shown.title.0, usize::from(left.width), canvas.signs.ellipsis).into_owned();
    canvas.text(left, &title, shown.title.1);
    for (fact, role) in &shown.facts {
        let (row, below) = rest.split_top(1);
        rest = below;
        let fact = text::elide(fact, usize::from(row.width), canvas.signs.ellipsis).into_owned();
        canvas.text(row, &fact, *role);
    }
    rest.split_top(1).1
}

fn notes_rows(shown: &Shown, rest: Area, canvas: &Canvas<'_>) -> u16 {
    let lines: usize = shown.notes.iter().map(|note| note_lines(note, rest.width, canvas).len()).sum();
    // A blank line before them; with little room the values and the source are wanted more.
    u16::try_from(lines + 1).unwrap_or(u16::MAX).min(rest.height / 3)
}

/// Cells for the word before a note or a value.
const WORD: usize = 6;

fn note_lines(note: &(&'static str, String, Role), width: u16, _canvas: &Canvas<'_>) -> Vec<String> {
    wrap(&note.1, usize::from(width).saturating_sub(WORD).max(8))
}

fn draw_notes(shown: &Shown, area: Area, canvas: &mut Canvas<'_>) {
    let mut rest = area.split_top(1).1;
    for note in &shown.notes {
        for (at, line) in note_lines(note, area.width, canvas).iter().enumerate() {
            let (row, below) = rest.split_top(1);
            rest = below;
            if row.height == 0 {
                return;
            }
            let word = if at == 0 { note.0 } else { "" };
            canvas.pieces(row, &[(&text::pad(word, WORD), Role::Dim), (line, note.2)]);
        }
    }
}

/// The values as a tree, in at most `most` rows; returns what is left below them.
fn values(state: &State, rows: &[ValueRow], area: Area, most: u16, canvas: &mut Canvas<'_>) -> Area {
    if rows.is_empty() || area.height == 0 {
        return area;
    }
    let details = &state.panes.details;
    let focused = state.focus == PaneId::Details;
    let column = value_rows::column(rows);
    let height = most.min(area.height);
    let (area, rest) = if details.wrap {
        return wrapped(rows, column, area, height, canvas);
    } else {
        area.split_top(u16::try_from(rows.len()).unwrap_or(u16::MAX).min(height))
    };
    value_rows::draw(PaneId::Details, rows, details.cursor, focused, area, canvas);
    rest.split_top(1).1
}

/// The values with long text wrapped: for reading, without a cursor.
fn wrapped(rows: &[ValueRow], column: usize, area: Area, height: u16, canvas: &mut Canvas<'_>) -> Area {
    let mut used = 0;
    for row in rows {
        let indent = (row.path.len() - 1) * 2;
        let room = usize::from(area.width).saturating_sub(column + 1 + indent).max(8);
        for (at, line) in wrap(&row.text, room).iter().enumerate() {
            if used == height {
                return area.split_top(used).1.split_top(1).1;
            }
            let label = if at == 0 {
                text::elide(&row.label, column, canvas.signs.ellipsis).into_owned()
            } else {
                String::new()
            };
            let label = format!("{}{}", " ".repeat(indent), text::pad(&label, column + 1));
            canvas.pieces(area.row(used), &[(&label, row.role), (line, Role::Value)]);
            used += 1;
        }
    }
    area.split_top(used).1.split_top(1).1
}

fn source(state: &State, shown: &Shown, area: Area, canvas: &mut Canvas<'_>) {
    let (details, Some((path, line))) = (&state.panes.details, &shown.place) else { return };
    if let Some(found) = details.source(path) {
        let view = source::View {
            line: *line,
            from: None,
            scrolled: details.scrolled,
            recorded_at: shown.recorded_at,
            pane: None,
        };
        source::draw(found, &view, area, canvas);
    }
}

#[cfg(test)]
mod tests;
