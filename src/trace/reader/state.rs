//! A process's page of counters, as last read.

use crate::model::time::ClockPair;
use crate::trace::format::state;
use crate::trace::manifest::Exit;
use crate::trace::reader::file::{u32_at, u64_at};

/// What the recorder does in a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Being set up.
    #[default]
    Starting,
    /// Recording.
    Recording,
    /// Paused on request.
    Paused,
    /// Stopped early, see [`State::reason`]; the program runs on.
    Stopped,
    /// The interpreter was shut down in order.
    Ended,
}

/// The page of counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the recorder does.
    pub phase: Phase,
    /// Filter generation in force.
    pub generation: u64,
    /// Calls that happened but could not be recorded.
    pub lost: u64,
    /// Newest clock pair.
    pub clock: ClockPair,
    /// Values redacted: local, global, arg, ret, attr.
    pub redacted: [u64; 5],
    /// Values dropped, same order.
    pub dropped: [u64; 5],
    /// Sweeps of `sys.modules`.
    pub sweeps: u64,
    /// Code objects that were passed over because there was no room for more.
    pub code_overflow: u64,
    /// Why recording stopped early.
    pub reason: Option<String>,
    /// How the process ended, where that is known.
    pub exit: Option<Exit>,
    /// Another program took its place (`exec`).
    pub replaced: bool,
}

impl State {
    /// Reads a page.
    ///
    /// # Errors
    /// A sentence, when it is none.
    pub fn read(page: &[u8]) -> Result<Self, &'static str> {
        if page.len() < state::SIZE {
            return Err("the page of counters is cut short");
        }
        if u32_at(page, state::AT_MAGIC) != state::MAGIC {
            return Err("this is no page of counters");
        }
        let phase = match u32_at(page, state::AT_PHASE) {
            state::PHASE_STARTING => Phase::Starting,
            state::PHASE_RECORDING => Phase::Recording,
            state::PHASE_PAUSED => Phase::Paused,
            state::PHASE_STOPPED => Phase::Stopped,
            state::PHASE_ENDED => Phase::Ended,
            _ => return Err("the process's phase is unknown"),
        };
        let five = |at: usize| std::array::from_fn(|index| u64_at(page, at + index * 8));
        let value = i32::try_from(u32_at(page, state::AT_EXIT_VALUE)).unwrap_or(i32::MAX);
        let kind = u32_at(page, state::AT_EXIT);
        let length = (u32_at(page, state::AT_REASON_LEN) as usize).min(state::MAX_REASON);
        let reason = String::from_utf8_lossy(&page[state::AT_REASON..state::AT_REASON + length]);
        Ok(Self {
            phase,
            generation: u64_at(page, state::AT_GENERATION),
            lost: u64_at(page, state::AT_LOST),
            clock: ClockPair { raw: u64_at(page, state::AT_RAW), mono_ns: u64_at(page, state::AT_MONO) },
            redacted: five(state::AT_REDACTED),
            dropped: five(state::AT_DROPPED),
            sweeps: u64_at(page, state::AT_SWEEPS),
            code_overflow: u64_at(page, state::AT_CODE_OVERFLOW),
            reason: (!reason.is_empty()).then(|| reason.into_owned()),
            exit: match kind {
                state::EXIT_STATUS => Some(Exit::Code(value)),
                state::EXIT_SIGNAL => Some(Exit::Signal(value)),
                _ => None,
            },
            replaced: kind == state::EXIT_REPLACED,
        })
    }
}
