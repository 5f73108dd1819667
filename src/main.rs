//! The `ct-tui` binary: command line to command to exit code, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ct_tui::cli::main()
}
