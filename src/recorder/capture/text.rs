//! Strings: read where they are, only as far as they are kept, without converting or caching anything in the object.

use super::python::{Python, field, type_of};
use crate::trace::value::Writer;
use pyo3::ffi::{self, PyObject};
use std::ffi::{CStr, c_char, c_void};
use std::fmt::Write as _;

/// A string's content in place.
#[derive(Clone, Copy)]
pub(super) struct Text {
    data: *const u8,
    /// Bytes per character: 1, 2, 4.
    width: u8,
    ascii: bool,
    /// Characters.
    pub length: usize,
}

impl Text {
    /// `None`: a string in a form of old that is not filled in yet.
    ///
    /// # Safety
    /// `object` is a `str` or of a subclass, and `at` is the layout of this version.
    #[inline]
    pub(super) unsafe fn read(object: *mut PyObject, at: (usize, usize)) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe {
            let base = object.cast::<c_void>().cast_const();
            let state: u32 = field(base, 32);
            let (width, compact, ascii) = ((state >> 2 & 7) as u8, state >> 5 & 1 == 1, state >> 6 & 1 == 1);
            let length: usize = field(base, 16);
            let data = match (compact, ascii) {
                (true, true) => base.cast::<u8>().add(at.0),
                (true, false) => base.cast::<u8>().add(at.1),
                (false, _) => field(base, at.1),
            };
            if !matches!(width, 1 | 2 | 4) || data.is_null() {
                return None;
            }
            Some(Self { data, width, ascii, length })
        }
    }

    /// The character at `index`.
    ///
    /// # Safety
    /// The string is alive and `index` is below its length.
    #[inline]
    pub(super) unsafe fn at(&self, index: usize) -> u32 {
        // SAFETY: the caller's promise.
        unsafe {
            match self.width {
                1 => u32::from(*self.data.add(index)),
                2 => u32::from(*self.data.cast::<u16>().add(index)),
                _ => *self.data.cast::<u32>().add(index),
            }
        }
    }

    /// The content itself when it is ASCII.
    ///
    /// # Safety
    /// The string stays alive as long as the slice.
    #[inline]
    pub(super) unsafe fn ascii<'a>(&self) -> Option<&'a [u8]> {
        // SAFETY: the caller's promise; the data has `length` bytes.
        self.ascii.then(|| unsafe { std::slice::from_raw_parts(self.data, self.length) })
    }
}

/// Appends at most `most` characters as UTF-8. Lone surrogates: see `escapes`. Returns how many characters the string
/// has and whether there was a lone surrogate among those appended.
///
/// # Safety
/// `object` is a `str` or of a subclass; the GIL is held.
pub(super) unsafe fn append(
    python: &Python,
    object: *mut PyObject,
    most: usize,
    escapes: bool,
    out: &mut String,
) -> (usize, bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let read = python.layout.text.and_then(|at| Text::read(object, at));
        let length = match read {
            Some(text) => text.length,
            None => usize::try_from(ffi::PyUnicode_GetLength(object)).unwrap_or(0),
        };
        let mut lone = false;
        for index in 0..length.min(most) {
            let c = match read {
                Some(text) => text.at(index),
                None => ffi::PyUnicode_ReadChar(object, index.cast_signed()),
            };
            match char::from_u32(c) {
                Some('\\') if escapes => out.push_str("\\\\"),
                Some(c) => out.push(c),
                None => {
                    lone = true;
                    let _ = write!(out, "\\u{c:04x}");
                }
            }
        }
        (length, lone)
    }
}

/// Writes a `str` value: whole, or its first `most` characters. `temp` is emptied first.
///
/// # Safety
/// As [`append`].
#[inline]
pub(super) unsafe fn write(
    python: &Python,
    object: *mut PyObject,
    most: usize,
    temp: &mut String,
    out: &mut Writer,
) -> bool {
    /// Bytes around the content of a string.
    const FRAME: usize = 24;
    // SAFETY: the caller's promise.
    unsafe {
        // Where there is little room left, less is kept, rather than nothing.
        let room = out.room().saturating_sub(FRAME);
        if let Some(text) = python.layout.text.and_then(|at| Text::read(object, at))
            && let Some(all) = text.ascii()
        {
            let most = most.min(room.max(crate::trace::value::SHORT_STR_MAX));
            if all.len() <= most {
                return out.str_whole(all);
            }
            return out.str_cut(&all[..most], all.len() as u64);
        }
        temp.clear();
        let most = most.min(room / 4);
        let (length, lone) = append(python, object, most, false, temp);
        if lone {
            temp.clear();
            append(python, object, most.min(room / 6), true, temp);
            return out.str_escaped(temp.as_bytes(), length as u64);
        }
        if length <= most { out.str_whole(temp.as_bytes()) } else { out.str_cut(temp.as_bytes(), length as u64) }
    }
}

