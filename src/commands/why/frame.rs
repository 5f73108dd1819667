//! `ct-tui why TRACE --frame NAME`: one function. How it got its name, each rule of the chain in order with its
//! verdict, the rule that set the result, and what happens to a value of a given name.

use std::collections::HashSet;
use std::io::Write;

use serde::Serialize;

use crate::app::units;
use crate::commands::seen::{self, FrameJson, Seen};
use crate::commands::{Failure, reading};
use crate::diagnostic::printable;
use crate::filter::{Engine, RuleStep, ValueAction, ValueKind, obj_name};
use crate::model::code::{Exec, RuleRef};
use crate::naming;
use crate::trace::Trace;

/// How many functions are explained for people when a name fits several.
const LISTED: usize = 5;

#[derive(Serialize)]
struct Answer<'t> {
    frame: &'t str,
    frames: Vec<Explained<'t>>,
    /// The labels most like it, when there is none.
    nearest: Vec<String>,
}

#[derive(Serialize)]
struct Explained<'t> {
    #[serde(flatten)]
    frame: FrameJson<'t>,
    aliases: &'t [String],
    candidates: &'t [String],
    rules: Vec<Step<'t>>,
    value_default: ValueAction,
    value_default_rule: Option<RuleRef>,
    values: Vec<Value<'t>>,
}

/// One rule's part in the decision.
#[derive(Serialize)]
struct Step<'t> {
    source: &'t str,
    index: usize,
    selector: &'t str,
    /// What the selector was matched against.
    subject: Option<String>,
    matched: bool,
    exec: Option<Exec>,
    value_default: Option<ValueAction>,
    decides_exec: bool,
    decides_value: bool,
    reason: Option<&'t str>,
}

/// What happens to a value.
#[derive(Serialize)]
struct Value<'t> {
    kind: ValueKind,
    name: String,
    action: ValueAction,
    rule: Option<RuleRef>,
    pattern: Option<&'t str>,
    /// Why the pattern is there.
    reason: Option<&'t str>,
}

/// Writes the explanation of every function that `name` stands for; whether there is one.
///
/// # Errors
///
/// The chain of the trace does not compile, or nothing can be written.
pub fn explain(
    trace: &Trace,
    all: &[Seen<'_>],
    name: &str,
    value: Option<&str>,
    json: bool,
    out: &mut impl Write,
) -> Result<bool, Failure> {
    let engine = seen::engine(trace)?;
    let mode = seen::mode(trace);
    let found = find(all, name);
    let nearest = if found.is_empty() { nearest(all, name) } else { Vec::new() };
    if json {
        let frames = found.iter().map(|frame| explained(&engine, frame, frame.json(mode), value)).collect();
        writeln!(out, "{}", reading::json_line(&Answer { frame: name, frames, nearest }))?;
        return Ok(!found.is_empty());
    }
    if found.is_empty() {
        writeln!(out, "No function called {} was seen.", printable(name))?;
        for label in nearest {
            writeln!(out, "  did you mean  {}", printable(&label))?;
        }
        return Ok(false);
    }
    for (index, frame) in found.iter().take(LISTED).enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let it = explained(&engine, frame, frame.json(mode), value);
        out.write_all(text(trace, frame, &it).as_bytes())?;
    }
    if found.len() > LISTED {
        writeln!(out, "\n… {} more functions of that name", units::grouped((found.len() - LISTED) as u64))?;
    }
    Ok(true)
}

/// The functions that a label, a qualified name, or `FILE:LINE` stands for; the same function of several processes once.
fn find<'t, 'a>(all: &'a [Seen<'t>], name: &str) -> Vec<&'a Seen<'t>> {
    let facts = |seen: &Seen<'t>| seen.facts();
    let by_name = |seen: &&Seen<'t>| {
        let frame = facts(seen);
        seen.record.label() == name || frame.qualname == name || obj_name(frame.module, frame.qualname) == name
    };
    let mut found: Vec<&Seen<'t>> = all.iter().filter(by_name).collect();
    if found.is_empty() {
        found = at_line(all, name);
    }
    let mut known = HashSet::new();
    found.retain(|seen| {
        let record = seen.record;
        let verdict = (record.verdict.exec, record.verdict.rule.clone());
        known.insert((record.label(), &record.facts.abs_path, record.facts.first_line, verdict))
    });
    found
}

