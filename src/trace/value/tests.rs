//! The codec: sizes, damage, round trips.

use super::*;
use crate::model::value::{LineChange, Named, Sequence, Value};
use crate::trace::event::Damage;
use proptest::prelude::*;

fn encode(value: &Value) -> Vec<u8> {
    let mut out = Writer::new(1 << 20);
    assert!(put(&mut out, value), "fits: {value:?}");
    out.bytes().to_vec()
}

fn text(text: &str) -> Value {
    Value::Str { text: text.to_owned(), escaped: false, length: text.chars().count() as u64 }
}

#[test]
fn ordinary_values_are_short() {
    let cases = [
        (Value::None, 1),
        (Value::Int(-32), 1),
        (Value::Int(159), 1),
        (Value::Int(160), 3),
        (Value::Int(i64::MIN), 11),
        (Value::Int(i64::MAX), 11),
        (Value::Float(0.5), 9),
        (text("sku17"), 6),
        (text(&"x".repeat(31)), 32),
        (text(&"x".repeat(32)), 34),
        (Value::Sequence { kind: Sequence::Tuple, id: 0, items: vec![], length: 0 }, 1),
        (Value::Opaque { type_name: "m.C".to_owned(), id: 0x7fff_ffff_fff0 }, 12),
    ];
    for (value, size) in cases {
        let bytes = encode(&value);
        assert_eq!(bytes.len(), size, "{value:?}");
        assert_eq!(super::value(&bytes), Ok(value));
    }
}

#[test]
fn damage_is_an_error() {
    let deep = [0x13].repeat(MAX_DEPTH + 2);
    let cases: [(&[u8], Damage); 10] = [
        (&[], Damage::Short),
        (&[0x21], Damage::Short),
        (&[tag::STR, 0xff, 0xff, 0xff, 0xff, 0x0f], Damage::Short),
        (&[tag::LIST, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0], Damage::Short),
        (&[tag::DICT, 0, 1, 1, 0], Damage::Short),
        (&[tag::FLOAT, 1, 2], Damage::Short),
        (&[tag::INT, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], Damage::TooLarge),
        (&[tag::NAMED, 9, 0], Damage::Unknown),
        (&[tag::RANGE], Damage::Short),
        (&deep, Damage::TooDeep),
    ];
    for (bytes, expected) in cases {
        assert_eq!(value(bytes), Err(expected), "{bytes:?}");
    }
    assert_eq!(value(&[0x21, 0xff]), Ok(text("\u{fffd}")));
    assert_eq!(arguments(&[0x40, tag::LIST]), [Value::Int(-32), Value::Cut]);
}

#[test]
fn a_full_writer_takes_nothing_halfway() {
    let value = Value::Mapping { id: 16, entries: vec![(text("key"), text(&"v".repeat(40)))], length: 1 };
    let size = encode(&value).len();
    for capacity in 0..size {
        let mut out = Writer::new(capacity);
        assert!(!put(&mut out, &value));
        assert_eq!(out.bytes(), [] as [u8; 0], "{capacity}");
    }
    let mut out = Writer::new(100);
    let former = out.confine(1);
    assert!(out.none() && !out.none());
    out.restore(former);
    assert!(out.none());
    assert_eq!(out.bytes(), [0, 0]);
}

#[test]
fn a_length_is_filled_in_afterwards() {
    for (guess, length, said) in [(0, 5, 5), (0, 500, 127), (0x3fff, 5, 5), (0x3fff, 1 << 40, 0x3fff), (1 << 40, 0, 0)]
    {
        let mut out = Writer::new(100);
        let count = out.mapping(16, guess).expect("room");
        assert!(out.none() && out.none());
        out.close_with(count, 1, length);
        let expected = Value::Mapping { id: 16, entries: vec![(Value::None, Value::None)], length: said };
        assert_eq!(value(out.bytes()), Ok(expected), "{guess} {length}");
    }
}

