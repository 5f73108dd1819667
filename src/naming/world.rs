//! The questions that naming asks about the interpreter and the disk. The recorder answers them from CPython, `debug
//! name-eval` from a line of JSON, tests from tables.

use std::path::Path;

/// An attribute that should be a string, as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attr<'a> {
    /// There is no such attribute, or it is `None`.
    Missing,
    /// It is something else; the name of its type.
    NotAString(&'a str),
    Str(&'a str),
}

/// One entry of `sys.modules` whose key is a string and whose value is a real module, read through its dictionary.
/// An attribute that is absent, or is no string, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ModuleRow<'a> {
    pub key: &'a str,
    /// `__name__`
    pub name: Option<&'a str>,
    /// `__spec__.name`
    pub spec_name: Option<&'a str>,
    /// `__spec__.origin`
    pub spec_origin: Option<&'a str>,
    /// `__file__`
    pub file: Option<&'a str>,
    /// `__cached__`
    pub cached: Option<&'a str>,
}

/// What naming needs to know beyond the code object itself. No answer may run the user's code.
pub trait World {
    /// The folder in which the program was started. Relative file names are joined with it.
    fn startup_cwd(&self) -> &str;

    /// The current folder. Relative entries of `sys.path` are joined with it; asked only when there are any.
    fn cwd(&self) -> String;

    /// A number that changes whenever the entries of `sys.path` may have changed. Must be cheap.
    fn roots_version(&self) -> u64;

    /// The strings in `sys.path`, raw and in order.
    fn roots(&self, each: &mut dyn FnMut(&str));

    /// `len(sys.modules)`. Must be cheap.
    fn modules_len(&self) -> usize;

    /// The rows of `sys.modules`, in order: a sweep. Asked once per file, and again only after a miss.
    fn modules(&self, each: &mut dyn FnMut(ModuleRow<'_>));

    /// The marker of a project in this folder, if it has one; [`marker_in`] asks the real disk. Asked once per folder.
    fn marker(&self, folder: &str) -> Option<&'static str>;

    /// The project root of the recording (semantics section 2), if there is one.
    fn project_root(&self) -> Option<&str> {
        None
    }
}

/// What marks the top folder of a project, in the order in which a folder is searched.
pub const MARKERS: [&str; 6] = [".git", ".hg", ".svn", "pyproject.toml", "setup.cfg", "setup.py"];

/// The first of [`MARKERS`] that exists in `folder` on the real disk.
#[must_use]
pub fn marker_in(folder: &Path) -> Option<&'static str> {
    MARKERS.into_iter().find(|marker| folder.join(marker).exists())
}