/// `FILE:LINE`: what starts at that line, else the function that starts last before it.
fn at_line<'t, 'a>(all: &'a [Seen<'t>], name: &str) -> Vec<&'a Seen<'t>> {
    let Some((file, line)) = name.rsplit_once(':') else { return Vec::new() };
    let Ok(line) = line.parse::<u32>() else { return Vec::new() };
    let file = file.trim_start_matches("./");
    let in_file = |seen: &&Seen<'t>| {
        let path = &seen.record.facts.abs_path;
        path.strip_suffix(file).is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || file.starts_with('/'))
            && seen.record.facts.first_line <= line
    };
    let candidates: Vec<&Seen<'t>> = all.iter().filter(in_file).filter(|_| !file.is_empty()).collect();
    let last = candidates.iter().map(|seen| seen.record.facts.first_line).max();
    candidates.into_iter().filter(|seen| Some(seen.record.facts.first_line) == last).collect()
}

fn nearest(all: &[Seen<'_>], name: &str) -> Vec<String> {
    let wanted: String = name.chars().take(200).collect();
    let mut ranked: Vec<(f64, String)> = Vec::new();
    for seen in all {
        let label = seen.record.label();
        let short: String = label.chars().take(200).collect();
        let last = short.rsplit('.').next().unwrap_or(&short);
        let score = strsim::jaro_winkler(&short, &wanted).max(0.9 * strsim::jaro_winkler(last, &wanted));
        ranked.push((score, label));
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    ranked.dedup_by(|a, b| a.1 == b.1);
    ranked.into_iter().filter(|(score, _)| *score > 0.75).take(3).map(|(_, label)| label).collect()
}

fn explained<'t>(engine: &'t Engine, seen: &Seen<'t>, frame: FrameJson<'t>, value: Option<&str>) -> Explained<'t> {
    let facts = seen.facts();
    let (decision, policy) = engine.judge(&facts);
    let step = |step: RuleStep| {
        let rule = &engine.rules()[step.rule.index()];
        Step {
            source: &engine.sources()[rule.source].name,
            index: rule.index,
            selector: rule.selector.text(),
            subject: step.subject,
            matched: step.matched.is_some(),
            exec: rule.exec,
            value_default: rule.value_default,
            decides_exec: step.decides_exec,
            decides_value: step.decides_value,
            reason: rule.reason.as_deref(),
        }
    };
    let of_kind = |kind: ValueKind, name: String| {
        let verdict = policy.explain(kind, &name);
        let pattern = verdict.pattern.map(|(rule, at)| &engine.rules()[rule.index()].patterns[at]);
        Value {
            kind,
            name,
            action: verdict.action,
            rule: verdict.pattern.and_then(|(rule, _)| engine.rule_ref(rule)),
            pattern: pattern.map(|pattern| pattern.selector.text()),
            reason: pattern.and_then(|pattern| pattern.reason.as_deref()),
        }
    };
    let mut values: Vec<Value<'t>> = Vec::new();
    if let Some(name) = value {
        let named = ValueKind::ALL.into_iter().filter(|kind| *kind != ValueKind::Ret);
        values.extend(named.map(|kind| of_kind(kind, name.to_owned())));
    } else {
        values.extend(seen.record.facts.params.iter().map(|name| of_kind(ValueKind::Arg, name.clone())));
    }
    values.push(of_kind(ValueKind::Ret, obj_name(facts.module, facts.qualname).into_owned()));
    Explained {
        frame,
        aliases: &seen.record.evidence.aliases,
        candidates: &seen.record.evidence.candidates,
        rules: engine.rule_trace(&facts).into_iter().map(step).collect(),
        value_default: decision.value_default,
        value_default_rule: decision.value_rule.and_then(|rule| engine.rule_ref(rule)),
        values,
    }
}

