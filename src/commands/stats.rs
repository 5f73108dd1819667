//! `ct-tui stats`.

use crate::cli::StatsArgs;

use super::{Failure, Outcome};

/// Runs `ct-tui stats`.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &StatsArgs) -> Outcome {
    Err(Failure::new("`ct-tui stats` is not available in this build"))
}
