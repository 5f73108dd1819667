//! What test frameworks say of the tests that they run: notes in the stream of the thread, for the view by test.
//!
//! pytest hands each report to `Session.pytest_runtest_logreport`, unittest tells `TestResult` of each step. These functions
//! are watched whatever the filters say about them: when one begins, what it was given is looked into, through instance
//! dictionaries only. Nothing is asked of the framework or of the tests, so a report class that answers differently, or a
//! result class that does not tell its base, leaves the explorer with the names of functions to go by.

use super::capture::Frame;
use super::clock;
use super::process::{self, Process};
use super::python::{self, Name, Owned};
use super::thread;
use crate::filter::{FrameFacts, ValueAction, ValueKind};
use crate::model::code::CodeFacts;
use crate::trace::event::tag;
use crate::trace::manifest::Values;
use crate::trace::test_note::{Phase, TestNote};
use pyo3::ffi::{self, PyObject};
use std::borrow::Cow;

/// A function that is told of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// `(session, report)`
    Pytest,
    /// `(result, test, …)`: the phase, and the word for it.
    Unittest(Phase, &'static str),
    /// `(result, test, part, error)`
    Part,
}

const UNITTEST: [(&str, Phase, &str); 8] = [
    ("startTest", Phase::Start, ""),
    ("addSuccess", Phase::Call, "passed"),
    ("addError", Phase::Call, "error"),
    ("addFailure", Phase::Call, "failed"),
    ("addSkip", Phase::Call, "skipped"),
    ("addExpectedFailure", Phase::Call, "expected failure"),
    ("addUnexpectedSuccess", Phase::Call, "unexpected success"),
    ("stopTest", Phase::End, ""),
];

/// What a code object is told of, if it is such a function. Where qualified names are not known (3.10), the bare name stands
/// for it.
pub fn reporter(module: Option<&str>, facts: &CodeFacts) -> Option<Reporter> {
    let method = |class: &str| match facts.qualname.rsplit_once('.') {
        Some((before, method)) => (before == class).then_some(method),
        None => Some(facts.qualname.as_str()),
    };
    match module? {
        "_pytest.main" if facts.filename.ends_with("main.py") => {
            (method("Session")? == "pytest_runtest_logreport").then_some(Reporter::Pytest)
        }
        "unittest.result" if facts.filename.ends_with("result.py") => {
            let method = method("TestResult")?;
            if method == "addSubTest" {
                return Some(Reporter::Part);
            }
            let found = UNITTEST.iter().find(|(name, ..)| *name == method);
            found.map(|(_, phase, word)| Reporter::Unittest(*phase, word))
        }
        _ => None,
    }
}

/// One of these functions begins in the current frame.
///
/// # Safety
/// The GIL is held; `code` is the code object of the current frame.
pub unsafe fn called(process: &'static Process, reporter: Reporter, code: *mut PyObject) {
    // SAFETY: the GIL is held. What is borrowed is kept by the frame or by an `Owned`.
    unsafe {
        if !ffi::PyErr_Occurred().is_null() {
            return;
        }
        let _pause = python::NoCollection::new();
        let Some(frame) = Frame::current(code) else { return };
        let note = match reporter {
            Reporter::Pytest => pytest(process, frame),
            Reporter::Unittest(phase, word) => unittest(frame, phase, word),
            Reporter::Part => part(process, frame),
        };
        if let Some(note) = note
            && let Ok(thread) = thread::enter(process, true)
        {
            thread.writer.note(clock::raw(), tag::TEST, &note.encode());
        }
    }
}

