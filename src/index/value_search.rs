//! Finding a text in recorded values: arguments, results, exceptions, and variables at lines. The events of a thread are
//! passed over in their order, in steps that can be interrupted; what was found last is a place among them, so that each
//! hit is found once, in either direction.

use crate::index::nav::Nav;
use crate::index::search::{Direction, beside};
use crate::model::id::{CallId, ProcessIx, ThreadNo};
use crate::model::value::{Raised, Value, show};
use crate::trace::Trace;
use crate::trace::event::{Body, Closing, Opening, decode, tag};
use crate::trace::value::{arguments, line, raised, value};
use std::ops::Range;

/// A boundary between the events of a thread: before the one that begins at `at` of this block, or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The process.
    pub process: ProcessIx,
    /// The thread.
    pub thread: ThreadNo,
    /// Index of the block; beyond the last one: the end.
    pub block: usize,
    /// Bytes into its events.
    pub at: u32,
}

impl Place {
    /// The beginning of a thread, or its end.
    #[must_use]
    pub fn edge(process: ProcessIx, thread: ThreadNo, end: bool) -> Self {
        Self { process, thread, block: if end { usize::MAX } else { 0 }, at: 0 }
    }

    /// Just behind the event that begins here.
    #[must_use]
    pub fn behind(self) -> Self {
        Self { at: self.at.saturating_add(1), ..self }
    }

    fn key(self) -> (usize, u32) {
        (self.block, self.at)
    }
}

/// Where in a call a text was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The argument with this index.
    Argument(usize),
    /// What was sent or thrown into a generator.
    Sent,
    /// The result, or what was yielded.
    Result,
    /// The exception that left it.
    Exception,
    /// A variable, by its index into `CodeFacts::locals`.
    Variable(u32),
}

/// A hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueHit {
    /// The call.
    pub id: CallId,
    /// The event.
    pub place: Place,
    /// What of the call.
    pub spot: Spot,
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueStep {
    /// This hit.
    Found(ValueHit),
    /// Nothing yet; go on from here.
    More(Place),
    /// There is none.
    End,
}

/// Inside of what is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// All threads of all processes.
    Everything,
    /// The thread in which the search stands.
    Thread,
    /// The events between these two of it.
    Events(Place, Place),
}

/// What is looked for, as values are shown. Upper-case letters in it make case count. What a rule has hidden is not
/// recorded, and the words that stand for it do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    text: String,
    exact: bool,
    /// Letters that a payload must have to be worth a look, in lower case.
    letters: Option<Vec<u8>>,
}

/// Words that are shown although they stand in no payload.
const WORDS: &str = "none true false ellipsis notimplemented nan inf bytearray set frozenset range function class module \
                     method builtin object cut unbound more bytes bits items";

impl Needle {
    /// Looks for this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let exact = text.chars().any(char::is_uppercase);
        let text = if exact { text.to_owned() } else { text.to_lowercase() };
        let runs = text.split(|c: char| !c.is_ascii_alphabetic()).map(str::to_ascii_lowercase);
        let letters = runs.max_by_key(String::len).filter(|run| text.is_ascii() && run.len() > 2);
        let letters = letters.filter(|run| !WORDS.split(' ').any(|word| word.contains(run.as_str())));
        Self { text, exact, letters: letters.map(String::into_bytes) }
    }

    fn may_be_in(&self, payload: &[u8]) -> bool {
        let Some(letters) = &self.letters else { return true };
        payload.windows(letters.len()).any(|window| window.eq_ignore_ascii_case(letters))
    }

    /// Whether a text has it.
    #[must_use]
    pub fn is_in_text(&self, shown: &str) -> bool {
        const HIDDEN: [&str; 2] = ["<redacted>", "<dropped>"];
        let mut shown = std::borrow::Cow::from(shown);
        for hidden in HIDDEN.into_iter().filter(|_| shown.contains('<')).collect::<Vec<_>>() {
            shown = shown.replace(hidden, "\0").into();
        }
        if self.exact { shown.contains(&self.text) } else { shown.to_lowercase().contains(&self.text) }
    }

    /// Whether a value has it, as it is shown.
    #[must_use]
    pub fn is_in(&self, value: &Value) -> bool {
        self.is_in_text(&show::full(value, usize::MAX))
    }

    fn is_in_raised(&self, raised: &Raised) -> bool {
        self.is_in_text(&raised.type_name) || self.is_in(&raised.arguments)
    }

    /// What of an event has it.
    fn spot(&self, body: &Body<'_>) -> Option<Spot> {
        match *body {
            Body::Open { payload: Some(payload), how, .. } if self.may_be_in(payload) => match how {
                Opening::Call => arguments(payload).iter().position(|value| self.is_in(value)).map(Spot::Argument),
                Opening::Throw => raised(payload).is_ok_and(|it| self.is_in_raised(&it)).then_some(Spot::Sent),
                Opening::Resume | Opening::Resync => {
                    value(payload).is_ok_and(|it| self.is_in(&it)).then_some(Spot::Sent)
                }
            },
            Body::Close { payload: Some(payload), how, .. } if self.may_be_in(payload) => match how {
                Closing::Raise => raised(payload).is_ok_and(|it| self.is_in_raised(&it)).then_some(Spot::Exception),
                _ => value(payload).is_ok_and(|it| self.is_in(&it)).then_some(Spot::Result),
            },
            Body::Note { tag: tag::LINE, payload } if self.may_be_in(payload) => {
                let change = line(payload).ok()?;
                change.changed.iter().find(|(_, value)| self.is_in(value)).map(|(at, _)| Spot::Variable(*at))
            }
            _ => None,
        }
    }
}

