//! Value patterns in the Filters pane: added, edited, deleted and moved within their rule. A rule's patterns are part of what
//! it says, so undo and saving know them without being told.

use super::rows::Selected;
use super::{Field, Filters, Typing};
use crate::app::lab::{Lab, RuleKey};
use crate::app::pane::{Cx, Tone};
use crate::config::Action;
use crate::filter::edit::{PatternText, RuleText};
use crate::filter::{Place, Selector, SelectorError};

/// A value pattern while its selector is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypedPattern {
    /// Its rule.
    pub rule: RuleKey,
    /// Its number there, or the one it gets.
    pub at: usize,
    /// It is not there yet.
    pub new: bool,
    /// What happens to the value.
    pub action: &'static str,
}

impl Filters {
    /// The value pattern that is being typed.
    #[must_use]
    pub fn typed_pattern(&self) -> Option<TypedPattern> {
        match self.typing.as_ref()?.what {
            Field::Pattern(pattern) => Some(pattern),
            _ => None,
        }
    }

    /// Starts to type a new pattern of a rule.
    pub(super) fn new_pattern(&mut self, rule: RuleKey, at: usize, cx: &mut Cx<'_>) {
        let Some(patterns) =
            cx.session.lab().and_then(|lab| lab.chain().rule(rule)).map(|rule| rule.text.patterns.len())
        else {
            return;
        };
        let pattern = TypedPattern { rule, at: at.min(patterns), new: true, action: "redact" };
        self.typing = Some(Typing::new("", Field::Pattern(pattern)));
        self.in_list = false;
    }

    /// An action on the pattern under the cursor.
    pub(super) fn pattern_action(&mut self, action: Action, rule: RuleKey, at: usize, cx: &mut Cx<'_>) {
        let Some(text) = cx.session.lab().and_then(|lab| lab.chain().rule(rule)).map(|rule| (*rule.text).clone())
        else {
            return;
        };
        let Some(pattern) = text.patterns.get(at) else { return };
        let mut patterns = text.patterns.clone();
        let mut selected = at;
        match action {
            Action::EditRule => {
                let action = next_action(previous_action(&pattern.action));
                let typed = TypedPattern { rule, at, new: false, action };
                self.typing = Some(Typing::new(&pattern.selector, Field::Pattern(typed)));
                return;
            }
            Action::AddPattern => return self.new_pattern(rule, at + 1, cx),
            Action::CycleRule => next_action(&pattern.action).clone_into(&mut patterns[at].action),
            Action::DeleteRule => {
                patterns.remove(at);
                selected = at.min(patterns.len().saturating_sub(1));
                cx.say(Tone::Plain, "deleted; u brings it back");
            }
            Action::RuleUp | Action::RuleDown => {
                selected = if action == Action::RuleDown { at + 1 } else { at.wrapping_sub(1) };
                if selected >= patterns.len() {
                    return cx.say(
                        Tone::Plain,
                        "it cannot go further: within a rule the first pattern that matches decides",
                    );
                }
                patterns.swap(at, selected);
            }
            Action::ToggleRule => {
                return cx.say(Tone::Plain, "a value pattern goes with its rule; d deletes it, u brings it back");
            }
            _ => return cx.say(Tone::Plain, "that is for rules; this is a value pattern of one"),
        }
        self.selected =
            Some(if patterns.is_empty() { Selected::Rule(rule) } else { Selected::Pattern(rule, selected) });
        set(rule, RuleText { patterns, ..text }, cx);
    }

    /// Enter: takes the typed pattern into its rule.
    pub(super) fn take_pattern(&mut self, pattern: TypedPattern, typing: &Typing, cx: &mut Cx<'_>) {
        if let Some(error) = &typing.error {
            return cx.say(Tone::Error, error.message.clone());
        }
        let Some(text) =
            cx.session.lab().and_then(|lab| lab.chain().rule(pattern.rule)).map(|rule| (*rule.text).clone())
        else {
            return self.cancel(cx);
        };
        let mut patterns = text.patterns.clone();
        let selector = typing.line.text().to_owned();
        let action = pattern.action.to_owned();
        match patterns.get_mut(pattern.at) {
            Some(old) if !pattern.new => (old.selector, old.action) = (selector, action),
            _ => {
                let at = pattern.at.min(patterns.len());
                patterns.insert(at, PatternText { selector, action, reason: None });
            }
        }
        self.typing = None;
        self.selected = Some(Selected::Pattern(pattern.rule, pattern.at));
        set(pattern.rule, RuleText { patterns, ..text }, cx);
        cx.say(Tone::Plain, "taken; t changes what happens to the value");
        self.redo(cx);
    }
}

fn set(rule: RuleKey, text: RuleText, cx: &mut Cx<'_>) {
    if let Some(lab) = cx.session.lab() {
        lab.edit(|chain| chain.change(rule, text));
    }
}

/// The action after this one.
pub(super) fn next_action(word: &str) -> &'static str {
    match word {
        "allow" => "redact",
        "redact" | "deny" => "drop",
        _ => "allow",
    }
}

/// The action before this one.
fn previous_action(word: &str) -> &'static str {
    next_action(next_action(word))
}

/// What is wrong with the selector of a value pattern of this rule.
pub(super) fn pattern_error(lab: &Lab, rule: RuleKey, text: &str) -> Option<SelectorError> {
    let root = lab.chain().find(rule).map(|(source, _)| lab.root_of(source)).unwrap_or_default();
    match Selector::parse(text, Place::ValuePattern) {
        Ok(selector) => selector.compile(&root).err(),
        Err(error) => Some(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_actions_in_a_circle() {
        for word in ["allow", "redact", "drop"] {
            assert_eq!(next_action(previous_action(word)), word);
            assert_eq!(next_action(next_action(next_action(word))), word);
        }
        // The old word for redact.
        assert_eq!(next_action(previous_action("deny")), "redact");
    }
}
