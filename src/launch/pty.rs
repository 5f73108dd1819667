//! A target in a terminal of its own: the side of the terminal interface.
//!
//! The interface does not start the target itself. It starts a *keeper* (see [`super::keeper`]), a small process of our
//! own that opens the terminal, is the target's parent, and lends us the terminal's other end. So a target outlives an
//! interface that is quit, killed or crashes: its terminal stays open, its output is read, and its exit status finds its
//! way into the manifest.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use nix::sys::signal::Signal;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

use crate::trace::manifest::Exit;

use super::LaunchError;
use super::keeper::{KEEP, Report, Size};
use super::prepare::Prepared;

/// Something a running target did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PtyEvent {
    /// It wrote this to its terminal. Never empty; cut anywhere, also within a character or an escape sequence.
    Output(Vec<u8>),
    /// It ended. Output may still follow.
    Exited(Exit),
    /// The keeper is gone, killed by somebody; how the target ends will not be known.
    KeeperLost,
}

/// A target that runs in a terminal of its own. Dropping this leaves it running.
#[derive(Debug)]
pub struct PtySession {
    trace: PathBuf,
    pid: u32,
    terminal: Arc<OwnedFd>,
    keeper: UnixStream,
}

impl PtySession {
    /// Starts a prepared target in a terminal of this size. `notify` is called from two threads of the session's own
    /// until the target has ended and all its output was read.
    ///
    /// # Errors
    ///
    /// The target or its keeper cannot be started; the trace directory is gone again then.
    pub fn start(
        prepared: Prepared,
        size: Size,
        notify: impl Fn(PtyEvent) + Clone + Send + 'static,
    ) -> Result<Self, LaunchError> {
        let program = prepared.program.display().to_string();
        let ourselves = env::current_exe().map_err(|error| LaunchError::Start { program, error })?;
        Self::start_by(&ourselves, prepared, size, notify)
    }

    /// The same, by another copy of this program, for tests.
    ///
    /// # Errors
    ///
    /// As for [`PtySession::start`].
    pub fn start_by(
        ourselves: &Path,
        mut prepared: Prepared,
        size: Size,
        notify: impl Fn(PtyEvent) + Clone + Send + 'static,
    ) -> Result<Self, LaunchError> {
        let program = prepared.program.display().to_string();
        match Self::begin(ourselves, &prepared, size) {
            Ok((keeper, Begun::Started(pid, terminal))) => {
                // The keeper outlives us, and with it the copy that the target's children load.
                prepared.recorder.keep();
                let session = Self { trace: prepared.trace.clone(), pid, terminal: Arc::new(terminal), keeper };
                session
                    .listen(prepared.manifest.options.max_size, notify)
                    .map_err(|error| LaunchError::Start { program, error })?;
                Ok(session)
            }
            Ok((_, Begun::Failed(text))) => {
                prepared.abandon();
                Err(LaunchError::Start { program, error: io::Error::other(text) })
            }
            Err(error) => {
                prepared.abandon();
                Err(LaunchError::Start { program, error })
            }
        }
    }

