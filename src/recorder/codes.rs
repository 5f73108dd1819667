//! Every code object that was met: its number, its name, its verdict. All of it is found out at a code object's first
//! start; what the hot path needs of it is then kept in the code object itself (`mark`).
//!
//! The table is keyed by what the code *is*, not by the object: a program that compiles the same function a million
//! times has one entry for it, and a program that makes up new ones without end meets a limit.

use super::capture::{CodeValues, Policies, Shape};
use super::judge::{Judge, Judged};
use super::mark::{Mark, mark_of, set_mark};
use super::python::{self, Name};
use super::qualnames::Qualnames;
use super::watched::{Watched, watched};
use super::world::{Found, Interpreter, Spec, module_name};
use crate::filter::{FrameFacts, obj_name};
use crate::model::code::{CodeFacts, CodeKind, CodeRecord, Exec};
use crate::model::id::CodeId;
use crate::model::text::cut;
use crate::naming::{BODY, CodeInput, Namer, NormPath, Platform, World, is_synthetic};
use crate::trace::code_log::CodeLog;
use crate::trace::manifest::Values;
use crate::trace::memory::Failure;
use pyo3::ffi;
use std::collections::HashMap;
use std::sync::Arc;

/// Entries of one process. A program with more is making them up.
const MAX_CODES: usize = 1 << 17;
/// Of these, entries with synthetic file names, which only serve to be listed.
const MAX_SYNTHETIC: usize = 1 << 12;
/// Longest text that is kept of a name or a path.
const MAX_TEXT: usize = 4096;

const CO_GENERATOR: i64 = 0x20;
const CO_COROUTINE: i64 = 0x80;
const CO_ASYNC_GENERATOR: i64 = 0x200;

static CO_FILENAME: Name = Name::new(c"co_filename");
static CO_QUALNAME: Name = Name::new(c"co_qualname");
static CO_NAME: Name = Name::new(c"co_name");
static CO_FIRSTLINENO: Name = Name::new(c"co_firstlineno");
static CO_CODE: Name = Name::new(c"co_code");
static CO_FLAGS: Name = Name::new(c"co_flags");

/// The table.
pub struct Codes {
    /// What all answers that hold carry.
    pub epoch: u32,
    first_epoch: u32,
    judge: Judge,
    namer: Namer,
    world: Interpreter,
    /// `None`: nothing is written any more.
    log: Option<CodeLog>,
    entries: Vec<Entry>,
    /// From what is read off a code object to its number.
    by_input: HashMap<Box<[u8]>, u32>,
    /// From what identifies an entry to its number.
    by_identity: HashMap<Box<[u8]>, u32>,
    synthetic: usize,
    /// Entries whose beginnings and ends are seen whatever the filter says.
    watched: Vec<(u32, Watched)>,
    key: Vec<u8>,
    values: Values,
    lines: bool,
    /// What is captured of each entry, decided when it is first needed and forgotten when the filter changes.
    captures: Vec<Option<Box<CodeValues>>>,
    policies: Policies,
    /// Instructions of generators, where the backend must look at them.
    bytecode: Option<Vec<Option<Box<[u8]>>>>,
    /// Qualified names, where code objects do not know them.
    qualnames: Option<Qualnames>,
    /// Code objects for which there was no room.
    pub overflow: u64,
}

/// One code object, as far as the table tells them apart.
#[derive(Clone)]
pub struct Entry {
    /// What is known of it.
    pub record: Arc<CodeRecord>,
    /// Number of its origin in the code log.
    pub origin: u32,
    mark: Mark,
}

/// What was in force before a change of the filter. Made to be dropped without the GIL.
pub struct Before {
    _judge: Judge,
    _records: Vec<Arc<CodeRecord>>,
    _captures: Vec<Option<Box<CodeValues>>>,
}

/// What a table is made of.
pub struct Setup {
    pub epoch: u32,
    pub judge: Judge,
    pub namer: Namer,
    pub world: Interpreter,
    pub log: CodeLog,
    pub values: Values,
    pub lines: bool,
    /// The interpreter's version.
    pub number: (u32, u32),
}

impl Codes {
    pub fn new(setup: Setup) -> Self {
        let Setup { epoch, judge, namer, world, log, values, lines, number } = setup;
        Self {
            epoch,
            first_epoch: epoch,
            judge,
            namer,
            world,
            log: Some(log),
            entries: Vec::new(),
            by_input: HashMap::new(),
            by_identity: HashMap::new(),
            synthetic: 0,
            watched: Vec::new(),
            key: Vec::new(),
            values,
            lines,
            captures: Vec::new(),
            policies: Policies::default(),
            bytecode: (number < (3, 12)).then(Vec::new),
            qualnames: (number < (3, 11)).then(Qualnames::default),
            overflow: 0,
        }
    }

