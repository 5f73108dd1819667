//! Keeps what the target writes to its terminal, stamped with the time, in the trace. Whoever reads the terminal does it:
//! the interface, and the keeper when that is gone. A disk that is full costs the output, never the target.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use crate::trace::output::OutputWriter;

/// Begins to keep the output of `terminal` (the end that is read), or goes on. `None`: it cannot be kept.
pub(super) fn begin(trace: &Path, limit: u64, terminal: &OwnedFd) -> Option<OutputWriter> {
    OutputWriter::open(trace, limit, device(terminal)).ok()
}

/// Keeps what was just read.
pub(super) fn keep(kept: &mut Option<OutputWriter>, bytes: &[u8]) {
    if let Some(kept) = kept {
        kept.append(bytes, super::output::now().mono_ns);
    }
}

/// The device number of the end that the target writes to; 0: not known.
#[allow(unsafe_code, reason = "the name of a terminal's other end has no safe form")]
fn device(terminal: &OwnedFd) -> u64 {
    let mut name = [0 as libc::c_char; 128];
    // SAFETY: the descriptor is open, and the name is written into the array, with its end.
    let name = unsafe {
        if libc::ptsname_r(terminal.as_raw_fd(), name.as_mut_ptr(), name.len()) != 0 {
            return 0;
        }
        std::ffi::CStr::from_ptr(name.as_ptr())
    };
    let path = Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name.to_bytes()));
    std::fs::metadata(path).map_or(0, |found| std::os::unix::fs::MetadataExt::rdev(&found))
}
