//! ct-tui: record every call of a Python program and explore it in a terminal.
//!
//! One package, two products. With the default feature `tui` this is the library behind the `ct-tui` binary. With
//! `--no-default-features --features recorder` it is the extension module that is injected into the user's Python;
//! `build.rs` builds that one and the binary embeds it. The pure parts (model, filters, names, trace) are the same
//! code in both, so what the explorer predicts is what the recorder does. See `docs/architecture.md`.

pub mod diagnostic;
pub mod filter;
pub mod model;
pub mod naming;
pub mod trace;

#[cfg(feature = "recorder")]
pub mod recorder;

#[cfg(feature = "tui")]
pub mod app;
#[cfg(feature = "tui")]
pub mod cli;
#[cfg(feature = "tui")]
pub mod commands;
#[cfg(feature = "tui")]
pub mod config;
#[cfg(feature = "tui")]
pub mod index;
#[cfg(feature = "tui")]
pub mod launch;
#[cfg(feature = "tui")]
pub mod tui;
