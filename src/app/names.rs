//! Where every module name came from: failures and disagreements first, grouped by reason with counts; what each source
//! said, what the other naming mode would answer, and in plain words what to write to make a selector match.

use super::event::Effect;
use super::filters::parts;
use super::lab::{Asked, Function, Functions, Lab, root_text};
use super::list::Cursor;
use super::pane::{Cx, Pane, Request, Tone};
use super::text::clean;
use super::units;
use crate::config::{Action, Context};
use crate::filter::explain::NearMiss;
use crate::model::evidence::{EvidenceSource, NameSource, Outcome};
use crate::naming::{Disagreement, disagreement};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// Groups of at most this many modules that need a look are unfolded from the start.
const UNFOLDED: usize = 12;

/// Why modules stand together; the order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// `__name__` is `__main__`, though it has an importable name.
    RunsAsMain,
    /// Sources give different names.
    Disagree,
    /// No name, for this reason.
    NoName(Outcome),
    /// Every source agrees, but the path in the project says another name.
    OtherPath,
    /// Code from no file: named, but never recorded.
    Synthetic,
    /// The name came from here, and nothing contradicts it.
    From(NameSource),
}

impl Reason {
    /// The reason of a function.
    #[must_use]
    pub fn of(function: &Function) -> Self {
        if function.module.as_deref().is_none_or(|module| module.trim().is_empty()) {
            let outcome = function.evidence().outcome(EvidenceSource::Globals).unwrap_or(Outcome::Missing);
            return Self::NoName(outcome);
        }
        if function.is_fixed() {
            return Self::Synthetic;
        }
        match disagreement(function.evidence()) {
            Some(Disagreement::RunsAsMain) => Self::RunsAsMain,
            Some(Disagreement::SourcesDisagree) => Self::Disagree,
            None => {
                let path = function.evidence().name(EvidenceSource::ProjectPath);
                let other = path.is_some_and(|path| Some(path) != function.module.as_deref());
                if other { Self::OtherPath } else { Self::From(function.name_source) }
            }
        }
    }

    /// Whether somebody should look at it.
    #[must_use]
    pub fn is_warning(self) -> bool {
        matches!(self, Self::RunsAsMain | Self::Disagree | Self::NoName(_))
    }

    /// The heading.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::RunsAsMain => "runs as __main__".to_owned(),
            Self::Disagree => "sources disagree".to_owned(),
            Self::NoName(outcome) => format!("no name: __name__ is {}", outcome.in_words()),
            Self::OtherPath => "another name than the path has".to_owned(),
            Self::Synthetic => "code from no file".to_owned(),
            Self::From(NameSource::Globals) => "from __name__".to_owned(),
            Self::From(NameSource::Spec) => "from the spec of -m".to_owned(),
            Self::From(NameSource::SysPath) => "from sys.path".to_owned(),
            Self::From(NameSource::Marker) => "from a project marker".to_owned(),
            Self::From(NameSource::SysModules) => "from sys.modules".to_owned(),
            Self::From(NameSource::None) => "no name".to_owned(),
        }
    }

    /// What it means and what to do, in plain words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::RunsAsMain => {
                "Started as a script or with python -m, a module's __name__ is __main__, whatever it is called elsewhere. \
                 pkg:__main__ matches it; so does a file: selector."
            }
            Self::Disagree => {
                "Sources give different names for the same file. Selectors see the name that is used. Look at what each \
                 source says, and write the name that is used, or a file: selector."
            }
            Self::NoName(_) => {
                "No module name is known, so pkg: selectors never match. file: selectors do, and obj: selectors see the \
                 function's name alone."
            }
            Self::OtherPath => {
                "A folder inside the project is on sys.path, so these modules go by a shorter name than their path has. \
                 Selectors see the name that is used: write that, or a file: selector."
            }
            Self::Synthetic => {
                "Compiled from no file (exec, eval, templates, frozen modules). Such code is listed, but never recorded."
            }
            Self::From(_) => "All sources that know these modules agree.",
        }
    }
}