    /// Sweeps of `sys.modules` so far.
    pub fn sweeps(&self) -> u64 {
        self.namer.sweeps()
    }

    /// What decides now.
    pub fn judge_in_force(&self) -> &Judge {
        &self.judge
    }

    /// All entries, in the order of their numbers.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is known of an entry.
    pub fn record(&self, id: u32) -> Option<&CodeRecord> {
        self.entries.get(id as usize).map(|entry| &*entry.record)
    }

    /// Whether values or lines are recorded.
    fn captures_anything(&self) -> bool {
        self.values != Values::None || self.lines
    }

    /// What is captured of an entry, if that was decided.
    #[inline(always)]
    pub fn captured(&self, id: u32) -> Option<&CodeValues> {
        self.captures.get(id as usize)?.as_deref()
    }

    /// What is captured of the entry of a code object. `None`: nothing.
    ///
    /// # Safety
    /// The GIL is held, no exception is set, and `code` is a code object whose entry is `id`.
    pub unsafe fn capture(&mut self, id: u32, code: *mut ffi::PyObject) -> Option<&CodeValues> {
        let index = id as usize;
        if self.captures.get(index).is_none_or(Option::is_none) {
            if !self.captures_anything() {
                return None;
            }
            let record = &self.entries.get(index)?.record;
            let (module, facts) = (record.module.as_deref(), &record.facts);
            let about = FrameFacts { module, abs_path: &facts.abs_path, qualname: &facts.qualname };
            let (_, policy) = self.judge.engine.judge(&about);
            let obj = obj_name(module, &facts.qualname);
            // SAFETY: as the caller promised.
            let decided = unsafe {
                let _pause = python::NoCollection::new();
                self.policies.decide(Shape::read(code), &policy, &obj, self.values, self.lines)
            };
            if self.captures.len() <= index {
                self.captures.resize_with(index + 1, || None);
            }
            self.captures[index] = Some(Box::new(decided));
        }
        self.captured(id)
    }

    /// The instructions of a generator, where they are kept.
    pub fn bytecode(&self, id: u32) -> Option<&[u8]> {
        self.bytecode.as_ref()?.get(id as usize)?.as_deref()
    }

    /// Ends the log. Code objects are still judged, so that what is lost from now on can be counted.
    pub fn finish(&mut self) {
        if let Some(mut log) = self.log.take() {
            log.finish();
        }
    }

    /// Decides about code that starts in these globals, and writes the answer into its slot.
    ///
    /// # Errors
    /// [`Failure`]: the code log cannot be written.
    ///
    /// # Safety
    /// The GIL is held; `code` is a code object; `globals` is the dictionary it starts in, or null.
    pub unsafe fn judge(&mut self, code: *mut ffi::PyObject, globals: *mut ffi::PyObject) -> Result<Mark, Failure> {
        // SAFETY: as the caller promised.
        unsafe {
            let old = mark_of(code);
            let mark = if old.is_of(self.epoch) && !old.has(Mark::BODY) {
                return Ok(old);
            } else if self.is_mine(old) && !old.has(Mark::BODY) {
                // Only the filter changed since.
                self.judge_again(old.id())?
            } else {
                self.judge_new(code, globals)?
            };
            set_mark(code, mark);
            Ok(mark)
        }
    }

    /// Whether a mark's number is of this table.
    fn is_mine(&self, mark: Mark) -> bool {
        let age = self.epoch.wrapping_sub((mark.0 >> 8) as u32) & 0xff_ffff;
        mark.has(Mark::VALID)
            && age <= self.epoch.wrapping_sub(self.first_epoch) & 0xff_ffff
            && (mark.id() as usize) < self.entries.len()
    }

