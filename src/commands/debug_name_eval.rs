//! `ct-tui debug name-eval`.

use super::{Failure, Outcome};

/// Answers questions about module names.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run() -> Outcome {
    Err(Failure::new("`ct-tui debug name-eval` is not available in this build"))
}
