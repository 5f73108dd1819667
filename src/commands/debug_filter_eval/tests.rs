//! Questions and their answers, line by line.

use super::*;
use serde_json::{Value, json};

/// All answers to these lines of input.
fn ask(lines: &[u8]) -> Vec<Value> {
    let mut output = Vec::new();
    let mut chains = Chains::default();
    let answer = |question: Question| answer(question, &mut chains);
    serve_with(lines, &mut output, answer, refusal).unwrap();
    String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn question() -> Value {
    json!({"id": "7", "root": "/home/u/proj", "filters": ["@builtin:default", SHOP],
        "frame": {"module": "shop.cart", "rel_path": "shop/cart.py", "abs_path": "/home/u/proj/shop/cart.py",
                  "qualname": "Cart.add"},
        "values": [{"kind": "arg", "name": "token"}, {"kind": "local", "name": "n"}]})
}

const SHOP: &str = r#"
meta = { name = "shop", version = 1 }
[scope]
default_exec = "inherit"
default_value_action = "inherit"
rules = [
    { selector = "pkg:other" },
    { selector = "file:shop/cart.py", exec = "skip" },
    { selector = "pkg:shop.*", exec = "trace" },
    { selector = "file:/home/u/proj/gone.py", exec = "skip" },
    { selector = "file:literal:out/side.py", exec = "skip" },
]
"#;

#[test]
fn the_example_of_the_contract() {
    let answers = ask(question().to_string().as_bytes());
    let want = json!({"id": "7", "error": false, "exec": "trace", "values": ["redact", "allow"],
        "exec_rule": {"source": "shop", "index": 2}, "message": null});
    assert_eq!(answers, [want]);
}

#[test]
fn each_part_of_the_frame_counts() {
    let with = |pointer: &str, value: Value| {
        let mut question = question();
        *question.pointer_mut(pointer).unwrap() = value;
        let answer = ask(question.to_string().as_bytes()).remove(0);
        (answer["exec"].clone(), answer["exec_rule"]["index"].clone(), answer["values"].as_array().unwrap().len())
    };
    assert_eq!(with("/frame/module", Value::Null), (json!("skip"), json!(1), 0));
    assert_eq!(with("/frame/rel_path", Value::Null), (json!("trace"), json!(2), 2));
    assert_eq!(with("/frame/rel_path", json!("gone.py")), (json!("skip"), json!(3), 0));
    // Without a relative path the file counts as outside, whatever the absolute path looks like.
    let mut outside = question();
    outside["frame"] = json!({"module": null, "rel_path": null, "abs_path": "out/side.py", "qualname": "f"});
    assert_eq!(ask(outside.to_string().as_bytes())[0]["exec_rule"]["index"], 4);
    outside["frame"]["abs_path"] = json!("/home/u/proj/gone.py");
    assert_eq!(ask(outside.to_string().as_bytes())[0]["exec_rule"], Value::Null);
}

#[test]
fn bad_lines_are_answered_and_the_next_line_is_read() {
    let good = question().to_string();
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for bad in ["{", "[]", "null", "7", "{}", "\"x\"", &good[1..], &"[".repeat(5_000), "{\"id\":3}", "nan"] {
        lines.push(bad.as_bytes().to_vec());
    }
    lines.push(b"\xff\xfe".to_vec());
    let huge = question().to_string().replace("shop.cart\"", &format!("{}\"", "x".repeat(2 << 20)));
    lines.push(huge.into_bytes());
    for key in ["id", "root", "filters", "frame", "values"] {
        let mut question = question();
        question.as_object_mut().unwrap().remove(key);
        lines.push(question.to_string().into_bytes());
        question[key] = json!(5.5);
        if key != "id" {
            lines.push(question.to_string().into_bytes());
        }
    }
    for key in ["module", "rel_path", "abs_path", "qualname"] {
        let mut question = question();
        question["frame"].as_object_mut().unwrap().remove(key);
        lines.push(question.to_string().into_bytes());
        question["frame"][key] = json!(["x"]);
        lines.push(question.to_string().into_bytes());
    }
    for values in [json!([1]), json!([{}]), json!([{"kind": "arg"}]), json!([{"kind": "pkg", "name": "x"}])] {
        let mut question = question();
        question["values"] = values;
        lines.push(question.to_string().into_bytes());
    }
    for filters in [json!([1]), json!(["@builtin:nope"]), json!([""]), json!(["@builtin:pytest"]), json!(["x = ["])] {
        let mut question = question();
        question["filters"] = filters;
        lines.push(question.to_string().into_bytes());
    }
    let mut input = Vec::new();
    for line in &lines {
        input.extend_from_slice(line);
        input.extend_from_slice(b"\n\n  \r\n");
        input.extend_from_slice(good.as_bytes());
        input.push(b'\n');
    }
    let answers = ask(&input);
    assert_eq!(answers.len(), 2 * lines.len());
    for (pair, line) in answers.chunks(2).zip(&lines) {
        let line = String::from_utf8_lossy(line);
        assert_eq!(pair[0]["error"], true, "{line}");
        assert!(pair[0]["message"].as_str().is_some_and(|message| !message.is_empty()), "{line}");
        assert_eq!(
            (&pair[0]["exec"], &pair[0]["exec_rule"], &pair[0]["values"]),
            (&Value::Null, &Value::Null, &json!([]))
        );
        assert_eq!(pair[1]["error"], false, "after {line}");
    }
}

#[test]
fn the_id_is_echoed_where_it_can_be_read() {
    for id in [json!("a"), json!(7), json!(null), json!({"x": [1]})] {
        let mut question = question();
        question["id"] = id.clone();
        assert_eq!(ask(question.to_string().as_bytes())[0]["id"], id);
        question.as_object_mut().unwrap().remove("root");
        assert_eq!(ask(question.to_string().as_bytes())[0]["id"], id);
    }
}

#[test]
fn the_message_tells_every_problem_with_its_place() {
    let mut question = question();
    question["filters"] = json!(["x = 1\n", "[meta]\nname = ' '\nversion = 2\n[scope]\ndefault_exec = 'trac'\n"]);
    let answers = ask(question.to_string().as_bytes());
    let message = answers[0]["message"].as_str().unwrap();
    for part in
        [".codetracer/f0.toml:1:1", "E-KEY-UNKNOWN", "f1.toml:2:8", "E-NAME-BLANK", "E-VERSION-NEWER", "E-VALUE"]
    {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn an_empty_chain_traces_and_allows() {
    let mut question = question();
    question["filters"] = json!([]);
    let answers = ask(question.to_string().as_bytes());
    assert_eq!((&answers[0]["exec"], &answers[0]["values"]), (&json!("trace"), &json!(["allow", "allow"])));
    assert_eq!(answers[0]["exec_rule"], Value::Null);
}