    fn begin(ourselves: &Path, prepared: &Prepared, size: Size) -> io::Result<(UnixStream, Begun)> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut keeper = Command::new(ourselves);
        keeper.arg(KEEP).arg(size.rows.to_string()).arg(size.columns.to_string());
        keeper.arg(&prepared.trace).arg(prepared.recorder.private_folder().unwrap_or(Path::new("")));
        keeper.arg(prepared.why_nothing()).arg(&prepared.program).arg(&prepared.word).args(&prepared.args);
        prepared.apply_environment(&mut keeper);
        // What the interface emulates, whatever it runs in itself.
        keeper.env("TERM", "xterm-256color").env_remove("TERMCAP").env_remove("LINES").env_remove("COLUMNS");
        keeper.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = keeper.spawn()?;
        drop(keeper);
        // It becomes the leader of its own session; this only takes it out of the process table when it ends.
        thread::spawn(move || child.wait());
        let begun = receive(&ours)?;
        Ok((ours, begun))
    }

    fn listen(&self, max_size: u64, notify: impl Fn(PtyEvent) + Clone + Send + 'static) -> io::Result<()> {
        let mut terminal = File::from(self.terminal.try_clone()?);
        let mut kept = super::kept::begin(&self.trace, max_size, &self.terminal);
        let keeper = BufReader::new(self.keeper.try_clone()?);
        let output = notify.clone();
        thread::Builder::new().name("terminal".to_owned()).spawn(move || {
            let mut buffer = vec![0; 16 * 1024];
            loop {
                match terminal.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(length) => {
                        super::kept::keep(&mut kept, &buffer[..length]);
                        output(PtyEvent::Output(buffer[..length].to_vec()));
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // EIO: the last process has closed its end.
                    Err(_) => break,
                }
            }
        })?;
        thread::Builder::new().name("keeper".to_owned()).spawn(move || {
            for line in keeper.lines() {
                if let Ok(line) = line
                    && let Some(Report::Exited(exit)) = Report::parse(&line)
                {
                    notify(PtyEvent::Exited(exit));
                    return;
                }
            }
            notify(PtyEvent::KeeperLost);
        })?;
        Ok(())
    }

    /// The trace directory.
    #[must_use]
    pub fn trace(&self) -> &Path {
        &self.trace
    }

    /// The target's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Writes to the terminal what the user typed. Blocks while the target does not read and the terminal is full.
    ///
    /// # Errors
    ///
    /// The terminal is closed.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        File::from(self.terminal.try_clone()?).write_all(bytes)
    }

    /// Another way to write to the terminal, for a thread that types.
    ///
    /// # Errors
    ///
    /// No descriptors are left.
    pub fn writer(&self) -> io::Result<File> {
        Ok(File::from(self.terminal.try_clone()?))
    }

    /// Tells the terminal, and through it the target, its new size.
    ///
    /// # Errors
    ///
    /// The terminal is closed.
    #[allow(unsafe_code, reason = "ioctl has no safe form here")]
    pub fn resize(&self, size: Size) -> io::Result<()> {
        let size = libc::winsize { ws_row: size.rows.max(1), ws_col: size.columns.max(1), ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the descriptor is open and the argument points to the structure that this request reads.
        let result = unsafe { libc::ioctl(self.terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Sends the target, and what it started in its process group, a signal, unless it has ended.
    ///
    /// # Errors
    ///
    /// The keeper is gone.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        writeln!(&self.keeper, "signal {}", signal as i32)
    }
}

/// What came of the start.
enum Begun {
    Started(u32, OwnedFd),
    Failed(String),
}

/// Reads the keeper's first report, and the terminal that comes with it.
#[allow(unsafe_code, reason = "received descriptors come as plain numbers")]
fn receive(keeper: &UnixStream) -> io::Result<Begun> {
    let mut text = [0; 4096];
    let mut space = nix::cmsg_space!([RawFd; 1]);
    let mut parts = [io::IoSliceMut::new(&mut text)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(keeper.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
    let mut terminal = None;
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(descriptors) = part {
            for descriptor in descriptors {
                // SAFETY: the kernel has just made this descriptor for us, and nothing else knows its number.
                terminal = Some(unsafe { OwnedFd::from_raw_fd(descriptor) });
            }
        }
    }
    let length = message.bytes;
    let report = String::from_utf8_lossy(&text[..length]).into_owned();
    match (Report::parse(report.trim_end()), terminal) {
        (Some(Report::Started(pid)), Some(terminal)) => Ok(Begun::Started(pid, terminal)),
        (Some(Report::Failed(text)), _) => Ok(Begun::Failed(text)),
        _ => Err(io::Error::other("its keeper ended at once")),
    }
}
