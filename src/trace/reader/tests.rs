//! Opening, following, and everything that can be wrong with a trace.

use super::*;
use crate::index::{Direction, Nav, Profile, Search, Step};
use crate::model::code::Exec;
use crate::model::time::ClockPair;
use crate::trace::event::{Opening, tag};
use crate::trace::format::{self, block};
use crate::trace::memory::GrowingFile;
use crate::trace::space::Space;
use crate::trace::testing::{ThreadBuilder, TraceBuilder};
use crate::trace::writer::{EventWriter, FileSink};
use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

fn busy(thread: &mut ThreadBuilder, random: &mut Random, codes: &[u32], count: usize) {
    for _ in 0..count {
        thread.after(16 * random.below(9));
        let code = codes[random.below(codes.len() as u64) as usize];
        match random.below(12) {
            _ if thread.depth() == 0 => thread.call(code),
            0..=3 => thread.call(code),
            4 => thread.call_with(code, &[0x40, 0x23, b'a', b'b', b'c']),
            5 => thread.open(Opening::Resume, code, 9, None),
            6 => thread.yields(9),
            7 => thread.raise_with(&[1, b'E', 0x1f, 3]),
            8 => thread.note(tag::LINE, &[3, 0, 0x40]),
            _ => thread.ret_with(&[0x41]),
        };
    }
}

/// Two processes with two threads of some blocks each.
fn sample(dir: &Path) {
    let mut random = Random(5);
    let mut trace = TraceBuilder::new(dir);
    for (key, parent) in [("7", 1), ("8", 7)] {
        let mut process = trace.process_as(key, parent, |info| info.start.mono_ns += u64::from(parent));
        let mut codes: Vec<u32> = (0..4).map(|n| process.function("m", &format!("f{n}"), "/srv/m.py", n)).collect();
        codes.push(process.body("m", "/srv/m.py"));
        process.skipped("n", "g", "/srv/n.py", "project", 2);
        for number in 1..=2 {
            let mut thread = process.thread(number).small_blocks(700);
            thread.name("worker");
            busy(&mut thread, &mut random, &codes, 500);
            thread.publish();
        }
        process.end();
    }
    trace.end(0);
}

/// Asks everything that anyone asks; answers do not matter, that there is one does.
fn interrogate(trace: &mut Trace) {
    let mut asked = 0;
    for round in 0..2 {
        let mut profile = Profile::new();
        profile.finish(trace);
        for process in trace.processes() {
            let _ = (process.last_ns(), process.lost(), process.died());
            for thread in process.threads() {
                let nav = Nav::new(trace, process.ix, thread.no).unwrap();
                for index in 0..thread.blocks().len() {
                    let _ = nav.each_in_block(index, |call| -> Result<(), ()> {
                        asked += 1;
                        let _ = (call.args.and_then(|it| nav.payload(it)), call.result.and_then(|it| nav.payload(it)));
                        Ok(())
                    });
                }
                // Walks must come to an end whatever is in the file.
                let (mut at, mut steps) = (nav.first(), 0u64);
                while let Some(ordinal) = at.filter(|_| steps < 3000) {
                    let next = nav.first_child(ordinal).or_else(|| nav.next_sibling(ordinal));
                    assert!(next.is_none_or(|next: u64| next > ordinal));
                    assert!(nav.previous_sibling(ordinal).is_none_or(|before| before < ordinal));
                    assert!(nav.parent(ordinal).is_none_or(|parent| parent < ordinal));
                    let _ = (nav.last_child(ordinal), nav.notes(ordinal, |_| true, 10), nav.count_children(at, 50));
                    at = next;
                    steps += 1;
                }
                for ns in [0, 1000, 50_000, u64::MAX] {
                    let _ = nav.at_time(ns);
                }
                if let Some(last) = nav.innermost_open() {
                    let _ = nav.ancestors(last, 1000);
                }
                let wanted = |_: ProcessIx, code: CodeId| code.0 == 3;
                let search = Search { trace, profile: Some(&profile), wanted };
                let mut step = search.everywhere(nav.id(0), Direction::Forward, 5);
                for _ in 0..20 {
                    let (Step::Found(id) | Step::More(id)) = step else { break };
                    step = search.everywhere(id, Direction::Backward, 5);
                }
            }
        }
        // What was found to be wrong is repaired now; ask again.
        if round == 0 {
            trace.refresh_fully();
        }
    }
    let _ = (asked, trace.problems(), trace.calls(), trace.last_ns());
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut list = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { list.push(path) }
        }
    }
    list.sort();
    list
}

