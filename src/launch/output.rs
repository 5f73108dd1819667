//! The trace directory: where it goes, how it is called, and its manifest.
//!
//! A trace never overwrites anything: the directory is made by us, in one step, or the recording does not start. It holds
//! what the program's arguments were and, with values, what was in its variables, so nobody else may read it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::trace::format::{MANIFEST, TRACE_SUFFIX};
use crate::trace::manifest::{Exit, Manifest, Moment};

use super::{LaunchError, paths};

/// Makes the trace directory: `wanted`, or a new one with `name` in it below the folder for traces. Returns its absolute path.
///
/// # Errors
///
/// It exists, or cannot be made.
pub fn create(wanted: Option<&Path>, name: &str) -> Result<PathBuf, LaunchError> {
    let Some(wanted) = wanted else {
        let folder = paths::traces().ok_or(LaunchError::NoTracesFolder)?;
        return create_named(&folder, name);
    };
    let trace = paths::absolute(wanted);
    // Said before anything is made, so that a mistyped path leaves no folders behind.
    if fs::symlink_metadata(&trace).is_ok() {
        return Err(LaunchError::OutputExists(wanted.to_path_buf()));
    }
    let failed = |error: io::Error| LaunchError::Output { path: wanted.to_path_buf(), error };
    fs::create_dir_all(trace.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
    match make(&trace) {
        Ok(()) => Ok(trace),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(LaunchError::OutputExists(wanted.to_path_buf()))
        }
        Err(error) => Err(failed(error)),
    }
}

/// `NAME-20261121-140203-PID.cttrace`, with a number when this very second has seen that name before.
fn create_named(folder: &Path, name: &str) -> Result<PathBuf, LaunchError> {
    let failed = |error: io::Error| LaunchError::Output { path: folder.to_path_buf(), error };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let stamp = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
    let stem = format!("{name}-{stamp}-{}", std::process::id());
    for number in 1..1000 {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let trace = folder.join(format!("{stem}{number}{TRACE_SUFFIX}"));
        match make(&trace) {
            Ok(()) => return Ok(trace),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

fn make(trace: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(trace)
}

/// Writes the manifest; a reader sees the old one or the new one, never half of it.
///
/// # Errors
///
/// Those of writing.
pub fn save_manifest(trace: &Path, manifest: &Manifest) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
    text.push(b'\n');
    let fresh = trace.join(format!("{MANIFEST}.new"));
    let _ = fs::remove_file(&fresh);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(&text)?;
    fs::rename(&fresh, trace.join(MANIFEST))
}

/// Completes the manifest of a trace whose target, the process `pid`, has ended, and returns it. `why_nothing` goes into it when no Python
/// process has left anything.
///
/// # Errors
///
/// The manifest cannot be read or written.
pub fn finish(trace: &Path, pid: u32, exit: Exit, why_nothing: &str) -> io::Result<Manifest> {
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(trace.join(MANIFEST))?).map_err(io::Error::other)?;
    manifest.end = Some(now());
    manifest.exit = Some(exit);
    manifest.target_pid = Some(pid);
    if !any_process(trace) {
        manifest.not_recorded = Some(why_nothing.to_owned());
    }
    save_manifest(trace, &manifest)?;
    Ok(manifest)
}

/// Makes this process the one that will complete the manifest: while it lives, the trace counts as growing.
///
/// # Errors
///
/// The manifest cannot be read or written.
pub(super) fn adopt(trace: &Path) -> io::Result<()> {
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(trace.join(MANIFEST))?).map_err(io::Error::other)?;
    manifest.launcher_pid = std::process::id();
    save_manifest(trace, &manifest)
}

/// Whether any Python process has left a folder in the trace.
fn any_process(trace: &Path) -> bool {
    let entries = fs::read_dir(trace).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().is_dir())
        .any(|entry| entry.file_name().to_string_lossy().starts_with(|first: char| first.is_ascii_digit()))
}

/// Now, on the clock that everything is aligned on.
pub(super) fn now() -> Moment {
    let mono_ns = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        u64::try_from(time.tv_sec()).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
    });
    Moment { mono_ns }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn a_named_directory_must_be_new() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "precious").unwrap();
        fs::create_dir(at("folder")).unwrap();
        symlink("nowhere", at("link")).unwrap();
        for name in ["file", "folder", "link"] {
            let error = create(Some(&at(name)), "x").unwrap_err();
            assert!(matches!(error, LaunchError::OutputExists(_)), "{name}: {error}");
        }
        assert!(matches!(create(Some(&at("file/below")), "x"), Err(LaunchError::Output { .. })));
        let made = create(Some(&at("a/b/c.cttrace")), "x").unwrap();
        assert_eq!(made, at("a/b/c.cttrace"));
        assert_eq!(fs::metadata(made).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "precious");
    }

    #[test]
    fn names_that_are_taken_get_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("new/traces");
        let mut made: Vec<_> = (0..3).map(|_| create_named(&below, "app").unwrap()).collect();
        made.dedup();
        assert_eq!(made.len(), 3);
        for trace in made {
            let name = trace.file_name().unwrap().to_string_lossy().into_owned();
            assert!(name.starts_with("app-20") && name.ends_with(".cttrace"), "{name}");
        }
    }
}
