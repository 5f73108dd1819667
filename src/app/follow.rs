//! The thread that follows a trace while it grows: it takes up what is new in short steps and says so. It is the only
//! one that changes the shared trace. When nothing can be added any more it ends.

use super::event::Event;
use super::session::{SharedTrace, read};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

/// Pause between two looks while something arrives: twenty times a second is as live as the eye can tell.
const BUSY: Duration = Duration::from_millis(50);
/// The longest pause while nothing arrives.
const QUIET: Duration = Duration::from_millis(250);

/// A trace that is being followed. Dropping this stops it.
#[derive(Debug)]
pub struct Follower {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Follower {
    /// Follows `trace` and tells `events`.
    ///
    /// # Errors
    ///
    /// There is no room for a thread.
    pub fn start(trace: SharedTrace, events: SyncSender<Event>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread =
            thread::Builder::new().name("follow".to_owned()).spawn(move || follow(&trace, &events, &stopped))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
        }
    }
}

fn follow(trace: &SharedTrace, events: &SyncSender<Event>, stopped: &AtomicBool) {
    let mut pause = BUSY;
    loop {
        // Whether it lives is asked first: what is written before the end is then surely read.
        let live = read(trace).is_live();
        let (changes, still_live) = {
            let mut trace = trace.write().unwrap_or_else(PoisonError::into_inner);
            let changes = trace.refresh_lazily();
            (changes, trace.is_live())
        };
        if stopped.load(Ordering::Relaxed) {
            return;
        }
        let told = changes.any() || live != still_live;
        if told && events.send(Event::TraceGrew).is_err() {
            return;
        }
        if !live && !changes.more {
            // One last word: the status says that it has ended.
            let _ = events.send(Event::TraceGrew);
            return;
        }
        if changes.more {
            thread::yield_now();
            continue;
        }
        pause = if told { BUSY } else { (pause * 2).min(QUIET) };
        thread::park_timeout(pause);
    }
}
