//! What to write to make a selector match: why those with other names of a function miss it, and which ones match.

use crate::app::lab::{Lab, escaped};
use crate::app::text::clean;
use crate::app::units;
use crate::filter::explain::NearMiss;
use std::collections::HashSet;

/// What to write to make a selector match a function, for each name that people would try.
#[derive(Clone, Debug)]
pub(super) struct Advice {
    /// The function.
    at: usize,
    /// Selectors with names of it that are not used.
    pub(super) tried: Vec<String>,
    /// What is to be said whatever those nearly match.
    rest: Vec<String>,
}

impl Advice {
    pub(super) fn of(lab: &mut Lab, at: usize) -> Option<Self> {
        let function = lab.functions().get(at)?;
        if let Some(reason) = &function.fixed {
            let rest = vec![format!("It is listed, but never recorded: {}.", clean(reason))];
            return Some(Self { at, tried: Vec::new(), rest });
        }
        let evidence = function.evidence();
        let others = evidence.items.iter().filter_map(|item| item.name.as_ref()).chain(&evidence.candidates);
        let unused = |name: &&String| Some(*name) != function.module.as_ref() && *name != "__main__";
        let mut known = HashSet::new();
        let tried = others.filter(unused).filter(|name| known.insert(name.as_str()));
        let tried = tried.map(|name| format!("pkg:{}", escaped(name))).collect();
        let mut rest = Vec::new();
        if function.module.is_none() {
            rest.push("No module name is known, so no pkg: selector matches it.".to_owned());
        }
        let wanted = ["the module", "the file"];
        let offers =
            lab.offers(at).into_iter().filter(|offer| wanted.iter().any(|start| offer.what.starts_with(start)));
        let matching: Vec<String> = offers
            .map(|offer| {
                format!("  {}  ({})", offer.selector, units::plural(offer.functions as u64, "function", "functions"))
            })
            .collect();
        if !matching.is_empty() {
            rest.push("What matches it:".to_owned());
            rest.extend(matching);
        }
        Some(Self { at, tried, rest })
    }

    /// All of it, with what the selectors that were tried nearly match, as far as that is known.
    pub(super) fn lines(&self, answers: &[Vec<NearMiss>]) -> Vec<String> {
        let misses = self.tried.iter().zip(answers).filter_map(|(selector, misses)| {
            let miss = misses.iter().find(|miss| miss.frames.contains(&self.at))?;
            Some(format!("{selector} does not match it. {}", miss.sentence))
        });
        misses.chain(self.rest.iter().cloned()).map(|line| clean(&line).into_owned()).collect()
    }
}
