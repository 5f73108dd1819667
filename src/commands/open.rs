//! `ct-tui open`: explore a saved or still growing trace.

use std::process::ExitCode;
use std::sync::{Arc, RwLock};

use crate::app::State;
use crate::app::follow::Follower;
use crate::app::host::NoHost;
use crate::app::layout::Size;
use crate::app::session::Session;
use crate::cli::{OpenArgs, UiArgs};
use crate::config::{Config, Environment, Flags};
use crate::trace::Trace;
use crate::tui;

use super::Outcome;

/// Opens the explorer.
///
/// # Errors
///
/// There is no such trace, the configuration is broken, or there is no terminal.
pub fn run(args: &OpenArgs, ui: &UiArgs) -> Outcome {
    let config = Config::load(&flags(ui), &Environment::read())?;
    let trace = Arc::new(RwLock::new(Trace::open_lazily(&args.trace)?));
    let (sender, events) = tui::run::channel();
    let _follower = Follower::start(Arc::clone(&trace), sender.clone())?;
    let mut state = State::explorer(config, Size::default(), Session::new(trace));
    tui::run(&mut state, &sender, &events, &mut NoHost)?;
    Ok(ExitCode::SUCCESS)
}

/// What the command line says about the interface.
pub(super) fn flags(ui: &UiArgs) -> Flags {
    Flags { theme: ui.theme.clone(), ascii: ui.ascii, no_mouse: ui.no_mouse }
}
