//! Beside the list of rules: what is matched, what would change, what is suggested, and what would be written.

mod typed;

use super::cells;
use crate::app::State;
use crate::app::filters::{BESIDE, Field, Filters, Review, Row, parts};
use crate::app::lab::{Fate, Lab, Link, RuleRow, answers, diff_line, root_text, save_summary, why};
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::{text, units};
use crate::config::{Action, Role};
use crate::filter::ScopeKind;
use crate::tui::canvas::Canvas;
use crate::tui::overlay::wrap;
pub(super) use typed::in_short;
use typed::{known_values, typed, typed_pattern};

/// Writes line after line down an area.
struct Down<'a, 'b> {
    area: Area,
    at: u16,
    canvas: &'a mut Canvas<'b>,
}

impl Down<'_, '_> {
    fn left(&self) -> u16 {
        self.area.height.saturating_sub(self.at)
    }

    fn next(&mut self) -> Area {
        let row = self.area.row(self.at);
        self.at = self.at.saturating_add(1);
        row
    }

    fn blank(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn pieces(&mut self, pieces: &[(&str, Role)]) {
        let row = self.next();
        let mut rest = row;
        for (piece, role) in pieces {
            let shown = text::clean(piece);
            let shown = text::elide(&shown, usize::from(rest.width), self.canvas.signs.ellipsis).into_owned();
            rest = self.canvas.text(rest, &shown, *role);
        }
    }

    /// A sentence, on as many lines as it needs.
    fn wrapped(&mut self, sentence: &str, role: Role) {
        for line in wrap(&text::clean(sentence), usize::from(self.area.width).max(1)) {
            if self.left() == 0 {
                return;
            }
            let row = self.next();
            self.canvas.text(row, &line, role);
        }
    }

    fn rest(&self) -> Area {
        self.area.split_top(self.at.min(self.area.height)).1
    }
}

/// Draws it.
pub(super) fn draw(state: &State, lab: &Lab, filters: &Filters, area: Area, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    if let Some(review) = &filters.review {
        return difference(state, review, area, canvas);
    }
    let summary = summary(state, lab);
    let lines = cells(summary.iter().map(|(line, _)| wrap(line, usize::from(area.width).max(1)).len()).sum());
    let foot = if area.height > lines + 6 { lines + 1 } else { 0 };
    let (top, bottom) = area.split_bottom(foot);
    let mut down = Down { area: top, at: 0, canvas };
    let typing = filters.typing.as_ref().is_some_and(|typing| typing.what == Field::Selector);
    match filters.row() {
        _ if typing => typed(state, lab, filters, &mut down),
        _ if filters.typed_pattern().is_some() => typed_pattern(state, lab, filters, &mut down),
        Some(Row::Pattern(place, at)) => {
            let pattern = lab.rows().get(*place).and_then(|row| row.text.patterns.get(*at));
            if let (Some(pattern), Some(values)) = (pattern, &filters.values) {
                known_values(&pattern.selector, values, &mut down);
            }
            rule(lab, *place, &mut down);
        }
        Some(Row::Rule(place)) => rule(lab, *place, &mut down),
        Some(Row::Source(source) | Row::NoRules(source)) => source_facts(lab, *source, &mut down),
        _ => {}
    }
    let rest = down.rest();
    functions(state, lab, filters, rest, canvas);
    let mut down = Down { area: bottom.split_top(1).1, at: 0, canvas };
    for (line, role) in summary {
        down.wrapped(&line, role);
    }
}

/// Whether there is no room for any of this.
pub(super) fn is_absent(state: &State) -> bool {
    parts(state.area_of(PaneId::Filters)).2.is_empty()
}

/// The key of an action.
fn key(state: &State, action: Action) -> String {
    state.config.keymap.keys(action).first().map(|key| key.pretty(state.config.ascii)).unwrap_or_default()
}

/// `3 functions  812 k calls  41 % of time`
fn counts(lab: &Lab, functions: usize, calls: u64, self_ns: u64) -> String {
    let mut out = units::plural(functions as u64, "function", "functions");
    if calls > 0 {
        out.push_str(&format!("  {}", units::plural(calls, "call", "calls")));
        out.push_str(&format!("  {} of time", units::percent(self_ns, lab.functions().totals().self_ns)));
    }
    out
}

fn rule(lab: &Lab, place: usize, down: &mut Down<'_, '_>) {
    let (Some(row), Some(count)) = (lab.rows().get(place), lab.picture().rules.get(place)) else { return };
    let selector = why::short(&row.text.selector, None);
    down.pieces(&[(&selector, Role::Accent)]);
    if let Some(reason) = &row.text.reason {
        down.wrapped(&format!("because {reason}"), Role::Dim);
    }
    down.pieces(&[(&counts(lab, count.matched, count.calls, count.self_ns), Role::Text)]);
    verdict(lab, place, row, down);
    values(row, down);
    down.blank();
}

/// Whether a rule decides anything.
fn verdict(lab: &Lab, place: usize, row: &RuleRow, down: &mut Down<'_, '_>) {
    let Some(count) = lab.picture().rules.get(place) else { return };
    let sign = down.canvas.signs.warning;
    if !row.on {
        down.pieces(&[("disabled for this session; x enables it", Role::Dim)]);
    } else if let Some(error) = &count.error {
        down.wrapped(&format!("{sign} {}: {}", error.code, error.message), Role::Error);
    } else if !lab.picture().complete {
        down.pieces(&[("still counting", Role::Dim)]);
    } else if count.matched == 0 {
        let selector = &row.text.selector;
        down.wrapped(
            &format!("{sign} {} matches nothing that was seen; e shows why", why::short(selector, None)),
            Role::Warning,
        );
    } else if crate::app::lab::exec(&row.text).is_none() {
        down.pieces(&[("leaves open what is recorded", Role::Dim)]);
    } else if count.decides == 0 {
        let by = count.overruled_by.and_then(|place| lab.rule_name(place));
        let by = by.map_or("code from no file is never recorded".to_owned(), |by| format!("decided by {by}"));
        down.wrapped(&format!("{sign} overruled for all of them: {by}"), Role::Warning);
    } else if count.decides < count.matched {
        let fixed = |at: &usize| lab.functions().get(*at).is_some_and(crate::app::lab::Function::is_fixed);
        let nobody = lab.matches(row).map_or(0, |matches| matches.functions.iter().filter(fixed).count());
        let later = count.matched.saturating_sub(count.decides + nobody);
        let mut parts = vec![format!("decides for {} of them", units::count(count.decides as u64))];
        if later > 0 {
            parts.push(format!("later rules for {}", units::count(later as u64)));
        }
        if nobody > 0 {
            parts.push(format!("{} come from no file", units::count(nobody as u64)));
        }
        down.pieces(&[(&parts.join(", "), Role::Text)]);
    }
}

fn values(row: &RuleRow, down: &mut Down<'_, '_>) {
    if let Some(action) = row.text.value_default.as_deref().filter(|word| *word != "inherit") {
        down.pieces(&[(&format!("values: {action}"), Role::Dim)]);
    }
    if !row.text.patterns.is_empty() {
        let count = units::plural(row.text.patterns.len() as u64, "value pattern", "value patterns");
        down.pieces(&[(&count, Role::Dim)]);
        for pattern in row.text.patterns.iter().take(5) {
            let selector = why::short(&pattern.selector, pattern.reason.as_deref());
            down.pieces(&[(&format!("  {:<7}", pattern.action), Role::Value), (&selector, Role::Dim)]);
        }
    }
}

fn source_facts(lab: &Lab, source: usize, down: &mut Down<'_, '_>) {
    let Some(found) = lab.source(source) else { return };
    down.pieces(&[(&found.name, Role::Accent), ("  ", Role::Text), (found.kind.in_words(), Role::Dim)]);
    if let Some(path) = &found.path {
        down.wrapped(&path.to_string_lossy(), Role::Dim);
    }
    down.pieces(&[("file: selectors start at ", Role::Dim), (&root_text(&found.root), Role::Dim)]);
    if let Some(problems) = found.path.as_ref().and_then(|path| lab.broken.get(path)) {
        down.blank();
        let sign = down.canvas.signs.warning;
        down.wrapped(&format!("{sign} The file changed and is broken. The rules it had stay in force."), Role::Warning);
        for problem in problems.iter().take(6) {
            let place = problem.span.as_ref().map(|span| format!("line {}, column {}: ", span.line, span.column));
            down.wrapped(&format!("{}{}", place.unwrap_or_default(), problem.message), Role::Error);
            if let Some(span) = &problem.span {
                // The mark counts bytes of the line's text.
                let before = text::width(&text::clean(span.text.get(..span.mark.start).unwrap_or_default()));
                down.pieces(&[("  ", Role::Text), (&span.text, Role::Text)]);
                down.pieces(&[(&format!("  {}^", " ".repeat(before)), Role::Error)]);
            }
        }
    }
    if found.path.as_ref().is_some_and(|path| lab.stale.contains_key(path)) {
        let sign = down.canvas.signs.warning;
        down.wrapped(
            &format!(
                "{sign} The file changed on disk while it was edited here. R takes what it says now; S shows both."
            ),
            Role::Warning,
        );
    }
    down.blank();
    let difference = lab.difference();
    if difference.recorded.is_empty() && difference.hidden.is_empty() {
        down.pieces(&[("The chain as it is here changes nothing.", Role::Dim)]);
    } else {
        down.pieces(&[("What the whole chain would change", Role::Dim)]);
    }
}

/// What becomes of a function, as a sign, words and a role.
fn fate_words(fate: Fate, canvas: &Canvas<'_>) -> (&'static str, &'static str, Role) {
    match fate {
        Fate::Recorded => (signs(canvas).0, "recorded", Role::Trace),
        Fate::WouldRecord => (signs(canvas).0, "would be recorded", Role::Trace),
        Fate::WouldHide => (signs(canvas).1, "would be hidden", Role::Skip),
        Fate::Hidden => (signs(canvas).1, "hidden", Role::Skip),
        Fate::Never => (signs(canvas).1, "never recorded", Role::Dim),
    }
}

fn signs(canvas: &Canvas<'_>) -> (&'static str, &'static str) {
    (canvas.signs.recording, canvas.signs.hidden)
}

fn functions(state: &State, lab: &Lab, filters: &Filters, area: Area, canvas: &mut Canvas<'_>) {
    let list = filters.list();
    if area.height == 0 || list.is_empty() {
        return;
    }
    let height = usize::from(area.height);
    let mut cursor = filters.beside;
    cursor.fit(list.len(), height);
    let selector = selector_of(lab, filters);
    let words = usize::from(area.width) >= 56;
    for (at, function) in list.iter().enumerate().skip(cursor.top).take(height) {
        let line = area.row(cells(at - cursor.top));
        canvas.hit(line, Hit::Row(PaneId::Filters, BESIDE + at));
        if filters.in_list && at == cursor.at {
            canvas.lay(line, if state.focus == PaneId::Filters { Role::Selection } else { Role::Unfocused });
        }
        let Some(row) = lab.functions().get(*function) else { continue };
        let (sign, fate, role) = fate_words(lab.fate(*function), canvas);
        let mut rest = line;
        if words {
            rest = canvas.right(rest, &text::pad_start(fate, 19), role);
        }
        let time =
            if row.calls.unwrap_or(0) > 0 { units::duration(row.total_ns, canvas.signs.micro) } else { String::new() };
        rest = canvas.right(rest, &text::pad_start(&time, 9), Role::Dim);
        let calls = match row.calls {
            Some(calls) => units::count(calls),
            None => "?".to_owned(),
        };
        rest = canvas.right(rest, &text::pad_start(&calls, 9), Role::Text);
        rest = canvas.pieces(rest, &[(sign, role), (" ", Role::Text)]);
        highlighted(lab, *function, selector, rest, canvas);
    }
}

/// The selector whose matched part is shown: (kind, root, row).
fn selector_of<'l>(lab: &'l Lab, filters: &Filters) -> Option<&'l RuleRow> {
    if lab.draft().is_some() {
        return lab.typed_row();
    }
    match filters.row()? {
        Row::Rule(place) | Row::Pattern(place, _) => lab.rows().get(*place),
        _ => None,
    }
}

