//! Segments of interleaved generators, with keys that are used again.

use super::*;
use crate::model::id::{ProcessIx, ThreadNo};
use crate::trace::Trace;
use crate::trace::testing::TraceBuilder;

#[test]
fn segments_are_linked_whatever_runs_in_between() {
    for block in [200, 1 << 16] {
        let dir = tempfile::tempdir().unwrap();
        let mut trace = TraceBuilder::new(dir.path());
        let mut process = trace.process(7);
        let (main, a, b, f) = (
            process.body("m", "/srv/m.py"),
            process.function("m", "a", "/srv/m.py", 1),
            process.function("m", "b", "/srv/m.py", 2),
            process.function("m", "f", "/srv/m.py", 3),
        );
        let mut thread = process.thread(1).small_blocks(block);
        let mut mine = Vec::new();
        thread.call(main);
        mine.push(thread.next_ordinal());
        thread.call(a).yields(77);
        thread.call(b).yields(88);
        for round in 0..40 {
            for _ in 0..5 {
                thread.after(16).call(f).ret();
            }
            mine.push(thread.next_ordinal());
            let how = if round % 2 == 0 { Opening::Resume } else { Opening::Throw };
            thread.open(how, a, 77, None).call(f).ret();
            if round < 39 {
                thread.yields(77)
            } else {
                thread.ret()
            };
            thread.open(Opening::Resume, b, 88, None).yields(88);
        }
        // Its address is used again: this one is no continuation.
        let other = thread.next_ordinal();
        thread.call(b).yields(77);
        thread.open(Opening::Resume, b, 77, None).ret();
        thread.ret().publish();
        process.end();
        trace.end(0);

        let trace = Trace::open(dir.path()).unwrap();
        let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
        let call = |ordinal| nav.call(ordinal).unwrap();
        for (place, ordinal) in mine.iter().enumerate() {
            let info = call(*ordinal);
            let at = |found: Result<CallId, Missing>| found.ok().map(|id| id.ordinal);
            assert_eq!(at(next(&trace, &info)), mine.get(place + 1).copied(), "next of {place}");
            assert_eq!(at(previous(&trace, &info)), place.checked_sub(1).map(|at| mine[at]), "before {place}");
            assert_eq!(at(first(&trace, &info)), (place > 0).then_some(mine[0]));
            assert_eq!(at(last(&trace, &info)), (place + 1 < mine.len()).then_some(mine[mine.len() - 1]));
        }
        assert_eq!(next(&trace, &call(other)), Ok(nav.id(other + 1)));
        assert_eq!(first(&trace, &call(other + 1)), Ok(nav.id(other)));
        assert_eq!(next(&trace, &call(0)), Err(Missing::None));
    }
}

/// A generator that three threads take turns with, and another one that gets its key in a fourth.
#[test]
fn a_generator_may_go_on_in_another_thread() {
    for block in [200, 1 << 16] {
        let dir = tempfile::tempdir().unwrap();
        let mut trace = TraceBuilder::new(dir.path());
        let mut process = trace.process(7);
        let (a, f) = (process.function("m", "a", "/srv/m.py", 1), process.function("m", "f", "/srv/m.py", 3));
        let mut threads: Vec<_> = (1..=4).map(|no| process.thread(no).small_blocks(block)).collect();
        let mut segments = Vec::new();
        for round in 0..31u64 {
            let (no, thread) = (round as usize % 3, &mut threads[round as usize % 3]);
            thread.at(round * 1_600).call(f).ret();
            segments.push((no as u32 + 1, thread.next_ordinal()));
            let how = if round == 0 { Opening::Call } else { Opening::Resume };
            thread.open(how, a, if round == 0 { 0 } else { 77 }, None).call(f).ret().after(160);
            if round == 15 {
                thread.resync_close()
            } else {
                thread.yields(77)
            };
        }
        threads[3].at(200_000).call(a).after(160).yields(77);
        threads[3].after(160).open(Opening::Resume, a, 77, None).ret();
        threads.iter_mut().for_each(|thread| {
            thread.publish();
        });
        process.end();
        trace.end(0);

        let trace = Trace::open(dir.path()).unwrap();
        let ids: Vec<CallId> = segments
            .iter()
            .map(|(no, ordinal)| CallId { process: ProcessIx(0), thread: ThreadNo(*no), ordinal: *ordinal })
            .collect();
        for (place, id) in ids.iter().enumerate() {
            let info = Nav::of(&trace, *id).unwrap().call(id.ordinal).unwrap();
            assert_eq!(next(&trace, &info).ok(), ids.get(place + 1).copied(), "next of {place}");
            assert_eq!(previous(&trace, &info).ok(), place.checked_sub(1).map(|at| ids[at]), "before {place}");
            assert_eq!(first(&trace, &info).ok(), (place > 0).then_some(ids[0]));
            assert_eq!(last(&trace, &info).ok(), (place < 30).then_some(ids[30]));
        }
    }
}
