//! Files that are written through memory. Space is reserved on the disk before it is mapped, so that a full disk is an
//! error here and never a SIGBUS later; no descriptor stays open, so that a program that closes them all, or counts
//! them, meets none of ours; and no mapping is inherited by a forked child, which must not write into its parent's files.
#![allow(unsafe_code, reason = "mapping files; each block says why it is sound")]

use crate::trace::space::Space;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why no more can be written. The text is for people and ends up in the state page.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// `--max-size`.
    #[error("the trace reached its size limit of {limit} bytes (--max-size)")]
    Limit {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The operating system said no.
    #[error("cannot {what} {}: {error}", path.display())]
    Io {
        /// What was tried: `create`, `reserve space in`, `map`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Its answer.
        #[source]
        error: io::Error,
    },
}

/// A shared, writable mapping of a part of a file.
#[derive(Debug)]
pub struct Window {
    start: *mut u8,
    len: usize,
}

// SAFETY: a window is memory; who may write into it when is up to its users.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

impl Window {
    /// First byte.
    #[must_use]
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never true: nothing of length 0 can be mapped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: `map` got this range from mmap and nobody else unmaps it. A forked child does not have it, but
        // also never drops what it inherited (see `recorder::process`).
        unsafe { libc::munmap(self.start.cast(), self.len) };
    }
}

/// How a file is opened to be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// It must not exist yet; mode 0600.
    New,
    /// It must exist.
    Existing,
}

/// Reserves bytes `reserved .. offset + len` of the file on the disk and maps bytes `offset .. offset + len`. `offset`
/// must be a multiple of the page size.
///
/// # Errors
/// [`Failure::Io`], also when the process may not make files that large (without the signal that would come with it).
pub fn map(path: &Path, open: Open, reserved: u64, offset: u64, len: usize) -> Result<Window, Failure> {
    let used_up = |failure: &Failure| matches!(failure, Failure::Io { error, .. } if is_used_up(error));
    with_descriptors(used_up, || map_here(path, open, reserved, offset, len))
}

/// Does something that opens files. Where that fails because the program has used up its descriptors, it is done again in
/// a thread that has a table of its own, and still gets one.
///
/// # Errors
/// Those of `run`.
pub fn with_descriptors<T: Send, E: Send>(
    used_up: impl Fn(&E) -> bool,
    run: impl Fn() -> Result<T, E> + Sync,
) -> Result<T, E> {
    let error = match run() {
        Err(error) if used_up(&error) => error,
        done => return done,
    };
    std::thread::scope(|scope| {
        let elsewhere = std::thread::Builder::new().spawn_scoped(scope, || {
            own_descriptors();
            run()
        });
        elsewhere.ok().and_then(|thread| thread.join().ok())
    })
    .unwrap_or(Err(error))
}

/// Whether no descriptor is left.
pub fn is_used_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMFILE)
}

fn io_failure(what: &'static str, path: &Path, error: io::Error) -> Failure {
    Failure::Io { what, path: path.to_owned(), error }
}

fn map_here(path: &Path, open: Open, reserved: u64, offset: u64, len: usize) -> Result<Window, Failure> {
    let file = open_file(path, open).map_err(|error| io_failure("create", path, error))?;
    let end = offset + len as u64;
    if end > reserved {
        reserve(&file, reserved, end).map_err(|error| io_failure("reserve space in", path, error))?;
        fill(&file, reserved, end);
    }
    map_open(&file, offset, len).map_err(|error| io_failure("map", path, error))
}

