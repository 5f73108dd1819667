//! Deleting a saved trace from the list.

use std::path::Path;

/// Deletes a trace, and nothing that is none.
///
/// # Errors
///
/// A sentence: what it is instead, that it still grows, or what the system says.
pub fn delete(path: &Path) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("cannot delete {}: {error}", path.display());
    let metadata = std::fs::symlink_metadata(path).map_err(|error| told(&error))?;
    if !metadata.is_dir() || !path.join(crate::trace::format::MANIFEST).is_file() {
        return Err(told(&"it is no trace"));
    }
    if crate::trace::summary(path).is_ok_and(|overview| overview.live) {
        return Err(told(&"it is still being recorded"));
    }
    std::fs::remove_dir_all(path).map_err(|error| told(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::testing::TraceBuilder;

    #[test]
    fn only_traces_that_have_ended_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("other");
        std::fs::create_dir(&other).unwrap();
        assert!(delete(&other).unwrap_err().contains("it is no trace"));
        let trace = dir.path().join("a.cttrace");
        TraceBuilder::new(&trace).end(0);
        let link = dir.path().join("link.cttrace");
        std::os::unix::fs::symlink(&trace, &link).unwrap();
        assert!(delete(&link).unwrap_err().contains("it is no trace"));
        let live = dir.path().join("live.cttrace");
        let mut builder = TraceBuilder::new(&live);
        builder.manifest.launcher_pid = std::process::id();
        builder.write_manifest();
        assert!(delete(&live).unwrap_err().contains("still being recorded"));
        delete(&trace).unwrap();
        assert!(!trace.exists() && live.exists() && other.exists());
    }
}
