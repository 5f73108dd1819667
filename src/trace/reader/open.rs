//! The first look at a trace: is it one, and of this format?

use super::file::read_small;
use crate::trace::format::{FORMAT_VERSION, MANIFEST};
use crate::trace::manifest::Manifest;
use std::io;
use std::path::{Path, PathBuf};

/// Most bytes of a manifest or of `filters.json`: they hold whole filter files.
pub(super) const MAX_JSON: u64 = 64 << 20;

/// Why a trace cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is nothing at that path.
    #[error("{0}: no such trace")]
    NotFound(PathBuf),
    /// Something else is there.
    #[error("{path}: not a trace ({why})")]
    NotATrace {
        /// What was asked for.
        path: PathBuf,
        /// What is there instead.
        why: &'static str,
    },
    /// Written by a later version of ct-tui.
    #[error(
        "{path}: this trace has format {found}, which is newer than this ct-tui understands ({FORMAT_VERSION}); \
             it was written by ct-tui {writer}"
    )]
    TooNew {
        /// What was asked for.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Version of ct-tui that wrote it.
        writer: String,
    },
    /// Written by an earlier version of ct-tui.
    #[error(
        "{path}: this trace has format {found}, which is older than this ct-tui reads ({FORMAT_VERSION}); \
             it was written by ct-tui {writer}"
    )]
    TooOld {
        /// What was asked for.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Version of ct-tui that wrote it.
        writer: String,
    },
    /// The system does not let us read it.
    #[error("{path}: cannot be read")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// The manifest is damaged.
    #[error("{path}: the manifest is damaged: {why}")]
    Corrupt {
        /// The manifest.
        path: PathBuf,
        /// Where and how.
        why: String,
    },
}

/// Reads and checks the manifest of the trace at `path`.
///
/// # Errors
/// [`OpenError`], each mistake its own.
pub fn read_manifest(path: &Path) -> Result<(Manifest, Vec<u8>), OpenError> {
    let not_a_trace = |why| OpenError::NotATrace { path: path.to_owned(), why };
    let unreadable = |at: &Path, source| OpenError::Unreadable { path: at.to_owned(), source };
    let folder = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(OpenError::NotFound(path.to_owned())),
        Err(error) => return Err(unreadable(path, error)),
        Ok(metadata) => metadata.is_dir(),
    };
    if !folder {
        return Err(not_a_trace("a trace is a folder, this is a file"));
    }
    let file = path.join(MANIFEST);
    let bytes = match read_small(&file, MAX_JSON) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(not_a_trace("the folder has no manifest.json"));
        }
        Err(error) => return Err(unreadable(&file, error)),
        Ok(bytes) => bytes,
    };
    let corrupt = |why: String| OpenError::Corrupt { path: file.clone(), why };
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    let Some(found) = value.get("format") else {
        return Err(not_a_trace("its manifest.json is not that of a trace"));
    };
    let Some(found) = found.as_u64() else { return Err(corrupt("`format` is not a number".to_owned())) };
    let writer = value.get("ct_tui").and_then(serde_json::Value::as_str).unwrap_or("?").to_owned();
    // What stands in a manifest goes to the terminal here: keep it to what a version looks like.
    let writer: String = writer.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
    if found > u64::from(FORMAT_VERSION) {
        return Err(OpenError::TooNew { path: path.to_owned(), found, writer });
    }
    if found < u64::from(FORMAT_VERSION) {
        return Err(OpenError::TooOld { path: path.to_owned(), found, writer });
    }
    let manifest = serde_json::from_value(value).map_err(|error| corrupt(error.to_string()))?;
    Ok((manifest, bytes))
}
