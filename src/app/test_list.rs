//! Tests of pytest and unittest: what came of each, how long it took; failed ones stand first.

use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use super::text::clean;
use crate::config::{Action, Context};
use crate::index::survey::{Lists, TestOutcome, TestRun};
use crate::model::id::CallId;

/// The state of the pane.
#[derive(Debug, Default)]
pub struct TestList {
    /// Places in the list of tests, in the order in which they are shown.
    rows: Vec<usize>,
    /// The cursor.
    pub cursor: Cursor,
    /// Only those that did not pass are shown.
    pub failed_only: bool,
    /// How many came out how, the bad ones first; those that have not ended stand last.
    pub counts: Vec<(TestOutcome, u64)>,
    sought: String,
    /// What the rows are places in.
    listed: std::sync::Arc<Lists>,
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
        self.rows.get(self.cursor.at).and_then(|at| tests.get(*at)).and_then(|test| test.call)
    }

    /// The pane is being looked at: the rows anew, the cursor on the test that it stood on.
    pub fn watched(&mut self, cx: &mut Cx<'_>) {
        let lists = std::sync::Arc::clone(&cx.session.survey.lists);
        // Tests that turn out to be listed already go away, so places are no names.
        let number = |tests: &[TestRun], at: usize| tests.get(at).map(|test| test.number);
        let before = self.rows.get(self.cursor.at).and_then(|at| number(&self.listed.tests, *at));
        self.counts = count(&lists.tests);
        self.rows = (0..lists.tests.len()).collect();
        if self.failed_only {
            self.rows.retain(|at| rank(&lists.tests[*at].outcome) == 0);
        }
        self.rows.sort_by_key(|at| (rank(&lists.tests[*at].outcome), *at));
        let found = before.and_then(|before| self.rows.iter().position(|at| number(&lists.tests, *at) == Some(before)));
        // Whoever has not moved yet wants to see what failed.
        let moved = self.cursor.at > 0;
        self.cursor.at = found.filter(|_| moved).unwrap_or(self.cursor.at);
        self.cursor.fit(self.rows.len(), cx.rows().saturating_sub(1));
        self.listed = lists;
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
        outcome if outcome.is_bad() => 0,
        TestOutcome::Open => 1,
        _ => 2,
    }
}

fn count(tests: &[TestRun]) -> Vec<(TestOutcome, u64)> {
    let mut counts: Vec<(TestOutcome, u64)> = Vec::new();
    for test in tests {
        match counts.iter_mut().find(|(outcome, _)| *outcome == test.outcome) {
            Some((_, count)) => *count += 1,
            None => counts.push((test.outcome.clone(), 1)),
        }
    }
    counts.sort_by(|(a, _), (b, _)| (rank(a), a.word()).cmp(&(rank(b), b.word())));
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
            Action::ToTest => match self.selected(&cx.session.survey.lists.tests) {
                Some(id) => cx.request(Request::Unfold(id)),
                None => cx.say(Tone::Plain, "no call of this test was recorded".to_owned()),
            },
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
