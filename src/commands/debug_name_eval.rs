//! `ct-tui debug name-eval`: what the resolver mode says about the name of a module, for facts handed in as JSON.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::Outcome;
use super::debug::{nullable, serve};
use crate::model::evidence::{NameSource, NamingMode};
use crate::naming::{Attr, CodeInput, ModuleRow, Namer, Platform, World, marker_in};

/// Answers questions about module names until standard input ends.
///
/// # Errors
///
/// Those of reading and writing.
pub fn run() -> Outcome {
    serve(io::stdin().lock(), io::stdout().lock(), |question: Question| Ok::<_, String>(answer(&question)))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Deserialize)]
struct Question {
    platform: PlatformName,
    cwd: String,
    roots: Vec<Text>,
    #[serde(deserialize_with = "nullable")]
    globals_name: Option<Text>,
    filename: String,
    modules: Vec<Option<Row>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlatformName {
    Posix,
    Windows,
}

/// Something that ought to be a string. In Python it may be anything, and is then passed over.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    Str(String),
    Other(IgnoredAny),
}

impl Text {
    fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

/// A row of `sys.modules`; null stands for a value that is no module.
#[derive(Debug, Deserialize)]
struct Row {
    key: Text,
    #[serde(deserialize_with = "nullable")]
    name: Option<String>,
    #[serde(deserialize_with = "nullable")]
    spec_name: Option<String>,
    #[serde(deserialize_with = "nullable")]
    spec_origin: Option<String>,
    #[serde(deserialize_with = "nullable")]
    file: Option<String>,
    #[serde(deserialize_with = "nullable")]
    cached: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Reply {
    module: Option<String>,
    source: NameSource,
}

fn answer(question: &Question) -> Reply {
    let platform = match question.platform {
        PlatformName::Posix => Platform::Posix,
        PlatformName::Windows => Platform::Windows,
    };
    let code = CodeInput {
        filename: &question.filename,
        // Not a body: the spec of `-m` has no part in these questions.
        qualname: "",
        globals_name: match &question.globals_name {
            None => Attr::Missing,
            Some(Text::Other(_)) => Attr::NotAString(""),
            Some(Text::Str(name)) => Attr::Str(name),
        },
        spec_name: Attr::Missing,
        spec_origin: None,
    };
    // A new one for each question: the disk may have changed since the last.
    let named = Namer::new(NamingMode::Resolver, platform).name(&code, question);
    Reply { module: named.module, source: named.source }
}

impl World for Question {
    fn startup_cwd(&self) -> &str {
        &self.cwd
    }

    fn cwd(&self) -> String {
        self.cwd.clone()
    }

    fn roots_version(&self) -> u64 {
        0
    }

    fn roots(&self, each: &mut dyn FnMut(&str)) {
        self.roots.iter().filter_map(Text::as_str).for_each(each);
    }

    fn modules_len(&self) -> usize {
        self.modules.len()
    }

    fn modules(&self, each: &mut dyn FnMut(ModuleRow<'_>)) {
        for row in self.modules.iter().flatten() {
            if let Some(key) = row.key.as_str() {
                each(ModuleRow {
                    key,
                    name: row.name.as_deref(),
                    spec_name: row.spec_name.as_deref(),
                    spec_origin: row.spec_origin.as_deref(),
                    file: row.file.as_deref(),
                    cached: row.cached.as_deref(),
                });
            }
        }
    }

    fn marker(&self, folder: &str) -> Option<&'static str> {
        marker_in(Path::new(folder))
    }
}
