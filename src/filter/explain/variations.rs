//! The variations of a selector: for each reason of semantics section 5, what would have matched instead.

use std::cell::RefCell;
use std::collections::HashMap;

use super::Explainer;
use super::pattern::{compile, exactly, is_wild, literal_stem, looks_like_regex, write};
use super::reason::Reason;
use super::seen::{Frame, Item, Origin};
use crate::filter::types::{Kind, MatchType, ScopeKind};
use crate::filter::{Matcher, Selector, obj_name};

/// What a variation found: a suggestion (none: the exact name), and what its sentence speaks of.
#[derive(Default)]
pub(super) struct Hit {
    pub suggestion: Option<String>,
    pub other: String,
}

type Test<'a> = Box<dyn Fn(&Item, &Frame, &Origin) -> Option<Hit> + 'a>;

/// One way in which a selector may have been meant.
pub(super) struct Variation<'a> {
    pub reason: Reason,
    pub test: Test<'a>,
}

/// Folders that hold sources and are no packages.
const SOURCE_FOLDERS: [&str; 4] = ["src", "lib", "python", "source"];

/// Longer texts than this are not compared letter by letter.
const LONGEST_TYPO: usize = 200;

/// All variations of `selector`, the most specific first. `matcher` is absent when its pattern is not valid.
pub(super) fn of<'a>(
    explainer: &'a Explainer,
    kind: ScopeKind,
    selector: &'a Selector,
    matcher: Option<&'a Matcher>,
    items: &'a [Item],
) -> Vec<Variation<'a>> {
    let mut list = List {
        kind: Kind::Scope(kind),
        match_type: selector.match_type(),
        pattern: selector.pattern(),
        all: Vec::new(),
    };
    if kind == ScopeKind::File {
        list.relative_paths(&explainer.root);
        list.folders();
        list.dots_in_paths();
    } else {
        list.package_itself();
        list.source_folders(matcher);
        if let Some(matcher) = matcher {
            list.other_names(kind, matcher, &explainer.root);
        }
        list.slashes_in_names();
    }
    list.other_case();
    list.other_match_type();
    if kind == ScopeKind::File {
        list.end_of_path();
    } else {
        if kind == ScopeKind::Pkg {
            list.namespaces(items);
        }
        list.end_of_name();
    }
    list.misspelt(if kind == ScopeKind::File { '/' } else { '.' });
    list.all
}

struct List<'a> {
    kind: Kind,
    match_type: MatchType,
    pattern: &'a str,
    all: Vec<Variation<'a>>,
}

impl<'a> List<'a> {
    fn push(&mut self, reason: Reason, test: impl Fn(&Item, &Frame, &Origin) -> Option<Hit> + 'a) {
        self.all.push(Variation { reason, test: Box::new(test) });
    }

    /// `matcher` on the subject itself, and if it matches, always this suggestion.
    fn fixed(&mut self, reason: Reason, match_type: MatchType, tried: &str, suggested: (MatchType, &str), other: &str) {
        let Some(matcher) = compile(match_type, tried) else { return };
        let suggestion = Some(write(self.kind, suggested.0, suggested.1));
        let other = other.to_owned();
        self.push(reason, move |item, _, _| {
            let matches = item.subject.as_deref().is_some_and(|subject| matcher.is_match(subject));
            matches.then(|| Hit { suggestion: suggestion.clone(), other: other.clone() })
        });
    }

    /// Another pattern of the same match type, which is also the suggestion.
    fn instead(&mut self, reason: Reason, pattern: &str, other: &str) {
        self.fixed(reason, self.match_type, pattern, (self.match_type, pattern), other);
    }

    fn is_regex(&self) -> bool {
        self.match_type == MatchType::Regex
    }

    fn package_itself(&mut self) {
        if self.match_type == MatchType::Glob {
            let base = self.pattern.strip_suffix(".**").or_else(|| self.pattern.strip_suffix(".*"));
            if let Some(base) = base {
                let suggested = format!("{base}{{,.*}}");
                self.fixed(Reason::ExcludesPackageItself, MatchType::Glob, base, (MatchType::Glob, &suggested), "");
            }
        } else if self.is_regex() {
            let base =
                [r"\..*$", r"\..+$", r"\..*", r"\..+", r"\."].iter().find_map(|end| self.pattern.strip_suffix(end));
            if let Some(base) = base {
                let suggested = format!(r"{base}(\.|$)");
                let tried = format!("(?:{base})$");
                self.fixed(Reason::ExcludesPackageItself, MatchType::Regex, &tried, (MatchType::Regex, &suggested), "");
            }
        }
    }

