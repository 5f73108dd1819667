//! From evidence to a module name, with the trail of what was tried (semantics section 4). Pure over gathered facts:
//! whoever uses it (the recorder, `debug name-eval`, a test) hands in a [`World`] that answers questions about the
//! interpreter and the disk. The same rules then work again on saved [`Evidence`](crate::model::evidence::Evidence):
//! [`answer`] says what either mode would have said.

mod answer;
mod identifier;
mod namer;
mod path;
mod roots;
mod sweep;
mod world;

pub use crate::model::code::label;
pub use answer::{Disagreement, answer, disagreement, settle};
pub use identifier::{is_dotted_identifier, is_identifier, trim};
pub use namer::{CodeInput, Named, Namer};
pub use path::{NormPath, Platform, is_synthetic};
pub use world::{Attr, MARKERS, ModuleRow, World, marker_in};

/// The qualified name of a module body, as `co_qualname` spells it.
pub const BODY: &str = "<module>";

#[cfg(test)]
mod tests;
