//! The rule that is being typed, and the list of all rules with it in its place.

use super::Lab;
use super::insight::Insight;
use crate::app::lab::chain::{Chain, Rule, RuleKey};
use crate::filter::SelectorError;
use crate::filter::edit::RuleText;
use crate::model::code::Exec;
use std::sync::Arc;

/// A rule that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where it goes.
    pub target: Target,
    /// What it says so far.
    pub rule: RuleText,
}

/// Where a typed rule goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It is new, at this place of this source.
    New {
        /// The source.
        source: usize,
        /// The place in it.
        at: usize,
    },
    /// It replaces this rule.
    Change(RuleKey),
}

/// A rule of the whole list, the typed one among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// Its name; `None`: it is being typed and new.
    pub key: Option<RuleKey>,
    /// Its source.
    pub source: usize,
    /// What it says.
    pub text: Arc<RuleText>,
    /// Whether it is switched on.
    pub on: bool,
}

impl Lab {
    /// Starts to type a rule. `None`: that rule or source is read-only.
    pub fn start(&mut self, target: Target) -> Option<RuleText> {
        let rule = match target {
            Target::New { source, .. } => {
                let writable = self.chain.sources().get(source).is_some_and(|source| !source.read_only());
                // What the chain does anyway needs no rule.
                let exec = if self.default_exec() == Exec::Trace { "skip" } else { "trace" };
                writable.then(|| RuleText { exec: Some(exec.to_owned()), ..RuleText::default() })?
            }
            Target::Change(key) => {
                let (source, _) = self.chain.find(key)?;
                if self.chain.sources()[source].read_only() {
                    return None;
                }
                (*self.chain.rule(key)?.text).clone()
            }
        };
        self.type_rule(Draft { target, rule: rule.clone() });
        Some(rule)
    }

    /// The rule that is being typed now says this.
    pub fn type_rule(&mut self, draft: Draft) {
        // The chain itself is as it was: nothing has to be put into text on a key.
        self.draft = Some(draft);
        self.rows = rows(&self.chain, self.draft.as_ref());
        self.evaluate();
        self.look();
    }

    /// Leaves the typed rule alone.
    pub fn leave(&mut self) {
        self.draft = None;
        self.insight = Insight::default();
        self.update();
    }

    /// Takes the typed rule into the chain.
    ///
    /// # Errors
    ///
    /// Its selector is wrong; the typing goes on.
    pub fn take(&mut self) -> Result<Option<RuleKey>, SelectorError> {
        let Some(draft) = self.draft.clone() else { return Ok(None) };
        if let Some(error) = &self.insight.error {
            return Err(error.clone());
        }
        let key = match draft.target {
            Target::New { source, at } => self.chain.add(source, at, draft.rule),
            Target::Change(key) => {
                self.chain.change(key, draft.rule);
                Some(key)
            }
        };
        self.leave();
        Ok(key)
    }

    /// The row of the rule that is being typed.
    #[must_use]
    pub fn typed_row(&self) -> Option<&RuleRow> {
        match self.draft.as_ref()?.target {
            Target::New { .. } => self.rows.iter().find(|row| row.key.is_none()),
            Target::Change(key) => self.rows.iter().find(|row| row.key == Some(key)),
        }
    }
}

/// The rules of the chain in order, with the typed one in its place.
pub(super) fn rows(chain: &Chain, draft: Option<&Draft>) -> Vec<RuleRow> {
    let mut rows = Vec::new();
    for (at, source) in chain.sources().iter().enumerate() {
        let typed = |place: usize| match draft {
            Some(Draft { target: Target::New { source, at: wanted }, rule })
                if *source == at && (*wanted).min(chain.sources()[at].rules.len()) == place =>
            {
                Some(RuleRow { key: None, source: at, text: Arc::new(rule.clone()), on: true })
            }
            _ => None,
        };
        for (place, rule) in source.rules.iter().enumerate() {
            rows.extend(typed(place));
            rows.push(row(at, rule, draft));
        }
        rows.extend(typed(source.rules.len()));
    }
    rows
}

fn row(source: usize, rule: &Rule, draft: Option<&Draft>) -> RuleRow {
    let text = match draft {
        Some(Draft { target: Target::Change(key), rule: typed }) if *key == rule.key => Arc::new(typed.clone()),
        _ => Arc::clone(&rule.text),
    };
    RuleRow { key: Some(rule.key), source, text, on: !rule.off }
}
