//! Details of the selected call: its source, times, values, name and verdict.

use super::pane::{Cx, Pane};
use crate::config::{Action, Context};
use std::path::PathBuf;

/// A source file that was read in the background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Which file.
    pub path: PathBuf,
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Details {}

impl Pane for Details {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Details, Context::Lists]
    }

    fn act(&mut self, _action: Action, _cx: &mut Cx<'_>) -> bool {
        false
    }
}
