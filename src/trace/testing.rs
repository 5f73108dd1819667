//! A small writer of synthetic traces, for tests of everything that reads one, for pane snapshots and for benchmarks.
//!
//! It is written from `docs/trace-format.md`, apart from the recorder's writer, so that the two check each other. It
//! panics when the disk fails: it is no part of the product.
//!
//! ```no_run
//! # use ct_tui::trace::testing::TraceBuilder;
//! let mut trace = TraceBuilder::new("demo.cttrace".as_ref());
//! let mut process = trace.process(4711);
//! let (body, work) = (process.body("__main__", "/srv/app.py"), process.function("__main__", "work", "/srv/app.py", 9));
//! let mut thread = process.thread(1);
//! thread.name("MainThread");
//! thread.at(1_000).call(body).after(500).call(work).after(200).ret().after(50).ret();
//! thread.publish();
//! process.end();
//! trace.end(0);
//! ```

use crate::filter::{Source, SourceKind};
use crate::model::code::{CodeFacts, CodeKind, CodeRecord, Exec, RuleRef, Verdict};
use crate::model::evidence::{Evidence, EvidenceItem, EvidenceSource, NameSource, Outcome};
use crate::model::id::CodeId;
use crate::model::time::{ClockKind, ClockPair, RAW_SHIFT};
use crate::trace::event::{Opening, kind, put_number, tag};
use crate::trace::format::{self, block, state};
use crate::trace::manifest::{Exit, Manifest, Moment, Options, ProcessInfo, Values};
use crate::trace::open_list::{MAX_ENTRY, OpenEntry, put_entry};
use serde_json::json;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// `CLOCK_MONOTONIC` when every synthetic recording starts, nanoseconds. A multiple of a raw unit, so that times that
/// are such multiples come back exactly.
pub const START_MONO_NS: u64 = 1_600_000_000;

/// Both clocks at `ns` after the start of the recording.
fn pair(ns: u64) -> ClockPair {
    let mono_ns = START_MONO_NS + ns;
    ClockPair { raw: mono_ns >> RAW_SHIFT, mono_ns }
}

/// Builds a trace directory. Times are in nanoseconds since its start, in steps of 16.
pub struct TraceBuilder {
    dir: PathBuf,
    /// Change it and call [`TraceBuilder::write_manifest`].
    pub manifest: Manifest,
}

