//! The lab as one value: what was seen, the chain that runs, the chain that is edited, and the rule that is being typed.

mod draft;
mod fate;
mod insight;
mod world;

use super::chain::{Chain, LabSource, RuleKey, exec, word_exec};
use super::effect::Question;
use super::evaluate::{Difference, Evaluator, Matches, Picture, RuleView};
use super::functions::Functions;
use super::glue::Preview;
use super::misses::Misses;
use crate::diagnostic::Diagnostic;
use crate::filter::{Chain as Chains, Engine, Source};
use crate::launch::control::Replies;
use crate::model::code::Exec;
use crate::model::evidence::NamingMode;
use crate::model::id::{CodeId, ProcessIx, ProcessKey};
use crate::trace::Trace;
use draft::rows;
pub use draft::{Draft, RuleRow, Target};
pub use fate::{Estimate, Fate};
pub use insight::{Asked, Insight, Suggestion};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub use world::Link;

/// Questions to new selectors in one go: a few milliseconds' worth.
const STEP: usize = 30_000;

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
    /// What explains misses, the root that it holds for, and how many functions it was told of.
    misses: Option<(String, Arc<Misses>, usize)>,
    /// Counts the questions to it.
    asked: u64,
    question: Option<Question>,
    /// The selector that was looked at last, and the number of the question about it.
    looked: (String, u64),
    root: PathBuf,
    running: Vec<Source>,
    /// The same, taken apart.
    running_chain: Chain,
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
    /// The next part of what is asked of the rules was asked for.
    pub goes_on: bool,
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
            misses: None,
            asked: 0,
            question: None,
            looked: (String::new(), 0),
            root: root.to_path_buf(),
            running: sources.to_vec(),
            running_chain: Chain::new(sources, root),
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
            goes_on: false,
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
        self.running_chain = Chain::new(&sources, &self.root);
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

    /// Everything that follows from the chain and what is typed.
    fn update(&mut self) {
        self.pending = !self.chain.decides_as(&self.running_chain);
        self.rows = rows(&self.chain, self.draft.as_ref());
        self.evaluate();
    }

    /// Asks every rule about every function now, however long that takes.
    #[cfg(test)]
    fn catch_up(&mut self) {
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

    /// The composed default of the edited chain.
    #[must_use]
    pub fn default_exec(&self) -> Exec {
        let words = self.chain.sources().iter().rev();
        words.filter_map(|source| word_exec(source.default_exec.as_deref())).next().unwrap_or(Exec::Trace)
    }
}

/// A root without a slash at its end.
#[must_use]
pub fn root_text(root: &Path) -> String {
    root.to_string_lossy().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests;
