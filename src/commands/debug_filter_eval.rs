//! `ct-tui debug filter-eval`.

use super::{Failure, Outcome};

/// Answers questions about filter decisions.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run() -> Outcome {
    Err(Failure::new("`ct-tui debug filter-eval` is not available in this build"))
}
