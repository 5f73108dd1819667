//! Values as rows that can be unfolded: the arguments of a call, its variables at a line.

use super::calls::tree::Fold;
use super::text::clean;
use super::units;
use crate::config::Role;
use crate::model::value::{Raised, Value, show, tree};
use std::collections::HashSet;

/// Characters of a value on its line.
const VALUE_WIDTH: usize = 400;
/// Rows at most; what is beyond is not shown.
const MAX_ROWS: usize = 2_000;

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRow {
    /// Indices from the top, which name it.
    pub path: Vec<usize>,
    /// What stands before it.
    pub label: String,
    /// The value on one line.
    pub text: String,
    /// Its fold sign.
    pub fold: Fold,
    /// How it looks.
    pub role: Role,
}

/// The rows, and which of them are unfolded.
#[derive(Debug, Default)]
pub struct ValueRows {
    list: Vec<ValueRow>,
    open: HashSet<Vec<usize>>,
}

#[derive(Clone, Copy)]
enum Held<'a> {
    Value(&'a Value),
    Raised(&'a Raised),
}

impl ValueRows {
    /// The rows in order.
    #[must_use]
    pub fn list(&self) -> &[ValueRow] {
        &self.list
    }

    /// Takes all rows away; what was unfolded will be when it comes back.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// Adds the value that is number `index` at the top, with what is unfolded of it. `before` stands in front of it.
    pub fn value(&mut self, index: usize, label: &str, before: &str, value: &Value, role: Role) {
        let row = self.list.len();
        self.add(vec![index], label, Held::Value(value), role);
        if let Some(row) = self.list.get_mut(row) {
            row.text.insert_str(0, before);
        }
    }

    /// Adds an exception, likewise.
    pub fn raised(&mut self, index: usize, label: &str, raised: &Raised, role: Role) {
        self.add(vec![index], label, Held::Raised(raised), role);
    }

    /// Adds a row that is only text.
    pub fn text(&mut self, index: usize, label: &str, text: String, role: Role) {
        self.list.push(ValueRow { path: vec![index], label: label.to_owned(), text, fold: Fold::Leaf, role });
    }

    fn add(&mut self, path: Vec<usize>, name: &str, held: Held<'_>, role: Role) {
        if self.list.len() >= MAX_ROWS {
            return;
        }
        let (text, is_leaf) = match held {
            Held::Value(value) => (tree::line(value, VALUE_WIDTH), tree::is_leaf(value)),
            Held::Raised(raised) => (show::exception(raised, VALUE_WIDTH), tree::raised(raised).is_empty()),
        };
        let fold = match (is_leaf, self.open.contains(&path)) {
            (true, _) => Fold::Leaf,
            (_, true) => Fold::Unfolded,
            (_, false) => Fold::Folded,
        };
        self.list.push(ValueRow { path: path.clone(), label: clean(name).into_owned(), text, fold, role });
        if fold != Fold::Unfolded {
            return;
        }
        let below = match held {
            Held::Value(value) => tree::children(value),
            Held::Raised(raised) => tree::raised(raised),
        };
        for (at, child) in below.into_iter().enumerate() {
            let mut path = path.clone();
            path.push(at);
            match child {
                tree::Child::Item { label, value } => self.add(path, &label, Held::Value(value), Role::Text),
                tree::Child::More(n) => {
                    let text = format!("… {} more", units::grouped(n));
                    self.list.push(ValueRow { path, label: String::new(), text, fold: Fold::Leaf, role: Role::Dim });
                }
            }
        }
    }

    /// Folds or unfolds the row `at` (`None`: whichever it is not). The rows are to be built anew then. Folding a leaf
    /// leads to what it is in: returns the row on which the cursor is to stand.
    pub fn toggle(&mut self, at: usize, unfold: Option<bool>) -> usize {
        let Some(row) = self.list.get(at) else { return at };
        let path = row.path.clone();
        let open = self.open.contains(&path);
        match unfold.unwrap_or(!open) {
            true if row.fold == Fold::Folded => {
                self.open.insert(path);
            }
            false if open => {
                self.open.remove(&path);
            }
            false if path.len() > 1 => {
                let parent = &path[..path.len() - 1];
                return self.list.iter().position(|row| row.path == parent).unwrap_or(at);
            }
            _ => {}
        }
        at
    }
}

/// The value that the rest of a row's path leads to, from the value at the top.
#[must_use]
pub fn inside<'v>(value: &'v Value, path: &[usize]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, at| match tree::children(value).into_iter().nth(*at)? {
        tree::Child::Item { value, .. } => Some(value),
        tree::Child::More(_) => None,
    })
}
