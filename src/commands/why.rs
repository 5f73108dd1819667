//! `ct-tui why`.

use crate::cli::WhyArgs;

use super::{Failure, Outcome};

/// Runs `ct-tui why`.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &WhyArgs) -> Outcome {
    Err(Failure::new("`ct-tui why` is not available in this build"))
}
