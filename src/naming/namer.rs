//! The namer: asks every source about a code object, keeps what costs a sweep or a look at the disk, and marks the
//! winner. It is used from every thread of the recorded program, so the caches are concurrent maps, and no guard of
//! them is held while the world is asked: the world may let another thread run.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use dashmap::DashMap;

use super::BODY;
use super::answer::settle;
use super::identifier::trim;
use super::path::{NormPath, Platform, is_synthetic};
use super::roots::{Finding, Roots, below};
use super::sweep::{Sweep, Swept};
use super::world::{Attr, World};
use crate::model::evidence::{Evidence, EvidenceItem, EvidenceSource, NO_MARKER, NameSource, NamingMode, Outcome};

/// A program that makes up file names without end must not grow the caches without bound: they start afresh here.
const CACHE_LIMIT: usize = 1 << 16;

/// The facts about one code object at its start.
#[derive(Clone, Copy, Debug)]
pub struct CodeInput<'a> {
    /// `co_filename`
    pub filename: &'a str,
    /// `co_qualname`; [`BODY`] for a module body.
    pub qualname: &'a str,
    /// `f_globals["__name__"]`
    pub globals_name: Attr<'a>,
    /// `f_globals["__spec__"].name`
    pub spec_name: Attr<'a>,
    /// `f_globals["__spec__"].origin`, if it is a string
    pub spec_origin: Option<&'a str>,
}

/// A name, or the lack of one, with the whole trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The module name; `None` when it is unknown.
    pub module: Option<String>,
    pub source: NameSource,
    pub evidence: Evidence,
}

/// Everything that depends on the file alone.
#[derive(Debug)]
struct FileFacts {
    sys_path: Finding,
    marker: Finding,
    project: Finding,
    swept: Swept,
    /// What the misses above were true for.
    roots: Arc<CurrentRoots>,
    modules_len: usize,
}

#[derive(Debug)]
struct CurrentRoots {
    version: u64,
    cwd: Option<String>,
    roots: Roots,
}

/// Names code objects under one mode. See the module's introduction.
#[derive(Debug)]
pub struct Namer {
    mode: NamingMode,
    platform: Platform,
    files: DashMap<String, Arc<FileFacts>>,
    markers: DashMap<String, Option<&'static str>>,
    roots: RwLock<Option<Arc<CurrentRoots>>>,
    sweeps: AtomicU64,
    marker_searches: AtomicU64,
}

impl Namer {
    #[must_use]
    pub fn new(mode: NamingMode, platform: Platform) -> Self {
        Self {
            mode,
            platform,
            files: DashMap::new(),
            markers: DashMap::new(),
            roots: RwLock::new(None),
            sweeps: AtomicU64::new(0),
            marker_searches: AtomicU64::new(0),
        }
    }

    /// The mode that decides the winner.
    #[must_use]
    pub fn mode(&self) -> NamingMode {
        self.mode
    }

    /// How often `sys.modules` was swept so far.
    #[must_use]
    pub fn sweeps(&self) -> u64 {
        self.sweeps.load(Relaxed)
    }

    /// How many folders were searched for markers so far.
    #[must_use]
    pub fn marker_searches(&self) -> u64 {
        self.marker_searches.load(Relaxed)
    }

    /// How many files are remembered.
    #[cfg(test)]
    pub(super) fn cached_files(&self) -> usize {
        self.files.len()
    }

    /// Names one code object, with the evidence of every source. Call it at the first start of a function, and at every
    /// start of a module body.
    pub fn name(&self, code: &CodeInput<'_>, world: &dyn World) -> Named {
        let mut evidence = Evidence::default();
        evidence.items.reserve_exact(EvidenceSource::ALL.len());
        evidence.items.push(attribute(EvidenceSource::Globals, code.globals_name));
        evidence.items.push(attribute(EvidenceSource::Spec, code.spec_name));
        if is_synthetic(code.filename) {
            for source in [EvidenceSource::SysModules, EvidenceSource::SysPath, EvidenceSource::Marker] {
                evidence.items.push(item(source, &Finding::none(Outcome::SyntheticFileName)));
            }
            evidence.items.push(item(EvidenceSource::ProjectPath, &Finding::none(Outcome::SyntheticFileName)));
        } else {
            let facts = self.file_facts(code.filename, world);
            evidence.items.push(item(EvidenceSource::SysModules, &facts.swept.finding));
            evidence.items.push(item(EvidenceSource::SysPath, &facts.sys_path));
            evidence.items.push(item(EvidenceSource::Marker, &facts.marker));
            evidence.items.push(item(EvidenceSource::ProjectPath, &facts.project));
            evidence.candidates.clone_from(&facts.swept.candidates);
            evidence.aliases.clone_from(&facts.swept.aliases);
            evidence.main_spec = self.is_main_spec(code, &evidence, world);
        }
        let (module, source) = settle(self.mode, &mut evidence);
        Named { module, source, evidence }
    }

