//! Editing the text of a filter file: rules are changed, added, moved, taken out or commented out, and everything that
//! is not touched stays as its author wrote it, comments, order and spacing included.
//!
//! The work is text to text. A [`Plan`] says what the rules shall be; [`rewrite`] carries it out and then reads its own
//! result: if that does not say what the plan says, nothing is returned but an error. So a file in a shape that was not
//! thought of is refused rather than spoiled.

use toml_edit::DocumentMut;

mod arrays;
mod patterns;
mod read;
mod tables;
#[cfg(test)]
mod tests;

pub use read::{FilterText, PatternText, RuleText, read};

/// A first filter file for a project, with comments that explain it.
pub const STARTER: &str = include_str!("../../assets/filters/starter.toml");

/// What is to become of the rules of a file, in the new order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The new `scope.default_exec`; `None` leaves it.
    pub default_exec: Option<String>,
    /// The new `scope.default_value_action`; `None` leaves it.
    pub default_value_action: Option<String>,
    /// The rules. An old rule that is not named is deleted, with the comment that belongs to it.
    pub rules: Vec<Part>,
}

/// One rule of a [`Plan`]. Numbers are those of the old text, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// This rule as it stands.
    Keep(usize),
    /// This rule with other words. Patterns that say what they said keep their comments, wherever they move.
    Change(usize, RuleText),
    /// This rule, commented out.
    CommentOut(usize),
    /// A rule that was not there.
    New(RuleText),
    /// A rule that comes from another file, with its own comment there ([`comment`]).
    Moved(RuleText, String),
}

impl Plan {
    /// The plan that changes nothing in a file of `rules` rules.
    #[must_use]
    pub fn keep(rules: usize) -> Self {
        Self { rules: (0..rules).map(Part::Keep).collect(), ..Self::default() }
    }
}

/// Why a file cannot be edited here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No TOML, or not the tables of a filter file.
    #[error("it is no filter file: {0}")]
    NotAFilter(String),
    /// The plan names a rule that is not there, or one twice.
    #[error("the file has changed: there is no rule {0} in it")]
    NoSuchRule(usize),
    /// The result did not say what it should.
    #[error("its layout is too unusual to be edited here; edit it by hand")]
    Shape,
}

/// A filter without rules and without opinions, for rules typed on screen.
#[must_use]
pub fn empty(name: &str) -> String {
    let name = toml_edit::Value::from(name).to_string();
    format!(
        "[meta]\nname = {}\nversion = 1\n\n[scope]\ndefault_exec = \"inherit\"\ndefault_value_action = \"inherit\"\n",
        name.trim()
    )
}

/// `text` with `plan` carried out.
///
/// # Errors
///
/// The text is no filter file, the plan does not fit it, or it cannot be edited faithfully.
pub fn rewrite(text: &str, plan: &Plan) -> Result<String, EditError> {
    let old = read(text)?;
    let mut seen = vec![false; old.rules.len()];
    for part in &plan.rules {
        if let Part::Keep(at) | Part::Change(at, _) | Part::CommentOut(at) = part {
            let slot = seen.get_mut(*at).ok_or(EditError::NoSuchRule(*at))?;
            if std::mem::replace(slot, true) {
                return Err(EditError::NoSuchRule(*at));
            }
        }
    }
    let wanted = expected(&old, plan);
    if wanted == old && !plan.rules.iter().any(|part| matches!(part, Part::CommentOut(_))) {
        return Ok(text.to_owned());
    }
    let (bom, body) = text.strip_prefix('\u{feff}').map_or(("", text), |body| ("\u{feff}", body));
    let crlf = body.contains("\r\n");
    let unix = if crlf { body.replace("\r\n", "\n") } else { body.to_owned() };
    let mut document: DocumentMut = unix.parse().map_err(not_a_filter)?;
    let scope = document.get_mut("scope").and_then(toml_edit::Item::as_table_like_mut).ok_or(EditError::Shape)?;
    for (key, word) in [("default_exec", &plan.default_exec), ("default_value_action", &plan.default_value_action)] {
        if let Some(word) = word {
            read::set_string(scope, key, Some(word));
        }
    }
    let leftover = if scope.get("rules").is_some_and(toml_edit::Item::is_value) {
        arrays::apply(scope, plan)?;
        String::new()
    } else {
        tables::apply(scope, plan)?
    };
    if !leftover.is_empty() {
        let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(leftover + &trailing);
    }
    let out = document.to_string();
    let out = if crlf { out.replace('\n', "\r\n") } else { out };
    let out = format!("{bom}{out}");
    if read(&out)? == wanted { Ok(out) } else { Err(EditError::Shape) }
}

/// What the result must say.
fn expected(old: &FilterText, plan: &Plan) -> FilterText {
    let rules = plan.rules.iter().filter_map(|part| match part {
        Part::Keep(at) => old.rules.get(*at).cloned(),
        Part::CommentOut(_) => None,
        Part::Change(_, rule) | Part::New(rule) | Part::Moved(rule, _) => Some(rule.clone()),
    });
    FilterText {
        name: old.name.clone(),
        default_exec: plan.default_exec.clone().or_else(|| old.default_exec.clone()),
        default_value_action: plan.default_value_action.clone().or_else(|| old.default_value_action.clone()),
        rules: rules.collect(),
    }
}

/// The comment that belongs to a rule and would go with it: the lines in front of it, down from the last blank one. Empty:
/// there is none.
#[must_use]
pub fn comment(text: &str, rule: usize) -> String {
    let unix = text.replace("\r\n", "\n");
    let Ok(document) = unix.trim_start_matches('\u{feff}').parse::<DocumentMut>() else { return String::new() };
    let Some(rules) = document.get("scope").and_then(|scope| scope.get("rules")) else { return String::new() };
    let of_table = || Some(tables::own_comment(rules.as_array_of_tables()?.get(rule)?));
    let of_element = || Some(arrays::own_comment(rules.as_array()?.get(rule)?));
    of_table().or_else(of_element).unwrap_or_default()
}

fn not_a_filter(error: impl std::fmt::Display) -> EditError {
    EditError::NotAFilter(error.to_string().lines().next().unwrap_or_default().to_owned())
}
