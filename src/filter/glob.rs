//! Globs: parsing, and what they become.
//!
//! `/` is the only separator, whatever the kind of the selector. A glob is parsed into a small tree and its braces are
//! multiplied out. Each alternative becomes a [`Shape`] (a literal prefix, a literal suffix and a simple gap between
//! them; nearly every glob that people write) or a [`Walk`] over its pieces; neither needs a regular expression. Only
//! where braces have a great many alternatives does the glob become an anchored expression.

use regex_syntax::escape_into;
use std::fmt::Write as _;
use std::ops::Range;

mod parse;
#[cfg(test)]
mod tests;
mod walk;

pub use walk::Walk;

/// Longest pattern accepted, in bytes.
pub const MAX_PATTERN: usize = 64 * 1024;

/// Deepest nesting of braces accepted.
pub const MAX_DEPTH: usize = 48;

/// How many alternatives braces may multiply out to, to be tried one by one.
const MAX_TRIED: usize = 64;

/// How many alternatives braces may multiply out to where `**` stands in or beside them.
const MAX_ALTERNATIVES: usize = 1_000;

/// How many characters these alternatives may hold together.
const MAX_EXPANDED: usize = 200_000;

/// Why a glob does not compile, and where in the pattern (bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobError {
    /// One clause.
    pub message: String,
    /// Byte range in the pattern.
    pub at: Range<usize>,
}

impl GlobError {
    fn new(message: impl Into<String>, at: Range<usize>) -> Self {
        Self { message: message.into(), at }
    }
}

/// One piece of a parsed glob.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Char(char),
    /// One character, not `/`.
    AnyChar,
    /// A run without `/`.
    Star,
    /// `**` as written; whether it is recursive depends on its neighbours.
    DoubleStar,
    Class {
        negated: bool,
        /// Inclusive ranges.
        ranges: Vec<(char, char)>,
    },
    /// Braces: the alternatives.
    Group(Vec<Vec<Node>>),
}

/// What may stand between the literal prefix and the literal suffix of a [`Shape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gap {
    /// Nothing: the whole string is literal (it is in `prefix`).
    Nothing,
    /// Anything without `/`.
    NoSlash,
    /// Whole components: nothing, or something that ends with `/`.
    Components,
    /// Anything.
    Anything,
}

/// A glob that needs no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// What the string starts with.
    pub prefix: String,
    /// What may follow.
    pub gap: Gap,
    /// What the string ends with.
    pub suffix: String,
}

impl Shape {
    /// Whether the whole string matches.
    #[must_use]
    pub fn is_match(&self, subject: &str) -> bool {
        if self.gap == Gap::Nothing {
            return subject == self.prefix;
        }
        if subject.len() < self.prefix.len() + self.suffix.len()
            || !subject.starts_with(&self.prefix)
            || !subject.ends_with(&self.suffix)
        {
            return false;
        }
        // Both ends match whole characters, so these are character boundaries.
        let middle = &subject.as_bytes()[self.prefix.len()..subject.len() - self.suffix.len()];
        match self.gap {
            Gap::Anything => true,
            Gap::NoSlash => !middle.contains(&b'/'),
            Gap::Components => middle.last().is_none_or(|last| *last == b'/'),
            Gap::Nothing => middle.is_empty(),
        }
    }
}

/// One alternative of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simple {
    /// Prefix, gap, suffix.
    Shape(Shape),
    /// Anything else.
    Walk(Walk),
}

impl Simple {
    fn new(nodes: &[Node]) -> Self {
        shape(nodes).map_or_else(|| Self::Walk(Walk::new(nodes)), Self::Shape)
    }

    /// Whether the whole string matches.
    #[must_use]
    pub fn is_match(&self, subject: &str) -> bool {
        match self {
            Self::Shape(shape) => shape.is_match(subject),
            Self::Walk(walk) => walk.is_match(subject),
        }
    }

    /// Text that each match contains; empty when there is none.
    #[must_use]
    pub fn required(&self) -> &str {
        match self {
            Self::Shape(shape) if shape.prefix.len() < shape.suffix.len() => &shape.suffix,
            Self::Shape(shape) => &shape.prefix,
            Self::Walk(walk) => walk.required(),
        }
    }
}

/// What a glob becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Translated {
    /// Alternatives to try one by one.
    Simple(Vec<Simple>),
    /// The text of an anchored regular expression.
    Regex(String),
}

/// Translates a glob.
///
/// # Errors
///
/// An unclosed `[` or `{`, a stray `}`, a reversed range, a trailing backslash, or one of the limits above.
pub fn translate(pattern: &str) -> Result<Translated, GlobError> {
    let whole = 0..pattern.len();
    if pattern.len() > MAX_PATTERN {
        return Err(GlobError::new(format!("a glob of more than {MAX_PATTERN} bytes"), whole));
    }
    let nodes = parse::parse(pattern)?;
    match expand(&nodes) {
        Some(alternatives) if alternatives.len() <= MAX_TRIED => {
            Ok(Translated::Simple(alternatives.iter().map(|nodes| Simple::new(nodes)).collect()))
        }
        Some(alternatives) => Ok(Translated::Regex(anchored(&alternatives))),
        None if depends_on_braces(&nodes) => {
            Err(GlobError::new("braces around `**` with too many alternatives", whole))
        }
        None => Ok(Translated::Regex(anchored(&[nodes]))),
    }
}

