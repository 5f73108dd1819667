//! The executed lines of one call, as steps that can be walked in both directions without holding them.
//!
//! A *step* is a line and what it did. The trace notes the line that is about to run and what had changed before it, so
//! the changes of a step stand in the note behind it. Step 0 is the entry: the arguments, before any line. What is kept
//! in memory is a few bytes per block of the trace: how many notes of the call it has, and a rough set of the variables
//! and lines in them, so that a search decodes only blocks that may have what is wanted.

use crate::index::nav::Nav;
use crate::index::value_search::Needle;
use crate::model::id::CallId;
use crate::model::value::{LineChange, Value};
use crate::trace::Trace;
use crate::trace::event::{Body, tag};
use crate::trace::reader::decode::{Decoded, NONE, Noted};
use crate::trace::value;
use std::sync::Arc;

/// Blocks decoded to find what the variables of one step hold; those that were set even earlier are said to be unknown.
const LOOKS: usize = 96;

/// The lines of one call, as far as its blocks were passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    id: CallId,
    depth: u32,
    /// Block, place and index of the call's opening.
    first: (usize, u32, u32),
    parts: Vec<Part>,
    /// Notes in `parts`.
    notes: u64,
    /// The newest note says that the call ended.
    ended: bool,
    /// The block to pass over next; `None`: there is none behind the last one, and it does not grow.
    next: Option<usize>,
}

/// The notes of the call in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    block: usize,
    /// Notes before those of this block.
    first: u64,
    /// A bit per variable, index modulo 64.
    variables: u64,
    /// A bit per line, number modulo 64.
    lines: u64,
}

/// A line that ran, and what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct LineStep {
    /// The line; `None`: the entry, before any line.
    pub line: Option<u32>,
    /// Variables that it changed, by their index into `CodeFacts::locals`.
    pub changed: Vec<u32>,
    /// When it began, and when what follows it began, as far as that is known; nanoseconds since the recording's start.
    pub span_ns: (u64, Option<u64>),
    /// Ordinals of the calls that it made, those inside of them included.
    pub calls: std::ops::Range<u64>,
}

/// What a variable holds after a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The value; `None`: it was set so far back that it was not looked for.
    pub value: Option<Value>,
    /// The step that set it.
    pub step: u64,
}

/// Text that is looked for among the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    needle: Needle,
    /// Variables whose names have it.
    variables: Vec<u32>,
    /// Lines whose source has it.
    lines: Vec<u32>,
}

impl Sought {
    /// Looks for this text in the names of variables, in their values, and in the source, whose lines are given in order.
    /// Upper-case letters in it make case count.
    #[must_use]
    pub fn new(text: &str, names: &[String], source: impl Iterator<Item = String>) -> Self {
        let needle = Needle::new(text);
        let variables = (0..).zip(names).filter(|(_, name)| needle.is_in_text(name)).map(|(at, _)| at).collect();
        let lines = (1..).zip(source).filter(|(_, line)| needle.is_in_text(line)).map(|(line, _)| line).collect();
        Self { needle, variables, lines }
    }

    fn is_in(&self, change: &LineChange) -> bool {
        let mut changed = change.changed.iter();
        changed.any(|(variable, value)| self.variables.contains(variable) || self.needle.is_in(value))
    }
}

/// What a walk looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A step that runs this line.
    Line(u32),
    /// A step that changes this variable.
    Variable(u32),
    /// A step with this text: in the source of its line, or in what it changes.
    Text(Arc<Sought>),
}

impl Wanted {
    /// A rough set of the lines and variables that can have it.
    fn may_be_in(&self, part: &Part) -> bool {
        match self {
            Self::Line(line) => part.lines & bit(*line) != 0,
            Self::Variable(variable) => part.variables & bit(*variable) != 0,
            Self::Text(_) => true,
        }
    }

    /// The steps that have it by what a note says, which is note number `at`: what changed is the doing of the step before
    /// it, which has its number; its line is that of the next.
    fn steps(&self, at: u64, change: &LineChange) -> [Option<u64>; 2] {
        let (changed, line) = match self {
            Self::Line(line) => (false, change.line == *line),
            Self::Variable(variable) => (change.changed.iter().any(|it| it.0 == *variable), false),
            Self::Text(sought) => (sought.is_in(change), sought.lines.contains(&change.line)),
        };
        [changed.then_some(at), line.then_some(at + 1)]
    }
}

/// What a walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// This step.
    Found(u64),
    /// Nothing yet; go on from this step.
    More(u64),
    /// There is none, as far as the lines are known.
    Nothing,
}

/// A note with what was read of it.
struct Mark {
    ns: u64,
    /// Ordinal of the next call that opens behind it.
    before: u64,
    change: LineChange,
}

