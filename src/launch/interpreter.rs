//! Which interpreter runs the target: `--python`, else `$VIRTUAL_ENV`, else a `.venv` or `venv` beside the program or
//! above it, else the first `python3` or `python` on `PATH`.
//!
//! The first place that names an interpreter decides. One that is named but broken, or in which the recorder cannot
//! work, is an error that lists what else was found: running the program with another interpreter than the user would
//! expect is worse than not running it. Only on `PATH` are broken ones passed over, as they are usually stubs and shims.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::probe::{Interpreter, OLDEST, probe, probe_or_recall};
use super::{LaunchError, paths};

/// Where an interpreter was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--python`.
    Option,
    /// `$VIRTUAL_ENV`.
    VirtualEnv,
    /// A `.venv` or `venv` folder beside the program or above it.
    Folder,
    /// `PATH`.
    Path,
    /// pyenv's installations.
    Pyenv,
    /// uv's installations.
    Uv,
}

impl Origin {
    /// A word or two for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Option => "--python",
            Self::VirtualEnv => "$VIRTUAL_ENV",
            Self::Folder => "virtual environment",
            Self::Path => "PATH",
            Self::Pyenv => "pyenv",
            Self::Uv => "uv",
        }
    }
}

/// Finds the interpreter for a program in `folder` (absolute).
///
/// # Errors
///
/// There is none, or the one that was found first does not work or is too old; the message says what else there is.
pub fn find(option: Option<&Path>, folder: &Path) -> Result<Interpreter, LaunchError> {
    let refuse = |text: String| Err(LaunchError::Interpreter(text));
    let mut passed_over = Vec::new();
    for (origin, path) in choices(option, folder)? {
        match probe_or_recall(&path) {
            Ok(found) => match found.unsuitable() {
                None => return Ok(found),
                Some(reason) => {
                    let from = origin.label();
                    return refuse(format!(
                        "the interpreter from {from} does not do: {found}: {reason}{}",
                        others(folder)
                    ));
                }
            },
            Err(error) if origin == Origin::Path => passed_over.push(format!("{} {error}", path.display())),
            Err(error) => return refuse(format!("{}: {} {error}", origin.label(), path.display())),
        }
    }
    let mut text =
        "no Python interpreter found: neither $VIRTUAL_ENV, nor a .venv or venv folder, nor python3 or python on PATH"
            .to_owned();
    for line in passed_over {
        let _ = write!(text, "\n  {line}");
    }
    refuse(text + &others(folder))
}

/// The candidates of the first place that names any, in order.
fn choices(option: Option<&Path>, folder: &Path) -> Result<Vec<(Origin, PathBuf)>, LaunchError> {
    if let Some(python) = option {
        return named(python).map(|path| vec![(Origin::Option, path)]);
    }
    if let Some(environment) = env::var_os("VIRTUAL_ENV").filter(|value| !value.is_empty()) {
        let environment = PathBuf::from(environment);
        return match python_in(&environment) {
            Some(path) => Ok(vec![(Origin::VirtualEnv, path)]),
            None => Err(LaunchError::Interpreter(format!(
                "$VIRTUAL_ENV is {}, and there is no Python in it: deactivate it, or choose one with --python",
                environment.display()
            ))),
        };
    }
    if let Some(path) = environment_above(folder) {
        return Ok(vec![(Origin::Folder, path)]);
    }
    Ok(on_path().map(|path| (Origin::Path, path)).collect())
}

/// What `--python` names: a path, a command on PATH, or a virtual environment's folder.
fn named(python: &Path) -> Result<PathBuf, LaunchError> {
    let refuse = |text: &str| Err(LaunchError::Interpreter(format!("--python {}: {text}", python.display())));
    if python.as_os_str().as_encoded_bytes().contains(&b'/') || python.exists() {
        if python.is_dir() {
            return python_in(python).map_or_else(|| refuse("a folder without a Python in it"), Ok);
        }
        if !python.exists() {
            return refuse("no such file");
        }
        if !paths::is_executable(python) {
            return refuse("not an executable file");
        }
        return Ok(paths::absolute(python));
    }
    if let Some(path) = paths::on_path(python.as_os_str()) {
        return Ok(path);
    }
    let mut text = "no such file, and no such command on PATH".to_owned();
    // A bare version, as other tools take it.
    let meant = format!("python{}", python.display());
    if paths::on_path(OsStr::new(&meant)).is_some() {
        let _ = write!(text, "; did you mean {meant}?");
    }
    refuse(&text)
}

/// The interpreter of a virtual environment or an installation.
fn python_in(environment: &Path) -> Option<PathBuf> {
    let bin = paths::absolute(environment).join("bin");
    ["python", "python3"].iter().map(|name| bin.join(name)).find(|path| paths::is_executable(path))
}

