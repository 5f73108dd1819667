//! Writes the events of one thread: the hot path of the recorder. An event is a few bytes behind the last one and a
//! release-store of the new length; nothing else happens until a block is full.
//!
//! The writer keeps the stack of open calls, so that whatever it is told, what it writes is balanced: nothing is closed
//! that was not opened, and every block begins with the calls that are open there.
#![allow(
    unsafe_code,
    reason = "events are written through pointers into mapped memory; each block says why it is sound"
)]

mod block_head;
mod sink;

pub use sink::{FileSink, Sink};

use crate::trace::event::{Closing, Opening, kind, tag};
use crate::trace::format::block;
use crate::trace::memory::Failure;
use std::sync::atomic::{AtomicU32, Ordering::Release};

/// Bytes of a first reservation. Many threads and many processes are short, and a child that leaves by `os._exit` leaves its
/// files as long as they were reserved: a page, the least that a file takes.
pub const FIRST_WINDOW: usize = 4 * 1024;
/// Largest part of the file that is mapped at once.
pub const MAX_WINDOW: usize = 1024 * 1024;
/// No event without a payload is longer: three numbers of 64 bits and a tag.
const MAX_PLAIN: usize = 32;
/// Longest payload that any event may carry.
pub const MAX_PAYLOAD: usize = block::MAX_EVENT - 2 * MAX_PLAIN;

/// An open call, as the writer keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// What the recorder recognises the call by (the address of its code object). The writer only carries it.
    pub key: usize,
    /// Code object's number.
    pub code: u32,
    /// How it began.
    pub how: Opening,
    /// It is on the stack so that its end is recognised, but it is not in the trace.
    pub hidden: bool,
    /// Raw clock (shifted) when it opened.
    pub raw: u64,
    /// Ordinal on its thread.
    pub ordinal: u64,
    /// The generator, 0 for none or not known yet.
    pub generator: u64,
}

impl OpenCall {
    /// A call of a plain function.
    #[inline(always)]
    pub fn plain(raw: u64, ordinal: u64, key: usize, code: u32) -> Self {
        Self { key, code, how: Opening::Call, hidden: false, raw, ordinal, generator: 0 }
    }
}

/// Writes one thread's events. All methods that write return whether there was room; once there was not, the writer is
/// closed, [`EventWriter::failure`] says why, and nothing more is written.
#[derive(Debug)]
pub struct EventWriter<S: Sink> {
    /// Where the next event goes.
    cur: *mut u8,
    /// End of what is writable in the current block.
    end: *mut u8,
    /// First byte of the block's first event.
    first: *mut u8,
    /// The block's header.
    block: *mut u8,
    /// Raw clock of the last event.
    last_raw: u64,
    min_depth: u32,
    changes: u32,
    index: u32,
    next_ordinal: u64,
    /// Ordinal of the block's first call.
    first_ordinal: u64,
    open: Vec<OpenCall>,
    /// How many of these are hidden.
    hidden: u32,
    window: *mut u8,
    window_at: u64,
    window_len: usize,
    thread: u32,
    native_id: u64,
    closed: bool,
    failure: Option<Failure>,
    sink: S,
}

/// Writes a LEB128 number and returns the address behind it.
///
/// # Safety
/// There must be room for 10 bytes at `at`.
#[inline(always)]
unsafe fn put(mut at: *mut u8, mut value: u64) -> *mut u8 {
    // SAFETY: at most 10 rounds, each writes one byte.
    unsafe {
        while value >= 0x80 {
            *at = value as u8 | 0x80;
            at = at.add(1);
            value >>= 7;
        }
        *at = value as u8;
        at.add(1)
    }
}

/// Numbers below this have at most two bytes.
const SHORT_NUMBER: u32 = 1 << 14;

/// As [`put`], without a branch that would have to be guessed, for a number below [`SHORT_NUMBER`].
///
/// # Safety
/// There must be room for 2 bytes at `at`.
#[inline(always)]
unsafe fn put_short(at: *mut u8, value: u32) -> *mut u8 {
    let long = value >= 0x80;
    let bytes = value & 0x7f | u32::from(long) << 7 | value >> 7 << 8;
    // SAFETY: as the caller promised; behind a number of one byte goes the next event, or nothing that is published.
    unsafe {
        at.cast::<u16>().write_unaligned((bytes as u16).to_le());
        at.add(1 + usize::from(long))
    }
}