impl Lines {
    /// Nothing is passed over yet. `None`: there is no such call.
    #[must_use]
    pub fn new(trace: &Trace, id: CallId) -> Option<Self> {
        let nav = Nav::of(trace, id)?;
        let depth = nav.depth(id.ordinal)?;
        let thread = nav.thread();
        let first = match thread.block_of(id.ordinal) {
            Some(index) => {
                let block = nav.block(index)?;
                let local = u32::try_from(id.ordinal.checked_sub(block.first)?).ok()?;
                (index, block.opens.get(local as usize)?.at, local)
            }
            // Opened in a gap: its lines are those behind it.
            None => (thread.blocks().partition_point(|block| block.first <= id.ordinal), 0, NONE),
        };
        Some(Self { id, depth, first, parts: Vec::new(), notes: 0, ended: false, next: Some(first.0) })
    }

    /// The call.
    #[must_use]
    pub fn id(&self) -> CallId {
        self.id
    }

    /// Steps so far; 0: no line is known.
    #[must_use]
    pub fn len(&self) -> u64 {
        if self.notes == 0 { 0 } else { self.notes + 1 - u64::from(self.ended) }
    }

    /// Notes of lines in the trace: those that ran, and one more when something changed at the call's end.
    #[must_use]
    pub fn notes(&self) -> u64 {
        self.notes
    }

