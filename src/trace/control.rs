//! The words of the control channel: one line of JSON each way, on the socket in a process's folder. The explorer asks
//! (`launch::control`), the recorder answers (`recorder::control`).

use crate::filter::Source;
use serde::{Deserialize, Serialize};

/// What the recorder is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case")]
pub enum Command {
    /// Decide by this chain from now on.
    Filters {
        /// Counts the changes of the chain; larger than any before.
        generation: u32,
        /// The whole chain.
        filters: Vec<Source>,
    },
    /// Stop recording for a while.
    Pause,
    /// Go on recording.
    Resume,
}

/// What the recorder answers when it did what it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The generation of the chain that is in force now.
    #[serde(default)]
    pub generation: u32,
    /// Functions whose verdict is another one now.
    #[serde(default)]
    pub changed: u64,
}

/// The line that comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What is in force now.
    #[serde(flatten)]
    pub accepted: Accepted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_they_travel() {
        let command: Command = serde_json::from_str(r#"{"cmd":"filters","generation":3,"filters":[]}"#).unwrap();
        assert_eq!(command, Command::Filters { generation: 3, filters: Vec::new() });
        assert_eq!(serde_json::to_string(&Command::Pause).unwrap(), r#"{"cmd":"pause"}"#);
        let reply = Reply { ok: true, error: None, accepted: Accepted { generation: 3, changed: 17 } };
        assert_eq!(serde_json::to_string(&reply).unwrap(), r#"{"ok":true,"generation":3,"changed":17}"#);
        let refused: Reply = serde_json::from_str(r#"{"ok":false,"error":"no"}"#).unwrap();
        assert_eq!(refused, Reply { ok: false, error: Some("no".to_owned()), accepted: Accepted::default() });
    }
}
