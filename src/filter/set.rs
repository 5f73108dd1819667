//! Many patterns over one subject: which of them match?
//!
//! Few patterns are tried one after the other. Of many, nearly all contain some literal text that a match must hold:
//! one pass over the subject finds all those texts, and only the patterns behind them are tried. Regular expressions
//! without such a text are searched for together, in groups. Candidates are always verified by the pattern's own
//! matcher, so the index can only be fast, never wrong.

use super::matcher::{Expression, Imp, Matcher};
use aho_corasick::AhoCorasick;
use regex_automata::meta;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::primitives::PatternID;
use regex_automata::{Input, MatchKind, PatternSet};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Up to this many patterns are simply tried one after the other.
const FEW: usize = 16;

/// Most regular expressions in one group.
const GROUP_PATTERNS: usize = 64;

/// Largest compiled size of one group, in bytes.
const GROUP_SIZE: usize = 1 << 20;

/// Shortest text by which a regular expression is looked up, in bytes.
const SHORTEST: usize = 3;

/// How many subjects are remembered.
const REMEMBERED: usize = 8_192;

/// Positions in a rule list, matched against one kind of subject.
#[derive(Debug, Default)]
pub(super) struct PatternIndex {
    /// All of them, ascending.
    all: Vec<u32>,
    tables: Option<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    /// Finds the texts of `by_text`.
    texts: Option<AhoCorasick>,
    by_text: Vec<Vec<u32>>,
    /// Without a text, and no regular expression.
    always: Vec<u32>,
    groups: Vec<Group>,
    /// Answers to subjects that come again and again (modules and files), if those are remembered.
    memory: Option<Mutex<Memory>>,
}

/// The positions that match, by subject.
type Memory = HashMap<Box<str>, Arc<[u32]>>;

/// Regular expressions searched for together.
#[derive(Debug, Default)]
struct Group {
    members: Vec<u32>,
    expressions: Vec<Arc<Expression>>,
    size: usize,
    engine: OnceLock<Option<meta::Regex>>,
}

impl PatternIndex {
    /// Indexes the patterns at these positions (ascending). `comes_again`: the same subjects will be asked about many
    /// times.
    pub(super) fn new<'m>(all: Vec<u32>, comes_again: bool, matcher: impl Fn(u32) -> &'m Matcher) -> Self {
        let tables = (all.len() > FEW).then(|| Tables::new(&all, comes_again, matcher));
        Self { all, tables }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Appends the positions of all patterns that match, in no particular order, each once.
    pub(super) fn matches<'m>(&self, subject: &str, matcher: impl Fn(u32) -> &'m Matcher, found: &mut Vec<u32>) {
        let Some(tables) = &self.tables else {
            found.extend(self.all.iter().copied().filter(|position| matcher(*position).is_match(subject)));
            return;
        };
        let Some(memory) = &tables.memory else { return tables.matches(subject, matcher, found) };
        let lock = || memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(subject) {
            found.extend_from_slice(known);
            return;
        }
        let start = found.len();
        tables.matches(subject, matcher, found);
        let mut memory = lock();
        if memory.len() >= REMEMBERED {
            memory.clear();
        }
        memory.insert(subject.into(), found[start..].into());
    }
}

