//! Selectors that keep their meaning in a filter with another root.

use std::path::Path;

/// A selector that means the same in a filter with another root. Only `file:` selectors know of roots.
///
/// # Errors
///
/// One clause: why there is none.
pub fn rebase(selector: &str, from: &Path, to: &Path) -> Result<String, String> {
    let Some(rest) = selector.strip_prefix("file:").filter(|_| from != to) else { return Ok(selector.to_owned()) };
    if rest.starts_with("regex:") {
        return Err(format!("a regex over paths below {} cannot be rewritten for {}", from.display(), to.display()));
    }
    let (head, pattern, is_glob) = match rest.split_once(':') {
        Some(("literal", pattern)) => ("file:literal:", pattern, false),
        Some(("glob", pattern)) => ("file:glob:", pattern, true),
        _ => ("file:", rest, true),
    };
    if pattern.starts_with('/') {
        return Err("an absolute path belongs to one project root".to_owned());
    }
    let escape = |text: &str| if is_glob { escaped(text) } else { text.to_owned() };
    if let Ok(below) = from.strip_prefix(to) {
        return Ok(format!("{head}{}/{pattern}", escape(&below.to_string_lossy())));
    }
    if let Ok(below) = to.strip_prefix(from)
        && let Some(pattern) = pattern.strip_prefix(&format!("{}/", escape(&below.to_string_lossy())))
    {
        return Ok(format!("{head}{pattern}"));
    }
    Err(format!("paths below {} have no name below {}", from.display(), to.display()))
}

/// The text as a glob that matches nothing else.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
