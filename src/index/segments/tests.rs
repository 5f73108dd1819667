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
            assert_eq!(next(&nav, &info).ok(), mine.get(place + 1).copied(), "next of {place}");
            assert_eq!(previous(&nav, &info).ok(), place.checked_sub(1).map(|at| mine[at]), "before {place}");
            assert_eq!(first(&nav, &info).ok(), (place > 0).then_some(mine[0]));
            assert_eq!(last(&nav, &info).ok(), (place + 1 < mine.len()).then_some(mine[mine.len() - 1]));
        }
        assert_eq!(next(&nav, &call(other)).ok(), Some(other + 1));
        assert_eq!(first(&nav, &call(other + 1)).ok(), Some(other));
        assert_eq!(next(&nav, &call(0)), Err(Missing::None));
    }
}
