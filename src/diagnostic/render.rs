//! Diagnostics for people: the place, the line, a caret under the mistake, and the hint.

use super::text::is_safe;
use super::{Diagnostic, Severity, Span, printable};
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use std::fmt::Write as _;
use std::ops::Range;

/// All problems, each with its line and a caret, and a blank line between them. `colour` asks for ANSI colours; apart
/// from those the text holds no control character but the line feed, whatever the input held.
#[must_use]
pub fn render(problems: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for problem in problems {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&render_one(problem, &renderer));
        out.push('\n');
    }
    out
}

fn render_one(problem: &Diagnostic, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut title = printable(&problem.message).into_owned();
    if let Some(indices) = problem.indices() {
        let _ = write!(title, " ({indices})");
    }
    let mut group: Group<'_> = Group::with_title(level.primary_title(title).id(problem.code));
    let file = problem.file.as_deref().map(|file| printable(file).into_owned());
    match &problem.span {
        Some(span) => {
            let (line, mark) = safe_line(span);
            // The renderer tells the column itself, from the text it is given; of a line that was cut it cannot.
            let is_cut = line[..mark.start].chars().count() + 1 != span.column;
            // An empty mark still gets its caret: the renderer draws one past the text for it.
            let annotation = AnnotationKind::Primary.span(mark);
            let mut snippet = Snippet::source(line).line_start(span.line).fold(false).annotation(annotation);
            if let (Some(file), true) = (&file, is_cut) {
                let origin = Origin::path(file.clone()).line(span.line).char_column(span.column);
                group = group.element(Element::Origin(origin));
            } else if let Some(file) = file {
                snippet = snippet.path(file);
            }
            group = group.element(snippet);
        }
        None => group = group.elements(file.map(Origin::path)),
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(printable(hint).into_owned()));
    }
    renderer.render(&[group])
}

/// The line with every unsafe character replaced by a visible one (so that columns stay true), and the mark in it.
fn safe_line(span: &Span) -> (String, Range<usize>) {
    let mut line = String::with_capacity(span.text.len());
    let mut mark = span.mark.clone();
    for (at, c) in span.text.char_indices() {
        if at == span.mark.start {
            mark.start = line.len();
        }
        if at == span.mark.end {
            mark.end = line.len();
        }
        line.push(match c {
            '\t' => ' ',
            c if is_safe(c) => c,
            c @ '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            _ => '\u{fffd}',
        });
    }
    if span.mark.start >= span.text.len() {
        mark.start = line.len();
    }
    if span.mark.end >= span.text.len() {
        mark.end = line.len();
    }
    (line, mark)
}
