//! The code log of one process, read as it grows: a line of JSON per record. The file is longer than the log while it is
//! written; what is reserved only is 0.

use crate::model::code::{CodeRecord, Exec, Verdict};
use crate::model::id::CodeId;
use crate::trace::reader::file::read_at;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// Code numbers above this are damage, not programs.
const MAX_CODES: u32 = 1 << 21;
/// A record longer than this is damage.
const MAX_LINE: usize = 8 << 20;
/// Bytes of code log that are kept in memory, about; what comes later is reported and passed over.
const MAX_BYTES: u64 = 512 << 20;
/// Generations of the filter of which is kept what they changed.
const MAX_GENERATIONS: usize = 1 << 16;
/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// Every code object that the process has seen.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    records: Vec<Option<Arc<CodeRecord>>>,
    known: usize,
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

    /// Reads what was added, at most about `budget` bytes; true when there is more. `over`: nothing will be added, so
    /// that an unfinished line is damage.
    ///
    /// # Errors
    /// The system's, from reading the file.
    pub fn refresh(
        &mut self,
        file: &File,
        over: bool,
        budget: &mut usize,
        problem: &mut dyn FnMut(String),
    ) -> io::Result<bool> {
        let mut chunk = vec![0; CHUNK];
        loop {
            if *budget == 0 {
                return Ok(true);
            }
            if self.offset > MAX_BYTES {
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
            // Bytes that are reserved and not written yet are 0: the log ends at the first of them, for now.
            let end = chunk[..read].iter().position(|byte| *byte == 0).unwrap_or(read);
            self.offset += end as u64;
            self.take(&chunk[..end], problem);
            if end < read {
                if !over {
                    return Ok(false);
                }
                let zeros = chunk[end..read].iter().take_while(|byte| **byte == 0).count();
                self.offset += zeros as u64;
                if end + zeros < read {
                    problem("there is a hole in the code log".to_owned());
                    let line = std::mem::take(&mut self.rest);
                    self.line(&line, problem);
                }
            }
        }
        if over && !self.rest.is_empty() {
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
        let record = match serde_json::from_slice::<CodeRecord>(line) {
            Ok(record) => record,
            Err(error) => {
                problem(format!("a record of the code log cannot be read ({error}); it is left out"));
                return;
            }
        };
        let at = record.id.0;
        if at >= MAX_CODES {
            problem(format!("code number {at} is absurd; its record is left out"));
            return;
        }
        let at = at as usize;
        if self.records.len() <= at {
            self.records.resize(at + 1, None);
        }
        let Verdict { exec, generation, .. } = record.verdict;
        match self.records[at].replace(Arc::new(record)) {
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
    }
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
            assert_eq!(codes.len(), bytes[..written].iter().filter(|byte| **byte == b'\n').count());
        }
        assert_eq!(codes.len(), 2);
    }
}
