//! Values as real interpreters hand them over: what is captured, what is bounded, what is hidden, and that looking at
//! them changes nothing.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod common;

use common::{Playground, Recorded, pythons};
use ct_tui::launch::probe::Interpreter;
use serde_json::{Value as Json, json};
use std::path::Path;

/// Interpreters that can be recorded with values.
fn recordable() -> impl Iterator<Item = &'static Interpreter> {
    pythons().iter()
}

/// The rows of `print --json`.
fn rows(ground: &Playground, recorded: &Recorded) -> Vec<Json> {
    let output = ground.ct_tui(["print", "--json"]).arg(&recorded.trace).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a script and returns the rows of the functions called `name`.
fn calls(python: &Interpreter, options: &[&str], script: &str, name: &str) -> Vec<Json> {
    let ground = Playground::with(&[("app.py", script)]);
    let recorded = ground.record(python, options.iter().copied().chain(["app.py"]));
    assert_eq!(recorded.code(), 0, "{}: {}", python.path.display(), recorded.stderr());
    let wanted = format!("__main__.{name}");
    rows(&ground, &recorded).into_iter().filter(|row| row["label"] == *wanted).collect()
}

/// Without identities, which differ from run to run.
fn without_ids(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            map.iter().filter(|(key, _)| *key != "id").map(|(key, value)| (key.clone(), without_ids(value))).collect()
        }
        Json::Array(items) => items.iter().map(without_ids).collect(),
        other => other.clone(),
    }
}

/// One expression per line and what `print --json` says of it as an argument.
fn check(setup: &str, cases: &[(&str, Json)]) {
    let mut script = format!("{setup}\ndef take(value):\n    return None\n");
    for (expression, _) in cases {
        script.push_str(&format!("take({expression})\n"));
    }
    for python in recordable() {
        let rows = calls(python, &[], &script, "take");
        assert_eq!(rows.len(), cases.len(), "{}", python.path.display());
        for ((expression, expected), row) in cases.iter().zip(&rows) {
            let found = without_ids(&row["args"]["value"]);
            assert_eq!(found, *expected, "{expression} with {}", python.path.display());
            assert_eq!(row["result"], json!(null), "{expression}");
        }
    }
}

#[test]
fn built_in_types() {
    let typed = |name: &str, text: &str| json!({"$type": name, "text": text});
    check(
        "",
        &[
            ("None", json!(null)),
            ("True", json!(true)),
            ("0", json!(0)),
            ("-1", json!(-1)),
            ("2**30", json!(1_073_741_824)),
            ("-2**60", json!(-(1i64 << 60))),
            ("2**63-1", json!(i64::MAX)),
            ("-2**63+1", json!(i64::MIN + 1)),
            ("2**64", json!({"$type": "int", "text": "18446744073709551616", "bits": 65, "negative": false})),
            (
                "-10**30",
                json!({"$type": "int", "text": "-1000000000000000000000000000000", "bits": 100, "negative": true}),
            ),
            ("1<<5000", json!({"$type": "int", "text": null, "bits": 5001, "negative": false})),
            ("1.5", json!(1.5)),
            ("float('nan')", typed("float", "nan")),
            ("-float('inf')", typed("float", "-inf")),
            ("1+2j", typed("complex", "(1+2j)")),
            ("...", typed("ellipsis", "Ellipsis")),
            ("NotImplemented", typed("NotImplementedType", "NotImplemented")),
            ("''", json!("")),
            ("'plain'", json!("plain")),
            ("'x'*40", json!("x".repeat(40))),
            ("'caf\\xe9'", json!("café")),
            ("'\\u20ac\\u4e2d'", json!("€中")),
            ("'\\U0001f40d'", json!("🐍")),
            ("'\\x1b[31m\\n'", json!("\u{1b}[31m\n")),
            ("'a\\\\\\ud800'", json!({"$type": "str", "escaped": "a\\\\\\ud800", "length": 3})),
            ("b'a\\x00\\xff'", json!({"$type": "bytes", "text": "b'a\\x00\\xff'", "length": 3})),
            ("bytearray(b'')", json!({"$type": "bytearray", "text": "bytearray(b'')", "length": 0})),
            ("[]", json!([])),
            ("()", json!([])),
            ("{}", json!({})),
            ("[1, 'a', None, (2.5,)]", json!([1, "a", null, [2.5]])),
            ("{'a': 1, 'b': [2]}", json!({"a": 1, "b": [2]})),
            ("{1: 'x'}", json!({"$type": "dict", "entries": [[1, "x"]], "length": 1})),
            ("{7}", json!({"$type": "set", "items": [7], "length": 1})),
            ("frozenset([8])", json!({"$type": "frozenset", "items": [8], "length": 1})),
            ("range(1, 10, 3)", json!({"$type": "range", "start": 1, "stop": 10, "step": 3})),
        ],
    );
}

