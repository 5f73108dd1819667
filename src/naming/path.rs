//! Absolute paths, normalised lexically: no disk is asked and no link is followed. Both spellings are handled on
//! either system, because a trace may be read elsewhere and because the rules are tested for both.

use super::identifier::is_identifier;
use crate::model::evidence::Outcome;

/// Whose paths these are: the separator, drives, and whether case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    Posix,
    Windows,
}

impl Platform {
    /// The platform that this program was compiled for.
    #[must_use]
    pub fn here() -> Self {
        if cfg!(windows) { Self::Windows } else { Self::Posix }
    }

    /// Whether `c` separates the components of a path.
    #[must_use]
    pub fn is_separator(self, c: char) -> bool {
        c == '/' || (self == Self::Windows && c == '\\')
    }

    /// Whether two components are the same one. Windows keeps the case of names but does not compare it.
    #[must_use]
    pub fn same(self, a: &str, b: &str) -> bool {
        match self {
            Self::Posix => a == b,
            Self::Windows => {
                a == b || a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
            }
        }
    }

    /// `text` without `suffix`, which compares as this platform compares names.
    pub(super) fn strip_suffix<'a>(self, text: &'a str, suffix: &str) -> Option<&'a str> {
        let cut = text.len().checked_sub(suffix.len())?;
        let (head, tail) = (text.get(..cut)?, text.get(cut..)?);
        self.same(tail, suffix).then_some(head)
    }
}

/// Whether a `co_filename` is of the form `<…>`: code that came from no file. The empty name counts, too: it is what
/// `compile` is given when there is no file, and joined with a folder it would name that folder.
#[must_use]
pub fn is_synthetic(filename: &str) -> bool {
    filename.is_empty() || (filename.len() > 1 && filename.starts_with('<') && filename.ends_with('>'))
}

/// An absolute path without empty, `.` and `..` components.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NormPath {
    platform: Platform,
    /// Empty on POSIX; `C:` or `\\server\share` on Windows (empty there, too, when no drive is known).
    drive: String,
    parts: Vec<String>,
}

impl NormPath {
    /// `text` joined with the folder `base` where it is relative, and normalised. `..` at the top stays at the top.
    #[must_use]
    pub fn new(platform: Platform, base: &str, text: &str) -> Self {
        match platform {
            Platform::Posix => {
                let mut path = Self { platform, drive: String::new(), parts: Vec::new() };
                if !text.starts_with('/') {
                    path.push_all(base);
                }
                path.push_all(text);
                path
            }
            Platform::Windows => Self::new_windows(base, text),
        }
    }

    fn new_windows(base: &str, text: &str) -> Self {
        let platform = Platform::Windows;
        let (drive, rest) = split_drive(text);
        let rooted = rest.starts_with(is_windows_separator) || drive.starts_with('\\');
        let mut path = Self { platform, drive, parts: Vec::new() };
        if !rooted || path.drive.is_empty() {
            // `\a` is on the drive of the current folder, `C:a` below the current folder if that is on C.
            let (base_drive, base_rest) = split_drive(base);
            if path.drive.is_empty() || platform.same(&path.drive, &base_drive) {
                path.drive = base_drive;
                if !rooted {
                    path.push_all(base_rest);
                }
            }
        }
        path.push_all(rest);
        path
    }

    fn push_all(&mut self, text: &str) {
        for part in text.split(|c| self.platform.is_separator(c)) {
            match part {
                "" | "." => {}
                ".." => {
                    self.parts.pop();
                }
                part => self.parts.push(part.to_owned()),
            }
        }
    }

