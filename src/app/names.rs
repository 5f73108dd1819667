//! Where every module name came from: failures and disagreements first, grouped by reason with counts; what each source
//! said, what the other naming mode would answer, and in plain words what to write to make a selector match.

mod advice;
mod groups;

use super::event::Effect;
use super::filters::parts;
use super::lab::{Asked, Functions, Lab, root_text};
use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use crate::config::{Action, Context};
use crate::filter::explain::NearMiss;
use advice::Advice;
use groups::group;
pub use groups::{Group, Module, Reason};
use std::collections::HashSet;
use std::path::PathBuf;

/// Groups of at most this many modules that need a look are unfolded from the start.
const UNFOLDED: usize = 12;

/// A module by its name in use and its file.
type ModuleKey = (Option<String>, String);

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A group.
    Group(usize),
    /// A module of a group.
    Module(usize, usize),
    /// A function of a module.
    Function(usize, usize, usize),
}

/// What is unfolded or selected, by name.
type Key = (Reason, Option<ModuleKey>, Option<usize>);

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Names {
    groups: Vec<Group>,
    rows: Vec<Row>,
    /// The cursor in the rows.
    pub cursor: Cursor,
    selected: Option<Key>,
    open: HashSet<Key>,
    /// Functions that the groups were made from; `None`: not yet.
    of: Option<usize>,
    /// In plain words, what to do about what is selected.
    advice: Vec<String>,
    /// What was asked for it, when the answer comes later.
    asked: Option<(u64, Advice)>,
}

impl Names {
    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row under the cursor.
    #[must_use]
    pub fn row(&self) -> Option<Row> {
        self.rows.get(self.cursor.at).copied()
    }

    /// What to do about what is selected.
    #[must_use]
    pub fn advice(&self) -> &[String] {
        &self.advice
    }

    /// A module.
    #[must_use]
    pub fn module(&self, group: usize, module: usize) -> Option<&Module> {
        self.groups.get(group)?.modules.get(module)
    }

    /// Whether a row is unfolded.
    #[must_use]
    pub fn is_open(&self, row: Row) -> bool {
        self.key_of(row).is_some_and(|key| self.open.contains(&key))
    }

    /// The function that a row stands for: of a module its body, or the first that was seen.
    #[must_use]
    pub fn function(&self, row: Row) -> Option<usize> {
        match row {
            Row::Group(_) => None,
            Row::Module(group, module) => self.module(group, module)?.functions.first().copied(),
            Row::Function(group, module, at) => self.module(group, module)?.functions.get(at).copied(),
        }
    }

    fn key_of(&self, row: Row) -> Option<Key> {
        let named = |group: usize, module: usize| {
            self.module(group, module).map(|module| (module.name.clone(), module.path.clone()))
        };
        Some(match row {
            Row::Group(group) => (self.groups.get(group)?.reason, None, None),
            Row::Module(group, module) => (self.groups.get(group)?.reason, Some(named(group, module)?), None),
            Row::Function(group, module, at) => {
                let function = self.module(group, module)?.functions.get(at).copied()?;
                (self.groups.get(group)?.reason, Some(named(group, module)?), Some(function))
            }
        })
    }

    fn rebuild(&mut self, functions: &Functions, height: usize) {
        if self.of != Some(functions.len()) {
            let first = self.of.is_none() || self.groups.is_empty();
            self.groups = group(functions);
            self.of = Some(functions.len());
            if first {
                let small =
                    self.groups.iter().filter(|group| group.reason.is_warning() && group.modules.len() <= UNFOLDED);
                self.open.extend(small.map(|group| (group.reason, None, None)));
            }
        }
        self.rows.clear();
        for (at, group) in self.groups.iter().enumerate() {
            self.rows.push(Row::Group(at));
            if !self.open.contains(&(group.reason, None, None)) {
                continue;
            }
            for (index, module) in group.modules.iter().enumerate() {
                self.rows.push(Row::Module(at, index));
                let key = (group.reason, Some((module.name.clone(), module.path.clone())), None);
                if self.open.contains(&key) {
                    self.rows.extend((0..module.functions.len()).map(|function| Row::Function(at, index, function)));
                }
            }
        }
        if let Some(selected) = &self.selected {
            let found = self.rows.iter().position(|row| self.key_of(*row).as_ref() == Some(selected));
            self.cursor.at = found.unwrap_or(self.cursor.at);
        }
        self.cursor.fit(self.rows.len(), height);
    }

    /// After the cursor moved: remembers where it is, and thinks about what to say.
    fn moved(&mut self, cx: &mut Cx<'_>) {
        self.selected = self.row().and_then(|row| self.key_of(row));
        self.advice = Vec::new();
        self.asked = None;
        if let (Some(row), Some(lab)) = (self.row(), cx.session.lab.as_deref_mut()) {
            match row {
                Row::Group(group) => self.advice = vec![self.groups[group].reason.in_words().to_owned()],
                row => {
                    if let Some(advice) = self.function(row).and_then(|function| Advice::of(lab, function)) {
                        self.advise(lab, advice);
                    }
                }
            }
            if let Some(question) = lab.question() {
                cx.effect(Effect::Lab(question));
            }
        }
        cx.redraw();
    }

    /// Shows what to do about a function; why other names miss it is added when that is known.
    fn advise(&mut self, lab: &mut Lab, advice: Advice) {
        let answers = match advice.tried.is_empty() {
            true => Asked::Now(Vec::new()),
            false => lab.ask(&root_text(lab.root()), advice.tried.clone()),
        };
        match answers {
            Asked::Now(answers) => self.advice = advice.lines(&answers),
            Asked::Later(number) => {
                self.advice = advice.lines(&[]);
                self.asked = Some((number, advice));
            }
        }
    }

