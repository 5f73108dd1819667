//! What is known about the selector that is being typed: matches, near misses, and what can be taken instead.

use super::Lab;
use crate::app::lab::chain::RuleKey;
use crate::app::lab::complete::{Completion, complete};
use crate::app::lab::effect::{LabEffect, Question};
use crate::app::lab::evaluate::sum;
use crate::app::lab::misses::Misses;
use crate::app::lab::values::{self, ValueInsight};
use crate::filter::SelectorError;
use crate::filter::explain::{NearMiss, Reason};
use std::collections::HashSet;
use std::sync::Arc;

/// With more functions than this, what selectors nearly match is looked for away from the keys.
const AT_ONCE: usize = 2_000;

/// A way to go on typing, offered under the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The selector.
    pub text: String,
    /// Functions of that name, where that says something.
    pub functions: Option<usize>,
    /// It mends what is wrong; `None`: it only completes what is typed.
    pub reason: Option<Reason>,
}

/// What is known about the selector that is being typed.
#[derive(Clone, Debug, Default)]
pub struct Insight {
    /// What is wrong with it.
    pub error: Option<SelectorError>,
    /// Functions that it matches, those with most calls first.
    pub matched: Vec<usize>,
    /// Recorded calls of those.
    pub calls: u64,
    /// Their own time, in nanoseconds.
    pub self_ns: u64,
    /// What it nearly matches.
    pub near_misses: Vec<NearMiss>,
    /// How it can be gone on with.
    completions: Vec<Completion>,
    /// What can be taken instead, or to go on.
    pub suggestions: Vec<Suggestion>,
}

/// What came of a question about near misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The answer: what each selector nearly matches.
    Now(Vec<Vec<NearMiss>>),
    /// The answer comes later, under this number. [`Lab::question`] has what is to be done for it.
    Later(u64),
}

impl Lab {
    /// What is known about the typed selector: matches, near misses, suggestions.
    pub(super) fn look(&mut self) {
        let Some(row) = self.typed_row().cloned() else { return };
        let root = self.root_of(row.source);
        let selector = &row.text.selector;
        let matches = self.evaluator.matches(&self.functions, selector, &root);
        let mut insight = Insight { error: matches.compiled.as_ref().err().cloned(), ..Insight::default() };
        insight.matched = matches.functions.iter().collect();
        let cost = sum(&self.functions, &matches.functions);
        (insight.calls, insight.self_ns) = (cost.calls, cost.self_ns);
        self.functions.sort_by_calls(&mut insight.matched);
        insight.completions = complete(self.evaluator.subjects(), selector, &root);
        let asked = if selector.is_empty() { Asked::Now(Vec::new()) } else { self.ask(&root, vec![selector.clone()]) };
        let misses = match asked {
            Asked::Now(answers) => answers.into_iter().next().unwrap_or_default(),
            // Until there is an answer, that to the same selector holds.
            Asked::Later(number) => {
                let same = self.looked.0 == *selector;
                self.looked = (selector.clone(), number);
                if same { std::mem::take(&mut self.insight.near_misses) } else { Vec::new() }
            }
        };
        self.insight = insight;
        self.suggest(misses);
    }

    /// What a value pattern of a rule matches in the functions that the rule matches.
    #[must_use]
    pub fn values(&self, rule: RuleKey, pattern: &str) -> Option<ValueInsight> {
        let row = self.rows.get(self.place_of(rule)?)?;
        let matches = self.matches(row)?;
        Some(values::look(&self.functions, &matches.functions, pattern, &self.root_of(row.source)))
    }

    /// Asks what selectors of a filter with this root nearly match.
    pub fn ask(&mut self, root: &str, selectors: Vec<String>) -> Asked {
        let known = self.misses.take().filter(|(of, ..)| of == root);
        let (of, misses, told) = known.unwrap_or_else(|| (root.to_owned(), Arc::new(Misses::new(root)), 0));
        misses.add(self.functions.rows()[told..].iter().map(|function| Arc::clone(&function.record)));
        self.misses = Some((of, Arc::clone(&misses), self.functions.len()));
        self.question = None;
        if self.functions.len() <= AT_ONCE {
            return Asked::Now(selectors.iter().map(|selector| misses.of(selector)).collect());
        }
        self.asked += 1;
        self.question = Some(Question { number: self.asked, selectors, misses });
        Asked::Later(self.asked)
    }

    /// The question that is to be answered away from the keys, once.
    pub fn question(&mut self) -> Option<LabEffect> {
        self.question.take().map(LabEffect::Explain)
    }

    /// The answer to the question about the typed selector. One to another question is of no use here.
    pub fn explained(&mut self, number: u64, answers: &[Vec<NearMiss>]) {
        if number == self.looked.1 && self.draft.is_some() {
            self.suggest(answers.first().cloned().unwrap_or_default());
        }
    }

    /// What the typed selector nearly matches, and what can be taken instead, or to go on.
    fn suggest(&mut self, misses: Vec<NearMiss>) {
        let Some(selector) = self.typed_row().map(|row| row.text.selector.clone()) else { return };
        let insight = &mut self.insight;
        insight.near_misses = misses;
        // Which rule decides is said by the picture, which knows the typed rule.
        insight.near_misses.retain(|miss| miss.reason != Reason::Overruled);
        let mending = insight.near_misses.iter().filter_map(|miss| {
            let text = miss.suggestion.clone().filter(|text| *text != selector)?;
            Some(Suggestion { text, functions: Some(miss.frames.len()), reason: Some(miss.reason) })
        });
        let completing = insight.completions.iter().map(|completion| Suggestion {
            text: completion.text.clone(),
            functions: completion.functions,
            reason: None,
        });
        let mut suggestions: Vec<Suggestion> = if insight.matched.is_empty() {
            mending.chain(completing).collect()
        } else {
            completing.chain(mending).collect()
        };
        let mut seen = HashSet::new();
        suggestions.retain(|suggestion| seen.insert(suggestion.text.clone()));
        insight.suggestions = suggestions;
    }
}
