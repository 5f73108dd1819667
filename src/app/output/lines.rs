//! The output line by line: when each was written and by which call. The text is read where it is shown; only the places
//! of the lines are kept.

use crate::app::session::{Session, read};
use crate::app::text::clean;
use crate::index::Nav;
use crate::index::survey::{Lists, Written};
use crate::model::id::CallId;
use crate::trace::Trace;
use crate::trace::output::Output;

/// Bytes of a line that are read.
const MAX_BYTES: u64 = 4096;
/// Threads that are looked at for the call that ran at some time.
const MAX_THREADS: usize = 64;

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 0.
    pub at: usize,
    /// Its text, safe to print.
    pub text: String,
    /// When it was written (or, where no call is known to have written it, read), nanoseconds since the start.
    pub ns: u64,
    /// The label of the call that wrote it, with the process where there are several; `None`: that was not noted.
    pub by: Option<String>,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// This call: it was noted.
    Noted(CallId),
    /// Nobody that was noted; this call ran when the line was read.
    RanThen(CallId),
    /// Nothing is known.
    Unknown,
}

/// How many lines there are.
#[must_use]
pub fn count(lists: &Lists) -> usize {
    lists.lines.len().saturating_sub(1)
}

/// The line in which the byte at `offset` stands.
#[must_use]
pub fn line_of(lists: &Lists, offset: u64) -> usize {
    lists.lines.partition_point(|start| *start <= offset).saturating_sub(1).min(count(lists).saturating_sub(1))
}

/// The text of one line.
#[must_use]
pub fn text(output: &Output, lists: &Lists, at: usize) -> Option<String> {
    let (start, end) = (*lists.lines.get(at)?, *lists.lines.get(at + 1)?);
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(start).min(MAX_BYTES)).unwrap_or(0)];
    let read = output.read(start, &mut bytes);
    Some(plain(&bytes[..read]))
}

/// Some lines from `from` on.
#[must_use]
pub fn lines(session: &Session, from: usize, rows: usize) -> Vec<Line> {
    let lists = &session.survey.lists;
    let Some(trace) = &session.trace else { return Vec::new() };
    let trace = read(trace);
    let Some(output) = Output::open(trace.path()) else { return Vec::new() };
    let several = trace.processes().len() > 1;
    (from..count(lists).min(from.saturating_add(rows)))
        .filter_map(|at| {
            let text = text(&output, lists, at)?;
            let noted = noted(lists, at);
            let by = noted.and_then(|written| {
                let nav = Nav::of(&trace, written.call)?;
                let label = trace.label(written.call.process, nav.code(written.call.ordinal)?);
                let pid = if several { format!("{} ", nav.process().info.pid) } else { String::new() };
                Some(format!("{pid}{}", clean(&label)))
            });
            let ns = noted.map_or_else(|| read_at(&trace, &output, lists, at), |written| written.ns);
            Some(Line { at, text, ns, by })
        })
        .collect()
}

/// Who wrote a line.
#[must_use]
pub fn writer(session: &Session, at: usize) -> Writer {
    let lists = &session.survey.lists;
    if let Some(written) = noted(lists, at) {
        return Writer::Noted(written.call);
    }
    let Some(trace) = &session.trace else { return Writer::Unknown };
    let trace = read(trace);
    let Some(output) = Output::open(trace.path()).filter(|_| at < count(lists)) else { return Writer::Unknown };
    ran_at(&trace, read_at(&trace, &output, lists, at)).map_or(Writer::Unknown, Writer::RanThen)
}

/// What the call and those inside it wrote: each piece that was noted, in order.
pub fn written_in<'a>(
    lists: &'a Lists,
    call: &'a crate::index::CallInfo,
) -> impl DoubleEndedIterator<Item = &'a Written> + 'a {
    let inside = call.id.ordinal..=call.id.ordinal.saturating_add(call.descendants);
    lists.written.iter().filter(move |written| {
        (written.call.process, written.call.thread) == (call.id.process, call.id.thread)
            && inside.contains(&written.call.ordinal)
    })
}

/// The write that brought the first byte of a line.
fn noted(lists: &Lists, at: usize) -> Option<&Written> {
    let start = *lists.lines.get(at)?;
    let before = lists.written.partition_point(|written| written.start <= start);
    lists.written[..before].last().filter(|written| start < written.end)
}

/// When the end of a line was read.
fn read_at(trace: &Trace, output: &Output, lists: &Lists, at: usize) -> u64 {
    let last = lists.lines.get(at + 1).map_or(0, |end| end.saturating_sub(1));
    let piece = output.piece_of(last).and_then(|piece| output.piece(piece));
    piece.map_or(0, |piece| piece.mono_ns.saturating_sub(trace.manifest().start.mono_ns))
}

/// The call that ran then, in the thread that did something last before.
fn ran_at(trace: &Trace, ns: u64) -> Option<CallId> {
    let threads = trace.processes().iter().flat_map(|process| process.threads().iter().map(move |it| (process, it)));
    let running = threads.filter(|(process, thread)| {
        thread.start_raw().is_some_and(|raw| process.clock.ns(raw) <= ns)
            && (process.is_running()
                || thread.depth() > 0
                || thread.end_raw().is_some_and(|raw| process.clock.ns(raw) >= ns))
    });
    let found = running.take(MAX_THREADS).filter_map(|(process, thread)| {
        let nav = Nav::new(trace, process.ix, thread.no)?;
        let ordinal = nav.at_time(ns)?;
        let newest = thread.end_raw().map(|raw| process.clock.ns(raw).min(ns));
        Some((newest, nav.id(ordinal)))
    });
    found.max_by_key(|(newest, _)| *newest).map(|(_, id)| id)
}

/// What is left of a line when everything that moves or paints is taken out. What a carriage return went back over is
/// gone, as on a terminal.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\n', '\r']);
    let text = text.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' => match chars.next() {
                // Until the final byte of a control sequence; until the end of a string.
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                Some(']' | 'P' | '_' | '^' | 'X') => {
                    while let Some(c) = chars.next() {
                        if c == '\x07' || (c == '\x1b' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                Some('(' | ')' | '#') => drop(chars.next()),
                _ => {}
            },
            '\x08' => drop(out.pop()),
            '\t' => out.push_str("    "),
            '\x07' | '\0' => {}
            char => out.push(char),
        }
    }
    clean(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_plain_text() {
        for (bytes, expected) in [
            (&b"plain\r\n"[..], "plain"),
            (b"\x1b[1;31mred\x1b[0m and not\r\n", "red and not"),
            (b" 10%\r 50%\r100%\r\n", "100%"),
            (b"\x1b]0;title\x07text", "text"),
            (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            (b"ab\x08c", "ac"),
            (b"\x1b[31", ""),
            (b"\x1b", ""),
            ("\u{202e}evil".as_bytes(), "\\u{202e}evil"),
            (b"\xff", "\u{fffd}"),
        ] {
            assert_eq!(plain(bytes), expected, "{bytes:?}");
        }
    }
}
