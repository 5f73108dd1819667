//! The thread that watches the folder of saved traces and reads the list anew when something in it changes. Recordings
//! that are under way are looked at once a second besides: what is written through a mapping makes no noise.

use super::event::Event;
use super::traces::Entry;
use crate::trace::format::MANIFEST;
use notify::{RecursiveMode, Watcher};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How often recordings that are under way are looked at.
const LIVE: Duration = Duration::from_secs(1);
/// Changes come in bursts; this long after the first one the list is read.
const SETTLE: Duration = Duration::from_millis(60);

/// The watch over a folder. Dropping it ends it.
pub struct Watch {
    // Dropping the watcher ends the channel, and with it the thread.
    _watcher: Option<notify::RecommendedWatcher>,
    again: Sender<()>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

impl Watch {
    /// Watches `folder`, which is made if it is not there, and tells `events` the list, now and after each change.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, or there is no room for a thread.
    pub fn start(folder: PathBuf, events: SyncSender<Event>) -> io::Result<Self> {
        if !folder.is_dir() {
            use std::os::unix::fs::DirBuilderExt;
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        }
        let (again, changes) = channel();
        let notice = again.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = notice.send(());
            }
        });
        // Without a watcher (no descriptors left, an odd file system) the list is still read every second.
        let watcher = watcher.ok().and_then(|mut watcher| {
            watcher.watch(&folder, RecursiveMode::Recursive).ok()?;
            Some(watcher)
        });
        let watched = watcher.is_some();
        thread::Builder::new().name("watch".to_owned()).spawn(move || watch(&folder, watched, &changes, &events))?;
        Ok(Self { _watcher: watcher, again })
    }

    /// Reads the list anew now.
    pub fn again(&self) {
        let _ = self.again.send(());
    }
}

fn watch(folder: &Path, watched: bool, changes: &Receiver<()>, events: &SyncSender<Event>) {
    let mut known: HashMap<PathBuf, (Option<SystemTime>, Entry)> = HashMap::new();
    let mut told: Option<Vec<Entry>> = None;
    loop {
        let entries = read(folder, &mut known);
        let live = entries.iter().any(|entry| entry.live);
        if told.as_ref() != Some(&entries) {
            if events.send(Event::Traces(entries.clone())).is_err() {
                return;
            }
            told = Some(entries);
        }
        let woken = if live || !watched {
            changes.recv_timeout(LIVE)
        } else {
            changes.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match woken {
            Ok(()) => {
                let settled = Instant::now() + SETTLE;
                while changes.recv_timeout(settled.saturating_duration_since(Instant::now())).is_ok() {}
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The list. Traces that have ended and whose manifest is as old as before are not read again.
fn read(folder: &Path, known: &mut HashMap<PathBuf, (Option<SystemTime>, Entry)>) -> Vec<Entry> {
    let paths = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut seen = HashMap::new();
    let mut entries = Vec::new();
    for path in paths {
        let Ok(metadata) = std::fs::metadata(path.join(MANIFEST)) else { continue };
        let modified = metadata.modified().ok();
        let entry = match known.remove(&path) {
            Some((before, entry)) if before == modified && !entry.live => entry,
            _ => Entry::read(&path),
        };
        entries.push(entry.clone());
        seen.insert(path, (modified, entry));
    }
    *known = seen;
    super::traces::sort(&mut entries);
    entries
}
