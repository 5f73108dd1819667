//! How long a key takes: the state's answer and the whole picture after it, on a trace of 10 million calls (or as many as
//! the first argument says). One table: per key the middle, the 99th percentile and the worst of a thousand presses, each
//! at a random call of the trace. The goal is 16 ms at the 99th percentile, and 100 ms to the first picture.
//!
//! ```text
//! cargo bench --bench screen
//! ```

#[path = "common/screen.rs"]
mod screen;
#[path = "common/table.rs"]
mod table;
#[path = "common/trace.rs"]
mod trace;

use ct_tui::model::id::{CallId, ProcessIx, ThreadNo};
use ct_tui::trace::Trace;
use screen::Screen;
use table::{latency, latency_of, memory, row, timed};
use trace::trace_of;

fn main() {
    let dir = trace_of(10_000_000);
    let before = memory("VmHWM:");
    let (mut screen, first) = timed(|| Screen::of(Trace::open_lazily(dir.path()).expect("a trace")));
    row("to the first picture", &format!("{:.1} ms", first.as_secs_f64() * 1e3));

    let calls = {
        let trace = screen.state.session.trace.clone().expect("a trace");
        let trace = trace.read().expect("nobody panicked");
        trace.thread(ProcessIx(0), ThreadNo(1)).expect("a thread").calls()
    };
    let call = |random: u64| CallId { process: ProcessIx(0), thread: ThreadNo(1), ordinal: random % calls };
    println!("\n{:<46} {:>8} {:>10} {:>10}", "a key and its picture, at random calls", "p50", "p99", "worst");
    latency("to any call", |random| {
        screen.state.goto(call(random));
        screen.paint();
    });
    for keys in [
        "down", "up", "pagedown", "pageup", "right", "left", "enter", "e", "c", "E", "C", "[", "]", "u", ">", "<", "*",
        "#", ".", "g", "G", "v", "w", "?",
    ] {
        latency_of(keys, |random| {
            // Whoever moves about somewhere keeps it unfolded; nobody does so at thousands of places. What is above a subtree
            // that was made the root is folded only from outside.
            screen.press("< g C");
            screen.state.goto(call(random));
            if keys == "<" {
                screen.press(">");
            }
            timed(|| screen.press(keys)).1
        });
    }
    println!();
    if let (Some(before), Some(after)) = (before, memory("VmHWM:")) {
        row(
            "memory, at most",
            &format!("{:.1} MB (at the start {:.1})", after as f64 / 1024.0, before as f64 / 1024.0),
        );
    }
}
