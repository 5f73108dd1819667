//! Where things are on the screen, as plain numbers. `update` needs them (how long is a page? how large is the target's
//! terminal?), `draw` follows them, and the mouse is looked up in what `draw` hands back: one computation, three users.

use super::pane::PaneId;

/// Size of the terminal in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Size {
    pub width: u16,
    pub height: u16,
}

/// A rectangle in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Area {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
}

impl Area {
    /// Whether a cell is inside.
    #[must_use]
    pub fn contains(&self, x: u16, y: u16) -> bool {
        x >= self.x && y >= self.y && x - self.x < self.width && y - self.y < self.height
    }

    /// Whether there is no cell in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The first `rows` rows, and the rest.
    #[must_use]
    pub fn split_top(self, rows: u16) -> (Self, Self) {
        let rows = rows.min(self.height);
        let top = Self { height: rows, ..self };
        (top, Self { y: self.y + rows, height: self.height - rows, ..self })
    }

    /// The rest, and the last `rows` rows.
    #[must_use]
    pub fn split_bottom(self, rows: u16) -> (Self, Self) {
        self.split_top(self.height - rows.min(self.height))
    }

    /// The first `columns` columns, and the rest.
    #[must_use]
    pub fn split_left(self, columns: u16) -> (Self, Self) {
        let columns = columns.min(self.width);
        let left = Self { width: columns, ..self };
        (left, Self { x: self.x + columns, width: self.width - columns, ..self })
    }

    /// One row of it, counted from 0; empty when there is no such row.
    #[must_use]
    pub fn row(self, at: u16) -> Self {
        if at < self.height { Self { y: self.y + at, height: 1, ..self } } else { Self { height: 0, ..self } }
    }

    /// A smaller area in its middle.
    #[must_use]
    pub fn centred(self, width: u16, height: u16) -> Self {
        let (width, height) = (width.min(self.width), height.min(self.height));
        Self { x: self.x + (self.width - width) / 2, y: self.y + (self.height - height) / 2, width, height }
    }
}

/// How the screen is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Status of the recording, at the top.
    pub bar: Area,
    /// The tabs.
    pub tabs: Area,
    /// The pane of the active tab.
    pub main: Area,
    /// The ruler between the pane and the details, with the heading of the details where it lies flat.
    pub ruler: Area,
    /// The details.
    pub details: Area,
    /// Hints and messages, at the foot.
    pub foot: Area,
}

/// From this width on the details stand beside the tree.
const BESIDE: u16 = 100;
/// Below this width, or [`TINY_ROWS`], only the tree and one line remain.
const TINY_COLUMNS: u16 = 50;
const TINY_ROWS: u16 = 12;
/// Details under the tree need at least this many rows in all.
const BELOW_ROWS: u16 = 20;

impl Layout {
    /// Divides the screen. `details`: the active pane has details; `details_only`: they are all that is wanted, because
    /// there is no room for both and the focus is on them.
    #[must_use]
    pub fn new(size: Size, tabs: bool, details: bool, details_focused: bool) -> Self {
        let all = Area { x: 0, y: 0, width: size.width, height: size.height };
        if size.width < TINY_COLUMNS || size.height < TINY_ROWS {
            let (main, foot) = all.split_bottom(if size.height > 1 { 1 } else { 0 });
            return if details && details_focused {
                Self { details: main, foot, ..Self::default() }
            } else {
                Self { main, foot, ..Self::default() }
            };
        }
        let (bar, rest) = all.split_top(1);
        let (rest, foot) = rest.split_bottom(1);
        let (tab_row, rest) = rest.split_top(u16::from(tabs));
        let layout = Self { bar, foot, ..Self::default() };
        if !details {
            return Self { tabs: tab_row, main: rest, ..layout };
        }
        if size.width >= BESIDE {
            // The details begin on the row of the tabs: their heading needs no row of its own.
            let whole = Area { y: tab_row.y, height: tab_row.height + rest.height, ..rest };
            let left = if size.width >= 150 { size.width * 11 / 20 } else { size.width * 3 / 5 };
            let (_, right) = whole.split_left(left);
            let (ruler, details) = right.split_left(1);
            let (_, details) = details.split_left(1);
            return Self { tabs: tab_row.split_left(left).0, main: rest.split_left(left).0, ruler, details, ..layout };
        }
        if size.height < BELOW_ROWS {
            return if details_focused {
                Self { tabs: tab_row, details: rest, ..layout }
            } else {
                Self { tabs: tab_row, main: rest, ..layout }
            };
        }
        let (main, below) = rest.split_top(rest.height * 11 / 20);
        let (ruler, details) = below.split_top(1);
        Self { tabs: tab_row, main, ruler, details, ..layout }
    }

    /// The area of a pane: the details', or the main one for every other.
    #[must_use]
    pub fn of(&self, pane: PaneId) -> Area {
        if pane == PaneId::Details { self.details } else { self.main }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(layout: &Layout) -> [Area; 6] {
        [layout.bar, layout.tabs, layout.main, layout.ruler, layout.details, layout.foot]
    }

    #[test]
    fn nothing_overlaps_or_sticks_out_at_any_size() {
        for width in 0..200 {
            for height in 0..60 {
                for (tabs, details, focused) in
                    [(true, true, true), (true, true, false), (true, false, false), (false, false, false)]
                {
                    let layout = Layout::new(Size { width, height }, tabs, details, focused);
                    let areas = areas(&layout);
                    let mut cells = 0u32;
                    for (at, a) in areas.iter().enumerate() {
                        assert!(a.is_empty() || a.x + a.width <= width && a.y + a.height <= height, "{width}x{height}");
                        cells += u32::from(a.width) * u32::from(a.height);
                        for b in areas.iter().skip(at + 1).filter(|b| !a.is_empty() && !b.is_empty()) {
                            let apart = a.x + a.width <= b.x
                                || b.x + b.width <= a.x
                                || a.y + a.height <= b.y
                                || b.y + b.height <= a.y;
                            assert!(apart, "{width}x{height}: {a:?} and {b:?}");
                        }
                    }
                    assert!(cells <= u32::from(width) * u32::from(height));
                }
            }
        }
    }

    #[test]
    fn the_named_sizes() {
        let at = |width, height| Layout::new(Size { width, height }, true, true, false);
        assert!(at(160, 50).details.x > at(160, 50).main.x, "beside");
        assert!(at(100, 30).details.x > at(100, 30).main.x, "beside");
        assert!(at(60, 20).details.y > at(60, 20).main.y, "below");
        assert!(at(20, 5).details.is_empty() && at(20, 5).bar.is_empty(), "tiny");
        assert_eq!(at(20, 5).main.height, 4);
        assert!(at(1, 1).main.height == 1);
    }
}
