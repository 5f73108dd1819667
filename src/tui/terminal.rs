//! The terminal, taken and given back: raw mode, the other screen, the mouse, pasting. Whatever way the explorer ends
//! (in order, by an error, by a panic), the terminal is left as it was found.

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours now; the panic hook must know.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Columns and rows of the terminal.
///
/// # Errors
///
/// Standard output is no terminal.
pub fn size() -> io::Result<(u16, u16)> {
    if !io::stdout().is_terminal() {
        return Err(io::Error::other("standard output is not a terminal"));
    }
    crossterm::terminal::size()
}

/// The terminal while it is ours.
pub struct Screen {
    /// For drawing.
    pub terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// Standard output is no terminal, or the terminal refuses.
    pub fn take(mouse: bool) -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::other("standard output is not a terminal"));
        }
        hook();
        enter(mouse)?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))
            .inspect_err(|_| leave())?;
        Ok(Self { terminal, mouse })
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }

    /// Gives the terminal away for a while: to the shell, or to an editor.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn lend<R>(&mut self, work: impl FnOnce() -> R) -> io::Result<R> {
        leave();
        let result = work();
        enter(self.mouse)?;
        self.repaint()?;
        Ok(result)
    }

    /// Forgets what was painted, so that the next picture is painted whole.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn repaint(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask the terminal where its cursor is, and fail where nobody answers, or our own reader
        // of the keys gets the answer.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Puts text on the clipboard through the terminal (OSC 52), which works over ssh too.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        use base64::Engine;
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        let mut out = io::stdout();
        write!(out, "\x1b]52;c;{encoded}\x07")?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives everything back, once; errors mean that there is no terminal left to restore.
fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

/// A panic anywhere gives the terminal back before it is reported, so that the report can be read. Those of the emulator
/// are caught.
fn hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !crate::app::output::emulator::is_at_work() {
                leave();
                before(info);
            }
        }));
    });
}