    /// # Safety
    /// As for [`Self::judge`].
    unsafe fn judge_new(&mut self, code: *mut ffi::PyObject, globals: *mut ffi::PyObject) -> Result<Mark, Failure> {
        let _pause;
        // SAFETY: as the caller promised; what is borrowed from the code object and the globals is used here only.
        unsafe {
            _pause = python::NoCollection::new();
            let filename = python::attribute(code, &CO_FILENAME);
            let filename = filename.as_ref().and_then(|found| python::text(found.as_ptr())).unwrap_or_default();
            let filename = cut(&filename, MAX_TEXT);
            let qualname = self.qualname(code);
            super::children::first_seen(&qualname);
            let first_line = python::int_attribute(code, &CO_FIRSTLINENO).clamp(0, i64::from(u32::MAX)) as u32;
            let flags = python::int_attribute(code, &CO_FLAGS);
            let kind = kind(&qualname, flags);
            let name = module_name(globals);
            let spec = Spec::of(globals);
            let spec_name = spec.name();

            self.key.clear();
            let name_word = match &name {
                Found::Missing => "\u{1}",
                Found::Other(_) => "\u{2}",
                Found::Text(text) => cut(text, MAX_TEXT),
            };
            for part in [filename, &qualname, name_word, spec_name.as_deref().unwrap_or("\u{1}")] {
                self.key.extend_from_slice(part.as_bytes());
                self.key.push(0);
            }
            self.key.extend_from_slice(&first_line.to_le_bytes());
            self.key.push(kind as u8);
            // Two functions on one line may have the same name: where their frames are read, they are two entries.
            let shape = self.captures_anything().then(|| Shape::read(code));
            let mut digest = shape.as_ref().map(Shape::digest).unwrap_or_default();
            let bytecode = self.bytecode.as_ref().and_then(|_| instructions(code, kind));
            if let Some(bytecode) = &bytecode {
                mix(&mut digest, bytecode);
            }
            self.key.extend_from_slice(&digest);
            if let Some(id) = self.by_input.get(&self.key[..]) {
                let id = *id;
                return self.judge_again(id);
            }
            if self.entries.len() >= MAX_CODES || (is_synthetic(filename) && self.synthetic >= MAX_SYNTHETIC) {
                self.overflow += 1;
                return Ok(Mark::new(u32::MAX, self.epoch, Mark::FIXED));
            }

            let spec_attr = match &spec_name {
                Some(text) => crate::naming::Attr::Str(text),
                None => crate::naming::Attr::Missing,
            };
            let origin = spec.origin();
            let input = CodeInput {
                filename,
                qualname: &qualname,
                globals_name: name.attr(),
                spec_name: spec_attr,
                spec_origin: origin.as_deref(),
            };
            let named = self.namer.name(&input, &self.world);
            let by_input: Box<[u8]> = self.key.clone().into();
            let identity = identity(filename, &qualname, named.module.as_deref(), first_line, kind, digest);
            if let Some(id) = self.by_identity.get(&identity) {
                let id = *id;
                self.by_input.insert(by_input, id);
                return self.judge_again(id);
            }

            let abs_path = if is_synthetic(filename) {
                filename.to_owned()
            } else {
                NormPath::new(Platform::here(), self.world.startup_cwd(), filename).to_string()
            };
            let facts = CodeFacts {
                filename: filename.to_owned(),
                abs_path,
                qualname,
                first_line,
                params: shape.as_ref().filter(|_| self.values != Values::None).map(Shape::params).unwrap_or_default(),
                locals: shape.as_ref().filter(|_| self.lines).map(Shape::locals).unwrap_or_default(),
                unwatched: shape.as_ref().filter(|_| self.lines).map_or(0, Shape::unwatched),
                kind,
            };
            let verdict = self.judge.verdict(&facts, named.module.as_deref());
            let id = self.entries.len() as u32;
            let record = CodeRecord {
                id: CodeId(id),
                facts,
                module: named.module,
                name_source: named.source,
                evidence: named.evidence,
                verdict,
            };
            let origin = match &mut self.log {
                Some(log) => log.add(&record)?,
                None => 0,
            };
            self.synthetic += usize::from(is_synthetic(&record.facts.filename));
            if let Some(why) = watched(record.module.as_deref(), &record.facts, code) {
                self.watched.push((id, why));
            }
            let mark = self.mark(&record);
            self.entries.push(Entry { record: Arc::new(record), origin, mark });
            if let Some(all) = &mut self.bytecode {
                all.push(bytecode);
            }
            self.by_input.insert(by_input, id);
            self.by_identity.insert(identity, id);
            Ok(mark)
        }
    }

    /// The mark of a known entry; decided anew if the filter changed since.
    fn judge_again(&mut self, id: u32) -> Result<Mark, Failure> {
        let entry = &self.entries[id as usize];
        if entry.mark.is_of(self.epoch) {
            return Ok(entry.mark);
        }
        if let Some(record) = self.judge.again(&entry.record) {
            if let Some(log) = &mut self.log {
                log.again(&record, entry.origin)?;
            }
            self.entries[id as usize].record = Arc::new(record);
        }
        let mark = self.mark(&self.entries[id as usize].record);
        self.entries[id as usize].mark = mark;
        Ok(mark)
    }

    /// Why an entry is watched; `None`: it is not.
    pub fn watched(&self, id: u32) -> Option<Watched> {
        self.watched.iter().find(|(watched, _)| *watched == id).map(|(_, why)| *why)
    }

    /// # Safety
    /// The GIL is held and `code` is a code object.
    unsafe fn qualname(&mut self, code: *mut ffi::PyObject) -> String {
        // SAFETY: as the caller promised.
        unsafe {
            let read = |name| {
                let found = python::attribute(code, name)?;
                python::text(found.as_ptr()).map(|text| cut(&text, MAX_TEXT).to_owned())
            };
            let Some(qualnames) = &mut self.qualnames else { return read(&CO_QUALNAME).unwrap_or_default() };
            let name = read(&CO_NAME).unwrap_or_default();
            if name == BODY {
                qualnames.learn(code);
                return name;
            }
            qualnames.of(code).unwrap_or(name)
        }
    }

