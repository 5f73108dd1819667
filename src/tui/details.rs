//! Details of what is selected: title and times, values, source, name and reason.

use super::canvas::Canvas;
use super::overlay::wrap;
use super::tree::Items;
use crate::app::State;
use crate::app::details::{Shown, ValueRow};
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::text;
use crate::config::Role;
use ratatui::text::{Line, Span};

/// Seconds by which a file may be younger than the recording's start and still count as the one that ran.
const GRACE: f64 = 1.0;

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
    let column = rows
        .iter()
        .filter(|row| row.path.len() == 1)
        .map(|row| text::width(&row.label))
        .max()
        .unwrap_or(0)
        .clamp(4, 20);
    let height = most.min(area.height);
    let (area, rest) = if details.wrap {
        return wrapped(rows, column, area, height, canvas);
    } else {
        area.split_top(u16::try_from(rows.len()).unwrap_or(u16::MAX).min(height))
    };
    let mut cursor = details.cursor;
    cursor.fit(rows.len(), usize::from(area.height));
    let mut items = Items::default();
    for (at, row) in rows.iter().enumerate().skip(cursor.top).take(usize::from(area.height)) {
        let depth = row.path.len() - 1;
        let room = usize::from(area.width).saturating_sub(1 + depth * 2 + 2);
        let label =
            text::elide(&row.label, if depth == 0 { column } else { room / 2 }, canvas.signs.ellipsis).into_owned();
        let label = if depth == 0 { text::pad(&label, column + 1) } else { format!("{label} ") };
        let value =
            text::elide(&row.text, room.saturating_sub(text::width(&label)), canvas.signs.ellipsis).into_owned();
        let value_role = if row.role == Role::Text || row.role == Role::Accent { Role::Value } else { row.role };
        let label_role = if depth == 0 { row.role } else { Role::Dim };
        let line = Line::from(vec![
            Span::styled(canvas.plain(&label).into_owned(), canvas.style(label_role)),
            Span::styled(canvas.plain(&value).into_owned(), canvas.style(value_role)),
        ]);
        items.push(depth, at, line, row.fold);
        let on_screen = area.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        canvas.hit(on_screen, Hit::Row(PaneId::Details, at));
        let sign = on_screen.split_left(u16::try_from(1 + depth * 2).unwrap_or(u16::MAX)).1.split_left(2).0;
        canvas.hit(sign, Hit::Fold(PaneId::Details, at));
    }
    items.draw(focused.then_some(cursor.at), Role::Selection, area, canvas);
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
    let Some((_, line)) = &shown.place else { return };
    let details = &state.panes.details;
    let Some(source) = details.source() else { return };
    let lines = match &source.lines {
        Ok(lines) => lines,
        Err(why) => {
            canvas.pieces(area, &[(canvas.signs.warning, Role::Warning), (" ", Role::Text), (why, Role::Dim)]);
            return;
        }
    };
    let mut area = area;
    if source.modified > shown.recorded_at + GRACE {
        let (row, rest) = area.split_top(1);
        canvas.pieces(
            row,
            &[(canvas.signs.warning, Role::Warning), (" the file was changed after the recording", Role::Warning)],
        );
        area = rest;
    }
    let current = *line as usize;
    if current > lines.len() {
        canvas.text(area, "the file is shorter now", Role::Warning);
        return;
    }
    let height = usize::from(area.height);
    // The current line stands in the upper third, with a few lines of context before it.
    let middle = current.saturating_add_signed(details.scrolled);
    let top = middle.saturating_sub(1 + (height / 4).min(4)).min(lines.len().saturating_sub(height));
    let digits = lines.len().to_string().len().max(3);
    for (at, pieces) in lines.iter().enumerate().skip(top).take(height) {
        let row = area.row(u16::try_from(at - top).unwrap_or(u16::MAX));
        let here = at + 1 == current;
        let sign = if here { canvas.signs.current } else { " " };
        let number = format!("{:>digits$} ", at + 1);
        let ruler = canvas.signs.ruler;
        let number_role = if here { Role::Accent } else { Role::Dim };
        let mut rest = canvas.pieces(
            row,
            &[(sign, Role::Accent), (" ", Role::Text), (&number, number_role), (ruler, Role::Rule), (" ", Role::Text)],
        );
        for (role, piece) in pieces {
            rest = canvas.text(rest, piece, *role);
        }
        if here {
            canvas.lay(row, Role::Unfocused);
        }
    }
}