impl Tables {
    fn new<'m>(all: &[u32], comes_again: bool, matcher: impl Fn(u32) -> &'m Matcher) -> Self {
        let mut tables = Self { memory: comes_again.then(Mutex::default), ..Self::default() };
        let mut texts: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut group = Group::default();
        for position in all {
            let matcher = matcher(*position);
            let required = required(matcher.imp());
            if required.is_empty() {
                match matcher.imp() {
                    Imp::Regex { regex, .. } => {
                        let size = matcher.size();
                        if group.members.len() == GROUP_PATTERNS || (group.size > 0 && group.size + size > GROUP_SIZE) {
                            tables.groups.push(std::mem::take(&mut group));
                        }
                        group.members.push(*position);
                        group.expressions.push(Arc::clone(regex));
                        group.size += size;
                    }
                    _ => tables.always.push(*position),
                }
            }
            for text in required {
                let next = texts.len();
                let at = *texts.entry(text).or_insert(next);
                if at == next {
                    tables.by_text.push(Vec::new());
                }
                tables.by_text[at].push(*position);
            }
        }
        if !group.members.is_empty() {
            tables.groups.push(group);
        }
        let mut ordered: Vec<(usize, Vec<u8>)> = texts.into_iter().map(|(text, at)| (at, text)).collect();
        ordered.sort_unstable();
        if !ordered.is_empty() {
            tables.texts = AhoCorasick::new(ordered.iter().map(|(_, text)| text)).ok();
            if tables.texts.is_none() {
                // Too much for one search: then they are tried one by one.
                tables.always.extend(std::mem::take(&mut tables.by_text).into_iter().flatten());
                tables.always.sort_unstable();
                tables.always.dedup();
            }
        }
        tables
    }

    fn matches<'m>(&self, subject: &str, matcher: impl Fn(u32) -> &'m Matcher, found: &mut Vec<u32>) {
        let is_match = |position: &u32| matcher(*position).is_match(subject);
        if let Some(texts) = &self.texts {
            let mut candidates = Vec::new();
            let mut last = None;
            for hit in texts.find_overlapping_iter(subject) {
                let text = hit.pattern().as_usize();
                if last != Some(text) {
                    candidates.extend_from_slice(&self.by_text[text]);
                }
                last = Some(text);
            }
            candidates.sort_unstable();
            candidates.dedup();
            found.extend(candidates.into_iter().filter(is_match));
        }
        found.extend(self.always.iter().copied().filter(is_match));
        for group in &self.groups {
            group.matches(subject, is_match, found);
        }
    }
}

/// Texts of which each match contains at least one; empty when there are none worth looking for.
fn required(imp: &Imp) -> Vec<Vec<u8>> {
    let texts: Vec<Vec<u8>> = match imp {
        Imp::Simple(simple) => vec![simple.required().as_bytes().to_vec()],
        Imp::Alternatives(alternatives) => {
            alternatives.iter().map(|simple| simple.required().as_bytes().to_vec()).collect()
        }
        Imp::Regex { regex, .. } => {
            return [ExtractKind::Prefix, ExtractKind::Suffix]
                .into_iter()
                .find_map(|kind| {
                    let sequence = Extractor::new().kind(kind).limit_class(10).limit_total(64).extract(regex.hir());
                    let texts: Vec<Vec<u8>> =
                        sequence.literals()?.iter().map(|literal| literal.as_bytes().to_vec()).collect();
                    texts.iter().all(|text| text.len() >= SHORTEST).then_some(texts)
                })
                .unwrap_or_default();
        }
    };
    if texts.iter().any(Vec::is_empty) { Vec::new() } else { texts }
}

impl Group {
    fn engine(&self) -> Option<&meta::Regex> {
        let build = || {
            let hirs: Vec<_> = self.expressions.iter().map(|expression| expression.hir()).collect();
            let config = meta::Config::new()
                .match_kind(MatchKind::All)
                .nfa_size_limit(None)
                .which_captures(WhichCaptures::None)
                .onepass(false)
                .hybrid_cache_capacity(4 << 20);
            meta::Regex::builder().configure(config).build_many_from_hir(&hirs).ok()
        };
        self.engine.get_or_init(build).as_ref()
    }

    fn matches(&self, subject: &str, is_match: impl Fn(&u32) -> bool, found: &mut Vec<u32>) {
        let Some(engine) = self.engine().filter(|_| self.members.len() > 1) else {
            found.extend(self.members.iter().copied().filter(is_match));
            return;
        };
        let mut set = PatternSet::new(self.members.len());
        engine.which_overlapping_matches(&Input::new(subject), &mut set);
        found.extend(set.iter().map(|id: PatternID| self.members[id.as_usize()]));
    }
}
