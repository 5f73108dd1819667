//! What values look like: tables.

use super::show::{self, Ending};
use super::*;
use serde_json::json;

pub(crate) fn text(text: &str) -> Value {
    Value::Str { text: text.to_owned(), escaped: false, length: text.chars().count() as u64 }
}

fn list(items: Vec<Value>, length: u64) -> Value {
    Value::Sequence { kind: Sequence::List, id: 1, items, length }
}

fn of(kind: Sequence, items: Vec<Value>) -> Value {
    let length = items.len() as u64;
    Value::Sequence { kind, id: 1, items, length }
}

fn dict(entries: Vec<(Value, Value)>) -> Value {
    let length = entries.len() as u64;
    Value::Mapping { id: 1, entries, length }
}

fn cart() -> Value {
    let attributes = vec![("items".to_owned(), list(vec![Value::Int(1), Value::Int(2)], 2))];
    Value::Object { type_name: "shop.cart.Cart".to_owned(), id: 0x10, base: None, attributes, length: 1 }
}

#[test]
fn full_forms() {
    let big = |negative, bits, bytes: &[u8]| Value::BigInt { negative, bits, bytes: bytes.to_vec() };
    let bytes = |data: &[u8], length, mutable| Value::Bytes { data: data.to_vec(), length, mutable };
    let cases: Vec<(Value, &str)> = vec![
        (Value::None, "None"),
        (Value::Bool(true), "True"),
        (Value::Int(-7), "-7"),
        (big(false, 65, &[0, 0, 0, 0, 0, 0, 0, 0, 1]), "18446744073709551616"),
        (big(true, 80, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]), "-604462909807314587353088"),
        (big(true, 3_321_928, &[1, 2]), "-<int of 3321928 bits>"),
        (Value::Float(1.0), "1.0"),
        (Value::Float(-0.0), "-0.0"),
        (Value::Float(0.1), "0.1"),
        (Value::Float(1e16), "1e+16"),
        (Value::Float(1.5e300), "1.5e+300"),
        (Value::Float(1e15), "1000000000000000.0"),
        (Value::Float(0.0001), "0.0001"),
        (Value::Float(0.00001), "1e-05"),
        (Value::Float(f64::NAN), "nan"),
        (Value::Float(f64::NEG_INFINITY), "-inf"),
        (Value::Complex(0.0, 2.0), "2j"),
        (Value::Complex(1.0, -2.5), "(1-2.5j)"),
        (text("it's"), "\"it's\""),
        (text("a\\\"'\n"), "'a\\\\\"\\'\\n'"),
        (text("\x1b[31m\u{202e}\u{7f}"), "'\\x1b[31m\\u202e\\x7f'"),
        (Value::Str { text: "ab".to_owned(), escaped: false, length: 50 }, "'ab…'"),
        (Value::Str { text: "\\ud800\\\\".to_owned(), escaped: true, length: 2 }, "'\\ud800\\\\'"),
        (bytes(b"a'\\\0\xff", 5, false), "b'a\\'\\\\\\x00\\xff'"),
        (bytes(b"ab", 3, true), "bytearray(b'ab…')"),
        (list(vec![Value::Int(1)], 2_000_000), "[1, …1999999]"),
        (of(Sequence::Tuple, vec![Value::Int(1)]), "(1,)"),
        (of(Sequence::Tuple, vec![]), "()"),
        (of(Sequence::Set, vec![]), "set()"),
        (of(Sequence::Set, vec![Value::Int(1)]), "{1}"),
        (of(Sequence::FrozenSet, vec![Value::Int(1)]), "frozenset({1})"),
        (dict(vec![(text("a"), Value::Redacted)]), "{'a': <redacted>}"),
        (Value::Range(Box::new((Value::Int(0), Value::Int(9), Value::Int(1)))), "range(0, 9)"),
        (Value::Range(Box::new((Value::Int(0), Value::Int(9), Value::Int(2)))), "range(0, 9, 2)"),
        (cart(), "Cart(items=[1, 2])"),
        (
            Value::Object {
                type_name: "m.L".to_owned(),
                id: 1,
                base: Some(Box::new(list(vec![], 0))),
                attributes: vec![("x\n".to_owned(), Value::Reference(1))],
                length: 3,
            },
            "L([], x\\n=↺, …2)",
        ),
        (
            Value::Enum { type_name: "m.Color".to_owned(), member: "RED".to_owned(), value: Box::new(Value::Int(1)) },
            "Color.RED",
        ),
        (Value::Scalar { type_name: "decimal.Decimal".to_owned(), text: "1.50".to_owned() }, "Decimal(1.50)"),
        (Value::Named { what: Named::Function, name: "m.f".to_owned() }, "<function m.f>"),
        (Value::Opaque { type_name: "m.\x1b".to_owned(), id: 255 }, "<m.\\x1b at 0xff>"),
    ];
    for (value, expected) in cases {
        assert_eq!(show::full(&value, 200), expected);
        assert!(show::brief(&value, 200).chars().count() <= show::full(&value, 200).chars().count(), "{value:?}");
    }
}

