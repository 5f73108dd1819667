//! Colour themes as data. A theme gives a style to each [`Role`]; nothing outside `tui/` turns one into escape codes.
//! The built-in themes are files like any other (`themes/*.toml`), embedded; the user's own are read by the same code.

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::str::FromStr;

/// What a piece of text is, which decides how it looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Text,
    /// What the eye may pass over: file names, rulers, hints.
    Dim,
    /// What the eye should find: the focus, the current line, the active tab.
    Accent,
    /// The row under the cursor.
    Selection,
    /// The row under the cursor of a pane that has not the focus.
    Unfocused,
    /// Recorded; a rule that records.
    Trace,
    /// Hidden; a rule that hides.
    Skip,
    /// Module names.
    Module,
    /// Recorded values.
    Value,
    /// Something to look at.
    Warning,
    /// Something is wrong.
    Error,
    /// The bars at the top and at the foot.
    Bar,
    /// Search hits.
    Hit,
    /// Rulers between panes.
    Rule,
    Keyword,
    String,
    Number,
    Comment,
    Function,
}

/// The roles in the order of [`Role`], with their names in theme files.
const ROLES: &[(Role, &str)] = &[
    (Role::Text, "text"),
    (Role::Dim, "dim"),
    (Role::Accent, "accent"),
    (Role::Selection, "selection"),
    (Role::Unfocused, "unfocused"),
    (Role::Trace, "trace"),
    (Role::Skip, "skip"),
    (Role::Module, "module"),
    (Role::Value, "value"),
    (Role::Warning, "warning"),
    (Role::Error, "error"),
    (Role::Bar, "bar"),
    (Role::Hit, "hit"),
    (Role::Rule, "rule"),
    (Role::Keyword, "keyword"),
    (Role::String, "string"),
    (Role::Number, "number"),
    (Role::Comment, "comment"),
    (Role::Function, "function"),
];

/// A colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colour {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the 256 of the palette; the first 16 are the terminal's own choice.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Names of the first sixteen colours.
const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "default" {
            return Ok(Self::Default);
        }
        if let Some(index) = NAMES.iter().position(|name| *name == text) {
            return Ok(Self::Indexed(u8::try_from(index).unwrap_or_default()));
        }
        if let Some(hex) = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii()) {
            let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16);
            if let (Ok(r), Ok(g), Ok(b)) = (part(0), part(2), part(4)) {
                return Ok(Self::Rgb(r, g, b));
            }
        }
        if let Ok(index) = text.parse::<u8>() {
            return Ok(Self::Indexed(index));
        }
        Err(format!(
            "{text:?} is no colour; write #rrggbb, a number from 0 to 255, a name such as bright-blue, or default"
        ))
    }
}

/// How a role looks. Absent colours let what is below shine through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Style {
    pub fg: Option<Colour>,
    pub bg: Option<Colour>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A style is a table, or just the text colour.
impl<'de> Deserialize<'de> for Style {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            fg: Option<Colour>,
            bg: Option<Colour>,
            #[serde(default)]
            bold: bool,
            #[serde(default)]
            dim: bool,
            #[serde(default)]
            italic: bool,
            #[serde(default)]
            underline: bool,
            #[serde(default)]
            reverse: bool,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Style;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a colour, or a table with fg, bg, bold, dim, italic, underline, reverse")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Style, E> {
                Ok(Style { fg: Some(text.parse().map_err(E::custom)?), ..Style::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Style, A::Error> {
                let Table { fg, bg, bold, dim, italic, underline, reverse } =
                    Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Style { fg, bg, bold, dim, italic, underline, reverse })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A theme: a style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name, as `--theme` takes it.
    pub name: String,
    styles: [Style; ROLES.len()],
}

impl Theme {
    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// Reads a theme file's text. Every role must be there: a forgotten one would be invisible in some corner.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and the byte range where, when that is known.
    pub fn parse(name: &str, text: &str) -> Result<Self, (String, Option<std::ops::Range<usize>>)> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default, rename = "description")]
            _description: Option<String>,
            roles: toml::Table,
        }
        let file: File = toml::from_str(text).map_err(|error| (error.message().to_owned(), error.span()))?;
        // Read again with the right types, so that a mistake in a style is reported at its place.
        #[derive(Deserialize)]
        struct Styles {
            roles: std::collections::BTreeMap<String, Style>,
        }
        let styles: Styles = toml::from_str(text).map_err(|error| (error.message().to_owned(), error.span()))?;
        let known = |name: &str| ROLES.iter().any(|(_, role)| *role == name);
        if let Some(unknown) = file.roles.keys().find(|key| !known(key)) {
            let names: Vec<_> = ROLES.iter().map(|(_, name)| *name).collect();
            return Err((
                format!("there is no role {unknown:?}; the roles are {}", names.join(", ")),
                find(text, unknown),
            ));
        }
        let mut all = [Style::default(); ROLES.len()];
        let mut missing = Vec::new();
        for (role, role_name) in ROLES {
            match styles.roles.get(*role_name) {
                Some(style) => all[*role as usize] = *style,
                None => missing.push(*role_name),
            }
        }
        if missing.is_empty() {
            Ok(Self { name: name.to_owned(), styles: all })
        } else {
            Err((format!("these roles have no style: {}", missing.join(", ")), None))
        }
    }

    /// The built-in theme of this name.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        let (name, text) = BUILTIN.iter().find(|(known, _)| *known == name)?;
        // A test reads every one of them.
        Self::parse(name, text).ok()
    }
}

fn find(text: &str, key: &str) -> Option<std::ops::Range<usize>> {
    text.find(key).map(|at| at..at + key.len())
}

/// The built-in themes: name and text.
pub const BUILTIN: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("16", include_str!("../../themes/16.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_themes_are_whole() {
        for (name, text) in BUILTIN {
            assert_eq!(Theme::parse(name, text).map(|theme| theme.name).as_deref(), Ok(*name));
        }
        for (at, (role, name)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, at, "{name}");
        }
    }

    #[test]
    fn sixteen_and_mono_keep_to_their_means() {
        let theme = Theme::builtin("16").unwrap();
        let mono = Theme::builtin("mono").unwrap();
        for (role, name) in ROLES {
            let style = theme.style(*role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(matches!(colour, Colour::Default | Colour::Indexed(0..16)), "{name}: {colour:?}");
            }
            let style = mono.style(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let whole = BUILTIN[0].1;
        for (text, part) in [
            ("roles = 3", "invalid type"),
            ("", "missing field `roles`"),
            ("[roles]\ntext = \"mauve\"", "is no colour"),
            ("[roles]\ntext = { fg = \"red\", blink = true }", "unknown field `blink`"),
            ("[roles]\ntext = \"red\"", "these roles have no style: dim, accent"),
            ("colour = 1\n[roles]", "unknown field `colour`"),
            (&format!("{whole}\nsparkle = \"red\""), "there is no role \"sparkle\""),
        ] {
            let (message, _) = Theme::parse("x", text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn colours() {
        for (text, colour) in [
            ("default", Some(Colour::Default)),
            ("red", Some(Colour::Indexed(1))),
            ("bright-white", Some(Colour::Indexed(15))),
            ("240", Some(Colour::Indexed(240))),
            ("#0a0B0c", Some(Colour::Rgb(10, 11, 12))),
            ("#fff", None),
            ("256", None),
            ("#éa0b0", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), colour, "{text}");
        }
    }
}
