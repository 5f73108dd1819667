//! How long a key takes in the filter lab: the state's answer and the whole picture after it, with 10,000 functions and a
//! chain of 1,000 rules. Selectors are typed letter by letter; what is looked for beside the keys is
//! looked for here as well, and its answer with its picture has a row of its own. The goal is 16 ms at the 99th percentile.
//!
//! ```text
//! cargo bench --bench lab
//! ```

#[path = "common/program.rs"]
mod program;
#[path = "common/screen.rs"]
mod screen;
#[path = "common/table.rs"]
mod table;

use ct_tui::app::event::{Effect, Event};
use ct_tui::app::lab::{Cost, LabEffect, LabEvent};
use ct_tui::config::Key;
use ct_tui::filter::{Source, SourceKind};
use ct_tui::model::id::{CodeId, ProcessIx};
use ct_tui::trace::Trace;
use ct_tui::trace::testing::TraceBuilder;
use program::FUNCTIONS;
use screen::Screen;
use std::cell::RefCell;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use table::{latency, latency_of, memory, row, timed};

const RULES: usize = 1_000;

/// A saved trace in which every function was seen, recorded under a thousand rules.
fn build(dir: &Path) {
    let mut trace = TraceBuilder::new(dir);
    trace.manifest.project_root = "/srv/project".to_owned();
    trace.manifest.options.filters = vec![Source {
        kind: SourceKind::Project,
        path: Some("/srv/project/.codetracer/trace-filter.toml".into()),
        root: "/srv/project".into(),
        text: rules(),
    }];
    trace.write_manifest();
    let mut process = trace.process(7);
    for (line, function) in (1..).zip(program::functions()) {
        process.code(Some(&function.module), &function.qualname, &function.path, line, |record| {
            record.evidence = function.evidence.clone();
        });
    }
    process.thread(1).call(0).after(16).ret().finish();
    process.end();
    trace.end(0);
}

/// Rules of all kinds, as people write them.
fn rules() -> String {
    let mut text = "[meta]\nname = \"project\"\nversion = 1\n[scope]\ndefault_exec = \"trace\"\n\
                    default_value_action = \"allow\"\n"
        .to_owned();
    for n in 0..RULES {
        let selector = match n % 10 {
            0..4 => format!("obj:*.module{n}.Class{}.*", n % 12),
            4..7 => format!("pkg:app.views.module{n}"),
            7 | 8 => format!("file:shop/**/module{n}.py"),
            _ => format!("obj:regex:module{n}[0-9]*\\\\.Class[13]"),
        };
        let exec = ["skip", "trace"][n % 2];
        let _ = write!(text, "\n[[scope.rules]]\nselector = \"{selector}\"\nexec = \"{exec}\"\n");
    }
    text
}

/// Does what was asked of the worker, and hands the screen the answer; how long that took the screen.
fn answer(screen: &mut Screen, effects: Vec<Effect>) -> Option<Duration> {
    let question = effects.into_iter().rev().find_map(|effect| match effect {
        Effect::Lab(LabEffect::Explain(question)) => Some(question),
        _ => None,
    })?;
    let misses = question.selectors.iter().map(|selector| question.misses.of(selector)).collect();
    Some(timed(|| screen.event(Event::Lab(LabEvent::Explained(question.number, misses)))).1)
}

