//! CPython's own tests of what a recorder disturbs most easily, plain and recorded: the same outcome for every test. On the
//! oldest and the newest interpreter that has brought its tests along: one for each backend.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::{Playground, pythons};
use ct_tui::launch::probe::Interpreter;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Distributions often leave the `test` package out. That is said, and does not keep the others from running.
fn with_tests(module: &str) -> Vec<&'static Interpreter> {
    let has = |python: &&Interpreter| {
        let mut command = Command::new(&python.path);
        command.args(["-c", &format!("import test.support, test.{module}")]);
        let has = command.output().unwrap().status.success();
        if !has {
            eprintln!("{python} has come without {module}");
        }
        has
    };
    let mut found: Vec<_> = pythons().iter().filter(has).collect();
    found.sort_by_key(|python| python.version);
    match found.len() {
        0 | 1 => found,
        several => vec![found[0], found[several - 1]],
    }
}

fn same_outcomes(module: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/cpython/run.py");
    for python in with_tests(module) {
        let ground = Playground::new();
        let name = format!("test.{module}");
        let mut plain = Command::new(&python.path);
        plain.arg(&script).arg(&name);
        ground.surround(&mut plain);
        let plain = plain.output().unwrap();
        let recorded = ground.record(python, [script.as_os_str(), OsStr::new(&name)]);
        let expected = String::from_utf8_lossy(&plain.stdout).into_owned();
        assert!(expected.lines().count() > 10, "{python}: {expected}{}", String::from_utf8_lossy(&plain.stderr));
        let found = recorded.stdout();
        let difference: Vec<_> = found.lines().filter(|line| !expected.lines().any(|it| it == *line)).collect();
        assert_eq!(difference, Vec::<&str>::new(), "{python}: {}", recorded.stderr());
        assert_eq!(found, expected, "{python}");
        assert_eq!(recorded.output.status, plain.status, "{python}");
        let output = ground.ct_tui(["print", "--json"]).arg(&recorded.trace).output().unwrap();
        common::balanced(&String::from_utf8_lossy(&output.stdout), &mut |problem| panic!("{python}: {problem}"));
    }
}

macro_rules! modules {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            same_outcomes(stringify!($name));
        })*
    };
}

modules! {
    test_generators test_coroutines test_exceptions test_json test_functools test_contextlib test_sys_settrace
    test_sys_setprofile test_code test_descr test_frame
}
