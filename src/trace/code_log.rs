//! The lines of `code.log`, for the writer and the reader alike. What many code objects share is written once and then
//! referred to by number: where code comes from with all that is known about its module's name (an *origin*), and the
//! rules that decided. A number means what the last line that defined it said.

use crate::model::code::{CodeFacts, CodeKind, CodeRecord, Exec, RuleRef, Verdict};
use crate::model::evidence::{Evidence, NameSource};
use crate::model::id::CodeId;
use crate::trace::log_writer::LogWriter;
use crate::trace::memory::Failure;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line<'a> {
    /// Says what an origin's number means.
    Origin(Origin<'a>),
    /// Says what a rule's number means.
    Rule(Rule<'a>),
    /// A code object, or what became of it when the filter changed.
    Code(Code<'a>),
}

/// Where code comes from: its file, its module's name, and how that was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Origin<'a> {
    /// Its number, from 0.
    pub number: u32,
    /// As in [`CodeFacts::filename`].
    pub filename: Cow<'a, str>,
    /// As in [`CodeFacts::abs_path`]; left out when it is the same as `filename`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abs_path: Option<Cow<'a, str>>,
    /// As in [`CodeRecord::module`].
    pub module: Option<Cow<'a, str>>,
    /// As in [`CodeRecord::name_source`].
    pub name_source: NameSource,
    /// As in [`CodeRecord::evidence`].
    pub evidence: Cow<'a, Evidence>,
}

/// A rule of a filter.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rule<'a> {
    /// Its number, from 0.
    pub number: u32,
    /// Which one it is.
    #[serde(flatten)]
    pub rule: Cow<'a, RuleRef>,
}

/// A code object.
#[derive(Debug, Serialize, Deserialize)]
pub struct Code<'a> {
    /// The number that events refer to.
    pub id: CodeId,
    /// Number of its origin.
    pub origin: u32,
    /// As in [`CodeFacts`].
    pub qualname: Cow<'a, str>,
    /// As in [`CodeFacts`].
    pub first_line: u32,
    /// As in [`CodeFacts`].
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub params: Cow<'a, [String]>,
    /// As in [`CodeFacts`].
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub locals: Cow<'a, [String]>,
    /// As in [`CodeFacts`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unwatched: u32,
    /// As in [`CodeFacts`].
    pub kind: CodeKind,
    /// As in [`Verdict`].
    pub exec: Exec,
    /// Number of the rule that set `exec`; none: the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// As in [`Verdict`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// As in [`Verdict`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Code<'_> {
    /// The whole record, with what its numbers mean.
    #[must_use]
    pub fn complete(self, origin: &Origin<'_>, rule: Option<&RuleRef>) -> CodeRecord {
        let filename = origin.filename.clone().into_owned();
        CodeRecord {
            id: self.id,
            facts: CodeFacts {
                abs_path: origin.abs_path.clone().map_or_else(|| filename.clone(), Cow::into_owned),
                filename,
                qualname: self.qualname.into_owned(),
                first_line: self.first_line,
                params: self.params.into_owned(),
                locals: self.locals.into_owned(),
                unwatched: self.unwatched,
                kind: self.kind,
            },
            module: origin.module.clone().map(Cow::into_owned),
            name_source: origin.name_source,
            evidence: origin.evidence.clone().into_owned(),
            verdict: Verdict {
                exec: self.exec,
                rule: rule.cloned(),
                reason: self.reason.map(Cow::into_owned),
                generation: self.generation,
            },
        }
    }
}

/// Lines that are about to be appended, and the numbers of rules that they and the lines before them gave.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    rules: HashMap<RuleRef, u32>,
}

impl Lines {
    /// Adds a code object whose origin has this number already.
    pub fn add(&mut self, record: &CodeRecord, origin: u32) {
        let rule = record.verdict.rule.as_ref().map(|rule| match self.rules.get(rule) {
            Some(number) => *number,
            None => {
                let number = self.rules.len() as u32;
                self.put(&Line::Rule(Rule { number, rule: Cow::Borrowed(rule) }));
                self.rules.insert(rule.clone(), number);
                number
            }
        });
        let (facts, verdict) = (&record.facts, &record.verdict);
        self.put(&Line::Code(Code {
            id: record.id,
            origin,
            qualname: Cow::Borrowed(&facts.qualname),
            first_line: facts.first_line,
            params: Cow::Borrowed(&facts.params),
            locals: Cow::Borrowed(&facts.locals),
            unwatched: facts.unwatched,
            kind: facts.kind,
            exec: verdict.exec,
            rule,
            reason: verdict.reason.as_deref().map(Cow::Borrowed),
            generation: verdict.generation,
        }));
    }

    fn put(&mut self, line: &Line<'_>) {
        // Plain data with string keys: serialising it into memory cannot fail.
        if serde_json::to_writer(&mut self.bytes, line).is_ok() {
            self.bytes.push(b'\n');
        }
    }
}

/// The code log of a process that is being recorded.
#[derive(Debug)]
pub struct CodeLog {
    log: LogWriter,
    lines: Lines,
    /// Numbers of origins, by how they are written without their number.
    origins: HashMap<Box<[u8]>, u32>,
}

impl CodeLog {
    /// Nothing is created before the first record.
    #[must_use]
    pub fn new(log: LogWriter) -> Self {
        Self { log, lines: Lines::default(), origins: HashMap::new() }
    }

    /// Appends a code object and returns the number of its origin.
    ///
    /// # Errors
    /// [`Failure`]: nothing was appended.
    pub fn add(&mut self, record: &CodeRecord) -> Result<u32, Failure> {
        let mut origin = origin(record, 0);
        // Plain data, as above.
        let key = serde_json::to_vec(&origin).unwrap_or_default().into_boxed_slice();
        let known = self.origins.get(&key).copied();
        let number = known.unwrap_or(self.origins.len() as u32);
        if known.is_none() {
            origin.number = number;
            self.lines.put(&Line::Origin(origin));
        }
        self.lines.add(record, number);
        self.append()?;
        self.origins.insert(key, number);
        Ok(number)
    }

    /// Appends another record of a code object whose origin is known.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn again(&mut self, record: &CodeRecord, origin: u32) -> Result<(), Failure> {
        self.lines.add(record, origin);
        self.append()
    }

    /// Appends lines that were made elsewhere. From here on, rules have the numbers that they have there.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn append_all(&mut self, lines: Lines) -> Result<(), Failure> {
        self.lines = lines;
        self.append()
    }

    fn append(&mut self) -> Result<(), Failure> {
        let bytes = std::mem::take(&mut self.lines.bytes);
        // The log adds the last line feed.
        if let Some(text) = bytes.strip_suffix(b"\n") {
            self.log.append(text)?;
        }
        self.lines.bytes = bytes;
        self.lines.bytes.clear();
        Ok(())
    }

    /// Ends the file.
    pub fn finish(&mut self) {
        self.log.finish();
    }
}

/// The origin of a record.
fn origin(record: &CodeRecord, number: u32) -> Origin<'_> {
    let facts = &record.facts;
    Origin {
        number,
        filename: Cow::Borrowed(&facts.filename),
        abs_path: (facts.abs_path != facts.filename).then_some(Cow::Borrowed(&facts.abs_path)),
        module: record.module.as_deref().map(Cow::Borrowed),
        name_source: record.name_source,
        evidence: Cow::Borrowed(&record.evidence),
    }
}
