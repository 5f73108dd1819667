//! The lab as one value: what was seen, the chain that runs, the chain that is edited, and the rule that is being typed.

use super::chain::{Chain, LabSource, Rule, RuleKey, exec, word_exec};
use super::complete::{Completion, complete};
use super::effect::{LabEffect, Question, Reload};
use super::evaluate::{Difference, Evaluator, Matches, Picture, RuleView};
use super::functions::Functions;
use super::glue::Preview;
use crate::diagnostic::Diagnostic;
use crate::filter::edit::RuleText;
use crate::filter::explain::{Explainer, NearMiss, Reason, SeenFrame};
use crate::filter::{Chain as Chains, Engine, SelectorError, Source};
use crate::launch::control::Replies;
use crate::model::code::Exec;
use crate::model::evidence::NamingMode;
use crate::model::id::{CodeId, ProcessIx, ProcessKey};
use crate::trace::Trace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Questions to new selectors in one go: a few milliseconds' worth.
const STEP: usize = 60_000;

/// With more functions than this, what a selector nearly matches is looked for away from the keys.
const AT_ONCE: usize = 2_000;

/// A rule that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where it goes.
    pub target: Target,
    /// What it says so far.
    pub rule: RuleText,
}

/// Where a typed rule goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It is new, at this place of this source.
    New {
        /// The source.
        source: usize,
        /// The place in it.
        at: usize,
    },
    /// It replaces this rule.
    Change(RuleKey),
}

/// A rule of the whole list, the typed one among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// Its name; `None`: it is being typed and new.
    pub key: Option<RuleKey>,
    /// Its source.
    pub source: usize,
    /// What it says.
    pub text: Arc<RuleText>,
    /// Whether it is switched on.
    pub on: bool,
}

/// A way to go on typing, offered under the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The selector.
    pub text: String,
    /// Functions of that name, where that says something.
    pub functions: Option<usize>,
    /// It mends what is wrong; `None`: it only completes what is typed.
    pub reason: Option<Reason>,
}

/// What is known about the selector that is being typed.
#[derive(Clone, Debug, Default)]
pub struct Insight {
    /// What is wrong with it.
    pub error: Option<SelectorError>,
    /// Functions that it matches, those with most calls first.
    pub matched: Vec<usize>,
    /// Recorded calls of those.
    pub calls: u64,
    /// Their own time, in nanoseconds.
    pub self_ns: u64,
    /// What it nearly matches.
    pub near_misses: Vec<NearMiss>,
    /// What can be taken instead, or to go on.
    pub suggestions: Vec<Suggestion>,
}

/// What becomes of a function under the edited chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Recorded now and then.
    Recorded,
    /// Recorded now, hidden then.
    WouldHide,
    /// Not recorded now, recorded then. What it did so far is unknown.
    WouldRecord,
    /// Not recorded, now and then.
    Hidden,
    /// No filter can record it.
    Never,
}

/// How much is recorded per second, now and under the edited chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Calls per second now.
    pub now: u64,
    /// Calls per second then, without what nobody ever counted.
    pub after: u64,
    /// Functions that would be recorded and whose calls nobody ever counted.
    pub uncounted: usize,
}

impl Estimate {
    /// Events per second saved: a call is a start and an end.
    #[must_use]
    pub fn saved_events(&self) -> u64 {
        self.now.saturating_sub(self.after).saturating_mul(2)
    }
}

/// How the connection to the running program stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// The trace is finished: there is nobody to apply to.
    Saved,
    /// A program runs and records.
    Live,
}

