//! The lines of a call against a plain list of them, in blocks so small that every walk crosses many.

use super::*;
use crate::model::id::{ProcessIx, ThreadNo};
use crate::trace::event::put_number;
use crate::trace::testing::{ThreadBuilder, TraceBuilder};
use crate::trace::value::{Writer, put};

/// The payload of a line.
fn payload(line: u64, changed: &[(u64, i64)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, value| {
        let mut out = [0; 10];
        let length = put_number(&mut out, value);
        bytes.extend_from_slice(&out[..length]);
    };
    number(&mut bytes, line);
    for (variable, value) in changed {
        number(&mut bytes, *variable);
        let mut out = Writer::new(64);
        assert!(put(&mut out, &Value::Int(*value)));
        bytes.extend_from_slice(out.bytes());
    }
    bytes
}

fn line(thread: &mut ThreadBuilder, line: u64, changed: &[(u64, i64)]) {
    thread.after(160).note(tag::LINE, &payload(line, changed));
}

const LOOPS: i64 = 200;

/// `def f(n): total = 0; for i in …: total += g(i)`, where `g` has lines of its own. 0: n, 1: total, 2: i.
fn looping(dir: &std::path::Path, ended: bool) -> Trace {
    let trace = TraceBuilder::new(dir);
    let mut process = trace.process(7);
    let f = process.code(Some("m"), "f", "/srv/m.py", 1, |record| {
        record.facts.locals = ["n", "total", "i"].map(str::to_owned).to_vec();
    });
    let g = process.function("m", "g", "/srv/m.py", 9);
    let mut thread = process.thread(1).small_blocks(300);
    thread.call(g).ret().call(f);
    line(&mut thread, 2, &[(0, LOOPS)]);
    line(&mut thread, 3, &[(1, 0)]);
    for i in 0..LOOPS {
        line(&mut thread, 4, &[(2, i)]);
        thread.after(16).call(g);
        line(&mut thread, 10, &[(0, i)]);
        thread.call(g).ret().ret();
        let sum = [(1, i)];
        line(&mut thread, 3, &sum[usize::from(i == 0)..]);
    }
    line(&mut thread, 5, &[]);
    if ended {
        line(&mut thread, 0, &[(1, -1)]);
        thread.ret();
    }
    thread.publish();
    process.end();
    Trace::open(dir).unwrap()
}

fn id(ordinal: u64) -> CallId {
    CallId { process: ProcessIx(0), thread: ThreadNo(1), ordinal }
}

fn all(trace: &Trace, ordinal: u64) -> Lines {
    let mut lines = Lines::new(trace, id(ordinal)).unwrap();
    while !lines.advance(trace, 3) {}
    assert!(lines.advance(trace, 1), "again, nothing new");
    lines
}

/// Line of each step, and the value of `total` and `i` behind it.
fn expected() -> Vec<(Option<u32>, i64, i64)> {
    let mut steps = vec![(None, i64::MIN, i64::MIN), (Some(2), 0, i64::MIN)];
    let mut total = 0;
    for i in 0..LOOPS {
        steps.push((Some(3), total, i));
        total = i;
        steps.push((Some(4), total, i));
    }
    steps.extend([(Some(3), total, LOOPS - 1), (Some(5), -1, LOOPS - 1)]);
    steps
}

#[test]
fn every_step_is_what_ran() {
    let dir = tempfile::tempdir().unwrap();
    let trace = looping(dir.path(), true);
    assert!(trace.thread(ProcessIx(0), ThreadNo(1)).unwrap().blocks().len() > 20);
    let lines = all(&trace, 1);
    let expected = expected();
    assert_eq!(lines.len(), expected.len() as u64);
    for (at, (line, total, i)) in expected.iter().enumerate() {
        let step = lines.step(&trace, at as u64).unwrap();
        assert_eq!(step.line, *line, "step {at}");
        assert!(step.span_ns.1.is_some_and(|end| end >= step.span_ns.0), "step {at}");
        let values = lines.values(&trace, at as u64, 4);
        let held = |at: usize| match &values[at] {
            Some(Held { value: Some(Value::Int(value)), .. }) => *value,
            None => i64::MIN,
            other => panic!("{other:?}"),
        };
        assert_eq!((held(0), held(1), held(2)), (LOOPS, *total, *i), "step {at}");
        assert_eq!(values[3], None);
        // The line of the loop's body makes one call, and one inside of that.
        let calls = step.calls.end - step.calls.start;
        assert_eq!(calls, if *line == Some(4) { 2 } else { 0 }, "step {at}");
        for call in step.calls {
            assert_eq!(lines.step_of(&trace, id(call)), Some(at as u64), "call {call}");
        }
    }
    assert_eq!(lines.step(&trace, lines.len()), None);
    // The inner call's one line, which nothing follows.
    let inner = all(&trace, 2);
    assert_eq!((inner.len(), inner.step(&trace, 1).unwrap().line), (2, Some(10)));
    let none = all(&trace, 0);
    assert!(none.is_empty() && none.step(&trace, 0).is_none());
    assert!(Lines::new(&trace, id(99_999)).is_none());
}

/// All hits of a walk, in the order of the walk.
fn walk(lines: &Lines, trace: &Trace, from: u64, forward: bool, wanted: &Wanted) -> Vec<u64> {
    let (mut at, mut hits) = (from, Vec::new());
    for _ in 0..10_000 {
        match lines.walk(trace, at, forward, wanted, 1) {
            Walk::Found(step) => {
                hits.push(step);
                at = step;
            }
            Walk::More(step) => {
                assert!(if forward { step >= at } else { step <= at }, "{at} {step}");
                at = step;
            }
            Walk::Nothing => return hits,
        }
    }
    panic!("a walk without end: {wanted:?} from {from}");
}

fn text(text: &str) -> Wanted {
    let names = ["n", "total", "i"].map(str::to_owned);
    let source = ["def f(n):", "    total = 0", "    for i in range(n):", "        g(i)", "    return 7"];
    Wanted::Text(Arc::new(Sought::new(text, &names, source.into_iter().map(str::to_owned))))
}

#[test]
fn walks_find_everything_once() {
    let dir = tempfile::tempdir().unwrap();
    let trace = looping(dir.path(), true);
    let lines = all(&trace, 1);
    let steps: Vec<_> = (0..lines.len()).map(|at| lines.step(&trace, at).unwrap()).collect();
    for wanted in [Wanted::Line(2), Wanted::Line(3), Wanted::Line(4), Wanted::Line(66), Wanted::Variable(0)]
        .into_iter()
        .chain([Wanted::Variable(1), Wanted::Variable(2), Wanted::Variable(9)])
        .chain(["TOT", "tot", "g(", "-1", "for", "(n", "nowhere"].map(text))
    {
        let has = |step: &LineStep| match &wanted {
            Wanted::Line(line) => step.line == Some(*line),
            Wanted::Variable(variable) => step.changed.contains(variable),
            wanted if *wanted == text("tot") => step.changed.contains(&1) || step.line == Some(2),
            wanted if *wanted == text("g(") => step.line == Some(4),
            wanted if *wanted == text("-1") => step.span_ns.1 == steps[steps.len() - 1].span_ns.1,
            wanted if *wanted == text("for") => step.line == Some(3),
            wanted if *wanted == text("(n") => step.line == Some(3) || step.line == Some(1),
            _ => false,
        };
        for from in [0, 1, 2, 57, 58, lines.len() - 1] {
            let hits: Vec<u64> = (0..lines.len()).filter(|at| has(&steps[*at as usize])).collect();
            let after: Vec<u64> = hits.iter().copied().filter(|at| *at > from).collect();
            let before: Vec<u64> = hits.iter().rev().copied().filter(|at| *at < from).collect();
            assert_eq!(walk(&lines, &trace, from, true, &wanted), after, "{wanted:?} after {from}");
            assert_eq!(walk(&lines, &trace, from, false, &wanted), before, "{wanted:?} before {from}");
        }
    }
}

#[test]
fn a_call_that_runs_ends_with_its_newest_line() {
    let dir = tempfile::tempdir().unwrap();
    let trace = looping(dir.path(), false);
    let lines = all(&trace, 1);
    let last = lines.step(&trace, lines.len() - 1).unwrap();
    assert_eq!((last.line, last.changed, last.span_ns.1), (Some(5), Vec::new(), None));
}
