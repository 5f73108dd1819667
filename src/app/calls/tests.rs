use super::*;
use crate::app::State;
use crate::app::event::Event;
use crate::app::layout::Size;
use crate::app::session::{Phase, Session};
use crate::config::{Config, Key};
use crate::trace::testing::{ProcessBuilder, ThreadBuilder, TraceBuilder};
use std::path::Path;
use std::sync::{Arc, RwLock};

fn open(dir: &Path) -> State {
    let trace = Arc::new(RwLock::new(Trace::open(dir).unwrap()));
    let size = Size { width: 100, height: 40 };
    let mut state = State::explorer(Config::default(), size, Session::new(trace));
    state.update(Event::Resize(size));
    state
}

fn press(state: &mut State, keys: &str) {
    for key in keys.split_whitespace() {
        state.update(Event::Key(key.parse::<Key>().unwrap()));
    }
}

/// The trace grew on disk; the explorer hears of it.
fn grow(state: &mut State) {
    state.session.trace.as_ref().unwrap().write().unwrap().refresh_fully();
    state.update(Event::TraceGrew);
}

/// One line per row: indentation, fold sign, name or count.
fn rows(state: &State) -> Vec<String> {
    let trace = state.session.trace.as_ref().unwrap().read().unwrap();
    let calls = &state.panes.calls;
    let line = |(at, row): (usize, &Row)| {
        let sign = match row.fold {
            Fold::Leaf => ".",
            Fold::Folded => "+",
            Fold::Unfolded => "-",
        };
        let name = match (row.node, &row.call, row.more) {
            (_, Some(call), _) => format!("{}#{}", label::name(&trace, call).0, call.id.ordinal),
            (_, _, Some((n, all))) => format!("{n}{} more", if all { "" } else { "+" }),
            (Node::Thread(_, no), ..) => format!("thread {}", no.0),
            (Node::Process(ix), ..) => format!("process {}", ix.0),
            _ => "?".to_owned(),
        };
        let here = if at == calls.cursor.at { "*" } else { "" };
        format!("{}{sign}{name}{here}", " ".repeat(row.depth))
    };
    calls.rows().iter().enumerate().map(line).collect()
}

/// A live trace with one thread: `main` calls `f`, which is open.
fn growing(dir: &Path) -> (TraceBuilder, ProcessBuilder, ThreadBuilder, u32) {
    let mut trace = TraceBuilder::new(dir);
    trace.manifest.launcher_pid = std::process::id();
    trace.write_manifest();
    let mut process = trace.process(std::process::id());
    let (main, f) = (process.body("__main__", "/srv/app.py"), process.function("__main__", "f", "/srv/app.py", 3));
    let mut thread = process.thread(1);
    thread.at(1_600).call(main).after(160).call(f).after(160).call(f).after(160).ret().publish();
    (trace, process, thread, f)
}

#[test]
fn folding_and_moving() {
    let dir = tempfile::tempdir().unwrap();
    let (_trace, _process, mut thread, f) = growing(dir.path());
    thread.after(160).ret().after(160).call(f).after(160).call(f).after(160).ret().after(160).ret().publish();
    let mut state = open(dir.path());
    // The program itself is unfolded at first, and never again without being asked.
    assert_eq!(rows(&state), ["-thread 1*", " -<__main__>#0", "  +f#1", "  +f#3"]);
    for (keys, expected) in [
        ("down left", &["-thread 1", " +<__main__>#0*"][..]),
        ("right", &["-thread 1", " -<__main__>#0*", "  +f#1", "  +f#3"]),
        ("right e", &["-thread 1", " -<__main__>#0", "  -f#1*", "   .f#2", "  -f#3", "   .f#4"]),
        ("]", &["-thread 1", " -<__main__>#0", "  -f#1", "   .f#2", "  -f#3*", "   .f#4"]),
        ("right u", &["-thread 1", " -<__main__>#0", "  -f#1", "   .f#2", "  -f#3*", "   .f#4"]),
        ("[ c", &["-thread 1", " -<__main__>#0", "  +f#1*", "  +f#3"]),
        ("c", &["-thread 1", " +<__main__>#0*"]),
        ("E", &["-thread 1", " -<__main__>#0*", "  -f#1", "   .f#2", "  -f#3", "   .f#4"]),
        ("down > ", &["-f#1*", " .f#2"]),
        ("down <", &["-thread 1", " -<__main__>#0", "  -f#1*", "   .f#2", "  -f#3", "   .f#4"]),
        ("g C", &["+thread 1*"]),
        ("enter", &["-thread 1*", " +<__main__>#0"]),
    ] {
        press(&mut state, keys);
        assert_eq!(rows(&state), expected, "after {keys}");
    }
}