    /// What the selector would match if the module were called otherwise.
    fn other_names(&mut self, kind: ScopeKind, matcher: &'a Matcher, root: &'a str) {
        let matches = move |name: &str, frame: &Frame| match kind {
            ScopeKind::Obj => matcher.is_match(&obj_name(Some(name), &frame.qualname)),
            _ => matcher.is_match(name),
        };
        self.push(Reason::RunsAsMain, move |_, frame, origin| {
            let (name, _) = origin.others.iter().filter(|_| origin.is_main).find(|(name, _)| matches(name, frame))?;
            Some(Hit { suggestion: None, other: name.clone() })
        });
        let file = move |frame: &Frame| {
            crate::filter::subject(root, ScopeKind::File, &frame.facts())
                .map(|path| exactly(Kind::Scope(ScopeKind::File), &path))
        };
        self.push(Reason::UnresolvedName, move |_, frame, origin| {
            let unknown = frame.module.is_none() && !origin.synthetic;
            origin.others.iter().filter(|_| unknown).find(|(name, _)| matches(name, frame))?;
            Some(Hit { suggestion: file(frame), other: origin.unresolved.to_owned() })
        });
        self.push(Reason::SyntheticFile, move |_, frame, origin| {
            let unknown = origin.synthetic && frame.module.is_none();
            origin.others.iter().filter(|_| unknown).find(|(name, _)| matches(name, frame))?;
            Some(Hit { suggestion: None, other: frame.path.clone() })
        });
        self.push(Reason::Alias, move |_, frame, origin| {
            let alias = origin.aliases.iter().find(|alias| matches(alias, frame))?;
            Some(Hit { suggestion: None, other: alias.clone() })
        });
        self.push(Reason::NamesDisagree, move |_, frame, origin| {
            let (name, from) = origin.others.iter().find(|(name, _)| matches(name, frame))?;
            Some(Hit { suggestion: None, other: format!("{from} {name}") })
        });
    }

    fn source_folders(&mut self, matcher: Option<&'a Matcher>) {
        for folder in SOURCE_FOLDERS {
            let dotted = if self.is_regex() { format!(r"{folder}\.") } else { format!("{folder}.") };
            let (anchor, pattern) =
                self.pattern.strip_prefix('^').filter(|_| self.is_regex()).map_or(("", self.pattern), |p| ("^", p));
            if let Some(rest) = pattern.strip_prefix(&dotted) {
                self.instead(Reason::SrcLayout, &format!("{anchor}{rest}"), folder);
            } else if let Some(matcher) = matcher {
                let suggestion = write(self.kind, self.match_type, &format!("{anchor}{dotted}{pattern}"));
                self.push(Reason::SrcLayout, move |item, _, _| {
                    let rest = item.subject.as_deref()?.strip_prefix(folder)?.strip_prefix('.')?;
                    let hit = || Hit { suggestion: Some(suggestion.clone()), other: folder.to_owned() };
                    matcher.is_match(rest).then(hit)
                });
            }
        }
    }

    fn slashes_in_names(&mut self) {
        if !self.pattern.contains('/') {
            return;
        }
        if self.is_regex() {
            let dotted = self.pattern.replace(r"\/", "/").replace('/', r"\.");
            self.instead(Reason::SlashForDot, &dotted, "");
            return;
        }
        let path = self.pattern.trim_matches('/').trim_start_matches("./");
        let path = path.strip_suffix(".py").unwrap_or(path);
        let path = path.strip_suffix("/__init__").unwrap_or(path);
        let dotted = path.replace("**", "*").replace('/', ".");
        self.instead(Reason::SlashForDot, &dotted, "");
        self.instead(Reason::SlashForDot, &format!("{dotted}.*"), "");
    }

