//! Output is kept with its times, and each line is led back to the call that wrote it, on every interpreter.

mod common;

use common::{Playground, recordable};
use ct_tui::app::output::lines::{self, Writer};
use ct_tui::app::session::Session;
use ct_tui::index::survey::Survey;
use ct_tui::launch::keeper::Size;
use ct_tui::launch::prepare::{Request, prepare};
use ct_tui::launch::probe::Interpreter;
use ct_tui::launch::pty::{PtyEvent, PtySession};
use ct_tui::trace::Trace;
use ct_tui::trace::manifest::Values;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, RwLock};

/// Runs a script in a terminal to its end, and opens the explorer's session on the trace, with everything listed.
fn session(ground: &Playground, python: &Interpreter, script: &str, max_size: u64) -> Session {
    ground.write("app.py", script);
    let prepared = prepare(&Request {
        python: Some(python.path.clone()),
        output: Some(ground.at("trace")),
        values: Values::None,
        max_size,
        control: true,
        ..Request::of([ground.at("app.py")])
    })
    .expect("it can be recorded");
    let (sender, events) = channel();
    let notify = move |event| _ = sender.send(event);
    let ourselves = Path::new(env!("CARGO_BIN_EXE_ct-tui"));
    let session = PtySession::start_by(ourselves, prepared, Size { rows: 20, columns: 60 }, notify).expect("it starts");
    // Until the target has ended and its terminal was read to its end.
    let ended = events.iter().filter(|event| matches!(event, PtyEvent::Exited(_))).count();
    assert_eq!(ended, 1);
    drop(session);
    let trace = Trace::open(&ground.at("trace")).expect("a trace");
    let mut survey = Survey::default();
    survey.finish(&trace);
    while !survey.advance(&trace, 1).finished {}
    let lists = survey.lists(&trace);
    let mut session = Session::new(Arc::new(RwLock::new(trace)));
    session.survey.take(Arc::new(lists), ct_tui::index::Progress::default());
    session
}

/// Each way to print says which function it is in; what is not from Python is from nobody.
const SPEAKERS: &str = "\
import os, subprocess, sys, time
def a(n): print('a', n)
def b(n): sys.stderr.write('b %d\\n' % n)
def c(n): os.write(1, b'c %d\\n' % n)
raw = getattr(sys.stdout.buffer, 'raw', sys.stdout.buffer)
def d(n): raw.write(memoryview(b'd %d\\n' % n))
def speak():
    for n in range(1500): (a, b, c, d)[n % 4](n)
def kept(): return os.path.getsize(os.path.join(os.environ['CT_TUI_TRACE'], 'output.log'))
def child():
    before = kept()
    subprocess.run(['echo', 'nobody'])
    # Not before somebody has read it.
    while kept() < before + 8: time.sleep(0.001)
def wait():
    while kept() < 1500 * 7: time.sleep(0.001)
speak()
wait()
child()
speak()
print('__main__')
";

#[test]
fn each_line_is_led_back_to_the_call_that_wrote_it() {
    for python in recordable() {
        let ground = Playground::new();
        let session = session(&ground, python, SPEAKERS, 0);
        let lists = &session.survey.lists;
        let shown = lines::lines(&session, 0, usize::MAX);
        assert_eq!(shown.len(), 3002, "{:?}", python.version);
        let wrong: Vec<_> = shown
            .iter()
            .filter(|line| {
                let expected = match line.text.split(' ').next() {
                    Some("nobody") => None,
                    Some("__main__") => Some("<__main__>".to_owned()),
                    Some(letter) => Some(format!("__main__.{letter}")),
                    None => Some(String::new()),
                };
                line.by != expected
            })
            .collect();
        assert!(wrong.is_empty(), "{:?}: {} wrong, first {:?}", python.version, wrong.len(), wrong.first());
        assert!(shown.is_sorted_by_key(|line| line.ns));
        let nobody = shown.iter().find(|line| line.text == "nobody").expect("the child's line");
        assert!(matches!(lines::writer(&session, nobody.at), Writer::RanThen(_)), "a guess, and said to be one");
        assert_eq!(lines::count(lists), 3002);
    }
}