#[test]
fn any_damage_is_survived() {
    let original = tempfile::tempdir().unwrap();
    sample(original.path());
    let all = files(original.path());
    let rounds = std::env::var("CT_TUI_DAMAGE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
    for seed in 0..rounds {
        let mut random = Random(seed);
        let dir = tempfile::tempdir().unwrap();
        for file in &all {
            let copy = dir.path().join(file.strip_prefix(original.path()).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(file, &copy).unwrap();
        }
        for _ in 0..=random.below(3) {
            let victim = &all[random.below(all.len() as u64) as usize];
            let path = dir.path().join(victim.strip_prefix(original.path()).unwrap());
            let file = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
            let length = file.metadata().unwrap().len();
            // Headers are where damage hurts most.
            let header = random.below(length / block::SIZE as u64 + 1) * block::SIZE as u64;
            match random.below(5) {
                0 => file.set_len(random.below(length + 1)).unwrap(),
                1 => {
                    let at = random.below(length);
                    file.write_all_at(&[random.below(256) as u8], at).unwrap();
                }
                2 => {
                    let noise: Vec<u8> = (0..random.below(300)).map(|_| random.below(256) as u8).collect();
                    file.write_all_at(&noise, random.below(length)).unwrap();
                }
                3 => file.write_all_at(&[[0, 1, 255][random.below(3) as usize]], header + random.below(128)).unwrap(),
                _ => file.write_all_at(&vec![0; random.below(70_000) as usize], header).unwrap(),
            }
        }
        let _ = summary(dir.path());
        if let Ok(mut trace) = Trace::open(dir.path()) {
            interrogate(&mut trace);
        }
    }
}

#[test]
fn what_is_readable_around_a_lost_block_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    let (main, f, g) = (
        process.body("m", "/srv/m.py"),
        process.function("m", "f", "/srv/m.py", 1),
        process.function("m", "g", "/srv/m.py", 2),
    );
    let mut thread = process.thread(1);
    // Block 0: main and f stay open. Block 1: f ends, another f and a g begin. Block 2: g goes on.
    thread.call(main).after(16).call(f).call(g).ret().finish();
    thread.after(16).ret().call(f).after(16).call(g).finish();
    thread.after(16).call(g).ret().after(16).ret().ret().ret().publish();
    process.end();
    trace.end(0);
    let whole = Trace::open(dir.path()).unwrap();
    let count = whole.calls();
    assert_eq!((count, whole.lost(), whole.problem_count()), (6, 0, 0));
    drop(whole);
    // The whole second block is lost.
    let file = fs::OpenOptions::new().write(true).open(dir.path().join("7/1.events")).unwrap();
    file.write_all_at(&[0xaa; 128], block::SIZE as u64).unwrap();

    let trace = Trace::open(dir.path()).unwrap();
    let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
    assert_eq!((trace.calls(), trace.lost(), trace.problem_count()), (6, 2, 1));
    let rows: Vec<_> = (0..6)
        .filter_map(|ordinal| nav.call(ordinal))
        .map(|call| {
            let parent = call.parent.map(|parent| parent.ordinal);
            (call.id.ordinal, parent, call.depth, call.code.0, call.outcome.as_str(), call.end_ns.is_some())
        })
        .collect();
    assert_eq!(
        rows,
        [
            (0, None, 0, main, "return", true),
            // Nobody saw how it ended.
            (1, Some(0), 1, f, "resync", true),
            (2, Some(1), 2, g, "return", true),
            // These two were opened in the lost block, and are known because they were open behind it.
            (3, Some(0), 1, f, "return", true),
            (4, Some(3), 2, g, "return", true),
            (5, Some(4), 3, g, "return", true),
        ]
    );
    assert_eq!(nav.next_sibling(1), Some(3));
    assert_eq!(nav.previous_sibling(3), Some(1));
    assert_eq!((nav.first_child(0), nav.last_child(0)), (Some(1), Some(3)));
    assert_eq!(nav.first_child(4), Some(5));
}

#[test]
fn damaged_events_end_a_block_and_say_so() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path());
    let path = dir.path().join("7/1.events");
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    // The first event of the second block, behind its list of open calls, becomes an endless number.
    let mut length = [0; 4];
    file.read_exact_at(&mut length, block::SIZE as u64 + block::AT_OPEN_LEN as u64).unwrap();
    let at = block::SIZE as u64 + block::HEADER as u64 + u64::from(u32::from_le_bytes(length));
    file.write_all_at(&[0xff; 12], at).unwrap();
    let mut trace = Trace::open(dir.path()).unwrap();
    let before = trace.calls();
    // Headers look well: nobody knows until somebody looks.
    assert_eq!(trace.problem_count(), 0);
    interrogate(&mut trace);
    let (problems, _) = trace.problems();
    assert_eq!(
        problems[0].to_string(),
        "7/1.events, block 1: a number is too large at byte 0; the rest of the block is not used"
    );
    assert_eq!(trace.calls(), before);
    assert!(trace.lost() > 0);
    let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
    let after = nav.thread().blocks()[2].first;
    assert!(nav.call(after).is_some() && nav.call(after - 1).is_none_or(|call| call.depth > 0));
}

