//! The filter lab without a screen: the chain as an editable list, what it would decide about everything that was seen,
//! and how it gets back into files. The panes `filters` and `names` show it; nothing in here knows keys or colours.
//!
//! [`Functions`] (what was seen) and [`Chain`] (what is wanted) meet in [`Evaluator`], whose [`Picture`] says what would
//! be recorded. The verdicts agree with the engine's, by a test: it is the same code that compiles and matches.

mod bits;
mod chain;
mod evaluate;
mod functions;
mod subjects;

pub use bits::Bits;
pub use chain::{Chain, LabSource, Rule, RuleKey, escaped, exec, rebase, word_exec};
pub use evaluate::{Compiled, Difference, Evaluator, Matches, Picture, RuleCount, RuleView, compile, sum};
pub use functions::{Cost, Function, Functions};
