//! Which file draws which pane.

use super::canvas::Canvas;
use super::{calls, details, filters, functions, lines, names, output, tasks, test_list, traces};
use crate::app::State;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};

/// Draws a pane into its area.
pub fn draw(id: PaneId, state: &State, area: Area, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    canvas.hit(area, Hit::Pane(id));
    match id {
        PaneId::Calls => calls::draw(state, area, canvas),
        PaneId::Details => details::draw(state, area, canvas),
        PaneId::Output => output::draw(state, area, canvas),
        PaneId::Filters => filters::draw(state, area, canvas),
        PaneId::Names => names::draw(state, area, canvas),
        PaneId::Lines => lines::draw(state, area, canvas),
        PaneId::Functions => functions::draw(state, area, canvas),
        PaneId::Tasks => tasks::draw(state, area, canvas),
        PaneId::Tests => test_list::draw(state, area, canvas),
        PaneId::Traces => traces::draw(state, area, canvas),
    }
}
