//! What the edited chain would decide about every function: which rules match, which of them decide, which are
//! overruled. A rule's matches are kept as a set of functions for as long as its selector stays; so a key that changes
//! one selector costs one compilation, one pass over the functions, and set arithmetic over the rest.

use super::bits::Bits;
use super::functions::{Cost, Functions};
use super::subjects::Subjects;
use crate::filter::{Kind, Matcher, Place, ScopeKind, Selector, SelectorError};
use crate::model::code::Exec;
use std::collections::HashMap;

/// How many selectors are remembered beyond those of the chain, so that undo and backspace cost nothing.
const MAX_SPARE: usize = 512;

/// Functions that are asked, for a rule that decides nothing, which other rule decides.
const MAX_VOTES: usize = 256;

/// A rule as the evaluation sees it.
#[derive(Clone, Copy, Debug)]
pub struct RuleView<'r> {
    /// The selector, as written.
    pub selector: &'r str,
    /// The root of its filter, no slash at its end.
    pub root: &'r str,
    /// What it does; `None`: leaves that alone.
    pub exec: Option<Exec>,
    /// Whether it is switched on.
    pub on: bool,
}

/// What a selector matches.
#[derive(Debug)]
pub struct Matches {
    /// The compiled selector, or what is wrong with it.
    pub compiled: Result<Compiled, SelectorError>,
    /// The functions that it matches, among the first `seen`.
    pub functions: Bits,
    /// How many functions were asked about.
    seen: usize,
    cost: Cost,
    /// Version of the costs that `cost` was summed from, and functions it was summed over.
    cost_of: (u64, usize),
    used: u64,
}

impl Matches {
    fn new(selector: &str, root: &str) -> Self {
        let compiled = compile(selector, root);
        Self { compiled, functions: Bits::default(), seen: 0, cost: Cost::default(), cost_of: (0, 0), used: 0 }
    }
}

/// A selector that is fine.
#[derive(Debug)]
pub struct Compiled {
    /// What it is matched against.
    pub kind: ScopeKind,
    /// Its pattern.
    pub matcher: Matcher,
}

/// A rule's part in the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// Functions that it matches.
    pub matched: usize,
    /// Functions whose `exec` it sets in the end.
    pub decides: usize,
    /// Recorded calls of the functions that it matches.
    pub calls: u64,
    /// Their own time, in nanoseconds.
    pub self_ns: u64,
    /// The rule (by its place) that decides most of what this one matches, when this one decides nothing.
    pub overruled_by: Option<usize>,
    /// What is wrong with its selector.
    pub error: Option<SelectorError>,
}

/// What the chain decides about everything that was seen.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Functions that would be recorded.
    pub traced: Bits,
    /// By function: the place of the rule that decides; `None`: the default.
    pub deciders: Vec<Option<u32>>,
    /// By place in the chain.
    pub rules: Vec<RuleCount>,
    /// Whether every rule was asked about every function. If not, the numbers are lower bounds.
    pub complete: bool,
}

/// The difference between what is recorded and what would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Not recorded now, recorded then.
    pub recorded: Vec<usize>,
    /// Recorded now, hidden then.
    pub hidden: Vec<usize>,
    /// Calls of those that would be hidden.
    pub hidden_calls: u64,
    /// Of those that would be recorded: how many were never counted, so that nobody knows how much they would add.
    pub uncounted: usize,
}

/// By root, then by selector: looked up a thousand times per key, without making a string.
type Known = HashMap<String, HashMap<String, Matches>>;

/// Remembers what selectors match.
#[derive(Debug, Default)]
pub struct Evaluator {
    subjects: Subjects,
    known: Known,
    clock: u64,
}

impl Evaluator {
    /// The strings that selectors are matched against, of the functions as of the last question.
    #[must_use]
    pub fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    /// What a selector of a rule matches, asked about every function now.
    pub fn matches(&mut self, functions: &Functions, selector: &str, root: &str) -> &Matches {
        self.subjects.sync(functions);
        let mut budget = usize::MAX;
        self.clock += 1;
        advance(&mut self.known, &self.subjects, functions, (selector, root), self.clock, &mut budget)
    }

    /// What is known of a selector's matches.
    #[must_use]
    pub fn known(&self, selector: &str, root: &str) -> Option<&Matches> {
        self.known.get(root)?.get(selector)
    }

