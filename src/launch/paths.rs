//! Where things lie on this machine: the user's data, cache and configuration folders, and paths made absolute.
//!
//! The base folders follow the XDG rules everywhere but on macOS, whose own places are used unless the XDG variables
//! are set. A relative value of such a variable is ignored, as the XDG rules ask.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub use crate::filter::path::absolute as join;

/// Overrides the folder that saved traces are kept in.
pub const TRACES_VARIABLE: &str = "CT_TUI_TRACES";

/// The folder for saved traces; `None` when there is no home folder to put it in.
#[must_use]
pub fn traces() -> Option<PathBuf> {
    match env::var_os(TRACES_VARIABLE).filter(|value| !value.is_empty()) {
        Some(folder) => Some(absolute(Path::new(&folder))),
        None => {
            base("XDG_DATA_HOME", ".local/share", "Library/Application Support").map(|data| data.join("ct-tui/traces"))
        }
    }
}

/// The user's cache folder (not ours below it).
#[must_use]
pub fn cache_home() -> Option<PathBuf> {
    base("XDG_CACHE_HOME", ".cache", "Library/Caches")
}

fn base(variable: &str, linux: &str, macos: &str) -> Option<PathBuf> {
    let set = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| Some(home()?.join(if cfg!(target_os = "macos") { macos } else { linux })))
}

/// The home folder, if the environment names one.
#[must_use]
pub fn home() -> Option<PathBuf> {
    env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
}

/// `path` joined with the current folder and normalised lexically; links are not followed. Where the current folder is
/// unknown the path stays relative.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    join(&env::current_dir().unwrap_or_default(), path)
}

/// The first executable file of this name on `PATH`.
#[must_use]
pub fn on_path(name: &OsStr) -> Option<PathBuf> {
    all_on_path(name).next()
}

/// Every executable file of this name on `PATH`, in order.
pub fn all_on_path(name: &OsStr) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).map(|folder| absolute(&folder)).collect();
    let name = name.to_owned();
    folders.into_iter().map(move |folder| folder.join(&name)).filter(|file| is_executable(file))
}

/// A regular file that we may execute.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    use nix::unistd::{AccessFlags, access};
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}
