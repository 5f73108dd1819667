//! `ct-tui list`.

use crate::cli::ListArgs;

use super::{Failure, Outcome};

/// Runs `ct-tui list`.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &ListArgs) -> Outcome {
    Err(Failure::new("`ct-tui list` is not available in this build"))
}
