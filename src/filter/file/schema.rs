//! The keys of a filter file, what each may hold, and what comes of it.

use super::super::types::ValueAction;
use super::read::{Node, Reader};
use super::{DefaultSetting, FilePattern, FileRule, FilterFile, Io, PATTERN, RULE, scope_kind, value_kind};
use crate::diagnostic::Diagnostic;
use crate::model::code::Exec;
use toml::Spanned;
use toml::de::DeTable;

/// The version of the format that this program writes and understands.
const VERSION: u32 = 1;

const EXEC: [(&str, Option<Exec>); 3] = [("trace", Some(Exec::Trace)), ("skip", Some(Exec::Skip)), ("inherit", None)];

const DEFAULT_ACTION: [(&str, Option<ValueAction>); 5] = [
    ("allow", Some(ValueAction::Allow)),
    ("redact", Some(ValueAction::Redact)),
    ("drop", Some(ValueAction::Drop)),
    ("inherit", None),
    ("deny", Some(ValueAction::Redact)),
];

const ACTION: [(&str, ValueAction); 4] = [
    ("allow", ValueAction::Allow),
    ("redact", ValueAction::Redact),
    ("drop", ValueAction::Drop),
    ("deny", ValueAction::Redact),
];

const STREAMS: [(&str, &str); 4] = [("stdout", "stdout"), ("stderr", "stderr"), ("stdin", "stdin"), ("files", "files")];

/// Reads the whole file. `None` when something required is missing or wrong (then the reader knows of it).
pub(super) fn file(reader: &mut Reader<'_>, document: &Spanned<DeTable<'_>>) -> Option<FilterFile> {
    let top = document.get_ref();
    let start = 0..0;
    reader.unknown_keys(top, "", &["meta", "io", "scope"]);
    let meta = reader.required(top, "meta", "", &start).and_then(|value| meta(reader, value));
    let io = top.get("io").and_then(|value| io(reader, value));
    let scope = reader.required(top, "scope", "", &start).and_then(|value| scope(reader, value));
    let (meta, scope) = (meta?, scope?);
    Some(FilterFile {
        name: meta.name,
        description: meta.description,
        labels: meta.labels,
        version: VERSION,
        io,
        exec: scope.exec,
        value: scope.value,
        rules: scope.rules,
    })
}

struct Meta {
    name: String,
    description: Option<String>,
    labels: Vec<String>,
}

fn meta(reader: &mut Reader<'_>, value: &Node<'_>) -> Option<Meta> {
    let table = reader.table(value, "meta")?;
    reader.unknown_keys(table, "meta", &["name", "version", "description", "labels"]);
    let at = value.span();
    let name = reader.required(table, "name", "meta", &at).and_then(|value| {
        let name = reader.string(value, "meta.name")?;
        if name.trim().is_empty() {
            reader.report(Diagnostic::error("E-NAME-BLANK", "`meta.name` is blank"), value.span());
            return None;
        }
        Some(name.to_owned())
    });
    if let Some(value) = reader.required(table, "version", "meta", &at) {
        version(reader, value);
    }
    let description = table.get("description").and_then(|value| reader.string(value, "meta.description"));
    let mut labels = Vec::new();
    if let Some(value) = table.get("labels") {
        for label in reader.array(value, "meta.labels", "strings") {
            labels.extend(reader.string(label, "meta.labels").map(str::to_owned));
        }
    }
    Some(Meta { name: name?, description: description.map(str::to_owned), labels })
}

fn version(reader: &mut Reader<'_>, value: &Node<'_>) {
    let Some(number) = value.get_ref().as_integer() else {
        return reader.wrong_type(value, "meta.version", "an integer");
    };
    // Numbers too large for the type are larger still.
    let parsed = i64::from_str_radix(number.as_str(), number.radix());
    let is_negative = number.as_str().starts_with('-');
    let version = parsed.unwrap_or(if is_negative { i64::MIN } else { i64::MAX });
    let problem = match version {
        1 => return,
        2.. => Diagnostic::error("E-VERSION-NEWER", "`meta.version` is newer than this program understands")
            .hint(format!("this program understands version {VERSION}")),
        _ => Diagnostic::error("E-VERSION", format!("`meta.version` is {version}; expected {VERSION}")),
    };
    reader.report(problem, value.span());
}

