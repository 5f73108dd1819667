//! What the explorer's speed rests on: opening a trace, moving about in it, summing it up, finding things, and the memory
//! that takes. One table, from a synthetic trace of 10 million calls (or as many as the first argument says).
//!
//! ```text
//! cargo bench --bench explorer
//! ```

use ct_tui::index::{Direction, Nav, Profile, Search, Step};
use ct_tui::model::id::{CodeId, ProcessIx, ThreadNo};
use ct_tui::trace::Trace;
use ct_tui::trace::testing::TraceBuilder;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A program with 2,000 functions: a main loop that never ends, calls of all sizes in it, and one rare function.
fn build(dir: &Path, calls: u64) {
    let mut random = Random(1);
    let mut trace = TraceBuilder::new(dir);
    let mut process = trace.process(7);
    let main = process.body("__main__", "/srv/app.py");
    let codes: Vec<u32> =
        (0..2000).map(|n| process.function("shop.cart", &format!("f{n}"), "/srv/shop/cart.py", n)).collect();
    let rare = process.function("shop.cart", "rare", "/srv/shop/cart.py", 2001);
    let mut thread = process.thread(1);
    thread.name("MainThread").call(main);
    while thread.next_ordinal() < calls {
        thread.after(16 + random.below(300));
        let depth = thread.depth() as u64;
        if thread.next_ordinal() == calls / 2 {
            thread.call(rare);
        } else if depth == 1 || (depth < 60 && random.below(100) < 52) {
            // Few functions make most calls.
            let skewed = random.below(2000) * random.below(2000) / 2000;
            thread.call(codes[skewed as usize]);
        } else {
            thread.ret();
        }
    }
    thread.publish();
    process.end();
    trace.end(0);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}

fn row(name: &str, value: &str) {
    println!("{name:<46} {value:>30}");
}

/// Runs `step` a thousand times; prints the middle, the 99th percentile and the worst.
fn latency(name: &str, mut step: impl FnMut(u64)) {
    let mut random = Random(9);
    let mut times: Vec<Duration> = (0..1000).map(|_| timed(|| step(random.below(u64::MAX >> 34))).1).collect();
    times.sort_unstable();
    let micros = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1e6);
    row(name, &format!("{:>8} {:>10} {:>10} µs", micros(times[500]), micros(times[990]), micros(times[999])));
}

fn memory(what: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with(what))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn main() {
    let calls = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000_000);
    let dir = tempfile::tempdir().expect("a folder");
    // Built by another process, so that its memory is not ours.
    if let Some(path) = std::env::var_os("CT_TUI_BENCH_BUILD") {
        build(Path::new(&path), calls);
        return;
    }
    let built = std::process::Command::new(std::env::current_exe().expect("this program"))
        .arg(calls.to_string())
        .env("CT_TUI_BENCH_BUILD", dir.path())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the trace could not be built");
    let before = memory("VmHWM:");

    let (trace, opened) = timed(|| Trace::open(dir.path()).expect("a trace"));
    let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).expect("a thread");
    let (_, page) = timed(|| (nav.children(None, None, 50), nav.children(nav.first(), None, 50)));
    let bytes = std::fs::metadata(dir.path().join("7/1.events")).map_or(0, |file| file.len());
    let calls = nav.calls();
    println!(
        "{calls} calls, {} blocks, {:.2} bytes per call\n",
        nav.thread().blocks().len(),
        bytes as f64 / calls as f64
    );
    row("open", &format!("{:.1} ms", opened.as_secs_f64() * 1e3));
    row("first page", &format!("{:.1} ms", page.as_secs_f64() * 1e3));
    println!("\n{:<46} {:>8} {:>10} {:>10}", "at random places", "p50", "p99", "worst");
    let at = |random: u64| random % calls;
    latency("a call, its parent and its end", |random| {
        black_box(nav.call(at(random)));
    });
    latency("first child, last child", |random| {
        black_box((nav.first_child(at(random)), nav.last_child(at(random))));
    });
    latency("next and previous sibling", |random| {
        black_box((nav.next_sibling(at(random)), nav.previous_sibling(at(random))));
    });
    latency("all ancestors", |random| drop(black_box(nav.ancestors(at(random), 100))));
    latency("a page of 50 children of the parent", |random| {
        let parent = nav.parent(at(random));
        drop(black_box(nav.children(parent, Some(at(random)), 50)));
    });
    latency("a page of 50 children of main", |random| {
        let child = nav.ancestor_at(at(random), 1);
        drop(black_box(nav.children(Some(0), child.filter(|at| *at > 0), 50)));
    });
    let end = trace.last_ns();
    latency("the call that ran at a time", |random| {
        black_box(nav.at_time(random * 1009 % end.max(1)));
    });
    latency("innermost open call", |_| {
        black_box(nav.innermost_open());
    });
    println!();
    let wanted = |process: ProcessIx, code: CodeId| process.0 == 0 && code.0 == 2001;
    let mut search = Search { trace: &trace, profile: None, wanted };
    let find = |search: &Search<'_, _>| match search.everywhere(nav.id(0), Direction::Forward, usize::MAX) {
        Step::Found(id) => id.ordinal,
        _ => panic!("the rare call is there"),
    };
    let (found, cold) = timed(|| find(&search));
    assert_eq!(found, calls / 2);
    row("search half the trace, nothing known", &format!("{:.1} ms", cold.as_secs_f64() * 1e3));
    let mut profile = Profile::new();
    let ((), summed) = timed(|| profile.finish(&trace));
    search.profile = Some(&profile);
    let (_, warm) = timed(|| find(&search));
    row("the same after the profile", &format!("{:.1} ms", warm.as_secs_f64() * 1e3));
    let rate = profile.events() as f64 / summed.as_secs_f64() / 1e6;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    row(&format!("profile, {cores} cores"), &format!("{:.0} ms, {rate:.0} M events/s", summed.as_secs_f64() * 1e3));
    if let (Some(before), Some(after)) = (before, memory("VmHWM:")) {
        row(
            "memory, at most",
            &format!("{:.1} MB (at the start {:.1})", after as f64 / 1024.0, before as f64 / 1024.0),
        );
    }
}
