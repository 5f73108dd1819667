//! User configuration, keymap and themes, as data. No terminal types.
//!
//! The file is `ct-tui/config.toml` below the user's configuration directory (`CT_TUI_CONFIG` names another). It is
//! optional; a mistake in it is an error with its place, never a silent return to the defaults. All mistakes of the
//! key section are reported at once.
//!
//! ```toml
//! theme = "light"        # a built-in theme, or a file in themes/ beside this one
//! ascii = false          # signs in pure ASCII
//! mouse = true
//! values_in_rows = true  # work(i=17) → 3
//!
//! [keys.global]
//! quit = ["q", "ctrl-q"]
//! ```

pub mod action;
pub mod key;
pub mod keymap;
pub mod signs;
pub mod theme;

pub use action::{Action, Context};
pub use key::{Key, KeyCode};
pub use keymap::Keymap;
pub use signs::Signs;
pub use theme::{Role, Theme};

use crate::diagnostic::{Diagnostic, Locator};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Everything the user can choose about the interface.
#[derive(Clone, Debug)]
pub struct Config {
    /// The colours.
    pub theme: Theme,
    /// The signs.
    pub signs: Signs,
    /// Whether the signs are the ASCII ones.
    pub ascii: bool,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Whether rows of the tree show values.
    pub values_in_rows: bool,
    /// The keys.
    pub keymap: Keymap,
}

impl Default for Config {
    fn default() -> Self {
        let theme = Theme::builtin("dark").unwrap_or_else(|| unreachable!("a test reads every built-in theme"));
        Self {
            theme,
            signs: signs::UNICODE,
            ascii: false,
            mouse: true,
            values_in_rows: true,
            keymap: Keymap::default(),
        }
    }
}

/// What the command line says about the interface; it wins over the file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--theme`
    pub theme: Option<String>,
    /// `--ascii`
    pub ascii: bool,
    /// `--no-mouse`
    pub no_mouse: bool,
}

/// What of the environment matters here, read once so that tests can say otherwise.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The configuration file, and whether it must exist.
    pub file: Option<(PathBuf, bool)>,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// The terminal says that its background is light (`COLORFGBG`).
    pub light: bool,
    /// The terminal has sixteen colours at most.
    pub few_colours: bool,
    /// The locale cannot show more than ASCII.
    pub ascii: bool,
}

impl Environment {
    /// Reads the process's environment.
    #[must_use]
    pub fn read() -> Self {
        let get = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::from(&get)
    }

    /// The same from any source of variables; `get` answers non-empty values only.
    #[must_use]
    pub fn from(get: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| get(name).and_then(|value| value.into_string().ok()).unwrap_or_default();
        let term = text("TERM");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().map(|name| text(name)).find(|value| !value.is_empty());
        let ascii = locale.is_some_and(|locale| {
            let upper = locale.to_uppercase();
            // `C.UTF-8` can; plain `C` cannot, and any charset that is not UTF-8 is not worth guessing about.
            !upper.contains("UTF-8") && !upper.contains("UTF8")
        });
        Self {
            file: config_file(get),
            no_color: get("NO_COLOR").is_some(),
            light: matches!(text("COLORFGBG").rsplit(';').next(), Some("7" | "15")),
            few_colours: matches!(term.as_str(), "linux" | "xterm" | "vt100" | "vt220" | "ansi" | "screen" | "cons25")
                && get("COLORTERM").is_none(),
            ascii,
        }
    }
}

/// Where the configuration file is looked for, and whether it is an error when it is not there.
fn config_file(get: &dyn Fn(&str) -> Option<OsString>) -> Option<(PathBuf, bool)> {
    if let Some(file) = get("CT_TUI_CONFIG") {
        return Some((file.into(), true));
    }
    // The specification says that a relative XDG_CONFIG_HOME is to be ignored.
    let base = get("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = base.or_else(|| get("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some((base.join("ct-tui").join("config.toml"), false))
}

/// The file's text as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    theme: Option<String>,
    ascii: Option<bool>,
    mouse: Option<bool>,
    values_in_rows: Option<bool>,
    #[serde(default)]
    keys: BTreeMap<String, BTreeMap<String, toml::Spanned<Keys>>>,
}