#[test]
fn what_is_large_is_cut_and_counted() {
    let ints: Vec<i64> = (0..32).collect();
    check(
        "import os\n",
        &[
            ("'x' * 50_000_000", json!({"$type": "str", "text": "x".repeat(1024), "length": 50_000_000})),
            ("'\\u20ac' * 2_000_000", json!({"$type": "str", "text": "€".repeat(762), "length": 2_000_000})),
            ("list(range(2_000_000))", json!({"$type": "list", "items": ints, "length": 2_000_000})),
            ("[[[[[[[1]]]]]]]", json!([[[[[{"$type": "list", "items": [], "length": 1}]]]]])),
            ("10**1_000_000", json!({"$type": "int", "text": null, "bits": 3_321_929, "negative": false})),
        ],
    );
}

#[test]
fn instances() {
    let object = |name: &str, attributes: Json| {
        let length = attributes.as_object().unwrap().len();
        json!({"$type": name, "attributes": attributes, "length": length})
    };
    let content = |name: &str, content: Json, attributes: Json| {
        let length = attributes.as_object().unwrap().len();
        json!({"$type": name, "attributes": attributes, "length": length, "content": content})
    };
    check(
        "
import collections, dataclasses, enum, types, typing
class Plain:
    def __init__(self, **kw): self.__dict__.update(kw)
class Inline:
    def __init__(self): self.x = 1; self.y = 'b'
class Slots:
    __slots__ = ('a', 'b', '__dict__')
class Below(Slots):
    __slots__ = ('c',)
@dataclasses.dataclass
class Data:
    n: int
    s: str = 's'
class Color(enum.Enum):
    RED = 1
class Number(enum.IntFlag):
    ONE = 1
class Text(str): pass
class Int(int): pass
class Float(float): pass
class Items(list): pass
class Pair(tuple): pass
class Map(dict): pass
class Bag(set): pass
class Bytes(bytes): pass
class Outer:
    class Inner: pass
Point = collections.namedtuple('Point', 'x y')
class Typed(typing.NamedTuple):
    a: int
def slots():
    it = Below(); it.a = 1; it.c = 3; it.d = 4
    return it
def text():
    it = Text('t'); it.extra = 1
    return it
def deleted():
    it = Inline(); del it.x
    return it
",
        &[
            ("Plain()", object("__main__.Plain", json!({}))),
            ("Plain(a=1)", object("__main__.Plain", json!({"a": 1}))),
            ("Inline()", object("__main__.Inline", json!({"x": 1, "y": "b"}))),
            ("deleted()", object("__main__.Inline", json!({"y": "b"}))),
            ("Outer.Inner()", object("__main__.Outer.Inner", json!({}))),
            ("slots()", object("__main__.Below", json!({"c": 3, "a": 1, "d": 4}))),
            ("Data(3)", object("__main__.Data", json!({"n": 3, "s": "s"}))),
            ("Color.RED", json!({"$type": "__main__.Color", "name": "RED", "value": 1})),
            ("Number.ONE", json!({"$type": "__main__.Number", "name": "ONE", "value": 1})),
            ("text()", content("__main__.Text", json!("t"), json!({"extra": 1}))),
            ("Int(5)", content("__main__.Int", json!(5), json!({}))),
            ("Float(5)", content("__main__.Float", json!(5.0), json!({}))),
            ("Items([1])", content("__main__.Items", json!([1]), json!({}))),
            ("Pair((1, 2))", content("__main__.Pair", json!([1, 2]), json!({}))),
            ("Map(a=1)", content("__main__.Map", json!({"a": 1}), json!({}))),
            ("Bag([1])", content("__main__.Bag", json!({"$type": "set", "items": [1], "length": 1}), json!({}))),
            (
                "Bytes(b'x')",
                content("__main__.Bytes", json!({"$type": "bytes", "text": "b'x'", "length": 1}), json!({})),
            ),
            ("collections.OrderedDict(a=1)", content("collections.OrderedDict", json!({"a": 1}), json!({}))),
            ("collections.deque([1, 2])", content("collections.deque", json!([1, 2]), json!({}))),
            ("Point(1, 2)", object("__main__.Point", json!({"x": 1, "y": 2}))),
            ("Typed(1)", object("__main__.Typed", json!({"a": 1}))),
            ("types.SimpleNamespace(a=1)", object("types.SimpleNamespace", json!({"a": 1}))),
            ("ValueError('no', 1)", content("ValueError", json!(["no", 1]), json!({}))),
            ("Inline", json!({"$type": "class", "name": "__main__.Inline"})),
            ("int", json!({"$type": "class", "name": "int"})),
            ("slots", json!({"$type": "function", "name": "__main__.slots"})),
            ("Plain().__init__", json!({"$type": "method", "name": "__main__.Plain.__init__"})),
            ("len", json!({"$type": "builtin", "name": "len"})),
            ("collections", json!({"$type": "module", "name": "collections"})),
            ("object()", object("object", json!({}))),
        ],
    );
}

