//! Plain data shared by every part: identifiers, code facts, evidence, verdicts, values, time. No behaviour beyond
//! formatting, so that the recorder, the filters and the explorer agree on words without depending on each other.

pub mod code;
pub mod command;
pub mod evidence;
pub mod id;
pub mod text;
pub mod time;
pub mod value;
