//! The filter lab without a screen: the chain as an editable list, what it would decide about everything that was seen,
//! and how it gets back into files. The panes `filters` and `names` show it; nothing in here knows keys or colours.
//!
//! [`Functions`] (what was seen) and [`Chain`] (what is wanted) meet in [`Evaluator`], whose [`Picture`] says what would
//! be recorded. The verdicts agree with the engine's, by a test: it is the same code that compiles and matches.

pub mod answers;
mod bits;
mod chain;
mod complete;
mod diff;
mod effect;
mod evaluate;
mod functions;
mod glue;
mod misses;
mod offers;
mod save;
mod state;
mod subjects;
mod values;
pub mod why;
mod worker;

pub use bits::Bits;
pub use chain::{Chain, LabSource, Rule, RuleKey, escaped, exec, rebase, word_exec};
pub use complete::{Completion, complete};
pub use diff::{Line, diff};
pub use effect::{LabEffect, LabEvent, Reload};
pub use evaluate::{Compiled, Difference, Evaluator, Matches, Picture, RuleCount, RuleView, compile, sum};
pub use functions::{Cost, Function, Functions};
pub use glue::{Preview, diff_line, exec_word, save_summary};
pub use misses::Misses;
pub use offers::Offer;
pub use save::{SavePlan, SaveTarget, plan, targets};
pub use state::{Asked, Draft, Estimate, Fate, Insight, Lab, Link, RuleRow, Suggestion, Target, root_text};
pub use values::ValueInsight;
pub use worker::Worker;