#[test]
fn no_line_is_longer_than_asked_for() {
    let value = dict(vec![(text(&"x\n".repeat(40)), list(vec![cart(), text("abc"), Value::Float(1.25)], 900))]);
    let whole = show::full(&value, 10_000);
    for width in 0..whole.chars().count() + 2 {
        for shown in [show::full(&value, width), show::brief(&value, width)] {
            assert!(shown.chars().count() <= width, "{width}: {shown}");
        }
    }
    assert_eq!(show::full(&text("abcdef"), 5), "'abc…");
    assert_eq!(show::full(&text("abc"), 5), "'abc'");
}

#[test]
fn rows() {
    let params: Vec<String> = ["self", "sku", "n"].map(str::to_owned).to_vec();
    let args = [cart(), text("x"), Value::Int(2)];
    let raised = |arguments| Raised { type_name: "shop.Empty".to_owned(), arguments, line: 3 };
    let one = raised(of(Sequence::Tuple, vec![text("no\nitems")]));
    let none = raised(of(Sequence::Tuple, vec![]));
    let two = raised(of(Sequence::Tuple, vec![Value::Int(2), text("no file")]));
    let cases = [
        (show::call("add", &params, &args, Ending::Value(&Value::Int(3)), 20, 80), "add(sku='x', n=2) → 3"),
        (show::call("add", &params, &args, Ending::Value(&Value::None), 20, 80), "add(sku='x', n=2)"),
        (show::call("add", &params, &args, Ending::Raised(&one), 40, 80), "add(sku='x', n=2) ↯ Empty: no\\nitems"),
        (show::call("add", &params, &args, Ending::Raised(&none), 40, 80), "add(sku='x', n=2) ↯ Empty"),
        (show::call("f", &params[1..], &[cart(), Value::Dropped], Ending::Silent, 20, 80), "f(sku=Cart)"),
        (show::call("f", &[], &[list(vec![list(vec![], 4)], 1)], Ending::Silent, 20, 80), "f(?=[[…4]])"),
        (show::call("add", &params, &args, Ending::Silent, 20, 9), "add(sku=…"),
        (show::exception(&two, 80), "Empty: (2, 'no file')"),
        (show::exception(&raised(Value::Redacted), 80), "Empty: <redacted>"),
        (show::exception(&raised(Value::Dropped), 80), "Empty"),
    ];
    for (shown, expected) in cases {
        assert_eq!(shown, expected);
    }
}

#[test]
fn unfolding() {
    let mut value = cart();
    if let Value::Object { length, .. } = &mut value {
        *length = 3;
    }
    let below = tree::children(&value);
    assert_eq!(below.len(), 2);
    assert!(matches!(&below[0], tree::Child::Item { label, .. } if label == ".items"));
    assert_eq!(below[1], tree::Child::More(2));
    assert!(!tree::is_leaf(&value));
    assert!(tree::is_leaf(&Value::Int(1)) && tree::children(&Value::Int(1)).is_empty());
    assert!(tree::is_leaf(&list(vec![], 0)) && !tree::is_leaf(&list(vec![], 5)));
    assert_eq!(tree::type_name(&value), "shop.cart.Cart");
    assert_eq!(tree::copied(&text("a\nb")), "a\nb");
}

#[test]
fn json_forms() {
    let cases = [
        (Value::None, json!(null)),
        (Value::Int(3), json!(3)),
        (Value::Float(0.5), json!(0.5)),
        (Value::Float(f64::INFINITY), json!({"$type": "float", "text": "inf"})),
        (text("é"), json!("é")),
        (Value::Str { text: "a".into(), escaped: false, length: 9 }, json!({"$type": "str", "text": "a", "length": 9})),
        (of(Sequence::Tuple, vec![Value::Int(1)]), json!([1])),
        (list(vec![Value::Int(1)], 3), json!({"$type": "list", "items": [1], "length": 3})),
        (of(Sequence::Set, vec![Value::Int(1)]), json!({"$type": "set", "items": [1], "length": 1})),
        (dict(vec![(text("a"), Value::Int(1))]), json!({"a": 1})),
        (dict(vec![]), json!({})),
        (dict(vec![(text("$type"), Value::Int(1))]), json!({"$type": "dict", "entries": [["$type", 1]], "length": 1})),
        (dict(vec![(Value::Int(2), Value::Int(1))]), json!({"$type": "dict", "entries": [[2, 1]], "length": 1})),
        (
            dict(vec![(text("a"), Value::Int(1)), (text("a"), Value::Int(2))]),
            json!({"$type": "dict", "entries": [["a", 1], ["a", 2]], "length": 2}),
        ),
        (cart(), json!({"$type": "shop.cart.Cart", "id": 16, "attributes": {"items": [1, 2]}, "length": 1})),
        (Value::Redacted, json!("<redacted>")),
    ];
    for (value, expected) in cases {
        assert_eq!(json::value(&value), expected);
    }
    let params = ["a".to_owned(), "b".to_owned()];
    assert_eq!(json::arguments(&params, &[Value::Dropped, Value::Int(1)]), json!({"b": 1}));
    let raised = Raised { type_name: "ValueError".into(), arguments: of(Sequence::Tuple, vec![text("no")]), line: 0 };
    assert_eq!(json::raised(&raised), json!({"type": "ValueError", "message": "no", "args": ["no"], "line": null}));
    assert_eq!(json::locals(&params, &[(1, Value::Unbound), (7, Value::None)]), json!({"b": "<unbound>", "$7": null}));
}
