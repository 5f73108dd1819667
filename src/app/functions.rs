//! Totals per function.

use super::pane::{Cx, Pane};
use crate::config::{Action, Context};

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Functions {}

impl Pane for Functions {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Functions, Context::Lists]
    }

    fn act(&mut self, _action: Action, _cx: &mut Cx<'_>) -> bool {
        false
    }
}
