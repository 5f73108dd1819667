//! Asks an interpreter what it is, by running it: version, implementation, and whether it is a free-threaded build.
//!
//! A candidate may be anything that is called `python`: a broken link, a shim, a program that waits for input. So it
//! runs isolated, without input, in a process group of its own, for a bounded time, and its answer is read as data.

use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::cache;

/// How long an interpreter may take to answer. Cold disks and emulators are slow; this is only a bound.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nothing but `sys` is imported: with `-c` the current folder is on `sys.path`, and a stray module there must not run.
/// Runs on every Python since 2.6.
const QUESTION: &str = "import sys
v = sys.version_info
n = getattr(getattr(sys, 'implementation', None), 'name', None)
n = n or ('__pypy__' in sys.builtin_module_names and 'pypy' or 'cpython')
sys.stdout.write('ct-tui-probe %d.%d.%d %s %s %r\\n' % (v[0], v[1], v[2], n, getattr(sys, 'abiflags', '') or '-', sys.executable))
";

/// What an answer begins with.
const MARK: &str = "ct-tui-probe ";

/// The oldest version that the recorder loads in.
pub const OLDEST: (u32, u32) = (3, 10);

/// What an interpreter says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The path it was run by; the target is run by the same.
    pub path: PathBuf,
    /// Major, minor, patch.
    pub version: (u32, u32, u32),
    /// `cpython`, `pypy`, …
    pub implementation: String,
    /// Built without the global interpreter lock.
    pub free_threaded: bool,
    /// `sys.executable`, where it could be read: behind a shim, the real thing.
    pub executable: Option<PathBuf>,
}

impl Interpreter {
    /// Why the recorder cannot work in this interpreter; `None` when it can.
    #[must_use]
    pub fn unsuitable(&self) -> Option<String> {
        if self.implementation != "cpython" {
            return Some("not CPython".to_owned());
        }
        if (self.version.0, self.version.1) < OLDEST {
            return Some(format!("too old, {}.{} or newer is needed", OLDEST.0, OLDEST.1));
        }
        self.free_threaded.then(|| "a free-threaded build".to_owned())
    }

    /// What cannot be done in this interpreter although it can be recorded; `None` when nothing.
    #[must_use]
    pub fn limit(&self) -> Option<&'static str> {
        let monitoring = (self.version.0, self.version.1) >= (3, 12);
        (!monitoring).then_some("skipped code is not free: each of its calls still reaches the recorder")
    }

    /// What the recorder hooks into in this interpreter.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        if (self.version.0, self.version.1) >= (3, 12) { "sys.monitoring" } else { "profile function" }
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.version;
        if self.implementation != "cpython" {
            write!(f, "{} ", self.implementation)?;
        }
        write!(f, "{major}.{minor}.{patch}{} ({})", if self.free_threaded { "t" } else { "" }, self.path.display())
    }
}

/// Why an interpreter gave no answer, as the end of a sentence that begins with its path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It could not be run.
    #[error("cannot be run: {0}")]
    Start(String),
    /// It ran and said something else.
    #[error("is no Python interpreter that works{}", if .0.is_empty() { String::new() } else { format!(": {}", .0) })]
    Answer(String),
    /// It never ended.
    #[error("gives no answer")]
    Timeout,
}

/// Runs `path` and asks what it is.
///
/// # Errors
///
/// It cannot be run, gives no answer, or not one that a Python would give.
pub fn probe(path: &Path) -> Result<Interpreter, ProbeError> {
    probe_within(path, PATIENCE)
}

