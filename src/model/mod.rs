//! Plain data shared by every part: identifiers, code facts, evidence, verdicts, values, time. No behaviour beyond formatting.

pub mod evidence;
