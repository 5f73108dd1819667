//! Tables of one-line cases for semantics section 4, sentence by sentence. A case is one row of strings, so that a
//! hundred of them can be read at a glance; `World`s are made from them here.

use std::cell::{Cell, RefCell};

use super::*;
use crate::model::evidence::{EvidenceSource, NameSource, NamingMode, Outcome};

mod caches;
mod evidence;
mod identifiers;
mod properties;
mod resolver;
mod windows;

/// A world made of tables.
#[derive(Default)]
struct Table {
    startup_cwd: String,
    cwd: RefCell<String>,
    roots: RefCell<Vec<String>>,
    roots_version: Cell<u64>,
    /// `key=… name=… spec=… origin=… file=… cached=…`, one module per text.
    modules: RefCell<Vec<String>>,
    /// `folder/marker`
    markers: Vec<String>,
    project_root: Option<String>,
    swept_rows: Cell<usize>,
}

impl Table {
    fn new(roots: &str) -> Self {
        Self {
            startup_cwd: "/w/cwd".into(),
            cwd: RefCell::new("/w/cwd".into()),
            roots: RefCell::new(words(roots)),
            ..Self::default()
        }
    }

    fn windows(roots: &str) -> Self {
        Self { startup_cwd: r"C:\w\cwd".into(), cwd: RefCell::new(r"C:\w\cwd".into()), ..Self::new(roots) }
    }

    fn modules(self, rows: &str) -> Self {
        let rows = rows.split('|').map(str::trim).filter(|row| !row.is_empty()).map(str::to_owned).collect();
        Self { modules: RefCell::new(rows), ..self }
    }

    fn markers(self, markers: &str) -> Self {
        Self { markers: words(markers), ..self }
    }

    fn set_roots(&self, roots: &str) {
        *self.roots.borrow_mut() = words(roots);
        self.roots_version.set(self.roots_version.get() + 1);
    }

    fn add_module(&self, row: &str) {
        self.modules.borrow_mut().push(row.to_owned());
    }
}

/// Words, where `''` is the empty one.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(|word| if word == "''" { String::new() } else { word.to_owned() }).collect()
}

impl World for Table {
    fn startup_cwd(&self) -> &str {
        &self.startup_cwd
    }

    fn cwd(&self) -> String {
        self.cwd.borrow().clone()
    }

    fn roots_version(&self) -> u64 {
        self.roots_version.get()
    }

    fn roots(&self, each: &mut dyn FnMut(&str)) {
        self.roots.borrow().iter().for_each(|root| each(root));
    }

    fn modules_len(&self) -> usize {
        self.modules.borrow().len()
    }

    fn modules(&self, each: &mut dyn FnMut(ModuleRow<'_>)) {
        for row in self.modules.borrow().iter() {
            self.swept_rows.set(self.swept_rows.get() + 1);
            let field = |key: &str| row.split_whitespace().find_map(|f| f.strip_prefix(key)?.strip_prefix('='));
            each(ModuleRow {
                key: field("key").unwrap_or(""),
                name: field("name"),
                spec_name: field("spec"),
                spec_origin: field("origin"),
                file: field("file"),
                cached: field("cached"),
            });
        }
    }

    fn marker(&self, folder: &str) -> Option<&'static str> {
        let folder = folder.strip_suffix('/').unwrap_or(folder);
        MARKERS.into_iter().find(|marker| self.markers.contains(&format!("{folder}/{marker}")))
    }

    fn project_root(&self) -> Option<&str> {
        self.project_root.as_deref()
    }
}

fn function(filename: &str) -> CodeInput<'_> {
    CodeInput { filename, qualname: "f", globals_name: Attr::Missing, spec_name: Attr::Missing, spec_origin: None }
}

fn resolve(platform: Platform, world: &Table, code: &CodeInput<'_>) -> String {
    let named = Namer::new(NamingMode::Resolver, platform).name(code, world);
    shown(named.module.as_deref(), named.source)
}

/// `name source`, or `none`.
fn shown(module: Option<&str>, source: NameSource) -> String {
    match module {
        Some(module) => format!("{module} {}", source.as_str()),
        None => source.as_str().to_owned(),
    }
}

#[test]
fn labels() {
    for (module, qualname, expected) in [
        (Some("pkg.mod"), "<module>", "<pkg.mod>"),
        (Some("pkg.mod"), "f", "pkg.mod.f"),
        (Some("pkg.mod"), "C.f.<locals>.<lambda>", "pkg.mod.C.f.<locals>.<lambda>"),
        (Some("<run_path>"), "<module>", "<<run_path>>"),
        (Some("my-plugin"), "<module>", "<my-plugin>"),
        (Some("módulo"), "f", "módulo.f"),
        (Some("m"), "<module>.x", "m.<module>.x"),
        (Some("m"), "module", "m.module"),
        (None, "<module>", "<module>"),
        (None, "C.f", "C.f"),
    ] {
        assert_eq!(label(module, qualname), expected);
    }
}
