//! What the processes answered to a command, in words.

use crate::app::units;
use crate::config::Role;
use crate::launch::control::Replies;

/// Most answers that are shown one by one.
const ANSWERS: usize = 5;

/// What each process answered to the last command, where there are several; those that did not do it first.
#[must_use]
pub fn in_words(replies: &Replies) -> Vec<(String, Role)> {
    if replies.len() < 2 {
        return Vec::new();
    }
    let mut lines: Vec<_> = replies
        .iter()
        .map(|(key, reply)| match reply {
            Ok(accepted) => {
                let changed = units::plural(accepted.changed, "function", "functions");
                (format!("process {key}: generation {}, {changed} changed", accepted.generation), Role::Dim)
            }
            Err(refusal) => (format!("process {key}: {refusal}"), Role::Warning),
        })
        .collect();
    lines.sort_by_key(|(_, role)| *role == Role::Dim);
    if let Some(more) = lines.len().checked_sub(ANSWERS).filter(|more| *more > 0) {
        lines.truncate(ANSWERS);
        lines.push((format!("and {}", units::plural(more as u64, "process", "processes")), Role::Dim));
    }
    lines
}