/// The same, from memory where that is safe: a start should not cost the start of another interpreter. What is remembered
/// belongs to one file as it is now; only a program that itself is called `python` qualifies, as a shim or a
/// dispatcher may answer differently tomorrow, or in another folder.
///
/// # Errors
///
/// As for [`probe`].
pub fn probe_or_recall(path: &Path) -> Result<Interpreter, ProbeError> {
    let Some(name) = note_name(path) else { return probe(path) };
    if let Some(found) = cache::recall(&name).and_then(|said| parse(path, &said)) {
        return Ok(found);
    }
    let found = probe(path)?;
    let (major, minor, patch) = found.version;
    let flags = if found.free_threaded { "t" } else { "-" };
    cache::remember(&name, &format!("{MARK}{major}.{minor}.{patch} {} {flags} ''\n", found.implementation));
    Ok(found)
}

/// Names a file as it is now; `None` for one whose answer must not be remembered.
fn note_name(path: &Path) -> Option<String> {
    let real = fs::canonicalize(path).ok()?;
    if !real.file_name()?.to_str()?.starts_with("python") {
        return None;
    }
    let mut head = [0; 2];
    fs::File::open(&real).and_then(|mut file| file.read_exact(&mut head)).ok()?;
    let meta = fs::metadata(&real).ok()?;
    let mut hash = Sha256::new();
    hash.update(real.as_os_str().as_bytes());
    for number in [meta.dev(), meta.ino(), meta.size()] {
        hash.update(number.to_le_bytes());
    }
    for number in [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()] {
        hash.update(number.to_le_bytes());
    }
    let hex: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    (head != *b"#!").then(|| format!("interpreter-{hex}"))
}

fn probe_within(path: &Path, patience: Duration) -> Result<Interpreter, ProbeError> {
    let mut command = Command::new(path);
    command.args(["-E", "-s", "-S", "-c", QUESTION]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| ProbeError::Start(error.to_string()))?;
    let (sender, answers) = mpsc::channel();
    let output = child.stdout.take();
    let errors = child.stderr.take();
    let second = sender.clone();
    std::thread::spawn(move || sender.send((true, bounded(output))));
    std::thread::spawn(move || second.send((false, bounded(errors))));

    let (mut said, mut complained) = (None, None);
    while said.is_none() || complained.is_none() {
        match answers.recv_timeout(patience) {
            Ok((true, text)) => said = Some(text),
            Ok((false, text)) => complained = Some(text),
            Err(_) => {
                end(&mut child);
                return Err(ProbeError::Timeout);
            }
        }
    }
    end(&mut child);
    parse(path, &said.unwrap_or_default()).ok_or_else(|| {
        let complained = complained.unwrap_or_default();
        let line = complained.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        ProbeError::Answer(line.chars().filter(|c| !c.is_control()).take(200).collect())
    })
}

/// Reads some of a stream; an endless one is cut off.
fn bounded(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(16 * 1024).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Ends the child and whatever it started. Its answer is complete or unwanted by now.
fn end(child: &mut Child) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    if let Ok(pid) = i32::try_from(child.id()) {
        // The child is not reaped yet, so the group's number cannot have been given to another.
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
    }
    let _ = child.wait();
}

