//! `ct-tui filter init`.

use crate::cli::FilterInitArgs;

use super::{Failure, Outcome};

/// Writes a first filter file.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &FilterInitArgs) -> Outcome {
    Err(Failure::new("`ct-tui filter init` is not available in this build"))
}
