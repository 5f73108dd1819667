//! Integers of any size: read digit by digit, so that a number of a million digits costs what a small one costs.

use super::python::{Python, field};
use crate::trace::value::Writer;
use pyo3::ffi::{self, PyObject};

/// Integers up to this size are kept whole, in bytes.
const WHOLE: usize = 128;
/// Of larger ones, this many of the least significant bytes.
const END: usize = 16;
/// Bits per digit.
const DIGIT: u64 = 30;

/// Sign and number of digits.
///
/// # Safety
/// `object` is an `int`, and the layout is known.
#[inline]
pub(super) unsafe fn shape(object: *mut PyObject, packed: bool) -> (bool, usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if packed {
            let tag: usize = field(object.cast(), 16);
            (tag & 3 == 2, tag >> 3)
        } else {
            let size: isize = field(object.cast(), 16);
            (size < 0, size.unsigned_abs())
        }
    }
}

/// A digit, least significant first.
///
/// # Safety
/// As [`shape`], and `at` is below the number of digits.
#[inline]
pub(super) unsafe fn digit(object: *mut PyObject, at: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { field(object.cast(), 24 + 4 * at) }
}

/// The value, if it fits.
///
/// # Safety
/// `object` is an `int` or of a subclass; the GIL is held.
#[inline]
pub(super) unsafe fn small(python: &Python, object: *mut PyObject) -> Option<i64> {
    // SAFETY: the caller's promise; an int is converted without running code.
    unsafe {
        let Some(packed) = python.layout.long else {
            let mut overflow = 0;
            let value = ffi::PyLong_AsLongLongAndOverflow(object, &raw mut overflow);
            return (overflow == 0).then_some(value);
        };
        let (negative, count) = shape(object, packed);
        let magnitude = match count {
            0 => 0,
            1 => u64::from(digit(object, 0)),
            2 => u64::from(digit(object, 0)) | u64::from(digit(object, 1)) << DIGIT,
            3 if digit(object, 2) < 8 => {
                let low = u64::from(digit(object, 0)) | u64::from(digit(object, 1)) << DIGIT;
                low | u64::from(digit(object, 2)) << (2 * DIGIT)
            }
            _ => return None,
        };
        let value = magnitude.cast_signed();
        Some(if negative { -value } else { value })
    }
}

/// Writes an `int`.
///
/// # Safety
/// As [`small`].
#[inline]
pub(super) unsafe fn write(python: &Python, object: *mut PyObject, out: &mut Writer) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        match small(python, object) {
            Some(value) => out.int(value),
            None => large(python, object, out),
        }
    }
}

/// The low bits and the size of an `int` that does not fit, for comparisons.
///
/// # Safety
/// As [`small`].
pub(super) unsafe fn low(python: &Python, object: *mut PyObject) -> u64 {
    let Some(packed) = python.layout.long else { return 0 };
    // SAFETY: the caller's promise; such a number has at least three digits.
    unsafe {
        let (negative, count) = shape(object, packed);
        let digits = u64::from(digit(object, 0)) | u64::from(digit(object, 1)) << DIGIT;
        digits ^ (count as u64) << 44 ^ u64::from(digit(object, count - 1)) << 13 ^ u64::from(negative) << 63
    }
}

#[cold]
unsafe fn large(python: &Python, object: *mut PyObject, out: &mut Writer) -> bool {
    let Some(packed) = python.layout.long else {
        // Without the layout: the size is unknown, but not that it is larger than what fits.
        return out.big_int(false, 64, &[]);
    };
    // SAFETY: the caller's promise; digits are read below their number.
    unsafe {
        let (negative, count) = shape(object, packed);
        let bits = (count as u64 - 1) * DIGIT + u64::from(u32::BITS - digit(object, count - 1).leading_zeros());
        let whole = usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX);
        let kept = if whole <= WHOLE { whole } else { END };
        let mut bytes = [0u8; WHOLE];
        let (mut window, mut held, mut at) = (0u64, 0, 0);
        for byte in &mut bytes[..kept] {
            if held < 8 && at < count {
                window |= u64::from(digit(object, at)) << held;
                held += DIGIT;
                at += 1;
            }
            *byte = window as u8;
            window >>= 8;
            held = held.saturating_sub(8);
        }
        out.big_int(negative, bits, &bytes[..kept])
    }
}
