//! Everything that can happen to the explorer, and everything it can ask for in return. Both are closed: a new source
//! of events or a new kind of request is a new variant here, and the compiler shows every place that must know.

use super::layout::Size;
use super::pane::Hit;
use crate::config::Key;
use std::path::PathBuf;

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something over a part of the picture.
    Mouse(Mouse),
    /// The terminal has another size.
    Resize(Size),
    /// A signal asks for something that a key could ask for as well.
    Signal(Signal),
    /// The trace has grown, or may have: look again.
    TraceGrew,
    /// Time went by while something on the screen shows time.
    Tick,
    /// The target wrote to its terminal.
    Output(Vec<u8>),
    /// The target ended.
    TargetEnded,
    /// The list of saved traces was read anew.
    Traces(Vec<super::traces::Entry>),
    /// A source file was read.
    Source(super::source::Source),
    /// Totals per function were taken, or a part of them.
    Totals(std::sync::Arc<super::totals::Totals>),
    /// Tasks, tests and writers of the output were listed, as far as the pass has come.
    Surveyed(std::sync::Arc<crate::index::survey::Lists>, crate::index::Progress),
    /// A search came to something.
    Found(super::search::Found),
    /// The lines of a call were passed over, or a part of them.
    Lines(super::lines::Done),
    /// The lab's work came to something.
    Lab(super::lab::LabEvent),
    /// What was asked for could not be done; one sentence.
    Failed(String),
    /// What was asked for was done; one sentence.
    Done(String),
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What was done.
    pub kind: MouseKind,
    /// What is there, in the picture that was on the screen.
    pub hit: Option<Hit>,
    /// Column of the screen.
    pub x: u16,
    /// Row of the screen.
    pub y: u16,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Click,
    /// The left button went down twice in short time on the same cell.
    DoubleClick,
    /// The left button is down and the mouse moves.
    Drag,
    /// The wheel turned up.
    WheelUp,
    /// The wheel turned down.
    WheelDown,
}

/// Signals that concern the explorer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `SIGTERM`, `SIGHUP`, `SIGINT`: end now, without questions.
    End,
    /// `SIGTSTP` sent from outside.
    Suspend,
    /// `SIGCONT`: paint anew.
    Continue,
}

/// Something that `update` wants to be done outside of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave the explorer.
    Quit,
    /// Stop the target (politely, then not), then leave.
    StopTarget,
    /// Leave the target running and recording.
    LeaveTarget,
    /// Send keys to the target.
    SendInput(Vec<u8>),
    /// Give the target's terminal this size.
    ResizeTarget(Size),
    /// Put text on the clipboard.
    Copy(String),
    /// Open a place in the user's editor.
    Edit(PathBuf, u32),
    /// Stop as a job of the shell.
    Suspend,
    /// Paint everything anew.
    Repaint,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Read a source file in the background.
    LoadSource(PathBuf),
    /// Search the calls in the background.
    Search(super::search::Query),
    /// Pass over the lines of a call in the background.
    Lines(super::lines::Job),
    /// Take the totals per function, in the background.
    SumUp,
    /// List tasks, tests and writers of the output, in the background.
    Survey,
    /// Stop a search that is under way.
    StopSearch,
    /// Open this trace instead of what is shown.
    OpenTrace(PathBuf),
    /// Back to the list of saved traces.
    CloseTrace,
    /// Record the program of this trace again.
    RecordAgain(PathBuf),
    /// Delete a trace.
    DeleteTrace(PathBuf),
    /// Something that the lab wants.
    Lab(super::lab::LabEffect),
}

/// What came of an event.
#[derive(Debug, Default)]
pub struct Effects {
    /// The picture has changed.
    pub redraw: bool,
    /// What is to be done, in order.
    pub list: Vec<Effect>,
}

impl Effects {
    /// Adds a request.
    pub fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }
}
