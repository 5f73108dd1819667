//! A function explained in plain lines: how it got its name, what each rule says about it, and which one decides, in the
//! chain that runs and in the edited one.

use super::state::{Fate, Lab, root_text};
use crate::app::text::{clean, elide};
use crate::app::units;
use crate::filter::{Kind, ScopeKind, ValueAction, ValueKind, obj_name};
use crate::model::code::Exec;
use crate::model::evidence::{EvidenceSource, NamingMode};
use crate::naming;

/// Cells that a selector gets before it is shortened.
const SELECTOR: usize = 60;

/// The heading and the lines of the explanation of one function.
#[must_use]
pub fn function(lab: &Lab, at: usize, micro: &str) -> (String, Vec<String>) {
    let Some(function) = lab.functions().get(at) else { return (String::new(), Vec::new()) };
    let mut lines = Vec::new();
    let root = root_text(lab.root());
    let place = function.subject(ScopeKind::File, &root).map(|path| path.into_owned()).unwrap_or_default();
    lines.push(format!("{}:{}", clean(&place), function.line));
    lines.push(match function.calls {
        Some(calls) => format!(
            "{}, {} in all, {} of it its own",
            units::plural(calls, "call", "calls"),
            units::duration(function.total_ns, micro),
            units::duration(function.self_ns, micro)
        ),
        None => "never recorded: how often it was called, and how long it took, is unknown".to_owned(),
    });
    lines.push(String::new());
    lines.push("its name".to_owned());
    lines.extend(evidence(lab, at));
    lines.push(String::new());
    lines.push("the rules that run, in order; the last that sets trace or skip decides".to_owned());
    lines.extend(rules(lab, at));
    lines.push(String::new());
    lines.push("its values".to_owned());
    lines.extend(values(lab, at));
    lines.push(String::new());
    lines.push(verdict(lab, at));
    (clean(&function.label()).into_owned(), lines)
}

/// What every source says of a function's name, a line each, and what the other naming mode would answer.
#[must_use]
pub fn evidence(lab: &Lab, at: usize) -> Vec<String> {
    let Some(function) = lab.functions().get(at) else { return Vec::new() };
    let mut lines = Vec::new();
    for item in &function.evidence().items {
        let name = item.name.as_deref().map_or("—".into(), clean);
        let detail = item.detail.as_deref().map(|detail| format!("  ({})", clean(detail))).unwrap_or_default();
        let used = if item.outcome == crate::model::evidence::Outcome::Accepted { "  ← used" } else { "" };
        let words = if used.is_empty() { format!("  {}", item.outcome.in_words()) } else { String::new() };
        lines.push(format!("  {:<15} {name}{used}{words}{detail}", source_words(item.source)));
    }
    if !function.evidence().candidates.is_empty() {
        let names: Vec<_> = function.evidence().candidates.iter().map(|name| clean(name)).collect();
        lines.push(format!("  {:<15} {}", "candidates", names.join(", ")));
    }
    let other = other_mode(lab.mode);
    let (name, source) = naming::answer(other, function.evidence());
    let answer = name.map_or("no name".into(), clean);
    lines.push(format!("  {:<15} {answer}  ({})", format!("{} mode", other.as_str()), source.as_str()));
    lines
}

/// A source of names as people know it.
#[must_use]
pub fn source_words(source: EvidenceSource) -> &'static str {
    match source {
        EvidenceSource::Globals => "__name__",
        EvidenceSource::Spec => "__spec__.name",
        EvidenceSource::SysModules => "sys.modules",
        EvidenceSource::SysPath => "sys.path",
        EvidenceSource::Marker => "project marker",
        EvidenceSource::ProjectPath => "project path",
    }
}

/// The mode that is not `mode`.
#[must_use]
pub fn other_mode(mode: NamingMode) -> NamingMode {
    match mode {
        NamingMode::Globals => NamingMode::Resolver,
        NamingMode::Resolver => NamingMode::Globals,
    }
}