/// What the selector sees of a function, with the part that it matches.
fn highlighted(lab: &Lab, function: usize, row: Option<&RuleRow>, area: Area, canvas: &mut Canvas<'_>) {
    let Some(found) = lab.functions().get(function) else { return };
    let root = row.map(|row| lab.root_of(row.source)).unwrap_or_default();
    let compiled = row.and_then(|row| lab.matches(row)).and_then(|matches| matches.compiled.as_ref().ok());
    let label = found.label();
    let Some(compiled) = compiled else {
        let shown =
            text::elide_middle(&text::clean(&label), usize::from(area.width), canvas.signs.ellipsis).into_owned();
        canvas.text(area, &shown, Role::Module);
        return;
    };
    let subject = found.subject(compiled.kind, &root).unwrap_or_default();
    let range = compiled.matcher.find(&subject).unwrap_or(0..0);
    // Modules are shown with the function behind them, so that the rows of one module can be told apart.
    let tail = match compiled.kind {
        ScopeKind::Obj => String::new(),
        ScopeKind::Pkg if found.is_body() => " body".to_owned(),
        ScopeKind::Pkg => format!(".{}", found.qualname),
        ScopeKind::File => format!(":{}  {}", found.line, found.qualname),
    };
    let (before, rest) = subject.split_at(range.start);
    let (hit, after) = rest.split_at(range.end - range.start);
    let pieces = [(before, Role::Text), (hit, Role::Hit), (after, Role::Text), (tail.as_str(), Role::Dim)];
    canvas.pieces_elided(area, &pieces, Role::Hit);
}

