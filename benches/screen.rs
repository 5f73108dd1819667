//! How long a key takes: the state's answer and the whole picture after it, on a trace of 10 million calls (or as many as
//! the first argument says). One table: per key the middle, the 99th percentile and the worst of a thousand presses, each
//! at a random call of the trace. The goal is 16 ms at the 99th percentile, and 100 ms to the first picture.
//!
//! ```text
//! cargo bench --bench screen
//! ```

mod common;

use common::{latency, latency_of, memory, row, timed, trace_of};
use ct_tui::app::State;
use ct_tui::app::event::{Effect, Event};
use ct_tui::app::layout::Size;
use ct_tui::app::session::Session;
use ct_tui::config::{Config, Key};
use ct_tui::model::id::{CallId, ProcessIx, ThreadNo};
use ct_tui::trace::Trace;
use ct_tui::tui::style::Depth;
use ratatui::{Terminal, backend::TestBackend};
use std::path::Path;
use std::sync::{Arc, RwLock};

const SIZE: Size = Size { width: 160, height: 50 };

/// The explorer with a terminal that is only memory.
struct Screen {
    state: State,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    fn open(dir: &Path) -> Self {
        let trace = Trace::open_lazily(dir).expect("a trace");
        let session = Session::new(Arc::new(RwLock::new(trace)));
        let state = State::explorer(Config::default(), SIZE, session);
        let terminal = Terminal::new(TestBackend::new(SIZE.width, SIZE.height)).expect("memory");
        let mut screen = Self { state, terminal };
        screen.event(Event::Resize(SIZE));
        screen
    }

    /// What the loop does for an event, without what the worker thread does beside it.
    fn event(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.state.update(event);
        self.paint();
        effects.list
    }

    fn paint(&mut self) {
        let state = &self.state;
        self.terminal
            .draw(|frame| {
                ct_tui::tui::draw(state, frame.buffer_mut(), Depth::True);
            })
            .expect("memory");
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.event(Event::Key(key.parse::<Key>().expect("a key")));
        }
    }
}

fn main() {
    let dir = trace_of(10_000_000);
    let before = memory("VmHWM:");
    let (mut screen, first) = timed(|| Screen::open(dir.path()));
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
            // Whoever moves about somewhere keeps it unfolded; nobody does so at thousands of places.
            screen.press("g C");
            screen.state.goto(call(random));
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
