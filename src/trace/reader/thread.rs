//! The event file of one thread, as far as it is known without decoding it: a summary per block, minima over their
//! depths, and where blocks are missing.
//!
//! [`Thread::refresh`] reads headers only, except for the block that is still being written: what was added to that one
//! since the last time is passed over once. Blocks that cannot be read are left out. At such a gap the calls that the
//! next readable block still lists as open go on; those that were opened inside the gap are known from that list alone
//! ([`Gap::lost_open`]); every other call that was open before it ends there, without an end of its own.

use crate::model::id::ThreadNo;
use crate::model::time::ClockPair;
use crate::trace::format::block;
use crate::trace::open_list::OpenEntry;
use crate::trace::reader::decode::{Scan, open_entries};
use crate::trace::reader::file::read_at;
use crate::trace::reader::header::{Found, Header, Summary};
use crate::trace::reader::minima::Minima;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;

/// What is known about one block.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Its number in the file.
    pub number: u32,
    /// Bytes of events that may be read.
    pub used: u32,
    /// Raw clock at the beginning.
    pub raw: u64,
    /// Ordinal of the first call opened in it.
    pub first: u64,
    /// Open calls at the beginning.
    pub depth: u32,
    /// What happens in it.
    pub summary: Summary,
    /// Nothing will be added.
    pub finished: bool,
}

/// Unreadable bytes between one block and the next.
#[derive(Clone, Debug)]
pub struct Gap {
    /// Raw clock at the beginning of the next block.
    pub raw: u64,
    /// Calls opened before the gap that go on after it.
    pub depth: u32,
    /// Calls opened in the gap that were open when the next block began: outermost first, at `lost_depth` and deeper.
    pub lost_open: Vec<OpenEntry>,
    /// Depth of the first of them.
    pub lost_depth: u32,
}

/// One thread of a process.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Number in its process.
    pub no: ThreadNo,
    /// The operating system's thread id.
    pub native_id: u64,
    /// Its name in Python.
    pub name: Option<String>,
    /// It said that it ends.
    pub ended: bool,
    /// All of it was read.
    pub(super) settled: bool,
    /// Readable blocks, in order.
    blocks: Vec<Block>,
    minima: Minima,
    gaps: BTreeMap<usize, Gap>,
    /// Blocks that note changes of the recording itself, and how many, as they say.
    changes: BTreeMap<usize, u32>,
    /// The last block, while it is being written.
    scan: Option<Scan>,
    /// The place in the file after the last block seen.
    next_number: u32,
    /// The whole file was searched for blocks behind the first empty place.
    searched: bool,
    /// Refreshes in a row that found nothing new.
    quiet: u8,
}

/// After so many refreshes without anything new a thread counts as quiet.
const QUIET: u8 = 4;

/// What one refresh of a thread came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Calls were added, or are known better.
    pub changed: bool,
    /// The name, or whether it has ended, is new.
    pub told: bool,
    /// There is more to read; the budget was used up.
    pub more: bool,
}

/// Where a refresh reads from and reports to.
pub struct Source<'a> {
    /// The event file.
    pub file: &'a File,
    /// Nothing will be added to the file any more.
    pub over: bool,
    /// Blocks that may still be looked at.
    pub budget: &'a mut u32,
    /// Takes clock pairs.
    pub clock: &'a mut dyn FnMut(ClockPair),
    /// Takes problems: block, message.
    pub problem: &'a mut dyn FnMut(u32, String),
}

impl Thread {
    /// A thread of which nothing was read yet.
    #[must_use]
    pub fn new(no: ThreadNo) -> Self {
        Self {
            no,
            native_id: 0,
            name: None,
            ended: false,
            settled: false,
            blocks: Vec::new(),
            minima: Minima::default(),
            gaps: BTreeMap::new(),
            changes: BTreeMap::new(),
            scan: None,
            next_number: 0,
            searched: false,
            quiet: 0,
        }
    }