    fn other_case(&mut self) {
        if self.is_regex() {
            let insensitive = format!("(?i){}", self.pattern);
            self.instead(Reason::Case, &insensitive, "");
            return;
        }
        let Some(matcher) = compile(self.match_type, &self.pattern.to_lowercase()) else { return };
        let (kind, pattern) = (self.kind, self.pattern);
        let is_glob = self.match_type == MatchType::Glob && is_wild(pattern);
        self.push(Reason::Case, move |item, _, _| {
            let subject = item.subject.as_deref().filter(|_| matcher.is_match(&item.lower))?;
            // The spelling that was seen, with the wildcards that were typed.
            let (stem, wild) = pattern.split_at(literal_stem(pattern));
            let end = subject.char_indices().nth(stem.chars().count()).map_or(subject.len(), |(at, _)| at);
            let suggestion = is_glob.then(|| write(kind, MatchType::Glob, &format!("{}{wild}", &subject[..end])));
            Some(Hit { suggestion, other: String::new() })
        });
    }

    fn other_match_type(&mut self) {
        let pattern = self.pattern;
        match self.match_type {
            MatchType::Literal if is_wild(pattern) => {
                self.fixed(Reason::LiteralGlob, MatchType::Glob, pattern, (MatchType::Glob, pattern), "");
            }
            MatchType::Regex if pattern.contains(['*', '?', '{']) => {
                self.fixed(Reason::GlobInRegex, MatchType::Glob, pattern, (MatchType::Glob, pattern), "");
            }
            MatchType::Regex => {}
            MatchType::Glob | MatchType::Literal => {}
        }
        if !self.is_regex() && looks_like_regex(pattern) {
            let other = self.match_type.as_str();
            self.fixed(Reason::RegexInGlob, MatchType::Regex, pattern, (MatchType::Regex, pattern), other);
        }
    }

    fn end_of_name(&mut self) {
        let pattern = self.pattern;
        if let Some(rest) = pattern.strip_prefix('^').filter(|_| self.is_regex()) {
            self.instead(Reason::Suffix, &format!(r"(^|\.){rest}"), "");
        } else if !self.is_regex() && !pattern.starts_with('*') && !pattern.contains('/') {
            let longer = if self.match_type == MatchType::Literal { escaped(pattern) } else { pattern.to_owned() };
            let longer = format!("*.{longer}");
            self.fixed(Reason::Suffix, MatchType::Glob, &longer, (MatchType::Glob, &longer), "");
        }
    }

    /// Namespace packages have no code of their own; and a file whose package is unknown has only its last name.
    fn namespaces(&mut self, items: &'a [Item]) {
        let pattern = self.pattern;
        if self.is_regex() {
            return;
        }
        if !is_wild(pattern) && !items.iter().any(|item| item.subject.as_deref() == Some(pattern)) {
            let below = format!("{pattern}.*");
            let other =
                format!("No code of {pattern} itself ran, as in a namespace package; only modules below it did");
            self.fixed(Reason::NamespaceLeaf, MatchType::Glob, &below, (MatchType::Glob, &below), &other);
        }
        let mut dropped = String::new();
        let mut rest = pattern;
        while let Some((head, tail)) = rest.split_once('.') {
            if is_wild(head) || tail.is_empty() || tail.starts_with('*') {
                break;
            }
            dropped = format!("{dropped}/{head}");
            rest = tail;
            let Some(matcher) = compile(self.match_type, tail) else { continue };
            let (folder, other) = (format!("{dropped}/"), format!("Only the last part of {pattern} is known"));
            self.push(Reason::NamespaceLeaf, move |item, frame, _| {
                let matches = matcher.is_match(item.subject.as_deref()?) && frame.path.contains(&folder);
                matches.then(|| Hit { suggestion: None, other: other.clone() })
            });
        }
    }

