//! What is rare among the calls but wanted as a list: asyncio tasks, tests, and what was written to the terminal. One pass
//! over all events collects the three, and is brought up to date step by step while a trace grows.

mod lines;
mod tasks;
mod tests_seen;
mod writes;

pub use tasks::{Task, TaskState};
pub use tests_seen::{TestOutcome, TestRun};
pub use writes::Written;

use crate::index::profile::Progress;
use crate::model::id::{CallId, CodeId, ProcessIx, ThreadNo};
use crate::trace::event::{Body, Closing, Opening, decode, tag};
use crate::trace::test_note::TestNote;
use crate::trace::{Process, Trace};
use lines::Lines;
use std::collections::HashMap;
use tasks::Tasks;
use tests_seen::{Running, Tests};
use writes::{Writes, written};

/// Rows that are kept of each kind; how many more there were is counted.
pub const MAX_ROWS: usize = 100_000;

/// The lists, as far as the pass has come.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Asyncio tasks, in the order in which they were first seen.
    pub tasks: Vec<Task>,
    /// Tests, in the same order.
    pub tests: Vec<TestRun>,
    /// What was written to the terminal, by its place in `output.log`.
    pub written: Vec<Written>,
    /// Where the lines of `output.log` begin, and where what was looked at ends. Of very many the oldest are left out.
    pub lines: Vec<u64>,
    /// Tasks, tests and writes that there was no room for.
    pub more: More,
}

/// How much there was no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// Tasks that are not listed.
    pub tasks: u64,
    /// Tests that are not listed.
    pub tests: u64,
    /// Writes that are not linked to output.
    pub writes: u64,
}

/// The pass.
#[derive(Debug, Default)]
pub struct Survey {
    places: HashMap<(ProcessIx, ThreadNo), Place>,
    tasks: Tasks,
    tests: Tests,
    writes: Writes,
    lines: Lines,
}

/// Where the pass over one thread stands.
#[derive(Debug, Default)]
struct Place {
    /// Block to go on in, and how many of its bytes were passed.
    block: usize,
    at: usize,
    raw: u64,
    /// Ordinals of the open calls, outermost first.
    open: Vec<u64>,
    next: u64,
    /// Code of the call that opened last.
    code: u32,
    /// What a test framework does in the thread.
    running: Running,
    /// Open calls whose end matters, outermost first: depth and what for.
    awaited: Vec<(usize, Awaited)>,
}

/// A call whose end matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Task(usize),
    Test(usize),
}

/// A call that opens, or ends.
#[derive(Clone, Copy, Debug)]
struct Moment {
    id: CallId,
    ns: u64,
    /// Tells the generators of a process apart; 0: none.
    generator: u64,
}

impl Survey {
    /// Passes over at most about `blocks` more blocks.
    pub fn advance(&mut self, trace: &Trace, blocks: usize) -> Progress {
        let (mut left, mut of, mut done) = (blocks.max(1), 0, 0);
        for process in trace.processes() {
            for thread in process.threads() {
                let known = thread.blocks().len();
                of += known;
                let mut place = self.places.remove(&(process.ix, thread.no)).unwrap_or_default();
                while left > 0
                    && let Some(block) = thread.blocks().get(place.block)
                    && (place.at < block.used as usize || place.block + 1 < known)
                {
                    left -= 1;
                    self.pass(trace, process, thread.no, &mut place);
                    if place.block + 1 == known {
                        break;
                    }
                    place.block += 1;
                    place.at = 0;
                }
                done += place.block;
                self.places.insert((process.ix, thread.no), place);
            }
        }
        let caught_up = self.lines.advance(trace.path());
        Progress { done, of, finished: left > 0 && caught_up }
    }

    /// Passes over everything there is.
    pub fn finish(&mut self, trace: &Trace) {
        while !self.advance(trace, usize::MAX).finished {}
    }

    /// The lists as they are now.
    #[must_use]
    pub fn lists(&self, trace: &Trace) -> Lists {
        Lists {
            tasks: self.tasks.rows.clone(),
            tests: self.tests.listed(trace),
            written: written(trace, &self.writes),
            lines: self.lines.starts(),
            more: More { tasks: self.tasks.more, tests: self.tests.more, writes: self.writes.more },
        }
    }

