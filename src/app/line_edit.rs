//! One editable line of text: the search, the palette, selectors. It knows keys and nothing of where it is drawn.

use crate::app::text;
use crate::config::{Key, KeyCode};
use unicode_width::UnicodeWidthChar;

/// How long a typed line may become; beyond it keys are ignored.
const LIMIT: usize = 4096;

/// A line of text with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineEdit {
    text: String,
    /// Byte offset, always at a character boundary.
    cursor: usize,
}

impl LineEdit {
    /// A line with this text, the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Byte offset of the cursor.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts the cursor at a byte offset, or as near to it as a character boundary allows.
    pub fn set_cursor(&mut self, at: usize) {
        let at = at.min(self.text.len());
        self.cursor = (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
    }

    /// The part of the text that fits into `cells`, with the cursor in sight: the text, and the cursor's cell in it.
    #[must_use]
    pub fn window(&self, cells: usize) -> (&str, usize) {
        // One cell is kept for a cursor at the very end.
        let before = text::take_end(&self.text[..self.cursor], cells.saturating_sub(1));
        let start = self.cursor - before.len();
        (text::take(&self.text[start..], cells), text::width(before))
    }

    /// Inserts at the cursor. Line ends and other control characters are left out: this is one line.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| c.width().is_some() && !is_hidden(*c)) {
            if self.text.len() + c.len_utf8() > LIMIT {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Empties the line.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    /// Handles a key; false when it means nothing to a line of text.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        match (key.code, key.ctrl, key.alt) {
            (KeyCode::Left, false, false) => self.cursor = self.before(),
            (KeyCode::Right, false, false) => self.cursor = self.after(),
            (KeyCode::Left, ..) | (KeyCode::Char('b'), false, true) => self.cursor = self.word_before(),
            (KeyCode::Right, ..) | (KeyCode::Char('f'), false, true) => self.cursor = self.word_after(),
            (KeyCode::Home, ..) | (KeyCode::Char('a'), true, _) => self.cursor = 0,
            (KeyCode::End, ..) | (KeyCode::Char('e'), true, _) => self.cursor = self.text.len(),
            (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, _) => self.cut(self.before(), self.cursor),
            (KeyCode::Backspace, ..) | (KeyCode::Char('w'), true, _) => self.cut(self.word_before(), self.cursor),
            (KeyCode::Delete, ..) | (KeyCode::Char('d'), true, _) => self.cut(self.cursor, self.after()),
            (KeyCode::Char('u'), true, _) => self.cut(0, self.cursor),
            (KeyCode::Char('k'), true, _) => self.cut(self.cursor, self.text.len()),
            _ => return false,
        }
        true
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].chars().next().map_or(self.cursor, |c| self.cursor + c.len_utf8())
    }

    fn word_before(&self) -> usize {
        let head = self.text[..self.cursor].trim_end_matches(|c: char| !is_word(c));
        head.trim_end_matches(is_word).len()
    }

    fn word_after(&self) -> usize {
        let tail = self.text[self.cursor..].trim_start_matches(|c: char| !is_word(c));
        self.text.len() - tail.trim_start_matches(is_word).len()
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Characters that would not show, or that reorder what is around them: never typed on purpose.
fn is_hidden(c: char) -> bool {
    matches!(text::clean(c.encode_utf8(&mut [0; 4])), std::borrow::Cow::Owned(escaped) if escaped.starts_with('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing() {
        let mut line = LineEdit::new("pkg:shop.cart");
        for (key, text, cursor) in [
            ("ctrl-w", "pkg:shop.", 9),
            ("é", "pkg:shop.é", 11),
            ("left", "pkg:shop.é", 9),
            ("delete", "pkg:shop.", 9),
            ("ctrl-left", "pkg:shop.", 4),
            ("ctrl-k", "pkg:", 4),
            ("backspace", "pkg", 3),
            ("home", "pkg", 0),
            ("backspace", "pkg", 0),
            ("x", "xpkg", 1),
            ("ctrl-right", "xpkg", 4),
            ("ctrl-u", "", 0),
        ] {
            assert!(line.key(key.parse().unwrap()), "{key}");
            assert_eq!((line.text(), line.cursor()), (text, cursor), "{key}");
        }
        assert!(!line.key(Key::plain(KeyCode::Enter)));
        line.insert("a\nb\x1b\u{202e}c");
        assert_eq!(line.text(), "abc");
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let mut line = LineEdit::new("abcdefgh");
        assert_eq!(line.window(5), ("efgh", 4));
        line.set_cursor(0);
        assert_eq!(line.window(5), ("abcde", 0));
        assert_eq!(LineEdit::new("模块模块").window(4), ("块", 2));
        assert_eq!(LineEdit::new("x").window(0), ("", 0));
    }
}