#[test]
fn each_mistake_has_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "x").unwrap();
    fs::create_dir(at("empty")).unwrap();
    let manifest = |name: &str, text: &str| {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join(format::MANIFEST), text).unwrap();
    };
    manifest("foreign", r#"{"name":"something else"}"#);
    manifest("cut", r#"{"format":2,"ct_tu"#);
    manifest("new", r#"{"format":99,"ct_tui":"9.0\u001b[31m"}"#);
    manifest("old", r#"{"format":1,"ct_tui":"0.0.1"}"#);
    manifest("half", r#"{"format":2}"#);
    manifest("word", r#"{"format":"one"}"#);
    fs::create_dir(at("folder")).unwrap();
    fs::create_dir(at("folder").join(format::MANIFEST)).unwrap();
    let said = |name: &str| {
        let error = Trace::open(&at(name)).unwrap_err();
        let text = error.to_string().replace(folder.path().to_str().unwrap(), "T");
        assert_eq!(summary(&at(name)).unwrap_err().to_string(), error.to_string());
        text
    };
    let cases = [
        ("nothing", "T/nothing: no such trace"),
        ("file", "T/file: not a trace (a trace is a folder, this is a file)"),
        ("empty", "T/empty: not a trace (the folder has no manifest.json)"),
        ("foreign", "T/foreign: not a trace (its manifest.json is not that of a trace)"),
        ("cut", "T/cut/manifest.json: the manifest is damaged: EOF while parsing a string at line 1 column 18"),
        (
            "new",
            "T/new: this trace has format 99, which is newer than this ct-tui understands (2); \
             it was written by ct-tui 9.0[31m",
        ),
        (
            "old",
            "T/old: this trace has format 1, which is older than this ct-tui reads (2); it was written by ct-tui 0.0.1",
        ),
        ("half", "T/half/manifest.json: the manifest is damaged: missing field `ct_tui`"),
        ("word", "T/word/manifest.json: the manifest is damaged: `format` is not a number"),
        ("folder", "T/folder/manifest.json: cannot be read"),
    ];
    for (name, expected) in cases {
        assert_eq!(said(name), expected);
    }
}

#[test]
fn a_named_pipe_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path());
    for name in ["7/1.events", "7/code.log", "7/state", "8/process.json"] {
        let path = dir.path().join(name);
        fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    let trace = Trace::open(dir.path()).unwrap();
    assert_eq!(trace.problem_count(), 4, "{:?}", trace.problems());
    assert_eq!(trace.processes().len(), 2);
    assert!(trace.calls() > 0);
}

/// A worker pool may be told to end while its last worker still starts.
#[test]
fn a_process_that_ends_while_it_is_set_up_damages_nothing() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path());
    let state = dir.path().join("7/state");
    for (pid, state) in [("4000001", None), ("4000002", Some(state))] {
        let folder = dir.path().join(pid);
        fs::create_dir(&folder).unwrap();
        if let Some(state) = state {
            fs::copy(state, folder.join("state")).unwrap();
        }
    }
    let trace = Trace::open(dir.path()).unwrap();
    assert_eq!(trace.problem_count(), 0, "{:?}", trace.problems());
    let reasons: Vec<_> = trace.processes().iter().filter_map(|it| it.info.not_recorded.as_deref()).collect();
    assert_eq!(reasons, ["it ended while its recording was being set up"; 2]);
    assert_eq!(summary(dir.path()).unwrap().not_recorded, 2);

    fs::remove_file(dir.path().join("7/process.json")).unwrap();
    let trace = Trace::open(dir.path()).unwrap();
    assert_eq!(trace.problems().0[0].to_string(), "7/process.json: missing");
}

#[test]
fn a_code_log_that_is_gone_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = TraceBuilder::new(dir.path());
    let mut process = builder.process(4_000_000);
    let f = process.function("m", "f", "/m.py", 1);
    process.thread(1).call(f).ret().publish();
    builder.end(0);
    let problems = || Trace::open(dir.path()).unwrap().problems().0.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(problems().is_empty());
    for change in [|log: &Path| fs::write(log, "").unwrap(), |log: &Path| fs::remove_file(log).unwrap()] {
        change(&dir.path().join("4000000/code.log"));
        assert_eq!(problems(), ["4000000/code.log: missing or empty; the calls have no names"]);
    }
}

/// Process ids start again from below when they are used up.
#[test]
fn the_root_is_the_process_that_began_first() {
    let dir = tempfile::tempdir().unwrap();
    let builder = TraceBuilder::new(dir.path());
    let _first = builder.process(4_000_000);
    for later in 1..100_u32 {
        let pid = 3_999_000 + later;
        let _child = builder.process_as(&pid.to_string(), 4_000_000, |info| info.start.mono_ns += u64::from(later));
    }
    let trace = Trace::open(dir.path()).unwrap();
    assert_eq!(trace.root().map(|process| process.key.pid), Some(4_000_000));
    assert_eq!(trace.children(trace.root().map(|root| root.ix)).len(), 99);
}

/// The writer turns to the next block while the reader still reads the last one: nothing of it is left behind.
#[test]
fn whoever_writes_at_full_speed_is_followed_without_a_gap() {
    const CALLS: u64 = 600_000;
    let dir = tempfile::tempdir().unwrap();
    let mut builder = TraceBuilder::new(dir.path());
    builder.manifest.launcher_pid = std::process::id();
    builder.write_manifest();
    let me = std::process::id();
    let mut process = builder.process(me);
    let f = process.function("m", "f", "/srv/m.py", 1);
    let path = dir.path().join(me.to_string()).join("1.events");
    let space = Arc::new(Space::open(dir.path(), 0).unwrap());
    let recorder = std::thread::spawn(move || {
        let clock = || ClockPair { raw: 1, mono_ns: 1 };
        let mut writer =
            EventWriter::new(FileSink { file: GrowingFile::new(path, space), clock }, 1, u64::from(me)).unwrap();
        for raw in 0..CALLS {
            assert!(writer.call(raw, 1, f) && writer.ret(raw));
        }
        writer.finish();
    });
    let mut trace = Trace::open(dir.path()).unwrap();
    while !recorder.is_finished() {
        trace.refresh();
    }
    recorder.join().unwrap();
    trace.refresh_fully();
    assert_eq!((trace.problems(), trace.calls()), ((vec![], 0), CALLS));
}

#[test]
fn a_growing_trace_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = TraceBuilder::new(dir.path());
    // The reader takes a process for running whose id exists: our own.
    builder.manifest.launcher_pid = std::process::id();
    builder.write_manifest();
    let mut trace = Trace::open(dir.path()).unwrap();
    assert!(trace.is_live() && trace.processes().is_empty());
    assert!(!trace.refresh().any());

    let me = std::process::id();
    let mut process = builder.process(me);
    let f = process.function("m", "f", "/srv/m.py", 1);
    let changes = trace.refresh();
    assert!(changes.processes && changes.codes);
    assert_eq!(trace.label(ProcessIx(0), CodeId(f)), "m.f");

    let mut thread = process.thread(1).small_blocks(200);
    thread.name("MainThread").call(f).publish();
    assert!(trace.refresh().calls);
    assert_eq!(trace.processes()[0].threads()[0].name.as_deref(), Some("MainThread"));
    let open = |trace: &Trace| Nav::new(trace, ProcessIx(0), ThreadNo(1)).unwrap().innermost_open();
    assert_eq!(open(&trace), Some(0));
    for round in 1..200u64 {
        thread.after(32).call(f);
        if round % 3 == 0 {
            thread.publish();
            trace.refresh();
            assert_eq!((trace.calls(), open(&trace)), (round + 1, Some(round)));
        }
        thread.after(16).ret();
    }
    thread.name("renamed").note(tag::THREAD_END, &[]).publish();
    let changes = trace.refresh_fully();
    assert!(changes.calls && changes.processes);
    let it = &trace.processes()[0].threads()[0];
    assert_eq!((it.calls(), it.depth(), it.name.as_deref(), it.ended), (200, 1, Some("renamed"), true));
    assert!(!trace.refresh().any());

    process.set_u64(format::state::AT_LOST, 12);
    assert!(trace.refresh().state);
    assert_eq!(trace.lost(), 12);
    let mut record = (**trace.processes()[0].code(CodeId(f)).unwrap()).clone();
    record.verdict.exec = Exec::Skip;
    process.log(&record);
    assert!(trace.refresh().codes);
    assert_eq!(trace.processes()[0].code(CodeId(f)).unwrap().verdict.exec, Exec::Skip);

    let _child = builder.process_as("4000000000", me, |info| info.start.mono_ns += 1);
    assert!(trace.refresh().processes);
    assert_eq!(trace.processes()[1].parent, Some(ProcessIx(0)));
    process.end();
    builder.end(3);
    let changes = trace.refresh_fully();
    assert!(changes.manifest && changes.processes);
    assert!(!trace.is_live());
    assert_eq!(trace.processes()[0].exit, Some(crate::trace::manifest::Exit::Code(3)));
    assert_eq!(trace.problems(), (vec![], 0));
    assert!(!trace.refresh().any());
}

