//! Selectors, filter files, their composition, and decisions (semantics sections 1 to 3). Pure: no Python, no terminal,
//! no effects but reading filter files.
//!
//! The way of a filter: [`compose`](compose::compose) finds the files of a chain and gives their texts
//! ([`Source`]s, which travel in the manifest and over the control channel); [`Chain::compile`] turns sources into an
//! [`Engine`], or into *all* their problems; the engine answers.
//!
//! ```
//! use ct_tui::filter::{Chain, FrameFacts, ValueKind, ValueAction, builtin};
//! use ct_tui::model::code::Exec;
//! use std::path::Path;
//!
//! let engine = Chain::compile(&[builtin::default_filter(Path::new("/srv/shop"))]).expect("built in");
//! let facts = FrameFacts { module: Some("shop.cart"), abs_path: "/srv/shop/shop/cart.py", qualname: "Cart.add" };
//! let (decision, values) = engine.judge(&facts);
//! assert_eq!(decision.exec, Exec::Trace);
//! assert_eq!(values.action(ValueKind::Arg, "sku"), ValueAction::Allow);
//! assert_eq!(values.action(ValueKind::Arg, "api_key"), ValueAction::Redact);
//! ```
//!
//! For one selector on its own (a search box, `why`): [`Selector::parse`] and [`Selector::compile`], then
//! [`subject`] for what it is matched against and [`Matcher::find`] for the matched part.
//!
//! From text to decision: `selector` and `glob` (text to pattern), `matcher` (one pattern), `set` (many patterns),
//! `file` (TOML to rules), `chain` (files to an engine), `engine` and `policy` (answers).

pub mod builtin;
mod chain;
pub mod compose;
#[cfg(feature = "tui")]
pub mod edit;
mod engine;
#[cfg(feature = "tui")]
pub mod explain;
mod file;
mod glob;
pub mod lint;
mod matcher;
pub mod path;
mod policy;
mod selector;
mod set;
mod source;
mod types;
mod words;

pub use chain::Chain;
pub use engine::{Decision, Engine, FrameFacts, Rule, RuleId, RuleStep, SourceInfo, ValuePattern, obj_name, subject};
pub use file::Io;
pub use glob::{Gap, Shape};
pub use matcher::{Matcher, PatternError};
pub use policy::{ValuePolicy, ValueVerdict};
pub use selector::{Place, Selector, SelectorError};
pub use source::{Source, SourceKind};
pub use types::{Kind, MatchType, ScopeKind, ValueAction, ValueKind};
