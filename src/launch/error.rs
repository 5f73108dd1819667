//! Everything that can keep a recording from starting, one variant per mistake, each a sentence for people.

use std::io;
use std::path::PathBuf;

/// Why a recording did not start. Every one of these ends in exit code 2, before anything was recorded.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The target names a file that is not there.
    #[error("{}: no such file", .0.display())]
    NoSuchFile(PathBuf),
    /// The target is neither a file nor a command.
    #[error("{0}: no such file, and no such command on PATH")]
    NoSuchCommand(String),
    /// The target is there but cannot be read.
    #[error("{}: {error}", .path.display())]
    Unreadable {
        /// The target.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// A file that Python cannot run and that is no command either.
    #[error("{}: not a Python file, and not an executable command", .0.display())]
    NotPython(PathBuf),
    /// A folder that Python cannot run.
    #[error("{}: a folder without __main__.py is not a Python program", .0.display())]
    FolderWithoutMain(PathBuf),
    /// `-m` or `-c` without what follows it.
    #[error("{option} needs {what} after it")]
    MissingArgument {
        /// `-m` or `-c`.
        option: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// `--python` given for a command, which chooses its own interpreter.
    #[error("--python chooses the interpreter for a file, -m and -c; {0} is a command and chooses its own")]
    PythonForCommand(String),
    /// No usable interpreter; the text says which were found and which would do.
    #[error("{0}")]
    Interpreter(String),
    /// The trace would overwrite something.
    #[error("{}: already exists, and a trace never overwrites anything: choose another --output", .0.display())]
    OutputExists(PathBuf),
    /// The trace cannot be written there.
    #[error("cannot write a trace to {}: {error}", .path.display())]
    Output {
        /// Where it should go.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// There is no folder for traces: neither `CT_TUI_TRACES` nor a home.
    #[error("no place for the trace: neither CT_TUI_TRACES nor HOME is set; use --output")]
    NoTracesFolder,
    /// The recorder could not be unpacked anywhere.
    #[error("cannot unpack the recorder: {0}")]
    Cache(String),
    /// A filter of the chain is unreadable or wrong; the text holds every problem.
    #[error("{0}")]
    Filter(String),
    /// The current folder is gone or may not be read.
    #[error("cannot tell the current folder: {0}")]
    CurrentDir(#[source] io::Error),
    /// The target could not be started.
    #[error("cannot start {program}: {error}")]
    Start {
        /// What should have been started.
        program: String,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}
