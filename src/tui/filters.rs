//! The filter lab: the chain as a list at the left; beside it what the rule under the cursor matches, or the one that is
//! being typed, or what would be written to a file.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::filters::{Field, Filters, Row, Typing, parts, verb};
use crate::app::lab::{Lab, LabSource, RuleRow, why};
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::{text, units};
use crate::config::Role;
use crate::filter::SelectorError;

mod beside;

/// Cells of the verb column.
const VERB: usize = 9;
/// Cells in front of the selector of a value pattern.
const PATTERN: usize = 14;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let Some(lab) = state.session.lab.as_deref() else {
        canvas.empty(area, &["No trace is open."]);
        return;
    };
    let filters = &state.panes.filters;
    if filters.review.is_some() && area.width < 100 {
        // What is about to be written has to be seen, whatever else is not.
        return beside::draw(state, lab, filters, area, canvas);
    }
    let (list, ruler, right) = parts(area);
    chain(state, lab, filters, list, canvas);
    let sign = if ruler.width == 1 { canvas.signs.ruler } else { canvas.signs.rule };
    for y in 0..ruler.height {
        let line = sign.repeat(usize::from(ruler.width));
        canvas.text(ruler.row(y), &line, Role::Rule);
    }
    beside::draw(state, lab, filters, right, canvas);
}

