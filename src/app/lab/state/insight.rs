//! What is known about the selector that is being typed: matches, near misses, and what can be taken instead.

use super::{Lab, root_text};
use crate::app::lab::complete::{Completion, complete};
use crate::app::lab::effect::{LabEffect, Question};
use crate::app::lab::evaluate::sum;
use crate::app::lab::functions::Functions;
use crate::filter::SelectorError;
use crate::filter::explain::{Explainer, NearMiss, Reason, SeenFrame};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// With more functions than this, what a selector nearly matches is looked for away from the keys.
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
    /// What can be taken instead, or to go on.
    pub suggestions: Vec<Suggestion>,
}

impl Lab {
    /// What is known about the typed selector: matches, near misses, suggestions.
    pub(super) fn look(&mut self) {
        let Some(row) = self.typed_row().cloned() else { return };
        let root = self.root_of(row.source);
        let selector = &row.text.selector;
        self.ready_explainer(&root);
        let matches = self.evaluator.matches(&self.functions, selector, &root);
        let mut insight = Insight { error: matches.compiled.as_ref().err().cloned(), ..Insight::default() };
        insight.matched = matches.functions.iter().collect();
        let cost = sum(&self.functions, &matches.functions);
        (insight.calls, insight.self_ns) = (cost.calls, cost.self_ns);
        by_calls(&self.functions, &mut insight.matched);
        self.asked += 1;
        self.question = None;
        // Until there is an answer, that to the same selector holds.
        let same = self.looked == *selector;
        let mut misses = if same { std::mem::take(&mut self.insight.near_misses) } else { Vec::new() };
        self.looked.clone_from(selector);
        if let Some((_, explainer)) = &self.explainer
            && !selector.is_empty()
        {
            if self.functions.len() <= AT_ONCE {
                misses = read(explainer).explain(selector).near_misses;
            } else {
                let (number, selector) = (self.asked, selector.clone());
                self.question = Some(Question { number, selector, explainer: Arc::clone(explainer) });
            }
        }
        self.insight = insight;
        self.suggest(misses);
    }

    /// The question that is to be answered away from the keys, once.
    pub fn question(&mut self) -> Option<LabEffect> {
        self.question.take().map(LabEffect::Explain)
    }

    /// The answer to a question. One to an older question is of no use.
    pub fn explained(&mut self, number: u64, misses: Vec<NearMiss>) {
        if number == self.asked && self.draft.is_some() {
            self.suggest(misses);
        }
    }

    /// What the typed selector nearly matches, and what can be taken instead, or to go on.
    pub(super) fn suggest(&mut self, misses: Vec<NearMiss>) {
        let Some(row) = self.typed_row().cloned() else { return };
        let (selector, root) = (&row.text.selector, self.root_of(row.source));
        let insight = &mut self.insight;
        insight.near_misses = misses;
        // Which rule decides is said by the picture, which knows the typed rule.
        insight.near_misses.retain(|miss| miss.reason != Reason::Overruled);
        let mending = insight.near_misses.iter().filter_map(|miss| {
            let text = miss.suggestion.clone().filter(|text| text != selector)?;
            Some(Suggestion { text, functions: Some(miss.frames.len()), reason: Some(miss.reason) })
        });
        let completing = complete(&self.functions, selector, &root)
            .into_iter()
            .map(|Completion { text, functions }| Suggestion { text, functions, reason: None });
        let mut suggestions: Vec<Suggestion> = if insight.matched.is_empty() {
            mending.chain(completing).collect()
        } else {
            completing.chain(mending).collect()
        };
        let mut seen = std::collections::HashSet::new();
        suggestions.retain(|suggestion| seen.insert(suggestion.text.clone()));
        insight.suggestions = suggestions;
    }

    /// What explains misses takes in the functions that came since. While it answers a question elsewhere it stays as it is.
    pub(super) fn ready_explainer(&mut self, root: &str) {
        if self.explainer.as_ref().is_none_or(|(of, _)| of != root) {
            let explainer = Explainer::new(root, Vec::new(), []);
            self.explainer = Some((root.to_owned(), Arc::new(RwLock::new(explainer))));
        }
        let Some((_, explainer)) = &self.explainer else { return };
        let Ok(mut explainer) = explainer.try_write() else { return };
        let known = explainer.len();
        explainer.extend(self.functions.rows()[known..].iter().map(|function| SeenFrame {
            facts: function.facts(),
            evidence: &function.evidence,
            exec: function.exec,
            rule: function.rule.as_ref(),
            params: &[],
            locals: &[],
        }));
    }

    /// Near misses of any selector, as in `ct-tui why`.
    pub fn near_misses(&mut self, selector: &str) -> Vec<NearMiss> {
        let root = root_text(&self.root);
        self.ready_explainer(&root);
        self.explainer.as_ref().map(|(_, explainer)| read(explainer).explain(selector).near_misses).unwrap_or_default()
    }
}

pub(super) fn read(explainer: &RwLock<Explainer>) -> RwLockReadGuard<'_, Explainer> {
    explainer.read().unwrap_or_else(PoisonError::into_inner)
}

/// Sorts functions: those with most calls first, then by name.
pub fn by_calls(functions: &Functions, list: &mut [usize]) {
    let rows = functions.rows();
    list.sort_by(|a, b| {
        let (a, b) = (&rows[*a], &rows[*b]);
        let calls = b.calls.unwrap_or(0).cmp(&a.calls.unwrap_or(0));
        calls.then_with(|| a.module.cmp(&b.module)).then_with(|| a.qualname.cmp(&b.qualname)).then(a.line.cmp(&b.line))
    });
}
