//! The target's own terminal.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::layout::Area;

/// Draws the pane.
pub fn draw(_state: &State, area: Area, canvas: &mut Canvas<'_>) {
    canvas.empty(area, &["There is nothing to show here yet."]);
}
