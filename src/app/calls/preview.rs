//! The call tree as it would be under the edited filters: calls that would be hidden are marked, or folded into one row
//! that says how many there are, which rule hides them, and how long they took. Skipping is not transitive: what a hidden
//! call itself called is judged by itself, and moves up to the nearest call that stays.

use super::tree::Row;
use crate::app::lab::{Lab, Preview};
use crate::model::id::{CodeId, ProcessIx};
use std::collections::HashMap;
use std::sync::Arc;

/// What the edited filters would hide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hiding {
    /// Hidden code objects, each with the rule that hides it.
    rules: HashMap<(ProcessIx, CodeId), Arc<str>>,
    /// Hidden calls are folded away, not only dim.
    fold: bool,
}

impl Hiding {
    /// What the lab would hide; `None` when nothing is to be shown of it.
    #[must_use]
    pub fn of(lab: &Lab) -> Option<Self> {
        if lab.preview == Preview::Off {
            return None;
        }
        let mut rules = HashMap::new();
        let mut names: HashMap<Option<u32>, Arc<str>> = HashMap::new();
        for at in &lab.difference().hidden {
            let Some(function) = lab.functions().get(*at) else { continue };
            let decider = lab.picture().deciders.get(*at).copied().flatten();
            let name = names
                .entry(decider)
                .or_insert_with(|| lab.decider(*at).unwrap_or_else(|| "the default".to_owned()).into());
            rules.extend(function.codes.iter().map(|code| (*code, Arc::clone(name))));
        }
        Some(Self { rules, fold: lab.preview == Preview::Fold })
    }

    /// The rule that would hide a row's call; `None`: it stays.
    #[must_use]
    pub fn rule(&self, row: &Row) -> Option<&Arc<str>> {
        let call = row.call.as_ref()?;
        self.rules.get(&(call.id.process, call.code))
    }

    /// Folds hidden calls into rows of their own, where that is wanted.
    #[must_use]
    pub fn folded(&self, rows: Vec<Row>) -> Vec<Row> {
        if !self.fold {
            return rows;
        }
        let mut out: Vec<Row> = Vec::with_capacity(rows.len());
        // Depths of the hidden calls that the row at hand is inside of.
        let mut inside: Vec<usize> = Vec::new();
        for mut row in rows {
            while inside.last().is_some_and(|depth| *depth >= row.depth) {
                inside.pop();
            }
            let original = row.depth;
            row.depth -= inside.len();
            let Some(rule) = self.rule(&row).cloned() else {
                // “More” of what is hidden says nothing about what would stay.
                if inside.is_empty() || row.call.is_some() {
                    out.push(row);
                }
                continue;
            };
            let took = row.call.as_ref().and_then(crate::index::CallInfo::duration_ns);
            // The time of a hidden call inside a hidden one is part of the outer one's.
            let added = if inside.is_empty() { took } else { Some(0) };
            inside.push(original);
            match out.last_mut().filter(|last| last.depth == row.depth).and_then(|last| last.hidden.as_mut()) {
                Some(hidden) => {
                    hidden.calls += 1;
                    hidden.took_ns = hidden.took_ns.zip(added).map(|(a, b)| a.saturating_add(b));
                    hidden.same_rule &= hidden.rule == rule;
                }
                None => {
                    row.hidden = Some(Hidden { calls: 1, rule, same_rule: true, took_ns: took });
                    out.push(row);
                }
            }
        }
        out
    }
}

/// Calls that are folded into one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// How many, without what they called.
    pub calls: u64,
    /// The rule that hides the first.
    pub rule: Arc<str>,
    /// It hides all of them.
    pub same_rule: bool,
    /// How long they took; `None`: one of them still runs, or its end is not known.
    pub took_ns: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Fold, Node};
    use super::*;
    use crate::index::{CallInfo, Outcome};
    use crate::model::id::{CallId, ThreadNo};
    use crate::trace::event::Opening;

    fn row(ordinal: u64, depth: usize, code: u32) -> Row {
        let id = CallId { process: ProcessIx(0), thread: ThreadNo(1), ordinal };
        let call = CallInfo {
            id,
            code: CodeId(code),
            parent: None,
            depth: 0,
            start_ns: 0,
            end_ns: Some(10),
            outcome: Outcome::Return,
            opening: Opening::Call,
            generator: 0,
            descendants: 0,
            args: None,
            result: None,
        };
        Row { node: Node::Call(id), depth, fold: Fold::Leaf, call: Some(call), more: None, mark: None, hidden: None }
    }

    #[test]
    fn what_is_hidden_is_one_row_and_what_it_called_moves_up() {
        // 1 stays; 7 and 8 are hidden, by different rules.
        let rules = [(7, "a#0"), (8, "b#1")].map(|(code, rule)| ((ProcessIx(0), CodeId(code)), Arc::from(rule)));
        let hiding = Hiding { rules: rules.into_iter().collect(), fold: true };
        let rows = [(0, 1), (1, 7), (1, 7), (2, 8), (3, 1), (4, 7), (1, 8), (1, 1), (0, 7)];
        let rows = (0..).zip(rows).map(|(ordinal, (depth, code))| row(ordinal, depth, code)).collect();
        let shown: Vec<_> = hiding
            .folded(rows)
            .iter()
            .map(|row| (row.depth, row.hidden.as_ref().map(|hidden| (hidden.calls, hidden.same_rule, hidden.took_ns))))
            .collect();
        assert_eq!(
            shown,
            [
                (0, None),
                (1, Some((3, false, Some(20)))),
                (1, None),
                (2, Some((1, true, Some(10)))),
                (1, Some((1, true, Some(10)))),
                (1, None),
                (0, Some((1, true, Some(10)))),
            ]
        );
    }
}
