//! The explorer's side of the control channel. The recorder in each process listens on a socket in that process's folder;
//! a command is one line of JSON, and one line comes back. Whoever opens the trace can connect, also an explorer that was
//! started later.
//!
//! Nothing here waits without end: a process that is stopped, or gone, is reported like any other answer. All processes
//! are asked at the same time, so one that is silent does not keep the others waiting.

use crate::filter::Source;
use crate::model::id::ProcessKey;
use crate::trace::control::Reply;
pub use crate::trace::control::{Accepted, Command};
use crate::trace::format::{CONTROL_SOCKET as SOCKET, FILTERS as CHAIN};
use crate::trace::manifest::ChainUpdate;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// How long a process may take to answer before it is called silent.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// A reply longer than this is none of the recorder's.
const MAX_REPLY: usize = 1 << 16;

/// Longest path that fits into a socket address, its end included.
const MAX_ADDRESS: usize = 108;

/// Processes that are asked at the same time.
const AT_ONCE: usize = 32;

/// Why a process did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody listens: the process has ended, or its recorder was stopped.
    #[error("it is gone")]
    Gone,
    /// It listens, but has not answered.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// It answered no.
    #[error("refused: {0}")]
    Refused(String),
    /// It answered something else.
    #[error("not understood: {0}")]
    Garbled(String),
}

/// What came of a command, process by process.
pub type Replies = Vec<(ProcessKey, Result<Accepted, Refusal>)>;

/// Makes the chain the one that processes use that start from now on. Replaces the file in one step, so that nobody ever
/// reads half of it.
///
/// # Errors
///
/// The file cannot be written.
pub fn publish(trace: &Path, generation: u32, filters: &[Source]) -> io::Result<()> {
    let update = ChainUpdate { generation, filters: filters.to_vec() };
    let text = serde_json::to_vec(&update).map_err(io::Error::other)?;
    // A name of its own, so that two explorers do not write into each other's file.
    let fresh = trace.join(format!(".{CHAIN}.{}", std::process::id()));
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&fresh)?;
        file.write_all(&text)?;
        fs::rename(&fresh, trace.join(CHAIN))
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&fresh);
    })
}

/// Tells these processes of the trace, all at the same time, and waits at most `patience` for each. The replies come in
/// the order of `processes`.
#[must_use]
pub fn tell(trace: &Path, processes: &[ProcessKey], command: &Command, patience: Duration) -> Replies {
    let line: Arc<[u8]> = match serde_json::to_vec(command) {
        Ok(mut line) => {
            line.push(b'\n');
            line.into()
        }
        Err(error) => {
            let garbled = Refusal::Garbled(error.to_string());
            return processes.iter().map(|key| (key.clone(), Err(garbled.clone()))).collect();
        }
    };
    let folders: Arc<[PathBuf]> = processes.iter().map(|key| trace.join(key.to_string())).collect();
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, replies) = mpsc::channel();
    for _ in 0..processes.len().min(AT_ONCE) {
        let (line, folders, next, sender) = (line.clone(), folders.clone(), next.clone(), sender.clone());
        // A thread of its own: connecting to a process that is stopped can block without a limit.
        std::thread::spawn(move || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(folder) = folders.get(at) else { return };
                let _ = sender.send((at, ask(folder, &line, patience)));
            }
        });
    }
    drop(sender);
    let mut out: Vec<Result<Accepted, Refusal>> = vec![Err(Refusal::Silent(patience)); processes.len()];
    // Every thread answers within its patience, unless it hangs in the connection itself. As many rounds as there are
    // processes per thread, and one more.
    let rounds = u32::try_from(processes.len().div_ceil(AT_ONCE) + 1).unwrap_or(u32::MAX);
    let end = Instant::now() + patience.saturating_mul(rounds);
    for _ in processes {
        match replies.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok((at, reply)) => out[at] = reply,
            Err(_) => break,
        }
    }
    processes.iter().cloned().zip(out).collect()
}

/// One question, one answer.
fn ask(folder: &Path, line: &[u8], patience: Duration) -> Result<Accepted, Refusal> {
    let mut stream = connect(folder).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Refusal::Silent(patience),
        _ => Refusal::Gone,
    })?;
    let end = Instant::now() + patience;
    let broken = |error: &io::Error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Refusal::Silent(patience),
        _ => Refusal::Gone,
    };
    let limited = |stream: &UnixStream| -> Result<(), Refusal> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Refusal::Silent(patience));
        }
        let set = stream.set_read_timeout(Some(left)).and_then(|()| stream.set_write_timeout(Some(left)));
        set.map_err(|error| Refusal::Garbled(error.to_string()))
    };
    limited(&stream)?;
    stream.write_all(line).map_err(|error| broken(&error))?;
    let mut reply = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        limited(&stream)?;
        let read = match stream.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(&error)),
        };
        if read == 0 {
            return if reply.is_empty() { Err(Refusal::Gone) } else { understand(&reply) };
        }
        if let Some(end) = buffer[..read].iter().position(|byte| *byte == b'\n') {
            reply.extend_from_slice(&buffer[..end]);
            return understand(&reply);
        }
        reply.extend_from_slice(&buffer[..read]);
        if reply.len() > MAX_REPLY {
            return Err(Refusal::Garbled("a reply without an end".to_owned()));
        }
    }
}

/// Reads a reply.
fn understand(reply: &[u8]) -> Result<Accepted, Refusal> {
    match serde_json::from_slice::<Reply>(reply) {
        Ok(Reply { ok: true, accepted, .. }) => Ok(accepted),
        Ok(Reply { error, .. }) => Err(Refusal::Refused(error.unwrap_or_else(|| "no reason given".to_owned()))),
        Err(error) => Err(Refusal::Garbled(error.to_string())),
    }
}

/// Connects to the socket of a process. A path that is too long for an address is reached through the folder's
/// descriptor.
fn connect(folder: &Path) -> io::Result<UnixStream> {
    let path = folder.join(SOCKET);
    // A trace may come from anywhere: a link in it must not lead to somebody else's socket.
    if !fs::symlink_metadata(&path)?.file_type().is_socket() {
        return Err(io::ErrorKind::NotFound.into());
    }
    if path.as_os_str().len() < MAX_ADDRESS {
        return UnixStream::connect(path);
    }
    let folder: File =
        fs::OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(folder)?;
    UnixStream::connect(format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()))
}

#[cfg(test)]
mod tests;
