//! Why a selector matches what it matches, and why it misses what was meant.
//!
//! An [`Explainer`] is made once for the functions that were seen and then asked at every keystroke. It tries a fixed
//! list of variations of the selector (another match type, another separator, another name of the same module, …) on
//! everything that the selector does not match; the first variation that matches names the reason. Whatever is
//! suggested was compiled and matched before it is said.

mod pattern;
mod reason;
mod seen;
mod variations;

pub use reason::Reason;
pub use seen::SeenFrame;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::types::{Kind, ScopeKind, ValueKind};
use super::{Matcher, Place, Selector, SelectorError, obj_name, subject};
use crate::model::code::Exec;
use pattern::{as_typed, exactly};
use seen::{Frame, Item, Items, Origin, Origins};
use variations::Variation;

/// The kinds of selectors that match functions.
const SCOPES: [ScopeKind; 3] = [ScopeKind::Pkg, ScopeKind::File, ScopeKind::Obj];

/// More near misses than this are not listed: nobody reads them, and they must fit into a frame of the screen.
const MOST_MISSES: usize = 200;

/// What a selector matches, and what it nearly matches.
#[derive(Debug)]
pub struct Explanation {
    /// What is wrong with the selector.
    pub error: Option<SelectorError>,
    /// The frames that it matches, by their position in what the explainer was made from, ascending.
    pub matched: Vec<usize>,
    /// The most telling reasons first.
    pub near_misses: Vec<NearMiss>,
    /// No frame of that name was ever observed.
    pub never_seen: bool,
}

/// Frames that a selector does not match (or matches in vain), all for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// Stable code.
    pub reason: Reason,
    /// The reason in plain words.
    pub sentence: String,
    /// A selector that does match these frames (for a loose expression: those that were meant).
    pub suggestion: Option<String>,
    /// The frames, ascending; empty when none was seen at all.
    pub frames: Vec<usize>,
}

/// Answers for one set of functions. See the module's introduction.
#[derive(Debug)]
pub struct Explainer {
    root: String,
    /// The selectors of the chain's rules, in order, with the `exec` that they set.
    rules: Vec<(String, Option<Exec>)>,
    frames: Vec<Frame>,
    origins: Origins,
    items: [OnceLock<Items>; 3],
}

