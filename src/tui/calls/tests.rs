//! The call tree where the recording itself changed.

use crate::app::State;
use crate::app::event::Event;
use crate::app::layout::Size;
use crate::model::code::{Exec, Verdict};
use crate::model::id::CodeId;
use crate::trace::event::{Opening, tag};
use crate::trace::testing::TraceBuilder;
use crate::tui::sample::{self, explorer, press};

/// A program whose filter was widened, twice within a moment, and narrowed; and whose recording was paused.
fn changed(width: u16, height: u16) -> State {
    let folder = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(folder.path());
    let mut process = trace.process(4711);
    let main = process.body("__main__", "/srv/app.py");
    let loop_ = process.function("__main__", "loop", "/srv/app.py", 3);
    let add = process.function("shop.cart", "Cart.add", "/srv/shop/cart.py", 14);
    for (exec, generation) in [(Exec::Skip, 1), (Exec::Trace, 2), (Exec::Skip, 5)] {
        process.code(Some("shop.cart"), "Cart.add", "/srv/shop/cart.py", 14, |record| {
            record.id = CodeId(add);
            record.verdict = Verdict { exec, generation, ..record.verdict.clone() };
        });
    }
    let mut thread = process.thread(1);
    thread.name("MainThread");
    thread.at(16_000).note(tag::FILTER, &[2]).open(Opening::Resync, main, 0, None).open(
        Opening::Resync,
        loop_,
        0,
        None,
    );
    thread.after(1_600).call(add).after(1_600).ret();
    thread.after(1_600).note(tag::FILTER, &[3]).after(160).note(tag::FILTER, &[4]);
    thread.after(1_600).call(add).after(1_600).resync_close();
    thread.note(tag::FILTER, &[5]).after(320_000).resync_close().resync_close();
    thread.note(tag::PAUSED, &[]).after(2_400_000).note(tag::RESUMED, &[]);
    thread.open(Opening::Resync, main, 0, None).after(1_600).ret();
    thread.publish();
    let mut worker = process.thread(2);
    worker.name("worker").at(16_000).note(tag::FILTER, &[2]).call(add).note(tag::FILTER, &[5]).resync_close();
    worker.publish();
    process.clock(40_000_000);
    process.end();
    trace.end(0);
    explorer(folder.path(), width, height)
}

/// The picture without the bar at the top and the tabs, which have their own tests.
fn picture(state: &State) -> String {
    let all = sample::picture(state);
    let above = if state.size.height < 12 { 0 } else { 2 };
    all.lines().skip(above).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_change_of_what_is_recorded_is_a_row_in_each_thread() {
    let mut state = changed(100, 22);
    press(&mut state, "g E G E g");
    insta::assert_snapshot!("changes_100x22", picture(&state));
    // The cursor stands on such a row like on any other.
    press(&mut state, "down w");
    assert!(picture(&state).contains("select a call first"), "{}", picture(&state));
    press(&mut state, "> < u enter left right ] [ * n");
    for (width, height) in [(60, 20), (20, 5)] {
        let _ = state.update(Event::Resize(Size { width, height }));
        insta::assert_snapshot!(format!("changes_{width}x{height}"), picture(&state));
    }
}

#[test]
fn the_signs_have_an_ascii_form() {
    let mut state = changed(100, 22);
    state.config.signs = crate::config::signs::ASCII;
    press(&mut state, "g E");
    let shown = picture(&state);
    assert!(shown.contains("% filter changed: 1 function now recorded"), "{shown}");
    assert!(shown.contains("= recording was paused"), "{shown}");
}
