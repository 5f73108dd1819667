//! Source beside values: the current line in sight, the file's later changes said.

use super::canvas::Canvas;
use crate::app::layout::Area;
use crate::app::lines::SOURCE;
use crate::app::pane::{Hit, PaneId};
use crate::app::source::Source;
use crate::config::Role;

/// Seconds by which a file may be younger than the recording's start and still count as the one that ran.
const GRACE: f64 = 1.0;

/// What part of a file is shown.
pub struct View {
    /// The current line, from 1.
    pub line: u32,
    /// Where the code begins that the line is of: the view moves by whole pages from there, not with each line.
    /// `None`: the current line stands in the upper third.
    pub from: Option<u32>,
    /// Lines that the view is scrolled away from where it would stand.
    pub scrolled: isize,
    /// When the recording started.
    pub recorded_at: f64,
    /// The pane that wants to know of clicks on lines.
    pub pane: Option<PaneId>,
}

/// Draws it.
pub fn draw(source: &Source, view: &View, area: Area, canvas: &mut Canvas<'_>) {
    let lines = match &source.lines {
        Ok(lines) => lines,
        Err(why) => {
            canvas.pieces(area, &[(canvas.signs.warning, Role::Warning), (" ", Role::Text), (why, Role::Dim)]);
            return;
        }
    };
    let mut area = area;
    if source.modified > view.recorded_at + GRACE {
        let (row, rest) = area.split_top(1);
        canvas.pieces(
            row,
            &[(canvas.signs.warning, Role::Warning), (" the file was changed after the recording", Role::Warning)],
        );
        area = rest;
    }
    let current = view.line as usize;
    if current > lines.len() {
        canvas.text(area, "the file is shorter now", Role::Warning);
        return;
    }
    let height = usize::from(area.height);
    let top = match view.from {
        Some(from) if current >= from as usize => {
            // A line of context on either side.
            let page = height.saturating_sub(2).max(1);
            (from as usize).saturating_sub(2) + (current - from as usize) / page * page
        }
        _ => current.saturating_sub(1 + (height / 4).min(4)),
    };
    let top = top.saturating_add_signed(view.scrolled).min(lines.len().saturating_sub(height));
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
        if let Some(pane) = view.pane {
            canvas.hit(row, Hit::Row(pane, SOURCE + at + 1));
        }
    }
}
