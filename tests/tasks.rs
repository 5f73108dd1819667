//! Tasks of asyncio, generators that go on elsewhere, and threads that are renamed, on every interpreter.

mod common;

use common::{Playground, Recorded, recordable};
use ct_tui::index::survey::Survey;
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

/// Tests as the explorer lists them: `outcome name`, what raised, where; the functions of their calls.
fn tests(trace: &Trace) -> (Vec<String>, Vec<String>) {
    let mut survey = Survey::default();
    survey.finish(trace);
    let mut rows = Vec::new();
    let mut calls = Vec::new();
    for test in survey.lists(trace).tests {
        let mut row = format!("{} {}", test.outcome.word(), test.name);
        if !test.during.is_empty() {
            row += &format!(", in {}", test.during);
        }
        if let Some(kind) = test.raised.filter(|_| test.outcome.is_bad()) {
            row += &format!(": {kind}");
        }
        rows.push(row);
        let code = test.call.and_then(|id| Nav::of(trace, id)?.call(id.ordinal)).map(|call| call.code);
        let label = test.call.zip(code).map(|(id, code)| trace.label(id.process, code));
        calls.push(label.unwrap_or_default());
    }
    (rows, calls)
}

const UNITTEST: &str = "\
import unittest
class Cart(unittest.TestCase):
    def test_good(self): self.test_helper()
    def test_bad(self): self.assertEqual(1, 2)
    def test_broken(self): raise KeyError('x')
    def test_skipped(self): self.skipTest('not today')
    def test_helper(self): pass
    @unittest.skip('never')
    def test_decorated(self): pass
    @unittest.expectedFailure
    def test_wrong(self): self.fail()
    @unittest.expectedFailure
    def test_right(self): pass
class Fixtures(unittest.TestCase):
    def setUp(self):
        if 'up' in self._testMethodName: raise OSError
    def tearDown(self):
        if 'down' in self._testMethodName: raise ConnectionError
    def test_up(self): pass
    def test_down(self): pass
