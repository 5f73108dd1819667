//! Values as one line of text: the short form of a row, and the full form of a details pane. What comes out holds no
//! control character, whatever the program put into its strings and names, and is never longer than asked for.

use super::{Raised, Sequence, Value};
use std::fmt::Write as _;

/// How containers and instances look on one line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// For rows: `Cart`, `[…2]` inside another container.
    Brief,
    /// Everything that was recorded.
    Full,
}

/// Everything that was recorded of `value` on one line of at most `width` characters; `…` stands for the rest.
#[must_use]
pub fn full(value: &Value, width: usize) -> String {
    let mut out = Line::new(width);
    out.value(value, Detail::Full, 0);
    out.finish()
}

/// The gist of `value` in at most `width` characters: instances by their type, inner containers by their size.
#[must_use]
pub fn brief(value: &Value, width: usize) -> String {
    let mut out = Line::new(width);
    out.value(value, Detail::Brief, 0);
    out.finish()
}

/// How a call ended, as far as a row says it.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// Nothing is known, or nothing to say.
    Silent,
    /// It returned or yielded this.
    Value(&'a Value),
    /// This left it.
    Raised(&'a Raised),
}

/// A row: `add(sku='x', n=2) → 3`. `name` is shown as it is; a first parameter `self` or `cls` and a result `None` are
/// left out. Each value gets at most `each` characters, the whole at most `width`.
#[must_use]
pub fn call(name: &str, params: &[String], arguments: &[Value], ending: Ending, each: usize, width: usize) -> String {
    let mut text = plain(name);
    text.push('(');
    let mut first = true;
    for (index, value) in arguments.iter().enumerate() {
        let param = params.get(index).map_or("?", String::as_str);
        let receiver = index == 0 && (param == "self" || param == "cls");
        if receiver || *value == Value::Dropped {
            continue;
        }
        if !first {
            text.push_str(", ");
        }
        first = false;
        let _ = write!(text, "{}={}", plain(param), brief(value, each));
    }
    text.push(')');
    match ending {
        Ending::Silent | Ending::Value(Value::None) => {}
        Ending::Value(value) => {
            let _ = write!(text, " → {}", brief(value, each));
        }
        Ending::Raised(raised) => {
            let _ = write!(text, " ↯ {}", exception(raised, each));
        }
    }
    clip(text, width)
}

/// `ValueError: too small`, in at most `width` characters.
#[must_use]
pub fn exception(raised: &Raised, width: usize) -> String {
    let name = plain(last_component(&raised.type_name));
    match message(&raised.arguments) {
        Some(message) if !message.is_empty() => clip(format!("{name}: {}", plain(&message)), width),
        _ => clip(name, width),
    }
}

/// What `str()` of an exception would say whose class does not override it: its only argument as text, several as a
/// tuple, nothing for none. `None` when a rule dropped it.
#[must_use]
pub fn message(arguments: &Value) -> Option<String> {
    const WIDTH: usize = 4096;
    match arguments {
        Value::Dropped => None,
        Value::Redacted => Some("<redacted>".to_owned()),
        Value::Sequence { kind: Sequence::Tuple, items, length, .. } => Some(match (items.as_slice(), length) {
            ([], 0) => String::new(),
            ([Value::Str { text, escaped, length }], 1) => {
                let cut = !escaped && (text.chars().count() as u64) < *length;
                if cut { format!("{text}…") } else { text.clone() }
            }
            ([only], 1) => full(only, WIDTH),
            _ => full(arguments, WIDTH),
        }),
        other => Some(full(other, WIDTH)),
    }
}

/// The last name of a dotted one.
#[must_use]
pub fn last_component(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// `text` without anything that could disturb a terminal or hide what is there: control characters, line separators
/// and characters that change the writing direction are written as escapes.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if disturbs(c) { escape(c, &mut out) } else { out.push(c) }
    }
    out
}

/// Whether a character is never shown as it is.
#[must_use]
pub fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn escape(c: char, out: &mut String) {
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c if u32::from(c) < 0x1_0000 => write!(out, "\\u{:04x}", u32::from(c)),
        c => write!(out, "\\U{:08x}", u32::from(c)),
    };
}

