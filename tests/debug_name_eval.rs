//! `ct-tui debug name-eval` as another program sees it: one answer per line, flushed before the next question is
//! asked, bad lines answered, markers looked for on the real disk. The rules themselves are tested beside the code.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

struct Conversation {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ct-tui"))
            .args(["debug", "name-eval"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn say(&mut self, line: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).unwrap();
        input.flush().unwrap();
    }

    /// Waits for the answer, so a missing flush is a hang and not a pass.
    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn ask(&mut self, line: &str) -> Value {
        self.say(format!("{line}\n").as_bytes());
        self.hear()
    }

    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_line(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing was asked");
        self.child.wait().unwrap().code()
    }
}

fn question(id: &str) -> Value {
    json!({"id": id, "platform": "posix", "cwd": "/w/cwd", "roots": ["/w/app"], "globals_name": null,
           "filename": "/w/app/pkg/mod.py", "modules": []})
}

#[test]
fn the_example_of_the_contract() {
    let mut talk = Conversation::start();
    let answer = talk.ask(
        r#"{"id":"1","platform":"posix","cwd":"/w/cwd","roots":["/w/app"],"globals_name":null,"filename":"/w/app/pkg/mod.py","modules":[{"key":"pkg.mod","name":"pkg.mod","spec_name":"pkg.mod","spec_origin":"/w/app/pkg/mod.py","file":"/w/app/pkg/mod.py","cached":null}]}"#,
    );
    assert_eq!(answer, json!({"id": "1", "module": "pkg.mod", "source": "sys_modules"}));
    assert_eq!(talk.end(), Some(0));
}

#[test]
fn a_long_stream_keeps_its_order() {
    let mut talk = Conversation::start();
    for n in 0..2000 {
        let mut question = question(&n.to_string());
        question["filename"] = format!("/w/app/pkg/m{n}.py").into();
        let expected = json!({"id": n.to_string(), "module": format!("pkg.m{n}"), "source": "sys_path"});
        assert_eq!(talk.ask(&question.to_string()), expected);
    }
    assert_eq!(talk.end(), Some(0));
}

#[test]
fn every_key_is_needed() {
    let mut talk = Conversation::start();
    for key in ["id", "platform", "cwd", "roots", "globals_name", "filename", "modules"] {
        let mut question = question("k");
        question.as_object_mut().unwrap().remove(key);
        let answer = talk.ask(&question.to_string());
        assert_eq!(answer["error"], true, "{key}");
        assert!(answer["message"].as_str().unwrap().contains(key), "{key}: {answer}");
        assert_eq!(answer.get("id"), (key != "id").then(|| &question["id"]), "{key}");
    }
    let row = json!({"key": "k", "name": null, "spec_name": null, "spec_origin": null, "file": null, "cached": null});
    for key in ["key", "name", "spec_name", "spec_origin", "file", "cached"] {
        let (mut question, mut row) = (question("k"), row.clone());
        row.as_object_mut().unwrap().remove(key);
        question["modules"] = json!([row]);
        assert_eq!(talk.ask(&question.to_string())["error"], true, "{key}");
    }
    assert_eq!(talk.ask(&question("after").to_string())["id"], "after");
}

#[test]
fn wrong_types_are_errors_unless_python_allows_them() {
    let cases = [
        ("platform", json!("vms"), true),
        ("platform", json!(null), true),
        ("platform", json!("POSIX"), true),
        ("cwd", json!(null), true),
        ("filename", json!(null), true),
        ("filename", json!(7), true),
        ("roots", json!("/w/app"), true),
        ("roots", json!(null), true),
        ("modules", json!({}), true),
        ("modules", json!(null), true),
        ("modules", json!(["x"]), true),
        // Anything may stand in `sys.path` and `sys.modules`, and in `__name__`.
        ("roots", json!([null, 7, {"a": 1}, "/w/app"]), false),
        ("modules", json!([null]), false),
        ("globals_name", json!(7), false),
        ("unknown", json!(7), false),
    ];
    let mut talk = Conversation::start();
    for (key, value, is_error) in cases {
        let mut question = question("t");
        question[key] = value;
        let answer = talk.ask(&question.to_string());
        assert_eq!(answer["id"], "t", "{question}");
        assert_eq!(answer.get("error").is_some(), is_error, "{question}: {answer}");
        if !is_error {
            assert_eq!(answer["module"], "pkg.mod", "{question}");
        }
    }
    let mut question = question("t");
    question["modules"] = json!([
        {"key": 5, "name": "wrong", "spec_name": null, "spec_origin": null, "file": "/w/app/pkg/mod.py", "cached": null},
        {"key": null, "name": "wrong", "spec_name": null, "spec_origin": null, "file": "/w/app/pkg/mod.py", "cached": null},
        {"key": "k", "name": "right", "spec_name": null, "spec_origin": null, "file": "/w/app/pkg/mod.py", "cached": null},
    ]);
    assert_eq!(talk.ask(&question.to_string())["module"], "right");
}

#[test]
fn bad_lines_do_not_end_the_conversation() {
    let mut talk = Conversation::start();
    talk.say(b"\n   \n\r\n");
    for line in ["nonsense", "{", "[]", "null", "\"x\"", "{\"id\":\"9\",", "\u{0}", "{\"id\":\"\\ud800\"}"] {
        let answer = talk.ask(line);
        assert_eq!(answer["error"], true, "{line}");
        assert!(answer["message"].is_string(), "{line}");
    }
    talk.say(b"{\"id\":\"5\",\"cwd\":\"\xff\xfe\"}\n");
    let answer = talk.hear();
    assert_eq!((&answer["id"], &answer["error"]), (&json!("5"), &json!(true)));
    talk.say(question("crlf").to_string().as_bytes());
    talk.say(b"\r\n");
    assert_eq!(talk.hear()["module"], "pkg.mod");
    // The last line need not end.
    talk.say(question("last").to_string().as_bytes());
    drop(talk.input.take());
    assert_eq!(talk.hear()["id"], "last");
    assert_eq!(talk.child.wait().unwrap().code(), Some(0));
}

#[test]
fn markers_are_looked_for_on_the_real_disk() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    let mut talk = Conversation::start();
    for (marker, is_folder) in [
        (".git", true),
        (".git", false),
        (".hg", true),
        (".svn", true),
        ("pyproject.toml", false),
        ("setup.cfg", false),
        ("setup.py", false),
    ] {
        let project = top.join(format!("p{}{is_folder}", marker.trim_start_matches('.')));
        fs::create_dir_all(project.join("pkg/sub")).unwrap();
        let file = project.join("pkg/sub/mod.py");
        let mut question = question("m");
        question["filename"] = file.to_str().unwrap().into();
        // The file itself need not exist, and without a marker its own folder counts.
        let before = talk.ask(&question.to_string());
        assert_eq!(before, json!({"id": "m", "module": "mod", "source": "marker"}), "{marker}");
        if is_folder {
            fs::create_dir(project.join(marker)).unwrap();
        } else {
            fs::write(project.join(marker), "").unwrap();
        }
        let after = talk.ask(&question.to_string());
        assert_eq!(after, json!({"id": "m", "module": "pkg.sub.mod", "source": "marker"}), "{marker}");
    }
}
