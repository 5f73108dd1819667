//! Starting programs: what they see, how they end, and what is said when they cannot be started or recorded.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

#[path = "record/bootstrap.rs"]
mod bootstrap;
#[path = "record/endings.rs"]
mod endings;
#[path = "record/refusals.rs"]
mod refusals;
#[path = "record/targets.rs"]
mod targets;