#[test]
fn processes_form_a_tree_whatever_they_say() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(dir.path());
    let rows = [
        ("10", 1, None, 0),
        ("11", 10, None, 5),
        // Replaced itself by another program.
        ("11.2", 10, Some("11"), 9),
        // The child of the second program under that id.
        ("12", 11, None, 20),
        // A ring, and a process that is its own parent.
        ("20", 21, None, 30),
        ("21", 20, None, 30),
        ("30", 30, None, 40),
    ];
    for (key, parent, named, start) in rows {
        let _ = trace.process_as(key, parent, |info| {
            info.parent = named.map(str::to_owned);
            info.start.mono_ns += start;
        });
    }
    trace.end(0);
    let trace = Trace::open(dir.path()).unwrap();
    let parent = |key: &str| {
        let process = trace.by_key(&ProcessKey::parse(key).unwrap()).unwrap();
        process.parent.map(|ix| trace.process(ix).unwrap().key.to_string())
    };
    let some = |key: &str| Some(key.to_owned());
    assert_eq!([parent("10"), parent("11"), parent("11.2")], [None, some("10"), some("11")]);
    assert_eq!([parent("12"), parent("30")], [some("11.2"), None]);
    assert!(parent("20").is_none() || parent("21").is_none());
    assert_eq!(trace.call_named("11.2/1/5").map(|id| trace.call_name(id)), some("11.2/1/5"));
    for bad in ["", "11", "11/1", "11/x/2", "99/1/1", "11/1/1/1"] {
        assert_eq!(trace.call_named(bad), None);
    }
}

