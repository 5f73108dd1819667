//! Every kind of target, and every Python below it, is recorded under the names that Python gives; and the filters that
//! belong to a target join by themselves.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::common::{Playground, Recorded, python, recordable};

/// The labels of a trace, through the command line.
fn labels(folder: &Playground, recorded: &Recorded) -> BTreeSet<String> {
    let output = folder.ct_tui(["print", "--json"]).arg(&recorded.trace).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let label =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["label"].as_str().unwrap().to_owned();
    lines.lines().map(label).collect()
}

fn script(folder: &Playground, name: &str, text: &str) {
    let path = folder.write(name, text);
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn targets_are_recorded_under_their_names() {
    for python in recordable() {
        let shebang = format!("#!{}\n", python.path.display());
        let folder = Playground::with(&[
            ("app.py", "import helper\nhelper.work()"),
            ("helper.py", "def work(): return 1"),
            ("pkg/__init__.py", ""),
            ("pkg/mod.py", "def inner(): pass\ninner()"),
            ("pkg/__main__.py", "import pkg.mod"),
            ("application/__main__.py", "import part"),
            ("application/part.py", ""),
            ("lib/tool/__init__.py", ""),
            ("lib/tool/cli.py", "def main(): return 0"),
        ]);
        // What an installer writes for a console script.
        let console = "import re, sys
from tool.cli import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script.pyw|.exe)?$', '', sys.argv[0])
    sys.exit(main())";
        script(&folder, "bin/tool", &format!("{shebang}{console}"));
        script(&folder, "run.sh", &format!("#!/bin/sh\n{} app.py\n", python.path.display()));
        let zip = folder.at("app.pyz");
        let made = std::process::Command::new(&python.path)
            .args(["-m", "zipapp", "application", "-o"])
            .arg(&zip)
            .current_dir(folder.path())
            .status();
        assert!(made.unwrap().success());
        let cases: &[(&[&str], &[&str])] = &[
            (&["app.py"], &["<__main__>", "<helper>", "helper.work"]),
            (&["./app.py"], &["<__main__>", "<helper>", "helper.work"]),
            (&["-m", "pkg.mod"], &["<__main__>", "<pkg>", "__main__.inner"]),
            (&["-m", "pkg"], &["<__main__>", "<pkg.mod>", "pkg.mod.inner"]),
            (&["-c", "import pkg.mod"], &["<pkg.mod>"]),
            (&["application"], &["<__main__>", "<part>"]),
            (&["app.pyz"], &["<__main__>", "<part>"]),
            (&["--", "bin/tool"], &["<__main__>", "<tool.cli>", "tool.cli.main"]),
            (&["--", "./run.sh"], &["<__main__>", "<helper>"]),
        ];
        for (words, expected) in cases {
            let mut command = folder.ct_tui(["record", "--headless", "-o"]);
            let trace = folder.at("trace");
            let _ = fs::remove_dir_all(&trace);
            command.arg(&trace);
            if words[0] != "--" {
                command.arg("--python").arg(&python.path);
            }
            let output = command.args(*words).env("PYTHONPATH", folder.at("lib")).output().unwrap();
            let recorded = Recorded { output, trace };
            assert_eq!(recorded.code(), 0, "{python}: {words:?}: {}", recorded.stderr());
            let found = labels(&folder, &recorded);
            for label in *expected {
                assert!(found.contains(*label), "{python}: {words:?}: {label} is not in {found:?}");
            }
            assert!(!found.iter().any(|label| label.contains("sitecustomize")), "{python}: {words:?}: {found:?}");
        }
    }
}

/// The names of the filters in a trace's chain, in order.
fn chain(recorded: &Recorded) -> Vec<String> {
    let manifest = recorded.manifest();
    let sources = manifest["options"]["filters"].as_array().unwrap().clone();
    sources
        .iter()
        .map(|source| format!("{} {}", source["kind"].as_str().unwrap(), source["path"].as_str().unwrap_or("-")))
        .collect()
}

