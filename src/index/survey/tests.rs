//! Tasks, tests and writes of small traces, gathered at once and in steps.

use super::*;
use crate::model::code::CodeKind;
use crate::trace::event::put_number;
use crate::trace::output::OutputWriter;
use crate::trace::test_note::Phase;
use crate::trace::testing::{START_MONO_NS, ThreadBuilder, TraceBuilder};

/// The lists, gathered `blocks` at a time.
fn lists(dir: &std::path::Path, blocks: usize) -> Lists {
    let trace = Trace::open(dir).unwrap();
    let mut survey = Survey::default();
    for _ in 0..10_000 {
        if survey.advance(&trace, blocks).finished {
            return survey.lists(&trace);
        }
    }
    panic!("it never ends");
}

fn raised(name: &str) -> Vec<u8> {
    [&[name.len() as u8], name.as_bytes(), &[0x1f, 3]].concat()
}

#[test]
fn tasks_are_put_together_from_their_steps() {
    for (small, blocks) in [(200, 1), (200, 7), (1 << 16, 1000)] {
        let dir = tempfile::tempdir().unwrap();
        let mut trace = TraceBuilder::new(dir.path());
        let mut process = trace.process(7);
        let main = process.body("m", "/srv/m.py");
        let job = process.code(Some("m"), "job", "/srv/m.py", 9, |record| record.facts.kind = CodeKind::Coroutine);
        let leaf = process.code(Some("m"), "leaf", "/srv/m.py", 3, |record| record.facts.kind = CodeKind::Coroutine);
        let mut thread = process.thread(1).small_blocks(small);
        let task = |name: &str| (tag::TASK, name.as_bytes().to_vec());
        thread.at(1_600).call(main);
        // Two tasks take turns; a third is cancelled, a fourth fails, a fifth is never woken again.
        for (at, name) in ["Task-1", "two", "three", "", "five"].iter().enumerate() {
            let (tag, bytes) = task(name);
            thread.after(160).call(job).note(tag, &bytes).after(1_600).call(leaf).after(160);
            thread.yields(90 + at as u64).yields(70 + at as u64);
        }
        for _ in 0..9 {
            for key in [70, 71] {
                thread.after(160).open(Opening::Resume, job, key, None).open(Opening::Resume, leaf, key + 20, None);
                thread.after(1_600).yields(key + 20).yields(key);
            }
        }
        thread.open(Opening::Resume, job, 70, None).after(1_600).ret();
        thread
            .open(Opening::Throw, job, 72, None)
            .after(1_600)
            .raise_with(&raised("asyncio.exceptions.CancelledError"));
        thread.open(Opening::Resume, job, 73, None).after(1_600).raise_with(&raised("ValueError"));
        // A second recorded coroutine in the first task, whose own is not recorded, and a task with a used name.
        thread.after(160).call(leaf).note(tag::TASK, b"Task-1").after(1_600).ret();
        thread.after(160).call(leaf).note(tag::TASK, b"two").after(1_600).ret();
        thread.ret().publish();
        process.end();
        trace.end(0);

        let lists = lists(dir.path(), blocks);
        let rows: Vec<_> = lists
            .tasks
            .iter()
            .map(|task| (task.name.as_str(), task.label.as_str(), task.steps, task.state.clone()))
            .collect();
        let expected = [
            ("Task-1", "m.job", 12, TaskState::Done),
            ("two", "m.job", 10, TaskState::Pending),
            ("three", "m.job", 2, TaskState::Cancelled),
            ("#4", "m.job", 2, TaskState::Raised(Some("ValueError".to_owned()))),
            ("five", "m.job", 1, TaskState::Pending),
            ("two", "m.leaf", 1, TaskState::Done),
        ];
        assert_eq!(rows, expected);
        let first = &lists.tasks[0];
        assert_eq!(first.run_ns, 1_760 + 9 * 1_600 + 1_600 + 1_600);
        assert_eq!((first.first.ordinal, lists.more), (1, More::default()));
        assert!(first.wait_ns() > 9 * 1_600 && first.seen_ns > first.begin_ns);
    }
}

#[test]
fn tests_are_listed_with_what_came_of_them() {
    for (small, blocks) in [(200, 1), (1 << 16, 1000)] {
        let dir = tempfile::tempdir().unwrap();
        let mut trace = TraceBuilder::new(dir.path());
        let mut process = trace.process(7);
        let file = "/srv/tests/test_cart.py";
        let [good, bad, broken, skipped, open] =
            ["test_good", "TestCart.test_bad", "test_broken", "test_skip", "test_open"]
                .map(|name| process.function("test_cart", name, file, 1));
        let slow =
            process.code(Some("test_cart"), "test_slow", file, 9, |record| record.facts.kind = CodeKind::Coroutine);
        let helper = process.function("test_cart", "helper", file, 3);
        let mut thread = process.thread(1).small_blocks(small);
        thread.at(1_600).call(good).call(helper).ret().call(bad).ret().after(1_600).ret();
        thread.call(bad).raise_with(&raised("AssertionError"));
        thread.call(broken).raise_with(&raised("ValueError"));
        thread.call(skipped).raise_with(&raised("unittest.case.SkipTest"));
        thread.call(slow).yields(5).call(helper).ret().open(Opening::Resume, slow, 5, None).after(1_600).raise();
        thread.call(open).publish();
        process.end();
        trace.end(0);

        let lists = lists(dir.path(), blocks);
        let rows: Vec<_> = lists.tests.iter().map(|test| (test.name.as_str(), test.outcome.clone())).collect();
        let expected = [
            ("test_cart.test_good", TestOutcome::Passed),
            ("test_cart.TestCart.test_bad", TestOutcome::Failed),
            ("test_cart.test_broken", TestOutcome::Failed),
            ("test_cart.test_skip", TestOutcome::Skipped),
            ("test_cart.test_slow", TestOutcome::Failed),
            ("test_cart.test_open", TestOutcome::Open),
        ];
        assert_eq!(rows, expected);
        assert_eq!(lists.tests[0].end_ns - lists.tests[0].begin_ns, 1_600);
    }
}