/// The lab.
#[derive(Debug)]
pub struct Lab {
    chain: Chain,
    functions: Functions,
    evaluator: Evaluator,
    rows: Vec<RuleRow>,
    picture: Picture,
    difference: Difference,
    draft: Option<Draft>,
    insight: Insight,
    /// What explains misses, and the root that it holds for.
    explainer: Option<(String, Arc<RwLock<Explainer>>)>,
    /// Counts the questions to it that are answered away from the keys.
    asked: u64,
    question: Option<Question>,
    /// The selector that was looked at last.
    looked: String,
    root: PathBuf,
    running: Vec<Source>,
    generation: u32,
    engine: Option<Engine>,
    link: Link,
    processes: Vec<ProcessKey>,
    elapsed_ns: u64,
    recent_rate: Option<u64>,
    pending: bool,
    applying: Option<u32>,
    /// What the processes said to the last command, newest only.
    pub replies: Option<(String, Replies)>,
    /// Recording is paused, by us.
    pub paused: bool,
    /// Files are watched and calls are counted for it.
    pub awake: bool,
    /// How the call tree shows what the edited chain would hide.
    pub preview: Preview,
    /// How names were found in this recording.
    pub mode: NamingMode,
    /// Files that are broken now; the rules they had before stay in force.
    pub broken: BTreeMap<PathBuf, Vec<Diagnostic>>,
    /// Files that changed on disk while they were edited here.
    pub stale: BTreeMap<PathBuf, String>,
}

impl Lab {
    /// The lab of a trace.
    #[must_use]
    pub fn new(trace: &Trace) -> Self {
        let (generation, sources) = trace.filters();
        let root = PathBuf::from(&trace.manifest().project_root);
        let mut lab = Self::on(sources, &root);
        lab.generation = generation;
        if !trace.manifest().options.module_name_from_globals {
            lab.mode = NamingMode::Resolver;
        }
        lab.sync(trace);
        lab
    }

    /// A lab over a chain, without functions.
    #[must_use]
    pub fn on(sources: &[Source], root: &Path) -> Self {
        let mut lab = Self {
            chain: Chain::new(sources, root),
            functions: Functions::default(),
            evaluator: Evaluator::default(),
            rows: Vec::new(),
            picture: Picture::default(),
            difference: Difference::default(),
            draft: None,
            insight: Insight::default(),
            explainer: None,
            asked: 0,
            question: None,
            looked: String::new(),
            root: root.to_path_buf(),
            running: sources.to_vec(),
            generation: 0,
            engine: Chains::compile(sources).ok(),
            link: Link::Saved,
            processes: Vec::new(),
            elapsed_ns: 0,
            recent_rate: None,
            pending: false,
            applying: None,
            replies: None,
            paused: false,
            awake: false,
            preview: Preview::Off,
            mode: NamingMode::Globals,
            broken: BTreeMap::new(),
            stale: BTreeMap::new(),
        };
        lab.update();
        lab
    }

    /// Takes in what is new in the trace; true when anything shown may have changed.
    pub fn sync(&mut self, trace: &Trace) -> bool {
        let link = if trace.is_live() { Link::Live } else { Link::Saved };
        let mut changed = self.functions.sync(trace) || link != self.link;
        self.link = link;
        self.elapsed_ns = trace.last_ns();
        let running = trace.processes().iter().filter(|process| process.is_running());
        self.processes = running.map(|process| process.key.clone()).collect();
        let (generation, sources) = trace.filters();
        if generation != self.generation || sources != self.running {
            self.generation = generation;
            self.set_running(sources.to_vec());
            changed = true;
        }
        if changed {
            self.update();
        } else if !self.picture.complete {
            self.evaluate();
            changed = true;
        }
        if changed {
            // What is typed may match what came just now.
            self.look();
        }
        changed
    }

    fn set_running(&mut self, sources: Vec<Source>) {
        self.engine = Chains::compile(&sources).ok();
        // Another explorer changed the chain: follow it, unless there are changes here that would be lost.
        if !self.pending && !self.chain.edited() {
            self.chain = Chain::new(&sources, &self.root);
        }
        self.running = sources;
    }

    /// Costs of a newer profile.
    pub fn set_costs(
        &mut self,
        costs: impl IntoIterator<Item = ((ProcessIx, CodeId), super::functions::Cost)>,
        recent_rate: Option<u64>,
    ) {
        self.functions.set_costs(costs);
        self.recent_rate = recent_rate;
        self.evaluate();
    }

