//! A small synthetic trace of a shop, for pane tests: module bodies with names, values, an exception, a generator, a
//! wide node, a deep recursion, several threads. Times are fixed, so pictures are too.

use crate::app::State;
use crate::app::event::Event;
use crate::app::layout::Size;
use crate::app::session::Session;
use crate::config::{Config, Key};
use crate::model::value::{Sequence, Value};
use crate::trace::Trace;
use crate::trace::event::Opening;
use crate::trace::testing::TraceBuilder;
use crate::trace::value::{Writer, put};
use std::path::Path;
use std::sync::{Arc, RwLock};

/// Calls inside the wide node.
pub const WIDE: usize = 1_500;
/// Depth of the recursion.
pub const DEEP: usize = 200;

fn text(text: &str) -> Value {
    Value::Str { text: text.to_owned(), escaped: false, length: text.chars().count() as u64 }
}

/// The bytes of some values, one after the other.
pub fn payload(values: &[Value]) -> Vec<u8> {
    let mut out = Writer::new(1 << 16);
    for value in values {
        assert!(put(&mut out, value));
    }
    out.bytes().to_vec()
}

/// Writes the trace of the shop into `dir`.
pub fn shop(dir: &Path) {
    let mut trace = TraceBuilder::new(dir);
    trace.manifest.program = "app.py --fast".to_owned();
    let mut process = trace.process(4711);
    let main = process.body("__main__", "/srv/app.py");
    let shop = process.body("shop", "/srv/shop/__init__.py");
    let cart = process.body("shop.cart", "/srv/shop/cart.py");
    let work =
        process.code(Some("__main__"), "work", "/srv/app.py", 9, |record| record.facts.params = vec!["i".into()]);
    let add = process.code(Some("shop.cart"), "Cart.add", "/srv/shop/cart.py", 14, |record| {
        record.facts.params = vec!["self".into(), "sku".into(), "n".into()];
    });
    let total = process.function("shop.cart", "total", "/srv/shop/cart.py", 20);
    let walk = process.function("shop.cart", "walk", "/srv/shop/cart.py", 30);
    let hostile = process.function("shop\u{1b}[2J", "\u{202e}evil", "/srv/sh\u{7}op.py", 1);
    let nameless = process.code(None, "<module>", "/srv/odd.py", 1, |_| {});
    process.skipped("shop.tools", "run", "/srv/shop/tools.py", "project", 2);
    process.skipped("logging", "info", "/usr/lib/python3.13/logging/__init__.py", "builtin-default", 0);

    let mut thread = process.thread(1).small_blocks(700);
    thread.name("MainThread");
    thread.at(16_000).call(main);
    thread.after(1_600).call(shop).after(1_200_000).ret();
    thread.after(1_600).call(cart).after(310_400).ret();
    let cart_object = Value::Object {
        type_name: "shop.cart.Cart".into(),
        id: 1,
        base: None,
        attributes: vec![(
            "items".into(),
            Value::Sequence { kind: Sequence::List, id: 2, items: vec![text("sku1"), text("sku2")], length: 2 },
        )],
        length: 1,
    };
    thread.after(1_600).call_with(work, &payload(&[Value::Int(17)]));
    thread.after(1_600).call_with(add, &payload(&[cart_object, text("sku17"), Value::Int(2)]));
    thread.after(3_200).ret_with(&payload(&[Value::Int(3)]));
    thread.after(1_600).call(total).after(9_600).raise();
    thread.after(1_600).call(hostile).after(1_600).ret();
    thread.after(1_600).call(nameless).after(1_600).ret();
    thread.after(200_000).ret_with(&payload(&[Value::Int(3)]));
    thread.after(1_600).call(work);
    for _ in 0..WIDE {
        thread.after(1_600).call(total).after(16_000).ret();
    }
    thread.after(1_600).ret();
    thread.after(1_600).call(walk);
    for _ in 1..DEEP {
        thread.after(160).call(walk);
    }
    for _ in 0..DEEP {
        thread.after(160).ret();
    }
    thread.after(1_600).open(Opening::Call, walk, 0, None).after(1_600).yields(0x77);
    thread.after(1_600).open(Opening::Resume, walk, 0x77, None).after(1_600).ret();
    thread.after(16_000).ret();
    thread.publish();
    let mut worker = process.thread(2);
    worker.name("worker-1");
    worker.at(1_000_000).call(work).after(500_000).call(total).after(5_600_000).ret().after(16).ret();
    worker.publish();
    process.clock(40_000_000);
    process.end();
    trace.manifest.end =
        Some(crate::trace::manifest::Moment { mono_ns: crate::trace::testing::START_MONO_NS + 40_000_000 });
    trace.manifest.exit = Some(crate::trace::manifest::Exit::Code(0));
    trace.write_manifest();
}

