//! Finding one's way among the calls of one thread.
//!
//! A thread's events are a sequence of parentheses. Two questions carry everything else: which call was open at depth
//! `d` when a block began ([`Nav::open_at`]), and where the call at depth `d` that is open behind a block ends
//! ([`Nav::close_behind`]). The minima over block depths name the one block to look into for either. Blocks may lie
//! about themselves, so every walk has a bound.

mod find;

use crate::index::call::{CallInfo, Ended, Note, Outcome, Payload};
use crate::model::id::{CallId, CodeId, ProcessIx, ThreadNo};
use crate::trace::event::{Body, tag};
use crate::trace::open_list::OpenEntry;
use crate::trace::reader::decode::{Decoded, NONE};
use crate::trace::{Process, Thread, Trace};
use std::sync::Arc;

/// The calls of one thread. Ordinals count from 0; those of calls lost in gaps are skipped by every walk.
#[derive(Clone, Copy, Debug)]
pub struct Nav<'a> {
    trace: &'a Trace,
    process: &'a Process,
    thread: &'a Thread,
}

/// Where a call is known from.
enum Place<'a> {
    /// From its own event: block index, block, index into its openings.
    Event(usize, Arc<Decoded>, usize),
    /// It was opened in a gap, and only the list behind the gap knows it: block index before the gap, its depth.
    Lost(usize, &'a OpenEntry, u32),
}

impl<'a> Nav<'a> {
    /// The calls of a thread; `None` when there is no such thread.
    #[must_use]
    pub fn new(trace: &'a Trace, process: ProcessIx, thread: ThreadNo) -> Option<Self> {
        let process = trace.process(process)?;
        Some(Self { trace, process, thread: process.thread(thread)? })
    }

    /// The calls of the thread of `id`.
    #[must_use]
    pub fn of(trace: &'a Trace, id: CallId) -> Option<Self> {
        Self::new(trace, id.process, id.thread)
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &'a Trace {
        self.trace
    }

    /// Block and place of the event that opened a call; of one that was opened in a gap, what follows the gap.
    #[must_use]
    pub fn opening(&self, ordinal: u64) -> Option<(usize, u32)> {
        Some(match self.place(ordinal)? {
            Place::Event(index, block, local) => (index, block.opens[local].at),
            Place::Lost(index, ..) => (index + 1, 0),
        })
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &'a Process {
        self.process
    }