impl<S: Sink> EventWriter<S> {
    /// Begins the stream of the thread `thread` of its process.
    ///
    /// # Errors
    /// [`Failure`]: there is not even room for the first block.
    pub fn new(sink: S, thread: u32, native_id: u64) -> Result<Self, Failure> {
        let null = std::ptr::null_mut();
        let mut writer = Self {
            cur: null,
            end: null,
            first: null,
            block: null,
            last_raw: 0,
            min_depth: 0,
            changes: 0,
            index: 0,
            next_ordinal: 0,
            first_ordinal: 0,
            open: Vec::with_capacity(64),
            hidden: 0,
            window: null,
            window_at: 0,
            window_len: 0,
            thread,
            native_id,
            closed: false,
            failure: None,
            sink,
        };
        writer.move_window(0, FIRST_WINDOW)?;
        writer.begin_block(0);
        Ok(writer)
    }

    /// The open calls, outermost first; hidden ones too.
    #[inline(always)]
    pub fn open(&self) -> &[OpenCall] {
        &self.open
    }

    /// Number of the thread.
    pub fn thread(&self) -> u32 {
        self.thread
    }

    /// The operating system's id of the thread.
    pub fn native_id(&self) -> u64 {
        self.native_id
    }

    /// Why the writer closed early.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Opens a call without arguments: the hottest path.
    #[inline(always)]
    pub fn call(&mut self, raw: u64, key: usize, code: u32) -> bool {
        let Some(delta) = self.short(raw) else { return self.call_slowly(raw, key, code) };
        let len = self.open.len();
        if code >= SHORT_NUMBER || len == self.open.capacity() {
            return self.call_slowly(raw, key, code);
        }
        // SAFETY: there is room for a plain event, and both numbers are short; and there is room for one more open call.
        let at = unsafe {
            self.open.as_mut_ptr().add(len).write(OpenCall::plain(raw, self.next_ordinal, key, code));
            self.open.set_len(len + 1);
            put_short(put_short(self.cur, (delta << 3 | kind::CALL) as u32), code)
        };
        self.next_ordinal += 1;
        self.last_raw = raw;
        self.publish(at);
        true
    }

    #[cold]
    #[inline(never)]
    fn call_slowly(&mut self, raw: u64, key: usize, code: u32) -> bool {
        self.open_call(raw, OpenCall::plain(raw, 0, key, code), None)
    }

    /// The innermost open call returns. Does nothing when none is open.
    #[inline(always)]
    pub fn ret(&mut self, raw: u64) -> bool {
        let Some(delta) = self.short(raw) else { return self.ret_slowly(raw) };
        if self.open.pop_if(|call| !call.hidden).is_none() {
            return self.ret_slowly(raw);
        }
        self.min_depth = self.min_depth.min(self.depth());
        // SAFETY: there is room for a plain event, and the number is short.
        let at = unsafe { put_short(self.cur, (delta << 3 | kind::RETURN) as u32) };
        self.last_raw = raw;
        self.publish(at);
        true
    }

    #[cold]
    #[inline(never)]
    fn ret_slowly(&mut self, raw: u64) -> bool {
        self.close_call(raw, Closing::Return, 0, None)
    }

    /// Ticks since the last event, if they are few, the clock did not go backwards, and there is room for a plain event.
    #[inline(always)]
    fn short(&self, raw: u64) -> Option<u64> {
        let delta = raw.wrapping_sub(self.last_raw);
        (delta < u64::from(SHORT_NUMBER) >> 3 && self.end as usize - self.cur as usize >= MAX_PLAIN).then_some(delta)
    }

    /// Calls that are open in the trace.
    #[inline(always)]
    fn depth(&self) -> u32 {
        self.open.len() as u32 - self.hidden
    }

