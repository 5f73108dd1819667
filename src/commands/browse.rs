//! `ct-tui` without a command: browse the saved traces.

use crate::cli::UiArgs;

use super::Outcome;
use super::explorer::{self, Begin};

/// Browses the saved traces.
///
/// # Errors
///
/// There is no place for traces, the configuration is broken, or there is no terminal.
pub fn run(ui: &UiArgs) -> Outcome {
    let config = explorer::config(ui)?;
    explorer::run(config, Begin::List)?;
    Ok(std::process::ExitCode::SUCCESS)
}