#[test]
fn the_selection_stays_on_its_call_while_the_tree_grows() {
    let dir = tempfile::tempdir().unwrap();
    let (_trace, process, mut thread, f) = growing(dir.path());
    let mut state = open(dir.path());
    press(&mut state, "down right right right");
    assert_eq!(rows(&state), ["-thread 1", " -<__main__>#0", "  -f#1", "   .f#2*"]);
    // A thread that sorts before nothing, calls behind: nothing moves the selection.
    let mut other = process.thread(2);
    other.at(3_200).call(f).after(160).ret().publish();
    thread.after(160).ret();
    for _ in 0..5 {
        thread.after(160).call(f).after(160).ret();
    }
    thread.publish();
    grow(&mut state);
    let shown = rows(&state);
    assert_eq!(shown[3], "   .f#2*");
    assert_eq!(shown.len(), 10, "{shown:?}");
    // Paused, the display stands still; afterwards it has caught up.
    press(&mut state, "space");
    thread.after(160).call(f).after(160).ret().publish();
    grow(&mut state);
    assert_eq!(rows(&state), shown);
    press(&mut state, "space");
    assert_eq!(rows(&state).len(), 11);
}

#[test]
fn what_is_passed_by_folds_again_unless_someone_moves_there() {
    let dir = tempfile::tempdir().unwrap();
    let (_trace, _process, mut thread, f) = growing(dir.path());
    thread.after(160).ret().after(160).call(f).after(160).call(f).after(160).ret().after(160).ret().publish();
    let mut state = open(dir.path());
    let hit = |ordinal| CallId { process: ProcessIx(0), thread: crate::model::id::ThreadNo(1), ordinal };
    state.goto(hit(2));
    assert_eq!(rows(&state), ["-thread 1", " -<__main__>#0", "  -f#1", "   .f#2*", "  +f#3"]);
    state.goto(hit(4));
    assert_eq!(rows(&state), ["-thread 1", " -<__main__>#0", "  +f#1", "  -f#3", "   .f#4*"]);
    press(&mut state, "up");
    state.goto(hit(2));
    assert_eq!(rows(&state), ["-thread 1", " -<__main__>#0", "  -f#1", "   .f#2*", "  -f#3", "   .f#4"]);
}

#[test]
fn a_row_that_says_more_is_right_however_much_there_is_to_count() {
    let dir = tempfile::tempdir().unwrap();
    let (_trace, _process, mut thread, f) = growing(dir.path());
    thread.after(160).ret();
    for _ in 0..9_000 {
        thread.after(160).call(f).after(160).ret();
    }
    thread.publish();
    let mut state = open(dir.path());
    press(&mut state, "down right right");
    let shown = rows(&state);
    assert_eq!(shown[..5], ["-thread 1", " -<__main__>#0", "  -f#1*", "   .f#2", "  .f#3"]);
    let more = shown.last().unwrap();
    assert!(more.ends_with("+ more") && !more.contains(".0+"), "{more}");
}

#[test]
fn wide_nodes_come_in_pages() {
    let dir = tempfile::tempdir().unwrap();
    let (_trace, _process, mut thread, f) = growing(dir.path());
    for _ in 0..1_000 {
        thread.after(160).call(f).after(160).ret();
    }
    thread.publish();
    let mut state = open(dir.path());
    press(&mut state, "down right right");
    let shown = rows(&state);
    assert_eq!(shown.len(), 3 + tree::PAGE + 1);
    assert_eq!(shown.last().unwrap(), "   .901 more");
    press(&mut state, "G enter");
    let shown = rows(&state);
    assert_eq!(shown.last().unwrap(), "   .801 more");
    assert_eq!(shown[3 + tree::PAGE], format!("   .f#{}*", 2 + tree::PAGE), "the cursor goes on with the next call");
    // A call far away gets a window of its own, with what is left out on either side.
    let id = CallId { ordinal: 700, ..state.panes.calls.call().unwrap().id };
    state.goto(id);
    let shown = rows(&state);
    assert!(shown.contains(&"   .f#700*".to_owned()), "{shown:?}");
    let more: Vec<_> = shown.iter().filter(|row| row.ends_with("more")).collect();
    assert_eq!(more.len(), 2, "{more:?}");
    let of = |row: &String| row.trim_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().unwrap();
    let calls = shown.iter().filter(|row| row.starts_with("   .f#")).count();
    assert_eq!(calls + more.into_iter().map(of).sum::<usize>(), 1_001);
    // Growing, a window meets the next one, and they are one.
    for _ in 0..10 {
        let at = state.panes.calls.rows().iter().position(|row| row.more.is_some());
        let Some(at) = at else { break };
        state.panes.calls.cursor.at = at;
        state.panes.calls.selected = Some(state.panes.calls.rows()[at].node);
        press(&mut state, "enter");
    }
    let shown = rows(&state);
    let ordinals: Vec<u64> =
        state.panes.calls.rows().iter().filter_map(|row| row.call.map(|call| call.id.ordinal)).collect();
    assert_eq!(ordinals, (0..1_003).collect::<Vec<_>>(), "{}", shown.len());
}

