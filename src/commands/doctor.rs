//! `ct-tui doctor`: what was found on this machine, and what of it will not do.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::DoctorArgs;
use crate::config::{Config, Environment, Flags, theme};
use crate::diagnostic::printable;
use crate::launch::probe::{Interpreter, ProbeError};
use crate::launch::{cache, interpreter, paths};

use super::{ANSWER_IS_NO, Failure, Outcome};

/// Variables that change what a recording does.
const VARIABLES: [&str; 9] = [
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONHOME",
    "CODETRACER_TRACE_FILTER",
    "CODETRACER_MODULE_NAME_FROM_GLOBALS",
    "CT_TUI_TRACES",
    "CT_TUI_CONFIG",
    "CT_TUI_TRACE",
    "NO_COLOR",
];

/// Shows what was found. The answer is no when no program could be recorded here as things are.
///
/// # Errors
///
/// The output cannot be written.
pub fn run(args: &DoctorArgs) -> Outcome {
    let cwd = env::current_dir().map_err(|error| Failure::new(format!("cannot tell the current folder: {error}")))?;
    let report = Report::gather(&cwd);
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", report.json())?;
    } else {
        out.write_all(report.text().as_bytes())?;
    }
    Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::from(ANSWER_IS_NO) })
}

/// Something that is well, or a sentence about what is not.
type Finding = Result<String, String>;

struct Report {
    interpreters: Vec<(interpreter::Origin, PathBuf, Result<Interpreter, ProbeError>)>,
    chosen: Result<Interpreter, String>,
    recorder: Finding,
    traces: Finding,
    config: Finding,
    terminal: Vec<(&'static str, String)>,
}

impl Report {
    fn gather(cwd: &Path) -> Self {
        Self {
            interpreters: interpreter::all(cwd),
            chosen: interpreter::find(None, cwd).map_err(|error| error.to_string()),
            recorder: recorder(),
            traces: traces(),
            config: config(),
            terminal: terminal(),
        }
    }

    fn is_well(&self) -> bool {
        self.chosen.is_ok() && self.recorder.is_ok() && self.traces.is_ok() && self.config.is_ok()
    }

    fn json(&self) -> Value {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let interpreters: Vec<_> = self
            .interpreters
            .iter()
            .map(|(origin, place, answer)| match answer {
                Ok(it) => json!({
                    "path": path(place), "from": origin.label(), "version": version(it), "implementation": it.implementation,
                    "free_threaded": it.free_threaded, "usable": it.unsuitable().is_none(), "reason": it.unsuitable(),
                    "backend": it.unsuitable().is_none().then(|| it.backend()), "limit": it.limit(),
                }),
                Err(error) => json!({
                    "path": path(place), "from": origin.label(), "version": null, "usable": false, "reason": error.to_string(),
                }),
            })
            .collect();
        let finding = |it: &Finding| match it {
            Ok(text) => json!({ "ok": true, "value": text }),
            Err(text) => json!({ "ok": false, "value": text }),
        };
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "interpreters": interpreters,
            "chosen": self.chosen.as_ref().ok().map(|it| path(&it.path)),
            "recorder": finding(&self.recorder),
            "traces": finding(&self.traces),
            "config": finding(&self.config),
            "terminal": self.terminal.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>(),
            "themes": theme::BUILTIN.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "environment": variables().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<serde_json::Map<_, _>>(),
        })
    }

    fn text(&self) -> String {
        let mut text = format!("ct-tui {}\n\ninterpreters\n", env!("CARGO_PKG_VERSION"));
        for (origin, path, answer) in &self.interpreters {
            let chosen = self.chosen.as_ref().is_ok_and(|it| it.path == *path);
            let (sign, what) = match answer {
                Ok(it) => match it.unsuitable() {
                    None => (if chosen { "→" } else { "●" }, it.backend().to_owned()),
                    Some(reason) => ("✗", reason),
                },
                Err(error) => ("✗", error.to_string()),
            };
            let version = answer.as_ref().map_or_else(|_| "?".to_owned(), version);
            let path = path.to_string_lossy();
            text +=
                &format!("  {sign} {version:8} {:20} {} ({})\n", origin.label(), printable(&path), printable(&what));
            if let Some(limit) =
                answer.as_ref().ok().filter(|it| it.unsuitable().is_none()).and_then(Interpreter::limit)
            {
                text += &format!("{:32} {limit}\n", "");
            }
        }
        match &self.chosen {
            Ok(_) => text += "  →: runs FILE.py, -m and -c in this folder\n",
            // The list that follows the first line stands above already.
            Err(error) => text += &format!("  ⚠ {}\n", error.lines().next().unwrap_or_default()),
        }
        text.push('\n');
        for (name, finding) in [("recorder", &self.recorder), ("traces", &self.traces), ("config", &self.config)] {
            text += &match finding {
                Ok(value) => format!("{name:10} {}\n", printable(value)),
                Err(value) => format!(
                    "{name:10} ⚠ {}\n",
                    value.lines().map(printable).collect::<Vec<_>>().join("\n             ")
                ),
            };
        }
        let terminal: Vec<_> =
            self.terminal.iter().map(|(name, value)| format!("{name} {}", printable(value))).collect();
        text += &format!("{:10} {}\n", "terminal", terminal.join(", "));
        let themes: Vec<_> = theme::BUILTIN.iter().map(|(name, _)| *name).collect();
        text += &format!("{:10} {}\n", "themes", themes.join(", "));
        for (name, value) in variables() {
            text += &format!("{:10} {name}={}\n", "set", printable(&value));
        }
        text
    }
}

