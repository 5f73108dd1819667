//! A whole block, decoded: every opening, close and note in it, linked. And a light pass over events that keeps only
//! the numbers of a summary.

use crate::trace::event::{Body, Closing, Damage, Event, Opening, decode, tag};
use crate::trace::open_list::{self, OpenEntry};
use crate::trace::reader::header::{Header, Summary};

/// "No such entry" in the links below.
pub const NONE: u32 = u32::MAX;

/// Where a pass over the events of a block stands.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Bytes passed.
    pub at: usize,
    /// Raw clock.
    pub raw: u64,
    /// Open calls.
    pub depth: u32,
    /// What was seen so far.
    pub summary: Summary,
    /// Newest thread name.
    pub name: Option<String>,
    /// The thread said that it ends.
    pub ended: bool,
    /// Where and why the events cannot be read any further.
    pub damage: Option<(usize, Damage)>,
}

impl Scan {
    /// At the first event of the block.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let depth = header.depth;
        Self {
            at: 0,
            raw: header.start.raw,
            depth,
            summary: Summary { calls: 0, min_depth: depth, end_depth: depth, end_raw: header.start.raw },
            name: None,
            ended: false,
            damage: None,
        }
    }

    /// Passes over `bytes`, which follow those passed so far and end with an event.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() && self.damage.is_none() {
            let (from, mut raw) = (at, self.raw);
            match decode(bytes, &mut at, &mut raw) {
                Ok(event) => {
                    self.raw = raw;
                    self.step(&event);
                }
                Err(damage) => {
                    self.damage = Some((self.at + from, damage));
                    self.at += from;
                    return;
                }
            }
        }
        self.at += at;
    }

    fn step(&mut self, event: &Event<'_>) {
        match event.body {
            Body::Open { .. } => {
                self.depth = self.depth.saturating_add(1);
                self.summary.calls += 1;
            }
            Body::Close { .. } => self.depth = self.depth.saturating_sub(1),
            Body::Note { tag: tag::THREAD_NAME, payload } => {
                self.name = Some(String::from_utf8_lossy(payload).into_owned());
            }
            Body::Note { tag: tag::THREAD_END, .. } => self.ended = true,
            Body::Note { .. } => {}
        }
        self.summary.end_raw = self.raw;
        self.summary.end_depth = self.depth;
        self.summary.min_depth = self.summary.min_depth.min(self.depth);
    }
}

/// One opening.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Raw clock.
    pub raw: u64,
    /// Code object.
    pub code: u32,
    /// Calls open before it.
    pub depth: u32,
    /// Index into `opens` of the call around it, [`NONE`]: opened in an earlier block, or none.
    pub parent: u32,
    /// Index into `closes`, [`NONE`]: not closed in this block.
    pub close: u32,
    /// Where its event begins.
    pub at: u32,
    /// How it began.
    pub how: Opening,
}

/// One close.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// Raw clock.
    pub raw: u64,
    /// Where its event begins.
    pub at: u32,
    /// Openings of the block before it.
    pub opens: u32,
    /// How it ended.
    pub how: Closing,
}

/// One event that neither opens nor closes.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    /// Raw clock.
    pub raw: u64,
    /// Where its event begins.
    pub at: u32,
    /// Openings of the block before it.
    pub opens: u32,
    /// Calls open at it.
    pub depth: u32,
    /// Index into `opens` of the innermost of them, [`NONE`]: opened in an earlier block, or none.
    pub owner: u32,
    /// One of `event::tag`.
    pub tag: u8,
}

/// A decoded block.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// The events' bytes.
    pub bytes: Vec<u8>,
    /// Raw clock at the beginning.
    pub raw: u64,
    /// Ordinal of `opens[0]`.
    pub first: u64,
    /// Open calls at the beginning.
    pub depth: u32,
    /// The innermost of them, outermost first.
    pub open: Vec<OpenEntry>,
    /// Calls and segments, in order.
    pub opens: Vec<Opened>,
    /// Ends, in order.
    pub closes: Vec<Closed>,
    /// Indices into `closes` that end calls from before this block: innermost call first.
    pub outer: Vec<u32>,
    /// The rest.
    pub notes: Vec<Noted>,
    /// As found, whatever the header says.
    pub summary: Summary,
    /// Where and why the events cannot be read any further.
    pub damage: Option<(usize, Damage)>,
    /// Closes without a call.
    pub stray: u32,
}

