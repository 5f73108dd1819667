//! The tasks, tests and writers of output of the trace that is open, as the background pass lists them, and when it is
//! asked to go on.

use super::event::{Effect, Effects};
use super::session::{Session, read};
use crate::index::Progress;
use crate::index::survey::Lists;
use crate::trace::format::OUTPUT;
use std::sync::Arc;

/// How often the lists of a running program are brought up to date.
const AGAIN_MS: u64 = 500;

/// The lists, and how far they go.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// As they came last.
    pub lists: Arc<Lists>,
    /// How far the pass had come by then; `None`: nothing came yet.
    pub progress: Option<Progress>,
    /// An answer is on its way.
    asked: bool,
    /// When it was asked for last, how many calls there were, and whether there were to be more.
    last: Option<(u64, u64, bool)>,
}

impl Surveyed {
    /// Takes an answer, or a part of one.
    pub fn take(&mut self, lists: Arc<Lists>, progress: Progress) {
        self.asked &= !progress.finished;
        self.lists = lists;
        self.progress = Some(progress);
    }
}

impl Session {
    /// Whether the output of the program is in the trace.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.path.as_ref().is_some_and(|path| path.join(OUTPUT).exists())
    }

    /// Somebody looks at the lists: they are asked for, and again when there may be more.
    pub fn want_survey(&mut self, effects: &mut Effects) {
        let Some(trace) = self.trace.as_ref().filter(|_| !self.survey.asked) else { return };
        let (calls, live) = (read(trace).calls(), self.is_live());
        let due = match self.survey.last {
            None => true,
            Some((at, ..)) if live => self.now_ms >= at + AGAIN_MS,
            Some((_, before, was_live)) => was_live || before != calls,
        };
        if due {
            self.survey.asked = true;
            self.survey.last = Some((self.now_ms, calls, live));
            effects.push(Effect::Survey);
        }
    }
}