    /// Patterns that were written for absolute paths, or for another root.
    fn relative_paths(&mut self, root: &'a str) {
        let pattern = self.pattern;
        if let Some(matcher) = compile(self.match_type, pattern) {
            let relative = self.is_regex().then(|| without_root(pattern, root)).flatten();
            let suggestion = relative.map(|pattern| write(self.kind, MatchType::Regex, &pattern));
            self.push(Reason::FileNeedsRelative, move |item, frame, origin| {
                let inside = item.subject.as_deref() != Some(frame.path.as_str()) && !origin.synthetic;
                let hit = || Hit { suggestion: suggestion.clone(), other: String::new() };
                (inside && matcher.is_match(&frame.path)).then(hit)
            });
        }
        if self.is_regex() {
            return;
        }
        let mut relative = pattern;
        while let Some(rest) = ["./", "../", "/"].iter().find_map(|start| relative.strip_prefix(start)) {
            relative = rest;
        }
        let text = if self.match_type == MatchType::Literal { escaped(relative) } else { relative.to_owned() };
        let anywhere = format!("**/{text}");
        let Some(matcher) = compile(MatchType::Glob, &anywhere).filter(|_| !text.is_empty()) else { return };
        let suggestion = write(self.kind, MatchType::Glob, &anywhere);
        self.push(Reason::FileOutsideRoot, move |item, frame, origin| {
            let outside = item.subject.as_deref() == Some(frame.path.as_str()) && !origin.synthetic;
            let hit = || Hit { suggestion: Some(suggestion.clone()), other: String::new() };
            (outside && matcher.is_match(&frame.path)).then(hit)
        });
    }

    fn folders(&mut self) {
        if self.is_regex() {
            return;
        }
        let pattern = self.pattern.trim_start_matches("./");
        let folder = pattern.trim_end_matches('/');
        let mut deeper = Vec::new();
        if !folder.ends_with('*') {
            deeper.push(format!("{folder}/**"));
        }
        // `mod.py` against `app/mod.py` is the end of a path; only wildcards and folders belong here.
        if self.match_type == MatchType::Glob && folder.contains('*') {
            deeper.push(match folder.rsplit_once('/') {
                Some((head, "*")) => format!("{head}/**"),
                Some((head, last)) => format!("{head}/**/{last}"),
                None => format!("**/{folder}"),
            });
        }
        for deeper in &deeper {
            self.fixed(Reason::DirectoryPattern, MatchType::Glob, deeper, (MatchType::Glob, deeper), "");
        }
        for folder in SOURCE_FOLDERS {
            let start = format!("{folder}/");
            match pattern.strip_prefix(&start) {
                Some(rest) => self.instead(Reason::SrcLayout, rest, folder),
                None => self.instead(Reason::SrcLayout, &format!("{start}{pattern}"), folder),
            }
        }
    }

    fn dots_in_paths(&mut self) {
        let pattern = self.pattern;
        if self.is_regex() || pattern.contains('/') || !pattern.contains('.') {
            return;
        }
        let name = pattern.strip_suffix(".py").unwrap_or(pattern);
        let (name, below) = match name.strip_suffix(".*").or_else(|| name.strip_suffix(".**")) {
            Some(package) => (package, true),
            None => (name, false),
        };
        if !name.contains('.') && name.len() + 3 == pattern.len() {
            return;
        }
        let path = name.replace('.', "/");
        let mut candidates = Vec::new();
        for top in ["", "src/", "**/"] {
            if !below {
                candidates.push(format!("{top}{path}.py"));
                candidates.push(format!("{top}{path}/__init__.py"));
            }
            candidates.push(format!("{top}{path}/**"));
        }
        for candidate in candidates {
            self.fixed(Reason::DotForSlash, MatchType::Glob, &candidate, (MatchType::Glob, &candidate), "");
        }
    }

    fn end_of_path(&mut self) {
        let pattern = self.pattern;
        if let Some(rest) = pattern.strip_prefix('^').filter(|_| self.is_regex()) {
            self.instead(Reason::Suffix, &format!("(^|/){rest}"), "");
        } else if !self.is_regex() && !pattern.starts_with('/') {
            let text = if self.match_type == MatchType::Literal { escaped(pattern) } else { pattern.to_owned() };
            let longer = format!("**/{text}");
            self.fixed(Reason::Suffix, MatchType::Glob, &longer, (MatchType::Glob, &longer), "");
        }
    }

