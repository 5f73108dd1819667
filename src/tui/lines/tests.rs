//! Pictures of the Lines pane at named sizes, and what its keys do.

use crate::app::State;
use crate::app::event::Event;
use crate::app::layout::Size;
use crate::app::pane::PaneId;
use crate::app::source::Source;
use crate::config::{Role, Theme};
use crate::model::value::Value;
use crate::trace::event::tag;
use crate::trace::testing::{ThreadBuilder, TraceBuilder};
use crate::tui::sample::{buffer, explorer, payload, picture, press, shop};
use insta::assert_snapshot;
use tempfile::TempDir;

const SOURCE: &str = "def total(items):\n    amount = 0\n    for item in items:\n        amount += price(item)\n    return amount\n\n\ndef price(item):\n    return item * 3\n\n\ntotal([5, 7])\n";
/// Rounds of the loop.
const ROUNDS: i64 = 40;

fn line(thread: &mut ThreadBuilder, line: u8, changed: &[(u8, Value)]) {
    let mut bytes = vec![line];
    for (variable, value) in changed {
        bytes.push(*variable);
        bytes.extend(payload(std::slice::from_ref(value)));
    }
    thread.after(1_600).note(tag::LINE, &bytes);
}

/// `total` loops over `price`; 0: items, 1: amount, 2: item.
fn trace(ended: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    trace.manifest.options.lines = true;
    trace.write_manifest();
    let mut process = trace.process(4711);
    let body = process.body("__main__", "/srv/app.py");
    let code = |name: &str, first: u32, locals: &'static [&'static str]| {
        (name.to_owned(), first, locals.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    };
    let codes =
        [code("total", 1, &["items", "amount", "item"]), code("price", 8, &["item"])].map(|(name, first, locals)| {
            process.code(Some("__main__"), &name, "/srv/app.py", first, |record| {
                record.facts.params = locals[..1].to_vec();
                record.facts.locals = locals;
            })
        });
    let mut thread = process.thread(1).small_blocks(600);
    thread.name("MainThread");
    thread
        .at(16_000)
        .call(body)
        .after(1_600)
        .call_with(codes[0], &payload(&[Value::Range(Box::new((Value::Int(0), Value::Int(ROUNDS), Value::Int(1))))]));
    line(&mut thread, 2, &[(0, Value::Str { text: "evil\u{1b}[2J".into(), escaped: false, length: 8 })]);
    line(&mut thread, 3, &[(1, Value::Int(0))]);
    for item in 0..ROUNDS {
        line(&mut thread, 4, &[(2, Value::Int(item))]);
        thread.after(160).call_with(codes[1], &payload(&[Value::Int(item)]));
        line(&mut thread, 9, &[(0, Value::Int(item))]);
        thread.after(160).ret_with(&payload(&[Value::Int(item * 3)]));
        line(&mut thread, 3, &[(1, Value::Int(item * 3 + 100))]);
    }
    if ended {
        line(&mut thread, 5, &[]);
        thread.after(160).ret_with(&payload(&[Value::Int(217)])).after(160).ret();
    }
    thread.publish();
    process.end();
    dir
}

fn source() -> Event {
    let lines = SOURCE.lines().map(|line| vec![(Role::Text, line.to_owned())]).collect();
    Event::Source(Source { path: "/srv/app.py".into(), lines: Ok(lines), modified: 0.0 })
}

/// The pane on `total`, with its source.
fn lines(dir: &TempDir, width: u16, height: u16) -> State {
    let mut state = explorer(dir.path(), width, height);
    press(&mut state, "down down L");
    assert_eq!(state.main, PaneId::Lines);
    state.update(source());
    state
}

#[test]
fn lines_at_the_named_sizes() {
    let dir = trace(true);
    for (width, height) in [(140, 40), (60, 20), (20, 5)] {
        let mut state = lines(&dir, width, height);
        press(&mut state, "j j j j j tab J");
        let name = format!("lines_{width}x{height}");
        let shown = picture(&state);
        assert!(width < 60 || shown.contains("100 → 103"), "{shown}");
        assert_snapshot!(name, shown);
    }
}

fn at(state: &State) -> (u64, Option<u32>) {
    (state.panes.lines.position().0, state.panes.lines.line())
}

