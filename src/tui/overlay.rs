//! What lies over the panes: help, questions, menus, palette, texts.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::overlay::{HelpLine, Menu, Overlay, Palette, Question, Reading, help};
use crate::app::pane::Hit;
use crate::app::text;
use crate::config::{Action, Context, Role};

/// Draws the overlay, if there is one.
pub fn draw(state: &State, whole: Area, canvas: &mut Canvas<'_>) {
    match &state.overlay {
        None => {}
        Some(Overlay::Help(top)) => keys(state, *top, whole, canvas),
        Some(Overlay::Ask(question)) => ask(question, whole, canvas),
        Some(Overlay::Menu(menu)) => choose(state, menu, whole, canvas),
        Some(Overlay::Palette(palette)) => actions(state, palette, whole, canvas),
        Some(Overlay::Reading(reading)) => read(state, reading, whole, canvas),
    }
}

/// A cleared box in the middle with a heading; returns its inside.
fn sheet(title: &str, width: usize, height: usize, whole: Area, canvas: &mut Canvas<'_>) -> Area {
    let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let area = whole.centred(cells(width.saturating_add(4)), cells(height.saturating_add(3)));
    canvas.clear(area);
    // The panes under the sheet are not for the mouse now.
    canvas.hit(whole, Hit::Overlay(usize::MAX));
    let line = canvas.signs.rule.repeat(usize::from(area.width));
    canvas.text(area, &line, Role::Rule);
    canvas.text(area.row(area.height.saturating_sub(1)), &line, Role::Rule);
    for y in 1..area.height.saturating_sub(1) {
        let row = area.row(y);
        canvas.text(row, canvas.signs.ruler, Role::Rule);
        canvas.text(row.split_left(row.width.saturating_sub(1)).1, canvas.signs.ruler, Role::Rule);
    }
    let heading = Area { x: area.x + 2.min(area.width), width: area.width.saturating_sub(4), ..area };
    canvas.text(heading, &format!(" {title} "), Role::Accent);
    let (_, inside) = area.split_top(1);
    let (inside, _) = inside.split_bottom(1);
    Area { x: inside.x + 2.min(inside.width), width: inside.width.saturating_sub(4), ..inside }
}

fn keys(state: &State, top: usize, whole: Area, canvas: &mut Canvas<'_>) {
    let mut first = state.contexts();
    if state.panes.get(state.focus).typing() {
        first.insert(0, Context::Text);
    }
    let lines = help(&state.config.keymap, &first, state.config.ascii);
    let rows = state.overlay_rows();
    let widest = |part: fn(&HelpLine) -> usize| lines.iter().map(part).max().unwrap_or(0);
    let column = widest(|line| if let HelpLine::Entry(keys, _) = line { text::width(keys) } else { 0 });
    let what = widest(|line| if let HelpLine::Entry(_, what) = line { text::width(what) } else { 0 });
    let column = column.min(usize::from(whole.width) / 6);
    let inside = sheet("Keys", (column + 2 + what).max(40), rows, whole, canvas);
    let top = top.min(lines.len().saturating_sub(rows));
    for (at, line) in lines.iter().skip(top).take(rows).enumerate() {
        let row = inside.row(u16::try_from(at).unwrap_or(u16::MAX));
        match line {
            HelpLine::Blank => {}
            HelpLine::Heading(title) => {
                canvas.text(row, title, Role::Accent);
            }
            HelpLine::Entry(keys, what) => {
                let keys = text::pad(&text::elide(keys, column, canvas.signs.ellipsis), column + 2);
                let rest = canvas.text(row, &keys, Role::Value);
                canvas.text(rest, &text::elide(what, usize::from(rest.width), canvas.signs.ellipsis), Role::Text);
            }
        }
    }
    let more = lines.len().saturating_sub(top + rows);
    if more > 0 {
        let (_, last) = inside.split_bottom(1);
        canvas.right(last, &format!(" {} {more} more", canvas.signs.more), Role::Dim);
    }
}

fn ask(question: &Question, whole: Area, canvas: &mut Canvas<'_>) {
    let width = question
        .text
        .iter()
        .map(|line| text::width(line))
        .chain(question.answers.iter().map(|(_, answer, _)| text::width(answer) + 6))
        .chain([text::width(&question.title) + 4, 30])
        .max()
        .unwrap_or(30);
    let text_rows = if question.text.is_empty() { 0 } else { question.text.len() + 1 };
    let inside = sheet(&question.title, width, text_rows + question.answers.len() + 1, whole, canvas);
    let mut at = 0u16;
    for line in &question.text {
        let line = text::elide(line, usize::from(inside.width), canvas.signs.ellipsis).into_owned();
        canvas.text(inside.row(at), &line, Role::Text);
        at += 1;
    }
    at += u16::from(text_rows > 0);
    for (index, (key, answer, _)) in question.answers.iter().enumerate() {
        let row = inside.row(at);
        canvas.pieces(
            row,
            &[
                (" ", Role::Text),
                (key.encode_utf8(&mut [0; 4]), Role::Accent),
                ("  ", Role::Text),
                (answer, Role::Text),
            ],
        );
        if index == question.at {
            canvas.lay(row, Role::Selection);
        }
        canvas.hit(row, Hit::Overlay(index));
        at += 1;
    }
}

