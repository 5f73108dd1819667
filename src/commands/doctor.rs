//! `ct-tui doctor`.

use crate::cli::DoctorArgs;

use super::{Failure, Outcome};

/// Runs `ct-tui doctor`.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &DoctorArgs) -> Outcome {
    Err(Failure::new("`ct-tui doctor` is not available in this build"))
}
