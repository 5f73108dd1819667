//! The program that the explorer started, in its terminal: typed to, resized, asked to stop, or left running.

use std::io::{self, Write};
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::app::event::Event;
use crate::app::layout::Size;
use crate::commands::Failure;
use crate::launch::keeper;
use crate::launch::prepare::Prepared;
use crate::launch::pty::{PtyEvent, PtySession};
use crate::trace::manifest::Exit;

/// How long a target that is asked to stop may take before it is asked more firmly: Ctrl-C, SIGTERM, SIGKILL.
const PATIENCE: Duration = Duration::from_secs(3);

/// A target that was started here.
pub struct Target {
    session: PtySession,
    /// What is typed goes through a thread: a target that does not read must not hold the screen up.
    keys: Sender<Vec<u8>>,
    ending: Arc<Ending>,
    stopping: bool,
    left: bool,
}

impl Target {
    /// Starts it in a terminal of `size` cells. What it prints, and its end, go to `events`.
    ///
    /// # Errors
    ///
    /// There is no terminal or process to be had.
    pub fn start(prepared: Prepared, size: Size, events: SyncSender<Event>) -> Result<Self, Failure> {
        let ending = Arc::new(Ending::default());
        let ended = Arc::clone(&ending);
        let session = PtySession::start(prepared, cells(size), move |event| {
            let event = match event {
                PtyEvent::Output(bytes) => Event::Output(bytes),
                PtyEvent::Exited(exit) => {
                    ended.set(exit);
                    Event::TargetEnded
                }
                PtyEvent::KeeperLost => {
                    let lost = "the process that kept the program's terminal is gone".to_owned();
                    let _ = events.send(Event::Failed(lost));
                    Event::TargetEnded
                }
            };
            // Nobody listens any more once the explorer is left.
            let _ = events.send(event);
        })?;
        let keys = typist(session.writer()?)?;
        Ok(Self { session, keys, ending, stopping: false, left: false })
    }

    /// Types these bytes.
    pub fn press(&self, bytes: &[u8]) {
        // A typist that is gone has met the target's end.
        let _ = self.keys.send(bytes.to_vec());
    }

    /// Gives its terminal this size.
    pub fn resize(&self, size: Size) {
        // A target that has just ended needs no size.
        let _ = self.session.resize(cells(size));
    }

    /// Asks it to stop as Ctrl-C would: the program may clean up, and its recording ends in order.
    pub fn stop(&mut self) {
        self.stopping = true;
        let _ = self.session.signal(Signal::SIGINT);
    }

    /// Lets it run on when the explorer is left.
    pub const fn leave(&mut self) {
        self.left = true;
    }

    /// Waits for a target that is to stop, or has ended, and says how. `None`: it was left running, or runs still.
    pub fn finish(self) -> Option<Exit> {
        if self.left {
            return None;
        }
        let firmer = if self.stopping { &[Signal::SIGTERM, Signal::SIGKILL][..] } else { &[] };
        for signal in firmer {
            if self.ending.wait(PATIENCE).is_none() {
                let _ = self.session.signal(*signal);
            }
        }
        self.ending.wait(PATIENCE)
    }
}

const fn cells(size: Size) -> keeper::Size {
    keeper::Size { rows: size.height, columns: size.width }
}

/// The thread that types for the user.
fn typist(mut terminal: impl Write + Send + 'static) -> io::Result<Sender<Vec<u8>>> {
    let (keys, typed) = channel::<Vec<u8>>();
    thread::Builder::new().name("typist".to_owned()).spawn(move || {
        for bytes in typed {
            if terminal.write_all(&bytes).is_err() {
                return;
            }
        }
    })?;
    Ok(keys)
}

/// How a target ended, for whoever waits for it.
#[derive(Default)]
struct Ending {
    exit: Mutex<Option<Exit>>,
    known: Condvar,
}

impl Ending {
    fn set(&self, exit: Exit) {
        *self.exit.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
        self.known.notify_all();
    }

    /// Waits for it for at most `patience`.
    fn wait(&self, patience: Duration) -> Option<Exit> {
        let exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.known.wait_timeout_while(exit, patience, |exit| exit.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
