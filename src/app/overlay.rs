//! What lies over the panes: the help, questions, menus, the palette, a text to read. One at a time; Esc closes it.

use super::line_edit::LineEdit;
use super::list::Cursor;
use crate::config::{Action, Context, Key, KeyCode, Keymap};

/// Something over the panes.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// The list of keys, from this row on.
    Help(usize),
    /// A question with a few answers.
    Ask(Question),
    /// A list to choose from.
    Menu(Menu),
    /// Every action by name.
    Palette(Palette),
    /// Something to read.
    Reading(Reading),
}

/// A question with a few answers, each with a key of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The question, one line.
    pub title: String,
    /// What to know before answering, a line each.
    pub text: Vec<String>,
    /// The answers; the first is what Enter takes.
    pub answers: Vec<(char, String, Answer)>,
    /// The answer under the cursor.
    pub at: usize,
}

/// What an answer leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing: the question goes away.
    Nothing,
    /// This is done.
    Do(super::event::Effect),
    /// These are done, in order.
    DoAll(Vec<super::event::Effect>),
    /// Another pane is asked.
    Ask(Box<super::pane::Request>),
}

/// A list to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// What is chosen.
    pub title: String,
    /// Text, what it would do (shown to its right), and what it leads to.
    pub items: Vec<(String, String, Answer)>,
    /// The cursor.
    pub cursor: Cursor,
}

/// Every action by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    /// What was typed.
    pub line: LineEdit,
    /// The cursor in the actions that fit.
    pub cursor: Cursor,
}

/// Something to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Its heading.
    pub title: String,
    /// Its lines, safe to print; long ones are wrapped.
    pub lines: Vec<String>,
    /// The first line shown.
    pub top: usize,
}

impl Palette {
    /// The actions that fit what was typed, in the order of the table: those of the active contexts, by words in any
    /// order.
    #[must_use]
    pub fn matching(&self, contexts: &[Context]) -> Vec<Action> {
        let typed = self.line.text().to_lowercase();
        let words: Vec<_> = typed.split_whitespace().collect();
        crate::config::action::TABLE
            .iter()
            .filter(|row| {
                contexts.contains(&row.context) && row.context != Context::Text && row.action != Action::Palette
            })
            .filter(|row| words.iter().all(|word| row.name.contains(word) || row.help.to_lowercase().contains(word)))
            .map(|row| row.action)
            .collect()
    }
}

/// What a key does to an overlay.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// It stays.
    Stay,
    /// It goes away.
    Close,
    /// It goes away and leads to this.
    Take(Answer),
    /// It goes away and this action is done.
    Act(Action),
}

impl Overlay {
    /// Handles a key. `rows` is how many rows of content the screen has room for.
    pub fn key(&mut self, key: Key, keymap: &Keymap, contexts: &[Context], rows: usize) -> Reply {
        let listed = keymap.action(&[Context::Lists], key);
        let closes = key == Key::plain(KeyCode::Esc) || key == Key::ctrl('c');
        if closes {
            return Reply::Close;
        }
        match self {
            Self::Help(top) => {
                let mut cursor = Cursor { at: *top, top: *top };
                if keymap
                    .action(&[Context::Global], key)
                    .is_some_and(|action| matches!(action, Action::Help | Action::Quit | Action::Back))
                {
                    return Reply::Close;
                }
                if let Some(action) = listed {
                    let page = rows.saturating_sub(1).max(1);
                    let len = help_len(keymap);
                    match action {
                        Action::PageUp => cursor.at = cursor.at.saturating_sub(page),
                        Action::PageDown => cursor.at += page,
                        other => {
                            cursor.act(other, len, 1);
                        }
                    }
                    *top = cursor.at.min(len.saturating_sub(rows.max(1)));
                }
                Reply::Stay
            }
            Self::Reading(reading) => {
                match listed {
                    Some(Action::Down) => reading.top += 1,
                    Some(Action::Up) => reading.top = reading.top.saturating_sub(1),
                    Some(Action::PageDown) => reading.top += rows.max(1),
                    Some(Action::PageUp) => reading.top = reading.top.saturating_sub(rows.max(1)),
                    Some(Action::Top) => reading.top = 0,
                    Some(Action::Bottom) => reading.top = reading.lines.len(),
                    _ => return Reply::Close,
                }
                reading.top = reading.top.min(reading.lines.len().saturating_sub(1));
                Reply::Stay
            }
            Self::Ask(question) => question.key(key, listed),
            Self::Menu(menu) => {
                if key == Key::plain(KeyCode::Enter) {
                    return menu.items.get(menu.cursor.at).map_or(Reply::Close, |item| Reply::Take(item.2.clone()));
                }
                if keymap.action(&[Context::Global], key) == Some(Action::Quit) {
                    return Reply::Close;
                }
                if let Some(action) = listed {
                    menu.cursor.act(action, menu.items.len(), rows);
                }
                Reply::Stay
            }
            Self::Palette(palette) => {
                let matching = palette.matching(contexts);
                match keymap.action(&[Context::Text], key) {
                    Some(Action::Accept) => {
                        return matching.get(palette.cursor.at).map_or(Reply::Close, |action| Reply::Act(*action));
                    }
                    Some(Action::Cancel) => return Reply::Close,
                    Some(Action::Earlier) => palette.cursor.at = palette.cursor.at.saturating_sub(1),
                    Some(Action::Later | Action::Complete) => palette.cursor.at += 1,
                    _ => {
                        if palette.line.key(key) {
                            palette.cursor = Cursor::default();
                        }
                    }
                }
                palette.cursor.fit(palette.matching(contexts).len(), rows);
                Reply::Stay
            }
        }
    }

