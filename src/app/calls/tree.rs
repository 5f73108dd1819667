//! The call tree as rows: what is unfolded, and of wide nodes only pages.
//!
//! Only what is on the way to an unfolded node is ever looked at. A node's children are held in *windows*, runs of
//! siblings; between windows stands one row that says how many more there are. Children of calls that have ended never
//! change, so they are read once; only the open end of a growing trace is looked at again.

use super::marks::{Mark, Marks, mark};
use super::window::Window;
use crate::index::{CallInfo, Change, Nav};
use crate::model::id::{CallId, ProcessIx, ThreadNo};
use crate::trace::Trace;
use std::collections::{HashMap, HashSet};

/// Children shown when a node is unfolded, and added by each “more”.
pub const PAGE: usize = 100;
/// Siblings shown before and after a call that is jumped to.
const AROUND: usize = 15;
/// Siblings shown at the head of each level, and before the running call, while it is followed: so that the modules that
/// were loaded first, and all that is around the call, stay on the screen.
const HEAD: usize = 6;
const BEFORE: usize = 4;
/// Siblings shown of a program that is unfolded without being asked, and is not alone or not at its end.
const FIRST: usize = 12;
/// Siblings counted per picture for “more” rows; what is beyond is counted with later ones, or said to be more.
const COUNT_STEP: u64 = 2_000;
/// Rows that “unfold everything below” adds at most.
pub const UNFOLD_LIMIT: usize = 1_000;

/// Something that hangs in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A process.
    Process(ProcessIx),
    /// A thread.
    Thread(ProcessIx, ThreadNo),
    /// A call.
    Call(CallId),
    /// The siblings that are not shown, before this ordinal of the thread (`u64::MAX`: up to the end) and after the
    /// one given first.
    More(ProcessIx, ThreadNo, u64),
    /// A change of the recording itself, at this time (nanoseconds since its start).
    Change(ProcessIx, ThreadNo, u64),
}

impl Node {
    /// The thread it belongs to.
    #[must_use]
    pub fn thread(self) -> Option<(ProcessIx, ThreadNo)> {
        match self {
            Self::Process(_) => None,
            Self::Thread(process, thread) | Self::More(process, thread, _) | Self::Change(process, thread, _) => {
                Some((process, thread))
            }
            Self::Call(id) => Some((id.process, id.thread)),
        }
    }
}

/// Whether a row has something inside, and whether it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Nothing inside.
    Leaf,
    /// Not shown.
    Folded,
    /// Shown.
    Unfolded,
}

/// One row of the tree.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is.
    pub node: Node,
    /// How deep it stands on the screen.
    pub depth: usize,
    /// Its fold sign.
    pub fold: Fold,
    /// The call, when it is one.
    pub call: Option<CallInfo>,
    /// For “more” rows: how many, and whether that is all of them.
    pub more: Option<(u64, bool)>,
    /// For changes of the recording: what it says.
    pub mark: Option<Mark>,
    /// In a preview: calls that would be hidden, this one and those that follow it.
    pub hidden: Option<super::preview::Hidden>,
}

impl Row {
    /// A row that is neither a call nor anything special.
    fn plain(node: Node, fold: Fold) -> Self {
        Self { node, depth: 0, fold, call: None, more: None, mark: None, hidden: None }
    }
}

/// The children of an unfolded node, as far as they are shown.
#[derive(Clone, Debug, Default)]
struct Branch {
    windows: Vec<Window>,
    /// The window around the call that is passed by; it moves instead of leaving copies behind.
    passing: Option<u64>,
    settled: bool,
}

/// For what a call is made visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reveal {
    /// Because it runs, and the running call is followed: until another one runs.
    Running,
    /// Because a search found it: until another call is passed by.
    Hit,
    /// To stay.
    Stay,
}

impl Reveal {
    /// Siblings shown before it and after it.
    const fn around(self) -> usize {
        match self {
            Self::Running => BEFORE,
            Self::Hit | Self::Stay => AROUND,
        }
    }

