//! The lab and the world around it: the program that runs, and the files of the chain.

use super::Lab;
use crate::app::lab::chain::RuleKey;
use crate::app::lab::effect::{LabEffect, Reload};
use crate::diagnostic::Diagnostic;
use crate::filter::{Chain as Chains, Source};
use std::path::Path;

/// How the connection to the running program stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// The trace is finished: there is nobody to apply to.
    Saved,
    /// A program runs and records.
    Live,
}

impl Lab {
    /// Sends the edited chain to the running program.
    ///
    /// # Errors
    ///
    /// One sentence: there is nobody to send it to, or the chain is broken.
    pub fn apply(&mut self) -> Result<LabEffect, String> {
        if self.link == Link::Saved {
            return Err("this trace is finished: there is no running program to apply filters to".to_owned());
        }
        let filters = self.chain.effective().map_err(|(_, error)| error.to_string())?;
        let generation = self.generation.max(self.applying.unwrap_or(0)) + 1;
        self.applying = Some(generation);
        Ok(LabEffect::Apply { generation, filters, processes: self.processes.clone() })
    }

    /// Pauses recording, or goes on with it.
    ///
    /// # Errors
    ///
    /// One sentence: there is nobody to tell.
    pub fn pause(&mut self) -> Result<LabEffect, String> {
        if self.link == Link::Saved {
            return Err("this trace is finished: nothing is being recorded".to_owned());
        }
        Ok(LabEffect::Pause { pause: !self.paused, processes: self.processes.clone() })
    }

    /// Takes what a file of the chain says now; one sentence about what came of it.
    pub fn file_changed(&mut self, path: &Path, text: Result<String, String>) -> Option<Reload> {
        let at = self.chain.sources().iter().position(|source| source.path.as_deref() == Some(path))?;
        let source = &self.chain.sources()[at];
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let gone = Diagnostic::error("E-FILE", error).in_file(path.display().to_string());
                self.broken.insert(path.to_path_buf(), vec![gone]);
                return Some(Reload::Broken(1));
            }
        };
        if self.chain.base(at) == Some(&*text) {
            self.broken.remove(path);
            self.stale.remove(path);
            return None;
        }
        let candidate =
            Source { kind: source.kind, path: source.path.clone(), root: source.root.clone(), text: text.clone() };
        let problems = Chains::check(&candidate);
        if !problems.is_empty() {
            let count = problems.len();
            self.broken.insert(path.to_path_buf(), problems);
            return Some(Reload::Broken(count));
        }
        self.broken.remove(path);
        if self.chain.sources()[at].edited() {
            self.stale.insert(path.to_path_buf(), text);
            return Some(Reload::Kept);
        }
        self.edit(|chain| chain.reload(at, &text, true));
        Some(Reload::Taken)
    }

    /// Gives up the edits of a source and takes what its file says.
    pub fn take_file(&mut self, source: usize) -> bool {
        let Some(path) = self.chain.sources().get(source).and_then(|source| source.path.clone()) else { return false };
        let Some(text) = self.stale.remove(&path) else { return false };
        self.edit(|chain| chain.reload(source, &text, true));
        true
    }

    /// A file of the chain was written: it says what is on the screen now.
    pub fn saved(&mut self, path: &Path, text: &str, moved: &[RuleKey]) {
        self.stale.remove(path);
        self.broken.remove(path);
        self.chain.clear_session(moved);
        match self.chain.sources().iter().position(|source| source.path.as_deref() == Some(path)) {
            Some(at) => self.chain.reload(at, text, false),
            None => {
                let root = crate::filter::path::root_of_file(path);
                let source = Source {
                    kind: crate::filter::SourceKind::Project,
                    path: Some(path.to_path_buf()),
                    root,
                    text: text.to_owned(),
                };
                self.chain.insert_source(&source);
            }
        }
        self.update();
    }
}
