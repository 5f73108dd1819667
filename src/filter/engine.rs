//! Decisions: which code is recorded, and what happens to its values.
//!
//! The engine is immutable and shared; cloning it is cheap. It knows nothing of Python: a frame is three strings.

use super::file::Io;
use super::matcher::Matcher;
use super::path;
use super::policy::{Plan, ValuePolicy};
use super::selector::Selector;
use super::set::PatternIndex;
use super::source::SourceKind;
use super::types::{ScopeKind, ValueAction, ValueKind};
use crate::model::code::{Exec, RuleRef};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How many different value policies are shared between code objects before new ones are made each time.
const MAX_SHARED_POLICIES: usize = 10_000;

/// What the engine must know of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameFacts<'f> {
    /// The module name; `None` when it is unknown (`pkg` never matches then).
    pub module: Option<&'f str>,
    /// The absolute, normalised path of the source file.
    pub abs_path: &'f str,
    /// `co_qualname`.
    pub qualname: &'f str,
}

/// `module.qualname`; only the one that is there, where one is missing.
#[must_use]
pub fn obj_name<'n>(module: Option<&'n str>, qualname: &'n str) -> Cow<'n, str> {
    match module.filter(|module| !module.is_empty()) {
        None => Cow::Borrowed(qualname),
        Some(module) if qualname.is_empty() => Cow::Borrowed(module),
        Some(module) => Cow::Owned(format!("{module}.{qualname}")),
    }
}

/// A rule of the chain, counted through all sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RuleId(pub u32);

impl RuleId {
    /// As an index into [`Engine::rules`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What the chain decides about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Recorded or not.
    pub exec: Exec,
    /// The rule that set `exec`; `None`: the composed default.
    pub exec_rule: Option<RuleId>,
    /// What happens to values that no pattern names.
    pub value_default: ValueAction,
    /// The rule that set `value_default`; `None`: the composed default.
    pub value_rule: Option<RuleId>,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Index of its source in [`Engine::sources`].
    pub source: usize,
    /// Its place in that source, from 0.
    pub index: usize,
    /// What its selector is matched against.
    pub kind: ScopeKind,
    /// The selector.
    pub selector: Selector,
    /// The selector's pattern, compiled.
    pub matcher: Matcher,
    /// What it sets; `None`: nothing.
    pub exec: Option<Exec>,
    /// What it sets; `None`: nothing.
    pub value_default: Option<ValueAction>,
    /// Its value patterns, in order.
    pub patterns: Vec<ValuePattern>,
    /// Why it is there.
    pub reason: Option<String>,
    /// Byte range of the selector's value in the source's text (counted after a byte order mark).
    pub at: Range<usize>,
}

/// A value pattern of a rule.
#[derive(Debug)]
pub struct ValuePattern {
    /// Which names it is about.
    pub kind: ValueKind,
    /// The selector.
    pub selector: Selector,
    /// The selector's pattern, compiled.
    pub matcher: Matcher,
    /// What happens to the values it names.
    pub action: ValueAction,
    /// Why it is there.
    pub reason: Option<String>,
    /// Byte range of the selector's value in the source's text (counted after a byte order mark).
    pub at: Range<usize>,
}

/// What is known of a source of the chain, apart from its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceInfo {
    /// Where it came from.
    pub kind: SourceKind,
    /// `meta.name`.
    pub name: String,
    /// `meta.version`.
    pub version: u32,
    /// `meta.description`.
    pub description: Option<String>,
    /// `meta.labels`.
    pub labels: Vec<String>,
    /// Of its text, in hexadecimal.
    pub sha256: String,
    /// The file, if it is one.
    pub path: Option<PathBuf>,
    /// The project root its `file` selectors are relative to, without a slash at its end.
    pub root: String,
    /// `scope.default_exec`; `None`: inherit.
    pub default_exec: Option<Exec>,
    /// `scope.default_value_action`; `None`: inherit.
    pub default_value: Option<ValueAction>,
    /// Index of its first rule in [`Engine::rules`].
    pub first_rule: usize,
    /// How many rules it has.
    pub rules: usize,
}

/// The composed defaults, and the sources that set them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    pub(super) exec: Exec,
    pub(super) exec_source: usize,
    pub(super) value: ValueAction,
    pub(super) value_source: usize,
}

/// One rule's part in the decision about a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleStep {
    /// The rule.
    pub rule: RuleId,
    /// What its selector was matched against; `None`: the module name is unknown.
    pub subject: Option<String>,
    /// The matched byte range of `subject`; `None`: no match.
    pub matched: Option<Range<usize>>,
    /// Whether `exec` comes from this rule in the end.
    pub decides_exec: bool,
    /// Whether `value_default` comes from this rule in the end.
    pub decides_value: bool,
}

