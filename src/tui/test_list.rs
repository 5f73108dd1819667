//! Tests, and what came of each.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::{text, units};
use crate::config::Role;
use crate::index::survey::TestOutcome;

/// Cells of the time's column, and of the outcome's.
const TIME: usize = 10;
const WORD: usize = 9;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let survey = &state.session.survey;
    let pane = &state.panes.test_list;
    let tests = &survey.lists.tests;
    if pane.rows().is_empty() {
        let lines: &[&str] = if !tests.is_empty() {
            &["No test failed.", "f shows all of them."]
        } else if survey.progress.is_some_and(|progress| progress.finished) {
            &[
                "No test was recorded.",
                "Tests are functions test… in files test_….py: ct-tui record -m pytest, -m unittest.",
            ]
        } else {
            &["Looking for tests…"]
        };
        canvas.empty(area, lines);
        return;
    }
    let (head, list) = area.split_top(u16::from(area.height > 2));
    if head.height > 0 {
        let counts = &pane.counts;
        let mut rest = canvas.text(head, " ", Role::Text);
        for (n, word, role) in [
            (counts.failed, "failed", Role::Error),
            (counts.errors, if counts.errors == 1 { "error" } else { "errors" }, Role::Error),
            (counts.open, "not ended", Role::Accent),
            (counts.passed, "passed", Role::Dim),
            (counts.skipped, "skipped", Role::Dim),
        ] {
            if n > 0 {
                rest = canvas.text(rest, &format!(" {} {word} ", units::grouped(n)), role);
            }
        }
        if pane.failed_only {
            canvas.right(rest, " failed only ", Role::Accent);
        }
    }
    let mut cursor = pane.cursor;
    cursor.fit(pane.rows().len(), usize::from(list.height));
    for (at, place) in pane.rows().iter().enumerate().skip(cursor.top).take(usize::from(list.height)) {
        let Some(test) = tests.get(*place) else { continue };
        let line = list.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        canvas.hit(line, Hit::Row(PaneId::Tests, at));
        let (word, role) = match &test.outcome {
            TestOutcome::Passed => ("passed", Role::Dim),
            TestOutcome::Failed => ("failed", Role::Error),
            TestOutcome::Error(_) => ("error", Role::Error),
            TestOutcome::Skipped => ("skipped", Role::Skip),
            TestOutcome::Open => ("running", Role::Accent),
            TestOutcome::Unknown => ("unknown", Role::Warning),
        };
        let mut rest = canvas.text(line, &format!("  {}", text::pad(word, WORD)), role);
        let took = units::duration(test.end_ns.saturating_sub(test.begin_ns), canvas.signs.micro);
        let took = if test.outcome == TestOutcome::Open { canvas.signs.running.to_owned() } else { took };
        rest = canvas.right(rest, &format!("{} ", text::pad_start(&took, TIME)), Role::Dim);
        if let TestOutcome::Error(kind) = &test.outcome {
            let kind = format!("  {} {}", canvas.signs.raised, text::clean(kind));
            if text::width(&kind) + 20 < usize::from(rest.width) {
                rest = canvas.right(rest, &kind, Role::Error);
            }
        }
        let name = text::clean(&test.name);
        let shown = text::elide_middle(&name, usize::from(rest.width), canvas.signs.ellipsis).into_owned();
        canvas.text(rest, &shown, Role::Text);
        if at == cursor.at {
            canvas.lay(line, if state.focus == PaneId::Tests { Role::Selection } else { Role::Unfocused });
            canvas.text(line, canvas.signs.cursor, Role::Accent);
        }
    }
}
