//! `ct-tui` without a command: browse the saved traces.

use crate::cli::UiArgs;

use super::{Failure, Outcome};

/// Browses the saved traces.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_ui: &UiArgs) -> Outcome {
    Err(Failure::new("browsing is not available in this build"))
}