impl Explainer {
    /// `root`: the project root of the recording. `rules`: the selector of each rule of the chain, with the `exec` that
    /// it sets.
    #[must_use]
    pub fn new<'a>(
        root: &str,
        rules: Vec<(String, Option<Exec>)>,
        seen: impl IntoIterator<Item = SeenFrame<'a>>,
    ) -> Self {
        let root = root.trim_end_matches('/').to_owned();
        let mut explainer =
            Self { root, rules, frames: Vec::new(), origins: Origins::default(), items: Default::default() };
        explainer.extend(seen);
        explainer
    }

    /// Takes in functions that were seen since.
    pub fn extend<'a>(&mut self, seen: impl IntoIterator<Item = SeenFrame<'a>>) {
        for frame in seen {
            let origin = self.origins.of(&frame);
            self.frames.push(Frame::new(&frame, origin));
        }
        for (kind, items) in SCOPES.into_iter().zip(&mut self.items) {
            if let Some(items) = items.get_mut() {
                items.extend(kind, &self.root, &self.frames);
            }
        }
    }

    /// How many functions it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Explains a selector of any kind.
    #[must_use]
    pub fn explain(&self, text: &str) -> Explanation {
        let mut explanation =
            Explanation { error: None, matched: Vec::new(), near_misses: Vec::new(), never_seen: false };
        let selector = match Selector::parse(text, Place::Anywhere) {
            Ok(selector) => selector,
            Err(error) => {
                explanation.error = Some(error);
                return explanation;
            }
        };
        let matcher = match selector.compile(&self.root) {
            Ok(matcher) => Some(matcher),
            Err(error) => {
                explanation.error = Some(error);
                None
            }
        };
        match selector.kind() {
            Kind::Scope(kind) => self.scope(kind, &selector, matcher.as_ref(), &mut explanation),
            Kind::Value(kind) => {
                if let Some(matcher) = &matcher {
                    explanation.matched = self.values(kind, matcher);
                }
            }
        }
        if self.frames.is_empty() {
            explanation.near_misses.push(NearMiss {
                reason: Reason::InterpreterIgnoredRecorder,
                sentence: Reason::InterpreterIgnoredRecorder.sentence("", "", ""),
                suggestion: None,
                frames: Vec::new(),
            });
        }
        let only_guesses = |miss: &NearMiss| {
            matches!(miss.reason, Reason::Typo | Reason::NotImported | Reason::InterpreterIgnoredRecorder)
        };
        explanation.never_seen = explanation.matched.is_empty()
            && explanation.error.is_none()
            && explanation.near_misses.iter().all(only_guesses);
        explanation
    }

    /// Frames with a value of such a name: parameters, local variables, or what they return.
    fn values(&self, kind: ValueKind, matcher: &Matcher) -> Vec<usize> {
        let any = |names: &[String]| names.iter().any(|name| matcher.is_match(name));
        let has = |frame: &Frame| match kind {
            ValueKind::Arg => any(&frame.params),
            ValueKind::Local => any(&frame.locals),
            ValueKind::Ret => matcher.is_match(&obj_name(frame.module.as_deref(), &frame.qualname)),
            // What is read from globals and attributes is not known of a code object.
            ValueKind::Global | ValueKind::Attr => false,
        };
        (0..self.frames.len()).filter(|index| has(&self.frames[*index])).collect()
    }

    fn items(&self, kind: ScopeKind) -> &[Item] {
        let made = || {
            let mut items = Items::default();
            items.extend(kind, &self.root, &self.frames);
            items
        };
        let at = SCOPES.iter().position(|scope| *scope == kind).unwrap_or_default();
        self.items[at].get_or_init(made).list()
    }

    fn scope(&self, kind: ScopeKind, selector: &Selector, matcher: Option<&Matcher>, out: &mut Explanation) {
        let items = self.items(kind);
        let mut misses = Misses::new(self, selector);
        let (matched, missed): (Vec<&Item>, Vec<&Item>) = items
            .iter()
            .partition(|item| matcher.zip(item.subject.as_deref()).is_some_and(|(m, subject)| m.is_match(subject)));
        if let Some(matcher) = matcher {
            for item in &matched {
                out.matched.extend(&item.frames);
                self.matched_in_vain(kind, selector, matcher, item, &mut misses);
            }
        }
        out.matched.sort_unstable();
        let variations = variations::of(self, kind, selector, matcher, items);
        for item in missed {
            self.missed(item, &variations, !matched.is_empty(), &mut misses);
        }
        if matched.is_empty() && misses.list.is_empty() && out.error.is_none() {
            variations::nearest_names(selector.pattern(), items, |item| {
                misses.add(Reason::NotImported, item, None, "");
            });
            if misses.list.is_empty() && !self.frames.is_empty() {
                let sentence = "Nothing of that name ever ran, and nothing with a similar name.".to_owned();
                let reason = Reason::NotImported;
                misses.list.push(NearMiss { reason, sentence, suggestion: None, frames: Vec::new() });
            }
        }
        out.near_misses = misses.list;
        out.near_misses.iter_mut().for_each(|miss| miss.frames.sort_unstable());
        out.near_misses.sort_by_key(|miss| miss.reason);
    }

    fn missed(&self, item: &Item, variations: &[Variation<'_>], any_matched: bool, misses: &mut Misses<'_>) {
        for variation in variations {
            // Once something matches, that other names are similar or longer says nothing.
            if any_matched && matches!(variation.reason, Reason::Typo | Reason::Suffix) {
                continue;
            }
            if let Some(hit) = (variation.test)(item, &self.frames[item.first], self.origin(item)) {
                misses.add(variation.reason, item, hit.suggestion, &hit.other);
                return;
            }
        }
    }

    /// What matches, and still is not as people expect.
    fn matched_in_vain(
        &self,
        kind: ScopeKind,
        selector: &Selector,
        matcher: &Matcher,
        item: &Item,
        misses: &mut Misses<'_>,
    ) {
        let frame = &self.frames[item.first];
        if self.origin(item).synthetic {
            misses.add(Reason::SyntheticFile, item, None, &frame.path);
            return;
        }
        let text = selector.text();
        let own =
            self.rules.iter().rev().find(|(rule, exec)| rule == text && exec.is_some()).and_then(|(_, exec)| *exec);
        for (index, frame) in item.frames.iter().map(|index| (*index, &self.frames[*index])) {
            let Some(rule) = frame.rule.as_ref().filter(|rule| rule.selector != text) else { continue };
            let verb = if frame.exec == Exec::Skip { "skips" } else { "traces" };
            let other = match own {
                Some(exec) if exec != frame.exec => {
                    format!("a later rule {verb} it: {} ({}#{})", rule.selector, rule.source, rule.index)
                }
                None if frame.exec == Exec::Skip => {
                    format!("a rule {verb} it: {} ({}#{})", rule.selector, rule.source, rule.index)
                }
                _ => continue,
            };
            misses.add_frame(Reason::Overruled, item, index, &other);
        }
        if let Some((suggestion, part)) = variations::unanchored(kind, selector, matcher, item) {
            misses.add(Reason::RegexUnanchored, item, Some(suggestion), &part);
        }
    }

    fn origin(&self, item: &Item) -> &Origin {
        self.origins.get(self.frames[item.first].origin)
    }
}