    /// Whether no line is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes == 0
    }

    /// Passes over at most `blocks` further blocks. True: all that is there was passed over.
    pub fn advance(&mut self, trace: &Trace, blocks: usize) -> bool {
        let Some(nav) = Nav::of(trace, self.id) else { return true };
        let end = nav.end(self.id.ordinal).and_then(|end| end.at);
        for _ in 0..blocks.max(1) {
            let Some(index) = self.next else { return true };
            let Some(block) = nav.block(index) else { return true };
            // A block that has grown since it was passed over is passed over anew.
            if self.parts.last().is_some_and(|part| part.block == index)
                && let Some(part) = self.parts.pop()
            {
                (self.notes, self.ended) = (part.first, false);
            }
            let mut part = Part { block: index, first: self.notes, variables: 0, lines: 0 };
            for noted in self.own(&block, index, end) {
                let change = change(&block, noted);
                self.notes += 1;
                self.ended = change.line == 0;
                part.lines |= bit(change.line);
                part.variables |= change.changed.iter().fold(0, |bits, (variable, _)| bits | bit(*variable));
            }
            if self.notes > part.first {
                self.parts.push(part);
            }
            if end.is_some_and(|end| end.0 <= index) {
                self.next = None;
                return true;
            }
            // Blocks in which something deeper runs all the time hold none of its notes.
            match nav.thread().next_at_most(index + 1, self.depth + 1) {
                Some(next) => self.next = Some(next),
                None => return true,
            }
        }
        false
    }

    /// The step, if there is one.
    #[must_use]
    pub fn step(&self, trace: &Trace, step: u64) -> Option<LineStep> {
        let nav = Nav::of(trace, self.id)?;
        let call = nav.call(self.id.ordinal)?;
        let own = step.checked_sub(1).map(|before| self.mark(&nav, before));
        let own = match own {
            Some(mark) => Some(mark?),
            None => None,
        };
        let behind = self.mark(&nav, step);
        if step >= self.len() {
            return None;
        }
        let begin = own.as_ref().map_or(self.id.ordinal + 1, |mark| mark.before);
        let end = behind.as_ref().map_or_else(|| nav.subtree(self.id.ordinal).end, |mark| mark.before);
        let (start, next) = (own.as_ref().map_or(call.start_ns, |mark| mark.ns), behind.as_ref().map(|mark| mark.ns));
        Some(LineStep {
            line: own.map(|mark| mark.change.line),
            changed: behind.map(|mark| mark.change.changed.iter().map(|it| it.0).collect()).unwrap_or_default(),
            span_ns: (start, next.or(call.end_ns)),
            calls: begin..end.max(begin),
        })
    }

    /// What each of `count` variables holds after a step; `None`: it was not bound yet.
    #[must_use]
    pub fn values(&self, trace: &Trace, step: u64, count: usize) -> Vec<Option<Held>> {
        let mut held: Vec<Option<Held>> = vec![None; count];
        let Some(nav) = Nav::of(trace, self.id) else { return held };
        let behind = self.parts.partition_point(|part| part.first <= step);
        let mut looks = 0;
        for part in self.parts[..behind].iter().rev() {
            let missing = |at: u32| held.get(at as usize).is_some_and(Option::is_none);
            if (0..64).all(|low| part.variables >> low & 1 == 0 || !(low..count as u32).step_by(64).any(missing)) {
                continue;
            }
            looks += 1;
            if looks > LOOKS {
                for at in (0..count).filter(|at| part.variables & bit(*at as u32) != 0) {
                    held[at].get_or_insert(Held { value: None, step: part.first });
                }
                continue;
            }
            let marks = self.marks(&nav, part);
            let until = usize::try_from(step - part.first).map_or(usize::MAX, |at| at.saturating_add(1));
            for (at, mark) in marks.into_iter().enumerate().take(until).collect::<Vec<_>>().into_iter().rev() {
                for (variable, value) in mark.change.changed {
                    if let Some(place @ None) = held.get_mut(variable as usize) {
                        *place = Some(Held { value: Some(value), step: part.first + at as u64 });
                    }
                }
            }
        }
        held
    }

    /// The nearest step behind (or before) `from` that has what is wanted, in at most `blocks` decoded blocks.
    #[must_use]
    pub fn walk(&self, trace: &Trace, from: u64, forward: bool, wanted: &Wanted, blocks: usize) -> Walk {
        let Some(nav) = Nav::of(trace, self.id) else { return Walk::Nothing };
        let inside = |step: u64| if forward { step > from } else { step < from };
        // A line's step follows the note that says it, perhaps in the next block: going on begins with the block before.
        let mut left = blocks.max(2);
        let mut at = if forward { 0 } else { self.parts.len() };
        loop {
            let index = if forward {
                at += 1;
                at - 1
            } else {
                let Some(before) = at.checked_sub(1) else { return Walk::Nothing };
                at = before;
                before
            };
            let Some(part) = self.parts.get(index) else { return Walk::Nothing };
            let end = self.parts.get(index + 1).map_or(self.notes, |next| next.first);
            let beyond = if forward { end <= from } else { part.first >= from };
            if beyond || !wanted.may_be_in(part) {
                continue;
            }
            if left == 0 {
                return Walk::More(if forward { part.first.saturating_sub(1) } else { end + 1 });
            }
            left -= 1;
            let marks = self.marks(&nav, part);
            let steps =
                marks.iter().enumerate().flat_map(|(at, mark)| wanted.steps(part.first + at as u64, &mark.change));
            let mut hits = steps.flatten().filter(|step| inside(*step) && *step < self.len());
            if let Some(hit) = if forward { hits.next() } else { hits.next_back() } {
                return Walk::Found(hit);
            }
        }
    }

    /// The step during which a call directly or indirectly inside was made.
    #[must_use]
    pub fn step_of(&self, trace: &Trace, call: CallId) -> Option<u64> {
        let nav = Nav::of(trace, self.id)?;
        // Parts are in the order of the calls between their notes, too.
        let blocks = nav.thread().blocks();
        let behind =
            self.parts.partition_point(|part| blocks.get(part.block).is_some_and(|it| it.first <= call.ordinal));
        let found = self.parts[..behind].iter().rev().take(2).find_map(|part| {
            let marks = self.marks(&nav, part);
            let before = marks.partition_point(|mark| mark.before <= call.ordinal);
            (before > 0).then(|| part.first + before as u64)
        });
        found.or((!self.is_empty()).then_some(0))
    }

    fn mark(&self, nav: &Nav<'_>, index: u64) -> Option<Mark> {
        if index >= self.notes {
            return None;
        }
        let part = &self.parts[self.parts.partition_point(|part| part.first <= index).checked_sub(1)?];
        let block = nav.block(part.block)?;
        let end = nav.end(self.id.ordinal).and_then(|end| end.at);
        let noted = self.own(&block, part.block, end).nth(usize::try_from(index - part.first).ok()?)?;
        Some(read(nav, &block, noted))
    }

    fn marks(&self, nav: &Nav<'_>, part: &Part) -> Vec<Mark> {
        let Some(block) = nav.block(part.block) else { return Vec::new() };
        let end = nav.end(self.id.ordinal).and_then(|end| end.at);
        self.own(&block, part.block, end).map(|noted| read(nav, &block, noted)).collect()
    }

    /// The call's own line notes in a block.
    fn own<'b>(
        &self,
        block: &'b Arc<Decoded>,
        index: usize,
        end: Option<(usize, u32)>,
    ) -> impl Iterator<Item = &'b Noted> + use<'b> {
        let (from, owner) = if index == self.first.0 { (self.first.1, self.first.2) } else { (0, NONE) };
        let until = end.filter(|end| end.0 == index).map_or(u32::MAX, |end| end.1);
        let start = block.notes.partition_point(|note| note.at < from);
        let depth = self.depth + 1;
        let inside = block.notes[start..].iter().take_while(move |note| note.at < until);
        inside.filter(move |note| note.tag == tag::LINE && note.owner == owner && note.depth == depth)
    }
}

fn bit(number: u32) -> u64 {
    1 << (number % 64)
}

/// What a note says; nothing, if that cannot be read.
fn change(block: &Decoded, noted: &Noted) -> LineChange {
    let line = match block.event(noted.at) {
        Some(Body::Note { payload, .. }) => value::line(payload).ok(),
        _ => None,
    };
    line.unwrap_or(LineChange { line: 0, changed: Vec::new() })
}

fn read(nav: &Nav<'_>, block: &Decoded, noted: &Noted) -> Mark {
    let before = block.first + u64::from(noted.opens);
    Mark { ns: nav.process().clock.ns(noted.raw), before, change: change(block, noted) }
}

#[cfg(test)]
mod tests;
