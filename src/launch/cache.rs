//! Unpacks the recorder and its `sitecustomize` to where an interpreter can load them.
//!
//! What lies there is code that will run with the user's rights inside the user's programs, so the place must be one
//! that no other user can write to, and what was found there is compared, byte for byte, with what this binary carries
//! before it is used. The normal place is a folder in the user's cache, named by the hash of its content: programs of
//! different versions do not meet, and what is there once never changes. Where that cannot be had (read-only, planted by
//! somebody else, mounted without execution), a private folder for this one run takes its place.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{LaunchError, paths};

/// File name of the extension module; Python finds its `PyInit_` function by the part before the first dot.
pub const EXTENSION: &str = "_ct_tui_recorder.abi3.so";
/// File name of the bootstrap.
pub const BOOTSTRAP: &str = "sitecustomize.py";

/// What is unpacked: names and content.
const FILES: [(&str, &[u8]); 2] = [
    (EXTENSION, include_bytes!(env!("CT_TUI_EMBEDDED_RECORDER"))),
    (BOOTSTRAP, include_bytes!("../../assets/bootstrap/sitecustomize.py")),
];

/// The folder that they are unpacked to, named by their content, which `build.rs` has hashed: 64 bits are plenty to keep
/// versions apart, and nothing is trusted because of its name.
const FOLDER: &str = concat!("recorder-", env!("CT_TUI_EMBEDDED_HASH"));

/// An unpacked recorder. A private copy is removed when this is dropped.
#[derive(Debug)]
pub struct Unpacked {
    /// The folder that goes in front of `PYTHONPATH`.
    pub folder: PathBuf,
    /// Why this is a private copy for one run rather than the shared one, a line per place that would not do.
    pub refused: Vec<String>,
    private: bool,
}

impl Unpacked {
    /// The extension module.
    #[must_use]
    pub fn extension(&self) -> PathBuf {
        self.folder.join(EXTENSION)
    }

    /// The folder of a private copy.
    #[must_use]
    pub fn private_folder(&self) -> Option<&Path> {
        self.private.then_some(self.folder.as_path())
    }

