//! What was found wrong with a trace while it was read. Damage never stops reading: the readable part is used, and this
//! is where the rest is reported.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// File, relative to the trace.
    pub file: String,
    /// Number of the block in it, for event files.
    pub block: Option<u32>,
    /// What is wrong, and what that means for the reader.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.block {
            Some(block) => write!(f, "{}, block {block}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// All problems so far, each once; the number kept is bounded.
#[derive(Debug, Default)]
pub struct Problems(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    list: Vec<Problem>,
    seen: HashSet<Problem>,
    dropped: u64,
}

impl Problems {
    /// Kept at most; further ones are counted.
    const LIMIT: usize = 500;

    /// Reports a problem.
    pub fn add(&self, file: impl Into<String>, block: Option<u32>, message: impl Into<String>) {
        let problem = Problem { file: file.into(), block, message: message.into() };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.seen.contains(&problem) {
            return;
        }
        if kept.list.len() >= Self::LIMIT {
            kept.dropped += 1;
            return;
        }
        kept.seen.insert(problem.clone());
        kept.list.push(problem);
    }

    /// The problems, oldest first, and how many more there were.
    #[must_use]
    pub fn snapshot(&self) -> (Vec<Problem>, u64) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.list.clone(), kept.dropped)
    }

    /// How many there are; grows when something new was found.
    #[must_use]
    pub fn count(&self) -> u64 {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.list.len() as u64 + kept.dropped
    }
}
