//! The chain as texts: those that would run, the one that would be written to a file, and what a file says that changed.

use super::source::Off;
use super::{Chain, LabSource, RuleKey};
use crate::filter::edit::{self, EditError, Part};
use crate::filter::{Source, SourceKind};

impl Chain {
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
                let [exec, value] = defaults(source, true);
                plan.default_exec = Some(exec.to_owned());
                plan.default_value_action = Some(value.to_owned());
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

    /// Whether this chain decides everything as the other one does, whatever the comments in their texts. Unlike putting
    /// both into text it takes next to no time.
    #[must_use]
    pub fn decides_as(&self, other: &Self) -> bool {
        let part = |chain: &Self| -> Vec<usize> { (0..chain.sources.len()).filter(|at| !chain.is_idle(*at)).collect() };
        let (ours, theirs) = (part(self), part(other));
        let same = |(place, (ours, theirs)): (usize, (&usize, &usize))| {
            let (a, b) = (&self.sources[*ours], &other.sources[*theirs]);
            (a.kind, &a.path, &a.root, &a.name) == (b.kind, &b.path, &b.root, &b.name)
                && defaults(a, place == 0) == defaults(b, place == 0)
                && a.working().eq(b.working())
        };
        ours.len() == theirs.len() && ours.iter().zip(&theirs).enumerate().all(same)
    }

    /// What a source's file would be after saving, rules that are switched off kept as comments. `also`: rules of the
    /// session that go to its end.
    ///
    /// # Errors
    ///
    /// It cannot be put into text.
    pub fn saved_text(&self, source: usize, also: &[Part]) -> Result<String, EditError> {
        let source = self.sources.get(source).ok_or(EditError::Shape)?;
        let mut plan = source.plan(Off::CommentOut);
        plan.rules.extend(also.iter().cloned());
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

    /// The source that comes first in the chain that runs.
    pub(super) fn effective_first(&self) -> Option<usize> {
        (0..self.sources.len()).find(|at| self.sources.len() == 1 || !self.is_idle(*at))
    }

    /// A source for typed rules in which nothing was typed is not part of the chain.
    pub(super) fn is_idle(&self, source: usize) -> bool {
        let source = &self.sources[source];
        let silent = |word: &Option<String>| word.as_deref().is_none_or(|word| word == "inherit");
        source.kind == SourceKind::Session
            && source.rules.iter().all(|rule| rule.off)
            && silent(&source.default_exec)
            && silent(&source.default_value)
    }
}

/// What a source does where no rule says anything: with calls, and with values.
fn defaults(source: &LabSource, first: bool) -> [&str; 2] {
    // First of its chain, it has nothing to inherit from; this is what a chain without filters does.
    let alone = first && source.kind == SourceKind::Session;
    let otherwise = if alone { ["trace", "allow"] } else { ["inherit"; 2] };
    let said =
        [&source.default_exec, &source.default_value].map(|word| word.as_deref().filter(|word| *word != "inherit"));
    [said[0].unwrap_or(otherwise[0]), said[1].unwrap_or(otherwise[1])]
}
