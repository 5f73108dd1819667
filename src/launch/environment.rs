//! The environment that carries the recorder into every Python that the target starts.
//!
//! | variable | meaning |
//! |---|---|
//! | `PYTHONPATH` | prefixed with the folder of the bootstrap, which takes itself off `sys.path` again |
//! | `CT_TUI_TRACE` | absolute path of the trace directory; its manifest holds every option |
//! | `CT_TUI_RECORDER` | absolute path of the unpacked extension module; the bootstrap lies beside it |
//! | `CT_TUI_FOLLOW` | `0`: the first Python that starts is recorded and takes all of this out of its environment |
//! | `CT_TUI_CONTROL` | `1`: somebody watches and may send commands; the recorder opens its control socket |

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// See the table above.
pub const TRACE: &str = "CT_TUI_TRACE";
/// See the table above.
pub const RECORDER: &str = "CT_TUI_RECORDER";
/// See the table above.
pub const FOLLOW: &str = "CT_TUI_FOLLOW";
/// See the table above.
pub const CONTROL: &str = "CT_TUI_CONTROL";

/// What the target's environment is made from.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The trace directory, absolute.
    pub trace: &'a Path,
    /// The extension module, absolute, beside the bootstrap.
    pub extension: &'a Path,
    /// Record the Pythons that the first one starts.
    pub follow: bool,
    /// A terminal interface wants to talk to the recorder.
    pub control: bool,
}

/// The changes to the environment: a value to set, or `None` to remove the variable. `current` reads our own
/// environment; a recording inside a recorded program takes the outer recorder's entries out.
#[must_use]
pub fn changes(
    settings: Settings<'_>,
    current: impl Fn(&str) -> Option<OsString>,
) -> Vec<(&'static str, Option<OsString>)> {
    let folder = |extension: &Path| extension.parent().unwrap_or(Path::new("/")).as_os_str().as_bytes().to_vec();
    let mut entries = vec![folder(settings.extension)];
    let outer = current(RECORDER).map(|path| folder(Path::new(&path)));
    // An empty variable counts as unset in Python; an empty *entry* is the current folder and stays.
    if let Some(path) = current("PYTHONPATH").filter(|path| !path.is_empty()) {
        let own = path.as_bytes().split(|&byte| byte == b':').map(<[u8]>::to_vec);
        let mut own: Vec<_> = own.filter(|entry| Some(entry) != outer.as_ref()).collect();
        entries.append(&mut own);
    }
    let flag = |on: bool, value: &str| on.then(|| OsString::from(value));
    vec![
        ("PYTHONPATH", Some(OsString::from_vec(entries.join(&b':')))),
        (TRACE, Some(settings.trace.into())),
        (RECORDER, Some(settings.extension.into())),
        (FOLLOW, flag(!settings.follow, "0")),
        (CONTROL, flag(settings.control, "1")),
    ]
}

/// Reads a switch from the environment: `None` when it is unset or empty.
///
/// # Errors
///
/// A sentence for people, when the value is no yes and no no.
pub fn switch(name: &str, value: Option<&OsStr>) -> Result<Option<bool>, String> {
    let Some(value) = value else { return Ok(None) };
    match value.to_string_lossy().trim().to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "1" | "true" | "yes" | "on" => Ok(Some(true)),
        "0" | "false" | "no" | "off" => Ok(Some(false)),
        other => Err(format!("{name} is {other:?}: say 1 or 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pythonpath(own: Option<&str>, outer: Option<&str>) -> String {
        let settings =
            Settings { trace: Path::new("/t"), extension: Path::new("/boot/x.so"), follow: true, control: false };
        let current = |name: &str| match name {
            "PYTHONPATH" => own.map(OsString::from),
            RECORDER => outer.map(OsString::from),
            _ => None,
        };
        let found = changes(settings, current).into_iter().find(|(name, _)| *name == "PYTHONPATH").unwrap();
        found.1.unwrap().into_string().unwrap()
    }

    #[test]
    fn pythonpath_keeps_what_was_there() {
        let cases = [
            (None, None, "/boot"),
            (Some(""), None, "/boot"),
            (Some("/a"), None, "/boot:/a"),
            (Some("/a:/b"), None, "/boot:/a:/b"),
            (Some(":/a"), None, "/boot::/a"),
            (Some("/a:"), None, "/boot:/a:"),
            (Some("/old:/a"), Some("/old/x.so"), "/boot:/a"),
            (Some("/old"), Some("/old/x.so"), "/boot"),
            (Some("/a:/old/b"), Some("/old/x.so"), "/boot:/a:/old/b"),
        ];
        for (own, outer, expected) in cases {
            assert_eq!(pythonpath(own, outer), expected, "{own:?} {outer:?}");
        }
    }

    #[test]
    fn flags_are_set_or_removed_never_inherited() {
        for (follow, control) in [(true, true), (true, false), (false, true), (false, false)] {
            let settings = Settings { trace: Path::new("/t"), extension: Path::new("/b/x"), follow, control };
            let changes = changes(settings, |_| Some("inherited".into()));
            let value = |name: &str| changes.iter().find(|(it, _)| *it == name).unwrap().1.clone();
            assert_eq!(value(FOLLOW), (!follow).then(|| "0".into()));
            assert_eq!(value(CONTROL), control.then(|| "1".into()));
            assert_eq!(value(TRACE), Some("/t".into()));
        }
    }

    #[test]
    fn switches() {
        let cases = [
            ("1", Some(true)),
            ("True", Some(true)),
            ("on", Some(true)),
            ("0", Some(false)),
            (" no ", Some(false)),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(switch("X", Some(OsStr::new(text))), Ok(expected), "{text}");
        }
        assert_eq!(switch("X", None), Ok(None));
        assert!(switch("X", Some(OsStr::new("maybe"))).is_err());
    }
}
