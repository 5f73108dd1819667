//! `ct-tui record`: run a Python program and record its calls.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use crate::app::units;
use crate::cli::{RecordArgs, UiArgs, ValuesArg};
use crate::diagnostic::printable;
use crate::launch::headless;
use crate::launch::prepare::{Prepared, Request, prepare};
use crate::trace::manifest::{Exit, Values};
use crate::trace::reader::{self, Overview};

use super::Outcome;
use super::explorer::{self, Begin};

/// Records a program, on the screen or, with `--headless` or when stdout is no terminal, beside it.
///
/// # Errors
///
/// The recording could not start. What the target does is never a failure: its exit status becomes ours.
pub fn run(args: &RecordArgs, ui: &UiArgs) -> Outcome {
    if !is_headless(args) {
        return on_screen(args, ui);
    }
    let mut prepared = prepare(&request(args, false))?;
    let exit = headless::run(&mut prepared)?;
    say(&summary(&prepared));
    Ok(exit_code(exit))
}

/// Records with the explorer on the screen.
fn on_screen(args: &RecordArgs, ui: &UiArgs) -> Outcome {
    // Whatever is wrong is said before the screen is taken, and before anything runs.
    let config = explorer::config(ui)?;
    let prepared = prepare(&request(args, true))?;
    let left = explorer::run(config, Begin::Record(Box::new(prepared)))?;
    if let Some(path) = &left.recorded {
        say(&match reader::summary(path) {
            Ok(overview) => sentence(&overview, &path.display().to_string()),
            Err(error) => format!("recorded, but the trace cannot be read: {error}"),
        });
    }
    Ok(left.code())
}

/// Whether the target keeps the terminal to itself.
#[must_use]
pub fn is_headless(args: &RecordArgs) -> bool {
    args.headless || !io::stdout().is_terminal()
}

/// What the command line asks the launcher for.
fn request(args: &RecordArgs, control: bool) -> Request {
    Request {
        target: args.target.clone(),
        python: args.python.clone(),
        output: args.output.clone(),
        trace_filters: args.trace_filter.clone(),
        default_filters: !args.no_default_filters,
        framework_filters: !args.no_framework_filters,
        names_from_globals: args.names_from_globals(),
        activation_path: args.activation_path.clone(),
        values: match args.values {
            ValuesArg::None => Values::None,
            ValuesArg::Args => Values::Args,
            ValuesArg::All => Values::All,
        },
        lines: args.lines,
        max_size: args.max_size,
        follow: !args.no_follow,
        control,
    }
}

/// The target's own exit status, or 128+N when signal N ended it.
#[must_use]
pub fn exit_code(exit: Exit) -> ExitCode {
    let number = match exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => 128 + signal,
    };
    // The system keeps eight bits of it, for the target as for us.
    ExitCode::from(number.to_le_bytes()[0])
}

/// The one line at the end.
fn summary(prepared: &Prepared) -> String {
    let place = prepared.trace.display().to_string();
    if let Some(reason) = &prepared.manifest.not_recorded {
        return reason.clone();
    }
    match reader::summary(&prepared.trace) {
        Ok(overview) => sentence(&overview, &place),
        Err(error) => format!("recorded, but the trace cannot be read: {error}"),
    }
}

fn sentence(it: &Overview, place: &str) -> String {
    let recorded = it.processes.saturating_sub(it.not_recorded);
    if recorded == 0 {
        let reason = it.why_not_recorded.as_deref().unwrap_or("no reason is known");
        return format!("nothing was recorded: {}", printable(reason));
    }
    let mut text = units::plural(it.calls, "call", "calls");
    if recorded > 1 {
        text += &format!(" in {recorded} processes");
    }
    text += &format!(", {}, {}", units::duration(it.duration_ns, "µs"), units::size(it.bytes));
    if let Some(reason) = &it.stopped {
        text += &format!(", recording stopped early: {}", printable(reason));
    }
    if it.lost > 0 {
        text += &format!(", {} lost", units::plural(it.lost, "call", "calls"));
    }
    if it.not_recorded > 0 {
        let reason = it.why_not_recorded.as_deref().unwrap_or("no reason is known");
        text += &format!(
            ", {} not recorded ({})",
            units::plural(it.not_recorded as u64, "process", "processes"),
            printable(reason)
        );
    }
    format!("{text}: {}", printable(place))
}

fn say(line: &str) {
    // A closed stderr is no reason for anything.
    let _ = writeln!(io::stderr().lock(), "ct-tui: {line}");
}