const EMPTY: &str =
    "[meta]\nname = 'x'\nversion = 1\n[scope]\ndefault_exec = 'trace'\ndefault_value_action = 'allow'\n";

#[test]
fn the_chain_is_composed_in_order() {
    let folder = Playground::with(&[
        (".codetracer/trace-filter.toml", EMPTY),
        ("below/.codetracer/trace-filter.toml", EMPTY),
        ("below/app.py", ""),
        ("below/deeper/app.py", ""),
        ("a.toml", EMPTY),
        ("b.toml", EMPTY),
        ("c.toml", EMPTY),
        ("home/h.toml", EMPTY),
        ("t.py", "import unittest"),
    ]);
    let at = |name: &str| folder.at(name).to_string_lossy().into_owned();
    let project = format!("project {}", at(".codetracer/trace-filter.toml"));
    let nearer = format!("project {}", at("below/.codetracer/trace-filter.toml"));
    let builtin = "builtin -".to_owned();
    let named = |name: &str| format!("command_line {}", at(name));
    let environment = |name: &str| format!("env {}", at(name));
    let cases: &[(&[&str], Option<&str>, Vec<String>)] = &[
        (&["-c", ""], None, vec![builtin.clone(), project.clone()]),
        (&["--no-default-filters", "-c", ""], None, vec![project.clone()]),
        (&["below/app.py"], None, vec![builtin.clone(), nearer.clone()]),
        (&["below/deeper/app.py"], None, vec![builtin.clone(), nearer]),
        (&["-m", "unittest"], None, vec![builtin.clone(), "framework -".to_owned(), project.clone()]),
        (&["--no-framework-filters", "-m", "unittest"], None, vec![builtin.clone(), project.clone()]),
        (
            &["--trace-filter", "a.toml:: b.toml ::", "--trace-filter", "~/h.toml", "-c", ""],
            Some("c.toml"),
            vec![
                builtin.clone(),
                project.clone(),
                environment("c.toml"),
                named("a.toml"),
                named("b.toml"),
                named("home/h.toml"),
            ],
        ),
        (&["-c", ""], Some("a.toml::c.toml"), vec![builtin, project, environment("a.toml"), environment("c.toml")]),
    ];
    for (words, variable, expected) in cases {
        let mut command = folder.ct_tui(["record", "--headless", "--python"]);
        let trace = folder.at("trace");
        let _ = fs::remove_dir_all(&trace);
        command.arg(&python().path).arg("-o").arg(&trace).args(*words);
        if let Some(value) = variable {
            command.env("CODETRACER_TRACE_FILTER", value);
        }
        let recorded = Recorded { output: command.output().unwrap(), trace };
        assert!(recorded.trace.exists(), "{words:?}: {}", recorded.stderr());
        assert_eq!(chain(&recorded), *expected, "{words:?} {variable:?}");
    }
}

#[test]
fn the_naming_mode_is_in_the_manifest() {
    let folder = Playground::new();
    let cases: &[(&[&str], Option<&str>, bool)] = &[
        (&[], None, true),
        (&[], Some("0"), false),
        (&[], Some("1"), true),
        (&[], Some(""), true),
        (&["--module-name-from-globals"], Some("0"), true),
        (&["--no-module-name-from-globals"], Some("1"), false),
        (&["--no-module-name-from-globals"], None, false),
    ];
    for (words, variable, expected) in cases {
        let mut command = folder.ct_tui(["record", "--headless", "--python"]);
        let trace = folder.at("trace");
        let _ = fs::remove_dir_all(&trace);
        command.arg(&python().path).arg("-o").arg(&trace).args(*words).args(["-c", ""]);
        if let Some(value) = variable {
            command.env("CODETRACER_MODULE_NAME_FROM_GLOBALS", value);
        }
        let recorded = Recorded { output: command.output().unwrap(), trace };
        let said = recorded.manifest()["options"]["module_name_from_globals"].as_bool();
        assert_eq!(said, Some(*expected), "{words:?} {variable:?}");
    }
}

