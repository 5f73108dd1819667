use super::*;
use crate::filter::SourceKind;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;

/// A process's folder with someone who listens in it and answers every line with `reply`; what was heard comes back.
fn listener(trace: &Path, pid: u32, reply: &'static str) -> (ProcessKey, mpsc::Receiver<String>) {
    let key = ProcessKey { pid, run: 1 };
    let folder = trace.join(key.to_string());
    fs::create_dir_all(&folder).unwrap();
    let handle = File::open(&folder).unwrap();
    let socket = UnixListener::bind(format!("/proc/self/fd/{}/{SOCKET}", handle.as_raw_fd())).unwrap();
    let (sender, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in socket.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            let _ = stream.write_all(reply.as_bytes());
            sender.send(line).unwrap();
        }
    });
    (key, heard)
}

fn source(text: &str) -> Source {
    Source { kind: SourceKind::Session, path: None, root: "/srv".into(), text: text.to_owned() }
}

#[test]
fn a_chain_goes_to_everybody_and_the_answers_come_back() {
    let trace = tempfile::tempdir().unwrap();
    let (first, heard) = listener(trace.path(), 11, "{\"ok\":true,\"generation\":3,\"changed\":17,\"new\":1}\n");
    let (second, _also) = listener(trace.path(), 12, "{\"ok\":false,\"error\":\"no such thing\"}\n");
    let gone = ProcessKey { pid: 13, run: 1 };
    let command = Command::Filters { generation: 3, filters: vec![source("x = \"é\"\n")] };
    let replies = tell(trace.path(), &[first.clone(), gone.clone(), second.clone()], &command, PATIENCE);
    assert_eq!(
        replies,
        [
            (first, Ok(Accepted { generation: 3, changed: 17 })),
            (gone, Err(Refusal::Gone)),
            (second, Err(Refusal::Refused("no such thing".to_owned())))
        ]
    );
    let line: serde_json::Value = serde_json::from_str(&heard.recv().unwrap()).unwrap();
    assert_eq!((line["cmd"].as_str(), line["generation"].as_u64()), (Some("filters"), Some(3)));
    assert_eq!(line["filters"][0]["kind"], "session");
    assert_eq!(line["filters"][0]["text"], "x = \"é\"\n");
}

#[test]
fn the_words_of_the_protocol() {
    for (command, line) in [(Command::Pause, r#"{"cmd":"pause"}"#), (Command::Resume, r#"{"cmd":"resume"}"#)] {
        assert_eq!(serde_json::to_string(&command).unwrap(), line);
    }
}

#[test]
fn strange_answers_are_told_apart() {
    let trace = tempfile::tempdir().unwrap();
    for (pid, reply, want) in [
        (1, "", Refusal::Gone),
        (2, "\u{1b}[2J\n", Refusal::Garbled(String::new())),
        (3, "{\"ok\":true", Refusal::Garbled(String::new())),
        (4, "[]\n", Refusal::Garbled(String::new())),
        (5, "{\"ok\":false}\n", Refusal::Refused("no reason given".to_owned())),
    ] {
        let (key, _heard) = listener(trace.path(), pid, reply);
        let refusal = tell(trace.path(), &[key], &Command::Pause, PATIENCE).remove(0).1.unwrap_err();
        assert_eq!(std::mem::discriminant(&refusal), std::mem::discriminant(&want), "{reply:?}: {refusal:?}");
    }
}

#[test]
fn one_that_is_silent_does_not_keep_the_others() {
    let trace = tempfile::tempdir().unwrap();
    let key = ProcessKey { pid: 7, run: 1 };
    fs::create_dir(trace.path().join("7")).unwrap();
    // It listens, and nobody ever accepts.
    let _socket = UnixListener::bind(trace.path().join("7").join(SOCKET)).unwrap();
    let (other, _heard) = listener(trace.path(), 8, "{\"ok\":true}\n");
    let patience = Duration::from_millis(50);
    let replies = tell(trace.path(), &[key.clone(), other.clone()], &Command::Resume, patience);
    assert_eq!(replies, [(key, Err(Refusal::Silent(patience))), (other, Ok(Accepted::default()))]);
}

#[test]
fn a_long_path_is_no_obstacle_and_a_link_is_not_followed() {
    let base = tempfile::tempdir().unwrap();
    let trace = base.path().join("x".repeat(150));
    fs::create_dir(&trace).unwrap();
    let (key, _heard) = listener(&trace, 9, "{\"ok\":true,\"generation\":1}\n");
    assert_eq!(tell(&trace, &[key], &Command::Pause, PATIENCE)[0].1, Ok(Accepted { generation: 1, changed: 0 }));

    let (real, heard) = listener(base.path(), 21, "{\"ok\":true}\n");
    fs::create_dir(base.path().join("22")).unwrap();
    std::os::unix::fs::symlink(base.path().join("21").join(SOCKET), base.path().join("22").join(SOCKET)).unwrap();
    let linked = ProcessKey { pid: 22, run: 1 };
    assert_eq!(tell(base.path(), &[linked], &Command::Pause, PATIENCE)[0].1, Err(Refusal::Gone));
    assert!(heard.try_recv().is_err(), "{real}");
}

#[test]
fn many_processes() {
    let trace = tempfile::tempdir().unwrap();
    let processes: Vec<_> = (1..200).map(|pid| listener(trace.path(), pid, "{\"ok\":true}\n")).collect();
    let keys: Vec<_> = processes.iter().map(|(key, _)| key.clone()).collect();
    let replies = tell(trace.path(), &keys, &Command::Pause, PATIENCE);
    assert!(replies.iter().all(|(_, reply)| reply.is_ok()));
    assert_eq!(replies.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), keys);
}

#[test]
fn the_chain_is_published_in_one_step() {
    let trace = tempfile::tempdir().unwrap();
    publish(trace.path(), 1, &[source("a")]).unwrap();
    publish(trace.path(), 2, &[source("b"), source("c")]).unwrap();
    let read: ChainUpdate = serde_json::from_slice(&fs::read(trace.path().join(CHAIN)).unwrap()).unwrap();
    assert_eq!((read.generation, read.filters), (2, vec![source("b"), source("c")]));
    assert_eq!(fs::read_dir(trace.path()).unwrap().count(), 1, "nothing else is left");
    assert!(publish(&trace.path().join("gone"), 3, &[]).is_err());
}