    /// Passes over the rest of the block that a thread's pass has come to.
    fn pass(&mut self, trace: &Trace, process: &Process, thread: ThreadNo, place: &mut Place) {
        let Some(raw) = trace.raw_block(process.ix, thread, place.block) else { return };
        let Some(header) = raw.header else { return };
        if place.at == 0 {
            place.raw = header.start.raw;
            place.next = header.first;
            // Behind a gap other calls are open than before it: those that are gone have no end, new ones no name.
            place.open.resize(header.depth as usize, u64::MAX);
            place.awaited.retain(|(depth, _)| *depth < header.depth as usize);
        }
        let clock = &process.clock;
        let moment = |ordinal: u64, raw: u64, generator: u64| Moment {
            id: CallId { process: process.ix, thread, ordinal },
            ns: clock.ns(raw),
            generator,
        };
        while place.at < raw.events.len() {
            let Ok(event) = decode(&raw.events, &mut place.at, &mut place.raw) else {
                // What follows in this block cannot be read.
                place.at = usize::MAX;
                return;
            };
            match event.body {
                Body::Open { code, how, generator, .. } => {
                    let ordinal = place.next;
                    place.next += 1;
                    let depth = place.open.len();
                    place.open.push(ordinal);
                    place.code = code;
                    // Segments of one that was met before.
                    if how != Opening::Call && generator != 0 {
                        let moment = moment(ordinal, event.raw, generator);
                        if let Some(task) = self.tasks.goes_on(&moment, how) {
                            place.awaited.push((depth, Awaited::Task(task)));
                        }
                        if let Some(test) = self.tests.goes_on(&moment) {
                            place.awaited.push((depth, Awaited::Test(test)));
                        }
                    } else if how == Opening::Call {
                        let inside = place.awaited.iter().any(|(_, what)| matches!(what, Awaited::Test(_)));
                        let moment = moment(ordinal, event.raw, 0);
                        if let Some(test) = self.tests.opened(&mut place.running, process, code, inside, &moment) {
                            place.awaited.push((depth, Awaited::Test(test)));
                        }
                    }
                }
                Body::Close { how, generator, payload } => {
                    if let Some(ordinal) = place.open.pop().filter(|at| how == Closing::Raise && *at != u64::MAX) {
                        let call = CallId { process: process.ix, thread, ordinal };
                        Tests::raised(&mut place.running, place.open.len(), call, payload);
                    }
                    while let Some((_, what)) = place.awaited.pop_if(|(depth, _)| *depth >= place.open.len()) {
                        let moment = moment(0, event.raw, generator);
                        match what {
                            Awaited::Task(task) => self.tasks.ends(task, &moment, how, payload),
                            Awaited::Test(test) => self.tests.ends(test, &moment, how, payload),
                        }
                    }
                }
                Body::Note { tag: tag::TASK, payload } => {
                    if let Some(ordinal) = place.open.last().copied() {
                        let depth = place.open.len() - 1;
                        let moment = moment(ordinal, event.raw, 0);
                        // A segment that goes on is known by its generator already.
                        if !place.awaited.iter().any(|(at, what)| *at == depth && matches!(what, Awaited::Task(_)))
                            && let Some(task) = self.tasks.named(
                                &String::from_utf8_lossy(payload),
                                || process.label(CodeId(place.code)),
                                &moment,
                            )
                        {
                            place.awaited.push((depth, Awaited::Task(task)));
                        }
                    }
                }
                Body::Note { tag: tag::WROTE, payload } => {
                    if let Some(ordinal) = place.open.last().copied() {
                        self.writes.add(&moment(ordinal, event.raw, 0), payload);
                    }
                }
                Body::Note { tag: tag::TEST, payload } => {
                    if let Some(note) = TestNote::decode(payload) {
                        let ordinal = place.open.last().copied().unwrap_or(u64::MAX);
                        let moment = moment(ordinal, event.raw, 0);
                        self.tests.noted(&mut place.running, &note, place.open.len(), &moment);
                    }
                }
                Body::Note { .. } => {}
            }
        }
    }
}

/// How a call ended, as far as it tells whether more follows.
fn goes_on(how: Closing) -> bool {
    matches!(how, Closing::Yield | Closing::Resync)
}

#[cfg(test)]
mod tests;
