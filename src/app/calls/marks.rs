//! Rows of the call tree that say that the recording itself changed there: another filter, a pause. Without them a gap
//! would look as if nothing had run.

use super::tree::Node;
use crate::app::units;
use crate::index::{Change, ChangeKind, Nav};
use crate::model::id::{ProcessIx, ThreadNo};
use crate::trace::Trace;
use std::collections::{BTreeMap, HashMap};

/// Blocks that are read for one picture; the rest follows with the next ones.
const STEP: usize = 64;

/// A row that marks one change, or several with no call between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Recording was paused, and that is the last that happened.
    pub paused: bool,
    /// What happened, in words.
    pub text: String,
    /// How long recording was paused, in nanoseconds.
    pub took_ns: Option<u64>,
}

/// What is known of the changes of all threads.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    threads: HashMap<(ProcessIx, ThreadNo), OfThread>,
}

#[derive(Clone, Debug, Default)]
struct OfThread {
    /// By block.
    blocks: BTreeMap<usize, Vec<Change>>,
    /// By the call around them, in order.
    inside: HashMap<Option<u64>, Vec<Change>>,
}

impl Marks {
    /// Takes in what is new. Blocks that say that there is nothing are not read.
    pub fn sync(&mut self, trace: &Trace) {
        let mut budget = STEP;
        for process in trace.processes() {
            for thread in process.threads().iter().filter(|thread| !thread.changes().is_empty()) {
                let Some(nav) = Nav::new(trace, process.ix, thread.no) else { continue };
                let known = self.threads.entry((process.ix, thread.no)).or_default();
                let mut news = false;
                for (index, count) in thread.changes() {
                    let is_known = known.blocks.get(index).is_some_and(|changes| changes.len() >= *count as usize);
                    if is_known || budget == 0 {
                        continue;
                    }
                    budget -= 1;
                    news |= known
                        .blocks
                        .insert(*index, nav.changes_in(*index))
                        .is_none_or(|before| before.len() < *count as usize);
                }
                if news {
                    known.inside.clear();
                    for change in known.blocks.values().flatten() {
                        known.inside.entry(change.parent).or_default().push(*change);
                    }
                }
            }
        }
    }

    /// The changes directly inside a node, in order.
    #[must_use]
    pub fn inside(&self, node: Node) -> &[Change] {
        let (process, thread, parent) = match node {
            Node::Thread(process, thread) => (process, thread, None),
            Node::Call(id) => (id.process, id.thread, Some(id.ordinal)),
            _ => return &[],
        };
        self.threads.get(&(process, thread)).and_then(|known| known.inside.get(&parent)).map_or(&[], Vec::as_slice)
    }
}

/// Some changes, with no call between them, as one row.
#[must_use]
pub fn mark(trace: &Trace, process: ProcessIx, changes: &[Change]) -> Mark {
    let mut filters = changes.iter().filter_map(|change| match change.kind {
        ChangeKind::Filter(generation) => Some(generation),
        _ => None,
    });
    let filter = match (filters.next(), filters.count()) {
        (None, _) => None,
        (Some(generation), 0) => Some(filter_changed(trace, process, generation)),
        (Some(_), more) => Some(format!("filter changed {} times", more + 1)),
    };
    let pause = |kind| changes.iter().rfind(|change| change.kind == kind).map(|change| change.ns);
    let (began, ended) = (pause(ChangeKind::Paused), pause(ChangeKind::Resumed));
    let (pause, took_ns) = match (began, ended) {
        (None, None) => (None, None),
        (None, Some(_)) => (Some("recording begins here, after a pause"), None),
        (Some(began), Some(ended)) if ended >= began => (Some("recording was paused"), Some(ended - began)),
        (Some(_), _) => (Some("recording is paused from here on"), None),
    };
    let text = match (pause, filter) {
        (Some(pause), Some(filter)) => format!("{pause}; {filter}"),
        (Some(pause), None) => pause.to_owned(),
        (None, filter) => filter.unwrap_or_default(),
    };
    Mark { paused: pause.is_some(), text, took_ns }
}

/// What a filter changed, as far as the functions had been seen before.
fn filter_changed(trace: &Trace, process: ProcessIx, generation: u32) -> String {
    let (recorded, skipped) =
        trace.process(process).map(|process| process.codes.changes(generation)).unwrap_or_default();
    let functions = |count| units::plural(count, "function", "functions");
    match (recorded, skipped) {
        (0, 0) => "filter changed: what was seen so far is recorded as before".to_owned(),
        (recorded, 0) => format!("filter changed: {} now recorded", functions(recorded)),
        (0, skipped) => format!("filter changed: {} no longer recorded", functions(skipped)),
        (recorded, skipped) => {
            format!("filter changed: {} now recorded, {} no longer", functions(recorded), units::grouped(skipped))
        }
    }
}
