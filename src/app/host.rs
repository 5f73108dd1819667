//! What the explorer needs from the program around it: opening and deleting traces, and everything that concerns a
//! running target. `commands/` implements it; tests put something simple in its place.

use super::event::Effect;
use super::state::State;

/// Does what the terminal loop cannot do by itself.
pub trait Host {
    /// Does it. It may change the state (another trace is open now); it must not block for long.
    ///
    /// # Errors
    ///
    /// One sentence for the user, shown at the foot of the screen.
    fn perform(&mut self, effect: &Effect, state: &mut State) -> Result<(), String>;
}

/// A host that does nothing.
#[derive(Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn perform(&mut self, _effect: &Effect, _state: &mut State) -> Result<(), String> {
        Ok(())
    }
}