fn version(it: &Interpreter) -> String {
    format!("{}.{}.{}{}", it.version.0, it.version.1, it.version.2, if it.free_threaded { "t" } else { "" })
}

fn recorder() -> Finding {
    let unpacked = cache::unpack().map_err(|error| error.to_string())?;
    Ok(if unpacked.private_folder().is_none() {
        unpacked.folder.display().to_string()
    } else {
        format!("a private copy for each run, because of {}", unpacked.refused.join("; "))
    })
}

fn traces() -> Finding {
    use nix::unistd::{AccessFlags, access};
    let folder = paths::traces().ok_or("neither CT_TUI_TRACES nor HOME is set: recordings need --output")?;
    let shown = folder.display().to_string();
    if !folder.exists() {
        return Ok(format!("{shown} (not there yet)"));
    }
    match access(&folder, AccessFlags::W_OK | AccessFlags::X_OK) {
        Ok(()) if folder.is_dir() => Ok(shown),
        Ok(()) => Err(format!("{shown}: not a folder")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

fn config() -> Finding {
    let environment = Environment::read();
    let Some((path, _)) = environment.file.clone() else { return Ok("none: HOME is not set".to_owned()) };
    Config::load(&Flags::default(), &environment).map_err(|error| error.to_string())?;
    let there = if path.exists() { "" } else { " (not there, the defaults apply)" };
    Ok(format!("{}{there}", path.display()))
}

fn terminal() -> Vec<(&'static str, String)> {
    let yes_no = |it: bool| if it { "yes" } else { "no" }.to_owned();
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| "unset".to_owned());
    let environment = Environment::read();
    vec![
        ("interactive", yes_no(io::stdout().is_terminal() && io::stdin().is_terminal())),
        ("TERM", variable("TERM")),
        (
            "colours",
            if environment.no_color {
                "none"
            } else if environment.few_colours {
                "16"
            } else {
                "many"
            }
            .to_owned(),
        ),
        ("unicode", yes_no(!environment.ascii)),
    ]
}

fn variables() -> Vec<(&'static str, String)> {
    let value = |name: &'static str| Some((name, env::var_os(name)?.to_string_lossy().into_owned()));
    VARIABLES.into_iter().filter_map(value).collect()
}
