//! `ct-tui why TRACE SELECTOR`: what a selector matches, and why not what was expected. With `--frame`, one function
//! instead (`frame`).

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::seen::{self, FrameJson, Seen};
use super::{ANSWER_IS_NO, BAD_INPUT, Failure, Outcome, reading};
use crate::app::units;
use crate::cli::WhyArgs;
use crate::diagnostic::printable;
use crate::filter::SelectorError;
use crate::filter::explain::{Explainer, Explanation, NearMiss, Reason, SeenFrame};
use crate::model::code::Exec;
use crate::model::evidence::NamingMode;

mod frame;

/// How many lines of one kind are listed for people; `--json` has them all.
const LISTED: usize = 20;

/// Explains a selector or a function. Exit code 1 when nothing matched.
///
/// # Errors
///
/// The trace cannot be read, the selector is none, or nothing can be written.
pub fn run(args: &WhyArgs) -> Outcome {
    let trace = reading::open(&args.trace)?;
    let all = seen::collect(&trace);
    let mut out = BufWriter::new(io::stdout().lock());
    if let Some(name) = &args.frame {
        let found = frame::explain(&trace, &all, name, args.value.as_deref(), args.json, &mut out)?;
        out.flush()?;
        return Ok(if found { ExitCode::SUCCESS } else { ExitCode::from(ANSWER_IS_NO) });
    }
    let Some(selector) = &args.selector else { return Err(Failure::new("a selector or --frame is needed")) };
    let engine = seen::engine(&trace)?;
    let rules = engine.rules().iter().map(|rule| (rule.selector.text().to_owned(), rule.exec)).collect();
    let frames = all.iter().map(|seen| SeenFrame {
        facts: seen.facts(),
        evidence: &seen.record.evidence,
        exec: seen.record.verdict.exec,
        rule: seen.record.verdict.rule.as_ref(),
        params: &seen.record.facts.params,
        locals: &seen.record.facts.locals,
    });
    let root = &trace.manifest().project_root;
    let explanation = Explainer::new(root, rules, frames).explain(selector);
    if args.json {
        writeln!(out, "{}", reading::json_line(&json(selector, &explanation, &all, seen::mode(&trace))))?;
    } else if explanation.error.is_none() || !explanation.near_misses.is_empty() {
        let not_recorded = trace.manifest().not_recorded.as_deref();
        out.write_all(text(selector, &explanation, &all, root, not_recorded).as_bytes())?;
    }
    out.flush()?;
    if let Some(error) = &explanation.error {
        let shown = caret(selector, error);
        // The exit code is ours to choose: with --json the answer has been given, and is still that of bad input.
        io::stderr().write_all(format!("ct-tui: {shown}\n").as_bytes())?;
        return Ok(ExitCode::from(BAD_INPUT));
    }
    Ok(if explanation.matched.is_empty() { ExitCode::from(ANSWER_IS_NO) } else { ExitCode::SUCCESS })
}

#[derive(Serialize)]
struct WhyJson<'t> {
    selector: &'t str,
    valid: bool,
    error: Option<String>,
    error_at: Option<[usize; 2]>,
    matched: Vec<FrameJson<'t>>,
    near_misses: Vec<MissJson<'t>>,
    never_seen: bool,
}

#[derive(Serialize)]
struct MissJson<'t> {
    #[serde(flatten)]
    frame: Option<FrameJson<'t>>,
    reason: Reason,
    sentence: &'t str,
    suggestion: Option<&'t str>,
}

fn json<'t>(selector: &'t str, it: &'t Explanation, all: &[Seen<'t>], mode: NamingMode) -> WhyJson<'t> {
    let mut near_misses = Vec::new();
    for miss in &it.near_misses {
        let frames = miss.frames.iter().map(|index| Some(all[*index].json(mode)));
        let nobody = miss.frames.is_empty().then_some(None);
        near_misses.extend(frames.chain(nobody).map(|frame| MissJson {
            frame,
            reason: miss.reason,
            sentence: &miss.sentence,
            suggestion: miss.suggestion.as_deref(),
        }));
    }
    WhyJson {
        selector,
        valid: it.error.is_none(),
        error: it.error.as_ref().map(ToString::to_string),
        error_at: it.error.as_ref().map(|error| [error.at.start, error.at.end]),
        matched: it.matched.iter().map(|index| all[*index].json(mode)).collect(),
        near_misses,
        never_seen: it.never_seen,
    }
}