    /// The chain as edited, without what is being typed.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Changes the chain, and looks at what that changes.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut Chain) -> R) -> R {
        let result = change(&mut self.chain);
        self.update();
        result
    }

    /// Everything that was seen.
    #[must_use]
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// All rules in the order of the chain, the typed one among them. [`Picture::rules`] has the same order.
    #[must_use]
    pub fn rows(&self) -> &[RuleRow] {
        &self.rows
    }

    /// What the edited chain decides.
    #[must_use]
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// What it would change.
    #[must_use]
    pub fn difference(&self) -> &Difference {
        &self.difference
    }

    /// The rule that is being typed.
    #[must_use]
    pub fn draft(&self) -> Option<&Draft> {
        self.draft.as_ref()
    }

    /// What is known about it.
    #[must_use]
    pub fn insight(&self) -> &Insight {
        &self.insight
    }

    /// The engine of the chain that runs.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// The project's root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there is somebody to apply to.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The generation of the chain that runs.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether the edited chain is another than the one that runs.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.pending
    }

    /// The root of a source as selectors see it.
    #[must_use]
    pub fn root_of(&self, source: usize) -> String {
        self.chain.sources().get(source).map(|source| root_text(&source.root)).unwrap_or_default()
    }

    /// A source of the chain.
    #[must_use]
    pub fn source(&self, at: usize) -> Option<&LabSource> {
        self.chain.sources().get(at)
    }

    /// What is known of the matches of a rule of [`Self::rows`].
    #[must_use]
    pub fn matches(&self, row: &RuleRow) -> Option<&Matches> {
        self.evaluator.known(&row.text.selector, &self.root_of(row.source))
    }

    /// The place in [`Self::rows`] of a rule.
    #[must_use]
    pub fn place_of(&self, key: RuleKey) -> Option<usize> {
        self.rows.iter().position(|row| row.key == Some(key))
    }

    /// Starts to type a rule. `None`: that rule or source is read-only.
    pub fn start(&mut self, target: Target) -> Option<RuleText> {
        let rule = match target {
            Target::New { source, .. } => {
                let writable = self.chain.sources().get(source).is_some_and(|source| !source.read_only());
                writable.then(|| RuleText { exec: Some("skip".to_owned()), ..RuleText::default() })?
            }
            Target::Change(key) => {
                let (source, _) = self.chain.find(key)?;
                if self.chain.sources()[source].read_only() {
                    return None;
                }
                (*self.chain.rule(key)?.text).clone()
            }
        };
        self.type_rule(Draft { target, rule: rule.clone() });
        Some(rule)
    }

    /// The rule that is being typed now says this.
    pub fn type_rule(&mut self, draft: Draft) {
        // The chain itself is as it was: nothing has to be put into text on a key.
        self.draft = Some(draft);
        self.rows = rows(&self.chain, self.draft.as_ref());
        self.evaluate();
        self.look();
    }

    /// Leaves the typed rule alone.
    pub fn leave(&mut self) {
        self.draft = None;
        self.insight = Insight::default();
        self.update();
    }

    /// Takes the typed rule into the chain.
    ///
    /// # Errors
    ///
    /// Its selector is wrong; the typing goes on.
    pub fn take(&mut self) -> Result<Option<RuleKey>, SelectorError> {
        let Some(draft) = self.draft.clone() else { return Ok(None) };
        if let Some(error) = &self.insight.error {
            return Err(error.clone());
        }
        let key = match draft.target {
            Target::New { source, at } => self.chain.add(source, at, draft.rule),
            Target::Change(key) => {
                self.chain.change(key, draft.rule);
                Some(key)
            }
        };
        self.leave();
        Ok(key)
    }

    /// Everything that follows from the chain and what is typed.
    fn update(&mut self) {
        self.pending = self.chain.effective().is_ok_and(|sources| sources != self.running);
        self.rows = rows(&self.chain, self.draft.as_ref());
        self.evaluate();
    }

    /// Asks every rule about every function now, however long that takes.
    pub fn catch_up(&mut self) {
        while !self.picture.complete {
            self.evaluate();
        }
    }

    fn evaluate(&mut self) {
        let roots: Vec<String> = self.chain.sources().iter().map(|source| root_text(&source.root)).collect();
        let views: Vec<RuleView<'_>> = self
            .rows
            .iter()
            .map(|row| RuleView {
                selector: &row.text.selector,
                root: roots.get(row.source).map_or("", String::as_str),
                exec: exec(&row.text),
                on: row.on,
            })
            .collect();
        let typed = self.draft.is_some();
        self.picture = self.evaluator.picture(&self.functions, &views, self.default_exec(), STEP);
        self.difference = self.picture.difference(&self.functions);
        if typed {
            // The typed selector is never left half asked.
            if let Some(row) = self.typed_row().cloned() {
                let root = self.root_of(row.source);
                self.evaluator.matches(&self.functions, &row.text.selector, &root);
            }
        }
    }

    /// The row of the rule that is being typed.
    #[must_use]
    pub fn typed_row(&self) -> Option<&RuleRow> {
        match self.draft.as_ref()?.target {
            Target::New { .. } => self.rows.iter().find(|row| row.key.is_none()),
            Target::Change(key) => self.rows.iter().find(|row| row.key == Some(key)),
        }
    }

    /// The composed default of the edited chain.
    #[must_use]
    pub fn default_exec(&self) -> Exec {
        let words = self.chain.sources().iter().rev();
        words.filter_map(|source| word_exec(source.default_exec.as_deref())).next().unwrap_or(Exec::Trace)
    }

    /// What is known about the typed selector: matches, near misses, suggestions.
    fn look(&mut self) {
        let Some(row) = self.typed_row().cloned() else { return };
        let root = self.root_of(row.source);
        let selector = &row.text.selector;
        self.ready_explainer(&root);
        let matches = self.evaluator.matches(&self.functions, selector, &root);
        let mut insight = Insight { error: matches.compiled.as_ref().err().cloned(), ..Insight::default() };
        insight.matched = matches.functions.iter().collect();
        let cost = super::evaluate::sum(&self.functions, &matches.functions);
        (insight.calls, insight.self_ns) = (cost.calls, cost.self_ns);
        by_calls(&self.functions, &mut insight.matched);
        self.asked += 1;
        self.question = None;
        // Until there is an answer, that to the same selector holds.
        let same = self.looked == *selector;
        let mut misses = if same { std::mem::take(&mut self.insight.near_misses) } else { Vec::new() };
        self.looked.clone_from(selector);
        if let Some((_, explainer)) = &self.explainer
            && !selector.is_empty()
        {
            if self.functions.len() <= AT_ONCE {
                misses = read(explainer).explain(selector).near_misses;
            } else {
                let (number, selector) = (self.asked, selector.clone());
                self.question = Some(Question { number, selector, explainer: Arc::clone(explainer) });
            }
        }
        self.insight = insight;
        self.suggest(misses);
    }

    /// The question that is to be answered away from the keys, once.
    pub fn question(&mut self) -> Option<LabEffect> {
        self.question.take().map(LabEffect::Explain)
    }

    /// The answer to a question. One to an older question is of no use.
    pub fn explained(&mut self, number: u64, misses: Vec<NearMiss>) {
        if number == self.asked && self.draft.is_some() {
            self.suggest(misses);
        }
    }

    /// What the typed selector nearly matches, and what can be taken instead, or to go on.
    fn suggest(&mut self, misses: Vec<NearMiss>) {
        let Some(row) = self.typed_row().cloned() else { return };
        let (selector, root) = (&row.text.selector, self.root_of(row.source));
        let insight = &mut self.insight;
        insight.near_misses = misses;
        // Which rule decides is said by the picture, which knows the typed rule.
        insight.near_misses.retain(|miss| miss.reason != Reason::Overruled);
        let mending = insight.near_misses.iter().filter_map(|miss| {
            let text = miss.suggestion.clone().filter(|text| text != selector)?;
            Some(Suggestion { text, functions: Some(miss.frames.len()), reason: Some(miss.reason) })
        });
        let completing = complete(&self.functions, selector, &root)
            .into_iter()
            .map(|Completion { text, functions }| Suggestion { text, functions, reason: None });
        let mut suggestions: Vec<Suggestion> = if insight.matched.is_empty() {
            mending.chain(completing).collect()
        } else {
            completing.chain(mending).collect()
        };
        let mut seen = std::collections::HashSet::new();
        suggestions.retain(|suggestion| seen.insert(suggestion.text.clone()));
        insight.suggestions = suggestions;
    }

    /// What explains misses takes in the functions that came since. While it answers a question elsewhere it stays as it is.
    fn ready_explainer(&mut self, root: &str) {
        if self.explainer.as_ref().is_none_or(|(of, _)| of != root) {
            let explainer = Explainer::new(root, Vec::new(), []);
            self.explainer = Some((root.to_owned(), Arc::new(RwLock::new(explainer))));
        }
        let Some((_, explainer)) = &self.explainer else { return };
        let Ok(mut explainer) = explainer.try_write() else { return };
        let known = explainer.len();
        explainer.extend(self.functions.rows()[known..].iter().map(|function| SeenFrame {
            facts: function.facts(),
            evidence: &function.evidence,
            exec: function.exec,
            rule: function.rule.as_ref(),
            params: &[],
            locals: &[],
        }));
    }

    /// Near misses of any selector, as in `ct-tui why`.
    pub fn near_misses(&mut self, selector: &str) -> Vec<NearMiss> {
        let root = root_text(&self.root);
        self.ready_explainer(&root);
        self.explainer.as_ref().map(|(_, explainer)| read(explainer).explain(selector).near_misses).unwrap_or_default()
    }

    /// What becomes of a function under the edited chain.
    #[must_use]
    pub fn fate(&self, function: usize) -> Fate {
        let Some(row) = self.functions.get(function) else { return Fate::Never };
        match (row.is_fixed(), row.exec, self.picture.traced.contains(function)) {
            (true, _, _) => Fate::Never,
            (_, Exec::Trace, true) => Fate::Recorded,
            (_, Exec::Trace, false) => Fate::WouldHide,
            (_, Exec::Skip, true) => Fate::WouldRecord,
            (_, Exec::Skip, false) => Fate::Hidden,
        }
    }

    /// The same for a code object of the trace.
    #[must_use]
    pub fn fate_of(&self, process: ProcessIx, code: CodeId) -> Option<Fate> {
        Some(self.fate(self.functions.of_code(process, code)?))
    }

    /// The rule of the edited chain that decides about a function, in words: `project#2 pkg:shop.*`.
    #[must_use]
    pub fn decider(&self, function: usize) -> Option<String> {
        let place = (*self.picture.deciders.get(function)?)? as usize;
        self.rule_name(place)
    }

    /// A rule of [`Self::rows`] in words: `shop#2 pkg:shop.*`.
    #[must_use]
    pub fn rule_name(&self, place: usize) -> Option<String> {
        let row = self.rows.get(place)?;
        let source = self.source(row.source)?;
        let first = self.rows.iter().position(|other| other.source == row.source)?;
        Some(format!("{}#{} {}", source.name, place - first, row.text.selector))
    }

    /// How much would be recorded per second.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let calls = self.functions.totals().calls;
        let seconds = self.elapsed_ns as f64 / 1e9;
        let average = if seconds > 0.0 { (calls as f64 / seconds) as u64 } else { 0 };
        let now = self.recent_rate.unwrap_or(average);
        let left = calls.saturating_sub(self.difference.hidden_calls);
        let after = if calls == 0 { now } else { (now as f64 * (left as f64 / calls as f64)) as u64 };
        Estimate { now, after, uncounted: self.difference.uncounted }
    }

    /// Sends the edited chain to the running program.
    ///
    /// # Errors
    ///
    /// One sentence: there is nobody to send it to, or the chain is broken.
    pub fn apply(&mut self) -> Result<LabEffect, String> {
        if self.link == Link::Saved {
            return Err("this trace is finished: there is no running program to apply filters to".to_owned());
        }
        let filters = self.chain.effective().map_err(|(_, error)| error.to_string())?;
        if let Err(problems) = Chains::compile(&filters) {
            return Err(crate::diagnostic::one_line(&problems));
        }
        let generation = self.generation.max(self.applying.unwrap_or(0)) + 1;
        self.applying = Some(generation);
        Ok(LabEffect::Apply { generation, filters, processes: self.processes.clone() })
    }

    /// Pauses recording, or goes on with it.
    ///
    /// # Errors
    ///
    /// One sentence: there is nobody to tell.
    pub fn pause(&mut self) -> Result<LabEffect, String> {
        if self.link == Link::Saved {
            return Err("this trace is finished: nothing is being recorded".to_owned());
        }
        Ok(LabEffect::Pause { pause: !self.paused, processes: self.processes.clone() })
    }

    /// Takes what a file of the chain says now; one sentence about what came of it.
    pub fn file_changed(&mut self, path: &Path, text: Result<String, String>) -> Option<Reload> {
        let at = self.chain.sources().iter().position(|source| source.path.as_deref() == Some(path))?;
        let source = &self.chain.sources()[at];
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let gone = Diagnostic::error("E-FILE", error).in_file(path.display().to_string());
                self.broken.insert(path.to_path_buf(), vec![gone]);
                return Some(Reload::Broken(1));
            }
        };
        if self.chain.base(at) == Some(&*text) {
            self.broken.remove(path);
            self.stale.remove(path);
            return None;
        }
        let candidate =
            Source { kind: source.kind, path: source.path.clone(), root: source.root.clone(), text: text.clone() };
        let problems = Chains::check(&candidate);
        if !problems.is_empty() {
            let count = problems.len();
            self.broken.insert(path.to_path_buf(), problems);
            return Some(Reload::Broken(count));
        }
        self.broken.remove(path);
        if self.chain.sources()[at].edited() {
            self.stale.insert(path.to_path_buf(), text);
            return Some(Reload::Kept);
        }
        self.edit(|chain| chain.reload(at, &text, true));
        Some(Reload::Taken)
    }

    /// Gives up the edits of a source and takes what its file says.
    pub fn take_file(&mut self, source: usize) -> bool {
        let Some(path) = self.chain.sources().get(source).and_then(|source| source.path.clone()) else { return false };
        let Some(text) = self.stale.remove(&path) else { return false };
        self.edit(|chain| chain.reload(source, &text, true));
        true
    }

    /// A file of the chain was written: it says what is on the screen now.
    pub fn saved(&mut self, path: &Path, text: &str, moved: &[RuleKey]) {
        self.stale.remove(path);
        self.broken.remove(path);
        self.chain.clear_session(moved);
        match self.chain.sources().iter().position(|source| source.path.as_deref() == Some(path)) {
            Some(at) => self.chain.reload(at, text, false),
            None => {
                let root = crate::filter::path::root_of_file(path);
                let source = Source {
                    kind: crate::filter::SourceKind::Project,
                    path: Some(path.to_path_buf()),
                    root,
                    text: text.to_owned(),
                };
                self.chain.insert_source(&source);
            }
        }
        self.update();
    }
}

