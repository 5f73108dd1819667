//! The call tree.

use super::pane::{Cx, Pane};
use crate::config::{Action, Context};

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Calls {
    /// The running call is kept in view.
    pub follow: bool,
}

impl Pane for Calls {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Calls, Context::Lists]
    }

    fn act(&mut self, _action: Action, _cx: &mut Cx<'_>) -> bool {
        false
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Follow, Action::Search, Action::Toggle, Action::Why, Action::Select]
    }
}
