//! The words of the filter language: kinds, match types and actions.

use serde::{Deserialize, Serialize};

/// What happens to a value. Ordered by strictness: allow, redact, drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueAction {
    /// Recorded.
    Allow,
    /// The name is kept, the value becomes `<redacted>`.
    Redact,
    /// Neither name nor value; a dropped return still closes its call.
    Drop,
}

impl ValueAction {
    /// The word used in filter files and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Redact => "redact",
            Self::Drop => "drop",
        }
    }
}

/// What a value pattern is about. The order is that of the counters in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// A local variable (at module level: a variable of the module).
    Local,
    /// A global variable.
    Global,
    /// A parameter at the call.
    Arg,
    /// What a call hands back: returns, yields, exceptions. Named by [`obj_name`](super::obj_name).
    Ret,
    /// An attribute of a recorded object, or a string key of a recorded mapping.
    Attr,
}

impl ValueKind {
    /// All kinds, in the order of the counters in a trace.
    pub const ALL: [Self; 5] = [Self::Local, Self::Global, Self::Arg, Self::Ret, Self::Attr];

    /// The word used in selectors and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Global => "global",
            Self::Arg => "arg",
            Self::Ret => "ret",
            Self::Attr => "attr",
        }
    }

    /// Position in [`Self::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

/// What a scope rule is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// The module name.
    Pkg,
    /// The path, relative to the rule's project root where it lies inside it.
    File,
    /// `module.qualname`.
    Obj,
}

/// The first part of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Kind {
    /// `pkg`, `file`, `obj`.
    Scope(ScopeKind),
    /// `local`, `global`, `arg`, `ret`, `attr`.
    Value(ValueKind),
}

impl Kind {
    /// All kinds, scope kinds first.
    pub const ALL: [Self; 8] = [
        Self::Scope(ScopeKind::Pkg),
        Self::Scope(ScopeKind::File),
        Self::Scope(ScopeKind::Obj),
        Self::Value(ValueKind::Local),
        Self::Value(ValueKind::Global),
        Self::Value(ValueKind::Arg),
        Self::Value(ValueKind::Ret),
        Self::Value(ValueKind::Attr),
    ];

    /// The word used in selectors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scope(ScopeKind::Pkg) => "pkg",
            Self::Scope(ScopeKind::File) => "file",
            Self::Scope(ScopeKind::Obj) => "obj",
            Self::Value(kind) => kind.as_str(),
        }
    }

    /// The kind of this name; case counts.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How the pattern of a selector is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchType {
    /// Wildcards, over the whole string.
    Glob,
    /// A regular expression, searched for.
    Regex,
    /// Equality.
    Literal,
}

impl MatchType {
    /// All match types.
    pub const ALL: [Self; 3] = [Self::Glob, Self::Regex, Self::Literal];

    /// The word used in selectors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Glob => "glob",
            Self::Regex => "regex",
            Self::Literal => "literal",
        }
    }

    /// The match type of this name; case counts.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