/// What the edited chain changes, and whether it can be applied.
fn summary(state: &State, lab: &Lab) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let difference = lab.difference();
    let (more, fewer) = (difference.recorded.len() as u64, difference.hidden.len() as u64);
    if more + fewer > 0 {
        let mut parts = Vec::new();
        if more > 0 {
            parts.push(format!("{} newly recorded", units::plural(more, "function", "functions")));
        }
        if fewer > 0 {
            parts.push(format!("{} newly hidden", units::plural(fewer, "function", "functions")));
        }
        lines.push((parts.join(", "), Role::Text));
        let estimate = lab.estimate();
        if estimate.now > 0 && fewer > 0 {
            let saved = units::count(estimate.saved_events());
            lines.push((
                format!(
                    "after: {} calls instead of {}, about {saved} events/s saved",
                    units::rate(estimate.after),
                    units::rate(estimate.now)
                ),
                Role::Text,
            ));
        }
        if estimate.uncounted > 0 {
            let what = units::plural(estimate.uncounted as u64, "function was", "functions were");
            lines.push((format!("{what} never recorded: what that adds is unknown"), Role::Dim));
        }
    }
    match (lab.link(), lab.pending(), &lab.replies) {
        (Link::Saved, true, _) => {
            lines.push(("apply is off: this trace is finished, no program is running".to_owned(), Role::Dim));
        }
        (Link::Live, true, _) => {
            lines.push((format!("{} applies this to the running program", key(state, Action::Apply)), Role::Accent));
        }
        (Link::Live, false, Some((said, replies))) => {
            lines.push((said.clone(), Role::Dim));
            lines.extend(answers::in_words(replies));
        }
        _ => {}
    }
    if lab.paused {
        lines.push((format!("recording is paused; {} goes on", key(state, Action::PauseRecording)), Role::Warning));
    }
    lines
}