    /// The components before the first wildcard, with a few letters changed.
    fn misspelt(&mut self, separator: char) {
        let (kind, match_type, pattern) = (self.kind, self.match_type, self.pattern);
        if self.is_regex() {
            return;
        }
        let mut end = if match_type == MatchType::Glob { literal_stem(pattern) } else { pattern.len() };
        if end < pattern.len() {
            // Only whole components: of `app.ca*` the first.
            end = pattern[..end].rfind(separator).unwrap_or(0);
        }
        let (stem, rest) = pattern.split_at(end);
        let letters = stem.chars().count();
        let allowed = match letters {
            0..=2 => return,
            3..=5 => 1,
            6..=LONGEST_TYPO => 2,
            _ => return,
        };
        let parts = stem.matches(separator).count();
        let known: RefCell<HashMap<String, bool>> = RefCell::default();
        self.push(Reason::Typo, move |item, _, _| {
            let subject = item.subject.as_deref()?;
            let cut = subject.match_indices(separator).nth(parts).map_or(subject.len(), |(at, _)| at);
            let head = &subject[..cut];
            if head.len().abs_diff(stem.len()) > 4 * allowed || head == stem {
                return None;
            }
            let similar = known.borrow().get(head).copied();
            let similar = similar.unwrap_or_else(|| {
                let similar =
                    head.chars().count().abs_diff(letters) <= allowed && strsim::osa_distance(head, stem) <= allowed;
                known.borrow_mut().insert(head.to_owned(), similar);
                similar
            });
            similar.then(|| Hit {
                suggestion: Some(write(kind, match_type, &format!("{head}{rest}"))),
                other: String::new(),
            })
        });
    }
}

/// A regular expression without the project root in front.
fn without_root(pattern: &str, root: &str) -> Option<String> {
    let (anchor, path) = pattern.strip_prefix('^').map_or(("", pattern), |rest| ("^", rest));
    let escaped = regex_syntax::escape(root);
    let rest = [root, escaped.as_str()].iter().find_map(|root| path.strip_prefix(root))?;
    Some(format!("{anchor}{}", rest.strip_prefix('/').or_else(|| rest.strip_prefix(r"\/"))?))
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| is_wild(c.encode_utf8(&mut [0; 4])).then_some('\\').into_iter().chain([c])).collect()
}

/// For a regular expression that matches in the middle of a word: what it should have been, and the part it found.
pub(super) fn unanchored(
    kind: ScopeKind,
    selector: &Selector,
    matcher: &Matcher,
    item: &Item,
) -> Option<(String, String)> {
    let pattern = selector.pattern();
    let anchored = [r"^", r"$", r"\b", r"\A", r"\z"].iter().any(|anchor| pattern.contains(anchor));
    if selector.match_type() != MatchType::Regex || anchored {
        return None;
    }
    let subject = item.subject.as_deref()?;
    let found = matcher.find(subject)?;
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let cut = inside(subject[..found.start].chars().next_back()) && inside(subject[found.clone()].chars().next());
    let cut =
        cut || (inside(subject[found.clone()].chars().next_back()) && inside(subject[found.end..].chars().next()));
    if !cut {
        return None;
    }
    let end = if kind == ScopeKind::File { "(/|$)" } else { r"(\.|$)" };
    let meant = write(Kind::Scope(kind), MatchType::Regex, &format!("^(?:{pattern}){end}"));
    Some((meant, subject[found].to_owned()))
}

/// Calls `each` with up to three items whose names are nearest to the pattern.
pub(super) fn nearest_names(pattern: &str, items: &[Item], mut each: impl FnMut(&Item)) {
    let stem: String =
        pattern[..literal_stem(pattern)].trim_matches(['.', '/', '^']).chars().take(LONGEST_TYPO).collect();
    let stem = stem.to_lowercase();
    let last = |name: &str| name.rfind(['.', '/']).map_or(0, |at| at + 1);
    let tail = &stem[last(&stem)..];
    let mut ranked: Vec<(f64, usize)> = Vec::new();
    for (index, item) in items.iter().enumerate().filter(|(_, item)| item.subject.is_some()) {
        if item.lower.len() > 4 * LONGEST_TYPO {
            continue;
        }
        // The same last part in another package is near, too, but not as near.
        let whole = strsim::jaro_winkler(&item.lower, &stem);
        let ends = 0.9 * strsim::jaro_winkler(&item.lower[last(&item.lower)..], tail);
        ranked.push((whole.max(ends), index));
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (score, index) in ranked.into_iter().take(3) {
        if score > 0.75 {
            each(&items[index]);
        }
    }
}
