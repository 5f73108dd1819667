//! Argument types (clap). No effects: parsing a command line never touches the disk.

use std::process::ExitCode;

/// Parses the command line and runs the command it names.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