impl TraceBuilder {
    /// Creates the directory and its manifest.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        fs::create_dir_all(dir).expect("create the trace directory");
        let filters = vec![Source {
            kind: SourceKind::Project,
            path: Some("/srv/.codetracer/trace-filter.toml".into()),
            root: "/srv".into(),
            text: "[meta]\nname = \"project\"\nversion = 1\n[scope]\ndefault_exec = \"trace\"\n\
                   default_value_action = \"allow\"\n"
                .to_owned(),
        }];
        let manifest = Manifest {
            format: format::FORMAT_VERSION,
            ct_tui: env!("CARGO_PKG_VERSION").to_owned(),
            program: "app.py".to_owned(),
            target: vec!["app.py".to_owned()],
            command: vec!["/usr/bin/python3".to_owned(), "app.py".to_owned()],
            cwd: "/srv".to_owned(),
            project_root: "/srv".to_owned(),
            options: Options {
                module_name_from_globals: true,
                values: Values::None,
                lines: false,
                max_size: 4 << 30,
                follow: true,
                activation_path: None,
                filters,
            },
            started_at: 1_700_000_000.0,
            start: Moment { mono_ns: START_MONO_NS },
            end: None,
            exit: None,
            // No process has this id, so a reader takes the launcher for dead.
            target_pid: None,
            launcher_pid: u32::MAX - 1,
            not_recorded: None,
        };
        let builder = Self { dir: dir.to_owned(), manifest };
        builder.write_manifest();
        builder
    }

    /// Writes the manifest as it stands.
    pub fn write_manifest(&self) {
        let text = serde_json::to_vec_pretty(&self.manifest).expect("serialise the manifest");
        let part = self.dir.join("manifest.part");
        fs::write(&part, text).expect("write the manifest");
        fs::rename(part, self.dir.join(format::MANIFEST)).expect("rename the manifest");
    }

    /// Completes the manifest: the target ended with this exit status, 100 seconds after the start.
    pub fn end(&mut self, status: i32) {
        self.manifest.end = Some(Moment { mono_ns: START_MONO_NS + 100_000_000_000 });
        self.manifest.exit = Some(Exit::Code(status));
        self.write_manifest();
    }

    /// A process that starts with the recording, as the launcher's child.
    #[must_use]
    pub fn process(&self, pid: u32) -> ProcessBuilder {
        self.process_as(&pid.to_string(), 1, |_| {})
    }

    /// A process in the folder `key`, with its description changed by `change` before it is written.
    #[must_use]
    pub fn process_as(&self, key: &str, parent_pid: u32, change: impl FnOnce(&mut ProcessInfo)) -> ProcessBuilder {
        let pid = key.split('.').next().and_then(|pid| pid.parse().ok()).expect("a folder name like 17 or 17.2");
        let mut info = ProcessInfo {
            pid,
            parent_pid,
            parent: None,
            origin: "start".to_owned(),
            argv: vec!["app.py".to_owned()],
            executable: "/usr/bin/python3".to_owned(),
            version: "3.13.0".to_owned(),
            cwd: "/srv".to_owned(),
            sys_path: vec!["/srv".to_owned()],
            clock: ClockKind::Monotonic,
            start: pair(0),
            backend: "monitoring".to_owned(),
            limits: Vec::new(),
            not_recorded: None,
        };
        change(&mut info);
        let dir = self.dir.join(key);
        fs::create_dir_all(&dir).expect("create the process folder");
        fs::write(dir.join(format::PROCESS), serde_json::to_vec(&info).expect("serialise"))
            .expect("write process.json");
        let code_log = OpenOptions::new().create(true).append(true).open(dir.join(format::CODE_LOG)).expect("code.log");
        let mut builder = ProcessBuilder { dir, code_log, codes: 0, page: vec![0; state::SIZE] };
        builder.set_u32(state::AT_MAGIC, state::MAGIC);
        builder.set_u32(state::AT_PHASE, state::PHASE_RECORDING);
        builder.clock(0);
        builder
    }
}

/// Builds one process's folder.
pub struct ProcessBuilder {
    dir: PathBuf,
    code_log: File,
    codes: u32,
    page: Vec<u8>,
}

impl ProcessBuilder {
    /// Sets a `u32` of the state page.
    pub fn set_u32(&mut self, at: usize, value: u32) {
        self.page[at..at + 4].copy_from_slice(&value.to_le_bytes());
        self.write_state();
    }

    /// Sets a `u64` of the state page, such as `state::AT_LOST`.
    pub fn set_u64(&mut self, at: usize, value: u64) {
        self.page[at..at + 8].copy_from_slice(&value.to_le_bytes());
        self.write_state();
    }

    /// Stopped early, for this reason.
    pub fn stop(&mut self, reason: &str) {
        let length = reason.len().min(state::MAX_REASON);
        self.page[state::AT_REASON..state::AT_REASON + length].copy_from_slice(&reason.as_bytes()[..length]);
        self.set_u32(state::AT_REASON_LEN, u32::try_from(length).unwrap_or(0));
        self.set_u32(state::AT_PHASE, state::PHASE_STOPPED);
    }

    /// Ended in order.
    pub fn end(&mut self) {
        self.set_u32(state::AT_PHASE, state::PHASE_ENDED);
    }

    /// Publishes a newer clock pair, `ns` after the start of the recording.
    pub fn clock(&mut self, ns: u64) {
        let pair = pair(ns);
        self.set_u64(state::AT_RAW, pair.raw);
        self.set_u64(state::AT_MONO, pair.mono_ns);
    }

    fn write_state(&self) {
        fs::write(self.dir.join(format::STATE), &self.page).expect("write the state page");
    }

    /// A traced function in `module` (the file below `/srv` says where); returns its code number.
    pub fn function(&mut self, module: &str, qualname: &str, file: &str, line: u32) -> u32 {
        self.code(Some(module), qualname, file, line, |_| {})
    }

    /// A traced module body; returns its code number.
    pub fn body(&mut self, module: &str, file: &str) -> u32 {
        self.code(Some(module), "<module>", file, 1, |record| record.facts.kind = CodeKind::Module)
    }

