//! Recording once more what a trace was recorded of.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::filter::SourceKind;
use crate::launch::prepare::Request;
use crate::launch::target::Target;
use crate::trace::manifest::Manifest;

/// What the recording of a manifest was asked for, to be done in its folder. `None`: it does not say what was started.
pub fn request(manifest: &Manifest) -> Option<Request> {
    if manifest.target.is_empty() {
        return None;
    }
    let options = &manifest.options;
    let has = |kind| options.filters.iter().any(|source| source.kind == kind);
    let target: Vec<OsString> = manifest.target.iter().map(Into::into).collect();
    let is_command = matches!(Target::parse(&target), Ok(Target::Command { .. }));
    let python = manifest.command.first().filter(|_| !is_command).map(PathBuf::from);
    let files = options.filters.iter().filter(|source| source.kind == SourceKind::CommandLine);
    Some(Request {
        target,
        python,
        output: None,
        trace_filters: files.filter_map(|source| source.path.clone()).map(Into::into).collect(),
        default_filters: has(SourceKind::Builtin),
        framework_filters: has(SourceKind::Framework),
        names_from_globals: Some(options.module_name_from_globals),
        activation_path: options.activation_path.as_ref().map(PathBuf::from),
        values: options.values,
        lines: options.lines,
        max_size: options.max_size,
        follow: options.follow,
        control: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::testing::TraceBuilder;
    use std::path::Path;

    #[test]
    fn what_was_recorded_can_be_asked_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = TraceBuilder::new(&dir.path().join("a.cttrace"));
        let again = request(&builder.manifest).unwrap();
        assert_eq!(again.target, ["app.py"]);
        assert_eq!(again.python.as_deref(), Some(Path::new("/usr/bin/python3")));
        assert!(!again.default_filters, "its chain has no built-in filter");
        builder.manifest.target.clear();
        assert!(request(&builder.manifest).is_none());
    }
}
