//! Values as JSON, for `print --json`. What JSON has a form for is written in it: `null`, booleans, numbers, strings,
//! arrays for whole lists and tuples, objects for whole dicts with string keys. Everything else is an object with a key
//! `$type`, so that nothing is passed off as what it is not; a dict with a key that begins with `$` is written that way
//! too. `<redacted>`, `<dropped>` and `<unbound>` are strings.

use super::{Raised, Value, show};
use serde_json::{Map, Value as Json, json};

/// One value.
#[must_use]
pub fn value(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::BigInt { negative, bits, bytes } => {
            let text = show::is_whole(*bits, bytes).then(|| show::decimal(*negative, bytes));
            json!({"$type": "int", "text": text, "bits": bits, "negative": negative})
        }
        Value::Float(value) if value.is_finite() => json!(value),
        Value::Float(value) => json!({"$type": "float", "text": show::float(*value)}),
        Value::Complex(..) => typed("complex", show::full(value, usize::MAX)),
        Value::Ellipsis => typed("ellipsis", "Ellipsis".to_owned()),
        Value::NotImplemented => typed("NotImplementedType", "NotImplemented".to_owned()),
        Value::Str { text, escaped, length } => string(text, *escaped, *length),
        Value::Bytes { length, mutable, .. } => {
            let name = if *mutable { "bytearray" } else { "bytes" };
            json!({"$type": name, "text": show::full(value, usize::MAX), "length": length})
        }
        Value::Sequence { kind, items, length, .. } => {
            let all: Vec<Json> = items.iter().map(self::value).collect();
            let plain = matches!(kind, super::Sequence::List | super::Sequence::Tuple);
            if plain && items.len() as u64 == *length {
                return Json::Array(all);
            }
            json!({"$type": kind.word(), "items": all, "length": length})
        }
        Value::Mapping { entries, length, .. } => mapping(entries, *length),
        Value::Range(parts) => {
            json!({"$type": "range", "start": self::value(&parts.0), "stop": self::value(&parts.1), "step": self::value(&parts.2)})
        }
        Value::Object { type_name, id, base, attributes, length } => {
            let named: Map<String, Json> =
                attributes.iter().map(|(name, value)| (name.clone(), self::value(value))).collect();
            let mut object = json!({"$type": type_name, "id": id, "attributes": named, "length": length});
            if let (Some(base), Some(object)) = (base, object.as_object_mut()) {
                object.insert("content".to_owned(), self::value(base));
            }
            object
        }
        Value::Enum { type_name, member, value } => {
            json!({"$type": type_name, "name": member, "value": self::value(value)})
        }
        Value::Scalar { type_name, text } => typed(type_name, text.clone()),
        Value::Named { what, name } => json!({"$type": what.word(), "name": name}),
        Value::Opaque { type_name, id } => json!({"$type": type_name, "id": id}),
        Value::Reference(id) => json!({"$type": "reference", "id": id}),
        Value::Redacted => json!("<redacted>"),
        Value::Dropped => json!("<dropped>"),
        Value::Cut => json!({"$type": "cut"}),
        Value::Unbound => json!("<unbound>"),
    }
}

/// The `args` of a call: by name, without those that a rule dropped.
#[must_use]
pub fn arguments(params: &[String], values: &[Value]) -> Json {
    let mut named = Map::new();
    for (index, value) in values.iter().enumerate().filter(|(_, value)| **value != Value::Dropped) {
        let name = params.get(index).cloned().unwrap_or_else(|| format!("${index}"));
        named.insert(name, self::value(value));
    }
    Json::Object(named)
}

/// The `exception` of a call: type, message, arguments, and the line at which it left (null when unknown).
#[must_use]
pub fn raised(raised: &Raised) -> Json {
    let line = (raised.line > 0).then_some(raised.line);
    let message = show::message(&raised.arguments).unwrap_or_else(|| "<dropped>".to_owned());
    json!({"type": raised.type_name, "message": message, "args": value(&raised.arguments), "line": line})
}

/// The `locals` of an entry of `lines`: what had changed, by name, without what a rule dropped.
#[must_use]
pub fn locals(names: &[String], changed: &[(u32, Value)]) -> Json {
    let mut named = Map::new();
    for (index, value) in changed.iter().filter(|(_, value)| *value != Value::Dropped) {
        let name = names.get(*index as usize).cloned().unwrap_or_else(|| format!("${index}"));
        named.insert(name, self::value(value));
    }
    Json::Object(named)
}

fn typed(name: &str, text: String) -> Json {
    json!({"$type": name, "text": text})
}

fn string(text: &str, escaped: bool, length: u64) -> Json {
    if escaped {
        return json!({"$type": "str", "escaped": text, "length": length});
    }
    if text.chars().count() as u64 == length {
        return json!(text);
    }
    json!({"$type": "str", "text": text, "length": length})
}

fn mapping(entries: &[(Value, Value)], length: u64) -> Json {
    let mut named = Map::new();
    for (key, value) in entries {
        let Value::Str { text, escaped: false, length } = key else { break };
        if text.starts_with('$') || text.chars().count() as u64 != *length {
            break;
        }
        named.insert(text.clone(), self::value(value));
    }
    if named.len() as u64 == length && entries.len() as u64 == length {
        return Json::Object(named);
    }
    let pairs: Vec<Json> = entries.iter().map(|(key, value)| json!([self::value(key), self::value(value)])).collect();
    json!({"$type": "dict", "entries": pairs, "length": length})
}