    /// Siblings shown at the head of a level that is unfolded for it.
    const fn head(self) -> usize {
        match self {
            Self::Running => HEAD,
            Self::Hit | Self::Stay => PAGE,
        }
    }
}

/// What is unfolded.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    open: HashSet<Node>,
    /// Unfolded only on the way to a call that is passed by: the running one while it is followed, or the hit of a
    /// search. Folded again when the next one is elsewhere, so that a thousand hits do not leave a thousand paths open.
    passing: HashSet<Node>,
    branches: HashMap<Node, Branch>,
    /// Nodes that were unfolded by default once; never again without being asked.
    seen: HashSet<Node>,
    /// Where the recording itself changed.
    marks: Marks,
    /// How many siblings may still be counted for this picture.
    budget: u64,
}

impl Tree {
    /// Whether a node is unfolded.
    #[must_use]
    pub fn is_open(&self, node: Node) -> bool {
        self.open.contains(&node) || self.passing.contains(&node)
    }

    /// Unfolds a node.
    pub fn open(&mut self, node: Node) {
        self.open.insert(node);
    }

    /// Shows a whole page at the head of each level, also where there were fewer to leave room for others, if there are
    /// none that need it.
    pub fn widen(&mut self, trace: &Trace) {
        if first_head(trace) < PAGE {
            return;
        }
        for branch in self.branches.values_mut() {
            if let Some(head) = branch.windows.first_mut().filter(|head| head.want < PAGE) {
                head.want = PAGE;
                branch.settled = false;
            }
        }
    }

    /// Folds a node.
    pub fn close(&mut self, node: Node) {
        self.open.remove(&node);
        self.passing.remove(&node);
        // The pages begin anew when it is unfolded again.
        self.branches.remove(&node);
    }

    /// Folds a node and everything below.
    pub fn close_below(&mut self, trace: &Trace, node: Node) {
        let inside = |other: &Node| match (node, *other) {
            (Node::Call(id), Node::Call(inner)) => {
                (id.process, id.thread) == (inner.process, inner.thread)
                    && Nav::of(trace, id).is_some_and(|nav| nav.subtree(id.ordinal).contains(&inner.ordinal))
            }
            (Node::Thread(process, thread), other) => other.thread() == Some((process, thread)),
            (Node::Process(process), Node::Process(other)) => process == other,
            (Node::Process(process), other) => other.thread().is_some_and(|(owner, _)| owner == process),
            _ => false,
        };
        self.open.retain(|other| !inside(other));
        self.passing.retain(|other| !inside(other));
        self.branches.retain(|other, _| !inside(other));
    }

    /// Unfolds a node and what is below it, widest first, until [`UNFOLD_LIMIT`] rows were added. False when it had to
    /// stop early.
    pub fn open_below(&mut self, trace: &Trace, node: Node) -> bool {
        let mut queue = std::collections::VecDeque::from([node]);
        let mut rows = 0;
        while let Some(node) = queue.pop_front() {
            if rows >= UNFOLD_LIMIT {
                return false;
            }
            self.open(node);
            for child in self.children(trace, node) {
                rows += 1;
                if child.fold != Fold::Leaf && !matches!(child.node, Node::More(..)) {
                    queue.push_back(child.node);
                }
            }
        }
        true
    }

    /// Shows a page more of the siblings that a “more” row stands for.
    pub fn show_more(&mut self, trace: &Trace, parent: Node, after: u64) {
        let Some(branch) = self.branches.get_mut(&parent) else { return };
        branch.settled = false;
        if let Some(window) =
            branch.windows.iter_mut().find(|window| window.calls.last().is_some_and(|call| call.id.ordinal == after))
        {
            window.want = window.calls.len() + PAGE;
        }
        self.fill(trace, parent, PAGE);
    }

