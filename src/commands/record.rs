//! `ct-tui record`: run a Python program and record its calls.

use crate::cli::{RecordArgs, UiArgs};

use super::{Failure, Outcome};

/// Records a program.
///
/// # Errors
///
/// Always: this command is not there yet.
pub fn run(_args: &RecordArgs, _ui: &UiArgs) -> Outcome {
    Err(Failure::new("`ct-tui record` is not available in this build"))
}
