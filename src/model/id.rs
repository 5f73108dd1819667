//! Names for the things in a trace. All of them are stable while a trace grows: a cursor that holds a [`CallId`] stays
//! on its call, whatever arrives after it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Index of a process inside one opened trace (`Trace::processes`). Processes are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessIx(pub u32);

/// Number of a thread inside its process, from 1 in the order of their first recorded event (not the OS thread id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThreadNo(pub u32);

/// Number of a code object inside its process, from 0 in the order of the code log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodeId(pub u32);

/// One call (or one segment of a generator): the `ordinal`-th opening on a thread, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId {
    /// The process, as an index into the opened trace.
    pub process: ProcessIx,
    /// The thread inside that process.
    pub thread: ThreadNo,
    /// How many calls were opened on that thread before this one.
    pub ordinal: u64,
}

/// The name of a process's folder in the trace: `PID`, or `PID.N` for the N-th program (from 2) that ran under a
/// process id that was already used in this trace (`exec`, or a process id that came round again).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessKey {
    /// The operating system's process id.
    pub pid: u32,
    /// 1 for the first program under this id.
    pub run: u32,
}

impl ProcessKey {
    /// Reads a folder name; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (pid, run) = text.split_once('.').unwrap_or((text, "1"));
        let digits = |s: &str| !s.is_empty() && s.len() <= 10 && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(pid) || !digits(run) {
            return None;
        }
        let key = Self { pid: pid.parse().ok()?, run: run.parse().ok()? };
        (key.run > 0 && key.to_string() == text).then_some(key)
    }
}

impl fmt::Display for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.run == 1 { write!(f, "{}", self.pid) } else { write!(f, "{}.{}", self.pid, self.run) }
    }
}

#[cfg(test)]
mod tests {
    use super::ProcessKey;

    #[test]
    fn folder_names_that_are_processes() {
        for (text, key) in [("17", Some((17, 1))), ("17.2", Some((17, 2)))] {
            assert_eq!(ProcessKey::parse(text), key.map(|(pid, run)| ProcessKey { pid, run }), "{text}");
        }
        for text in ["", "17.1", "17.0", "x", "-1", "+1", "017", "17.", ".2", "99999999999", "1.2.3"] {
            assert_eq!(ProcessKey::parse(text), None, "{text}");
        }
    }
}
