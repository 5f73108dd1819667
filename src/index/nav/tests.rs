//! Navigation against a plain model: every call of random traces, with every question asked.

use super::*;
use crate::trace::testing::TraceBuilder;
use std::path::Path;

/// What a call must look like.
#[derive(Clone, Debug)]
struct Model {
    code: u32,
    parent: Option<u64>,
    depth: u32,
    start: u64,
    end: Option<(u64, Outcome)>,
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Writes a random thread and returns what must be read back. `climb` out of 10 steps go deeper.
fn random_thread(dir: &Path, seed: u64, events: usize, climb: u64, block: usize) -> Vec<Model> {
    let mut random = Random(seed);
    let mut trace = TraceBuilder::new(dir);
    let mut process = trace.process(7);
    let codes: Vec<u32> = (0..5).map(|n| process.function("m", &format!("f{n}"), "/srv/m.py", n + 1)).collect();
    let mut thread = process.thread(1).small_blocks(block);
    thread.name("MainThread");
    let (mut model, mut stack, mut now) = (Vec::<Model>::new(), Vec::<usize>::new(), 0);
    for _ in 0..events {
        now += random.below(4) * 16;
        thread.at(now);
        if stack.is_empty() || random.below(10) < climb {
            let code = codes[random.below(5) as usize];
            thread.call(code);
            let parent = stack.last().map(|at| *at as u64);
            model.push(Model { code, parent, depth: stack.len() as u32, start: now, end: None });
            stack.push(model.len() - 1);
        } else {
            let top = stack.pop().unwrap();
            let outcome = match random.below(4) {
                0 => {
                    thread.raise();
                    Outcome::Raise
                }
                1 => {
                    thread.yields(9);
                    Outcome::Yield
                }
                _ => {
                    thread.ret();
                    Outcome::Return
                }
            };
            model[top].end = Some((now, outcome));
        }
    }
    thread.publish();
    process.end();
    trace.end(0);
    model
}

fn check(nav: &Nav<'_>, model: &[Model]) {
    assert_eq!(nav.calls(), model.len() as u64);
    let children = |parent: Option<u64>| -> Vec<u64> {
        (0..model.len() as u64).filter(|at| model[*at as usize].parent == parent).collect()
    };
    let all: Vec<Vec<u64>> = (0..model.len() as u64).map(|at| children(Some(at))).collect();
    let top = children(None);
    for (at, want) in model.iter().enumerate() {
        let ordinal = at as u64;
        let call = nav.call(ordinal).unwrap();
        assert_eq!(call.id, nav.id(ordinal));
        assert_eq!(call.code.0, want.code);
        assert_eq!(call.parent.map(|parent| parent.ordinal), want.parent, "parent of {at}");
        assert_eq!(call.depth, want.depth);
        assert_eq!(call.start_ns, want.start, "start of {at}");
        assert_eq!(call.end_ns, want.end.map(|end| end.0), "end of {at}");
        assert_eq!(call.outcome, want.end.map_or(Outcome::Open, |end| end.1));
        let mine = &all[at];
        assert_eq!(nav.first_child(ordinal), mine.first().copied(), "first child of {at}");
        assert_eq!(nav.last_child(ordinal), mine.last().copied(), "last child of {at}");
        let family = want.parent.map_or(&top, |parent| &all[parent as usize]);
        let place = family.iter().position(|child| *child == ordinal).unwrap();
        assert_eq!(nav.next_sibling(ordinal), family.get(place + 1).copied(), "next of {at}");
        assert_eq!(nav.previous_sibling(ordinal), place.checked_sub(1).map(|before| family[before]), "before {at}");
        let mut inside = 0;
        for later in &model[at + 1..] {
            if later.depth <= want.depth {
                break;
            }
            inside += 1;
        }
        assert_eq!(call.descendants, inside, "inside {at}");
        assert_eq!(nav.subtree(ordinal), ordinal..ordinal + 1 + inside);
        assert_eq!(nav.count_children(Some(ordinal), usize::MAX), (mine.len(), true));
    }
    let listed: Vec<u64> = nav.children(None, None, usize::MAX).iter().map(|call| call.id.ordinal).collect();
    assert_eq!(listed, top);
    assert_eq!((nav.first(), nav.last()), (top.first().copied(), top.last().copied()));
    let innermost = model.iter().rposition(|call| call.end.is_none()).map(|at| at as u64);
    assert_eq!(nav.innermost_open(), innermost);
}

#[test]
fn every_step_agrees_with_a_model() {
    for (seed, events, climb, block) in
        [(1, 300, 5, 200), (2, 400, 6, 160), (3, 400, 4, 300), (4, 500, 7, 700), (5, 300, 5, 1 << 16), (6, 200, 9, 400)]
    {
        let dir = tempfile::tempdir().unwrap();
        let model = random_thread(dir.path(), seed, events, climb, block);
        let trace = Trace::open(dir.path()).unwrap();
        assert_eq!(trace.problems(), (vec![], 0), "seed {seed}");
        let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
        assert!(block == 1 << 16 || nav.thread().blocks().len() > 3, "seed {seed} must span several blocks");
        check(&nav, &model);
    }
}

#[test]
fn deep_recursion_reaches_beyond_the_list_of_open_calls() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let f = process.function("m", "f", "/srv/m.py", 1);
    // The list of open calls must fit, and leave room for a few events.
    let mut thread = process.thread(1).small_blocks(3000);
    let depth = 5000;
    for _ in 0..depth {
        thread.after(16).call(f);
    }
    for _ in 0..depth - 3 {
        thread.after(16).call(f).after(16).ret().after(16).ret();
    }
    thread.publish();
    trace.end(0);
    let trace = Trace::open(dir.path()).unwrap();
    assert_eq!(trace.problems(), (vec![], 0));
    let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
    assert_eq!(nav.innermost_open(), Some(2));
    assert_eq!(nav.ancestors(depth - 1, 10_000).len() as u64, depth - 1);
    assert_eq!(nav.ancestor_at(depth - 1, 17), Some(17));
    assert_eq!(nav.ancestor_at(nav.calls() - 1, 2), Some(2));
    // The last leaf hangs under the last call that was still open beside the three.
    assert_eq!(nav.call(nav.calls() - 1).unwrap().parent.map(|parent| parent.ordinal), Some(3));
    assert_eq!(nav.call(1).unwrap().end_ns, None);
    assert!(nav.call(3).unwrap().end_ns.is_some());
    assert_eq!(nav.children(Some(3), None, 10).len(), 2);
}

