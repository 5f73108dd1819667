//! What happens to the values of one code object: layered redaction (semantics section 3).

use super::engine::{Inner, RuleId};
use super::types::{ValueAction, ValueKind};
use std::sync::Arc;

/// Which rules matter for the values of a frame. Equal plans give equal answers.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    /// The matching rules that have value patterns, newest first.
    pub(super) rules: Box<[u32]>,
    /// The newest of *all* matching rules, if it is one of those.
    pub(super) newest: Option<u32>,
    /// What happens to values that no pattern names.
    pub(super) default: ValueAction,
    /// The source that set it.
    pub(super) default_source: usize,
}

/// Why a value is treated as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueVerdict {
    /// What happens to it.
    pub action: ValueAction,
    /// The rule and the index of its value pattern that named the value; `None`: the default decided.
    pub pattern: Option<(RuleId, usize)>,
}

/// What happens to the values of one code object.
#[derive(Clone, Debug)]
pub struct ValuePolicy {
    inner: Arc<Inner>,
    plan: Arc<Plan>,
    id: Option<u32>,
}

impl ValuePolicy {
    pub(super) fn new(inner: Arc<Inner>, plan: Arc<Plan>, id: Option<u32>) -> Self {
        Self { inner, plan, id }
    }

    /// Two policies of one engine with the same number answer alike, so decisions can be cached by this number, kind and
    /// name. `None`: this one is not shared with anyone.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.id
    }

    /// What happens to the value of this name. Names of kind `ret` are what [`obj_name`](super::obj_name) gives.
    /// Allocates nothing, but may run regular expressions: cache it where the same name comes again.
    #[must_use]
    pub fn action(&self, kind: ValueKind, name: &str) -> ValueAction {
        self.explain(kind, name).action
    }

    /// The answer for every name of this kind, when no pattern is about this kind.
    #[must_use]
    pub fn uniform(&self, kind: ValueKind) -> Option<ValueAction> {
        let patterns = |at: &u32| &self.inner.rules[*at as usize].patterns;
        let named = self.plan.rules.iter().flat_map(patterns).any(|pattern| pattern.kind == kind);
        if named { None } else { Some(self.plan.default) }
    }

    /// What happens to values that no pattern names.
    #[must_use]
    pub fn default_action(&self) -> ValueAction {
        self.plan.default
    }

    /// [`Self::action`], with the pattern that named the value.
    #[must_use]
    pub fn explain(&self, kind: ValueKind, name: &str) -> ValueVerdict {
        let default = self.plan.default;
        for at in &self.plan.rules {
            let rule = &self.inner.rules[*at as usize];
            let hit = rule.patterns.iter().position(|pattern| pattern.kind == kind && pattern.matcher.is_match(name));
            let Some(index) = hit else { continue };
            let named = rule.patterns[index].action;
            let action = if Some(*at) != self.plan.newest {
                // An older rule is not silenced by a newer one that did not name the value.
                named.max(default)
            } else if default == ValueAction::Drop && self.plan.default_source > rule.source {
                default
            } else {
                named
            };
            return ValueVerdict { action, pattern: Some((RuleId(*at), index)) };
        }
        ValueVerdict { action: default, pattern: None }
    }
}
