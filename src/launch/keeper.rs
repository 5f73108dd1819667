//! The keeper: a process of our own between the terminal interface and the target.
//!
//! It opens the target's terminal, starts the target in it, sends the terminal's other end to the interface, and waits.
//! When the interface goes away, however that happens, it goes on reading the terminal so that the target does not block
//! on it, and when the target ends it completes the manifest. It talks with the interface over its standard input, a
//! socket, in lines of text.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use nix::sys::signal::{SigHandler, Signal, killpg, signal};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::Pid;
use portable_pty::{PtySize, native_pty_system};

use crate::trace::manifest::Exit;

use super::headless::wait_unreaped;
use super::output;

/// The first argument that makes this program a keeper. No command of the user's begins like this.
pub const KEEP: &str = "__keep";

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

/// What a keeper tells the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// The target runs under this process id; the terminal comes along.
    Started(u32),
    /// It could not be started, and why.
    Failed(String),
    /// It ended.
    Exited(Exit),
}

impl Report {
    fn line(&self) -> String {
        match self {
            Self::Started(pid) => format!("started {pid}\n"),
            Self::Failed(text) => format!("failed {}\n", text.replace('\n', " ")),
            Self::Exited(Exit::Code(code)) => format!("code {code}\n"),
            Self::Exited(Exit::Signal(signal)) => format!("signal {signal}\n"),
        }
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "started" => rest.parse().ok().map(Self::Started),
            "failed" => Some(Self::Failed(rest.to_owned())),
            "code" => rest.parse().ok().map(|code| Self::Exited(Exit::Code(code))),
            "signal" => rest.parse().ok().map(|signal| Self::Exited(Exit::Signal(signal))),
            _ => None,
        }
    }
}

/// What a keeper is told on its command line. The target's environment is its own.
struct Job {
    size: PtySize,
    trace: PathBuf,
    private: PathBuf,
    why_nothing: String,
    program: PathBuf,
    word: OsString,
    args: Vec<OsString>,
}

impl Job {
    fn parse(mut words: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut number = || words.next()?.to_str()?.parse().ok();
        let size = PtySize { rows: number()?, cols: number()?, pixel_width: 0, pixel_height: 0 };
        let trace = words.next()?.into();
        let private = words.next()?.into();
        let why_nothing = words.next()?.to_string_lossy().into_owned();
        let (program, word) = (words.next()?.into(), words.next()?);
        Some(Self { size, trace, private, why_nothing, program, word, args: words.collect() })
    }
}

/// Runs this process as a keeper, if its first argument is [`KEEP`].
#[must_use]
pub fn main_if_asked() -> Option<ExitCode> {
    let mut words = env::args_os();
    if words.nth(1).is_none_or(|word| word != KEEP) {
        return None;
    }
    let Some(job) = Job::parse(words) else { return Some(ExitCode::from(2)) };
    let Ok(socket) = io::stdin().as_fd().try_clone_to_owned() else { return Some(ExitCode::from(2)) };
    let socket = UnixStream::from(socket);
    Some(match keep(&job, &socket) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = (&socket).write_all(Report::Failed(error.to_string()).line().as_bytes());
            ExitCode::from(2)
        }
    })
}

fn keep(job: &Job, socket: &UnixStream) -> io::Result<()> {
    stand_apart();
    let pair = native_pty_system().openpty(job.size).map_err(io::Error::other)?;
    let name = pair.master.tty_name().ok_or_else(|| io::Error::other("the terminal has no name"))?;
    output::adopt(&job.trace)?;
    let mut child = command(job, &name)?.spawn()?;
    drop(pair.slave);
    let number = child.id();
    let pid = i32::try_from(number).map(Pid::from_raw).map_err(io::Error::other)?;
    let terminal = duplicate(pair.master.as_raw_fd())?;
    send(socket, &Report::Started(number), &terminal)?;

    let ended = Arc::new(Mutex::new(false));
    let listener = (socket.try_clone()?, Arc::clone(&ended));
    let trace = job.trace.clone();
    thread::spawn(move || listen(&listener.0, pid, &listener.1, terminal, &trace));
    let exit = wait_unreaped(pid)?;
    *ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
    let _ = child.wait();
    let _ = output::finish(&job.trace, number, exit, &job.why_nothing);
    if !job.private.as_os_str().is_empty() {
        let _ = fs::remove_dir_all(&job.private);
    }
    let mut socket = socket;
    let _ = socket.write_all(Report::Exited(exit).line().as_bytes());
    Ok(())
}

