//! Many patterns over one subject: which of them match?
//!
//! Few patterns are tried one after the other. Many are indexed by their literal prefix or suffix (a rolling hash, one
//! table look-up per length that occurs), and regular expressions without either are searched for all at once, in
//! groups. Candidates are always verified by the pattern's own matcher, so the index can only be fast, never wrong.

use super::matcher::{Imp, Matcher};
use regex_automata::meta;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::primitives::PatternID;
use regex_automata::{Input, MatchKind, PatternSet};
use regex_syntax::hir::Hir;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Up to this many patterns are simply tried one after the other.
const FEW: usize = 16;

/// Most regular expressions in one group.
const GROUP_PATTERNS: usize = 64;

/// Largest compiled size of one group, in bytes.
const GROUP_SIZE: usize = 1 << 20;

/// Positions in a rule list, matched against one kind of subject.
#[derive(Debug, Default)]
pub(super) struct PatternIndex {
    /// All of them, ascending.
    all: Vec<u32>,
    tables: Option<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    prefixes: Affixes,
    suffixes: Affixes,
    /// Neither prefix nor suffix, and no regular expression.
    always: Vec<u32>,
    groups: Vec<Group>,
}

/// Patterns by the hash of their literal prefix (or suffix), and the lengths that occur.
#[derive(Debug, Default)]
struct Affixes {
    /// Ascending.
    lengths: Vec<usize>,
    by_hash: HashMap<u64, Vec<u32>>,
}

/// Regular expressions searched for together.
#[derive(Debug)]
struct Group {
    members: Vec<u32>,
    hirs: Vec<Hir>,
    engine: OnceLock<Option<meta::Regex>>,
}

impl PatternIndex {
    /// Indexes the patterns at these positions (ascending).
    pub(super) fn new(all: Vec<u32>, matcher: impl Fn(u32) -> MatcherRef) -> Self {
        let tables = (all.len() > FEW).then(|| Tables::new(&all, matcher));
        Self { all, tables }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Appends the positions of all patterns that match, in no particular order, each once.
    pub(super) fn matches<'m>(&self, subject: &str, matcher: impl Fn(u32) -> &'m Matcher, found: &mut Vec<u32>) {
        let is_match = |position: u32| matcher(position).is_match(subject);
        let Some(tables) = &self.tables else {
            found.extend(self.all.iter().copied().filter(|position| is_match(*position)));
            return;
        };
        tables.prefixes.candidates(subject.bytes(), |position| {
            if is_match(position) {
                found.push(position);
            }
        });
        tables.suffixes.candidates(subject.bytes().rev(), |position| {
            if is_match(position) {
                found.push(position);
            }
        });
        found.extend(tables.always.iter().copied().filter(|position| is_match(*position)));
        for group in &tables.groups {
            group.matches(subject, is_match, found);
        }
    }
}

/// What the index needs to know of a pattern while it is built.
pub(super) enum MatcherRef {
    /// Starts with this.
    Prefix(String),
    /// Ends with this.
    Suffix(String),
    /// A regular expression of this compiled size.
    Expression(Box<Hir>, usize),
    /// Anything else.
    Other,
}

impl MatcherRef {
    pub(super) fn new(matcher: &Matcher) -> Self {
        let affix = |prefix: &str, suffix: &str| {
            if prefix.is_empty() && suffix.is_empty() {
                None
            } else if prefix.len() >= suffix.len() {
                Some(Self::Prefix(prefix.to_owned()))
            } else {
                Some(Self::Suffix(suffix.to_owned()))
            }
        };
        match matcher.imp() {
            Imp::Shape(shape) => affix(&shape.prefix, &shape.suffix).unwrap_or(Self::Other),
            Imp::Glob { prefix, suffix, regex } => {
                affix(prefix, suffix).unwrap_or_else(|| Self::Expression(Box::new(regex.hir().clone()), regex.size()))
            }
            Imp::Regex(regex) => Self::Expression(Box::new(regex.hir().clone()), regex.size()),
        }
    }
}

impl Tables {
    fn new(all: &[u32], matcher: impl Fn(u32) -> MatcherRef) -> Self {
        let mut tables = Self::default();
        let mut group: (Vec<u32>, Vec<Hir>, usize) = Default::default();
        for position in all {
            match matcher(*position) {
                MatcherRef::Prefix(prefix) => tables.prefixes.add(prefix.bytes(), *position),
                MatcherRef::Suffix(suffix) => tables.suffixes.add(suffix.bytes().rev(), *position),
                MatcherRef::Other => tables.always.push(*position),
                MatcherRef::Expression(hir, size) => {
                    if group.0.len() == GROUP_PATTERNS || (group.2 > 0 && group.2 + size > GROUP_SIZE) {
                        tables.groups.push(Group::new(std::mem::take(&mut group)));
                    }
                    group.0.push(*position);
                    group.1.push(*hir);
                    group.2 += size;
                }
            }
        }
        if !group.0.is_empty() {
            tables.groups.push(Group::new(group));
        }
        tables
    }
}

/// FNV-1a, continued by one byte.
fn roll(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

impl Affixes {
    fn add(&mut self, bytes: impl ExactSizeIterator<Item = u8>, position: u32) {
        let length = bytes.len();
        if let Err(at) = self.lengths.binary_search(&length) {
            self.lengths.insert(at, length);
        }
        self.by_hash.entry(bytes.fold(HASH_START, roll)).or_default().push(position);
    }

    /// Calls `each` for the patterns whose affix hashes like the start of `bytes`.
    fn candidates(&self, bytes: impl Iterator<Item = u8>, mut each: impl FnMut(u32)) {
        let mut hash = HASH_START;
        let mut lengths = self.lengths.iter().copied();
        let Some(mut next) = lengths.next() else { return };
        for (at, byte) in bytes.enumerate() {
            hash = roll(hash, byte);
            if at + 1 == next {
                if let Some(positions) = self.by_hash.get(&hash) {
                    positions.iter().copied().for_each(&mut each);
                }
                match lengths.next() {
                    Some(length) => next = length,
                    None => return,
                }
            }
        }
    }
}

impl Group {
    fn new((members, hirs, _): (Vec<u32>, Vec<Hir>, usize)) -> Self {
        Self { members, hirs, engine: OnceLock::new() }
    }

    fn engine(&self) -> Option<&meta::Regex> {
        let build = || {
            let config = meta::Config::new()
                .match_kind(MatchKind::All)
                .nfa_size_limit(None)
                .which_captures(WhichCaptures::None)
                .hybrid_cache_capacity(4 << 20);
            meta::Regex::builder().configure(config).build_many_from_hir(&self.hirs).ok()
        };
        self.engine.get_or_init(build).as_ref()
    }

    fn matches(&self, subject: &str, is_match: impl Fn(u32) -> bool, found: &mut Vec<u32>) {
        let Some(engine) = self.engine().filter(|_| self.members.len() > 1) else {
            found.extend(self.members.iter().copied().filter(|position| is_match(*position)));
            return;
        };
        let mut set = PatternSet::new(self.members.len());
        engine.which_overlapping_matches(&Input::new(subject), &mut set);
        found.extend(set.iter().map(|id: PatternID| self.members[id.as_usize()]));
    }
}
