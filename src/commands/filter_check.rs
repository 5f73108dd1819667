//! `ct-tui filter check`.

use crate::cli::FilterCheckArgs;

use super::{Failure, Outcome};

/// Checks filter files.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &FilterCheckArgs) -> Outcome {
    Err(Failure::new("`ct-tui filter check` is not available in this build"))
}