class Hopeless(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError
    def test_never(self): pass
class Net(unittest.IsolatedAsyncioTestCase):
    async def test_slow(self):
        import asyncio
        await asyncio.sleep(0)
        self.fail('in the second step')
class Parts(unittest.TestCase):
    def test_mixed(self):
        for n in range(4):
            with self.subTest('part', n=n, password='hush'):
                if n == 1: self.fail()
                if n == 2: raise LookupError
    def test_all_good(self):
        for n in range(4):
            with self.subTest(n=n): pass
@unittest.skip('all of them')
class Skipped(unittest.TestCase):
    def test_any(self): pass
class Strange(unittest.TestCase):
    def id(self): raise SystemExit('the program was called')
    def __getattr__(self, name):
        if name in ('_testMethodName', '_dt_test', 'description'): raise SystemExit('the program was called')
        raise AttributeError(name)
    def test_strange(self): pass
";

#[test]
fn tests_of_unittest_are_listed_as_unittest_has_them() {
    let expected = [
        ("failed test_cart.Cart.test_bad: AssertionError", "test_cart.Cart.test_bad"),
        ("error test_cart.Cart.test_broken: KeyError", "test_cart.Cart.test_broken"),
        ("skipped test_cart.Cart.test_decorated", ""),
        ("passed test_cart.Cart.test_good", "test_cart.Cart.test_good"),
        ("passed test_cart.Cart.test_helper", "test_cart.Cart.test_helper"),
        ("unexpected success test_cart.Cart.test_right", "test_cart.Cart.test_right"),
        ("skipped test_cart.Cart.test_skipped", "test_cart.Cart.test_skipped"),
        ("expected failure test_cart.Cart.test_wrong", "test_cart.Cart.test_wrong"),
        ("error test_cart.Fixtures.test_down: ConnectionError", "test_cart.Fixtures.test_down"),
        ("error test_cart.Fixtures.test_up: OSError", "test_cart.Fixtures.setUp"),
        ("error setUpClass (test_cart.Hopeless): RuntimeError", "test_cart.Hopeless.setUpClass"),
        ("failed test_cart.Net.test_slow: AssertionError", "test_cart.Net.test_slow"),
        ("passed test_cart.Parts.test_all_good", "test_cart.Parts.test_all_good"),
        ("failed test_cart.Parts.test_mixed [part] (n=1, password=…)", "test_cart.Parts.test_mixed"),
        ("error test_cart.Parts.test_mixed [part] (n=2, password=…)", "test_cart.Parts.test_mixed"),
        ("skipped test_cart.Skipped.test_any", ""),
        ("passed test_cart.Strange.test_strange", "test_cart.Strange.test_strange"),
    ];
    for python in recordable() {
        for values in ["all", "none"] {
            let ground = Playground::with(&[("test_cart.py", UNITTEST)]);
            let recorded = ground.record(python, ["--values", values, "-m", "unittest", "-q", "test_cart"]);
            assert_eq!(recorded.code(), 1, "{}", recorded.stderr());
            let trace = Trace::open(&recorded.trace).expect("a trace");
            let (rows, calls) = tests(&trace);
            let mut plain: Vec<String> = expected.iter().map(|(row, _)| (*row).to_owned()).collect();
            if values == "none" {
                // Neither types of exceptions nor values are recorded.
                for row in &mut plain {
                    *row = row.replace("n=1", "n=…").replace("n=2", "n=…");
                    row.truncate(row.find(": ").unwrap_or(row.len()));
                }
            }
            assert_eq!(rows, plain, "{:?} {values}", python.version);
            assert_eq!(calls, expected.map(|(_, call)| call), "{:?} {values}", python.version);
        }
    }
}

/// As much of pytest as says what came of a test, in both the shapes that its reports have had.
const MAIN: &str = "\
class Session:
    def pytest_runtest_logreport(self, report): pass
    pytest_collectreport = pytest_runtest_logreport
class Report:
    def __init__(self, nodeid, outcome, **more): self.__dict__.update(nodeid=nodeid, outcome=outcome, **more)
    def __getattr__(self, name): raise SystemExit('the program was called')
class Id:
    __slots__ = 'path', 'names', 'params'
    def __init__(self, text):
        text, bracket, params = text.partition('[')
        self.path, *names = text.split('::')
        self.names, self.params = tuple(names), params[:-1] if bracket else None
    def __str__(self): raise SystemExit('the program was called')
class Newer(Report):
    def __init__(self, nodeid, outcome, **more): self.__dict__.update(_id=Id(nodeid), outcome=outcome, **more)
";

/// A run like those of pytest, in which every kind of report comes up; `REPORT` stands for the class of the reports.
const RUN: &str = "\
import test_shop
from _pytest.main import Session, REPORT as Report
session = Session()
def say(nodeid, node=None, **reports):
    for when, outcome in reports.items():
        more = {'node': node} if node else {}
        if when == 'call' and outcome.startswith('x'): more, outcome = {'wasxfail': 'reason'}, outcome[1:]
        session.pytest_runtest_logreport(Report(nodeid, outcome, when=when, **more))
def run(name, call='passed', setup='passed', teardown='passed', *args):
    nodeid = 'test_shop.py::' + name
    try: test_shop.fixture(setup == 'failed')
    except OSError: pass
    say(nodeid, setup=setup)
    if setup == 'passed':
        try: getattr(test_shop, name.split('[')[0].split('::')[-1])(call)
        except BaseException: pass
        say(nodeid, call=call)
    say(nodeid, teardown=teardown)
session.pytest_collectreport(Report('', 'passed'))
session.pytest_collectreport(Report('test_broken.py', 'failed'))
run('test_plain[1-a.b]')
run('test_plain[2]', 'failed')
run('test_up', setup='failed')
run('test_marked', setup='skipped')
run('test_inside', 'skipped')
run('test_expected', 'xskipped')
run('test_unexpected', 'xpassed')
run('test_down', teardown='failed')
say('of_a_worker', call='failed', node='gw0')
run('Group::check_it', 'rerun')
run('Group::check_it')
";

const SHOP: &str = "\
def fixture(fails):
    if fails: inner()
def inner(): raise OSError
def case(outcome):
    if outcome == 'failed': raise ValueError
    if outcome.endswith('skipped'): raise KeyError
for name in 'plain up marked inside expected unexpected down'.split():
    exec(compile(f'def test_{name}(outcome): case(outcome)', __file__, 'exec'))
def check_it(outcome): case(outcome)
";

#[test]
fn tests_of_pytest_are_listed_as_pytest_has_them() {
    let expected = [
        ("error test_broken.py, in collection", ""),
        ("passed test_shop.py::test_plain[1-a.b]", "test_shop.test_plain"),
        ("failed test_shop.py::test_plain[2]: ValueError", "test_shop.test_plain"),
        ("error test_shop.py::test_up, in setup: OSError", "test_shop.fixture"),
        ("skipped test_shop.py::test_marked", ""),
        ("skipped test_shop.py::test_inside", "test_shop.test_inside"),
        ("xfailed test_shop.py::test_expected", "test_shop.test_expected"),
        ("xpassed test_shop.py::test_unexpected", "test_shop.test_unexpected"),
        ("error test_shop.py::test_down, in teardown", "test_shop.test_down"),
        ("rerun test_shop.py::Group::check_it", "test_shop.check_it"),
        ("passed test_shop.py::Group::check_it", "test_shop.check_it"),
    ];
    for python in recordable() {
        for class in ["Report", "Newer"] {
            for options in [&[][..], &["--no-framework-filters"], &["--values", "none"]] {
                let ground = Playground::with(&[("test_shop.py", SHOP), ("app.py", &RUN.replace("REPORT", class))]);
                ground.write("_pytest/__init__.py", "");
                ground.write("_pytest/main.py", MAIN);
                let recorded = ground.record(python, options.iter().copied().chain(["app.py"]));
                assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
                let trace = Trace::open(&recorded.trace).expect("a trace");
                let (mut rows, calls) = tests(&trace);
                let mut plain = expected.map(|(row, _)| row.to_owned());
                if options.contains(&"none") {
                    plain.iter_mut().for_each(|row| row.truncate(row.find(": ").unwrap_or(row.len())));
                    rows.iter_mut().for_each(|row| row.truncate(row.find(": ").unwrap_or(row.len())));
                }
                assert_eq!(rows, plain, "{:?} {class} {options:?}", python.version);
                assert_eq!(calls, expected.map(|(_, call)| call), "{:?} {class} {options:?}", python.version);
            }
        }
    }
}
