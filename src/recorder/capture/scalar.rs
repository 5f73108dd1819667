//! Scalars of the standard library as text: dates and times, decimals, paths, UUIDs. What the types written in C keep
//! in their fields is formatted here; nothing of theirs is called.

use super::instance::{attributes, c_name, flags, member};
use super::python::{Python, field, type_of};
use pyo3::ffi::{self, PyObject, PyTypeObject};
use std::ffi::{CStr, c_void};
use std::fmt::Write as _;

/// Decimals with more digits than this are written with an ellipsis.
const DIGITS: usize = 400;

/// Which scalar a type of C is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    Time,
    DateTime,
    Delta,
    Zone,
    /// `zoneinfo.ZoneInfo`: its key is a member of the type.
    ZoneInfo,
    Decimal,
    Deque,
}

/// Looks at the C name and the size of a type that no class statement made.
///
/// # Safety
/// `class` is a live type; the GIL is held.
pub(super) unsafe fn kind(python: &Python, class: *mut PyTypeObject) -> Option<Kind> {
    // SAFETY: the caller's promise.
    unsafe {
        let name = c_name(&python.layout, class)?;
        let size: isize = field(class.cast(), 32);
        let (kind, expected) = match name.to_bytes() {
            b"datetime.date" => (Kind::Date, 32),
            b"datetime.time" => (Kind::Time, 40),
            b"datetime.datetime" => (Kind::DateTime, 48),
            b"datetime.timedelta" => (Kind::Delta, 40),
            b"datetime.timezone" => (Kind::Zone, 32),
            b"zoneinfo.ZoneInfo" => (Kind::ZoneInfo, size),
            b"decimal.Decimal" => (Kind::Decimal, 104),
            b"collections.deque" => (Kind::Deque, if size == 80 { 80 } else { 216 }),
            _ => return None,
        };
        (size == expected && python.version <= (3, 13)).then_some(kind)
    }
}

/// The text of a scalar.
///
/// # Safety
/// `object` is of this kind or of a subclass; the GIL is held.
pub(super) unsafe fn text(python: &Python, kind: Kind, object: *mut PyObject, out: &mut String) {
    let base = object.cast::<c_void>().cast_const();
    // SAFETY: the caller's promise; the sizes were checked by `kind`.
    unsafe {
        match kind {
            Kind::Date => date(field(base, 25), out),
            Kind::Time => {
                time(field(base, 25), out);
                zone_of(python, base, 32, out);
            }
            Kind::DateTime => {
                date(field(base, 25), out);
                out.push(' ');
                time(field(base, 29), out);
                zone_of(python, base, 40, out);
            }
            Kind::Delta => delta(base, out),
            Kind::Zone => zone(base, out),
            Kind::ZoneInfo => key(python, object, out),
            Kind::Decimal => decimal(base, out),
            Kind::Deque => {}
        }
    }
}

fn date(data: [u8; 4], out: &mut String) {
    let _ = write!(out, "{:04}-{:02}-{:02}", u16::from_be_bytes([data[0], data[1]]), data[2], data[3]);
}

fn time(data: [u8; 6], out: &mut String) {
    let [hour, minute, second, high, middle, low] = data;
    let _ = write!(out, "{hour:02}:{minute:02}:{second:02}");
    let micros = u32::from_be_bytes([0, high, middle, low]);
    if micros > 0 {
        let _ = write!(out, ".{micros:06}");
    }
}

/// The time zone of a time or datetime, if it has one.
unsafe fn zone_of(python: &Python, base: *const c_void, at: usize, out: &mut String) {
    // SAFETY: the caller's promise: the field is there when the flag says so.
    unsafe {
        if field::<u8>(base, 24) == 0 {
            return;
        }
        let info: *mut PyObject = field(base, at);
        if info.is_null() || info == python.types.none {
            return;
        }
        if kind(python, type_of(info)) == Some(Kind::Zone) {
            return zone(info.cast(), out);
        }
        if kind(python, type_of(info)) == Some(Kind::ZoneInfo) {
            out.push_str(" [");
            key(python, info, out);
            return out.push(']');
        }
        let mut name = super::text::Name::new();
        super::instance::type_name(python, type_of(info), &mut name);
        let _ = write!(out, " [{}]", String::from_utf8_lossy(name.bytes()));
    }
}

