//! Searches over several threads and processes, with and without a profile, in steps of any size.

use super::*;
use crate::trace::testing::TraceBuilder;

#[test]
fn every_hit_in_order_both_ways_whatever_the_budget() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = TraceBuilder::new(dir.path());
    let mut expected = Vec::new();
    for (process, pid) in [7, 8, 9].into_iter().enumerate() {
        let mut folder = builder.process(pid);
        let common = folder.function("m", "common", "/srv/m.py", 1);
        let rare = folder.function("m", "rare", "/srv/m.py", 2);
        for number in 1..=2 {
            let mut thread = folder.thread(number).small_blocks(200);
            for step in 0..400u64 {
                if step % 97 == 13 && pid != 8 {
                    let id = CallId {
                        process: ProcessIx(process as u32),
                        thread: ThreadNo(number),
                        ordinal: thread.next_ordinal(),
                    };
                    expected.push(id);
                    thread.call(rare).ret();
                }
                thread.after(16).call(common).call(common).ret().ret();
            }
            thread.publish();
        }
        folder.end();
    }
    builder.end(0);
    let trace = Trace::open(dir.path()).unwrap();
    let mut profile = Profile::new();
    profile.finish(&trace);
    let wanted = |process: ProcessIx, code: CodeId| trace.label(process, code) == "m.rare";
    let start = CallId { process: ProcessIx(0), thread: ThreadNo(1), ordinal: 0 };
    let end = CallId { process: ProcessIx(2), thread: ThreadNo(2), ordinal: u64::MAX };
    for profile in [None, Some(&profile)] {
        for budget in [1, 3, usize::MAX] {
            let search = Search { trace: &trace, profile, wanted };
            let all = |mut from, direction| {
                let mut found = Vec::new();
                for _ in 0..100_000 {
                    match search.everywhere(from, direction, budget) {
                        Step::Found(id) => {
                            found.push(id);
                            from = id;
                        }
                        Step::More(id) => from = id,
                        Step::End => return found,
                    }
                }
                panic!("the search never ends");
            };
            assert_eq!(all(start, Direction::Forward), expected);
            let mut backward = all(end, Direction::Backward);
            backward.reverse();
            assert_eq!(backward, expected);
        }
    }
    let search = Search { trace: &trace, profile: Some(&profile), wanted };
    let within = expected[1].ordinal + 1..expected[2].ordinal;
    assert_eq!(search.in_thread(start, Direction::Forward, within, usize::MAX), Step::End);
    let within = expected[1].ordinal..expected[2].ordinal;
    assert_eq!(search.in_thread(start, Direction::Forward, within, usize::MAX), Step::Found(expected[1]));
}
