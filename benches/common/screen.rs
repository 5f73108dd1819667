//! The explorer with a terminal that is only memory: what a key costs there is its answer and the picture after it.

use ct_tui::app::State;
use ct_tui::app::event::{Effect, Event};
use ct_tui::app::layout::Size;
use ct_tui::app::session::Session;
use ct_tui::config::{Config, Key};
use ct_tui::trace::Trace;
use ct_tui::tui::style::Depth;
use ratatui::{Terminal, backend::TestBackend};
use std::sync::{Arc, RwLock};

const SIZE: Size = Size { width: 160, height: 50 };

/// The explorer.
pub struct Screen {
    /// Its state.
    pub state: State,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    /// The explorer of this trace.
    pub fn of(trace: Trace) -> Self {
        let session = Session::new(Arc::new(RwLock::new(trace)));
        let state = State::explorer(Config::default(), SIZE, session);
        let terminal = Terminal::new(TestBackend::new(SIZE.width, SIZE.height)).expect("memory");
        let mut screen = Self { state, terminal };
        screen.event(Event::Resize(SIZE));
        screen
    }

    /// What the loop does for an event, without what the worker thread does beside it.
    pub fn event(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.state.update(event);
        self.paint();
        effects.list
    }

    /// The picture.
    pub fn paint(&mut self) {
        let state = &self.state;
        self.terminal
            .draw(|frame| {
                ct_tui::tui::draw(state, frame.buffer_mut(), Depth::True);
            })
            .expect("memory");
    }

    /// Presses keys, by their names; what they ask of others.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let keys = keys.split_whitespace().map(|key| key.parse::<Key>().expect("a key"));
        keys.flat_map(|key| self.event(Event::Key(key))).collect()
    }
}
