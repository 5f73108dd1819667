//! Where the recording itself changed: another filter, a pause, its end. A block's header says whether there is anything
//! of that in it, so a long trace is not read for it.

use super::Nav;
use crate::trace::event::{Body, number, tag};
use crate::trace::reader::decode::NONE;

/// A change, and its place among the calls of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Ordinal of the innermost call that was open at it and stayed open; `None`: it stands at the thread's top.
    pub parent: Option<u64>,
    /// Calls open at it.
    pub depth: u32,
    /// Calls from this ordinal on come after it.
    pub before: u64,
    /// Nanoseconds since the start of the recording.
    pub ns: u64,
    /// What changed.
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The filter; its generation.
    Filter(u32),
    /// Recording was paused.
    Paused,
    /// Recording goes on.
    Resumed,
}

impl Nav<'_> {
    /// All changes of the thread, in order. Blocks without any are not read.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        self.thread().changes().keys().flat_map(|index| self.changes_in(*index))
    }

    /// The changes that block `index` notes, in order.
    #[must_use]
    pub fn changes_in(&self, index: usize) -> Vec<Change> {
        let Some(block) = self.block(index) else { return Vec::new() };
        let kind = |at| match block.event(at)? {
            Body::Note { tag: tag::FILTER, payload } => {
                Some(ChangeKind::Filter(u32::try_from(number(payload, &mut 0).ok()?).ok()?))
            }
            Body::Note { tag: tag::PAUSED, .. } => Some(ChangeKind::Paused),
            Body::Note { tag: tag::RESUMED, .. } => Some(ChangeKind::Resumed),
            _ => None,
        };
        let changes = block.notes.iter().filter(|note| tag::is_change(note.tag)).filter_map(|note| {
            let parent = match note.owner {
                NONE => note.depth.checked_sub(1).and_then(|depth| self.open_at(index, depth)),
                local => Some(block.first + u64::from(local)),
            };
            Some(Change {
                parent,
                depth: note.depth,
                before: block.first + u64::from(note.opens),
                ns: self.process().clock.ns(note.raw),
                kind: kind(note.at)?,
            })
        });
        changes.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ProcessIx, ThreadNo};
    use crate::trace::Trace;
    use crate::trace::testing::TraceBuilder;

    #[test]
    fn changes_have_a_place_among_the_calls() {
        let folder = tempfile::tempdir().unwrap();
        let mut trace = TraceBuilder::new(folder.path());
        let mut process = trace.process(1);
        let f = process.function("m", "f", "/m.py", 1);
        // Small blocks: what is open was opened in an earlier one.
        let mut thread = process.thread(1).small_blocks(400);
        thread.at(1_000).note(tag::FILTER, &[1]).call(f).call(f);
        for _ in 0..400 {
            thread.after(160).call(f).ret();
        }
        thread.after(160).note(tag::FILTER, &[2]).call(f).ret().ret().ret();
        thread.after(160).note(tag::PAUSED, &[]).after(1_600).note(tag::RESUMED, &[]).call(f).ret();
        // A generation that is no number is passed over.
        thread.note(tag::FILTER, &[0x80]).note(tag::THREAD_NAME, b"x");
        thread.publish();
        process.end();
        trace.end(0);
        let trace = Trace::open(folder.path()).unwrap();
        let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
        let found: Vec<_> = nav.changes().map(|change| (change.parent, change.before, change.kind)).collect();
        let expected = [
            (None, 0, ChangeKind::Filter(1)),
            (Some(1), 402, ChangeKind::Filter(2)),
            (None, 403, ChangeKind::Paused),
            (None, 403, ChangeKind::Resumed),
        ];
        assert_eq!(found, expected);
        let (all, read) = (nav.thread().blocks().len(), nav.thread().changes().len());
        assert!(all > 2 * read, "most blocks are not looked at: {read} of {all}");
    }
}
