//! What `record` is asked to run: a script, a folder or zip application, `-m MODULE`, `-c CODE`, or any command.
//!
//! Everything but a command is run by an interpreter of our choosing with exactly these words as its arguments, so that
//! Python itself decides about `__main__`, `sys.argv` and `sys.path`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{LaunchError, paths};

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file that Python runs: source, byte code, or a zip application. The path is as it was typed.
    File(PathBuf, Vec<OsString>),
    /// A folder with a `__main__.py`.
    Folder(PathBuf, Vec<OsString>),
    /// `-m MODULE`.
    Module(OsString, Vec<OsString>),
    /// `-c CODE`.
    Code(OsString, Vec<OsString>),
    /// A command, as an absolute path or a path with a slash in it, and the word it was typed as.
    Command {
        /// The executable.
        path: PathBuf,
        /// The word it was typed as; becomes the process's `argv[0]`.
        word: OsString,
        /// Its arguments.
        args: Vec<OsString>,
    },
}

impl Target {
    /// Finds out what `words` (never empty) ask for. Looks at the disk, and at `PATH` for a bare word.
    ///
    /// # Errors
    ///
    /// The target does not exist, cannot be read, or is nothing that can be run.
    pub fn parse(words: &[OsString]) -> Result<Self, LaunchError> {
        let (first, rest) = words.split_first().ok_or_else(|| LaunchError::NoSuchCommand(String::new()))?;
        let bytes = first.as_bytes();
        for (flag, option, what) in [(b"-m", "-m", "the name of a module"), (b"-c", "-c", "the code to run")] {
            let Some(attached) = bytes.strip_prefix(flag) else { continue };
            let (value, args) = if attached.is_empty() {
                let (value, args) = rest.split_first().ok_or(LaunchError::MissingArgument { option, what })?;
                (value.clone(), args)
            } else {
                (OsString::from_vec(attached.to_vec()), rest)
            };
            let args = args.to_vec();
            return Ok(if option == "-m" { Self::Module(value, args) } else { Self::Code(value, args) });
        }
        path_or_command(first, rest)
    }

    /// The folder in which the search for a `.codetracer` folder begins (semantics section 1): the script's folder, the
    /// application folder, the folder of a zip file, the start-up folder for everything else. Absolute.
    #[must_use]
    pub fn program_folder(&self, cwd: &Path) -> PathBuf {
        match self {
            Self::File(path, _) => paths::join(cwd, path).parent().unwrap_or(Path::new("/")).to_path_buf(),
            Self::Folder(path, _) => paths::join(cwd, path),
            Self::Module(..) | Self::Code(..) | Self::Command { .. } => cwd.to_path_buf(),
        }
    }

    /// A short name for the trace's directory: the script's stem, the module, `code`, or the command. Only letters, digits
    /// and `._-`, never empty, never hidden.
    #[must_use]
    pub fn short_name(&self) -> String {
        let name = match self {
            Self::File(path, _) => path.file_stem().unwrap_or_default().to_string_lossy(),
            // `.` and `..` have no name of their own.
            Self::Folder(path, _) => {
                paths::absolute(path).file_name().unwrap_or_default().to_string_lossy().into_owned().into()
            }
            Self::Module(name, _) => name.to_string_lossy(),
            Self::Code(..) => "code".into(),
            Self::Command { path, .. } => path.file_name().unwrap_or_default().to_string_lossy(),
        };
        let safe = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
        let name: String = name.chars().map(safe).take(40).collect();
        let name = name.trim_start_matches(['.', '-']);
        if name.is_empty() { "program".to_owned() } else { name.to_owned() }
    }

