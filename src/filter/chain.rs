//! A chain of sources to one engine: parse all, compose the defaults, concatenate the rules.

use super::engine::{Defaults, Engine, Inner, Rule, SourceInfo, ValuePattern};
use super::file::{self, Budget, FilterFile};
use super::path::root_text;
use super::source::Source;
use super::types::ValueAction;
use crate::diagnostic::{Diagnostic, Locator};
use crate::model::code::Exec;

/// Most rules and value patterns of a chain; more is a mistake in whatever wrote them.
const MAX_RULES: usize = 1_000_000;

/// Compiles chains.
#[derive(Debug)]
pub struct Chain;

impl Chain {
    /// Compiles a chain, first source first. A chain without any source traces everything and allows all values.
    ///
    /// # Errors
    ///
    /// All problems of all sources, in the order of the sources and of their places in each.
    pub fn compile(sources: &[Source]) -> Result<Engine, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut budget = Budget::new();
        let mut files = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let name = source.display_name();
            let root = root_text(&source.root);
            let (file, mut found) = file::parse(&source.text, &name, &root, &mut budget);
            if let (Some(file), 0) = (&file, index) {
                found.extend(inherits(file, &source.text, &name));
            }
            problems.append(&mut found);
            files.extend(file);
        }
        let count: usize = files.iter().flat_map(|file| &file.rules).map(|rule| 1 + rule.patterns.len()).sum();
        if count > MAX_RULES {
            problems.push(Diagnostic::error("E-CHAIN-SIZE", format!("more than {MAX_RULES} rules and value patterns")));
        }
        if problems.is_empty() { Ok(assemble(sources, files)) } else { Err(problems) }
    }

    /// Checks one filter that need not be the first of its chain: its defaults may inherit.
    #[must_use]
    pub fn check(source: &Source) -> Vec<Diagnostic> {
        file::parse(&source.text, &source.display_name(), &root_text(&source.root), &mut Budget::new()).1
    }
}

/// The defaults that the first filter of a chain leaves open.
fn inherits(file: &FilterFile, text: &str, name: &str) -> Vec<Diagnostic> {
    let text = text.strip_prefix(file::BOM).unwrap_or(text);
    let exec = file.exec.value.is_none().then_some(("default_exec", &file.exec.at));
    let value = file.value.value.is_none().then_some(("default_value_action", &file.value.at));
    exec.into_iter()
        .chain(value)
        .map(|(key, at)| {
            let message = format!("`scope.{key}` is `inherit`, but this is the first filter of the chain");
            Diagnostic::error("E-CHAIN-INHERIT", message)
                .hint("there is nothing to inherit from; the built-in default filter comes first unless it is switched off")
                .in_file(name)
                .at(&Locator::new(text), at.clone())
        })
        .collect()
}

fn assemble(sources: &[Source], files: Vec<FilterFile>) -> Engine {
    let mut defaults = Defaults { exec: Exec::Trace, exec_source: 0, value: ValueAction::Allow, value_source: 0 };
    let mut infos = Vec::new();
    let mut rules = Vec::new();
    let mut io = None;
    for (index, (source, file)) in sources.iter().zip(files).enumerate() {
        if let Some(exec) = file.exec.value {
            (defaults.exec, defaults.exec_source) = (exec, index);
        }
        if let Some(value) = file.value.value {
            (defaults.value, defaults.value_source) = (value, index);
        }
        if file.io.is_some() {
            io.clone_from(&file.io);
        }
        infos.push(SourceInfo {
            kind: source.kind,
            name: file.name,
            version: file.version,
            description: file.description,
            labels: file.labels,
            sha256: source.sha256(),
            path: source.path.clone(),
            root: root_text(&source.root),
            default_exec: file.exec.value,
            default_value: file.value.value,
            first_rule: rules.len(),
            rules: file.rules.len(),
        });
        for (in_source, rule) in file.rules.into_iter().enumerate() {
            rules.push(Rule {
                source: index,
                index: in_source,
                kind: rule.kind,
                selector: rule.selector,
                matcher: rule.matcher,
                exec: rule.exec,
                value_default: rule.value_default,
                reason: rule.reason,
                at: rule.at,
                patterns: rule
                    .patterns
                    .into_iter()
                    .map(|pattern| ValuePattern {
                        kind: pattern.kind,
                        selector: pattern.selector,
                        matcher: pattern.matcher,
                        action: pattern.action,
                        reason: pattern.reason,
                        at: pattern.at,
                    })
                    .collect(),
            });
        }
    }
    Engine::new(Inner::new(infos, rules, defaults, io))
}
