//! The head of each block: who writes it, when it began and with which calls open, and, once it is full, its summary.

use super::{EventWriter, OpenCall, Sink};
use crate::model::time::ClockPair;
use crate::trace::format::block;
use crate::trace::open_list::{MAX_ENTRY, OpenEntry, put_entry};
use std::sync::atomic::{AtomicU32, Ordering::Release};

impl<S: Sink> EventWriter<S> {
    /// Begins the block that stands `offset` bytes into the window.
    pub(super) fn begin_block(&mut self, offset: usize) {
        let pair = self.sink.clock();
        self.last_raw = self.last_raw.max(pair.raw);
        // SAFETY: the window holds at least FIRST_WINDOW bytes from here on, which is more than a header; all but the first
        // block, which begins without open calls, are mapped as a whole, with room for MAX_OPEN entries; block and header
        // fields are aligned; nobody reads them before the state says so.
        unsafe {
            self.block = self.window.add(offset);
            let end = offset.saturating_add(block::SIZE).min(self.window_len);
            self.end = self.window.add(end);
            self.set32(block::AT_MAGIC, block::MAGIC);
            self.set32(block::AT_THREAD, self.thread);
            self.set64(block::AT_NATIVE_ID, self.native_id);
            self.set32(block::AT_INDEX, self.index);
            self.set32(block::AT_DEPTH, self.depth());
            self.set64(block::AT_RAW, self.last_raw);
            self.set64(block::AT_MONO, pair.mono_ns);
            self.set64(block::AT_FIRST_ORDINAL, self.next_ordinal);
            let room = (end - offset - block::HEADER).min(block::MAX_OPEN * MAX_ENTRY);
            let list = std::slice::from_raw_parts_mut(self.block.add(block::HEADER), room);
            let (len, count) = put_open_calls(list, &self.open, self.last_raw);
            self.set32(block::AT_OPEN_LEN, len as u32);
            self.set32(block::AT_OPEN_COUNT, count);
            self.first = self.block.add(block::HEADER + len);
            self.cur = self.first;
            self.state().store(block::STATE_OPEN, Release);
        }
        self.first_ordinal = self.next_ordinal;
        self.changes = 0;
        self.min_depth = self.depth();
    }

    pub(super) fn finish_block(&mut self) {
        let pair = self.sink.clock();
        self.write_summary(pair);
    }

    pub(super) fn write_summary(&mut self, pair: ClockPair) {
        // SAFETY: the header of the current block is mapped and aligned; nobody reads the summary before the state says so.
        unsafe {
            self.set32(block::AT_CALLS, (self.next_ordinal - self.first_ordinal) as u32);
            self.set32(block::AT_MIN_DEPTH, self.min_depth);
            self.set32(block::AT_END_DEPTH, self.depth());
            self.set64(block::AT_END_RAW, self.last_raw);
            self.set64(block::AT_END_MONO, pair.mono_ns);
            self.set64(block::AT_END_PAIR_RAW, pair.raw);
            self.state().store(block::STATE_FINISHED, Release);
        }
    }

    pub(super) unsafe fn set32(&mut self, at: usize, value: u32) {
        // SAFETY: as the callers promise.
        unsafe { self.block.add(at).cast::<u32>().write(value.to_le()) };
    }

    unsafe fn set64(&mut self, at: usize, value: u64) {
        // SAFETY: as the callers promise.
        unsafe { self.block.add(at).cast::<u64>().write(value.to_le()) };
    }

    unsafe fn state(&self) -> &AtomicU32 {
        // SAFETY: as the callers promise; the field is only used as an atomic.
        unsafe { AtomicU32::from_ptr(self.block.add(block::AT_STATE).cast()) }
    }
}

/// Writes the innermost open calls; returns the bytes and the number of entries.
fn put_open_calls(out: &mut [u8], open: &[OpenCall], block_raw: u64) -> (usize, u32) {
    let visible = open.iter().rev().filter(|call| !call.hidden).take(block::MAX_OPEN);
    let mut innermost: Vec<&OpenCall> = visible.collect();
    innermost.reverse();
    let (mut at, mut before) = (0, 0);
    for call in &innermost {
        let entry = OpenEntry {
            ordinal: call.ordinal,
            code: call.code,
            raw: call.raw,
            generator: call.generator,
            how: call.how,
        };
        at += put_entry(&mut out[at..], &entry, before, block_raw);
        before = call.ordinal;
    }
    (at, innermost.len() as u32)
}