/// Whether a `**` stands in braces or right beside some: then its neighbours differ from alternative to alternative.
fn depends_on_braces(nodes: &[Node]) -> bool {
    fn holds(nodes: &[Node]) -> bool {
        nodes.iter().any(|node| match node {
            Node::DoubleStar => true,
            Node::Group(alternatives) => alternatives.iter().any(|nodes| holds(nodes)),
            _ => false,
        })
    }
    nodes.iter().enumerate().any(|(at, node)| match node {
        Node::Group(alternatives) => {
            alternatives.iter().any(|nodes| holds(nodes))
                || (at > 0 && nodes[at - 1] == Node::DoubleStar)
                || nodes.get(at + 1) == Some(&Node::DoubleStar)
        }
        _ => false,
    })
}

/// Multiplies all braces out; `None` beyond the limits.
fn expand(nodes: &[Node]) -> Option<Vec<Vec<Node>>> {
    let mut done: Vec<Vec<Node>> = vec![Vec::new()];
    for node in nodes {
        if let Node::Group(alternatives) = node {
            let mut choices = Vec::new();
            for alternative in alternatives {
                choices.extend(expand(alternative)?);
            }
            if done.len().checked_mul(choices.len())? > MAX_ALTERNATIVES {
                return None;
            }
            done = done
                .iter()
                .flat_map(|head| choices.iter().map(|tail| [head.as_slice(), tail.as_slice()].concat()))
                .collect();
        } else {
            for head in &mut done {
                head.push(node.clone());
            }
        }
        if done.iter().map(Vec::len).sum::<usize>() > MAX_EXPANDED {
            return None;
        }
    }
    Some(done)
}

/// Whether the `**` at this place is a whole component.
fn is_recursive(nodes: &[Node], at: usize) -> bool {
    (at == 0 || nodes[at - 1] == Node::Char('/')) && nodes.get(at + 1).is_none_or(|next| *next == Node::Char('/'))
}

/// The simple form of these nodes, if they have one.
fn shape(nodes: &[Node]) -> Option<Shape> {
    let literal = |nodes: &[Node]| -> Option<String> {
        nodes.iter().map(|node| if let Node::Char(c) = node { Some(*c) } else { None }).collect()
    };
    let Some(first) = nodes.iter().position(|node| !matches!(node, Node::Char(_))) else {
        return Some(Shape { prefix: literal(nodes)?, gap: Gap::Nothing, suffix: String::new() });
    };
    let prefix = literal(&nodes[..first])?;
    let (gap, rest) = match nodes[first] {
        Node::DoubleStar if is_recursive(nodes, first) => match nodes.get(first + 1..) {
            Some([_slash, Node::Star, rest @ ..]) => (Gap::Anything, rest),
            Some([_slash, rest @ ..]) => (Gap::Components, rest),
            _ => (Gap::Anything, [].as_slice()),
        },
        Node::Star | Node::DoubleStar => (Gap::NoSlash, &nodes[first + 1..]),
        _ => return None,
    };
    Some(Shape { prefix, gap, suffix: literal(rest)? })
}

/// The regular expression for alternatives without braces around `**`.
fn anchored(alternatives: &[Vec<Node>]) -> String {
    let mut out = String::from(r"(?s)\A(?:");
    for (index, nodes) in alternatives.iter().enumerate() {
        if index > 0 {
            out.push('|');
        }
        emit(nodes, &mut out);
    }
    out.push_str(r")\z");
    out
}

fn emit(nodes: &[Node], out: &mut String) {
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        match node {
            Node::Char(c) => escape_into(c.encode_utf8(&mut [0; 4]), out),
            Node::AnyChar => out.push_str("[^/]"),
            Node::DoubleStar if is_recursive(nodes, at) => {
                if at + 1 == nodes.len() {
                    out.push_str(".*");
                } else {
                    out.push_str("(?:.*/)?");
                    at += 1;
                }
            }
            Node::Star | Node::DoubleStar => out.push_str("[^/]*"),
            Node::Class { negated, ranges } => emit_class(*negated, ranges, out),
            Node::Group(alternatives) => {
                out.push_str("(?:");
                for (index, nodes) in alternatives.iter().enumerate() {
                    if index > 0 {
                        out.push('|');
                    }
                    emit(nodes, out);
                }
                out.push(')');
            }
        }
        at += 1;
    }
}

/// A class; it never matches `/`.
fn emit_class(negated: bool, ranges: &[(char, char)], out: &mut String) {
    let mut inner = String::new();
    let mut add = |low: char, high: char| {
        if low <= high {
            let _ = write!(inner, r"\x{{{:x}}}-\x{{{:x}}}", low as u32, high as u32);
        }
    };
    for (low, high) in ranges {
        if !negated && (*low..=*high).contains(&'/') {
            add(*low, '.');
            add('0', *high);
        } else {
            add(*low, *high);
        }
    }
    if negated {
        let _ = write!(out, "[^/{inner}]");
    } else if inner.is_empty() {
        // Only `/` was asked for: matches nothing.
        out.push_str("[a&&b]");
    } else {
        let _ = write!(out, "[{inner}]");
    }
}
