//! The page that all processes of a trace share to count what they reserve on the disk, so that `--max-size` holds for
//! all of them together.
#![allow(unsafe_code, reason = "atomics in mapped memory; each block says why it is sound")]

use crate::trace::format::{SPACE, space};
use crate::trace::memory::{Failure, Open, Window, map};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The shared page. See [`crate::trace::format::space`].
#[derive(Debug)]
pub struct Space {
    page: Window,
}

impl Space {
    /// Opens the page of the trace at `root`, or makes one with this limit (bytes; 0: none) when there is none yet.
    ///
    /// # Errors
    /// [`Failure::Io`], also when the file is not such a page.
    pub fn open(root: &Path, limit: u64) -> Result<Self, Failure> {
        let path = root.join(SPACE);
        match std::fs::metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(root, &path, limit)?,
            Err(error) => return Err(Failure::Io { what: "read", path, error }),
        }
        let length = std::fs::metadata(&path).map_or(0, |data| data.len());
        let damaged = |path| Failure::Io { what: "use", path, error: io::ErrorKind::InvalidData.into() };
        if length < space::SIZE as u64 {
            return Err(damaged(path));
        }
        let page = map(&path, Open::Existing, length, 0, space::SIZE)?;
        // SAFETY: the page is at least this long, and aligned.
        let magic = unsafe { page.start().cast::<u32>().read_volatile() };
        if magic == space::MAGIC { Ok(Self { page }) } else { Err(damaged(path)) }
    }

    /// Several processes may do this at once: the first that links its page in wins.
    fn create(root: &Path, path: &Path, limit: u64) -> Result<(), Failure> {
        let mut bytes = vec![0; space::SIZE];
        bytes[space::AT_MAGIC..][..4].copy_from_slice(&space::MAGIC.to_le_bytes());
        bytes[space::AT_LIMIT..][..8].copy_from_slice(&limit.to_le_bytes());
        let draft = root.join(format!(".{SPACE}.{}", std::process::id()));
        let written =
            crate::trace::process_file::write_private(&draft, &bytes).and_then(|()| {
                match std::fs::hard_link(&draft, path) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                    _ => Ok(()),
                }
            });
        let _ = std::fs::remove_file(&draft);
        written.map_err(|error| Failure::Io { what: "create", path: path.to_owned(), error })
    }

    fn number(&self, at: usize) -> &AtomicU64 {
        // SAFETY: inside the page, aligned to 8, and only ever used as an atomic.
        unsafe { AtomicU64::from_ptr(self.page.start().add(at).cast()) }
    }

    /// Bytes that may be reserved in all; 0: no limit.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.number(space::AT_LIMIT).load(Relaxed)
    }

    /// Bytes reserved so far by all processes.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.number(space::AT_RESERVED).load(Relaxed)
    }

    /// Counts `bytes` as reserved.
    ///
    /// # Errors
    /// [`Failure::Limit`]: they are not counted, there is no room for them.
    pub fn take(&self, bytes: u64) -> Result<(), Failure> {
        let before = self.number(space::AT_RESERVED).fetch_add(bytes, Relaxed);
        let limit = self.limit();
        if bytes > 0 && limit != 0 && before.saturating_add(bytes) > limit {
            self.give_back(bytes);
            return Err(Failure::Limit { limit });
        }
        Ok(())
    }

    /// Counts `bytes` as free again.
    pub fn give_back(&self, bytes: u64) {
        self.number(space::AT_RESERVED).fetch_sub(bytes, Relaxed);
    }
}