#[test]
fn keys_walk_through_the_lines_and_the_calls() {
    let dir = trace(true);
    let mut state = lines(&dir, 140, 40);
    assert_eq!(at(&state), (0, Some(1)), "the entry");
    press(&mut state, "j j");
    assert_eq!(at(&state), (2, Some(3)));
    press(&mut state, "* * #");
    assert_eq!(at(&state), (4, Some(3)), "the second time this line runs");
    // `amount` is the second variable: it was set by the line before, and is again by the next but one.
    press(&mut state, "K K J = ");
    assert_eq!(at(&state), (3, Some(4)));
    press(&mut state, "]");
    assert_eq!(at(&state), (5, Some(4)));
    press(&mut state, "[ [");
    assert_eq!(at(&state), (1, Some(2)), "`amount = 0`");
    press(&mut state, "[");
    assert_eq!(at(&state), (1, Some(2)));
    assert!(picture(&state).contains("there is no other such line in this call"));
    // Into the call made by the line, and out to the line that made it.
    press(&mut state, "G");
    assert_eq!(at(&state), (2 * ROUNDS as u64 + 3, Some(5)));
    assert!(picture(&state).contains("returns 217"), "{}", picture(&state));
    press(&mut state, "k k enter");
    assert_eq!(state.panes.lines.shown().title, "__main__.price");
    assert_eq!(state.panes.calls.call().map(|call| call.depth), Some(2), "the tree goes along");
    press(&mut state, "j u");
    assert_eq!(at(&state), (2 * ROUNDS as u64 + 1, Some(4)));
    press(&mut state, "g");
    assert_eq!(at(&state), (0, Some(1)));
    press(&mut state, "j enter");
    assert!(picture(&state).contains("made no call"), "{}", picture(&state));
    press(&mut state, "tab esc");
    assert_eq!(state.main, PaneId::Lines, "first out of the variables");
    press(&mut state, "esc");
    assert_eq!(state.main, PaneId::Calls);
}

#[test]
fn every_theme_marks_what_changed() {
    let dir = trace(true);
    let mut state = lines(&dir, 100, 30);
    press(&mut state, "j j j");
    for (name, _) in crate::config::theme::BUILTIN {
        state.config.theme = Theme::builtin(name).unwrap();
        let shown = picture(&state);
        assert!(shown.contains("0 → 100") && shown.contains('▶'), "{name}: {shown}");
        assert!(!shown.contains('\u{1b}') && buffer(&state).area.width == 100);
    }
    state.config.ascii = true;
    state.config.signs = crate::config::signs::ASCII;
    let shown = picture(&state);
    assert!(shown.is_ascii() && shown.contains("0 -> 100"), "{shown}");
}

#[test]
fn without_lines_it_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    shop(dir.path());
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "down L");
    assert!(picture(&state).contains("ct-tui record --lines app.py"), "{}", picture(&state));
    let dir = trace(true);
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "L");
    assert!(picture(&state).contains("No call is selected."), "{}", picture(&state));
    press(&mut state, "1 down L");
    assert!(picture(&state).contains("No line of this call was recorded."), "{}", picture(&state));
    state.update(Event::Resize(Size { width: 1, height: 1 }));
    picture(&state);
}

#[test]
fn a_call_that_runs_has_no_end() {
    let dir = trace(false);
    let mut state = lines(&dir, 100, 30);
    press(&mut state, "G");
    let shown = picture(&state);
    assert_eq!(at(&state).1, Some(3), "{shown}");
    assert!(!shown.contains("returns"), "{shown}");
}

/// What is searched are the source of the lines, and the names and values of what they change; the search goes round.
#[test]
fn a_search_walks_through_the_steps() {
    let dir = trace(true);
    let mut state = lines(&dir, 140, 40);
    press(&mut state, "/ r e t u r n enter");
    assert_eq!(at(&state), (2 * ROUNDS as u64 + 3, Some(5)));
    press(&mut state, "n");
    assert_eq!(at(&state), (2 * ROUNDS as u64 + 3, Some(5)), "the only one");
    press(&mut state, "/ a m o u n t space = enter");
    assert_eq!(at(&state), (1, Some(2)), "round the end");
    press(&mut state, "/ 2 1 7 enter");
    assert_eq!(at(&state), (2 * 39 + 3, Some(4)), "the line that makes it 217");
    press(&mut state, "/ i t e m s enter");
    assert_eq!(at(&state), (2 * 39 + 4, Some(3)), "the source");
    press(&mut state, "n");
    assert_eq!(at(&state), (0, Some(1)), "the entry, whose argument is called so");
    press(&mut state, "N");
    assert_eq!(at(&state), (2 * 39 + 4, Some(3)), "round the other end");
    press(&mut state, "/ x y z enter");
    assert_eq!(at(&state), (2 * 39 + 4, Some(3)));
    assert!(picture(&state).contains("no line of this call has \"xyz\""), "{}", picture(&state));
}
