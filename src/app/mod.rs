//! The explorer's state without a terminal: messages in, state and effects out.
//!
//! [`State`] is everything; [`State::update`] is the only thing that changes it. One file per pane; `pane` says what a
//! pane is and how to add one.

pub mod calls;
pub mod details;
pub mod event;
pub mod filters;
pub mod follow;
pub mod functions;
pub mod host;
pub mod lab;
pub mod layout;
pub mod line_edit;
pub mod lines;
pub mod list;
pub mod names;
pub mod output;
pub mod overlay;
pub mod pane;
pub mod panes;
pub mod search;
pub mod session;
pub mod source;
pub mod state;
pub mod survey;
pub mod tasks;
pub mod test_list;
pub mod text;
pub mod totals;
pub mod traces;
pub mod units;
pub mod value_rows;
pub mod watch;
pub mod worker;

pub use event::{Effect, Effects, Event};
pub use state::State;
