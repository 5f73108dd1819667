//! Searches in both directions against a plain list of what is there.

use super::*;
use crate::model::value::Sequence;
use crate::trace::testing::{ThreadBuilder, TraceBuilder};
use crate::trace::value::{Writer, put};

fn text(text: &str) -> Value {
    Value::Str { text: text.to_owned(), escaped: false, length: text.chars().count() as u64 }
}

fn bytes(values: &[Value]) -> Vec<u8> {
    let mut out = Writer::new(4096);
    for value in values {
        assert!(put(&mut out, value));
    }
    out.bytes().to_vec()
}

fn exception(name: &str, argument: Value) -> Vec<u8> {
    let mut all = vec![name.len() as u8];
    all.extend_from_slice(name.as_bytes());
    all.extend(bytes(&[Value::Sequence { kind: Sequence::Tuple, id: 9, items: vec![argument], length: 1 }]));
    all.push(0);
    all
}

fn line(thread: &mut ThreadBuilder, variable: u8, value: Value) {
    let mut all = vec![5, variable];
    all.extend(bytes(&[value]));
    thread.note(tag::LINE, &all);
}

/// Two threads; call 0 of the first stays open over many blocks.
fn trace(dir: &std::path::Path) -> Trace {
    let trace = TraceBuilder::new(dir);
    let mut process = trace.process(7);
    let code = process.function("m", "f", "/srv/m.py", 1);
    let mut thread = process.thread(1).small_blocks(250);
    thread.call_with(code, &bytes(&[text("outer"), text("needle in the hay")]));
    for n in 0..60 {
        thread.call_with(code, &bytes(&[Value::Int(n), Value::Redacted]));
        line(&mut thread, 3, text(if n == 20 { "a Needle" } else { "straw" }));
        match n {
            30 => thread.ret_with(&bytes(&[Value::Mapping {
                id: 1,
                entries: vec![(text("key"), text("needle"))],
                length: 1,
            }])),
            40 => thread.raise_with(&exception("shop.NeedleError", Value::None)),
            50 => thread.raise_with(&exception("KeyError", text("needle"))),
            _ => thread.ret(),
        };
    }
    // In a line of the outer call, far from its beginning.
    line(&mut thread, 1, text("the last needle"));
    thread.ret_with(&bytes(&[text("needle again")]));
    thread.publish();
    let mut thread = process.thread(2);
    thread.call_with(code, &bytes(&[text("NEEDLE")])).ret().publish();
    process.end();
    Trace::open(dir).unwrap()
}

/// Thread, ordinal and spot of all hits, in the order of the search.
fn all(trace: &Trace, wanted: &str, forward: bool, within: Within) -> Vec<(u32, u64, Spot)> {
    let needle = Needle::new(wanted);
    let direction = if forward { Direction::Forward } else { Direction::Backward };
    let thread = ThreadNo(if forward || within == Within::Thread { 1 } else { 2 });
    let mut at = Place::edge(ProcessIx(0), thread, !forward);
    let mut hits = Vec::new();
    for _ in 0..10_000 {
        match find(trace, &needle, at, direction, within, 1) {
            ValueStep::Found(hit) => {
                hits.push((hit.id.thread.0, hit.id.ordinal, hit.spot));
                at = if forward { hit.place.behind() } else { hit.place };
            }
            ValueStep::More(next) => at = next,
            ValueStep::End => return hits,
        }
    }
    panic!("a search without end");
}

#[test]
fn every_hit_once_in_both_directions() {
    let dir = tempfile::tempdir().unwrap();
    let trace = trace(dir.path());
    assert!(trace.thread(ProcessIx(0), ThreadNo(1)).unwrap().blocks().len() > 5);
    let first = [
        (1, 0, Spot::Argument(1)),
        (1, 21, Spot::Variable(3)),
        (1, 31, Spot::Result),
        (1, 41, Spot::Exception),
        (1, 51, Spot::Exception),
        (1, 0, Spot::Variable(1)),
        (1, 0, Spot::Result),
    ];
    let mut both = first.to_vec();
    both.push((2, 0, Spot::Argument(0)));
    let reversed = |mut hits: Vec<_>| {
        hits.reverse();
        hits
    };
    assert_eq!(all(&trace, "needle", true, Within::Everything), both);
    assert_eq!(all(&trace, "needle", false, Within::Everything), reversed(both));
    assert_eq!(all(&trace, "needle", true, Within::Thread), first);
    assert_eq!(all(&trace, "needle", false, Within::Thread), reversed(first.to_vec()));
    // The events of one call.
    let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
    let place = |(block, at)| Place { process: ProcessIx(0), thread: ThreadNo(1), block, at };
    let within = Within::Events(place(nav.opening(31).unwrap()), place(nav.end(31).unwrap().at.unwrap()));
    assert_eq!(all(&trace, "needle", true, within), [(1, 31, Spot::Result)]);
    assert_eq!(all(&trace, "straw", true, within), [(1, 31, Spot::Variable(3))]);
}

#[test]
fn what_counts_as_a_hit() {
    let dir = tempfile::tempdir().unwrap();
    let trace = trace(dir.path());
    let count = |wanted: &str| all(&trace, wanted, true, Within::Everything).len();
    // Upper case makes case count; types, keys and numbers are found as they are shown.
    assert_eq!((count("Needle"), count("NEEDLE"), count("'key': 'needle'")), (2, 1, 1));
    assert_eq!((count("shop."), count("59"), count("none"), count("nothing of the kind")), (1, 1, 1, 0));
    // What was hidden is not there, nor the word for it.
    assert_eq!((count("redact"), count("<redacted>"), count("é")), (0, 0, 0));
}
