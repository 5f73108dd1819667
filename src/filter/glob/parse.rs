//! Glob text to nodes. One pass with an explicit stack, so that no pattern can exhaust the thread's own.

use super::{GlobError, MAX_DEPTH, Node};

/// Braces that are still open.
struct Open {
    /// Where the `{` is.
    at: usize,
    /// The finished alternatives.
    alternatives: Vec<Vec<Node>>,
    /// What stood before the `{`.
    before: Vec<Node>,
}

pub(super) fn parse(pattern: &str) -> Result<Vec<Node>, GlobError> {
    let mut open: Vec<Open> = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    let mut rest = pattern.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some((_, escaped)) => nodes.push(Node::Char(escaped)),
                None => return Err(GlobError::new("a trailing backslash", at..at + 1)),
            },
            '?' => nodes.push(Node::AnyChar),
            '*' => {
                let mut stars = 1;
                while rest.next_if(|(_, c)| *c == '*').is_some() {
                    stars += 1;
                }
                nodes.push(if stars == 2 { Node::DoubleStar } else { Node::Star });
            }
            '[' => {
                let (class, after) = class(pattern, at)?;
                nodes.push(class);
                while rest.next_if(|(at, _)| *at < after).is_some() {}
            }
            '{' => {
                if open.len() == MAX_DEPTH {
                    return Err(GlobError::new(format!("braces nested more than {MAX_DEPTH} deep"), at..at + 1));
                }
                open.push(Open { at, alternatives: Vec::new(), before: std::mem::take(&mut nodes) });
            }
            ',' if !open.is_empty() => {
                let done = std::mem::take(&mut nodes);
                open.last_mut().into_iter().for_each(|open| open.alternatives.push(done.clone()));
            }
            '}' => {
                let Some(mut group) = open.pop() else { return Err(GlobError::new("a stray `}`", at..at + 1)) };
                group.alternatives.push(std::mem::replace(&mut nodes, group.before));
                nodes.push(Node::Group(group.alternatives));
            }
            c => nodes.push(Node::Char(c)),
        }
    }
    match open.last() {
        Some(open) => Err(GlobError::new("an unclosed `{`", open.at..open.at + 1)),
        None => Ok(nodes),
    }
}

/// Parses the class that starts with the `[` at `start`; returns it with the offset after its `]`.
fn class(pattern: &str, start: usize) -> Result<(Node, usize), GlobError> {
    let unclosed = || GlobError::new("an unclosed `[`", start..start + 1);
    let mut rest = pattern[start + 1..].char_indices().map(|(at, c)| (start + 1 + at, c)).peekable();
    let negated = rest.next_if(|(_, c)| matches!(c, '!' | '^')).is_some();
    let mut ranges = Vec::new();
    let mut first = true;
    loop {
        let (at, mut low) = rest.next().ok_or_else(unclosed)?;
        if low == ']' && !first {
            return Ok((Node::Class { negated, ranges }, at + 1));
        }
        first = false;
        if low == '\\' {
            low = rest.next().ok_or_else(unclosed)?.1;
        }
        let mut high = low;
        // A dash makes a range unless the class ends right after it.
        let mut ahead = rest.clone();
        if ahead.next_if(|(_, c)| *c == '-').is_some() && ahead.peek().is_some_and(|(_, c)| *c != ']') {
            rest = ahead;
            let (mut high_at, mut c) = rest.next().ok_or_else(unclosed)?;
            if c == '\\' {
                (high_at, c) = rest.next().ok_or_else(unclosed)?;
            }
            high = c;
            if low > high {
                return Err(GlobError::new(
                    format!("the range `{low}-{high}` is reversed"),
                    at..high_at + c.len_utf8(),
                ));
            }
        }
        ranges.push((low, high));
    }
}
