//! The tasks, tests and writers of output of the trace that is open, as the background pass lists them, and when it is
//! asked to go on.

use super::event::{Effect, Effects};
use super::session::Session;
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
    /// When it was asked for last, and what there was then: how often the trace had grown, and bytes of output.
    last: Option<(u64, (u64, u64))>,
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

    fn output_bytes(&self) -> u64 {
        self.path.as_ref().and_then(|path| path.join(OUTPUT).metadata().ok()).map_or(0, |data| data.len())
    }

    /// Somebody looks at the lists: they are asked for, and again when there may be more.
    pub fn want_survey(&mut self, effects: &mut Effects) {
        if self.trace.is_none() || self.survey.asked {
            return;
        }
        let now = (self.grown, self.output_bytes());
        let due = match self.survey.last {
            None => true,
            Some((at, before)) => before != now && (!self.is_live() || self.now_ms >= at + AGAIN_MS),
        };
        if due {
            self.survey.asked = true;
            self.survey.last = Some((self.now_ms, now));
            effects.push(Effect::Survey);
        }
    }
}
