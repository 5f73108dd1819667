//! What the explorer's speed rests on: opening a trace, moving about in it, summing it up, finding things, and the memory
//! that takes. One table, from a synthetic trace of 10 million calls (or as many as the first argument says).
//!
//! ```text
//! cargo bench --bench explorer
//! ```

#[path = "common/table.rs"]
mod table;
#[path = "common/trace.rs"]
mod trace;

use ct_tui::index::{Direction, Nav, Profile, Search, Step};
use ct_tui::model::id::{CodeId, ProcessIx, ThreadNo};
use ct_tui::trace::Trace;
use std::hint::black_box;
use table::{latency, memory, row, timed};
use trace::trace_of;

fn main() {
    let dir = trace_of(10_000_000);
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