/// A number as a cell count.
fn cells(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn chain(state: &State, lab: &Lab, filters: &Filters, area: Area, canvas: &mut Canvas<'_>) {
    let height = usize::from(area.height);
    let mut cursor = filters.cursor;
    cursor.fit(filters.rows().len(), height);
    for (at, row) in filters.rows().iter().enumerate().skip(cursor.top).take(height) {
        let line = area.row(cells(at - cursor.top));
        let selected = at == cursor.at;
        if selected {
            let focused = state.focus == PaneId::Filters && !filters.in_list;
            canvas.lay(line, if focused { Role::Selection } else { Role::Unfocused });
            canvas.text(line, canvas.signs.cursor, Role::Accent);
        }
        let (_, inner) = line.split_left(1);
        canvas.hit(line, Hit::Row(PaneId::Filters, at));
        match row {
            Row::Source(source) => {
                if let Some(found) = lab.source(*source) {
                    heading(lab, found, inner, canvas);
                }
            }
            Row::NoRules(source) => no_rules(lab, *source, inner, canvas),
            Row::Rule(place) => {
                let Some(row) = lab.rows().get(*place) else { continue };
                match &filters.typing {
                    Some(typing) if selected => {
                        let label = if typing.what == Field::Selector { verb(&row.text) } else { "reason" };
                        let (left, rest) = inner.split_left(cells(VERB + 1));
                        canvas.text(left, &format!("  {label}"), verb_role(row));
                        typed_line(typing, rest, canvas);
                    }
                    _ => rule(lab, *place, row, inner, canvas),
                }
            }
            Row::Pattern(place, at) => {
                let pattern = lab.rows().get(*place).and_then(|row| row.text.patterns.get(*at));
                if !(selected && typed_pattern(filters, inner, canvas))
                    && let Some(pattern) = pattern
                {
                    let selector = why::short(&pattern.selector, pattern.reason.as_deref());
                    let (label, rest) = inner.split_left(cells(PATTERN));
                    canvas.text(label, &format!("      {}", pattern.action), Role::Value);
                    canvas.text(
                        rest,
                        &text::elide(&selector, usize::from(rest.width), canvas.signs.ellipsis),
                        Role::Dim,
                    );
                }
            }
            Row::NewPattern(_) => drop(typed_pattern(filters, inner, canvas)),
            Row::Mistake => mistake(state, lab, filters, inner, canvas),
        }
    }
}

/// The value pattern that is being typed, if there is one.
fn typed_pattern(filters: &Filters, area: Area, canvas: &mut Canvas<'_>) -> bool {
    let (Some(typing), Some(pattern)) = (&filters.typing, filters.typed_pattern()) else { return false };
    let (label, rest) = area.split_left(cells(PATTERN));
    canvas.text(label, &format!("      {}", pattern.action), Role::Value);
    typed_line(typing, rest, canvas);
    true
}

/// What is typed, with the cursor in it.
fn typed_line(typing: &Typing, area: Area, canvas: &mut Canvas<'_>) {
    let (visible, cell) = typing.line.window(usize::from(area.width));
    canvas.text(area, visible, Role::Text);
    canvas.set_cursor(area.x + cells(cell).min(area.width.saturating_sub(1)), area.y);
}

/// The heading of a source: where it comes from, its file, what it does by default, and how it stands.
fn heading(lab: &Lab, source: &LabSource, area: Area, canvas: &mut Canvas<'_>) {
    let mut notes: Vec<(String, Role)> = Vec::new();
    let default = source.default_exec.as_deref().filter(|word| *word != "inherit");
    if let Some(word) = default {
        notes.push((format!("default {word}"), Role::Dim));
    }
    if source.edited() {
        notes.push(("edited".to_owned(), Role::Accent));
    }
    if let Some(path) = &source.path {
        if let Some(problems) = lab.broken.get(path) {
            let count = units::plural(problems.len() as u64, "problem", "problems");
            notes.push((format!("{} {count}", canvas.signs.warning), Role::Error));
        }
        if lab.stale.contains_key(path) {
            notes.push((format!("{} changed on disk", canvas.signs.warning), Role::Warning));
        }
    }
    let mut row = area;
    for (note, role) in notes.iter().rev() {
        row = canvas.right(row, &format!("  {note}"), *role);
    }
    let row = canvas.text(row, source.kind.in_words(), Role::Accent);
    let what = match &source.path {
        Some(path) => shown_path(lab, &path.to_string_lossy()),
        None if source.kind == crate::filter::SourceKind::Session => "rules typed here".to_owned(),
        None => text::clean(&source.name).into_owned(),
    };
    let room = usize::from(row.width).saturating_sub(2);
    canvas.text(row, &format!("  {}", text::elide_path(&what, room, canvas.signs.ellipsis)), Role::Dim);
}

/// A path below the project as people write it.
fn shown_path(lab: &Lab, path: &str) -> String {
    let root = lab.root().to_string_lossy();
    let inside = path.strip_prefix(root.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    text::clean(inside.unwrap_or(path)).into_owned()
}

fn no_rules(lab: &Lab, source: usize, area: Area, canvas: &mut Canvas<'_>) {
    let writable = lab.source(source).is_some_and(|source| !source.read_only());
    canvas.text(area, if writable { "  no rules; a adds one" } else { "  no rules" }, Role::Dim);
}

/// What the verb of a rule looks like.
fn verb_role(row: &RuleRow) -> Role {
    match verb(&row.text) {
        _ if !row.on => Role::Dim,
        "trace" => Role::Trace,
        "skip" => Role::Skip,
        _ => Role::Dim,
    }
}

/// A rule: what it does, what it matches, and whether it decides anything.
fn rule(lab: &Lab, place: usize, row: &RuleRow, area: Area, canvas: &mut Canvas<'_>) {
    let count = lab.picture().rules.get(place);
    let width = usize::from(area.width);
    let mut rest = area;
    if let Some(count) = count {
        // That a built-in rule has nothing to do is nobody's mistake.
        let ours = row.on && lab.source(row.source).is_some_and(|source| !source.read_only());
        let warned = ours && (count.error.is_some() || count.matched == 0 || idle(row, count.decides));
        // Numbers that are not final yet are told from those that are.
        let more = if lab.picture().complete { "" } else { canvas.signs.more };
        let sign = if warned && lab.picture().complete { canvas.signs.warning } else { " " };
        rest = canvas.right(rest, &format!(" {sign}"), Role::Warning);
        if width >= 56 {
            let total = lab.functions().totals();
            let share = if count.self_ns > 0 { units::percent(count.self_ns, total.self_ns) } else { String::new() };
            rest = canvas.right(rest, &text::pad_start(&share, 6), Role::Dim);
        }
        if width >= 70 {
            let calls = if count.calls > 0 { units::count(count.calls) } else { String::new() };
            rest = canvas.right(rest, &text::pad_start(&calls, 9), Role::Dim);
        }
        if width >= 30 {
            let functions = format!("{more}{} fn", units::count(count.matched as u64));
            rest = canvas.right(rest, &text::pad_start(&functions, 10), if row.on { Role::Text } else { Role::Dim });
        }
    }
    let (label, rest) = rest.split_left(cells(VERB + 1));
    let word = if row.on { verb(&row.text).to_owned() } else { format!("({})", verb(&row.text)) };
    canvas.text(label, &format!("  {word}"), verb_role(row));
    let role = if row.on { Role::Text } else { Role::Dim };
    let selector = why::short(&row.text.selector, row.text.reason.as_deref());
    let room = usize::from(rest.width);
    let used = text::width(&selector);
    let rest = canvas.text(rest, &text::elide(&selector, room, canvas.signs.ellipsis), role);
    let reason = row.text.reason.as_deref().filter(|_| used + 8 < room && used == text::width(&row.text.selector));
    if let Some(reason) = reason {
        let reason = text::clean(reason);
        let reason =
            text::elide(&reason, usize::from(rest.width).saturating_sub(2), canvas.signs.ellipsis).into_owned();
        canvas.text(rest, &format!("  {reason}"), Role::Dim);
    }
}

/// A rule that wants to decide and never does.
fn idle(row: &RuleRow, decides: usize) -> bool {
    decides == 0 && crate::app::lab::exec(&row.text).is_some()
}

/// Under the line that is being typed: the mistake, below the character where it is.
fn mistake(state: &State, lab: &Lab, filters: &Filters, area: Area, canvas: &mut Canvas<'_>) {
    let Some(typing) = &filters.typing else { return };
    let is_pattern = filters.typed_pattern().is_some();
    let (_, rest) = area.split_left(cells(if is_pattern { PATTERN } else { VERB + 1 }));
    let typed = typing.line.text();
    if typed.is_empty() {
        let kinds = if is_pattern {
            "arg:name  local:name  global:name  attr:name  ret:module.function"
        } else {
            "pkg:module  file:path  obj:module.function"
        };
        canvas.text(rest, kinds, Role::Dim);
        return;
    }
    let error = if is_pattern { &typing.error } else { &lab.insight().error };
    let Some(error) = error else {
        if !is_pattern && beside::is_absent(state) {
            canvas.text(rest, &beside::in_short(state, lab), Role::Dim);
        }
        return;
    };
    let (visible, _) = typing.line.window(usize::from(rest.width));
    // Where in the visible part of the line the mistake begins.
    let start = typed.len() - typed.find(visible).map_or(0, |at| typed.len() - at);
    let at = error.at.start.clamp(start, start + visible.len());
    let at = (0..=at).rev().find(|at| typed.is_char_boundary(*at)).unwrap_or(0);
    let indent = text::width(&typed[start.min(at)..at]);
    let message = words(error);
    let room = usize::from(rest.width);
    // The message stands right of the sign, or left of it where there is no room.
    let needed = text::width(&message) + 3;
    if indent + needed <= room || indent < room / 2 {
        let (_, rest) = rest.split_left(cells(indent));
        let shown =
            text::elide(&message, usize::from(rest.width).saturating_sub(2), canvas.signs.ellipsis).into_owned();
        canvas.pieces(rest, &[("^ ", Role::Error), (&shown, Role::Error)]);
    } else {
        let shown = text::elide(&message, indent.saturating_sub(1), canvas.signs.ellipsis).into_owned();
        let line = text::pad_start(&format!("{shown} ^"), indent + 1);
        canvas.text(rest, &line, Role::Error);
    }
}

/// A mistake in a line.
fn words(error: &SelectorError) -> String {
    format!("{}  {}", error.code, text::clean(&error.message))
}

#[cfg(test)]
mod tests;