    /// A function that the rule `index` of the filter `source` skipped; returns its code number.
    pub fn skipped(&mut self, module: &str, qualname: &str, file: &str, source: &str, index: usize) -> u32 {
        let rule = RuleRef { source: source.to_owned(), index, selector: format!("pkg:{module}") };
        self.code(Some(module), qualname, file, 1, |record| {
            record.verdict.exec = Exec::Skip;
            record.verdict.rule = Some(rule);
        })
    }

    /// Any code object: `change` sees its record before it is written. Returns its code number.
    pub fn code(
        &mut self,
        module: Option<&str>,
        qualname: &str,
        file: &str,
        line: u32,
        change: impl FnOnce(&mut CodeRecord),
    ) -> u32 {
        let id = self.codes;
        self.codes += 1;
        let source = if module.is_some() { NameSource::Globals } else { NameSource::None };
        let outcome = if module.is_some() { Outcome::Accepted } else { Outcome::Missing };
        let items = vec![EvidenceItem {
            source: EvidenceSource::Globals,
            name: module.map(str::to_owned),
            outcome,
            detail: None,
        }];
        let mut record = CodeRecord {
            id: CodeId(id),
            facts: CodeFacts {
                filename: file.to_owned(),
                abs_path: file.to_owned(),
                qualname: qualname.to_owned(),
                first_line: line,
                params: Vec::new(),
                locals: Vec::new(),
                unwatched: 0,
                kind: CodeKind::Function,
            },
            module: module.map(str::to_owned),
            name_source: source,
            evidence: Evidence { items, ..Evidence::default() },
            verdict: Verdict { exec: Exec::Trace, rule: None, reason: None, generation: 0 },
        };
        change(&mut record);
        self.log(&record);
        id
    }

    /// Appends a record, for instance a new verdict for an old code number. Nothing is shared between records here: origin
    /// and rule have the number of the code.
    pub fn log(&mut self, record: &CodeRecord) {
        let (number, facts, verdict) = (record.id.0, &record.facts, &record.verdict);
        let origin = json!({"origin": {
            "number": number, "filename": facts.filename, "abs_path": facts.abs_path, "module": record.module,
            "name_source": record.name_source, "evidence": record.evidence,
        }});
        let rule = verdict.rule.as_ref().map(|rule| {
            json!({"rule": {
                "number": number, "source": rule.source, "index": rule.index, "selector": rule.selector,
            }})
        });
        let code = json!({"code": {
            "id": number, "origin": number, "qualname": facts.qualname, "first_line": facts.first_line,
            "params": facts.params, "locals": facts.locals, "kind": facts.kind, "exec": verdict.exec,
            "rule": rule.as_ref().map(|_| number), "reason": verdict.reason, "generation": verdict.generation,
        }});
        for line in [Some(origin), rule, Some(code)].into_iter().flatten() {
            writeln!(self.code_log, "{line}").expect("append to code.log");
        }
    }

    /// The event file of thread `number` (from 1).
    #[must_use]
    pub fn thread(&self, number: u32) -> ThreadBuilder {
        let path = self.dir.join(format!("{number}{}", format::EVENTS_SUFFIX));
        let file =
            OpenOptions::new().create(true).truncate(true).write(true).open(path).expect("create the event file");
        ThreadBuilder {
            file,
            number,
            index: 0,
            ordinal: 0,
            stack: Vec::new(),
            raw: pair(0).raw,
            last: pair(0).raw,
            events: Vec::with_capacity(block::SIZE),
            header: Header::default(),
            begun: false,
            block_size: block::SIZE,
        }
    }
}

#[derive(Default)]
struct Header {
    raw: u64,
    depth: u32,
    first_ordinal: u64,
    open: Vec<u8>,
    open_count: u32,
    calls: u32,
    changes: u32,
    min_depth: u32,
}

/// Builds the event file of one thread. [`ThreadBuilder::publish`] makes visible what was added.
pub struct ThreadBuilder {
    file: File,
    number: u32,
    index: u32,
    ordinal: u64,
    stack: Vec<OpenEntry>,
    raw: u64,
    last: u64,
    events: Vec<u8>,
    header: Header,
    begun: bool,
    block_size: usize,
}