fn text(selector: &str, it: &Explanation, all: &[Seen<'_>], root: &str, not_recorded: Option<&str>) -> String {
    let mut out = String::new();
    let matched: Vec<&Seen<'_>> = it.matched.iter().map(|index| &all[*index]).collect();
    let calls: u64 = matched.iter().filter_map(|frame| frame.calls).sum();
    // Not `total_ns`: a function that calls another of the same list would count twice.
    let own: u64 = matched.iter().map(|frame| frame.self_ns).sum();
    out.push_str(&format!(
        "{} matches {}{}\n",
        printable(selector),
        units::plural(matched.len() as u64, "function", "functions"),
        if matched.is_empty() {
            String::new()
        } else {
            let calls = units::plural(calls, "call", "calls");
            format!(", {calls}, {} in them", units::duration(own, "µs"))
        },
    ));
    let mut by_cost = matched;
    by_cost.sort_by_key(|frame| std::cmp::Reverse((frame.self_ns, frame.calls)));
    let rows: Vec<Vec<String>> = by_cost.iter().take(LISTED).map(|frame| row(frame, root)).collect();
    out.push_str(&indented(&seen::columns(&rows, &[1, 2])));
    if by_cost.len() > LISTED {
        out.push_str(&format!("  … {} more\n", units::grouped((by_cost.len() - LISTED) as u64)));
    }
    if let Some(reason) = not_recorded.filter(|_| all.is_empty()) {
        out.push_str(&format!("\n{}\n", printable(reason)));
    }
    for miss in it.near_misses.iter().take(LISTED) {
        out.push_str(&near_miss(miss, all, root));
    }
    if it.near_misses.len() > LISTED {
        out.push_str(&format!("\n… {} more reasons\n", it.near_misses.len() - LISTED));
    }
    out
}

fn row(frame: &Seen<'_>, root: &str) -> Vec<String> {
    let skipped = match (&frame.record.verdict.exec, &frame.record.verdict.rule) {
        (Exec::Trace, _) => String::new(),
        (Exec::Skip, Some(rule)) => format!("skipped by {}#{}", printable(&rule.source), rule.index),
        (Exec::Skip, None) => "skipped".to_owned(),
    };
    let label = printable(&frame.record.label()).into_owned();
    vec![label, frame.calls_column(), frame.time_column(), frame.place(root), skipped]
}

fn near_miss(miss: &NearMiss, all: &[Seen<'_>], root: &str) -> String {
    let mut out = format!("\n{}  {}\n", miss.reason.as_str(), printable(&miss.sentence));
    let rows: Vec<Vec<String>> = miss.frames.iter().take(3).map(|index| row(&all[*index], root)).collect();
    out.push_str(&indented(&seen::columns(&rows, &[1, 2])));
    if miss.frames.len() > 3 {
        out.push_str(&format!("  … {} more\n", units::grouped((miss.frames.len() - 3) as u64)));
    }
    if let Some(suggestion) = &miss.suggestion {
        out.push_str(&format!("  try  {}\n", printable(suggestion)));
    }
    out
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// The mistake in a selector, with a mark under it.
fn caret(selector: &str, error: &SelectorError) -> String {
    let before = printable(selector.get(..error.at.start).unwrap_or("")).into_owned();
    let inside = printable(selector.get(error.at.clone()).unwrap_or("")).into_owned();
    let (indent, length) = (crate::app::text::width(&before), crate::app::text::width(&inside).max(1));
    let hint = error.hint.as_ref().map(|hint| format!("\n  {}", printable(hint))).unwrap_or_default();
    let message = printable(&error.message).into_owned();
    let shown = printable(selector).into_owned();
    format!("{}: {message}\n  {shown}\n  {}{}{hint}", error.code, " ".repeat(indent), "^".repeat(length))
}
