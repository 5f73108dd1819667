//! The target's own terminal.

use super::canvas::{Canvas, rect};
use crate::app::State;
use crate::app::layout::Area;
use crate::app::text;
use crate::config::Role;
use ratatui::widgets::Widget;
use tui_term::widget::{Cursor, PseudoTerminal};

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let output = &state.panes.output;
    let Some(screen) = output.screen() else {
        let lines: &[&str] = if state.session.is_live() {
            &["The program's output goes to the terminal where it was started."]
        } else {
            &["The output of this program was not kept.", "It is shown here while ct-tui record runs the program."]
        };
        canvas.empty(area, lines);
        return;
    };
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