    /// Nothing has happened in it for a while.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet >= QUIET
    }

    /// Calls known so far, lost ones in gaps included: the next one gets this ordinal.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.blocks.last().map_or(0, |last| last.first + u64::from(last.summary.calls))
    }

    /// Calls open at the end of what is known.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.blocks.last().map_or(0, |last| last.summary.end_depth)
    }

    /// Raw clock at the beginning.
    #[must_use]
    pub fn start_raw(&self) -> Option<u64> {
        self.blocks.first().map(|first| first.raw)
    }

    /// Raw clock of the last event.
    #[must_use]
    pub fn end_raw(&self) -> Option<u64> {
        self.blocks.last().map(|last| last.summary.end_raw)
    }

    /// Readable blocks, in order.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The gap behind block `index`, if there is one.
    #[must_use]
    pub fn gap(&self, index: usize) -> Option<&Gap> {
        self.gaps.get(&index)
    }

    /// Calls that were lost in gaps.
    #[must_use]
    pub fn gap_calls(&self) -> u64 {
        let lost = |index: &usize| {
            let (before, after) = (self.blocks.get(*index)?, self.blocks.get(index + 1)?);
            Some(after.first - (before.first + u64::from(before.summary.calls)))
        };
        self.gaps.keys().filter_map(lost).sum()
    }

    /// The index of the block in which the call `ordinal` opens; `None` when it is not (yet) there, or in a gap.
    #[must_use]
    pub fn block_of(&self, ordinal: u64) -> Option<usize> {
        let index = self.blocks.partition_point(|block| block.first <= ordinal).checked_sub(1)?;
        let block = &self.blocks[index];
        (ordinal - block.first < u64::from(block.summary.calls)).then_some(index)
    }

    /// The index of the last block that begins at or before `raw`.
    #[must_use]
    pub fn block_at(&self, raw: u64) -> Option<usize> {
        self.blocks.partition_point(|block| block.raw <= raw).checked_sub(1)
    }

    /// The first block at or after `from` in which, or behind which, at most `depth` calls are open at some point.
    #[must_use]
    pub fn next_at_most(&self, from: usize, depth: u32) -> Option<usize> {
        self.minima.next_at_most(from, depth)
    }

    /// The last block before `before` in which, or behind which, at most `depth` calls are open at some point.
    #[must_use]
    pub fn last_at_most(&self, before: usize, depth: u32) -> Option<usize> {
        self.minima.last_at_most(before, depth)
    }

    /// Blocks (by index) that note changes of the recording itself (`tag::is_change`), and how many, as they say.
    #[must_use]
    pub fn changes(&self) -> &BTreeMap<usize, u32> {
        &self.changes
    }

    /// Everything there is was just read. Nothing will follow if the process is gone, or the thread has said that it ends
    /// and its last block is complete.
    pub(super) fn settle(&mut self, over: bool) {
        let complete = self.scan.is_none() && self.blocks.last().is_some_and(|last| last.finished);
        self.settled = over || (self.ended && complete);
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// The system's, from reading the file.
    pub fn refresh(&mut self, source: &mut Source<'_>) -> io::Result<Step> {
        let step = self.read_on(source)?;
        self.quiet = if step == Step::default() { self.quiet.saturating_add(1) } else { 0 };
        Ok(step)
    }

    fn read_on(&mut self, source: &mut Source<'_>) -> io::Result<Step> {
        let mut step = Step::default();
        loop {
            if *source.budget == 0 {
                step.more = true;
                return Ok(step);
            }
            if self.scan.is_some() && !self.refresh_last(source, &mut step)? {
                // The last block is still open, and nothing follows it.
                break;
            }
            if !self.next_block(source, &mut step)? {
                break;
            }
        }
        if source.over && self.blocks.last().is_some_and(|last| last.finished) && !self.ended {
            self.look_for_end(source, &mut step)?;
        }
        Ok(step)
    }

    /// Brings the block that is being written up to date; false when there can be no further block yet.
    fn refresh_last(&mut self, source: &mut Source<'_>, step: &mut Step) -> io::Result<bool> {
        let Some(number) = self.blocks.last().map(|last| last.number) else { return Ok(true) };
        let Some(mut header) = self.scan_last(number, source, step)? else { return Ok(true) };
        // Asked after the block was read: the writer may have gone on meanwhile. What the block holds by now was all
        // written before the next one began.
        let followed = !header.finished && read_header(source.file, self.next_number)?.is_something();
        if followed {
            let Some(now) = self.scan_last(number, source, step)? else { return Ok(true) };
            header = now;
        }
        if header.finished {
            (source.clock)(header.end);
            self.update_last(self.blocks.last().map_or(0, |last| last.used), self.last_summary(), true);
        }
        // A block can stay open for ever although others follow, when its writer was stopped between the two.
        if header.finished || followed {
            self.scan = None;
            return Ok(true);
        }
        Ok(source.over && !self.searched)
    }

    /// Reads what was added to the last block; returns its header. `None`: it is no header any more.
    fn scan_last(&mut self, number: u32, source: &mut Source<'_>, step: &mut Step) -> io::Result<Option<Header>> {
        let Found::Header(header) = read_header(source.file, number)? else {
            (source.problem)(number, "the block's header was overwritten".to_owned());
            self.scan = None;
            return Ok(None);
        };
        *source.budget = source.budget.saturating_sub(1);
        self.note_changes(self.blocks.len().wrapping_sub(1), &header);
        let Some(scan) = self.scan.as_mut().filter(|scan| scan.damage.is_none()) else { return Ok(Some(header)) };
        let from = scan.at;
        let (name, ended) = (scan.name.clone(), scan.ended);
        let mut bytes = vec![0; (header.used as usize).saturating_sub(from)];
        let read = read_at(source.file, &mut bytes, events_offset(number, &header) + from as u64)?;
        bytes.truncate(read);
        scan.feed(&bytes);
        if let Some((at, damage)) = scan.damage {
            (source.problem)(number, format!("{damage} at byte {at}; the rest of the block is not used"));
        } else if scan.at < header.used as usize && header.finished {
            (source.problem)(number, "the file ends inside the block".to_owned());
        }
        if scan.at > from {
            step.changed = true;
        }
        if scan.name != name || scan.ended != ended {
            step.told = true;
            self.name.clone_from(&scan.name);
            self.ended |= scan.ended;
        }
        let (used, summary) = (scan.at as u32, scan.summary);
        self.update_last(used, summary, header.finished);
        Ok(Some(header))
    }

    fn note_changes(&mut self, index: usize, header: &Header) {
        if header.changes > 0 {
            self.changes.insert(index, header.changes);
        }
    }

    fn last_summary(&self) -> Summary {
        self.blocks.last().map_or_else(Summary::default, |last| last.summary)
    }

    fn update_last(&mut self, used: u32, summary: Summary, finished: bool) {
        let index = self.blocks.len().wrapping_sub(1);
        if let Some(last) = self.blocks.last_mut() {
            (last.used, last.summary, last.finished) = (used, summary, finished);
            self.minima.set(index, summary.min_depth);
        }
    }

    /// Takes the next block of the file, or steps over a damaged one; false when there is none.
    fn next_block(&mut self, source: &mut Source<'_>, step: &mut Step) -> io::Result<bool> {
        let number = self.next_number;
        *source.budget = source.budget.saturating_sub(1);
        match read_header(source.file, number)? {
            Found::Nothing => self.search_behind(source),
            Found::Damaged(why) => {
                (source.problem)(number, format!("{why}; the block is left out"));
                self.next_number += 1;
                Ok(true)
            }
            Found::Header(header) => {
                self.next_number += 1;
                let expected = self.calls();
                if header.first < expected {
                    (source.problem)(number, "the block repeats earlier calls; it is left out".to_owned());
                    return Ok(true);
                }
                if header.index != number {
                    (source.problem)(number, "the block carries another number".to_owned());
                }
                self.append(number, &header, source, step)?;
                Ok(true)
            }
        }
    }

    /// Behind the first empty place of a file that is complete there may be blocks that damage cut off.
    fn search_behind(&mut self, source: &mut Source<'_>) -> io::Result<bool> {
        if !source.over || self.searched {
            return Ok(false);
        }
        self.searched = true;
        let places = u32::try_from(source.file.metadata()?.len().div_ceil(block::SIZE as u64)).unwrap_or(u32::MAX);
        for number in self.next_number + 1..places {
            if read_header(source.file, number)?.is_something() {
                let empty = number - self.next_number;
                (source.problem)(self.next_number, format!("{empty} blocks are empty where there should be events"));
                self.next_number = number;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn append(&mut self, number: u32, header: &Header, source: &mut Source<'_>, step: &mut Step) -> io::Result<()> {
        (source.clock)(header.start);
        self.native_id = header.native_id;
        self.close_gap(number, header, source)?;
        self.note_changes(self.blocks.len(), header);
        let mut entry = Block {
            number,
            used: header.used,
            raw: header.start.raw,
            first: header.first,
            depth: header.depth,
            summary: header.summary,
            finished: header.finished,
        };
        let first = self.blocks.is_empty();
        let mut scan = Scan::new(header);
        if header.finished && header.summary_fits() {
            (source.clock)(header.end);
            if first {
                // A thread says its name at the beginning. The bytes end anywhere, so damage means nothing here.
                let mut bytes = vec![0; header.used.min(2048) as usize];
                let read = read_at(source.file, &mut bytes, events_offset(number, header))?;
                scan.feed(&bytes[..read]);
                self.name = scan.name.take();
            }
            self.scan = None;
        } else {
            if header.finished {
                (source.problem)(number, "the block's summary contradicts its header; it was counted again".to_owned());
            }
            (entry.used, entry.summary) = (0, scan.summary);
            entry.finished = false;
            self.scan = Some(scan);
        }
        self.minima.push(entry.summary.min_depth);
        self.blocks.push(entry);
        (step.changed, step.told) = (true, step.told || first);
        Ok(())
    }

    /// Compares the end of the last block with the beginning of the next one.
    fn close_gap(&mut self, number: u32, header: &Header, source: &mut Source<'_>) -> io::Result<()> {
        let (calls, depth) = (self.calls(), self.depth());
        let follows = self.blocks.last().map_or(0, |last| last.number + 1) == number;
        if follows && header.first == calls && header.depth == depth {
            return Ok(());
        }
        if self.blocks.is_empty() {
            // Something must stand before a gap: an empty block of which nothing is ever read.
            let nothing = Block {
                number: u32::MAX,
                used: 0,
                raw: header.start.raw,
                first: 0,
                depth: 0,
                summary: Summary { end_raw: header.start.raw, ..Summary::default() },
                finished: true,
            };
            self.blocks.push(nothing);
            self.minima.push(0);
        }
        let mut bytes = vec![0; header.open_len as usize];
        let read = read_at(source.file, &mut bytes, u64::from(number) * block::SIZE as u64 + block::HEADER as u64)?;
        let open = open_entries(header, &bytes[..read]).unwrap_or_default();
        self.put_gap(self.blocks.len() - 1, header.start.raw, header.depth, open);
        if follows {
            (source.problem)(number, "the block does not go on where the one before it ended".to_owned());
        }
        Ok(())
    }

    /// Notes a gap behind block `index`; the block after it begins with `depth` open calls, the last of them `open`.
    fn put_gap(&mut self, index: usize, raw: u64, depth: u32, mut open: Vec<OpenEntry>) {
        let Some(before) = self.blocks.get_mut(index) else { return };
        let calls = before.first + u64::from(before.summary.calls);
        let unlisted = depth.saturating_sub(open.len() as u32);
        let survivors = open.partition_point(|entry| entry.ordinal < calls);
        let gap_depth = (unlisted + survivors as u32).min(before.summary.end_depth);
        open.drain(..survivors);
        let gap = Gap { raw, depth: gap_depth, lost_open: open, lost_depth: unlisted + survivors as u32 };
        before.summary.min_depth = before.summary.min_depth.min(gap_depth);
        self.minima.set(index, before.summary.min_depth);
        self.gaps.insert(index, gap);
    }

    /// Replaces what the header of a block said by what its events say: they were decoded, and it was wrong.
    pub fn repair(&mut self, index: usize, used: u32, summary: Summary, next_open: impl FnOnce() -> Vec<OpenEntry>) {
        let Some(block) = self.blocks.get_mut(index) else { return };
        (block.used, block.summary) = (used, summary);
        // Ordinals belong to the blocks; a block with more calls than there is room for must not reach into the next.
        let next = self.blocks.get(index + 1).copied();
        if let Some(next) = next {
            let block = &mut self.blocks[index];
            let room = next.first - block.first;
            block.summary.calls = block.summary.calls.min(u32::try_from(room).unwrap_or(u32::MAX));
            let end = block.first + u64::from(block.summary.calls);
            if end != next.first || summary.end_depth != next.depth {
                self.put_gap(index, next.raw, next.depth, next_open());
                return;
            }
        }
        self.gaps.remove(&index);
        self.minima.set(index, summary.min_depth);
    }

    /// Whether the thread ended is said by its last event.
    fn look_for_end(&mut self, source: &mut Source<'_>, step: &mut Step) -> io::Result<()> {
        let Some(last) = self.blocks.last().copied().filter(|last| last.number != u32::MAX) else { return Ok(()) };
        let Found::Header(header) = read_header(source.file, last.number)? else { return Ok(()) };
        let mut bytes = vec![0; last.used as usize];
        let read = read_at(source.file, &mut bytes, events_offset(last.number, &header))?;
        let mut scan = Scan::new(&header);
        scan.feed(&bytes[..read]);
        if scan.ended || scan.name.is_some() {
            self.ended = scan.ended;
            self.name = scan.name.or_else(|| self.name.take());
            step.told = true;
        }
        Ok(())
    }
}

/// Where the events of a block begin in the file.
#[must_use]
pub fn events_offset(number: u32, header: &Header) -> u64 {
    u64::from(number) * block::SIZE as u64 + block::HEADER as u64 + u64::from(header.open_len)
}

/// What stands at place `number` of an event file.
///
/// # Errors
/// The system's, from reading the file.
pub fn read_header(file: &File, number: u32) -> io::Result<Found> {
    let mut bytes = [0; block::HEADER];
    let read = read_at(file, &mut bytes, u64::from(number) * block::SIZE as u64)?;
    Ok(Found::read(&bytes[..read]))
}
