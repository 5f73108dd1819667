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
