//! Text of unknown origin: finding a place in it, and making it safe to print.

use super::Span;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

/// How many bytes of a line are kept on either side of a problem.
pub const LINE_WINDOW: usize = 160;

/// Line and column, both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Finds lines and columns in one text, after one pass over it.
#[derive(Clone, Debug)]
pub struct Locator<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Locator<'t> {
    /// Indexes the line starts of `text`.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Self { text, starts }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Line and column of a byte offset; one past the end is fine, anything beyond it counts as the end.
    #[must_use]
    pub fn locate(&self, offset: usize) -> Located {
        let offset = floor(self.text, offset);
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        Located { line: line + 1, column: self.text[self.starts[line]..offset].chars().count() + 1 }
    }

    /// The span of a byte range, with the text of the line in which it starts.
    #[must_use]
    pub fn span(&self, bytes: Range<usize>) -> Span {
        let start = floor(self.text, bytes.start);
        let end = floor(self.text, bytes.end).max(start);
        let Located { line, column } = self.locate(start);
        let line_start = self.starts[line - 1];
        let line_end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        let content = self.text[line_start..line_end].trim_end_matches('\r');
        let mark_start = (start - line_start).min(content.len());
        let mark_end = (end - line_start).clamp(mark_start, content.len());
        let from = if mark_start > LINE_WINDOW { floor(content, mark_start - LINE_WINDOW) } else { 0 };
        let to = floor(content, mark_end.min(mark_start + LINE_WINDOW) + LINE_WINDOW);
        Span {
            bytes: start..end,
            line,
            column,
            text: content[from..to].to_owned(),
            mark: mark_start - from..mark_end.min(to) - from,
        }
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether a character may go to a terminal as it is. Control characters move the cursor; the bidirectional and
/// separator characters reorder or break the line around them.
pub(super) fn is_safe(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}'))
}

/// The text with everything that is not safe to print written as an escape (`\n`, `\x1b`, `\u{202e}`).
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(|c| !is_safe(c)) else { return Cow::Borrowed(text) };
    let mut out = text[..first].to_owned();
    for c in text[first..].chars() {
        match c {
            c if is_safe(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
        }
    }
    Cow::Owned(out)
}