/// What would be written.
fn difference(state: &State, review: &Review, area: Area, canvas: &mut Canvas<'_>) {
    let plan = &review.plan;
    let mut down = Down { area, at: 0, canvas };
    let path = text::clean(&plan.path.to_string_lossy()).into_owned();
    match area.height {
        0..8 => down
            .pieces(&[(&text::elide_path(&path, usize::from(area.width), down.canvas.signs.ellipsis), Role::Accent)]),
        _ => down.wrapped(&path, Role::Accent),
    }
    down.pieces(&[(&save_summary(plan), Role::Text)]);
    let sign = down.canvas.signs.warning;
    if plan.changed_on_disk {
        down.wrapped(&format!("{sign} someone else changed this file meanwhile; look closely"), Role::Warning);
    }
    for (selector, why) in &plan.kept_back {
        down.wrapped(&format!("{sign} {selector} stays in the session: {why}"), Role::Warning);
    }
    if plan.difference.is_empty() {
        down.wrapped("The file says that already.", Role::Dim);
    }
    down.pieces(&[(&key(state, Action::Accept), Role::Accent), (" writes it   any other key leaves it", Role::Dim)]);
    down.blank();
    for line in plan.difference.iter().skip(review.top) {
        if down.left() == 0 {
            break;
        }
        let (sign, text) = diff_line(line);
        let role = match sign {
            '+' => Role::Trace,
            '-' => Role::Error,
            _ => Role::Dim,
        };
        down.pieces(&[(&format!("{sign} {text}"), role)]);
    }
}
