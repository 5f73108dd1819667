//! Where events come from. Both backends report to the same `events`, so a trace looks the same from either.

use super::{monitoring, profile};
use std::sync::OnceLock;

/// A source of events. All methods are called with the GIL held.
pub trait Backend: Sync {
    /// As in `ProcessInfo::backend`.
    fn name(&self) -> &'static str;

    /// What it cannot do, a sentence each.
    fn limits(&self) -> Vec<String>;

    /// Gets ready; no event comes before [`Backend::set_events`]. `lines`: lines are wanted, too.
    ///
    /// # Errors
    /// A sentence.
    ///
    /// # Safety
    /// The GIL is held.
    unsafe fn install(&self, lines: bool) -> Result<(), String>;

    /// Switches all events on or off; whether that worked.
    ///
    /// # Safety
    /// The GIL is held.
    unsafe fn set_events(&self, on: bool) -> bool;

    /// Has events come again from code that was told to be silent.
    ///
    /// # Safety
    /// The GIL is held.
    unsafe fn restart(&self);

    /// Lets go of the interpreter.
    ///
    /// # Safety
    /// The GIL is held.
    unsafe fn release(&self);
}

static CHOSEN: OnceLock<&'static dyn Backend> = OnceLock::new();

/// The backend for this interpreter, ready for use.
///
/// # Errors
/// A sentence.
///
/// # Safety
/// The GIL is held.
pub unsafe fn install(version: (u32, u32), lines: bool) -> Result<&'static dyn Backend, String> {
    let backend: &'static dyn Backend = if version >= (3, 12) { &monitoring::Monitoring } else { &profile::Profile };
    // SAFETY: the GIL is held.
    unsafe { backend.install(lines)? };
    Ok(*CHOSEN.get_or_init(|| backend))
}

/// The backend in use.
pub fn chosen() -> Option<&'static dyn Backend> {
    CHOSEN.get().copied()
}