/// # Safety
/// As for [`called`].
unsafe fn pytest(process: &Process, frame: Frame) -> Option<TestNote<'static>> {
    static REPORT: Name = Name::new(c"report");
    static NODEID: Name = Name::new(c"nodeid");
    static ID: Name = Name::new(c"_id");
    static OUTCOME: Name = Name::new(c"outcome");
    static WHEN: Name = Name::new(c"when");
    static NODE: Name = Name::new(c"node");
    static WASXFAIL: Name = Name::new(c"wasxfail");
    static CONTEXT: Name = Name::new(c"context");
    static MESSAGE: Name = Name::new(c"msg");
    static PARAMS: Name = Name::new(c"kwargs");
    // SAFETY: as the caller promised.
    unsafe {
        let report = frame.argument(1, &REPORT)?;
        let name = match text(&report, &NODEID) {
            Some(name) => name,
            None => node(&python::field(report.as_ptr(), &ID)?)?,
        };
        let outcome = text(&report, &OUTCOME)?;
        let when = text(&report, &WHEN);
        // What a worker of pytest-xdist has sent to the process that started it: it is noted in the worker, except that a
        // test has brought the worker down.
        if python::field(report.as_ptr(), &NODE).is_some() && when.as_deref() != Some("???") {
            return None;
        }
        // What reports of collections have for this is an attribute of their class.
        let phase = match when.as_deref() {
            Some("setup") => Phase::Setup,
            Some("teardown") => Phase::Teardown,
            Some(_) => Phase::Call,
            None => Phase::Collect,
        };
        if let Some(context) = python::field(report.as_ptr(), &CONTEXT) {
            let params = python::field(context.as_ptr(), &PARAMS);
            let params = params.iter().map(Owned::as_ptr);
            let name = part_name(process, &name, text(&context, &MESSAGE), params);
            return Some(TestNote { phase: Phase::Part, word: outcome.into(), name: name.into() });
        }
        let expected = python::field(report.as_ptr(), &WASXFAIL).is_some();
        let word = match &*outcome {
            "skipped" if expected => "xfailed".to_owned(),
            "passed" if expected => "xpassed".to_owned(),
            "failed" if phase != Phase::Call => "error".to_owned(),
            _ => outcome,
        };
        Some(TestNote { phase, word: word.into(), name: name.into() })
    }
}

/// An attribute that is a text.
///
/// # Safety
/// As for [`called`].
unsafe fn text(object: &Owned, name: &Name) -> Option<String> {
    // SAFETY: as the caller promised.
    unsafe {
        let found = python::field(object.as_ptr(), name)?;
        python::text(found.as_ptr()).map(Cow::into_owned)
    }
}

/// The text of pytest's structured name of a test (9.2 and newer).
///
/// # Safety
/// As for [`called`].
unsafe fn node(id: &Owned) -> Option<String> {
    static PATH: Name = Name::new(c"path");
    static NAMES: Name = Name::new(c"names");
    static PARAMS: Name = Name::new(c"params");
    // SAFETY: as the caller promised.
    unsafe {
        let mut name = text(id, &PATH)?;
        let names = python::field(id.as_ptr(), &NAMES)?;
        if ffi::PyTuple_Check(names.as_ptr()) == 0 {
            return None;
        }
        for at in 0..ffi::PyTuple_Size(names.as_ptr()) {
            name += "::";
            name += &python::text(ffi::PyTuple_GetItem(names.as_ptr(), at))?;
        }
        if let Some(params) = text(id, &PARAMS) {
            name += &format!("[{params}]");
        }
        Some(name)
    }
}