/// `Europe/Berlin`; `?` for a zone that was read from a file without a name.
unsafe fn key(python: &Python, zone: *mut PyObject, out: &mut String) {
    /// Characters that are kept.
    const LENGTH: usize = 128;
    // SAFETY: the caller's promise; what the member holds is checked.
    unsafe {
        match member(&python.layout, zone, c"key").filter(|&key| super::text::is_str(key)) {
            Some(key) => drop(super::text::append(python, key, LENGTH, false, out)),
            None => out.push('?'),
        }
    }
}

/// `+02:00`, from the offset of a `datetime.timezone`.
unsafe fn zone(base: *const c_void, out: &mut String) {
    // SAFETY: the field holds an exact timedelta.
    unsafe {
        let offset: *const c_void = field(base, 16);
        if offset.is_null() {
            return;
        }
        let (days, seconds): (i32, i32) = (field(offset, 24), field(offset, 28));
        let total = i64::from(days) * 86_400 + i64::from(seconds);
        let (sign, total) = if total < 0 { ('-', -total) } else { ('+', total) };
        let _ = write!(out, "{sign}{:02}:{:02}", total / 3600, total / 60 % 60);
        if total % 60 != 0 {
            let _ = write!(out, ":{:02}", total % 60);
        }
    }
}

/// As `str()` of a timedelta has it: `-1 day, 23:59:59.000001`.
unsafe fn delta(base: *const c_void, out: &mut String) {
    // SAFETY: the caller's promise.
    let (days, seconds, micros): (i32, i32, i32) = unsafe { (field(base, 24), field(base, 28), field(base, 32)) };
    if days != 0 {
        let _ = write!(out, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" });
    }
    let _ = write!(out, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if micros != 0 {
        let _ = write!(out, ".{micros:06}");
    }
}

/// As `str()` of a Decimal has it.
unsafe fn decimal(base: *const c_void, out: &mut String) {
    const NEGATIVE: u8 = 1;
    const INFINITE: u8 = 2;
    const NAN: u8 = 4;
    const SIGNALLING: u8 = 8;
    /// Decimal digits per word.
    const WORD: usize = 19;
    // SAFETY: the caller's promise; words are read below their number.
    unsafe {
        let mpd = base.cast::<u8>().add(24).cast::<c_void>();
        let flags: u8 = field(mpd, 0);
        let (exponent, count, words): (i64, i64, i64) = (field(mpd, 8), field(mpd, 16), field(mpd, 24));
        let data: *const u64 = field(mpd, 40);
        if flags & NEGATIVE != 0 {
            out.push('-');
        }
        if flags & INFINITE != 0 {
            return out.push_str("Infinity");
        }
        if flags & (NAN | SIGNALLING) != 0 {
            return out.push_str(if flags & SIGNALLING != 0 { "sNaN" } else { "NaN" });
        }
        let (count, words) = (usize::try_from(count).unwrap_or(0), usize::try_from(words).unwrap_or(0));
        if data.is_null() || count == 0 || words == 0 {
            return out.push('?');
        }
        // The most significant digits only: the top word has those that do not fill a word.
        let mut digits = String::new();
        let top = (count - 1) % WORD + 1;
        for index in (0..words).rev() {
            let word = *data.add(index);
            let wide = if index == words - 1 { top } else { WORD };
            let _ = write!(digits, "{word:0wide$}");
            if digits.len() > DIGITS {
                break;
            }
        }
        place_point(&digits, count, exponent, out);
    }
}

/// The rules of the decimal specification for `to-scientific-string`.
fn place_point(digits: &str, count: usize, exponent: i64, out: &mut String) {
    let shown = &digits[..digits.len().min(DIGITS)];
    let cut = count > shown.len();
    let left = exponent.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
    if exponent <= 0 && left > -6 && !cut {
        if exponent == 0 {
            out.push_str(shown);
        } else if left > 0 {
            let (whole, part) = shown.split_at(usize::try_from(left).unwrap_or(0).min(shown.len()));
            let _ = write!(out, "{whole}.{part}");
        } else {
            let zeros = usize::try_from(-left).unwrap_or(0);
            let _ = write!(out, "0.{:0>zeros$}{shown}", "");
        }
        return;
    }
    let (first, rest) = shown.split_at(1.min(shown.len()));
    out.push_str(first);
    if !rest.is_empty() {
        let _ = write!(out, ".{rest}");
    }
    if cut {
        out.push('…');
    }
    if left != 1 {
        let _ = write!(out, "E{:+}", left - 1);
    }
}

/// Paths and UUIDs: written in Python, known by name, read from their slots. False: it is none of them, or not filled in.
///
/// # Safety
/// `object` is a live object; the GIL is held.
pub(super) unsafe fn python_scalar(python: &Python, name: &[u8], object: *mut PyObject, out: &mut String) -> bool {
    const PATH: [&str; 4] = ["PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"];
    let Ok(name) = std::str::from_utf8(name) else { return false };
    // SAFETY: the caller's promise.
    unsafe {
        if name == "uuid.UUID" {
            return uuid(python, object, out);
        }
        let Some((module, class)) = name.rsplit_once('.') else { return false };
        if !(module == "pathlib" || module.starts_with("pathlib.")) || !PATH.contains(&class) {
            return false;
        }
        path(python, object, class.contains("Windows"), out)
    }
}

unsafe fn uuid(python: &Python, object: *mut PyObject, out: &mut String) -> bool {
    // SAFETY: the caller's promise; the digits of an exact int.
    unsafe {
        let (Some(packed), Some(number)) = (python.layout.long, slot(python, object, c"int")) else { return false };
        if type_of(number) != &raw mut ffi::PyLong_Type {
            return false;
        }
        let (negative, count) = super::number::shape(number, packed);
        if negative || count > 5 {
            return false;
        }
        let mut value = 0u128;
        for at in 0..count {
            let Some(digit) = u128::from(super::number::digit(number, at)).checked_shl(30 * at as u32) else {
                return false;
            };
            value |= digit;
        }
        let hex = format!("{value:032x}");
        let _ = write!(out, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        true
    }
}

/// A value by name from slots or `__dict__`, borrowed.
unsafe fn slot(python: &Python, object: *mut PyObject, name: &CStr) -> Option<*mut PyObject> {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(found) = member(&python.layout, object, name) {
            return Some(found);
        }
        let mut found = None;
        attributes(python, object, |key, value| {
            let mut text = String::new();
            if super::text::is_str(key) {
                super::text::append(python, key, 32, false, &mut text);
            }
            if text.as_bytes() == name.to_bytes() {
                found = Some(value);
            }
            found.is_none()
        });
        found
    }
}

unsafe fn path(python: &Python, object: *mut PyObject, windows: bool, out: &mut String) -> bool {
    /// Characters of a path that are kept.
    const LENGTH: usize = 1024;
    /// Parts that are joined.
    const PARTS: isize = 64;
    // SAFETY: the caller's promise; everything read is checked for its type first.
    unsafe {
        let is_str = |it: *mut PyObject| super::text::is_str(it);
        if let Some(whole) = slot(python, object, c"_str").filter(|&it| is_str(it)) {
            super::text::append(python, whole, LENGTH, false, out);
            return true;
        }
        let raw = slot(python, object, c"_raw_paths");
        let Some(parts) = raw.or_else(|| slot(python, object, c"_parts")) else { return false };
        if type_of(parts) != &raw mut ffi::PyList_Type {
            return false;
        }
        let separator = if windows { '\\' } else { '/' };
        let start = out.len();
        for index in 0..ffi::PyList_Size(parts).min(PARTS) {
            let part = ffi::PyList_GetItem(parts, index);
            if part.is_null() || !is_str(part) {
                return false;
            }
            let before = out.len();
            if before > start && !out.ends_with(separator) {
                out.push(separator);
            }
            let joint = out.len();
            super::text::append(python, part, LENGTH, false, out);
            // An absolute part replaces what stood before it.
            if raw.is_some() && before > start && out[joint..].starts_with('/') {
                out.replace_range(start..joint, "");
            }
            if out.len() > start + 2 * LENGTH {
                break;
            }
        }
        if out.len() == start {
            out.push('.');
        }
        true
    }
}

/// Whether instances of the type are tuples with named fields that its C code declares, such as `os.stat_result`.
///
/// # Safety
/// `class` is a live type; the GIL is held.
pub(super) unsafe fn is_struct_sequence(python: &Python, class: *mut PyTypeObject) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        flags(&python.layout, class) & ffi::Py_TPFLAGS_TUPLE_SUBCLASS != 0
            && c_name(&python.layout, class).is_some()
            && python.layout.types
            && !field::<*const c_void>(class.cast(), 240).is_null()
    }
}
