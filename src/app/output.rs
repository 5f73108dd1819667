//! The target's own terminal.

use super::pane::{Cx, Pane};
use crate::config::{Action, Context};

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Output {}

impl Pane for Output {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Output, Context::Lists]
    }

    fn act(&mut self, _action: Action, _cx: &mut Cx<'_>) -> bool {
        false
    }
}