/// `text`, or its beginning and `…`, in at most `width` characters.
fn clip(text: String, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text,
        Some(_) => {
            let mut kept: String = text.chars().take(width.saturating_sub(1)).collect();
            if width > 0 {
                kept.push('…');
            }
            kept
        }
    }
}

/// `float` as Python writes it: the shortest digits that read back the same.
#[must_use]
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// An integer given by sign and magnitude (least significant byte first), in decimal.
#[must_use]
pub fn decimal(negative: bool, magnitude: &[u8]) -> String {
    const PART: u64 = 1_000_000_000;
    // Long division by 10⁹, most significant byte first. The recorder keeps few bytes, so the square does not hurt.
    let mut digits: Vec<u8> = magnitude.iter().rev().copied().skip_while(|&byte| byte == 0).collect();
    let mut parts = Vec::new();
    while !digits.is_empty() {
        let mut rest = 0u64;
        for digit in &mut digits {
            rest = rest << 8 | u64::from(*digit);
            *digit = (rest / PART) as u8;
            rest %= PART;
        }
        parts.push(rest);
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        digits.drain(..zeros);
    }
    let mut out = String::from(if negative { "-" } else { "" });
    match parts.split_last() {
        None => out.push('0'),
        Some((first, rest)) => {
            let _ = write!(out, "{first}");
            for part in rest.iter().rev() {
                let _ = write!(out, "{part:09}");
            }
        }
    }
    out
}

/// Whether all of a larger integer was kept, and little enough to be written in decimal.
pub(super) fn is_whole(bits: u64, bytes: &[u8]) -> bool {
    bytes.len() as u64 * 8 >= bits && bytes.len() <= 1024
}

/// A line that stops when it is full.
struct Line {
    text: String,
    left: usize,
    over: bool,
}

