//! The sweep of `sys.modules`: which modules were loaded from this file, and what each of them is called.

use super::identifier::is_dotted_identifier;
use super::path::{NormPath, Platform, is_synthetic};
use super::roots::Finding;
use super::world::ModuleRow;
use crate::model::evidence::Outcome;

/// Programs that register one file under names without end are known; evidence stays small.
const MAX_KEPT: usize = 32;

/// What a sweep found.
#[derive(Clone, Debug)]
pub(super) struct Swept {
    pub finding: Finding,
    /// All names, when there are several.
    pub candidates: Vec<String>,
    /// Keys that are none of the names.
    pub aliases: Vec<String>,
}

/// Collects the modules of one file while the rows of `sys.modules` go by.
pub(super) struct Sweep<'a> {
    platform: Platform,
    startup_cwd: &'a str,
    target: NormPath,
    stem: String,
    /// Different names, in the order of `sys.modules`, each with its key.
    candidates: Vec<(String, String)>,
    /// Keys under which these modules were found, where the key is not the name.
    aliases: Vec<String>,
    /// The key of the first module of this file without a usable name.
    unusable: Option<String>,
}

impl<'a> Sweep<'a> {
    pub fn new(platform: Platform, startup_cwd: &'a str, path: &NormPath) -> Self {
        let target = path.clone().source();
        let stem = stem(target.parts().last().map_or("", String::as_str)).to_owned();
        Self { platform, startup_cwd, target, stem, candidates: Vec::new(), aliases: Vec::new(), unusable: None }
    }

    pub fn row(&mut self, row: ModuleRow<'_>) {
        if ![row.spec_origin, row.file, row.cached].into_iter().flatten().any(|path| self.is_target(path)) {
            return;
        }
        if [row.spec_name, row.name].into_iter().flatten().any(|name| name != row.key) && self.aliases.len() < MAX_KEPT
        {
            self.aliases.push(row.key.to_owned());
        }
        let names = [row.spec_name, row.name, Some(row.key)];
        match names.into_iter().flatten().find(|name| is_dotted_identifier(name)) {
            Some(name) if self.candidates.iter().any(|(seen, _)| seen == name) => {}
            Some(_) if self.candidates.len() >= MAX_KEPT => {}
            Some(name) => self.candidates.push((name.to_owned(), row.key.to_owned())),
            None => {
                self.unusable.get_or_insert_with(|| row.key.to_owned());
            }
        }
    }

    fn is_target(&self, path: &str) -> bool {
        if path == "built-in" || path == "frozen" || is_synthetic(path) {
            return false;
        }
        // Nearly every row is turned away here, without touching the allocator.
        let last = path.rsplit(|c| self.platform.is_separator(c)).next().unwrap_or(path);
        if !matches!(last, "" | "." | "..") && !self.platform.same(stem(last), &self.stem) {
            return false;
        }
        NormPath::new(self.platform, self.startup_cwd, path).source().same(&self.target)
    }

    pub fn finish(mut self) -> Swept {
        let finding = match (self.candidates.first(), self.unusable) {
            (Some((name, key)), _) => Finding { name: Ok(name.clone()), detail: Some(key.clone()) },
            (None, Some(key)) => Finding { name: Err(Outcome::NotAnIdentifier), detail: Some(key) },
            (None, None) => Finding::none(Outcome::NotInSysModules),
        };
        self.aliases.retain(|key| self.candidates.iter().all(|(name, _)| name != key));
        let several = self.candidates.len() > 1;
        let names = self.candidates.into_iter().map(|(name, _)| name);
        Swept { finding, candidates: if several { names.collect() } else { Vec::new() }, aliases: self.aliases }
    }
}

/// The file name up to its first dot: the same for a source file and everything compiled from it.
fn stem(file: &str) -> &str {
    file.split('.').next().unwrap_or(file)
}