/// Types selectors letter by letter. `next` makes the next one from a random number.
fn typing(screen: &RefCell<Screen>, name: &str, next: impl Fn(u64) -> String) {
    let mut rest: Vec<char> = Vec::new();
    let mut answers: Vec<Duration> = Vec::new();
    latency_of(name, |random| {
        let mut screen = screen.borrow_mut();
        if rest.is_empty() {
            screen.press("esc 2 a");
            rest = next(random).chars().rev().collect();
        }
        let key = rest.pop().map(Key::char).expect("no empty selector");
        let (effects, took) = timed(|| screen.event(Event::Key(key)));
        answers.extend(answer(&mut screen, effects));
        took
    });
    if !answers.is_empty() {
        let count = answers.len() as u64;
        latency_of("    the answer about near misses", |random| answers[(random % count) as usize]);
    }
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    build(dir.path());
    let before = memory("VmHWM:");
    let mut screen = Screen::of(Trace::open(dir.path()).expect("a trace"));
    println!("{FUNCTIONS} functions, {RULES} rules\n");
    row("to the first picture of the lab", &format!("{:.1} ms", timed(|| screen.press("2")).1.as_secs_f64() * 1e3));
    let mut steps = Vec::new();
    while screen.state.session.lab.as_ref().is_some_and(|lab| !lab.picture().complete) {
        steps.push(timed(|| screen.event(Event::TraceGrew)).1);
    }
    let worst = steps.iter().max().copied().unwrap_or_default();
    let all = steps.iter().sum::<Duration>();
    row(
        "asking every rule about every function",
        &format!("{:.0} ms in {} steps", all.as_secs_f64() * 1e3, steps.len()),
    );
    row("    the longest of these", &format!("{:.1} ms", worst.as_secs_f64() * 1e3));

    println!("\n{:<46} {:>8} {:>10} {:>10}", "a key and its picture", "p50", "p99", "worst");
    let screen = RefCell::new(screen);
    let part = |random: u64| ["views", "models", "api", "tools", "tests"][(random % 5) as usize];
    let number = |random: u64| random / 5 % 900;
    typing(&screen, "a module, letter by letter", |n| format!("pkg:shop.{}.module{}.*", part(n), number(n)));
    typing(&screen, "one that is not quite right", |n| format!("pkg:Shop/{}.modul{}", part(n), number(n)));
    typing(&screen, "a file", |n| format!("file:app/{}/module{}.py", part(n), number(n)));
    typing(&screen, "a function", |n| format!("obj:*.module{}.Class{}.metod_*", number(n), n % 9));
    typing(&screen, "alternatives", |n| format!("obj:{{{n},shop}}.*.Class{{{n},2,3}}.*"));
    typing(&screen, "a regex", |n| format!("obj:regex:[{n}mM]odule{n}?[0-9]+\\.(Class|met)"));
    typing(&screen, "what matches everything", |n| format!("obj:*{{,{n}}}"));

    let key = |name: &str, before: &str, keys: &str| {
        latency_of(name, |_| {
            let mut screen = screen.borrow_mut();
            screen.press(before);
            timed(|| screen.press(keys)).1
        });
    };
    key("backspace", "esc 2 a p k g : x", "backspace");
    key("tab, a suggestion taken", "esc 2 a p k g : s", "tab");
    key("enter, the rule taken", "esc 2 a p k g : x", "enter");
    for keys in ["down", "up", "x", "u", "t", "J", "d", "end", "home", "tab"] {
        key(keys, "esc 2 end", keys);
    }
    key("s", "esc 2 home down tab", "s");
    key("w", "esc 2 home down tab", "w");
    screen.borrow_mut().press("3 end right");
    for keys in ["down", "up", "pagedown", "pageup", "end", "enter"] {
        latency_of(&format!("names: {keys}"), |random| {
            let mut screen = screen.borrow_mut();
            screen.press(["3", "pageup", "3 home", "3 end"][(random % 4) as usize]);
            timed(|| screen.press(keys)).1
        });
    }
    latency("the picture alone", |_| screen.borrow_mut().paint());
    let mut calls = 1;
    latency_of("new counts of all calls", |_| {
        calls += 1;
        let cost = Cost { calls, total_ns: calls, self_ns: calls };
        let costs = (0..FUNCTIONS).map(|n| ((ProcessIx(0), CodeId(n as u32)), cost)).collect();
        timed(|| screen.borrow_mut().event(Event::Lab(LabEvent::Counted(costs)))).1
    });
    if let (Some(before), Some(after)) = (before, memory("VmHWM:")) {
        row(
            "memory, at most",
            &format!("{:.1} MB (at the start {:.1})", after as f64 / 1024.0, before as f64 / 1024.0),
        );
    }
}
