//! Values unfolded step by step, for an expandable view: what a node says on its line, and what hangs below it.

use super::{Raised, Value, show};

/// Something below a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Child<'a> {
    /// An item, an entry, an attribute: what stands before it, and its value.
    Item {
        /// `0`, `'key'`, `.attribute`; without control characters.
        label: String,
        /// The value.
        value: &'a Value,
    },
    /// So many more were there and were not kept.
    More(u64),
}

/// What hangs below `value`; empty for a leaf.
#[must_use]
pub fn children(value: &Value) -> Vec<Child<'_>> {
    let item = |label: String, value| Child::Item { label, value };
    let (mut below, length): (Vec<Child<'_>>, u64) = match value {
        Value::Sequence { items, length, .. } => {
            (items.iter().enumerate().map(|(index, value)| item(index.to_string(), value)).collect(), *length)
        }
        Value::Mapping { entries, length, .. } => {
            const KEY: usize = 60;
            (entries.iter().map(|(key, value)| item(show::brief(key, KEY), value)).collect(), *length)
        }
        Value::Object { attributes, length, .. } => {
            (attributes.iter().map(|(name, value)| item(format!(".{}", show::plain(name)), value)).collect(), *length)
        }
        Value::Enum { value, .. } => (vec![item(".value".to_owned(), value)], 1),
        _ => return Vec::new(),
    };
    let more = length.saturating_sub(below.len() as u64);
    if more > 0 {
        below.push(Child::More(more));
    }
    if let Value::Object { base: Some(base), .. } = value {
        below.insert(0, item("content".to_owned(), base));
    }
    below
}

/// Whether anything hangs below `value`, without building it.
#[must_use]
pub fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Sequence { length, .. } | Value::Mapping { length, .. } => *length == 0,
        Value::Object { base, length, .. } => base.is_none() && *length == 0,
        Value::Enum { .. } => false,
        _ => true,
    }
}

/// The line of a node: the full form of a leaf, the type, the size and a glimpse of the rest.
#[must_use]
pub fn line(value: &Value, width: usize) -> String {
    show::full(value, width)
}

/// The type of a value as Python names it, for a column beside it.
#[must_use]
pub fn type_name(value: &Value) -> String {
    let name = match value {
        Value::None => "NoneType",
        Value::Ellipsis => "ellipsis",
        Value::NotImplemented => "NotImplementedType",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::BigInt { .. } => "int",
        Value::Float(_) => "float",
        Value::Complex(..) => "complex",
        Value::Str { .. } => "str",
        Value::Bytes { mutable, .. } => {
            if *mutable {
                "bytearray"
            } else {
                "bytes"
            }
        }
        Value::Sequence { kind, .. } => kind.word(),
        Value::Mapping { .. } => "dict",
        Value::Range(_) => "range",
        Value::Object { type_name, .. }
        | Value::Enum { type_name, .. }
        | Value::Scalar { type_name, .. }
        | Value::Opaque { type_name, .. } => return show::plain(type_name),
        Value::Named { what, .. } => what.word(),
        Value::Reference(_) | Value::Redacted | Value::Dropped | Value::Cut | Value::Unbound => "",
    };
    name.to_owned()
}

/// The whole of a value in the form that is copied: a long string without quotes or cuts of its own, else the full form.
#[must_use]
pub fn copied(value: &Value) -> String {
    match value {
        Value::Str { text, escaped: false, .. } => text.clone(),
        other => show::full(other, usize::MAX),
    }
}

/// The lines of an exception: its type and message, then its arguments when they say more than the message.
#[must_use]
pub fn raised(raised: &Raised) -> Vec<Child<'_>> {
    match &raised.arguments {
        arguments @ Value::Sequence { items, .. } if !matches!(items.as_slice(), [] | [Value::Str { .. }]) => {
            children(arguments)
        }
        _ => Vec::new(),
    }
}
