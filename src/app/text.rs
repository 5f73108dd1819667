//! Text of unknown origin on its way to the screen: made safe, measured in cells, and shortened sensibly. Nothing from
//! a trace, a file or the target's name reaches the terminal without passing [`clean`].

use crate::diagnostic::printable;
use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many zero-width characters may sit on one cell. More is not language, it is an attempt to paint the screen.
const MARKS_PER_CELL: usize = 2;

/// The text with control characters, bidirectional overrides and the like written as escapes, and piles of combining
/// marks cut down.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    let mut marks = MARKS_PER_CELL;
    let piled = |marks: &mut usize, c: char| {
        *marks = if c.width().unwrap_or(0) == 0 { *marks + 1 } else { 0 };
        *marks > MARKS_PER_CELL
    };
    if text.is_ascii() || !text.chars().any(|c| piled(&mut marks, c)) {
        return text;
    }
    let mut marks = MARKS_PER_CELL;
    Cow::Owned(text.chars().filter(|&c| !piled(&mut marks, c)).collect())
}

/// One line of source: tabs become spaces up to the next multiple of `tab`, the rest as in [`clean`].
#[must_use]
pub fn clean_source(line: &str, tab: usize) -> Cow<'_, str> {
    if !line.contains('\t') {
        return clean(line);
    }
    let mut out = String::with_capacity(line.len() + 16);
    for part in line.split_inclusive('\t') {
        let (text, has_tab) = part.strip_suffix('\t').map_or((part, false), |text| (text, true));
        out.push_str(&clean(text));
        if has_tab {
            let to = (width(&out) / tab + 1) * tab;
            while width(&out) < to {
                out.push(' ');
            }
        }
    }
    Cow::Owned(out)
}

/// Cells that the text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The longest beginning of the text that fits into `cells`.
#[must_use]
pub fn take(text: &str, cells: usize) -> &str {
    if text.len() <= cells && text.is_ascii() {
        return text;
    }
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > cells {
            return &text[..at];
        }
    }
    text
}

/// The longest end of the text that fits into `cells`.
#[must_use]
pub fn take_end(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > cells {
            return &text[at + c.len_utf8()..];
        }
    }
    text
}

/// Shortened at its end when it does not fit.
#[must_use]
pub fn elide<'t>(text: &'t str, cells: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    match cells {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{}{ellipsis}", take(text, cells - 1))),
    }
}

/// Shortened in its middle when it does not fit, so that the beginning (the package) and the end (the function), which
/// tell most, both stay. The end gets the larger part.
#[must_use]
pub fn elide_middle<'t>(text: &'t str, cells: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    match cells {
        0 => Cow::Borrowed(""),
        1..=4 => Cow::Owned(format!("{}{ellipsis}", take(text, cells - 1))),
        _ => {
            let head = (cells - 1) / 3;
            let tail = cells - 1 - head;
            Cow::Owned(format!("{}{ellipsis}{}", take(text, head), take_end(text, tail)))
        }
    }
}

/// A path or a `path:line`, shortened at its beginning, at a separator where there is one.
#[must_use]
pub fn elide_path<'t>(text: &'t str, cells: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let tail = take_end(text, cells - 1);
    let tail = tail.find('/').map_or(tail, |at| &tail[at..]);
    Cow::Owned(format!("{ellipsis}{tail}"))
}

/// The text with spaces behind it up to `cells`; never shortened.
#[must_use]
pub fn pad(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(width(text))))
}

/// The text with spaces before it up to `cells`; never shortened.
#[must_use]
pub fn pad_start(text: &str, cells: usize) -> String {
    format!("{}{text}", " ".repeat(cells.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_or_paints_gets_through() {
        for (text, safe) in [
            ("shop.cart", "shop.cart"),
            ("a\x1b[2Jb", "a\\x1b[2Jb"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
            ("\u{9b}31m", "\\x9b31m"),
            ("módulo 模块", "módulo 模块"),
            ("e\u{301}", "e\u{301}"),
            ("e\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}"),
            ("\u{301}x", "x"),
        ] {
            assert_eq!(clean(text), safe, "{text:?}");
        }
    }

    #[test]
    fn tabs_go_to_their_stops() {
        assert_eq!(clean_source("\tx\ty", 4), "    x   y");
        assert_eq!(clean_source("模\tx", 4), "模  x");
        assert_eq!(clean_source("a\x1b\tb", 8), "a\\x1b   b");
    }

    #[test]
    fn what_does_not_fit_is_shortened_where_it_hurts_least() {
        for (text, cells, middle, end) in [
            ("shop.cart.Cart.add", 18, "shop.cart.Cart.add", "shop.cart.Cart.add"),
            ("shop.cart.Cart.add", 12, "sho…Cart.add", "shop.cart.C…"),
            ("模块模块模块", 7, "模…模块", "模块模…"),
            ("abc", 2, "a…", "a…"),
            ("abc", 1, "…", "…"),
            ("abc", 0, "", ""),
        ] {
            assert_eq!(elide_middle(text, cells, "…"), middle, "{text} in {cells}");
            assert_eq!(elide(text, cells, "…"), end, "{text} in {cells}");
            assert!(width(&elide_middle(text, cells, "…")) <= cells);
        }
        assert_eq!(elide_path("/srv/shop/cart.py:14", 12, "…"), "…/cart.py:14");
        assert_eq!(elide_path("averylongname.py:14", 8, "…"), "…e.py:14");
    }
}
