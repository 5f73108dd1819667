//! The byte form of values: arguments, results, exceptions, changed locals.
//!
//! A value is a tag byte and what the tag asks for; numbers are LEB128 unless said otherwise, `text` is a number of bytes
//! and that much UTF-8. Small integers and short strings are one byte and their content, so that the arguments of an
//! ordinary call take a handful of bytes. There are no offsets: a value decodes alone, and a decoder that meets an
//! unknown tag can say so and go on with the next event, whose start does not depend on it.
//!
//! | tag | what follows |
//! |---|---|
//! | `00` None, `01` False, `02` True, `03` Ellipsis, `04` NotImplemented, `1f` empty tuple | |
//! | `05` int | zigzag |
//! | `06` larger int | bits × 2 + sign, text-like magnitude (little endian) |
//! | `07` float, `08` complex | 8 or 16 bytes, little endian |
//! | `09` str, whole | text |
//! | `0a` str, cut; `0b` str, with escapes | text, characters in the original |
//! | `0c` bytes, `0d` bytearray | number of bytes kept, the bytes, bytes in the original |
//! | `0e` list, `0f` tuple, `10` set, `11` frozenset | identity, items kept, items in the original, the items |
//! | `12` dict | identity, entries kept, entries in the original, key and value of each |
//! | `13` range | start, stop, step |
//! | `14` instance | text type, identity, attributes kept, attributes in the original, text name and value of each |
//! | `15` instance of a subclass of a built-in | the same, then the built-in content |
//! | `16` enum member | text type, text name, value |
//! | `17` scalar | text type, text |
//! | `18` named thing | byte: function, class, module, method, builtin; text |
//! | `19` opaque | text type, identity |
//! | `1a` reference | identity |
//! | `1b` redacted, `1c` dropped, `1d` cut, `1e` unbound | |
//! | `20`–`3f` | a whole str of 0 to 31 bytes |
//! | `40`–`ff` | an int from -32 to 159 |
//!
//! An identity is the address, its low four bits (nearly always 0) rotated to the top so that it is short. The payload
//! of a call is its arguments one after the other, in the order of `CodeFacts::params`; that of an unwind is text type,
//! the value of `args`, line; that of a line is the line and then pairs of an index into `CodeFacts::locals` and a value.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::{arguments, line, raised, value};
pub use write::{Mark, Writer, put};

/// Tag bytes.
pub(crate) mod tag {
    pub const NONE: u8 = 0x00;
    pub const FALSE: u8 = 0x01;
    pub const TRUE: u8 = 0x02;
    pub const ELLIPSIS: u8 = 0x03;
    pub const NOT_IMPLEMENTED: u8 = 0x04;
    pub const INT: u8 = 0x05;
    pub const BIG_INT: u8 = 0x06;
    pub const FLOAT: u8 = 0x07;
    pub const COMPLEX: u8 = 0x08;
    pub const STR: u8 = 0x09;
    pub const STR_CUT: u8 = 0x0a;
    pub const STR_ESCAPED: u8 = 0x0b;
    pub const BYTES: u8 = 0x0c;
    pub const BYTEARRAY: u8 = 0x0d;
    pub const LIST: u8 = 0x0e;
    pub const TUPLE: u8 = 0x0f;
    pub const SET: u8 = 0x10;
    pub const FROZENSET: u8 = 0x11;
    pub const DICT: u8 = 0x12;
    pub const RANGE: u8 = 0x13;
    pub const OBJECT: u8 = 0x14;
    pub const OBJECT_BASE: u8 = 0x15;
    pub const ENUM: u8 = 0x16;
    pub const SCALAR: u8 = 0x17;
    pub const NAMED: u8 = 0x18;
    pub const OPAQUE: u8 = 0x19;
    pub const REFERENCE: u8 = 0x1a;
    pub const REDACTED: u8 = 0x1b;
    pub const DROPPED: u8 = 0x1c;
    pub const CUT: u8 = 0x1d;
    pub const UNBOUND: u8 = 0x1e;
    pub const EMPTY_TUPLE: u8 = 0x1f;
    /// A str of `tag - SHORT_STR` bytes follows.
    pub const SHORT_STR: u8 = 0x20;
    /// The int `tag - SMALL_INT + SMALL_INT_MIN`.
    pub const SMALL_INT: u8 = 0x40;
}

/// The int that [`tag::SMALL_INT`] itself stands for.
pub(crate) const SMALL_INT_MIN: i64 = -32;
/// The longest str that [`tag::SHORT_STR`] can say, in bytes.
pub const SHORT_STR_MAX: usize = 31;
/// A decoder refuses values nested deeper than this; the recorder stays far below.
pub const MAX_DEPTH: usize = 64;
/// A container keeps at most this many items, so that their number is one byte, which is filled in afterwards.
pub const MAX_ITEMS: usize = 127;
