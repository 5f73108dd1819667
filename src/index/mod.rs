//! Navigation over block summaries, profiles and search. Nothing here keeps per-call memory.
//!
//! [`Nav`] answers questions about the calls of one thread, each with a few block decodes at most, however large the
//! trace is: what is around a call, inside it, before and behind it. [`Search`] finds calls that run given code,
//! [`Profile`] sums up whole traces, [`segments`] links the segments of generators and coroutines, [`survey`]
//! lists tasks, tests and what was written to the terminal.

mod call;
mod changes;
mod codes;
mod lines;
mod nav;
mod profile;
mod raised;
mod search;
pub mod segments;
pub mod survey;
pub mod value_search;

pub use call::{CallInfo, Ended, Note, Outcome, Payload};
pub use changes::{Change, ChangeKind};
pub use lines::{Held, LineStep, Lines, Sought, Walk, Wanted};
pub use nav::Nav;
pub use profile::{FunctionTotals, Profile, Progress};
pub use raised::Way;
pub use search::{Direction, Search, Step};