#[test]
fn a_list_of_traces_agrees_with_the_traces() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path());
    let (trace, overview) = (Trace::open(dir.path()).unwrap(), summary(dir.path()).unwrap());
    assert_eq!(overview.calls, trace.calls());
    assert!(overview.calls_complete && !overview.live && overview.bytes > 0);
    assert_eq!((overview.processes, overview.lost, overview.python.as_deref()), (2, 0, Some("3.13.0")));
    assert_eq!(overview.duration_ns, 100_000_000_000);
}

/// Whoever is killed may be in the middle of a line; whoever ends in good order is not.
#[test]
fn a_line_that_was_being_written_at_the_end_is_no_damage() {
    for (killed, problems) in [(true, 0), (false, 1)] {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = TraceBuilder::new(dir.path());
        let mut process = builder.process(7);
        process.function("m", "f", "/srv/m.py", 1);
        let log = dir.path().join("7/code.log");
        let mut bytes = fs::read(&log).unwrap();
        bytes.extend_from_slice(b"{\"code\":{\"id\":1,\"qual\0\0\0");
        fs::write(&log, &bytes).unwrap();
        if !killed {
            process.end();
        }
        builder.end(0);
        let trace = Trace::open(dir.path()).unwrap();
        assert_eq!(trace.processes()[0].codes.len(), 1);
        assert_eq!(trace.problem_count(), problems, "killed {killed}: {:?}", trace.problems());
    }
}

