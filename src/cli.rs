//! Argument types (clap). No effects: parsing a command line never touches the disk.
//!
//! The types here are the whole command line of the program. Each subcommand has one struct, which is handed as it
//! is to the `run` of the file with the same name in `commands/`. Where an option *lists* things (filters), their
//! resolution happens in `launch/`, not here.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;

mod split;

/// Parses the command line, runs the command it names, and maps the result to an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no error; a closed pipe there is nobody's problem.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    commands::exit_code(commands::dispatch(&cli))
}

/// Parses a whole command line, program name first.
///
/// # Errors
///
/// clap's own error, which also stands for `--help` and `--version`.
pub fn parse(argv: Vec<OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(split::mark_target(argv))
}

/// Record every call of a Python program and explore it in the terminal.
///
/// Without a command: browse the saved traces.
#[derive(Debug, Parser)]
#[command(name = "ct-tui", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// Options of the terminal interface.
    #[command(flatten)]
    pub ui: UiArgs,
    /// What to do; nothing: browse.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How the terminal interface looks; accepted before and after the command.
#[derive(Debug, Clone, Default, Args)]
pub struct UiArgs {
    /// Colour theme: the name of a built-in one (see `ct-tui doctor`) or a file
    #[arg(long, global = true, value_name = "NAME|FILE", help_heading = "Interface")]
    pub theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, global = true, help_heading = "Interface")]
    pub ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long, global = true, help_heading = "Interface")]
    pub no_mouse: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a Python program and record its calls
    Record(Box<RecordArgs>),
    /// Explore a saved (or still growing) trace
    Open(OpenArgs),
    /// Print the call tree as text
    Print(PrintArgs),
    /// Print every function seen, with its name, where the name comes from, and whether it was recorded
    Frames(FramesArgs),
    /// Explain what a selector matches, and why not what you expected
    Why(WhyArgs),
    /// Print totals per function
    Stats(StatsArgs),
    /// Check filter files, or write a first one
    #[command(subcommand)]
    Filter(FilterCommand),
    /// List the saved traces
    List(ListArgs),
    /// Show what was found: interpreters, cache, terminal, paths
    Doctor(DoctorArgs),
    /// Answer questions on standard input, one JSON object per line (for test suites and other programs)
    #[command(subcommand)]
    Debug(DebugCommand),
}

/// `ct-tui record`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "ct-tui record [OPTIONS] [--] FILE.py [ARGS…]
       ct-tui record [OPTIONS] [--] -m MODULE [ARGS…]
       ct-tui record [OPTIONS] [--] -c CODE [ARGS…]
       ct-tui record [OPTIONS] [--] COMMAND [ARGS…]")]
pub struct RecordArgs {
    /// Directory for the trace; must not exist [default: a new one below the user's data directory]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// No terminal interface: the program keeps this terminal, one summary line at the end
    #[arg(long)]
    pub headless: bool,
    /// The Python interpreter to run
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Add a filter file; may be given several times, or as `a.toml::b.toml`
    #[arg(long, value_name = "FILE", help_heading = "Filters and names")]
    pub trace_filter: Vec<OsString>,
    /// Leave out the built-in default filter
    #[arg(long, help_heading = "Filters and names")]
    pub no_default_filters: bool,
    /// Leave out the built-in filters for pytest and unittest
    #[arg(long, help_heading = "Filters and names")]
    pub no_framework_filters: bool,
    /// Name modules by their `__name__` [default]
    #[arg(long, overrides_with = "no_module_name_from_globals", help_heading = "Filters and names")]
    pub module_name_from_globals: bool,
    /// Name modules by `sys.path`, project markers and `sys.modules`
    #[arg(long, overrides_with = "module_name_from_globals", help_heading = "Filters and names")]
    pub no_module_name_from_globals: bool,
    /// Start recording only when code of this file runs for the first time
    #[arg(long, value_name = "FILE", help_heading = "What is recorded")]
    pub activation_path: Option<PathBuf>,
    /// Values to record: nothing, arguments, or arguments, results and exceptions
    #[arg(long, value_name = "WHICH", default_value = "all", help_heading = "What is recorded")]
    pub values: ValuesArg,
    /// Record each executed line and the local variables that changed
    #[arg(long, help_heading = "What is recorded")]
    pub lines: bool,
    /// Stop recording at this size, such as 500M or 4G; 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = parse_size, help_heading = "What is recorded")]
    pub max_size: u64,
    /// Record the first process only, not the Pythons that it starts
    #[arg(long, help_heading = "What is recorded")]
    pub no_follow: bool,
    /// What to run, and its arguments
    #[arg(value_name = "TARGET", required = true)]
    pub target: Vec<OsString>,
}

