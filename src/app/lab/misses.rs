//! What selectors nearly match, asked of everything that was seen. With many functions that takes longer than a frame of the
//! screen; so what is asked can be shared with a thread, and taking in what came since is left to whoever asks.

use crate::filter::FrameFacts;
use crate::filter::explain::{Explainer, NearMiss, SeenFrame};
use crate::model::code::CodeRecord;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Explains misses in filters with one root.
#[derive(Debug)]
pub struct Misses {
    explainer: RwLock<Explainer>,
    /// Functions that were seen since, in their order. Held for moments only.
    waiting: Mutex<Vec<Arc<CodeRecord>>>,
}

impl Misses {
    /// Knows no function yet. `root`: of the filter, no slash at its end.
    #[must_use]
    pub fn new(root: &str) -> Self {
        Self { explainer: RwLock::new(Explainer::new(root, Vec::new(), [])), waiting: Mutex::default() }
    }

    /// Hands over functions that were seen since.
    pub fn add(&self, records: impl Iterator<Item = Arc<CodeRecord>>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(records);
    }

    /// What a selector nearly matches; the frames are numbered in the order in which they were handed over.
    #[must_use]
    pub fn of(&self, selector: &str) -> Vec<NearMiss> {
        self.take_in();
        self.explainer.read().unwrap_or_else(PoisonError::into_inner).explain(selector).near_misses
    }

    fn take_in(&self) {
        if self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        let mut explainer = self.explainer.write().unwrap_or_else(PoisonError::into_inner);
        // Taken while nobody else can: two who take in at once must not mix up the order.
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        explainer.extend(waiting.iter().map(|record| SeenFrame {
            facts: FrameFacts {
                module: record.module.as_deref(),
                abs_path: &record.facts.abs_path,
                qualname: &record.facts.qualname,
            },
            evidence: &record.evidence,
            exec: record.verdict.exec,
            // Which rule decides is said by the picture of the edited chain, not by what was recorded.
            rule: None,
            params: &record.facts.params,
            locals: &record.facts.locals,
        }));
    }
}
