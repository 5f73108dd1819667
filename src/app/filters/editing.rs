//! What the keys of the Filters pane do to the rule under the cursor, and to the functions beside it.

use super::rows::Selected;
use super::{Field, Filters, Typing};
use crate::app::event::Effect;
use crate::app::lab::{LabSource, RuleKey, Target};
use crate::app::list::Cursor;
use crate::app::overlay::{Answer, Menu, Overlay};
use crate::app::pane::{Cx, PaneId, Request, Tone};
use crate::app::text::clean;
use crate::config::Action;
use crate::filter::edit::RuleText;

impl Filters {
    /// Edits that need a rule under the cursor.
    pub(super) fn rule_action(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let key = self.current();
        let Some(lab) = cx.session.lab() else { return false };
        let source = self.source(lab);
        let read_only = lab.source(source).is_some_and(LabSource::read_only);
        let refused = "built-in rules can be disabled (x), but not edited";
        if let Some((rule, at)) = self.current_pattern() {
            self.pattern_action(action, rule, at, cx);
            self.redo(cx);
            return true;
        }
        match (action, key) {
            (Action::EditRule, Some(key)) => self.start(Target::Change(key), cx),
            (Action::EditRule, None) => self.beside_act(Action::EditRule, cx),
            (Action::ToggleRule, Some(key)) => drop(lab.edit(|chain| chain.toggle(key))),
            (Action::ToggleRule, None) => drop(lab.edit(|chain| chain.toggle_source(source))),
            (Action::CycleRule, None) => {
                if !lab.edit(|chain| chain.cycle_default(source)) {
                    cx.say(Tone::Warning, refused);
                }
            }
            (_, None) => cx.say(Tone::Plain, "there is no rule under the cursor"),
            (_, Some(_)) if read_only => cx.say(Tone::Warning, refused),
            (Action::DeleteRule, Some(key)) => {
                let place = lab.place_of(key);
                lab.edit(|chain| chain.delete(key));
                // The cursor stays where it was: on the rule that took the place.
                let next = place.and_then(|place| lab.rows().get(place)).filter(|row| row.source == source);
                self.selected = next
                    .and_then(|row| row.key)
                    .map_or(Some(Selected::Source(source)), |key| Some(Selected::Rule(key)));
                cx.say(Tone::Plain, "deleted; u brings it back");
            }
            (Action::RuleDown | Action::RuleUp, Some(key)) => {
                if !lab.edit(|chain| chain.shift(key, action == Action::RuleDown)) {
                    cx.say(Tone::Plain, "it cannot go further in this filter; m moves it to another one");
                }
            }
            (Action::MoveRule, Some(key)) => self.move_menu(key, cx),
            (Action::CycleRule, Some(key)) => {
                if let Some(rule) = lab.chain().rule(key).map(|rule| (*rule.text).clone()) {
                    let exec = Some(next_exec(rule.exec.as_deref()).to_owned());
                    lab.edit(|chain| chain.change(key, RuleText { exec, ..rule }));
                }
            }
            (Action::AddPattern, Some(key)) => self.new_pattern(key, usize::MAX, cx),
            (Action::RuleReason, Some(key)) => {
                let reason = lab.chain().rule(key).and_then(|rule| rule.text.reason.clone()).unwrap_or_default();
                self.typing = Some(Typing::new(&reason, Field::Reason(key)));
            }
            _ => return false,
        }
        self.redo(cx);
        true
    }

    pub(super) fn move_menu(&mut self, key: RuleKey, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let own = lab.chain().find(key).map(|(source, _)| source);
        let items: Vec<_> = lab
            .chain()
            .sources()
            .iter()
            .enumerate()
            .filter(|(at, source)| !source.read_only() && Some(*at) != own)
            .map(|(at, source)| {
                let path = source.path.as_ref().map(|path| clean(&path.to_string_lossy()).into_owned());
                let answer = Answer::Ask(Box::new(Request::MoveRule(key, at)));
                (format!("{}  {}", source.kind.in_words(), clean(&source.name)), path.unwrap_or_default(), answer)
            })
            .collect();
        if items.is_empty() {
            return cx.say(Tone::Plain, "there is no other filter; S saves the session to the project's file");
        }
        let title = "Move the rule to".to_owned();
        cx.request(Request::Open(Overlay::Menu(Menu { title, items, cursor: Cursor::default() })));
    }

    /// Actions on the function under the cursor of the list beside.
    pub(super) fn beside_act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let at = self.list.get(self.beside.at).copied();
        let code = cx.session.lab().and_then(|lab| lab.functions().get(at?)?.codes.first().copied());
        match (action, code) {
            (_, None) => cx.say(Tone::Plain, "there is no function to look at"),
            (Action::ExplainFunction, Some((process, code))) => cx.request(Request::Explain(process, code)),
            (Action::OfferSelectors, Some((process, code))) => cx.request(Request::SelectorsFor(process, code)),
            (_, Some((process, code))) if self.in_list => {
                cx.request(Request::Show(PaneId::Calls));
                cx.request(Request::GoToCode(process, code));
            }
            _ => {}
        }
    }

    pub(super) fn apply(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        match lab.apply() {
            Ok(effect) => {
                cx.effect(Effect::Lab(effect));
                cx.say(Tone::Plain, "applying…");
            }
            Err(why) => cx.say(Tone::Warning, why),
        }
    }
}

/// The verb after this one.
pub(super) fn next_exec(word: Option<&str>) -> &'static str {
    match word {
        Some("skip") => "trace",
        Some("trace") => "inherit",
        _ => "skip",
    }
}
