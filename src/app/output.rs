//! The target's own terminal: what it wrote, and, on demand, what is typed into it. The screen is kept by an emulator, so
//! nothing the target writes reaches the real terminal. The same output line by line, with times and the calls that
//! wrote it, is the other view; it is the only one of a saved trace.

pub mod emulator;
mod keys;
pub mod lines;

use super::event::Effect;
use super::layout::Size;
use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use super::session::read;
use crate::config::{Action, Context, Key};
use emulator::{Emulator, SCROLLBACK};
use keys::encode;
use lines::{Line, Writer};

/// The state of the pane.
#[derive(Default)]
pub struct Output {
    terminal: Option<Emulator>,
    /// Keys go to the target.
    typing: bool,
    /// What is searched for.
    sought: String,
    /// Bytes that arrived.
    received: u64,
    /// The lines are shown although there is a screen.
    as_lines: bool,
    /// The cursor in the lines.
    pub cursor: Cursor,
    /// The lines in view.
    view: Vec<Line>,
    /// How many lines there are.
    count: usize,
}

/// Lines that one search looks at.
const SOUGHT: usize = 200_000;

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("typing", &self.typing).field("received", &self.received).finish_non_exhaustive()
    }
}

impl Output {
    /// A terminal of this size, for a target that is started now.
    pub fn start(&mut self, size: Size) {
        *self = Self { terminal: Some(Emulator::new(size)), ..Self::default() };
    }

    /// The target wrote this.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.received += bytes.len() as u64;
        if let Some(terminal) = &mut self.terminal {
            terminal.feed(bytes);
        }
    }

    /// The screen, when there is one.
    #[must_use]
    pub fn screen(&self) -> Option<&tui_term::vt100::Screen> {
        self.terminal.as_ref().map(Emulator::screen)
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
            terminal.scroll_to(lines);
        }
    }
}

/// The view by lines.
impl Output {
    /// Whether the lines are shown, not the screen.
    #[must_use]
    pub fn shows_lines(&self) -> bool {
        self.as_lines || self.terminal.is_none()
    }

