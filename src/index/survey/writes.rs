//! Which call wrote which bytes of `output.log`.
//!
//! The recorder notes each write of Python to the terminal: when, in which call, and how many bytes the terminal makes of it. The
//! launcher notes when each piece of output was read, which is after it was written. Bytes leave a terminal in the
//! order in which they went in, so the noted writes, in the order of their times, are laid end to end over the log. What others
//! write (programs that are no Python, code written in C, the echo of what is typed) lies between them and shifts
//! them; so the place is found anew wherever the times show it: bytes that were read before a write began cannot be its own,
//! and what is not read after a pause, nor ever later, was not written (a terminal in raw mode makes fewer bytes of a line).

use super::{MAX_ROWS, Moment};
use crate::model::id::CallId;
use crate::trace::Trace;
use crate::trace::event::number;
use crate::trace::output::{Output, Piece};

/// A clock is read on both sides; they may differ by this much.
const SLACK_NS: u64 = 20_000;
/// After this long without a write all that was written has been read, unless whoever reads is late.
const PAUSE_NS: u64 = 100_000_000;

/// Bytes that a call wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where they begin in `output.log`.
    pub start: u64,
    /// Behind the last of them.
    pub end: u64,
    /// When, in nanoseconds since the start of the recording.
    pub ns: u64,
    /// By which call.
    pub call: CallId,
}

#[derive(Clone, Copy, Debug)]
struct Write {
    ns: u64,
    device: u64,
    length: u64,
    call: CallId,
}

/// All writes that were noted.
#[derive(Debug, Default)]
pub(super) struct Writes {
    rows: Vec<Write>,
    pub(super) more: u64,
}

impl Writes {
    pub(super) fn add(&mut self, at: &Moment, payload: &[u8]) {
        let mut place = 0;
        let (Ok(device), Ok(length)) = (number(payload, &mut place), number(payload, &mut place)) else { return };
        if self.rows.len() >= 10 * MAX_ROWS {
            self.more += 1;
        } else if at.id.ordinal != u64::MAX {
            self.rows.push(Write { ns: at.ns, device, length, call: at.id });
        }
    }
}

/// Lays the writes over the output of the trace.
#[must_use]
pub(super) fn written(trace: &Trace, writes: &Writes) -> Vec<Written> {
    let Some(output) = Output::open(trace.path()).filter(|_| !writes.rows.is_empty()) else { return Vec::new() };
    let mut rows: Vec<Write> = writes.rows.iter().filter(|write| write.device == output.device()).copied().collect();
    rows.sort_by_key(|write| write.ns);
    let start = trace.manifest().start.mono_ns;
    let pieces = (0..output.pieces()).map_while(|at| output.piece(at));
    lay(&rows, pieces.map(|piece| Piece { mono_ns: piece.mono_ns.saturating_sub(start), ..piece }))
}

/// Lays writes over pieces; both in the order of their times, on the same clock.
fn lay(writes: &[Write], pieces: impl Iterator<Item = Piece>) -> Vec<Written> {
    let mut pieces = pieces.peekable();
    // Where each write begins, if all lengths are right.
    let mut starts: Vec<u64> = Vec::with_capacity(writes.len());
    // Writes from which on the place may be another, and how far the writes before are ahead of what was read.
    let mut turns: Vec<(usize, u64)> = Vec::new();
    // Where the next write goes; what was read before it began; when the last one was.
    let (mut at, mut read, mut before) = (0_u64, 0, 0);
    for (ix, write) in writes.iter().enumerate() {
        while let Some(piece) = pieces.next_if(|piece| piece.mono_ns.saturating_add(SLACK_NS) < write.ns) {
            read = piece.end;
        }
        if read > at || write.ns.saturating_sub(before) >= PAUSE_NS {
            at = at.max(read);
            turns.push((ix, at - read));
        }
        before = write.ns;
        starts.push(at);
        at = at.saturating_add(write.length);
    }
    let end = pieces.last().map_or(read, |piece| piece.end);
    // Who reads late catches up some time; what is never made good was never written.
    let mut behind = at.saturating_sub(end);
    for (_, ahead) in turns.iter_mut().rev() {
        behind = behind.min(*ahead);
        *ahead = behind;
    }
    let mut turns = turns.into_iter().peekable();
    let mut shift = 0;
    let mut list: Vec<Written> = Vec::new();
    for (ix, (write, start)) in writes.iter().zip(starts).enumerate() {
        if let Some((_, ahead)) = turns.next_if(|(turn, _)| *turn == ix) {
            shift = ahead;
        }
        let start = start - shift;
        let end = start.saturating_add(write.length);
        match list.last_mut().filter(|last| last.call == write.call && last.end == start) {
            Some(last) => last.end = end,
            None => list.push(Written { start, end, ns: write.ns, call: write.call }),
        }
    }
    // A place that was found anew may lie before the one of the last write.
    list.sort_by_key(|written| written.start);
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ProcessIx, ThreadNo};

    /// Writes as (milliseconds, bytes), pieces as (milliseconds, bytes): where the writes are found to begin.
    fn laid(writes: &[(u64, u64)], pieces: &[(u64, u64)]) -> Vec<u64> {
        let call = |ordinal| CallId { process: ProcessIx(0), thread: ThreadNo(1), ordinal };
        let writes: Vec<Write> = writes
            .iter()
            .zip(0..)
            .map(|((ms, length), at)| Write { ns: ms * 1_000_000, device: 0, length: *length, call: call(at) })
            .collect();
        let mut at = 0;
        let pieces = pieces.iter().map(|(ms, length)| {
            at += length;
            Piece { mono_ns: ms * 1_000_000, start: at - length, end: at }
        });
        let mut found = lay(&writes, pieces);
        found.sort_by_key(|written| written.call.ordinal);
        found.iter().map(|written| written.start).collect()
    }

    #[test]
    fn writes_are_laid_over_what_was_read() {
        for (what, writes, pieces, expected) in [
            ("one by one", &[(10, 5), (20, 7)][..], &[(11, 5), (21, 7)][..], &[0, 5][..]),
            ("read together", &[(10, 5), (11, 7), (12, 1)], &[(15, 13)], &[0, 5, 12]),
            ("somebody else in between", &[(10, 5), (20, 7)], &[(11, 5), (15, 100), (21, 7)], &[0, 105]),
            ("somebody else at first", &[(10, 5)], &[(5, 30), (11, 5)], &[30]),
            ("fewer bytes than thought", &[(10, 50), (300, 7)], &[(11, 5), (301, 7)], &[0, 5]),
            ("fewer, and a late reader", &[(10, 50), (300, 7), (600, 9)], &[(11, 5), (601, 7), (602, 9)], &[0, 5, 12]),
            ("a late reader", &[(10, 5), (200, 7)], &[(201, 12)], &[0, 5]),
            ("late twice", &[(10, 5), (200, 7), (400, 2)], &[(201, 3), (402, 11)], &[0, 5, 12]),
            ("fewer, then somebody else", &[(10, 50), (300, 7)], &[(11, 5), (12, 90), (301, 7)], &[0, 95]),
            ("nothing was kept", &[(10, 5), (20, 5)], &[], &[0, 5]),
        ] {
            assert_eq!(laid(writes, pieces), expected, "{what}");
        }
    }
}
