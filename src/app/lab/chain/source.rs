//! One source of the chain: its rules as they are edited, and the text that they came from.

use crate::filter::SourceKind;
use crate::filter::edit::{self, Part, Plan, RuleText};
use crate::model::code::Exec;
use std::path::PathBuf;
use std::sync::Arc;

/// The name of a rule for as long as the lab lives, wherever it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleKey(pub(super) u64);

/// A rule in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub key: RuleKey,
    /// Which rule of its source's text it is; `None`: it is new there.
    pub origin: Option<usize>,
    /// What it says.
    pub text: Arc<RuleText>,
    /// Switched off: it decides nothing until it is switched on again.
    pub off: bool,
    /// Its own comment in the file that it was moved from.
    pub(super) comment: Option<Arc<str>>,
}

impl Rule {
    /// How it is written where it is new, in these words.
    fn added(&self, text: RuleText) -> Part {
        match &self.comment {
            Some(comment) => Part::Moved(text, comment.to_string()),
            None => Part::New(text),
        }
    }

    /// What it does to code that matches; `None`: it leaves that alone.
    #[must_use]
    pub fn exec(&self) -> Option<Exec> {
        exec(&self.text)
    }
}

/// What a rule does to code that matches; `None`: it leaves that alone.
#[must_use]
pub fn exec(rule: &RuleText) -> Option<Exec> {
    word_exec(rule.exec.as_deref())
}

/// `trace` and `skip`; everything else is `inherit`.
#[must_use]
pub fn word_exec(word: Option<&str>) -> Option<Exec> {
    match word {
        Some("trace") => Some(Exec::Trace),
        Some("skip") => Some(Exec::Skip),
        _ => None,
    }
}

/// A source of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabSource {
    /// Where it came from.
    pub kind: SourceKind,
    /// Its file.
    pub path: Option<PathBuf>,
    /// The root that its `file:` selectors are relative to.
    pub root: PathBuf,
    /// `meta.name`.
    pub name: String,
    /// The text that the numbers in [`Rule::origin`] refer to.
    pub(super) base: Arc<str>,
    /// The rules as `base` has them.
    pub(super) base_rules: Arc<[Arc<RuleText>]>,
    /// The defaults as `base` has them.
    pub(super) base_defaults: [Option<String>; 2],
    /// `scope.default_exec`, as edited.
    pub default_exec: Option<String>,
    /// `scope.default_value_action`, as edited.
    pub default_value: Option<String>,
    /// The rules, as edited.
    pub rules: Vec<Rule>,
}

impl LabSource {
    /// Built-in rules can be switched off for the session, but not changed.
    #[must_use]
    pub fn read_only(&self) -> bool {
        matches!(self.kind, SourceKind::Builtin | SourceKind::Framework)
    }

    /// Whether anything was edited.
    #[must_use]
    pub fn edited(&self) -> bool {
        let untouched = |(at, rule): (usize, &Rule)| rule.origin == Some(at) && !rule.off && !self.changed(rule);
        self.rules.len() != self.base_rules.len()
            || !self.rules.iter().enumerate().all(untouched)
            || self.base_defaults != [self.default_exec.clone(), self.default_value.clone()]
    }

    /// The comment that belongs to a rule, here or in the file that it was moved from.
    pub(super) fn comment(&self, rule: &Rule) -> Option<Arc<str>> {
        let written = rule.origin.map(|origin| edit::comment(&self.base, origin));
        written.filter(|comment| !comment.is_empty()).map(Into::into).or_else(|| rule.comment.clone())
    }

    /// How a rule is written into a file that it is not in: with these words, and its comment.
    #[must_use]
    pub fn added(&self, rule: &Rule, text: RuleText) -> Part {
        Rule { comment: self.comment(rule), ..rule.clone() }.added(text)
    }

    /// What the rules say that are not switched off.
    pub(super) fn working(&self) -> impl Iterator<Item = &Arc<RuleText>> {
        self.rules.iter().filter(|rule| !rule.off).map(|rule| &rule.text)
    }

    /// Whether a rule from the text says something else now.
    fn changed(&self, rule: &Rule) -> bool {
        rule.origin.and_then(|at| self.base_rules.get(at)).is_some_and(|base| *base != rule.text)
    }

    pub(super) fn plan(&self, off: Off) -> Plan {
        let [base_exec, base_value] = &self.base_defaults;
        let rules = self.rules.iter().filter_map(|rule| match (rule.origin, rule.off) {
            (Some(at), true) if off == Off::CommentOut => Some(Part::CommentOut(at)),
            (_, true) => None,
            (Some(at), false) if self.changed(rule) => Some(Part::Change(at, (*rule.text).clone())),
            (Some(at), false) => Some(Part::Keep(at)),
            (None, false) => Some(rule.added((*rule.text).clone())),
        });
        Plan {
            default_exec: self.default_exec.clone().filter(|word| base_exec.as_ref() != Some(word)),
            default_value_action: self.default_value.clone().filter(|word| base_value.as_ref() != Some(word)),
            rules: rules.collect(),
        }
    }
}

/// What becomes of rules that are switched off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Off {
    LeaveOut,
    CommentOut,
}