/// Every rule of the chain that runs, and its part.
fn rules(lab: &Lab, at: usize) -> Vec<String> {
    let (Some(function), Some(engine)) = (lab.functions().get(at), lab.engine()) else {
        return vec!["  the chain of this trace cannot be read".to_owned()];
    };
    let mut lines = Vec::new();
    let mut silent = 0;
    for step in engine.rule_trace(&function.facts()) {
        let rule = &engine.rules()[step.rule.index()];
        let Some(name) = engine.rule_ref(step.rule) else { continue };
        let exec = super::glue::exec_word(rule.exec);
        let verdict = match (step.matched.is_some(), step.decides_exec, rule.exec) {
            (false, _, _) => {
                silent += 1;
                "does not match"
            }
            (_, true, _) => "matches and decides",
            (_, false, Some(_)) => "matches, a later rule decides",
            (_, false, None) => "matches, leaves it alone",
        };
        let selector = short(&name.selector, rule.reason.as_deref());
        lines.push(format!(
            "  {:<16} {exec:<7} {selector}  {verdict}",
            format!("{}#{}", clean(&name.source), name.index)
        ));
    }
    if silent > 12 {
        lines.retain(|line| !line.ends_with("does not match"));
        lines.push(format!("  … {} do not match", units::plural(silent, "other rule", "other rules")));
    }
    lines
}

/// A selector short enough for a line; the reason of its rule stands in for one that is a program of its own.
#[must_use]
pub fn short(selector: &str, reason: Option<&str>) -> String {
    let shown = clean(selector);
    if crate::app::text::width(&shown) <= SELECTOR {
        return shown.into_owned();
    }
    // `file:regex:` says what it is about; the rest says nothing at a glance.
    let head = selector.match_indices(':').nth(1).map_or(20, |(at, _)| at + 1);
    match reason {
        Some(reason) => format!("{}… {}", clean(selector.get(..head).unwrap_or_default()), clean(reason)),
        None => elide(&shown, SELECTOR, "…").into_owned(),
    }
}

/// What the chain that runs does with values of the function that it does not simply record.
fn values(lab: &Lab, at: usize) -> Vec<String> {
    let (Some(function), Some(engine)) = (lab.functions().get(at), lab.engine()) else { return Vec::new() };
    let policy = engine.value_policy(&function.facts());
    let facts = &function.record.facts;
    let result = obj_name(function.module.as_deref(), &function.qualname);
    let arguments = facts.params.iter().map(|name| (ValueKind::Arg, name.as_str()));
    let locals = facts.locals.iter().map(|name| (ValueKind::Local, name.as_str()));
    let all = arguments.chain(locals).chain([(ValueKind::Ret, &*result)]);
    let word = |action: ValueAction| match action {
        ValueAction::Allow => "allow",
        ValueAction::Redact => "redact",
        ValueAction::Drop => "drop",
    };
    let mut lines: Vec<String> = all
        .map(|(kind, name)| (kind, name, policy.explain(kind, name)))
        .filter(|(.., verdict)| verdict.action != ValueAction::Allow)
        .map(|(kind, name, verdict)| {
            let rule = verdict.pattern.and_then(|(rule, _)| engine.rule_ref(rule));
            let by = rule.map_or("the default".to_owned(), |rule| format!("{}#{}", clean(&rule.source), rule.index));
            format!(
                "  {:<16} {:<7} {}",
                by,
                word(verdict.action),
                clean(&format!("{}:{name}", Kind::Value(kind).as_str()))
            )
        })
        .collect();
    if lines.is_empty() {
        lines.push("  no filter hides any of those that are known".to_owned());
    }
    lines
}

/// What it comes to.
fn verdict(lab: &Lab, at: usize) -> String {
    let Some(function) = lab.functions().get(at) else { return String::new() };
    if let Some(reason) = &function.fixed {
        return format!("It is never recorded, whatever the filters say: {}.", clean(reason));
    }
    let now = match (function.exec, &function.rule) {
        (Exec::Trace, Some(rule)) => format!("recorded by {}#{}", clean(&rule.source), rule.index),
        (Exec::Trace, None) => "recorded by default".to_owned(),
        (Exec::Skip, Some(rule)) => format!("skipped by {}#{}", clean(&rule.source), rule.index),
        (Exec::Skip, None) => "skipped by default".to_owned(),
    };
    let decider =
        lab.decider(at).map_or("the default".to_owned(), |rule| elide(&clean(&rule), SELECTOR, "…").into_owned());
    match lab.fate(at) {
        Fate::WouldHide => format!("It is {now}. The edited filters would hide it: {decider}."),
        Fate::WouldRecord => format!("It is {now}. The edited filters would record it: {decider}."),
        _ => format!("It is {now}."),
    }
}