    fn mark(&self, record: &CodeRecord) -> Mark {
        let mut flags = 0;
        if record.facts.kind == CodeKind::Module || self.watched(record.id.0).is_some() {
            flags |= Mark::BODY;
        }
        if record.verdict.exec == Exec::Trace {
            flags |= Mark::TRACE;
            flags |= if self.captures_anything() { Mark::VALUES } else { 0 };
            let generator = !matches!(record.facts.kind, CodeKind::Function | CodeKind::Module);
            flags |= if generator && self.bytecode.is_some() { Mark::GENERATOR } else { 0 };
            flags |= if record.facts.kind.is_async() { Mark::ASYNC } else { 0 };
        } else if record.verdict.reason.is_some() {
            flags = Mark::FIXED;
        }
        Mark::new(record.id.0, self.epoch, flags)
    }

    /// Puts another chain in force, which has judged most entries already. Answers of before are found out of date when
    /// they are next looked at. Returns how many entries are decided otherwise now.
    ///
    /// # Errors
    /// [`Failure`]: the code log cannot be written.
    pub fn change(&mut self, judged: Judged, epoch: u32) -> Result<(usize, Before), Failure> {
        let Judged { judge, records, lines, mut changed } = judged;
        let mut captures = std::mem::take(&mut self.captures);
        // What holds objects of the interpreter is given back now, with the GIL.
        for capture in captures.iter_mut().filter(|it| it.as_ref().is_some_and(|it| it.holds_objects())) {
            *capture = None;
        }
        let before = Before {
            _judge: std::mem::replace(&mut self.judge, judge),
            _records: self.entries.iter().map(|entry| Arc::clone(&entry.record)).collect(),
            _captures: captures,
        };
        self.epoch = epoch;
        self.policies.clear();
        if let Some(log) = &mut self.log {
            log.append_all(lines)?;
        }
        let known = records.len();
        for (index, record) in records.into_iter().enumerate() {
            self.entries[index].record = record;
            self.entries[index].mark = self.mark(&self.entries[index].record);
        }
        // Those that were met while the others were judged.
        for id in known..self.entries.len() {
            let exec = self.entries[id].record.verdict.exec;
            self.judge_again(id as u32)?;
            changed += usize::from(self.entries[id].record.verdict.exec != exec);
        }
        Ok((changed, before))
    }
}

/// The instructions of a generator.
///
/// # Safety
/// The GIL is held and `code` is a code object.
unsafe fn instructions(code: *mut ffi::PyObject, kind: CodeKind) -> Option<Box<[u8]>> {
    if matches!(kind, CodeKind::Function | CodeKind::Module) {
        return None;
    }
    // SAFETY: as the caller promised; the bytes are copied while they are there.
    unsafe {
        let bytes = python::attribute(code, &CO_CODE).filter(|bytes| ffi::PyBytes_Check(bytes.as_ptr()) != 0)?;
        let start = ffi::PyBytes_AsString(bytes.as_ptr()).cast::<u8>();
        let length = ffi::PyBytes_Size(bytes.as_ptr()).max(0) as usize;
        Some(std::slice::from_raw_parts(start, length).into())
    }
}

/// Makes a digest depend on these bytes, too.
fn mix(digest: &mut [u8; 16], bytes: &[u8]) {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    }
    for (mixed, byte) in digest.iter_mut().zip(hash.to_le_bytes()) {
        *mixed ^= byte;
    }
}

fn kind(qualname: &str, flags: i64) -> CodeKind {
    if flags & CO_ASYNC_GENERATOR != 0 {
        CodeKind::AsyncGenerator
    } else if flags & CO_COROUTINE != 0 {
        CodeKind::Coroutine
    } else if flags & CO_GENERATOR != 0 {
        CodeKind::Generator
    } else if qualname == BODY {
        CodeKind::Module
    } else {
        CodeKind::Function
    }
}

fn identity(
    filename: &str,
    qualname: &str,
    module: Option<&str>,
    first_line: u32,
    kind: CodeKind,
    shape: [u8; 16],
) -> Box<[u8]> {
    let mut key = Vec::with_capacity(filename.len() + qualname.len() + 40);
    for part in [filename, qualname, module.unwrap_or("\u{1}")] {
        key.extend_from_slice(part.as_bytes());
        key.push(0);
    }
    key.extend_from_slice(&first_line.to_le_bytes());
    key.push(kind as u8);
    key.extend_from_slice(&shape);
    key.into()
}
