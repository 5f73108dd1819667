//! The value patterns of a rule. One that says what it said before keeps its comments, also when it moves; one with other
//! words keeps those of the pattern whose place it has.

use super::PatternText;
use super::read::{pattern, set_string};
use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table, TableLike, Value};

/// The key of the patterns in a rule.
pub(super) const KEY: &str = "value_patterns";

/// How a rule is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `[[scope.rules]]`.
    Table,
    /// `{ selector = … }`.
    Inline,
}

/// Gives a rule's table these patterns.
pub(super) fn set(rule: &mut dyn TableLike, patterns: &[PatternText], form: Form) {
    match rule.get_mut(KEY) {
        None if patterns.is_empty() => {}
        _ if patterns.is_empty() => {
            rule.remove(KEY);
        }
        Some(Item::ArrayOfTables(tables)) => {
            let old: Vec<Table> = tables.iter().cloned().collect();
            tables.clear();
            for (mut table, pattern) in arranged(&old, patterns) {
                set_words(&mut table, pattern);
                tables.push(table);
            }
        }
        Some(Item::Value(Value::Array(array))) => {
            let inline = |value: &Value| value.as_inline_table().cloned().unwrap_or_default();
            let old: Vec<InlineTable> = array.iter().map(inline).collect();
            array.clear();
            for (mut table, pattern) in arranged(&old, patterns) {
                set_words(&mut table, pattern);
                array.push_formatted(Value::InlineTable(table));
            }
        }
        _ if form == Form::Inline => {
            let tables = patterns.iter().map(|pattern| {
                let mut table = InlineTable::new();
                set_words(&mut table, pattern);
                Value::InlineTable(table)
            });
            rule.insert(KEY, Item::Value(Value::Array(Array::from_iter(tables))));
        }
        _ => {
            let tables = patterns.iter().map(|pattern| {
                let mut table = Table::new();
                table.decor_mut().set_prefix("\n");
                set_words(&mut table, pattern);
                table
            });
            rule.insert(KEY, Item::ArrayOfTables(ArrayOfTables::from_iter(tables)));
        }
    }
}

/// For each pattern the old table that it goes into, or a new one.
fn arranged<'p, T: TableLike + Clone + Default>(old: &[T], patterns: &'p [PatternText]) -> Vec<(T, &'p PatternText)> {
    let mut free: Vec<Option<&T>> = old.iter().map(Some).collect();
    let same = |free: &[Option<&T>], wanted: &PatternText| {
        free.iter().position(|table| table.is_some_and(|table| pattern(table) == *wanted))
    };
    // Those that say the same first, so that nobody else takes their tables.
    let mut take = |wanted| same(&free, wanted).and_then(|at| free[at].take());
    let mut found: Vec<Option<&T>> = patterns.iter().map(&mut take).collect();
    for (at, slot) in found.iter_mut().enumerate().filter(|(_, slot)| slot.is_none()) {
        *slot = free.get_mut(at).and_then(Option::take);
    }
    found.into_iter().map(|table| table.cloned().unwrap_or_default()).zip(patterns).collect()
}

fn set_words(table: &mut dyn TableLike, pattern: &PatternText) {
    set_string(table, "selector", Some(&pattern.selector));
    set_string(table, "action", Some(&pattern.action));
    set_string(table, "reason", pattern.reason.as_deref());
}