/// The target, as the leader of a session of its own with the terminal called `name`. (The library's own way to start
/// something closes the pipe on which a failed start is reported.)
#[allow(unsafe_code, reason = "only between fork and exec can a process get a terminal")]
fn command(job: &Job, name: &Path) -> io::Result<Command> {
    use std::os::unix::fs::OpenOptionsExt;
    let slave = File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(name)?;
    let mut command = Command::new(&job.program);
    command.arg0(&job.word).args(&job.args);
    command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
    let begin = || {
        nix::unistd::setsid()?;
        // SAFETY: setting default dispositions and this request are fine between fork and exec; descriptor 0 is the terminal.
        unsafe {
            for it in IGNORED {
                signal(it, SigHandler::SigDfl)?;
            }
            nix::errno::Errno::result(libc::ioctl(0, libc::TIOCSCTTY, 0))?;
        }
        Ok(())
    };
    // SAFETY: `begin` makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(begin) };
    Ok(command)
}

/// What the terminal of the interface could send, and a socket that nobody reads.
const IGNORED: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGPIPE];

/// Leaves the interface's session, so that nothing its terminal sends reaches us: Ctrl-C, a hang-up.
#[allow(unsafe_code, reason = "signal dispositions have no safe form")]
fn stand_apart() {
    let _ = nix::unistd::setsid();
    for it in IGNORED {
        // SAFETY: ignoring a signal runs no code. The target gets the default dispositions back when it is started.
        let _ = unsafe { signal(it, SigHandler::SigIgn) };
    }
}

/// Does what the interface says: signals go to the target's whole group, as those of its terminal do. When it is gone, reads the terminal in its place.
fn listen(socket: &UnixStream, pid: Pid, ended: &Mutex<bool>, terminal: OwnedFd, trace: &Path) {
    for line in BufReader::new(socket).lines() {
        let Ok(line) = line else { break };
        let number = line.strip_prefix("signal ").and_then(|number| number.parse::<i32>().ok());
        if let Some(signal) = number.and_then(|number| Signal::try_from(number).ok()) {
            let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
            // Once it was waited for, its number may be another's.
            if !*ended {
                let _ = killpg(pid, signal);
            }
        }
    }
    // The page that counts the space was made when the interface began to keep the output, with the limit in it.
    let mut kept = super::kept::begin(trace, 0, &terminal);
    let mut terminal = File::from(terminal);
    let mut bytes = vec![0; 64 * 1024];
    loop {
        match terminal.read(&mut bytes) {
            Ok(0) => return,
            Ok(length) => super::kept::keep(&mut kept, &bytes[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[allow(unsafe_code, reason = "the library hands out a plain number")]
fn duplicate(descriptor: Option<RawFd>) -> io::Result<OwnedFd> {
    let descriptor = descriptor.ok_or_else(|| io::Error::other("the terminal has no descriptor"))?;
    // SAFETY: the terminal is open and outlives this borrow.
    unsafe { BorrowedFd::borrow_raw(descriptor) }.try_clone_to_owned()
}

fn send(socket: &UnixStream, report: &Report, terminal: &OwnedFd) -> io::Result<()> {
    let line = report.line();
    let descriptors = [terminal.as_raw_fd()];
    let parts = [io::IoSlice::new(line.as_bytes())];
    sendmsg::<()>(socket.as_raw_fd(), &parts, &[ControlMessage::ScmRights(&descriptors)], MsgFlags::empty(), None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_survive_the_wire() {
        let cases = [
            Report::Started(4711),
            Report::Failed("no such file: x y".to_owned()),
            Report::Exited(Exit::Code(-1)),
            Report::Exited(Exit::Code(255)),
            Report::Exited(Exit::Signal(9)),
        ];
        for report in cases {
            assert_eq!(Report::parse(report.line().trim_end()), Some(report));
        }
        for line in ["", "code", "code x", "started -1", "nonsense 1"] {
            assert_eq!(Report::parse(line), None, "{line}");
        }
    }
}
