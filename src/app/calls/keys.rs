//! What the keys and the mouse do in the call tree.

use super::tree::{self, Fold, Node, Reveal};
use super::{Calls, label, trace};
use crate::app::pane::{Cx, Pane, Request, Tone};
use crate::app::session::read;
use crate::config::{Action, Context};
use std::collections::HashSet;
use std::path::PathBuf;

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
                    self.follow_running(&trace, Reveal::Running);
                    self.rebuild(&trace, cx.rows());
                    cx.request(Request::Selected);
                } else {
                    cx.say(Tone::Plain, "nothing runs any more, so there is nothing to follow");
                }
            }
            (Action::Running, _) => {
                if self.follow_running(&trace, Reveal::Stay) {
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
                self.follow_running(&trace, Reveal::Running);
            } else {
                self.stop_following();
                self.tree.widen(&trace);
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