/// The nearest hit from `from` on, in this direction. Looks at no more than about `blocks` blocks.
#[must_use]
pub fn find(
    trace: &Trace,
    needle: &Needle,
    from: Place,
    direction: Direction,
    within: Within,
    blocks: usize,
) -> ValueStep {
    let forward = direction == Direction::Forward;
    let mut at = from;
    for _ in 0..blocks.max(1) {
        let Some(nav) = Nav::new(trace, at.process, at.thread) else { return ValueStep::End };
        let (low, high) = match within {
            Within::Events(first, last) => (first.key(), last.behind().key()),
            Within::Everything | Within::Thread => ((0, 0), (nav.thread().blocks().len(), 0)),
        };
        let (low, high) = if forward { (low.max(at.key()), high) } else { (low, high.min(at.key())) };
        if low >= high {
            let next = beside(trace, nav.process(), at.thread, direction).filter(|_| within == Within::Everything);
            let Some((process, thread)) = next else { return ValueStep::End };
            at = Place::edge(process, thread, !forward);
            continue;
        }
        // Before the first byte of a block is behind the last one of the block before it.
        let index = if forward || high.1 > 0 { if forward { low.0 } else { high.0 } } else { high.0 - 1 };
        let index = index.min(nav.thread().blocks().len());
        let offsets = Range {
            start: if index == low.0 { low.1 } else { 0 },
            end: if index == high.0 { high.1 } else { u32::MAX },
        };
        if let Some(hit) = scan(&nav, needle, index, &offsets, direction) {
            return ValueStep::Found(hit);
        }
        at = if forward { Place { block: index + 1, at: 0, ..at } } else { Place { block: index, at: 0, ..at } };
    }
    ValueStep::More(at)
}

/// The first (or last) hit among the events of a block that begin inside `offsets`.
fn scan(nav: &Nav<'_>, needle: &Needle, index: usize, offsets: &Range<u32>, direction: Direction) -> Option<ValueHit> {
    let (process, thread) = (nav.process().ix, nav.thread().no);
    let entry = nav.thread().blocks().get(index)?;
    let raw = nav.trace().raw_block(process, thread, index)?;
    let mut depth = raw.header.as_ref()?.depth;
    let (mut at, mut clock, mut ordinal) = (0, 0, entry.first);
    let mut stack: Vec<u64> = Vec::new();
    let mut best = None;
    while at < raw.events.len() {
        let from = u32::try_from(at).ok()?;
        let Ok(event) = decode(&raw.events, &mut at, &mut clock) else { break };
        if let Body::Open { .. } = event.body {
            stack.push(ordinal);
            (ordinal, depth) = (ordinal + 1, depth.saturating_add(1));
        }
        if offsets.contains(&from)
            && let Some(spot) = needle.spot(&event.body)
        {
            best = Some((from, spot, stack.last().copied(), depth));
            if direction == Direction::Forward {
                break;
            }
        }
        if let Body::Close { .. } = event.body {
            stack.pop();
            depth = depth.saturating_sub(1);
        }
    }
    let (at, spot, owner, depth) = best?;
    // A call from before this block is known by its depth.
    let ordinal = owner.or_else(|| nav.open_at(index, depth.checked_sub(1)?))?;
    Some(ValueHit { id: nav.id(ordinal), place: Place { process, thread, block: index, at }, spot })
}

#[cfg(test)]
mod tests;
