//! The filter lab's first pane: the effective chain as an editable list, and beside it what the rule under the cursor,
//! or the one that is being typed, matches and changes.

mod editing;
mod patterns;
mod rows;
mod saving;
mod typing;

use super::event::Effect;
use super::lab::{Lab, RuleKey, SavePlan, Suggestion, Target, ValueInsight, exec_word};
use super::list::Cursor;
use super::pane::{Cx, Pane, Tone};
use crate::config::{Action, Context, Key};
use crate::filter::edit::RuleText;
use editing::next_exec;
pub use patterns::TypedPattern;
pub use rows::Row;
use rows::Selected;
pub use saving::Review;
use std::path::PathBuf;
pub use typing::{Field, Typing};

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
    /// What is known about the value pattern under the cursor, or the one that is typed.
    pub values: Option<ValueInsight>,
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

    /// What can be taken instead of what is typed, or to go on.
    #[must_use]
    pub fn suggestions<'a>(&'a self, lab: &'a Lab) -> &'a [Suggestion] {
        match self.typing.as_ref().map(|typing| typing.what) {
            Some(Field::Selector) => &lab.insight().suggestions,
            Some(Field::Pattern(_)) => self.values.as_ref().map_or(&[], |values| &values.suggestions),
            Some(Field::Reason(_)) | None => &[],
        }
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

    fn redo(&mut self, cx: &mut Cx<'_>) {
        let rows = list_rows(cx);
        if let Some(lab) = cx.session.lab() {
            self.rebuild(lab, rows);
            if let Some(question) = lab.question() {
                cx.effect(Effect::Lab(question));
            }
        }
        cx.redraw();
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
        self.typing_key(key, cx);
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
                let target = match (self.rule_at_cursor().and_then(|key| lab.chain().find(key)), read_only) {
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
            | Action::AddPattern
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
            Row::Pattern(place, at) => Some(lab.rows().get(*place)?.text.patterns.get(*at)?.selector.clone()),
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
            Some(Field::Pattern(_)) => {
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
