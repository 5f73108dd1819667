//! The segments of one generator or coroutine: it runs, yields, and goes on later, and each time is a call of its own in
//! the tree. Here they are linked up: next, previous, first, last.
//!
//! A live generator has a key of its own, which may be used again when it is gone. The first segment is opened by an
//! ordinary call and only shows the key when it yields; later ones carry it when they open. Segments are looked for on
//! the thread where they run; each step looks at a bounded number of blocks.

use crate::index::call::{CallInfo, Outcome};
use crate::index::nav::Nav;
use crate::trace::event::{Body, Closing, Opening};
use crate::trace::reader::decode::{Decoded, Opened};

/// Blocks that one question may look into.
const MAX_BLOCKS: usize = 4096;

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
pub fn next(nav: &Nav<'_>, call: &CallInfo) -> Result<u64, Missing> {
    walk_forward(nav, call, true)
}

/// The last segment so far.
///
/// # Errors
/// [`Missing`]: `None` also when `call` itself is the last.
pub fn last(nav: &Nav<'_>, call: &CallInfo) -> Result<u64, Missing> {
    walk_forward(nav, call, false)
}

/// The segment before `call`.
///
/// # Errors
/// [`Missing`].
pub fn previous(nav: &Nav<'_>, call: &CallInfo) -> Result<u64, Missing> {
    walk_backward(nav, call, true)
}

/// The segment that began the generator.
///
/// # Errors
/// [`Missing`]: `None` also when `call` itself is the first.
pub fn first(nav: &Nav<'_>, call: &CallInfo) -> Result<u64, Missing> {
    walk_backward(nav, call, false)
}

fn walk_forward(nav: &Nav<'_>, call: &CallInfo, one: bool) -> Result<u64, Missing> {
    let goes_on = matches!(call.outcome, Outcome::Yield | Outcome::Resync);
    if call.generator == 0 || !goes_on {
        return Err(Missing::None);
    }
    let key = call.generator;
    // Segments do not overlap: the next one opens behind everything inside this one.
    let mut ordinal = call.id.ordinal + 1 + call.descendants;
    let mut found = None;
    let mut looked = 0;
    while let Some(at) = nav.at_or_after(ordinal) {
        let Some(index) = nav.thread().block_of(at) else {
            ordinal = at + 1;
            continue;
        };
        if looked == MAX_BLOCKS {
            return found.ok_or(Missing::TooFar);
        }
        looked += 1;
        let Some(block) = nav.block(index) else { break };
        let from = usize::try_from(at - block.first).unwrap_or(usize::MAX);
        for (local, open) in block.opens.iter().enumerate().skip(from) {
            if open.how == Opening::Call {
                if yielded_key(&block, open) == Some(key) {
                    // Another generator has the key now.
                    return found.ok_or(Missing::None);
                }
            } else if matches!(block.event(open.at), Some(Body::Open { generator, .. }) if generator == key) {
                found = Some(block.first + local as u64);
                if one {
                    return found.ok_or(Missing::None);
                }
            }
        }
        ordinal = block.first + block.opens.len().max(from + 1) as u64;
    }
    found.ok_or(Missing::None)
}

fn walk_backward(nav: &Nav<'_>, call: &CallInfo, one: bool) -> Result<u64, Missing> {
    if call.generator == 0 || call.opening == Opening::Call {
        return Err(Missing::None);
    }
    let key = call.generator;
    let mut found = None;
    let mut before = call.id.ordinal;
    let Some(mut index) = nav.thread().block_of(before) else { return Err(Missing::None) };
    for _ in 0..MAX_BLOCKS {
        let Some(block) = nav.block(index) else { break };
        // Closes in front of the segment that we come from, newest first.
        let limit = before.saturating_sub(block.first);
        let end = block.closes.partition_point(|close| u64::from(close.opens) <= limit);
        for (place, close) in block.closes[..end].iter().enumerate().rev() {
            let key_here = match block.event(close.at) {
                Some(Body::Close { how: Closing::Yield, generator, .. }) => generator == key,
                _ => close.how == Closing::Resync,
            };
            if !key_here {
                continue;
            }
            let place = place as u32;
            let (ordinal, how, generator) = match block.opens.iter().rposition(|open| open.close == place) {
                Some(local) => {
                    let open = &block.opens[local];
                    (block.first + local as u64, Some(open.how), key_of(&block, open))
                }
                None => {
                    let outer = block.outer.iter().position(|close| *close == place).unwrap_or(0) as u32;
                    let depth = block.depth.saturating_sub(outer + 1);
                    let Some(ordinal) = nav.open_at(index, depth) else { continue };
                    let info = nav.call(ordinal);
                    (ordinal, info.map(|info| info.opening), info.map_or(0, |info| info.generator))
                }
            };
            if close.how == Closing::Resync && generator != key {
                continue;
            }
            found = Some(ordinal);
            if one || how == Some(Opening::Call) {
                return found.ok_or(Missing::None);
            }
        }
        before = block.first;
        let Some(earlier) = index.checked_sub(1) else { return found.ok_or(Missing::None) };
        index = earlier;
    }
    if one { Err(Missing::TooFar) } else { found.ok_or(Missing::TooFar) }
}

/// The key that a call shows when it yields, if it does so in its own block.
fn yielded_key(block: &Decoded, open: &Opened) -> Option<u64> {
    let close = block.closes.get(open.close as usize).filter(|close| close.how == Closing::Yield)?;
    match block.event(close.at)? {
        Body::Close { generator, .. } => Some(generator),
        _ => None,
    }
}

/// The key that a segment shows when it opens.
fn key_of(block: &Decoded, open: &Opened) -> u64 {
    match block.event(open.at) {
        Some(Body::Open { generator, .. }) => generator,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
