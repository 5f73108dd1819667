//! Calls, total and own time per function, from one pass over all events.
//!
//! The pass is cut into pieces of a few megabytes that know their stack from the head of their first block, so they run
//! on all cores; what is added to a live trace is passed over once, when it comes. Own time goes to the innermost call
//! between two events. Total time is counted once for the outermost of several recursive calls. The pass also notes
//! which codes each block holds, so that a search need not look into blocks in vain.

use crate::index::codes::CodeSet;
use crate::index::nav::Nav;
use crate::model::id::{CodeId, ProcessIx, ThreadNo};
use crate::trace::event::{Body, Closing, Opening, decode};
use crate::trace::reader::thread::Block;
use crate::trace::{Process, Trace};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Blocks per piece of work.
const PIECE: usize = 32;

/// What one function did, in one process. Times are raw clock units until [`Profile::function`] converts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    calls: u64,
    resumes: u64,
    raised: u64,
    own: u64,
    total: u64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.resumes += other.resumes;
        self.raised += other.raised;
        self.own = self.own.saturating_add(other.own);
        self.total = self.total.saturating_add(other.total);
    }
}

/// What one function did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionTotals {
    /// Calls; going on with a generator is not a call.
    pub calls: u64,
    /// Times that a generator or coroutine of it went on.
    pub resumes: u64,
    /// Times that an exception left it.
    pub raised: u64,
    /// Nanoseconds in itself.
    pub self_ns: u64,
    /// Nanoseconds in itself and what it called; those of recursive calls once.
    pub total_ns: u64,
}

impl FunctionTotals {
    /// Adds what the same function did elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.resumes = self.resumes.saturating_add(other.resumes);
        self.raised = self.raised.saturating_add(other.raised);
        self.self_ns = self.self_ns.saturating_add(other.self_ns);
        self.total_ns = self.total_ns.saturating_add(other.total_ns);
    }
}

/// How far a profile has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Blocks passed so far.
    pub done: usize,
    /// Blocks known.
    pub of: usize,
    /// Nothing is left to do for now.
    pub finished: bool,
}

/// Sums over a whole trace, brought up to date step by step.
#[derive(Debug, Default)]
pub struct Profile {
    sums: HashMap<(ProcessIx, u32), Sums>,
    /// Total time so far of calls that are still open.
    open: HashMap<(ProcessIx, u32), u64>,
    cursors: HashMap<(ProcessIx, ThreadNo), Cursor>,
    codes: HashMap<(ProcessIx, ThreadNo), Vec<CodeSet>>,
    events: u64,
}

/// Where the pass over one thread stands.
#[derive(Clone, Debug, Default)]
struct Cursor {
    /// Block to go on in, and how many of its bytes were passed.
    block: usize,
    at: usize,
    raw: u64,
    event_raw: u64,
    stack: Vec<Frame>,
    missing: u64,
    /// Codes seen so far in `block`.
    seen: Vec<u32>,
}

/// An open call.
#[derive(Clone, Copy, Debug)]
struct Frame {
    code: u32,
    raw: u64,
    /// No call of the same code is open around it.
    outermost: bool,
}

struct Piece {
    process: ProcessIx,
    thread: ThreadNo,
    cursor: Cursor,
    until: usize,
}

/// What a worker found, without the locks.
struct Found {
    sums: HashMap<(ProcessIx, u32), Sums>,
    sets: Vec<(ProcessIx, ThreadNo, usize, CodeSet)>,
    cursors: Vec<(ProcessIx, ThreadNo, Cursor)>,
    events: u64,
}

