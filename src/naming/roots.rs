//! Names from paths: below an entry of `sys.path`, below a folder with a project marker, below the project root.

use super::path::{NormPath, Platform, dotted};
use crate::model::evidence::Outcome;

/// What one source found for one path: a name and where, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub name: Result<String, Outcome>,
    pub detail: Option<String>,
}

impl Finding {
    pub fn none(outcome: Outcome) -> Self {
        Self { name: Err(outcome), detail: None }
    }
}

/// The entries of `sys.path`, absolute, without duplicates, longest first.
#[derive(Debug)]
pub(super) struct Roots {
    roots: Vec<NormPath>,
    /// Whether an entry was relative, so that the current folder matters.
    pub relative: bool,
}

impl Roots {
    pub fn new<'a>(platform: Platform, cwd: impl Fn() -> String, raw: impl IntoIterator<Item = &'a str>) -> Self {
        let mut roots: Vec<NormPath> = Vec::new();
        let mut base: Option<String> = None;
        for text in raw {
            let base = if is_absolute(platform, text) { "" } else { base.get_or_insert_with(&cwd).as_str() };
            let root = NormPath::new(platform, base, text);
            if !roots.iter().any(|seen| seen.same(&root)) {
                roots.push(root);
            }
        }
        // Stable, so that roots of one length stay in the order of `sys.path`.
        roots.sort_by_key(|root| std::cmp::Reverse(root.to_string().len()));
        Self { roots, relative: base.is_some() }
    }

    /// The name of `path` below the longest root that gives one.
    pub fn find(&self, platform: Platform, path: &NormPath) -> Finding {
        let mut finding = Finding::none(Outcome::OutsideAllRoots);
        let mut matched = false;
        for root in &self.roots {
            let Some(rest) = path.below(root) else { continue };
            let detail = Some(root.to_string());
            if root.is_filesystem_root() {
                if !matched {
                    finding = Finding { name: Err(Outcome::OnlyFilesystemRoot), detail };
                }
                continue;
            }
            match dotted(platform, rest) {
                Ok(name) => return Finding { name: Ok(name), detail },
                // The longest root is the one that people mean: its reason is kept.
                Err(outcome) if !matched => finding = Finding { name: Err(outcome), detail },
                Err(_) => {}
            }
            matched = true;
        }
        finding
    }
}

/// Whether the current folder has no part in where `text` points to.
fn is_absolute(platform: Platform, text: &str) -> bool {
    match platform {
        Platform::Posix => text.starts_with('/'),
        // Rare enough to ask for the folder needlessly: only `C:\…` and shares are sure.
        Platform::Windows => {
            let bytes = text.as_bytes();
            let separator = |at: usize| bytes.get(at).is_some_and(|b| matches!(b, b'/' | b'\\'));
            (bytes.get(1) == Some(&b':') && separator(2)) || (separator(0) && separator(1))
        }
    }
}

/// The name of `path` below `root`, whatever root that is.
pub(super) fn below(platform: Platform, path: &NormPath, root: &NormPath) -> Result<String, Outcome> {
    dotted(platform, path.below(root).ok_or(Outcome::OutsideAllRoots)?)
}