    /// The answer to a question about near misses. One to another question is of no use here.
    pub fn explained(&mut self, number: u64, answers: &[Vec<NearMiss>]) {
        if let Some((_, advice)) = self.asked.take_if(|(asked, _)| *asked == number) {
            self.advice = advice.lines(answers);
        }
    }

    fn fold(&mut self, open: bool, cx: &mut Cx<'_>) {
        let Some(row) = self.row() else { return };
        let Some(key) = self.key_of(row) else { return };
        let parent = match row {
            Row::Group(_) => None,
            Row::Module(group, _) => self.key_of(Row::Group(group)),
            Row::Function(group, module, _) => self.key_of(Row::Module(group, module)),
        };
        if open {
            self.open.insert(key);
        } else if !self.open.remove(&key)
            && let Some(parent) = parent
        {
            // What has nothing to fold leads to what is around it.
            self.selected = Some(parent);
        }
        self.redo(cx);
    }

    fn redo(&mut self, cx: &mut Cx<'_>) {
        let rows = list_rows(cx);
        if let Some(lab) = cx.session.lab.as_deref() {
            self.rebuild(lab.functions(), rows);
        }
        self.moved(cx);
    }
}

/// Rows that the list has on the screen, below its heading.
fn list_rows(cx: &Cx<'_>) -> usize {
    let height = usize::from(parts(cx.area).0.height);
    if height > 4 { height - 1 } else { height }
}

impl Pane for Names {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Names, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let code = |names: &Self, cx: &Cx<'_>| {
            let function = names.row().and_then(|row| names.function(row))?;
            cx.session.lab.as_deref()?.functions().get(function)?.codes.first().copied()
        };
        match action {
            Action::OpenName => match (self.row(), code(self, cx)) {
                (Some(Row::Function(..)), Some((process, code))) => cx.request(Request::Explain(process, code)),
                (Some(row), _) => {
                    let open = !self.is_open(row);
                    self.fold(open, cx);
                }
                (None, _) => {}
            },
            Action::CloseName => self.fold(false, cx),
            Action::SelectName | Action::WhyName => match code(self, cx) {
                Some((process, code)) if action == Action::WhyName => cx.request(Request::Explain(process, code)),
                Some((process, code)) => cx.request(Request::SelectorsFor(process, code)),
                None => cx.say(Tone::Plain, "choose a module or a function"),
            },
            action => {
                if !self.cursor.act(action, self.rows.len(), list_rows(cx)) {
                    return false;
                }
                self.moved(cx);
            }
        }
        true
    }

    fn click(&mut self, row: Option<usize>, fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row else { return };
        self.cursor.at = row.min(self.rows.len().saturating_sub(1));
        self.moved(cx);
        if fold || double {
            self.act(Action::OpenName, cx);
        }
    }

    fn scroll(&mut self, by: isize, cx: &mut Cx<'_>) {
        self.cursor.scroll(by, self.rows.len(), list_rows(cx));
        self.moved(cx);
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        let before = self.of;
        let rows = list_rows(cx);
        if let Some(lab) = cx.session.lab.as_deref() {
            self.rebuild(lab.functions(), rows);
        }
        if before != self.of || self.advice.is_empty() {
            self.moved(cx);
        }
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        let wanted = text.to_lowercase();
        if wanted.is_empty() {
            return;
        }
        // What is folded is found too: it is unfolded for it.
        let Some(lab) = cx.session.lab.as_deref() else { return };
        let rows = lab.functions().rows();
        let mut order: Vec<Key> = Vec::new();
        let mut start = 0;
        for group in &self.groups {
            for module in &group.modules {
                let name = (module.name.clone(), module.path.clone());
                let hit = |text: &str| text.to_lowercase().contains(&wanted);
                let own = hit(module.name.as_deref().unwrap_or_default()) || hit(&module.path);
                let module_key = (group.reason, Some(name.clone()), None);
                if self.selected.as_ref() == Some(&module_key) {
                    start = order.len();
                }
                if own {
                    order.push(module_key);
                }
                for function in &module.functions {
                    let key = (group.reason, Some(name.clone()), Some(*function));
                    if self.selected.as_ref() == Some(&key) {
                        start = order.len();
                    }
                    if !own && hit(&rows[*function].qualname) {
                        order.push(key);
                    }
                }
            }
        }
        let len = order.len();
        let is_there = |at: usize| self.selected.as_ref() == order.get(at);
        let next = match (len, forward) {
            (0, _) => return cx.say(Tone::Plain, "no module, file or function is called that"),
            (_, true) => (start + usize::from(is_there(start))) % len,
            (_, false) => (start + len - 1) % len,
        };
        let key = order[next].clone();
        self.open.insert((key.0, None, None));
        if key.2.is_some() {
            self.open.insert((key.0, key.1.clone(), None));
        }
        self.selected = Some(key);
        self.redo(cx);
    }

    fn copied(&self, cx: &Cx<'_>) -> Option<String> {
        let function = self.function(self.row()?)?;
        Some(cx.session.lab.as_deref()?.functions().get(function)?.label())
    }

    fn place(&self, cx: &Cx<'_>) -> Option<(PathBuf, u32)> {
        let function = cx.session.lab.as_deref()?.functions().get(self.function(self.row()?)?)?;
        (!function.is_fixed()).then(|| (PathBuf::from(&function.abs_path), function.line))
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::OpenName, Action::WhyName, Action::SelectName, Action::Search]
    }
}

#[cfg(test)]
mod tests;