#[test]
fn following_keeps_the_running_call_in_view_and_leaves_no_trail() {
    let dir = tempfile::tempdir().unwrap();
    let (_trace, _process, mut thread, f) = growing(dir.path());
    let mut state = open(dir.path());
    assert_eq!(state.session.phase, Phase::Recording);
    press(&mut state, "f");
    assert_eq!(rows(&state), ["-thread 1", " -<__main__>#0", "  +f#1*"]);
    for step in 0..6u64 {
        // Each step ends 200 calls and leaves one open.
        for _ in 0..200 {
            thread.after(160).call(f).after(160).ret();
        }
        thread.after(160).call(f).publish();
        grow(&mut state);
        let running = state.panes.calls.call().unwrap();
        assert_eq!(running.end_ns, None, "step {step}");
        assert_eq!(running.descendants, 0);
        assert!(rows(&state).len() < 600 + 200 * 6, "windows pile up: {}", rows(&state).len());
    }
    let deep = state.panes.calls.row().unwrap().depth;
    assert_eq!(deep, 8);
    // Moving by hand ends following, and nothing is folded by that.
    let before = rows(&state).len();
    press(&mut state, "up");
    assert!(!state.panes.calls.follow);
    assert_eq!(rows(&state).len(), before);
    // The end of the program ends following too.
    press(&mut state, "f");
    assert!(state.panes.calls.follow);
}

#[test]
fn what_is_followed_stands_between_the_first_calls_and_those_just_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    trace.manifest.launcher_pid = std::process::id();
    trace.write_manifest();
    let mut state = open(dir.path());
    state.panes.calls.follow = true;
    let mut process = trace.process(std::process::id());
    let (main, f) = (process.body("__main__", "/srv/app.py"), process.function("__main__", "f", "/srv/app.py", 3));
    let mut thread = process.thread(1);
    thread.at(1_600).call(main);
    let mut next = 1;
    for running in [20, 2_600, 2_601] {
        for _ in next..running {
            thread.after(160).call(f).after(160).ret();
        }
        thread.after(160).call(f).publish();
        // What is too much to be counted for one picture is counted for the next ones.
        for _ in 0..3 {
            grow(&mut state);
        }
        let mut expected = vec!["-thread 1".to_owned(), " -<__main__>#0".to_owned()];
        expected.extend((1..=6).map(|at| format!("  .f#{at}")));
        expected.push(format!("  .{} more", running - 11));
        expected.extend((running - 4..=running).map(|at| format!("  .f#{at}{}", if at == running { "*" } else { "" })));
        assert_eq!(rows(&state), expected);
        thread.after(160).ret();
        next = running + 1;
    }
    // When all is over there is time to look at it.
    thread.after(160).ret().publish();
    process.end();
    trace.end(0);
    grow(&mut state);
    assert_eq!(rows(&state).len(), 2 + tree::PAGE + 1 + 5);
}

#[test]
fn what_is_unfolded_unasked_leaves_room_for_other_processes() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    for (key, parent) in [("10", 1), ("11", 10)] {
        let mut process = trace.process_as(key, parent, |_| {});
        let (main, f) = (process.body("__main__", "/srv/app.py"), process.function("__main__", "f", "/srv/app.py", 3));
        let mut thread = process.thread(1);
        thread.at(160).call(main);
        for _ in 0..30 {
            thread.after(160).call(f).after(160).ret();
        }
        thread.after(160).ret().publish();
        process.end();
    }
    trace.end(0);
    let shown = rows(&open(dir.path()));
    assert_eq!(shown[2..4], ["  -<__main__>#0", "   .f#1"]);
    assert_eq!(shown[15..18], ["   .18 more", " -process 1", "  -thread 1"]);
}

#[test]
fn unfolding_everything_stops_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let (_trace, _process, mut thread, f) = growing(dir.path());
    for _ in 0..300 {
        thread.after(160).call(f);
        for _ in 0..20 {
            thread.after(160).call(f).after(160).ret();
        }
        thread.after(160).ret();
    }
    thread.publish();
    let mut state = open(dir.path());
    press(&mut state, "down E");
    assert!(state.message.as_ref().unwrap().text.contains("unfolded the first"), "{:?}", state.message);
    assert!(rows(&state).len() < tree::UNFOLD_LIMIT + 2 * tree::PAGE);
}

#[test]
fn processes_and_threads_are_branches() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    for (key, parent) in [("10", 1), ("11", 10), ("12", 10), ("13", 11)] {
        let mut process = trace.process_as(key, parent, |_| {});
        let f = process.function("m", "f", "/srv/m.py", 1);
        for no in [1, 2] {
            process.thread(no).at(160).call(f).after(160).ret().publish();
        }
        process.end();
    }
    trace.end(0);
    let mut state = open(dir.path());
    assert_eq!(
        rows(&state),
        [
            "-process 0*",
            " -thread 1",
            "  .f#0",
            " +thread 2",
            " -process 1",
            "  -thread 1",
            "   .f#0",
            "  +thread 2",
            "  -process 3",
            "   -thread 1",
            "    .f#0",
            "   +thread 2",
            " -process 2",
            "  -thread 1",
            "   .f#0",
            "  +thread 2",
        ]
    );
    press(&mut state, "down down down down > ");
    assert_eq!(rows(&state)[0], "-process 1*");
    assert_eq!(rows(&state).len(), 8);
    press(&mut state, "< C");
    assert_eq!(rows(&state)[4..6], [" +process 1*", " -process 2"]);
}
