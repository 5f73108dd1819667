//! Asyncio tasks, and what each did step by step.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::tasks::Row;
use crate::app::{text, units};
use crate::config::Role;
use crate::index::survey::{Task, TaskState};

/// Cells of a time's column.
const TIME: usize = 9;
/// Fewer cells of a coroutine's label than these say nothing.
const MIN_LABEL: usize = 12;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let survey = &state.session.survey;
    let pane = &state.panes.tasks;
    if pane.rows().is_empty() {
        let lines: &[&str] = if survey.progress.is_some_and(|progress| progress.finished) {
            &["No asyncio task was recorded.", "A task is listed when a coroutine that is recorded runs in it."]
        } else {
            &["Looking for tasks…"]
        };
        canvas.empty(area, lines);
        return;
    }
    let (head, list) = area.split_top(u16::from(area.height > 2));
    let wide = area.width >= 60;
    if head.height > 0 {
        let mut columns = String::new();
        for name in if wide { &["steps", "ran", "waited", ""][..] } else { &["ran", ""][..] } {
            columns.push_str(&text::pad_start(name, TIME));
        }
        let rest = canvas.right(head, &format!("{}   ", columns.trim_end()), Role::Dim);
        let rest = canvas.text(rest, "   task", Role::Dim);
        if survey.lists.more.tasks > 0 {
            let more = format!("  {} more not listed", units::grouped(survey.lists.more.tasks));
            canvas.text(rest, &more, Role::Warning);
        }
    }
    let mut cursor = pane.cursor;
    cursor.fit(pane.rows().len(), usize::from(list.height));
    for (at, row) in pane.rows().iter().enumerate().skip(cursor.top).take(usize::from(list.height)) {
        let line = list.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        canvas.hit(line, Hit::Row(PaneId::Tasks, at));
        draw_row(row, &survey.lists.tasks, at, line, wide, canvas);
        if at == cursor.at {
            canvas.lay(line, if state.focus == PaneId::Tasks { Role::Selection } else { Role::Unfocused });
            canvas.text(line, canvas.signs.cursor, Role::Accent);
        }
    }
}

fn draw_row(row: &Row, tasks: &[Task], at: usize, line: Area, wide: bool, canvas: &mut Canvas<'_>) {
    let (micro, ellipsis) = (canvas.signs.micro, canvas.signs.ellipsis);
    let times = |columns: &[String]| columns.iter().map(|it| text::pad_start(it, TIME)).collect::<String>();
    let (_, inner) = line.split_left(1);
    match row {
        Row::Task(place, open) => {
            let Some(task) = tasks.get(*place) else { return };
            let ran = units::duration(task.run_ns, micro);
            let columns = if wide {
                times(&[units::count(task.steps), ran, units::duration(task.wait_ns(), micro)])
            } else {
                times(&[ran])
            };
            let rest = canvas.right(inner, &format!("{columns}   "), Role::Text);
            let sign = if *open { canvas.signs.unfolded } else { canvas.signs.folded };
            canvas.hit(Area { width: 2, ..rest }, Hit::Fold(PaneId::Tasks, at));
            let (word, role) = state_in_words(&task.state, canvas);
            let rest = canvas.right(rest, &format!("  {word}"), role);
            let rest = canvas.pieces(rest, &[(sign, Role::Dim), (" ", Role::Text)]);
            let (name, label) = (text::clean(&task.name), text::clean(&task.label));
            let rest = canvas.text(rest, &text::elide(&name, usize::from(rest.width), ellipsis), Role::Text);
            let room = usize::from(rest.width).saturating_sub(2);
            if room >= MIN_LABEL.min(text::width(&label)) {
                let label = text::elide_middle(&label, room, ellipsis).into_owned();
                canvas.text(rest, &format!("  {label}"), Role::Dim);
            }
        }
        Row::Step { call, number, text: label } => {
            let ran =
                call.duration_ns().map_or_else(|| canvas.signs.running.to_owned(), |ns| units::duration(ns, micro));
            let rest = canvas.right(inner, &format!("{}   ", text::pad_start(&ran, TIME)), Role::Dim);
            let began = units::duration(call.start_ns, micro);
            let rest = canvas.text(rest, &format!("  {number:>3}  at {began}  "), Role::Dim);
            canvas.text(rest, &text::elide(label, usize::from(rest.width), ellipsis), Role::Text);
        }
        Row::Call { call, text: label } => {
            let ran =
                call.duration_ns().map_or_else(|| canvas.signs.running.to_owned(), |ns| units::duration(ns, micro));
            let rest = canvas.right(inner, &format!("{}   ", text::pad_start(&ran, TIME)), Role::Dim);
            let rest = canvas.text(rest, &format!("       {} ", canvas.signs.leaf), Role::Dim);
            canvas.text(rest, &text::elide(label, usize::from(rest.width), ellipsis), Role::Text);
        }
        Row::More(_) => {
            canvas.text(inner, &format!("       {} more steps", canvas.signs.more), Role::Dim);
        }
    }
}

/// How a task stands, in words.
fn state_in_words(state: &TaskState, canvas: &Canvas<'_>) -> (String, Role) {
    match state {
        TaskState::Running => (format!("{} running", canvas.signs.running), Role::Accent),
        TaskState::Pending => ("pending".to_owned(), Role::Text),
        TaskState::Done => ("done".to_owned(), Role::Dim),
        TaskState::Cancelled => ("cancelled".to_owned(), Role::Warning),
        TaskState::Raised(Some(kind)) => {
            let kind = kind.rsplit('.').next().unwrap_or(kind);
            (format!("{} {}", canvas.signs.raised, text::clean(kind)), Role::Error)
        }
        TaskState::Raised(None) => (format!("{} exception", canvas.signs.raised), Role::Error),
        TaskState::Unknown => ("lost sight of".to_owned(), Role::Dim),
    }
}
