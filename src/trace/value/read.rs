//! The decoder. Nothing in a trace is trusted: every length is checked against the bytes that are there before anything
//! is allocated, nesting is limited, and text that is not UTF-8 is repaired rather than refused.

use super::{MAX_DEPTH, SHORT_STR_MAX, SMALL_INT_MIN, tag};
use crate::model::value::{LineChange, Named, Raised, Sequence, Value};
use crate::trace::event::{Damage, number};

/// Decodes one value; bytes behind it are passed over.
///
/// # Errors
/// [`Damage`] when the bytes are no value.
pub fn value(bytes: &[u8]) -> Result<Value, Damage> {
    Reader { bytes, at: 0 }.value(0)
}

/// Decodes the arguments of a call, in the order of `CodeFacts::params`. When the end of them is damaged, or holds tags
/// of a newer version, the list ends there with [`Value::Cut`].
#[must_use]
pub fn arguments(bytes: &[u8]) -> Vec<Value> {
    let mut reader = Reader { bytes, at: 0 };
    let mut values = Vec::new();
    while reader.at < bytes.len() {
        match reader.value(0) {
            Ok(value) => values.push(value),
            Err(_) => {
                values.push(Value::Cut);
                break;
            }
        }
    }
    values
}

/// Decodes what was recorded of an exception.
///
/// # Errors
/// [`Damage`] when the bytes are none.
pub fn raised(bytes: &[u8]) -> Result<Raised, Damage> {
    let mut reader = Reader { bytes, at: 0 };
    let type_name = reader.text()?;
    let arguments = reader.value(0)?;
    let line = u32::try_from(reader.number()?).map_err(|_| Damage::TooLarge)?;
    Ok(Raised { type_name, arguments, line })
}

