//! Rules written as `[[scope.rules]]`, the usual form.
//!
//! What stands between two rules is kept by the writer in front of the second one. It is cut at its last blank line:
//! what comes after that line belongs to the rule (it moves with it and goes with it), what comes before belongs to
//! the place (a heading stays when the rule below it goes).

use super::patterns::Form;
use super::read::{new_table, set_rule};
use super::{EditError, Part, Plan};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike};

/// Carries out the plan. Returns comments that no rule is left to stand in front of.
pub(super) fn apply(scope: &mut dyn TableLike, plan: &Plan) -> Result<String, EditError> {
    if scope.get("rules").is_none() {
        if plan.rules.is_empty() {
            return Ok(String::new());
        }
        scope.insert("rules", Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let rules = scope.get_mut("rules").and_then(Item::as_array_of_tables_mut).ok_or(EditError::Shape)?;
    let mut old: Vec<Option<Table>> = rules.iter().cloned().map(Some).collect();
    let positions: Vec<Option<isize>> = rules.iter().map(Table::position).collect();
    let first_heading = old.first().and_then(Option::as_ref).map(|table| cut(prefix(table)).0.to_owned());
    let mut order = Vec::new();
    for part in &plan.rules {
        match part {
            Part::Keep(at) | Part::Change(at, _) | Part::CommentOut(at) => order.push(*at),
            Part::New(_) | Part::Moved(..) => {}
        }
    }
    rules.clear();

    // Headings of rules that are deleted wait here for the next rule.
    let mut carried = String::new();
    let mut made: Vec<Table> = Vec::new();
    let mut next_old = 0;
    for part in &plan.rules {
        // Old rules before this one in the file that the plan does not name: deleted here.
        if let Part::Keep(at) | Part::Change(at, _) | Part::CommentOut(at) = part {
            while next_old < *at {
                if !order.contains(&next_old)
                    && let Some(gone) = old[next_old].take()
                {
                    carried.push_str(kept_heading(cut(prefix(&gone)).0));
                }
                next_old += 1;
            }
        }
        let mut table = match part {
            Part::Keep(at) => old[*at].take().ok_or(EditError::NoSuchRule(*at))?,
            Part::Change(at, rule) => {
                let mut table = old[*at].take().ok_or(EditError::NoSuchRule(*at))?;
                set_rule(&mut table, rule, Form::Table);
                table
            }
            Part::CommentOut(at) => {
                let table = old[*at].take().ok_or(EditError::NoSuchRule(*at))?;
                carried.push_str(&commented(table));
                continue;
            }
            Part::New(rule) => {
                let mut table = new_table(rule);
                table.decor_mut().set_prefix("\n");
                table
            }
            Part::Moved(rule, comment) => {
                let mut table = new_table(rule);
                table.decor_mut().set_prefix(format!("\n{comment}"));
                table
            }
        };
        if !carried.is_empty() {
            let own = prefix(&table).to_owned();
            let gap = if own.starts_with('\n') { "" } else { "\n" };
            table.decor_mut().set_prefix(format!("{carried}{gap}{own}"));
            carried.clear();
        }
        made.push(table);
    }
    for gone in old.iter_mut().skip(next_old).filter_map(Option::take) {
        carried.push_str(kept_heading(cut(prefix(&gone)).0));
    }
    keep_first_heading(&mut made, first_heading.as_deref(), plan);
    let last = positions.last().copied().flatten();
    for (at, mut table) in made.into_iter().enumerate() {
        // The new rules take the places of the old ones in the file; what is more goes to the last of them.
        place(&mut table, positions.get(at).copied().flatten().or(last));
        rules.push(table);
    }
    Ok(carried)
}

/// What stands in front of a rule's header.
fn prefix(table: &Table) -> &str {
    table.decor().prefix().and_then(toml_edit::RawString::as_str).unwrap_or_default()
}

/// Cuts at the last blank line: heading (with the blank line), own comment.
fn cut(prefix: &str) -> (&str, &str) {
    let mut end = 0;
    let mut at = 0;
    for line in prefix.split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() && line.ends_with('\n') {
            end = at;
        }
    }
    prefix.split_at(end)
}

/// The comment in front of a rule that belongs to it alone.
pub(super) fn own_comment(table: &Table) -> String {
    cut(prefix(table)).1.to_owned()
}

/// A heading that says something; blank lines alone are not worth keeping.
fn kept_heading(heading: &str) -> &str {
    if heading.trim().is_empty() { "" } else { heading }
}

/// When another rule has become the first, the heading above the first place stays there.
fn keep_first_heading(made: &mut [Table], heading: Option<&str>, plan: &Plan) {
    let Some(heading) = heading else { return };
    if matches!(plan.rules.first(), Some(Part::Keep(0) | Part::Change(0, _) | Part::CommentOut(0)) | None) {
        return;
    }
    let named = |part: &Part| matches!(part, Part::Keep(0) | Part::Change(0, _));
    let Some(at) = plan.rules.iter().filter(|part| !matches!(part, Part::CommentOut(_))).position(named) else {
        return;
    };
    let moved = prefix(&made[at]).to_owned();
    let Some(rest) = moved.strip_prefix(heading) else { return };
    let blank = if heading.trim().is_empty() { heading } else { "\n" };
    made[at].decor_mut().set_prefix(format!("{blank}{rest}"));
    let first = prefix(&made[0]).to_owned();
    let (above, own) = cut(&first);
    let above = kept_heading(above);
    made[0].decor_mut().set_prefix(format!("{heading}{above}{own}"));
}

/// Gives a rule and its patterns a place in the file. Tables of one place are written in the order of the list.
fn place(table: &mut Table, position: Option<isize>) {
    table.set_position(position);
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => inner.set_position(position),
            Item::ArrayOfTables(inner) => inner.iter_mut().for_each(|table| table.set_position(position)),
            _ => {}
        }
    }
}

/// The rule as comment lines, with what stands in front of it.
fn commented(mut table: Table) -> String {
    let (above, own) = cut(prefix(&table));
    let (above, own) = (above.to_owned(), own.to_owned());
    table.decor_mut().set_prefix(own);
    place(&mut table, None);
    let mut document = DocumentMut::new();
    let mut scope = Table::new();
    scope.set_implicit(true);
    let mut rules = ArrayOfTables::new();
    rules.push(table);
    scope.insert("rules", Item::ArrayOfTables(rules));
    document.insert("scope", Item::Table(scope));
    let mut out = above;
    for line in document.to_string().lines() {
        if line.trim().is_empty() {
            continue;
        }
        if !line.starts_with('#') {
            out.push_str("# ");
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
