//! The segments of one generator or coroutine: it runs, yields, and goes on later, perhaps in another thread, and each
//! time is a call of its own in the tree. Here they are linked up: next, previous, first, last.
//!
//! A live generator has a key of its own, which may be used again when it is gone. The first segment is opened by an
//! ordinary call and only shows the key when it yields; later ones carry it when they open. So two kinds of event speak
//! of a generator: a segment that opens with its key, and a yield with its key. Going forward from the end of a
//! segment, the nearest of them in time is the next segment's opening, or else the yield of another generator that has the key now.
//! Going back from its beginning, the nearest one is the previous segment's yield, or its opening when it did not end
//! by a yield. Each question looks at a bounded number of blocks.

use crate::index::call::{CallInfo, Outcome};
use crate::index::nav::Nav;
use crate::model::id::CallId;
use crate::trace::event::{Body, Closing, Opening};
use crate::trace::reader::decode::{Decoded, Opened};
use crate::trace::{Process, Trace};
use std::sync::Arc;

/// Blocks that one question may look into.
const MAX_BLOCKS: usize = 4096;
/// Threads that one question may look at, all its steps together.
const MAX_LOOKS: usize = 1 << 20;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is no such segment, or the call is no segment.
    None,
    /// It is too far away to look for.
    TooFar,
}

/// The segment in which the generator went on after `call`.
///
/// # Errors
/// [`Missing`].
pub fn next(trace: &Trace, call: &CallInfo) -> Result<CallId, Missing> {
    Walk::new(trace, call)?.next(call)
}

/// The last segment so far.
///
/// # Errors
/// [`Missing`]: `None` also when `call` itself is the last.
pub fn last(trace: &Trace, call: &CallInfo) -> Result<CallId, Missing> {
    Walk::new(trace, call)?.furthest(call, Walk::next)
}

/// The segment before `call`.
///
/// # Errors
/// [`Missing`].
pub fn previous(trace: &Trace, call: &CallInfo) -> Result<CallId, Missing> {
    Walk::new(trace, call)?.previous(call)
}

/// The segment that began the generator.
///
/// # Errors
/// [`Missing`]: `None` also when `call` itself is the first.
pub fn first(trace: &Trace, call: &CallInfo) -> Result<CallId, Missing> {
    Walk::new(trace, call)?.furthest(call, Walk::previous)
}

/// A walk over the segments of one generator.
struct Walk<'a> {
    trace: &'a Trace,
    process: &'a Process,
    key: u64,
    blocks: usize,
    looks: usize,
    /// The block looked into last, which costs nothing to look into again.
    seen: (u32, usize),
}

/// An event that speaks of the generator.
#[derive(Clone, Copy, Debug)]
struct Spoken {
    raw: u64,
    /// The segment; `None`: another generator yielded.
    segment: Option<CallId>,
}

/// Where an event stands: its time, and its block and place, by which events of one thread are in order.
#[derive(Clone, Copy, Debug)]
struct Moment {
    raw: u64,
    thread: u32,
    block: usize,
    at: u32,
}

impl<'a> Walk<'a> {
    fn new(trace: &'a Trace, call: &CallInfo) -> Result<Self, Missing> {
        let process = trace.process(call.id.process).filter(|_| call.generator != 0).ok_or(Missing::None)?;
        let seen = (u32::MAX, usize::MAX);
        Ok(Self { trace, process, key: call.generator, blocks: MAX_BLOCKS, looks: MAX_LOOKS, seen })
    }

    fn furthest(
        &mut self,
        call: &CallInfo,
        step: impl Fn(&mut Self, &CallInfo) -> Result<CallId, Missing>,
    ) -> Result<CallId, Missing> {
        let mut found = step(self, call)?;
        loop {
            let info = Nav::of(self.trace, found).and_then(|nav| nav.call(found.ordinal));
            match info.map(|info| step(self, &info)) {
                Some(Ok(further)) => found = further,
                Some(Err(Missing::TooFar)) => return Err(Missing::TooFar),
                Some(Err(Missing::None)) | None => return Ok(found),
            }
        }
    }

    fn next(&mut self, call: &CallInfo) -> Result<CallId, Missing> {
        if !matches!(call.outcome, Outcome::Yield | Outcome::Resync) {
            return Err(Missing::None);
        }
        let nav = Nav::of(self.trace, call.id).ok_or(Missing::None)?;
        let end = nav.end(call.id.ordinal).ok_or(Missing::None)?;
        let (block, at) = end.at.ok_or(Missing::None)?;
        let end = Moment { raw: end.raw, thread: call.id.thread.0, block, at };
        let mut best: Option<Spoken> = None;
        // In most programs it goes on in the same thread, and not much later: then others have little to look through.
        for nav in self.threads(nav) {
            let until = best.map_or(u64::MAX, |best| best.raw);
            if let Some(found) = self.after(&nav, end, until)? {
                best = Some(found);
            }
        }
        best.and_then(|best| best.segment).ok_or(Missing::None)
    }

    fn previous(&mut self, call: &CallInfo) -> Result<CallId, Missing> {
        if call.opening == Opening::Call {
            return Err(Missing::None);
        }
        let nav = Nav::of(self.trace, call.id).ok_or(Missing::None)?;
        let block = nav.thread().block_of(call.id.ordinal).ok_or(Missing::None)?;
        let decoded = nav.block(block).ok_or(Missing::None)?;
        let open = usize::try_from(call.id.ordinal - decoded.first).ok().and_then(|local| decoded.opens.get(local));
        let open = open.ok_or(Missing::None)?;
        let begin = Moment { raw: open.raw, thread: call.id.thread.0, block, at: open.at };
        let mut best: Option<Spoken> = None;
        for nav in self.threads(nav) {
            let from = best.map_or(0, |best| best.raw);
            if let Some(found) = self.before(&nav, begin, from)? {
                best = Some(found);
            }
        }
        best.and_then(|best| best.segment).ok_or(Missing::None)
    }

