//! Runs a prepared target on the terminal (or pipes) that we were started on, and waits for it.
//!
//! The target gets our stdin, stdout and stderr and stays in our process group, so that it behaves as if it had been
//! started directly. What a terminal or `timeout` sends, it sends to the whole group, and the target gets it by itself;
//! what somebody sends to *us* alone, such as `kill -TERM`, is passed on.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::{Pid, getpgid};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::raw::WithRawSiginfo;

use crate::trace::manifest::Exit;

use super::bystander::Bystander;
use super::prepare::Prepared;
use super::{LaunchError, output};

/// Signals that would end us, and are for the target.
const PASSED_ON: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2];

/// Runs the target to its end and completes the manifest.
///
/// # Errors
///
/// The target cannot be started; the trace directory is gone again then.
pub fn run(prepared: &mut Prepared) -> Result<Exit, LaunchError> {
    let failed = |error| LaunchError::Start { program: prepared.program.display().to_string(), error };
    let heard: Vec<i32> = PASSED_ON.into_iter().filter(|it| !is_ignored(*it)).map(|it| it as i32).collect();
    let mut signals = SignalsInfo::<WithRawSiginfo>::new(&heard).map_err(failed)?;
    let handle = signals.handle();
    let mut child = match prepared.command().spawn() {
        Ok(child) => child,
        Err(error) => {
            let error = failed(error);
            prepared.abandon();
            return Err(error);
        }
    };
    let bystander = Bystander::start().ok();
    let pid = i32::try_from(child.id()).map(Pid::from_raw).map_err(|error| failed(io::Error::other(error)))?;
    let ended = Mutex::new(false);
    let exit = std::thread::scope(|scope| {
        scope.spawn(|| pass_on(&mut signals, pid, &ended, bystander));
        let exit = wait_unreaped(pid);
        *ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let _ = child.wait();
        handle.close();
        exit
    });
    let exit = exit.map_err(failed)?;
    // A full disk must not change what the target's end looks like; the trace is readable without this.
    if let Ok(manifest) = output::finish(&prepared.trace, child.id(), exit, &prepared.why_nothing()) {
        prepared.manifest = manifest;
    }
    Ok(exit)
}

/// Passes on what was sent to us alone, until `signals` is closed.
fn pass_on(
    signals: &mut SignalsInfo<WithRawSiginfo>,
    target: Pid,
    ended: &Mutex<bool>,
    mut bystander: Option<Bystander>,
) {
    while !signals.is_closed() {
        let mut heard: VecDeque<_> = signals.wait().collect();
        while let Some(info) = heard.pop_front() {
            let Ok(signal) = Signal::try_from(info.si_signo) else { continue };
            let in_our_group = getpgid(Some(target)) == getpgid(None);
            let to_all = from_terminal(&info) || (in_our_group && bystander.as_ref().is_some_and(|it| it.got(signal)));
            if to_all {
                // Another one: this one's signal stays pending. What came to us twice meanwhile was the same.
                bystander = Bystander::start().ok();
                heard.extend(signals.pending());
                heard.retain(|other| other.si_signo != info.si_signo);
                continue;
            }
            let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
            // After it was waited for, its number may be another's.
            if !*ended {
                let _ = kill(target, signal);
            }
        }
    }
}

/// Waits until the child has ended, without taking its number out of the system. Returns how it ended.
pub(super) fn wait_unreaped(pid: Pid) -> io::Result<Exit> {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    loop {
        match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(WaitStatus::Exited(_, code)) => return Ok(Exit::Code(code)),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(Exit::Signal(signal as i32)),
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether a signal came from the terminal, which has sent it to the target as well.
fn from_terminal(info: &libc::siginfo_t) -> bool {
    info.si_code == libc::SI_KERNEL
}

/// Whether we were started with this signal ignored (`nohup`, a background job of a script). It stays so, for us and for
/// the target, which must inherit exactly what it would have inherited from the shell.
#[allow(unsafe_code, reason = "asking for a disposition is setting it and setting it back")]
fn is_ignored(it: Signal) -> bool {
    // SAFETY: neither of these runs code of ours in a signal handler, and no thread but this one runs yet.
    unsafe {
        let Ok(before) = signal(it, SigHandler::SigIgn) else { return false };
        let _ = signal(it, before);
        matches!(before, SigHandler::SigIgn)
    }
}
