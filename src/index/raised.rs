//! The way of an exception: from the call that raised it, through the calls that it left, to the one that caught it.
//!
//! The trace says of each call whether an exception left it, and mostly which. A call and the one around it were left by
//! the same exception when type and arguments are the same; where they were not recorded, it is taken to be so.

use crate::index::call::{CallInfo, Outcome, Payload};
use crate::index::nav::Nav;
use crate::model::value::Raised;
use crate::trace::value;

/// Calls that are followed in either direction at most.
const STEPS: usize = 2_000;
/// Calls looked at behind the one that raised: what was called while the exception was on its way, by `finally`.
const BEHIND: usize = 16;

/// The way of one exception. Ordinals are those of its thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The calls that it left, innermost first: the first one raised it.
    pub left: Vec<u64>,
    /// The call that caught it; `None`: nobody did, as far as can be seen.
    pub caught_by: Option<u64>,
    /// It goes on further than it was followed, inwards or outwards.
    pub cut: bool,
}

impl Way {
    /// The way of the exception that left a call. `None`: none did.
    #[must_use]
    pub fn of(nav: &Nav<'_>, ordinal: u64) -> Option<Self> {
        let start = nav.call(ordinal).filter(|call| call.outcome == Outcome::Raise)?;
        let exception = raised(nav, start.result);
        let same = |call: &CallInfo| {
            call.outcome == Outcome::Raise
                && match (&exception, raised(nav, call.result)) {
                    (Some(one), Some(other)) => one.type_name == other.type_name && one.arguments == other.arguments,
                    _ => true,
                }
        };
        let mut way = Self { left: Vec::new(), caught_by: None, cut: false };
        let mut at = ordinal;
        while let Some(inner) = latest(nav, at, BEHIND, same) {
            way.left.push(inner);
            at = inner;
            if way.left.len() == STEPS {
                way.cut = true;
                break;
            }
        }
        way.left.reverse();
        way.left.push(ordinal);
        let inside = way.left.len();
        at = ordinal;
        while let Some(outer) = nav.parent(at).and_then(|parent| nav.call(parent)) {
            if !same(&outer) {
                // A call that recording lost sight of may have ended in any way.
                way.caught_by = (outer.outcome != Outcome::Resync).then_some(outer.id.ordinal);
                break;
            }
            at = outer.id.ordinal;
            way.left.push(at);
            if way.left.len() == inside + STEPS {
                way.cut = true;
                break;
            }
        }
        Some(way)
    }

    /// The way of the newest exception that a call caught, among the last of the calls that it made.
    #[must_use]
    pub fn caught_in(nav: &Nav<'_>, ordinal: u64) -> Option<Self> {
        /// Calls looked at, from the last one back.
        const CHILDREN: usize = 512;
        Self::of(nav, latest(nav, ordinal, CHILDREN, |call| call.outcome == Outcome::Raise)?)
    }

    /// The call that raised it.
    #[must_use]
    pub fn raised_in(&self) -> u64 {
        self.left.first().copied().unwrap_or_default()
    }

    /// Whether a call is on the way, its end included.
    #[must_use]
    pub fn has(&self, ordinal: u64) -> bool {
        self.caught_by == Some(ordinal) || self.left.contains(&ordinal)
    }
}

/// The last call directly inside `parent` that fits, looking at no more than `most`.
fn latest(nav: &Nav<'_>, parent: u64, most: usize, fits: impl Fn(&CallInfo) -> bool) -> Option<u64> {
    let mut at = nav.last_child(parent);
    for _ in 0..most {
        let call = nav.call(at?)?;
        if fits(&call) {
            return at;
        }
        at = nav.previous_sibling(call.id.ordinal);
    }
    None
}

fn raised(nav: &Nav<'_>, payload: Option<Payload>) -> Option<Raised> {
    value::raised(&nav.payload(payload?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ProcessIx, ThreadNo};
    use crate::trace::Trace;
    use crate::trace::testing::TraceBuilder;

    /// The payload of an exception of this type, without arguments.
    fn payload(name: &str) -> Vec<u8> {
        let mut bytes = vec![name.len() as u8];
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend([crate::trace::value::tag::EMPTY_TUPLE, 0]);
        bytes
    }

    /// Calls as brackets: `(` opens, `)` returns, `A` and `B` leave by that exception, `!` by one that is not known.
    fn way(calls: &str, of: u64) -> Option<Way> {
        let dir = tempfile::tempdir().unwrap();
        let trace = TraceBuilder::new(dir.path());
        let mut process = trace.process(7);
        let code = process.function("m", "f", "/srv/m.py", 1);
        let mut thread = process.thread(1).small_blocks(200);
        for c in calls.chars() {
            match c {
                '(' => thread.call(code),
                ')' => thread.ret(),
                '!' => thread.raise(),
                c => thread.raise_with(&payload(&c.to_string())),
            };
        }
        thread.publish();
        let trace = Trace::open(dir.path()).unwrap();
        let nav = Nav::new(&trace, ProcessIx(0), ThreadNo(1)).unwrap();
        Way::of(&nav, of).or_else(|| Way::caught_in(&nav, of))
    }

    #[test]
    fn ways() {
        for (calls, of, left, caught_by) in [
            // Raised and caught next door.
            ("((A)", 1, &[1][..], Some(0)),
            // Two frames, from either of them; caught by the outermost, which runs on.
            ("(((AA", 1, &[2, 1], Some(0)),
            ("(((AA", 2, &[2, 1], Some(0)),
            // Nobody catches it.
            ("(((AAA", 1, &[2, 1, 0], None),
            // Another one is raised for it: two ways.
            ("(((AB)", 1, &[1], Some(0)),
            ("(((AB)", 2, &[2], Some(1)),
            // `finally` made a call on the way, and that call caught something of its own.
            ("(((A()((B)A)", 1, &[2, 1], Some(0)),
            ("(((A()((B)A)", 4, &[5], Some(4)),
            // What is not known is taken to be the same.
            ("(((!!)", 2, &[2, 1], Some(0)),
            ("(((!A)", 1, &[2, 1], Some(0)),
            // From the call that caught it.
            ("(((AA()()", 0, &[2, 1], Some(0)),
        ] {
            let found = way(calls, of).unwrap_or_else(|| panic!("{calls} {of}"));
            assert_eq!((found.left.as_slice(), found.caught_by, found.cut), (left, caught_by, false), "{calls} {of}");
            assert!(found.has(of));
        }
        assert_eq!(way("(()", 0), None);
        assert_eq!(way("(()", 99), None);
    }

    #[test]
    fn a_deep_recursion_is_followed_for_a_while() {
        let deep = STEPS + 500;
        let found = way(&("(".repeat(deep) + &"A".repeat(deep)), 0).unwrap();
        assert!(found.cut && found.left.len() == STEPS + 1 && found.caught_by.is_none());
    }
}