#[test]
fn output_keeps_the_size_limit() {
    let python = common::python();
    let ground = Playground::new();
    let session = session(&ground, python, "for n in range(20000): print('x' * 50)\n", 300_000);
    let kept = std::fs::metadata(ground.at("trace").join("output.log")).expect("the output").len();
    assert!(kept > 1000 && kept < 300_000, "{kept}");
    assert!(lines::count(&session.survey.lists) < 20_000);
}

/// Everything that could tell the recorder's write from Python's own, from inside the program.
const WRITERS: &str = "\
import gc, io, os, pickle, sys, threading
failed = []
def check(what, fine):
    if not fine: failed.append(what)
def raises(kind, function, *arguments, **named):
    try: function(*arguments, **named)
    except kind as error: return str(error)
    check('%s is raised by %r' % (kind.__name__, function), False)
class Mine(io.FileIO):
    def write(self, data): return super().write(bytes(data).upper())
with Mine(1, 'w', closefd=False) as mine:
    check('subclass', mine.write(b'mine\\n') == 5)
    mine.extra = 1
raises(ValueError, mine.write, b'closed')
plain = io.FileIO(1, 'w', closefd=False)
check('name', io.FileIO.write.__name__ == 'write' and io.FileIO.write.__qualname__ == 'FileIO.write')
check('repr', repr(io.FileIO.write) == \"<method 'write' of '_io.FileIO' objects>\")
check('pickle', pickle.loads(pickle.dumps(os.write)) is os.write and pickle.loads(pickle.dumps(io.FileIO)) is io.FileIO)
check('doc', 'rite' in io.FileIO.write.__doc__ and io.FileIO.write.__text_signature__.startswith('($self, '))
check('size', sys.getsizeof(plain) == sys.getsizeof(io.FileIO(os.devnull)))
raises(TypeError, io.FileIO.write, 5, b'x')
for words in [(), (b'x', b'y'), ('text',), (None,), (5,)]: raises(TypeError, plain.write, *words)
for words in [(), (1,), (1, 'text'), ('1', b'x'), (1, b'x', 2)]: raises(TypeError, os.write, *words)
raises(OSError, os.write, -1, b'x')
raises(OSError, os.write, 99999, b'x')
raises(io.UnsupportedOperation, io.FileIO(os.devnull).write, b'x')
data = bytearray(b'array\\n')
check('bytearray', plain.write(data) == 6 and os.write(1, memoryview(data)[:5]) == 5)
data.append(1)
check('empty', plain.write(b'') == 0 and os.write(1, b'') == 0)
class Odd:
    def __index__(self): return 1
check('index', os.write(Odd(), b'odd\\n') == 4)
check('array of numbers', plain.write(memoryview(b'ab\\n\\n').cast('H')) in (2, 4))
before = sys.getrefcount(plain), sys.getrefcount(data)
for _ in range(50): plain.write(data)
check('references', before == (sys.getrefcount(plain), sys.getrefcount(data)))
threads = [threading.Thread(target=lambda n=n: [os.write(1, b'%d\\n' % n) for _ in range(200)]) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
child = os.fork()
if not child:
    print('child', flush=True)
    os._exit(3)
check('child', os.waitpid(child, 0)[1] >> 8 == 3)
try:
    try: import _interpreters as interpreters
    except ImportError: import _xxsubinterpreters as interpreters
except ImportError: pass
else:
    other = interpreters.create()
    interpreters.run_string(other, 'import os; os.write(1, b\"other\\\\n\"); print(\"other\", flush=True)')
    interpreters.destroy(other)
class Late:
    def __del__(self): os.write(1, b'late\\n')
keep = Late()
keep.me = keep
import atexit
atexit.register(lambda: os.write(1, b'at exit\\n'))
os.write(1, b'failed: %s\\n' % ', '.join(failed).encode())
";

#[test]
fn nothing_tells_the_program_that_its_writes_are_noted() {
    for python in recordable() {
        let ground = Playground::new();
        drop(session(&ground, python, WRITERS, 0));
        let written = std::fs::read_to_string(ground.at("trace/output.log")).expect("the output was kept");
        assert!(written.contains("failed: \r\n"), "{python}: {written}");
        for line in ["MINE", "array", "child", "at exit", "late"] {
            assert!(written.contains(line), "{python}: {line} in {written}");
        }
        let trace = Trace::open(&ground.at("trace")).expect("a trace");
        assert_eq!(trace.manifest().exit, Some(ct_tui::trace::manifest::Exit::Code(0)), "{python}: {written}");
    }
}
