//! Appends lines to the code log. It is written through memory like the events, and for the same reasons: no descriptor
//! stays open, a full disk is an error, and what was appended survives `kill -9`.
//!
//! Reserved bytes that are not written yet are 0, and no line contains a 0: **the log ends at its first NUL byte**. A
//! reader that meets one looks at the same place again later. That also makes a line that is being written harmless.
#![allow(unsafe_code, reason = "lines are written into mapped memory; each block says why it is sound")]

use crate::trace::memory::{Failure, GrowingFile};
use crate::trace::writer::{FIRST_WINDOW, MAX_WINDOW};
use std::sync::atomic::{Ordering::Release, fence};

/// Windows begin at multiples of this; every page size divides it.
const ALIGN: u64 = 64 * 1024;

/// The end of a log.
#[derive(Debug)]
pub struct LogWriter {
    file: GrowingFile,
    at: u64,
    window: *mut u8,
    window_at: u64,
    window_len: u64,
}

impl LogWriter {
    /// Nothing is created before the first line.
    #[must_use]
    pub fn new(file: GrowingFile) -> Self {
        Self { file, at: 0, window: std::ptr::null_mut(), window_at: 0, window_len: 0 }
    }

    /// Appends one line; `line` must contain neither a line feed nor a NUL.
    ///
    /// # Errors
    /// [`Failure`]: nothing was appended.
    pub fn append(&mut self, line: &[u8]) -> Result<(), Failure> {
        let len = line.len() as u64 + 1;
        if self.at + len > self.window_at + self.window_len {
            self.move_window(len)?;
        }
        // SAFETY: the window covers `at .. at + len`; only this writer writes there.
        unsafe {
            let to = self.window.add((self.at - self.window_at) as usize);
            std::ptr::copy_nonoverlapping(line.as_ptr(), to, line.len());
            fence(Release);
            to.add(line.len()).write_volatile(b'\n');
        }
        self.at += len;
        Ok(())
    }

    fn move_window(&mut self, need: u64) -> Result<(), Failure> {
        let end = self.window_at + self.window_len;
        // As much again as there is, but a whole window at most; and from a place that may be mapped.
        let at = self.at / ALIGN * ALIGN;
        let wanted = (end * 2).clamp(FIRST_WINDOW as u64, end + MAX_WINDOW as u64).max(self.at + need);
        let len = (wanted - at).next_multiple_of(FIRST_WINDOW as u64);
        self.window = self.file.map(at, len as usize)?;
        self.window_at = at;
        self.window_len = len;
        Ok(())
    }

    /// Ends the file behind the last line.
    pub fn finish(&mut self) {
        self.file.finish(self.at);
        self.window_len = 0;
        self.window_at = self.at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::space::Space;
    use std::sync::Arc;

    fn log(limit: u64) -> (tempfile::TempDir, LogWriter, Arc<Space>) {
        let folder = tempfile::tempdir().unwrap();
        let space = Arc::new(Space::open(folder.path(), limit).unwrap());
        let log = LogWriter::new(GrowingFile::new(folder.path().join("log"), Arc::clone(&space)));
        (folder, log, space)
    }

    #[test]
    fn lines_of_any_length_come_back() {
        let (folder, mut log, space) = log(0);
        let mut expected = Vec::new();
        for length in [0, 10, 16_000, 70_000, 1, 3_000_000, 5, 65_535, 65_536, 400_000] {
            let line = vec![b'a' + (length % 26) as u8; length];
            log.append(&line).unwrap();
            expected.extend_from_slice(&line);
            expected.push(b'\n');
            let file = std::fs::read(folder.path().join("log")).unwrap();
            assert_eq!(&file[..expected.len()], &expected[..]);
            assert!(file[expected.len()..].iter().all(|byte| *byte == 0));
        }
        log.finish();
        assert_eq!(std::fs::read(folder.path().join("log")).unwrap(), expected);
        assert_eq!(space.reserved(), expected.len() as u64);
    }

    #[test]
    fn no_room_is_an_error_and_loses_no_line() {
        let (folder, mut log, space) = log(20_000);
        log.append(b"kept").unwrap();
        assert!(matches!(log.append(&[b'x'; 20_000]), Err(Failure::Limit { limit: 20_000 })));
        log.append(b"kept too").unwrap();
        log.finish();
        assert_eq!(std::fs::read(folder.path().join("log")).unwrap(), b"kept\nkept too\n");
        assert_eq!(space.reserved(), 14);
    }
}