#[test]
fn scalars_of_the_standard_library() {
    let scalar = |name: &str, text: &str| json!({"$type": name, "text": text});
    let mut cases = vec![
        ("datetime.date(2024, 2, 9)", scalar("datetime.date", "2024-02-09")),
        ("datetime.time(1, 2, 3, 4)", scalar("datetime.time", "01:02:03.000004")),
        ("datetime.datetime(2024, 2, 9, 1, 2, 3)", scalar("datetime.datetime", "2024-02-09 01:02:03")),
        (
            "datetime.datetime(2024, 2, 9, tzinfo=datetime.timezone.utc)",
            scalar("datetime.datetime", "2024-02-09 00:00:00+00:00"),
        ),
        (
            "datetime.datetime(2024, 2, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=-3, minutes=-30)))",
            scalar("datetime.datetime", "2024-02-09 00:00:00-03:30"),
        ),
        (
            "datetime.datetime(2024, 2, 9, tzinfo=Zone())",
            scalar("datetime.datetime", "2024-02-09 00:00:00 [__main__.Zone]"),
        ),
        ("datetime.datetime(2024, 2, 9, tzinfo=area)", scalar("datetime.datetime", "2024-02-09 00:00:00 [Area/City]")),
        ("area", scalar("zoneinfo.ZoneInfo", "Area/City")),
        ("nowhere", scalar("zoneinfo.ZoneInfo", "?")),
        ("datetime.timedelta(days=-1, seconds=1.5)", scalar("datetime.timedelta", "-1 day, 0:00:01.500000")),
        (
            "uuid.UUID(int=0x12345678123456781234567812345678)",
            scalar("uuid.UUID", "12345678-1234-5678-1234-567812345678"),
        ),
    ];
    // Each as `str()` has it.
    let decimals = [
        "0",
        "-0",
        "0.00",
        "1.50",
        "-123.456",
        "1E+5",
        "1.5E-10",
        "0.000001",
        "1E-7",
        "12345678901234567890123.45",
        "Infinity",
        "-Infinity",
        "NaN",
        "sNaN",
        "1000000000000000000000",
    ];
    let expressions: Vec<String> = decimals.iter().map(|text| format!("decimal.Decimal('{text}')")).collect();
    cases.extend(expressions.iter().zip(decimals).map(|(it, text)| (it.as_str(), scalar("decimal.Decimal", text))));
    check(
        "
import datetime, decimal, io, struct, uuid, zoneinfo
file = b'TZif' + bytes(16) + struct.pack('>6l', 0, 0, 0, 0, 1, 4) + struct.pack('>lbb', 3600, 0, 0) + b'ABC' + bytes(1)
area = zoneinfo.ZoneInfo.from_file(io.BytesIO(file), key='Area/City')
nowhere = zoneinfo.ZoneInfo.from_file(io.BytesIO(file))
class Zone(datetime.tzinfo):
    def utcoffset(self, when): raise SystemExit('asked')
    __repr__ = utcoffset
",
        &cases,
    );
}

