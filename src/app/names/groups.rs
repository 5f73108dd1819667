//! Modules by the reason why their names are what they are: what somebody should look at first.

use crate::app::lab::{Function, Functions};
use crate::model::evidence::{EvidenceSource, NameSource, Outcome};
use crate::naming::{Disagreement, disagreement};
use std::collections::HashMap;

/// Why modules stand together; the order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// `__name__` is `__main__`, though it has an importable name.
    RunsAsMain,
    /// Sources give different names.
    Disagree,
    /// No name, for this reason.
    NoName(Outcome),
    /// Every source agrees, but the path in the project says another name.
    OtherPath,
    /// Code from no file: named, but never recorded.
    Synthetic,
    /// The name came from here, and nothing contradicts it.
    From(NameSource),
}

impl Reason {
    /// The reason of a function.
    #[must_use]
    pub fn of(function: &Function) -> Self {
        if function.module.as_deref().is_none_or(|module| module.trim().is_empty()) {
            let outcome = function.evidence().outcome(EvidenceSource::Globals).unwrap_or(Outcome::Missing);
            return Self::NoName(outcome);
        }
        if function.is_fixed() {
            return Self::Synthetic;
        }
        match disagreement(function.evidence()) {
            Some(Disagreement::RunsAsMain) => Self::RunsAsMain,
            Some(Disagreement::SourcesDisagree) => Self::Disagree,
            None => {
                let path = function.evidence().name(EvidenceSource::ProjectPath);
                let other = path.is_some_and(|path| Some(path) != function.module.as_deref());
                if other { Self::OtherPath } else { Self::From(function.name_source) }
            }
        }
    }

    /// Whether somebody should look at it.
    #[must_use]
    pub fn is_warning(self) -> bool {
        matches!(self, Self::RunsAsMain | Self::Disagree | Self::NoName(_))
    }

    /// The heading.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::RunsAsMain => "runs as __main__".to_owned(),
            Self::Disagree => "sources disagree".to_owned(),
            Self::NoName(outcome) => format!("no name: __name__ is {}", outcome.in_words()),
            Self::OtherPath => "another name than the path has".to_owned(),
            Self::Synthetic => "code from no file".to_owned(),
            Self::From(NameSource::Globals) => "from __name__".to_owned(),
            Self::From(NameSource::Spec) => "from the spec of -m".to_owned(),
            Self::From(NameSource::SysPath) => "from sys.path".to_owned(),
            Self::From(NameSource::Marker) => "from a project marker".to_owned(),
            Self::From(NameSource::SysModules) => "from sys.modules".to_owned(),
            Self::From(NameSource::None) => "no name".to_owned(),
        }
    }

    /// What it means and what to do, in plain words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::RunsAsMain => {
                "Started as a script or with python -m, a module's __name__ is __main__, whatever it is called elsewhere. \
                 pkg:__main__ matches it; so does a file: selector."
            }
            Self::Disagree => {
                "Sources give different names for the same file. Selectors see the name that is used. Look at what each \
                 source says, and write the name that is used, or a file: selector."
            }
            Self::NoName(_) => {
                "No module name is known, so pkg: selectors never match. file: selectors do, and obj: selectors see the \
                 function's name alone."
            }
            Self::OtherPath => {
                "A folder inside the project is on sys.path, so these modules go by a shorter name than their path has. \
                 Selectors see the name that is used: write that, or a file: selector."
            }
            Self::Synthetic => {
                "Compiled from no file (exec, eval, templates, frozen modules). Such code is listed, but never recorded."
            }
            Self::From(_) => "All sources that know these modules agree.",
        }
    }
}

/// A module, or a file without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Name in use.
    pub name: Option<String>,
    /// Its file.
    pub path: String,
    /// Its functions, its body first.
    pub functions: Vec<usize>,
}

/// Modules that stand together for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Why.
    pub reason: Reason,
    /// The modules.
    pub modules: Vec<Module>,
}

impl Group {
    /// Functions of all its modules.
    #[must_use]
    pub fn functions(&self) -> usize {
        self.modules.iter().map(|module| module.functions.len()).sum()
    }
}

/// Functions by reason and module.
pub(super) fn group(functions: &Functions) -> Vec<Group> {
    // By reason, name and file.
    let mut modules: HashMap<(Reason, Option<&str>, &str), Vec<usize>> = HashMap::new();
    for (at, function) in functions.rows().iter().enumerate().filter(|(_, function)| !function.codes.is_empty()) {
        let key = (Reason::of(function), function.module.as_deref(), function.abs_path.as_str());
        modules.entry(key).or_default().push(at);
    }
    let mut modules: Vec<_> = modules.into_iter().collect();
    modules.sort_unstable();
    let mut groups: Vec<Group> = Vec::new();
    for ((reason, name, path), mut list) in modules {
        list.sort_by_key(|at| (!functions.rows()[*at].is_body(), functions.rows()[*at].line));
        let module = Module { name: name.map(str::to_owned), path: path.to_owned(), functions: list };
        match groups.last_mut().filter(|group| group.reason == reason) {
            Some(group) => group.modules.push(module),
            None => groups.push(Group { reason, modules: vec![module] }),
        }
    }
    groups
}
