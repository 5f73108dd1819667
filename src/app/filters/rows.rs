//! The list of the Filters pane: a heading for each source, its rules, their value patterns; and what the cursor stands on,
//! by name, so that it stays there when the list changes.

use super::{Field, Filters};
use crate::app::lab::{Fate, Lab, RuleKey};

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// The heading of a source.
    Source(usize),
    /// A rule: its place in the lab's rows.
    Rule(usize),
    /// A value pattern: the place of its rule, and its number there.
    Pattern(usize, usize),
    /// A new value pattern of the rule at this place, while it is typed.
    NewPattern(usize),
    /// A source without rules says so.
    NoRules(usize),
    /// Below what is being typed: what is wrong with it, if anything.
    Mistake,
}

/// What the cursor stands on, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selected {
    Source(usize),
    Rule(RuleKey),
    Pattern(RuleKey, usize),
}

impl Filters {
    /// The rows anew; the cursor stays on what it stood on.
    pub(super) fn rebuild(&mut self, lab: &Lab, height: usize) {
        self.rows.clear();
        let mut place = 0;
        let typed = lab.typed_row().and_then(|typed| lab.rows().iter().position(|row| row == typed));
        for source in 0..lab.chain().sources().len() {
            self.rows.push(Row::Source(source));
            let first = place;
            while lab.rows().get(place).is_some_and(|row| row.source == source) {
                self.rows.push(Row::Rule(place));
                if typed == Some(place) && self.is_selector() {
                    self.rows.push(Row::Mistake);
                }
                self.add_patterns(lab, place);
                place += 1;
            }
            if place == first {
                self.rows.push(Row::NoRules(source));
            }
        }
        let pattern = self.typed_pattern();
        let wanted = match (typed, self.selected) {
            _ if pattern.is_some() => self.rows.iter().position(|row| *row == Row::Mistake).map(|at| at - 1),
            (Some(place), _) => self.rows.iter().position(|row| *row == Row::Rule(place)),
            (_, Some(Selected::Rule(key))) => {
                lab.place_of(key).and_then(|place| self.rows.iter().position(|row| *row == Row::Rule(place)))
            }
            (_, Some(Selected::Pattern(key, at))) => lab.place_of(key).and_then(|place| {
                let pattern = self.rows.iter().position(|row| *row == Row::Pattern(place, at));
                pattern.or_else(|| self.rows.iter().position(|row| *row == Row::Rule(place)))
            }),
            (_, Some(Selected::Source(source))) => self.rows.iter().position(|row| *row == Row::Source(source)),
            (_, None) => lab.chain().sources().iter().rposition(|source| !source.read_only()).and_then(|source| {
                // Where one starts: the session, in which nothing can be spoiled.
                self.rows.iter().position(|row| *row == Row::Source(source))
            }),
        };
        self.cursor.at = wanted.unwrap_or(self.cursor.at);
        // What is typed has its mistake in sight.
        let below = usize::from(typed.is_some() || pattern.is_some());
        self.cursor.fit(self.rows.len(), height.saturating_sub(below));
        self.remember(lab);
        self.relist(lab);
    }

    /// The value patterns of a rule that can be edited; those of built-in rules stand beside the list.
    fn add_patterns(&mut self, lab: &Lab, place: usize) {
        let Some(row) = lab.rows().get(place) else { return };
        if lab.source(row.source).is_none_or(crate::app::lab::LabSource::read_only) {
            return;
        }
        let typed = self.typed_pattern().filter(|typed| Some(typed.rule) == row.key);
        for at in 0..=row.text.patterns.len() {
            let here = typed.filter(|typed| typed.at == at);
            if here.is_some_and(|typed| typed.new) {
                self.rows.extend([Row::NewPattern(place), Row::Mistake]);
            }
            if at < row.text.patterns.len() {
                self.rows.push(Row::Pattern(place, at));
                if here.is_some_and(|typed| !typed.new) {
                    self.rows.push(Row::Mistake);
                }
            }
        }
    }

    /// Remembers by name what the cursor stands on.
    pub(super) fn remember(&mut self, lab: &Lab) {
        self.selected = match self.rows.get(self.cursor.at) {
            Some(Row::Source(source) | Row::NoRules(source)) => Some(Selected::Source(*source)),
            Some(Row::Rule(place)) => match lab.rows().get(*place).and_then(|row| row.key) {
                Some(key) => Some(Selected::Rule(key)),
                None => self.selected,
            },
            Some(Row::Pattern(place, at)) => match lab.rows().get(*place).and_then(|row| row.key) {
                Some(key) => Some(Selected::Pattern(key, *at)),
                None => self.selected,
            },
            _ => self.selected,
        };
    }

    /// The functions beside the list.
    pub(super) fn relist(&mut self, lab: &Lab) {
        self.values = match (&self.typing, self.typed_pattern(), self.rows.get(self.cursor.at)) {
            (Some(typing), Some(pattern), _) => lab.values(pattern.rule, typing.line.text()),
            (_, _, Some(Row::Pattern(place, at))) => lab.rows().get(*place).and_then(|row| {
                let pattern = row.text.patterns.get(*at)?;
                lab.values(row.key?, &pattern.selector)
            }),
            _ => None,
        };
        self.list = match self.rows.get(self.cursor.at) {
            _ if lab.draft().is_some() && self.is_selector() => lab.insight().matched.clone(),
            Some(Row::Rule(place) | Row::Pattern(place, _) | Row::NewPattern(place)) => {
                let matches = lab.rows().get(*place).and_then(|row| lab.matches(row));
                let mut list: Vec<usize> =
                    matches.map(|matches| matches.functions.iter().collect()).unwrap_or_default();
                lab.functions().sort_by_calls(&mut list);
                list
            }
            // A heading: what the edited chain as a whole would change.
            Some(Row::Source(_) | Row::NoRules(_)) => {
                let difference = lab.difference();
                let mut list: Vec<usize> = difference.recorded.iter().chain(&difference.hidden).copied().collect();
                lab.functions().sort_by_calls(&mut list);
                list.sort_by_key(|at| lab.fate(*at) != Fate::WouldRecord);
                list
            }
            _ => Vec::new(),
        };
        self.beside.fit(self.list.len(), usize::MAX);
    }

    pub(super) fn is_selector(&self) -> bool {
        self.typing.as_ref().is_some_and(|typing| typing.what == Field::Selector)
    }

    /// The rule under the cursor.
    pub(super) fn current(&self) -> Option<RuleKey> {
        match self.selected {
            Some(Selected::Rule(key)) if matches!(self.row(), Some(Row::Rule(_))) => Some(key),
            _ => None,
        }
    }

    /// The value pattern under the cursor: its rule, and its number there.
    pub(super) fn current_pattern(&self) -> Option<(RuleKey, usize)> {
        match self.selected {
            Some(Selected::Pattern(key, at)) if matches!(self.row(), Some(Row::Pattern(..))) => Some((key, at)),
            _ => None,
        }
    }

    /// The rule under the cursor, or that of the pattern under it.
    pub(super) fn rule_at_cursor(&self) -> Option<RuleKey> {
        self.current().or(self.current_pattern().map(|(key, _)| key))
    }

    /// The source under the cursor, or that of the rule under it.
    pub(super) fn source(&self, lab: &Lab) -> usize {
        match self.selected {
            Some(Selected::Source(source)) => source,
            Some(Selected::Rule(key) | Selected::Pattern(key, _)) => {
                lab.chain().find(key).map_or(lab.chain().session(), |(source, _)| source)
            }
            None => lab.chain().session(),
        }
    }
}
