//! `ct-tui filter init`: a first filter file for the project in the current folder, with comments that explain it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::{Failure, Outcome};
use crate::cli::FilterInitArgs;
use crate::diagnostic::printable;
use crate::filter::compose::PROJECT_FILE;
use crate::filter::edit::STARTER;
use crate::filter::path::PROJECT_FOLDER;

/// Writes `.codetracer/trace-filter.toml` below the current folder.
///
/// # Errors
///
/// There is something of that name already, or it cannot be written.
pub fn run(_args: &FilterInitArgs) -> Outcome {
    let path = Path::new(PROJECT_FOLDER).join(PROJECT_FILE);
    write(&path)?;
    writeln!(io::stdout(), "wrote {}", path.display())?;
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path) -> Result<(), Failure> {
    let shown = printable(&path.to_string_lossy()).into_owned();
    let cannot = |error: io::Error| Failure::new(format!("cannot write {shown}: {error}"));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    // Never follows a link and never opens what is there: whatever has this name is left alone.
    let mut file = match File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(format!("{shown} is already there; it is left as it is")));
        }
        Err(error) => return Err(cannot(error)),
    };
    file.write_all(STARTER.as_bytes()).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Chain, SourceKind, compose, lint};

    #[test]
    fn what_it_writes_is_valid_and_worth_no_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PROJECT_FOLDER).join(PROJECT_FILE);
        write(&path).unwrap();
        assert!(write(&path).is_err(), "never twice");
        assert_eq!(fs::read_to_string(&path).unwrap(), STARTER);
        let commented = compose::read(SourceKind::Project, &path).unwrap();
        // With every example switched on it is still valid: comments must not lie.
        let mut live = commented.clone();
        let rules = live.text.find("\n# [[").unwrap();
        let examples: Vec<&str> = live.text[rules..].lines().collect();
        let examples: Vec<&str> = examples
            .into_iter()
            .filter(|line| !line.starts_with("# Say"))
            .map(|line| line.strip_prefix("# ").unwrap_or(line.trim_start_matches('#')))
            .collect();
        live.text = format!("{}{}", &live.text[..rules], examples.join("\n"));
        for (source, rules) in [(commented, 0), (live, 3)] {
            let builtin = crate::filter::builtin::default_filter(&source.root);
            let engine = Chain::compile(&[builtin, source.clone()])
                .unwrap_or_else(|problems| panic!("{}\n{}", crate::diagnostic::one_line(&problems), source.text));
            assert_eq!(engine.sources()[1].rules, rules);
            assert_eq!(lint::lint(&engine, 1, &source.text, "f", |_| false), []);
        }
    }

    #[test]
    fn what_is_in_the_way_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        let path = folder.path().join(PROJECT_FOLDER).join(PROJECT_FILE);
        fs::create_dir(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(write(&path).is_err());
        assert!(!target.exists(), "a link that leads nowhere is not followed");
        let blocked = folder.path().join("file");
        fs::write(&blocked, "x").unwrap();
        assert!(write(&blocked.join("trace-filter.toml")).is_err());
    }
}
