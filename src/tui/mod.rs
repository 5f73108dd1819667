//! The terminal: input to messages, state to picture. The only place that knows ratatui and crossterm.
//!
//! [`draw::draw`] turns a state into a picture and hands back where things are, for the mouse. [`run::run`] is the loop
//! around it. The other files have the names of the panes in `app/`.

pub mod calls;
pub mod canvas;
pub mod details;
pub mod draw;
pub mod filters;
pub mod functions;
pub mod input;
pub mod lines;
pub mod names;
pub mod output;
pub mod overlay;
pub mod pane;
pub mod run;
pub mod source;
pub mod status;
pub mod style;
pub mod tasks;
pub mod terminal;
pub mod test_list;
pub mod traces;
pub mod tree;
pub mod value_rows;

#[cfg(test)]
mod lists_tests;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use draw::draw;
pub use run::run;
