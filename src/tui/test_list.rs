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
const MAX_WORD: usize = 20;

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
        let mut rest = canvas.text(head, " ", Role::Text);
        for (outcome, count) in &pane.counts {
            let word = match outcome {
                TestOutcome::Open => "not ended",
                TestOutcome::Error if *count > 1 => "errors",
                outcome => outcome.word(),
            };
            let role = if *outcome == TestOutcome::Skipped { Role::Dim } else { role(outcome) };
            rest = canvas.text(rest, &format!(" {} {word} ", units::grouped(*count)), role);
        }
        if pane.failed_only {
            rest = canvas.right(rest, " failed only ", Role::Accent);
        }
        if survey.lists.more.tests > 0 {
            canvas.right(
                rest,
                &format!(" {} more not listed ", units::grouped(survey.lists.more.tests)),
                Role::Warning,
            );
        }
    }
    let words = pane.counts.iter().map(|(outcome, _)| text::width(outcome.word()) + 2).max().unwrap_or(0);
    let words = words.clamp(WORD, MAX_WORD);
    let mut cursor = pane.cursor;
    cursor.fit(pane.rows().len(), usize::from(list.height));
    for (at, place) in pane.rows().iter().enumerate().skip(cursor.top).take(usize::from(list.height)) {
        let Some(test) = tests.get(*place) else { continue };
        let line = list.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        canvas.hit(line, Hit::Row(PaneId::Tests, at));
        let word = text::clean(test.outcome.word());
        let word = text::elide(&word, words, canvas.signs.ellipsis);
        let mut rest = canvas.text(line, &format!("  {}", text::pad(&word, words)), role(&test.outcome));
        let took = match test.end_ns.saturating_sub(test.begin_ns) {
            _ if test.outcome == TestOutcome::Open => canvas.signs.running.to_owned(),
            // It did not come to that.
            0 => String::new(),
            took => units::duration(took, canvas.signs.micro),
        };
        rest = canvas.right(rest, &format!("{} ", text::pad_start(&took, TIME)), Role::Dim);
        let mut why = Vec::new();
        if !test.during.is_empty() {
            why.push(format!("in {}", test.during));
        }
        // That an assertion failed is what everybody thinks anyway.
        if let Some(kind) = test.raised.as_deref().filter(|kind| test.outcome.is_bad() && *kind != "AssertionError") {
            let kind = kind.rsplit('.').next().unwrap_or(kind);
            why.push(format!("{} {}", canvas.signs.raised, text::clean(kind)));
        }
        if !why.is_empty() {
            let why = format!("  {}", why.join("  "));
            if text::width(&why) + 20 < usize::from(rest.width) {
                rest = canvas.right(rest, &why, Role::Error);
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

/// How an outcome looks.
fn role(outcome: &TestOutcome) -> Role {
    match outcome {
        TestOutcome::Open => Role::Accent,
        TestOutcome::Unknown => Role::Warning,
        TestOutcome::Skipped => Role::Skip,
        outcome if outcome.is_bad() => Role::Error,
        _ => Role::Dim,
    }
}