/// Decodes a line and the variables that had changed.
///
/// # Errors
/// [`Damage`] when the bytes are none.
pub fn line(bytes: &[u8]) -> Result<LineChange, Damage> {
    let mut reader = Reader { bytes, at: 0 };
    let line = u32::try_from(reader.number()?).map_err(|_| Damage::TooLarge)?;
    let mut changed = Vec::new();
    while reader.at < bytes.len() {
        let index = u32::try_from(reader.number()?).map_err(|_| Damage::TooLarge)?;
        changed.push((index, reader.value(0)?));
    }
    Ok(LineChange { line, changed })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, Damage> {
        let byte = *self.bytes.get(self.at).ok_or(Damage::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, Damage> {
        number(self.bytes, &mut self.at)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damage> {
        let end = self.at.checked_add(length).ok_or(Damage::TooLarge)?;
        let part = self.bytes.get(self.at..end).ok_or(Damage::Short)?;
        self.at = end;
        Ok(part)
    }

    fn blob(&mut self) -> Result<&'a [u8], Damage> {
        let length = usize::try_from(self.number()?).map_err(|_| Damage::TooLarge)?;
        self.take(length)
    }

    fn text(&mut self) -> Result<String, Damage> {
        Ok(String::from_utf8_lossy(self.blob()?).into_owned())
    }

    fn identity(&mut self) -> Result<u64, Damage> {
        Ok(self.number()?.rotate_left(4))
    }

    fn float(&mut self) -> Result<f64, Damage> {
        let bytes = self.take(8)?.try_into().map_err(|_| Damage::Short)?;
        Ok(f64::from_le_bytes(bytes))
    }

    /// How many items follow; each takes at least `least` bytes, so a larger number is damage, found before anything is
    /// allocated.
    fn count(&mut self, least: usize) -> Result<usize, Damage> {
        let count = usize::try_from(self.number()?).map_err(|_| Damage::TooLarge)?;
        if count > (self.bytes.len() - self.at) / least {
            return Err(Damage::Short);
        }
        Ok(count)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Damage> {
        if depth > MAX_DEPTH {
            return Err(Damage::TooDeep);
        }
        let first = self.byte()?;
        Ok(match first {
            tag::SMALL_INT.. => Value::Int(i64::from(first - tag::SMALL_INT) + SMALL_INT_MIN),
            tag::SHORT_STR.. => {
                debug_assert!(usize::from(first - tag::SHORT_STR) <= SHORT_STR_MAX, "tags are contiguous");
                self.whole_text(usize::from(first - tag::SHORT_STR))?
            }
            tag::NONE => Value::None,
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::ELLIPSIS => Value::Ellipsis,
            tag::NOT_IMPLEMENTED => Value::NotImplemented,
            tag::INT => {
                let zigzag = self.number()?;
                Value::Int((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
            }
            tag::BIG_INT => {
                let head = self.number()?;
                Value::BigInt { negative: head & 1 == 1, bits: head >> 1, bytes: self.blob()?.to_vec() }
            }
            tag::FLOAT => Value::Float(self.float()?),
            tag::COMPLEX => Value::Complex(self.float()?, self.float()?),
            tag::STR => {
                let length = usize::try_from(self.number()?).map_err(|_| Damage::TooLarge)?;
                self.whole_text(length)?
            }
            tag::STR_CUT | tag::STR_ESCAPED => {
                let text = self.text()?;
                Value::Str { text, escaped: first == tag::STR_ESCAPED, length: self.number()? }
            }
            tag::BYTES | tag::BYTEARRAY => {
                let data = self.blob()?.to_vec();
                Value::Bytes { data, length: self.number()?, mutable: first == tag::BYTEARRAY }
            }
            tag::EMPTY_TUPLE => Value::Sequence { kind: Sequence::Tuple, id: 0, items: Vec::new(), length: 0 },
            tag::LIST | tag::TUPLE | tag::SET | tag::FROZENSET => self.sequence(first, depth)?,
            tag::DICT => self.mapping(depth)?,
            tag::RANGE => {
                let parts = (self.value(depth + 1)?, self.value(depth + 1)?, self.value(depth + 1)?);
                Value::Range(Box::new(parts))
            }
            tag::OBJECT | tag::OBJECT_BASE => self.object(first == tag::OBJECT_BASE, depth)?,
            tag::ENUM => {
                Value::Enum { type_name: self.text()?, member: self.text()?, value: Box::new(self.value(depth + 1)?) }
            }
            tag::SCALAR => Value::Scalar { type_name: self.text()?, text: self.text()? },
            tag::NAMED => {
                let what = match self.byte()? {
                    0 => Named::Function,
                    1 => Named::Class,
                    2 => Named::Module,
                    3 => Named::Method,
                    4 => Named::Builtin,
                    _ => return Err(Damage::Unknown),
                };
                Value::Named { what, name: self.text()? }
            }
            tag::OPAQUE => Value::Opaque { type_name: self.text()?, id: self.identity()? },
            tag::REFERENCE => Value::Reference(self.identity()?),
            tag::REDACTED => Value::Redacted,
            tag::DROPPED => Value::Dropped,
            tag::CUT => Value::Cut,
            tag::UNBOUND => Value::Unbound,
        })
    }

    fn whole_text(&mut self, length: usize) -> Result<Value, Damage> {
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        let length = text.chars().count() as u64;
        Ok(Value::Str { text, escaped: false, length })
    }

    fn sequence(&mut self, first: u8, depth: usize) -> Result<Value, Damage> {
        let kind = match first {
            tag::LIST => Sequence::List,
            tag::TUPLE => Sequence::Tuple,
            tag::SET => Sequence::Set,
            _ => Sequence::FrozenSet,
        };
        let id = self.identity()?;
        let count = self.count(1)?;
        let length = self.number()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.value(depth + 1)?);
        }
        Ok(Value::Sequence { kind, id, items, length })
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Damage> {
        let id = self.identity()?;
        let count = self.count(2)?;
        let length = self.number()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push((self.value(depth + 1)?, self.value(depth + 1)?));
        }
        Ok(Value::Mapping { id, entries, length })
    }

    fn object(&mut self, with_base: bool, depth: usize) -> Result<Value, Damage> {
        let type_name = self.text()?;
        let id = self.identity()?;
        let count = self.count(2)?;
        let length = self.number()?;
        let mut attributes = Vec::new();
        for _ in 0..count {
            attributes.push((self.text()?, self.value(depth + 1)?));
        }
        let base = if with_base { Some(Box::new(self.value(depth + 1)?)) } else { None };
        Ok(Value::Object { type_name, id, base, attributes, length })
    }
}
