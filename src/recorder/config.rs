//! What was asked for: the environment, the manifest, the interpreter. Read once, at the start; children that are forked
//! inherit it.

use super::python;
use super::world::{each_string, sys};
use crate::naming::{NormPath, Platform};
use crate::trace::format::{FILTERS, FORMAT_VERSION, MANIFEST};
use crate::trace::manifest::{ChainUpdate, Manifest, Options};
use pyo3::ffi;
use std::ffi::CStr;
use std::path::{Path, PathBuf};

/// What was asked for, and where we are.
pub struct Config {
    /// The trace directory, absolute.
    pub root: PathBuf,
    /// What was asked for.
    pub options: Options,
    /// The project's root.
    pub project_root: String,
    /// Folder in which this process started.
    pub startup_cwd: String,
    /// Folder of the bootstrap.
    pub own_folder: String,
    /// `sys.executable`.
    pub executable: String,
    /// `3.13.0`.
    pub version: String,
    /// Its first two numbers.
    pub number: (u32, u32),
    /// `monitoring` or `profile`.
    pub backend: &'static str,
    /// The file that recording waits for, as it was given and without links; empty: it does not wait.
    pub activation: Vec<String>,
    /// What the backend cannot do.
    pub limits: Vec<String>,
    /// Somebody may send commands.
    pub control: bool,
}

/// The chain for processes that start now, if it was changed since the recording began.
pub fn read_update(root: &Path) -> Option<ChainUpdate> {
    serde_json::from_slice(&std::fs::read(root.join(FILTERS)).ok()?).ok()
}

/// Reads the manifest.
///
/// # Errors
/// A sentence.
pub fn read_manifest(root: &Path) -> Result<Manifest, String> {
    let text = std::fs::read(root.join(MANIFEST)).map_err(|error| format!("cannot read the manifest: {error}"))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| format!("the manifest is damaged: {error}"))?;
    if manifest.format != FORMAT_VERSION {
        return Err(format!("the trace has format {}, this recorder writes {FORMAT_VERSION}", manifest.format));
    }
    Ok(manifest)
}

/// The spellings of the file that recording waits for.
pub fn activation(options: &Options) -> Vec<String> {
    let Some(given) = &options.activation_path else { return Vec::new() };
    let mut spellings = vec![NormPath::new(Platform::here(), "/", given).to_string()];
    if let Ok(real) = std::fs::canonicalize(given) {
        spellings.push(real.to_string_lossy().into_owned());
    }
    spellings
}

/// `sys.argv`, or the command line where that is not known yet.
pub fn argv() -> Vec<String> {
    let mut argv = Vec::new();
    // SAFETY: the recorder starts with the GIL held.
    unsafe {
        if let Some(list) = sys(c"argv") {
            each_string(list, &mut |word| argv.push(word.to_owned()));
        }
    }
    if argv.is_empty() {
        let line = std::fs::read("/proc/self/cmdline").unwrap_or_default();
        let words = line.strip_suffix(&[0]).unwrap_or(&line).split(|byte| *byte == 0);
        argv = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    }
    argv
}

/// `sys.path`.
pub fn sys_path() -> Vec<String> {
    let mut path = Vec::new();
    // SAFETY: the recorder starts with the GIL held.
    unsafe {
        if let Some(list) = sys(c"path") {
            each_string(list, &mut |entry| path.push(entry.to_owned()));
        }
    }
    path
}

/// `sys.executable`.
pub fn executable() -> String {
    // SAFETY: the recorder starts with the GIL held.
    unsafe { sys(c"executable").and_then(|found| python::text(found)).unwrap_or_default().into_owned() }
}

/// The interpreter's version: the text, and major and minor number. `None`: nothing that we know how to read.
pub fn version() -> Option<(String, (u32, u32))> {
    // SAFETY: a static, terminated string.
    let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_str().ok()?;
    let text = text.split_whitespace().next()?;
    let mut parts = text.split('.').map(|part| part.bytes().take_while(u8::is_ascii_digit).count());
    let mut numbers = text.split('.').map(|part| part[..parts.next().unwrap_or(0)].parse().ok());
    Some((text.to_owned(), (numbers.next()??, numbers.next()??)))
}

/// Whether the interpreter runs without the GIL.
pub fn is_free_threaded() -> bool {
    // SAFETY: a static, terminated string.
    let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) };
    text.to_bytes().windows(14).any(|part| part == b"free-threading")
}