#[test]
fn lines_and_exceptions() {
    let mut out = Writer::new(100);
    assert!(out.number(300) && out.number(2) && out.int(7) && out.number(0) && out.unbound());
    let expected = LineChange { line: 300, changed: vec![(2, Value::Int(7)), (0, Value::Unbound)] };
    assert_eq!(line(out.bytes()), Ok(expected));
    assert_eq!(line(&[1, 2]), Err(Damage::Short));
    out.clear();
    assert!(out.joined(&[b"shop", b".", b"Empty"]) && out.redacted() && out.number(12));
    let raised = raised(out.bytes()).expect("decodes");
    assert_eq!((raised.type_name.as_str(), raised.arguments, raised.line), ("shop.Empty", Value::Redacted, 12));
}

/// Any value that the codec can tell apart. Floats are compared by bits through their encoding, so NaN is left out.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        Just(Value::Ellipsis),
        Just(Value::NotImplemented),
        Just(Value::Redacted),
        Just(Value::Dropped),
        Just(Value::Cut),
        Just(Value::Unbound),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-200i64..200).prop_map(Value::Int),
        (any::<bool>(), 0..u64::MAX >> 1, any::<Vec<u8>>()).prop_map(|(negative, bits, bytes)| Value::BigInt {
            negative,
            bits,
            bytes
        }),
        any::<f64>().prop_filter("not NaN", |value| !value.is_nan()).prop_map(Value::Float),
        ".{0,40}".prop_map(|it| text(&it)),
        (".{0,40}", any::<bool>(), 41u64..).prop_map(|(text, escaped, length)| Value::Str { text, escaped, length }),
        (any::<Vec<u8>>(), any::<u64>(), any::<bool>()).prop_map(|(data, length, mutable)| Value::Bytes {
            data,
            length,
            mutable
        }),
        any::<u64>().prop_map(Value::Reference),
        (".{0,9}", any::<u64>()).prop_map(|(type_name, id)| Value::Opaque { type_name, id }),
        (".{0,9}", ".{0,9}").prop_map(|(type_name, text)| Value::Scalar { type_name, text }),
        ".{0,9}".prop_map(|name| Value::Named { what: Named::Method, name }),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let kind =
            prop_oneof![Just(Sequence::List), Just(Sequence::Tuple), Just(Sequence::Set), Just(Sequence::FrozenSet)];
        prop_oneof![
            (kind, any::<u64>(), prop::collection::vec(inner.clone(), 0..6), 1u64..)
                .prop_map(|(kind, id, items, length)| Value::Sequence { kind, id, items, length }),
            (any::<u64>(), prop::collection::vec((inner.clone(), inner.clone()), 0..6), any::<u64>())
                .prop_map(|(id, entries, length)| Value::Mapping { id, entries, length }),
            (
                ".{0,9}",
                any::<u64>(),
                prop::option::of(inner.clone()),
                prop::collection::vec((".{0,9}", inner.clone()), 0..6),
                any::<u64>()
            )
                .prop_map(|(type_name, id, base, attributes, length)| Value::Object {
                    type_name,
                    id,
                    base: base.map(Box::new),
                    attributes,
                    length
                }),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|parts| Value::Range(Box::new(parts))),
            (".{0,9}", ".{0,9}", inner).prop_map(|(type_name, member, value)| Value::Enum {
                type_name,
                member,
                value: Box::new(value)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn values_round_trip(value in any_value()) {
        prop_assert_eq!(super::value(&encode(&value)), Ok(value));
    }

    #[test]
    fn any_bytes_decode_or_fail_cleanly(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (value(&bytes), raised(&bytes), line(&bytes));
        for value in arguments(&bytes) {
            prop_assert!(crate::model::value::show::full(&value, 100).chars().count() <= 100);
            let _ = crate::model::value::json::value(&value);
        }
    }

    #[test]
    fn damaged_values_decode_or_fail_cleanly(value in any_value(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = encode(&value);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = super::value(&bytes);
        let _ = super::value(&bytes[..at]);
    }

    #[test]
    fn nothing_shown_disturbs_a_terminal(value in any_value(), width in 0usize..200) {
        for shown in [
            crate::model::value::show::full(&value, width),
            crate::model::value::show::brief(&value, width),
        ] {
            prop_assert!(!shown.chars().any(crate::model::value::show::disturbs), "{:?}", shown);
        }
    }
}
