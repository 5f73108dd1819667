//! The call tree: the cursor, following and re-rooting. What is unfolded is in [`tree`], what the keys do in `keys`, and
//! where they jump to in `jump`.

mod jump;
mod keys;
pub mod label;
pub mod marks;
mod place;
pub mod preview;
pub mod tree;
mod window;

use super::list::Cursor;
use super::pane::{Cx, Request, Tone};
use super::session::{Session, SharedTrace, read};
use crate::config::Action;
use crate::index::{CallInfo, Nav};
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::trace::Trace;
use place::{around, contains, running};
use tree::{Fold, Node, Reveal, Row, Tree};

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Calls {
    /// What is unfolded.
    tree: Tree,
    /// The rows as they are shown.
    rows: Vec<Row>,
    /// The cursor in them; what it stands on is in `selected`.
    pub cursor: Cursor,
    /// What is selected. It stays selected wherever its row moves.
    selected: Option<Node>,
    /// The running call is kept in view.
    pub follow: bool,
    /// Subtrees that were made the root, each with what was selected before.
    roots: Vec<(Node, Option<Node>)>,
    /// Rows show values.
    pub values: Option<bool>,
    /// What the edited filters would hide, while that is previewed.
    pub hiding: Option<preview::Hiding>,
    /// What was searched last.
    pub search: super::search::Search,
}

