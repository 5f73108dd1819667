//! Module names of programs that really ran, laid out in every way that Python knows, under both modes and on every
//! interpreter: what is recorded, what the evidence says, and that the other mode's answer is what it really gives.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::{Playground, pythons};
use ct_tui::launch::probe::Interpreter;
use serde_json::Value;
use std::process::Command;

/// What `frames --json` says, under one mode, of one program.
fn frames(playground: &Playground, python: &Interpreter, mode: &str, words: &[&str]) -> Vec<Value> {
    let mut all = vec![mode];
    all.extend(words);
    let recorded = playground.record(python, all);
    assert_eq!(recorded.code(), 0, "{words:?}: {}", recorded.stderr());
    let output =
        playground.ct_tui(["frames".as_ref(), recorded.trace.as_os_str(), "--json".as_ref()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Records under both modes on every interpreter. `expected`: end of the file name, qualified name, label under
/// globals mode, label under resolver mode.
fn labels(playground: &Playground, words: &[&str], expected: &[(&str, &str, &str, &str)]) {
    let mut wrong = Vec::new();
    for python in pythons() {
        for (at, mode) in ["--module-name-from-globals", "--no-module-name-from-globals"].into_iter().enumerate() {
            let frames = frames(playground, python, mode, words);
            for (file, qualname, globals, resolver) in expected {
                let of_it =
                    |frame: &&Value| frame["file"].as_str().unwrap().ends_with(file) && frame["qualname"] == *qualname;
                let found: Vec<&Value> = frames.iter().filter(of_it).collect();
                let mut labels: Vec<&str> = found.iter().map(|frame| frame["label"].as_str().unwrap()).collect();
                labels.dedup();
                let (here, there) = if at == 0 { (globals, resolver) } else { (resolver, globals) };
                // Several labels of one function are written with `|`.
                if labels.join("|") != **here {
                    wrong.push(format!("{:?} {mode} {file} {qualname}: {labels:?}, expected {here}", python.version));
                    continue;
                }
                let other = found.last().unwrap()["other_mode"]["module"].as_str();
                let other = ct_tui::naming::label(other, qualname);
                if !there.split('|').any(|there| there == other) {
                    wrong.push(format!(
                        "{:?} {mode} {file} {qualname}: elsewhere {other}, expected {there}",
                        python.version
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scripts_and_packages() {
    let playground = Playground::with(&[
        (
            "main.py",
            "import pkg.mod, pkg.sub.deep, single\npkg.mod.f(); pkg.mod.C().m(); pkg.sub.deep.g(); single.s()\n",
        ),
        ("single.py", "def s(): pass\n"),
        ("pkg/__init__.py", ""),
        (
            "pkg/mod.py",
            "def f(): return [x for x in (lambda: [1])()]\nclass C:\n    def m(self):\n        class L: pass\n    class D:\n        \
             'doc'\n        class E: pass\n",
        ),
        ("pkg/sub/__init__.py", ""),
        ("pkg/sub/deep.py", "def g(): pass\n"),
    ]);
    labels(
        &playground,
        &["main.py"],
        &[
            ("/main.py", "<module>", "<__main__>", "<__main__>"),
            ("/single.py", "<module>", "<single>", "<single>"),
            ("/single.py", "s", "single.s", "single.s"),
            ("/pkg/__init__.py", "<module>", "<pkg>", "<pkg>"),
            ("/pkg/mod.py", "<module>", "<pkg.mod>", "<pkg.mod>"),
            ("/pkg/mod.py", "f", "pkg.mod.f", "pkg.mod.f"),
            ("/pkg/mod.py", "f.<locals>.<lambda>", "pkg.mod.f.<locals>.<lambda>", "pkg.mod.f.<locals>.<lambda>"),
            ("/pkg/mod.py", "C", "pkg.mod.C", "pkg.mod.C"),
            ("/pkg/mod.py", "C.m", "pkg.mod.C.m", "pkg.mod.C.m"),
            ("/pkg/mod.py", "C.D.E", "pkg.mod.C.D.E", "pkg.mod.C.D.E"),
            ("/pkg/mod.py", "C.m.<locals>.L", "pkg.mod.C.m.<locals>.L", "pkg.mod.C.m.<locals>.L"),
            ("/pkg/sub/__init__.py", "<module>", "<pkg.sub>", "<pkg.sub>"),
            ("/pkg/sub/deep.py", "g", "pkg.sub.deep.g", "pkg.sub.deep.g"),
        ],
    );
}

#[test]
fn dash_m() {
    let playground = Playground::with(&[
        ("pkg/__init__.py", ""),
        ("pkg/__main__.py", "def f(): pass\nf()\n"),
        ("pkg/run.py", "from . import other\ndef f(): other.o()\nf()\n"),
        ("pkg/other.py", "def o(): pass\n"),
    ]);
    labels(
        &playground,
        &["-m", "pkg.run"],
        &[
            ("/pkg/run.py", "<module>", "<__main__>", "<pkg.run>"),
            ("/pkg/run.py", "f", "__main__.f", "pkg.run.f"),
            ("/pkg/other.py", "<module>", "<pkg.other>", "<pkg.other>"),
            ("/pkg/__init__.py", "<module>", "<pkg>", "<pkg>"),
        ],
    );
    labels(
        &playground,
        &["-m", "pkg"],
        &[
            ("/pkg/__main__.py", "<module>", "<__main__>", "<pkg.__main__>"),
            ("/pkg/__main__.py", "f", "__main__.f", "pkg.__main__.f"),
        ],
    );
}

#[test]
fn namespace_packages_and_scripts_inside_packages() {
    let playground = Playground::with(&[
        ("main.py", "import space.leaf\nspace.leaf.f()\n"),
        ("space/leaf.py", "def f(): pass\n"),
        ("pkg/__init__.py", ""),
        ("pkg/script.py", "import neighbour\nneighbour.f()\n"),
        ("pkg/neighbour.py", "def f(): pass\n"),
    ]);
    labels(
        &playground,
        &["main.py"],
        &[
            ("/space/leaf.py", "<module>", "<space.leaf>", "<space.leaf>"),
            ("/space/leaf.py", "f", "space.leaf.f", "space.leaf.f"),
        ],
    );
    labels(
        &playground,
        &["pkg/script.py"],
        &[
            ("/pkg/script.py", "<module>", "<__main__>", "<__main__>"),
            ("/pkg/neighbour.py", "f", "neighbour.f", "neighbour.f"),
        ],
    );
}

#[test]
fn folders_and_zip_files_as_programs() {
    let playground = Playground::with(&[
        ("tree/__main__.py", "import inside\ninside.f()\n"),
        ("tree/inside.py", "def f(): pass\n"),
        ("zipped.py", "import sys\nsys.path.insert(0, 'lib.zip')\nimport packed.mod\npacked.mod.f()\n"),
        (
            "make.py",
            "import zipfile\nz = zipfile.ZipFile('lib.zip', 'w')\nz.writestr('packed/__init__.py', '')\n\
                     z.writestr('packed/mod.py', 'def f(): pass\\n')\nz.close()\n\
                     z = zipfile.ZipFile('app.pyz', 'w')\nz.write('tree/__main__.py', '__main__.py')\n\
                     z.write('tree/inside.py', 'inside.py')\nz.close()\n",
        ),
    ]);
    let mut make = Command::new(&pythons()[0].path);
    make.arg("make.py");
    playground.surround(&mut make);
    assert!(make.status().unwrap().success());
    for target in ["tree", "app.pyz"] {
        labels(
            &playground,
            &[target],
            &[
                (&format!("/{target}/__main__.py"), "<module>", "<__main__>", "<__main__>"),
                (&format!("/{target}/inside.py"), "<module>", "<inside>", "<inside>"),
                (&format!("/{target}/inside.py"), "f", "inside.f", "inside.f"),
            ],
        );
    }
    labels(
        &playground,
        &["zipped.py"],
        &[
            ("/lib.zip/packed/__init__.py", "<module>", "<packed>", "<packed>"),
            ("/lib.zip/packed/mod.py", "f", "packed.mod.f", "packed.mod.f"),
        ],
    );
}

#[test]
fn compiled_files_without_their_source() {
    for python in pythons() {
        let playground = Playground::with(&[
            ("main.py", "import pkg.bare\npkg.bare.f()\n"),
            ("pkg/__init__.py", ""),
            ("pkg/bare.py", "def f(): pass\n"),
        ]);
        let mut compile = Command::new(&python.path);
        compile.args([
            "-c",
            "import py_compile, os\npy_compile.compile('pkg/bare.py', 'pkg/bare.pyc')\nos.remove('pkg/bare.py')",
        ]);
        playground.surround(&mut compile);
        assert!(compile.status().unwrap().success());
        for mode in ["--module-name-from-globals", "--no-module-name-from-globals"] {
            let frames = frames(&playground, python, mode, &["main.py"]);
            for label in ["<pkg.bare>", "pkg.bare.f"] {
                assert!(frames.iter().any(|frame| frame["label"] == label), "{:?} {mode} {label}", python.version);
            }
        }
    }
}

#[test]
fn links_are_not_followed() {
    let playground = Playground::with(&[
        ("real/deep/target.py", "def f(): pass\n"),
        ("main.py", "import linked.target\nlinked.target.f()\n"),
    ]);
    std::os::unix::fs::symlink(playground.at("real/deep"), playground.at("linked")).unwrap();
    labels(
        &playground,
        &["main.py"],
        &[
            ("/linked/target.py", "<module>", "<linked.target>", "<linked.target>"),
            ("/linked/target.py", "f", "linked.target.f", "linked.target.f"),
        ],
    );
}

#[test]
fn editable_installs_and_search_paths_that_change() {
    let playground = Playground::with(&[
        // What an editable install leaves behind: a line in a .pth file, and here a folder added by hand.
        (
            "main.py",
            "import site, sys\nsite.addsitedir('site')\nimport edited.mod\nedited.mod.f()\n\
             sys.path.insert(0, 'later')\nimport added\nadded.g()\nsys.path.remove('later')\nadded.h()\n",
        ),
        ("site/edited.pth", "../checkout/src\n"),
        ("checkout/pyproject.toml", ""),
        ("checkout/src/edited/__init__.py", ""),
        ("checkout/src/edited/mod.py", "def f(): pass\n"),
        ("later/added.py", "def g(): pass\ndef h(): pass\n"),
    ]);
    labels(
        &playground,
        &["main.py"],
        &[
            ("/checkout/src/edited/mod.py", "<module>", "<edited.mod>", "<edited.mod>"),
            ("/checkout/src/edited/mod.py", "f", "edited.mod.f", "edited.mod.f"),
            ("/later/added.py", "<module>", "<added>", "<added>"),
            ("/later/added.py", "g", "added.g", "added.g"),
            ("/later/added.py", "h", "added.h", "added.h"),
        ],
    );
}

#[test]
fn roots_that_start_alike() {
    let playground = Playground::with(&[
        (
            "main.py",
            "import os, sys\nhere = os.getcwd()\nsys.path[:0] = [here + '/opt/app', here + '/opt/application']\n\
             path = here + '/opt/application/my_mod.py'\n\
             exec(compile(open(path).read(), path, 'exec'), {'__name__': 'no-identifier'})\n\
             path = here + '/opt/apple/tree.py'\nsys.path[:] = [here + '/opt/app', '/']\n\
             exec(compile(open(path).read(), path, 'exec'), {'__name__': 'no-identifier'})\n",
        ),
        ("opt/application/my_mod.py", "def f(): pass\nf()\n"),
        ("opt/apple/tree.py", "def f(): pass\nf()\n"),
    ]);
    labels(
        &playground,
        &["main.py"],
        &[
            ("/opt/application/my_mod.py", "f", "no-identifier.f", "my_mod.f"),
            ("/opt/apple/tree.py", "f", "no-identifier.f", "tree.f"),
        ],
    );
}

#[test]
fn modules_that_are_loaded_again_or_by_threads() {
    let playground = Playground::with(&[
        (
            "main.py",
            "import importlib, threading, again\nimportlib.reload(again)\nagain.f()\n\
             def load(n): importlib.import_module('t%d' % n).f()\n\
             threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]\n\
             [t.start() for t in threads]; [t.join() for t in threads]\n",
        ),
        ("again.py", "def f(): pass\n"),
        ("t0.py", "def f(): pass\n"),
        ("t1.py", "def f(): pass\n"),
        ("t2.py", "def f(): pass\n"),
        ("t3.py", "def f(): pass\n"),
    ]);
    labels(
        &playground,
        &["main.py"],
        &[
            ("/again.py", "<module>", "<again>", "<again>"),
            ("/again.py", "f", "again.f", "again.f"),
            ("/t0.py", "f", "t0.f", "t0.f"),
            ("/t3.py", "<module>", "<t3>", "<t3>"),
            ("/main.py", "load", "__main__.load", "__main__.load"),
        ],
    );
}

#[test]
fn odd_and_deleted_names() {
    let playground = Playground::with(&[
        (
            "main.py",
            "import runpy\nsource = 'def f(): pass\\nf()\\n'\n\
             def run(name, file):\n    exec(compile(source, file, 'exec'), {'__name__': name})\n\
             run('my-plugin', 'v/a-a.py')\nrun('m\\u00f3dulo', 'v/b-b.py')\nrun('  padded \\n', 'v/c-c.py')\n\
             run('', 'v/d-d.py')\nrun('  ', 'v/e-e.py')\nrun(7, 'v/f-f.py')\nrun(None, 'v/g-g.py')\n\
             exec(compile(source, 'v/h-h.py', 'exec'), {})\nimport renames\nrenames.late()\n\
             runpy.run_path('by_path.py')\n",
        ),
        // What has started keeps its name; what starts later reads the new one.
        ("renames.py", "def early(): pass\nearly()\n__name__ = 'changed'\nearly()\ndef late(): pass\nlate()\n"),
        ("by_path.py", "def f(): pass\nf()\n"),
    ]);
    labels(
        &playground,
        &["main.py"],
        &[
            ("/v/a-a.py", "<module>", "<my-plugin>", "<module>"),
            ("/v/a-a.py", "f", "my-plugin.f", "f"),
            ("/v/b-b.py", "<module>", "<módulo>", "<módulo>"),
            ("/v/c-c.py", "<module>", "<padded>", "<padded>"),
            ("/v/c-c.py", "f", "padded.f", "padded.f"),
            ("/v/d-d.py", "<module>", "<module>", "<module>"),
            ("/v/e-e.py", "f", "f", "f"),
            ("/v/f-f.py", "<module>", "<module>", "<module>"),
            ("/v/g-g.py", "f", "f", "f"),
            ("/v/h-h.py", "f", "f", "f"),
            ("/renames.py", "<module>", "<renames>", "<renames>"),
            ("/renames.py", "early", "renames.early", "renames.early"),
            ("/renames.py", "late", "changed.late", "renames.late"),
            ("/by_path.py", "<module>", "<<run_path>>", "<by_path>"),
        ],
    );
}

#[test]
fn the_same_body_under_two_names_is_two_entries() {
    let playground = Playground::with(&[(
        "main.py",
        "code = compile('x = 1', 'v/twice.py', 'exec')\nexec(code, {'__name__': 'first'})\nexec(code, {'__name__': 'second'})\n\
         exec(code, {'__name__': 'first'})\n",
    )]);
    for python in pythons() {
        let frames = frames(&playground, python, "--module-name-from-globals", &["main.py"]);
        let mut labels: Vec<&str> = frames
            .iter()
            .filter(|frame| frame["file"].as_str().unwrap().ends_with("/twice.py"))
            .map(|frame| frame["label"].as_str().unwrap())
            .collect();
        labels.sort_unstable();
        assert_eq!(labels, ["<first>", "<second>"], "{:?}", python.version);
    }
}

#[test]
fn the_mode_is_chosen_by_flag_or_environment() {
    let playground = Playground::with(&[("pkg/__init__.py", ""), ("pkg/run.py", "pass\n")]);
    let python = common::python();
    for (flag, environment, expected) in [
        (None, None, "<__main__>"),
        (None, Some("0"), "<pkg.run>"),
        (None, Some("1"), "<__main__>"),
        (Some("--no-module-name-from-globals"), None, "<pkg.run>"),
        (Some("--module-name-from-globals"), Some("0"), "<__main__>"),
        (Some("--no-module-name-from-globals"), Some("1"), "<pkg.run>"),
    ] {
        let trace = playground.at("mode.cttrace");
        let _ = std::fs::remove_dir_all(&trace);
        let mut command = playground.ct_tui(["record", "--headless", "--python"]);
        command.arg(&python.path).arg("-o").arg(&trace).args(flag).args(["-m", "pkg.run"]);
        if let Some(value) = environment {
            command.env("CODETRACER_MODULE_NAME_FROM_GLOBALS", value);
        }
        assert!(command.output().unwrap().status.success());
        let output = playground.ct_tui(["frames".as_ref(), trace.as_os_str(), "--json".as_ref()]).output().unwrap();
        let frames = String::from_utf8(output.stdout).unwrap();
        let mut of_run = frames.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let label = of_run.find(|frame| frame["file"].as_str().unwrap().ends_with("/pkg/run.py")).unwrap();
        assert_eq!(label["label"], expected, "{flag:?} {environment:?}");
        let manifest = std::fs::read_to_string(trace.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["options"]["module_name_from_globals"], expected == "<__main__>");
    }
}
