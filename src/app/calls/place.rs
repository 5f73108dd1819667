//! Where things are: what is around a node, what is inside it, and which call runs now.

use super::tree::Node;
use crate::index::Nav;
use crate::model::id::{CallId, ProcessIx};
use crate::trace::Trace;

/// What is directly around a node.
pub fn around(trace: &Trace, node: Node) -> Option<Node> {
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
pub fn contains(trace: &Trace, node: Node, id: CallId) -> bool {
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
pub fn running(trace: &Trace, selected: Option<Node>) -> Option<CallId> {
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
