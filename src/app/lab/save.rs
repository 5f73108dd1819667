//! Saving: which file gets what, and what that changes in it.

use super::chain::{RuleKey, rebase};
use super::diff::{Line, diff};
use super::state::Lab;
use crate::filter::compose::PROJECT_FILE;
use crate::filter::edit::{self, EditError, Part, Plan, RuleText};
use crate::filter::path::PROJECT_FOLDER;
use crate::filter::{Chain as Chains, Source, SourceKind};
use std::path::{Path, PathBuf};

/// What would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavePlan {
    /// The file.
    pub path: PathBuf,
    /// What it says now; `None`: it is not there.
    pub before: Option<String>,
    /// What it would say.
    pub text: String,
    /// Rules of the session that go into it.
    pub moved: Vec<RuleKey>,
    /// Rules of the session that cannot, and why.
    pub kept_back: Vec<(String, String)>,
    /// The file was changed by someone else since it was read; that is overwritten where both touch the same.
    pub changed_on_disk: bool,
    /// What changes.
    pub difference: Vec<Line>,
}

/// A file that rules can be saved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveTarget {
    /// The file.
    pub path: PathBuf,
    /// Its source in the chain; `None`: it is not there yet.
    pub source: Option<usize>,
}

/// The files of the chain, the project's first; it is offered also when it is not there.
#[must_use]
pub fn targets(lab: &Lab) -> Vec<SaveTarget> {
    let mut out: Vec<SaveTarget> = Vec::new();
    let files = lab.chain().sources().iter().enumerate().filter(|(_, source)| !source.read_only());
    for (at, source) in files {
        if let Some(path) = &source.path {
            out.push(SaveTarget { path: path.clone(), source: Some(at) });
        }
    }
    let is_project = |target: &SaveTarget| {
        target.source.and_then(|at| lab.source(at)).is_some_and(|source| source.kind == SourceKind::Project)
    };
    match out.iter().position(is_project) {
        Some(at) => out[..=at].rotate_right(1),
        None => {
            let path = lab.root().join(PROJECT_FOLDER).join(PROJECT_FILE);
            if !out.iter().any(|target| target.path == path) {
                out.insert(0, SaveTarget { path, source: None });
            }
        }
    }
    out
}

/// What saving to `path` means, given what the file says now.
///
/// # Errors
///
/// One sentence: why it cannot be done.
pub fn plan(lab: &Lab, path: &Path, on_disk: Option<String>) -> Result<SavePlan, String> {
    let target = targets(lab).into_iter().find(|target| target.path == path).ok_or("it is no file of the chain")?;
    let root = crate::filter::path::root_of_file(path);
    let session = &lab.chain().sources()[lab.chain().session()];
    let (mut moved, mut rules, mut kept_back) = (Vec::new(), Vec::new(), Vec::new());
    for rule in session.rules.iter().filter(|rule| !rule.off) {
        match rebase(&rule.text.selector, &session.root, &root) {
            Ok(selector) => {
                moved.push(rule.key);
                rules.push(session.added(rule, RuleText { selector, ..(*rule.text).clone() }));
            }
            Err(why) => kept_back.push((rule.text.selector.clone(), why)),
        }
    }
    let failed = |error: EditError| error.to_string();
    let mut changed_on_disk = false;
    let text = match (target.source, &on_disk) {
        (Some(source), Some(now)) if lab.chain().base(source) != Some(now) => {
            // The file moved on. Only what is new goes into what it says now; other edits of it cannot be told apart.
            changed_on_disk = true;
            if lab.chain().sources()[source].edited() {
                lab.chain().saved_text(source, &rules).map_err(failed)?
            } else {
                append(now, &rules).map_err(failed)?
            }
        }
        (Some(source), _) => lab.chain().saved_text(source, &rules).map_err(failed)?,
        (None, Some(now)) => append(now, &rules).map_err(failed)?,
        (None, None) => append(edit::STARTER, &rules).map_err(failed)?,
    };
    let kind = target.source.and_then(|at| lab.source(at)).map_or(SourceKind::Project, |source| source.kind);
    let problems = Chains::check(&Source { kind, path: Some(path.to_path_buf()), root, text: text.clone() });
    if !problems.is_empty() {
        return Err(crate::diagnostic::one_line(&problems));
    }
    let difference = diff(on_disk.as_deref().unwrap_or_default(), &text);
    Ok(SavePlan { path: path.to_path_buf(), before: on_disk, text, moved, kept_back, changed_on_disk, difference })
}

/// The text with these rules at its end.
fn append(text: &str, rules: &[Part]) -> Result<String, EditError> {
    let mut plan = Plan::keep(edit::read(text)?.rules.len());
    plan.rules.extend(rules.iter().cloned());
    edit::rewrite(text, &plan)
}

#[cfg(test)]
mod tests;
