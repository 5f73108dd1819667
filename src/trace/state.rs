//! The page of counters of one process, which outlives it: what the recorder does, what was lost, and why it stopped.
#![allow(unsafe_code, reason = "atomics in mapped memory; each block says why it is sound")]

use crate::model::time::ClockPair;
use crate::trace::format::{STATE, state};
use crate::trace::memory::{Failure, Open, Window, map};
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// The page, mapped. See [`crate::trace::format::state`].
#[derive(Debug)]
pub struct StatePage {
    page: Window,
}

impl StatePage {
    /// Makes the page in a process's folder, in phase `PHASE_STARTING`.
    ///
    /// # Errors
    /// [`Failure::Io`].
    pub fn create(folder: &Path) -> Result<Self, Failure> {
        let page = map(&folder.join(STATE), Open::New, 0, 0, state::SIZE)?;
        let page = Self { page };
        page.word(state::AT_MAGIC).store(state::MAGIC, Release);
        Ok(page)
    }

    fn word(&self, at: usize) -> &AtomicU32 {
        // SAFETY: inside the page, aligned to 4, and only ever used as an atomic.
        unsafe { AtomicU32::from_ptr(self.page.start().add(at).cast()) }
    }

    fn number(&self, at: usize) -> &AtomicU64 {
        // SAFETY: inside the page, aligned to 8, and only ever used as an atomic.
        unsafe { AtomicU64::from_ptr(self.page.start().add(at).cast()) }
    }

    /// What the recorder does: a `PHASE_` number.
    pub fn set_phase(&self, phase: u32) {
        self.word(state::AT_PHASE).store(phase, Release);
    }

    /// Filter generation in force.
    pub fn generation(&self) -> u32 {
        u32::try_from(self.number(state::AT_GENERATION).load(Acquire)).unwrap_or(u32::MAX)
    }

    /// Filter generation in force.
    pub fn set_generation(&self, generation: u32) {
        self.number(state::AT_GENERATION).store(u64::from(generation), Release);
    }

    /// How the process ends, as it says itself: an `EXIT_` number and what belongs to it.
    pub fn set_exit(&self, kind: u32, value: u32) {
        self.word(state::AT_EXIT_VALUE).store(value, Relaxed);
        self.word(state::AT_EXIT).store(kind, Release);
    }

    /// Counts calls that happened but could not be recorded.
    pub fn add_lost(&self, calls: u64) {
        self.number(state::AT_LOST).fetch_add(calls, Relaxed);
    }

    /// The newest clock pair (`raw` already shifted).
    pub fn set_clock(&self, pair: ClockPair) {
        self.number(state::AT_RAW).store(pair.raw, Relaxed);
        self.number(state::AT_MONO).store(pair.mono_ns, Release);
    }

    /// Counts values that a rule hid; `kind` as in [`state::AT_REDACTED`], 0 to 4.
    pub fn add_redacted(&self, kind: usize, values: u64) {
        self.number(state::AT_REDACTED + 8 * kind.min(4)).fetch_add(values, Relaxed);
    }

    /// Counts values that a rule left out; `kind` as in [`state::AT_DROPPED`], 0 to 4.
    pub fn add_dropped(&self, kind: usize, values: u64) {
        self.number(state::AT_DROPPED + 8 * kind.min(4)).fetch_add(values, Relaxed);
    }

    /// Sweeps of `sys.modules` so far.
    pub fn set_sweeps(&self, sweeps: u64) {
        self.number(state::AT_SWEEPS).store(sweeps, Relaxed);
    }

    /// Counts code objects for which there was no room.
    pub fn add_code_overflow(&self, codes: u64) {
        self.number(state::AT_CODE_OVERFLOW).fetch_add(codes, Relaxed);
    }

    /// Says why recording stopped early. The first reason stands.
    pub fn set_reason(&self, reason: &str) {
        if self.word(state::AT_REASON_LEN).load(Relaxed) != 0 {
            return;
        }
        let mut length = reason.len().min(state::MAX_REASON);
        while !reason.is_char_boundary(length) {
            length -= 1;
        }
        // SAFETY: the room for the text is inside the page. Readers look at it only when the length is set.
        unsafe { std::ptr::copy_nonoverlapping(reason.as_ptr(), self.page.start().add(state::AT_REASON), length) };
        self.word(state::AT_REASON_LEN).store(length as u32, Release);
    }
}
