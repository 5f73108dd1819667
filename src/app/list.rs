//! A cursor in a list of rows with a window that follows it: what every list-like pane shares.

use crate::config::Action;

/// Cursor and window. Both are kept inside the list by [`Cursor::fit`], which every change goes through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The selected row.
    pub at: usize,
    /// The first row in the window.
    pub top: usize,
}

impl Cursor {
    /// Brings cursor and window into a list of `len` rows seen through `rows` of them, the cursor in sight.
    pub fn fit(&mut self, len: usize, rows: usize) {
        let rows = rows.max(1);
        self.at = self.at.min(len.saturating_sub(1));
        // One row of context on either side, where there is room for it.
        let margin = usize::from(rows > 4);
        self.top = self.top.min(self.at.saturating_sub(margin));
        self.top = self.top.max((self.at + 1 + margin).min(len).saturating_sub(rows));
        self.top = self.top.min(len.saturating_sub(rows));
    }

    /// The next row of a list of `len` that `has` what is sought, or the one before; the search goes on from the other end.
    #[must_use]
    pub fn seek(&self, forward: bool, len: usize, has: impl Fn(usize) -> bool) -> Option<usize> {
        let step = |n: usize| if forward { (self.at + n) % len } else { (self.at + len - n % len) % len };
        (1..=len).map(step).find(|at| has(*at))
    }

    /// Moves by an action of `Context::Lists`; false when it is none.
    pub fn act(&mut self, action: Action, len: usize, rows: usize) -> bool {
        let page = rows.saturating_sub(2).max(1);
        match action {
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::Down => self.at = self.at.saturating_add(1),
            Action::PageUp => {
                self.at = self.at.saturating_sub(page);
                self.top = self.top.saturating_sub(page);
            }
            Action::PageDown => {
                self.at = self.at.saturating_add(page);
                self.top = self.top.saturating_add(page);
            }
            Action::Top => self.at = 0,
            Action::Bottom => self.at = len.saturating_sub(1),
            _ => return false,
        }
        self.fit(len, rows);
        true
    }

    /// Turns the wheel: the window moves, and takes the cursor along only where it must.
    pub fn scroll(&mut self, by: isize, len: usize, rows: usize) {
        let rows = rows.max(1);
        self.top = self.top.saturating_add_signed(by).min(len.saturating_sub(rows));
        let margin = usize::from(rows > 4);
        let first = if self.top == 0 { 0 } else { self.top + margin };
        let end = self.top + rows;
        let last = if end >= len { len.saturating_sub(1) } else { end - 1 - margin };
        self.at = self.at.clamp(first.min(last), last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_always_in_sight() {
        for len in [0, 1, 2, 5, 10, 100] {
            for rows in [0, 1, 3, 5, 10, 200] {
                let mut cursor = Cursor::default();
                let check = |cursor: &Cursor, what: &str| {
                    assert!(cursor.at < len.max(1), "{what}: {cursor:?} of {len}");
                    assert!(
                        cursor.top <= cursor.at && cursor.at < cursor.top + rows.max(1),
                        "{what}: {cursor:?} in {rows} of {len}"
                    );
                };
                for action in [
                    Action::Down,
                    Action::PageDown,
                    Action::Bottom,
                    Action::Down,
                    Action::Up,
                    Action::PageUp,
                    Action::PageUp,
                    Action::Top,
                    Action::Up,
                    Action::PageDown,
                ] {
                    assert!(cursor.act(action, len, rows));
                    check(&cursor, action.row().name);
                }
                for by in [3, 3, -3, isize::MAX, -1, isize::MIN, 1] {
                    cursor.scroll(by, len, rows);
                    check(&cursor, "scroll");
                }
            }
        }
        assert!(!Cursor::default().act(Action::Quit, 1, 1));
    }
}