impl Decoded {
    /// Decodes a block from its header, the bytes of its list of open calls and those of its events.
    #[must_use]
    pub fn new(header: &Header, open: &[u8], bytes: Vec<u8>) -> Self {
        // The header's word is taken for a hint only.
        let hint = if header.finished { header.summary.calls as usize } else { bytes.len() / 4 };
        let hint = hint.min(bytes.len() / 2);
        let mut block = Self {
            raw: header.start.raw,
            first: header.first,
            depth: header.depth,
            opens: Vec::with_capacity(hint),
            closes: Vec::with_capacity(hint),
            ..Self::default()
        };
        match open_entries(header, open) {
            Ok(entries) => block.open = entries,
            Err(damage) => block.damage = Some((0, damage)),
        }
        let mut stack: Vec<u32> = Vec::new();
        let mut depth = header.depth;
        let mut summary = Summary { calls: 0, min_depth: depth, end_depth: depth, end_raw: header.start.raw };
        let (mut at, mut raw) = (0, header.start.raw);
        while at < bytes.len() {
            let from = at;
            let mut next = raw;
            let event = match decode(&bytes, &mut at, &mut next) {
                Ok(event) => event,
                Err(damage) => {
                    block.damage = Some((from, damage));
                    break;
                }
            };
            raw = next;
            let from = from as u32;
            let opens = block.opens.len() as u32;
            match event.body {
                Body::Open { code, how, .. } => {
                    let parent = stack.last().copied().unwrap_or(NONE);
                    block.opens.push(Opened { raw, code, depth, parent, close: NONE, at: from, how });
                    stack.push(opens);
                    depth = depth.saturating_add(1);
                }
                Body::Close { how, .. } => {
                    let close = block.closes.len() as u32;
                    if let Some(open) = stack.pop() {
                        block.opens[open as usize].close = close;
                    } else if depth > 0 {
                        block.outer.push(close);
                    } else {
                        block.stray += 1;
                        continue;
                    }
                    block.closes.push(Closed { raw, at: from, opens, how });
                    depth -= 1;
                    summary.min_depth = summary.min_depth.min(depth);
                }
                Body::Note { tag, .. } => {
                    let owner = stack.last().copied().unwrap_or(NONE);
                    block.notes.push(Noted { raw, at: from, opens, depth, owner, tag });
                }
            }
        }
        summary.calls = block.opens.len() as u32;
        summary.end_depth = depth;
        summary.end_raw = raw;
        block.summary = summary;
        block.bytes = bytes;
        block
    }

    /// The body of the event that begins at `at`; `None` when there is none.
    #[must_use]
    pub fn event(&self, at: u32) -> Option<Body<'_>> {
        let (mut at, mut raw) = (at as usize, 0);
        decode(&self.bytes, &mut at, &mut raw).ok().map(|event| event.body)
    }

    /// Bytes of memory, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.bytes.capacity()
            + self.opens.capacity() * size_of::<Opened>()
            + self.closes.capacity() * size_of::<Closed>()
            + self.notes.capacity() * size_of::<Noted>()
            + self.open.capacity() * size_of::<OpenEntry>()
            + 256
    }
}

/// Reads the list of open calls of a block.
///
/// # Errors
/// [`Damage`] when its bytes do not hold as many entries as the header says, in ascending order.
pub fn open_entries(header: &Header, bytes: &[u8]) -> Result<Vec<OpenEntry>, Damage> {
    let mut entries = Vec::new();
    let (mut at, mut before) = (0, 0);
    for index in 0..header.open_count {
        let entry = open_list::entry(bytes, &mut at, before, header.start.raw)?;
        if entry.ordinal >= header.first || (index > 0 && entry.ordinal == before) {
            return Err(Damage::TooLarge);
        }
        before = entry.ordinal;
        entries.push(entry);
    }
    Ok(entries)
}
