//! The filter chain as a list that can be edited: sources with rules, changes on top of the text they came from, undo
//! and redo. At every moment it can be turned back into texts: those that run ([`Chain::effective`]) and the one that
//! would be written to a file ([`Chain::saved_text`]).

use crate::filter::edit::{self, EditError, Part, Plan, RuleText};
use crate::filter::{Source, SourceKind};
use crate::model::code::Exec;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many steps can be undone.
const MAX_UNDO: usize = 1000;

/// The name of a rule for as long as the lab lives, wherever it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleKey(u64);

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
    comment: Option<Arc<str>>,
}

impl Rule {
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
    base: Arc<str>,
    /// The rules as `base` has them.
    base_rules: Arc<[Arc<RuleText>]>,
    /// The defaults as `base` has them.
    base_defaults: [Option<String>; 2],
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

    /// Whether a rule from the text says something else now.
    fn changed(&self, rule: &Rule) -> bool {
        rule.origin.and_then(|at| self.base_rules.get(at)).is_some_and(|base| *base != rule.text)
    }

    fn plan(&self, off: Off) -> Plan {
        let [base_exec, base_value] = &self.base_defaults;
        let rules = self.rules.iter().filter_map(|rule| match (rule.origin, rule.off) {
            (Some(at), true) if off == Off::CommentOut => Some(Part::CommentOut(at)),
            (_, true) => None,
            (Some(at), false) if self.changed(rule) => Some(Part::Change(at, (*rule.text).clone())),
            (Some(at), false) => Some(Part::Keep(at)),
            (None, false) => Some(match &rule.comment {
                Some(comment) => Part::Moved((*rule.text).clone(), comment.to_string()),
                None => Part::New((*rule.text).clone()),
            }),
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
enum Off {
    LeaveOut,
    CommentOut,
}

/// The chain and its history.
#[derive(Clone, Debug)]
pub struct Chain {
    sources: Vec<LabSource>,
    undo: Vec<Step>,
    redo: Vec<Step>,
    next: u64,
}

/// A state to go back to, and what was done to it.
#[derive(Clone, Debug)]
struct Step {
    what: String,
    sources: Vec<LabSource>,
}

impl Chain {
    /// The chain of a recording. A source for rules typed on screen is added at its end; `project_root` is what those
    /// rules are relative to. A source that cannot be read as text is kept, without rules to edit.
    #[must_use]
    pub fn new(sources: &[Source], project_root: &Path) -> Self {
        let mut chain = Self { sources: Vec::new(), undo: Vec::new(), redo: Vec::new(), next: 0 };
        for source in sources {
            let source = chain.load(source);
            chain.sources.push(source);
        }
        if !chain.sources.iter().any(|source| source.kind == SourceKind::Session) {
            let session = Source {
                kind: SourceKind::Session,
                path: None,
                root: project_root.to_path_buf(),
                text: edit::empty("session"),
            };
            let session = chain.load(&session);
            chain.sources.push(session);
        }
        chain
    }

    fn load(&mut self, source: &Source) -> LabSource {
        let read = edit::read(&source.text).unwrap_or_default();
        let base_rules: Arc<[Arc<RuleText>]> = read.rules.into_iter().map(Arc::new).collect();
        let rules = base_rules.iter().enumerate().map(|(at, text)| {
            self.next += 1;
            Rule { key: RuleKey(self.next), origin: Some(at), text: Arc::clone(text), off: false, comment: None }
        });
        LabSource {
            kind: source.kind,
            path: source.path.clone(),
            root: source.root.clone(),
            name: read.name,
            base: source.text.as_str().into(),
            rules: rules.collect(),
            base_rules: Arc::clone(&base_rules),
            base_defaults: [read.default_exec.clone(), read.default_value_action.clone()],
            default_exec: read.default_exec,
            default_value: read.default_value_action,
        }
    }

    /// The sources, in order.
    #[must_use]
    pub fn sources(&self) -> &[LabSource] {
        &self.sources
    }

    /// All rules in order, with the index of their source.
    pub fn rules(&self) -> impl DoubleEndedIterator<Item = (usize, &Rule)> {
        self.sources.iter().enumerate().flat_map(|(at, source)| source.rules.iter().map(move |rule| (at, rule)))
    }

    /// Source and place of a rule.
    #[must_use]
    pub fn find(&self, key: RuleKey) -> Option<(usize, usize)> {
        self.sources
            .iter()
            .enumerate()
            .find_map(|(at, source)| Some((at, source.rules.iter().position(|rule| rule.key == key)?)))
    }

    /// A rule.
    #[must_use]
    pub fn rule(&self, key: RuleKey) -> Option<&Rule> {
        let (source, at) = self.find(key)?;
        self.sources[source].rules.get(at)
    }

    /// The source for rules typed on screen.
    #[must_use]
    pub fn session(&self) -> usize {
        self.sources.iter().position(|source| source.kind == SourceKind::Session).unwrap_or_default()
    }

    /// Whether anything was edited since the chain was loaded (or saved, or replaced).
    #[must_use]
    pub fn edited(&self) -> bool {
        self.sources.iter().any(LabSource::edited)
    }

    /// Remembers the state, to come back to it.
    fn step(&mut self, what: impl Into<String>) {
        self.redo.clear();
        self.undo.push(Step { what: what.into(), sources: self.sources.clone() });
        if self.undo.len() > MAX_UNDO {
            self.undo.remove(0);
        }
    }

    /// Adds a rule to a source, at a place (its end, if that is less). `None`: that source cannot be edited.
    pub fn add(&mut self, source: usize, at: usize, rule: RuleText) -> Option<RuleKey> {
        let read_only = self.sources.get(source)?.read_only();
        if read_only {
            return None;
        }
        self.step(format!("added {}", rule.selector));
        self.next += 1;
        let key = RuleKey(self.next);
        let rules = &mut self.sources[source].rules;
        rules.insert(at.min(rules.len()), Rule { key, origin: None, text: Arc::new(rule), off: false, comment: None });
        Some(key)
    }

    /// Gives a rule other words. False: it cannot be edited, or nothing changed.
    pub fn change(&mut self, key: RuleKey, rule: RuleText) -> bool {
        let Some((source, at)) = self.editable(key) else { return false };
        if *self.sources[source].rules[at].text == rule {
            return false;
        }
        self.step(format!("changed {}", self.sources[source].rules[at].text.selector));
        // The words of the base are taken back as they are, so that undoing by hand leaves no trace either.
        let base = &self.sources[source].base_rules;
        let same = self.sources[source].rules[at].origin.and_then(|at| base.get(at)).filter(|base| ***base == rule);
        let text = same.map_or_else(|| Arc::new(rule), Arc::clone);
        self.sources[source].rules[at].text = text;
        true
    }

    /// Switches a rule off, or on again.
    pub fn toggle(&mut self, key: RuleKey) -> bool {
        let Some((source, at)) = self.find(key) else { return false };
        let off = !self.sources[source].rules[at].off;
        let what = if off { "disabled" } else { "enabled" };
        self.step(format!("{what} {}", self.sources[source].rules[at].text.selector));
        self.sources[source].rules[at].off = off;
        true
    }

    /// Switches all rules of a source off, or on again if all are off.
    pub fn toggle_source(&mut self, source: usize) -> bool {
        let Some(rules) = self.sources.get(source).map(|source| &source.rules).filter(|rules| !rules.is_empty()) else {
            return false;
        };
        let off = !rules.iter().all(|rule| rule.off);
        let what = if off { "disabled" } else { "enabled" };
        self.step(format!("{what} all rules of {}", self.sources[source].name));
        for rule in &mut self.sources[source].rules {
            rule.off = off;
        }
        true
    }

    /// Deletes a rule.
    pub fn delete(&mut self, key: RuleKey) -> bool {
        let Some((source, at)) = self.editable(key) else { return false };
        self.step(format!("deleted {}", self.sources[source].rules[at].text.selector));
        self.sources[source].rules.remove(at);
        true
    }

    /// Moves a rule one place up or down in its source.
    pub fn shift(&mut self, key: RuleKey, down: bool) -> bool {
        let Some((source, at)) = self.editable(key) else { return false };
        let to = if down { at + 1 } else { at.wrapping_sub(1) };
        if to >= self.sources[source].rules.len() {
            return false;
        }
        self.step(format!("moved {}", self.sources[source].rules[at].text.selector));
        self.sources[source].rules.swap(at, to);
        true
    }

    /// Moves a rule to the end of another source. Its selector is rewritten where that source has another root.
    ///
    /// # Errors
    ///
    /// One clause: why it cannot go there.
    pub fn move_to(&mut self, key: RuleKey, target: usize) -> Result<(), String> {
        let (source, at) = self.editable(key).ok_or("built-in rules cannot be moved")?;
        let to = self.sources.get(target).ok_or("there is no such source")?;
        if to.read_only() {
            return Err("built-in filters cannot be changed".to_owned());
        }
        if target == source {
            return Err("it is there already".to_owned());
        }
        let rule = &self.sources[source].rules[at];
        let selector = rebase(&rule.text.selector, &self.sources[source].root, &to.root)?;
        let text = if selector == rule.text.selector {
            Arc::clone(&rule.text)
        } else {
            Arc::new(RuleText { selector, ..(*rule.text).clone() })
        };
        self.step(format!("moved {}", rule.text.selector));
        let from = &mut self.sources[source];
        let rule = from.rules.remove(at);
        let written = rule.origin.map(|origin| edit::comment(&from.base, origin)).filter(|comment| !comment.is_empty());
        let comment = written.map(Into::into).or(rule.comment);
        self.sources[target].rules.push(Rule { origin: None, text, comment, ..rule });
        Ok(())
    }

    /// Sets a source's `default_exec` to the next of trace, skip, inherit (the first source cannot inherit).
    pub fn cycle_default(&mut self, source: usize) -> bool {
        let Some(found) = self.sources.get(source).filter(|source| !source.read_only()) else { return false };
        let inherits = self.effective_first() != Some(source);
        let next = match found.default_exec.as_deref() {
            Some("trace") => "skip",
            Some("skip") if inherits => "inherit",
            _ => "trace",
        };
        self.step(format!("default of {} is {next}", found.name));
        self.sources[source].default_exec = Some(next.to_owned());
        true
    }

    /// The source that comes first in the chain that runs.
    fn effective_first(&self) -> Option<usize> {
        (0..self.sources.len()).find(|at| self.sources.len() == 1 || !self.is_idle(*at))
    }

    /// A source for typed rules in which nothing was typed is not part of the chain.
    fn is_idle(&self, source: usize) -> bool {
        let source = &self.sources[source];
        let silent = |word: &Option<String>| word.as_deref().is_none_or(|word| word == "inherit");
        source.kind == SourceKind::Session
            && source.rules.iter().all(|rule| rule.off)
            && silent(&source.default_exec)
            && silent(&source.default_value)
    }

    fn editable(&self, key: RuleKey) -> Option<(usize, usize)> {
        self.find(key).filter(|(source, _)| !self.sources[*source].read_only())
    }

    /// Takes back the last change; what it was.
    pub fn undo(&mut self) -> Option<String> {
        let step = self.undo.pop()?;
        let sources = std::mem::replace(&mut self.sources, step.sources);
        self.redo.push(Step { what: step.what.clone(), sources });
        Some(step.what)
    }

    /// Makes the last undone change again; what it was.
    pub fn redo(&mut self) -> Option<String> {
        let step = self.redo.pop()?;
        let sources = std::mem::replace(&mut self.sources, step.sources);
        self.undo.push(Step { what: step.what.clone(), sources });
        Some(step.what)
    }

    /// The chain as it would run, rules that are switched off left out.
    ///
    /// # Errors
    ///
    /// A source cannot be put into text; with its index.
    pub fn effective(&self) -> Result<Vec<Source>, (usize, EditError)> {
        let mut out = Vec::new();
        for (at, source) in self.sources.iter().enumerate().filter(|(at, _)| !self.is_idle(*at)) {
            let mut plan = source.plan(Off::LeaveOut);
            if source.kind == SourceKind::Session && out.is_empty() {
                // First of its chain, it has nothing to inherit from; this is what a chain without filters does.
                let first = |word: &Option<String>, otherwise: &str| match word.as_deref() {
                    None | Some("inherit") => Some(otherwise.to_owned()),
                    Some(word) => Some(word.to_owned()),
                };
                plan.default_exec = first(&source.default_exec, "trace");
                plan.default_value_action = first(&source.default_value, "allow");
            }
            let untouched = !source.edited() && plan.default_exec.is_none() && plan.default_value_action.is_none();
            let text = if untouched {
                source.base.to_string()
            } else {
                edit::rewrite(&source.base, &plan).map_err(|error| (at, error))?
            };
            out.push(Source { kind: source.kind, path: source.path.clone(), root: source.root.clone(), text });
        }
        Ok(out)
    }

    /// What a source's file would be after saving, rules that are switched off kept as comments. `also`: rules of the
    /// session that go to its end.
    ///
    /// # Errors
    ///
    /// It cannot be put into text.
    pub fn saved_text(&self, source: usize, also: &[RuleText]) -> Result<String, EditError> {
        let source = self.sources.get(source).ok_or(EditError::Shape)?;
        let mut plan = source.plan(Off::CommentOut);
        plan.rules.extend(also.iter().cloned().map(Part::New));
        edit::rewrite(&source.base, &plan)
    }

    /// The text that a source came from.
    #[must_use]
    pub fn base(&self, source: usize) -> Option<&str> {
        self.sources.get(source).map(|source| &*source.base)
    }

    /// Replaces a source by what its file says now. Rules that still say the same keep their names. With `Step` the
    /// change can be undone.
    pub fn reload(&mut self, source: usize, text: &str, undoable: bool) {
        let Some(old) = self.sources.get(source).cloned() else { return };
        if undoable {
            self.step(format!("reloaded {}", old.name));
        }
        let fresh = Source { kind: old.kind, path: old.path.clone(), root: old.root.clone(), text: text.to_owned() };
        let mut new = self.load(&fresh);
        let mut kept: Vec<bool> = vec![false; old.rules.len()];
        for rule in &mut new.rules {
            let same = (0..old.rules.len()).find(|at| !kept[*at] && old.rules[*at].text == rule.text);
            if let Some(at) = same {
                kept[at] = true;
                rule.key = old.rules[at].key;
            }
        }
        self.sources[source] = new;
    }

    /// Puts a new source into the chain, before the first that would come after it.
    pub fn insert_source(&mut self, source: &Source) -> usize {
        let order = |kind: SourceKind| match kind {
            SourceKind::Builtin => 0,
            SourceKind::Framework => 1,
            SourceKind::Project => 2,
            SourceKind::Env => 3,
            SourceKind::CommandLine => 4,
            SourceKind::Session => 5,
        };
        let at =
            self.sources.iter().position(|other| order(other.kind) > order(source.kind)).unwrap_or(self.sources.len());
        let source = self.load(source);
        self.sources.insert(at, source);
        // Older states do not know this source; going back to them would lose it.
        self.undo.clear();
        self.redo.clear();
        at
    }

    /// Empties the session: its rules were saved elsewhere.
    pub fn clear_session(&mut self, saved: &[RuleKey]) {
        let session = self.session();
        if let Some(session) = self.sources.get_mut(session) {
            session.rules.retain(|rule| !saved.contains(&rule.key));
        }
    }
}

/// A selector that means the same in a filter with another root. Only `file:` selectors know of roots.
///
/// # Errors
///
/// One clause: why there is none.
pub fn rebase(selector: &str, from: &Path, to: &Path) -> Result<String, String> {
    let Some(rest) = selector.strip_prefix("file:").filter(|_| from != to) else { return Ok(selector.to_owned()) };
    if rest.starts_with("regex:") {
        return Err(format!("a regex over paths below {} cannot be rewritten for {}", from.display(), to.display()));
    }
    let (head, pattern, is_glob) = match rest.split_once(':') {
        Some(("literal", pattern)) => ("file:literal:", pattern, false),
        Some(("glob", pattern)) => ("file:glob:", pattern, true),
        _ => ("file:", rest, true),
    };
    if pattern.starts_with('/') {
        return Err("an absolute path belongs to one project root".to_owned());
    }
    let escape = |text: &str| if is_glob { escaped(text) } else { text.to_owned() };
    if let Ok(below) = from.strip_prefix(to) {
        return Ok(format!("{head}{}/{pattern}", escape(&below.to_string_lossy())));
    }
    if let Ok(below) = to.strip_prefix(from)
        && let Some(pattern) = pattern.strip_prefix(&format!("{}/", escape(&below.to_string_lossy())))
    {
        return Ok(format!("{head}{pattern}"));
    }
    Err(format!("paths below {} have no name below {}", from.display(), to.display()))
}

/// The text as a glob that matches nothing else.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests;
