//! Selectors, filter files, their composition, and decisions (semantics sections 1 to 3). Pure: no Python, no terminal.

#[cfg(feature = "tui")]
pub mod edit;
mod source;

pub use source::{Source, SourceKind};
