//! The list of open calls at the head of a block, between its fixed header and its first event. With it a block decodes
//! alone, and the ancestors of a call are known without reading earlier blocks.
//!
//! The list holds the innermost open calls, outermost first, at most `format::block::MAX_OPEN`. An entry is four LEB128
//! numbers: `ordinal_delta << 2 | opening` (the ordinal since the entry before, or since 0), the code, the age (raw
//! clock of the block's beginning minus that of the call's opening) and the generator (0: none, or not known yet).
//! Openings: 0 call, 1 resume, 2 throw, 3 resync.

use crate::trace::event::{Damage, Opening, number, put_number};

/// One open call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenEntry {
    /// Ordinal on its thread.
    pub ordinal: u64,
    /// Code object.
    pub code: u32,
    /// Raw clock (shifted) when it opened.
    pub raw: u64,
    /// As in its opening event.
    pub generator: u64,
    /// How it began.
    pub how: Opening,
}

/// Most bytes that one entry takes.
pub const MAX_ENTRY: usize = 35;

/// Appends `entry`; returns how many bytes were written. `before` is the ordinal of the entry before it (0 for the
/// first), `block_raw` the raw clock of the block's beginning. `out` must have room for [`MAX_ENTRY`] bytes.
#[inline]
pub fn put_entry(out: &mut [u8], entry: &OpenEntry, before: u64, block_raw: u64) -> usize {
    let how = match entry.how {
        Opening::Call => 0,
        Opening::Resume => 1,
        Opening::Throw => 2,
        Opening::Resync => 3,
    };
    let mut at = put_number(out, entry.ordinal.wrapping_sub(before) << 2 | how);
    at += put_number(&mut out[at..], u64::from(entry.code));
    at += put_number(&mut out[at..], block_raw.saturating_sub(entry.raw));
    at + put_number(&mut out[at..], entry.generator)
}

/// Reads the entry at `at` and moves behind it. `before` as in [`put_entry`].
///
/// # Errors
/// [`Damage`] when the bytes are no entry.
pub fn entry(bytes: &[u8], at: &mut usize, before: u64, block_raw: u64) -> Result<OpenEntry, Damage> {
    let head = number(bytes, at)?;
    let how = match head & 3 {
        0 => Opening::Call,
        1 => Opening::Resume,
        2 => Opening::Throw,
        _ => Opening::Resync,
    };
    let ordinal = before.checked_add(head >> 2).ok_or(Damage::TooLarge)?;
    let code = u32::try_from(number(bytes, at)?).map_err(|_| Damage::TooLarge)?;
    let raw = block_raw.saturating_sub(number(bytes, at)?);
    Ok(OpenEntry { ordinal, code, raw, generator: number(bytes, at)?, how })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_round_trip() {
        let open = |ordinal, how| OpenEntry { ordinal, code: 300, raw: 900, generator: ordinal * 7, how };
        let list = [
            open(0, Opening::Call),
            open(1, Opening::Resume),
            open(500, Opening::Throw),
            open(1 << 40, Opening::Resync),
        ];
        let mut bytes = vec![0; list.len() * MAX_ENTRY];
        let (mut end, mut before) = (0, 0);
        for item in &list {
            end += put_entry(&mut bytes[end..], item, before, 1000);
            before = item.ordinal;
        }
        let (mut at, mut before) = (0, 0);
        for item in &list {
            let read = entry(&bytes[..end], &mut at, before, 1000).unwrap();
            assert_eq!(read, *item);
            before = read.ordinal;
        }
        assert_eq!(at, end);
        assert_eq!(entry(&bytes[..end - 1], &mut { end - 1 }, 0, 0), Err(Damage::Short));
    }
}