    /// The components, without the drive.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The folder that this path is in; itself for a root.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut parent = self.clone();
        parent.parts.pop();
        parent
    }

    /// Whether this is `/` or a whole drive. A network share is a folder like any other: somebody chose to mount it.
    #[must_use]
    pub fn is_filesystem_root(&self) -> bool {
        self.parts.is_empty() && !self.drive.starts_with('\\')
    }

    /// The components of `self` below `root`, if `root` contains it; empty for `root` itself. Whole components only.
    #[must_use]
    pub fn below(&self, root: &Self) -> Option<&[String]> {
        if self.parts.len() < root.parts.len() || !self.platform.same(&self.drive, &root.drive) {
            return None;
        }
        let (head, rest) = self.parts.split_at(root.parts.len());
        head.iter().zip(&root.parts).all(|(a, b)| self.platform.same(a, b)).then_some(rest)
    }

    /// Whether both are the same path, as the platform compares names.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len() && self.below(other).is_some()
    }

    /// The source file that this path stands for: `mod.pyc` and `__pycache__/mod.TAG[.opt-N].pyc` are `mod.py`.
    #[must_use]
    pub fn source(mut self) -> Self {
        let platform = self.platform;
        let Some(file) = self.parts.pop() else { return self };
        let Some(stem) = platform.strip_suffix(&file, ".pyc") else {
            self.parts.push(file);
            return self;
        };
        if self.parts.last().is_some_and(|folder| platform.same(folder, "__pycache__"))
            && let Some(base) = source_stem(stem, platform)
        {
            self.parts.pop();
            self.parts.push(format!("{base}.py"));
        } else {
            self.parts.push(format!("{stem}.py"));
        }
        self
    }
}

/// `mod` of `mod.cpython-312` or `mod.cpython-312.opt-1`, as `importlib.util.source_from_cache` reads them: one tag,
/// then at most one optimisation level, which is alphanumeric.
fn source_stem(stem: &str, platform: Platform) -> Option<&str> {
    let mut pieces = stem.split('.');
    let (base, _tag) = (pieces.next()?, pieces.next()?);
    if let Some(level) = pieces.next() {
        let head = level.get(..4).filter(|head| platform.same(head, "opt-"))?;
        let level = &level[head.len()..];
        if level.is_empty() || !level.chars().all(char::is_alphanumeric) {
            return None;
        }
    }
    pieces.next().is_none().then_some(base)
}

impl std::fmt::Display for NormPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let separator = if self.platform == Platform::Windows { "\\" } else { "/" };
        f.write_str(&self.drive)?;
        if self.parts.is_empty() {
            return f.write_str(separator);
        }
        for part in &self.parts {
            f.write_str(separator)?;
            f.write_str(part)?;
        }
        Ok(())
    }
}

/// The components of a path below a root, spelled with dots: less `.py .pyc .pyw` and a final `__init__`.
///
/// # Errors
///
/// [`Outcome::NothingLeft`] or [`Outcome::NotAnIdentifier`].
pub(super) fn dotted(platform: Platform, rest: &[String]) -> Result<String, Outcome> {
    let (file, folders) = rest.split_last().ok_or(Outcome::NothingLeft)?;
    let stem = [".py", ".pyc", ".pyw"].iter().find_map(|suffix| platform.strip_suffix(file, suffix)).unwrap_or(file);
    let mut name: Vec<&str> = folders.iter().map(String::as_str).collect();
    if stem != "__init__" {
        name.push(stem);
    }
    if name.is_empty() {
        return Err(Outcome::NothingLeft);
    }
    if !name.iter().all(|part| is_identifier(part)) {
        return Err(Outcome::NotAnIdentifier);
    }
    Ok(name.join("."))
}

fn is_windows_separator(c: char) -> bool {
    Platform::Windows.is_separator(c)
}

/// Splits `C:` or `\\server\share` off a Windows path; the long forms `\\?\C:` and `\\?\UNC\server\share` are the same.
fn split_drive(text: &str) -> (String, &str) {
    let mut chars = text.chars();
    let starts_with_two =
        chars.next().is_some_and(is_windows_separator) && chars.next().is_some_and(is_windows_separator);
    if starts_with_two {
        let body = &text[2..];
        let long = body.strip_prefix(['?', '.']).and_then(|rest| rest.strip_prefix(is_windows_separator));
        let share = match long {
            Some(rest) => {
                let unc = rest.get(..3).filter(|head| head.eq_ignore_ascii_case("unc")).map(|_| &rest[3..]);
                match unc.and_then(|rest| rest.strip_prefix(is_windows_separator)) {
                    Some(share) => share,
                    None => return split_letter(rest),
                }
            }
            None => body,
        };
        let mut pieces = share.splitn(3, is_windows_separator);
        let (server, name) = (pieces.next().unwrap_or(""), pieces.next().unwrap_or(""));
        if !server.is_empty() && !name.is_empty() {
            return (format!("\\\\{server}\\{name}"), pieces.next().unwrap_or(""));
        }
    }
    split_letter(text)
}

fn split_letter(text: &str) -> (String, &str) {
    match text.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => (text[..2].to_owned(), &text[2..]),
        _ => (String::new(), text),
    }
}