fn choose(state: &State, menu: &Menu, whole: Area, canvas: &mut Canvas<'_>) {
    let rows = state.overlay_rows().min(menu.items.len().max(1));
    let width =
        menu.items.iter().map(|(item, note, _)| text::width(item) + text::width(note) + 6).max().unwrap_or(0).max(40);
    let inside = sheet(&menu.title, width, rows, whole, canvas);
    let mut cursor = menu.cursor;
    cursor.fit(menu.items.len(), usize::from(inside.height));
    for (at, (item, note, _)) in menu.items.iter().enumerate().skip(cursor.top).take(usize::from(inside.height)) {
        let row = inside.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        let left = canvas.right(row, &format!("  {note}"), Role::Dim);
        let item = text::elide_middle(item, usize::from(left.width), canvas.signs.ellipsis).into_owned();
        canvas.text(left, &item, Role::Text);
        if at == cursor.at {
            canvas.lay(row, Role::Selection);
        }
        canvas.hit(row, Hit::Overlay(at));
    }
}

fn actions(state: &State, palette: &Palette, whole: Area, canvas: &mut Canvas<'_>) {
    let matching: Vec<Action> = palette.matching(&state.contexts());
    let rows = state.overlay_rows().saturating_sub(1).clamp(1, 16);
    let inside = sheet("Actions", 64, rows + 1, whole, canvas);
    let (line, list) = inside.split_top(1);
    let line = canvas.text(line, ":", Role::Accent);
    let (visible, cell) = palette.line.window(usize::from(line.width));
    canvas.text(line, visible, Role::Text);
    canvas.set_cursor(line.x + u16::try_from(cell).unwrap_or(0).min(line.width.saturating_sub(1)), line.y);
    if matching.is_empty() {
        canvas.text(list, "no action has these words", Role::Dim);
    }
    let mut cursor = palette.cursor;
    cursor.fit(matching.len(), usize::from(list.height));
    for (at, action) in matching.iter().enumerate().skip(cursor.top).take(usize::from(list.height)) {
        let row = list.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        let keys: Vec<_> = state.config.keymap.keys(*action).iter().map(|key| key.pretty(state.config.ascii)).collect();
        let left = canvas.right(row, &format!("  {}", keys.join(" ")), Role::Value);
        let what = text::elide(action.row().help, usize::from(left.width), canvas.signs.ellipsis).into_owned();
        canvas.text(left, &what, Role::Text);
        if at == cursor.at {
            canvas.lay(row, Role::Selection);
        }
        canvas.hit(row, Hit::Overlay(at));
    }
}

fn read(state: &State, reading: &Reading, whole: Area, canvas: &mut Canvas<'_>) {
    let width = reading.lines.iter().map(|line| text::width(line)).max().unwrap_or(0).clamp(40, 100);
    let width = width.min(usize::from(whole.width).saturating_sub(4));
    let lines: Vec<String> = reading.lines.iter().flat_map(|line| wrap(line, width.max(1))).collect();
    let rows = state.overlay_rows().min(lines.len());
    let inside = sheet(&reading.title, width, rows, whole, canvas);
    let top = reading.top.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (at, line) in lines.iter().skip(top).take(usize::from(inside.height)).enumerate() {
        canvas.text(inside.row(u16::try_from(at).unwrap_or(u16::MAX)), line, Role::Text);
    }
}

/// Breaks a line into pieces of at most `cells`, at spaces where there are some; what follows is indented like it.
#[must_use]
pub fn wrap(line: &str, cells: usize) -> Vec<String> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let indent = if indent + 8 > cells { 0 } else { indent };
    let mut rest = line;
    let mut lines = Vec::new();
    while text::width(rest) > cells.saturating_sub(if lines.is_empty() { 0 } else { indent }) {
        let room = cells.saturating_sub(if lines.is_empty() { 0 } else { indent }).max(1);
        let head = text::take(rest, room);
        let head = if head.is_empty() { &rest[..rest.chars().next().map_or(0, char::len_utf8)] } else { head };
        let cut = head.rfind(' ').filter(|at| *at > head.len() / 2).map_or(head.len(), |at| at + 1);
        let (piece, tail) = rest.split_at(cut);
        push(&mut lines, piece.trim_end(), indent);
        rest = tail;
    }
    if !rest.is_empty() || lines.is_empty() {
        push(&mut lines, rest, indent);
    }
    lines
}

fn push(lines: &mut Vec<String>, piece: &str, indent: usize) {
    let indent = if lines.is_empty() { 0 } else { indent };
    lines.push(format!("{}{piece}", " ".repeat(indent)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping() {
        for (line, cells, pieces) in [
            ("one two three", 20, &["one two three"][..]),
            ("one two three", 8, &["one two", "three"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("模块", 1, &["模", "块"]),
            ("", 5, &[""]),
        ] {
            assert_eq!(wrap(line, cells), pieces, "{line} in {cells}");
        }
        assert_eq!(wrap("  one two three four", 12), ["  one two", "  three four"]);
    }
}
