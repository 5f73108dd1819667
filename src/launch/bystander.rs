//! Tells a signal that was sent to our whole process group, which the target has got as well, from one that was sent to us
//! alone and is ours to pass on. The signal itself does not say. So a process of ours stands by in the group, with every
//! signal blocked: what was sent to the group is pending there.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, Pid, fork, pipe};

/// How long the second of two signals may take: `timeout` sends to its child first, and then to the group.
const PATIENCE: Duration = Duration::from_millis(50);
const STEP: Duration = Duration::from_millis(2);

/// The process that stands by. It ends when this is dropped, or when we end, however that happens.
pub(super) struct Bystander {
    pid: Pid,
    _pipe: OwnedFd,
}

impl Bystander {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// The system's, for instance that there are too many processes.
    #[allow(unsafe_code, reason = "fork is unsafe")]
    pub(super) fn start() -> io::Result<Self> {
        let (theirs, ours) = pipe()?;
        // SAFETY: the child makes system calls only; it allocates nothing and takes no lock.
        match unsafe { fork()? } {
            ForkResult::Parent { child } => Ok(Self { pid: child, _pipe: ours }),
            ForkResult::Child => stand_by(theirs.as_raw_fd()),
        }
    }

    /// Whether this signal was, or within a moment is, sent to the whole group.
    pub(super) fn got(&self, signal: Signal) -> bool {
        let start = Instant::now();
        loop {
            if pending(self.pid) & (1 << (signal as i32 - 1)) != 0 {
                return true;
            }
            if start.elapsed() > PATIENCE {
                return false;
            }
            std::thread::sleep(STEP);
        }
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        while nix::sys::wait::waitpid(self.pid, None) == Err(nix::Error::EINTR) {}
    }
}

/// The signals that wait for a process, a bit for each. None where the system does not say.
fn pending(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let shared = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
    shared.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Waits until the other end of the pipe is closed, and holds nothing else open meanwhile.
#[allow(unsafe_code, reason = "system calls between fork and exit")]
fn stand_by(pipe: i32) -> ! {
    // SAFETY: these calls get numbers and addresses of our own stack only.
    unsafe {
        let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut());
        libc::dup2(pipe, 0);
        #[cfg(target_os = "linux")]
        libc::syscall(libc::SYS_close_range, 1, u32::MAX, 0);
        #[cfg(not(target_os = "linux"))]
        for descriptor in 1..i32::try_from(libc::sysconf(libc::_SC_OPEN_MAX)).unwrap_or(1024).clamp(64, 65_536) {
            libc::close(descriptor);
        }
        let mut byte = 0_u8;
        while libc::read(0, (&raw mut byte).cast(), 1) > 0 {}
        libc::_exit(0)
    }
}