#[test]
fn the_manifest_says_what_was_asked_for() {
    let folder = Playground::with(&[("app dir/my app.py", "import sys; sys.exit(3)")]);
    let words = ["--values", "args", "--lines", "--max-size", "5M", "--no-follow", "--activation-path", "./x/../y.py"];
    let recorded = folder.record(python(), words.iter().copied().chain(["app dir/my app.py", "it's", "--x"]));
    let manifest = recorded.manifest();
    let options = &manifest["options"];
    assert_eq!(manifest["program"], r"'app dir/my app.py' 'it'\''s' --x");
    assert_eq!(manifest["command"].as_array().unwrap().len(), 4);
    assert_eq!(Path::new(manifest["cwd"].as_str().unwrap()), folder.path());
    assert_eq!(Path::new(manifest["project_root"].as_str().unwrap()), folder.at("app dir"));
    assert_eq!(
        (&options["values"], &options["lines"], &options["follow"]),
        (&"args".into(), &true.into(), &false.into())
    );
    assert_eq!(options["max_size"], 5 << 20);
    assert_eq!(Path::new(options["activation_path"].as_str().unwrap()), folder.at("y.py"));
    assert_eq!(manifest["exit"]["code"], 3);
    let (start, end) = (manifest["start"]["mono_ns"].as_u64().unwrap(), manifest["end"]["mono_ns"].as_u64().unwrap());
    assert!(start > 0 && end > start);
}

/// Names of files and folders are bytes, not text.
#[test]
fn a_folder_whose_name_is_no_text_is_no_obstacle() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Playground::new();
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"odd\xff name"));
    fs::create_dir_all(odd.join(".codetracer")).unwrap();
    fs::write(odd.join("app.py"), "print('ran')").unwrap();
    let mut command = folder.ct_tui(["record", "--headless", "--python"]);
    command.arg(&python().path).arg("-o").arg(odd.join("trace")).arg(odd.join("app.py"));
    let output = command.current_dir(&odd).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ran\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
}

#[test]
fn list_shows_what_was_recorded_newest_first() {
    let folder = Playground::new();
    let list = |words: &[&str]| {
        let output = folder.ct_tui(["list"]).args(words).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(list(&[]).contains("No traces yet"));
    assert_eq!(list(&["--json"]), "");
    for code in ["pass", "raise SystemExit(3)"] {
        folder.ct_tui(["record", "--headless", "--python"]).arg(&python().path).args(["-c", code]).output().unwrap();
    }
    fs::create_dir(folder.at("traces/not-a-trace")).unwrap();
    folder.write("traces/broken.cttrace/manifest.json", "{");
    let rows: Vec<serde_json::Value> =
        list(&["--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["exit"]["code"], 3);
    assert_eq!(rows[1]["exit"]["code"], 0);
    assert!(rows[2]["error"].as_str().unwrap().contains("broken"));
    let text = list(&[]);
    assert!(text.contains("exit 3") && text.contains("⚠"), "{text}");
}

#[test]
fn doctor_knows_the_interpreters() {
    let folder = Playground::new();
    let mut command = folder.ct_tui(["doctor", "--json"]);
    let output = command.env("VIRTUAL_ENV", "").output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // The home of the test has no pyenv and no uv of its own, so only those on PATH are sure to be there.
    assert!(report["interpreters"].as_array().is_some_and(|found| !found.is_empty()), "{report}");
    assert_eq!(report["recorder"]["ok"], true);
    let well = report["chosen"].is_string();
    assert_eq!(output.status.code(), Some(i32::from(!well)));
    let output = folder.ct_tui(["doctor"]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("no Python interpreter found"));
}