/// The nearest `.venv` or `venv` in `folder` or above that is one. A link or folder that another user may have planted
/// on the way up (think of `/tmp/venv`) is passed over: it must belong to us, to root, or to the owner of `folder`.
fn environment_above(folder: &Path) -> Option<PathBuf> {
    let trusted = [0, nix::unistd::geteuid().as_raw(), fs::metadata(folder).map_or(0, |meta| meta.uid())];
    folder.ancestors().flat_map(|above| [above.join(".venv"), above.join("venv")]).find_map(|environment| {
        let owner = fs::symlink_metadata(&environment).ok()?.uid();
        let marked = environment.join("pyvenv.cfg").is_file();
        if marked && trusted.contains(&owner) { python_in(&environment) } else { None }
    })
}

/// `python3`, then `python`, each wherever it stands on `PATH`.
fn on_path() -> impl Iterator<Item = PathBuf> {
    paths::all_on_path(OsStr::new("python3")).chain(paths::all_on_path(OsStr::new("python")))
}

/// Every interpreter of this machine that can be found without a search of the disk, with where it was found, each real
/// one once, newest first. Those that do not work come with the reason. Runs each of them.
#[must_use]
pub fn all(folder: &Path) -> Vec<(Origin, PathBuf, Result<Interpreter, super::probe::ProbeError>)> {
    let mut candidates: Vec<(Origin, PathBuf)> = Vec::new();
    let environment = env::var_os("VIRTUAL_ENV").filter(|value| !value.is_empty());
    candidates.extend(environment.and_then(|path| python_in(Path::new(&path))).map(|path| (Origin::VirtualEnv, path)));
    candidates.extend(environment_above(folder).map(|path| (Origin::Folder, path)));
    candidates.extend(on_path().map(|path| (Origin::Path, path)));
    for minor in (6..30).rev() {
        let name = format!("python3.{minor}");
        candidates.extend(paths::all_on_path(OsStr::new(&name)).map(|path| (Origin::Path, path)));
    }
    candidates.extend(installations(pyenv_versions(), Origin::Pyenv));
    candidates.extend(installations(uv_versions(), Origin::Uv));

    let mut seen: Vec<PathBuf> = Vec::new();
    let mut found: Vec<(Origin, PathBuf, Result<Interpreter, _>)> = Vec::new();
    for (origin, path) in candidates {
        // A virtual environment's python is a link to the one it was made from, and still another thing.
        let alike = |path: &Path| {
            if path.with_file_name("../pyvenv.cfg").exists() { None } else { fs::canonicalize(path).ok() }
        };
        let identity = alike(&path).unwrap_or_else(|| path.clone());
        if seen.contains(&identity) {
            continue;
        }
        seen.push(identity);
        let answer = probe(&path);
        // A shim is another file for the same interpreter.
        let real = answer.as_ref().ok().and_then(|it| alike(it.executable.as_deref()?));
        if let Some(real) = real.filter(|real| Some(real) != seen.last()) {
            if seen.contains(&real) {
                continue;
            }
            seen.push(real);
        }
        found.push((origin, path, answer));
    }
    let version = |answer: &Result<Interpreter, _>| answer.as_ref().ok().map(|it| it.version);
    found.sort_by_key(|(_, _, answer)| std::cmp::Reverse(version(answer)));
    found
}

fn installations(root: Option<PathBuf>, origin: Origin) -> Vec<(Origin, PathBuf)> {
    let entries = root.and_then(|root| fs::read_dir(root).ok()).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| python_in(&entry.path())).map(|path| (origin, path)).collect();
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found
}

fn pyenv_versions() -> Option<PathBuf> {
    let root = env::var_os("PYENV_ROOT").filter(|value| !value.is_empty()).map(PathBuf::from);
    root.or_else(|| Some(paths::home()?.join(".pyenv"))).map(|root| root.join("versions"))
}

fn uv_versions() -> Option<PathBuf> {
    let set = env::var_os("UV_PYTHON_INSTALL_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
    set.or_else(|| {
        let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        data.or_else(|| Some(paths::home()?.join(".local/share"))).map(|data| data.join("uv/python"))
    })
}

/// The end of an error message: what was found, and which of it would do.
fn others(folder: &Path) -> String {
    let mut text = String::new();
    let (mut good, mut bad) = (String::new(), String::new());
    for (origin, path, answer) in all(folder) {
        // One that does not work is a stub or a shim of something that is not installed; `doctor` shows it.
        let Ok(found) = answer else { continue };
        match found.unsuitable() {
            None => _ = write!(good, "\n  --python {}  ({}, {})", path.display(), version(&found), origin.label()),
            Some(reason) => _ = write!(bad, "\n  {}  ({}: {reason})", path.display(), version(&found)),
        }
    }
    if good.is_empty() {
        let _ = write!(text, "\nnone on this machine would do: CPython {}.{} or newer is needed", OLDEST.0, OLDEST.1);
    } else {
        let _ = write!(text, "\nthese would do:{good}");
    }
    if !bad.is_empty() {
        let _ = write!(text, "\nfound besides:{bad}");
    }
    text
}

fn version(found: &Interpreter) -> String {
    format!("{}.{}.{}{}", found.version.0, found.version.1, found.version.2, if found.free_threaded { "t" } else { "" })
}
