//! Tasks of asyncio, generators that go on elsewhere, and threads that are renamed, on every interpreter.

mod common;

use common::{Playground, Recorded, recordable};
use ct_tui::index::survey::{Survey, TestOutcome};
use ct_tui::index::{Nav, segments};
use ct_tui::trace::Trace;
use serde_json::Value as Json;
use std::collections::BTreeSet;

fn rows(ground: &Playground, recorded: &Recorded) -> Vec<Json> {
    let output = ground.ct_tui(["print", "--json"]).arg(&recorded.trace).output().expect("ct-tui starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Tasks with names, without, of a subclass that would betray whoever calls it, in Python, and in another thread.
const TASKS: &str = "\
import asyncio, threading
async def leaf(): await asyncio.sleep(0)
async def job(n):
    await leaf()
    plain(n)
def plain(n): pass
class Mine(asyncio.Task):
    def _called(self, *a): raise SystemExit('the program was called')
    get_name = __repr__ = __str__ = __eq__ = __bool__ = _called
    __hash__ = object.__hash__
async def main():
    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(job(1), name='first'), Mine(job(2), name='mine', loop=loop),
             asyncio.tasks._PyTask(job(3), name='python'), asyncio.create_task(asyncio.wait_for(job(4), 9), name='')]
    for task in tasks: await task
def elsewhere(): asyncio.run(job(5))
threading.Thread(target=elsewhere).start()
asyncio.run(main(), debug=True)
coroutine = job(6)
try:
    while True: coroutine.send(None)
except StopIteration: pass
print('done')
";

#[test]
fn calls_know_their_task_and_no_code_of_the_program_runs_for_it() {
    for python in recordable() {
        let ground = Playground::with(&[("app.py", TASKS)]);
        let recorded = ground.record(python, ["app.py"]);
        assert_eq!(recorded.stdout(), "done\n", "{:?}: {}", python.version, recorded.stderr());
        let rows = rows(&ground, &recorded);
        let task = |argument: i64| {
            let call = rows.iter().find(|row| row["label"] == "__main__.plain" && row["args"]["n"] == argument);
            call.unwrap_or_else(|| panic!("plain({argument}) in {rows:?}"))["task"].clone()
        };
        for (argument, name) in [(1, "first"), (2, "mine"), (3, "python")] {
            assert_eq!(task(argument), name, "{:?}", python.version);
        }
        assert!(task(5).as_str().is_some_and(|name| name.starts_with("Task-")), "{:?}", task(5));
        assert_eq!(task(6), Json::Null, "driven by hand, it is in no task");
        let leaves: BTreeSet<_> = rows
            .iter()
            .filter(|row| row["label"] == "__main__.leaf")
            .map(|row| &row["task"])
            .map(Json::to_string)
            .collect();
        assert!(leaves.contains("\"first\"") && leaves.contains("\"python\""), "each step knows it: {leaves:?}");
    }
}

#[test]
fn a_generator_is_followed_from_thread_to_thread() {
    let script = "import threading\ndef g():\n    for n in range(9): yield n\nit = g()\nnext(it)\n\
                  for _ in range(4):\n    t = threading.Thread(target=lambda: next(it))\n    t.start()\n    t.join()\n    next(it)\n";
    for python in recordable() {
        let ground = Playground::with(&[("app.py", script)]);
        let recorded = ground.record(python, ["--values", "none", "app.py"]);
        let trace = Trace::open(&recorded.trace).expect("a trace");
        let begin =
            rows(&ground, &recorded).into_iter().find(|row| row["label"] == "__main__.g").expect("a first segment");
        let mut at = trace.call_named(begin["id"].as_str().expect("an id")).expect("a call");
        let mut threads = vec![at.thread.0];
        let info = |at| Nav::of(&trace, at).and_then(|nav| nav.call(at.ordinal)).expect("a call");
        while let Ok(next) = segments::next(&trace, &info(at)) {
            assert_eq!(segments::previous(&trace, &info(next)), Ok(at));
            threads.push(next.thread.0);
            at = next;
        }
        assert_eq!(threads, [1, 2, 1, 3, 1, 4, 1, 5, 1], "{:?}", python.version);
    }
}

#[test]
fn a_thread_has_the_name_that_it_was_given_last() {
    let script = "import threading\ndef f(): pass\ndef work():\n    f()\n    threading.current_thread().name = 'second'\n    f()\n\
                  t = threading.Thread(target=work, name='first')\nt.start()\nt.join()\n\
                  f()\nthreading.main_thread().name = 'chief'\nfor _ in range(40000): f()\n";
    for python in recordable() {
        let ground = Playground::with(&[("app.py", script)]);
        let recorded = ground.record(python, ["--values", "none", "app.py"]);
        let trace = Trace::open(&recorded.trace).expect("a trace");
        let threads = trace.processes()[0].threads();
        assert!(threads[0].blocks().len() > 2, "long enough that not all of it is read for a name");
        let names: Vec<_> = threads.iter().map(|thread| thread.name.as_deref()).collect();
        assert_eq!(names, [Some("chief"), Some("second")], "{:?}", python.version);
    }
}

const UNITTEST: &str = "\
import unittest
class Cart(unittest.TestCase):
    def test_good(self): self.helper()
    def test_bad(self): self.assertEqual(1, 2)
    def test_broken(self): raise KeyError('x')
    def test_skipped(self): self.skipTest('not today')
    def helper(self): pass
class Net(unittest.IsolatedAsyncioTestCase):
    async def test_slow(self):
        import asyncio
        await asyncio.sleep(0)
        self.fail('in the second step')
";

#[test]
fn tests_of_unittest_are_listed_with_their_outcomes() {
    for python in recordable() {
        let ground = Playground::with(&[("test_cart.py", UNITTEST)]);
        let recorded = ground.record(python, ["-m", "unittest", "-q", "test_cart"]);
        assert_eq!(recorded.code(), 1, "{}", recorded.stderr());
        let trace = Trace::open(&recorded.trace).expect("a trace");
        let mut survey = Survey::default();
        survey.finish(&trace);
        let lists = survey.lists(&trace);
        let found: Vec<_> = lists.tests.iter().map(|test| (test.name.as_str(), test.outcome.clone())).collect();
        let expected = [
            ("test_cart.Cart.test_bad", TestOutcome::Failed),
            ("test_cart.Cart.test_broken", TestOutcome::Error("KeyError".to_owned())),
            ("test_cart.Cart.test_good", TestOutcome::Passed),
            ("test_cart.Cart.test_skipped", TestOutcome::Skipped),
            ("test_cart.Net.test_slow", TestOutcome::Failed),
        ];
        assert_eq!(found, expected, "{:?}", python.version);
    }
}