impl ThreadBuilder {
    /// Finishes blocks as soon as they hold this many bytes, so that small traces have many blocks. At least
    /// `block::HEADER` + 1.
    #[must_use]
    pub fn small_blocks(mut self, bytes: usize) -> Self {
        self.block_size = bytes.clamp(block::HEADER + 1, block::SIZE);
        self
    }

    /// Sets the clock: `ns` after the start of the recording. Clocks never go back.
    pub fn at(&mut self, ns: u64) -> &mut Self {
        self.raw = self.raw.max(pair(ns).raw);
        self
    }

    /// Lets `ns` pass.
    pub fn after(&mut self, ns: u64) -> &mut Self {
        self.raw += ns >> RAW_SHIFT;
        self
    }

    /// Calls open now.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The ordinal that the next opening gets.
    #[must_use]
    pub fn next_ordinal(&self) -> u64 {
        self.ordinal
    }

    /// A call.
    pub fn call(&mut self, code: u32) -> &mut Self {
        self.open(Opening::Call, code, 0, None)
    }

    /// A call with an arguments payload.
    pub fn call_with(&mut self, code: u32, payload: &[u8]) -> &mut Self {
        self.open(Opening::Call, code, 0, Some(payload))
    }

    /// Opens a call or a segment.
    pub fn open(&mut self, how: Opening, code: u32, generator: u64, payload: Option<&[u8]>) -> &mut Self {
        let mut body = Vec::new();
        let head = match (how, payload) {
            (Opening::Call, None) => {
                push(&mut body, code.into());
                kind::CALL
            }
            (Opening::Call, Some(bytes)) => {
                push(&mut body, code.into());
                push_bytes(&mut body, bytes);
                kind::CALL_ARGS
            }
            (Opening::Resume, None) => {
                push(&mut body, code.into());
                push(&mut body, generator);
                kind::RESUME
            }
            (how, payload) => {
                let mut inner = Vec::new();
                push(&mut inner, code.into());
                push(&mut inner, generator);
                inner.extend_from_slice(payload.unwrap_or_default());
                body.push(match how {
                    Opening::Throw => tag::THROW,
                    Opening::Resync => tag::RESYNC_OPEN,
                    _ => tag::RESUME_VALUE,
                });
                push_bytes(&mut body, &inner);
                kind::EXTENDED
            }
        };
        self.event(head, &body);
        self.stack.push(OpenEntry { ordinal: self.ordinal, code, raw: self.raw, generator, how });
        self.ordinal += 1;
        self.header.calls += 1;
        self
    }

    /// The innermost open call returns.
    pub fn ret(&mut self) -> &mut Self {
        self.close(kind::RETURN, &[])
    }

    /// The innermost open call returns a value.
    pub fn ret_with(&mut self, payload: &[u8]) -> &mut Self {
        let mut body = Vec::new();
        push_bytes(&mut body, payload);
        self.close(kind::RETURN_VALUE, &body)
    }

    /// An exception leaves the innermost open call.
    pub fn raise(&mut self) -> &mut Self {
        self.close(kind::UNWIND, &[])
    }

    /// An exception with a payload leaves the innermost open call.
    pub fn raise_with(&mut self, payload: &[u8]) -> &mut Self {
        let mut body = vec![tag::UNWIND_VALUE];
        push_bytes(&mut body, payload);
        self.close(kind::EXTENDED, &body)
    }

    /// The innermost open segment of `generator` yields.
    pub fn yields(&mut self, generator: u64) -> &mut Self {
        let mut body = Vec::new();
        push(&mut body, generator);
        self.close(kind::YIELD, &body)
    }

    /// Closes the innermost open call without an end.
    pub fn resync_close(&mut self) -> &mut Self {
        self.close(kind::EXTENDED, &[tag::RESYNC_CLOSE, 0])
    }

    /// An extended event that neither opens nor closes.
    pub fn note(&mut self, tag: u8, payload: &[u8]) -> &mut Self {
        let mut body = vec![tag];
        push_bytes(&mut body, payload);
        self.event(kind::EXTENDED, &body);
        self.header.changes += u32::from(tag::is_change(tag));
        self
    }

