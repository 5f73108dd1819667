//! The filter's word about code objects. Needs neither the interpreter nor the table, so that a new chain can judge
//! everything that is known while the program runs on.

use super::codes::Entry;
use crate::filter::{Engine, FrameFacts};
use crate::model::code::{CodeFacts, CodeRecord, Exec, RuleRef, Verdict};
use crate::naming::is_synthetic;
use crate::trace::code_log::Lines;
use std::sync::Arc;

/// A chain, and what else decides.
#[derive(Clone)]
pub struct Judge {
    /// The chain.
    pub engine: Engine,
    /// Its generation.
    pub generation: u32,
    /// Folder of the bootstrap, whose code is nobody's business.
    pub own_folder: String,
}

/// What a new chain says of the entries of a table.
pub struct Judged {
    /// The new chain.
    pub judge: Judge,
    /// The records, in the order of their numbers; the old ones where nothing changed.
    pub records: Vec<Arc<CodeRecord>>,
    /// What the code log must be told.
    pub lines: Lines,
    /// How many are recorded now and were not, or the other way round.
    pub changed: usize,
}

impl Judge {
    /// Decides about one code object.
    pub fn verdict(&self, facts: &CodeFacts, module: Option<&str>) -> Verdict {
        let generation = self.generation;
        let never =
            |reason: &str| Verdict { exec: Exec::Skip, rule: None, reason: Some(reason.to_owned()), generation };
        if is_synthetic(&facts.filename) {
            return never("code with a synthetic file name is never recorded");
        }
        if !self.own_folder.is_empty()
            && facts.abs_path.strip_prefix(&self.own_folder).is_some_and(|rest| rest.starts_with('/'))
        {
            return never("a part of ct-tui");
        }
        let decision = self.engine.decide(&FrameFacts { module, abs_path: &facts.abs_path, qualname: &facts.qualname });
        let rule: Option<RuleRef> = decision.exec_rule.and_then(|rule| self.engine.rule_ref(rule));
        Verdict { exec: decision.exec, rule, reason: None, generation }
    }

    /// The record with this chain's verdict. `None`: it is the old one.
    pub fn again(&self, record: &CodeRecord) -> Option<CodeRecord> {
        let verdict = self.verdict(&record.facts, record.module.as_deref());
        let old = &record.verdict;
        let same = (verdict.exec, &verdict.rule, &verdict.reason) == (old.exec, &old.rule, &old.reason);
        (!same).then(|| CodeRecord { verdict, ..record.clone() })
    }

    /// Decides about everything that is known.
    pub fn all(self, entries: &[Entry]) -> Judged {
        let (mut lines, mut changed) = (Lines::default(), 0);
        let records = entries
            .iter()
            .map(|entry| {
                let Some(record) = self.again(&entry.record) else { return Arc::clone(&entry.record) };
                lines.add(&record, entry.origin);
                changed += usize::from(record.verdict.exec != entry.record.verdict.exec);
                Arc::new(record)
            })
            .collect();
        Judged { judge: self, records, lines, changed }
    }
}