    /// Opens a call or a segment. `call.raw` and `call.ordinal` are filled in here. `payload`: arguments or the sent
    /// value, at most [`MAX_PAYLOAD`] bytes; it goes with [`Opening::Call`] and [`Opening::Resume`] only.
    pub fn open_call(&mut self, raw: u64, call: OpenCall, payload: Option<&[u8]>) -> bool {
        let payload = payload.filter(|bytes| bytes.len() <= MAX_PAYLOAD);
        if call.hidden {
            self.open.push(OpenCall { raw, ordinal: self.next_ordinal, ..call });
            self.hidden += 1;
            return !self.closed;
        }
        if !self.room(2 * MAX_PLAIN + payload.map_or(0, <[u8]>::len)) {
            return false;
        }
        // SAFETY: room for two plain events and the payload was just made sure of.
        let at = unsafe {
            match (call.how, payload) {
                (Opening::Call, None) => put(self.head(raw, kind::CALL), u64::from(call.code)),
                (Opening::Call, Some(bytes)) => {
                    let at = put(self.head(raw, kind::CALL_ARGS), u64::from(call.code));
                    put_slice(at, bytes)
                }
                (Opening::Resume, None) => {
                    let at = put(self.head(raw, kind::RESUME), u64::from(call.code));
                    put(at, call.generator)
                }
                (how, payload) => {
                    let tag = match how {
                        Opening::Throw => tag::THROW,
                        Opening::Resync => tag::RESYNC_OPEN,
                        Opening::Call | Opening::Resume => tag::RESUME_VALUE,
                    };
                    let mut fields = [0; 20];
                    let mut len = crate::trace::event::put_number(&mut fields, u64::from(call.code));
                    len += crate::trace::event::put_number(&mut fields[len..], call.generator);
                    self.extended(raw, tag, &fields[..len], payload.unwrap_or_default())
                }
            }
        };
        self.push(OpenCall { raw: self.last_raw, ordinal: self.next_ordinal, ..call });
        self.publish(at);
        true
    }

    /// Ends the innermost open call; a hidden one leaves no trace. Does nothing when none is open. `payload`: the
    /// result, the yielded value or the exception, at most [`MAX_PAYLOAD`] bytes.
    pub fn close_call(&mut self, raw: u64, how: Closing, generator: u64, payload: Option<&[u8]>) -> bool {
        let payload = payload.filter(|bytes| bytes.len() <= MAX_PAYLOAD);
        if !self.room(2 * MAX_PLAIN + payload.map_or(0, <[u8]>::len)) {
            return false;
        }
        if !self.pop() {
            return true;
        }
        // SAFETY: room for two plain events and the payload was just made sure of.
        let at = unsafe {
            match (how, payload) {
                (Closing::Return, None) => self.head(raw, kind::RETURN),
                (Closing::Return, Some(bytes)) => put_slice(self.head(raw, kind::RETURN_VALUE), bytes),
                (Closing::Yield, None) => put(self.head(raw, kind::YIELD), generator),
                (Closing::Yield, Some(bytes)) => {
                    let mut fields = [0; 10];
                    let len = crate::trace::event::put_number(&mut fields, generator);
                    self.extended(raw, tag::YIELD_VALUE, &fields[..len], bytes)
                }
                (Closing::Raise, None) => self.head(raw, kind::UNWIND),
                (Closing::Raise, Some(bytes)) => self.extended(raw, tag::UNWIND_VALUE, &[], bytes),
                (Closing::Resync, _) => self.extended(raw, tag::RESYNC_CLOSE, &[], &[]),
            }
        };
        self.publish(at);
        true
    }

    /// Writes a note: an event that neither opens nor closes. `tag` is one of [`tag`]; too long a payload is cut.
    pub fn note(&mut self, raw: u64, tag: u8, payload: &[u8]) -> bool {
        let payload = &payload[..payload.len().min(MAX_PAYLOAD)];
        if !self.room(MAX_PLAIN + payload.len()) {
            return false;
        }
        if tag::is_change(tag) {
            self.changes += 1;
            // SAFETY: the header of the current block is mapped and aligned; a reader takes the number for a hint.
            unsafe { self.set32(block::AT_CHANGES, self.changes) };
        }
        // SAFETY: the room was just made sure of.
        let at = unsafe { self.extended(raw, tag, &[], payload) };
        self.publish(at);
        true
    }

    /// Writes the summary of the last block and ends the file. Calls that are open stay open.
    pub fn finish(&mut self) {
        if self.closed {
            return;
        }
        self.finish_block();
        self.close();
    }

    /// Makes sure of `need` bytes in the current block.
    #[inline(always)]
    fn room(&mut self, need: usize) -> bool {
        self.end as usize - self.cur as usize >= need || self.make_room(need)
    }

