//! Sums against a plain recount, in one go, in small steps, and while a trace grows.

use super::*;
use crate::index::{CallInfo, Outcome};
use crate::trace::testing::{ThreadBuilder, TraceBuilder};
use std::collections::BTreeMap;

fn every_call(trace: &Trace) -> Vec<CallInfo> {
    let mut list = Vec::new();
    for process in trace.processes() {
        for thread in process.threads() {
            let nav = Nav::new(trace, process.ix, thread.no).unwrap();
            list.extend((0..nav.calls()).map(|ordinal| nav.call(ordinal).unwrap()));
        }
    }
    list
}

/// The same figures from single calls: own time is a call's time less that of its children.
fn recount(trace: &Trace) -> BTreeMap<(u32, u32), FunctionTotals> {
    let calls = every_call(trace);
    let mut sums: BTreeMap<(u32, u32), FunctionTotals> = BTreeMap::new();
    for call in &calls {
        let process = trace.process(call.id.process).unwrap();
        let nav = Nav::of(trace, call.id).unwrap();
        let end = |call: &CallInfo| call.end_ns.unwrap_or_else(|| process.clock.ns(nav.thread().end_raw().unwrap()));
        let children: u64 =
            nav.children(Some(call.id.ordinal), None, usize::MAX).iter().map(|child| end(child) - child.start_ns).sum();
        let recursive = nav.ancestors(call.id.ordinal, usize::MAX).iter().any(|at| nav.code(*at) == Some(call.code));
        let entry = sums.entry((call.id.process.0, call.code.0)).or_default();
        let took = end(call) - call.start_ns;
        match call.opening {
            Opening::Call => entry.calls += 1,
            Opening::Resume | Opening::Throw => entry.resumes += 1,
            Opening::Resync => {}
        }
        entry.raised += u64::from(call.outcome == Outcome::Raise);
        entry.self_ns += took - children;
        entry.total_ns += if recursive { 0 } else { took };
    }
    sums
}

fn totals(profile: &Profile, trace: &Trace) -> BTreeMap<(u32, u32), FunctionTotals> {
    profile.functions(trace).map(|(process, code, totals)| ((process.ix.0, code.0), totals)).collect()
}

fn steps(thread: &mut ThreadBuilder, seed: &mut u64, codes: &[u32], count: usize) {
    for _ in 0..count {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = *seed >> 33;
        thread.after((random & 7) * 16);
        if thread.depth() == 0 || random % 100 < 48 {
            let code = codes[(random >> 8) as usize % codes.len()];
            if random.is_multiple_of(11) {
                thread.open(Opening::Resume, code, 5, None);
            } else {
                thread.call(code);
            }
        } else if random.is_multiple_of(7) {
            thread.raise();
        } else {
            thread.ret();
        }
    }
}

#[test]
fn sums_agree_with_a_recount_however_they_are_made() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = TraceBuilder::new(dir.path());
    let mut growing = Vec::new();
    let mut seed = 3;
    for pid in [7, 8] {
        let mut process = builder.process(pid);
        let codes: Vec<u32> = (0..6).map(|n| process.function("m", &format!("f{n}"), "/srv/m.py", n + 1)).collect();
        for number in 1..=2 {
            growing.push((process.thread(number).small_blocks(400), codes.clone()));
        }
    }
    let mut trace = Trace::open(dir.path()).unwrap();
    let mut live = Profile::new();
    for round in 0..30 {
        for (thread, codes) in &mut growing {
            steps(thread, &mut seed, codes, 40);
            thread.publish();
        }
        trace.refresh_fully();
        if round % 3 == 0 {
            live.finish(&trace);
        } else {
            live.advance(&trace, 2);
        }
    }
    builder.end(0);
    trace.refresh_fully();
    live.finish(&trace);
    let expected = recount(&trace);
    assert!(trace.processes()[0].threads()[0].blocks().len() > 5);
    assert_eq!(totals(&live, &trace), expected);

    let mut whole = Profile::new();
    whole.finish(&trace);
    assert_eq!(totals(&whole, &trace), expected);
    let mut bits = Profile::new();
    while !bits.advance(&trace, 1).finished {}
    assert_eq!(totals(&bits, &trace), expected);
    assert_eq!((whole.events(), bits.events()), (live.events(), live.events()));
}

#[test]
fn pieces_begin_in_the_middle_of_deep_recursion() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = TraceBuilder::new(dir.path());
    let mut process = builder.process(7);
    let (f, g) = (process.function("m", "f", "/srv/m.py", 1), process.function("m", "g", "/srv/m.py", 2));
    let mut thread = process.thread(1).small_blocks(3000);
    thread.call(g);
    for _ in 0..3000 {
        thread.after(16).call(f);
    }
    // Many blocks down there, so that most pieces know their stack only from the head of their first block.
    for _ in 0..60_000 {
        thread.after(16).call(g).after(16).ret();
    }
    for _ in 0..3000 {
        thread.after(16).ret();
    }
    thread.after(16).ret().publish();
    process.end();
    builder.end(0);
    let trace = Trace::open(dir.path()).unwrap();
    assert!(trace.processes()[0].threads()[0].blocks().len() > 3 * PIECE);
    let mut profile = Profile::new();
    profile.finish(&trace);
    let process = &trace.processes()[0];
    let of = |code| profile.function(process, CodeId(code));
    let leaf = 60_000 * 16;
    let total = (3000 + 2 * 60_000 + 3001) * 16;
    assert_eq!((of(f).calls, of(g).calls), (3000, 60_001));
    assert_eq!((of(g).total_ns, of(f).total_ns), (total, total - 2 * 16));
    assert_eq!((of(g).self_ns, of(f).self_ns), (leaf + 2 * 16, total - leaf - 2 * 16));
}