#[test]
fn the_call_that_ran_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let model = random_thread(dir.path(), 11, 400, 5, 220);
    let trace = Trace::open(dir.path()).unwrap();
    let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
    let last = model.iter().map(|call| call.start).max().unwrap();
    for ns in (0..last + 32).step_by(16) {
        let running = |call: &Model| call.start <= ns && call.end.is_none_or(|end| end.0 > ns);
        // Calls of no duration are over in the same moment.
        let expected = model.iter().rposition(running).map(|at| at as u64);
        assert_eq!(nav.at_time(ns), expected, "at {ns}");
    }
}

#[test]
fn wide_nodes_come_in_pages() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let f = process.function("m", "f", "/srv/m.py", 1);
    let mut thread = process.thread(1).small_blocks(500);
    thread.call(f);
    for _ in 0..3000 {
        thread.call(f).call(f).ret().ret();
    }
    thread.publish();
    trace.end(0);
    let trace = Trace::open(dir.path()).unwrap();
    let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
    let page = nav.children(Some(0), None, 100);
    assert_eq!(page.len(), 100);
    let next = nav.children(Some(0), nav.next_sibling(page[99].id.ordinal), 100);
    assert_eq!(next[0].id.ordinal, page[99].id.ordinal + 2);
    assert_eq!(nav.count_children(Some(0), 50), (50, false));
    assert_eq!(nav.count_children(Some(0), 3000), (3000, true));
}
