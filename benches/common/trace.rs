//! A synthetic trace of as many calls as one likes, for the benches of the explorer.

use super::table::Random;
use ct_tui::trace::testing::TraceBuilder;
use std::path::Path;

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
