//! What a terminal sends for a key: so the target gets what is typed for it.

use crate::config::{Key, KeyCode};

/// What a terminal sends for a key.
#[must_use]
pub fn encode(key: Key, application_cursor: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if key.alt {
        bytes.push(0x1b);
    }
    let arrow = |letter: u8| match (key.ctrl, key.shift, application_cursor) {
        (false, false, true) => vec![0x1b, b'O', letter],
        (false, false, false) => vec![0x1b, b'[', letter],
        (true, false, _) => vec![0x1b, b'[', b'1', b';', b'5', letter],
        (false, true, _) => vec![0x1b, b'[', b'1', b';', b'2', letter],
        (true, true, _) => vec![0x1b, b'[', b'1', b';', b'6', letter],
    };
    match key.code {
        KeyCode::Char(c) if key.ctrl => match c.to_ascii_lowercase() {
            c @ 'a'..='z' => bytes.push(c as u8 - b'a' + 1),
            ' ' | '@' => bytes.push(0),
            '[' => bytes.push(0x1b),
            '\\' => bytes.push(0x1c),
            ']' => bytes.push(0x1d),
            '^' => bytes.push(0x1e),
            '_' | '/' => bytes.push(0x1f),
            c => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        },
        KeyCode::Char(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        KeyCode::Enter => bytes.push(b'\r'),
        KeyCode::Esc => bytes.push(0x1b),
        KeyCode::Tab if key.shift => bytes.extend(b"\x1b[Z"),
        KeyCode::Tab => bytes.push(b'\t'),
        KeyCode::Backspace => bytes.push(0x7f),
        KeyCode::Delete => bytes.extend(b"\x1b[3~"),
        KeyCode::Insert => bytes.extend(b"\x1b[2~"),
        KeyCode::PageUp => bytes.extend(b"\x1b[5~"),
        KeyCode::PageDown => bytes.extend(b"\x1b[6~"),
        KeyCode::Up => bytes.extend(arrow(b'A')),
        KeyCode::Down => bytes.extend(arrow(b'B')),
        KeyCode::Right => bytes.extend(arrow(b'C')),
        KeyCode::Left => bytes.extend(arrow(b'D')),
        KeyCode::Home => bytes.extend(arrow(b'H')),
        KeyCode::End => bytes.extend(arrow(b'F')),
        KeyCode::F(n @ 1..=4) => bytes.extend([0x1b, b'O', b'P' + n - 1]),
        KeyCode::F(n) => {
            const CODES: [u8; 8] = [15, 17, 18, 19, 20, 21, 23, 24];
            if let Some(code) = CODES.get(usize::from(n).wrapping_sub(5)) {
                bytes.extend(format!("\x1b[{code}~").bytes());
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_a_terminal_sends_them() {
        for (key, bytes) in [
            ("a", &b"a"[..]),
            ("é", "é".as_bytes()),
            ("ctrl-c", b"\x03"),
            ("ctrl-[", b"\x1b"),
            ("alt-x", b"\x1bx"),
            ("enter", b"\r"),
            ("backspace", b"\x7f"),
            ("up", b"\x1b[A"),
            ("ctrl-right", b"\x1b[1;5C"),
            ("shift-tab", b"\x1b[Z"),
            ("f1", b"\x1bOP"),
            ("f5", b"\x1b[15~"),
            ("f12", b"\x1b[24~"),
        ] {
            assert_eq!(encode(key.parse().unwrap(), false), bytes, "{key}");
        }
        assert_eq!(encode(Key::plain(KeyCode::Up), true), b"\x1bOA");
    }
}