/// One key or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// The configuration could not be used.
#[derive(Debug)]
pub struct ConfigError {
    /// All that was found.
    pub problems: Vec<Diagnostic>,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl From<Diagnostic> for ConfigError {
    fn from(problem: Diagnostic) -> Self {
        Self { problems: vec![problem] }
    }
}

/// The code of a mistake in the configuration file.
const E_CONFIG: &str = "E-CONFIG";
/// The code of a mistake in a theme.
const E_THEME: &str = "E-THEME";
/// The code of a mistake in the key section.
const E_KEYS: &str = "E-KEYS";

impl Config {
    /// Puts together the defaults, the file, the environment and the flags, the later winning.
    ///
    /// `NO_COLOR` and what the terminal cannot do choose the theme only where neither the file nor a flag does.
    ///
    /// # Errors
    ///
    /// The file or a theme cannot be read or has mistakes; all of them are told.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let (file, folder) = match &environment.file {
            Some((path, required)) => (read_file(path, *required)?, path.parent().map(Path::to_path_buf)),
            None => (None, None),
        };
        let mut config = Self::default();
        let mut file_theme = None;
        if let Some((path, text)) = file {
            let shown = path.display().to_string();
            let located = |code, message: String, span: Option<Range<usize>>| {
                let problem = Diagnostic::error(code, message).in_file(shown.clone());
                match span {
                    Some(span) => problem.at(&Locator::new(&text), span),
                    None => problem,
                }
            };
            let file: File =
                toml::from_str(&text).map_err(|error| located(E_CONFIG, error.message().to_owned(), error.span()))?;
            file_theme = file.theme;
            config.ascii = file.ascii.unwrap_or(false);
            config.mouse = file.mouse.unwrap_or(true);
            config.values_in_rows = file.values_in_rows.unwrap_or(true);
            config.keymap = keymap(&file.keys).map_err(|mistakes| ConfigError {
                problems: mistakes.into_iter().map(|(message, span)| located(E_KEYS, message, span)).collect(),
            })?;
            if file.ascii.is_none() {
                config.ascii = environment.ascii;
            }
        } else {
            config.ascii = environment.ascii;
        }
        config.ascii |= flags.ascii;
        config.mouse &= !flags.no_mouse;
        if config.ascii {
            config.signs = signs::ASCII;
        }
        let chosen = flags.theme.as_deref().or(file_theme.as_deref()).unwrap_or(match environment {
            Environment { no_color: true, .. } => "mono",
            Environment { few_colours: true, .. } => "16",
            Environment { light: true, .. } => "light",
            _ => "dark",
        });
        config.theme = theme(chosen, folder.as_deref())?;
        Ok(config)
    }
}

/// The file's text; `None` when it is not there and need not be.
fn read_file(path: &Path, required: bool) -> Result<Option<(PathBuf, String)>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_path_buf(), text))),
        Err(error)
            if !required
                && matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(Diagnostic::error(E_CONFIG, format!("cannot read it: {error}"))
            .in_file(path.display().to_string())
            .into()),
    }
}

type Mistake = (String, Option<Range<usize>>);

/// The key section laid over the table.
fn keymap(section: &BTreeMap<String, BTreeMap<String, toml::Spanned<Keys>>>) -> Result<Keymap, Vec<Mistake>> {
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut changes = BTreeMap::new();
    let mut spans = BTreeMap::new();
    for (context_name, entries) in section {
        let Some(context) = Context::ALL.into_iter().find(|context| context.name() == context_name) else {
            let names: Vec<_> = Context::ALL.iter().map(|context| context.name()).collect();
            let span = entries.values().next().map(toml::Spanned::span);
            mistakes.push((format!("there is no [keys.{context_name}]; there are {}", names.join(", ")), span));
            continue;
        };
        for (name, spanned) in entries {
            let Some(action) = Action::named(name).filter(|action| action.row().context == context) else {
                let elsewhere = Action::named(name)
                    .map(|action| format!("; it belongs in [keys.{}]", action.row().context.name()))
                    .unwrap_or_default();
                mistakes.push((format!("no action {name:?} in keys.{context_name}{elsewhere}"), Some(spanned.span())));
                continue;
            };
            let texts = match spanned.get_ref() {
                Keys::One(text) => std::slice::from_ref(text),
                Keys::Several(texts) => texts.as_slice(),
            };
            let mut keys = Vec::new();
            for text in texts {
                match text.parse::<Key>() {
                    Ok(key) => keys.push(key),
                    Err(message) => mistakes.push((message, Some(spanned.span()))),
                }
            }
            spans.insert(action, spanned.span());
            changes.insert(action, keys);
        }
    }
    let (keymap, clashes) = Keymap::new(&changes);
    mistakes.extend(clashes.into_iter().map(|clash| (clash.to_string(), spans.get(&clash.second).cloned())));
    if mistakes.is_empty() { Ok(keymap) } else { Err(mistakes) }
}

/// The theme of this name, or in this file. Names are looked up in `themes/` beside the configuration file first, so
/// that a built-in theme can be replaced by one's own version of it.
fn theme(name: &str, folder: Option<&Path>) -> Result<Theme, ConfigError> {
    let is_path = name.contains(std::path::MAIN_SEPARATOR) || name.ends_with(".toml");
    let path = if is_path {
        Some(PathBuf::from(name))
    } else {
        folder.map(|folder| folder.join("themes").join(format!("{name}.toml"))).filter(|path| path.exists())
    };
    let Some(path) = path else {
        return Theme::builtin(name).ok_or_else(|| {
            let names: Vec<_> = theme::BUILTIN.iter().map(|(name, _)| *name).collect();
            let mut problem = Diagnostic::error(E_THEME, format!("there is no theme {name:?}"))
                .hint(format!("built in are {}", names.join(", ")));
            if let Some(folder) = folder {
                problem = problem.hint(format!(
                    "built in are {}; your own go into {}",
                    names.join(", "),
                    folder.join("themes").display()
                ));
            }
            problem.into()
        });
    };
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Diagnostic::error(E_THEME, format!("cannot read it: {error}")).in_file(shown.clone()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Theme::parse(&name, &text).map_err(|(message, span)| {
        let problem = Diagnostic::error(E_THEME, message).in_file(shown);
        match span {
            Some(span) => problem.at(&Locator::new(&text), span),
            None => problem,
        }
        .into()
    })
}

#[cfg(test)]
mod tests;