/// The explorer on the trace in `dir`.
pub fn explorer(dir: &Path, width: u16, height: u16) -> State {
    let trace = Arc::new(RwLock::new(Trace::open(dir).unwrap()));
    let mut state = State::explorer(Config::default(), Size { width, height }, Session::new(trace));
    // What was asked for before there was anybody to do it is asked for again.
    state.session.survey = crate::app::survey::Surveyed::default();
    let effects = state.update(Event::Resize(Size { width, height }));
    settle(&mut state, effects);
    state
}

/// Presses keys, written as in the configuration, and plays the parts of the world outside that can be played at once.
pub fn press(state: &mut State, keys: &str) {
    for key in keys.split_whitespace() {
        let key: Key = key.parse().unwrap();
        let effects = state.update(Event::Key(key));
        settle(state, effects);
    }
}

/// Types text.
pub fn type_text(state: &mut State, text: &str) {
    for c in text.chars() {
        let effects = state.update(Event::Key(Key::char(c)));
        settle(state, effects);
    }
}

/// Does what a host would do for some effects.
pub fn settle(state: &mut State, effects: crate::app::Effects) {
    use crate::app::event::Effect;
    for effect in effects.list {
        match effect {
            Effect::Search(query) => {
                let trace = state.session.trace.clone().unwrap();
                let found = crate::app::worker::search_now(&trace, &query);
                let effects = state.update(Event::Found(found));
                settle(state, effects);
            }
            Effect::Lines(job) => {
                let trace = state.session.trace.clone().unwrap();
                let done = crate::app::worker::lines_now(&trace, job).unwrap();
                let effects = state.update(Event::Lines(done));
                settle(state, effects);
            }
            Effect::Survey => {
                let trace = state.session.trace.clone().unwrap();
                let trace = crate::app::session::read(&trace);
                let mut survey = crate::index::survey::Survey::default();
                survey.finish(&trace);
                let progress = survey.advance(&trace, 1);
                let lists = Arc::new(survey.lists(&trace));
                drop(trace);
                let effects = state.update(Event::Surveyed(lists, progress));
                settle(state, effects);
            }
            Effect::SumUp => {
                let trace = state.session.trace.clone().unwrap();
                let trace = crate::app::session::read(&trace);
                let mut profile = crate::index::Profile::new();
                profile.finish(&trace);
                let progress = profile.advance(&trace, 1);
                let totals = crate::app::totals::Totals::of(&trace, &profile, progress);
                drop(trace);
                let effects = state.update(Event::Totals(Arc::new(totals)));
                settle(state, effects);
            }
            _ => {}
        }
    }
}

/// The picture as text, trailing spaces removed.
pub fn picture(state: &State) -> String {
    let buffer = buffer(state);
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = crate::app::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// The picture.
pub fn buffer(state: &State) -> ratatui::buffer::Buffer {
    use ratatui::{Terminal, backend::TestBackend};
    let mut terminal = Terminal::new(TestBackend::new(state.size.width, state.size.height)).unwrap();
    terminal
        .draw(|frame| {
            super::draw(state, frame.buffer_mut(), super::style::Depth::True);
        })
        .unwrap();
    terminal.backend().buffer().clone()
}