    /// Handles a click on one of its rows.
    pub fn click(&mut self, row: usize, contexts: &[Context]) -> Reply {
        match self {
            Self::Ask(question) => {
                question.answers.get(row).map_or(Reply::Stay, |(_, _, answer)| Reply::Take(answer.clone()))
            }
            Self::Menu(menu) => menu.items.get(row).map_or(Reply::Stay, |(_, _, answer)| Reply::Take(answer.clone())),
            Self::Palette(palette) => {
                palette.matching(contexts).get(row).map_or(Reply::Stay, |action| Reply::Act(*action))
            }
            Self::Help(_) | Self::Reading(_) => Reply::Close,
        }
    }
}

impl Question {
    fn key(&mut self, key: Key, listed: Option<Action>) -> Reply {
        if let Some(c) = key.typed()
            && let Some((_, _, answer)) = self.answers.iter().find(|(letter, ..)| letter.eq_ignore_ascii_case(&c))
        {
            return Reply::Take(answer.clone());
        }
        let last = self.answers.len().saturating_sub(1);
        match (key.code, listed) {
            (KeyCode::Enter, _) => {
                return self.answers.get(self.at).map_or(Reply::Close, |answer| Reply::Take(answer.2.clone()));
            }
            (KeyCode::Tab | KeyCode::Right, _) | (_, Some(Action::Down)) => {
                self.at = if self.at >= last { 0 } else { self.at + 1 }
            }
            (KeyCode::Left, _) | (_, Some(Action::Up)) => self.at = if self.at == 0 { last } else { self.at - 1 },
            _ => {}
        }
        Reply::Stay
    }
}

/// A line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// Between two groups.
    Blank,
    /// The heading of a group.
    Heading(&'static str),
    /// Keys, and what they do.
    Entry(String, &'static str),
}

/// The help, from the same table that dispatches the keys. `first` contexts come first.
#[must_use]
pub fn help(keymap: &Keymap, first: &[Context], ascii: bool) -> Vec<HelpLine> {
    let mut order: Vec<Context> = first.to_vec();
    order.extend(Context::ALL.into_iter().filter(|context| !first.contains(context)));
    let mut lines = Vec::new();
    for context in order {
        let mut entries = crate::config::action::TABLE
            .iter()
            .filter(|row| row.context == context && !keymap.keys(row.action).is_empty())
            .map(|row| {
                let keys: Vec<_> = keymap.keys(row.action).iter().map(|key| key.pretty(ascii)).collect();
                HelpLine::Entry(keys.join(" "), row.help)
            })
            .peekable();
        if entries.peek().is_none() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(HelpLine::Blank);
        }
        lines.push(HelpLine::Heading(context.title()));
        lines.extend(entries);
    }
    lines
}

fn help_len(keymap: &Keymap) -> usize {
    help(keymap, &[], true).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::Effect;

    fn quit_question() -> Overlay {
        Overlay::Ask(Question {
            title: "?".into(),
            text: Vec::new(),
            answers: vec![
                ('s', "stop".into(), Answer::Do(Effect::StopTarget)),
                ('c', "cancel".into(), Answer::Nothing),
            ],
            at: 0,
        })
    }

    #[test]
    fn questions_are_answered_by_letter_enter_or_not_at_all() {
        let keymap = Keymap::default();
        for (keys, reply) in [
            (&["s"][..], Reply::Take(Answer::Do(Effect::StopTarget))),
            (&["C"], Reply::Take(Answer::Nothing)),
            (&["enter"], Reply::Take(Answer::Do(Effect::StopTarget))),
            (&["right", "enter"], Reply::Take(Answer::Nothing)),
            (&["left", "enter"], Reply::Take(Answer::Nothing)),
            (&["x"], Reply::Stay),
            (&["q"], Reply::Stay),
            (&["esc"], Reply::Close),
        ] {
            let mut overlay = quit_question();
            let replies: Vec<_> = keys.iter().map(|key| overlay.key(key.parse().unwrap(), &keymap, &[], 5)).collect();
            assert_eq!(replies.last(), Some(&reply), "{keys:?}");
        }
    }

    #[test]
    fn the_palette_finds_actions_by_words() {
        let mut overlay = Overlay::Palette(Palette::default());
        let keymap = Keymap::default();
        let contexts = [Context::Calls, Context::Global];
        for c in "below fold".chars() {
            overlay.key(Key::char(c), &keymap, &contexts, 10);
        }
        let Overlay::Palette(palette) = &overlay else { panic!() };
        assert_eq!(palette.matching(&contexts), [Action::UnfoldSubtree, Action::FoldSubtree]);
        overlay.key(Key::plain(KeyCode::Down), &keymap, &contexts, 10);
        assert_eq!(overlay.key(Key::plain(KeyCode::Enter), &keymap, &contexts, 10), Reply::Act(Action::FoldSubtree));
    }

    #[test]
    fn the_help_names_every_bound_action_once() {
        let lines = help(&Keymap::default(), &[Context::Global], false);
        assert_eq!(lines[0], HelpLine::Heading("Everywhere"));
        let entries = lines.iter().filter(|line| matches!(line, HelpLine::Entry(..))).count();
        assert_eq!(entries, crate::config::action::TABLE.len());
    }
}
