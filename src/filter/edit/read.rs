//! The rules of a filter file as words, and the small steps of writing them back.

use super::patterns::{self, Form};
use super::{EditError, not_a_filter};
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// What a filter file says, in its own words. Nothing is checked but the shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterText {
    /// `meta.name`.
    pub name: String,
    /// `scope.default_exec`.
    pub default_exec: Option<String>,
    /// `scope.default_value_action`.
    pub default_value_action: Option<String>,
    /// The rules, in order.
    pub rules: Vec<RuleText>,
}

/// One rule, in its own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RuleText {
    /// `selector`.
    pub selector: String,
    /// `exec`; `None`: absent.
    pub exec: Option<String>,
    /// `value_default`; `None`: absent.
    pub value_default: Option<String>,
    /// `reason`.
    pub reason: Option<String>,
    /// `value_patterns`.
    pub patterns: Vec<PatternText>,
}

/// One value pattern, in its own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PatternText {
    /// `selector`.
    pub selector: String,
    /// `action`.
    pub action: String,
    /// `reason`.
    pub reason: Option<String>,
}

/// Reads the rules of a filter file.
///
/// # Errors
///
/// It is no TOML, has no `scope` table, or its rules are no tables.
pub fn read(text: &str) -> Result<FilterText, EditError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document: DocumentMut = text.parse().map_err(not_a_filter)?;
    let scope = document.get("scope").and_then(Item::as_table_like).ok_or_else(|| not_a_filter("no [scope] table"))?;
    let name = document.get("meta").and_then(|meta| meta.get("name")).and_then(Item::as_str).unwrap_or_default();
    let rules = match scope.get("rules") {
        None => Vec::new(),
        Some(item) => tables(item).ok_or_else(|| not_a_filter("`scope.rules` is no list of tables"))?,
    };
    Ok(FilterText {
        name: name.to_owned(),
        default_exec: word(scope, "default_exec"),
        default_value_action: word(scope, "default_value_action"),
        rules: rules.into_iter().map(rule).collect(),
    })
}

fn word(table: &dyn TableLike, key: &str) -> Option<String> {
    table.get(key).and_then(Item::as_str).map(str::to_owned)
}

/// The tables of `[[…]]` or of an array of inline tables.
fn tables(item: &Item) -> Option<Vec<&dyn TableLike>> {
    match item {
        Item::ArrayOfTables(tables) => Some(tables.iter().map(|table| table as &dyn TableLike).collect()),
        Item::Value(Value::Array(values)) => {
            values.iter().map(|value| value.as_inline_table().map(|table| table as &dyn TableLike)).collect()
        }
        _ => None,
    }
}

fn rule(table: &dyn TableLike) -> RuleText {
    let patterns = table.get(patterns::KEY).and_then(tables).unwrap_or_default();
    RuleText {
        selector: word(table, "selector").unwrap_or_default(),
        exec: word(table, "exec"),
        value_default: word(table, "value_default"),
        reason: word(table, "reason"),
        patterns: patterns.into_iter().map(pattern).collect(),
    }
}

pub(super) fn pattern(table: &dyn TableLike) -> PatternText {
    PatternText {
        selector: word(table, "selector").unwrap_or_default(),
        action: word(table, "action").unwrap_or_default(),
        reason: word(table, "reason"),
    }
}

/// Sets a string, or takes it out, without touching what stands around it.
pub(super) fn set_string(table: &mut dyn TableLike, key: &str, word: Option<&str>) {
    match (table.get_mut(key), word) {
        (Some(item), Some(word)) if item.as_str() == Some(word) => {}
        (Some(Item::Value(old)), Some(word)) => {
            let decor = old.decor().clone();
            *old = Value::from(word);
            *old.decor_mut() = decor;
        }
        (_, Some(word)) => {
            table.insert(key, toml_edit::value(word));
        }
        (Some(_), None) => {
            table.remove(key);
        }
        (None, None) => {}
    }
}

/// Gives a rule's table these words.
pub(super) fn set_rule(table: &mut dyn TableLike, rule: &RuleText, form: Form) {
    set_string(table, "selector", Some(&rule.selector));
    set_string(table, "exec", rule.exec.as_deref());
    set_string(table, "value_default", rule.value_default.as_deref());
    set_string(table, "reason", rule.reason.as_deref());
    patterns::set(table, &rule.patterns, form);
}

/// A new `[[scope.rules]]`.
pub(super) fn new_table(rule: &RuleText) -> Table {
    let mut table = Table::new();
    set_rule(&mut table, rule, Form::Table);
    table
}

/// A new rule for an array of inline tables.
pub(super) fn new_inline(rule: &RuleText) -> InlineTable {
    let mut table = InlineTable::new();
    set_rule(&mut table, rule, Form::Inline);
    table
}
