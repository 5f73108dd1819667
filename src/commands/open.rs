//! `ct-tui open`: explore a saved or still growing trace.

use std::process::ExitCode;

use crate::cli::{OpenArgs, UiArgs};

use super::Outcome;
use super::explorer::{self, Begin};

/// Opens the explorer.
///
/// # Errors
///
/// There is no such trace, the configuration is broken, or there is no terminal.
pub fn run(args: &OpenArgs, ui: &UiArgs) -> Outcome {
    let config = explorer::config(ui)?;
    explorer::run(config, Begin::Trace(args.trace.clone()))?;
    Ok(ExitCode::SUCCESS)
}
