//! The filter lab's first pane: the effective chain as an editable list, and beside it what the rule under the cursor,
//! or the one that is being typed, matches and changes.

use super::event::Effect;
use super::lab::{Draft, Fate, Lab, Link, RuleKey, SavePlan, Target, by_calls, exec_word, targets};
use super::line_edit::LineEdit;
use super::list::Cursor;
use super::overlay::{Answer, Menu, Overlay};
use super::pane::{Cx, Pane, Request, Tone};
use super::text::clean;
use crate::config::{Action, Context, Key};
use crate::filter::edit::RuleText;
use std::path::PathBuf;

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// The heading of a source.
    Source(usize),
    /// A rule: its place in the lab's rows.
    Rule(usize),
    /// A source without rules says so.
    NoRules(usize),
    /// Below the rule that is being typed: what is wrong with it, if anything.
    Mistake,
}

/// What the cursor stands on, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    Source(usize),
    Rule(RuleKey),
}

/// The line that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// The text.
    pub line: LineEdit,
    /// The selector of a rule, or its reason.
    pub what: Field,
    /// The suggestion under the cursor.
    pub suggestion: Option<usize>,
}

/// Which part of a rule is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Its selector.
    Selector,
    /// Its reason.
    Reason(RuleKey),
}

/// A file that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// What would be written.
    pub plan: SavePlan,
    /// The first line shown of the difference.
    pub top: usize,
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Filters {
    rows: Vec<Row>,
    /// The cursor in the rows.
    pub cursor: Cursor,
    selected: Option<Selected>,
    /// The functions beside the list: those that the rule under the cursor matches, or the typed one.
    list: Vec<usize>,
    /// The cursor in them.
    pub beside: Cursor,
    /// The keys go to the functions.
    pub in_list: bool,
    /// The line that is being typed.
    pub typing: Option<Typing>,
    /// The file that is about to be written.
    pub review: Option<Review>,
}

impl Filters {
    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The functions beside the list.
    #[must_use]
    pub fn list(&self) -> &[usize] {
        &self.list
    }