    /// The thread's name.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.note(tag::THREAD_NAME, name.as_bytes())
    }

    fn close(&mut self, head: u64, body: &[u8]) -> &mut Self {
        self.event(head, body);
        self.stack.pop().expect("a call is open");
        self.header.min_depth = self.header.min_depth.min(depth(&self.stack));
        self
    }

    fn event(&mut self, head: u64, body: &[u8]) {
        let full = block::HEADER + self.header.open.len() + self.events.len() + 10 + body.len() > self.block_size;
        if self.begun && full && !self.events.is_empty() {
            self.finish();
        }
        if !self.begun {
            self.begin();
        }
        push(&mut self.events, (self.raw - self.last) << 3 | head);
        self.events.extend_from_slice(body);
        self.last = self.raw;
    }

    fn begin(&mut self) {
        let listed = &self.stack[self.stack.len().saturating_sub(block::MAX_OPEN)..];
        let mut open = vec![0; listed.len() * MAX_ENTRY];
        let (mut end, mut before) = (0, 0);
        for entry in listed {
            end += put_entry(&mut open[end..], entry, before, self.last);
            before = entry.ordinal;
        }
        open.truncate(end);
        self.header = Header {
            raw: self.last,
            depth: depth(&self.stack),
            first_ordinal: self.ordinal,
            open,
            open_count: u32::try_from(listed.len()).unwrap_or(0),
            calls: 0,
            changes: 0,
            min_depth: depth(&self.stack),
        };
        self.begun = true;
    }

    /// Makes everything visible that was added so far; the block stays open.
    pub fn publish(&mut self) -> &mut Self {
        if !self.begun {
            self.begin();
        }
        self.write(block::STATE_OPEN);
        self
    }

    /// Finishes the current block; the next event begins another.
    pub fn finish(&mut self) -> &mut Self {
        if self.begun {
            self.write(block::STATE_FINISHED);
            self.index += 1;
            self.events.clear();
            self.begun = false;
        }
        self
    }

    fn write(&mut self, state: u32) {
        let mut bytes = vec![0u8; block::HEADER];
        {
            let mut put4 = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            let header = &self.header;
            put4(block::AT_MAGIC, block::MAGIC);
            put4(block::AT_STATE, state);
            put4(block::AT_USED, u32::try_from(self.events.len()).unwrap_or(0));
            put4(block::AT_THREAD, self.number);
            put4(block::AT_INDEX, self.index);
            put4(block::AT_DEPTH, header.depth);
            put4(block::AT_OPEN_LEN, u32::try_from(header.open.len()).unwrap_or(0));
            put4(block::AT_OPEN_COUNT, header.open_count);
            put4(block::AT_CHANGES, header.changes);
            if state == block::STATE_FINISHED {
                put4(block::AT_CALLS, header.calls);
                put4(block::AT_MIN_DEPTH, header.min_depth);
                put4(block::AT_END_DEPTH, depth(&self.stack));
            }
        }
        let mut put8 = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        put8(block::AT_NATIVE_ID, 9000 + u64::from(self.number));
        put8(block::AT_RAW, self.header.raw);
        put8(block::AT_MONO, self.header.raw << RAW_SHIFT);
        put8(block::AT_FIRST_ORDINAL, self.header.first_ordinal);
        if state == block::STATE_FINISHED {
            put8(block::AT_END_RAW, self.last);
            put8(block::AT_END_MONO, self.last << RAW_SHIFT);
            put8(block::AT_END_PAIR_RAW, self.last);
        }
        bytes.extend_from_slice(&self.header.open);
        bytes.extend_from_slice(&self.events);
        if state == block::STATE_FINISHED {
            bytes.resize(block::SIZE, 0);
        }
        self.file.write_all_at(&bytes, u64::from(self.index) * block::SIZE as u64).expect("write a block");
    }
}

fn depth(stack: &[OpenEntry]) -> u32 {
    u32::try_from(stack.len()).unwrap_or(u32::MAX)
}

fn push(out: &mut Vec<u8>, value: u64) {
    let mut bytes = [0; 10];
    let length = put_number(&mut bytes, value);
    out.extend_from_slice(&bytes[..length]);
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
