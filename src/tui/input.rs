//! The terminal's input as the explorer's events, and the thread that reads it.
//!
//! The thread sleeps in `poll` on three things: the terminal, a pipe that signals are written to, and a pipe over which
//! it is told to let go of the terminal while an editor has it. So it costs nothing while nothing happens, and never
//! eats a key that was meant for someone else.
//!
//! A change of size comes through a descriptor, too, with its signal blocked: crossterm, which parses what the terminal
//! sends, forgets keys that arrive in the same moment as that signal.

use crate::app::event::{Event, Mouse, MouseKind, Signal};
use crate::app::layout::Size;
use crate::config::{Key, KeyCode};
use crossterm::event as ct;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal as Signal_};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Two clicks on one cell within this time are a double click.
const DOUBLE: Duration = Duration::from_millis(400);

/// What crossterm reports, as an event of ours; `None` for what means nothing here.
#[must_use]
pub fn translate(event: ct::Event) -> Option<Event> {
    match event {
        ct::Event::Key(key) if key.kind != ct::KeyEventKind::Release => translate_key(key).map(Event::Key),
        ct::Event::Paste(text) => Some(Event::Paste(text)),
        ct::Event::Resize(width, height) => Some(Event::Resize(Size { width, height })),
        ct::Event::Mouse(mouse) => {
            let kind = match mouse.kind {
                ct::MouseEventKind::Down(ct::MouseButton::Left) => MouseKind::Click,
                ct::MouseEventKind::Drag(ct::MouseButton::Left) => MouseKind::Drag,
                ct::MouseEventKind::ScrollUp => MouseKind::WheelUp,
                ct::MouseEventKind::ScrollDown => MouseKind::WheelDown,
                _ => return None,
            };
            // What is there is known only to the one who drew the picture.
            Some(Event::Mouse(Mouse { kind, hit: None, x: mouse.column, y: mouse.row }))
        }
        _ => None,
    }
}

fn translate_key(key: ct::KeyEvent) -> Option<Key> {
    let has = |modifier| key.modifiers.contains(modifier);
    let (ctrl, alt, mut shift) =
        (has(ct::KeyModifiers::CONTROL), has(ct::KeyModifiers::ALT), has(ct::KeyModifiers::SHIFT));
    let code = match key.code {
        ct::KeyCode::Char(c) => {
            shift = false;
            KeyCode::Char(if ctrl { c.to_ascii_lowercase() } else { c })
        }
        ct::KeyCode::BackTab => {
            shift = true;
            KeyCode::Tab
        }
        ct::KeyCode::Enter => KeyCode::Enter,
        ct::KeyCode::Esc => KeyCode::Esc,
        ct::KeyCode::Tab => KeyCode::Tab,
        ct::KeyCode::Backspace => KeyCode::Backspace,
        ct::KeyCode::Delete => KeyCode::Delete,
        ct::KeyCode::Insert => KeyCode::Insert,
        ct::KeyCode::Up => KeyCode::Up,
        ct::KeyCode::Down => KeyCode::Down,
        ct::KeyCode::Left => KeyCode::Left,
        ct::KeyCode::Right => KeyCode::Right,
        ct::KeyCode::Home => KeyCode::Home,
        ct::KeyCode::End => KeyCode::End,
        ct::KeyCode::PageUp => KeyCode::PageUp,
        ct::KeyCode::PageDown => KeyCode::PageDown,
        ct::KeyCode::F(n) => KeyCode::F(n),
        _ => return None,
    };
    // Some terminals report Ctrl-] as Ctrl-5; it is the same byte.
    let code = if ctrl && code == KeyCode::Char('5') { KeyCode::Char(']') } else { code };
    Some(Key { code, ctrl, alt, shift })
}

/// Makes double clicks out of clicks.
#[derive(Debug, Default)]
pub struct Clicks {
    last: Option<(Instant, u16, u16)>,
}

impl Clicks {
    /// The mouse event with a second click in time and place turned into a double click.
    pub fn see(&mut self, mut mouse: Mouse, now: Instant) -> Mouse {
        if mouse.kind != MouseKind::Click {
            return mouse;
        }
        match self.last.take() {
            Some((at, x, y)) if (x, y) == (mouse.x, mouse.y) && now.duration_since(at) < DOUBLE => {
                mouse.kind = MouseKind::DoubleClick;
            }
            _ => self.last = Some((now, mouse.x, mouse.y)),
        }
        mouse
    }
}

/// Keeps the signal of a change of size from everyone but [`Input`]. To be called before any other thread is started, for
/// they take it over; programs that are started do not.
pub fn claim_signals() {
    // Where this fails a key may be lost now and then.
    let _ = size_signal().thread_block();
}

fn size_signal() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal_::SIGWINCH);
    set
}

/// The thread that reads the terminal. It ends with the process.
#[derive(Debug)]
pub struct Input {
    control: UnixStream,
    acknowledged: Receiver<()>,
}

impl Input {
    /// Starts the thread; its events go to `events`.
    ///
    /// # Errors
    ///
    /// There is no terminal, or no descriptors are left.
    pub fn start(events: SyncSender<Event>) -> io::Result<Self> {
        let tty = controlling_terminal()?;
        let (control, theirs) = UnixStream::pair()?;
        let (signals, signal_writer) = UnixStream::pair()?;
        for (signal, _) in SIGNALS {
            register(signal, &signal_writer)?;
        }
        claim_signals();
        let sizes = SignalFd::with_flags(&size_signal(), SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let (acknowledge, acknowledged) = channel();
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            let _ = read_all(&tty, theirs, signals, &sizes, &events, &acknowledge);
        })?;
        Ok(Self { control, acknowledged })
    }

    /// Makes the thread let go of the terminal; returns when it has.
    pub fn pause(&mut self) {
        if self.control.write_all(b"p").is_ok() {
            let _ = self.acknowledged.recv_timeout(Duration::from_secs(1));
        }
    }

    /// Makes the thread read on.
    pub fn resume(&mut self) {
        let _ = self.control.write_all(b"r");
    }
}

