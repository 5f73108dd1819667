//! The encoder: a bounded, reusable buffer that values are appended to. Nothing here allocates after [`Writer::new`].
//!
//! Each method appends a whole token or nothing, and says which. A value that did not fit is taken back with
//! [`Writer::back_to`], so that what is in the buffer always decodes.

use super::{MAX_ITEMS, SHORT_STR_MAX, SMALL_INT_MIN, tag};
use crate::model::value::{Named, Sequence, Value};

/// Bytes of the longest LEB128 number.
const NUMBER: usize = 10;

/// A bounded buffer of encoded values.
#[derive(Debug)]
pub struct Writer {
    bytes: Box<[u8]>,
    at: usize,
    limit: usize,
}

/// A place in the buffer to go back to, or whose count to fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(usize);

impl Writer {
    /// A buffer of `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { bytes: vec![0; capacity].into_boxed_slice(), at: 0, limit: capacity }
    }

    /// Empties the buffer and sets the limit to its capacity.
    pub fn clear(&mut self) {
        self.at = 0;
        self.limit = self.bytes.len();
    }

    /// What was written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.at]
    }

    /// Bytes that still fit below the limit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.at)
    }

    /// From here on, at most `room` more bytes (never above the capacity). Returns the former limit for
    /// [`Writer::restore`].
    pub fn confine(&mut self, room: usize) -> usize {
        let former = self.limit;
        self.limit = self.at.saturating_add(room).min(former);
        former
    }

    /// Undoes [`Writer::confine`].
    pub fn restore(&mut self, limit: usize) {
        self.limit = limit.min(self.bytes.len());
    }

    /// The current end.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.at)
    }

    /// Takes back everything after `mark`.
    pub fn back_to(&mut self, mark: Mark) {
        self.at = self.at.min(mark.0);
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> bool {
        if self.at >= self.limit {
            return false;
        }
        self.bytes[self.at] = byte;
        self.at += 1;
        true
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > self.room() {
            return false;
        }
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        true
    }

    /// A bare number, for the fields around values. False: no room.
    #[inline]
    pub fn number(&mut self, value: u64) -> bool {
        if value < 0x80 {
            return self.byte(value as u8);
        }
        if let Some(out) = self.bytes.get_mut(self.at..self.limit).filter(|out| out.len() >= NUMBER) {
            self.at += crate::trace::event::put_number(out, value);
            return true;
        }
        let mut out = [0; NUMBER];
        let length = crate::trace::event::put_number(&mut out, value);
        self.put(&out[..length])
    }

    #[inline]
    fn identity(&mut self, id: u64) -> bool {
        self.number(id.rotate_right(4))
    }

    /// A length and that much UTF-8, for names of types and attributes. False: no room.
    #[inline]
    pub fn text(&mut self, text: &[u8]) -> bool {
        self.number(text.len() as u64) && self.put(text)
    }

    /// `None`. This and all the following: false when there is no room; then take back what was begun.
    #[inline]
    pub fn none(&mut self) -> bool {
        self.byte(tag::NONE)
    }

    /// `True`, `False`.
    #[inline]
    pub fn boolean(&mut self, value: bool) -> bool {
        self.byte(if value { tag::TRUE } else { tag::FALSE })
    }

    /// `Ellipsis`.
    pub fn ellipsis(&mut self) -> bool {
        self.byte(tag::ELLIPSIS)
    }

    /// `NotImplemented`.
    pub fn not_implemented(&mut self) -> bool {
        self.byte(tag::NOT_IMPLEMENTED)
    }

    /// An integer that fits.
    #[inline]
    pub fn int(&mut self, value: i64) -> bool {
        let small = value.wrapping_sub(SMALL_INT_MIN);
        if (0..=0xff - i64::from(tag::SMALL_INT)).contains(&small) {
            return self.byte(tag::SMALL_INT + small as u8);
        }
        let zigzag = ((value << 1) ^ (value >> 63)).cast_unsigned();
        self.byte(tag::INT) && self.number(zigzag)
    }

    /// A larger integer: `magnitude` is its low end, least significant byte first. Bits above 2⁶³ are not counted.
    pub fn big_int(&mut self, negative: bool, bits: u64, magnitude: &[u8]) -> bool {
        let bits = bits.min(u64::MAX >> 1);
        self.byte(tag::BIG_INT) && self.number(bits << 1 | u64::from(negative)) && self.text(magnitude)
    }

    /// `float`.
    #[inline]
    pub fn float(&mut self, value: f64) -> bool {
        self.byte(tag::FLOAT) && self.put(&value.to_le_bytes())
    }

    /// `complex`.
    pub fn complex(&mut self, real: f64, imaginary: f64) -> bool {
        self.byte(tag::COMPLEX) && self.put(&real.to_le_bytes()) && self.put(&imaginary.to_le_bytes())
    }

    /// A whole `str`, given as UTF-8.
    #[inline]
    pub fn str_whole(&mut self, text: &[u8]) -> bool {
        if text.len() <= SHORT_STR_MAX {
            return self.byte(tag::SHORT_STR + text.len() as u8) && self.put(text);
        }
        self.byte(tag::STR) && self.text(text)
    }

    /// The beginning of a `str` of `length` characters.
    pub fn str_cut(&mut self, text: &[u8], length: u64) -> bool {
        self.byte(tag::STR_CUT) && self.text(text) && self.number(length)
    }

    /// A `str` of `length` characters, or its beginning, that had to be written with escapes.
    pub fn str_escaped(&mut self, text: &[u8], length: u64) -> bool {
        self.byte(tag::STR_ESCAPED) && self.text(text) && self.number(length)
    }

    /// The beginning of `bytes` or a `bytearray`.
    pub fn byte_string(&mut self, mutable: bool, data: &[u8], length: u64) -> bool {
        self.byte(if mutable { tag::BYTEARRAY } else { tag::BYTES }) && self.text(data) && self.number(length)
    }

    /// `()`.
    #[inline]
    pub fn empty_tuple(&mut self) -> bool {
        self.byte(tag::EMPTY_TUPLE)
    }

    fn count(&mut self) -> Option<Mark> {
        let mark = self.mark();
        self.byte(0).then_some(mark)
    }

    /// Fills in how many items, entries or attributes were kept (at most [`MAX_ITEMS`]).
    #[inline]
    pub fn close(&mut self, count: Mark, kept: usize) {
        debug_assert!(kept <= MAX_ITEMS, "a count is one byte");
        if let Some(byte) = self.bytes.get_mut(count.0) {
            *byte = kept.min(MAX_ITEMS) as u8;
        }
    }

    /// As [`Writer::close`], and writes the length anew, in as many bytes as it took before; what does not fit in them is
    /// written as the largest number that does.
    pub fn close_with(&mut self, count: Mark, kept: usize, length: u64) {
        self.close(count, kept);
        let field = count.0 + 1;
        let width = self.bytes[field..].iter().take(NUMBER).take_while(|&&byte| byte >= 0x80).count() + 1;
        let most = 1u64.checked_shl(7 * width as u32).map_or(u64::MAX, |above| above - 1);
        let mut rest = length.min(most);
        for (at, byte) in self.bytes[field..].iter_mut().take(width).enumerate() {
            *byte = (rest & 0x7f) as u8 | if at + 1 < width { 0x80 } else { 0 };
            rest >>= 7;
        }
    }

    /// Begins a sequence of `length` items; the items follow, then [`Writer::close`]. `None`: no room.
    pub fn sequence(&mut self, kind: Sequence, id: u64, length: u64) -> Option<Mark> {
        let tag = match kind {
            Sequence::List => tag::LIST,
            Sequence::Tuple => tag::TUPLE,
            Sequence::Set => tag::SET,
            Sequence::FrozenSet => tag::FROZENSET,
        };
        if !(self.byte(tag) && self.identity(id)) {
            return None;
        }
        let count = self.count()?;
        self.number(length).then_some(count)
    }

    /// Begins a `dict`; keys and values follow.
    pub fn mapping(&mut self, id: u64, length: u64) -> Option<Mark> {
        if !(self.byte(tag::DICT) && self.identity(id)) {
            return None;
        }
        let count = self.count()?;
        self.number(length).then_some(count)
    }

    /// Begins a `range`: three values follow.
    pub fn range(&mut self) -> bool {
        self.byte(tag::RANGE)
    }

    /// Begins an instance of `length` attributes: names ([`Writer::text`]) and values follow, then, if `base`, the
    /// built-in content. `type_name` is given in parts that are joined.
    pub fn object(&mut self, type_name: &[&[u8]], id: u64, length: u64, base: bool) -> Option<Mark> {
        let tag = if base { tag::OBJECT_BASE } else { tag::OBJECT };
        if !(self.byte(tag) && self.joined(type_name) && self.identity(id)) {
            return None;
        }
        let count = self.count()?;
        self.number(length).then_some(count)
    }

    /// A text given in parts.
    pub fn joined(&mut self, parts: &[&[u8]]) -> bool {
        self.number(parts.iter().map(|part| part.len() as u64).sum()) && parts.iter().all(|part| self.put(part))
    }

    /// Begins an enumeration's member: its value follows.
    pub fn member(&mut self, type_name: &[&[u8]], name: &[u8]) -> bool {
        self.byte(tag::ENUM) && self.joined(type_name) && self.text(name)
    }

    /// A scalar of the standard library.
    pub fn scalar(&mut self, type_name: &[&[u8]], text: &[u8]) -> bool {
        self.byte(tag::SCALAR) && self.joined(type_name) && self.text(text)
    }

    /// A function, class, …
    pub fn named(&mut self, what: Named, name: &[&[u8]]) -> bool {
        let what = match what {
            Named::Function => 0,
            Named::Class => 1,
            Named::Module => 2,
            Named::Method => 3,
            Named::Builtin => 4,
        };
        self.byte(tag::NAMED) && self.byte(what) && self.joined(name)
    }

    /// Type and identity only.
    pub fn opaque(&mut self, type_name: &[&[u8]], id: u64) -> bool {
        self.byte(tag::OPAQUE) && self.joined(type_name) && self.identity(id)
    }

    /// An object that was written before.
    pub fn reference(&mut self, id: u64) -> bool {
        self.byte(tag::REFERENCE) && self.identity(id)
    }

    /// `<redacted>`.
    pub fn redacted(&mut self) -> bool {
        self.byte(tag::REDACTED)
    }

    /// `<dropped>`.
    pub fn dropped(&mut self) -> bool {
        self.byte(tag::DROPPED)
    }

    /// Not kept.
    pub fn cut(&mut self) -> bool {
        self.byte(tag::CUT)
    }

    /// No value.
    pub fn unbound(&mut self) -> bool {
        self.byte(tag::UNBOUND)
    }
}

