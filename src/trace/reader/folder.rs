//! Watching a folder for new names without listing it again and again.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A folder changed this recently is listed again: names added in the same tick of the clock do not change its time.
const SETTLE: Duration = Duration::from_secs(2);

/// What was seen of a folder.
#[derive(Debug, Default)]
pub struct Folder {
    listed: Option<SystemTime>,
    names: HashSet<String>,
}

impl Folder {
    /// Names that were not there when last asked, in no particular order. `force`: list it whatever its time says.
    ///
    /// # Errors
    /// The system's.
    pub fn new_names(&mut self, path: &Path, force: bool) -> io::Result<Vec<String>> {
        let changed = std::fs::metadata(path)?.modified()?;
        if !force && self.listed == Some(changed) {
            return Ok(Vec::new());
        }
        let mut new = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if !self.names.contains(&name) {
                self.names.insert(name.clone());
                new.push(name);
            }
        }
        let old = SystemTime::now().duration_since(changed).is_ok_and(|age| age > SETTLE);
        self.listed = old.then_some(changed);
        Ok(new)
    }

    /// Offers `name` again next time.
    pub fn forget(&mut self, name: &str) {
        self.names.remove(name);
        self.listed = None;
    }
}
