//! The `ct-tui` binary: command line to command to exit code, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The terminal interface starts this program once more, as the keeper of its target.
    ct_tui::launch::keeper::main_if_asked().unwrap_or_else(ct_tui::cli::main)
}