fn open_file(path: &Path, open: Open) -> io::Result<OwnedFd> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    let flags = libc::O_RDWR | libc::O_CLOEXEC | libc::O_NOFOLLOW;
    let flags = if open == Open::New { flags | libc::O_CREAT | libc::O_EXCL } else { flags };
    loop {
        // SAFETY: a terminated string; the descriptor, if any, is ours alone.
        let descriptor = unsafe { libc::open(name.as_ptr(), flags, 0o600 as libc::c_uint) };
        if descriptor >= 0 {
            // SAFETY: just opened.
            return Ok(unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Whether this process may make a file of `end` bytes. Asked first, because trying costs a SIGXFSZ.
pub(super) fn file_size_allowed(end: u64) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is large enough.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) } == 0;
    !asked || limit.rlim_cur == libc::RLIM_INFINITY || end <= limit.rlim_cur
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn reserve(file: &OwnedFd, from: u64, end: u64) -> io::Result<()> {
    if !file_size_allowed(end) {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    loop {
        // SAFETY: a descriptor and two numbers. It returns the error and leaves errno alone.
        let error =
            unsafe { libc::posix_fallocate(file.as_raw_fd(), from as libc::off_t, (end - from) as libc::off_t) };
        match error {
            0 => return Ok(()),
            libc::EINTR => {}
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn reserve(file: &OwnedFd, from: u64, end: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    if !file_size_allowed(end) {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    // No call reserves space for sure here: write it.
    let file = std::fs::File::from(file.try_clone()?);
    let zeros = [0; 4096];
    let mut at = from;
    while at < end {
        let part = zeros.len().min((end - at) as usize);
        file.write_all_at(&zeros[..part], at)?;
        at += part as u64;
    }
    Ok(())
}

/// Puts the pages of a large new part into the page cache. One that is first touched through a mapping costs the program
/// five times what it costs here, and they are the larger part of what a call costs. Pieces larger than these make
/// touching them dear again (ext4 on 6.18). Whatever this fails to do is done when the pages are touched.
fn fill(file: &OwnedFd, from: u64, end: u64) {
    const PIECE: usize = 64 * 1024;
    static ZEROS: [u8; PIECE] = [0; PIECE];
    let mut at = from;
    while at + PIECE as u64 <= end {
        // SAFETY: the bytes are there to be read.
        let written = unsafe { libc::pwrite(file.as_raw_fd(), ZEROS.as_ptr().cast(), PIECE, at as libc::off_t) };
        if written != PIECE as libc::ssize_t {
            return;
        }
        at += PIECE as u64;
    }
}

fn map_open(file: &OwnedFd, offset: u64, len: usize) -> io::Result<Window> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice.
    let start = unsafe {
        libc::mmap(std::ptr::null_mut(), len, protection, libc::MAP_SHARED, file.as_raw_fd(), offset as libc::off_t)
    };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    #[cfg(target_os = "linux")]
    // SAFETY: advice on the mapping that was just made. Where it is not understood, the check of the process id
    // before each child's first event still holds.
    unsafe {
        libc::madvise(start, len, libc::MADV_DONTFORK);
        libc::madvise(start, len, libc::MADV_DONTDUMP);
    }
    Ok(Window { start: start.cast(), len })
}

/// Gives the calling thread an empty table of descriptors of its own: what it opens has nothing to do with what the
/// program opens and closes, and what the program closes is really closed. Returns whether that worked.
pub fn own_descriptors() -> bool {
    #[cfg(target_os = "linux")]
    {
        const CLOSE_RANGE_UNSHARE: libc::c_uint = 1 << 1;
        // SAFETY: affects this thread's descriptors only, of which it has none.
        if unsafe { libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, CLOSE_RANGE_UNSHARE) } == 0 {
            return true;
        }
        // SAFETY: from here on the table is this thread's own.
        if unsafe { libc::unshare(libc::CLONE_FILES) } == 0 {
            for descriptor in 0..1 << 16 {
                // SAFETY: only this thread's copies are closed.
                unsafe { libc::close(descriptor) };
            }
            return true;
        }
    }
    false
}

/// A file that grows, seen through one window at a time.
#[derive(Debug)]
pub struct GrowingFile {
    path: PathBuf,
    space: Arc<Space>,
    reserved: u64,
    window: Option<Window>,
}

impl GrowingFile {
    /// Nothing is created before the first [`Self::map`]. `path` must be absolute: the program may change its folder.
    #[must_use]
    pub fn new(path: PathBuf, space: Arc<Space>) -> Self {
        Self { path, space, reserved: 0, window: None }
    }

    /// Makes bytes `offset .. offset + len` writable and returns their address, valid until the next call. New bytes are 0.
    ///
    /// # Errors
    /// [`Failure`]; what was mapped before then still is.
    pub fn map(&mut self, offset: u64, len: usize) -> Result<*mut u8, Failure> {
        let end = offset + len as u64;
        let more = end.saturating_sub(self.reserved);
        self.space.take(more)?;
        let open = if self.reserved == 0 { Open::New } else { Open::Existing };
        match map(&self.path, open, self.reserved, offset, len) {
            Ok(window) => {
                self.reserved = self.reserved.max(end);
                Ok(self.window.insert(window).start())
            }
            Err(failure) => {
                self.space.give_back(more);
                Err(failure)
            }
        }
    }

    /// Ends the file behind its first `len` bytes. Nothing may be written afterwards.
    pub fn finish(&mut self, len: u64) {
        self.window = None;
        if self.reserved <= len {
            return;
        }
        let Ok(name) = CString::new(self.path.as_os_str().as_bytes()) else { return };
        // SAFETY: a terminated string. If it fails, the file is only longer than it had to be.
        if unsafe { libc::truncate(name.as_ptr(), len as libc::off_t) } == 0 {
            self.space.give_back(self.reserved - len);
            self.reserved = len;
        }
    }
}
