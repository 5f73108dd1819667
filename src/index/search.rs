//! Finding the next call that runs a wanted function, forwards or backwards, in steps that can be interrupted.
//!
//! Blocks that are known not to hold the code (from a profile's pass) are skipped unread; the others are passed over
//! once, without linking them up, at some hundred million events a second.

use crate::index::nav::Nav;
use crate::index::profile::Profile;
use crate::model::id::{CallId, CodeId, ProcessIx, ThreadNo};
use crate::trace::event::{Body, decode};
use crate::trace::{Process, Trace};
use std::ops::Range;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To later calls.
    Forward,
    /// To earlier calls.
    Backward,
}

/// What one step of a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This call.
    Found(CallId),
    /// Nothing yet; go on from this call, which need not exist.
    More(CallId),
    /// There is none.
    End,
}

/// A search. `wanted` says which code objects are looked for; it is asked once per opening, so it must be quick.
pub struct Search<'a, W> {
    /// Where.
    pub trace: &'a Trace,
    /// A profile of it, as far as there is one: it saves looking into blocks.
    pub profile: Option<&'a Profile>,
    /// What.
    pub wanted: W,
}

impl<W: Fn(ProcessIx, CodeId) -> bool> Search<'_, W> {
    /// The nearest hit behind (or before) `from`, among the calls `within` of its thread. Looks at no more than `blocks`
    /// blocks.
    #[must_use]
    pub fn in_thread(&self, from: CallId, direction: Direction, within: Range<u64>, blocks: usize) -> Step {
        let Some(nav) = Nav::of(self.trace, from) else { return Step::End };
        let range = match direction {
            Direction::Forward => within.start.max(from.ordinal.saturating_add(1))..within.end.min(nav.calls()),
            Direction::Backward => within.start..within.end.min(from.ordinal),
        };
        self.look(&nav, direction, range, &mut blocks.max(1))
    }

    /// The nearest hit behind (or before) `from` in its thread, and then in the threads and processes that follow (or
    /// precede) it. It ends at the last (or first) thread. Looks at no more than about `blocks` blocks.
    #[must_use]
    pub fn everywhere(&self, from: CallId, direction: Direction, mut blocks: usize) -> Step {
        blocks = blocks.max(1);
        let Some(mut nav) = Nav::of(self.trace, from) else { return Step::End };
        let mut range = match direction {
            Direction::Forward => from.ordinal.saturating_add(1)..u64::MAX,
            Direction::Backward => 0..from.ordinal,
        };
        loop {
            range.end = range.end.min(nav.calls());
            match self.look(&nav, direction, range.clone(), &mut blocks) {
                Step::End => {}
                step => return step,
            }
            if blocks == 0 {
                // From the far end of this thread the next step goes on in the next one.
                let ordinal = if direction == Direction::Forward { u64::MAX } else { 0 };
                return Step::More(nav.id(ordinal));
            }
            let Some((process, thread)) = beside(self.trace, nav.process(), nav.thread().no, direction) else {
                return Step::End;
            };
            let Some(next) = Nav::new(self.trace, process, thread) else { return Step::End };
            nav = next;
            range = 0..u64::MAX;
        }
    }

    fn look(&self, nav: &Nav<'_>, direction: Direction, mut range: Range<u64>, budget: &mut usize) -> Step {
        let blocks = nav.thread().blocks();
        let (process, thread) = (nav.process().ix, nav.thread().no);
        while range.start < range.end {
            let at = match direction {
                Direction::Forward => range.start,
                Direction::Backward => range.end - 1,
            };
            let Some(index) = blocks.partition_point(|block| block.first <= at).checked_sub(1) else {
                return Step::End;
            };
            let known = match self.profile {
                Some(profile) => profile.codes_of(process, thread, index),
                None => &crate::index::codes::CodeSet::Unknown,
            };
            if known.may_hold(|code| (self.wanted)(process, CodeId(code))) {
                if *budget == 0 {
                    let ordinal = if direction == Direction::Forward { at.wrapping_sub(1) } else { range.end };
                    return Step::More(nav.id(ordinal));
                }
                *budget -= 1;
                if let Some(ordinal) = self.scan(nav, index, direction, &range) {
                    return Step::Found(nav.id(ordinal));
                }
            }
            match direction {
                Direction::Forward => match blocks.get(index + 1) {
                    Some(next) => range.start = next.first.max(range.start),
                    None => return Step::End,
                },
                Direction::Backward => range.end = blocks[index].first.min(range.end),
            }
            // Blocks without calls share their first ordinal with the next one; `index` above was the last of them.
        }
        Step::End
    }

    fn scan(&self, nav: &Nav<'_>, index: usize, direction: Direction, range: &Range<u64>) -> Option<u64> {
        let (process, thread) = (nav.process().ix, nav.thread().no);
        let entry = nav.thread().blocks().get(index)?;
        let limit = (entry.first + u64::from(entry.summary.calls)).min(range.end);
        let raw = self.trace.raw_block(process, thread, index)?;
        let (mut at, mut clock, mut ordinal) = (0, 0, entry.first);
        let mut best = None;
        while at < raw.events.len() && ordinal < limit {
            let Ok(event) = decode(&raw.events, &mut at, &mut clock) else { break };
            if let Body::Open { code, .. } = event.body {
                if range.contains(&ordinal) && (self.wanted)(process, CodeId(code)) {
                    best = Some(ordinal);
                    if direction == Direction::Forward {
                        break;
                    }
                }
                ordinal += 1;
            }
        }
        best
    }
}

/// The thread behind (or before) this one, process by process.
pub(super) fn beside(
    trace: &Trace,
    process: &Process,
    thread: ThreadNo,
    direction: Direction,
) -> Option<(ProcessIx, ThreadNo)> {
    let at = process.threads().iter().position(|other| other.no == thread)?;
    let near = match direction {
        Direction::Forward => process.threads().get(at + 1),
        Direction::Backward => at.checked_sub(1).and_then(|at| process.threads().get(at)),
    };
    if let Some(near) = near {
        return Some((process.ix, near.no));
    }
    let ix = process.ix.0 as usize;
    let found = |process: &Process, last: bool| {
        let threads = process.threads();
        let thread = if last { threads.last() } else { threads.first() };
        thread.map(|thread| (process.ix, thread.no))
    };
    match direction {
        Direction::Forward => trace.processes().get(ix + 1..)?.iter().find_map(|process| found(process, false)),
        Direction::Backward => trace.processes().get(..ix)?.iter().rev().find_map(|process| found(process, true)),
    }
}

#[cfg(test)]
mod tests;