/// The strings a frame's rules are matched against.
#[derive(Clone, Debug)]
struct Subjects<'f> {
    module: Option<&'f str>,
    /// By index of the root.
    files: FileSubjects<'f>,
    obj: Cow<'f, str>,
}

#[derive(Clone, Debug)]
enum FileSubjects<'f> {
    Path(&'f str),
    /// Given from outside, for every root.
    Fixed(&'f str),
}

/// Everything the decisions rest on.
#[derive(Debug)]
pub(super) struct Inner {
    sources: Vec<SourceInfo>,
    pub(super) rules: Vec<Rule>,
    defaults: Defaults,
    io: Option<Io>,
    pkg: PatternIndex,
    obj: PatternIndex,
    /// One per project root that occurs, with that root.
    files: Vec<(String, PatternIndex)>,
    plans: Mutex<HashMap<Arc<Plan>, u32>>,
}

impl Inner {
    pub(super) fn new(sources: Vec<SourceInfo>, rules: Vec<Rule>, defaults: Defaults, io: Option<Io>) -> Self {
        let positions = |kind: ScopeKind, wanted: &dyn Fn(&Rule) -> bool| -> PatternIndex {
            let wanted = |rule: &Rule| rule.kind == kind && wanted(rule);
            let all = (0_u32..).zip(&rules).filter(|(_, rule)| wanted(rule)).map(|(at, _)| at).collect();
            // A module and a file have many functions.
            PatternIndex::new(all, kind != ScopeKind::Obj, |at| &rules[at as usize].matcher)
        };
        let pkg = positions(ScopeKind::Pkg, &|_| true);
        let obj = positions(ScopeKind::Obj, &|_| true);
        let mut files: Vec<(String, PatternIndex)> = Vec::new();
        for source in &sources {
            if files.iter().any(|(root, _)| *root == source.root) {
                continue;
            }
            let index = positions(ScopeKind::File, &|rule| sources[rule.source].root == source.root);
            if !index.is_empty() {
                files.push((source.root.clone(), index));
            }
        }
        Self { sources, rules, defaults, io, pkg, obj, files, plans: Mutex::default() }
    }

    fn subjects<'f>(&self, facts: &FrameFacts<'f>) -> Subjects<'f> {
        let module = facts.module.filter(|module| !module.is_empty());
        let obj = if self.obj.is_empty() { Cow::Borrowed("") } else { obj_name(module, facts.qualname) };
        Subjects { module, files: FileSubjects::Path(facts.abs_path), obj }
    }

    /// Indices of all rules that match, ascending.
    fn matching(&self, subjects: &Subjects<'_>) -> Vec<u32> {
        let mut found = Vec::new();
        let matcher = |at: u32| &self.rules[at as usize].matcher;
        if let Some(module) = subjects.module {
            self.pkg.matches(module, matcher, &mut found);
        }
        for (root, index) in &self.files {
            let path = match subjects.files {
                FileSubjects::Path(path) => path::relative(root, path),
                FileSubjects::Fixed(path) => path,
            };
            index.matches(path, matcher, &mut found);
        }
        if !self.obj.is_empty() {
            self.obj.matches(&subjects.obj, matcher, &mut found);
        }
        found.sort_unstable();
        found
    }

    fn decision(&self, matching: &[u32]) -> Decision {
        let newest = |sets: &dyn Fn(&Rule) -> bool| {
            matching.iter().rev().copied().find(|at| sets(&self.rules[*at as usize])).map(RuleId)
        };
        let exec_rule = newest(&|rule| rule.exec.is_some());
        let value_rule = newest(&|rule| rule.value_default.is_some());
        let rule = |id: RuleId| &self.rules[id.index()];
        Decision {
            exec: exec_rule.and_then(|id| rule(id).exec).unwrap_or(self.defaults.exec),
            exec_rule,
            value_default: value_rule.and_then(|id| rule(id).value_default).unwrap_or(self.defaults.value),
            value_rule,
        }
    }

    fn plan(&self, matching: &[u32]) -> Plan {
        let decision = self.decision(matching);
        let has_patterns = |at: &u32| !self.rules[*at as usize].patterns.is_empty();
        Plan {
            rules: matching.iter().rev().copied().filter(has_patterns).collect(),
            newest: matching.last().copied().filter(has_patterns),
            default: decision.value_default,
            default_source: decision.value_rule.map_or(self.defaults.value_source, |id| self.rules[id.index()].source),
        }
    }
}

/// A compiled chain. Cheap to clone; safe to share between threads.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
}

impl Engine {
    pub(super) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// What the chain decides about a frame. (That code with a synthetic file name is never recorded is the caller's
    /// rule, not the chain's.)
    #[must_use]
    pub fn decide(&self, facts: &FrameFacts<'_>) -> Decision {
        self.inner.decision(&self.inner.matching(&self.inner.subjects(facts)))
    }