/// Standard input when it is a terminal, else the process's own terminal.
fn controlling_terminal() -> io::Result<OwnedFd> {
    use std::io::IsTerminal;
    let stdin = io::stdin();
    if stdin.is_terminal() { stdin.as_fd().try_clone_to_owned() } else { File::open("/dev/tty").map(OwnedFd::from) }
}

/// Signals arrive as a byte each on this stream; which one is in a flag that the reader takes.
fn register(signal: i32, writer: &UnixStream) -> io::Result<()> {
    // The flag first: whoever is woken by the byte must find it set.
    let at = SIGNALS.iter().position(|(known, _)| *known == signal).unwrap_or(0);
    signal_hook::flag::register(signal, std::sync::Arc::clone(&flags()[at]))?;
    signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
    Ok(())
}

const SIGNALS: [(i32, Signal); 5] = [
    (libc::SIGTERM, Signal::End),
    (libc::SIGHUP, Signal::End),
    (libc::SIGINT, Signal::End),
    (libc::SIGTSTP, Signal::Suspend),
    (libc::SIGCONT, Signal::Continue),
];

fn flags() -> &'static [std::sync::Arc<std::sync::atomic::AtomicBool>; 5] {
    static FLAGS: std::sync::OnceLock<[std::sync::Arc<std::sync::atomic::AtomicBool>; 5]> = std::sync::OnceLock::new();
    FLAGS.get_or_init(Default::default)
}

fn read_all(
    tty: &OwnedFd,
    mut control: UnixStream,
    mut signals: UnixStream,
    sizes: &SignalFd,
    events: &SyncSender<Event>,
    acknowledge: &std::sync::mpsc::Sender<()>,
) -> io::Result<()> {
    let mut paused = false;
    let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    loop {
        let (on_tty, on_control, on_signal, on_size) = {
            let watch = |fd, on| PollFd::new(fd, if on { PollFlags::POLLIN } else { PollFlags::empty() });
            let mut fds = [
                watch(tty.as_fd(), !paused),
                watch(control.as_fd(), true),
                watch(signals.as_fd(), true),
                watch(sizes.as_fd(), true),
            ];
            match poll(&mut fds[usize::from(paused)..], PollTimeout::NONE) {
                Err(nix::errno::Errno::EINTR) => continue,
                other => other.map_err(io::Error::from)?,
            };
            let ready = |at: usize| fds[at].revents().is_some_and(|flags| !flags.is_empty());
            let hung_up = !paused
                && fds[0].revents().is_some_and(|flags| {
                    flags.intersects(PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL)
                });
            if hung_up {
                // The terminal is gone; SIGHUP may or may not follow.
                events.send(Event::Signal(Signal::End)).map_err(gone)?;
                return Ok(());
            }
            (!paused && ready(0), ready(1), ready(2), ready(3))
        };
        if on_control {
            let mut byte = [0];
            if control.read(&mut byte)? == 0 {
                return Ok(());
            }
            paused = byte == *b"p";
            if paused {
                let _ = acknowledge.send(());
                continue;
            }
        }
        if on_signal {
            let mut bytes = [0; 64];
            let _ = signals.read(&mut bytes)?;
            for ((_, signal), flag) in SIGNALS.iter().zip(flags()) {
                if flag.swap(false, std::sync::atomic::Ordering::Relaxed) {
                    events.send(Event::Signal(*signal)).map_err(gone)?;
                }
            }
        }
        if on_size {
            while let Ok(Some(_)) = sizes.read_signal() {}
            let (width, height) = crossterm::terminal::size()?;
            events.send(Event::Resize(Size { width, height })).map_err(gone)?;
        }
        if on_tty {
            while ct::poll(Duration::ZERO)? {
                if let Some(event) = translate(ct::read()?) {
                    events.send(event).map_err(gone)?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        use ct::{KeyCode as C, KeyModifiers as M};
        for (code, modifiers, text) in [
            (C::Char('g'), M::NONE, "g"),
            (C::Char('G'), M::SHIFT, "G"),
            (C::Char('c'), M::CONTROL, "ctrl-c"),
            (C::Char('5'), M::CONTROL, "ctrl-]"),
            (C::BackTab, M::SHIFT, "shift-tab"),
            (C::BackTab, M::NONE, "shift-tab"),
            (C::Up, M::SHIFT, "shift-up"),
            (C::Char(' '), M::NONE, "space"),
            (C::F(5), M::NONE, "f5"),
        ] {
            let key = translate_key(ct::KeyEvent::new(code, modifiers));
            assert_eq!(key.map(|key| key.to_string()).as_deref(), Some(text));
        }
        let release = ct::KeyEvent::new_with_kind(C::Char('x'), M::NONE, ct::KeyEventKind::Release);
        assert!(translate(ct::Event::Key(release)).is_none());
    }

    #[test]
    fn double_clicks() {
        let mut clicks = Clicks::default();
        let now = Instant::now();
        let click = |x| Mouse { kind: MouseKind::Click, hit: None, x, y: 1 };
        let mut see = |x, ms| clicks.see(click(x), now + Duration::from_millis(ms)).kind;
        assert_eq!(see(1, 0), MouseKind::Click);
        assert_eq!(see(1, 100), MouseKind::DoubleClick);
        assert_eq!(see(1, 200), MouseKind::Click, "a third click begins anew");
        assert_eq!(see(2, 300), MouseKind::Click, "another cell");
        assert_eq!(see(2, 900), MouseKind::Click, "too late");
    }
}