impl Line {
    fn new(width: usize) -> Self {
        // One more than fits, to know whether something was cut.
        Self { text: String::new(), left: width, over: false }
    }

    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if self.left == 0 {
                self.over = true;
                return;
            }
            self.text.push(c);
            self.left -= 1;
        }
    }

    fn finish(mut self) -> String {
        if self.over && self.text.pop().is_some() {
            self.text.push('…');
        }
        self.text
    }

    fn value(&mut self, value: &Value, detail: Detail, depth: usize) {
        if self.over {
            return;
        }
        match value {
            Value::None => self.push("None"),
            Value::Ellipsis => self.push("Ellipsis"),
            Value::NotImplemented => self.push("NotImplemented"),
            Value::Bool(true) => self.push("True"),
            Value::Bool(false) => self.push("False"),
            Value::Int(value) => self.push(&value.to_string()),
            Value::BigInt { negative, bits, bytes } if is_whole(*bits, bytes) => self.push(&decimal(*negative, bytes)),
            Value::BigInt { negative, bits, .. } => {
                self.push(&format!("{}<int of {bits} bits>", if *negative { "-" } else { "" }));
            }
            Value::Float(value) => self.push(&float(*value)),
            Value::Complex(real, imaginary) => self.push(&complex(*real, *imaginary)),
            Value::Str { text, escaped, length } => self.string(text, *escaped, *length),
            Value::Bytes { data, length, mutable } => self.bytes(data, *length, *mutable),
            Value::Sequence { kind, items, length, .. } => self.sequence(*kind, items, *length, detail, depth),
            Value::Mapping { entries, length, .. } => {
                if detail == Detail::Brief && depth > 0 && *length > 0 {
                    return self.push(&format!("{{…{length}}}"));
                }
                self.push("{");
                self.list(entries, *length, |line, (key, value)| {
                    line.value(key, detail, depth + 1);
                    line.push(": ");
                    line.value(value, detail, depth + 1);
                });
                self.push("}");
            }
            Value::Range(parts) => {
                self.push("range(");
                self.value(&parts.0, detail, depth + 1);
                self.push(", ");
                self.value(&parts.1, detail, depth + 1);
                if parts.2 != Value::Int(1) {
                    self.push(", ");
                    self.value(&parts.2, detail, depth + 1);
                }
                self.push(")");
            }
            Value::Object { type_name, base, attributes, length, .. } => {
                self.push(&plain(last_component(type_name)));
                if detail == Detail::Brief {
                    if let Some(base) = base {
                        self.push("(");
                        self.value(base, detail, depth + 1);
                        self.push(")");
                    }
                    return;
                }
                self.push("(");
                if let Some(base) = base {
                    self.value(base, detail, depth + 1);
                    if *length > 0 {
                        self.push(", ");
                    }
                }
                self.list(attributes, *length, |line, (name, value)| {
                    line.push(&plain(name));
                    line.push("=");
                    line.value(value, detail, depth + 1);
                });
                self.push(")");
            }
            Value::Enum { type_name, member, .. } => {
                self.push(&format!("{}.{}", plain(last_component(type_name)), plain(member)));
            }
            Value::Scalar { type_name, text } => {
                self.push(&format!("{}({})", plain(last_component(type_name)), plain(text)));
            }
            Value::Named { what, name } => match detail {
                Detail::Brief => self.push(&plain(last_component(name))),
                Detail::Full => self.push(&format!("<{} {}>", what.word(), plain(name))),
            },
            Value::Opaque { type_name, id } => match detail {
                Detail::Brief => self.push(&plain(last_component(type_name))),
                Detail::Full => self.push(&format!("<{} at {id:#x}>", plain(type_name))),
            },
            Value::Reference(_) => self.push("↺"),
            Value::Redacted => self.push("<redacted>"),
            Value::Dropped => self.push("<dropped>"),
            Value::Cut => self.push("…"),
            Value::Unbound => self.push("<unbound>"),
        }
    }

    fn sequence(&mut self, kind: Sequence, items: &[Value], length: u64, detail: Detail, depth: usize) {
        let (open, close) = match kind {
            Sequence::List => ("[", "]"),
            Sequence::Tuple => ("(", ")"),
            Sequence::Set if length == 0 => return self.push("set()"),
            Sequence::Set => ("{", "}"),
            Sequence::FrozenSet if length == 0 => return self.push("frozenset()"),
            Sequence::FrozenSet => ("frozenset({", "})"),
        };
        self.push(open);
        if detail == Detail::Brief && depth > 0 && length > 0 {
            self.push(&format!("…{length}"));
        } else {
            self.list(items, length, |line, item| line.value(item, detail, depth + 1));
            if kind == Sequence::Tuple && length == 1 {
                self.push(",");
            }
        }
        self.push(close);
    }

    fn list<T>(&mut self, items: &[T], length: u64, mut show: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            if self.over {
                return;
            }
            show(self, item);
        }
        let more = length.saturating_sub(items.len() as u64);
        if more > 0 {
            self.push(if items.is_empty() { "…" } else { ", …" });
            self.push(&more.to_string());
        }
    }

    fn string(&mut self, text: &str, escaped: bool, length: u64) {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        let mut out = String::new();
        for c in text.chars().take(self.left) {
            match c {
                '\\' if !escaped => out.push_str("\\\\"),
                c if c == quote => out.extend(['\\', c]),
                c if disturbs(c) => escape(c, &mut out),
                c => out.push(c),
            }
        }
        self.push(quote.encode_utf8(&mut [0; 4]));
        self.push(&out);
        if !escaped && length > text.chars().count() as u64 {
            self.push("…");
        }
        self.push(quote.encode_utf8(&mut [0; 4]));
    }

    fn bytes(&mut self, data: &[u8], length: u64, mutable: bool) {
        self.push(if mutable { "bytearray(b'" } else { "b'" });
        for &byte in data.iter().take(self.left) {
            match byte {
                b'\\' | b'\'' => self.push(&format!("\\{}", char::from(byte))),
                b' '..=b'~' => self.push(char::from(byte).encode_utf8(&mut [0; 4])),
                b'\n' => self.push("\\n"),
                b'\r' => self.push("\\r"),
                b'\t' => self.push("\\t"),
                byte => self.push(&format!("\\x{byte:02x}")),
            }
        }
        if length > data.len() as u64 {
            self.push("…");
        }
        self.push(if mutable { "')" } else { "'" });
    }
}

/// `(1+2j)`, `3j`, as Python writes it.
fn complex(real: f64, imaginary: f64) -> String {
    let part = |value: f64| {
        let text = float(value);
        text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
    };
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imaginary));
    }
    let sign = if imaginary.is_nan() || imaginary.is_sign_positive() { "+" } else { "" };
    format!("({}{sign}{}j)", part(real), part(imaginary))
}