    /// What happens to the values of a frame. Frames for which the same rules matter share one policy (see
    /// [`ValuePolicy::id`]).
    #[must_use]
    pub fn value_policy(&self, facts: &FrameFacts<'_>) -> ValuePolicy {
        self.judge(facts).1
    }

    /// [`Self::decide`] and [`Self::value_policy`] in one go.
    #[must_use]
    pub fn judge(&self, facts: &FrameFacts<'_>) -> (Decision, ValuePolicy) {
        self.judge_subjects(&self.inner.subjects(facts))
    }

    /// Like [`Self::judge`], with the string that `file` selectors see given from outside, whatever their roots.
    #[must_use]
    pub fn judge_with_file(&self, facts: &FrameFacts<'_>, file: &str) -> (Decision, ValuePolicy) {
        self.judge_subjects(&Subjects { files: FileSubjects::Fixed(file), ..self.inner.subjects(facts) })
    }

    fn judge_subjects(&self, subjects: &Subjects<'_>) -> (Decision, ValuePolicy) {
        let matching = self.inner.matching(subjects);
        let plan = Arc::new(self.inner.plan(&matching));
        let mut plans = self.inner.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(plans.len()).unwrap_or(u32::MAX);
        let (plan, id) = match plans.get_key_value(&plan) {
            Some((shared, id)) => (Arc::clone(shared), Some(*id)),
            None if plans.len() < MAX_SHARED_POLICIES => {
                plans.insert(Arc::clone(&plan), next);
                (plan, Some(next))
            }
            None => (plan, None),
        };
        (self.inner.decision(&matching), ValuePolicy::new(Arc::clone(&self.inner), plan, id))
    }

    /// The sources, in the order of the chain.
    #[must_use]
    pub fn sources(&self) -> &[SourceInfo] {
        &self.inner.sources
    }

    /// All rules, in the order of the chain.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.inner.rules
    }

    /// The composed default for code that no rule names.
    #[must_use]
    pub fn default_exec(&self) -> Exec {
        self.inner.defaults.exec
    }

    /// The source that set [`Self::default_exec`].
    #[must_use]
    pub fn default_exec_source(&self) -> Option<&SourceInfo> {
        self.inner.sources.get(self.inner.defaults.exec_source)
    }

    /// The composed default for values that no pattern names.
    #[must_use]
    pub fn default_value(&self) -> ValueAction {
        self.inner.defaults.value
    }

    /// The source that set [`Self::default_value`].
    #[must_use]
    pub fn default_value_source(&self) -> Option<&SourceInfo> {
        self.inner.sources.get(self.inner.defaults.value_source)
    }

    /// The last `io` table of the chain.
    #[must_use]
    pub fn io(&self) -> Option<&Io> {
        self.inner.io.as_ref()
    }

    /// A rule's name for people and for other programs: its source's `meta.name`, its place there, its selector.
    #[must_use]
    pub fn rule_ref(&self, id: RuleId) -> Option<RuleRef> {
        let rule = self.inner.rules.get(id.index())?;
        Some(RuleRef {
            source: self.inner.sources[rule.source].name.clone(),
            index: rule.index,
            selector: rule.selector.text().to_owned(),
        })
    }

    /// The string that a rule of this kind and source is matched against; `None`: the module name is unknown.
    #[must_use]
    pub fn subject<'f>(&self, source: usize, kind: ScopeKind, facts: &FrameFacts<'f>) -> Option<Cow<'f, str>> {
        let root = self.inner.sources.get(source).map_or("", |source| source.root.as_str());
        subject(root, kind, facts)
    }

    /// Every rule's part in the decision about a frame, in the order of the chain.
    #[must_use]
    pub fn rule_trace(&self, facts: &FrameFacts<'_>) -> Vec<RuleStep> {
        let decision = self.decide(facts);
        (0_u32..)
            .zip(&self.inner.rules)
            .map(|(at, rule)| {
                let id = RuleId(at);
                let subject = self.subject(rule.source, rule.kind, facts);
                RuleStep {
                    rule: id,
                    matched: subject.as_deref().and_then(|subject| rule.matcher.find(subject)),
                    subject: subject.map(Cow::into_owned),
                    decides_exec: decision.exec_rule == Some(id),
                    decides_value: decision.value_rule == Some(id),
                }
            })
            .collect()
    }
}

/// The string that a selector of this kind, in a filter with this project root (no slash at its end), is matched
/// against; `None`: the module name is unknown.
#[must_use]
pub fn subject<'f>(root: &str, kind: ScopeKind, facts: &FrameFacts<'f>) -> Option<Cow<'f, str>> {
    let module = facts.module.filter(|module| !module.is_empty());
    match kind {
        ScopeKind::Pkg => module.map(Cow::Borrowed),
        ScopeKind::File => Some(Cow::Borrowed(path::relative(root, facts.abs_path))),
        ScopeKind::Obj => Some(obj_name(module, facts.qualname)),
    }
}

#[cfg(test)]
mod tests;
