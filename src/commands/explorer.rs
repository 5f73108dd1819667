//! The explorer with everything around it: the trace it shows and the thread that follows it, the worker, the target in
//! its terminal, the list of saved traces. `open`, `browse` and `record` differ only in what they begin with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::app::State;
use crate::app::event::{Effect, Event};
use crate::app::follow::Follower;
use crate::app::host::Host;
use crate::app::lab;
use crate::app::layout::Size;
use crate::app::pane::PaneId;
use crate::app::session::Session;
use crate::app::watch::Watch;
use crate::app::worker::{Job, Worker};
use crate::cli::UiArgs;
use crate::config::{Config, Environment, Flags};
use crate::launch::prepare::{Prepared, Request, prepare};
use crate::launch::pty::{PtyEvent, PtySession};
use crate::launch::{keeper, paths};
use crate::trace::Trace;
use crate::trace::manifest::{Exit, Manifest};
use crate::tui;

use super::Failure;

/// How long a target that is asked to stop may take before it is asked more firmly: Ctrl-C, SIGTERM, SIGKILL.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the explorer begins with.
pub enum Begin {
    /// The list of saved traces.
    List,
    /// A trace.
    Trace(PathBuf),
    /// A program that is started now.
    Record(Box<Prepared>),
}

/// What is left when the explorer was left.
pub struct Left {
    /// How the target ended, when it was started here and has ended.
    pub exit: Option<Exit>,
    /// The trace that was recorded last.
    pub recorded: Option<PathBuf>,
}

impl Left {
    /// The exit status for a program that recorded: the target's, or 0 when it was left running.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        self.exit.map_or(ExitCode::SUCCESS, super::record::exit_code)
    }
}

/// The configuration, with what the command line says.
///
/// # Errors
///
/// It is broken.
pub fn config(ui: &UiArgs) -> Result<Config, Failure> {
    let flags = Flags { theme: ui.theme.clone(), ascii: ui.ascii, no_mouse: ui.no_mouse };
    Ok(Config::load(&flags, &Environment::read())?)
}

/// Runs the explorer.
///
/// # Errors
///
/// What it begins with cannot be shown or started, or there is no terminal.
pub fn run(config: Config, begin: Begin) -> Result<Left, Failure> {
    tui::input::claim_signals();
    let (width, height) = tui::terminal::size()?;
    let size = Size { width, height };
    let (sender, events) = tui::run::channel();
    let mut state = State::list(config, size);
    let mut explorer = Explorer::new(sender.clone())?;
    match begin {
        Begin::List => {
            let folder = paths::traces().ok_or_else(|| Failure::new(crate::launch::LaunchError::NoTracesFolder))?;
            explorer.watch = Some(
                Watch::start(folder.clone(), sender.clone())
                    .map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?,
            );
        }
        Begin::Trace(path) => {
            explorer.open(&path, &mut state).map_err(Failure::new)?;
            state.from_list = false;
        }
        Begin::Record(prepared) => {
            explorer.record(*prepared, &mut state).map_err(Failure::new)?;
            state.from_list = false;
        }
    }
    let outcome = tui::run(&mut state, &sender, &events, &mut explorer);
    let left = explorer.finish(events);
    outcome?;
    Ok(left)
}

/// A target that was started here.
struct Target {
    session: PtySession,
    /// What is typed goes through a thread: a target that does not read must not hold the screen up.
    keys: Sender<Vec<u8>>,
    ending: Arc<Ending>,
    stopping: bool,
    left: bool,
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

