//! `ct-tui open`: explore a saved or still growing trace.

use crate::cli::{OpenArgs, UiArgs};

use super::{Failure, Outcome};

/// Opens the explorer.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &OpenArgs, _ui: &UiArgs) -> Outcome {
    Err(Failure::new("`ct-tui open` is not available in this build"))
}