impl Profile {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes over at most about `blocks` more blocks, on all cores when they are many.
    pub fn advance(&mut self, trace: &Trace, blocks: usize) -> Progress {
        let (pieces, rest) = self.plan(trace, blocks);
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(pieces.len());
        let next = AtomicUsize::new(0);
        let work = |found: &mut Found| {
            let mut scratch = Scratch::default();
            while let Some(piece) = pieces.get(next.fetch_add(1, Relaxed)) {
                run(trace, piece, &mut scratch, found);
            }
        };
        let results = Mutex::new(Vec::new());
        let collect = || {
            let mut found = Found { sums: HashMap::new(), sets: Vec::new(), cursors: Vec::new(), events: 0 };
            work(&mut found);
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(found);
        };
        if workers <= 1 {
            collect();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..workers {
                    scope.spawn(collect);
                }
            });
        }
        for found in results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            self.take(found);
        }
        self.count_open();
        let done = self.cursors.values().map(|cursor| cursor.block).sum();
        let of = trace.processes().iter().flat_map(Process::threads).map(|thread| thread.blocks().len()).sum();
        Progress { done, of, finished: !rest }
    }

    /// Passes over everything there is.
    pub fn finish(&mut self, trace: &Trace) {
        while !self.advance(trace, usize::MAX).finished {}
    }

    /// What is to be done next; whether more is left after it.
    fn plan(&self, trace: &Trace, blocks: usize) -> (Vec<Piece>, bool) {
        let mut pieces = Vec::new();
        let mut left = blocks.max(1);
        for process in trace.processes() {
            for thread in process.threads() {
                let key = (process.ix, thread.no);
                let mut cursor = self.cursors.get(&key).cloned().unwrap_or_default();
                let known = thread.blocks();
                let Some(last) = known.len().checked_sub(1) else { continue };
                if cursor.block > last || (cursor.block == last && cursor.at >= known[last].used as usize) {
                    continue;
                }
                while cursor.block <= last {
                    if left == 0 {
                        return (pieces, true);
                    }
                    let until = (cursor.block + PIECE.min(left)).min(known.len());
                    left -= until - cursor.block;
                    let next = Cursor { block: until, ..Cursor::default() };
                    pieces.push(Piece { process: process.ix, thread: thread.no, cursor, until });
                    cursor = next;
                }
            }
        }
        (pieces, false)
    }

    fn take(&mut self, found: Found) {
        for (key, sums) in found.sums {
            self.sums.entry(key).or_default().add(&sums);
        }
        for (process, thread, block, set) in found.sets {
            let sets = self.codes.entry((process, thread)).or_default();
            if sets.len() <= block {
                sets.resize(block + 1, CodeSet::Unknown);
            }
            sets[block] = set;
        }
        for (process, thread, cursor) in found.cursors {
            let old = self.cursors.entry((process, thread)).or_default();
            if (cursor.block, cursor.at) >= (old.block, old.at) {
                *old = cursor;
            }
        }
        self.events += found.events;
    }

    fn count_open(&mut self) {
        self.open.clear();
        for ((process, _), cursor) in &self.cursors {
            for frame in cursor.stack.iter().filter(|frame| frame.outermost) {
                *self.open.entry((*process, frame.code)).or_default() += cursor.raw.saturating_sub(frame.raw);
            }
        }
    }

    /// What one function did in one process.
    #[must_use]
    pub fn function(&self, process: &Process, code: CodeId) -> FunctionTotals {
        let key = (process.ix, code.0);
        let sums = self.sums.get(&key).copied().unwrap_or_default();
        let open = self.open.get(&key).copied().unwrap_or(0);
        FunctionTotals {
            calls: sums.calls,
            resumes: sums.resumes,
            raised: sums.raised,
            self_ns: process.clock.span_ns(sums.own),
            total_ns: process.clock.span_ns(sums.total.saturating_add(open)),
        }
    }

    /// Every function that did anything, in no particular order.
    pub fn functions<'a>(
        &'a self,
        trace: &'a Trace,
    ) -> impl Iterator<Item = (&'a Process, CodeId, FunctionTotals)> + 'a {
        self.sums.keys().filter_map(move |(ix, code)| {
            let process = trace.process(*ix)?;
            Some((process, CodeId(*code), self.function(process, CodeId(*code))))
        })
    }

    /// Events passed so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Which codes block `index` of a thread holds, as far as that is known.
    #[must_use]
    pub fn codes_of(&self, process: ProcessIx, thread: ThreadNo, index: usize) -> &CodeSet {
        self.codes.get(&(process, thread)).and_then(|sets| sets.get(index)).unwrap_or(&CodeSet::Unknown)
    }
}

/// What a worker needs for any piece.
#[derive(Default)]
struct Scratch {
    /// Per code: sums, how often it is on the stack, and the last block in which it was seen.
    sums: Vec<Sums>,
    active: Vec<u32>,
    seen_in: Vec<u32>,
    stamp: u32,
    /// Code numbers beyond what the code log knows.
    far: HashMap<u32, Sums>,
    far_active: HashMap<u32, u32>,
}

