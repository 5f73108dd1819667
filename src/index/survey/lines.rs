//! Where the lines of `output.log` begin.

use crate::trace::output::Output;
use std::path::Path;

/// Lines that are remembered; half of them are forgotten, the oldest, when there are more.
const MAX_LINES: usize = 1 << 20;
/// Bytes that one step looks at.
const STEP: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Lines {
    starts: Vec<u64>,
    end: u64,
}

impl Lines {
    /// Looks at what is new; whether that is all there is.
    pub(super) fn advance(&mut self, root: &Path) -> bool {
        let Some(output) = Output::open(root) else { return true };
        // What has no time yet is not shown: its stamp comes at once.
        let known = output.pieces().checked_sub(1).and_then(|last| output.piece(last)).map_or(0, |piece| piece.end);
        let new = usize::try_from(known.saturating_sub(self.end)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; new.min(STEP)];
        let read = output.read(self.end, &mut bytes);
        if self.starts.is_empty() && read > 0 {
            self.starts.push(self.end);
        }
        for (at, byte) in bytes[..read].iter().enumerate() {
            if *byte == b'\n' {
                self.starts.push(self.end + at as u64 + 1);
            }
        }
        if self.starts.len() > MAX_LINES {
            self.starts.drain(..MAX_LINES / 2);
        }
        self.end += read as u64;
        read == new || read == 0
    }

    /// The beginnings, and the end of all.
    pub(super) fn starts(&self) -> Vec<u64> {
        let mut starts = self.starts.clone();
        if starts.last().is_some_and(|last| *last < self.end) {
            starts.push(self.end);
        }
        starts
    }
}
