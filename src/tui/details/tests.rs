//! What the details and the rows say of exceptions, and searches that look into values.

use crate::app::event::Event;
use crate::app::pane::PaneId;
use crate::model::id::{CallId, ProcessIx, ThreadNo};
use crate::tui::sample::{explorer, picture, press, settle, shop, type_text};

fn id(ordinal: u64) -> CallId {
    CallId { process: ProcessIx(0), thread: ThreadNo(1), ordinal }
}

/// In the shop, `work` (3) calls `Cart.add` (4) and then `total` (5), which raises.
#[test]
fn the_way_of_an_exception() {
    let dir = tempfile::tempdir().unwrap();
    shop(dir.path());
    let mut state = explorer(dir.path(), 120, 30);
    let effects = state.goto(id(5));
    settle(&mut state, effects);
    let shown = picture(&state);
    for text in ["raised in total, caught by work", "total ↯ raised here", "↶ caught here"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let selected = |state: &crate::app::State| state.panes.calls.call().map(|call| call.id);
    press(&mut state, "X");
    assert_eq!(selected(&state), Some(id(3)), "the call that caught it");
    assert!(picture(&state).contains("↯ raised here"), "the way stays in sight: {}", picture(&state));
    press(&mut state, "x");
    assert_eq!(selected(&state), Some(id(5)));
    press(&mut state, "x");
    assert!(picture(&state).contains("it was raised here"));
    press(&mut state, "k x");
    assert!(picture(&state).contains("no exception left this call"), "{}", picture(&state));
    assert!(!picture(&state).contains("caught here"));
}

#[test]
fn values_are_searched_where_it_is_said_how() {
    let dir = tempfile::tempdir().unwrap();
    shop(dir.path());
    let mut state = explorer(dir.path(), 120, 30);
    press(&mut state, "/");
    assert!(picture(&state).contains("=text to look into values"), "{}", picture(&state));
    type_text(&mut state, "=sku17");
    assert!(picture(&state).contains("in arguments, results, exceptions, variables"), "{}", picture(&state));
    press(&mut state, "enter");
    assert_eq!((state.main, state.panes.calls.call().map(|call| call.id)), (PaneId::Calls, Some(id(4))));
    assert!(picture(&state).contains("in the argument sku"), "{}", picture(&state));
    // The same value again, after the end.
    press(&mut state, "n");
    assert!(picture(&state).contains("in the argument sku; the search went on"), "{}", picture(&state));
    press(&mut state, "N");
    assert!(picture(&state).contains("in the argument sku; the search went on"), "{}", picture(&state));
    press(&mut state, "/");
    type_text(&mut state, "=no such value");
    press(&mut state, "enter");
    assert!(picture(&state).contains("no call of \"no such value\" in a value"), "{}", picture(&state));
    // Inside one call.
    press(&mut state, ">");
    press(&mut state, "/");
    type_text(&mut state, "=17");
    press(&mut state, "enter n");
    assert_eq!(state.panes.calls.call().map(|call| call.id), Some(id(4)));
    state.update(Event::TraceGrew);
}