fn io(reader: &mut Reader<'_>, value: &Node<'_>) -> Option<Io> {
    let table = reader.table(value, "io")?;
    reader.unknown_keys(table, "io", &["capture", "streams", "modes"]);
    let capture = table.get("capture").and_then(|value| reader.bool(value, "io.capture"));
    let mut streams = Vec::new();
    if let Some(value) = table.get("streams") {
        for stream in reader.array(value, "io.streams", "strings") {
            streams.extend(reader.word(stream, "io.streams", &STREAMS).map(str::to_owned));
        }
    }
    let has_streams = table.get("streams").is_some_and(|value| {
        // Anything but an empty array: another type has been reported already.
        value.get_ref().as_array().is_none_or(|array| !array.is_empty())
    });
    let may_be_lost = reader.lenient && !table.contains_key("streams");
    if capture == Some(true) && !has_streams && !may_be_lost {
        let at = table.get("streams").or(table.get("capture")).map_or(value.span(), Spanned::span);
        let message = "`io.streams` must name at least one stream when `io.capture` is true";
        reader.report(Diagnostic::error("E-IO-STREAMS", message), at);
    }
    if let Some(value) = table.get("modes")
        && !reader.array(value, "io.modes", "strings").is_empty()
    {
        reader.report(Diagnostic::error("E-IO-MODES", "`io.modes` must be empty"), value.span());
    }
    Some(Io { capture: capture.unwrap_or(false), streams })
}

struct Scope {
    exec: DefaultSetting<Exec>,
    value: DefaultSetting<ValueAction>,
    rules: Vec<FileRule>,
}

fn scope(reader: &mut Reader<'_>, value: &Node<'_>) -> Option<Scope> {
    let table = reader.table(value, "scope")?;
    reader.unknown_keys(table, "scope", &["default_exec", "default_value_action", "rules"]);
    let at = value.span();
    let exec = reader.required(table, "default_exec", "scope", &at).and_then(|value| {
        let word = reader.word(value, "scope.default_exec", &EXEC)?;
        Some(DefaultSetting { value: word, at: value.span() })
    });
    let action = reader.required(table, "default_value_action", "scope", &at).and_then(|value| {
        let word = reader.word(value, "scope.default_value_action", &DEFAULT_ACTION)?;
        Some(DefaultSetting { value: word, at: value.span() })
    });
    let mut rules = Vec::new();
    if let Some(value) = table.get("rules") {
        for (index, value) in reader.array(value, "scope.rules", "tables").iter().enumerate() {
            reader.rule = Some(index);
            rules.extend(rule(reader, value));
            reader.rule = None;
        }
    }
    Some(Scope { exec: exec?, value: action?, rules })
}

fn rule(reader: &mut Reader<'_>, value: &Node<'_>) -> Option<FileRule> {
    const PATH: &str = "scope.rules";
    let table = reader.table(value, PATH)?;
    reader.unknown_keys(table, PATH, &["selector", "exec", "value_default", "reason", "value_patterns"]);
    let selector = reader
        .required(table, "selector", PATH, &value.span())
        .and_then(|value| Some((reader.selector(value, "scope.rules.selector", RULE)?, value.span())));
    let exec = table.get("exec").and_then(|value| reader.word(value, "scope.rules.exec", &EXEC));
    let value_default =
        table.get("value_default").and_then(|value| reader.word(value, "scope.rules.value_default", &DEFAULT_ACTION));
    let reason = table.get("reason").and_then(|value| reader.string(value, "scope.rules.reason"));
    let mut patterns = Vec::new();
    if let Some(value) = table.get("value_patterns") {
        for (index, value) in reader.array(value, "scope.rules.value_patterns", "tables").iter().enumerate() {
            reader.pattern = Some(index);
            patterns.extend(pattern(reader, value));
            reader.pattern = None;
        }
    }
    let ((selector, matcher), at) = selector?;
    Some(FileRule {
        kind: scope_kind(&selector)?,
        selector,
        matcher,
        exec: exec.flatten(),
        value_default: value_default.flatten(),
        reason: reason.map(str::to_owned),
        patterns,
        at,
    })
}

fn pattern(reader: &mut Reader<'_>, value: &Node<'_>) -> Option<FilePattern> {
    const PATH: &str = "scope.rules.value_patterns";
    let table = reader.table(value, PATH)?;
    reader.unknown_keys(table, PATH, &["selector", "action", "reason"]);
    let at = value.span();
    let selector = reader.required(table, "selector", PATH, &at).and_then(|value| {
        Some((reader.selector(value, "scope.rules.value_patterns.selector", PATTERN)?, value.span()))
    });
    let action = reader
        .required(table, "action", PATH, &at)
        .and_then(|value| reader.word(value, "scope.rules.value_patterns.action", &ACTION));
    let reason = table.get("reason").and_then(|value| reader.string(value, "scope.rules.value_patterns.reason"));
    let ((selector, matcher), at) = selector?;
    Some(FilePattern {
        kind: value_kind(&selector)?,
        selector,
        matcher,
        action: action?,
        reason: reason.map(str::to_owned),
        at,
    })
}
