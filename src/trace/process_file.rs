//! Small private files of a trace: written whole, mode 0600, and replaced atomically, so that no reader ever sees half
//! of one. And the folder of a process.

use crate::model::id::ProcessKey;
use crate::trace::format::PROCESS;
use crate::trace::manifest::ProcessInfo;
use crate::trace::memory::{is_used_up, with_descriptors};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Most programs that may run under one process id in one trace.
const MAX_RUNS: u32 = 100_000;

/// Writes a new file with mode 0600. Nothing that stands in its place is followed or overwritten, except a draft of a
/// process that is gone.
///
/// # Errors
/// As the system says.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if !crate::trace::memory::file_size_allowed(bytes.len() as u64) {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    let options = || {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options
    };
    let mut file = match options().open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::remove_file(path)?;
            options().open(path)?
        }
        opened => opened?,
    };
    file.write_all(bytes)
}

/// Replaces a file of the trace by new content, all of it or nothing.
///
/// # Errors
/// As the system says; the old file then stands.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.{}", std::process::id()));
    with_descriptors(is_used_up, || write_private(&draft, bytes))
        .and_then(|()| std::fs::rename(&draft, path))
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&draft);
        })
}

/// Makes the folder of this process (mode 0700): `PID`, or `PID.N` when the process id was used before in this trace.
///
/// # Errors
/// As the system says.
pub fn make_process_folder(root: &Path, pid: u32) -> io::Result<(ProcessKey, PathBuf)> {
    for run in 1..MAX_RUNS {
        let key = ProcessKey { pid, run };
        let path = root.join(key.to_string());
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok((key, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The process of the trace that started the child of `parent`, if that is not `parent` itself: programs that are not in the
/// trace, such as a shell, stand between the two.
#[must_use]
pub fn recorded_ancestor(root: &Path, parent: u32) -> Option<ProcessKey> {
    const MOST: usize = 32;
    let is_known = |pid: u32| root.join(pid.to_string()).exists();
    let mut above = parent;
    for _ in 0..MOST {
        if above <= 1 || is_known(above) {
            break;
        }
        let text = std::fs::read(format!("/proc/{above}/stat")).ok()?;
        // Behind the name, which may hold anything, and its parenthesis: the state, the parent.
        let text = String::from_utf8_lossy(&text);
        above = text.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    }
    (above != parent && is_known(above)).then(|| newest_run(root, above))?
}

/// The last program that ran under a process id.
#[must_use]
pub fn newest_run(root: &Path, pid: u32) -> Option<ProcessKey> {
    let keys = (1..MAX_RUNS).map(|run| ProcessKey { pid, run });
    keys.take_while(|key| root.join(key.to_string()).exists()).last()
}

/// Writes `process.json`.
///
/// # Errors
/// As the system says.
pub fn write_process(folder: &Path, info: &ProcessInfo) -> io::Result<()> {
    replace_private(&folder.join(PROCESS), &serde_json::to_vec_pretty(info)?)
}
