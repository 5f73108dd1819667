//! What the program sees of the bootstrap: nothing. The `sitecustomize` that it stands in front of runs exactly as it
//! would have, and everything else is as without.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::{Playground, pythons};
use ct_tui::launch::probe::Interpreter;

/// The same command plain and recorded, in the same folder; returns both.
fn both(folder: &Playground, python: &Interpreter, words: &[&str], variables: &[(&str, &str)]) -> (Output, Output) {
    let mut plain = Command::new(&python.path);
    plain.args(words);
    folder.surround(&mut plain);
    let mut recorded = folder.ct_tui(["record", "--headless", "--python"]);
    recorded.arg(&python.path).args(words);
    for command in [&mut plain, &mut recorded] {
        command.envs(variables.iter().copied()).env("PYTHONDONTWRITEBYTECODE", "1");
    }
    (plain.output().unwrap(), recorded.output().unwrap())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs both and compares everything but our own line.
fn same(folder: &Playground, python: &Interpreter, words: &[&str], variables: &[(&str, &str)]) -> String {
    let (plain, recorded) = both(folder, python, words, variables);
    let errors: String = text(&recorded.stderr)
        .lines()
        .filter(|line| !line.starts_with("ct-tui: "))
        .map(|line| format!("{line}\n"))
        .collect();
    for (ours, theirs) in [(&text(&recorded.stdout), text(&plain.stdout)), (&errors, text(&plain.stderr))] {
        let difference = ours.split([' ', '\n']).zip(theirs.split([' ', '\n'])).find(|(a, b)| a != b);
        assert_eq!(difference, None, "{python}: {words:?}");
        assert_eq!(ours.len(), theirs.len(), "{python}: {words:?}\n{ours}\n{theirs}");
    }
    assert_eq!(recorded.status.code(), plain.status.code(), "{python}: {words:?}");
    text(&plain.stdout)
}

const LOOK: &str = "import sys
print(sys.argv, sys.path, sys.flags, sys.orig_argv[1:])
print(sorted(sys.modules), sorted(sys.path_importer_cache))
print(__name__, globals().get('__file__'), __spec__ and (__spec__.name, __spec__.origin), [getattr(it, '__name__', type(it).__name__) for it in sys.meta_path], len(sys.path_hooks))
site = sys.modules.get('sitecustomize')
print(site and site.__file__)";

#[test]
fn the_program_sees_no_difference() {
    let folder = Playground::with(&[
        ("app.py", LOOK),
        ("pkg/__init__.py", ""),
        ("pkg/mod.py", LOOK),
        ("pkg/__main__.py", LOOK),
        ("application/__main__.py", LOOK),
        ("lib/x.py", ""),
    ]);
    let lib = folder.at("lib").to_string_lossy().into_owned();
    for python in pythons() {
        for words in [
            &["app.py", "a", "-b"] as &[&str],
            &["./app.py"],
            &["-m", "pkg.mod", "x"],
            &["-m", "pkg"],
            &["application", "y"],
            &["-c", LOOK, "z"],
        ] {
            same(&folder, python, words, &[]);
            same(&folder, python, words, &[("PYTHONPATH", &lib)]);
            same(&folder, python, words, &[("PYTHONPATH", &format!("{lib}::/nowhere")), ("PYTHONSAFEPATH", "1")]);
        }
    }
}

/// Each text is a `sitecustomize` that the bootstrap hides; `None`: there is none.
#[test]
fn the_hidden_sitecustomize_runs_as_it_would_have() {
    let cases = [
        Some("import sys; sys.marker = __name__, __file__, __spec__.name, __spec__.origin, sorted(vars())"),
        Some("raise ValueError('broken')"),
        Some("import no_such_module"),
        Some("raise ImportError('odd', name='sitecustomize')"),
        Some("import sys; del sys.modules['sitecustomize']"),
        Some("import sys; sys.modules['sitecustomize'] = sys"),
        Some("import sys; sys.exit(3)"),
        Some("def broken(:"),
        Some("print('hello'); import sys; sys.path.append('/added')"),
        Some("import os; os.environ['FROM_SITE'] = '1'"),
        None,
    ];
    let look = "import sys, os
print(getattr(sys, 'marker', None), sys.path, os.environ.get('FROM_SITE'), sys.modules.get('sitecustomize'))";
    for python in pythons() {
        for case in cases {
            let folder = Playground::new();
            if let Some(code) = case {
                folder.write("lib/sitecustomize.py", code);
            }
            let lib = folder.at("lib").to_string_lossy().into_owned();
            let (plain, recorded) = both(&folder, python, &["-c", look], &[("PYTHONPATH", &lib)]);
            let errors = text(&recorded.stderr);
            let errors: Vec<_> = errors.lines().filter(|line| !line.starts_with("ct-tui: ")).collect();
            assert_eq!(text(&recorded.stdout), text(&plain.stdout), "{python}: {case:?}");
            let expected = text(&plain.stderr);
            let expected: Vec<_> = expected.lines().collect();
            if case.is_some_and(|code| code.contains("sys.exit")) {
                // This one ends Python with a traceback of its start-up, in which our frame cannot be hidden.
                assert_eq!(errors.last(), expected.last(), "{python}: {case:?}");
            } else {
                assert_eq!(errors, expected, "{python}: {case:?}");
            }
            assert_eq!(recorded.status.code(), plain.status.code(), "{python}: {case:?}");
        }
    }
}

#[test]
fn usercustomize_and_startup_files_are_as_before() {
    let folder = Playground::with(&[("lib/usercustomize.py", "import sys; sys.user = __file__")]);
    let lib = folder.at("lib").to_string_lossy().into_owned();
    for python in pythons() {
        same(&folder, python, &["-c", "import sys; print(getattr(sys, 'user', None))"], &[("PYTHONPATH", &lib)]);
    }
}

/// Virtual environments keep their own idea of what is on the path.
#[test]
fn virtual_environments_are_as_before() {
    for python in pythons() {
        let folder = Playground::new();
        let made =
            Command::new(&python.path).args(["-m", "venv", "--without-pip"]).arg(folder.at("env")).output().unwrap();
        if !made.status.success() {
            // Debian takes `venv` apart into packages.
            continue;
        }
        let inside = Interpreter { path: folder.at("env/bin/python"), ..python.clone() };
        let seen = same(
            &folder,
            &inside,
            &["-c", "import sys; print(sys.prefix, sys.base_prefix, sys.path, sys.executable)"],
            &[],
        );
        assert!(seen.contains(&*folder.at("env").to_string_lossy()), "{seen}");
    }
}

#[test]
fn a_virtual_environment_beside_the_program_is_found() {
    let made = pythons().iter().find_map(|python| {
        let folder = Playground::with(&[("project/src/app.py", "import sys; print(sys.prefix)")]);
        let place = folder.at("project/.venv");
        let made = Command::new(&python.path).args(["-m", "venv", "--without-pip"]).arg(&place).output().unwrap();
        made.status.success().then_some((folder, place))
    });
    let Some((folder, place)) = made else { return };
    let prefix = |command: &mut Command| text(&command.output().unwrap().stdout).trim_end().to_owned();
    let mut command = folder.ct_tui(["record", "--headless", "project/src/app.py"]);
    assert_eq!(Path::new(&prefix(&mut command)), place);
    // Below `-m` and `-c` it is the current folder that counts.
    let mut command = folder.ct_tui(["record", "--headless", "-c", "import sys; print(sys.prefix)"]);
    assert_ne!(Path::new(&prefix(&mut command)), place);
    assert_eq!(Path::new(&prefix(command.current_dir(folder.at("project/src")))), place);
    // What is active wins.
    let mut command = folder.ct_tui(["record", "--headless", "project/src/app.py"]);
    let other = &pythons()[0].path;
    command.arg("x").env("VIRTUAL_ENV", other.parent().unwrap().parent().unwrap());
    assert_ne!(Path::new(&prefix(&mut command)), place);
}

/// `--no-follow`: the first Python is recorded, and nothing that it starts knows of us.
#[test]
fn without_following_the_environment_is_clean_again() {
    let look = "import os, sys, subprocess
names = [n for n in ('CT_TUI_TRACE', 'CT_TUI_RECORDER', 'CT_TUI_FOLLOW', 'CT_TUI_CONTROL') if n in os.environ]
print(names, os.environ.get('PYTHONPATH'), flush=True)
if len(sys.argv) == 1: subprocess.run([sys.executable, __file__, 'child'])";
    for python in pythons() {
        for (own, expected) in [("", "None"), ("/some:/where", "/some:/where")] {
            let folder = Playground::with(&[("app.py", look)]);
            let mut command = folder.ct_tui(["record", "--headless", "--no-follow", "--python"]);
            command.arg(&python.path).arg("-o").arg(folder.at("trace")).arg("app.py").env("PYTHONPATH", own);
            let output = command.output().unwrap();
            assert_eq!(text(&output.stdout), format!("[] {expected}\n[] {expected}\n"), "{python}");
            let folders =
                std::fs::read_dir(folder.at("trace")).unwrap().flatten().filter(|it| it.path().is_dir()).count();
            assert!(folders <= 1, "{python}: {folders} processes");
        }
    }
}

/// A recording inside a recorded program is a recording of its own.
#[test]
fn recordings_nest() {
    let folder = Playground::new();
    let inner = folder.at("inner");
    let python = &pythons()[0];
    let mut command = folder.ct_tui(["record", "--headless", "-o"]);
    command.arg(folder.at("outer")).arg("--").arg(env!("CARGO_BIN_EXE_ct-tui")).args([
        "record",
        "--headless",
        "--python",
    ]);
    command.arg(&python.path).arg("-o").arg(&inner);
    command.args([
        "-c",
        "import os, sys; print(os.environ['CT_TUI_TRACE'], os.environ['PYTHONPATH'].count(':'), sys.path[1:2])",
    ]);
    let output = command.output().unwrap();
    let seen = text(&output.stdout);
    assert!(seen.starts_with(&format!("{} 0 ", inner.display())), "{seen}");
}
