//! Calls that are tests of pytest or unittest, and what came of each: the view by test.
//!
//! What is a test is told by the names that both frameworks collect by: a function `test…` in a file `test_….py` or
//! `…_test.py`, in a class or not. A helper of that name that a test
//! calls is part of the test.

use crate::index::call::{CallInfo, Outcome};
use crate::index::nav::Nav;
use crate::index::profile::Profile;
use crate::index::search::{Direction, Search, Step};
use crate::index::segments;
use crate::model::code::{CodeKind, CodeRecord};
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::trace::event::Opening;
use crate::trace::{Process, Trace, value};

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It returned.
    Passed,
    /// It said that it is to be skipped.
    Skipped,
    /// An exception left it: its type, where values were recorded.
    Failed(Option<String>),
    /// It has not ended, or its process died in it.
    Open,
    /// Recording lost sight of it.
    Unknown,
}

/// Whether a code object is a test function by its name and its file.
#[must_use]
pub fn is_test(record: &CodeRecord) -> bool {
    let facts = &record.facts;
    let file = facts.abs_path.rsplit('/').next().unwrap_or_default();
    let stem = file.strip_suffix(".py").unwrap_or(file);
    let function = facts.qualname.rsplit('.').next().unwrap_or_default();
    let in_test_file = stem.starts_with("test_") || stem.ends_with("_test") || stem == "tests";
    facts.kind != CodeKind::Module
        && in_test_file
        && function.starts_with("test")
        && !facts.qualname.contains("<locals>")
}

/// The next test behind `from`, in its thread and those that follow: [`Search::everywhere`] for tests that are not part
/// of another test.
#[must_use]
pub fn next(trace: &Trace, profile: Option<&Profile>, from: CallId, blocks: usize) -> Step {
    let test = |process: &Process, code: CodeId| process.code(code).is_some_and(|record| is_test(record));
    let wanted = |ix: ProcessIx, code: CodeId| trace.process(ix).is_some_and(|process| test(process, code));
    let search = Search { trace, profile, wanted };
    let mut from = from;
    // Each hit that is no test of its own costs a look, too.
    for _ in 0..blocks.max(1) {
        let step = search.everywhere(from, Direction::Forward, blocks);
        let Step::Found(id) = step else { return step };
        let Some(nav) = Nav::of(trace, id) else { return Step::End };
        let inside =
            nav.ancestors(id.ordinal, 64).iter().any(|at| nav.code(*at).is_some_and(|code| test(nav.process(), code)));
        // A coroutine's later segments belong to the first.
        let begins = nav.call(id.ordinal).is_some_and(|call| call.opening == Opening::Call);
        if begins && !inside {
            return step;
        }
        from = id;
    }
    Step::More(from)
}

/// What came of the test `call`; that of a coroutine is told by its last segment.
#[must_use]
pub fn verdict(nav: &Nav<'_>, call: &CallInfo) -> Verdict {
    let last = segments::last(nav.trace(), call).ok();
    let last = last.and_then(|id| Nav::of(nav.trace(), id)?.call(id.ordinal));
    let call = last.as_ref().unwrap_or(call);
    match call.outcome {
        Outcome::Return => Verdict::Passed,
        Outcome::Open | Outcome::Yield => Verdict::Open,
        Outcome::Resync => Verdict::Unknown,
        Outcome::Raise => {
            let bytes = call.result.and_then(|payload| nav.payload(payload));
            let kind = bytes.and_then(|bytes| value::raised(&bytes).ok()).map(|raised| raised.type_name);
            match kind.as_deref().and_then(|name| name.rsplit('.').next()) {
                Some("Skipped" | "SkipTest") => Verdict::Skipped,
                _ => Verdict::Failed(kind),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::ThreadNo;
    use crate::trace::testing::TraceBuilder;

    #[test]
    fn tests_are_listed_with_what_came_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut trace = TraceBuilder::new(dir.path());
        let mut process = trace.process(7);
        let file = "/srv/tests/test_cart.py";
        let main = process.body("test_cart", file);
        let [good, bad, skipped, never] = ["test_good", "TestCart.test_bad", "test_skipped", "test_never"]
            .map(|name| process.function("test_cart", name, file, 1));
        let slow =
            process.code(Some("test_cart"), "test_slow", file, 9, |record| record.facts.kind = CodeKind::Coroutine);
        let local = process.function("test_cart", "helper.<locals>.test_inner", file, 3);
        let elsewhere = process.function("cart", "test_drive", "/srv/cart.py", 3);
        let raised = |name: &str| [&[name.len() as u8], name.as_bytes(), &[0x1f, 3]].concat();
        let mut thread = process.thread(1).small_blocks(300);
        thread.call(main).call(elsewhere).ret().call(local).ret();
        // A test that calls another one is one test.
        thread.call(good).call(bad).ret().ret();
        thread.call(bad).raise_with(&raised("AssertionError"));
        thread.call(skipped).raise_with(&raised("_pytest.outcomes.Skipped"));
        thread.call(slow).yields(5).call(elsewhere).ret().open(Opening::Resume, slow, 5, None).raise();
        thread.call(never).publish();
        process.end();
        trace.end(0);

        let trace = Trace::open(dir.path()).unwrap();
        let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
        for blocks in [1, 100] {
            let (mut from, mut found) = (nav.id(0), Vec::new());
            loop {
                match next(&trace, None, from, blocks) {
                    Step::Found(id) => {
                        let call = nav.call(id.ordinal).unwrap();
                        found.push((trace.label(id.process, call.code), verdict(&nav, &call)));
                        from = id;
                    }
                    Step::More(id) => from = id,
                    Step::End => break,
                }
            }
            let expected = [
                ("test_cart.test_good", Verdict::Passed),
                ("test_cart.TestCart.test_bad", Verdict::Failed(Some("AssertionError".to_owned()))),
                ("test_cart.test_skipped", Verdict::Skipped),
                ("test_cart.test_slow", Verdict::Failed(None)),
                ("test_cart.test_never", Verdict::Open),
            ];
            assert_eq!(found, expected.map(|(label, verdict)| (label.to_owned(), verdict)));
        }
    }
}