    /// Makes a call visible: everything around it is unfolded, and the windows reach it. What is unfolded for a call that
    /// is passed by stays if [`Tree::keep`] is asked for before the next.
    pub fn reveal(&mut self, trace: &Trace, id: CallId, why: Reveal) {
        let passing = why != Reveal::Stay;
        let Some(nav) = Nav::of(trace, id) else { return };
        let mut ordinal = id.ordinal;
        let mut path = vec![Node::Thread(id.process, id.thread)];
        let mut process = trace.process(id.process);
        while let Some(found) = process {
            path.push(Node::Process(found.ix));
            process = found.parent.and_then(|parent| trace.process(parent));
        }
        let passed = if passing { std::mem::take(&mut self.passing) } else { HashSet::new() };
        loop {
            let parent = nav.parent(ordinal);
            let parent_node = parent.map_or(Node::Thread(id.process, id.thread), |parent| Node::Call(nav.id(parent)));
            path.push(parent_node);
            self.include(trace, &nav, parent_node, parent, ordinal, why);
            match parent {
                Some(parent) => ordinal = parent,
                None => break,
            }
        }
        if passing {
            self.passing.extend(path)
        } else {
            self.open.extend(path)
        }
        for node in passed {
            if !self.is_open(node) {
                self.branches.remove(&node);
            }
        }
    }

    /// What was unfolded for a call that is passed by stays as it is now.
    pub fn keep(&mut self) {
        for node in self.passing.drain() {
            if let Some(branch) = self.branches.get_mut(&node) {
                branch.passing = None;
            }
            self.open.insert(node);
        }
    }

    /// Makes sure that a window of `parent_node` has the child `ordinal`.
    fn include(
        &mut self,
        trace: &Trace,
        nav: &Nav<'_>,
        parent_node: Node,
        parent: Option<u64>,
        ordinal: u64,
        why: Reveal,
    ) {
        let passing = why != Reveal::Stay;
        self.fill(trace, parent_node, why.head());
        let branch = self.branches.entry(parent_node).or_default();
        let has = |window: &Window| window.calls.iter().any(|call| call.id.ordinal == ordinal);
        if branch.windows.iter().any(has) {
            return;
        }
        if passing && let Some(first) = branch.passing.take() {
            branch.windows.retain(|window| window.calls.first().is_none_or(|call| call.id.ordinal != first));
        }
        let mut first = ordinal;
        for _ in 0..why.around() {
            // Walking back may run into the window before; then it simply grows together with it.
            match nav.previous_sibling(first) {
                Some(previous) => first = previous,
                None => break,
            }
        }
        let before: HashSet<u64> =
            branch.windows.iter().flat_map(|window| &window.calls).map(|call| call.id.ordinal).collect();
        let calls: Vec<_> = nav
            .children(parent, Some(first), 2 * why.around() + 1)
            .into_iter()
            .skip_while(|call| before.contains(&call.id.ordinal))
            .take_while(|call| !before.contains(&call.id.ordinal))
            .collect();
        let Some(start) = calls.first().map(|call| call.id.ordinal) else { return };
        if passing {
            branch.passing = Some(start);
        }
        let at =
            branch.windows.partition_point(|window| window.calls.first().is_some_and(|call| call.id.ordinal < start));
        if let Some(window) = at.checked_sub(1).and_then(|before| branch.windows.get_mut(before)) {
            window.ends_at(start);
        }
        let want = if passing { calls.len() } else { calls.len().max(2 * AROUND) };
        branch.windows.insert(at, Window { want, calls, ..Window::default() });
        branch.settled = false;
        self.fill(trace, parent_node, why.head());
    }

