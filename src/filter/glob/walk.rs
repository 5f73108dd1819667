//! A glob without braces, matched by walking its pieces.
//!
//! Only the last `*` and the last recursive `**` are ever tried again: whatever an earlier one could take instead, the
//! later one can take as well. (A `*` cannot cross a `/`, so once the walk is past one, everything before it is
//! settled but for a `**`.) The time is bounded by the product of the three lengths: pattern, string, components.

use super::{Node, is_recursive};

/// A piece of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// One character, not `/`.
    AnyChar,
    /// One character, not `/`, in (or not in) these inclusive ranges.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// A run without `/`.
    Star,
    /// Whole components, each with its `/`; also none.
    Components,
    /// The rest of the string.
    Rest,
}

/// A glob without braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    pieces: Vec<Piece>,
    /// What each match starts with.
    prefix: String,
    /// What each match ends with.
    suffix: String,
    /// The longest literal text in it.
    required: String,
}

impl Walk {
    pub(super) fn new(nodes: &[Node]) -> Self {
        let mut pieces = Vec::with_capacity(nodes.len());
        let mut rest = nodes.iter().enumerate();
        while let Some((at, node)) = rest.next() {
            pieces.push(match node {
                Node::Char(c) => Piece::Char(*c),
                Node::AnyChar => Piece::AnyChar,
                Node::Class { negated, ranges } => Piece::Class { negated: *negated, ranges: ranges.clone() },
                Node::DoubleStar if is_recursive(nodes, at) => match rest.next() {
                    Some(_slash) => Piece::Components,
                    None => Piece::Rest,
                },
                // Braces have been multiplied out.
                Node::Star | Node::DoubleStar | Node::Group(_) => Piece::Star,
            });
        }
        let runs: Vec<String> = pieces
            .split(|piece| !matches!(piece, Piece::Char(_)))
            .map(|run| {
                run.iter().filter_map(|piece| if let Piece::Char(c) = piece { Some(*c) } else { None }).collect()
            })
            .collect();
        let required = runs.iter().max_by_key(|run| run.len()).cloned().unwrap_or_default();
        let ends = |run: Option<&String>| run.cloned().unwrap_or_default();
        Self { prefix: ends(runs.first()), suffix: ends(runs.last()), required, pieces }
    }

    /// Text that each match contains; empty when there is none.
    #[must_use]
    pub fn required(&self) -> &str {
        &self.required
    }

    /// Whether no string can match: a class asks for a `/`.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Class { negated: false, ranges } => ranges.iter().all(|range| *range == ('/', '/')),
            _ => false,
        })
    }

    /// Whether the whole string matches.
    #[must_use]
    pub fn is_match(&self, subject: &str) -> bool {
        if !subject.starts_with(&self.prefix) || !subject.ends_with(&self.suffix) {
            return false;
        }
        // Where to go on with the last `*` (the piece after it, and up to where it reaches), and with the last `**`.
        let mut star: Option<(usize, usize)> = None;
        let mut components: Option<(usize, usize)> = None;
        let (mut piece, mut at) = (0, 0);
        loop {
            match self.pieces.get(piece) {
                Some(Piece::Rest) => return true,
                Some(Piece::Star) => {
                    piece += 1;
                    star = Some((piece, at));
                    continue;
                }
                Some(Piece::Components) => {
                    piece += 1;
                    components = Some((piece, at));
                    star = None;
                    continue;
                }
                Some(one) => {
                    if let Some(c) = char_at(subject, at).filter(|c| one.takes(*c)) {
                        piece += 1;
                        at += c.len_utf8();
                        continue;
                    }
                }
                None if at == subject.len() => return true,
                None => {}
            }
            if let Some((after, reach)) = star
                && let Some(c) = char_at(subject, reach).filter(|c| *c != '/')
            {
                (piece, at) = (after, reach + c.len_utf8());
                star = Some((piece, at));
            } else if let Some((after, reach)) = components
                && let Some(slash) = subject[reach..].find('/')
            {
                (piece, at) = (after, reach + slash + 1);
                components = Some((piece, at));
                star = None;
            } else {
                return false;
            }
        }
    }
}

impl Piece {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(want) => c == *want,
            Self::AnyChar => c != '/',
            Self::Class { negated, ranges } => {
                c != '/' && ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::Star | Self::Components | Self::Rest => false,
        }
    }
}

fn char_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
        _ => text.get(at..)?.chars().next(),
    }
}
