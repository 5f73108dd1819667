//! Paths as text: the root of a filter file, paths relative to it, and the normal form of `file` patterns.
//!
//! Everything here is lexical. Links are never followed and, but for the search for a `.codetracer` folder, the disk
//! is never asked.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// The folder that holds a project's filter.
pub const PROJECT_FOLDER: &str = ".codetracer";

/// The project root of a filter file: the parent of the nearest enclosing `.codetracer` folder, else its own folder.
#[must_use]
pub fn root_of_file(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("/"));
    folder
        .ancestors()
        .find(|ancestor| ancestor.file_name() == Some(OsStr::new(PROJECT_FOLDER)))
        .and_then(Path::parent)
        .unwrap_or(folder)
        .to_path_buf()
}

/// The project's root: the parent of the nearest `.codetracer` folder in `folder` or above it, else `folder`.
#[must_use]
pub fn project_root(folder: &Path) -> PathBuf {
    folder.ancestors().find(|ancestor| ancestor.join(PROJECT_FOLDER).is_dir()).unwrap_or(folder).to_path_buf()
}

/// `path` joined to `folder`, with `.` and `..` resolved lexically (`/..` is `/`).
#[must_use]
pub fn absolute(folder: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in folder.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// A root as text without a slash at its end (the root folder itself is empty).
#[must_use]
pub(super) fn root_text(root: &Path) -> String {
    root.to_string_lossy().trim_end_matches('/').to_owned()
}

/// What `file` selectors see: the path below `root` (as [`root_text`] gives it), or the whole path when it is outside.
#[must_use]
pub(super) fn relative<'p>(root: &str, path: &'p str) -> &'p str {
    match path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !rest.is_empty() => rest,
        _ => path,
    }
}

/// A component of a pattern and what the text of it is, escapes taken away.
fn unescaped(component: &str, is_glob: bool) -> Cow<'_, str> {
    if !is_glob || !component.contains('\\') {
        return Cow::Borrowed(component);
    }
    let mut out = String::with_capacity(component.len());
    let mut chars = component.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    Cow::Owned(out)
}

/// Splits a pattern at its separators. In a glob, slashes inside braces and classes do not count.
fn components(pattern: &str, is_glob: bool) -> Vec<&str> {
    if !is_glob {
        return pattern.split('/').collect();
    }
    let mut out = Vec::new();
    let (mut depth, mut start, mut at) = (0_usize, 0, 0);
    let bytes = pattern.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            // An escaped slash is a slash.
            b'\\' if depth == 0 && bytes.get(at + 1) == Some(&b'/') => {
                out.push(&pattern[start..at]);
                at += 1;
                start = at + 1;
            }
            b'\\' => at += 1,
            b'[' => at = class_end(bytes, at),
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'/' if depth == 0 => {
                out.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.push(&pattern[start..]);
    out
}

/// The position of the `]` that ends the class at `start`, or `start` if there is none (an error that the glob
/// parser reports).
fn class_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    if matches!(bytes.get(at), Some(b'!' | b'^')) {
        at += 1;
    }
    let first = at;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b']' if at > first => return at,
            _ => {}
        }
        at += 1;
    }
    start
}

/// Whether an alternative in braces has a `..` component.
fn has_parent_in_braces(component: &str) -> bool {
    component.contains('{') && component.split(['/', '{', ',', '}']).any(|part| part == "..")
}

/// The normal form of a `file` glob or literal, relative to `root`.
///
/// # Errors
///
/// One clause: it leaves the root, it is absolute and elsewhere, it has `..` inside braces, or nothing is left.
pub(super) fn normalise_pattern(pattern: &str, is_glob: bool, root: &str) -> Result<String, String> {
    let mut kept: Vec<Cow<'_, str>> = Vec::new();
    for component in components(pattern, is_glob) {
        match component {
            "" | "." => {}
            ".." => {
                if kept.pop().is_none() {
                    return Err("`..` leaves the project root".to_owned());
                }
            }
            component if is_glob && has_parent_in_braces(component) => {
                return Err("`..` inside braces; write the alternatives out".to_owned());
            }
            component if is_glob && component.contains('{') => kept.push(tidy_braces(component)),
            component => kept.push(Cow::Borrowed(component)),
        }
    }
    if pattern.starts_with('/') || (is_glob && pattern.starts_with("\\/")) {
        let mut rest = kept.as_slice();
        for component in root.split('/').filter(|component| !component.is_empty()) {
            match rest.split_first() {
                Some((first, tail)) if *first == component || unescaped(first, is_glob) == component => rest = tail,
                _ => return Err(format!("an absolute path outside the project root `{root}`")),
            }
        }
        kept = rest.to_vec();
    }
    if kept.is_empty() {
        return Err("nothing is left of the path; it names the project root itself".to_owned());
    }
    Ok(kept.join("/"))
}

/// Takes `//` and `/./` out of a component with slashes inside its braces.
fn tidy_braces(component: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(component);
    while out.contains("//") || out.contains("/./") {
        out = Cow::Owned(out.replace("/./", "/").replace("//", "/"));
    }
    out
}

#[cfg(test)]
mod tests;
