//! What is known about a code object: the facts that identify it, the name and verdict it got, and why.

use crate::model::id::CodeId;
use serde::{Deserialize, Serialize};

/// Facts read from the code object itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CodeFacts {
    /// `co_filename`, verbatim.
    pub filename: String,
    /// `filename` joined with the start-up folder and normalised lexically; the same text for synthetic names (`<…>`).
    pub abs_path: String,
    /// `co_qualname`; on 3.10, `co_name` completed as well as the frame allows.
    pub qualname: String,
    /// `co_firstlineno`.
    pub first_line: u32,
    /// Names of the parameters in the order in which values are stored: positional, keyword-only, `*args`, `**kwargs`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<String>,
    /// Names of all local variables that `--lines` refers to by index (empty when lines are not recorded).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locals: Vec<String>,
    /// Names that the body of a module or class uses beyond those in `locals`: their changes are not seen.
    #[serde(default)]
    pub unwatched: u32,
    /// Function, generator, coroutine, async generator, or module body.
    pub kind: CodeKind,
}

/// What kind of frame a code object makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// A module body: `co_qualname` is exactly `<module>`.
    Module,
    /// A plain function, a class body, a lambda.
    Function,
    /// A generator.
    Generator,
    /// A coroutine.
    Coroutine,
    /// An asynchronous generator.
    AsyncGenerator,
}

impl CodeKind {
    /// Whether it runs in an event loop, as a rule.
    #[must_use]
    pub fn is_async(self) -> bool {
        matches!(self, Self::Coroutine | Self::AsyncGenerator)
    }
}

/// Record, or pass over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exec {
    /// Calls are recorded.
    Trace,
    /// Calls are not recorded.
    Skip,
}

/// The rule that set something: its filter's `meta.name` and its place in that filter, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleRef {
    /// `meta.name` of the filter.
    pub source: String,
    /// Index of the rule in that filter.
    pub index: usize,
    /// The rule's selector, as written.
    pub selector: String,
}

/// Why a code object is recorded or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The decision.
    pub exec: Exec,
    /// The rule that set it; `None`: the chain's default.
    pub rule: Option<RuleRef>,
    /// Set when no rule could have changed it: code with a synthetic file name, no room for more code objects, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The filter generation that decided (0: the chain the recording started with).
    #[serde(default)]
    pub generation: u32,
}

/// One line of `code.log`. A later record with the same `id` replaces name and verdict of the earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeRecord {
    /// Number in this process.
    pub id: CodeId,
    /// What the code object says of itself.
    pub facts: CodeFacts,
    /// Module name in use; `None` when no name could be known.
    pub module: Option<String>,
    /// Where `module` came from.
    pub name_source: crate::model::evidence::NameSource,
    /// What every source said.
    pub evidence: crate::model::evidence::Evidence,
    /// Recorded or not, and why.
    pub verdict: Verdict,
}

impl CodeRecord {
    /// `<module name>` for a body, `module.qualname` for a function (`cli.md`).
    #[must_use]
    pub fn label(&self) -> String {
        label(self.module.as_deref(), &self.facts.qualname)
    }
}

/// The label of a frame: `<module>` in angle brackets for a module body, else `module.qualname`; without a module name
/// `<module>` and the bare qualified name.
#[must_use]
pub fn label(module: Option<&str>, qualname: &str) -> String {
    match (module, qualname) {
        (Some(module), "<module>") => format!("<{module}>"),
        (None, "<module>") => "<module>".to_owned(),
        (Some(module), qualname) => format!("{module}.{qualname}"),
        (None, qualname) => qualname.to_owned(),
    }
}