fn text(trace: &Trace, seen: &Seen<'_>, it: &Explained<'_>) -> String {
    let record = seen.record;
    let root = &trace.manifest().project_root;
    let calls = seen.calls.map_or_else(|| "not counted".to_owned(), |calls| units::plural(calls, "call", "calls"));
    let mut out = format!("{}  {}  {calls}\n", printable(&record.label()), seen.place(root));

    out.push_str("\nname\n");
    let mut rows: Vec<Vec<String>> = Vec::new();
    for item in &record.evidence.items {
        let name = item.name.as_deref().map_or("-".into(), printable).into_owned();
        let detail = item.detail.as_deref().map(printable).unwrap_or_default().into_owned();
        rows.push(vec![format!("  {}", item.source.as_str()), name, item.outcome.in_words().to_owned(), detail]);
    }
    out.push_str(&seen::columns(&rows, &[]));
    for (title, names) in [("also in sys.modules as", it.aliases), ("candidates", it.candidates)] {
        if !names.is_empty() {
            out.push_str(&format!("  {title}: {}\n", printable(&names.join(", "))));
        }
    }
    let other = seen::other(seen::mode(trace));
    let (module, source) = naming::answer(other, &record.evidence);
    let module = module.map_or_else(|| "unknown".to_owned(), |module| printable(module).into_owned());
    out.push_str(&format!("  in {} mode the module would be {module} ({})\n", other.as_str(), source.as_str()));

    out.push_str("\nrules\n");
    let mut rows: Vec<Vec<String>> = Vec::new();
    for step in &it.rules {
        let verdict = match (step.matched, step.exec, step.value_default) {
            (false, ..) => "-".to_owned(),
            (true, None, None) => "matches".to_owned(),
            (true, exec, value) => {
                let exec = exec.map(|exec| if exec == Exec::Trace { "trace" } else { "skip" });
                let value = value.map(ValueAction::as_str);
                exec.into_iter().chain(value).collect::<Vec<_>>().join(", ")
            }
        };
        let decides = match (step.decides_exec, step.decides_value) {
            (true, true) => "← decides, and the values' default",
            (true, false) => "← decides",
            (false, true) => "← decides the values' default",
            (false, false) => "",
        };
        let place = format!("  {}#{}", printable(step.source), step.index);
        rows.push(vec![place, seen::brief(step.selector, step.reason), verdict, decides.to_owned()]);
    }
    out.push_str(&seen::columns(&rows, &[]));
    let exec = if record.verdict.exec == Exec::Trace { "recorded" } else { "skipped" };
    let by = match (&record.verdict.reason, &record.verdict.rule) {
        (Some(reason), _) => printable(reason).into_owned(),
        (None, Some(rule)) => {
            format!("{}#{} {}", printable(&rule.source), rule.index, seen::brief(&rule.selector, None))
        }
        (None, None) => "the default of the chain".to_owned(),
    };
    out.push_str(&format!("  {exec}: {by}\n"));

    out.push_str("\nvalues\n");
    let by = |rule: &Option<RuleRef>| {
        rule.as_ref()
            .map_or_else(|| "the default".to_owned(), |rule| format!("{}#{}", printable(&rule.source), rule.index))
    };
    let mut rows = vec![vec![
        "  default".to_owned(),
        String::new(),
        it.value_default.as_str().to_owned(),
        it.value_default_rule.as_ref().map_or_else(|| "the chain".to_owned(), |_| by(&it.value_default_rule)),
    ]];
    for value in &it.values {
        let pattern =
            value.pattern.map(|pattern| format!(" {}", seen::brief(pattern, value.reason))).unwrap_or_default();
        rows.push(vec![
            format!("  {}", value.kind.as_str()),
            printable(&value.name).into_owned(),
            value.action.as_str().to_owned(),
            format!("{}{pattern}", by(&value.rule)),
        ]);
    }
    out.push_str(&seen::columns(&rows, &[]));
    out
}