/// A block with more distinct codes than this, some of them outside the code log, counts as holding any code.
const MAX_SEEN: usize = 2048;
/// More distinct codes than this outside the code log can only be damage; they are summed up as one.
const MAX_FAR: usize = 10_000;

impl Scratch {
    fn prepare(&mut self, codes: usize) {
        self.sums.clear();
        self.sums.resize(codes, Sums::default());
        self.active.clear();
        self.active.resize(codes, 0);
        self.seen_in.resize(codes, 0);
        self.far.clear();
        self.far_active.clear();
    }

    #[inline(always)]
    fn sums(&mut self, code: u32) -> &mut Sums {
        if (code as usize) < self.sums.len() { &mut self.sums[code as usize] } else { self.far_sums(code) }
    }

    #[cold]
    fn far_sums(&mut self, code: u32) -> &mut Sums {
        let code = if self.far.len() >= MAX_FAR && !self.far.contains_key(&code) { u32::MAX } else { code };
        self.far.entry(code).or_default()
    }

    /// Notes that a call of `code` opens; whether none was open.
    #[inline(always)]
    fn enter(&mut self, code: u32) -> bool {
        let count = match self.active.get_mut(code as usize) {
            Some(count) => count,
            None => self.far_active.entry(code).or_default(),
        };
        *count += 1;
        *count == 1
    }

    #[inline(always)]
    fn leave(&mut self, code: u32) {
        match self.active.get_mut(code as usize) {
            Some(count) => *count -= 1,
            None => {
                if let Some(count) = self.far_active.get_mut(&code) {
                    *count -= 1;
                    if *count == 0 {
                        self.far_active.remove(&code);
                    }
                }
            }
        }
    }
}

fn run(trace: &Trace, piece: &Piece, scratch: &mut Scratch, found: &mut Found) {
    let Some(process) = trace.process(piece.process) else { return };
    let Some(nav) = Nav::new(trace, piece.process, piece.thread) else { return };
    scratch.prepare(process.codes.limit());
    let blocks = nav.thread().blocks();
    let mut pass = Pass::new(scratch, &piece.cursor);
    let (mut index, mut at) = (piece.cursor.block, piece.cursor.at);
    while index < piece.until {
        let Some(raw_block) = trace.raw_block(piece.process, piece.thread, index) else { break };
        let entry = &blocks[index];
        if at == 0 {
            pass.begin_block(&nav, index, entry);
        } else {
            pass.see_again(&piece.cursor.seen);
        }
        at = pass.events(&raw_block.events, at);
        let next = blocks.get(index + 1);
        if next.is_some() || entry.finished {
            found.sets.push((piece.process, piece.thread, index, CodeSet::new(&pass.seen)));
        }
        let Some(next) = next else {
            // Damaged bytes at the end are never passed; do not come back for them.
            at = at.max(entry.used as usize);
            break;
        };
        pass.interval(next.raw);
        index += 1;
        at = 0;
    }
    found.events += pass.count;
    found.cursors.push((piece.process, piece.thread, pass.leave(index, at)));
    for (code, sums) in scratch.sums.iter().enumerate().filter(|(_, sums)| **sums != Sums::default()) {
        found.sums.entry((piece.process, code as u32)).or_default().add(sums);
    }
    for (code, sums) in &scratch.far {
        found.sums.entry((piece.process, *code)).or_default().add(sums);
    }
}

struct Pass<'a> {
    scratch: &'a mut Scratch,
    stack: Vec<Frame>,
    /// Open calls around the stack of which nothing is known.
    missing: u64,
    /// Time up to which everything belongs to someone.
    raw: u64,
    /// The clock of the last event.
    event_raw: u64,
    seen: Vec<u32>,
    count: u64,
    rebuilt: usize,
}

/// Rebuilding the whole stack more often than this in one piece means damage; then the nearest calls must do.
const MAX_REBUILT: usize = 8;

impl<'a> Pass<'a> {
    fn new(scratch: &'a mut Scratch, cursor: &Cursor) -> Self {
        for frame in &cursor.stack {
            scratch.enter(frame.code);
        }
        Self {
            scratch,
            stack: cursor.stack.clone(),
            missing: cursor.missing,
            raw: cursor.raw,
            event_raw: cursor.event_raw,
            seen: Vec::new(),
            count: 0,
            rebuilt: 0,
        }
    }

