//! Tests of pytest and unittest: what came of each, how long it took; failed ones stand first.

use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use super::text::clean;
use crate::config::{Action, Context};
use crate::index::survey::{TestOutcome, TestRun};
use crate::model::id::CallId;

/// How many tests came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub errors: u64,
    pub skipped: u64,
    pub open: u64,
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct TestList {
    /// Places in the list of tests, in the order in which they are shown.
    rows: Vec<usize>,
    /// The cursor.
    pub cursor: Cursor,
    /// Only those that did not pass are shown.
    pub failed_only: bool,
    /// How many came out how.
    pub counts: Counts,
    sought: String,
}

impl TestList {
    /// Places in the list of tests, in the order in which they are shown.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The call of the test under the cursor.
    #[must_use]
    pub fn selected(&self, tests: &[TestRun]) -> Option<CallId> {
        self.rows.get(self.cursor.at).and_then(|at| tests.get(*at)).map(|test| test.call)
    }

    /// The pane is being looked at: the rows anew, the cursor on the test that it stood on.
    pub fn watched(&mut self, cx: &mut Cx<'_>) {
        let lists = std::sync::Arc::clone(&cx.session.survey.lists);
        let before = self.rows.get(self.cursor.at).copied();
        self.counts = count(&lists.tests);
        self.rows = (0..lists.tests.len()).collect();
        if self.failed_only {
            self.rows.retain(|at| rank(&lists.tests[*at].outcome) == 0);
        }
        self.rows.sort_by_key(|at| (rank(&lists.tests[*at].outcome), *at));
        let found = before.and_then(|before| self.rows.iter().position(|at| *at == before));
        // Whoever has not moved yet wants to see what failed.
        let moved = self.cursor.at > 0;
        self.cursor.at = found.filter(|_| moved).unwrap_or(self.cursor.at);
        self.cursor.fit(self.rows.len(), cx.rows().saturating_sub(1));
        cx.redraw();
    }

    fn moved(&mut self, cx: &mut Cx<'_>) {
        self.watched(cx);
        cx.request(Request::Selected);
    }

    fn find(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let needle = self.sought.to_lowercase();
        let tests = &cx.session.survey.lists.tests;
        let has = |row: usize| tests.get(self.rows[row]).is_some_and(|test| test.name.to_lowercase().contains(&needle));
        match self.cursor.seek(forward, self.rows.len(), has) {
            Some(row) => {
                self.cursor.at = row;
                self.moved(cx);
            }
            None => cx.say(Tone::Warning, format!("no test has {:?} in its name", self.sought)),
        }
    }
}

/// Failed ones first, then those that run, then the rest as they came.
fn rank(outcome: &TestOutcome) -> u8 {
    match outcome {
        TestOutcome::Failed | TestOutcome::Error(_) | TestOutcome::Unknown => 0,
        TestOutcome::Open => 1,
        TestOutcome::Passed | TestOutcome::Skipped => 2,
    }
}

fn count(tests: &[TestRun]) -> Counts {
    let mut counts = Counts::default();
    for test in tests {
        *match test.outcome {
            TestOutcome::Passed => &mut counts.passed,
            TestOutcome::Failed => &mut counts.failed,
            TestOutcome::Error(_) => &mut counts.errors,
            TestOutcome::Skipped => &mut counts.skipped,
            TestOutcome::Open | TestOutcome::Unknown => &mut counts.open,
        } += 1;
    }
    counts
}

impl Pane for TestList {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Tests, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if self.cursor.act(action, self.rows.len(), cx.rows().saturating_sub(1)) {
            self.moved(cx);
            return true;
        }
        match action {
            Action::ToTest => {
                if let Some(id) = self.selected(&cx.session.survey.lists.tests) {
                    cx.request(Request::Unfold(id));
                }
            }
            Action::FailedOnly => {
                self.failed_only = !self.failed_only;
                self.moved(cx);
            }
            Action::NextHit => self.find(true, cx),
            Action::PreviousHit => self.find(false, cx),
            _ => return action.row().context == Context::Tests,
        }
        true
    }

    fn click(&mut self, row: Option<usize>, _fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|row| *row < self.rows.len()) else { return };
        self.cursor.at = row;
        if double {
            self.act(Action::ToTest, cx);
        } else {
            self.moved(cx);
        }
    }

    fn scroll(&mut self, rows: isize, cx: &mut Cx<'_>) {
        self.cursor.scroll(rows, self.rows.len(), cx.rows().saturating_sub(1));
        self.moved(cx);
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        self.sought = text.to_owned();
        self.find(forward, cx);
    }

    fn copied(&self, cx: &Cx<'_>) -> Option<String> {
        let tests = &cx.session.survey.lists.tests;
        self.rows.get(self.cursor.at).and_then(|at| tests.get(*at)).map(|test| clean(&test.name).into_owned())
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::ToTest, Action::FailedOnly, Action::Search]
    }
}
