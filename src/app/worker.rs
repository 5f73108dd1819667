//! The thread for what takes longer than a frame: reading and colouring source files, and searching the calls. One job
//! at a time; a newer search makes an older one stop.

use super::calls::tree::Node;
use super::event::Event;
use super::lines;
use super::search::{Found, From, Outcome, Query, Wanted, matching};
use super::session::{SharedTrace, read};
use super::source;
use super::totals::Totals;
use crate::index::survey::Survey;
use crate::index::value_search::{Needle, Place, ValueStep, Within, find};
use crate::index::{Direction, Nav, Profile, Progress, Search, Step, Walk};
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::trace::Trace;
use std::collections::HashSet;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What the thread is asked to do.
#[derive(Debug)]
pub enum Job {
    /// Read and colour a source file.
    Source(PathBuf),
    /// Search the calls of a trace.
    Search(SharedTrace, Query),
}

/// The thread.
#[derive(Debug)]
pub struct Worker {
    jobs: Sender<Job>,
    /// Traces whose totals are wanted.
    sums: Sender<SharedTrace>,
    /// Calls whose lines are wanted, and the number of the newest question about them.
    lines: Sender<(SharedTrace, lines::Job)>,
    newest_lines: Arc<AtomicU64>,
    /// Traces whose tasks, tests and output are wanted.
    surveys: Sender<SharedTrace>,
    /// The newest search; older ones give up.
    newest: Arc<AtomicU64>,
}

impl Worker {
    /// Starts the thread; answers go to `events`.
    ///
    /// # Errors
    ///
    /// There is no room for a thread.
    pub fn start(events: SyncSender<Event>) -> io::Result<Self> {
        let (sums, wanted) = channel::<SharedTrace>();
        let told = events.clone();
        thread::Builder::new().name("totals".to_owned()).spawn(move || gather::<Profile>(&wanted, &told))?;
        let (lines, asked) = channel::<(SharedTrace, lines::Job)>();
        let newest_lines = Arc::new(AtomicU64::new(0));
        let (told, current) = (events.clone(), Arc::clone(&newest_lines));
        thread::Builder::new().name("lines".to_owned()).spawn(move || {
            for (trace, job) in asked {
                let number = job.number;
                let stale = || current.load(Ordering::Relaxed) != number;
                if pass_over(&trace, job, &stale, &mut |done| told.send(Event::Lines(done)).is_ok()).is_none() {
                    return;
                }
            }
        })?;
        let (surveys, wanted) = channel::<SharedTrace>();
        let told = events.clone();
        thread::Builder::new().name("survey".to_owned()).spawn(move || gather::<Survey>(&wanted, &told))?;
        let (jobs, receiver) = channel::<Job>();
        let newest = Arc::new(AtomicU64::new(0));
        let current = Arc::clone(&newest);
        thread::Builder::new().name("worker".to_owned()).spawn(move || {
            for job in receiver {
                let event = match job {
                    Job::Source(path) => Event::Source(source::load(&path)),
                    Job::Search(trace, query) => {
                        let number = query.number;
                        let stale = || current.load(Ordering::Relaxed) != number;
                        match search(&trace, &query, &stale) {
                            Some(outcome) => Event::Found(Found { number, outcome }),
                            None => continue,
                        }
                    }
                };
                if events.send(event).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, sums, lines, newest_lines, surveys, newest })
    }

    /// Hands the thread a job.
    pub fn give(&self, job: Job) {
        if let Job::Search(_, query) = &job {
            self.newest.store(query.number, Ordering::Relaxed);
        }
        // The thread ends only with the program.
        let _ = self.jobs.send(job);
    }

    /// Asks for the totals of a trace. They come in parts while they take long.
    pub fn sum_up(&self, trace: SharedTrace) {
        let _ = self.sums.send(trace);
    }

    /// Asks about the lines of a call. An older question is given up.
    pub fn lines(&self, trace: SharedTrace, job: lines::Job) {
        self.newest_lines.store(job.number, Ordering::Relaxed);
        let _ = self.lines.send((trace, job));
    }

    /// Asks for the tasks and tests of a trace and the writers of its output; they come in parts, too.
    pub fn survey(&self, trace: SharedTrace) {
        let _ = self.surveys.send(trace);
    }

    /// Makes a search that is under way give up.
    pub fn stop_search(&self) {
        self.newest.store(u64::MAX, Ordering::Relaxed);
    }
}

/// Blocks that are passed over before the trace is let go of for a moment.
const PASS_STEP: usize = 256;
/// How often a part of the answer is handed out.
const PART: Duration = Duration::from_millis(250);

/// Something that is gathered in one pass over all events of a trace.
trait Pass: Default {
    /// Passes over about this many more blocks.
    fn advance(&mut self, trace: &Trace, blocks: usize) -> Progress;
    /// What it came to so far.
    fn told(&self, trace: &Trace, progress: Progress) -> Event;
}

impl Pass for Profile {
    fn advance(&mut self, trace: &Trace, blocks: usize) -> Progress {
        self.advance(trace, blocks)
    }

