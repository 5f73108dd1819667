//! Module names: where each came from, and what is wrong with it.

use super::pane::{Cx, Pane};
use crate::config::{Action, Context};

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Names {}

impl Pane for Names {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Names, Context::Lists]
    }

    fn act(&mut self, _action: Action, _cx: &mut Cx<'_>) -> bool {
        false
    }
}