fn say(thread: &mut ThreadBuilder, phase: Phase, word: &str, name: &str) {
    thread.note(tag::TEST, &TestNote { phase, word: word.into(), name: name.into() }.encode());
}

#[test]
fn what_a_framework_says_goes_before_how_calls_end() {
    for (small, blocks) in [(200, 1), (1 << 16, 1000)] {
        let dir = tempfile::tempdir().unwrap();
        let mut trace = TraceBuilder::new(dir.path());
        let file = "/srv/tests/test_cart.py";
        // A process that starts a worker, which runs the tests and reports them to it.
        let mut control = trace.process(6);
        let mut thread = control.thread(1).small_blocks(small);
        for (name, word) in [("a::test_good", "passed"), ("a::test_marked", "skipped"), ("a::test_lost", "failed")] {
            say(&mut thread, Phase::Call, word, name);
        }
        thread.publish();
        control.end();
        let mut process = trace.process_as("7", 6, |_| {});
        let [good, outer, helper, check] =
            ["test_good", "test_outer", "test_helper", "check"].map(|name| process.function("t", name, file, 1));
        let mut thread = process.thread(1).small_blocks(small);
        say(&mut thread, Phase::Setup, "skipped", "a::test_marked");
        say(&mut thread, Phase::Teardown, "passed", "a::test_marked");
        say(&mut thread, Phase::Setup, "passed", "a::test_good");
        thread.call(good).call(helper).raise_with(&raised("OSError")).after(160).ret();
        say(&mut thread, Phase::Call, "passed", "a::test_good");
        say(&mut thread, Phase::Teardown, "passed", "a::test_good");
        // A test of a framework runs tests; then the outer one fails in its fixture.
        say(&mut thread, Phase::Setup, "passed", "a::test_outer");
        thread.call(outer);
        say(&mut thread, Phase::Start, "", "inner.T.check");
        thread.call(check).raise_with(&raised("AssertionError"));
        say(&mut thread, Phase::Call, "failed", "inner.T.check");
        say(&mut thread, Phase::End, "", "inner.T.check");
        say(&mut thread, Phase::End, "", "never.began");
        say(&mut thread, Phase::Start, "", "inner.T.never_ends");
        thread.ret();
        say(&mut thread, Phase::Call, "passed", "a::test_outer");
        say(&mut thread, Phase::Teardown, "error", "a::test_outer");
        say(&mut thread, Phase::Call, "strange \u{1b}", "alone");
        thread.note(tag::TEST, &[200]).publish();
        process.end();
        trace.end(0);

        let lists = lists(dir.path(), blocks);
        let ordinal = |test: &TestRun| test.call.map(|call| call.ordinal);
        let rows: Vec<_> = lists
            .tests
            .iter()
            .map(|test| (test.name.as_str(), test.outcome.word(), test.during, ordinal(test)))
            .collect();
        let expected = [
            ("a::test_lost", "failed", "", None),
            ("a::test_marked", "skipped", "", None),
            ("a::test_good", "passed", "", Some(0)),
            ("a::test_outer", "error", "teardown", Some(2)),
            ("inner.T.check", "failed", "", Some(3)),
            ("inner.T.never_ends", "running", "", None),
            ("alone", "strange \u{1b}", "", None),
        ];
        assert_eq!(rows, expected);
    }
}

#[test]
fn output_is_found_by_line_and_by_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let (main, say) = (process.body("m", "/srv/m.py"), process.function("m", "say", "/srv/m.py", 2));
    let wrote = |device: u64, length: u64| {
        let mut fields = [0; 20];
        let used = put_number(&mut fields, device);
        let used = used + put_number(&mut fields[used..], length);
        fields[..used].to_vec()
    };
    let mut thread = process.thread(1);
    thread.at(1_600_000).call(main).note(tag::WROTE, &wrote(9, 5));
    // Not our terminal; not a note that anybody could read.
    thread.after(1_600).note(tag::WROTE, &wrote(8, 500)).note(tag::WROTE, &[0xff]);
    thread.after(1_600).call(say).note(tag::WROTE, &wrote(9, 6)).after(1_600).ret().ret().publish();
    process.end();
    trace.end(0);
    let mut output = OutputWriter::open(dir.path(), 0, 9).unwrap();
    output.append(b"one\r\ntwo!\r\n", START_MONO_NS + 2_000_000);
    output.append(b"nobody", START_MONO_NS + 9_000_000);
    drop(output);

    let lists = lists(dir.path(), 1);
    let found: Vec<_> = lists.written.iter().map(|it| (it.start, it.end, it.call.ordinal)).collect();
    assert_eq!(found, [(0, 5, 0), (5, 11, 1)]);
    assert_eq!(lists.lines, [0, 5, 11, 17]);
}