impl RecordArgs {
    /// The naming mode asked for on the command line; `None` leaves it to the environment.
    #[must_use]
    pub fn names_from_globals(&self) -> Option<bool> {
        match (self.module_name_from_globals, self.no_module_name_from_globals) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

/// `--values`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ValuesArg {
    /// No values.
    None,
    /// Arguments only.
    Args,
    /// Arguments, results and exceptions.
    All,
}

/// `ct-tui open`.
#[derive(Debug, Clone, Args)]
pub struct OpenArgs {
    /// The trace directory
    pub trace: PathBuf,
}

/// `ct-tui print`.
#[derive(Debug, Clone, Args)]
pub struct PrintArgs {
    /// The trace directory
    pub trace: PathBuf,
    /// One JSON object per call
    #[arg(long)]
    pub json: bool,
}

/// `ct-tui frames`.
#[derive(Debug, Clone, Args)]
pub struct FramesArgs {
    /// The trace directory
    pub trace: PathBuf,
    /// One JSON object per function
    #[arg(long)]
    pub json: bool,
    /// Only functions whose module has no name
    #[arg(long)]
    pub unresolved: bool,
    /// Only functions about whose name the sources disagree
    #[arg(long)]
    pub disagreeing: bool,
}

/// `ct-tui why`.
#[derive(Debug, Clone, Args)]
pub struct WhyArgs {
    /// The trace directory
    pub trace: PathBuf,
    /// The selector to explain, such as `pkg:shop.*`
    #[arg(required_unless_present = "frame", conflicts_with = "frame")]
    pub selector: Option<String>,
    /// Explain one function instead: its label, its qualified name, or FILE:LINE
    #[arg(long, value_name = "NAME")]
    pub frame: Option<String>,
    /// With --frame: also the values policy for a variable of this name
    #[arg(long, value_name = "NAME", requires = "frame")]
    pub value: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `ct-tui stats`.
#[derive(Debug, Clone, Args)]
pub struct StatsArgs {
    /// The trace directory
    pub trace: PathBuf,
    /// One JSON object per function
    #[arg(long)]
    pub json: bool,
}

/// `ct-tui filter`.
#[derive(Debug, Clone, Subcommand)]
pub enum FilterCommand {
    /// Check filter files: errors, and rules that cannot do what they say
    Check(FilterCheckArgs),
    /// Write a commented .codetracer/trace-filter.toml below the current folder
    Init(FilterInitArgs),
}

/// `ct-tui filter check`.
#[derive(Debug, Clone, Args)]
pub struct FilterCheckArgs {
    /// The filter files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One JSON object per problem, on standard output
    #[arg(long)]
    pub json: bool,
    /// Let warnings count as errors
    #[arg(long)]
    pub strict: bool,
}

/// `ct-tui filter init`.
#[derive(Debug, Clone, Args)]
pub struct FilterInitArgs {}

/// `ct-tui list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// One JSON object per trace
    #[arg(long)]
    pub json: bool,
}

/// `ct-tui doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `ct-tui debug`.
#[derive(Debug, Clone, Subcommand)]
pub enum DebugCommand {
    /// What a filter chain decides about a function and its values
    FilterEval,
    /// What module name the resolver gives
    NameEval,
}

/// Reads a size such as `4096`, `500M`, `4G`, `1.5GiB`; the units are powers of 1024.
///
/// # Errors
///
/// A sentence for people, when the text is no size or does not fit.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err("a size is a number with an optional unit: K, M, G or T".to_owned()),
    };
    // Whole numbers stay exact; only a fraction goes through floating point.
    let size = if let Ok(whole) = number.parse::<u64>() {
        whole.checked_mul(1 << shift)
    } else {
        let value = number.parse::<f64>().map_err(|_| "a size starts with a number, such as 500M".to_owned())?;
        let bytes = value * f64::from(2u8).powi(shift);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked in the same condition")]
        (0.0..9.0e18).contains(&bytes).then_some(bytes as u64)
    };
    size.ok_or_else(|| "this size is too large".to_owned())
}

#[cfg(test)]
mod tests;