    /// Reads what a branch wants and does not have, or has and may have changed. `head`: how many it shows at first.
    fn fill(&mut self, trace: &Trace, node: Node, head: usize) {
        let (process, thread, parent) = match node {
            Node::Call(id) => (id.process, id.thread, Some(id.ordinal)),
            Node::Thread(process, thread) => (process, thread, None),
            Node::Process(_) | Node::More(..) | Node::Change(..) => return,
        };
        let branch = self.branches.entry(node).or_default();
        if branch.settled {
            return;
        }
        let Some(nav) = Nav::new(trace, process, thread) else { return };
        if branch.windows.is_empty() {
            let calls = nav.children(parent, None, head);
            if !calls.is_empty() {
                branch.windows.push(Window { calls, want: head, ..Window::default() });
            }
        }
        let mut at = 0;
        while at < branch.windows.len() {
            let limit = branch.windows.get(at + 1).and_then(|next| next.calls.first()).map(|call| call.id.ordinal);
            let window = &mut branch.windows[at];
            window.refresh(&nav, parent, limit, &mut self.budget);
            let touches = window.all_counted && window.behind == 0 && limit.is_some();
            if touches {
                let next = branch.windows.remove(at + 1);
                let window = &mut branch.windows[at];
                window.want = window.calls.len() + next.want.max(next.calls.len());
                if branch.passing == next.calls.first().map(|call| call.id.ordinal) {
                    branch.passing = None;
                }
                window.calls.extend(next.calls);
                (window.behind, window.counted_to, window.all_counted) = (0, None, false);
            } else {
                at += 1;
            }
        }
        let over = parent.is_some_and(|parent| nav.end(parent).is_some());
        branch.settled = over && branch.windows.iter().all(|window| window.all_counted);
    }

    /// The rows directly inside a node.
    fn children(&mut self, trace: &Trace, node: Node) -> Vec<Row> {
        match node {
            Node::Process(ix) => {
                let mut rows = Vec::new();
                if let Some(process) = trace.process(ix) {
                    rows.extend(process.threads().iter().map(|thread| self.thread_row(ix, thread)));
                }
                rows.extend(trace.children(Some(ix)).into_iter().map(|child| self.process_row(trace, child.ix)));
                rows
            }
            Node::More(..) | Node::Change(..) => Vec::new(),
            Node::Thread(process, thread) => {
                self.fill(trace, node, PAGE);
                if thread == ThreadNo(1) {
                    self.open_program(trace, process, node);
                }
                self.calls(trace, node)
            }
            Node::Call(_) => {
                self.fill(trace, node, PAGE);
                self.calls(trace, node)
            }
        }
    }

    /// Unfolds the program itself, the body of `__main__` or else whatever stands alone at the top, until someone folds it.
    fn open_program(&mut self, trace: &Trace, process: ProcessIx, thread: Node) {
        let Some(window) = self.branches.get(&thread).and_then(|branch| branch.windows.first()) else { return };
        let alone = window.calls.len() == 1 && window.all_counted;
        let codes = trace.process(process);
        let is_program = |call: &CallInfo| {
            let record = codes.and_then(|process| process.code(call.code));
            alone
                || record.is_some_and(|it| it.module.as_deref() == Some("__main__") && it.facts.qualname == "<module>")
        };
        let programs = window.calls.iter().filter(|call| call.descendants > 0 && is_program(call));
        let programs: Vec<Node> = programs.map(|call| Node::Call(call.id)).collect();
        for node in programs {
            if self.seen.insert(node) {
                self.open(node);
                self.fill(trace, node, first_head(trace));
            }
        }
    }

    fn calls(&self, trace: &Trace, node: Node) -> Vec<Row> {
        let windows = self.branches.get(&node).map_or(&[][..], |branch| &branch.windows);
        let mut rows = Vec::new();
        let mut changes = self.marks.inside(node);
        for window in windows {
            for call in &window.calls {
                let (before, after) =
                    changes.split_at(changes.partition_point(|change| change.before <= call.id.ordinal));
                rows.extend(mark_row(trace, node, before));
                changes = after;
                rows.push(self.call_row(call));
            }
            if let Some(last) = window.calls.last()
                && (window.behind > 0 || !window.all_counted)
            {
                let node = Node::More(last.id.process, last.id.thread, last.id.ordinal);
                rows.push(Row { more: Some((window.behind, window.all_counted)), ..Row::plain(node, Fold::Leaf) });
            }
        }
        rows.extend(mark_row(trace, node, changes));
        rows
    }