#[test]
fn paths() {
    let script = "
import pathlib
def take(value): pass
take(pathlib.PurePosixPath('/usr', 'bin', 'x'))
take(pathlib.PurePosixPath('a') / 'b')
take(pathlib.PurePosixPath())
take(pathlib.PurePosixPath('a', '/b'))
seen = pathlib.PurePosixPath('seen'); str(seen); take(seen)
";
    for python in recordable() {
        let rows = calls(python, &[], script, "take");
        let texts: Vec<&str> = rows.iter().map(|row| row["args"]["value"]["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["/usr/bin/x", "a/b", ".", "/b", "seen"], "{}", python.path.display());
    }
}

#[test]
fn every_kind_of_parameter() {
    let script = "
def f(a, /, b, c=3, *rest, d, e=5, **more):
    return lambda: (a, rest, d)
f(1, 2, d=4)
f(1, 2, 30, 31, 32, d=4, e=50, z=26)
class C:
    def method(self, x): return super().__init__()
    @classmethod
    def make(cls, x): pass
    @staticmethod
    def free(x): pass
";
    for python in recordable() {
        let rows = calls(python, &[], script, "f");
        assert_eq!(rows[0]["args"], json!({"a": 1, "b": 2, "c": 3, "rest": [], "d": 4, "e": 5, "more": {}}));
        assert_eq!(
            rows[1]["args"],
            json!({"a": 1, "b": 2, "c": 30, "rest": [31, 32], "d": 4, "e": 50, "more": {"z": 26}})
        );
        assert_eq!(rows[0]["result"]["name"], "__main__.f.<locals>.<lambda>");
    }
}

#[test]
fn two_functions_of_one_name_on_one_line() {
    let script = "
fs = [lambda a: 'one', lambda b, c: 'two']
fs[0](1); fs[1](2, 3)
";
    for python in recordable() {
        let rows = calls(python, &[], script, "<lambda>");
        let args: Vec<&Json> = rows.iter().map(|row| &row["args"]).collect();
        assert_eq!(args, [&json!({"a": 1}), &json!({"b": 2, "c": 3})], "{}", python.path.display());
    }
}

#[test]
fn generators_hand_over_both_ways() {
    let script = "
def g(n):
    got = yield n
    got = yield got
    return 'end'
it = g(1); next(it); it.send('in')
try: it.send(2)
except StopIteration: pass
";
    for python in recordable() {
        let rows = calls(python, &[], script, "g");
        let seen: Vec<Json> =
            rows.iter().map(|row| json!([row["args"], row["sent"], row["result"], row["outcome"]])).collect();
        let expected = [
            json!([{"n": 1}, null, 1, "yield"]),
            json!([null, "in", "in", "yield"]),
            json!([null, 2, "end", "return"]),
        ];
        assert_eq!(seen, expected, "{}", python.path.display());
    }
}

#[test]
fn exceptions_say_what_and_where() {
    let script = "
class Mine(Exception):
    def __init__(self, *args): raise_never = 1
    def __str__(self): raise SystemExit('asked')
def inner(x):
    y = x
    raise Mine('text', x)
def outer():
    inner(7)
def key():
    {}['k']
def bare():
    raise ValueError
for f in outer, key, bare:
    try: f()
    except Exception: pass
";
    for python in recordable() {
        let raised = |name: &str| calls(python, &[], script, name)[0]["exception"].clone();
        let mine =
            |line: u32| json!({"type": "__main__.Mine", "message": "('text', 7)", "args": ["text", 7], "line": line});
        assert_eq!(raised("inner"), mine(7), "{}", python.path.display());
        assert_eq!(raised("outer"), mine(9));
        assert_eq!(raised("key"), json!({"type": "KeyError", "message": "k", "args": ["k"], "line": 11}));
        assert_eq!(raised("bare"), json!({"type": "ValueError", "message": "", "args": [], "line": 13}));
    }
}

/// What leaves a call is told although other exceptions came and went in it, whoever made it and however often it was
/// raised again.
#[test]
fn exceptions_on_their_way() {
    let script = r#"
import threading
def of_c(): return int("x")
def of_class(): raise LookupError
def end(): return next(iter(()))
def again():
    try: of_c()
    except ValueError:
        try: of_class()
        except LookupError: pass
        raise
def other():
    try: of_c()
    except ValueError as error: raise KeyError(1) from error
def last():
    try: of_c()
    finally:
        try: of_class()
        except LookupError: pass
def deep(n): return deep(n - 1) if n else 1 / 0
def tried(f):
    try: f()
    except BaseException: pass
class Odd(Exception):
    made = 0
    def __init__(self, text, *, more):
        Odd.made += 1
    def __str__(self): raise SystemExit(9)
    __repr__ = __str__
def odd(): raise Odd("text", more=1)
def swallowed():
    try: return of_c()
    finally: return 7
for f in (of_c, of_class, end, again, other, last, lambda: deep(50), odd, swallowed): tried(f)
threads = [threading.Thread(target=tried, args=(lambda: deep(5),)) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert Odd.made == 1
"#;
    for python in recordable() {
        let ground = Playground::with(&[("app.py", script)]);
        let recorded = ground.record(python, ["app.py"]);
        assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
        let rows = rows(&ground, &recorded);
        let of = |name: &str| -> Vec<&Json> {
            rows.iter().filter(|row| row["qualname"] == *name).map(|row| &row["exception"]).collect()
        };
        let message = "invalid literal for int() with base 10: 'x'";
        for (name, kind, text) in [
            ("of_c", "ValueError", message),
            ("of_class", "LookupError", ""),
            ("end", "StopIteration", ""),
            ("again", "ValueError", message),
            ("other", "KeyError", "1"),
            ("last", "ValueError", message),
            ("deep", "ZeroDivisionError", "division by zero"),
            ("odd", "__main__.Odd", "text"),
        ] {
            let found = of(name);
            assert!(!found.is_empty());
            for exception in found {
                let told = (&exception["type"], &exception["message"]);
                assert_eq!(told, (&json!(kind), &json!(text)), "{name} with {}", python.path.display());
            }
        }
        assert_eq!(of("deep").len(), 51 + 4 * 6);
        assert_eq!(of("swallowed"), [&Json::Null]);
    }
}

#[test]
fn what_is_thrown_into_a_generator() {
    let script = "
def fails(): raise OSError(5)
try: fails()
except OSError: pass
def gen():
    try: yield 1
    except KeyError as error: yield 2
    yield 3
it = gen()
next(it)
it.throw(KeyError('secret', 7))
next(it)
";
    for python in recordable() {
        let rows = calls(python, &[], script, "gen");
        let openings: Vec<_> = rows.iter().map(|row| (&row["opening"], &row["thrown"])).collect();
        let thrown = json!({"type": "KeyError", "message": "('secret', 7)", "args": ["secret", 7], "line": null});
        let expected = [("call", json!(null)), ("throw", thrown), ("resume", json!(null))];
        for (found, (opening, thrown)) in openings.iter().zip(&expected) {
            assert_eq!(*found, (&json!(opening), thrown), "{}", python.path.display());
        }
        assert_eq!(rows.len(), 3);
    }
}

#[test]
fn what_was_nearly_emptied_is_not_searched() {
    // Found near the end of the table, or given up: either way it is counted.
    let script = "
def take(value): pass
s = set(range(100_000))
for n in range(99_999): s.discard(n)
take(s)
s = set(range(300_000))
for n in range(300_000):
    if n != 150_000: s.discard(n)
take(s)
d = dict.fromkeys(range(100_000), 0)
for n in range(99_998): del d[n]
take(d)
";
    for python in recordable() {
        let rows = calls(python, &[], script, "take");
        let value = |index: usize| &rows[index]["args"]["value"];
        assert_eq!((&value(0)["length"], &value(1)["length"], &value(2)["length"]), (&json!(1), &json!(1), &json!(2)));
        assert_eq!(value(1)["items"], json!([]), "{}", python.path.display());
        assert_eq!(value(2)["entries"], json!([[99_998, 0], [99_999, 0]]), "{}", python.path.display());
    }
}

#[test]
fn cycles_are_references() {
    let script = "
def take(value): pass
class Node: pass
a = []; a.append(a); take(a)
d = {}; d['d'] = d; take(d)
n = Node(); n.me = n; take(n)
x, y = [1], []; y += [x, x]; take(y)
t = ([],); t[0].append(t); take(t)
";
    for python in recordable() {
        let rows = calls(python, &[], script, "take");
        let value = |index: usize| without_ids(&rows[index]["args"]["value"]);
        let reference = json!({"$type": "reference"});
        assert_eq!(value(0), json!([reference]));
        assert_eq!(value(1), json!({"d": reference}));
        assert_eq!(value(2)["attributes"], json!({"me": reference}));
        assert_eq!(value(3), json!([[1], [1]]));
        assert_eq!(value(4), json!([[reference]]));
    }
}

#[test]
fn what_was_asked_for_and_no_more() {
    let script = "def f(a):\n    b = a\n    return b\nf(1)\n";
    for python in recordable() {
        let row = |options: &[&str]| calls(python, options, script, "f").remove(0);
        let none = row(&["--values", "none"]);
        assert_eq!((none.get("args"), none.get("result"), none.get("lines")), (None, None, None));
        let args = row(&["--values", "args"]);
        assert_eq!((args.get("args"), args.get("result")), (Some(&json!({"a": 1})), None));
        let bare = row(&["--values", "none", "--lines"]);
        let lines: Vec<Json> = bare["lines"].as_array().unwrap().iter().map(|it| it["line"].clone()).collect();
        assert_eq!((bare.get("args"), lines), (None, vec![json!(2), json!(3)]));
        let empty = calls(python, &[], "def f(): pass\nf()\n", "f").remove(0);
        assert_eq!(empty["args"], json!({}));
        assert_eq!(bare["lines"][1]["locals"], json!({}));
    }
}

/// Line and changed locals of each entry.
fn changes(row: &Json) -> Vec<Json> {
    row["lines"].as_array().unwrap().iter().map(|it| json!([it["line"], without_ids(&it["locals"])])).collect()
}

#[test]
fn lines_come_with_what_changed() {
    let script = "
def loop(n):
    out = []
    for i in range(n):
        out.append(i * 1.5)
    text = 'done'
    del i
    return out
loop(2)
def cells(a):
    b = 1
    def inner():
        nonlocal b
        b += a
    inner()
    return b
cells(10)
def last(d):
    d['k'] = 1
last({})
def numbers():
    x = 1000.5
    x += 1; x -= 1; x += 1
    x -= 1; x += 1
    return None
numbers()
class Body:
    attribute = 1
    other = attribute + 1
";
    for python in recordable() {
        let of = |name: &str| changes(&calls(python, &["--lines"], script, name)[0]);
        let expected = [
            json!([3, {"n": 2}]),
            json!([4, {"out": []}]),
            json!([5, {"i": 0}]),
            json!([4, {"out": [0.0]}]),
            json!([5, {"i": 1}]),
            json!([4, {"out": [0.0, 1.5]}]),
            json!([6, {}]),
            json!([7, {"text": "done"}]),
            json!([8, {"i": "<unbound>"}]),
        ];
        assert_eq!(of("loop"), expected, "{}", python.path.display());
        let cells = of("cells");
        assert_eq!(cells[0], json!([11, {"a": 10}]));
        assert_eq!(cells.last().unwrap(), &json!([16, {"b": 11}]), "{cells:?}");
        assert_eq!(of("cells.<locals>.inner"), [json!([14, {"a": 10, "b": 1}]), json!([0, {"b": 11}])]);
        assert_eq!(of("last"), [json!([19, {"d": {}}]), json!([0, {"d": {"k": 1}}])]);
        let numbers = of("numbers");
        assert_eq!(numbers[2..], [json!([24, {"x": 1001.5}]), json!([25, {}])], "{numbers:?}");
        let body = of("Body");
        assert_eq!(body[2], json!([29, {"attribute": 1}]), "{body:?}");
        assert_eq!(body[3], json!([0, {"other": 2}]), "{body:?}");
    }
}

#[test]
fn globals_are_seen_where_they_are_set() {
    let script = "
count = 0
token = 'x'
other = 1
def work():
    global count, token, made
    count += 1
    token = 'byte' + 's of it'
    made = [count]
    del made
    return other
work()
";
    for python in recordable() {
        let ground = Playground::with(&[("app.py", script)]);
        let recorded = ground.record(python, ["--lines", "app.py"]);
        let rows = rows(&ground, &recorded);
        let row = rows.iter().find(|row| row["qualname"] == "work").unwrap();
        let expected = [
            json!([7, {"count": 0, "token": "<redacted>"}]),
            json!([8, {"count": 1}]),
            json!([9, {"token": "<redacted>"}]),
            json!([10, {"made": [1]}]),
            json!([11, {"made": "<unbound>"}]),
        ];
        assert_eq!(changes(row), expected, "{}", python.path.display());
        assert!(!String::from_utf8_lossy(&everything(&recorded.trace)).contains("bytes of it"));
        assert_eq!(row["result"], json!(1));
    }
}

#[test]
fn a_body_with_more_names_than_are_watched_says_so() {
    let names: String = (0..300).map(|n| format!("name{n} = {n}\n")).collect();
    for python in recordable() {
        let ground = Playground::with(&[("app.py", &names)]);
        let recorded = ground.record(python, ["--lines", "app.py"]);
        let log = String::from_utf8_lossy(&everything(&recorded.trace)).into_owned();
        assert!(log.contains("\"unwatched\":44"), "{}", python.path.display());
    }
}

/// A program that does everything to notice that it is looked at, run as it is and with every value recorded.
#[test]
fn looking_at_values_runs_nothing() {
    let script = include_str!("scripts/hostile_values.py");
    for python in recordable() {
        for options in [&["app.py"][..], &["--lines", "app.py"]] {
            let ground = Playground::with(&[("app.py", script)]);
            let recorded = ground.record(python, options);
            let said = (recorded.code(), recorded.stdout());
            assert_eq!(said, (0, "nothing ran 52\n".to_owned()), "{}: {}", python.path.display(), recorded.stderr());
            let rows = rows(&ground, &recorded);
            let mut taken = rows.iter().filter(|row| row["qualname"] == "take");
            assert!(taken.all(|row| row["args"].get("value").is_some()));
            assert!(everything(&recorded.trace).len() < 16 << 20, "a large value costs no more than a small one");
        }
    }
}

/// Filter files that end up in the traces of the tests below must not hold the secrets themselves.
const FILTER: &str = r#"
[meta]
name = "secrets"
version = 1
[scope]
default_exec = "trace"
default_value_action = "allow"
[[scope.rules]]
selector = "pkg:*"
[[scope.rules.value_patterns]]
selector = "arg:hidden"
action = "redact"
[[scope.rules.value_patterns]]
selector = "arg:gone"
action = "drop"
[[scope.rules.value_patterns]]
selector = "local:inner_*"
action = "redact"
[[scope.rules.value_patterns]]
selector = "local:away"
action = "drop"
[[scope.rules.value_patterns]]
selector = "ret:*.silent"
action = "redact"
[[scope.rules.value_patterns]]
selector = "ret:*.mute"
action = "drop"
[[scope.rules.value_patterns]]
selector = "attr:dropped*"
action = "drop"
"#;

const SECRETS: &str = r#"
import collections, dataclasses, enum
def secret(number):
    return 'hunter2' + '-%d' % number
def f(hidden, gone, plain): pass
f(secret(1), secret(2), 'visible')
def silent(): return secret(3)
def mute(): return secret(4)
silent(); mute()
def g(token, api_key=None, **kw):
    inner_a = secret(5)
    away = secret(6)
    both = plain = 1
    return plain
g(secret(7), secret(8), password=secret(9), headers={'Authorization': secret(10), b'cookie': secret(11), 'ok': 'visible2'})
@dataclasses.dataclass
class Account:
    user: str
    password: str
    dropped_one: str
class Slotted:
    __slots__ = ('secret_key', 'name')
class Login(collections.namedtuple('Login', 'user passwd')): pass
class Map(dict): pass
class Keys(enum.Enum):
    API_KEY = 'hunter2-enum'
def take(value): pass
s = Slotted(); s.secret_key = secret(12); s.name = 'visible3'
take([[Account('visible4', secret(13), secret(14))]])
take(s)
take(Login('visible5', secret(15)))
take(Map(credentials=secret(16)))
take({'deep': {'er': [{'ssn': secret(17)}]}})
take(Keys.API_KEY)
take({'dropped_key': secret(18), 'kept': 1})
take({'x' * 600 + 'password': secret(19)})
class Failed(Exception): pass
class Holder:
    def silent(self): raise Failed(secret(20), {'a': secret(21)})
try: Holder().silent()
except Failed: pass
def silent():
    yield secret(22)
list(silent())
token = secret(23)
module_password = {'a': secret(24)}
"#;

/// Every file below a folder, names and content.
fn everything(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        all.extend_from_slice(entry.file_name().as_encoded_bytes());
        all.push(0);
        if entry.path().is_dir() {
            all.extend(everything(&entry.path()));
        } else {
            all.extend(std::fs::read(entry.path()).unwrap());
        }
    }
    all
}

#[test]
fn no_byte_of_a_secret_reaches_the_disk() {
    // The function that makes the secrets is not recorded itself.
    let filter = format!("{FILTER}\n[[scope.rules]]\nselector = \"obj:*.secret\"\nexec = \"skip\"\n");
    for python in recordable() {
        let ground = Playground::with(&[("app.py", SECRETS), ("secrets.toml", &filter)]);
        let recorded = ground.record(python, ["--lines", "--trace-filter", "secrets.toml", "app.py"]);
        assert_eq!(recorded.code(), 0, "{}", recorded.stderr());
        let all = everything(&recorded.trace);
        let found = |needle: &str| all.windows(needle.len()).any(|part| part == needle.as_bytes());
        assert!(!found("hunter2"), "{}: a secret is on the disk", python.path.display());
        for number in 1..=5 {
            let visible = if number == 1 { "visible".to_owned() } else { format!("visible{number}") };
            assert!(found(&visible), "{visible} must be there");
        }
        let rows = rows(&ground, &recorded);
        let of = |name: &str| rows.iter().find(|row| row["label"] == *name).unwrap();
        assert_eq!(of("__main__.f")["args"], json!({"hidden": "<redacted>", "plain": "visible"}));
        assert_eq!(of("__main__.silent")["result"], "<redacted>");
        assert_eq!(of("__main__.mute")["result"], "<dropped>");
        if python.version >= (3, 12, 0) {
            assert_eq!(of("__main__.Holder.silent")["exception"]["message"], "<redacted>");
        }
        let g = of("__main__.g");
        assert_eq!(g["args"]["token"], "<redacted>");
        assert_eq!(g["args"]["kw"]["password"], "<redacted>");
        assert_eq!(g["lines"][0]["locals"]["token"], "<redacted>");
        let state = std::fs::read(recorded.trace.join(&*process_folder(&recorded)).join("state")).unwrap();
        let counter = |at: usize| u64::from_le_bytes(state[at..at + 8].try_into().unwrap());
        // local, global, arg, ret, attr
        let redacted: Vec<bool> = (0..5).map(|kind| counter(40 + 8 * kind) > 0).collect();
        let dropped: Vec<bool> = (0..5).map(|kind| counter(80 + 8 * kind) > 0).collect();
        assert_eq!(redacted, [true, false, true, true, true]);
        assert_eq!(dropped, [true, false, true, true, true]);
    }
}

fn process_folder(recorded: &Recorded) -> String {
    recorded.processes().keys().next().unwrap().clone()
}

#[test]
fn a_stricter_default_hides_attributes_too() {
    let filter = FILTER.replace("default_value_action = \"allow\"", "default_value_action = \"redact\"");
    let script = "def f(a, b):\n    return a\nclass C: pass\nc = C(); c.x = 'hunter2'\nf(c, {'k': 'hunter2'})\n";
    for python in recordable() {
        let ground = Playground::with(&[("app.py", script), ("redact.toml", &filter)]);
        let recorded = ground.record(python, ["--trace-filter", "redact.toml", "app.py"]);
        let all = everything(&recorded.trace);
        assert!(!all.windows(7).any(|part| part == b"hunter2"));
        let rows = rows(&ground, &recorded);
        let row = rows.iter().find(|row| row["label"] == "__main__.f").unwrap();
        assert_eq!(row["args"], json!({"a": "<redacted>", "b": "<redacted>"}));
    }
}

#[test]
fn lines_that_are_not_listed_are_counted() {
    let script = "
def loop(n):
    for i in range(n):
        pass
loop(20_000)
";
    let python = recordable().next().unwrap();
    let row = &calls(python, &["--lines"], script, "loop")[0];
    assert_eq!(row["lines"].as_array().unwrap().len(), 10_000);
    // Each round is two lines; the first line of the loop is one more, and so may be what changed at the end.
    let cut = row["lines_cut"].as_u64().unwrap();
    assert!((30_000..=30_002).contains(&cut), "{cut}");
}
