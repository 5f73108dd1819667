//! The loop: wait for an event, change the state, do what it asks for, paint. It paints only when something changed, and
//! sleeps otherwise.

use super::canvas::Hits;
use super::input::{Clicks, Input};
use super::style::Depth;
use super::terminal::Screen;
use crate::app::event::{Effect, Event};
use crate::app::host::Host;
use crate::app::layout::Size;
use crate::app::{Effects, State};
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Events that may wait. A full channel makes the senders wait, so nothing is lost and nothing grows.
const WAITING: usize = 1024;

/// How long events are taken before a picture must be painted.
const BATCH: Duration = Duration::from_millis(8);

/// How often the clock on the screen is moved while something is recorded.
const TICK: Duration = Duration::from_millis(100);
/// And while nothing else happens.
const QUIET_TICK: Duration = Duration::from_secs(1);

/// The one channel of the explorer.
#[must_use]
pub fn channel() -> (SyncSender<Event>, Receiver<Event>) {
    sync_channel(WAITING)
}

/// Runs the explorer until it is left. The terminal is given back in any case.
///
/// # Errors
///
/// There is no terminal, or it is gone.
pub fn run(
    state: &mut State,
    sender: &SyncSender<Event>,
    events: &Receiver<Event>,
    host: &mut dyn Host,
) -> io::Result<()> {
    let mut screen = Screen::take(state.config.mouse)?;
    let mut input = Input::start(sender.clone())?;
    let depth = Depth::detect();
    let (width, height) = crossterm::terminal::size()?;
    let started = Instant::now();
    let mut clicks = Clicks::default();
    let mut hits = Hits::default();
    let mut quiet = false;
    let mut pending = state.update(Event::Resize(Size { width, height }));
    pending.redraw = true;
    loop {
        if perform(&mut pending, state, &mut screen, &mut input, host)? {
            return Ok(());
        }
        if pending.redraw {
            pending.redraw = false;
            hits = paint(state, &mut screen, depth)?;
        }
        let first = match wait(events, state, if quiet { QUIET_TICK } else { TICK }) {
            Wait::Event(event) => event,
            Wait::Tick => Event::Tick,
            Wait::Gone => return Ok(()),
        };
        quiet = matches!(first, Event::Tick);
        let batch = Instant::now();
        let mut next = Some(first);
        while let Some(event) = next.take() {
            state.session.now_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            state.session.wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
            let event = match event {
                Event::Mouse(mouse) => {
                    // The mouse points at what is seen: an unpainted change must not slip under it.
                    if pending.redraw {
                        pending.redraw = false;
                        hits = paint(state, &mut screen, depth)?;
                    }
                    let mut mouse = clicks.see(mouse, Instant::now());
                    mouse.hit = hits.at(mouse.x, mouse.y);
                    Event::Mouse(mouse)
                }
                event => event,
            };
            let Effects { redraw, list } = state.update(event);
            pending.redraw |= redraw;
            pending.list.extend(list);
            if pending.list.is_empty() && batch.elapsed() < BATCH {
                next = match events.try_recv() {
                    Ok(event) => Some(event),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                };
            }
        }
    }
}

enum Wait {
    Event(Event),
    Tick,
    Gone,
}

/// Sleeps until something happens. Only a clock that is seen to run needs waking for.
fn wait(events: &Receiver<Event>, state: &State, tick: Duration) -> Wait {
    if state.session.is_live() && !state.session.paused {
        match events.recv_timeout(tick) {
            Ok(event) => Wait::Event(event),
            Err(RecvTimeoutError::Timeout) => Wait::Tick,
            Err(RecvTimeoutError::Disconnected) => Wait::Gone,
        }
    } else {
        events.recv().map_or(Wait::Gone, Wait::Event)
    }
}

fn paint(state: &State, screen: &mut Screen, depth: Depth) -> io::Result<Hits> {
    // What a panic leaves behind is tested with one that can be asked for. No release has it.
    #[cfg(debug_assertions)]
    assert!(std::env::var_os("CT_TUI_TEST_PANIC").is_none(), "as CT_TUI_TEST_PANIC asks");
    let mut drawn = super::draw::Drawn::default();
    screen.terminal.draw(|frame| {
        drawn = super::draw(state, frame.buffer_mut(), depth);
        if let Some((x, y)) = drawn.cursor {
            frame.set_cursor_position((x, y));
        }
    })?;
    Ok(drawn.hits)
}

/// Does what was asked for; true when the explorer is to be left.
fn perform(
    pending: &mut Effects,
    state: &mut State,
    screen: &mut Screen,
    input: &mut Input,
    host: &mut dyn Host,
) -> io::Result<bool> {
    // What is done may lead to more; the list grows while it is worked on.
    while !pending.list.is_empty() {
        let effect = pending.list.remove(0);
        let outcome = match &effect {
            Effect::Quit => return Ok(true),
            Effect::Copy(text) => {
                screen.copy(text)?;
                Ok(())
            }
            Effect::Repaint => {
                screen.repaint()?;
                pending.redraw = true;
                Ok(())
            }
            Effect::Mouse(on) => {
                screen.set_mouse(*on)?;
                Ok(())
            }
            Effect::Suspend => {
                input.pause();
                screen.lend(stop)?;
                input.resume();
                resized(pending, state)?;
                Ok(())
            }
            Effect::Edit(path, line) => {
                input.pause();
                let outcome = screen.lend(|| edit(path, *line))?;
                input.resume();
                resized(pending, state)?;
                outcome
            }
            other => {
                let outcome = host.perform(other, state);
                if matches!(other, Effect::OpenTrace(_) | Effect::CloseTrace | Effect::RecordAgain(_)) {
                    let Effects { list, .. } = state.look();
                    pending.list.extend(list);
                    pending.redraw = true;
                }
                outcome
            }
        };
        if let Err(message) = outcome {
            let Effects { redraw, list } = state.update(Event::Failed(message));
            pending.redraw |= redraw;
            pending.list.extend(list);
        }
    }
    Ok(false)
}

/// After the terminal was someone else's it may have another size.
fn resized(pending: &mut Effects, state: &mut State) -> io::Result<()> {
    let (width, height) = crossterm::terminal::size()?;
    let Effects { list, .. } = state.update(Event::Resize(Size { width, height }));
    pending.list.extend(list);
    pending.redraw = true;
    Ok(())
}

/// Stops the whole job, as the shell's Ctrl-Z would; returns when it goes on.
fn stop() {
    use nix::sys::signal::{Signal, kill};
    let _ = kill(nix::unistd::Pid::from_raw(0), Signal::SIGSTOP);
}

/// Runs the user's editor on a place and waits for it.
fn edit(path: &Path, line: u32) -> Result<(), String> {
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let mut command = std::process::Command::new(program);
    command.args(words);
    if line > 0 {
        command.arg(format!("+{line}"));
    }
    let status = command.arg(path).status().map_err(|error| format!("cannot start the editor {program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the editor {program} ended with {status}")) }
}
