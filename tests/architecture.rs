//! The map of who may import whom (`docs/architecture.md`), checked by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// A part, and the parts of this crate that it may name. A part may always name itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("diagnostic", &["model"]),
    ("naming", &["diagnostic", "model"]),
    ("filter", &["diagnostic", "naming", "model"]),
    ("config", &["diagnostic", "model"]),
    ("trace", &["filter", "model", "diagnostic"]),
    ("index", &["trace", "filter", "naming", "model", "diagnostic"]),
    ("recorder", &["filter", "naming", "trace", "model", "diagnostic"]),
    ("launch", &["filter", "trace", "model", "diagnostic"]),
    ("app", &["index", "trace", "filter", "naming", "config", "launch", "model", "diagnostic"]),
    ("tui", &["app", "index", "trace", "filter", "naming", "config", "model", "diagnostic"]),
];

/// Crates that only some parts may name.
const ONLY_IN: &[(&str, &[&str])] =
    &[("pyo3", &["recorder"]), ("ratatui", &["tui"]), ("crossterm", &["tui"]), ("tui_term", &["tui", "app"])];

/// Every source file but those of tests, which may look at a part from above.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && path.file_name().is_some_and(|name| name != "tests.rs")
        {
            found.push(path);
        }
    }
}

/// The text without line comments, so that prose may speak of anything.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The top-level part of this crate that a file belongs to.
fn part(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let relative = path.strip_prefix(root).expect("below src");
    let first = relative.components().next().expect("a component").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Every `crate::NAME` in the text, also the heads inside `crate::{a, b::c}`.
fn named_parts(code: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(rest.chars().take_while(|&c| is_word(c)).collect());
            continue;
        };
        // Depth 1 is the group itself; the first word after `{` or `,` there is a part.
        let (mut depth, mut head) = (1, String::new());
        let mut open = true;
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => {
                    names.push(std::mem::take(&mut head));
                    open = true;
                }
                c if depth == 1 && open && is_word(c) => head.push(c),
                c if depth == 1 && !c.is_whitespace() => open = false,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        names.push(head);
    }
    names
}

#[test]
fn parts_import_only_what_the_map_allows() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 20, "the sources were found");
    let mut wrong = Vec::new();
    for file in &files {
        let owner = part(file);
        let text = code(&fs::read_to_string(file).expect("a source file"));
        if let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == owner) {
            for name in named_parts(&text) {
                let is_part = MAY_IMPORT.iter().any(|(part, _)| *part == name) || name == "commands" || name == "cli";
                if is_part && name != owner && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{}: {owner} must not import {name}", file.display()));
                }
            }
        }
        for (name, owners) in ONLY_IN {
            let names_it = text
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_'));
            if names_it && !owners.contains(&owner.as_str()) {
                wrong.push(format!("{}: {name} is only for {owners:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_groups_and_paths() {
    let text = "use crate::{app, model::{id, code}, tui::x};\nlet a = crate::index::b;";
    assert_eq!(named_parts(text), ["app", "model", "tui", "index"]);
}