    /// What the interpreter gets as arguments; `None` for a command, which brings its own.
    #[must_use]
    pub fn interpreter_args(&self) -> Option<Vec<OsString>> {
        let (lead, args) = match self {
            Self::File(path, args) | Self::Folder(path, args) => (vec![no_option(path)], args),
            Self::Module(name, args) => (vec!["-m".into(), name.clone()], args),
            Self::Code(code, args) => (vec!["-c".into(), code.clone()], args),
            Self::Command { .. } => return None,
        };
        Some(lead.into_iter().chain(args.iter().cloned()).collect())
    }
}

/// A path that Python does not take for an option of its own (`-x.py`, typed after `--`).
fn no_option(path: &Path) -> OsString {
    let is_like_one = path.as_os_str().as_bytes().starts_with(b"-");
    if is_like_one { Path::new(".").join(path).into_os_string() } else { path.as_os_str().to_owned() }
}

/// Tells files from commands. A bare word that names a Python file or an application folder here is that; another bare
/// word is looked up on `PATH`, as a shell would.
fn path_or_command(first: &OsStr, rest: &[OsString]) -> Result<Target, LaunchError> {
    let path = PathBuf::from(first);
    let args = rest.to_vec();
    let has_slash = first.as_bytes().contains(&b'/');
    let command = |path: PathBuf| Target::Command { path, word: first.to_owned(), args: rest.to_vec() };
    let looked_up = || paths::on_path(first).filter(|_| !has_slash && !first.is_empty());
    match fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => {
            if path.join("__main__.py").exists() || path.join("__main__.pyc").exists() {
                return Ok(Target::Folder(path, args));
            }
            looked_up().map(command).ok_or(LaunchError::FolderWithoutMain(path))
        }
        Ok(_) => {
            if has_python_suffix(&path) {
                fs::File::open(&path).map_err(|error| LaunchError::Unreadable { path: path.clone(), error })?;
                return Ok(Target::File(path, args));
            }
            // Only a Python file is found without a slash or PATH: `ls` in a folder with a file `ls` is still `ls`.
            if let Some(found) = looked_up() {
                return Ok(command(found));
            }
            let head = head(&path).map_err(|error| LaunchError::Unreadable { path: path.clone(), error })?;
            if head.zip {
                return Ok(Target::File(path, args));
            }
            if has_slash && paths::is_executable(&path) {
                return Ok(command(path));
            }
            if head.python_shebang {
                return Ok(Target::File(path, args));
            }
            Err(LaunchError::NotPython(path))
        }
        Err(error) => {
            if let Some(found) = looked_up() {
                return Ok(command(found));
            }
            match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                    if has_slash || has_python_suffix(&path) =>
                {
                    Err(LaunchError::NoSuchFile(path))
                }
                std::io::ErrorKind::NotFound => Err(LaunchError::NoSuchCommand(first.to_string_lossy().into_owned())),
                _ => Err(LaunchError::Unreadable { path, error }),
            }
        }
    }
}

fn has_python_suffix(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| ["py", "pyw", "pyc"].iter().any(|known| suffix.eq_ignore_ascii_case(known)))
}

struct Head {
    zip: bool,
    python_shebang: bool,
}

/// What the first bytes of a file say. A zip application may begin with a `#!` line, so its end is looked at, too.
fn head(path: &Path) -> std::io::Result<Head> {
    use std::io::{Seek, SeekFrom};
    let mut file = fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(Head { zip: false, python_shebang: false });
    }
    let mut start = Vec::new();
    file.by_ref().take(256).read_to_end(&mut start)?;
    let first_line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let python_shebang = first_line.starts_with(b"#!") && first_line.windows(6).any(|window| window == b"python");
    // The end-of-directory record: 22 bytes, and at most 64 KiB of comment after it.
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(22 + 65_535)))?;
    let mut end = Vec::new();
    file.take(22 + 65_535).read_to_end(&mut end)?;
    let zip =
        (start.starts_with(b"PK") || start.starts_with(b"#!")) && end.windows(4).any(|window| window == b"PK\x05\x06");
    Ok(Head { zip, python_shebang })
}

#[cfg(test)]
mod tests;