/// A module, or a file without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Name in use.
    pub name: Option<String>,
    /// Its file.
    pub path: String,
    /// Its functions, its body first.
    pub functions: Vec<usize>,
}

/// Modules that stand together for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Why.
    pub reason: Reason,
    /// The modules.
    pub modules: Vec<Module>,
}

impl Group {
    /// Functions of all its modules.
    #[must_use]
    pub fn functions(&self) -> usize {
        self.modules.iter().map(|module| module.functions.len()).sum()
    }
}

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

/// A module by its name in use and its file.
type ModuleKey = (Option<String>, String);

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

/// Functions by reason and module.
fn group(functions: &Functions) -> Vec<Group> {
    // By reason, name and file.
    let mut modules: HashMap<(Reason, Option<&str>, &str), Vec<usize>> = HashMap::new();
    for (at, function) in functions.rows().iter().enumerate().filter(|(_, function)| !function.codes.is_empty()) {
        let key = (Reason::of(function), function.module.as_deref(), function.abs_path.as_str());
        modules.entry(key).or_default().push(at);
    }
    let mut modules: Vec<_> = modules.into_iter().collect();
    modules.sort_unstable();
    let mut groups: Vec<Group> = Vec::new();
    for ((reason, name, path), mut list) in modules {
        list.sort_by_key(|at| (!functions.rows()[*at].is_body(), functions.rows()[*at].line));
        let module = Module { name: name.map(str::to_owned), path: path.to_owned(), functions: list };
        match groups.last_mut().filter(|group| group.reason == reason) {
            Some(group) => group.modules.push(module),
            None => groups.push(Group { reason, modules: vec![module] }),
        }
    }
    groups
}

/// What to write to make a selector match a function, for each name that people would try.
#[derive(Clone, Debug)]
struct Advice {
    /// The function.
    at: usize,
    /// Selectors with names of it that are not used.
    tried: Vec<String>,
    /// What is to be said whatever those nearly match.
    rest: Vec<String>,
}

impl Advice {
    fn of(lab: &mut Lab, at: usize) -> Option<Self> {
        let function = lab.functions().get(at)?;
        if let Some(reason) = &function.fixed {
            let rest = vec![format!("It is listed, but never recorded: {}.", clean(reason))];
            return Some(Self { at, tried: Vec::new(), rest });
        }
        let evidence = function.evidence();
        let others = evidence.items.iter().filter_map(|item| item.name.as_ref()).chain(&evidence.candidates);
        let unused = |name: &&String| Some(*name) != function.module.as_ref() && *name != "__main__";
        let mut known = HashSet::new();
        let tried = others.filter(unused).filter(|name| known.insert(name.as_str()));
        let tried = tried.map(|name| format!("pkg:{}", super::lab::escaped(name))).collect();
        let mut rest = Vec::new();
        if function.module.is_none() {
            rest.push("No module name is known, so no pkg: selector matches it.".to_owned());
        }
        let wanted = ["the module", "the file"];
        let offers =
            lab.offers(at).into_iter().filter(|offer| wanted.iter().any(|start| offer.what.starts_with(start)));
        let matching: Vec<String> = offers
            .map(|offer| {
                format!("  {}  ({})", offer.selector, units::plural(offer.functions as u64, "function", "functions"))
            })
            .collect();
        if !matching.is_empty() {
            rest.push("What matches it:".to_owned());
            rest.extend(matching);
        }
        Some(Self { at, tried, rest })
    }

    /// All of it, with what the selectors that were tried nearly match, as far as that is known.
    fn lines(&self, answers: &[Vec<NearMiss>]) -> Vec<String> {
        let misses = self.tried.iter().zip(answers).filter_map(|(selector, misses)| {
            let miss = misses.iter().find(|miss| miss.frames.contains(&self.at))?;
            Some(format!("{selector} does not match it. {}", miss.sentence))
        });
        misses.chain(self.rest.iter().cloned()).map(|line| clean(&line).into_owned()).collect()
    }
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
