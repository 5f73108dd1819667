//! Why a selector misses (semantics section 5): stable codes, and each miss in plain words.

use serde::Serialize;

/// A stable reason code. The order is the order in which misses are shown: the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The program was never recorded at all.
    InterpreterIgnoredRecorder,
    /// It matches, but a later rule sets `exec`.
    Overruled,
    /// `pkg:app.*` against `app`.
    ExcludesPackageItself,
    /// The name is `__main__`; the spec or the path say `pkg.mod`.
    RunsAsMain,
    /// No module name is known, so `pkg` never matches.
    UnresolvedName,
    /// Imported under another name: `os.path` is `posixpath`.
    Alias,
    /// Another source of evidence would match.
    NamesDisagree,
    /// `src.app` against `app`.
    SrcLayout,
    /// Upper and lower case differ.
    Case,
    /// `pkg:app/x`
    SlashForDot,
    /// `file:app.x`
    DotForSlash,
    /// A regular expression or a literal that was written as if paths were absolute.
    FileNeedsRelative,
    /// The file is outside the project root, so its path is absolute.
    FileOutsideRoot,
    /// `file:app/` matches no file inside.
    DirectoryPattern,
    /// A literal with wildcard characters.
    LiteralGlob,
    /// A glob, said to be a regular expression.
    GlobInRegex,
    /// A regular expression, read as a glob.
    RegexInGlob,
    /// A regular expression that matches more than meant.
    RegexUnanchored,
    /// Only modules below the name have code, or the module is only known by its last part.
    NamespaceLeaf,
    /// `pkg:mod` against `pkg.mod`.
    Suffix,
    /// Code that came from no file is listed, but never recorded.
    SyntheticFile,
    /// A few letters differ.
    Typo,
    /// No such module was ever seen.
    NotImported,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 23] = [
        Self::InterpreterIgnoredRecorder,
        Self::Overruled,
        Self::ExcludesPackageItself,
        Self::RunsAsMain,
        Self::UnresolvedName,
        Self::Alias,
        Self::NamesDisagree,
        Self::SrcLayout,
        Self::Case,
        Self::SlashForDot,
        Self::DotForSlash,
        Self::FileNeedsRelative,
        Self::FileOutsideRoot,
        Self::DirectoryPattern,
        Self::LiteralGlob,
        Self::GlobInRegex,
        Self::RegexInGlob,
        Self::RegexUnanchored,
        Self::NamespaceLeaf,
        Self::Suffix,
        Self::SyntheticFile,
        Self::Typo,
        Self::NotImported,
    ];

    /// The stable code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InterpreterIgnoredRecorder => "interpreter-ignored-recorder",
            Self::Overruled => "overruled",
            Self::ExcludesPackageItself => "excludes-package-itself",
            Self::RunsAsMain => "runs-as-main",
            Self::UnresolvedName => "unresolved-name",
            Self::Alias => "alias",
            Self::NamesDisagree => "names-disagree",
            Self::SrcLayout => "src-layout",
            Self::Case => "case",
            Self::SlashForDot => "slash-for-dot",
            Self::DotForSlash => "dot-for-slash",
            Self::FileNeedsRelative => "file-needs-relative",
            Self::FileOutsideRoot => "file-outside-root",
            Self::DirectoryPattern => "directory-pattern",
            Self::LiteralGlob => "literal-glob",
            Self::GlobInRegex => "glob-in-regex",
            Self::RegexInGlob => "regex-in-glob",
            Self::RegexUnanchored => "regex-unanchored",
            Self::NamespaceLeaf => "namespace-leaf",
            Self::Suffix => "suffix",
            Self::SyntheticFile => "synthetic-file",
            Self::Typo => "typo",
            Self::NotImported => "not-imported",
        }
    }

    /// What happened, in plain words. `subject` is what the selector was matched against, `other` what would have
    /// matched, or whatever else belongs in the sentence.
    pub(super) fn sentence(self, subject: &str, pattern: &str, other: &str) -> String {
        match self {
            Self::InterpreterIgnoredRecorder => "Nothing was recorded: the interpreter never loaded the recorder. It \
                 ignores its environment when it is started with -I, -E or -S."
                .to_owned(),
            Self::Overruled => format!("It matches {subject}, but {other}."),
            Self::ExcludesPackageItself => {
                format!("`{pattern}` matches what is below the package, not {subject} itself.")
            }
            Self::RunsAsMain => format!("{other} runs as a program here, so its name is __main__."),
            Self::UnresolvedName => {
                format!("The module name of {subject} is unknown ({other}), so no pkg selector matches it.")
            }
            Self::Alias => format!("{other} is another name of the module {subject}."),
            Self::NamesDisagree => format!("This module is called {subject}; {other}."),
            Self::SrcLayout => {
                format!("The folder {other} is not part of the name here: what was seen is {subject}.")
            }
            Self::Case => format!("Upper and lower case count: what was seen is {subject}."),
            Self::SlashForDot => format!("Names are joined by dots, not slashes: what was seen is {subject}."),
            Self::DotForSlash => format!("file selectors are matched against paths: what was seen is {subject}."),
            Self::FileNeedsRelative => {
                format!("Inside the project file selectors see the path relative to its root: {subject}.")
            }
            Self::FileOutsideRoot => {
                format!("{subject} is outside the project root, so file selectors see its whole path.")
            }
            Self::DirectoryPattern => {
                format!("`{pattern}` does not reach into folders: what was seen is {subject}.")
            }
            Self::LiteralGlob => {
                format!(
                    "A literal is compared character by character, its wildcards too; as a glob it matches {subject}."
                )
            }
            Self::GlobInRegex => format!("This is a glob, not a regular expression; as a glob it matches {subject}."),
            Self::RegexInGlob => {
                format!(
                    "This looks like a regular expression but is read as a {other}; as a regular expression it \
                         matches {subject}."
                )
            }
            Self::RegexUnanchored => {
                format!("A regular expression is searched for anywhere: {subject} matches because of `{other}`.")
            }
            Self::NamespaceLeaf => format!("{other}: what was seen is {subject}."),
            Self::Suffix => format!("The whole name counts, from its start: what was seen is {subject}."),
            Self::SyntheticFile => {
                format!("{subject} was compiled from no file ({other}): such code is listed, but never recorded.")
            }
            Self::Typo => format!("Nothing is called that; {subject} was seen. A typing mistake?"),
            Self::NotImported => {
                format!("Nothing of that name ever ran. The nearest name that was seen is {subject}.")
            }
        }
    }
}
