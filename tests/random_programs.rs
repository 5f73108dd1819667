//! Programs made up at random say themselves which calls they make, in which order and how deep; the trace must say the
//! same, on every interpreter, with and without values and lines.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::{Playground, recordable};
use ct_tui::launch::probe::Interpreter;
use std::collections::HashMap;
use std::process::Command;

/// Programs per interpreter.
const PROGRAMS: usize = 8;

/// Only what the program writes down itself.
const FILTER: &str = r#"
[meta]
name = "what the program writes down"
version = 1
[scope]
default_exec = "skip"
default_value_action = "allow"
[[scope.rules]]
selector = 'obj:regex:^__main__\.(traced[0-9]+|Traced[0-9]+\.method)$'
exec = "trace"
"#;

const OPTIONS: &[&[&str]] = &[&["--values", "none"], &["--values", "all"], &["--lines"], &["--values", "args"]];

/// Name and depth of the calls of each thread, in the order of their start. Threads have no order.
type Calls = Vec<Vec<(String, u64)>>;

fn by_thread<K: std::hash::Hash + Eq>(calls: impl IntoIterator<Item = (K, String, u64)>) -> Calls {
    let mut threads: HashMap<K, Vec<(String, u64)>> = HashMap::new();
    for (thread, name, depth) in calls {
        threads.entry(thread).or_default().push((name, depth));
    }
    let mut threads: Calls = threads.into_values().collect();
    threads.sort();
    threads
}

fn written_down(log: &[u8]) -> Calls {
    by_thread(serde_json::from_slice::<Vec<(String, String, u64)>>(log).unwrap())
}

fn recorded(rows: &str) -> Calls {
    by_thread(rows.lines().map(|line| {
        let call: serde_json::Value = serde_json::from_str(line).unwrap();
        let outcome = call["outcome"].as_str().unwrap();
        assert!(!["open", "resync"].contains(&outcome), "{line}");
        let label = call["label"].as_str().unwrap();
        let name = label.strip_prefix("__main__.").unwrap_or(label).to_owned();
        (call["thread"].as_u64().unwrap(), name, call["depth"].as_u64().unwrap())
    }))
}

fn check(python: &Interpreter, seed: usize) {
    let case = format!("seed {seed} on {}", python.path.display());
    let ground = Playground::with(&[("filter.toml", FILTER)]);
    let maker = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts/random_program.py");
    let made = Command::new(&python.path).arg(maker).arg(seed.to_string()).arg(ground.at("app.py")).status();
    assert!(made.unwrap().success(), "{case}");
    let options = OPTIONS[seed % OPTIONS.len()].iter().copied();
    let words = options.chain(["--trace-filter", "filter.toml", "app.py", "log.json"]);
    let recording = ground.record(python, words);
    assert_eq!(recording.code(), 0, "{case}: {}", recording.stderr());
    let output = ground.ct_tui(["print".as_ref(), "--json".as_ref(), recording.trace.as_os_str()]).output().unwrap();
    let expected = written_down(&std::fs::read(ground.at("log.json")).unwrap());
    assert!(expected.iter().map(Vec::len).sum::<usize>() > 10, "{case}: the program does next to nothing");
    let found = recorded(&String::from_utf8(output.stdout).unwrap());
    for (expected, found) in expected.iter().zip(&found) {
        let differs = expected.iter().zip(found).position(|(expected, found)| expected != found);
        assert_eq!(differs, None, "{case}: the first difference; written down {expected:?}, recorded {found:?}");
    }
    let lengths = |calls: &Calls| calls.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(&expected), lengths(&found), "{case}");
}

#[test]
fn what_is_recorded_is_what_the_program_says_it_did() {
    for (at, python) in recordable().enumerate() {
        for seed in 0..PROGRAMS {
            check(python, at * PROGRAMS + seed);
        }
    }
}