    /// The threads of the process, that of `own` first.
    fn threads(&self, own: Nav<'a>) -> impl Iterator<Item = Nav<'a>> + use<'a> {
        let (trace, process, thread) = (self.trace, self.process, own.thread().no);
        let others = process.threads().iter().filter(move |other| other.no != thread);
        std::iter::once(own).chain(others.filter_map(move |other| Nav::new(trace, process.ix, other.no)))
    }

    /// A block, if there is still leave to look into one more.
    fn block(&mut self, nav: &Nav<'a>, index: usize) -> Result<Option<Arc<Decoded>>, Missing> {
        let place = (nav.thread().no.0, index);
        if place != self.seen {
            self.seen = place;
            self.blocks = self.blocks.checked_sub(1).ok_or(Missing::TooFar)?;
        }
        Ok(nav.block(index))
    }

    /// The first event of a thread that speaks of the generator, behind `from` and before `until`.
    fn after(&mut self, nav: &Nav<'a>, from: Moment, until: u64) -> Result<Option<Spoken>, Missing> {
        self.looks = self.looks.checked_sub(1).ok_or(Missing::TooFar)?;
        let thread = nav.thread();
        let own = thread.no.0 == from.thread;
        if thread.end_raw().is_none_or(|end| end < from.raw) {
            return Ok(None);
        }
        let first = if own { from.block } else { thread.block_at(from.raw).unwrap_or(0) };
        for index in first..thread.blocks().len() {
            if thread.blocks()[index].raw > until {
                break;
            }
            let Some(block) = self.block(nav, index)? else { break };
            let behind = |raw: u64, at: u32| if own { index > from.block || at > from.at } else { raw >= from.raw };
            let opens = block.opens.partition_point(|open| !behind(open.raw, open.at));
            let open = block.opens[opens..].iter().position(|open| self.goes_on(&block, open)).map(|at| opens + at);
            let closes = block.closes.partition_point(|close| !behind(close.raw, close.at));
            let limit = open.map_or(u32::MAX, |open| block.opens[open].at);
            let close = block.closes[closes..]
                .iter()
                .take_while(|close| close.at < limit)
                .find(|close| close.how == Closing::Yield && self.speaks(&block, close.at));
            let found = match (close, open) {
                (Some(close), _) => Spoken { raw: close.raw, segment: None },
                (None, Some(open)) => {
                    Spoken { raw: block.opens[open].raw, segment: Some(nav.id(block.first + open as u64)) }
                }
                (None, None) => continue,
            };
            return Ok((found.raw < until).then_some(found));
        }
        Ok(None)
    }

    /// The last event of a thread that speaks of the generator, before `to` and behind `from`.
    fn before(&mut self, nav: &Nav<'a>, to: Moment, from: u64) -> Result<Option<Spoken>, Missing> {
        self.looks = self.looks.checked_sub(1).ok_or(Missing::TooFar)?;
        let thread = nav.thread();
        let own = thread.no.0 == to.thread;
        let last = if own { Some(to.block) } else { thread.block_at(to.raw) };
        let Some(last) = last else { return Ok(None) };
        for index in (0..=last).rev() {
            let Some(block) = self.block(nav, index)? else { break };
            let before = |raw: u64, at: u32| if own { index < to.block || at < to.at } else { raw <= to.raw };
            let opens = block.opens.partition_point(|open| before(open.raw, open.at));
            let open = block.opens[..opens].iter().rposition(|open| self.goes_on(&block, open));
            let closes = block.closes.partition_point(|close| before(close.raw, close.at));
            let limit = open.map_or(0, |open| block.opens[open].at);
            let close = block.closes[..closes]
                .iter()
                .enumerate()
                .rev()
                .take_while(|(_, close)| close.at > limit)
                .find(|(_, close)| close.how == Closing::Yield && self.speaks(&block, close.at));
            let found = match (close, open) {
                (Some((place, close)), _) => {
                    let opener = opener(nav, index, &block, place as u32);
                    Spoken { raw: close.raw, segment: opener.map(|ordinal| nav.id(ordinal)) }
                }
                (None, Some(open)) => {
                    Spoken { raw: block.opens[open].raw, segment: Some(nav.id(block.first + open as u64)) }
                }
                (None, None) if block.raw < from => break,
                (None, None) => continue,
            };
            return Ok((found.raw > from).then_some(found));
        }
        Ok(None)
    }

    fn goes_on(&self, block: &Decoded, open: &Opened) -> bool {
        open.how != Opening::Call && self.speaks(block, open.at)
    }

    /// Whether the event at this place carries the key.
    fn speaks(&self, block: &Decoded, at: u32) -> bool {
        match block.event(at) {
            Some(Body::Open { generator, .. } | Body::Close { generator, .. }) => generator == self.key,
            _ => false,
        }
    }
}

/// The call that the close at `place` of a block ends.
fn opener(nav: &Nav<'_>, index: usize, block: &Decoded, place: u32) -> Option<u64> {
    if let Some(local) = block.opens.iter().rposition(|open| open.close == place) {
        return Some(block.first + local as u64);
    }
    let outer = block.outer.iter().position(|close| *close == place)?;
    nav.open_at(index, block.depth.checked_sub(u32::try_from(outer).ok()? + 1)?)
}

#[cfg(test)]
mod tests;
