//! The code log of one process, read as it grows: a line of JSON per code object, origin or rule (`trace::code_log`). The
//! file is longer than the log while it is written; what is reserved only is 0.

use crate::model::code::{CodeRecord, Exec, RuleRef, Verdict};
use crate::model::id::CodeId;
use crate::trace::code_log::{Code, Line, Origin};
use crate::trace::reader::file::read_at;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// Numbers above this are damage, not programs.
const MAX_CODES: u32 = 1 << 21;
/// A record longer than this is damage.
const MAX_LINE: usize = 8 << 20;
/// Bytes of code log that are read, and bytes of records that are kept in memory, about; what comes later is reported and
/// passed over.
const MAX_BYTES: u64 = if cfg!(test) { 32 << 20 } else { 512 << 20 };
/// Generations of the filter of which is kept what they changed.
const MAX_GENERATIONS: usize = 1 << 16;
/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// Every code object that the process has seen.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    records: Vec<Option<Arc<CodeRecord>>>,
    known: usize,
    /// What numbers mean now, with the length of the line that said so.
    origins: Vec<Option<(Arc<Origin<'static>>, u64)>>,
    rules: Vec<Option<(Arc<RuleRef>, u64)>>,
    /// Bytes in the records, about: those of shared origins and rules once for each code object.
    kept: u64,
    offset: u64,
    /// The beginning of a line whose end was not there yet.
    rest: Vec<u8>,
    /// Inside a line that is too long.
    skipping: bool,
    /// Counts changes: records added or replaced.
    version: u64,
    /// By generation of the filter: code objects that are recorded since then, and those that are not any more.
    changes: BTreeMap<u32, (u64, u64)>,
}

impl Codes {
    /// The newest record for `id`.
    #[must_use]
    pub fn get(&self, id: CodeId) -> Option<&Arc<CodeRecord>> {
        self.records.get(id.0 as usize)?.as_ref()
    }

    /// All records, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CodeRecord>> {
        self.records.iter().flatten()
    }

    /// How many code objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known == 0
    }

    /// One more than the largest number.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.records.len()
    }

    /// Grows with every record that is added or replaced.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many code objects a generation of the filter made recorded, and how many it made skipped, among those that
    /// had been seen before.
    #[must_use]
    pub fn changes(&self, generation: u32) -> (u64, u64) {
        self.changes.get(&generation).copied().unwrap_or_default()
    }

    /// Reads what was added, at most about `budget` bytes; true when there is more. `complete`: the writer has ended the
    /// log in good order, so that an unfinished line is damage. Otherwise it is one that is just being written, or that
    /// was when the process was killed.
    ///
    /// # Errors
    /// The system's, from reading the file.
    pub fn refresh(
        &mut self,
        file: &File,
        complete: bool,
        budget: &mut usize,
        problem: &mut dyn FnMut(String),
    ) -> io::Result<bool> {
        let mut chunk = vec![0; CHUNK];
        loop {
            if *budget == 0 {
                return Ok(true);
            }
            if self.offset.max(self.kept) > MAX_BYTES {
                problem("the code log is too large; its end is not used".to_owned());
                return Ok(false);
            }
            let read = read_at(file, &mut chunk, self.offset)?;
            // What the recorder has reserved but not written yet reads 0: the log ends there, for now (`log_writer`).
            let read = chunk[..read].iter().position(|byte| *byte == 0).unwrap_or(read);
            if read == 0 {
                break;
            }
            *budget = budget.saturating_sub(read);
            self.offset += read as u64;
            self.take(&chunk[..read], problem);
        }
        if complete && !self.rest.is_empty() {
            let line = std::mem::take(&mut self.rest);
            self.line(&line, problem);
        }
        Ok(false)
    }

    fn take(&mut self, mut bytes: &[u8], problem: &mut dyn FnMut(String)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, next) = (&bytes[..end], &bytes[end + 1..]);
            if std::mem::take(&mut self.skipping) {
                // The end of a line that was too long.
            } else if self.rest.is_empty() {
                self.line(line, problem);
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.line(&whole, problem);
            }
            bytes = next;
        }
        if self.skipping {
            return;
        }
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > MAX_LINE {
            problem("a record of the code log is too long; it is left out".to_owned());
            self.rest = Vec::new();
            self.skipping = true;
        }
    }

    fn line(&mut self, line: &[u8], problem: &mut dyn FnMut(String)) {
        if line.is_empty() {
            return;
        }
        let length = line.len() as u64;
        let done = match serde_json::from_slice::<Line<'static>>(line) {
            Ok(Line::Origin(origin)) => set(&mut self.origins, origin.number, (Arc::new(origin), length)).map(|_| ()),
            Ok(Line::Rule(rule)) => {
                set(&mut self.rules, rule.number, (Arc::new(rule.rule.into_owned()), length)).map(|_| ())
            }
            Ok(Line::Code(code)) => self.code(code, length),
            Err(error) => Err(format!("cannot be read ({error})")),
        };
        if let Err(why) = done {
            problem(format!("a record of the code log {why}; it is left out"));
        }
    }

    fn code(&mut self, code: Code<'static>, length: u64) -> Result<(), String> {
        let known = |number: u32| format!("refers to number {number}, which nothing gave");
        let origin = self.origins.get(code.origin as usize).and_then(Option::as_ref);
        let (origin, mut kept) = origin.map(|(origin, length)| (origin, *length)).ok_or_else(|| known(code.origin))?;
        let rule = match code.rule {
            None => None,
            Some(number) => {
                let rule = self.rules.get(number as usize).and_then(Option::as_ref);
                let (rule, length) = rule.ok_or_else(|| known(number))?;
                kept += length;
                Some(&**rule)
            }
        };
        self.kept += kept + length;
        if self.kept > MAX_BYTES {
            // Said once, before the next part is read.
            return Ok(());
        }
        let record = code.complete(origin, rule);
        let Verdict { exec, generation, .. } = record.verdict;
        match set(&mut self.records, record.id.0, Arc::new(record))? {
            None => self.known += 1,
            Some(before) if before.verdict.exec != exec && before.verdict.generation != generation => {
                if self.changes.len() < MAX_GENERATIONS || self.changes.contains_key(&generation) {
                    let (traced, skipped) = self.changes.entry(generation).or_default();
                    *(if exec == Exec::Trace { traced } else { skipped }) += 1;
                }
            }
            Some(_) => {}
        }
        self.version += 1;
        Ok(())
    }
}

