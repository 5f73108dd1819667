//! Blocks of events: their bytes, checked against what is known of them, and what they decode to.

use super::Trace;
use super::cache::Key;
use super::decode::Decoded;
use super::file::read_at;
use super::header::{self, Found};
use super::thread::{events_offset, read_header};
use crate::model::id::{ProcessIx, ThreadNo};
use crate::trace::format::block;
use std::io;
use std::sync::{Arc, PoisonError};

/// The bytes of one block.
#[derive(Clone, Debug)]
pub struct RawBlock {
    /// `None`: there is nothing to read.
    pub header: Option<header::Header>,
    /// The list of open calls.
    pub open: Vec<u8>,
    /// The events.
    pub events: Vec<u8>,
}

impl Trace {
    /// Decodes block `index` of a thread (an index into `Thread::blocks`), or takes it from the cache. What cannot be
    /// read is reported and left out; `None` only if there is no such block.
    #[must_use]
    pub fn block(&self, ix: ProcessIx, no: ThreadNo, index: usize) -> Option<Arc<Decoded>> {
        let entry = self.thread(ix, no)?.blocks().get(index).copied()?;
        let key = Key { process: ix.0, thread: no.0, number: entry.number, used: entry.used };
        if let Some(block) = self.cache.get(key) {
            return Some(block);
        }
        let decoded = Arc::new(self.decode(ix, no, index)?);
        self.cache.put(key, &decoded);
        Some(decoded)
    }

    /// Decodes block `index` of a thread, past the cache: for work that passes over everything once.
    #[must_use]
    pub fn decode(&self, ix: ProcessIx, no: ThreadNo, index: usize) -> Option<Decoded> {
        let entry = self.thread(ix, no)?.blocks().get(index).copied()?;
        let raw = self.raw_block(ix, no, index)?;
        let decoded = raw.header.map_or_else(
            || Decoded { first: entry.first, depth: entry.depth, raw: entry.raw, ..Decoded::default() },
            |header| Decoded::new(&header, &raw.open, raw.events),
        );
        if let Some((at, damage)) = decoded.damage {
            let message = format!("{damage} at byte {at}; the rest of the block is not used");
            self.problems.add(self.events_name(ix, no), Some(entry.number), message);
        }
        if decoded.stray > 0 {
            let message = format!("{} returns without a call", decoded.stray);
            self.problems.add(self.events_name(ix, no), Some(entry.number), message);
        }
        let (found, said) = (decoded.summary, entry.summary);
        // The minimum of the entry also covers a gap behind the block.
        let differs =
            found.calls != said.calls || found.end_depth != said.end_depth || found.min_depth < said.min_depth;
        if differs && entry.number != u32::MAX {
            self.suspects.lock().unwrap_or_else(PoisonError::into_inner).insert((ix.0, no.0, index));
            if decoded.damage.is_none() {
                let message = "the summary of the block is wrong; it was counted again";
                self.problems.add(self.events_name(ix, no), Some(entry.number), message);
            }
        }
        Some(decoded)
    }

    /// The bytes of block `index` of a thread: header (if it can be read), list of open calls, published events.
    #[must_use]
    pub fn raw_block(&self, ix: ProcessIx, no: ThreadNo, index: usize) -> Option<RawBlock> {
        let process = self.process(ix)?;
        let entry = process.thread(no)?.blocks().get(index).copied()?;
        let mut raw = RawBlock { header: None, open: Vec::new(), events: Vec::new() };
        if entry.number == u32::MAX {
            return Some(raw);
        }
        let read = || -> io::Result<Option<RawBlock>> {
            let file = self.files.get((ix.0, no.0), &process.events_path(no))?;
            let Found::Header(header) = read_header(&file, entry.number)? else { return Ok(None) };
            let mut open = vec![0; header.open_len as usize];
            let got = read_at(&file, &mut open, u64::from(entry.number) * block::SIZE as u64 + block::HEADER as u64)?;
            open.truncate(got);
            let mut events = vec![0; entry.used.min(header.used) as usize];
            let got = read_at(&file, &mut events, events_offset(entry.number, &header))?;
            if got < events.len() {
                let message = format!("the file ends inside the block; {} bytes are missing", events.len() - got);
                self.problems.add(self.events_name(ix, no), Some(entry.number), message);
            }
            events.truncate(got);
            // What was summarised and what is there now must speak of the same calls.
            let header = header::Header { first: entry.first, depth: entry.depth, ..header };
            Ok(Some(RawBlock { header: Some(header), open, events }))
        };
        match read() {
            Ok(Some(found)) => raw = found,
            Ok(None) => self.problems.add(self.events_name(ix, no), Some(entry.number), "the block is gone"),
            Err(error) => {
                self.problems.add(self.events_name(ix, no), Some(entry.number), format!("cannot be read: {error}"));
            }
        }
        Some(raw)
    }

    fn events_name(&self, ix: ProcessIx, no: ThreadNo) -> String {
        self.process(ix).map_or_else(String::new, |process| format!("{}/{}.events", process.key, no.0))
    }
}