/// # Safety
/// As for [`called`].
unsafe fn unittest(frame: Frame, phase: Phase, word: &'static str) -> Option<TestNote<'static>> {
    // SAFETY: as the caller promised.
    unsafe {
        let test = frame.argument(1, &TEST)?;
        Some(TestNote { phase, word: word.into(), name: id(&test)?.into() })
    }
}

static TEST: Name = Name::new(c"test");

/// What `id()` of a test would say, if that is what unittest has: the methods of the program are not called.
///
/// # Safety
/// As for [`called`].
unsafe fn id(test: &Owned) -> Option<String> {
    static METHOD: Name = Name::new(c"_testMethodName");
    static DESCRIPTION: Name = Name::new(c"description");
    static DOCTEST: Name = Name::new(c"_dt_test");
    static NAME: Name = Name::new(c"name");
    static MODULE: Name = Name::new(c"__module__");
    static QUALNAME: Name = Name::new(c"__qualname__");
    // SAFETY: as the caller promised.
    unsafe {
        if let Some(doctest) = python::field(test.as_ptr(), &DOCTEST) {
            return text(&doctest, &NAME);
        }
        let Some(method) = text(test, &METHOD) else {
            // What stands for a class or module whose `setUpClass` or `setUpModule` failed.
            return text(test, &DESCRIPTION);
        };
        let class = ffi::Py_TYPE(test.as_ptr());
        let module = python::type_text(class, &MODULE).unwrap_or_default();
        Some(format!("{module}.{}.{method}", python::type_text(class, &QUALNAME)?))
    }
}

/// # Safety
/// As for [`called`].
unsafe fn part(process: &Process, frame: Frame) -> Option<TestNote<'static>> {
    static PART: Name = Name::new(c"subtest");
    static ERROR: Name = Name::new(c"err");
    static MESSAGE: Name = Name::new(c"_message");
    static PARAMS: Name = Name::new(c"params");
    static MAPS: Name = Name::new(c"maps");
    // SAFETY: as the caller promised. `PyExc_AssertionError` is always there.
    unsafe {
        let error = frame.argument(3, &ERROR)?;
        let word = if error.as_ptr() == ffi::Py_None() {
            "passed"
        } else {
            let class = (ffi::PyTuple_Check(error.as_ptr()) != 0 && ffi::PyTuple_Size(error.as_ptr()) > 0)
                .then(|| ffi::PyTuple_GetItem(error.as_ptr(), 0))
                .filter(|class| ffi::PyType_Check(*class) != 0)?;
            let failure = ffi::PyExc_AssertionError.cast();
            if ffi::PyType_IsSubtype(class.cast(), failure) != 0 { "failed" } else { "error" }
        };
        let (test, part) = (frame.argument(1, &TEST)?, frame.argument(2, &PART)?);
        let maps = python::field(part.as_ptr(), &PARAMS).and_then(|chain| python::field(chain.as_ptr(), &MAPS));
        let maps = maps.filter(|maps| ffi::PyList_CheckExact(maps.as_ptr()) != 0);
        let count = maps.as_ref().map_or(0, |maps| ffi::PyList_Size(maps.as_ptr()));
        let params = (0..count).filter_map(|at| Some(ffi::PyList_GetItem(maps.as_ref()?.as_ptr(), at)));
        let name = part_name(process, &id(&test)?, text(&part, &MESSAGE), params);
        Some(TestNote { phase: Phase::Part, word: word.into(), name: name.into() })
    }
}

/// The name of a part of a test: `NAME [message] (n=3)`. Values of its parameters are shown where they are whole numbers or
/// short texts, values are recorded, and the filter lets an argument of that name through.
///
/// # Safety
/// As for [`called`]; `params` are objects.
unsafe fn part_name(
    process: &Process,
    test: &str,
    message: Option<String>,
    params: impl Iterator<Item = *mut PyObject>,
) -> String {
    const MOST: usize = 8;
    const LONGEST: usize = 64;
    let values = process::config().is_some_and(|config| config.options.values != Values::None);
    let (module, qualname) = test.rsplit_once('.').unwrap_or(("", test));
    let about = FrameFacts { module: Some(module), abs_path: "", qualname };
    let mut given = Vec::new();
    // SAFETY: as the caller promised; a dictionary is not changed while it is walked through.
    unsafe {
        let policy = process.codes().judge_in_force().engine.value_policy(&about);
        let shown = |name: &str, value: *mut PyObject| {
            let shown = values && policy.action(ValueKind::Arg, name) == ValueAction::Allow;
            let number = python::int(value).filter(|_| shown).map(|number| number.to_string());
            let text = || python::text(value).filter(|text| shown && text.len() <= LONGEST);
            number.or_else(|| text().map(Cow::into_owned)).unwrap_or_else(|| "…".to_owned())
        };
        for dict in params.filter(|dict| ffi::PyDict_CheckExact(*dict) != 0) {
            let (mut position, mut name, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
            while given.len() < MOST && ffi::PyDict_Next(dict, &raw mut position, &raw mut name, &raw mut value) != 0 {
                if let Some(name) = python::text(name) {
                    given.push(format!("{name}={}", shown(&name, value)));
                }
            }
        }
    }
    match (message, given.is_empty()) {
        (None, true) => format!("{test} (<subtest>)"),
        (None, false) => format!("{test} ({})", given.join(", ")),
        (Some(message), true) => format!("{test} [{message}]"),
        (Some(message), false) => format!("{test} [{message}] ({})", given.join(", ")),
    }
}
