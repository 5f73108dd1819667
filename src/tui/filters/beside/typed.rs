//! Beside a selector that is being typed: what is wrong with it, what it nearly matches, and what can be taken instead; and
//! what a value pattern matches.

use super::{Down, counts, key, verdict};
use crate::app::State;
use crate::app::filters::{Filters, Typing};
use crate::app::lab::{Lab, Suggestion, ValueInsight, why};
use crate::app::{text, units};
use crate::config::{Action, Role};

/// Most near misses that are shown while typing.
const MISSES: usize = 4;
/// Most names of values that are shown.
const NAMES: usize = 12;
/// Most suggestions that are shown while typing.
const SUGGESTIONS: usize = 7;

/// A selector that is being typed.
pub(super) fn typed(state: &State, lab: &Lab, filters: &Filters, down: &mut Down<'_, '_>) {
    let insight = lab.insight();
    let Some(typing) = &filters.typing else { return };
    let sign = down.canvas.signs.warning;
    if typing.line.text().is_empty() {
        down.wrapped("pkg: matches module names, file: paths in the project, obj: module.function.", Role::Dim);
        down.wrapped(
            "* stands for anything, also dots; pkg:shop.* is everything below shop, not shop itself.",
            Role::Dim,
        );
    } else if let Some(error) = &insight.error {
        down.wrapped(&format!("{sign} {}: {}", error.code, error.message), Role::Error);
        if let Some(hint) = &error.hint {
            down.wrapped(hint, Role::Text);
        }
    } else {
        down.pieces(&[(typing.line.text(), Role::Accent)]);
        down.pieces(&[(&counts(lab, insight.matched.len(), insight.calls, insight.self_ns), Role::Text)]);
        if insight.matched.is_empty() {
            down.pieces(&[(&format!("{sign} matches nothing that was seen"), Role::Warning)]);
        } else if let Some((place, row)) =
            lab.typed_row().and_then(|row| Some((lab.rows().iter().position(|other| other == row)?, row)))
        {
            verdict(lab, place, row, down);
        }
    }
    if insight.error.is_none() && !typing.line.text().is_empty() {
        let few = if insight.matched.is_empty() { MISSES } else { 2 };
        for miss in insight.near_misses.iter().take(few) {
            down.wrapped(&miss.sentence, Role::Text);
        }
    }
    // What is matched gets some of the room, when anything is.
    let functions = if insight.matched.is_empty() { 0 } else { 4 };
    suggestions(state, typing, filters.suggestions(lab), functions, down);
    down.blank();
}

/// What can be taken, as far as there is room; `below`: rows that are wanted for something else.
fn suggestions(state: &State, typing: &Typing, all: &[Suggestion], below: usize, down: &mut Down<'_, '_>) {
    let room = usize::from(down.left()).saturating_sub(below).min(SUGGESTIONS);
    let at = typing.suggestion.unwrap_or(0);
    let top = at.saturating_sub(room.saturating_sub(1));
    for (index, suggestion) in all.iter().enumerate().skip(top).take(room) {
        let chosen = typing.suggestion == Some(index);
        let tab = key(state, Action::Complete);
        let label = if index == at { text::pad(&tab, 5) } else { " ".repeat(5) };
        let row = down.next();
        if chosen {
            down.canvas.lay(row, Role::Selection);
        }
        let mut rest = row;
        if let Some(count) = suggestion.functions {
            rest = down.canvas.right(
                rest,
                &format!("  {}", units::plural(count as u64, "function", "functions")),
                Role::Dim,
            );
        }
        let shown = text::clean(&suggestion.text);
        let shown = text::elide_middle(&shown, usize::from(rest.width).saturating_sub(5), down.canvas.signs.ellipsis)
            .into_owned();
        let role = if suggestion.reason.is_some() { Role::Value } else { Role::Text };
        down.canvas.pieces(rest, &[(&label, Role::Accent), (&shown, role)]);
    }
    if all.len() > top + room && room > 0 {
        let (up, more) = (key(state, Action::Later), all.len() - top - room);
        down.pieces(&[(&format!("     {up} {} {more} more", down.canvas.signs.more), Role::Dim)]);
    }
}

/// What is known of the typed selector, in a few cells: `6 fn`, or what to take instead.
pub(in crate::tui::filters) fn in_short(state: &State, lab: &Lab) -> String {
    let insight = lab.insight();
    match insight.suggestions.first().filter(|_| insight.matched.is_empty()) {
        Some(suggestion) => format!("{} {}", key(state, Action::Complete), text::clean(&suggestion.text)),
        None => format!("{} fn", units::count(insight.matched.len() as u64)),
    }
}

/// What a value pattern matches, as far as that is known.
pub(super) fn known_values(pattern: &str, values: &ValueInsight, down: &mut Down<'_, '_>) {
    down.pieces(&[(&why::short(pattern, None), Role::Accent)]);
    if let Some(unknown) = values.unknown {
        down.wrapped(unknown, Role::Dim);
    } else if values.names.is_empty() {
        let sign = down.canvas.signs.warning;
        down.pieces(&[(&format!("{sign} no such value was seen in the functions of its rule"), Role::Warning)]);
    } else {
        let names: Vec<&str> = values.names.iter().take(NAMES).map(|(name, _)| name.as_str()).collect();
        let more = values.names.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let functions = units::plural(values.functions as u64, "function", "functions");
        down.wrapped(&format!("in {functions}: {}{more}", names.join(", ")), Role::Text);
    }
    down.blank();
}

/// What a value pattern is and matches, while one is typed.
pub(super) fn typed_pattern(state: &State, lab: &Lab, filters: &Filters, down: &mut Down<'_, '_>) {
    if let (Some(typing), Some(values)) = (&filters.typing, &filters.values) {
        if typing.error.is_none() && !typing.line.text().is_empty() {
            known_values(typing.line.text(), values, down);
        }
        let offered = filters.suggestions(lab);
        suggestions(state, typing, offered, 0, down);
        if !offered.is_empty() {
            down.blank();
        }
    }
    for sentence in [
        "A value pattern decides about values of the functions that its rule matches, by their names: arg: parameters, \
         local: and global: variables, attr: attributes and keys, ret: results, by the function's name.",
        "allow records the value, redact keeps only its name, drop leaves it out.",
        "Within a rule the first pattern that matches decides. A later rule relaxes an earlier redaction only by naming \
         the value.",
    ] {
        down.wrapped(sentence, Role::Dim);
    }
    down.blank();
}