    /// The thread.
    #[must_use]
    pub fn thread(&self) -> &'a Thread {
        self.thread
    }

    /// Calls so far: every ordinal is below this.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.thread.calls()
    }

    /// The full name of a call of this thread.
    #[must_use]
    pub fn id(&self, ordinal: u64) -> CallId {
        CallId { process: self.process.ix, thread: self.thread.no, ordinal }
    }

    /// Everything about one call; `None` when there is no such call, or it was lost in a gap.
    #[must_use]
    pub fn call(&self, ordinal: u64) -> Option<CallInfo> {
        let place = self.place(ordinal)?;
        let parent = self.parent_of(&place).map(|parent| self.id(parent));
        Some(self.describe(ordinal, &place, parent))
    }

    /// Calls around it.
    #[must_use]
    pub fn depth(&self, ordinal: u64) -> Option<u32> {
        self.place(ordinal).map(|place| depth_of(&place))
    }

    /// What it runs.
    #[must_use]
    pub fn code(&self, ordinal: u64) -> Option<CodeId> {
        Some(CodeId(match self.place(ordinal)? {
            Place::Event(_, block, local) => block.opens[local].code,
            Place::Lost(_, entry, _) => entry.code,
        }))
    }

    /// The call around it.
    #[must_use]
    pub fn parent(&self, ordinal: u64) -> Option<u64> {
        self.parent_of(&self.place(ordinal)?)
    }

    /// The calls around it, innermost first, at most `limit` of them.
    #[must_use]
    pub fn ancestors(&self, ordinal: u64, limit: usize) -> Vec<u64> {
        let mut list = Vec::new();
        let mut at = ordinal;
        while list.len() < limit
            && let Some(parent) = self.parent(at)
        {
            list.push(parent);
            at = parent;
        }
        list
    }

    /// The ancestor of `ordinal` (or itself) at `depth`.
    #[must_use]
    pub fn ancestor_at(&self, ordinal: u64, depth: u32) -> Option<u64> {
        match self.place(ordinal)? {
            Place::Event(index, block, local) => {
                let mut local = local as u32;
                while let Some(open) = block.opens.get(local as usize) {
                    if open.depth == depth {
                        return Some(block.first + u64::from(local));
                    }
                    if open.depth < depth {
                        return None;
                    }
                    local = open.parent;
                }
                self.open_at(index, depth)
            }
            Place::Lost(_, entry, own) if own == depth => Some(entry.ordinal),
            Place::Lost(index, ..) => self.open_behind(index, depth),
        }
    }

    /// The first call inside it.
    #[must_use]
    pub fn first_child(&self, ordinal: u64) -> Option<u64> {
        let depth = self.depth(ordinal)?;
        let next = self.at_or_after(ordinal + 1)?;
        (self.depth(next)? > depth).then_some(next)
    }

    /// The last call directly inside it, so far.
    #[must_use]
    pub fn last_child(&self, ordinal: u64) -> Option<u64> {
        let depth = self.depth(ordinal)?;
        let end = self.end(ordinal).map_or_else(|| self.calls(), |end| end.next);
        let last = self.at_or_before(end.checked_sub(1)?)?;
        if last <= ordinal { None } else { self.ancestor_at(last, depth + 1).or(Some(last)) }
    }

    /// The next call with the same parent.
    #[must_use]
    pub fn next_sibling(&self, ordinal: u64) -> Option<u64> {
        let depth = self.depth(ordinal)?;
        let next = self.at_or_after(self.end(ordinal)?.next)?;
        // Deeper than here can only follow a gap: its parents are lost, and it is nobody else's child.
        (self.depth(next)? >= depth).then_some(next)
    }

    /// The call before it with the same parent.
    #[must_use]
    pub fn previous_sibling(&self, ordinal: u64) -> Option<u64> {
        let depth = self.depth(ordinal)?;
        let before = self.at_or_before(ordinal.checked_sub(1)?)?;
        match self.depth(before)?.cmp(&depth) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(before),
            std::cmp::Ordering::Greater => self.ancestor_at(before, depth).or(Some(before)),
        }
    }

    /// The first call at the thread's top.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.at_or_after(0)
    }

    /// The last call at the thread's top.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        let last = self.at_or_before(self.calls().checked_sub(1)?)?;
        self.ancestor_at(last, 0).or(Some(last))
    }

    /// Where it ended; `None` while it is open.
    #[must_use]
    pub fn end(&self, ordinal: u64) -> Option<Ended> {
        self.end_of(&self.place(ordinal)?)
    }

    /// The ordinals of a call and everything inside it so far.
    #[must_use]
    pub fn subtree(&self, ordinal: u64) -> std::ops::Range<u64> {
        ordinal..self.end(ordinal).map_or_else(|| self.calls(), |end| end.next).max(ordinal)
    }

    /// Direct children, at most `limit`: those of `parent` (`None`: the thread's top), from `from` on (`None`: the
    /// first), which must be one of them.
    #[must_use]
    pub fn children(&self, parent: Option<u64>, from: Option<u64>, limit: usize) -> Vec<CallInfo> {
        let mut list = Vec::new();
        let mut next = from.or_else(|| parent.map_or_else(|| self.first(), |parent| self.first_child(parent)));
        let parent = parent.map(|parent| self.id(parent));
        while list.len() < limit
            && let Some(ordinal) = next
            && let Some(place) = self.place(ordinal)
        {
            list.push(self.describe(ordinal, &place, parent));
            next = self.next_sibling(ordinal);
        }
        list
    }

    /// How many direct children there are, and whether that is all of them: counting stops at `limit`.
    #[must_use]
    pub fn count_children(&self, parent: Option<u64>, limit: usize) -> (usize, bool) {
        let mut next = parent.map_or_else(|| self.first(), |parent| self.first_child(parent));
        let mut count = 0;
        while let Some(ordinal) = next {
            if count == limit {
                return (count, false);
            }
            count += 1;
            next = self.next_sibling(ordinal);
        }
        (count, true)
    }

    /// The innermost call that is open at the end of what is known.
    #[must_use]
    pub fn innermost_open(&self) -> Option<u64> {
        let depth = self.thread.depth().checked_sub(1)?;
        self.ancestor_at(self.at_or_before(self.calls().checked_sub(1)?)?, depth)
    }

    /// The innermost call that was running `ns` after the start of the recording.
    #[must_use]
    pub fn at_time(&self, ns: u64) -> Option<u64> {
        // The raw clock is coarser than a nanosecond: what happened in the same unit has happened.
        let mut raw = self.process.clock.raw(ns);
        if self.process.clock.ns(raw + 1) <= ns {
            raw += 1;
        }
        let index = self.thread.block_at(raw)?;
        let block = self.block(index)?;
        let opened = block.opens.partition_point(|open| open.raw <= raw);
        let closed = block.closes.partition_point(|close| close.raw <= raw);
        let depth = (u64::from(block.depth) + opened as u64).checked_sub(closed as u64 + 1)?;
        let depth = u32::try_from(depth).ok()?;
        match opened.checked_sub(1) {
            Some(local) => self.ancestor_at(block.first + local as u64, depth),
            None => self.open_at(index, depth),
        }
    }

    /// The bytes of a value.
    #[must_use]
    pub fn payload(&self, payload: Payload) -> Option<Vec<u8>> {
        let block = self.block(payload.block)?;
        match block.event(payload.at)? {
            Body::Open { payload, .. } | Body::Close { payload, .. } => payload.map(<[u8]>::to_vec),
            Body::Note { payload, .. } => Some(payload.to_vec()),
        }
    }

    /// All calls that open in block `index`, and those that were lost in the gap behind it but are known from elsewhere,
    /// in order. `each` gets them one by one.
    ///
    /// # Errors
    /// What `each` returns, which also ends the walk.
    pub fn each_in_block<E>(&self, index: usize, mut each: impl FnMut(CallInfo) -> Result<(), E>) -> Result<(), E> {
        let Some(block) = self.block(index) else { return Ok(()) };
        for local in 0..block.opens.len() {
            let ordinal = block.first + local as u64;
            let place = Place::Event(index, Arc::clone(&block), local);
            let parent = self.parent_of(&place).map(|parent| self.id(parent));
            each(self.describe(ordinal, &place, parent))?;
        }
        let Some(gap) = self.thread.gap(index) else { return Ok(()) };
        for (depth, entry) in (gap.lost_depth..).zip(&gap.lost_open) {
            let place = Place::Lost(index, entry, depth);
            let parent = self.parent_of(&place).map(|parent| self.id(parent));
            each(self.describe(entry.ordinal, &place, parent))?;
        }
        Ok(())
    }

    /// The notes directly in a call (not those of calls inside it) that `wanted` picks by their tags, in order, at most
    /// `limit`.
    #[must_use]
    pub fn notes(&self, ordinal: u64, wanted: impl Fn(u8) -> bool, limit: usize) -> Vec<Note> {
        let Some(place) = self.place(ordinal) else { return Vec::new() };
        let depth = depth_of(&place);
        let (first, from, local) = match &place {
            Place::Event(index, block, local) => (*index, block.opens[*local].at, *local as u32),
            Place::Lost(index, ..) => (*index + 1, 0, NONE),
        };
        let end = self.end_of(&place).and_then(|end| end.at);
        let mut list = Vec::new();
        let mut index = first;
        while list.len() < limit
            && let Some(block) = self.block(index)
        {
            let (from, owner) = if index == first { (from, local) } else { (0, NONE) };
            let until = end.filter(|end| end.0 == index).map_or(u32::MAX, |end| end.1);
            let start = block.notes.partition_point(|note| note.at < from);
            for note in block.notes[start..].iter().take_while(|note| note.at < until) {
                if note.owner == owner && note.depth == depth + 1 && wanted(note.tag) && list.len() < limit {
                    let length = match block.event(note.at) {
                        Some(Body::Note { payload, .. }) => payload.len() as u32,
                        _ => 0,
                    };
                    let payload = Payload { block: index, at: note.at, length };
                    list.push(Note { tag: note.tag, ns: self.process.clock.ns(note.raw), payload });
                }
            }
            if end.is_some_and(|end| end.0 <= index) {
                break;
            }
            // Blocks in which something deeper runs all the time hold none of its notes.
            match self.thread.next_at_most(index + 1, depth + 1) {
                Some(next) => index = next,
                None => break,
            }
        }
        list
    }

    /// The asyncio task that was noted when this segment of a coroutine opened; one without a name goes by the number of its
    /// coroutine.
    #[must_use]
    pub fn task(&self, ordinal: u64) -> Option<String> {
        let Place::Event(index, block, local) = self.place(ordinal)? else { return None };
        let open = block.opens.get(local)?;
        let noted = |block: &Decoded, owner: u32| {
            let note = block.notes.iter().find(|note| note.tag == tag::TASK && note.owner == owner)?;
            match block.event(note.at) {
                Some(Body::Note { payload, .. }) => Some(String::from_utf8_lossy(payload).into_owned()),
                _ => None,
            }
        };
        // The note follows the opening, and may be the first event of the next block.
        let name = match noted(&block, local as u32) {
            None if local + 1 == block.opens.len() && open.close == NONE => {
                let next =
                    self.block(index + 1).filter(|next| next.notes.first().is_some_and(|note| note.opens == 0))?;
                noted(&next, NONE)?
            }
            name => name?,
        };
        if name.is_empty() { self.call(ordinal).map(|call| format!("#{:x}", call.generator)) } else { Some(name) }
    }

    /// The task in which a call runs: that of the nearest call around it (or itself) that has one, and that call.
    #[must_use]
    pub fn task_around(&self, ordinal: u64) -> Option<(u64, String)> {
        const NEAR: usize = 256;
        let around = self.ancestors(ordinal, NEAR);
        std::iter::once(ordinal).chain(around).find_map(|at| {
            let record = self.process.code(self.code(at)?)?;
            record.facts.kind.is_async().then(|| self.task(at)).flatten().map(|name| (at, name))
        })
    }

    /// The smallest existing ordinal from `ordinal` on: itself, unless it was lost in a gap.
    #[must_use]
    pub fn at_or_after(&self, ordinal: u64) -> Option<u64> {
        if self.thread.block_of(ordinal).is_some() {
            return Some(ordinal);
        }
        let blocks = self.thread.blocks();
        let next = blocks.partition_point(|block| block.first <= ordinal);
        let lost = next.checked_sub(1).and_then(|before| self.thread.gap(before));
        let lost = lost.and_then(|gap| gap.lost_open.iter().map(|entry| entry.ordinal).find(|at| *at >= ordinal));
        lost.or_else(|| {
            let later = blocks[next..].iter().find(|block| block.summary.calls > 0)?;
            Some(later.first)
        })
    }

    /// The largest existing ordinal up to `ordinal`: itself, unless it was lost in a gap.
    #[must_use]
    pub fn at_or_before(&self, ordinal: u64) -> Option<u64> {
        if self.thread.block_of(ordinal).is_some() {
            return Some(ordinal);
        }
        let blocks = self.thread.blocks();
        let next = blocks.partition_point(|block| block.first <= ordinal);
        let mut index = next.checked_sub(1)?;
        loop {
            let lost = self.thread.gap(index).map(|gap| gap.lost_open.as_slice()).unwrap_or_default();
            if let Some(entry) = lost.iter().rev().find(|entry| entry.ordinal <= ordinal) {
                return Some(entry.ordinal);
            }
            let block = blocks[index];
            if block.summary.calls > 0 {
                return Some((block.first + u64::from(block.summary.calls) - 1).min(ordinal));
            }
            index = index.checked_sub(1)?;
        }
    }

    fn describe(&self, ordinal: u64, place: &Place<'a>, parent: Option<CallId>) -> CallInfo {
        let ended = self.end_of(place);
        let mut generator = 0;
        let (mut args, mut result) = (None, None);
        let (raw, code, depth, opening) = match place {
            Place::Event(index, block, local) => {
                let open = &block.opens[*local];
                if let Some(Body::Open { generator: key, payload, .. }) = block.event(open.at) {
                    generator = key;
                    args = payload.map(|bytes| Payload { block: *index, at: open.at, length: bytes.len() as u32 });
                }
                (open.raw, open.code, open.depth, open.how)
            }
            Place::Lost(_, entry, depth) => (entry.raw, entry.code, *depth, entry.how),
        };
        if let Some((index, at)) = ended.and_then(|end| end.at) {
            let near = match place {
                Place::Event(own, block, _) if *own == index => Some(Arc::clone(block)),
                _ => self.block(index),
            };
            if let Some(Body::Close { generator: key, payload, .. }) = near.as_ref().and_then(|block| block.event(at)) {
                generator = if generator == 0 { key } else { generator };
                result = payload.map(|bytes| Payload { block: index, at, length: bytes.len() as u32 });
            }
        }
        let clock = &self.process.clock;
        let next = ended.map_or_else(|| self.calls(), |end| end.next);
        CallInfo {
            id: self.id(ordinal),
            code: CodeId(code),
            parent,
            depth,
            start_ns: clock.ns(raw),
            end_ns: ended.map(|end| clock.ns(end.raw)),
            outcome: ended.map_or(Outcome::Open, |end| end.outcome),
            opening,
            generator,
            descendants: next.saturating_sub(ordinal + 1),
            args,
            result,
        }
    }
}

fn depth_of(place: &Place<'_>) -> u32 {
    match place {
        Place::Event(_, block, local) => block.opens[*local].depth,
        Place::Lost(_, _, depth) => *depth,
    }
}

#[cfg(test)]
mod tests;
