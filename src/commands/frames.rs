//! `ct-tui frames`.

use crate::cli::FramesArgs;

use super::{Failure, Outcome};

/// Runs `ct-tui frames`.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &FramesArgs) -> Outcome {
    Err(Failure::new("`ct-tui frames` is not available in this build"))
}