    /// What the chain decides. At most `budget` questions to selectors that are new; call it again if the picture is
    /// not complete.
    pub fn picture(
        &mut self,
        functions: &Functions,
        rules: &[RuleView<'_>],
        default: Exec,
        mut budget: usize,
    ) -> Picture {
        self.subjects.sync(functions);
        self.clock += 1;
        let mut picture = Picture {
            deciders: vec![None; functions.len()],
            rules: vec![RuleCount::default(); rules.len()],
            complete: true,
            ..Picture::default()
        };
        for (rule, count) in rules.iter().zip(&mut picture.rules) {
            let key = (rule.selector, rule.root);
            let matches = advance(&mut self.known, &self.subjects, functions, key, self.clock, &mut budget);
            picture.complete &= matches.seen == functions.len() || matches.compiled.is_err();
            count.matched = matches.functions.len();
            (count.calls, count.self_ns) = (matches.cost.calls, matches.cost.self_ns);
            count.error = matches.compiled.as_ref().err().cloned();
        }
        self.decide(functions, rules, default, &mut picture);
        self.forget();
        picture
    }

    fn decide(&self, functions: &Functions, rules: &[RuleView<'_>], default: Exec, picture: &mut Picture) {
        // Code that no filter can record decides nothing and is decided by nothing.
        let mut open: Bits = (0..functions.len()).filter(|at| !functions.rows()[*at].is_fixed()).collect();
        for (place, rule) in rules.iter().enumerate().rev() {
            let (Some(exec), true) = (rule.exec, rule.on) else { continue };
            let Some(matches) = self.known(rule.selector, rule.root) else { continue };
            let mut decided = 0;
            let (traced, deciders) = (&mut picture.traced, &mut picture.deciders);
            open.take(&matches.functions, |at| {
                decided += 1;
                deciders[at] = u32::try_from(place).ok();
                if exec == Exec::Trace {
                    traced.insert(at);
                }
            });
            picture.rules[place].decides = decided;
        }
        if default == Exec::Trace {
            for at in open.iter() {
                picture.traced.insert(at);
            }
        }
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for (place, rule) in rules.iter().enumerate() {
            let count = &picture.rules[place];
            if !rule.on || rule.exec.is_none() || count.matched == 0 || count.decides > 0 {
                continue;
            }
            let Some(matches) = self.known(rule.selector, rule.root) else { continue };
            votes.clear();
            for decider in
                matches.functions.iter().take(MAX_VOTES).filter_map(|at| picture.deciders.get(at).copied().flatten())
            {
                *votes.entry(decider as usize).or_default() += 1;
            }
            let most = votes.iter().max_by_key(|(place, count)| (**count, std::cmp::Reverse(**place)));
            picture.rules[place].overruled_by = most.map(|(place, _)| *place);
        }
    }

    /// Forgets the selectors that were not asked for longest, when there are too many.
    fn forget(&mut self) {
        let clock = self.clock;
        let all = || self.known.values().flat_map(HashMap::values).map(|matches| matches.used);
        let spare = all().filter(|used| *used < clock).count();
        if spare <= MAX_SPARE {
            return;
        }
        let mut uses: Vec<u64> = all().filter(|used| *used < clock).collect();
        uses.sort_unstable();
        let limit = uses[spare - MAX_SPARE / 2];
        for below in self.known.values_mut() {
            below.retain(|_, matches| matches.used >= limit);
        }
    }
}

/// Brings what is known of one selector up to date, as far as the budget goes.
fn advance<'k>(
    known: &'k mut Known,
    subjects: &Subjects,
    functions: &Functions,
    (selector, root): (&str, &str),
    clock: u64,
    budget: &mut usize,
) -> &'k Matches {
    let below = known.entry(root.to_owned()).or_default();
    let matches = below.entry(selector.to_owned()).or_insert_with(|| Matches::new(selector, root));
    matches.used = clock;
    if let Ok(compiled) = &matches.compiled {
        if matches.seen < subjects.count() {
            let found = &mut matches.functions;
            let is_match = |subject: &str| compiled.matcher.is_match(subject);
            matches.seen = subjects.ask(compiled.kind, root, matches.seen, budget, is_match, |at| found.insert(at));
        }
        let wanted = (functions.version(), matches.seen);
        if matches.cost_of != wanted {
            matches.cost_of = wanted;
            matches.cost = sum(functions, &matches.functions);
        }
    }
    matches
}

/// Compiles the selector of a rule. `root`: of its filter, no slash at its end.
///
/// # Errors
///
/// The first mistake in it.
pub fn compile(selector: &str, root: &str) -> Result<Compiled, SelectorError> {
    let parsed = Selector::parse(selector, Place::Rule)?;
    let matcher = parsed.compile(root)?;
    match parsed.kind() {
        Kind::Scope(kind) => Ok(Compiled { kind, matcher }),
        // `Place::Rule` lets no other kind through.
        Kind::Value(_) => Err(SelectorError {
            code: "E-SEL-PLACE",
            message: "a value kind is not allowed in a rule".to_owned(),
            at: 0..selector.len(),
            hint: None,
        }),
    }
}

/// Recorded calls and time of these functions.
#[must_use]
pub fn sum(functions: &Functions, which: &Bits) -> Cost {
    let mut cost = Cost::default();
    for function in which.iter().filter_map(|at| functions.get(at)) {
        cost.calls = cost.calls.saturating_add(function.calls.unwrap_or(0));
        cost.total_ns = cost.total_ns.saturating_add(function.total_ns);
        cost.self_ns = cost.self_ns.saturating_add(function.self_ns);
    }
    cost
}

impl Picture {
    /// What would change against what is recorded now.
    #[must_use]
    pub fn difference(&self, functions: &Functions) -> Difference {
        let mut difference = Difference::default();
        for (at, function) in functions.rows().iter().enumerate().filter(|(_, function)| !function.codes.is_empty()) {
            match (function.exec, self.traced.contains(at)) {
                (Exec::Skip, true) => {
                    difference.recorded.push(at);
                    difference.uncounted += usize::from(function.calls.is_none());
                }
                (Exec::Trace, false) => {
                    difference.hidden.push(at);
                    let calls = function.calls.unwrap_or(0);
                    difference.hidden_calls = difference.hidden_calls.saturating_add(calls);
                }
                _ => {}
            }
        }
        difference
    }
}

#[cfg(test)]
mod tests;
