//! Time as the recorder reads it and as people read it.

use serde::{Deserialize, Serialize};

/// Both clocks, read at (nearly) the same moment. Two pairs of one machine convert every raw reading between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPair {
    /// The raw counter in the units of the trace (see [`ClockKind`]).
    pub raw: u64,
    /// `CLOCK_MONOTONIC` in nanoseconds.
    pub mono_ns: u64,
}

/// What the raw counter is. Raw readings are stored divided by 16 (`>> RAW_SHIFT`), so that deltas are short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// The processor's invariant time stamp counter.
    Tsc,
    /// `CLOCK_MONOTONIC`, where the counter cannot be trusted.
    Monotonic,
}

/// Raw clock readings are shifted right by this much before they are stored: some 5 to 16 ns per unit.
pub const RAW_SHIFT: u32 = 4;
