//! Values as a tree: names in a column, fold signs, the cursor.

use super::canvas::Canvas;
use super::tree::Items;
use crate::app::layout::Area;
use crate::app::list::Cursor;
use crate::app::pane::{Hit, PaneId};
use crate::app::text;
use crate::app::value_rows::ValueRow;
use crate::config::Role;
use ratatui::text::{Line, Span};

/// Cells for the names.
#[must_use]
pub fn column(rows: &[ValueRow]) -> usize {
    let names = rows.iter().filter(|row| row.path.len() == 1).map(|row| text::width(&row.label));
    names.max().unwrap_or(0).clamp(4, 20)
}

/// Draws as many rows as there is room for, the cursor among them.
pub fn draw(pane: PaneId, rows: &[ValueRow], cursor: Cursor, focused: bool, area: Area, canvas: &mut Canvas<'_>) {
    let column = column(rows);
    let mut cursor = cursor;
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
        canvas.hit(on_screen, Hit::Row(pane, at));
        let sign = on_screen.split_left(u16::try_from(1 + depth * 2).unwrap_or(u16::MAX)).1.split_left(2).0;
        canvas.hit(sign, Hit::Fold(pane, at));
    }
    items.draw(focused.then_some(cursor.at), Role::Selection, area, canvas);
}