    /// The lines in view.
    #[must_use]
    pub fn view(&self) -> &[Line] {
        &self.view
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Shows the line in which the byte at `offset` stands.
    pub fn show_offset(&mut self, offset: u64, cx: &mut Cx<'_>) {
        self.as_lines = true;
        self.cursor.at = lines::line_of(&cx.session.survey.lists, offset);
        self.look(cx);
    }

    /// The pane is being looked at.
    pub fn watched(&mut self, cx: &mut Cx<'_>) {
        if self.shows_lines() {
            self.look(cx);
        }
    }

    /// Reads the lines in view anew. A cursor on the last line stays on the last one.
    fn look(&mut self, cx: &mut Cx<'_>) {
        let at_end = self.cursor.at.saturating_add(1) >= self.count;
        self.count = lines::count(&cx.session.survey.lists);
        if at_end && cx.session.is_live() {
            self.cursor.at = self.count.saturating_sub(1);
        }
        self.cursor.fit(self.count, cx.rows());
        self.view = lines::lines(cx.session, self.cursor.top, cx.rows());
        cx.redraw();
    }

    fn toggle_lines(&mut self, cx: &mut Cx<'_>) {
        if self.terminal.is_none() {
            cx.say(Tone::Plain, "the program has no screen any more; these are the lines that it wrote");
            return;
        }
        self.as_lines = !self.as_lines;
        self.cursor.at = usize::MAX;
        self.look(cx);
    }

    /// To the call that wrote the line under the cursor.
    fn go_to_writer(&self, cx: &mut Cx<'_>) {
        match lines::writer(cx.session, self.cursor.at) {
            Writer::Noted(id) => cx.request(Request::GoTo(id)),
            Writer::RanThen(id) => {
                cx.request(Request::GoTo(id));
                cx.say(Tone::Warning, "who wrote this line was not noted; this call ran when it came");
            }
            Writer::Unknown => cx.say(Tone::Plain, "no call is known to have run when this line was written"),
        }
    }

    fn act_on_lines(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if self.cursor.act(action, self.count, cx.rows()) {
            self.look(cx);
            return true;
        }
        match action {
            Action::ToWriter => self.go_to_writer(cx),
            Action::NextHit => self.find(true, cx),
            Action::PreviousHit => self.find(false, cx),
            _ => return false,
        }
        true
    }

    /// To the next line with the text that is searched for, or the one before.
    fn find(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let needle = self.sought.to_lowercase();
        let Some(trace) = cx.session.trace.clone().filter(|_| !needle.is_empty()) else { return };
        let Some(output) = crate::trace::output::Output::open(read(&trace).path()) else { return };
        let lists = &cx.session.survey.lists;
        let has =
            |at: &usize| lines::text(&output, lists, *at).is_some_and(|text| text.to_lowercase().contains(&needle));
        let found = if forward {
            (self.cursor.at + 1..self.count).take(SOUGHT).find(has)
        } else {
            (0..self.cursor.at).rev().take(SOUGHT).find(has)
        };
        match found {
            Some(at) => {
                self.cursor.at = at;
                self.look(cx);
            }
            None => cx.say(
                Tone::Warning,
                format!("no {} line has {:?}", if forward { "later" } else { "earlier" }, self.sought),
            ),
        }
    }
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
        if self.shows_lines() && self.act_on_lines(action, cx) {
            return true;
        }
        let page = cx.rows().saturating_sub(2).max(1);
        let at = self.scrolled();
        match action {
            Action::Type | Action::ToWriter if cx.session.target_runs && self.terminal.is_some() => {
                self.as_lines = false;
                self.typing = true;
            }
            Action::OutputLines => self.toggle_lines(cx),
            Action::Type | Action::ToWriter => {
                cx.say(Tone::Plain, "the program does not run, so there is nobody to type for")
            }
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

    fn click(&mut self, row: Option<usize>, _fold: bool, double: bool, cx: &mut Cx<'_>) {
        if self.shows_lines() {
            if let Some(row) = row.filter(|row| *row < self.count) {
                self.cursor.at = row;
                self.look(cx);
                if double {
                    self.go_to_writer(cx);
                }
            }
            return;
        }
        if double && cx.session.target_runs && self.terminal.is_some() {
            self.typing = true;
        }
    }

    fn scroll(&mut self, rows: isize, cx: &mut Cx<'_>) {
        if self.shows_lines() {
            self.cursor.scroll(rows, self.count, cx.rows());
            self.look(cx);
            return;
        }
        self.scroll_to(self.scrolled().saturating_add_signed(-rows));
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        let Some(terminal) = &mut self.terminal else { return };
        let size = Size { width: cx.area.width, height: cx.area.height };
        if !cx.area.is_empty() && terminal.resize(size) && cx.session.target_runs {
            cx.effect(Effect::ResizeTarget(size));
        }
    }

    /// Searches a screen upwards (a terminal is read from its end): `n` goes to older lines, `N` to newer ones. Lines are
    /// searched downwards.
    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        self.sought = text.to_owned();
        if self.shows_lines() {
            self.find(forward, cx);
            return;
        }
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
            terminal.scroll_to(next);
            if next == at || terminal.screen().scrollback() == at {
                terminal.scroll_to(start);
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
        if self.shows_lines() {
            let line = self.view.get(self.cursor.at.checked_sub(self.cursor.top)?)?;
            return Some(line.text.clone());
        }
        let contents = self.screen()?.contents();
        let text = contents.trim_end();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn hints(&self) -> Vec<Action> {
        match (self.typing, self.shows_lines()) {
            (true, _) => vec![Action::StopTyping],
            (false, true) => vec![Action::ToWriter, Action::Search, Action::Copy, Action::OutputLines],
            (false, false) => vec![Action::Type, Action::OutputLines, Action::Search, Action::Copy],
        }
    }
}
