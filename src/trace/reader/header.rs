//! The fixed header of a block, read and checked.

use crate::model::time::ClockPair;
use crate::trace::format::block;
use crate::trace::reader::file::{u32_at, u64_at};

/// A header whose numbers fit a block. They may still be wrong; only decoding the events tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The summary is there.
    pub finished: bool,
    /// Bytes of events.
    pub used: u32,
    /// The operating system's thread id.
    pub native_id: u64,
    /// Number of the block in its file.
    pub index: u32,
    /// Open calls at the beginning.
    pub depth: u32,
    /// Both clocks at the beginning.
    pub start: ClockPair,
    /// Ordinal of the first call opened here.
    pub first: u64,
    /// Bytes of the list of open calls.
    pub open_len: u32,
    /// Entries in it.
    pub open_count: u32,
    /// Summary, zeros unless `finished`.
    pub summary: Summary,
    /// Both clocks when the block was finished, zeros unless `finished`.
    pub end: ClockPair,
    /// Changes of the recording itself that the block notes, as it says.
    pub changes: u32,
}

/// What a block did to the call stack, in a few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Calls opened.
    pub calls: u32,
    /// Lowest depth at any point, the beginning included.
    pub min_depth: u32,
    /// Depth at the end.
    pub end_depth: u32,
    /// Raw clock of the last event.
    pub end_raw: u64,
}

/// What stands where a block may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing (yet): the file ends, or the space is only reserved.
    Nothing,
    /// A header.
    Header(Header),
    /// Bytes that are no header, and why.
    Damaged(&'static str),
}

impl Found {
    /// Reads the first bytes of a block, `block::HEADER` of them or fewer at the end of the file.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let state = u32_at(bytes, block::AT_STATE);
        if bytes.len() < block::HEADER || state == 0 {
            return if bytes.iter().all(|byte| *byte == 0) || bytes.len() >= block::HEADER {
                Self::Nothing
            } else {
                Self::Damaged("the file ends inside a block header")
            };
        }
        if u32_at(bytes, block::AT_MAGIC) != block::MAGIC {
            return Self::Damaged("no block begins here");
        }
        if state != block::STATE_OPEN && state != block::STATE_FINISHED {
            return Self::Damaged("the block's state is unknown");
        }
        let header = Header {
            finished: state == block::STATE_FINISHED,
            used: u32_at(bytes, block::AT_USED),
            native_id: u64_at(bytes, block::AT_NATIVE_ID),
            index: u32_at(bytes, block::AT_INDEX),
            depth: u32_at(bytes, block::AT_DEPTH),
            start: ClockPair { raw: u64_at(bytes, block::AT_RAW), mono_ns: u64_at(bytes, block::AT_MONO) },
            first: u64_at(bytes, block::AT_FIRST_ORDINAL),
            open_len: u32_at(bytes, block::AT_OPEN_LEN),
            open_count: u32_at(bytes, block::AT_OPEN_COUNT),
            summary: Summary {
                calls: u32_at(bytes, block::AT_CALLS),
                min_depth: u32_at(bytes, block::AT_MIN_DEPTH),
                end_depth: u32_at(bytes, block::AT_END_DEPTH),
                end_raw: u64_at(bytes, block::AT_END_RAW),
            },
            end: ClockPair { raw: u64_at(bytes, block::AT_END_PAIR_RAW), mono_ns: u64_at(bytes, block::AT_END_MONO) },
            changes: u32_at(bytes, block::AT_CHANGES),
        };
        match header.check() {
            None => Self::Header(header),
            Some(why) => Self::Damaged(why),
        }
    }

    /// Whether there are bytes other than zeros.
    #[must_use]
    pub fn is_something(&self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

impl Header {
    fn check(&self) -> Option<&'static str> {
        let room = (block::SIZE - block::HEADER) as u64;
        let open_max = self.depth.min(block::MAX_OPEN as u32);
        if u64::from(self.used) + u64::from(self.open_len) > room {
            return Some("the block claims more bytes than it has");
        }
        if self.open_count > open_max || u64::from(self.open_count) * 4 > u64::from(self.open_len) {
            return Some("the list of open calls does not fit the block");
        }
        // A call takes two bytes at least; ordinals must be able to go on from here.
        let sane = self.first < 1 << 56 && self.depth < 1 << 30;
        (!sane).then_some("the block's position is absurd")
    }

    /// Whether the summary can be true of this block.
    #[must_use]
    pub fn summary_fits(&self) -> bool {
        let Summary { calls, min_depth, end_depth, end_raw } = self.summary;
        calls <= self.used / 2
            && min_depth <= self.depth.min(end_depth)
            && u64::from(end_depth) <= u64::from(self.depth) + u64::from(calls)
            && end_raw >= self.start.raw
    }
}
