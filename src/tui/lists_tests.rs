//! Pictures of the panes that list what is rare among the calls: tasks, tests, lines of output.

use super::sample::{explorer, picture, press};
use crate::app::event::Event;
use crate::app::layout::Size;
use crate::model::code::CodeKind;
use crate::trace::event::{Opening, put_number, tag};
use crate::trace::output::OutputWriter;
use crate::trace::test_note::{Phase, TestNote};
use crate::trace::testing::{START_MONO_NS, TraceBuilder};
use insta::assert_snapshot;
use std::path::Path;
use tempfile::TempDir;

/// Two tasks that take turns, one that fails and one that waits for ever; a test run; three lines of output.
fn trace() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    dir
}

fn write(dir: &Path) {
    let mut trace = TraceBuilder::new(dir);
    let mut process = trace.process(7);
    let main = process.body("__main__", "/srv/app.py");
    let coroutine = |record: &mut crate::model::code::CodeRecord| record.facts.kind = CodeKind::Coroutine;
    let fetch = process.code(Some("shop.net"), "fetch", "/srv/shop/net.py", 9, coroutine);
    let parse = process.function("shop.net", "parse", "/srv/shop/net.py", 20);
    let file = "/srv/tests/test_cart.py";
    let tests = ["test_add", "TestCart.test_total", "test_empty", "test_net"]
        .map(|name| process.function("test_cart", name, file, 3));
    let raised = |name: &str| [&[name.len() as u8], name.as_bytes(), &[0x1f, 3]].concat();
    let wrote = |length: u64| {
        let mut fields = [0; 20];
        let used = put_number(&mut fields, 9);
        let used = used + put_number(&mut fields[used..], length);
        fields[..used].to_vec()
    };
    let mut thread = process.thread(1);
    thread.name("MainThread");
    thread.at(1_600_000).call(main).note(tag::WROTE, &wrote(22));
    for (at, name) in ["Task-1", "prices", "broken \u{1b}[2J", "forgotten"].iter().enumerate() {
        thread
            .after(16_000)
            .call(fetch)
            .note(tag::TASK, name.as_bytes())
            .after(160_000)
            .call(parse)
            .after(32_000)
            .ret();
        thread.yields(70 + at as u64);
    }
    for key in [70, 71, 70] {
        thread
            .after(1_600_000)
            .open(Opening::Resume, fetch, key, None)
            .after(16_000)
            .call(parse)
            .after(3_200)
            .ret()
            .yields(key);
    }
    thread.after(16_000).open(Opening::Resume, fetch, 70, None).after(16_000).note(tag::WROTE, &wrote(6)).ret();
    thread.after(16_000).open(Opening::Throw, fetch, 71, None).raise_with(&raised("asyncio.CancelledError"));
    thread.after(16_000).open(Opening::Resume, fetch, 72, None).after(16_000).raise_with(&raised("ValueError"));
    thread.after(160_000).call(tests[0]).call(parse).after(16_000).ret().ret();
    thread.call(tests[1]).after(1_600_000).raise_with(&raised("AssertionError"));
    thread.call(tests[2]).after(32_000).raise_with(&raised("_pytest.outcomes.Skipped"));
    let say = |phase, word: &str, name: &str| TestNote { phase, word: word.into(), name: name.into() }.encode();
    let never = "tests/test_cart.py::test_never[one \u{1b}[2J]";
    let long = "tests/test_cart.py::TestCart::test_of_a_shop_with_a_very_long_name[a-b-c]";
    let net = "tests/test_cart.py::test_net";
    thread.note(tag::TEST, &say(Phase::Collect, "error", "tests/test_broken.py"));
    thread
        .note(tag::TEST, &say(Phase::Setup, "skipped", never))
        .note(tag::TEST, &say(Phase::Teardown, "passed", never));
    thread.call(parse).after(320_000).raise_with(&raised("ConnectionError"));
    thread.note(tag::TEST, &say(Phase::Setup, "error", long)).note(tag::TEST, &say(Phase::Teardown, "passed", long));
    thread.note(tag::TEST, &say(Phase::Setup, "passed", net));
    thread.call(tests[3]).after(320_000).raise_with(&raised("ConnectionError"));
    thread.note(tag::TEST, &say(Phase::Call, "xfailed", net));
    thread.ret().publish();
    process.end();
    trace.end(0);
    let mut output = OutputWriter::open(dir, 0, 9).unwrap();
    output.append(b"\x1b[32mstarting\x1b[0m", START_MONO_NS + 1_700_000);
    output.append(b" up\r\ndone\r\n", START_MONO_NS + 7_500_000);
    output.append(b"nobody said this\r\n", START_MONO_NS + 8_500_000);
}

#[test]
fn tasks_at_the_named_sizes() {
    let dir = trace();
    for (width, height) in [(140, 40), (60, 20), (20, 5)] {
        let mut state = explorer(dir.path(), width, height);
        press(&mut state, "6 right down down");
        assert_snapshot!(format!("tasks_{width}x{height}"), picture(&state));
    }
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "6 right down down enter");
    assert_eq!(state.main, crate::app::pane::PaneId::Calls);
    assert_eq!(state.panes.calls.call().map(|call| call.id.ordinal), Some(2), "the call inside the first step");
}

#[test]
fn tests_at_the_named_sizes() {
    let dir = trace();
    for (width, height) in [(140, 40), (60, 20), (20, 5)] {
        let mut state = explorer(dir.path(), width, height);
        press(&mut state, "7");
        assert_snapshot!(format!("tests_{width}x{height}"), picture(&state));
    }
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "7 f");
    assert!(!picture(&state).contains("test_add"), "{}", picture(&state));
    press(&mut state, "f g down down down down down enter");
    assert!(picture(&state).contains("no call of this test"), "{}", picture(&state));
    press(&mut state, "up up enter");
    assert!(picture(&state).contains("parse"), "its calls are shown: {}", picture(&state));
}

#[test]
fn output_lines_lead_to_calls_and_back() {
    let dir = trace();
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "4");
    assert_snapshot!("output_lines_100x30", picture(&state));
    press(&mut state, "down enter");
    assert_eq!(state.panes.calls.call().map(|call| call.opening), Some(Opening::Resume), "{}", picture(&state));
    assert!(picture(&state).contains("wrote done"), "{}", picture(&state));
    press(&mut state, "O");
    assert_eq!((state.panes.output.cursor.at, state.panes.output.count()), (1, 3));
    press(&mut state, "G enter");
    assert!(picture(&state).contains("was not noted"), "a guess is said to be one: {}", picture(&state));
    for (width, height) in [(60, 20), (20, 5), (3, 2)] {
        state.update(Event::Resize(Size { width, height }));
        press(&mut state, "4 g G 6 right 7 1");
    }
}

#[test]
fn without_any_the_panes_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let main = process.body("__main__", "/srv/app.py");
    process.thread(1).call(main).ret().publish();
    process.end();
    trace.end(0);
    let mut state = explorer(dir.path(), 100, 30);
    for (key, words) in [("6", "No asyncio task"), ("7", "No test was recorded"), ("4", "was not kept")] {
        press(&mut state, key);
        assert!(picture(&state).contains(words), "{}", picture(&state));
    }
}