    /// Writes the first number of an event and returns the address behind it. There must be room for it.
    #[inline(always)]
    fn head(&mut self, raw: u64, kind: u64) -> *mut u8 {
        // Counters of two processors may differ by a hair: time stands still, it never runs backwards.
        let delta = raw.saturating_sub(self.last_raw);
        self.last_raw += delta;
        // SAFETY: the callers made sure of MAX_PLAIN bytes.
        unsafe { put(self.cur, delta << 3 | kind) }
    }

    /// # Safety
    /// There must be room for MAX_PLAIN bytes more than `fields` and `payload` have.
    unsafe fn extended(&mut self, raw: u64, tag: u8, fields: &[u8], payload: &[u8]) -> *mut u8 {
        let at = self.head(raw, kind::EXTENDED);
        // SAFETY: as the caller promised.
        unsafe {
            *at = tag;
            let at = put(at.add(1), (fields.len() + payload.len()) as u64);
            put_bytes(put_bytes(at, fields), payload)
        }
    }

    #[inline(always)]
    fn publish(&mut self, at: *mut u8) {
        self.cur = at;
        let used = at as usize - self.first as usize;
        // SAFETY: the header of the current block is mapped and aligned; the field is only used as an atomic.
        unsafe { AtomicU32::from_ptr(self.block.add(block::AT_USED).cast()) }.store(used as u32, Release);
    }

    #[inline(always)]
    fn push(&mut self, call: OpenCall) {
        self.open.push(call);
        self.next_ordinal += 1;
    }

    /// Takes the innermost open call off the stack; whether it was in the trace.
    fn pop(&mut self) -> bool {
        let Some(call) = self.open.pop() else { return false };
        if call.hidden {
            self.hidden -= 1;
        } else {
            self.min_depth = self.min_depth.min(self.depth());
        }
        !call.hidden
    }

    /// The current block is full, or as much of it as is mapped.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, need: usize) -> bool {
        if self.closed {
            return false;
        }
        match self.grow_or_turn(need) {
            Ok(()) => true,
            Err(failure) => {
                self.finish_block();
                self.close();
                self.failure = Some(failure);
                false
            }
        }
    }

    fn grow_or_turn(&mut self, need: usize) -> Result<(), Failure> {
        let at = self.cur as usize - self.block as usize;
        if at + need <= block::SIZE && self.window_len < block::SIZE {
            // The first block of a thread grows in steps.
            let mut len = self.window_len * 2;
            while len < at + need {
                len *= 2;
            }
            let first = self.first as usize - self.block as usize;
            self.move_window(0, len.min(block::SIZE))?;
            // SAFETY: all of these are inside the new window, which is longer than the old one.
            unsafe {
                self.block = self.window;
                self.first = self.window.add(first);
                self.cur = self.window.add(at);
                self.end = self.window.add(self.window_len);
            }
            return Ok(());
        }
        let next = (u64::from(self.index) + 1) * block::SIZE as u64;
        if next + block::SIZE as u64 <= self.window_at + self.window_len as u64 {
            self.finish_block();
        } else {
            // The window moves only when there is room for the next one; the summary goes where the block still is.
            let len = if next < MAX_WINDOW as u64 { next as usize } else { MAX_WINDOW };
            let pair = self.sink.clock();
            self.write_summary(pair);
            self.move_window(next, len)?;
        }
        self.index += 1;
        self.begin_block((next - self.window_at) as usize);
        Ok(())
    }

    fn move_window(&mut self, at: u64, len: usize) -> Result<(), Failure> {
        self.window = self.sink.map(at, len)?;
        self.window_at = at;
        self.window_len = len;
        Ok(())
    }

    fn close(&mut self) {
        let used = self.cur as usize - self.block as usize;
        self.end = self.cur;
        self.closed = true;
        self.sink.finish(u64::from(self.index) * block::SIZE as u64 + used as u64);
    }
}

/// # Safety
/// There must be room for `bytes` at `at`.
unsafe fn put_bytes(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: as the caller promised; a payload is never part of the mapped file.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
        at.add(bytes.len())
    }
}

/// # Safety
/// There must be room for `bytes` and its length at `at`.
unsafe fn put_slice(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: as the caller promised.
    unsafe { put_bytes(put(at, bytes.len() as u64), bytes) }
}

#[cfg(test)]
#[path = "writer/tests.rs"]
mod tests;
