//! The filter chain as a list that can be edited: sources with rules, changes on top of the text they came from, undo
//! and redo. At every moment it can be turned back into texts: those that run ([`Chain::effective`]) and the one that
//! would be written to a file ([`Chain::saved_text`]).

mod rebase;
mod source;
mod texts;

use crate::filter::edit::{self, RuleText};
use crate::filter::{Source, SourceKind};
pub use rebase::{escaped, rebase};
pub use source::{LabSource, Rule, RuleKey, exec, word_exec};
use std::path::Path;
use std::sync::Arc;

/// How many steps can be undone.
const MAX_UNDO: usize = 200;

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
        let comment = self.sources[source].comment(&self.sources[source].rules[at]);
        let rule = self.sources[source].rules.remove(at);
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
}

#[cfg(test)]
mod tests;