impl Calls {
    /// The rows as they are shown.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The node under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<Node> {
        self.selected
    }

    /// The row under the cursor.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.cursor.at)
    }

    /// The call under the cursor.
    #[must_use]
    pub fn call(&self) -> Option<&CallInfo> {
        self.row().and_then(|row| row.call.as_ref())
    }

    /// What is shown as the root, when it is not everything.
    #[must_use]
    pub fn root(&self) -> Option<Node> {
        self.roots.last().map(|(root, _)| *root)
    }

    /// Selects a call and unfolds what is around it.
    pub fn go_to(&mut self, id: CallId, cx: &mut Cx<'_>) {
        let Some(trace) = trace(cx.session) else { return };
        self.select_call(&read(&trace), id, cx);
    }

    /// Shows what is inside a call that has a row.
    pub fn unfold(&mut self, id: CallId, cx: &mut Cx<'_>) {
        let Some(trace) = trace(cx.session) else { return };
        self.tree.open(Node::Call(id));
        self.rebuild(&read(&trace), cx.rows());
    }

    fn select_call(&mut self, trace: &Trace, id: CallId, cx: &mut Cx<'_>) {
        self.stop_following();
        // Whoever walks through hits leaves the ones before folded; whoever moves about at one keeps it (`stay`).
        // A root that does not have it inside gives way.
        while let Some(root) = self.root() {
            if contains(trace, root, id) {
                break;
            }
            self.roots.pop();
        }
        self.tree.reveal(trace, id, Reveal::Hit);
        self.selected = Some(Node::Call(id));
        self.rebuild(trace, cx.rows());
        cx.request(Request::Selected);
    }

    /// The rows anew, the cursor on what was selected, or on what is nearest to it.
    fn rebuild(&mut self, trace: &Trace, height: usize) {
        self.rows = self.tree.rows(trace, self.root());
        if let Some(hiding) = &self.hiding {
            self.rows = hiding.folded(std::mem::take(&mut self.rows));
        }
        let mut wanted = self.selected;
        let found = loop {
            let Some(node) = wanted else { break None };
            if let Some(at) = self.rows.iter().position(|row| row.node == node) {
                break Some(at);
            }
            wanted = around(trace, node);
        };
        self.cursor.at = found.unwrap_or_else(|| self.cursor.at.min(self.rows.len().saturating_sub(1)));
        self.cursor.fit(self.rows.len(), height);
        self.selected = self.rows.get(self.cursor.at).map(|row| row.node);
    }

    fn stop_following(&mut self) {
        if self.follow {
            self.stay();
        }
    }

    /// Whoever moves by hand does not want to be moved, and keeps what is unfolded.
    fn stay(&mut self) {
        self.follow = false;
        self.tree.keep();
    }

    /// Brings the running call into view.
    fn follow_running(&mut self, trace: &Trace, why: Reveal) -> bool {
        let Some(id) = running(trace, self.selected) else { return false };
        if let Some(root) = self.root()
            && !contains(trace, root, id)
        {
            return false;
        }
        self.tree.reveal(trace, id, why);
        self.selected = Some(Node::Call(id));
        true
    }

    fn select_row(&mut self, at: usize, cx: &mut Cx<'_>) {
        self.cursor.at = at;
        self.cursor.fit(self.rows.len(), cx.rows());
        let selected = self.rows.get(self.cursor.at).map(|row| row.node);
        if selected != self.selected {
            self.selected = selected;
            cx.request(Request::Selected);
        }
        cx.redraw();
    }

    fn select_node(&mut self, node: Node, cx: &mut Cx<'_>) -> bool {
        match self.rows.iter().position(|row| row.node == node) {
            Some(at) => {
                self.select_row(at, cx);
                true
            }
            None => false,
        }
    }

    /// The row index of the row around `at`.
    fn parent_row(&self, at: usize) -> Option<usize> {
        let depth = self.rows.get(at)?.depth.checked_sub(1)?;
        (0..at).rev().find(|&up| self.rows[up].depth == depth)
    }

    /// Rows on the level of `at`, itself among them.
    fn level(&self, at: usize) -> Vec<Node> {
        let Some(depth) = self.rows.get(at).map(|row| row.depth) else { return Vec::new() };
        let first = (0..at).rev().find(|&up| self.rows[up].depth < depth).map_or(0, |up| up + 1);
        self.rows[first..]
            .iter()
            .take_while(|row| row.depth >= depth)
            .filter(|row| row.depth == depth)
            .map(|row| row.node)
            .collect()
    }

    fn toggle(&mut self, trace: &Trace, cx: &mut Cx<'_>) {
        let Some(row) = self.row() else { return };
        let (node, fold) = (row.node, row.fold);
        match (node, fold) {
            (Node::More(process, thread, after), _) => self.more(trace, process, thread, after, cx),
            (_, Fold::Leaf) => {}
            (_, Fold::Folded) => self.tree.open(node),
            (_, Fold::Unfolded) => self.tree.close(node),
        }
        self.rebuild(trace, cx.rows());
    }

    fn more(
        &mut self,
        trace: &Trace,
        process: ProcessIx,
        thread: crate::model::id::ThreadNo,
        after: u64,
        cx: &mut Cx<'_>,
    ) {
        let Some(nav) = Nav::new(trace, process, thread) else { return };
        let parent = nav.parent(after).map_or(Node::Thread(process, thread), |parent| Node::Call(nav.id(parent)));
        self.tree.show_more(trace, parent, after);
        // The cursor goes on where the row was: at the first of the new ones.
        if let Some(next) = nav.next_sibling(after) {
            self.selected = Some(Node::Call(nav.id(next)));
            cx.request(Request::Selected);
        }
    }

    fn move_cursor(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let mut cursor = self.cursor;
        if !cursor.act(action, self.rows.len(), cx.rows()) {
            return false;
        }
        self.stay();
        self.cursor = cursor;
        self.select_row(cursor.at, cx);
        true
    }

    /// The siblings before and after, also those that are not shown.
    fn sibling(&mut self, trace: &Trace, forward: bool, cx: &mut Cx<'_>) {
        let Some(Node::Call(id)) = self.selected else {
            let level = self.level(self.cursor.at);
            let at = level.iter().position(|node| Some(*node) == self.selected);
            let next =
                at.and_then(
                    |at| if forward { level.get(at + 1) } else { at.checked_sub(1).and_then(|at| level.get(at)) },
                );
            if let Some(node) = next.copied() {
                self.select_node(node, cx);
            }
            return;
        };
        let Some(nav) = Nav::of(trace, id) else { return };
        let next = if forward { nav.next_sibling(id.ordinal) } else { nav.previous_sibling(id.ordinal) };
        match next {
            Some(next) => {
                let node = Node::Call(nav.id(next));
                if !self.select_node(node, cx) {
                    self.tree.reveal(trace, nav.id(next), Reveal::Stay);
                    self.selected = Some(node);
                    self.rebuild(trace, cx.rows());
                    cx.request(Request::Selected);
                }
            }
            None => cx.say(
                Tone::Plain,
                if forward { "this is the last call on this level" } else { "this is the first call on this level" },
            ),
        }
    }

    fn go_up(&mut self, cx: &mut Cx<'_>) {
        if let Some(at) = self.parent_row(self.cursor.at) {
            self.select_row(at, cx);
        }
    }

    fn unroot(&mut self, trace: &Trace, cx: &mut Cx<'_>) {
        match self.roots.pop() {
            Some((root, before)) => {
                self.selected = before.or(Some(root));
                if let Some(Node::Call(id)) = self.selected {
                    self.tree.reveal(trace, id, Reveal::Stay);
                }
                self.rebuild(trace, cx.rows());
                cx.request(Request::Selected);
            }
            None => cx.say(Tone::Plain, "everything is shown already"),
        }
    }

    /// The code object of what is selected.
    #[must_use]
    pub fn code(&self) -> Option<(ProcessIx, CodeId)> {
        self.call().map(|call| (call.id.process, call.code))
    }
}

fn trace(session: &Session) -> Option<SharedTrace> {
    session.trace.clone()
}

#[cfg(test)]
mod tests;
