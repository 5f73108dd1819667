//! Does what the lab asks for, away from the keys: talks to processes, reads and writes filter files, watches them, and
//! counts calls. Every answer comes back as an event.

use super::effect::{LabEffect, LabEvent, Question};
use super::functions::Cost;
use super::save::SavePlan;
use crate::app::event::Event;
use crate::app::session::{SharedTrace, read};
use crate::diagnostic;
use crate::filter::Chain as Chains;
use crate::index::Profile;
use crate::launch::control::{self, Command, PATIENCE};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Larger filter files are none.
const MAX_FILE: u64 = 8 << 20;

/// How long a file must be left alone before it is read: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(60);

/// Blocks counted between two looks at what else is to be done.
const BLOCKS: usize = 64;

/// How often counts are told while they change.
const TELL: Duration = Duration::from_millis(400);

/// What was written here last, by file: hearing of it is no news.
type Own = Arc<Mutex<HashMap<PathBuf, String>>>;

/// Does the lab's work for one trace. Dropping it ends its threads.
#[derive(Debug)]
pub struct Worker {
    trace: SharedTrace,
    events: SyncSender<Event>,
    watcher: Option<RecommendedWatcher>,
    counting: Option<Arc<AtomicBool>>,
    /// Number of the newest question.
    newest: Arc<AtomicU64>,
    own: Own,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop_counting();
    }
}

impl Worker {
    /// A worker for this trace.
    #[must_use]
    pub fn new(trace: SharedTrace, events: SyncSender<Event>) -> Self {
        Self { trace, events, watcher: None, counting: None, newest: Arc::default(), own: Own::default() }
    }