/// Appends a decoded value again, for tests and for traces made by hand. Containers keep at most [`MAX_ITEMS`].
/// False: no room; the writer is as it was.
pub fn put(out: &mut Writer, value: &Value) -> bool {
    let start = out.mark();
    let written = put_inner(out, value);
    if !written {
        out.back_to(start);
    }
    written
}

fn put_inner(out: &mut Writer, value: &Value) -> bool {
    match value {
        Value::None => out.none(),
        Value::Ellipsis => out.ellipsis(),
        Value::NotImplemented => out.not_implemented(),
        Value::Bool(value) => out.boolean(*value),
        Value::Int(value) => out.int(*value),
        Value::BigInt { negative, bits, bytes } => out.big_int(*negative, *bits, bytes),
        Value::Float(value) => out.float(*value),
        Value::Complex(real, imaginary) => out.complex(*real, *imaginary),
        Value::Str { text, escaped: true, length } => out.str_escaped(text.as_bytes(), *length),
        Value::Str { text, escaped: false, length } if text.chars().count() as u64 == *length => {
            out.str_whole(text.as_bytes())
        }
        Value::Str { text, length, .. } => out.str_cut(text.as_bytes(), *length),
        Value::Bytes { data, length, mutable } => out.byte_string(*mutable, data, *length),
        Value::Sequence { kind: Sequence::Tuple, items, length: 0, .. } if items.is_empty() => out.empty_tuple(),
        Value::Sequence { kind, id, items, length } => {
            let kept = &items[..items.len().min(MAX_ITEMS)];
            let Some(count) = out.sequence(*kind, *id, *length) else { return false };
            out.close(count, kept.len());
            kept.iter().all(|item| put_inner(out, item))
        }
        Value::Mapping { id, entries, length } => {
            let kept = &entries[..entries.len().min(MAX_ITEMS)];
            let Some(count) = out.mapping(*id, *length) else { return false };
            out.close(count, kept.len());
            kept.iter().all(|(key, value)| put_inner(out, key) && put_inner(out, value))
        }
        Value::Range(parts) => {
            out.range() && put_inner(out, &parts.0) && put_inner(out, &parts.1) && put_inner(out, &parts.2)
        }
        Value::Object { type_name, id, base, attributes, length } => {
            let kept = &attributes[..attributes.len().min(MAX_ITEMS)];
            let Some(count) = out.object(&[type_name.as_bytes()], *id, *length, base.is_some()) else { return false };
            out.close(count, kept.len());
            kept.iter().all(|(name, value)| out.text(name.as_bytes()) && put_inner(out, value))
                && base.as_ref().is_none_or(|base| put_inner(out, base))
        }
        Value::Enum { type_name, member, value } => {
            out.member(&[type_name.as_bytes()], member.as_bytes()) && put_inner(out, value)
        }
        Value::Scalar { type_name, text } => out.scalar(&[type_name.as_bytes()], text.as_bytes()),
        Value::Named { what, name } => out.named(*what, &[name.as_bytes()]),
        Value::Opaque { type_name, id } => out.opaque(&[type_name.as_bytes()], *id),
        Value::Reference(id) => out.reference(*id),
        Value::Redacted => out.redacted(),
        Value::Dropped => out.dropped(),
        Value::Cut => out.cut(),
        Value::Unbound => out.unbound(),
    }
}
