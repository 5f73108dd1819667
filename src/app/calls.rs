//! The call tree: the cursor, following, re-rooting, and what its keys do. What is unfolded is in [`tree`].

pub mod label;
pub mod marks;
pub mod preview;
pub mod tree;

use super::list::Cursor;
use super::output::lines::written_in;
use super::pane::{Cx, Pane, Request, Tone};
use super::session::{Session, SharedTrace, read};
use crate::config::{Action, Context};
use crate::index::value_search::Spot;
use crate::index::{CallInfo, Nav, Way, segments};
use crate::model::code::CodeFacts;
use crate::model::id::{CallId, CodeId, ProcessIx};
use crate::trace::Trace;
use std::collections::HashSet;
use std::path::PathBuf;
use tree::{Fold, Node, Row, Tree};

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
        self.tree.reveal(trace, id, true);
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
    fn follow_running(&mut self, trace: &Trace, live: bool) -> bool {
        let Some(id) = running(trace, self.selected) else { return false };
        if let Some(root) = self.root()
            && !contains(trace, root, id)
        {
            return false;
        }
        self.tree.reveal(trace, id, live);
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
                    self.tree.reveal(trace, nav.id(next), false);
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
                    self.tree.reveal(trace, id, false);
                }
                self.rebuild(trace, cx.rows());
                cx.request(Request::Selected);
            }
            None => cx.say(Tone::Plain, "everything is shown already"),
        }
    }

    /// To where the exception comes from that left (or was caught by) the selected call, or to where it was caught.
    fn along(&mut self, trace: &Trace, outwards: bool, cx: &mut Cx<'_>) {
        let way = self.call().and_then(|call| {
            let nav = Nav::of(trace, call.id)?;
            let way = Way::of(&nav, call.id.ordinal).or_else(|| Way::caught_in(&nav, call.id.ordinal))?;
            Some((nav, way))
        });
        let Some((nav, way)) = way else {
            return cx.say(Tone::Plain, "no exception left this call, or was caught by it");
        };
        match if outwards { way.caught_by } else { Some(way.raised_in()) } {
            Some(to) if self.selected == Some(Node::Call(nav.id(to))) => {
                cx.say(Tone::Plain, if outwards { "it was caught here" } else { "it was raised here" });
            }
            Some(to) => self.select_call(trace, nav.id(to), cx),
            None if way.cut => cx.say(Tone::Plain, "it went through more calls than can be followed"),
            None => cx.say(Tone::Plain, "nobody caught it, as far as was recorded"),
        }
    }

    fn same(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let Some(call) = self.call().copied() else { return };
        self.search.for_code(call.id.process, call.code);
        self.next_hit(forward, cx);
    }

    /// To the first thing that the call wrote.
    fn to_output(&self, cx: &mut Cx<'_>) {
        let Some(call) = self.call() else { return };
        let first = written_in(&cx.session.survey.lists, call).map(|written| written.start).next();
        match first {
            Some(offset) => cx.request(Request::ShowOutput(offset)),
            None if !cx.session.has_output() => {
                cx.say(
                    Tone::Plain,
                    "the program's output is not in the trace: it went to the terminal it was started on",
                );
            }
            None => cx.say(Tone::Plain, "this call is not known to have written anything"),
        }
    }

    /// To another segment of the generator or coroutine.
    fn segment(&mut self, trace: &Trace, action: Action, cx: &mut Cx<'_>) {
        let Some(call) = self.call().copied() else { return };
        let (found, none) = match action {
            Action::NextSegment => (segments::next(trace, &call), "did not go on later"),
            Action::LastSegment => (segments::last(trace, &call), "did not go on later"),
            Action::PreviousSegment => (segments::previous(trace, &call), "did not run before"),
            _ => (segments::first(trace, &call), "did not run before"),
        };
        match found {
            Ok(id) => self.select_call(trace, id, cx),
            Err(_) if call.generator == 0 => cx.say(Tone::Plain, "this call is no generator or coroutine that yielded"),
            Err(segments::Missing::None) => cx.say(Tone::Plain, format!("this generator {none}")),
            Err(segments::Missing::TooFar) => cx.say(Tone::Warning, "its next part is too far away to look for"),
        }
    }

    /// To the next call that the search looks for.
    pub fn next_hit(&mut self, forward: bool, cx: &mut Cx<'_>) {
        if self.search.is_empty() {
            cx.say(Tone::Plain, "nothing was searched yet");
            return;
        }
        self.stop_following();
        let from = match self.selected {
            Some(Node::Call(id)) => super::search::From::Call(id),
            Some(Node::More(process, thread, after)) => {
                super::search::From::Call(CallId { process, thread, ordinal: after })
            }
            Some(Node::Thread(process, thread) | Node::Change(process, thread, _)) => {
                super::search::From::Thread(process, thread)
            }
            Some(Node::Process(process)) => super::search::From::Process(process),
            None => super::search::From::Start,
        };
        let query = self.search.query(from, forward, self.root());
        cx.effect(super::event::Effect::Search(query));
    }

    /// What a background search came to.
    pub fn found(&mut self, found: &super::search::Found, cx: &mut Cx<'_>) {
        if !self.search.is_current(found.number) {
            return;
        }
        match &found.outcome {
            super::search::Outcome::Hit { id, wrapped, spot } => {
                self.go_to(*id, cx);
                let mut said = Vec::new();
                if let Some((place, spot)) = spot {
                    self.search.found_value(*id, *place);
                    said.extend(trace(cx.session).map(|trace| self.spot_in_words(&read(&trace), *spot)));
                }
                said.extend(wrapped.then(|| "the search went on from the other end".to_owned()));
                if !said.is_empty() {
                    cx.say(Tone::Plain, said.join("; "));
                }
            }
            super::search::Outcome::Nothing => {
                cx.say(Tone::Warning, format!("no call of {}", self.search.text()));
            }
            super::search::Outcome::Failed(why) => cx.say(Tone::Error, why.clone()),
        }
    }

    /// Where in the selected call a text was found.
    fn spot_in_words(&self, trace: &Trace, spot: Spot) -> String {
        let facts = self.code().and_then(|(process, code)| Some(&trace.process(process)?.code(code)?.facts));
        let name = |of: fn(&CodeFacts) -> &Vec<String>, at: usize| {
            facts.and_then(|facts| of(facts).get(at)).map_or("?", String::as_str).to_owned()
        };
        match spot {
            Spot::Argument(at) => format!("in the argument {}", name(|facts| &facts.params, at)),
            Spot::Sent => "in what was sent or thrown into it".to_owned(),
            Spot::Result => "in its result".to_owned(),
            Spot::Exception => "in the exception that left it".to_owned(),
            Spot::Variable(at) => {
                format!("in the variable {} at one of its lines", name(|facts| &facts.locals, at as usize))
            }
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

/// What is directly around a node.
fn around(trace: &Trace, node: Node) -> Option<Node> {
    match node {
        Node::Process(ix) => trace.process(ix)?.parent.map(Node::Process),
        Node::Thread(ix, _) => Some(Node::Process(ix)),
        Node::Change(ix, thread, _) => Some(Node::Thread(ix, thread)),
        Node::Call(CallId { process, thread, ordinal }) | Node::More(process, thread, ordinal) => {
            let nav = Nav::new(trace, process, thread)?;
            Some(nav.parent(ordinal).map_or(Node::Thread(process, thread), |parent| Node::Call(nav.id(parent))))
        }
    }
}

/// Whether a call is inside a node.
fn contains(trace: &Trace, node: Node, id: CallId) -> bool {
    match node {
        Node::Call(root) => {
            (root.process, root.thread) == (id.process, id.thread)
                && Nav::of(trace, root).is_some_and(|nav| nav.subtree(root.ordinal).contains(&id.ordinal))
        }
        Node::Thread(process, thread) => (process, thread) == (id.process, id.thread),
        Node::Process(process) => {
            let mut up = Some(id.process);
            while let Some(ix) = up {
                if ix == process {
                    return true;
                }
                up = trace.process(ix).and_then(|process| process.parent);
            }
            false
        }
        Node::More(..) | Node::Change(..) => false,
    }
}

/// The innermost running call: of the thread in view when something runs there, else of the one that did something
/// last.
fn running(trace: &Trace, selected: Option<Node>) -> Option<CallId> {
    let innermost = |process: ProcessIx, thread| {
        let nav = Nav::new(trace, process, thread)?;
        nav.innermost_open().map(|ordinal| nav.id(ordinal))
    };
    let in_view = selected.and_then(Node::thread).and_then(|(process, thread)| {
        let busy = trace.process(process).is_some_and(crate::trace::Process::is_running);
        busy.then(|| innermost(process, thread)).flatten()
    });
    in_view.or_else(|| {
        let mut newest: Option<(u64, CallId)> = None;
        for process in trace.processes().iter().filter(|process| process.is_running()) {
            for thread in process.threads() {
                let at = thread.end_raw().map_or(0, |raw| process.clock.ns(raw));
                if newest.is_none_or(|(best, _)| at > best)
                    && let Some(id) = innermost(process.ix, thread.no)
                {
                    newest = Some((at, id));
                }
            }
        }
        newest.map(|(_, id)| id)
    })
}

impl Pane for Calls {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Calls, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if self.move_cursor(action, cx) {
            return true;
        }
        let Some(trace) = trace(cx.session) else { return false };
        let trace = read(&trace);
        let row = self.row().map(|row| (row.node, row.fold));
        // Looking something up, or on for the next one, is no move by hand.
        let passes = matches!(action, Action::Follow | Action::ToggleValues | Action::NextSame | Action::PreviousSame);
        if !passes && action.row().context == Context::Calls {
            self.stay();
        }
        match (action, row) {
            (Action::Toggle, _) => self.toggle(&trace, cx),
            (Action::Unfold, Some((node, Fold::Folded))) => {
                self.tree.open(node);
                self.rebuild(&trace, cx.rows());
            }
            (Action::Unfold, Some((_, Fold::Unfolded))) => self.select_row(self.cursor.at + 1, cx),
            (Action::Unfold, Some((Node::More(..), _))) => self.toggle(&trace, cx),
            (Action::Fold, Some((node, Fold::Unfolded))) => {
                self.tree.close(node);
                self.rebuild(&trace, cx.rows());
            }
            (Action::Fold | Action::Parent, _) => self.go_up(cx),
            (Action::UnfoldLevel, _) => {
                let level: HashSet<_> = self.level(self.cursor.at).into_iter().collect();
                for row in self.rows.iter().filter(|row| row.fold == Fold::Folded && level.contains(&row.node)) {
                    self.tree.open(row.node);
                }
                self.rebuild(&trace, cx.rows());
            }
            (Action::FoldLevel, _) => {
                let level = self.level(self.cursor.at);
                let open: Vec<_> = level.into_iter().filter(|node| self.tree.is_open(*node)).collect();
                let open = if open.is_empty() {
                    // The level is folded already: the one above is meant.
                    self.go_up(cx);
                    self.level(self.cursor.at)
                } else {
                    open
                };
                open.into_iter().for_each(|node| self.tree.close(node));
                self.rebuild(&trace, cx.rows());
            }
            (Action::UnfoldSubtree, Some((node, Fold::Folded | Fold::Unfolded))) => {
                if !self.tree.open_below(&trace, node) {
                    cx.say(
                        Tone::Warning,
                        format!("unfolded the first {} rows; there is more below", tree::UNFOLD_LIMIT),
                    );
                }
                self.rebuild(&trace, cx.rows());
            }
            (Action::FoldSubtree, Some((node, _))) => {
                self.tree.close_below(&trace, node);
                self.rebuild(&trace, cx.rows());
            }
            (Action::PreviousSibling, _) => self.sibling(&trace, false, cx),
            (Action::NextSibling, _) => self.sibling(&trace, true, cx),
            (Action::Root, Some((node, _))) if !matches!(node, Node::More(..) | Node::Change(..)) => {
                if self.root() != Some(node) {
                    self.roots.push((node, self.selected));
                    self.tree.open(node);
                    self.rebuild(&trace, cx.rows());
                }
            }
            (Action::Unroot, _) => self.unroot(&trace, cx),
            (Action::Back, _) if !self.roots.is_empty() => self.unroot(&trace, cx),
            (Action::Follow, _) => {
                if self.follow {
                    self.stay();
                } else if cx.session.is_live() {
                    self.follow = true;
                    self.follow_running(&trace, true);
                    self.rebuild(&trace, cx.rows());
                    cx.request(Request::Selected);
                } else {
                    cx.say(Tone::Plain, "nothing runs any more, so there is nothing to follow");
                }
            }
            (Action::Running, _) => {
                if self.follow_running(&trace, false) {
                    self.rebuild(&trace, cx.rows());
                    cx.request(Request::Selected);
                } else {
                    cx.say(Tone::Plain, "no call is running");
                }
            }
            (Action::Raiser, _) => self.along(&trace, false, cx),
            (Action::Catcher, _) => self.along(&trace, true, cx),
            (Action::ToggleValues, _) => {
                let now = self.values.unwrap_or(cx.config.values_in_rows);
                self.values = Some(!now);
            }
            (Action::NextSegment | Action::PreviousSegment | Action::LastSegment | Action::FirstSegment, _) => {
                self.segment(&trace, action, cx);
            }
            (Action::ToOutput, _) => self.to_output(cx),
            (Action::NextSame, _) => self.same(true, cx),
            (Action::PreviousSame, _) => self.same(false, cx),
            (Action::NextHit, _) => self.next_hit(true, cx),
            (Action::PreviousHit, _) => self.next_hit(false, cx),
            (Action::Why, _) => match self.code() {
                Some((process, code)) => cx.request(Request::Explain(process, code)),
                None => cx.say(Tone::Plain, "select a call first"),
            },
            (Action::Select, _) => match self.code() {
                Some((process, code)) => cx.request(Request::SelectorsFor(process, code)),
                None => cx.say(Tone::Plain, "select a call first"),
            },
            _ => return action.row().context == Context::Calls,
        }
        true
    }

    fn click(&mut self, row: Option<usize>, fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|row| *row < self.rows.len()) else { return };
        self.stay();
        self.select_row(row, cx);
        let more = matches!(self.selected, Some(Node::More(..)));
        if (fold || double || more)
            && let Some(trace) = trace(cx.session)
        {
            self.toggle(&read(&trace), cx);
        }
    }

    fn scroll(&mut self, rows: isize, cx: &mut Cx<'_>) {
        self.stay();
        let mut cursor = self.cursor;
        cursor.scroll(rows, self.rows.len(), cx.rows());
        self.cursor = cursor;
        self.select_row(cursor.at, cx);
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        let Some(trace) = trace(cx.session) else { return };
        let trace = read(&trace);
        if self.follow {
            if cx.session.is_live() {
                self.follow_running(&trace, true);
            } else {
                self.stop_following();
            }
        }
        let before = self.selected;
        let was_open = self.call().is_some_and(|call| call.end_ns.is_none());
        self.rebuild(&trace, cx.rows());
        if before != self.selected || was_open {
            cx.request(Request::Selected);
        }
        cx.redraw();
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        let Some(trace) = trace(cx.session) else { return };
        let functions = self.search.for_text(&read(&trace), text);
        if text.is_empty() {
            cx.redraw();
        } else if self.search.is_for_value() {
            cx.say(Tone::Plain, "looking into values…");
            self.next_hit(forward, cx);
        } else if functions == 0 {
            cx.say(Tone::Warning, format!("no function that was seen has {text:?} in its name"));
        } else {
            self.next_hit(forward, cx);
        }
    }

    fn copied(&self, cx: &Cx<'_>) -> Option<String> {
        let trace = trace(cx.session)?;
        let trace = read(&trace);
        let call = self.call()?;
        Some(label::full(&trace, call))
    }

    fn place(&self, cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        let trace = trace(cx.session)?;
        let trace = read(&trace);
        let (process, code) = self.code()?;
        let record = trace.process(process)?.code(code)?;
        let real = !record.facts.filename.starts_with('<');
        real.then(|| (PathBuf::from(&record.facts.abs_path), record.facts.first_line))
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Follow, Action::Search, Action::Toggle, Action::Why, Action::Select, Action::ShowLines]
    }
}

#[cfg(test)]
mod tests;