    /// Whether this is the body that `python -m` runs, and not other code that runs in its namespace. A module without
    /// source may carry any file name: whoever compiled it had another folder.
    fn is_main_spec(&self, code: &CodeInput<'_>, evidence: &Evidence, world: &dyn World) -> bool {
        let spec = evidence.name(EvidenceSource::Spec);
        if code.qualname != BODY
            || evidence.name(EvidenceSource::Globals) != Some("__main__")
            || spec.is_none_or(|name| name == "__main__")
        {
            return false;
        }
        code.spec_origin.is_none_or(|origin| {
            let path = |text| NormPath::new(self.platform, world.startup_cwd(), text).source();
            self.platform.strip_suffix(origin, ".pyc").is_some() || path(origin).same(&path(code.filename))
        })
    }

    fn file_facts(&self, filename: &str, world: &dyn World) -> Arc<FileFacts> {
        let roots = self.current_roots(world);
        let modules_len = world.modules_len();
        let known = self.files.get(filename).map(|entry| Arc::clone(entry.value()));
        let swept = match &known {
            Some(facts) => {
                let same_roots = Arc::ptr_eq(&facts.roots, &roots);
                let hit = facts.swept.finding.name.is_ok();
                if same_roots && (hit || facts.modules_len == modules_len) {
                    return Arc::clone(facts);
                }
                hit.then(|| facts.swept.clone())
            }
            None => None,
        };
        let path = NormPath::new(self.platform, world.startup_cwd(), filename);
        let swept = swept.unwrap_or_else(|| {
            self.sweeps.fetch_add(1, Relaxed);
            let mut sweep = Sweep::new(self.platform, world.startup_cwd(), &path);
            world.modules(&mut |row| sweep.row(row));
            sweep.finish()
        });
        let sys_path = roots.roots.find(self.platform, &path);
        let (marker, project) = match known {
            Some(facts) => (facts.marker.clone(), facts.project.clone()),
            None => (self.marker_finding(&path, world), self.project_finding(&path, world)),
        };
        let facts = Arc::new(FileFacts { sys_path, marker, project, swept, roots, modules_len });
        if self.files.len() >= CACHE_LIMIT {
            self.files.clear();
        }
        self.files.insert(filename.to_owned(), Arc::clone(&facts));
        facts
    }

    fn current_roots(&self, world: &dyn World) -> Arc<CurrentRoots> {
        let version = world.roots_version();
        let known = self.roots.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.version == version) {
            // Relative entries follow the current folder, whether or not `sys.path` itself changed.
            if known.cwd.as_ref().is_none_or(|cwd| *cwd == world.cwd()) {
                return known;
            }
        }
        let mut raw: Vec<String> = Vec::new();
        world.roots(&mut |root| raw.push(root.to_owned()));
        let roots = Roots::new(self.platform, || world.cwd(), raw.iter().map(String::as_str));
        let cwd = roots.relative.then(|| world.cwd());
        let current = Arc::new(CurrentRoots { version, cwd, roots });
        *self.roots.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&current));
        current
    }

    /// The nearest ancestor with a marker is the root, else the file's own folder.
    fn marker_finding(&self, path: &NormPath, world: &dyn World) -> Finding {
        let own = path.parent();
        let mut folder = own.clone();
        loop {
            if let Some(marker) = self.marker_of(&folder, world) {
                let detail = Some(format!("{marker} in {folder}"));
                return Finding { name: below(self.platform, path, &folder), detail };
            }
            if folder.parts().is_empty() {
                let detail = Some(format!("{NO_MARKER}, own folder {own}"));
                return Finding { name: below(self.platform, path, &own), detail };
            }
            folder = folder.parent();
        }
    }

    fn marker_of(&self, folder: &NormPath, world: &dyn World) -> Option<&'static str> {
        let folder = folder.to_string();
        if let Some(known) = self.markers.get(&folder) {
            return *known;
        }
        self.marker_searches.fetch_add(1, Relaxed);
        let marker = world.marker(&folder);
        if self.markers.len() >= CACHE_LIMIT {
            self.markers.clear();
        }
        self.markers.insert(folder, marker);
        marker
    }

    fn project_finding(&self, path: &NormPath, world: &dyn World) -> Finding {
        let Some(root) = world.project_root() else { return Finding::none(Outcome::Missing) };
        let root = NormPath::new(self.platform, world.startup_cwd(), root);
        let detail = path.below(&root).map(|rest| rest.join("/"));
        Finding { name: below(self.platform, path, &root), detail }
    }
}

/// A name that Python itself gives: used trimmed and verbatim, whatever it looks like.
fn attribute(source: EvidenceSource, value: Attr<'_>) -> EvidenceItem {
    let finding = match value {
        Attr::Missing => Finding::none(Outcome::Missing),
        Attr::NotAString(type_name) => Finding { name: Err(Outcome::NotAString), detail: Some(type_name.to_owned()) },
        Attr::Str(text) => match trim(text) {
            "" => Finding::none(Outcome::Blank),
            name => Finding { name: Ok(name.to_owned()), detail: None },
        },
    };
    item(source, &finding)
}

fn item(source: EvidenceSource, finding: &Finding) -> EvidenceItem {
    let (name, outcome) = match &finding.name {
        // Provisional: `settle` says how it stands to the winner.
        Ok(name) => (Some(name.clone()), Outcome::Differs),
        Err(outcome) => (None, *outcome),
    };
    EvidenceItem { source, name, outcome, detail: finding.detail.clone() }
}
