//! What each source said about the module name of one code object, and which of them won. Plain data: it is gathered
//! by `naming`, written into the code log, and read back to explain a name or to recompute it under the other mode.

use serde::{Deserialize, Serialize};

/// How module names are found (semantics section 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamingMode {
    /// `f_globals["__name__"]`, read when the code starts.
    #[default]
    Globals,
    /// The spec of `-m`, then the resolver on the file name, then `__name__`.
    Resolver,
}

impl NamingMode {
    /// The stable word for this mode, as in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Globals => "globals",
            Self::Resolver => "resolver",
        }
    }
}

/// Where an accepted module name came from; the `name_source` of `frames --json`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameSource {
    /// `f_globals["__name__"]`.
    Globals,
    /// `__spec__.name` of the module that `python -m` runs.
    Spec,
    /// The rest of the path below an entry of `sys.path`.
    SysPath,
    /// The rest of the path below the nearest folder with a project marker, or the file's own folder.
    Marker,
    /// A row of `sys.modules` that was loaded from the same file.
    SysModules,
    /// No source gave a name.
    #[default]
    None,
}

impl NameSource {
    /// The stable word for this source.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Globals => "globals",
            Self::Spec => "spec",
            Self::SysPath => "sys_path",
            Self::Marker => "marker",
            Self::SysModules => "sys_modules",
            Self::None => "none",
        }
    }
}

/// One place where a module name can be looked for. All but the last can win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    Globals,
    Spec,
    SysModules,
    SysPath,
    Marker,
    /// The path relative to the project root of the recording. It never wins; it helps to explain.
    ProjectPath,
}

impl EvidenceSource {
    /// Every source, in the order in which evidence lists them.
    pub const ALL: [Self; 6] =
        [Self::Globals, Self::Spec, Self::SysModules, Self::SysPath, Self::Marker, Self::ProjectPath];

    /// The stable word for this source.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Globals => "globals",
            Self::Spec => "spec",
            Self::SysModules => "sys_modules",
            Self::SysPath => "sys_path",
            Self::Marker => "marker",
            Self::ProjectPath => "project_path",
        }
    }
}

/// What became of one source. The words are stable: scripts read them in `frames --json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// This source gave the name that is used.
    Accepted,
    /// It gave the same name as the source that won.
    Agrees,
    /// It gave another name than the source that won, or nothing won.
    Differs,
    /// There is nothing to read: no `__name__`, no spec, no project root.
    Missing,
    /// The value is there, but is no `str`; the detail says what it is.
    NotAString,
    /// Empty after trimming.
    Blank,
    /// A part of the name is no Python identifier.
    NotAnIdentifier,
    /// The file name is of the form `<…>`: there is no path to work on.
    SyntheticFileName,
    /// No entry of `sys.path` (or: not the project root) contains the file.
    OutsideAllRoots,
    /// Only `/`, or a whole drive, contains the file. A path spelled with dots is no name.
    OnlyFilesystemRoot,
    /// The path is the root itself or its `__init__`: nothing is left for a name.
    NothingLeft,
    /// No module in `sys.modules` was loaded from this file.
    NotInSysModules,
    /// Several modules in `sys.modules` were loaded from this file, under different names; the first is used.
    SeveralCandidates,
    /// Not looked at, because it could not have been needed.
    NotConsulted,
    /// A word of a newer version of this program.
    #[serde(other)]
    Other,
}

impl Outcome {
    /// The stable word for this outcome.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::NotAString => "not_a_string",
            Self::Blank => "blank",
            Self::NotAnIdentifier => "not_an_identifier",
            Self::SyntheticFileName => "synthetic_file_name",
            Self::OutsideAllRoots => "outside_all_roots",
            Self::OnlyFilesystemRoot => "only_filesystem_root",
            Self::NothingLeft => "nothing_left",
            Self::NotInSysModules => "not_in_sys_modules",
            Self::SeveralCandidates => "several_candidates",
            Self::NotConsulted => "not_consulted",
            Self::Other => "other",
        }
    }

    /// A sentence part for people: what this outcome means.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Accepted => "used",
            Self::Agrees => "agrees",
            Self::Differs => "says otherwise",
            Self::Missing => "not there",
            Self::NotAString => "not a string",
            Self::Blank => "blank",
            Self::NotAnIdentifier => "not an identifier",
            Self::SyntheticFileName => "synthetic file name",
            Self::OutsideAllRoots => "outside all roots",
            Self::OnlyFilesystemRoot => "only the root of the disk contains it",
            Self::NothingLeft => "nothing left for a name",
            Self::NotInSysModules => "not in sys.modules",
            Self::SeveralCandidates => "several candidates",
            Self::NotConsulted => "not looked at",
            Self::Other => "unknown to this version",
        }
    }
}

