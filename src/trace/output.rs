//! What the target wrote to its terminal, kept beside the calls: `output.log` holds the bytes as they came, `output.index`
//! says when. One writer at a time appends; readers follow. A piece is stamped when it was read from the terminal, which
//! is a little after it was written.

use crate::trace::format::{OUTPUT, OUTPUT_INDEX, output};
use crate::trace::reader::file::{open_regular, read_at, u32_at, u64_at};
use crate::trace::space::Space;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Space is reserved in steps of this many bytes.
const STEP: u64 = 64 * 1024;

/// Appends to the output of a trace.
#[derive(Debug)]
pub struct OutputWriter {
    log: File,
    index: File,
    at: u64,
    /// Shared with the recorders: all of them keep the size limit together.
    space: Space,
    /// Reserved and not used yet.
    left: u64,
    full: bool,
}

impl OutputWriter {
    /// Begins the output of the trace at `root`, or goes on with it. `limit`: that of the trace, where no recorder has
    /// noted it yet. `device`: the number of the terminal, as `st_rdev` gives it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(root: &Path, limit: u64, device: u64) -> io::Result<Self> {
        let append = |name: &str| OpenOptions::new().append(true).create(true).mode(0o600).open(root.join(name));
        let (log, mut index) = (append(OUTPUT)?, append(OUTPUT_INDEX)?);
        if index.metadata()?.len() == 0 {
            let mut head = [0; output::HEADER];
            head[output::AT_MAGIC..][..4].copy_from_slice(&output::MAGIC.to_le_bytes());
            head[output::AT_DEVICE..][..8].copy_from_slice(&device.to_le_bytes());
            index.write_all(&head)?;
        }
        let space = Space::open(root, limit).map_err(io::Error::other)?;
        Ok(Self { at: log.metadata()?.len(), log, index, space, left: 0, full: false })
    }

    /// Appends what was read at `mono_ns` on `CLOCK_MONOTONIC`. When there is no room (any more), that is noted once, and
    /// nothing is kept from then on.
    pub fn append(&mut self, bytes: &[u8], mono_ns: u64) {
        let need = (bytes.len() + output::ENTRY) as u64;
        if self.full || bytes.is_empty() {
            return;
        }
        if self.left < need {
            let more = STEP.max(need);
            self.full = self.space.take(more).is_err();
            self.left += if self.full { 0 } else { more };
        }
        if !self.full && self.log.write_all(bytes).is_ok() {
            self.at += bytes.len() as u64;
        } else {
            self.full = true;
        }
        self.left = self.left.saturating_sub(need);
        let mut entry = [0; output::ENTRY];
        entry[..8].copy_from_slice(&mono_ns.to_le_bytes());
        entry[8..].copy_from_slice(&self.at.to_le_bytes());
        // A full disk: then it is not even noted.
        let _ = self.index.write_all(&entry);
    }
}

impl Drop for OutputWriter {
    fn drop(&mut self) {
        self.space.give_back(self.left);
    }
}

/// A piece of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When it was read, on `CLOCK_MONOTONIC`, nanoseconds.
    pub mono_ns: u64,
    /// Where it begins and ends in `output.log`.
    pub start: u64,
    /// Behind its last byte.
    pub end: u64,
}

/// Reads the output of a trace. The files may still grow.
#[derive(Debug)]
pub struct Output {
    log: File,
    index: File,
    device: u64,
}

impl Output {
    /// The output of the trace at `root`; `None`: none was kept.
    #[must_use]
    pub fn open(root: &Path) -> Option<Self> {
        let (log, index) = (open_regular(&root.join(OUTPUT)).ok()?, open_regular(&root.join(OUTPUT_INDEX)).ok()?);
        let mut head = [0; output::HEADER];
        let read = read_at(&index, &mut head, 0).ok()?;
        let valid = read == head.len() && u32_at(&head, output::AT_MAGIC) == output::MAGIC;
        valid.then(|| Self { log, index, device: u64_at(&head, output::AT_DEVICE) })
    }

    /// The number of the terminal that it was written to.
    #[must_use]
    pub fn device(&self) -> u64 {
        self.device
    }

    /// How many pieces there are now.
    #[must_use]
    pub fn pieces(&self) -> u64 {
        let length = self.index.metadata().map_or(0, |data| data.len());
        length.saturating_sub(output::HEADER as u64) / output::ENTRY as u64
    }

    /// One piece; an empty one says that nothing was kept from there on.
    #[must_use]
    pub fn piece(&self, at: u64) -> Option<Piece> {
        let mut entries = [0; 2 * output::ENTRY];
        let (skip, place) = if at == 0 { (output::ENTRY, 0) } else { (0, at - 1) };
        let offset = place.checked_mul(output::ENTRY as u64)?.checked_add(output::HEADER as u64)?;
        let read = read_at(&self.index, &mut entries[skip..], offset).ok()?;
        (read == entries.len() - skip).then(|| Piece {
            mono_ns: u64_at(&entries, output::ENTRY),
            start: u64_at(&entries, 8),
            end: u64_at(&entries, output::ENTRY + 8),
        })
    }

    /// The number of the piece that the byte at `offset` is in.
    #[must_use]
    pub fn piece_of(&self, offset: u64) -> Option<u64> {
        let (mut low, mut high) = (0, self.pieces());
        let end = high;
        while low < high {
            let middle = low + (high - low) / 2;
            if self.piece(middle)?.end <= offset { low = middle + 1 } else { high = middle }
        }
        (low < end).then_some(low)
    }

    /// Fills `buffer` with what stands at `offset`; returns how many bytes there are.
    #[must_use]
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> usize {
        read_at(&self.log, buffer, offset).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_with_their_times() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Output::open(dir.path()).is_none());
        let mut writer = OutputWriter::open(dir.path(), 0, 7).unwrap();
        writer.append(b"one\n", 10);
        writer.append(b"", 11);
        drop(writer);
        // Another process goes on.
        OutputWriter::open(dir.path(), 0, 9).unwrap().append(b"two\n", 20);
        let output = Output::open(dir.path()).unwrap();
        assert_eq!((output.device(), output.pieces()), (7, 2));
        assert_eq!(output.piece(0), Some(Piece { mono_ns: 10, start: 0, end: 4 }));
        assert_eq!(output.piece(1), Some(Piece { mono_ns: 20, start: 4, end: 8 }));
        assert_eq!(output.piece(2), None);
        assert_eq!([0, 3, 4, 7, 8].map(|at| output.piece_of(at)), [Some(0), Some(0), Some(1), Some(1), None]);
        let mut text = [0; 16];
        assert_eq!((output.read(4, &mut text), &text[..4]), (4, &b"two\n"[..]));
    }

    #[test]
    fn the_size_limit_holds_and_what_is_missing_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = OutputWriter::open(dir.path(), 100_000, 0).unwrap();
        for at in 0..200 {
            writer.append(&[b'x'; 1000], at);
        }
        drop(writer);
        let output = Output::open(dir.path()).unwrap();
        let last = output.piece(output.pieces() - 1).unwrap();
        assert!(last.start == last.end && last.end <= 100_000 && last.end > 30_000, "{last:?}");
        assert_eq!(std::fs::metadata(dir.path().join(OUTPUT)).unwrap().len(), last.end);
    }

    #[test]
    fn files_that_are_none_are_no_output() {
        for (log, index) in [(&b""[..], &b""[..]), (b"x", b"CTO"), (b"x", &[9; 64])] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join(OUTPUT), log).unwrap();
            std::fs::write(dir.path().join(OUTPUT_INDEX), index).unwrap();
            assert!(Output::open(dir.path()).is_none());
        }
    }
}
