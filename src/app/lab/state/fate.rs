//! What becomes of each function under the edited chain, which rule decides that, and how much would be recorded.

use super::{Lab, RuleRow, root_text};
use crate::app::lab::chain::exec;
use crate::app::lab::offers::{Offer, offers};
use crate::model::code::Exec;
use crate::model::id::{CodeId, ProcessIx};
use std::borrow::Cow;

/// What becomes of a function under the edited chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Recorded now and then.
    Recorded,
    /// Recorded now, hidden then.
    WouldHide,
    /// Not recorded now, recorded then. What it did so far is unknown.
    WouldRecord,
    /// Not recorded, now and then.
    Hidden,
    /// No filter can record it.
    Never,
}

/// How much is recorded per second, now and under the edited chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Calls per second now.
    pub now: u64,
    /// Calls per second then, without what nobody ever counted.
    pub after: u64,
    /// Functions that would be recorded and whose calls nobody ever counted.
    pub uncounted: usize,
}

impl Estimate {
    /// Events per second saved: a call is a start and an end.
    #[must_use]
    pub fn saved_events(&self) -> u64 {
        self.now.saturating_sub(self.after).saturating_mul(2)
    }
}

impl Lab {
    /// Makes sure that the picture is right about one function, while not every rule was asked about every function yet.
    pub fn settle(&mut self, function: usize) {
        let Some(row) = self.functions.get(function).filter(|row| !self.picture.complete && !row.is_fixed()) else {
            return;
        };
        let decides = |rule: &RuleRow| {
            let root = self.root_of(rule.source);
            let compiled = self.evaluator.known(&rule.text.selector, &root)?.compiled.as_ref().ok()?;
            let matches = |subject: Cow<'_, str>| compiled.matcher.is_match(&subject);
            let wanted = exec(&rule.text).filter(|_| rule.on)?;
            row.subject(compiled.kind, &root).is_some_and(matches).then_some(wanted)
        };
        let mut places = self.rows.iter().enumerate().rev();
        let decided = places.find_map(|(place, rule)| Some((place, decides(rule)?)));
        let traced = decided.map_or(self.default_exec(), |(_, exec)| exec) == Exec::Trace;
        self.picture.deciders[function] = decided.and_then(|(place, _)| u32::try_from(place).ok());
        self.picture.traced.set(function, traced);
    }

    /// Selectors for a function, the narrowest first; each matches it.
    pub fn offers(&mut self, function: usize) -> Vec<Offer> {
        let root = root_text(&self.root);
        let Some(row) = self.functions.get(function) else { return Vec::new() };
        offers(&self.functions, &mut self.evaluator, row, &root)
    }

    /// What becomes of a function under the edited chain.
    #[must_use]
    pub fn fate(&self, function: usize) -> Fate {
        let Some(row) = self.functions.get(function) else { return Fate::Never };
        match (row.is_fixed(), row.exec, self.picture.traced.contains(function)) {
            (true, _, _) => Fate::Never,
            (_, Exec::Trace, true) => Fate::Recorded,
            (_, Exec::Trace, false) => Fate::WouldHide,
            (_, Exec::Skip, true) => Fate::WouldRecord,
            (_, Exec::Skip, false) => Fate::Hidden,
        }
    }

    /// The same for a code object of the trace.
    #[must_use]
    pub fn fate_of(&self, process: ProcessIx, code: CodeId) -> Option<Fate> {
        Some(self.fate(self.functions.of_code(process, code)?))
    }

    /// The rule of the edited chain that decides about a function, in words: `project#2 pkg:shop.*`.
    #[must_use]
    pub fn decider(&self, function: usize) -> Option<String> {
        let place = (*self.picture.deciders.get(function)?)? as usize;
        self.rule_name(place)
    }

    /// A rule of [`Self::rows`] in words: `shop#2 pkg:shop.*`.
    #[must_use]
    pub fn rule_name(&self, place: usize) -> Option<String> {
        let row = self.rows.get(place)?;
        let source = self.source(row.source)?;
        let first = self.rows.iter().position(|other| other.source == row.source)?;
        Some(format!("{}#{} {}", source.name, place - first, row.text.selector))
    }

    /// How much would be recorded per second.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let calls = self.functions.totals().calls;
        let seconds = self.elapsed_ns as f64 / 1e9;
        let average = if seconds > 0.0 { (calls as f64 / seconds) as u64 } else { 0 };
        let now = self.recent_rate.unwrap_or(average);
        let left = calls.saturating_sub(self.difference.hidden_calls);
        let after = if calls == 0 { now } else { (now as f64 * (left as f64 / calls as f64)) as u64 };
        Estimate { now, after, uncounted: self.difference.uncounted }
    }
}