    /// Leaves the state for whoever goes on.
    fn leave(self, block: usize, at: usize) -> Cursor {
        let seen = if at == 0 { Vec::new() } else { self.seen };
        let Self { stack, missing, raw, event_raw, .. } = self;
        Cursor { block, at, raw, event_raw, stack, missing, seen }
    }

    fn begin_block(&mut self, nav: &Nav<'_>, index: usize, entry: &Block) {
        if self.stack.len() as u64 + self.missing != u64::from(entry.depth) {
            self.rebuild(nav, index, entry);
        } else if self.stack.is_empty() {
            self.raw = entry.raw;
        }
        self.interval(entry.raw);
        self.event_raw = entry.raw;
        self.see_again(&[]);
    }

    fn see_again(&mut self, seen: &[u32]) {
        self.seen.clear();
        self.seen.extend_from_slice(seen);
        self.scratch.stamp = self.scratch.stamp.wrapping_add(1).max(1);
        for code in seen {
            if let Some(stamp) = self.scratch.seen_in.get_mut(*code as usize) {
                *stamp = self.scratch.stamp;
            }
        }
    }

    /// Time goes on to `raw`; it belongs to the innermost call.
    #[inline(always)]
    fn interval(&mut self, raw: u64) {
        let passed = raw.saturating_sub(self.raw);
        self.raw = self.raw.max(raw);
        if let Some(top) = self.stack.last() {
            let sums = self.scratch.sums(top.code);
            sums.own = sums.own.wrapping_add(passed);
        }
    }

    /// The stack is not known, or not what the block says: take the block's.
    fn rebuild(&mut self, nav: &Nav<'_>, index: usize, entry: &Block) {
        let known = !self.stack.is_empty();
        while let Some(frame) = self.stack.pop() {
            self.close(frame);
        }
        self.rebuilt += 1;
        for (code, opened) in nav.stack_at(index, self.rebuilt <= MAX_REBUILT) {
            let outermost = self.scratch.enter(code);
            // What was counted up to here must not be counted again.
            let raw = if known { entry.raw } else { opened };
            self.stack.push(Frame { code, raw, outermost });
        }
        self.missing = u64::from(entry.depth).saturating_sub(self.stack.len() as u64);
        self.raw = entry.raw;
    }

    fn close(&mut self, frame: Frame) {
        self.scratch.leave(frame.code);
        if frame.outermost {
            let passed = self.raw.saturating_sub(frame.raw);
            let sums = self.scratch.sums(frame.code);
            sums.total = sums.total.saturating_add(passed);
        }
    }

    /// Passes over `bytes` from `from` on; returns how far it came.
    fn events(&mut self, bytes: &[u8], from: usize) -> usize {
        let mut at = from.min(bytes.len());
        let mut raw = self.event_raw;
        while at < bytes.len() {
            let begin = at;
            let Ok(event) = decode(bytes, &mut at, &mut raw) else { return begin };
            self.event_raw = raw;
            self.count += 1;
            match event.body {
                Body::Open { code, how, .. } => {
                    self.interval(raw);
                    let sums = self.scratch.sums(code);
                    match how {
                        Opening::Call => sums.calls += 1,
                        Opening::Resume | Opening::Throw => sums.resumes += 1,
                        Opening::Resync => {}
                    }
                    self.note(code);
                    let outermost = self.scratch.enter(code);
                    self.stack.push(Frame { code, raw: self.raw, outermost });
                }
                Body::Close { how, .. } => {
                    self.interval(raw);
                    if let Some(frame) = self.stack.pop() {
                        if how == Closing::Raise {
                            self.scratch.sums(frame.code).raised += 1;
                        }
                        self.close(frame);
                    } else {
                        self.missing = self.missing.saturating_sub(1);
                    }
                }
                Body::Note { .. } => {}
            }
        }
        at
    }

    #[inline(always)]
    fn note(&mut self, code: u32) {
        let stamp = self.scratch.stamp;
        match self.scratch.seen_in.get_mut(code as usize) {
            Some(seen) if *seen == stamp => {}
            Some(seen) => {
                *seen = stamp;
                self.seen.push(code);
            }
            None => {
                // Beyond the code log only while it lags behind, or in a damaged trace.
                // Too many: the largest number of all makes the set too large to be kept.
                let code = if self.seen.len() < MAX_SEEN { code } else { u32::MAX };
                if self.seen.last() != Some(&code) && (code == u32::MAX || !self.seen.contains(&code)) {
                    self.seen.push(code);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