#[test]
fn code_logs_of_any_size_are_read_in_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = TraceBuilder::new(dir.path());
    let mut process = builder.process(7);
    for number in 0..3000 {
        process.function("m", &format!("f{number}"), "/srv/m.py", number);
    }
    let log = dir.path().join("7/code.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend_from_slice(b"not json\n\n{\"id\":4000000000}\n");
    bytes.extend_from_slice(&vec![b'x'; 9 << 20]);
    bytes.push(b'\n');
    process.end();
    fs::write(&log, &bytes).unwrap();
    process.function("m", "last", "/srv/m.py", 1);
    builder.end(0);
    let mut trace = Trace::open_lazily(dir.path()).unwrap();
    let budget = Budget { blocks: 1, bytes: 1000, processes: 1, lazy: false };
    let mut rounds = 0;
    while trace.refresh_within(budget).more {
        rounds += 1;
        assert!(rounds < 10_000);
    }
    let codes = &trace.processes()[0].codes;
    assert_eq!((codes.len(), codes.limit()), (3001, 3001));
    assert_eq!(codes.get(CodeId(3000)).unwrap().label(), "m.last");
    assert_eq!(trace.problem_count(), 3, "{:?}", trace.problems());
}

#[test]
fn what_the_recorder_writes_is_what_is_read() {
    use crate::model::time::{ClockPair, RAW_SHIFT};
    use crate::trace::event::Closing;
    use crate::trace::log_writer::LogWriter;
    use crate::trace::memory::GrowingFile;
    use crate::trace::space::Space;
    use crate::trace::testing::START_MONO_NS;
    use crate::trace::writer::{EventWriter, FileSink, OpenCall};
    use std::sync::Arc;

    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut builder, mut other) = (TraceBuilder::new(ours.path()), TraceBuilder::new(theirs.path()));
    let me = std::process::id();
    let (mut process, mut copy) = (builder.process(me), other.process(me));
    let space = Arc::new(Space::open(theirs.path(), 0).unwrap());
    let folder = theirs.path().join(me.to_string());
    let file = |name: &str| GrowingFile::new(folder.join(name), Arc::clone(&space));
    let log = fs::read(ours.path().join(me.to_string()).join("code.log")).unwrap_or_default();
    assert!(log.is_empty());
    let codes: Vec<u32> = (0..3).map(|n| process.function("m", &format!("f{n}"), "/srv/m.py", n)).collect();
    let text = fs::read_to_string(ours.path().join(me.to_string()).join("code.log")).unwrap();
    let mut lines = text.lines();
    fs::remove_file(folder.join("code.log")).unwrap();
    let mut log = LogWriter::new(file("code.log"));
    // Each code object has a line for its origin and one for itself.
    let mut log_next = || lines.by_ref().take(2).for_each(|line| log.append(line.as_bytes()).unwrap());
    log_next();

    let clock = || ClockPair { raw: START_MONO_NS >> RAW_SHIFT, mono_ns: START_MONO_NS };
    let mut writer = EventWriter::new(FileSink { file: file("1.events"), clock }, 1, 9001).unwrap();
    let mut thread = process.thread(1);
    let mut random = Random(4);
    let mut raw = START_MONO_NS >> RAW_SHIFT;
    let mut trace = Trace::open(theirs.path()).unwrap();
    for round in 0..40 {
        for _ in 0..3000 {
            let passed = random.below(40);
            raw += passed;
            thread.after(passed << RAW_SHIFT);
            let code = codes[random.below(3) as usize];
            let open = |how, generator| OpenCall { key: 1, code, how, hidden: false, raw: 0, ordinal: 0, generator };
            let payload = [7; 30];
            match random.below(9) {
                0..=2 => {
                    thread.call(code);
                    writer.call(raw, 1, code);
                }
                3 => {
                    thread.call_with(code, &payload);
                    writer.open_call(raw, open(Opening::Call, 0), Some(&payload));
                }
                4 => {
                    thread.open(Opening::Resume, code, 77, None);
                    writer.open_call(raw, open(Opening::Resume, 77), None);
                }
                _ if thread.depth() == 0 => {}
                5 => {
                    thread.yields(77);
                    writer.close_call(raw, Closing::Yield, 77, None);
                }
                6 => {
                    thread.raise_with(&payload);
                    writer.close_call(raw, Closing::Raise, 0, Some(&payload));
                }
                _ => {
                    thread.ret();
                    writer.ret(raw);
                }
            }
        }
        trace.refresh_fully();
        assert_eq!(trace.calls(), thread.next_ordinal(), "round {round}");
        assert_eq!(trace.processes()[0].codes.len(), 1);
    }
    log_next();
    trace.refresh_fully();
    assert_eq!(trace.processes()[0].codes.len(), 2);
    // Killed here: neither file is cut to its length.
    log_next();
    thread.publish();
    process.end();
    builder.end(0);
    copy.end();
    other.end(0);
    trace.refresh_fully();
    assert_eq!(trace.problems(), (vec![], 0));
    assert_eq!(trace.processes()[0].codes.len(), 3);
    let expected = Trace::open(ours.path()).unwrap();
    let nav = |trace| Nav::new(trace, ProcessIx(0), ThreadNo(1)).unwrap();
    let (want, found) = (nav(&expected), nav(&trace));
    assert_eq!(found.calls(), want.calls());
    assert!(found.thread().blocks().len() > 5);
    for ordinal in 0..want.calls() {
        let (want, found) = (want.call(ordinal).unwrap(), found.call(ordinal).unwrap());
        // Blocks need not end at the same events.
        let place = |call: crate::index::CallInfo| crate::index::CallInfo { args: None, result: None, ..call };
        assert_eq!(place(found), place(want));
        assert_eq!(found.args.map(|it| it.length), want.args.map(|it| it.length));
        assert_eq!(found.result.map(|it| it.length), want.result.map(|it| it.length));
    }
}