    /// Leaves a private copy where it is, for a target that outlives us.
    pub fn keep(&mut self) {
        self.private = false;
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if self.private {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Unpacks the recorder, or finds it unpacked.
///
/// # Errors
///
/// There is no place for it; the message names each that was tried, with the reason.
pub fn unpack() -> Result<Unpacked, LaunchError> {
    let temporary = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
    unpack_to(paths::cache_home().as_deref(), &temporary, &FILES)
}

/// The folder that the recorder is normally unpacked to, for `doctor`.
#[must_use]
pub fn usual_place() -> Option<PathBuf> {
    paths::cache_home().map(|home| home.join("ct-tui").join(FOLDER))
}

/// Reads a small note that [`remember`] left in our part of the cache.
#[must_use]
pub fn recall(name: &str) -> Option<String> {
    let path = private_part(&paths::cache_home()?).ok()?.join(name);
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path).ok()?;
    let meta = file.metadata().ok()?;
    let mut text = String::new();
    let sound = meta.is_file() && meta.uid() == me() && meta.mode() & 0o022 == 0;
    (sound && file.take(4096).read_to_string(&mut text).is_ok()).then_some(text)
}

/// Leaves a small note in our part of the cache. Where that cannot be had, nothing is remembered.
pub fn remember(name: &str, text: &str) {
    let write = || -> io::Result<()> {
        let ours = private_part(&paths::cache_home().ok_or(io::ErrorKind::NotFound)?)?;
        let fresh = ours.join(format!("{name}.{}", std::process::id()));
        let _ = fs::remove_file(&fresh);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&fresh, ours.join(name))
    };
    let _ = write();
}

fn unpack_to(home: Option<&Path>, temporary: &[PathBuf], files: &[(&str, &[u8])]) -> Result<Unpacked, LaunchError> {
    let mut refused = Vec::new();
    match home {
        None => refused.push("no cache folder: HOME is not set".to_owned()),
        Some(home) => match shared(home, files) {
            Ok(folder) => return Ok(Unpacked { folder, refused, private: false }),
            Err(error) => refused.push(format!("{}: {error}", home.display())),
        },
    }
    for place in temporary {
        match private(place, files) {
            Ok(folder) => return Ok(Unpacked { folder, refused, private: true }),
            Err(error) => refused.push(format!("{}: {error}", place.display())),
        }
    }
    Err(LaunchError::Cache(refused.join("; ")))
}

fn refuse<T>(text: impl Into<String>) -> io::Result<T> {
    Err(io::Error::other(text.into()))
}

/// Our folder in the user's cache: private, ours, and such that nobody else can put another in its place.
fn private_part(home: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(home)?;
    // Links up to here are the user's own business; from here on none is followed.
    let home = fs::canonicalize(home)?;
    usable(&home)?;
    let ours = home.join("ct-tui");
    match DirBuilder::new().mode(0o700).create(&ours) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let meta = fs::symlink_metadata(&ours)?;
    if !meta.is_dir() || meta.uid() != me() {
        return refuse("ct-tui in it is not a folder of ours");
    }
    if meta.mode() & 0o077 != 0 {
        // Made by an older umask or by hand. Whatever others put into it meanwhile is caught by the comparison.
        fs::set_permissions(&ours, Permissions::from_mode(0o700))?;
    }
    Ok(ours)
}

/// The copy in the user's cache: found and verified, or made.
fn shared(home: &Path, files: &[(&str, &[u8])]) -> io::Result<PathBuf> {
    let ours = private_part(home)?;
    let place = ours.join(FOLDER);
    if verify(&place, files).is_err() {
        install(&ours, &place, files)?;
    }
    Ok(place)
}

/// A copy of our own, for one run.
fn private(place: &Path, files: &[(&str, &[u8])]) -> io::Result<PathBuf> {
    let place = fs::canonicalize(place)?;
    usable(&place)?;
    let folder = nix::unistd::mkdtemp(&place.join("ct-tui-XXXXXX"))?;
    write(&folder, files).and_then(|()| verify(&folder, files)).map(|()| folder.clone()).inspect_err(|_| {
        let _ = fs::remove_dir_all(&folder);
    })
}

/// Whether code may lie below this folder: nobody else can rename things on the way to it, files in it may be executed,
/// and `PYTHONPATH` can name it.
fn usable(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().as_bytes().contains(&b':') {
        return refuse("PYTHONPATH cannot hold a path with a colon");
    }
    for above in folder.ancestors() {
        let meta = fs::symlink_metadata(above)?;
        if !secure(meta.uid(), meta.gid(), meta.mode()) {
            return refuse(format!("other users may write to {}", above.display()));
        }
    }
    let flags = nix::sys::statvfs::statvfs(folder)?.flags();
    if flags.contains(nix::sys::statvfs::FsFlags::ST_RDONLY) {
        return refuse("a read-only file system");
    }
    #[cfg(target_os = "linux")]
    if flags.contains(nix::sys::statvfs::FsFlags::ST_NOEXEC) {
        return refuse("a file system that nothing can be executed from");
    }
    Ok(())
}

/// Whether a folder of this owner and mode keeps what is in it from other users. A sticky folder such as `/tmp` does: only
/// the owner of an entry may rename it. A group with the number of its only user is that user's own.
fn secure(owner: u32, group: u32, mode: u32) -> bool {
    if owner != me() && owner != 0 {
        return false;
    }
    let others = if group == me() && owner == me() { 0o002 } else { 0o022 };
    mode & others == 0 || mode & 0o1000 != 0
}

fn me() -> u32 {
    nix::unistd::geteuid().as_raw()
}

/// Compares what lies at `place` with what should.
fn verify(place: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    let meta = fs::symlink_metadata(place)?;
    if !meta.is_dir() || meta.uid() != me() || meta.mode() & 0o022 != 0 {
        return refuse("not a private folder of ours");
    }
    for entry in fs::read_dir(place)? {
        let name = entry?.file_name();
        // Python keeps the compiled bootstrap here. Anything else could be imported by a program by accident.
        if name != "__pycache__" && !files.iter().any(|(known, _)| name == *known) {
            return refuse("there is something else in it");
        }
    }
    for (name, content) in files {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
        let mut file = OpenOptions::new().read(true).custom_flags(flags).open(place.join(name))?;
        let meta = file.metadata()?;
        if !meta.is_file() || meta.uid() != me() || meta.mode() & 0o022 != 0 || meta.len() != content.len() as u64 {
            return refuse("a file in it is not ours");
        }
        if !is_all(&mut file, content)? {
            return refuse("a file in it was changed");
        }
    }
    Ok(())
}

/// Whether a file holds this content and nothing else. Read in parts: megabytes of fresh memory cost more than reading.
fn is_all(file: &mut File, mut content: &[u8]) -> io::Result<bool> {
    let mut part = vec![0; 64 * 1024];
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(content.is_empty()),
            Ok(read) => match content.strip_prefix(&part[..read]) {
                Some(rest) => content = rest,
                None => return Ok(false),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes a complete copy beside the place and moves it there in one step. Several may do this at once: the first one
/// wins, and the others use its copy.
fn install(ours: &Path, place: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    let fresh = nix::unistd::mkdtemp(&ours.join("new-XXXXXX"))?;
    let moved = write(&fresh, files).and_then(|()| {
        if fs::symlink_metadata(place).is_ok() && verify(place, files).is_err() {
            let old = nix::unistd::mkdtemp(&ours.join("old-XXXXXX"))?;
            let _ = fs::rename(place, old.join("x"));
            let _ = fs::remove_dir_all(&old);
        }
        fs::rename(&fresh, place)
    });
    if let Err(error) = moved {
        let _ = fs::remove_dir_all(&fresh);
        return verify(place, files).map_err(|_| error);
    }
    verify(place, files)
}

fn write(folder: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    for (name, content) in files {
        if content.is_empty() {
            return refuse(format!("this build carries no {name}"));
        }
        let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name))?;
        file.write_all(content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
