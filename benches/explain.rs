//! How long a keystroke takes in the filter lab: a selector is typed letter by letter, and after each letter everything
//! it matches and nearly matches among 10,000 functions is explained. A frame of the screen has 16 ms.

#[path = "common/program.rs"]
mod program;

use std::hint::black_box;
use std::time::{Duration, Instant};

use ct_tui::filter::FrameFacts;
use ct_tui::filter::explain::{Explainer, SeenFrame};
use ct_tui::model::code::Exec;
use program::FUNCTIONS;

const FRAME: Duration = Duration::from_millis(16);

const TYPED: &[&str] = &[
    "pkg:app.views.module17.*",
    "pkg:Shop.cart.module17",
    "pkg:module17",
    "pkg:regex:^app\\.(views|models)\\.module[0-9]+$",
    "pkg:regex:module1",
    "pkg:app/views/**",
    "obj:app.views.module17.Class3.method",
    "obj:Class3.*",
    "obj:*.metod_7",
    "obj:regex:Class[0-9]+\\.method",
    "file:app/views/module17.py",
    "file:views/*.py",
    "file:app.views.module17",
    "obj:{app,shop}.*.Class{1,2,3}.*",
];

fn main() {
    let program = program::functions();
    let seen = program.iter().map(|function| SeenFrame {
        facts: FrameFacts { module: Some(&function.module), abs_path: &function.path, qualname: &function.qualname },
        evidence: &function.evidence,
        exec: Exec::Trace,
        rule: None,
        params: &[],
        locals: &[],
    });
    let start = Instant::now();
    let explainer = Explainer::new("/srv/project", Vec::new(), seen);
    println!("made for {FUNCTIONS} functions in {:.1?}", start.elapsed());

    let mut all: Vec<(Duration, &str)> = Vec::new();
    for text in TYPED {
        let mut worst = Duration::ZERO;
        for (at, c) in text.char_indices() {
            let typed = &text[..at + c.len_utf8()];
            let start = Instant::now();
            black_box(explainer.explain(black_box(typed)));
            let took = start.elapsed();
            worst = worst.max(took);
            all.push((took, typed));
        }
        println!("{worst:>10.1?}  {text}");
    }
    all.sort_by_key(|(took, _)| *took);
    let at = |share: f64| all[((all.len() - 1) as f64 * share) as usize];
    let (slowest, typed) = at(1.0);
    println!(
        "{} keys: median {:.1?}, 99 % {:.1?}, slowest {slowest:.1?} (`{typed}`); a frame has {FRAME:.0?}",
        all.len(),
        at(0.5).0,
        at(0.99).0
    );
}