/// What has not run cannot have written anything; a process that is asleep stands for it here, and the test writes in its
/// name.
#[test]
fn a_lazy_refresh_passes_over_processes_that_have_not_run() {
    let mut asleep = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let builder = TraceBuilder::new(dir.path());
    let mut process = builder.process(asleep.id());
    let f = process.function("m", "f", "/srv/m.py", 1);
    let mut thread = process.thread(1);
    thread.call(f).ret().publish();
    let mut trace = Trace::open(dir.path()).unwrap();
    // Until it has really fallen asleep.
    while trace.refresh_lazily() != Changes::default() || trace.processes[0].has_run() {}
    thread.call(f).ret().publish();
    assert_eq!(trace.refresh_lazily(), Changes::default());
    assert_eq!(trace.calls(), 1);
    assert!(trace.refresh().calls, "whoever wants to know gets to know");
    assert_eq!(trace.calls(), 2);
    // Its end is no secret.
    asleep.kill().unwrap();
    asleep.wait().unwrap();
    trace.refresh_lazily();
    assert!(!trace.processes()[0].is_running());
}

#[test]
fn quiet_threads_are_looked_at_in_turn() {
    let dir = tempfile::tempdir().unwrap();
    let builder = TraceBuilder::new(dir.path());
    // Our own process: it runs all the time.
    let mut process = builder.process(std::process::id());
    let f = process.function("m", "f", "/srv/m.py", 1);
    let mut threads: Vec<_> = (1..=300).map(|no| process.thread(no)).collect();
    threads.iter_mut().for_each(|thread| {
        thread.call(f).publish();
    });
    let mut trace = Trace::open(dir.path()).unwrap();
    for _ in 0..10 {
        trace.refresh_lazily();
    }
    threads.iter_mut().for_each(|thread| {
        thread.ret().call(f).publish();
    });
    trace.refresh_lazily();
    assert!(trace.calls() > 300 && trace.calls() < 600, "some at a time: {}", trace.calls());
    for _ in 0..8 {
        trace.refresh_lazily();
    }
    assert_eq!(trace.calls(), 600);
}
