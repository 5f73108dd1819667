//! The trace directory: the only contract between the recorder and the explorer.
//!
//! ```text
//! NAME.cttrace/
//!   manifest.json            what was recorded and how (`manifest`)
//!   space                    bytes reserved by all processes against --max-size (`format::space`)
//!   filters.json             the newest filter chain, when it was changed after the start (`manifest::ChainUpdate`)
//!   output.log, output.index what the target wrote to its terminal, and when (`output`)
//!   PID/process.json         one program under one process id (`manifest::ProcessInfo`)
//!   PID/state                a page of counters that outlive the process (`format::state`)
//!   PID/code.log             code objects, where they come from, and the rules that decided (`code_log`)
//!   PID/THREAD.events        the calls of one thread, in blocks (`format::block`, `event`)
//! ```
//!
//! `format` holds every offset and number, shared by writer and reader; `event` is the byte codec of single events,
//! `open_list` that of the list of open calls at the head of each block, `value` that of recorded values, `test_note` that
//! of what test frameworks said.

pub mod code_log;
pub mod control;
pub mod event;
pub mod format;
pub mod log_writer;
pub mod manifest;
pub mod memory;
pub mod open_list;
#[cfg(feature = "tui")]
pub mod output;
pub mod process_file;
#[cfg(feature = "tui")]
pub mod reader;
pub mod space;
pub mod state;
pub mod test_note;
#[cfg(feature = "tui")]
#[doc(hidden)]
pub mod testing;
pub mod value;
pub mod writer;

#[cfg(feature = "tui")]
pub use reader::{OpenError, Problem, Process, Thread, Trace, summary};
