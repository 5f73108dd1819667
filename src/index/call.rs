//! What is known about one call.

use crate::model::id::{CallId, CodeId};
use crate::trace::event::{Closing, Opening};

/// How a call ended, in the words of `print --json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It returned.
    Return,
    /// An exception left it.
    Raise,
    /// It yielded: a later segment may go on.
    Yield,
    /// It has not ended, or its process died in it.
    Open,
    /// Recording lost sight of it: the filter changed, recording was paused, or the trace is damaged here.
    Resync,
}

impl Outcome {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Raise => "raise",
            Self::Yield => "yield",
            Self::Open => "open",
            Self::Resync => "resync",
        }
    }
}

impl From<Closing> for Outcome {
    fn from(how: Closing) -> Self {
        match how {
            Closing::Return => Self::Return,
            Closing::Yield => Self::Yield,
            Closing::Raise => Self::Raise,
            Closing::Resync => Self::Resync,
        }
    }
}

/// Where the bytes of a value are: an event of a block. `Nav::payload` reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Payload {
    /// Index of the block.
    pub block: usize,
    /// Where its event begins.
    pub at: u32,
    /// Bytes of the value.
    pub length: u32,
}

/// Where and how a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Raw clock.
    pub raw: u64,
    /// How.
    pub outcome: Outcome,
    /// Ordinal of the first call opened after it: the calls from its own ordinal to here are its subtree.
    pub next: u64,
    /// Index of the block and place of the event in it; `None`: it ended in a gap.
    pub at: Option<(usize, u32)>,
}

/// One call, or one segment of a generator or coroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// Its name.
    pub id: CallId,
    /// What runs.
    pub code: CodeId,
    /// The call around it, `None` at the thread's top.
    pub parent: Option<CallId>,
    /// Calls around it.
    pub depth: u32,
    /// Nanoseconds since the start of the recording.
    pub start_ns: u64,
    /// Same; `None` while it is open, or if its process died in it.
    pub end_ns: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// How it began.
    pub opening: Opening,
    /// Tells the live generators of a process apart; 0: a plain function, or not known.
    pub generator: u64,
    /// Calls inside it so far, at any depth.
    pub descendants: u64,
    /// Arguments, or the value sent to a generator.
    pub args: Option<Payload>,
    /// Result or yielded value, or, when the outcome is `Raise`, the exception.
    pub result: Option<Payload>,
}

/// Something that was noted in a call: a line, a task, a change of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// One of `trace::event::tag`.
    pub tag: u8,
    /// Nanoseconds since the start of the recording.
    pub ns: u64,
    /// Its bytes.
    pub payload: Payload,
}

impl CallInfo {
    /// How long it took; `None` while it is open.
    #[must_use]
    pub fn duration_ns(&self) -> Option<u64> {
        self.end_ns.map(|end| end.saturating_sub(self.start_ns))
    }
}
