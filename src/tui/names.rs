//! Module names: at the left the reasons with their modules, beside it what every source said, what the other naming mode
//! would answer, and what to write.

use super::canvas::Canvas;
use super::overlay::wrap;
use crate::app::State;
use crate::app::filters::parts;
use crate::app::lab::{Lab, why};
use crate::app::layout::Area;
use crate::app::names::{Names, Row};
use crate::app::pane::{Hit, PaneId};
use crate::app::{text, units};
use crate::config::Role;
use crate::naming;

/// Cells of a number column.
const NUMBER: usize = 11;

/// Draws the pane.
pub fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let Some(lab) = state.session.lab.as_deref() else {
        canvas.empty(area, &["No trace is open."]);
        return;
    };
    if lab.functions().is_empty() {
        canvas.empty(area, &["No function was seen yet.", "Names appear here when the program runs its first code."]);
        return;
    }
    let names = &state.panes.names;
    let (list, ruler, right) = parts(area);
    let (head, list) = if list.height > 4 { list.split_top(1) } else { (Area::default(), list) };
    heading(head, canvas);
    rows(state, lab, names, list, canvas);
    let sign = if ruler.width == 1 { canvas.signs.ruler } else { canvas.signs.rule };
    for y in 0..ruler.height {
        let line = sign.repeat(usize::from(ruler.width));
        canvas.text(ruler.row(y), &line, Role::Rule);
    }
    beside(lab, names, right, canvas);
}

fn cells(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn heading(area: Area, canvas: &mut Canvas<'_>) {
    let row = canvas.right(area, &text::pad_start("functions", NUMBER), Role::Dim);
    let row = if area.width >= 50 { canvas.right(row, &text::pad_start("modules", NUMBER), Role::Dim) } else { row };
    canvas.text(row, " reason", Role::Dim);
}

fn rows(state: &State, lab: &Lab, names: &Names, area: Area, canvas: &mut Canvas<'_>) {
    let height = usize::from(area.height);
    let mut cursor = names.cursor;
    cursor.fit(names.rows().len(), height);
    for (at, row) in names.rows().iter().enumerate().skip(cursor.top).take(height) {
        let line = area.row(cells(at - cursor.top));
        if at == cursor.at {
            canvas.lay(line, if state.focus == PaneId::Names { Role::Selection } else { Role::Unfocused });
            canvas.text(line, canvas.signs.cursor, Role::Accent);
        }
        canvas.hit(line, Hit::Row(PaneId::Names, at));
        let (_, inner) = line.split_left(1);
        let fold = if names.is_open(*row) { canvas.signs.unfolded } else { canvas.signs.folded };
        match *row {
            Row::Group(group) => {
                let Some(group) = names.groups().get(group) else { continue };
                canvas.hit(line.split_left(3).0, Hit::Fold(PaneId::Names, at));
                let functions = units::count(group.functions() as u64);
                let mut rest = canvas.right(inner, &text::pad_start(&functions, NUMBER), Role::Text);
                if inner.width >= 50 {
                    let modules = units::count(group.modules.len() as u64);
                    rest = canvas.right(rest, &text::pad_start(&modules, NUMBER), Role::Text);
                }
                let warned = group.reason.is_warning();
                let sign = if warned { canvas.signs.warning } else { " " };
                let role = if warned { Role::Warning } else { Role::Text };
                canvas.pieces(
                    rest,
                    &[(fold, Role::Dim), (" ", Role::Text), (sign, role), (" ", role), (&group.reason.title(), role)],
                );
            }
            Row::Module(group, module) => {
                let Some(module) = names.module(group, module) else { continue };
                let first = module.functions.first().and_then(|at| lab.functions().get(*at));
                let functions = units::count(module.functions.len() as u64);
                let rest = canvas.right(inner, &text::pad_start(&functions, NUMBER), Role::Dim);
                let name = module.name.clone().unwrap_or_else(|| "—".to_owned());
                let rest = canvas.pieces(rest, &[("  ", Role::Text), (fold, Role::Dim), (" ", Role::Text)]);
                let rest = canvas.text(rest, &elided(&name, rest, canvas), Role::Module);
                // What the other mode would call it, where that is something else.
                let other = first.and_then(|function| {
                    let (name, _) = naming::answer(why::other_mode(lab.mode), function.evidence());
                    (name != function.module.as_deref()).then(|| name.unwrap_or("no name").to_owned())
                });
                let rest = match other {
                    Some(other) => canvas.pieces(
                        rest,
                        &[
                            (&format!("  {} mode: ", why::other_mode(lab.mode).as_str()), Role::Dim),
                            (&text::clean(&other), Role::Text),
                        ],
                    ),
                    None => rest,
                };
                let room = usize::from(rest.width).saturating_sub(2);
                if room > 8 {
                    let path = text::clean(&module.path).into_owned();
                    canvas.text(
                        rest,
                        &format!("  {}", text::elide_path(&path, room, canvas.signs.ellipsis)),
                        Role::Dim,
                    );
                }
            }
            Row::Function(group, module, at) => {
                let found = names.function(Row::Function(group, module, at)).and_then(|at| lab.functions().get(at));
                let Some(function) = found else { continue };
                let rest = canvas.text(inner, &format!("     {} ", canvas.signs.leaf), Role::Dim);
                let rest = canvas.text(rest, &elided(&function.qualname, rest, canvas), Role::Text);
                canvas.text(rest, &format!("  :{}", function.line), Role::Dim);
            }
        }
    }
}

fn elided(content: &str, area: Area, canvas: &Canvas<'_>) -> String {
    text::elide_middle(&text::clean(content), usize::from(area.width), canvas.signs.ellipsis).into_owned()
}

fn beside(lab: &Lab, names: &Names, area: Area, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    let mut lines: Vec<(String, Role)> = Vec::new();
    match names.row() {
        None => {}
        Some(Row::Group(group)) => {
            if let Some(group) = names.groups().get(group) {
                lines.push((group.reason.title(), Role::Accent));
                lines.push((String::new(), Role::Text));
            }
        }
        Some(row) => {
            let Some(at) = names.function(row) else { return };
            let Some(function) = lab.functions().get(at) else { return };
            lines.push((text::clean(&function.label()).into_owned(), Role::Accent));
            lines.push((format!("{}:{}", text::clean(&function.abs_path), function.line), Role::Dim));
            lines.push((String::new(), Role::Text));
            lines.extend(why::evidence(lab, at).into_iter().map(|line| (line, Role::Text)));
            lines.push((String::new(), Role::Text));
        }
    }
    lines.extend(names.advice().iter().map(|line| (line.clone(), Role::Text)));
    let width = usize::from(area.width).max(1);
    let lines = lines.into_iter().flat_map(|(line, role)| wrap(&line, width).into_iter().map(move |line| (line, role)));
    for (at, (line, role)) in lines.take(usize::from(area.height)).enumerate() {
        canvas.text(area.row(cells(at)), &line, role);
    }
}
