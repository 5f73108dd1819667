//! One file per subcommand; the only place that wires the parts together.
//!
//! Each command is a `run` that takes its parsed arguments and returns an [`Outcome`]. Results become exit codes in
//! [`exit_code`] and nowhere else.

use std::error::Error;
use std::fmt::{self, Display, Write as _};
use std::io;
use std::process::ExitCode;

use crate::cli::{Cli, Command, DebugCommand, FilterCommand};
use crate::diagnostic::printable;

pub mod browse;
pub mod debug;
pub mod debug_filter_eval;
pub mod debug_name_eval;
pub mod doctor;
pub mod explorer;
pub mod filter_check;
pub mod filter_init;
pub mod frames;
pub mod list;
pub mod open;
pub mod print;
pub mod reading;
pub mod record;
pub mod seen;
pub mod stats;
pub mod why;

/// What a command comes to: an exit code of its own (0 done, 1 the answer is no, `record`: the target's), or a failure.
pub type Outcome = Result<ExitCode, Failure>;

/// The exit code for "the answer is no": a check failed, nothing matched.
pub const ANSWER_IS_NO: u8 = 1;

/// The exit code for wrong usage and bad input.
pub const BAD_INPUT: u8 = 2;

/// Why a command ended early.
///
/// Any error converts into it with `?`. It is deliberately not an [`Error`] itself, so that this conversion can exist.
#[derive(Debug)]
pub enum Failure {
    /// Something to tell the user on stderr; exit code 2. The text is complete, it may have several lines.
    Message(String),
    /// The reader of standard output went away. Nothing to say, nothing to do.
    ClosedPipe,
}

impl Failure {
    /// A failure with this message.
    pub fn new(message: impl Display) -> Self {
        Self::Message(message.to_string())
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut next: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = next {
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
                return Self::ClosedPipe;
            }
            // Many errors already speak of their cause; what they said is not said twice.
            let cause = error.to_string();
            if !text.contains(&cause) {
                let _ = write!(text, ": {cause}");
            }
            next = error.source();
        }
        Self::Message(text)
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        failure.to_string()
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(text) => f.write_str(text),
            Self::ClosedPipe => f.write_str("the reader of the output is gone"),
        }
    }
}

/// Runs the command of a parsed command line.
///
/// # Errors
///
/// The command's own.
pub fn dispatch(cli: &Cli) -> Outcome {
    let ui = &cli.ui;
    match &cli.command {
        None => browse::run(ui),
        Some(Command::Record(args)) => record::run(args, ui),
        Some(Command::Open(args)) => open::run(args, ui),
        Some(Command::Print(args)) => print::run(args),
        Some(Command::Frames(args)) => frames::run(args),
        Some(Command::Why(args)) => why::run(args),
        Some(Command::Stats(args)) => stats::run(args),
        Some(Command::Filter(FilterCommand::Check(args))) => filter_check::run(args),
        Some(Command::Filter(FilterCommand::Init(args))) => filter_init::run(args),
        Some(Command::List(args)) => list::run(args),
        Some(Command::Doctor(args)) => doctor::run(args),
        Some(Command::Debug(DebugCommand::FilterEval)) => debug_filter_eval::run(),
        Some(Command::Debug(DebugCommand::NameEval)) => debug_name_eval::run(),
    }
}

/// Maps a command's outcome to the process's exit code, and says what went wrong.
#[must_use]
pub fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Message(text)) => {
            // Not `eprintln!`: a closed stderr must not become a panic.
            // Names of files may be in it, and they may hold anything; lines are ours.
            let lines: Vec<_> = text.split('\n').map(printable).collect();
            let _ =
                io::Write::write_all(&mut io::stderr().lock(), format!("ct-tui: {}\n", lines.join("\n")).as_bytes());
            ExitCode::from(BAD_INPUT)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read x")]
    struct Outer(#[source] io::Error);

    #[test]
    fn failures_tell_the_whole_chain_once() {
        let failure = Failure::from(Outer(io::Error::other("disk on fire")));
        assert_eq!(failure.to_string(), "cannot read x: disk on fire");
        assert_eq!(Failure::from(io::Error::other("plain")).to_string(), "plain");
    }

    #[test]
    fn a_closed_pipe_is_silent_however_deep() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(matches!(Failure::from(pipe()), Failure::ClosedPipe));
        assert!(matches!(Failure::from(Outer(pipe())), Failure::ClosedPipe));
    }
}
