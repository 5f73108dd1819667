//! Navigation over block summaries, profiles and search. Nothing here keeps per-call memory.
//!
//! [`Nav`] answers questions about the calls of one thread, each with a few block decodes at most, however large the
//! trace is: what is around a call, inside it, before and behind it. `search` walks over calls that run given code,
//! `profile` sums up whole traces, `segments` links the segments of generators and coroutines.

mod call;
mod nav;

pub use call::{CallInfo, Ended, Outcome, Payload};
pub use nav::Nav;
