//! A recorded value: a bounded structural copy of what an object looked like, never the object itself.
//!
//! Every variable-sized part says how much there was (`length`), so that what was cut off can be counted. The byte form
//! is `trace::value`. `show` writes values for a line of text, `tree` unfolds them step by step, `json` is what
//! `print --json` says.

pub mod json;
pub mod show;
pub mod tree;

#[cfg(test)]
mod tests;

/// One recorded value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `Ellipsis`.
    Ellipsis,
    /// `NotImplemented`.
    NotImplemented,
    /// `True`, `False`.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// A larger integer: its size in bits, its sign, and its least significant bytes (little endian magnitude) as far
    /// as they were kept. All of it is there when `bytes.len() * 8 >= bits`.
    BigInt {
        /// Whether it is below zero.
        negative: bool,
        /// Bits of the magnitude.
        bits: u64,
        /// Magnitude, least significant byte first; cut when too long.
        bytes: Vec<u8>,
    },
    /// `float`, NaN and infinities included.
    Float(f64),
    /// `complex`.
    Complex(f64, f64),
    /// `str`: the beginning of it.
    Str {
        /// The first characters. When `escaped` is set, lone surrogates stand in it as `\udXXX` and each backslash as
        /// two, so that a string that holds those six characters looks different.
        text: String,
        /// Whether `text` is written with escapes, because it could not be written otherwise.
        escaped: bool,
        /// Characters in the original.
        length: u64,
    },
    /// `bytes`, `bytearray`: the beginning of it.
    Bytes {
        /// The first bytes.
        data: Vec<u8>,
        /// Bytes in the original.
        length: u64,
        /// Whether it is a `bytearray`.
        mutable: bool,
    },
    /// `list`, `tuple`, `set`, `frozenset`.
    Sequence {
        /// Which of them.
        kind: Sequence,
        /// Identity, so that a [`Value::Reference`] can point here.
        id: u64,
        /// The first items.
        items: Vec<Value>,
        /// Items in the original.
        length: u64,
    },
    /// `dict`.
    Mapping {
        /// Identity.
        id: u64,
        /// The first entries.
        entries: Vec<(Value, Value)>,
        /// Entries in the original.
        length: u64,
    },
    /// `range`: start, stop, step.
    Range(Box<(Value, Value, Value)>),
    /// An instance: attributes from `__dict__` and `__slots__`, and the built-in content of a subclass of a built-in.
    Object {
        /// `module.QualName` of its type.
        type_name: String,
        /// Identity.
        id: u64,
        /// The content as the built-in base type sees it.
        base: Option<Box<Value>>,
        /// The first attributes.
        attributes: Vec<(String, Value)>,
        /// Attributes in the original.
        length: u64,
    },
    /// A member of an enumeration.
    Enum {
        /// The enumeration.
        type_name: String,
        /// The member's name.
        member: String,
        /// Its value.
        value: Box<Value>,
    },
    /// A well-known scalar of the standard library: `datetime`, `Decimal`, `Path`, `UUID`, …
    Scalar {
        /// Its type.
        type_name: String,
        /// Its content as text.
        text: String,
    },
    /// A function, class, module or method, by name.
    Named {
        /// Which of them.
        what: Named,
        /// Its qualified name, with the module.
        name: String,
    },
    /// Anything else: type and identity only; also what lies below the depth limit.
    Opaque {
        /// Its type.
        type_name: String,
        /// Identity.
        id: u64,
    },
    /// An object that stands further out in the same value, or earlier in it.
    Reference(u64),
    /// Hidden by a rule: `<redacted>`.
    Redacted,
    /// Left out by a rule: `<dropped>`.
    Dropped,
    /// Not kept because the value as a whole was already too large.
    Cut,
    /// The variable has no value (deleted, or not yet bound).
    Unbound,
}

/// Which sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sequence {
    /// `list`
    List,
    /// `tuple`
    Tuple,
    /// `set`
    Set,
    /// `frozenset`
    FrozenSet,
}

/// What a [`Value::Named`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// A function written in Python.
    Function,
    /// A class.
    Class,
    /// A module.
    Module,
    /// A bound method.
    Method,
    /// A function or method written in C.
    Builtin,
}

impl Named {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Class => "class",
            Self::Module => "module",
            Self::Method => "method",
            Self::Builtin => "builtin",
        }
    }
}

impl Sequence {
    /// The type's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Set => "set",
            Self::FrozenSet => "frozenset",
        }
    }
}

/// A line that a call came to, and the variables that had changed since the line before.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChange {
    /// The line about to run; 0: the call is about to end.
    pub line: u32,
    /// Index into `CodeFacts::locals`, and the new value ([`Value::Unbound`] after a `del`).
    pub changed: Vec<(u32, Value)>,
}

/// An exception that left a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Raised {
    /// `module.QualName` of its type.
    pub type_name: String,
    /// Its arguments (`BaseException.args`), from which the message is shown; redacted or dropped by rule.
    pub arguments: Value,
    /// The line at which it left this frame; 0 when unknown.
    pub line: u32,
}