/// The length and the characters at both ends, for comparisons.
///
/// # Safety
/// As [`append`].
pub(super) unsafe fn ends(python: &Python, object: *mut PyObject) -> u64 {
    // SAFETY: the caller's promise; places are below the length.
    unsafe {
        let Some(text) = python.layout.text.and_then(|at| Text::read(object, at)) else {
            return ffi::PyUnicode_GetLength(object).cast_unsigned() as u64;
        };
        let length = text.length;
        let mut state = length as u64;
        for at in (0..length.min(4)).chain(length.saturating_sub(4)..length) {
            state = state.rotate_left(13) ^ u64::from(text.at(at));
        }
        state
    }
}

/// Writes `bytes` or a `bytearray`: its first `most` bytes.
///
/// # Safety
/// `object` is of that type or a subclass; the GIL is held.
pub(super) unsafe fn write_bytes(object: *mut PyObject, mutable: bool, most: usize, out: &mut Writer) -> bool {
    // SAFETY: the caller's promise; the slice is used before anything else can run.
    unsafe {
        let (data, length) = if mutable {
            (ffi::PyByteArray_AsString(object), ffi::PyByteArray_Size(object))
        } else {
            (ffi::PyBytes_AsString(object), ffi::PyBytes_Size(object))
        };
        let length = usize::try_from(length).unwrap_or(0);
        if data.is_null() || length == 0 {
            return out.byte_string(mutable, &[], 0);
        }
        let kept = std::slice::from_raw_parts(data.cast::<u8>(), length.min(most));
        out.byte_string(mutable, kept, length as u64)
    }
}

/// A name of bounded length on the stack.
pub(super) struct Name {
    bytes: [u8; Self::MOST],
    length: usize,
}

impl Name {
    /// Longer names are cut at a character.
    const MOST: usize = 160;

    pub(super) fn new() -> Self {
        Self { bytes: [0; Self::MOST], length: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Takes back everything after `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    pub(super) fn push(&mut self, text: &[u8]) {
        let mut kept = text.len().min(Self::MOST - self.length);
        while kept < text.len() && kept > 0 && text[kept] & 0xc0 == 0x80 {
            kept -= 1;
        }
        self.bytes[self.length..self.length + kept].copy_from_slice(&text[..kept]);
        self.length += kept;
    }

    /// # Safety
    /// `object` is a `str` or of a subclass; the GIL is held.
    pub(super) unsafe fn push_object(&mut self, python: &Python, object: *mut PyObject) {
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(text) = python.layout.text.and_then(|at| Text::read(object, at))
                && let Some(all) = text.ascii()
            {
                return self.push(all);
            }
            let mut text = String::new();
            append(python, object, Self::MOST, false, &mut text);
            self.push(text.as_bytes());
        }
    }

    /// # Safety
    /// `text` is null or a string of C that stays alive during the call.
    pub(super) unsafe fn push_c(&mut self, text: *const c_char) {
        if text.is_null() {
            return self.push(b"?");
        }
        // SAFETY: the caller's promise.
        let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
        match std::str::from_utf8(bytes) {
            Ok(_) => self.push(bytes),
            Err(_) => self.push(String::from_utf8_lossy(bytes).as_bytes()),
        }
    }
}

/// Whether `object` is exactly a `str`.
///
/// # Safety
/// `object` is a live object.
#[inline]
pub(super) unsafe fn is_str(object: *mut PyObject) -> bool {
    // SAFETY: the caller's promise.
    unsafe { type_of(object) == &raw mut ffi::PyUnicode_Type }
}
