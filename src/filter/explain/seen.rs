//! The functions that a recording saw, arranged for questions: what a selector of each kind is matched against, each
//! different text once, with everything else it might have been called.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::filter::types::ScopeKind;
use crate::filter::{FrameFacts, subject};
use crate::model::code::{Exec, RuleRef};
use crate::model::evidence::{Evidence, EvidenceSource};
use crate::naming::is_synthetic;

/// One function or module body that was seen.
#[derive(Clone, Copy, Debug)]
pub struct SeenFrame<'a> {
    pub facts: FrameFacts<'a>,
    pub evidence: &'a Evidence,
    pub exec: Exec,
    /// The rule that set `exec`.
    pub rule: Option<&'a RuleRef>,
    /// The names of its parameters.
    pub params: &'a [String],
    /// The names of its local variables, as far as they are known.
    pub locals: &'a [String],
}

/// A frame, owned.
#[derive(Debug)]
pub(super) struct Frame {
    pub module: Option<String>,
    pub qualname: String,
    pub path: String,
    pub exec: Exec,
    pub rule: Option<RuleRef>,
    pub params: Vec<String>,
    pub locals: Vec<String>,
    /// Index into the origins.
    pub origin: usize,
}

impl Frame {
    pub fn facts(&self) -> FrameFacts<'_> {
        FrameFacts { module: self.module.as_deref(), abs_path: &self.path, qualname: &self.qualname }
    }
}

/// What all frames of one module and file have in common.
#[derive(Debug)]
pub(super) struct Origin {
    /// Names from other sources than the one that is used, without `__main__`; where they come from, in words.
    pub others: Vec<(String, &'static str)>,
    pub aliases: Vec<String>,
    pub is_main: bool,
    pub synthetic: bool,
    /// Why there is no name.
    pub unresolved: &'static str,
}

/// One different text that selectors of a kind are matched against.
#[derive(Debug)]
pub(super) struct Item {
    /// `None`: the module name is unknown.
    pub subject: Option<String>,
    pub lower: String,
    /// Index into the frames; the first of `frames`.
    pub first: usize,
    pub frames: Vec<usize>,
}

/// All different texts of a kind.
#[derive(Debug, Default)]
pub(super) struct Items {
    list: Vec<Item>,
    /// Modules of the same name but of different files have different evidence.
    known: HashMap<(Option<String>, usize), usize>,
    /// Frames that were taken in.
    taken: usize,
}

impl Items {
    pub fn list(&self) -> &[Item] {
        &self.list
    }

    /// Takes in the frames that are new.
    pub fn extend(&mut self, kind: ScopeKind, root: &str, frames: &[Frame]) {
        for (index, frame) in frames.iter().enumerate().skip(self.taken) {
            let subject = subject(root, kind, &frame.facts()).map(Cow::into_owned);
            let at = *self.known.entry((subject.clone(), frame.origin)).or_insert_with(|| {
                self.list.push(Item {
                    lower: subject.as_deref().unwrap_or_default().to_lowercase(),
                    subject,
                    first: index,
                    frames: Vec::new(),
                });
                self.list.len() - 1
            });
            self.list[at].frames.push(index);
        }
        self.taken = frames.len();
    }
}

/// What the frames of one module and file have in common, for all of them.
#[derive(Debug, Default)]
pub(super) struct Origins {
    list: Vec<Origin>,
    known: HashMap<(Option<String>, String, Evidence), usize>,
}

impl Origins {
    pub fn get(&self, at: usize) -> &Origin {
        &self.list[at]
    }

    /// The origin of a frame.
    pub fn of(&mut self, frame: &SeenFrame<'_>) -> usize {
        let FrameFacts { module, abs_path, .. } = frame.facts;
        let key = (module.map(str::to_owned), abs_path.to_owned(), frame.evidence.clone());
        *self.known.entry(key).or_insert_with(|| {
            self.list.push(origin(module, abs_path, frame.evidence));
            self.list.len() - 1
        })
    }
}

impl Frame {
    /// A frame of this origin.
    pub fn new(seen: &SeenFrame<'_>, origin: usize) -> Self {
        let FrameFacts { module, abs_path, qualname } = seen.facts;
        Self {
            module: module.map(str::to_owned),
            qualname: qualname.to_owned(),
            path: abs_path.to_owned(),
            exec: seen.exec,
            rule: seen.rule.cloned(),
            params: seen.params.to_vec(),
            locals: seen.locals.to_vec(),
            origin,
        }
    }
}

fn origin(module: Option<&str>, path: &str, evidence: &Evidence) -> Origin {
    let mut others: Vec<(String, &'static str)> = Vec::new();
    let mut add = |name: &str, from| {
        let is_new = Some(name) != module && name != "__main__" && others.iter().all(|(other, _)| other != name);
        if is_new {
            others.push((name.to_owned(), from));
        }
    };
    for (source, from) in [
        (EvidenceSource::Spec, "its spec says"),
        (EvidenceSource::SysModules, "sys.modules says"),
        (EvidenceSource::Globals, "its __name__ says"),
        (EvidenceSource::SysPath, "its path below sys.path says"),
        (EvidenceSource::ProjectPath, "its path in the project says"),
        (EvidenceSource::Marker, "its path in the project says"),
    ] {
        // Without a marker that is only the file's own name, which nobody would call it by.
        let counts = source != EvidenceSource::Marker || evidence.has_marker();
        if let Some(name) = evidence.name(source).filter(|_| counts) {
            add(name, from);
        }
    }
    for name in &evidence.candidates {
        add(name, "sys.modules also says");
    }
    let mut aliases = evidence.aliases.clone();
    // The one alias of the standard library that everybody writes: it is there before any recording starts.
    if matches!(module, Some("posixpath" | "ntpath")) && !aliases.iter().any(|alias| alias == "os.path") {
        aliases.push("os.path".to_owned());
    }
    Origin {
        others,
        aliases,
        is_main: module == Some("__main__"),
        synthetic: is_synthetic(path),
        unresolved: evidence.outcome(EvidenceSource::Globals).map_or("no __name__", |outcome| match outcome {
            crate::model::evidence::Outcome::Missing => "it has no __name__",
            crate::model::evidence::Outcome::NotAString => "its __name__ is no string",
            crate::model::evidence::Outcome::Blank => "its __name__ is blank",
            crate::model::evidence::Outcome::NotAnIdentifier => "its __name__ is no dotted identifier",
            _ => "no source knows it",
        }),
    }
}
