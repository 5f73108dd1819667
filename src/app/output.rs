//! The target's own terminal: what it wrote, and, on demand, what is typed into it. The screen is kept by an emulator, so
//! nothing the target writes reaches the real terminal.

use super::event::Effect;
use super::layout::Size;
use super::pane::{Cx, Pane, Tone};
use crate::config::{Action, Context, Key, KeyCode};
use tui_term::vt100::Parser;

/// Lines kept above the screen.
const SCROLLBACK: usize = 10_000;

/// The state of the pane.
#[derive(Default)]
pub struct Output {
    terminal: Option<Parser>,
    /// Keys go to the target.
    typing: bool,
    /// What is searched for.
    sought: String,
    /// Bytes that arrived.
    received: u64,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("typing", &self.typing).field("received", &self.received).finish_non_exhaustive()
    }
}

impl Output {
    /// A terminal of this size, for a target that is started now.
    pub fn start(&mut self, size: Size) {
        *self =
            Self { terminal: Some(Parser::new(size.height.max(1), size.width.max(1), SCROLLBACK)), ..Self::default() };
    }

    /// The target wrote this.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.received += bytes.len() as u64;
        if let Some(terminal) = &mut self.terminal {
            terminal.process(bytes);
        }
    }

    /// The screen, when there is one.
    #[must_use]
    pub fn screen(&self) -> Option<&tui_term::vt100::Screen> {
        self.terminal.as_ref().map(Parser::screen)
    }

    /// Whether anything was written.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.received == 0
    }

    /// Whether keys go to the target.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// Lines that the view is scrolled up.
    #[must_use]
    pub fn scrolled(&self) -> usize {
        self.screen().map_or(0, tui_term::vt100::Screen::scrollback)
    }

    /// The target ended: there is nobody to type for.
    pub fn ended(&mut self) {
        self.typing = false;
    }

    fn scroll_to(&mut self, lines: usize) {
        if let Some(terminal) = &mut self.terminal {
            // The emulator keeps it within what there is.
            terminal.screen_mut().set_scrollback(lines);
        }
    }
}

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

impl Pane for Output {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Output, Context::Lists]
    }

    fn typing(&self) -> bool {
        self.typing
    }

    fn key(&mut self, key: Key, cx: &mut Cx<'_>) {
        cx.redraw();
        if cx.config.keymap.action(&[Context::Text], key) == Some(Action::StopTyping) {
            self.typing = false;
            return;
        }
        self.scroll_to(0);
        let application = self.screen().is_some_and(tui_term::vt100::Screen::application_cursor);
        cx.effect(Effect::SendInput(encode(key, application)));
    }

    fn paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        let bracketed = self.screen().is_some_and(tui_term::vt100::Screen::bracketed_paste);
        // Line ends arrive as Enter does; an end mark inside the text must not end the paste early.
        let text = text.replace("\x1b[201~", "").replace("\r\n", "\r").replace('\n', "\r");
        let bytes = if bracketed { format!("\x1b[200~{text}\x1b[201~") } else { text };
        cx.effect(Effect::SendInput(bytes.into_bytes()));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let page = cx.rows().saturating_sub(2).max(1);
        let at = self.scrolled();
        match action {
            Action::Type if cx.session.target_runs && self.terminal.is_some() => self.typing = true,
            Action::Type => cx.say(Tone::Plain, "the program does not run, so there is nobody to type for"),
            Action::Up => self.scroll_to(at + 1),
            Action::Down => self.scroll_to(at.saturating_sub(1)),
            Action::PageUp => self.scroll_to(at + page),
            Action::PageDown => self.scroll_to(at.saturating_sub(page)),
            Action::Top => self.scroll_to(SCROLLBACK),
            Action::Bottom => self.scroll_to(0),
            Action::NextHit | Action::PreviousHit => {
                let text = self.sought.clone();
                self.search(&text, action == Action::NextHit, cx);
            }
            _ => return false,
        }
        true
    }

    fn click(&mut self, _row: Option<usize>, _fold: bool, double: bool, cx: &mut Cx<'_>) {
        if double && cx.session.target_runs && self.terminal.is_some() {
            self.typing = true;
        }
    }

    fn scroll(&mut self, rows: isize, _cx: &mut Cx<'_>) {
        self.scroll_to(self.scrolled().saturating_add_signed(-rows));
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        let Some(terminal) = &mut self.terminal else { return };
        let size = Size { width: cx.area.width, height: cx.area.height };
        if cx.area.is_empty() || terminal.screen().size() == (size.height, size.width) {
            return;
        }
        terminal.screen_mut().set_size(size.height, size.width);
        if cx.session.target_runs {
            cx.effect(Effect::ResizeTarget(size));
        }
    }

    /// Searches upwards (a terminal is read from its end): `n` goes to older lines, `N` to newer ones.
    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        self.sought = text.to_owned();
        let Some(terminal) = &mut self.terminal else { return };
        if text.is_empty() {
            return;
        }
        let (rows, columns) = terminal.screen().size();
        let start = terminal.screen().scrollback();
        let needle = text.to_lowercase();
        let mut at = start;
        loop {
            let next = if forward { at + 1 } else { at.saturating_sub(1) };
            terminal.screen_mut().set_scrollback(next);
            if next == at || terminal.screen().scrollback() == at {
                terminal.screen_mut().set_scrollback(start);
                cx.say(Tone::Warning, format!("no {} line has {text:?}", if forward { "earlier" } else { "later" }));
                return;
            }
            at = next;
            // Each step brings one line into view: at the top going up, at the foot going down.
            let row = if forward { 0 } else { rows.saturating_sub(1) };
            let line = terminal.screen().rows(0, columns).nth(usize::from(row)).unwrap_or_default();
            if line.to_lowercase().contains(&needle) {
                cx.redraw();
                return;
            }
        }
    }

    fn copied(&self, _cx: &Cx<'_>) -> Option<String> {
        let contents = self.screen()?.contents();
        let text = contents.trim_end();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn hints(&self) -> Vec<Action> {
        if self.typing { vec![Action::StopTyping] } else { vec![Action::Type, Action::Search, Action::Copy] }
    }
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
