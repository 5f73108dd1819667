//! From what was asked for to something that can be started: the target, its interpreter, the filter chain, the unpacked
//! recorder, the trace directory with its manifest, and the environment. Everything that can be wrong with a request is
//! found here, before anything runs; what was made on the way is taken back when a later step fails.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::trace::format::FORMAT_VERSION;
use crate::trace::manifest::{Manifest, Options, Values};

use super::cache::Unpacked;
use super::environment::{self, Settings};
use super::filters;
use super::probe::Interpreter;
use super::target::Target;
use super::{LaunchError, cache, framework, interpreter, output, paths};

/// `--max-size` in bytes, where nothing else is said (the command line writes it as `4G`).
pub const DEFAULT_MAX_SIZE: u64 = 4 << 30;

/// What `record` was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The words of the target, never empty.
    pub target: Vec<OsString>,
    /// `--python`.
    pub python: Option<PathBuf>,
    /// `--output`.
    pub output: Option<PathBuf>,
    /// The arguments of `--trace-filter`, in order.
    pub trace_filters: Vec<OsString>,
    /// Without `--no-default-filters`.
    pub default_filters: bool,
    /// Without `--no-framework-filters`.
    pub framework_filters: bool,
    /// The naming mode, if the command line says.
    pub names_from_globals: Option<bool>,
    /// `--activation-path`.
    pub activation_path: Option<PathBuf>,
    /// `--values`.
    pub values: Values,
    /// `--lines`.
    pub lines: bool,
    /// `--max-size` in bytes.
    pub max_size: u64,
    /// Without `--no-follow`.
    pub follow: bool,
    /// Whether a terminal interface will want to talk to the recorder.
    pub control: bool,
}

impl Request {
    /// What `record` does without options, and without a terminal interface.
    #[must_use]
    pub fn of<W: Into<OsString>>(target: impl IntoIterator<Item = W>) -> Self {
        Self {
            target: target.into_iter().map(Into::into).collect(),
            python: None,
            output: None,
            trace_filters: Vec::new(),
            default_filters: true,
            framework_filters: true,
            names_from_globals: None,
            activation_path: None,
            values: Values::All,
            lines: false,
            max_size: DEFAULT_MAX_SIZE,
            follow: true,
            control: false,
        }
    }
}

/// A recording that can be started.
#[derive(Debug)]
pub struct Prepared {
    /// The trace directory, absolute; it holds the manifest.
    pub trace: PathBuf,
    /// What the manifest says.
    pub manifest: Manifest,
    /// The target.
    pub target: Target,
    /// The interpreter; `None` for a command, which brings its own.
    pub interpreter: Option<Interpreter>,
    /// The executable.
    pub program: PathBuf,
    /// Its `argv[0]`.
    pub word: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to set, or to remove where the value is `None`.
    pub environment: Vec<(&'static str, Option<OsString>)>,
    /// The unpacked recorder; a private copy goes when this is dropped.
    pub recorder: Unpacked,
}

/// Prepares a recording.
///
/// # Errors
///
/// Everything that [`LaunchError`] can say.
pub fn prepare(request: &Request) -> Result<Prepared, LaunchError> {
    let cwd = env::current_dir().map_err(LaunchError::CurrentDir)?;
    let target = Target::parse(&request.target)?;
    let folder = target.program_folder(&cwd);
    let (interpreter, program, word, args) = match &target {
        Target::Command { path, word, args } => {
            if request.python.is_some() {
                return Err(LaunchError::PythonForCommand(word.to_string_lossy().into_owned()));
            }
            (None, path.clone(), word.clone(), args.clone())
        }
        _ => {
            let found = interpreter::find(request.python.as_deref(), &folder)?;
            let path = found.path.clone();
            (Some(found), path.clone(), path.into_os_string(), target.interpreter_args().unwrap_or_default())
        }
    };
    let from_environment = environment::switch(NAMES_VARIABLE, env::var_os(NAMES_VARIABLE).as_deref());
    let names_from_globals = match request.names_from_globals {
        Some(said) => said,
        None => from_environment.map_err(LaunchError::Filter)?.unwrap_or(true),
    };
    let chain = filters::chain(&filters::Wanted {
        folder: &folder,
        cwd: &cwd,
        command_line: &request.trace_filters,
        default: request.default_filters,
        framework: framework::detect(&target).filter(|_| request.framework_filters),
    })?;
    let recorder = cache::unpack()?;

    let trace = output::create(request.output.as_deref(), &target.short_name())?;
    let text = |path: &OsStr| path.to_string_lossy().into_owned();
    let manifest = Manifest {
        format: FORMAT_VERSION,
        ct_tui: env!("CARGO_PKG_VERSION").to_owned(),
        program: request.target.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        target: request.target.iter().map(|word| text(word)).collect(),
        command: std::iter::once(&program.clone().into_os_string()).chain(&args).map(|word| text(word)).collect(),
        cwd: text(cwd.as_os_str()),
        project_root: text(chain.root.as_os_str()),
        options: Options {
            module_name_from_globals: names_from_globals,
            values: request.values,
            lines: request.lines,
            max_size: request.max_size,
            follow: request.follow,
            activation_path: request.activation_path.as_ref().map(|path| text(paths::join(&cwd, path).as_os_str())),
            filters: chain.sources,
        },
        started_at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()),
        start: output::now(),
        end: None,
        exit: None,
        target_pid: None,
        launcher_pid: std::process::id(),
        not_recorded: None,
    };
    let extension = recorder.extension();
    let settings = Settings { trace: &trace, extension: &extension, follow: request.follow, control: request.control };
    let environment = environment::changes(settings, |name| env::var_os(name));
    let prepared = Prepared { trace, manifest, target, interpreter, program, word, args, environment, recorder };
    if let Err(error) = output::save_manifest(&prepared.trace, &prepared.manifest) {
        let error = LaunchError::Output { path: prepared.trace.clone(), error };
        prepared.abandon();
        return Err(error);
    }
    Ok(prepared)
}

/// Turns globals mode off, or on.
const NAMES_VARIABLE: &str = "CODETRACER_MODULE_NAME_FROM_GLOBALS";

impl Prepared {
    /// The command, with its environment; streams are inherited.
    #[must_use]
    pub fn command(&self) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(&self.program);
        command.arg0(&self.word).args(&self.args);
        self.apply_environment(&mut command);
        command
    }

    /// Gives a command the target's environment.
    pub(super) fn apply_environment(&self, command: &mut Command) {
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }

    /// Takes back the trace directory of a recording that never started.
    pub fn abandon(&self) {
        let _ = fs::remove_dir_all(&self.trace);
    }

    /// One sentence for the case that no Python process leaves anything in the trace.
    #[must_use]
    pub fn why_nothing(&self) -> String {
        if let Some(flag) = framework::ignores_recorder(&self.target) {
            return format!("nothing was recorded: Python was started with -{flag}, which keeps the recorder out");
        }
        match self.interpreter {
            Some(_) => "nothing was recorded: the interpreter ended before the recorder started".to_owned(),
            None => {
                "nothing was recorded: the command started no Python, or only Pythons that ignore their environment \
                     (options -I, -E and -S, or a cleaned environment)"
                    .to_owned()
            }
        }
    }
}

/// A word as it would be typed in a shell. Only for people.
fn quoted(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "_-./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
