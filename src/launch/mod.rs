//! Finds an interpreter, unpacks the recorder, starts the target and stays in touch with it.
//!
//! The contract with the Python side is a handful of environment variables (see [`environment`]); everything else the
//! recorder needs stands in the manifest of the trace directory, which the launcher writes before the target starts.

mod bystander;
pub mod cache;
pub mod control;
pub mod environment;
pub mod filters;
pub mod framework;
pub mod headless;
pub mod interpreter;
pub mod keeper;
mod kept;
pub mod output;
pub mod paths;
pub mod prepare;
pub mod probe;
pub mod pty;
pub mod target;

mod error;

pub use error::LaunchError;
