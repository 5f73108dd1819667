//! Keys as data: what a binding is written with in the configuration, in the help, and in tests. The terminal's own key
//! type is turned into this one at the door (`tui::input`), so nothing else needs to know the terminal.

use std::fmt;
use std::str::FromStr;

/// One key press, with its modifiers.
///
/// Letters carry their case and no `shift`: `G`, never `shift-g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Control was held.
    pub ctrl: bool,
    /// Alt was held.
    pub alt: bool,
    /// Shift was held; always false for characters.
    pub shift: bool,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// Names of the keys that are no single character, as they are written.
const NAMED: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("space", KeyCode::Char(' ')),
];

impl Key {
    /// The bare key.
    #[must_use]
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// The bare character.
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// The key with Control.
    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: true, alt: false, shift: false }
    }

    /// The character this key types, when it types one.
    #[must_use]
    pub fn typed(&self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// How the key is shown to people: signs where they are common knowledge, words elsewhere; words only in ASCII.
    #[must_use]
    pub fn pretty(&self, ascii: bool) -> String {
        let sign = match self.code {
            _ if ascii || self.ctrl || self.alt || self.shift => None,
            KeyCode::Up => Some("↑"),
            KeyCode::Down => Some("↓"),
            KeyCode::Left => Some("←"),
            KeyCode::Right => Some("→"),
            KeyCode::Enter => Some("Enter"),
            KeyCode::Esc => Some("Esc"),
            KeyCode::Tab => Some("Tab"),
            _ => None,
        };
        sign.map_or_else(|| self.to_string(), str::to_owned)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if on {
                f.write_str(word)?;
            }
        }
        match self.code {
            KeyCode::F(n) => write!(f, "f{n}"),
            code => match NAMED.iter().find(|(_, named)| *named == code) {
                Some((name, _)) => f.write_str(name),
                None => match code {
                    KeyCode::Char(c) => write!(f, "{c}"),
                    _ => Ok(()),
                },
            },
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        loop {
            // A lone `-` is a key, so a prefix counts only when something follows it.
            let strip = |word: &str| {
                let head = rest.get(..word.len())?;
                (head.eq_ignore_ascii_case(word) && rest.len() > word.len()).then(|| &rest[word.len()..])
            };
            if let Some(next) = strip("ctrl-").or_else(|| strip("c-")) {
                (ctrl, rest) = (true, next);
            } else if let Some(next) = strip("alt-").or_else(|| strip("a-")) {
                (alt, rest) = (true, next);
            } else if let Some(next) = strip("shift-").or_else(|| strip("s-")) {
                (shift, rest) = (true, next);
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => {
                // Terminals report letters with their case instead of with Shift.
                let c = if shift { c.to_uppercase().next().unwrap_or(c) } else { c };
                shift = false;
                KeyCode::Char(if ctrl { c.to_ascii_lowercase() } else { c })
            }
            _ => {
                let word = rest.to_ascii_lowercase();
                let function =
                    word.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()).filter(|n| (1..=24).contains(n));
                match (NAMED.iter().find(|(name, _)| *name == word), function) {
                    (Some((_, code)), _) => *code,
                    (None, Some(n)) => KeyCode::F(n),
                    (None, None) => {
                        return Err(format!(
                            "{text:?} is no key; write one character, or a name such as enter, space, pageup, f5, \
                             with ctrl-, alt- or shift- in front"
                        ));
                    }
                }
            }
        };
        Ok(Self { code, ctrl, alt, shift })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written_alike() {
        for text in
            ["a", "G", "?", "-", "ctrl-c", "alt-x", "enter", "space", "shift-tab", "f5", "pageup", "ctrl-left", "é"]
        {
            assert_eq!(text.parse::<Key>().map(|key| key.to_string()).as_deref(), Ok(text), "{text}");
        }
        for (text, same) in
            [("Ctrl-C", "ctrl-c"), ("c-x", "ctrl-x"), ("shift-g", "G"), ("ctrl--", "ctrl--"), ("ENTER", "enter")]
        {
            assert_eq!(text.parse::<Key>().map(|key| key.to_string()).as_deref(), Ok(same), "{text}");
        }
        for text in ["", " ", "ab", "f0", "f25", "ctrl-", "hyper-x", "\x1b"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }
}
