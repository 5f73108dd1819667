//! The line of the Filters pane that is being typed: the selector of a rule or of a value pattern, or a reason.

use super::patterns::{TypedPattern, next_action, pattern_error};
use super::{Filters, next_exec};
use crate::app::lab::{Draft, Link, RuleKey, Target};
use crate::app::line_edit::LineEdit;
use crate::app::list::Cursor;
use crate::app::pane::{Cx, Tone};
use crate::config::{Action, Context, Key};
use crate::filter::SelectorError;
use crate::filter::edit::RuleText;

/// The line that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// The text.
    pub line: LineEdit,
    /// The selector of a rule, or its reason.
    pub what: Field,
    /// What is wrong with a value pattern; of a rule's selector the lab knows it.
    pub error: Option<SelectorError>,
    /// The suggestion under the cursor.
    pub suggestion: Option<usize>,
}

impl Typing {
    /// Begins with a text.
    pub(super) fn new(text: &str, what: Field) -> Self {
        Self { line: LineEdit::new(text), what, error: None, suggestion: None }
    }
}

/// Which part of a rule is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Its selector.
    Selector,
    /// Its reason.
    Reason(RuleKey),
    /// The selector of one of its value patterns.
    Pattern(TypedPattern),
}

impl Filters {
    pub(super) fn start(&mut self, target: Target, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        match lab.start(target) {
            Some(rule) => {
                self.typing = Some(Typing::new(&rule.selector, Field::Selector));
                self.in_list = false;
                self.beside = Cursor::default();
            }
            None => cx.say(Tone::Warning, "built-in rules can be disabled (x), but not edited"),
        }
    }

    /// A key while something is typed.
    pub(super) fn typing_key(&mut self, key: Key, cx: &mut Cx<'_>) {
        let suggestions = cx.session.lab().map_or(0, |lab| self.suggestions(lab).len());
        match cx.config.keymap.action(&[Context::Text], key) {
            Some(Action::Accept) => self.accept(cx),
            Some(Action::Cancel) => self.cancel(cx),
            Some(Action::Complete) => self.complete(cx),
            Some(Action::CycleTyped) => self.cycle_typed(cx),
            Some(step @ (Action::Earlier | Action::Later)) => {
                if let Some(typing) = self.typing.as_mut().filter(|_| suggestions > 0) {
                    typing.suggestion = match (typing.suggestion, step) {
                        (None, Action::Later) => Some(0),
                        (None, _) => Some(suggestions - 1),
                        (Some(at), Action::Later) => Some((at + 1).min(suggestions - 1)),
                        (Some(at), _) => at.checked_sub(1),
                    };
                    cx.redraw();
                }
            }
            _ => {
                if self.typing.as_mut().is_some_and(|typing| typing.line.key(key)) {
                    self.typed(cx);
                }
            }
        }
    }

    pub(super) fn typed(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let Some(typing) = &mut self.typing else { return };
        typing.suggestion = None;
        if let Field::Pattern(pattern) = typing.what {
            typing.error = pattern_error(lab, pattern.rule, typing.line.text());
        }
        if let (Field::Selector, Some(draft)) = (typing.what, lab.draft()) {
            let rule = RuleText { selector: typing.line.text().to_owned(), ..draft.rule.clone() };
            let target = draft.target;
            lab.type_rule(Draft { target, rule });
        }
        self.beside = Cursor::default();
        self.redo(cx);
    }

    /// Enter while typing: takes the suggestion under the cursor, or the rule.
    pub(super) fn accept(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let Some(typing) = self.typing.clone() else { return };
        match typing.what {
            Field::Reason(key) => {
                self.typing = None;
                let Some(rule) = lab.chain().rule(key).map(|rule| (*rule.text).clone()) else { return };
                let reason = Some(typing.line.text().trim().to_owned()).filter(|reason| !reason.is_empty());
                lab.edit(|chain| chain.change(key, RuleText { reason, ..rule }));
            }
            Field::Selector | Field::Pattern(_) if typing.suggestion.is_some() => return self.complete(cx),
            Field::Pattern(_) if typing.line.text().is_empty() => return self.cancel(cx),
            Field::Pattern(pattern) => return self.take_pattern(pattern, &typing, cx),
            Field::Selector if typing.line.text().is_empty() => return self.cancel(cx),
            Field::Selector => match lab.take() {
                Ok(key) => {
                    let matched = key.and_then(|key| lab.place_of(key)).map(|at| lab.picture().rules[at].matched);
                    let live = *lab.link() == Link::Live;
                    self.typing = None;
                    if let Some(key) = key {
                        self.select(key);
                    }
                    let next = if live { "A applies it to the running program" } else { "p shows what it would hide" };
                    if matched == Some(0) {
                        cx.say(Tone::Warning, "taken, though nothing that was seen matches it");
                    } else {
                        cx.say(Tone::Plain, format!("taken; {next}, S saves it"));
                    }
                }
                Err(error) => cx.say(Tone::Error, error.message),
            },
        }
        self.redo(cx);
    }

    pub(super) fn cancel(&mut self, cx: &mut Cx<'_>) {
        self.typing = None;
        if let Some(lab) = cx.session.lab() {
            lab.leave();
        }
        self.redo(cx);
    }

    /// Tab: takes the suggestion under the cursor, or the first.
    pub(super) fn complete(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let at = self.typing.as_ref().and_then(|typing| typing.suggestion).unwrap_or(0);
        let taken = self.suggestions(lab).get(at).map(|suggestion| LineEdit::new(&suggestion.text));
        match (&mut self.typing, taken) {
            (Some(typing), Some(line)) => {
                typing.line = line;
                self.typed(cx);
            }
            _ => cx.say(Tone::Plain, "there is nothing to suggest"),
        }
    }

    pub(super) fn cycle_typed(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        if let Some(Typing { what: Field::Pattern(pattern), .. }) = &mut self.typing {
            pattern.action = next_action(pattern.action);
        } else if let Some(draft) = lab.draft().cloned() {
            let exec = next_exec(draft.rule.exec.as_deref());
            lab.type_rule(Draft { rule: RuleText { exec: Some(exec.to_owned()), ..draft.rule }, ..draft });
        }
        self.redo(cx);
    }
}
