//! `ct-tui why` and `ct-tui frames` on programs that really ran: every reason code of semantics section 5 comes from a
//! recording, and every suggestion is asked again and matches.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::{Playground, python};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// Files of the program; `OUT` stands for a folder outside of the project.
const FILES: &[(&str, &str)] = &[
    ("app/__init__.py", ""),
    ("app/x.py", "def f(token=None):\n    return 1\nclass Cart:\n    def add(self):\n        return 2\n"),
    ("app/sub/__init__.py", ""),
    ("app/sub/deep.py", "def g():\n    return 1\n"),
    ("app/plug.py", "def h():\n    return 1\n"),
    ("app/odd.py", "def k():\n    return 1\nk()\n"),
    ("Mixed/__init__.py", ""),
    ("Mixed/Case.py", "def m():\n    return 1\n"),
    ("ns/leaf.py", "def l():\n    return 1\n"),
    ("src/inner.py", "def i():\n    return 1\n"),
    ("apples.py", "def a():\n    return 1\n"),
    ("quiet.py", "def q():\n    return 1\n"),
    ("shop/__init__.py", ""),
    (
        "shop/run.py",
        "import importlib.util, os, os.path, sys
here = os.getcwd()
sys.path[:0] = [os.path.join(here, 'src'), os.environ['OUTSIDE']]
import app.x, app.sub.deep, Mixed.Case, ns.leaf, inner, apples, quiet, far
app.x.f('t'); app.x.Cart().add(); app.sub.deep.g(); Mixed.Case.m(); ns.leaf.l(); inner.i(); apples.a(); quiet.q()
far.away()
os.path.join('a', 'b')
spec = importlib.util.spec_from_file_location('plugin_one', 'app/plug.py')
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.h()
odd = os.path.join(here, 'app', 'odd.py')
exec(compile(open(odd).read(), odd, 'exec'), {})
exec('def made():\\n    return 1\\nmade()', {'__name__': 'generated'})
",
    ),
    (
        ".codetracer/trace-filter.toml",
        "[meta]\nname = 'shop'\nversion = 1\n[scope]\ndefault_exec = 'inherit'\ndefault_value_action = 'inherit'\n\
         [[scope.rules]]\nselector = 'pkg:quiet'\nexec = 'trace'\n[[scope.rules]]\nselector = 'pkg:qui*'\nexec = 'skip'\n",
    ),
];

struct Recording {
    playground: Playground,
    trace: std::path::PathBuf,
}