    /// Starts what is asked for.
    ///
    /// # Errors
    ///
    /// One sentence: it cannot even be started.
    pub fn perform(&mut self, effect: &LabEffect) -> Result<(), String> {
        let folder = read(&self.trace).path().to_path_buf();
        match effect.clone() {
            LabEffect::Apply { generation, filters, processes } => self.spawn(move || {
                if let Err(problems) = Chains::compile(&filters) {
                    return LabEvent::Applied(generation, Err(diagnostic::one_line(&problems)));
                }
                let result = match control::publish(&folder, generation, &filters) {
                    Ok(()) => {
                        Ok(control::tell(&folder, &processes, &Command::Filters { generation, filters }, PATIENCE))
                    }
                    Err(error) => Err(format!("cannot write {}: {error}", folder.display())),
                };
                LabEvent::Applied(generation, result)
            }),
            LabEffect::Pause { pause, processes } => self.spawn(move || {
                let command = if pause { Command::Pause } else { Command::Resume };
                LabEvent::Paused(pause, control::tell(&folder, &processes, &command, PATIENCE))
            }),
            LabEffect::ReadForSave(path) => self.spawn(move || {
                let text = match read_file(&path) {
                    Ok(text) => Ok(Some(text)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(error.to_string()),
                };
                LabEvent::Read(path, text)
            }),
            LabEffect::Save(plan) => {
                let own = Arc::clone(&self.own);
                self.spawn(move || {
                    let result = save(&plan, &own);
                    LabEvent::Saved(plan, result)
                })
            }
            LabEffect::Watch(paths) => self.watch(paths).map_err(|error| format!("cannot watch filter files: {error}")),
            LabEffect::Explain(question) => self.explain(question),
            LabEffect::GoOn => self.spawn(|| LabEvent::GoOn),
            LabEffect::Count(true) => self.count(),
            LabEffect::Count(false) => {
                self.stop_counting();
                Ok(())
            }
        }
    }

    /// Answers the newest question; one that is out of date when its turn comes is left.
    fn explain(&self, question: Question) -> Result<(), String> {
        self.newest.store(question.number, Ordering::Relaxed);
        let (newest, events) = (Arc::clone(&self.newest), self.events.clone());
        let run = move || {
            let Question { number, selectors, misses } = question;
            let is_newest = || newest.load(Ordering::Relaxed) == number;
            let answers: Vec<_> =
                selectors.iter().take_while(|_| is_newest()).map(|selector| misses.of(selector)).collect();
            if answers.len() == selectors.len() {
                let _ = events.send(Event::Lab(LabEvent::Explained(number, answers)));
            }
        };
        thread::Builder::new().name("lab explain".to_owned()).spawn(run).map(|_| ()).map_err(|error| error.to_string())
    }

    fn spawn(&self, work: impl FnOnce() -> LabEvent + Send + 'static) -> Result<(), String> {
        let events = self.events.clone();
        let run = move || {
            let _ = events.send(Event::Lab(work()));
        };
        thread::Builder::new().name("lab".to_owned()).spawn(run).map(|_| ()).map_err(|error| error.to_string())
    }

    fn watch(&mut self, paths: Vec<PathBuf>) -> notify::Result<()> {
        self.watcher = None;
        let (sender, changes) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if let Ok(event) = event
                && !event.kind.is_access()
            {
                let _ = sender.send(event.paths);
            }
        })?;
        // The folder is watched, not the file: editors put a new file in its place.
        let folders: HashSet<PathBuf> = paths.iter().filter_map(|path| path.parent().map(Path::to_path_buf)).collect();
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        let (events, own) = (self.events.clone(), Arc::clone(&self.own));
        thread::Builder::new().name("lab watch".to_owned()).spawn(move || listen(&changes, &paths, &own, &events))?;
        // Dropping it closes the channel, which ends the thread.
        self.watcher = Some(watcher);
        Ok(())
    }

    fn count(&mut self) -> Result<(), String> {
        if self.counting.is_some() {
            return Ok(());
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (trace, events, stopped) = (Arc::clone(&self.trace), self.events.clone(), Arc::clone(&stop));
        thread::Builder::new()
            .name("lab count".to_owned())
            .spawn(move || count(&trace, &events, &stopped))
            .map_err(|error| error.to_string())?;
        self.counting = Some(stop);
        Ok(())
    }

    fn stop_counting(&mut self) {
        if let Some(stop) = self.counting.take() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Gathers changes until it is quiet, then reads the files that are watched.
fn listen(changes: &mpsc::Receiver<Vec<PathBuf>>, paths: &[PathBuf], own: &Own, events: &SyncSender<Event>) {
    while let Ok(first) = changes.recv() {
        let mut touched: HashSet<PathBuf> = first.into_iter().collect();
        loop {
            match changes.recv_timeout(SETTLE) {
                Ok(more) => touched.extend(more),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        for path in paths.iter().filter(|path| touched.contains(*path)) {
            let text = read_file(path).map_err(|error| error.to_string());
            let known = own.lock().unwrap_or_else(PoisonError::into_inner);
            if text.as_ref().ok().is_some_and(|text| known.get(path) == Some(text)) {
                continue;
            }
            drop(known);
            if events.send(Event::Lab(LabEvent::FileChanged(path.clone(), text))).is_err() {
                return;
            }
        }
    }
}

/// Counts calls as the trace grows, until it is told to stop or nothing can be added any more.
fn count(trace: &SharedTrace, events: &SyncSender<Event>, stopped: &AtomicBool) {
    let mut profile = Profile::new();
    let mut told = None;
    let mut news = true;
    while !stopped.load(Ordering::Relaxed) {
        let (progress, live) = {
            let trace = read(trace);
            let before = profile.events();
            let live = trace.is_live();
            let progress = profile.advance(&trace, BLOCKS);
            news |= profile.events() != before;
            (progress, live)
        };
        let due = told.is_none_or(|told: Instant| told.elapsed() >= TELL);
        if news && (due || progress.finished && !live) {
            let costs = {
                let trace = read(trace);
                let costs = profile.functions(&trace).map(|(process, code, totals)| {
                    let cost = Cost { calls: totals.calls, total_ns: totals.total_ns, self_ns: totals.self_ns };
                    ((process.ix, code), cost)
                });
                costs.collect()
            };
            if events.send(Event::Lab(LabEvent::Counted(costs))).is_err() {
                return;
            }
            (told, news) = (Some(Instant::now()), false);
        }
        if progress.finished {
            if !live && !news {
                return;
            }
            thread::park_timeout(TELL);
        }
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // A named pipe in the place of a filter must not make anybody wait.
    let file = fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let read = file.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_FILE { Err(io::Error::other("it is too large for a filter file")) } else { Ok(text) }
}

/// Puts the new text in the place of the old one, in one step.
fn save(plan: &SavePlan, own: &Own) -> Result<(), String> {
    let now = match read_file(&plan.path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.to_string()),
    };
    if now != plan.before {
        return Err("the file was changed meanwhile; nothing was written".to_owned());
    }
    let write = || -> io::Result<()> {
        if let Some(folder) = plan.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // A link stays a link: what it points at is replaced.
        let path = if now.is_some() { fs::canonicalize(&plan.path)? } else { plan.path.clone() };
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
        let fresh = path.with_file_name(format!(".{name}.{}", std::process::id()));
        let result = (|| {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&fresh)?;
            file.write_all(plan.text.as_bytes())?;
            file.sync_all()?;
            if now.is_some() {
                file.set_permissions(fs::metadata(&path)?.permissions())?;
            }
            own.lock().unwrap_or_else(PoisonError::into_inner).insert(plan.path.clone(), plan.text.clone());
            fs::rename(&fresh, &path)
        })();
        if result.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        result
    };
    write().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
