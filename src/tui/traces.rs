//! The list of saved traces.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::pane::{Hit, PaneId};
use crate::app::traces::Entry;
use crate::app::{text, units};
use crate::config::Role;

/// Columns: heading, cells, whether numbers stand in it. The program gets what is left.
const WHEN: usize = 14;
const PYTHON: usize = 8;
const DURATION: usize = 9;
const CALLS: usize = 8;
const SIZE: usize = 8;
const ENDED: usize = 11;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let traces = &state.panes.traces;
    let entries = traces.entries();
    if entries.is_empty() {
        if traces.known {
            canvas.empty(area, &["No traces yet.", "Record one: ct-tui record app.py"]);
        }
        return;
    }
    let width = usize::from(area.width);
    let columns = Columns::new(width);
    let (head, list) = area.split_top(u16::from(area.height > 2));
    if head.height > 0 {
        let cells = ["when", "program", "python", "duration", "calls", "size", "ended"].map(str::to_owned);
        row(&columns, &cells, Role::Dim, None, head, canvas);
    }
    let mut cursor = traces.cursor;
    cursor.fit(entries.len(), usize::from(list.height));
    for (at, entry) in entries.iter().enumerate().skip(cursor.top).take(usize::from(list.height)) {
        let line = list.row(u16::try_from(at - cursor.top).unwrap_or(u16::MAX));
        canvas.hit(line, Hit::Row(PaneId::Traces, at));
        match &entry.program {
            Ok(program) => {
                let cells = cells(entry, program, canvas);
                row(&columns, &cells, Role::Text, Some(entry), line, canvas);
            }
            Err(why) => {
                let name = entry
                    .path
                    .file_name()
                    .map(|name| text::clean(&name.to_string_lossy()).into_owned())
                    .unwrap_or_default();
                let what = format!(" {} {name}: {why}", canvas.signs.warning);
                let what = text::elide(&what, width, canvas.signs.ellipsis).into_owned();
                canvas.text(line, &what, Role::Warning);
            }
        }
        if at == cursor.at {
            canvas.lay(line, Role::Selection);
            canvas.text(line, canvas.signs.cursor, Role::Accent);
        }
    }
}

struct Columns {
    program: usize,
    python: bool,
    duration: bool,
    calls: bool,
    size: bool,
    ended: bool,
    when: bool,
}

impl Columns {
    /// The more room there is, the more columns; the program is the last thing to go.
    fn new(width: usize) -> Self {
        let mut columns =
            Self { program: 0, python: false, duration: false, calls: false, size: false, ended: false, when: false };
        let mut room = width.saturating_sub(2 + 16);
        for (flag, cells) in [
            (&mut columns.when, WHEN),
            (&mut columns.calls, CALLS),
            (&mut columns.ended, ENDED),
            (&mut columns.duration, DURATION),
            (&mut columns.python, PYTHON),
            (&mut columns.size, SIZE),
        ] {
            if room >= cells + 2 {
                *flag = true;
                room -= cells + 2;
            } else {
                break;
            }
        }
        columns.program = 16 + room;
        columns
    }
}

/// The cells in the order of the heading.
fn cells(entry: &Entry, program: &str, canvas: &Canvas<'_>) -> [String; 7] {
    let sign = match () {
        () if entry.live => canvas.signs.recording,
        () if entry.failed => canvas.signs.failed,
        () => " ",
    };
    let program = match &entry.warning {
        Some(warning) => format!("{program}  {} {warning}", canvas.signs.warning),
        None => program.to_owned(),
    };
    [
        if entry.live { format!("{sign} now") } else { format!("  {}", units::when(entry.started_at)) },
        program,
        entry.python.clone(),
        units::duration(entry.duration_ns, canvas.signs.micro),
        format!("{}{}", units::count(entry.calls.0), if entry.calls.1 { "" } else { "+" }),
        units::size(entry.bytes),
        if entry.failed { format!("{sign} {}", entry.ended) } else { entry.ended.clone() },
    ]
}

fn row(columns: &Columns, cells: &[String; 7], role: Role, entry: Option<&Entry>, area: Area, canvas: &mut Canvas<'_>) {
    let [when, program, python, duration, calls, size, ended] = cells;
    let live = entry.is_some_and(|entry| entry.live);
    let failed = entry.is_some_and(|entry| entry.failed);
    let dim = if role == Role::Text { Role::Dim } else { role };
    let ellipsis = canvas.signs.ellipsis;
    let mut rest = canvas.text(area, " ", role);
    let left = |text: &str, cells: usize| text::pad(&text::elide(text, cells, ellipsis), cells + 2);
    let right = |text: &str, cells: usize| format!("{}  ", text::pad_start(&text::elide(text, cells, ellipsis), cells));
    if columns.when {
        rest = canvas.text(rest, &left(when, WHEN), if live { Role::Accent } else { dim });
    }
    rest = canvas.text(rest, &left(program, columns.program.saturating_sub(2)), role);
    if columns.python {
        rest = canvas.text(rest, &left(python, PYTHON), dim);
    }
    if columns.duration {
        rest = canvas.text(rest, &right(duration, DURATION), role);
    }
    if columns.calls {
        rest = canvas.text(rest, &right(calls, CALLS), role);
    }
    if columns.size {
        rest = canvas.text(rest, &right(size, SIZE), dim);
    }
    if columns.ended {
        canvas.text(
            rest,
            &left(ended, ENDED),
            if failed {
                Role::Error
            } else if live {
                Role::Accent
            } else {
                dim
            },
        );
    }
}
