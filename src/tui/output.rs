//! The target's own terminal, as a screen or line by line.

use super::canvas::{Canvas, rect};
use crate::app::State;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::{text, units};
use crate::config::Role;
use ratatui::widgets::Widget;
use tui_term::widget::{Cursor, PseudoTerminal};

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let output = &state.panes.output;
    if output.shows_lines() {
        return lines(state, area, canvas);
    }
    let Some(screen) = output.screen() else { return };
    if output.is_silent() {
        canvas.empty(area, &["The program has written nothing yet."]);
        return;
    }
    let visible = rect(area).intersection(canvas.buffer.area);
    let cursor = Cursor::default().visibility(false);
    PseudoTerminal::new(screen).cursor(cursor).render(visible, canvas.buffer);
    // The emulator keeps what has no width with the character before it; some of that must not go out.
    for y in visible.top()..visible.bottom() {
        for x in visible.left()..visible.right() {
            let cell = &mut canvas.buffer[(x, y)];
            if !cell.symbol().is_ascii() {
                let safe: String = cell
                    .symbol()
                    .chars()
                    .filter(|c| !text::clean(c.encode_utf8(&mut [0; 4])).starts_with('\\') || *c == '\\')
                    .collect();
                if safe.len() != cell.symbol().len() {
                    cell.set_symbol(if safe.is_empty() { " " } else { &safe });
                }
            }
        }
    }
    let (row, column) = screen.cursor_position();
    if output.is_typing() && output.scrolled() == 0 && !screen.hide_cursor() && row < area.height && column < area.width
    {
        canvas.set_cursor(area.x + column, area.y + row);
    }
    if output.scrolled() > 0 {
        let above = format!(" {} lines up ", output.scrolled());
        canvas.right(area, &above, Role::Hit);
    }
}

/// Cells of the time before a line.
const TIME: usize = 10;

/// Draws the lines.
fn lines(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let output = &state.panes.output;
    if output.count() == 0 {
        let session = &state.session;
        let why: &[&str] = match (session.has_output(), session.is_live()) {
            (true, _) => &["The program has written nothing yet."],
            (false, true) => &["The program's output goes to the terminal where it was started."],
            (false, false) => &[
                "The output of this program was not kept.",
                "It is kept when ct-tui record runs the program on the screen.",
            ],
        };
        canvas.empty(area, why);
        return;
    }
    let width = usize::from(area.width);
    for line in output.view() {
        let Some(row) = line.at.checked_sub(output.cursor.top).filter(|row| *row < usize::from(area.height)) else {
            continue;
        };
        let row = area.row(u16::try_from(row).unwrap_or(u16::MAX));
        canvas.hit(row, Hit::Row(PaneId::Output, line.at));
        let mut rest = canvas.text(row, " ", Role::Text);
        if width >= 40 {
            let time = units::duration(line.ns, canvas.signs.micro);
            rest = canvas.pieces(rest, &[(&text::pad_start(&time, TIME), Role::Dim), ("  ", Role::Text)]);
        }
        if let Some(by) = line.by.as_ref().filter(|_| width >= 60) {
            let by = text::elide_middle(by, width / 3, canvas.signs.ellipsis).into_owned();
            // What was written is wanted more than who wrote it.
            if text::width(&line.text) + text::width(&by) + 3 <= usize::from(rest.width) {
                rest = canvas.right(rest, &format!("  {by} "), Role::Dim);
            }
        }
        let shown = text::elide(&line.text, usize::from(rest.width), canvas.signs.ellipsis).into_owned();
        canvas.text(rest, &shown, Role::Text);
        if line.at == output.cursor.at {
            canvas.lay(row, if state.focus == PaneId::Output { Role::Selection } else { Role::Unfocused });
            canvas.text(row, canvas.signs.cursor, Role::Accent);
        }
    }
    let lists = &state.session.survey.lists;
    let mut missing = Vec::new();
    if lists.lines.first().is_some_and(|start| *start > 0) {
        missing.push("older lines are not listed".to_owned());
    }
    if lists.more.writes > 0 {
        missing.push(format!("{} later writes are not linked to calls", units::grouped(lists.more.writes)));
    }
    if !missing.is_empty() {
        canvas.right(area, &format!(" {} ", missing.join(", ")), Role::Warning);
    }
}