fn read(explainer: &RwLock<Explainer>) -> RwLockReadGuard<'_, Explainer> {
    explainer.read().unwrap_or_else(PoisonError::into_inner)
}

/// The rules of the chain in order, with the typed one in its place.
fn rows(chain: &Chain, draft: Option<&Draft>) -> Vec<RuleRow> {
    let mut rows = Vec::new();
    for (at, source) in chain.sources().iter().enumerate() {
        let typed = |place: usize| match draft {
            Some(Draft { target: Target::New { source, at: wanted }, rule })
                if *source == at && (*wanted).min(chain.sources()[at].rules.len()) == place =>
            {
                Some(RuleRow { key: None, source: at, text: Arc::new(rule.clone()), on: true })
            }
            _ => None,
        };
        for (place, rule) in source.rules.iter().enumerate() {
            rows.extend(typed(place));
            rows.push(row(at, rule, draft));
        }
        rows.extend(typed(source.rules.len()));
    }
    rows
}

fn row(source: usize, rule: &Rule, draft: Option<&Draft>) -> RuleRow {
    let text = match draft {
        Some(Draft { target: Target::Change(key), rule: typed }) if *key == rule.key => Arc::new(typed.clone()),
        _ => Arc::clone(&rule.text),
    };
    RuleRow { key: Some(rule.key), source, text, on: !rule.off }
}

/// A root without a slash at its end.
#[must_use]
pub fn root_text(root: &Path) -> String {
    root.to_string_lossy().trim_end_matches('/').to_owned()
}

/// Sorts functions: those with most calls first, then by name.
pub fn by_calls(functions: &Functions, list: &mut [usize]) {
    let rows = functions.rows();
    list.sort_by(|a, b| {
        let (a, b) = (&rows[*a], &rows[*b]);
        let calls = b.calls.unwrap_or(0).cmp(&a.calls.unwrap_or(0));
        calls.then_with(|| a.module.cmp(&b.module)).then_with(|| a.qualname.cmp(&b.qualname)).then(a.line.cmp(&b.line))
    });
}

#[cfg(test)]
mod tests;
