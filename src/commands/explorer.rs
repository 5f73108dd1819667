//! The explorer with everything around it: the trace it shows and the thread that follows it, the worker, the target in
//! its terminal, the list of saved traces. `open`, `browse` and `record` differ only in what they begin with.

mod again;
mod delete;
mod target;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, RwLock};
use std::thread;

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
use crate::launch::paths;
use crate::launch::prepare::{Prepared, prepare};
use crate::trace::Trace;
use crate::trace::manifest::Exit;
use crate::trace::reader::read_manifest;
use crate::tui;

use super::Failure;
use target::Target;

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
            explorer.open(&path, &mut state)?;
            state.from_list = false;
        }
        Begin::Record(prepared) => {
            explorer.record(*prepared, &mut state)?;
            state.from_list = false;
        }
    }
    let outcome = tui::run(&mut state, &sender, &events, &mut explorer);
    let left = explorer.finish(events);
    outcome?;
    Ok(left)
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

    fn open(&mut self, path: &Path, state: &mut State) -> Result<(), Failure> {
        let trace = Arc::new(RwLock::new(Trace::open_lazily(path)?));
        self.follower = Some(Follower::start(Arc::clone(&trace), self.sender.clone())?);
        self.lab = Some(lab::Worker::new(Arc::clone(&trace), self.sender.clone()));
        state.open(Session::new(trace));
        Ok(())
    }

    fn record(&mut self, prepared: Prepared, state: &mut State) -> Result<(), Failure> {
        let path = prepared.trace.clone();
        let pane = state.area_of(PaneId::Output);
        // A terminal of no size confuses programs; the pane grows into its own when it is shown.
        let size = Size { width: pane.width.max(20), height: pane.height.max(5) };
        self.target = Some(Target::start(prepared, size, self.sender.clone())?);
        self.recorded = Some(path.clone());
        self.open(&path, state)?;
        state.session.target_runs = true;
        state.session.has_terminal = true;
        state.panes.output.start(size);
        state.panes.calls.follow = true;
        Ok(())
    }

    fn record_again(&mut self, path: &Path, state: &mut State) -> Result<(), Failure> {
        if state.session.target_runs {
            return Err(Failure::new("a program is being recorded already"));
        }
        let (manifest, _) = read_manifest(path)?;
        env::set_current_dir(&manifest.cwd).map_err(|error| Failure::new(format!("{}: {error}", manifest.cwd)))?;
        let request = again::request(&manifest)
            .ok_or_else(|| Failure::new("this trace does not say how its program was started"))?;
        self.record(prepare(&request)?, state)
    }

    fn finish(mut self, events: Receiver<Event>) -> Left {
        // Nobody reads the events any more; whoever waits to send one must not wait for ever.
        thread::spawn(move || events.into_iter().for_each(drop));
        Left { recorded: self.recorded.take(), exit: self.target.take().and_then(Target::finish) }
    }
}

impl Host for Explorer {
    fn perform(&mut self, effect: &Effect, state: &mut State) -> Result<(), String> {
        match effect {
            Effect::SendInput(bytes) => {
                if let Some(target) = &self.target {
                    target.press(bytes);
                }
            }
            Effect::ResizeTarget(size) => {
                if let Some(target) = &self.target {
                    target.resize(*size);
                }
            }
            Effect::StopTarget => {
                if let Some(target) = &mut self.target {
                    target.stop();
                }
            }
            Effect::LeaveTarget => {
                if let Some(target) = &mut self.target {
                    target.leave();
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
            Effect::DeleteTrace(path) => delete::delete(path)?,
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
