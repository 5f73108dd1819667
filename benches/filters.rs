//! What filters cost. `cargo bench --bench filters` prints one table; every figure is the best of several rounds.
//!
//! Goals: 1,000 rules decide about 10,000 functions in under 100 ms; one decision of the built-in filter takes under
//! 1 µs, and so does the question whether a name speaks of a secret.

use ct_tui::filter::{Chain, Engine, FrameFacts, Source, SourceKind, ValueKind, builtin};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const ROOT: &str = "/srv/shop";

/// A function, owned.
struct Function {
    module: String,
    path: String,
    qualname: String,
}

impl Function {
    fn facts(&self) -> FrameFacts<'_> {
        FrameFacts { module: Some(&self.module), abs_path: &self.path, qualname: &self.qualname }
    }
}

/// 10,000 functions in 500 modules: the project's own, installed packages, the standard library.
fn functions() -> Vec<Function> {
    let mut functions = Vec::new();
    for module in 0..500 {
        for function in 0..20 {
            let (name, path) = match module % 5 {
                0 | 1 => (
                    format!("shop.area{}.mod{module}", module % 17),
                    format!("{ROOT}/shop/area{}/mod{module}.py", module % 17),
                ),
                2 | 3 => (
                    format!("lib{}.core.mod{module}", module % 40),
                    format!("{ROOT}/.venv/lib/python3.12/site-packages/lib{}/core/mod{module}.py", module % 40),
                ),
                _ => (format!("std{module}"), format!("/usr/lib/python3.12/std{module}.py")),
            };
            functions.push(Function {
                module: name,
                path,
                qualname: format!("Class{}.method_{function}", function % 4),
            });
        }
    }
    functions
}

fn source(rules: &str) -> Source {
    let text = format!(
        "meta = {{ name = 'bench', version = 1 }}\n[scope]\ndefault_exec = 'inherit'\ndefault_value_action = 'inherit'\n{rules}"
    );
    Source { kind: SourceKind::Project, path: None, root: ROOT.into(), text }
}

fn rules(count: usize, selector: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0..count {
        let exec = if at % 2 == 0 { "skip" } else { "trace" };
        let _ = write!(text, "[[scope.rules]]\nselector = '{}'\nexec = '{exec}'\n", selector(at));
    }
    text
}

/// What people write: mostly package prefixes, then files, functions, and some expressions.
fn mixed(at: usize) -> String {
    match at % 10 {
        0..=3 => format!("pkg:lib{at}.*"),
        4 => format!("pkg:shop.area{}.mod{at}", at % 17),
        5 => format!("file:shop/area{}/mod{at}*.py", at % 17),
        6 => format!("file:**/lib{at}/**/*.py"),
        7 => format!("obj:shop.*.mod{at}.Class?.method_[0-9]"),
        8 => format!("pkg:{{lib{at},lib{at}.*}}"),
        _ => format!(r"pkg:regex:^shop\.area\d+\.mod{at}$"),
    }
}

fn compile(rules: &str) -> Engine {
    let chain = [builtin::default_filter(Path::new(ROOT)), source(rules)];
    match Chain::compile(&chain) {
        Ok(engine) => engine,
        Err(problems) => panic!("{}", ct_tui::diagnostic::one_line(&problems)),
    }
}

/// The best of some rounds.
fn best(rounds: usize, mut work: impl FnMut()) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn row(what: &str, time: Duration, count: usize, goal: &str) {
    let each = time.as_nanos() as f64 / count as f64;
    println!("{what:<58} {:>10.3} ms {each:>10.0} ns each   {goal}", time.as_secs_f64() * 1e3);
}

fn main() {
    let functions = functions();
    let decide_all = |engine: &Engine| {
        for function in &functions {
            black_box(engine.decide(&function.facts()));
        }
    };
    let judge_all = |engine: &Engine| {
        for function in &functions {
            black_box(engine.judge(&function.facts()));
        }
    };
    println!("{:<58} {:>13} {:>18}   goal", "what", "in all", "");

    let builtin_chain = [builtin::default_filter(Path::new(ROOT))];
    row("compile the built-in filter", best(10, || drop(black_box(Chain::compile(&builtin_chain)))), 1, "");
    let first = best(10, || {
        if let Ok(engine) = Chain::compile(&builtin_chain) {
            let policy = engine.judge(&functions[0].facts()).1;
            black_box(policy.action(ValueKind::Arg, "name"));
        }
    });
    row("compile it and answer the first question", first, 1, "");
    let engine = compile("");
    row("built-in filter, 10,000 decisions", best(20, || decide_all(&engine)), functions.len(), "< 1,000 ns each");
    row("… with the values policy", best(20, || judge_all(&engine)), functions.len(), "");
    let policy = engine.judge(&functions[0].facts()).1;
    let names = [
        "name",
        "customer_address",
        "self",
        "i",
        "request",
        "dbPassword",
        "passenger_id",
        "classname",
        "session_id",
        "x",
    ];
    for (kind, what) in [(ValueKind::Arg, "does a name speak of a secret"), (ValueKind::Ret, "does a function's name")]
    {
        let time = best(20, || {
            for _ in 0..1_000 {
                for name in names {
                    black_box(policy.action(kind, black_box(name)));
                }
            }
        });
        row(what, time, 10_000, "< 1,000 ns each");
    }

    type Rule = (&'static str, fn(usize) -> String);
    let kinds: [Rule; 7] = [
        ("mixed rules", mixed),
        ("pkg:NAME.*", |at| format!("pkg:lib{at}.*")),
        ("file:DIR/*/NAME?.py", |at| format!("file:shop/area{at}/*/mod?.py")),
        ("file:**/NAME/**", |at| format!("file:**/lib{at}/**")),
        ("obj:*.NAME.*", |at| format!("obj:*.Class{at}.*")),
        ("pkg:regex:^a.NAME(b|$)", |at| format!(r"pkg:regex:^shop\.area{at}(\.|$)")),
        ("pkg:regex:NAME", |at| format!(r"pkg:regex:mod{at}\d")),
    ];
    for (what, rule) in kinds {
        let text = rules(1_000, rule);
        row(&format!("compile 1,000 × {what}"), best(3, || drop(black_box(compile(&text)))), 1_000, "");
        let engine = compile(&text);
        let start = Instant::now();
        decide_all(&engine);
        row("  10,000 functions, first time", start.elapsed(), functions.len(), "");
        row("  10,000 functions", best(5, || decide_all(&engine)), functions.len(), "< 100 ms in all");
    }
    let text = rules(10_000, mixed);
    row("compile 10,000 × mixed rules", best(1, || drop(black_box(compile(&text)))), 10_000, "");
    let engine = compile(&text);
    row("  10,000 functions", best(2, || decide_all(&engine)), functions.len(), "");
}