/// Puts an entry into its place and returns the one that was there.
fn set<T: Clone>(table: &mut Vec<Option<T>>, number: u32, entry: T) -> Result<Option<T>, String> {
    if number >= MAX_CODES {
        return Err(format!("has the number {number}, which is absurd"));
    }
    let at = number as usize;
    if table.len() <= at {
        table.resize(at + 1, None);
    }
    Ok(table[at].replace(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::testing::TraceBuilder;

    /// The bytes of a real code log with two records.
    fn two_records() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let mut process = TraceBuilder::new(folder.path()).process(1);
        process.function("m", "f", "/m.py", 1);
        process.function("m", "g", "/m.py", 2);
        std::fs::read(folder.path().join("1/code.log")).unwrap()
    }

    #[test]
    fn the_log_ends_at_its_first_nul_and_goes_on_there_later() {
        let bytes = two_records();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut codes = Codes::default();
        for written in 0..=bytes.len() {
            let mut file = bytes[..written].to_vec();
            file.resize(bytes.len() + 4096, 0);
            std::fs::write(&path, &file).unwrap();
            let more = codes.refresh(&File::open(&path).unwrap(), false, &mut (1 << 20), &mut |it| panic!("{it}"));
            assert!(!more.unwrap());
            // A line for the origin, a line for the code object.
            assert_eq!(codes.len(), bytes[..written].iter().filter(|byte| **byte == b'\n').count() / 2);
        }
        assert_eq!(codes.len(), 2);
    }

    /// Reads these lines; what came of it, and what was wrong.
    fn read(lines: &[&str]) -> (Codes, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let (mut codes, mut problems) = (Codes::default(), Vec::new());
        codes.refresh(&File::open(&path).unwrap(), true, &mut (1 << 30), &mut |it| problems.push(it)).unwrap();
        (codes, problems)
    }

    const ORIGIN: &str =
        r#"{"origin":{"number":0,"filename":"/m.py","module":"m","name_source":"globals","evidence":{"items":[]}}}"#;
    const RULE: &str = r#"{"rule":{"number":0,"source":"s","index":4,"selector":"pkg:m"}}"#;
    const CODE: &str =
        r#"{"code":{"id":0,"origin":0,"qualname":"f","first_line":1,"kind":"function","exec":"skip","rule":0}}"#;

    #[test]
    fn numbers_mean_what_was_said_last() {
        let other = RULE.replace("pkg:m", "pkg:other");
        let again = CODE.replace("\"id\":0", "\"id\":1");
        let (codes, problems) = read(&[ORIGIN, RULE, CODE, &other, &again]);
        assert_eq!(problems, Vec::<String>::new());
        let rules: Vec<_> = codes.iter().map(|record| record.verdict.rule.clone().unwrap().selector).collect();
        assert_eq!(rules, ["pkg:m", "pkg:other"]);
        assert_eq!(codes.get(CodeId(0)).unwrap().facts.abs_path, "/m.py");
    }

    #[test]
    fn lines_that_refer_to_nothing_are_left_out_and_said() {
        let far = ORIGIN.replace("\"number\":0", "\"number\":4000000000");
        let cases: [(&[&str], &str); 6] = [
            (&[RULE, CODE], "refers to number 0, which nothing gave"),
            (&[ORIGIN, CODE], "refers to number 0, which nothing gave"),
            (&[&far], "has the number 4000000000, which is absurd"),
            (&[r#"{"id":0,"facts":{}}"#], "cannot be read"),
            (&[r#"{"news":{"number":0}}"#], "cannot be read"),
            (&["[]"], "cannot be read"),
        ];
        for (lines, expected) in cases {
            let (codes, problems) = read(lines);
            assert!(codes.is_empty() && problems.len() == 1 && problems[0].contains(expected), "{problems:?}");
        }
    }

    /// Many code objects that share one long origin must not become that many long records.
    #[test]
    fn a_shared_origin_cannot_fill_the_memory() {
        let long = ORIGIN.replace("/m.py", &"x".repeat(4 << 20));
        let code = CODE.replace(",\"rule\":0", "");
        let many: Vec<String> = (0..1000).map(|id| code.replace("\"id\":0", &format!("\"id\":{id}"))).collect();
        let lines: Vec<&str> = std::iter::once(long.as_str()).chain(many.iter().map(String::as_str)).collect();
        let (codes, _) = read(&lines);
        assert!(codes.len() < 20, "{}", codes.len());
    }
}
