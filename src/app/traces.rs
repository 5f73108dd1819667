//! The list of saved traces.

use super::pane::{Cx, Pane};
use crate::config::{Action, Context};
use std::path::PathBuf;

/// One saved trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its folder.
    pub path: PathBuf,
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Traces {}

impl Pane for Traces {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Traces, Context::Lists]
    }

    fn act(&mut self, _action: Action, _cx: &mut Cx<'_>) -> bool {
        false
    }
}