    fn get(&self) -> Option<Exit> {
        *self.exit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for it for at most `patience`.
    fn wait(&self, patience: Duration) -> Option<Exit> {
        let exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.known.wait_timeout_while(exit, patience, |exit| exit.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

struct Explorer {
    sender: SyncSender<Event>,
    worker: Worker,
    follower: Option<Follower>,
    target: Option<Target>,
    watch: Option<Watch>,
    recorded: Option<PathBuf>,
    /// Does the filter lab's work for the trace that is open.
    lab: Option<lab::Worker>,
}

impl Explorer {
    fn new(sender: SyncSender<Event>) -> std::io::Result<Self> {
        let worker = Worker::start(sender.clone())?;
        Ok(Self { sender, worker, follower: None, target: None, watch: None, recorded: None, lab: None })
    }

    fn open(&mut self, path: &Path, state: &mut State) -> Result<(), String> {
        let trace = Trace::open_lazily(path).map_err(|error| chain(&error))?;
        let trace = Arc::new(RwLock::new(trace));
        self.follower =
            Some(Follower::start(Arc::clone(&trace), self.sender.clone()).map_err(|error| error.to_string())?);
        self.lab = Some(lab::Worker::new(Arc::clone(&trace), self.sender.clone()));
        state.open(Session::new(trace));
        Ok(())
    }

    fn record(&mut self, prepared: Prepared, state: &mut State) -> Result<(), String> {
        let path = prepared.trace.clone();
        let area = Size { width: state.area_of(PaneId::Output).width, height: state.area_of(PaneId::Output).height };
        // A terminal of no size confuses programs; the pane grows into its own when it is shown.
        let area = Size { width: area.width.max(20), height: area.height.max(5) };
        let ending = Arc::new(Ending::default());
        let (events, ended) = (self.sender.clone(), Arc::clone(&ending));
        let session =
            PtySession::start(prepared, keeper::Size { rows: area.height, columns: area.width }, move |event| {
                let event = match event {
                    PtyEvent::Output(bytes) => Event::Output(bytes),
                    PtyEvent::Exited(exit) => {
                        ended.set(exit);
                        Event::TargetEnded
                    }
                    PtyEvent::KeeperLost => {
                        let _ = events
                            .send(Event::Failed("the process that kept the program's terminal is gone".to_owned()));
                        Event::TargetEnded
                    }
                };
                let _ = events.send(event);
            })
            .map_err(|error| chain(&error))?;
        let keys = typist(&session).map_err(|error| error.to_string())?;
        self.target = Some(Target { session, keys, ending, stopping: false, left: false });
        self.recorded = Some(path.clone());
        self.open(&path, state)?;
        state.session.target_runs = true;
        state.session.has_terminal = true;
        state.panes.output.start(area);
        state.panes.calls.follow = true;
        Ok(())
    }

    fn record_again(&mut self, path: &Path, state: &mut State) -> Result<(), String> {
        if state.session.target_runs {
            return Err("a program is being recorded already".to_owned());
        }
        let (manifest, _) = crate::trace::reader::read_manifest(path).map_err(|error| chain(&error))?;
        let request = request(&manifest).ok_or("this trace does not say how its program was started")?;
        std::env::set_current_dir(&manifest.cwd).map_err(|error| format!("{}: {error}", manifest.cwd))?;
        let prepared = prepare(&request).map_err(|error| chain(&error))?;
        self.record(prepared, state)
    }

    /// Waits for a target that is to stop, and says how it ended.
    fn finish(mut self, events: Receiver<Event>) -> Left {
        // Nobody reads the events any more; whoever waits to send one must not wait for ever.
        thread::spawn(move || events.into_iter().for_each(drop));
        let recorded = self.recorded.take();
        let Some(target) = self.target.take() else { return Left { exit: None, recorded } };
        if target.stopping {
            for next in [Some(Signal::SIGTERM), Some(Signal::SIGKILL), None] {
                if let (None, Some(signal)) = (target.ending.wait(PATIENCE), next) {
                    let _ = target.session.signal(signal);
                }
            }
        }
        Left { exit: if target.left { None } else { target.ending.get() }, recorded }
    }
}

/// The thread that types for the user.
fn typist(session: &PtySession) -> std::io::Result<Sender<Vec<u8>>> {
    let (keys, typed) = channel::<Vec<u8>>();
    let mut writer = session.writer()?;
    thread::Builder::new().name("typist".to_owned()).spawn(move || {
        for bytes in typed {
            if std::io::Write::write_all(&mut writer, &bytes).is_err() {
                return;
            }
        }
    })?;
    Ok(keys)
}

/// What the recording of a manifest was asked for.
fn request(manifest: &Manifest) -> Option<Request> {
    use crate::filter::SourceKind;
    if manifest.target.is_empty() {
        return None;
    }
    let options = &manifest.options;
    let has = |kind| options.filters.iter().any(|source| source.kind == kind);
    let target: Vec<std::ffi::OsString> = manifest.target.iter().map(Into::into).collect();
    let is_command =
        matches!(crate::launch::target::Target::parse(&target), Ok(crate::launch::target::Target::Command { .. }));
    let python = manifest.command.first().filter(|_| !is_command).map(PathBuf::from);
    let files = options.filters.iter().filter(|source| source.kind == SourceKind::CommandLine);
    Some(Request {
        target,
        python,
        output: None,
        trace_filters: files.filter_map(|source| source.path.clone()).map(Into::into).collect(),
        default_filters: has(SourceKind::Builtin),
        framework_filters: true,
        names_from_globals: Some(options.module_name_from_globals),
        activation_path: options.activation_path.as_ref().map(PathBuf::from),
        values: options.values,
        lines: options.lines,
        max_size: options.max_size,
        follow: options.follow,
        control: true,
    })
}

impl Host for Explorer {
    fn perform(&mut self, effect: &Effect, state: &mut State) -> Result<(), String> {
        match effect {
            Effect::SendInput(bytes) => {
                if let Some(target) = &self.target {
                    let _ = target.keys.send(bytes.clone());
                }
            }
            Effect::ResizeTarget(size) => {
                if let Some(target) = &self.target {
                    // A target that has just ended needs no size.
                    let _ = target.session.resize(keeper::Size { rows: size.height, columns: size.width });
                }
            }
            Effect::StopTarget => {
                if let Some(target) = &mut self.target {
                    target.stopping = true;
                    // As Ctrl-C would: the program may clean up, and its recording ends in order.
                    let _ = target.session.signal(Signal::SIGINT);
                }
            }
            Effect::LeaveTarget => {
                if let Some(target) = &mut self.target {
                    target.left = true;
                }
            }
            Effect::LoadSource(path) => self.worker.give(Job::Source(path.clone())),
            Effect::Search(query) => {
                if let Some(trace) = &state.session.trace {
                    self.worker.give(Job::Search(Arc::clone(trace), query.clone()));
                }
            }
            Effect::Lines(job) => {
                if let Some(trace) = &state.session.trace {
                    self.worker.lines(Arc::clone(trace), job.clone());
                }
            }
            Effect::SumUp => {
                if let Some(trace) = &state.session.trace {
                    self.worker.sum_up(Arc::clone(trace));
                }
            }
            Effect::Survey => {
                if let Some(trace) = &state.session.trace {
                    self.worker.survey(Arc::clone(trace));
                }
            }
            Effect::StopSearch => self.worker.stop_search(),
            Effect::OpenTrace(path) => {
                self.open(path, state)?;
                state.from_list = true;
            }
            Effect::CloseTrace => {
                self.follower = None;
                self.lab = None;
                state.close();
                if let Some(watch) = &self.watch {
                    watch.again();
                }
            }
            Effect::RecordAgain(path) => {
                self.record_again(path, state)?;
                state.from_list = true;
            }
            Effect::DeleteTrace(path) => delete(path)?,
            Effect::Lab(effect) => {
                if let Some(lab) = &mut self.lab {
                    lab.perform(effect)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Deletes a trace, and nothing that is none.
fn delete(path: &Path) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("cannot delete {}: {error}", path.display());
    let metadata = std::fs::symlink_metadata(path).map_err(|error| told(&error))?;
    if !metadata.is_dir() || !path.join(crate::trace::format::MANIFEST).is_file() {
        return Err(told(&"it is no trace"));
    }
    if crate::trace::summary(path).is_ok_and(|overview| overview.live) {
        return Err(told(&"it is still being recorded"));
    }
    std::fs::remove_dir_all(path).map_err(|error| told(&error))
}

/// An error with its causes, as one sentence.
fn chain<E: std::error::Error + 'static>(error: &E) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::testing::TraceBuilder;

    #[test]
    fn only_traces_that_have_ended_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("other");
        std::fs::create_dir(&other).unwrap();
        assert!(delete(&other).unwrap_err().contains("it is no trace"));
        let trace = dir.path().join("a.cttrace");
        TraceBuilder::new(&trace).end(0);
        let link = dir.path().join("link.cttrace");
        std::os::unix::fs::symlink(&trace, &link).unwrap();
        assert!(delete(&link).unwrap_err().contains("it is no trace"));
        let live = dir.path().join("live.cttrace");
        let mut builder = TraceBuilder::new(&live);
        builder.manifest.launcher_pid = std::process::id();
        builder.write_manifest();
        assert!(delete(&live).unwrap_err().contains("still being recorded"));
        delete(&trace).unwrap();
        assert!(!trace.exists() && live.exists() && other.exists());
    }

    #[test]
    fn what_was_recorded_can_be_asked_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = TraceBuilder::new(&dir.path().join("a.cttrace"));
        let again = request(&builder.manifest).unwrap();
        assert_eq!(again.target, ["app.py"]);
        assert_eq!(again.python.as_deref(), Some(Path::new("/usr/bin/python3")));
        assert!(!again.default_filters, "its chain has no built-in filter");
        builder.manifest.target.clear();
        assert!(request(&builder.manifest).is_none());
    }
}