/// The near misses of one explanation, gathered by reason and suggestion.
struct Misses<'e> {
    explainer: &'e Explainer,
    selector: &'e Selector,
    kind: Kind,
    list: Vec<NearMiss>,
    /// Where in the list the frames of one reason are that share a suggestion (or, without one, what is said of them).
    known: HashMap<(Reason, String), usize>,
    /// The suggestions that were thought of; absent when they do not compile.
    suggestions: HashMap<String, Option<(ScopeKind, Matcher)>>,
    /// Whether the tighter form of a loose expression matches anything.
    somewhere: Option<bool>,
}

impl<'e> Misses<'e> {
    fn new(explainer: &'e Explainer, selector: &'e Selector) -> Self {
        let (known, suggestions) = (HashMap::new(), HashMap::new());
        Self { explainer, selector, kind: selector.kind(), list: Vec::new(), known, suggestions, somewhere: None }
    }

    fn add(&mut self, reason: Reason, item: &Item, suggestion: Option<String>, other: &str) {
        // Misses without a suggestion of their own get the exact selector, unless matching is not what they lack.
        if !matches!(reason, Reason::SyntheticFile | Reason::Overruled) {
            let kind = self.kind;
            let full = self.list.len() >= MOST_MISSES;
            let exact = || Some(exactly(kind, item.subject.as_deref().filter(|_| !full)?));
            let suggestion = suggestion.filter(|text| match reason {
                // What a loose expression should have been need not match what it matched by accident.
                Reason::RegexUnanchored => self.holds_somewhere(text),
                _ => self.holds(text, item.first),
            });
            let suggestion = suggestion.or_else(|| exact().filter(|text| self.holds(text, item.first)));
            if let Some(suggestion) = suggestion {
                let key = suggestion.clone();
                return self.gather(reason, item, Some(suggestion), other, key);
            }
        }
        self.gather(reason, item, None, other, other.to_owned());
    }

    /// Whether `suggestion` is a selector that matches this frame.
    fn holds(&mut self, suggestion: &str, frame: usize) -> bool {
        let explainer = self.explainer;
        if !self.suggestions.contains_key(suggestion) {
            let compiled = Selector::parse(suggestion, Place::Rule).ok().and_then(|selector| match selector.kind() {
                Kind::Scope(kind) => Some((kind, selector.compile(&explainer.root).ok()?)),
                Kind::Value(_) => None,
            });
            self.suggestions.insert(suggestion.to_owned(), compiled);
        }
        let Some(Some((kind, matcher))) = self.suggestions.get(suggestion) else { return false };
        let subject = subject(&explainer.root, *kind, &explainer.frames[frame].facts());
        subject.is_some_and(|subject| matcher.is_match(&subject))
    }

    /// Whether `suggestion` matches any frame. (It is the same one for all that a selector matches.)
    fn holds_somewhere(&mut self, suggestion: &str) -> bool {
        if self.somewhere.is_none() {
            self.somewhere = Some((0..self.explainer.frames.len()).any(|frame| self.holds(suggestion, frame)));
        }
        self.somewhere == Some(true)
    }

    /// Puts an item beside those with the same `key`, or begins a new entry.
    fn gather(&mut self, reason: Reason, item: &Item, suggestion: Option<String>, other: &str, key: String) {
        if let Some(at) = self.known.get(&(reason, key.clone())) {
            self.list[*at].frames.extend(&item.frames);
        } else if self.list.len() < MOST_MISSES {
            self.push(reason, item, suggestion, other, item.frames.clone(), key);
        }
    }

    fn add_frame(&mut self, reason: Reason, item: &Item, frame: usize, other: &str) {
        if let Some(at) = self.known.get(&(reason, other.to_owned())) {
            self.list[*at].frames.push(frame);
        } else if self.list.len() < MOST_MISSES {
            self.push(reason, item, None, other, vec![frame], other.to_owned());
        }
    }

    fn push(
        &mut self,
        reason: Reason,
        item: &Item,
        suggestion: Option<String>,
        other: &str,
        frames: Vec<usize>,
        key: String,
    ) {
        let frame = &self.explainer.frames[item.first];
        let subject = item.subject.as_deref().unwrap_or(&frame.path);
        let sentence = reason.sentence(subject, as_typed(self.selector), other);
        self.known.insert((reason, key), self.list.len());
        self.list.push(NearMiss { reason, sentence, suggestion, frames });
    }
}

#[cfg(test)]
mod tests;
