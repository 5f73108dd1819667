//! The whole picture from a state. Changes nothing; hands back what is where.

use super::canvas::{Canvas, Hits};
use super::style::Depth;
use super::{overlay, pane, status};
use crate::app::State;
use crate::app::layout::Area;
use crate::app::pane::PaneId;
use crate::config::Role;
use ratatui::buffer::Buffer;

/// What a picture leaves behind besides its cells.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// What is where.
    pub hits: Hits,
    /// Where the terminal's cursor is to be shown, if anywhere.
    pub cursor: Option<(u16, u16)>,
}

/// Draws the state on the buffer. The state's own size counts, as far as the buffer reaches.
pub fn draw(state: &State, buffer: &mut Buffer, depth: Depth) -> Drawn {
    let mut canvas = Canvas::new(buffer, &state.config.theme, &state.config.signs, depth);
    let whole = Area { x: 0, y: 0, width: state.size.width, height: state.size.height };
    canvas.lay(whole, Role::Text);
    let layout = state.layout();
    status::bar(state, layout.bar, &mut canvas);
    status::tabs(state, layout.tabs, &mut canvas);
    pane::draw(state.main, state, layout.main, &mut canvas);
    if !layout.details.is_empty() {
        status::ruler(state, layout.ruler, &mut canvas);
        pane::draw(PaneId::Details, state, layout.details, &mut canvas);
    }
    status::foot(state, layout.foot, &mut canvas);
    overlay::draw(state, whole, &mut canvas);
    Drawn { cursor: canvas.cursor(), hits: canvas.hits }
}