    fn told(&self, trace: &Trace, progress: Progress) -> Event {
        Event::Totals(Arc::new(Totals::of(trace, self, progress)))
    }
}

impl Pass for Survey {
    fn advance(&mut self, trace: &Trace, blocks: usize) -> Progress {
        self.advance(trace, blocks)
    }

    fn told(&self, trace: &Trace, progress: Progress) -> Event {
        Event::Surveyed(Arc::new(self.lists(trace)), progress)
    }
}

/// Passes over one trace after the other. What was gathered of a trace is kept while it is asked for again.
fn gather<P: Pass>(wanted: &Receiver<SharedTrace>, events: &SyncSender<Event>) {
    let mut current: Option<(SharedTrace, P)> = None;
    for trace in wanted {
        let (trace, pass) = match current.take() {
            Some((before, pass)) if Arc::ptr_eq(&before, &trace) => (trace, pass),
            _ => (trace, P::default()),
        };
        let (trace, pass) = &mut *current.insert((trace, pass));
        let mut told = Instant::now();
        loop {
            let (progress, event) = {
                let trace = read(trace);
                let progress = pass.advance(&trace, PASS_STEP);
                let due = progress.finished || told.elapsed() >= PART;
                (progress, due.then(|| pass.told(&trace, progress)))
            };
            if let Some(event) = event {
                told = Instant::now();
                if events.send(event).is_err() {
                    return;
                }
            }
            if progress.finished {
                break;
            }
        }
    }
}

/// Passes over the lines of a call and looks for a step, in parts. `None`: `tell` has nobody left to tell.
fn pass_over(
    trace: &SharedTrace,
    mut job: lines::Job,
    stale: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(lines::Done) -> bool,
) -> Option<()> {
    let mut told = Instant::now();
    while !stale() {
        let finished = job.index.advance(&read(trace), STEP);
        let walk = match &mut job.walk {
            Some((from, forward, wanted)) if finished => {
                match job.index.walk(&read(trace), *from, *forward, wanted, STEP) {
                    Walk::More(step) => {
                        *from = step;
                        continue;
                    }
                    found => Some(found),
                }
            }
            _ => None,
        };
        if finished || told.elapsed() >= PART {
            told = Instant::now();
            if !tell(lines::Done { number: job.number, index: job.index.clone(), finished, walk }) {
                return None;
            }
        }
        if finished {
            break;
        }
    }
    Some(())
}

/// The same from beginning to end, on the caller's thread.
#[must_use]
pub fn lines_now(trace: &SharedTrace, job: lines::Job) -> Option<lines::Done> {
    let mut last = None;
    pass_over(trace, job, &|| false, &mut |done| {
        last = Some(done);
        true
    });
    last
}

/// Blocks that are looked at before the trace is let go of for a moment, so that its follower gets a turn.
const STEP: usize = 64;

/// A search from beginning to end, on the caller's thread.
#[must_use]
pub fn search_now(trace: &SharedTrace, query: &Query) -> Found {
    let outcome = search(trace, query, &|| false).unwrap_or(Outcome::Nothing);
    Found { number: query.number, outcome }
}

/// The next call that is wanted. `None`: a newer search has come.
fn search(trace: &SharedTrace, query: &Query, stale: &dyn Fn() -> bool) -> Option<Outcome> {
    let codes = match &query.wanted {
        Wanted::Text(text) => matching(&read(trace), text),
        Wanted::Code(process, code) => HashSet::from([(*process, *code)]),
        Wanted::Value(text) => return search_values(trace, query, &Needle::new(text), stale),
    };
    search_codes(trace, query, &codes, stale)
}

fn search_codes(
    trace: &SharedTrace,
    query: &Query,
    wanted: &HashSet<(ProcessIx, CodeId)>,
    stale: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let direction = if query.forward { Direction::Forward } else { Direction::Backward };
    let start = start(&read(trace), query);
    let Some(mut from) = start else { return Some(Outcome::Nothing) };
    let mut wrapped = false;
    loop {
        if stale() {
            return None;
        }
        let step = {
            let trace = read(trace);
            let first = matches!(from, At::Before(_)).then(|| first_call(&trace, &from, wanted, query)).flatten();
            match first {
                Some(id) => Step::Found(id),
                None => one_step(&trace, from.id(), direction, wanted, query.root),
            }
        };
        match step {
            Step::Found(id) => return Some(Outcome::Hit { id, wrapped, spot: None }),
            Step::More(id) => from = At::Call(id),
            Step::End if wrapped => return Some(Outcome::Nothing),
            Step::End => {
                wrapped = true;
                match other_end(&read(trace), query) {
                    Some(end) => from = end,
                    None => return Some(Outcome::Nothing),
                }
            }
        }
    }
}

/// The next value that has the text. `None`: a newer search has come.
fn search_values(trace: &SharedTrace, query: &Query, needle: &Needle, stale: &dyn Fn() -> bool) -> Option<Outcome> {
    /// Blocks between two looks at whether somebody else wants the trace. Values take longer than names.
    const STEP: usize = 8;
    let direction = if query.forward { Direction::Forward } else { Direction::Backward };
    let within = |trace: &Trace| match query.root {
        Some(Node::Call(root)) => {
            let nav = Nav::of(trace, root)?;
            let place = |(block, at)| Place { process: root.process, thread: root.thread, block, at };
            let end = nav.end(root.ordinal).and_then(|end| end.at).map(place);
            let end = end.unwrap_or(Place::edge(root.process, root.thread, true));
            Some(Within::Events(place(nav.opening(root.ordinal)?), end))
        }
        Some(Node::Thread(..)) => Some(Within::Thread),
        _ => Some(Within::Everything),
    };
    let begin = |trace: &Trace| {
        let id = start(trace, query)?.id();
        let (At::Call(_), Some(nav)) = (start(trace, query)?, Nav::of(trace, id)) else {
            return Some(Place::edge(id.process, id.thread, false));
        };
        let opened =
            nav.opening(id.ordinal).map(|(block, at)| Place { process: id.process, thread: id.thread, block, at });
        let last = query.last.map(|last| if query.forward { last.behind() } else { last });
        last.or(opened).or(Some(Place::edge(id.process, id.thread, !query.forward)))
    };
    let Some(mut from) = begin(&read(trace)) else { return Some(Outcome::Nothing) };
    let mut wrapped = false;
    loop {
        if stale() {
            return None;
        }
        let trace = read(trace);
        let Some(within) = within(&trace) else { return Some(Outcome::Nothing) };
        match find(&trace, needle, from, direction, within, STEP) {
            ValueStep::Found(hit) if outside(&trace, hit.id, query.root) => {
                from = if query.forward { hit.place.behind() } else { hit.place };
            }
            ValueStep::Found(hit) => {
                return Some(Outcome::Hit { id: hit.id, wrapped, spot: Some((hit.place, hit.spot)) });
            }
            ValueStep::More(place) => from = place,
            ValueStep::End if wrapped => return Some(Outcome::Nothing),
            ValueStep::End => {
                wrapped = true;
                let Some(end) = other_end(&trace, query).map(At::id) else { return Some(Outcome::Nothing) };
                from = Place::edge(end.process, end.thread, !query.forward);
            }
        }
    }
}

/// Where a search stands: behind a call, or before the first call of its thread.
#[derive(Clone, Copy, Debug)]
enum At {
    Call(CallId),
    Before(CallId),
}

impl At {
    fn id(self) -> CallId {
        match self {
            Self::Call(id) | Self::Before(id) => id,
        }
    }
}

/// Steps look behind a call; the very first one of a thread is looked at here.
fn first_call(trace: &Trace, at: &At, wanted: &HashSet<(ProcessIx, CodeId)>, query: &Query) -> Option<CallId> {
    let nav = Nav::of(trace, at.id())?;
    let first = nav.first()?;
    let inside = range(trace, nav.id(first), query.root).is_none_or(|range| range.contains(&first));
    (inside && wanted.contains(&(at.id().process, nav.code(first)?))).then(|| nav.id(first))
}

fn one_step(
    trace: &Trace,
    from: CallId,
    direction: Direction,
    wanted: &HashSet<(ProcessIx, CodeId)>,
    root: Option<Node>,
) -> Step {
    let search = Search { trace, profile: None, wanted: |process, code| wanted.contains(&(process, code)) };
    match range(trace, from, root) {
        Some(range) => search.in_thread(from, direction, range, STEP),
        None => match search.everywhere(from, direction, STEP) {
            Step::Found(id) | Step::More(id) if outside(trace, id, root) => Step::End,
            step => step,
        },
    }
}

/// The calls of one thread to which a root confines the search; `None`: several threads.
fn range(trace: &Trace, from: CallId, root: Option<Node>) -> Option<Range<u64>> {
    match root {
        Some(Node::Call(root)) => Some(Nav::of(trace, root).map_or(0..0, |nav| nav.subtree(root.ordinal))),
        Some(Node::Thread(..)) => Some(0..Nav::of(trace, from).map_or(0, |nav| nav.calls())),
        _ => None,
    }
}

fn outside(trace: &Trace, id: CallId, root: Option<Node>) -> bool {
    let Some(Node::Process(root)) = root else { return false };
    let mut process = Some(id.process);
    while let Some(ix) = process {
        if ix == root {
            return false;
        }
        process = trace.process(ix).and_then(|process| process.parent);
    }
    true
}

fn start(trace: &Trace, query: &Query) -> Option<At> {
    let thread_of = |ix: ProcessIx| {
        let thread = trace.process(ix)?.threads().first()?.no;
        Some(At::Before(CallId { process: ix, thread, ordinal: 0 }))
    };
    match query.from {
        From::Call(id) => Some(At::Call(id)),
        From::Thread(process, thread) => Some(At::Before(CallId { process, thread, ordinal: 0 })),
        From::Process(process) => thread_of(process).or_else(|| thread_of(ProcessIx(0))),
        From::Start => thread_of(ProcessIx(0)),
    }
}

/// Where a search goes on when it came to an end.
fn other_end(trace: &Trace, query: &Query) -> Option<At> {
    let (process, thread) = match query.root {
        Some(Node::Call(root)) => {
            // Inside one call: before its first, or behind its last.
            let ordinal = if query.forward { root.ordinal } else { u64::MAX };
            return Some(At::Call(CallId { ordinal, ..root }));
        }
        Some(Node::Thread(process, thread)) => (process, thread),
        _ => {
            let process = if query.forward { trace.processes().first() } else { trace.processes().last() }?;
            let threads = process.threads();
            (process.ix, if query.forward { threads.first() } else { threads.last() }?.no)
        }
    };
    Some(if query.forward {
        At::Before(CallId { process, thread, ordinal: 0 })
    } else {
        At::Call(CallId { process, thread, ordinal: u64::MAX })
    })
}