    /// The row of a call.
    #[must_use]
    pub fn call_row(&self, call: &CallInfo) -> Row {
        let node = Node::Call(call.id);
        Row { call: Some(*call), ..Row::plain(node, self.fold(node, call.descendants > 0 || self.is_marked(node))) }
    }

    fn thread_row(&mut self, process: ProcessIx, thread: &crate::trace::Thread) -> Row {
        let node = Node::Thread(process, thread.no);
        let has = thread.calls() > 0 || self.is_marked(node);
        // A first look should show something: the main threads are unfolded until someone folds them.
        if thread.no == ThreadNo(1) && has && self.seen.insert(node) {
            self.open(node);
        }
        Row::plain(node, self.fold(node, has))
    }

    fn process_row(&mut self, trace: &Trace, ix: ProcessIx) -> Row {
        let node = Node::Process(ix);
        let has = trace.process(ix).is_some_and(|process| !process.threads().is_empty())
            || !trace.children(Some(ix)).is_empty();
        // The first process is unfolded, and with it a few others; hundreds of workers are not.
        if has && ix.0 < 8 && self.seen.insert(node) {
            self.open(node);
        }
        Row::plain(node, self.fold(node, has))
    }

    fn is_marked(&self, node: Node) -> bool {
        !self.marks.inside(node).is_empty()
    }

    fn fold(&self, node: Node, has: bool) -> Fold {
        match (has, self.is_open(node)) {
            (false, _) => Fold::Leaf,
            (true, true) => Fold::Unfolded,
            (true, false) => Fold::Folded,
        }
    }

    /// All rows, from `root` (`None`: everything).
    pub fn rows(&mut self, trace: &Trace, root: Option<Node>) -> Vec<Row> {
        self.marks.sync(trace);
        let mut rows = Vec::new();
        self.budget = COUNT_STEP;
        // Each level is a list of rows still to be shown, the next one last.
        let mut levels: Vec<Vec<Row>> = vec![self.top(trace, root)];
        while let Some(level) = levels.last_mut() {
            let Some(mut row) = level.pop() else {
                levels.pop();
                continue;
            };
            row.depth = levels.len() - 1;
            let node = row.node;
            let unfolded = row.fold == Fold::Unfolded;
            rows.push(row);
            if unfolded {
                let mut children = self.children(trace, node);
                children.reverse();
                levels.push(children);
            }
        }
        rows
    }

    /// The rows at the top, the last one first.
    fn top(&mut self, trace: &Trace, root: Option<Node>) -> Vec<Row> {
        let mut rows = match root {
            Some(Node::Call(id)) => Nav::of(trace, id)
                .and_then(|nav| nav.call(id.ordinal))
                .map(|call| self.call_row(&call))
                .into_iter()
                .collect(),
            Some(Node::Thread(process, thread)) => {
                trace.thread(process, thread).map(|thread| self.thread_row(process, thread)).into_iter().collect()
            }
            Some(Node::Process(process)) => vec![self.process_row(trace, process)],
            Some(Node::More(..) | Node::Change(..)) | None => match trace.processes() {
                // One process alone needs no row.
                [only] => only.threads().iter().map(|thread| self.thread_row(only.ix, thread)).collect(),
                _ => trace.children(None).into_iter().map(|process| self.process_row(trace, process.ix)).collect(),
            },
        };
        rows.reverse();
        rows
    }
}

/// Siblings shown at the head of what is unfolded without being asked: a page of a finished program that stands alone, few
/// where it would push other threads and processes, or what runs, off the screen.
fn first_head(trace: &Trace) -> usize {
    let alone = matches!(trace.processes(), [only] if only.threads().len() == 1);
    if alone && !trace.is_live() { PAGE } else { FIRST }
}

/// The row of some changes directly inside a node; `None`: there is none.
fn mark_row(trace: &Trace, node: Node, changes: &[Change]) -> Option<Row> {
    let (process, thread) = node.thread()?;
    let first = changes.first()?;
    let mark = Some(mark(trace, process, changes));
    Some(Row { mark, ..Row::plain(Node::Change(process, thread, first.ns), Fold::Leaf) })
}
