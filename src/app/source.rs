//! Python source for the details: read in the background, made safe, and coloured. A file that is gone, or that was
//! changed after the recording, is said to be so.

use super::text::clean_source;
use crate::config::Role;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

/// Files beyond this size are cut.
const MAX_BYTES: u64 = 4 << 20;
/// Lines beyond this number are shown without colours: colouring must not take longer than reading.
const MAX_COLOURED: usize = 20_000;
/// Longer lines are shown without colours, and only this many characters of them.
const MAX_LINE: usize = 2_000;
/// Cells of a tab.
const TAB: usize = 8;

/// A source file.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Which file.
    pub path: PathBuf,
    /// Its lines in coloured pieces, or why there are none.
    pub lines: Result<Vec<Vec<(Role, String)>>, String>,
    /// When it was changed last, in seconds since 1970.
    pub modified: f64,
}

/// Reads and colours a file. Never fails: what went wrong is part of the answer.
#[must_use]
pub fn load(path: &Path) -> Source {
    let (lines, modified) = match read(path) {
        Ok((text, modified)) => (Ok(colour(&text)), modified),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            (Err("the file is not there any more".to_owned()), 0.0)
        }
        Err(error) => (Err(format!("the file cannot be read: {error}")), 0.0),
    };
    Source { path: path.to_path_buf(), lines, modified }
}

fn read(path: &Path) -> std::io::Result<(String, f64)> {
    // A name in a trace may be anything; a pipe or a device must not hold us up.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let file = std::fs::File::open(path)?;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((text, modified.map_or(0.0, |since| since.as_secs_f64())))
}

fn syntaxes() -> &'static SyntaxSet {
    static SET: OnceLock<SyntaxSet> = OnceLock::new();
    SET.get_or_init(SyntaxSet::load_defaults_newlines)
}

/// Scopes and what they are to the eye; the first that fits the innermost scope wins.
fn roles() -> &'static [(Scope, Role)] {
    static ROLES: OnceLock<Vec<(Scope, Role)>> = OnceLock::new();
    ROLES.get_or_init(|| {
        [
            ("comment", Role::Comment),
            ("string", Role::String),
            ("constant.character", Role::String),
            ("constant.numeric", Role::Number),
            ("constant.language", Role::Number),
            ("keyword.operator.logical", Role::Keyword),
            ("keyword.operator", Role::Text),
            ("keyword", Role::Keyword),
            ("storage", Role::Keyword),
            ("entity.name", Role::Function),
            ("support.function", Role::Function),
            ("variable.annotation", Role::Module),
            ("meta.annotation", Role::Module),
            ("variable.language", Role::Value),
        ]
        .into_iter()
        .filter_map(|(name, role)| Scope::new(name).ok().map(|scope| (scope, role)))
        .collect()
    })
}

fn role(stack: &ScopeStack) -> Role {
    for scope in stack.as_slice().iter().rev() {
        if let Some((_, role)) = roles().iter().find(|(known, _)| known.is_prefix_of(*scope)) {
            return *role;
        }
    }
    Role::Text
}

fn colour(text: &str) -> Vec<Vec<(Role, String)>> {
    let set = syntaxes();
    let mut parser = set.find_syntax_by_extension("py").map(ParseState::new);
    let mut stack = ScopeStack::new();
    let mut lines = Vec::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim_end_matches(['\n', '\r']);
        let plain = || {
            let end = bare.char_indices().nth(MAX_LINE).map_or(bare.len(), |(at, _)| at);
            vec![(Role::Text, clean_source(&bare[..end], TAB).into_owned())]
        };
        let parsed = if at < MAX_COLOURED && line.len() <= MAX_LINE {
            parser.as_mut().and_then(|parser| parser.parse_line(line, set).ok())
        } else {
            None
        };
        let Some(ops) = parsed else {
            lines.push(plain());
            continue;
        };
        let mut pieces: Vec<(Role, String)> = Vec::new();
        let mut from = 0;
        for (to, op) in ops.into_iter().chain([(line.len(), syntect::parsing::ScopeStackOp::Noop)]) {
            if to > from && to <= line.len() {
                let piece = line[from..to].trim_end_matches(['\n', '\r']);
                let role = role(&stack);
                match pieces.last_mut() {
                    Some((last, text)) if *last == role => text.push_str(piece),
                    _ => pieces.push((role, piece.to_owned())),
                }
                from = to;
            }
            if stack.apply(&op).is_err() {
                stack = ScopeStack::new();
            }
        }
        lines.push(pieces.into_iter().map(|(role, text)| (role, clean_source(&text, TAB).into_owned())).collect());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(Role, String)> {
        colour(text).concat().into_iter().filter(|(_, text)| !text.trim().is_empty()).collect()
    }

    #[test]
    fn python_is_coloured() {
        let pieces = words("def add(n=1):  # more\n    return 'x' if n else None\n");
        for (role, text) in [
            (Role::Keyword, "def"),
            (Role::Function, "add"),
            (Role::Number, "1"),
            (Role::Comment, "# more"),
            (Role::Keyword, "return"),
            (Role::String, "'x'"),
        ] {
            assert!(pieces.iter().any(|(found, piece)| *found == role && piece.trim() == text), "{text}: {pieces:?}");
        }
    }

    #[test]
    fn hostile_files_are_text() {
        let lines = colour("x = '\x1b[2J\u{202e}'\r\n\0\n");
        let all: String = lines.concat().into_iter().map(|(_, text)| text).collect();
        assert!(!all.chars().any(|c| c.is_control() || c == '\u{202e}'), "{all:?}");
        assert!(all.contains("\\x1b[2J"));
        let long = colour(&"x".repeat(1_000_000));
        assert_eq!(long[0][0].1.len(), MAX_LINE);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert_eq!(load(Path::new("/nonexistent/x.py")).lines, Err("the file is not there any more".to_owned()));
        assert!(load(Path::new("/dev/zero")).lines.is_err());
    }
}
