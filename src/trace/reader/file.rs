//! Reading files that nobody vouches for: a trace may have been copied, cut, or made by a stranger. Nothing here blocks
//! on a pipe, maps memory, or allocates what a length field asks for.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Opens `path` for reading if it is a regular file.
///
/// # Errors
/// The system's, or `InvalidInput` when it is something else (a pipe, a device, a folder).
pub fn open_regular(path: &Path) -> io::Result<File> {
    // O_NONBLOCK: a named pipe must not hang us before we can see what it is.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// The system's, or `InvalidData` when the file is larger.
pub fn read_small(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    let file = open_regular(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too large"));
    }
    Ok(bytes)
}

/// Fills `buffer` from `offset` on, as far as the file goes; returns how many bytes were read.
///
/// # Errors
/// The system's.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Little-endian `u32` at `at`; 0 where the bytes end early.
#[must_use]
pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|part| part.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// Little-endian `u64` at `at`; 0 where the bytes end early.
#[must_use]
pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// A few open event files: a trace may have tens of thousands, a process not so many descriptors.
#[derive(Debug, Default)]
pub struct Files {
    open: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    files: HashMap<(u32, u32), (Arc<File>, u64)>,
    clock: u64,
}

impl Files {
    /// Descriptors held at most.
    const CAPACITY: usize = 32;

    /// The file that `key` stands for, opened again when it was pushed out.
    ///
    /// # Errors
    /// As [`open_regular`].
    pub fn get(&self, key: (u32, u32), path: &Path) -> io::Result<Arc<File>> {
        let mut recent = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        recent.clock += 1;
        let now = recent.clock;
        if let Some((file, used)) = recent.files.get_mut(&key) {
            *used = now;
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(open_regular(path)?);
        if recent.files.len() >= Self::CAPACITY
            && let Some(oldest) = recent.files.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key)
        {
            recent.files.remove(&oldest);
        }
        recent.files.insert(key, (Arc::clone(&file), now));
        Ok(file)
    }
}