fn parse(path: &Path, said: &str) -> Option<Interpreter> {
    let line = said.lines().find_map(|line| line.strip_prefix(MARK))?;
    let mut words = line.splitn(4, ' ');
    let mut numbers = words.next()?.split('.').map(str::parse);
    let version = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    let implementation = words.next()?.to_owned();
    let free_threaded = words.next()?.contains('t');
    let quoted = words.next().unwrap_or_default().trim();
    let plain = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).filter(|text| !text.contains('\\'));
    let executable = plain.map(PathBuf::from).filter(|path| path.is_absolute());
    Some(Interpreter { path: path.to_path_buf(), version, implementation, free_threaded, executable })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fake(folder: &Path, text: &str) -> PathBuf {
        let path = folder.join("python3");
        // Written and renamed, so that no other test's fork holds the file open for writing when it is executed.
        std::fs::write(folder.join("new"), text).unwrap();
        std::fs::set_permissions(folder.join("new"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(folder.join("new"), &path).unwrap();
        path
    }

    #[test]
    fn answers_are_read_as_data() {
        let cases = [
            ("ct-tui-probe 3.13.0 cpython - '/usr/bin/python3'", Some(((3, 13, 0), "cpython", false, true))),
            ("noise\nct-tui-probe 3.13.1 cpython t '/x'\nmore", Some(((3, 13, 1), "cpython", true, true))),
            ("ct-tui-probe 2.7.18 cpython - ''", Some(((2, 7, 18), "cpython", false, false))),
            ("ct-tui-probe 3.10.1 pypy - '/x\\xff'", Some(((3, 10, 1), "pypy", false, false))),
            ("ct-tui-probe 3.13 cpython - ''", None),
            ("ct-tui-probe a.b.c cpython - ''", None),
            ("ct-tui-probe", None),
            ("Python 3.13.0", None),
            ("", None),
        ];
        for (said, expected) in cases {
            let found = parse(Path::new("/p"), said);
            let found = found.map(|it| (it.version, it.implementation, it.free_threaded, it.executable.is_some()));
            assert_eq!(found, expected.map(|(v, name, free, exe)| (v, name.to_owned(), free, exe)), "{said}");
        }
    }

    #[test]
    fn only_real_interpreters_are_remembered_and_each_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(note_name(&fake(folder.path(), "#!/bin/sh\n")), None, "a shim");
        fs::write(at("dispatcher"), "\x7fELF").unwrap();
        std::os::unix::fs::symlink("dispatcher", at("python")).unwrap();
        assert_eq!(note_name(&at("python")), None, "a link to something of another name");
        fs::write(at("python3.9"), "\x7fELF").unwrap();
        let before = note_name(&at("python3.9")).unwrap();
        assert_eq!(note_name(&at("python3.9")), Some(before.clone()));
        fs::write(at("python3.9"), "\x7fELF2").unwrap();
        assert_ne!(note_name(&at("python3.9")), Some(before));
        assert_eq!(note_name(&at("missing")), None);
    }

    #[test]
    fn suitability() {
        let cases = [
            ((3, 10, 0), "cpython", false, None),
            ((3, 9, 20), "cpython", false, Some("too old")),
            ((2, 7, 18), "cpython", false, Some("too old")),
            ((3, 13, 0), "cpython", true, Some("free-threaded")),
            ((3, 11, 0), "pypy", false, Some("not CPython")),
            ((4, 0, 0), "cpython", false, None),
        ];
        for (version, implementation, free_threaded, expected) in cases {
            let implementation = implementation.to_owned();
            let it = Interpreter { path: "/p".into(), version, implementation, free_threaded, executable: None };
            let reason = it.unsuitable();
            assert_eq!(reason.is_some(), expected.is_some(), "{it}");
            assert!(reason.unwrap_or_default().contains(expected.unwrap_or_default()), "{it}");
        }
    }

    #[test]
    fn impostors_are_survived() {
        let folder = tempfile::tempdir().unwrap();
        let cases = [
            (
                "#!/bin/sh\necho 'pyenv: python3: command not found' >&2; exit 127\n",
                "pyenv: python3: command not found",
            ),
            ("#!/bin/sh\nexit 0\n", "is no Python interpreter"),
            ("#!/bin/sh\nwhile :; do echo yes; done\n", "is no Python interpreter"),
            ("#!/no/such/interpreter\n", "cannot be run"),
        ];
        for (text, expected) in cases {
            let error = probe(&fake(folder.path(), text)).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(matches!(probe(Path::new("/no/such/python")), Err(ProbeError::Start(_))));
    }

    #[test]
    fn one_that_never_answers_is_given_up_with_all_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let marker = folder.path().join("pid");
        let text = format!("#!/bin/sh\nsleep 1000 &\necho $! > {}\nwait\n", marker.display());
        let path = fake(folder.path(), &text);
        assert_eq!(probe_within(&path, Duration::from_millis(500)), Err(ProbeError::Timeout));
    }
}
