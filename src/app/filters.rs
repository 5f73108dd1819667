//! The filter lab: the effective chain as an editable list, and what each rule does.

use super::pane::{Cx, Pane};
use crate::config::{Action, Context};

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Filters {}

impl Pane for Filters {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Filters, Context::Lists]
    }

    fn act(&mut self, _action: Action, _cx: &mut Cx<'_>) -> bool {
        false
    }
}