/// What one source said.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EvidenceItem {
    pub source: EvidenceSource,
    /// The name that this source gives, used or not.
    pub name: Option<String>,
    /// `Accepted` for the winner; why there is no name, or why it was not used, for the others.
    pub outcome: Outcome,
    /// Where it was found or what stands in the way: the root, the marker, the key, the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How the detail of a [`EvidenceSource::Marker`] item starts when no folder had a marker, and the file's own folder
/// stood in for one.
pub const NO_MARKER: &str = "no marker";

/// Everything known about the name of one code object. With it `naming::answer` gives both modes' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// At most one item per source, in the order of [`EvidenceSource::ALL`].
    pub items: Vec<EvidenceItem>,
    /// The names of all modules in `sys.modules` that were loaded from this file, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// Other keys under which `sys.modules` holds a module of this file: `os.path` is `posixpath`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// This is the body of the module that `python -m` runs, so that its spec names it in resolver mode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub main_spec: bool,
}

impl Evidence {
    /// What `source` said, if it was asked.
    #[must_use]
    pub fn item(&self, source: EvidenceSource) -> Option<&EvidenceItem> {
        self.items.iter().find(|item| item.source == source)
    }

    /// The name that `source` gave, used or not.
    #[must_use]
    pub fn name(&self, source: EvidenceSource) -> Option<&str> {
        self.item(source).and_then(|item| item.name.as_deref())
    }

    /// Whether some folder above the file has a project marker, so that its name is more than the file's own.
    #[must_use]
    pub fn has_marker(&self) -> bool {
        let detail = self.item(EvidenceSource::Marker).and_then(|item| item.detail.as_deref());
        detail.is_some_and(|detail| !detail.starts_with(NO_MARKER))
    }

    /// The outcome of `source`, if it was asked.
    #[must_use]
    pub fn outcome(&self, source: EvidenceSource) -> Option<Outcome> {
        self.item(source).map(|item| item.outcome)
    }

    /// The item that won.
    #[must_use]
    pub fn accepted(&self) -> Option<&EvidenceItem> {
        self.items.iter().find(|item| item.outcome == Outcome::Accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_serialised_form() {
        for source in EvidenceSource::ALL {
            assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
        }
        let outcomes = [
            Outcome::Accepted,
            Outcome::Agrees,
            Outcome::Differs,
            Outcome::Missing,
            Outcome::NotAString,
            Outcome::Blank,
            Outcome::NotAnIdentifier,
            Outcome::SyntheticFileName,
            Outcome::OutsideAllRoots,
            Outcome::OnlyFilesystemRoot,
            Outcome::NothingLeft,
            Outcome::NotInSysModules,
            Outcome::SeveralCandidates,
            Outcome::NotConsulted,
        ];
        for outcome in outcomes {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
        use NameSource::{Globals, Marker, None, Spec, SysModules, SysPath};
        for source in [Globals, Spec, SysPath, Marker, SysModules, None] {
            assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
        }
        for mode in [NamingMode::Globals, NamingMode::Resolver] {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
    }

    #[test]
    fn outcomes_of_a_newer_version_are_read() {
        let item: EvidenceItem =
            serde_json::from_str(r#"{"source":"globals","name":null,"outcome":"eaten_by_a_dog"}"#).unwrap();
        assert_eq!(item.outcome, Outcome::Other);
    }

    #[test]
    fn the_name_is_written_even_when_there_is_none() {
        let item = EvidenceItem { source: EvidenceSource::Spec, name: None, outcome: Outcome::Missing, detail: None };
        assert_eq!(serde_json::to_string(&item).unwrap(), r#"{"source":"spec","name":null,"outcome":"missing"}"#);
    }
}
