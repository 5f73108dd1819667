//! What benches measure with: numbers that look random, times, memory, and the lines of a table.

use std::hint::black_box;
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