    /// The row under the cursor.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.cursor.at)
    }

    /// Puts the cursor on a rule.
    pub fn select(&mut self, key: RuleKey) {
        self.selected = Some(Selected::Rule(key));
        self.in_list = false;
    }

    /// Shows what would be written.
    pub fn review(&mut self, plan: SavePlan) {
        self.review = Some(Review { plan, top: 0 });
    }

    /// The rows anew; the cursor stays on what it stood on.
    fn rebuild(&mut self, lab: &Lab, height: usize) {
        self.rows.clear();
        let mut place = 0;
        let typed = lab.typed_row().and_then(|typed| lab.rows().iter().position(|row| row == typed));
        for source in 0..lab.chain().sources().len() {
            self.rows.push(Row::Source(source));
            let first = place;
            while lab.rows().get(place).is_some_and(|row| row.source == source) {
                self.rows.push(Row::Rule(place));
                if typed == Some(place) && self.typing.as_ref().is_some_and(|typing| typing.what == Field::Selector) {
                    self.rows.push(Row::Mistake);
                }
                place += 1;
            }
            if place == first {
                self.rows.push(Row::NoRules(source));
            }
        }
        let wanted = match (typed, self.selected) {
            (Some(place), _) => self.rows.iter().position(|row| *row == Row::Rule(place)),
            (_, Some(Selected::Rule(key))) => {
                lab.place_of(key).and_then(|place| self.rows.iter().position(|row| *row == Row::Rule(place)))
            }
            (_, Some(Selected::Source(source))) => self.rows.iter().position(|row| *row == Row::Source(source)),
            (_, None) => lab.chain().sources().iter().rposition(|source| !source.read_only()).and_then(|source| {
                // Where one starts: the session, in which nothing can be spoiled.
                self.rows.iter().position(|row| *row == Row::Source(source))
            }),
        };
        self.cursor.at = wanted.unwrap_or(self.cursor.at);
        // What is typed has its mistake in sight.
        let below = usize::from(typed.is_some());
        self.cursor.fit(self.rows.len(), height.saturating_sub(below));
        self.remember(lab);
        self.relist(lab);
    }

    /// Remembers by name what the cursor stands on.
    fn remember(&mut self, lab: &Lab) {
        self.selected = match self.rows.get(self.cursor.at) {
            Some(Row::Source(source) | Row::NoRules(source)) => Some(Selected::Source(*source)),
            Some(Row::Rule(place)) => match lab.rows().get(*place).and_then(|row| row.key) {
                Some(key) => Some(Selected::Rule(key)),
                None => self.selected,
            },
            _ => self.selected,
        };
    }

    /// The functions beside the list.
    fn relist(&mut self, lab: &Lab) {
        self.list = match self.rows.get(self.cursor.at) {
            _ if lab.draft().is_some() && self.is_selector() => lab.insight().matched.clone(),
            Some(Row::Rule(place)) => {
                let matches = lab.rows().get(*place).and_then(|row| lab.matches(row));
                let mut list: Vec<usize> =
                    matches.map(|matches| matches.functions.iter().collect()).unwrap_or_default();
                by_calls(lab.functions(), &mut list);
                list
            }
            // A heading: what the edited chain as a whole would change.
            Some(Row::Source(_) | Row::NoRules(_)) => {
                let difference = lab.difference();
                let mut list: Vec<usize> = difference.recorded.iter().chain(&difference.hidden).copied().collect();
                by_calls(lab.functions(), &mut list);
                list.sort_by_key(|at| lab.fate(*at) != Fate::WouldRecord);
                list
            }
            _ => Vec::new(),
        };
        self.beside.fit(self.list.len(), usize::MAX);
    }

    fn is_selector(&self) -> bool {
        self.typing.as_ref().is_some_and(|typing| typing.what == Field::Selector)
    }

    /// The rule under the cursor.
    fn current(&self) -> Option<RuleKey> {
        match self.selected {
            Some(Selected::Rule(key)) if matches!(self.row(), Some(Row::Rule(_))) => Some(key),
            _ => None,
        }
    }

    /// The source under the cursor, or that of the rule under it.
    fn source(&self, lab: &Lab) -> usize {
        match self.selected {
            Some(Selected::Source(source)) => source,
            Some(Selected::Rule(key)) => lab.chain().find(key).map_or(lab.chain().session(), |(source, _)| source),
            None => lab.chain().session(),
        }
    }

    fn start(&mut self, target: Target, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        match lab.start(target) {
            Some(rule) => {
                self.typing =
                    Some(Typing { line: LineEdit::new(&rule.selector), what: Field::Selector, suggestion: None });
                self.in_list = false;
                self.beside = Cursor::default();
            }
            None => cx.say(Tone::Warning, "built-in rules can be disabled (x), but not edited"),
        }
    }

    fn typed(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let Some(typing) = &mut self.typing else { return };
        typing.suggestion = None;
        if let (Field::Selector, Some(draft)) = (typing.what, lab.draft()) {
            let rule = RuleText { selector: typing.line.text().to_owned(), ..draft.rule.clone() };
            let target = draft.target;
            lab.type_rule(Draft { target, rule });
        }
        self.beside = Cursor::default();
        self.redo(cx);
    }

    fn redo(&mut self, cx: &mut Cx<'_>) {
        let rows = list_rows(cx);
        if let Some(lab) = cx.session.lab() {
            self.rebuild(lab, rows);
        }
        cx.redraw();
    }

    /// Enter while typing: takes the suggestion under the cursor, or the rule.
    fn accept(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let Some(typing) = self.typing.clone() else { return };
        match typing.what {
            Field::Reason(key) => {
                self.typing = None;
                let Some(rule) = lab.chain().rule(key).map(|rule| (*rule.text).clone()) else { return };
                let reason = Some(typing.line.text().trim().to_owned()).filter(|reason| !reason.is_empty());
                lab.edit(|chain| chain.change(key, RuleText { reason, ..rule }));
            }
            Field::Selector if typing.suggestion.is_some() => return self.complete(cx),
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

    fn cancel(&mut self, cx: &mut Cx<'_>) {
        self.typing = None;
        if let Some(lab) = cx.session.lab() {
            lab.leave();
        }
        self.redo(cx);
    }

    /// Tab: takes the suggestion under the cursor, or the first.
    fn complete(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let Some(typing) = &mut self.typing else { return };
        let at = typing.suggestion.unwrap_or(0);
        match lab.insight().suggestions.get(at).filter(|_| typing.what == Field::Selector) {
            Some(suggestion) => {
                typing.line = LineEdit::new(&suggestion.text);
                self.typed(cx);
            }
            None => cx.say(Tone::Plain, "there is nothing to suggest"),
        }
    }

    fn cycle_typed(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        if let Some(draft) = lab.draft().cloned() {
            let exec = next_exec(draft.rule.exec.as_deref());
            lab.type_rule(Draft { rule: RuleText { exec: Some(exec.to_owned()), ..draft.rule }, ..draft });
        }
        self.redo(cx);
    }

    /// A key while a file is about to be written.
    fn review_key(&mut self, key: Key, cx: &mut Cx<'_>) {
        let Some(review) = &mut self.review else { return };
        let keymap = &cx.config.keymap;
        if keymap.action(&[Context::Text], key) == Some(Action::Accept) {
            let plan = review.plan.clone();
            self.review = None;
            cx.effect(Effect::Lab(super::lab::LabEffect::Save(Box::new(plan))));
        } else if let Some(action) = keymap.action(&[Context::Lists], key) {
            let rows = cx.rows().max(1);
            let mut cursor = Cursor { at: review.top, top: review.top };
            match action {
                Action::PageDown => cursor.at += rows / 2,
                Action::PageUp => cursor.at = cursor.at.saturating_sub(rows / 2),
                other => {
                    cursor.act(other, review.plan.difference.len(), 1);
                }
            }
            review.top = cursor.at.min(review.plan.difference.len().saturating_sub(1));
        } else {
            self.review = None;
            cx.say(Tone::Plain, "nothing was saved");
        }
        cx.redraw();
    }

    fn save(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let files = targets(lab);
        let session = lab.chain().session();
        let under = self.source(lab);
        let is_edited =
            |source: Option<usize>| source.and_then(|at| lab.source(at)).is_some_and(super::lab::LabSource::edited);
        let typed = lab.source(session).is_some_and(|source| !source.rules.is_empty());
        if !typed && !files.iter().any(|file| is_edited(file.source)) {
            let text = if lab.chain().edited() {
                "nothing to save: what is disabled in built-in filters holds for this session only"
            } else {
                "nothing to save: no rule was changed"
            };
            return cx.say(Tone::Plain, text);
        }
        let ask = |path: PathBuf| Answer::Ask(Box::new(Request::SaveTo(path)));
        // One file to choose from, or the cursor stands on an edited file: no question.
        let chosen = match files.as_slice() {
            [only] => Some(only.path.clone()),
            _ => files
                .iter()
                .find(|file| file.source == Some(under) && is_edited(file.source))
                .map(|file| file.path.clone()),
        };
        if let Some(path) = chosen {
            return cx.request(Request::SaveTo(path));
        }
        let items = files
            .iter()
            .map(|file| {
                let kind = file.source.and_then(|at| lab.source(at)).map_or("project", |source| source.kind.in_words());
                let note = match (file.source, is_edited(file.source)) {
                    (None, _) => format!("{kind}, a new file"),
                    (_, true) => format!("{kind}, edited"),
                    (_, false) => kind.to_owned(),
                };
                (clean(&file.path.to_string_lossy()).into_owned(), note, ask(file.path.clone()))
            })
            .collect();
        let title = "Save the rules of the session to".to_owned();
        cx.request(Request::Open(Overlay::Menu(Menu { title, items, cursor: Cursor::default() })));
    }

    fn move_menu(&mut self, key: RuleKey, cx: &mut Cx<'_>) {
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

    /// Edits that need a rule under the cursor.
    fn rule_action(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let key = self.current();
        let Some(lab) = cx.session.lab() else { return false };
        let source = self.source(lab);
        let read_only = lab.source(source).is_some_and(super::lab::LabSource::read_only);
        let refused = "built-in rules can be disabled (x), but not edited";
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
            (Action::RuleReason, Some(key)) => {
                let reason = lab.chain().rule(key).and_then(|rule| rule.text.reason.clone()).unwrap_or_default();
                self.typing = Some(Typing { line: LineEdit::new(&reason), what: Field::Reason(key), suggestion: None });
            }
            _ => return false,
        }
        self.redo(cx);
        true
    }

    /// Actions on the function under the cursor of the list beside.
    fn beside_act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let at = self.list.get(self.beside.at).copied();
        let code = cx.session.lab().and_then(|lab| lab.functions().get(at?)?.codes.first().copied());
        match (action, code) {
            (_, None) => cx.say(Tone::Plain, "there is no function to look at"),
            (Action::ExplainFunction, Some((process, code))) => cx.request(Request::Explain(process, code)),
            (Action::OfferSelectors, Some((process, code))) => cx.request(Request::SelectorsFor(process, code)),
            (_, Some((process, code))) if self.in_list => {
                cx.request(Request::Show(super::pane::PaneId::Calls));
                cx.request(Request::GoToCode(process, code));
            }
            _ => {}
        }
    }

    fn apply(&mut self, cx: &mut Cx<'_>) {
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
fn next_exec(word: Option<&str>) -> &'static str {
    match word {
        Some("skip") => "trace",
        Some("trace") => "inherit",
        _ => "skip",
    }
}

/// Rows that the list has on the screen.
fn list_rows(cx: &Cx<'_>) -> usize {
    usize::from(parts(cx.area).0.height)
}

/// How the pane divides its area: the list, the ruler, what is beside or below it.
#[must_use]
pub fn parts(area: super::layout::Area) -> (super::layout::Area, super::layout::Area, super::layout::Area) {
    if area.width >= 100 {
        let (list, right) = area.split_left(area.width * 11 / 20);
        let (ruler, right) = right.split_left(1);
        return (list, ruler, right.split_left(1).1);
    }
    if area.height < 10 {
        return (area, super::layout::Area::default(), super::layout::Area::default());
    }
    let (list, below) = area.split_top(area.height / 2);
    let (ruler, below) = below.split_top(1);
    (list, ruler, below)
}

impl Pane for Filters {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Filters, Context::Lists]
    }

    fn typing(&self) -> bool {
        self.typing.is_some() || self.review.is_some()
    }

    fn key(&mut self, key: Key, cx: &mut Cx<'_>) {
        if self.review.is_some() {
            return self.review_key(key, cx);
        }
        let suggestions = cx.session.lab().map_or(0, |lab| lab.insight().suggestions.len());
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

    fn paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        if let Some(typing) = &mut self.typing {
            typing.line.insert(text);
            self.typed(cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if cx.session.lab().is_none() {
            return false;
        }
        match action {
            Action::AddRule => {
                let Some(lab) = cx.session.lab() else { return false };
                let source = self.source(lab);
                // Below a built-in rule nothing can be added: it goes to the session.
                let read_only = lab.source(source).is_none_or(super::lab::LabSource::read_only);
                let target = match (self.current().and_then(|key| lab.chain().find(key)), read_only) {
                    (_, true) => Target::New { source: lab.chain().session(), at: usize::MAX },
                    (Some((source, at)), false) => Target::New { source, at: at + 1 },
                    (None, false) => Target::New { source, at: usize::MAX },
                };
                self.start(target, cx);
                self.redo(cx);
            }
            Action::EditRule if self.in_list => self.beside_act(action, cx),
            Action::EditRule
            | Action::ToggleRule
            | Action::DeleteRule
            | Action::CycleRule
            | Action::RuleDown
            | Action::RuleUp
            | Action::MoveRule
            | Action::RuleReason => return self.rule_action(action, cx),
            Action::Undo | Action::Redo => {
                let Some(lab) = cx.session.lab() else { return false };
                let done = lab.edit(|chain| if action == Action::Undo { chain.undo() } else { chain.redo() });
                let verb = if action == Action::Undo { "undone" } else { "done again" };
                match done {
                    Some(what) => cx.say(Tone::Plain, format!("{verb}: {what}")),
                    None => cx.say(Tone::Plain, format!("nothing to be {verb}")),
                }
                self.redo(cx);
            }
            Action::Apply => self.apply(cx),
            Action::SaveFilters => self.save(cx),
            Action::TakeFile => {
                let Some(lab) = cx.session.lab() else { return false };
                let source = self.source(lab);
                let taken = lab.take_file(source);
                cx.say(
                    Tone::Plain,
                    if taken {
                        "the file's rules were taken; u brings the edits back"
                    } else {
                        "this filter's file has not changed"
                    },
                );
                self.redo(cx);
            }
            Action::ExplainFunction | Action::OfferSelectors => self.beside_act(action, cx),
            Action::NextPane | Action::PreviousPane => {
                self.in_list = !self.in_list && !self.list.is_empty();
                cx.redraw();
            }
            Action::Back if self.in_list => {
                self.in_list = false;
                cx.redraw();
            }
            action if self.in_list => {
                let rows = usize::from(parts(cx.area).2.height).saturating_sub(6);
                let moved = self.beside.act(action, self.list.len(), rows);
                if moved {
                    cx.redraw();
                }
                return moved;
            }
            action => {
                let rows = list_rows(cx);
                if !self.cursor.act(action, self.rows.len(), rows) {
                    return false;
                }
                self.beside = Cursor::default();
                if let Some(lab) = cx.session.lab() {
                    self.remember(lab);
                    self.relist(lab);
                }
                cx.redraw();
            }
        }
        true
    }

    fn click(&mut self, row: Option<usize>, _fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|_| !self.typing()) else { return };
        self.in_list = row >= BESIDE;
        if self.in_list {
            self.beside.at = (row - BESIDE).min(self.list.len().saturating_sub(1));
        } else {
            self.cursor.at = row.min(self.rows.len().saturating_sub(1));
            self.beside = Cursor::default();
            if let Some(lab) = cx.session.lab() {
                self.remember(lab);
                self.relist(lab);
            }
        }
        if double {
            self.act(Action::EditRule, cx);
        }
    }

    fn scroll(&mut self, by: isize, cx: &mut Cx<'_>) {
        if self.in_list {
            let rows = usize::from(parts(cx.area).2.height).saturating_sub(6);
            self.beside.scroll(by, self.list.len(), rows);
        } else if !self.typing() {
            self.cursor.scroll(by, self.rows.len(), list_rows(cx));
            if let Some(lab) = cx.session.lab() {
                self.remember(lab);
                self.relist(lab);
            }
        }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        let rows = list_rows(cx);
        if let Some(lab) = cx.session.lab.as_deref() {
            self.rebuild(lab, rows);
        }
        cx.redraw();
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        let wanted = text.to_lowercase();
        let rows = list_rows(cx);
        let Some(lab) = cx.session.lab.as_deref() else { return };
        let hit = |row: &Row| match row {
            Row::Source(source) => {
                lab.source(*source).is_some_and(|source| source.name.to_lowercase().contains(&wanted))
            }
            Row::Rule(place) => lab.rows().get(*place).is_some_and(|row| {
                let reason = row.text.reason.as_deref().unwrap_or_default();
                row.text.selector.to_lowercase().contains(&wanted) || reason.to_lowercase().contains(&wanted)
            }),
            _ => false,
        };
        let len = self.rows.len();
        let order = (1..=len).map(|step| if forward { self.cursor.at + step } else { self.cursor.at + len - step });
        match order.map(|at| at % len.max(1)).find(|at| hit(&self.rows[*at])).filter(|_| !wanted.is_empty()) {
            Some(at) => {
                self.cursor.at = at;
                self.cursor.fit(len, rows);
                self.remember(lab);
                self.relist(lab);
            }
            None => cx.say(Tone::Plain, "no rule says that"),
        }
        cx.redraw();
    }

    fn copied(&self, cx: &Cx<'_>) -> Option<String> {
        let lab = cx.session.lab.as_deref()?;
        match self.row()? {
            Row::Rule(place) => Some(lab.rows().get(*place)?.text.selector.clone()),
            Row::Source(source) => Some(lab.source(*source)?.path.as_ref()?.to_string_lossy().into_owned()),
            _ => None,
        }
    }

    fn place(&self, cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        let lab = cx.session.lab.as_deref()?;
        if self.in_list {
            let function = lab.functions().get(*self.list.get(self.beside.at)?)?;
            return (!function.is_fixed()).then(|| (PathBuf::from(&function.abs_path), function.line));
        }
        Some((lab.source(self.source(lab))?.path.clone()?, 1))
    }

    fn hints(&self) -> Vec<Action> {
        if self.review.is_some() {
            return vec![Action::Accept, Action::Cancel];
        }
        match self.typing.as_ref().map(|typing| typing.what) {
            Some(Field::Selector) => {
                return vec![Action::Accept, Action::Complete, Action::Later, Action::CycleTyped, Action::Cancel];
            }
            Some(Field::Reason(_)) => return vec![Action::Accept, Action::Cancel],
            None => {}
        }
        if self.in_list {
            return vec![Action::ExplainFunction, Action::OfferSelectors];
        }
        vec![
            Action::AddRule,
            Action::EditRule,
            Action::ToggleRule,
            Action::DeleteRule,
            Action::RuleDown,
            Action::Undo,
            Action::Preview,
            Action::Apply,
            Action::SaveFilters,
        ]
    }
}

/// The word of a rule's verb, for the list.
#[must_use]
pub fn verb(rule: &RuleText) -> &'static str {
    exec_word(super::lab::exec(rule))
}

/// Rows of the list beside are counted from here for the mouse.
pub const BESIDE: usize = 1 << 32;
