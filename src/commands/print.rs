//! `ct-tui print`.

use crate::cli::PrintArgs;

use super::{Failure, Outcome};

/// Runs `ct-tui print`.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &PrintArgs) -> Outcome {
    Err(Failure::new("`ct-tui print` is not available in this build"))
}
