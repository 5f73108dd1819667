//! Where the events of a thread go.

use crate::model::time::ClockPair;
use crate::trace::memory::{Failure, GrowingFile};

/// Where a writer's blocks go.
pub trait Sink {
    /// Makes bytes `offset .. offset + len` of the file writable and returns the address of the first, valid until the
    /// next call. New bytes are 0, old ones are kept. Both numbers are multiples of [`FIRST_WINDOW`](super::FIRST_WINDOW).
    ///
    /// # Errors
    /// [`Failure`]: there is no room; what was writable before still is.
    fn map(&mut self, offset: u64, len: usize) -> Result<*mut u8, Failure>;

    /// Both clocks, now; the raw one shifted.
    fn clock(&self) -> ClockPair;

    /// Ends the file behind its first `len` bytes.
    fn finish(&mut self, len: u64);
}

/// A file as a sink.
#[derive(Debug)]
pub struct FileSink {
    /// The file.
    pub file: GrowingFile,
    /// Reads both clocks.
    pub clock: fn() -> ClockPair,
}

impl Sink for FileSink {
    fn map(&mut self, offset: u64, len: usize) -> Result<*mut u8, Failure> {
        self.file.map(offset, len)
    }

    fn clock(&self) -> ClockPair {
        (self.clock)()
    }

    fn finish(&mut self, len: u64) {
        self.file.finish(len);
    }
}
