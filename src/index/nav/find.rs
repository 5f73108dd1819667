//! Where calls begin and end in the blocks of a thread: the two questions that every walk comes down to, and the places
//! that they are answered from.

use super::{Nav, Place};
use crate::index::call::{Ended, Outcome};
use crate::trace::reader::decode::{Decoded, NONE, Opened};
use crate::trace::reader::thread::Gap;
use std::sync::Arc;

/// A block that should have held the answer and does not was lying; after so many of them the search is given up.
const MAX_LIES: usize = 64;

impl<'a> Nav<'a> {
    pub(in crate::index) fn block(&self, index: usize) -> Option<Arc<Decoded>> {
        self.trace.block(self.process.ix, self.thread.no, index)
    }

    pub(super) fn place(&self, ordinal: u64) -> Option<Place<'a>> {
        if let Some(index) = self.thread.block_of(ordinal) {
            let block = self.block(index)?;
            let local = usize::try_from(ordinal - block.first).ok()?;
            return (local < block.opens.len()).then_some(Place::Event(index, block, local));
        }
        let before = self.thread.blocks().partition_point(|block| block.first <= ordinal).checked_sub(1)?;
        let gap = self.thread.gap(before)?;
        let at = gap.lost_open.binary_search_by_key(&ordinal, |entry| entry.ordinal).ok()?;
        Some(Place::Lost(before, &gap.lost_open[at], gap.lost_depth + at as u32))
    }

    pub(super) fn parent_of(&self, place: &Place<'a>) -> Option<u64> {
        match place {
            Place::Event(index, block, local) => {
                let open = &block.opens[*local];
                if open.parent == NONE {
                    self.open_at(*index, open.depth.checked_sub(1)?)
                } else {
                    Some(block.first + u64::from(open.parent))
                }
            }
            Place::Lost(index, _, depth) => self.open_behind(*index, depth.checked_sub(1)?),
        }
    }

    /// The call at `depth` that was open when block `index` began.
    pub(in crate::index) fn open_at(&self, index: usize, depth: u32) -> Option<u64> {
        let block = self.block(index)?;
        let unlisted = block.depth.checked_sub(block.open.len() as u32)?;
        if depth >= block.depth {
            return None;
        }
        if let Some(entry) = depth.checked_sub(unlisted).and_then(|at| block.open.get(at as usize)) {
            return Some(entry.ordinal);
        }
        self.open_behind(index.checked_sub(1)?, depth)
    }

    /// The call at `depth` that was open behind block `index` and the gap that may follow it.
    pub(super) fn open_behind(&self, index: usize, depth: u32) -> Option<u64> {
        let mut before = index + 1;
        for _ in 0..MAX_LIES {
            let index = self.thread.last_at_most(before, depth)?;
            if let Some(gap) = self.thread.gap(index) {
                if let Some(at) = depth.checked_sub(gap.lost_depth)
                    && let Some(entry) = gap.lost_open.get(at as usize)
                {
                    return Some(entry.ordinal);
                }
                if gap.depth <= depth {
                    return None;
                }
            }
            let block = self.block(index)?;
            let open = |open: &Opened| open.depth == depth && open.close == NONE;
            if let Some(local) = block.opens.iter().rposition(open) {
                return Some(block.first + local as u64);
            }
            before = index;
        }
        None
    }

    /// Code and opening time of the calls that were open when block `index` began, outermost first. Those beyond the
    /// block's own list are looked for in earlier blocks if `all` is wanted; what cannot be found is left out.
    pub(in crate::index) fn stack_at(&self, index: usize, all: bool) -> Vec<(u32, u64)> {
        let Some(block) = self.block(index) else { return Vec::new() };
        // Innermost first, to be turned round at the end.
        let mut stack: Vec<(u32, u64)> = block.open.iter().rev().map(|entry| (entry.code, entry.raw)).collect();
        let mut depth = block.depth.saturating_sub(block.open.len() as u32);
        let mut before = index;
        let mut looks = 0;
        while all && depth > 0 && looks < 4 * MAX_LIES {
            looks += 1;
            let Some(found) = self.thread.last_at_most(before, depth - 1) else { break };
            let Some(block) = self.block(found) else { break };
            for open in block.opens.iter().rev() {
                if open.close == NONE && open.depth + 1 == depth {
                    stack.push((open.code, open.raw));
                    depth -= 1;
                }
            }
            let unlisted = block.depth.saturating_sub(block.open.len() as u32);
            while depth > unlisted
                && let Some(entry) = block.open.get((depth - 1 - unlisted) as usize)
            {
                stack.push((entry.code, entry.raw));
                depth -= 1;
            }
            before = found;
        }
        stack.reverse();
        stack
    }

    pub(super) fn end_of(&self, place: &Place<'a>) -> Option<Ended> {
        match place {
            Place::Event(index, block, local) => {
                let open = &block.opens[*local];
                if let Some(close) = block.closes.get(open.close as usize) {
                    return Some(Ended {
                        raw: close.raw,
                        outcome: close.how.into(),
                        next: block.first + u64::from(close.opens),
                        at: Some((*index, close.at)),
                    });
                }
                self.close_behind(*index, open.depth)
            }
            Place::Lost(index, _, depth) => self.close_after(*index + 1, *depth),
        }
    }

    /// Where the call at `depth` ends that is open at the end of block `index`.
    pub(super) fn close_behind(&self, index: usize, depth: u32) -> Option<Ended> {
        match self.thread.gap(index) {
            Some(gap) if gap.depth <= depth => Some(self.lost_in(index, gap)),
            _ => self.close_after(index + 1, depth),
        }
    }

    /// Where the call at `depth` ends that is open when block `from` begins.
    pub(super) fn close_after(&self, from: usize, depth: u32) -> Option<Ended> {
        let mut from = from;
        for _ in 0..MAX_LIES {
            let index = self.thread.next_at_most(from, depth)?;
            let block = self.block(index)?;
            let nth = block.depth.checked_sub(depth + 1);
            let close = nth.and_then(|nth| block.outer.get(nth as usize));
            if let Some(close) = close.and_then(|close| block.closes.get(*close as usize)) {
                return Some(Ended {
                    raw: close.raw,
                    outcome: close.how.into(),
                    next: block.first + u64::from(close.opens),
                    at: Some((index, close.at)),
                });
            }
            if let Some(gap) = self.thread.gap(index)
                && gap.depth <= depth
            {
                return Some(self.lost_in(index, gap));
            }
            from = index + 1;
        }
        None
    }

    /// The end of a call that was open when a gap began and was not open any more behind it.
    pub(super) fn lost_in(&self, index: usize, gap: &Gap) -> Ended {
        let block = self.thread.blocks().get(index);
        let next = block.map_or(0, |block| block.first + u64::from(block.summary.calls));
        Ended { raw: gap.raw, outcome: Outcome::Resync, next, at: None }
    }
}
