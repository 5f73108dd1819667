//! What the lab asks of the world around it, and what comes back. Nothing of it is done while keys are handled: sockets
//! can be slow, and so can disks.

use super::functions::Cost;
use super::misses::Misses;
use super::save::SavePlan;
use crate::filter::Source;
use crate::filter::explain::NearMiss;
use crate::launch::control::Replies;
use crate::model::id::{CodeId, ProcessIx, ProcessKey};
use std::path::PathBuf;
use std::sync::Arc;

/// What selectors nearly match, asked of everything that was seen.
#[derive(Clone, Debug)]
pub struct Question {
    /// The answer to an older question is of no use.
    pub number: u64,
    /// The selectors.
    pub selectors: Vec<String>,
    /// Knows what was seen.
    pub misses: Arc<Misses>,
}

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        (self.number, &self.selectors) == (other.number, &other.selectors)
    }
}

impl Eq for Question {}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabEffect {
    /// Make this chain the one that runs.
    Apply {
        /// Its generation.
        generation: u32,
        /// The chain.
        filters: Vec<Source>,
        /// Those who record.
        processes: Vec<ProcessKey>,
    },
    /// Pause recording, or go on with it.
    Pause {
        /// Pause, or go on.
        pause: bool,
        /// Those who record.
        processes: Vec<ProcessKey>,
    },
    /// Read a file, to show what saving would change.
    ReadForSave(PathBuf),
    /// Write a file.
    Save(Box<SavePlan>),
    /// Tell when one of these files changes.
    Watch(Vec<PathBuf>),
    /// Look for what selectors nearly match, among so many functions that a frame is too short for it.
    Explain(Question),
    /// Say so when everything that is waiting was handled: there is more to ask of the rules than fits between two keys.
    GoOn,
    /// Count calls and time, from now on as the trace grows; or stop that.
    Count(bool),
}

/// An answer.
#[derive(Clone, Debug)]
pub enum LabEvent {
    /// What the processes said to a new chain of this generation; or why it could not even be sent.
    Applied(u32, Result<Replies, String>),
    /// What the processes said to a pause (true) or to going on.
    Paused(bool, Replies),
    /// What a file says that is to be written; `Ok(None)`: it is not there yet.
    Read(PathBuf, Result<Option<String>, String>),
    /// A file was written, or why not.
    Saved(Box<SavePlan>, Result<(), String>),
    /// A file changed; what it says now, or why it cannot be read.
    FileChanged(PathBuf, Result<String, String>),
    /// What each selector of the question of this number nearly matches.
    Explained(u64, Vec<Vec<NearMiss>>),
    /// Everything that was waiting was handled: the next part of what is asked of the rules can come.
    GoOn,
    /// Calls and times, as far as they were counted.
    Counted(Vec<((ProcessIx, CodeId), Cost)>),
}

/// What became of a file that changed on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Its rules are taken over.
    Taken,
    /// It was edited here: the edits stay.
    Kept,
    /// It has so many problems: the rules it had stay.
    Broken(usize),
}
