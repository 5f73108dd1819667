//! A run of siblings that are shown, and what is known of those behind it.

use crate::index::{CallInfo, Nav};

/// What a sibling costs that is in another block than the one before, in siblings: a block has to be decoded for it.
const BLOCK_COST: u64 = 250;

/// A run of siblings.
#[derive(Clone, Debug, Default)]
pub struct Window {
    pub calls: Vec<CallInfo>,
    /// How many are wanted.
    pub want: usize,
    /// How many siblings were counted behind it, up to which one, and whether that is all.
    pub behind: u64,
    pub counted_to: Option<u64>,
    pub all_counted: bool,
}

impl Window {
    /// Another window begins at this sibling now. What was counted up to there still holds.
    pub fn ends_at(&mut self, start: u64) {
        if self.counted_to.is_some_and(|to| to >= start) {
            (self.behind, self.counted_to) = (0, None);
        }
        self.all_counted = false;
    }

    /// Looks again at calls that were open, adds what is wanted, and counts what is behind, up to the sibling `limit` and
    /// no further than `budget` siblings on.
    pub fn refresh(&mut self, nav: &Nav<'_>, parent: Option<u64>, limit: Option<u64>, budget: &mut u64) {
        for call in &mut self.calls {
            if call.end_ns.is_none()
                && let Some(now) = nav.call(call.id.ordinal)
            {
                *call = now;
            }
        }
        if self.calls.len() < self.want
            && let Some(last) = self.calls.last().map(|call| call.id.ordinal)
        {
            let more = nav.children(parent, Some(last), self.want - self.calls.len() + 1);
            let more: Vec<_> =
                more.into_iter().skip(1).take_while(|call| limit.is_none_or(|limit| call.id.ordinal < limit)).collect();
            if !more.is_empty() {
                (self.behind, self.counted_to, self.all_counted) = (0, None, false);
                self.calls.extend(more);
            }
        }
        let Some(last) = self.calls.last().map(|call| call.id.ordinal) else { return };
        let mut at = self.counted_to.filter(|at| *at >= last).unwrap_or(last);
        let block = |ordinal| nav.thread().block_of(ordinal);
        let mut here = block(at);
        // One step is always taken: a row that says “more” must be right that there is more.
        loop {
            let next = nav.next_sibling(at).filter(|next| limit.is_none_or(|limit| *next < limit));
            let Some(next) = next else {
                (self.counted_to, self.all_counted) = (Some(at), true);
                return;
            };
            let there = block(next);
            *budget = budget.saturating_sub(if there == here { 1 } else { BLOCK_COST });
            (at, here) = (next, there);
            self.behind += 1;
            if *budget == 0 {
                break;
            }
        }
        (self.counted_to, self.all_counted) = (Some(at), false);
    }
}
