//! Keys, pasted text and the mouse: who gets them, and which action they stand for.

use super::State;
use crate::app::event::{Effects, Mouse, MouseKind};
use crate::app::line_edit::LineEdit;
use crate::app::overlay::{Answer, Overlay, Reply};
use crate::app::pane::Hit;
use crate::config::{Action, Context, Key};

/// How many searches are remembered.
const SEARCHES: usize = 50;

/// Rows per notch of the wheel.
const WHEEL: isize = 3;

impl State {
    pub(super) fn key(&mut self, key: Key, effects: &mut Effects) {
        if self.message.take().is_some() {
            effects.redraw = true;
        }
        if self.overlay.is_some() {
            let contexts = self.contexts();
            let rows = self.overlay_rows();
            if let Some(overlay) = &mut self.overlay {
                let reply = overlay.key(key, &self.config.keymap, &contexts, rows);
                self.reply(reply, effects);
            }
            return;
        }
        if self.prompt.is_some() {
            self.prompt_key(key, effects);
            return;
        }
        if self.panes.get(self.focus).typing() {
            // A help key that is no letter helps while typing, too.
            if key.typed().is_none() && self.config.keymap.action(&[Context::Global], key) == Some(Action::Help) {
                return self.act(Action::Help, effects);
            }
            self.with(self.focus, effects, |pane, cx| pane.key(key, cx));
            return;
        }
        if let Some(action) = self.config.keymap.action(&self.contexts(), key) {
            self.act(action, effects);
        }
    }

    fn reply(&mut self, reply: Reply, effects: &mut Effects) {
        effects.redraw = true;
        if reply != Reply::Stay {
            self.overlay = None;
        }
        match reply {
            Reply::Stay | Reply::Close | Reply::Take(Answer::Nothing) => {}
            Reply::Take(Answer::Do(effect)) => effects.push(effect),
            Reply::Take(Answer::DoAll(list)) => effects.list.extend(list),
            Reply::Take(Answer::Ask(request)) => self.request(*request, effects),
            Reply::Act(action) => self.act(action, effects),
        }
    }

    /// How many rows of content an overlay has room for.
    #[must_use]
    pub fn overlay_rows(&self) -> usize {
        usize::from(self.size.height.saturating_sub(6)).max(1)
    }

    pub(super) fn paste(&mut self, text: &str, effects: &mut Effects) {
        effects.redraw = true;
        if let Some(prompt) = &mut self.prompt {
            prompt.line.insert(text);
        } else if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.line.insert(text);
        } else if self.overlay.is_none() && self.panes.get(self.focus).typing() {
            self.with(self.focus, effects, |pane, cx| pane.paste(text, cx));
        }
    }

    fn prompt_key(&mut self, key: Key, effects: &mut Effects) {
        effects.redraw = true;
        let Some(prompt) = &mut self.prompt else { return };
        match self.config.keymap.action(&[Context::Text], key) {
            Some(Action::Accept) => {
                let (pane, text) = (prompt.pane, prompt.line.text().to_owned());
                self.prompt = None;
                if !text.is_empty() {
                    self.searches.retain(|earlier| *earlier != text);
                    self.searches.push(text.clone());
                    if self.searches.len() > SEARCHES {
                        self.searches.remove(0);
                    }
                }
                self.with(pane, effects, |pane, cx| pane.search(&text, true, cx));
            }
            Some(Action::Cancel) => self.prompt = None,
            Some(step @ (Action::Earlier | Action::Later)) => {
                let at = match (step, prompt.earlier) {
                    (Action::Earlier, None) => Some(0),
                    (Action::Earlier, Some(at)) => Some((at + 1).min(self.searches.len().saturating_sub(1))),
                    (_, Some(at)) => at.checked_sub(1),
                    (_, None) => None,
                };
                let text = at.and_then(|at| self.searches.iter().rev().nth(at));
                prompt.line = LineEdit::new(text.map_or("", String::as_str));
                prompt.earlier = at;
            }
            _ => {
                prompt.line.key(key);
            }
        }
    }

    pub(super) fn mouse(&mut self, mouse: Mouse, effects: &mut Effects) {
        let wheel = match mouse.kind {
            MouseKind::WheelUp => -WHEEL,
            MouseKind::WheelDown => WHEEL,
            _ => 0,
        };
        if self.overlay.is_some() {
            let contexts = self.contexts();
            if wheel != 0 {
                let key = Key::plain(if wheel < 0 { crate::config::KeyCode::Up } else { crate::config::KeyCode::Down });
                let rows = self.overlay_rows();
                if let Some(overlay) = &mut self.overlay {
                    let reply = overlay.key(key, &self.config.keymap, &contexts, rows);
                    self.reply(reply, effects);
                }
            } else if mouse.kind == MouseKind::Click {
                let reply = match (mouse.hit, &mut self.overlay) {
                    (Some(Hit::Overlay(row)), Some(overlay)) => overlay.click(row, &contexts),
                    (_, Some(Overlay::Ask(_))) => Reply::Stay,
                    _ => Reply::Close,
                };
                self.reply(reply, effects);
            }
            return;
        }
        let pane = match mouse.hit {
            Some(Hit::Row(pane, _) | Hit::Fold(pane, _) | Hit::Pane(pane)) => pane,
            Some(Hit::Tab(pane)) if mouse.kind == MouseKind::Click => return self.show(pane, effects),
            Some(Hit::Hint(action)) if mouse.kind == MouseKind::Click => return self.act(action, effects),
            _ => return,
        };
        if wheel != 0 {
            self.with(pane, effects, |pane, cx| pane.scroll(wheel, cx));
            effects.redraw = true;
            return;
        }
        if matches!(mouse.kind, MouseKind::Click | MouseKind::DoubleClick) {
            if self.focus != pane {
                self.focus = pane;
            }
            effects.redraw = true;
            let double = mouse.kind == MouseKind::DoubleClick;
            let (row, fold) = match mouse.hit {
                Some(Hit::Row(_, row)) => (Some(row), false),
                Some(Hit::Fold(_, row)) => (Some(row), true),
                _ => (None, false),
            };
            self.with(pane, effects, |pane, cx| pane.click(row, fold, double, cx));
        }
    }
}
