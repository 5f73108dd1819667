//! What the benches of the explorer share: a synthetic trace of as many calls as one likes, random places in it, and tables.

use ct_tui::trace::testing::TraceBuilder;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// Numbers that are the same in every run.
pub struct Random(pub u64);

impl Random {
    /// A number in `0..limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
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

/// A folder with the trace of `calls` calls, or as many as the first argument says; see [`build`]. Another process builds
/// it, so that the builder's memory is not ours. Call it first thing: in that other process it does not return.
pub fn trace_of(calls: u64) -> tempfile::TempDir {
    let calls = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(calls);
    if let Some(path) = std::env::var_os("CT_TUI_BENCH_BUILD") {
        build(Path::new(&path), calls);
        std::process::exit(0);
    }
    let dir = tempfile::tempdir().expect("a folder");
    let built = std::process::Command::new(std::env::current_exe().expect("this program"))
        .arg(calls.to_string())
        .env("CT_TUI_BENCH_BUILD", dir.path())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the trace could not be built");
    dir
}

/// What `work` comes to, and how long it takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}

/// A line of a table.
pub fn row(name: &str, value: &str) {
    println!("{name:<46} {value:>30}");
}

/// Runs `step` a thousand times; prints the middle, the 99th percentile and the worst.
pub fn latency(name: &str, mut step: impl FnMut(u64)) {
    latency_of(name, |random| timed(|| step(random)).1);
}

/// The same for a step that says by itself how long the part of it took that counts.
pub fn latency_of(name: &str, mut step: impl FnMut(u64) -> Duration) {
    let mut random = Random(9);
    let mut times: Vec<Duration> = (0..1000).map(|_| step(random.below(u64::MAX >> 34))).collect();
    times.sort_unstable();
    let micros = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1e6);
    row(name, &format!("{:>8} {:>10} {:>10} µs", micros(times[500]), micros(times[990]), micros(times[999])));
}

/// A line of `/proc/self/status`, in KiB.
pub fn memory(what: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with(what))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
