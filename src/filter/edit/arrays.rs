//! Rules written as one array of inline tables: `rules = [{ selector = … }, …]`.

use super::patterns::Form;
use super::read::{new_inline, set_rule};
use super::{EditError, Part, Plan};
use toml_edit::{Item, TableLike, Value};

/// Carries out the plan. What stands in front of an element, comments included, moves and goes with it.
pub(super) fn apply(scope: &mut dyn TableLike, plan: &Plan) -> Result<(), EditError> {
    let rules = scope.get_mut("rules").and_then(Item::as_array_mut).ok_or(EditError::Shape)?;
    let mut old: Vec<Option<Value>> = rules.iter().cloned().map(Some).collect();
    // New elements stand as the old ones do: each on its own line, or all on one.
    let spread = old.iter().flatten().find_map(|value| lead(value).rfind('\n').map(|at| lead(value)[at..].to_owned()));
    rules.clear();
    let mut carried = String::new();
    for (at, part) in plan.rules.iter().enumerate() {
        let mut value = match part {
            Part::Keep(at) => old[*at].take().ok_or(EditError::NoSuchRule(*at))?,
            Part::Change(at, rule) => {
                let mut value = old[*at].take().ok_or(EditError::NoSuchRule(*at))?;
                set_rule(value.as_inline_table_mut().ok_or(EditError::Shape)?, rule, Form::Inline);
                value
            }
            Part::CommentOut(at) => {
                let value = old[*at].take().ok_or(EditError::NoSuchRule(*at))?;
                let indent = spread.as_deref().unwrap_or("\n    ");
                for line in value.to_string().lines().map(str::trim).filter(|line| !line.is_empty()) {
                    carried.push_str(indent);
                    carried.push_str(if line.starts_with('#') { "" } else { "# " });
                    carried.push_str(line);
                }
                continue;
            }
            Part::New(rule) => {
                let lead = spread.as_deref().unwrap_or(if at == 0 { "" } else { " " });
                Value::InlineTable(new_inline(rule)).decorated(lead, "")
            }
            Part::Moved(rule, comment) => {
                // A comment ends with its line, whatever the others do.
                let indent = spread.as_deref().unwrap_or("\n    ");
                let comment: String = comment.lines().map(|line| format!("{indent}{}", line.trim())).collect();
                Value::InlineTable(new_inline(rule)).decorated(format!("{comment}{indent}"), "")
            }
        };
        if !carried.is_empty() {
            let own = lead(&value).to_owned();
            let gap = if own.contains('\n') { "" } else { "\n    " };
            value.decor_mut().set_prefix(format!("{carried}{gap}{own}"));
            carried.clear();
        }
        rules.push_formatted(value);
    }
    if !carried.is_empty() {
        let trailing = rules.trailing().as_str().unwrap_or_default().to_owned();
        let gap = if trailing.contains('\n') { "" } else { "\n" };
        rules.set_trailing(format!("{carried}{gap}{trailing}"));
        // The comment stands after the last comma, if there is a last element.
        rules.set_trailing_comma(!rules.is_empty());
    }
    Ok(())
}

/// The comment in front of an element that belongs to it alone: what follows the last blank line, and not what stands
/// behind the element before it.
pub(super) fn own_comment(value: &Value) -> String {
    // Between the line of the element before it and the indentation of its own.
    let inner = lead(value).split_once('\n').and_then(|(_, rest)| rest.rsplit_once('\n'));
    let lines: Vec<&str> = inner.map_or("", |(own, _)| own).lines().map(str::trim).collect();
    let first = lines.iter().rposition(|line| line.is_empty()).map_or(0, |blank| blank + 1);
    let own = lines[first..].iter().filter(|line| line.starts_with('#'));
    own.map(|line| format!("{line}\n")).collect()
}

fn lead(value: &Value) -> &str {
    value.decor().prefix().and_then(toml_edit::RawString::as_str).unwrap_or_default()
}
