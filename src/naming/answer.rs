//! Judging evidence: which source wins under which mode, and whether the sources contradict one another. It needs
//! nothing but the evidence, so that a saved trace can be asked what the other mode would have said.

use super::identifier::is_dotted_identifier;
use crate::model::evidence::{Evidence, EvidenceSource, NameSource, NamingMode, Outcome};

/// The module name that `mode` gives on this evidence, and where it comes from.
#[must_use]
pub fn answer(mode: NamingMode, evidence: &Evidence) -> (Option<&str>, NameSource) {
    let globals = evidence.name(EvidenceSource::Globals);
    match mode {
        NamingMode::Globals => match globals {
            Some(name) => (Some(name), NameSource::Globals),
            None => (None, NameSource::None),
        },
        NamingMode::Resolver => {
            let spec = evidence.name(EvidenceSource::Spec).filter(|_| evidence.main_spec);
            let marker = evidence.name(EvidenceSource::Marker).filter(|_| marker_applies(evidence));
            let tried = [
                (spec, NameSource::Spec),
                (evidence.name(EvidenceSource::SysModules), NameSource::SysModules),
                (evidence.name(EvidenceSource::SysPath), NameSource::SysPath),
                (marker, NameSource::Marker),
                (globals.filter(|name| is_dotted_identifier(name)), NameSource::Globals),
            ];
            tried.into_iter().find(|(name, _)| name.is_some()).unwrap_or((None, NameSource::None))
        }
    }
}

/// Markers are for files that no entry of `sys.path` contains, not for files whose path below one is no name.
fn marker_applies(evidence: &Evidence) -> bool {
    matches!(evidence.outcome(EvidenceSource::SysPath), Some(Outcome::OutsideAllRoots | Outcome::OnlyFilesystemRoot))
}

/// Marks the winner under `mode`, and says of every other source that has a name how it stands to the winner's. May be
/// called again with another mode.
pub fn settle(mode: NamingMode, evidence: &mut Evidence) -> (Option<String>, NameSource) {
    let (name, source) = answer(mode, evidence);
    let name = name.map(str::to_owned);
    let winner = match source {
        NameSource::Globals => Some(EvidenceSource::Globals),
        NameSource::Spec => Some(EvidenceSource::Spec),
        NameSource::SysPath => Some(EvidenceSource::SysPath),
        NameSource::Marker => Some(EvidenceSource::Marker),
        NameSource::SysModules => Some(EvidenceSource::SysModules),
        NameSource::None => None,
    };
    let several = !evidence.candidates.is_empty();
    for item in &mut evidence.items {
        let Some(own) = &item.name else { continue };
        item.outcome = if Some(item.source) == winner {
            Outcome::Accepted
        } else if item.source == EvidenceSource::SysModules && several {
            Outcome::SeveralCandidates
        } else if item.source == EvidenceSource::Globals && mode == NamingMode::Resolver && !is_dotted_identifier(own) {
            Outcome::NotAnIdentifier
        } else if item.name == name {
            Outcome::Agrees
        } else {
            Outcome::Differs
        };
    }
    (name, source)
}

/// How the sources of one code object contradict one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Disagreement {
    /// `__name__` is `__main__` and another source knows the importable name: a script, or `python -m`.
    RunsAsMain,
    /// Two sources give different names.
    SourcesDisagree,
}

/// Whether `__name__`, the spec, `sys.modules` and `sys.path` give more than one name. The marker and the project path
/// are guesses for files that nobody else knows; that a guess is wrong is no diagnosis.
#[must_use]
pub fn disagreement(evidence: &Evidence) -> Option<Disagreement> {
    use EvidenceSource::{Globals, Spec, SysModules, SysPath};
    let mut main = false;
    let mut first: Option<&str> = None;
    let mut differ = evidence.candidates.iter().filter(|name| *name != "__main__").count() > 1;
    for name in [Globals, Spec, SysModules, SysPath].into_iter().filter_map(|source| evidence.name(source)) {
        // The import machinery is frozen under a second name in every interpreter: true, but nobody's news.
        if name.starts_with("_frozen_importlib") {
            continue;
        }
        if name == "__main__" {
            main = true;
        } else {
            differ |= first.is_some_and(|first| first != name);
            first = Some(name);
        }
    }
    match (differ, main && first.is_some()) {
        (true, _) if evidence.name(Globals) == Some("__main__") && !other_names_differ(evidence) => {
            Some(Disagreement::RunsAsMain)
        }
        (true, _) => Some(Disagreement::SourcesDisagree),
        (false, true) => Some(Disagreement::RunsAsMain),
        (false, false) => None,
    }
}

/// Beside `__main__`, the spec (or `sys.modules`) is taken for the truth: `sys.path` then only counts when neither
/// has a name.
fn other_names_differ(evidence: &Evidence) -> bool {
    let known: Vec<&str> = [EvidenceSource::Spec, EvidenceSource::SysModules]
        .into_iter()
        .filter_map(|source| evidence.name(source))
        .filter(|name| *name != "__main__")
        .collect();
    known.windows(2).any(|pair| pair[0] != pair[1])
}