impl Recording {
    fn of_the_program() -> Self {
        let playground = Playground::with(FILES);
        let outside = Playground::with(&[("lib/far.py", "def away():\n    return 1\n")]);
        let trace = playground.at("t.cttrace");
        let mut command = playground.ct_tui(["record", "--headless", "--python"]);
        command.arg(&python().path).arg("-o").arg(&trace).args(["-m", "shop.run"]);
        let output = command.env("OUTSIDE", outside.at("lib")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { playground, trace }
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut all = vec![words[0], self.trace.to_str().unwrap()];
        all.extend(&words[1..]);
        self.playground.ct_tui(all).output().unwrap()
    }

    fn why(&self, selector: &str) -> (Value, i32) {
        let output = self.run(&["why", selector, "--json"]);
        let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{selector}: {error}: {}", String::from_utf8_lossy(&output.stderr));
        });
        (answer, output.status.code().unwrap())
    }

    fn text(&self, words: &[&str]) -> String {
        String::from_utf8(self.run(words).stdout).unwrap()
    }

    fn frames(&self, flags: &[&str]) -> Vec<Value> {
        let mut words = vec!["frames", "--json"];
        words.extend(flags);
        self.text(&words).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// (selector, reason, label of a frame with that reason)
const REASONS: &[(&str, &str, &str)] = &[
    ("pkg:app.*", "excludes-package-itself", "<app>"),
    ("pkg:shop.run", "runs-as-main", "<__main__>"),
    ("pkg:os.path", "alias", "posixpath.join"),
    ("pkg:app.plug", "names-disagree", "plugin_one.h"),
    ("pkg:mixed.case", "case", "Mixed.Case.m"),
    ("obj:app.x.cart.add", "case", "app.x.Cart.add"),
    ("pkg:app.sbu.deep", "typo", "app.sub.deep.g"),
    ("pkg:app/sub/deep", "slash-for-dot", "app.sub.deep.g"),
    ("file:app.x", "dot-for-slash", "app.x.f"),
    ("pkg:deep", "suffix", "app.sub.deep.g"),
    ("obj:Cart.add", "suffix", "app.x.Cart.add"),
    ("file:lib/far.py", "file-outside-root", "far.away"),
    ("file:regex:^ROOT/app/x", "file-needs-relative", "app.x.f"),
    ("file:app/sub/", "directory-pattern", "app.sub.deep.g"),
    ("pkg:literal:app.su*", "literal-glob", "app.sub.deep.g"),
    ("pkg:regex:*.deep", "glob-in-regex", "app.sub.deep.g"),
    (r"pkg:^app\.sub", "regex-in-glob", "app.sub.deep.g"),
    ("pkg:regex:app", "regex-unanchored", "apples.a"),
    ("pkg:generated", "synthetic-file", "generated.made"),
    ("pkg:app.odd", "unresolved-name", "k"),
    ("pkg:src.inner", "src-layout", "inner.i"),
    ("pkg:ns", "namespace-leaf", "ns.leaf.l"),
    ("pkg:quiet", "overruled", "quiet.q"),
    ("pkg:Mixed.Chase.x", "not-imported", "Mixed.Case.m"),
];

#[test]
fn every_reason_comes_from_a_real_program() {
    let recording = Recording::of_the_program();
    let root = recording.playground.path();
    let mut wrong = Vec::new();
    for (selector, reason, label) in REASONS {
        let selector = selector.replace("ROOT", &regex::escape(root.to_str().unwrap()));
        let (answer, code) = recording.why(&selector);
        assert_eq!(answer["selector"], selector.as_str());
        let misses = answer["near_misses"].as_array().unwrap();
        let Some(miss) = misses.iter().find(|miss| miss["reason"] == *reason && miss["label"] == *label) else {
            let seen: Vec<String> = misses.iter().map(|miss| format!("{} {}", miss["reason"], miss["label"])).collect();
            wrong.push(format!("{selector}: no {reason} of {label} in {seen:?}"));
            continue;
        };
        assert!(miss["sentence"].as_str().unwrap().len() > 10, "{selector}");
        let valid = answer["valid"].as_bool().unwrap();
        let nothing = answer["matched"].as_array().unwrap().is_empty();
        assert_eq!(code, if !valid { 2 } else { i32::from(nothing) }, "{selector}");
        if let Some(suggestion) = miss["suggestion"].as_str() {
            let (again, code) = recording.why(suggestion);
            if code != 0 || again["matched"].as_array().unwrap().is_empty() {
                wrong.push(format!("{selector}: the suggestion {suggestion} matches nothing"));
            }
        } else if !["synthetic-file", "overruled"].contains(reason) {
            wrong.push(format!("{selector}: {reason} without a suggestion"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_interpreter_that_ignores_the_recorder_is_the_reason() {
    let playground = Playground::with(&[("a.py", "pass\n")]);
    let trace = playground.at("t.cttrace");
    let mut command = playground.ct_tui(["record", "--headless", "-o"]);
    let status = command.arg(&trace).arg("--").arg(&python().path).args(["-I", "a.py"]).output().unwrap().status;
    assert!(status.success());
    let recording = Recording { playground, trace };
    let (answer, code) = recording.why("pkg:a");
    assert_eq!((code, &answer["never_seen"]), (1, &Value::Bool(true)));
    assert_eq!(answer["near_misses"][0]["reason"], "interpreter-ignored-recorder");
}

#[test]
fn what_matches_and_what_was_never_seen() {
    let recording = Recording::of_the_program();
    let (answer, code) = recording.why("pkg:app.x");
    let labels: Vec<&str> =
        answer["matched"].as_array().unwrap().iter().map(|f| f["label"].as_str().unwrap()).collect();
    for label in ["<app.x>", "app.x.f", "app.x.Cart.add", "app.x.Cart"] {
        assert!(labels.contains(&label), "{labels:?}");
    }
    assert_eq!((code, &answer["never_seen"], &answer["valid"]), (0, &Value::Bool(false), &Value::Bool(true)));
    for (selector, never_seen) in [("pkg:nothing.like.it", true), ("pkg:deep", false), ("pkg:app.*", false)] {
        assert_eq!(recording.why(selector).0["never_seen"], never_seen, "{selector}");
    }
    let text = recording.text(&["why", "pkg:app.*"]);
    for part in ["app.x.f", "7 functions, 7 calls", "excludes-package-itself", "pkg:app{,.*}"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_broken_selector_is_bad_input_with_a_caret() {
    let recording = Recording::of_the_program();
    let output = recording.run(&["why", "pkg:regex:app.(x"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("E-SEL-REGEX") && stderr.contains("^"), "{stderr}");
    let (answer, code) = recording.why("nonsense:x");
    assert_eq!((code, &answer["valid"]), (2, &Value::Bool(false)));
    assert!(answer["error"].as_str().unwrap().contains("unknown kind"));
    let missing = recording.playground.ct_tui(["why", "no-such-trace", "pkg:x"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn one_function_is_explained() {
    let recording = Recording::of_the_program();
    for name in ["app.x.f", "f", "app/x.py:1", "app/x.py:2"] {
        let text = recording.text(&["why", "--frame", name]);
        for part in
            ["app.x.f", "globals", "sys_modules", "used", "agrees", "builtin-default#0", "shop#1", "token", "redact"]
        {
            assert!(text.contains(part) || (name == "app/x.py:1" && part == "token"), "{name}: {part} in {text}");
        }
    }
    let text = recording.text(&["why", "--frame", "quiet.q"]);
    assert!(text.contains("skipped: shop#1 pkg:qui*"), "{text}");
    assert!(text.contains("← decides"), "{text}");
    let text = recording.text(&["why", "--frame", "app.x.f", "--value", "password"]);
    for kind in ["local", "global", "arg", "attr", "ret"] {
        assert!(text.contains(kind), "{text}");
    }
    let output = recording.run(&["why", "--frame", "app.x.ff"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("did you mean  app.x.f"));
    let output = recording.run(&["why", "--frame", "<__main__>", "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let frame = &answer["frames"][0];
    assert_eq!((&frame["module"], &frame["other_mode"]["module"]), (&"__main__".into(), &"shop.run".into()));
    assert!(frame["rules"].as_array().unwrap().len() > 5);
}

#[test]
fn frames_narrow_and_sum_up() {
    let recording = Recording::of_the_program();
    let all = recording.frames(&[]);
    let find = |label: &str| all.iter().find(|frame| frame["label"] == label).unwrap_or_else(|| panic!("{label}"));
    let f = find("app.x.f");
    assert_eq!((&f["module"], &f["qualname"], &f["line"]), (&"app.x".into(), &"f".into(), &1.into()));
    assert_eq!((&f["name_source"], &f["exec"], &f["calls"]), (&"globals".into(), &"trace".into(), &1.into()));
    assert_eq!(f["evidence"][0]["outcome"], "accepted");
    assert_eq!(f["evidence"].as_array().unwrap().len(), 6);
    assert_eq!(f["rule"], Value::Null);
    assert!(Path::new(f["file"].as_str().unwrap()).is_absolute());
    let q = find("quiet.q");
    assert_eq!((&q["exec"], &q["calls"]), (&"skip".into(), &Value::Null));
    assert_eq!(q["rule"], serde_json::json!({"source": "shop", "index": 1, "selector": "pkg:qui*"}));

    let unresolved = recording.frames(&["--unresolved"]);
    assert!(unresolved.iter().all(|frame| frame["module"].is_null() && frame["name_source"] == "none"));
    assert!(unresolved.iter().any(|frame| frame["label"] == "k"));
    assert!(unresolved.iter().any(|frame| frame["label"] == "<module>"));
    let disagreeing: Vec<Value> = recording.frames(&["--disagreeing"]);
    let labels: Vec<&str> = disagreeing.iter().map(|frame| frame["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&"<__main__>") && labels.contains(&"plugin_one.h"), "{labels:?}");
    assert!(!labels.contains(&"app.x.f"), "{labels:?}");

    let text = recording.text(&["frames"]);
    for part in ["named in globals mode", "without a name", "not there", "runs as __main__", "sources disagree"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
