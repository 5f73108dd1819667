//! The byte codec of single events.
//!
//! An event is a LEB128 number that holds `delta << 3 | kind`, where `delta` is the raw clock (shifted) since the event
//! before it in the block (or since the block began), and then the fields of its kind, each a LEB128 number unless said
//! otherwise:
//!
//! | kind | fields |
//! |---|---|
//! | 0 call | code |
//! | 1 return | |
//! | 2 call with arguments | code, length, payload |
//! | 3 return with a value | length, payload |
//! | 4 resume | code, generator |
//! | 5 yield | generator |
//! | 6 unwind | |
//! | 7 extended | a tag byte (see [`tag`]), length, payload |
//!
//! `generator` tells the live generators and coroutines of a process apart (an address, shifted); it may be used again
//! after its generator is gone. Every extended event carries its length, so that a reader can pass over tags it does
//! not know.

/// The three low bits of an event's first number.
pub mod kind {
    /// A call begins.
    pub const CALL: u64 = 0;
    /// The innermost open call returns.
    pub const RETURN: u64 = 1;
    /// A call begins; its arguments are known.
    pub const CALL_ARGS: u64 = 2;
    /// The innermost open call returns a value.
    pub const RETURN_VALUE: u64 = 3;
    /// A generator or coroutine goes on: a new segment opens.
    pub const RESUME: u64 = 4;
    /// The innermost open segment yields.
    pub const YIELD: u64 = 5;
    /// An exception leaves the innermost open call.
    pub const UNWIND: u64 = 6;
    /// A tag byte follows.
    pub const EXTENDED: u64 = 7;
}

/// Tags of extended events. Each is followed by a length and that many bytes.
pub mod tag {
    /// Opens a segment with a sent value: code, generator, value.
    pub const RESUME_VALUE: u8 = 1;
    /// Ends a segment with a yielded value: generator, value.
    pub const YIELD_VALUE: u8 = 2;
    /// An exception leaves the innermost open call: `trace::value` exception payload.
    pub const UNWIND_VALUE: u8 = 3;
    /// A segment opened by `throw()` or `close()`: code, generator, and the exception if it is known.
    pub const THROW: u8 = 4;
    /// Closes the innermost open call without knowing how it ends: the filter changed, or recording was paused.
    pub const RESYNC_CLOSE: u8 = 5;
    /// Opens a call that had begun before: code, generator (0 for a plain function).
    pub const RESYNC_OPEN: u8 = 6;
    /// A line of the innermost open call: line number, then the changed locals (`trace::value`).
    pub const LINE: u8 = 7;
    /// UTF-8: the thread's name, when it is first known and when it changes.
    pub const THREAD_NAME: u8 = 8;
    /// The filter changed here: generation.
    pub const FILTER: u8 = 9;
    /// Recording was paused on request.
    pub const PAUSED: u8 = 11;
    /// Recording goes on.
    pub const RESUMED: u8 = 12;
    /// UTF-8: the asyncio task that the segment just opened belongs to.
    pub const TASK: u8 = 13;
    /// The thread ended in order.
    pub const THREAD_END: u8 = 14;
    /// Bytes are about to be written to a terminal: its device number, and how many bytes it makes of them.
    pub const WROTE: u8 = 15;
    /// A test framework said something of a test: `trace::test_note`.
    pub const TEST: u8 = 16;

    /// Whether a note says that what is recorded changed here: another filter, a pause, its end.
    #[must_use]
    pub const fn is_change(tag: u8) -> bool {
        matches!(tag, FILTER | PAUSED | RESUMED)
    }
}

/// One decoded event. Payloads borrow from the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Raw clock (shifted).
    pub raw: u64,
    /// What happened.
    pub body: Body<'a>,
}

/// What happened. `gen` is 0 when the frame is a plain function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A call or a segment begins.
    Open {
        /// The code object's number.
        code: u32,
        /// How it began.
        how: Opening,
        /// Tells live generators apart; 0: a plain function, or the first segment of a generator.
        generator: u64,
        /// Arguments (calls) or the sent value (resumes), in the encoding of `trace::value`.
        payload: Option<&'a [u8]>,
    },
    /// The innermost open call ends.
    Close {
        /// How it ended.
        how: Closing,
        /// For yields, the generator; else 0.
        generator: u64,
        /// Result, yielded value or exception, in the encoding of `trace::value`.
        payload: Option<&'a [u8]>,
    },
    /// Anything that neither opens nor closes.
    Note {
        /// One of [`tag`].
        tag: u8,
        /// Its bytes.
        payload: &'a [u8],
    },
}

/// How a call began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opening {
    /// It was called.
    Call,
    /// A generator was resumed.
    Resume,
    /// A generator was resumed by an exception thrown into it.
    Throw,
    /// It was already running when recording could see it.
    Resync,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closing {
    /// It returned.
    Return,
    /// It yielded; a later segment may go on.
    Yield,
    /// An exception left it.
    Raise,
    /// Recording lost sight of it.
    Resync,
}

/// Why bytes are not an event. Readers stop at the block's published end, so this means damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The bytes end inside an event.
    #[error("an event is cut short")]
    Short,
    /// A number has more than 64 bits, or a code number more than 32.
    #[error("a number is too large")]
    TooLarge,
    /// A recorded value is nested deeper than any recorder writes.
    #[error("a value is nested too deeply")]
    TooDeep,
    /// A tag that this version does not know, inside a recorded value.
    #[error("a value has an unknown tag")]
    Unknown,
}

/// Appends `value` as LEB128; returns how many bytes were written. `out` must have room for 10 bytes.
#[inline]
pub fn put_number(out: &mut [u8], mut value: u64) -> usize {
    let mut at = 0;
    while value >= 0x80 {
        out[at] = (value as u8) | 0x80;
        value >>= 7;
        at += 1;
    }
    out[at] = value as u8;
    at + 1
}

/// Reads a LEB128 number and moves `at` behind it.
///
/// # Errors
/// [`Damage`] when the bytes end early or the number does not fit.
#[inline(always)]
pub fn number(bytes: &[u8], at: &mut usize) -> Result<u64, Damage> {
    // Most numbers have one or two bytes.
    let first = *bytes.get(*at).ok_or(Damage::Short)?;
    if first < 0x80 {
        *at += 1;
        return Ok(u64::from(first));
    }
    let second = *bytes.get(*at + 1).ok_or(Damage::Short)?;
    if second < 0x80 {
        *at += 2;
        return Ok(u64::from(first & 0x7f) | u64::from(second) << 7);
    }
    long_number(bytes, at)
}

#[inline(never)]
fn long_number(bytes: &[u8], at: &mut usize) -> Result<u64, Damage> {
    let mut value = 0u64;
    let mut shift = 0u32;
    loop {
        let byte = *bytes.get(*at).ok_or(Damage::Short)?;
        *at += 1;
        let part = u64::from(byte & 0x7f);
        if shift >= 63 && (shift > 63 || part > 1) {
            return Err(Damage::TooLarge);
        }
        value |= part << shift;
        if byte < 0x80 {
            return Ok(value);
        }
        shift += 7;
    }
}

#[inline(always)]
fn code(bytes: &[u8], at: &mut usize) -> Result<u32, Damage> {
    u32::try_from(number(bytes, at)?).map_err(|_| Damage::TooLarge)
}

fn slice<'a>(bytes: &'a [u8], at: &mut usize) -> Result<&'a [u8], Damage> {
    let length = usize::try_from(number(bytes, at)?).map_err(|_| Damage::TooLarge)?;
    let end = at.checked_add(length).ok_or(Damage::TooLarge)?;
    let part = bytes.get(*at..end).ok_or(Damage::Short)?;
    *at = end;
    Ok(part)
}

/// Decodes the event at `at` and moves behind it. `raw` is the clock of the event before it and is brought forward.
///
/// # Errors
/// [`Damage`]: the bytes from `at` on are no event. `at` and `raw` are then unspecified.
#[inline(always)]
pub fn decode<'a>(bytes: &'a [u8], at: &mut usize, raw: &mut u64) -> Result<Event<'a>, Damage> {
    let head = number(bytes, at)?;
    *raw = raw.wrapping_add(head >> 3);
    let body = match head & 7 {
        kind::CALL => Body::Open { code: code(bytes, at)?, how: Opening::Call, generator: 0, payload: None },
        kind::RETURN => Body::Close { how: Closing::Return, generator: 0, payload: None },
        kind::CALL_ARGS => {
            let code = code(bytes, at)?;
            Body::Open { code, how: Opening::Call, generator: 0, payload: Some(slice(bytes, at)?) }
        }
        kind::RETURN_VALUE => Body::Close { how: Closing::Return, generator: 0, payload: Some(slice(bytes, at)?) },
        kind::RESUME => {
            let code = code(bytes, at)?;
            Body::Open { code, how: Opening::Resume, generator: number(bytes, at)?, payload: None }
        }
        kind::YIELD => Body::Close { how: Closing::Yield, generator: number(bytes, at)?, payload: None },
        kind::UNWIND => Body::Close { how: Closing::Raise, generator: 0, payload: None },
        _ => extended(bytes, at)?,
    };
    Ok(Event { raw: *raw, body })
}

#[inline(never)]
fn extended<'a>(bytes: &'a [u8], at: &mut usize) -> Result<Body<'a>, Damage> {
    let tag = *bytes.get(*at).ok_or(Damage::Short)?;
    *at += 1;
    let payload = slice(bytes, at)?;
    let mut inner = 0;
    let open = |how, inner: &mut usize| -> Result<Body<'a>, Damage> {
        let code = code(payload, inner)?;
        Ok(Body::Open { code, how, generator: number(payload, inner)?, payload: None })
    };
    Ok(match tag {
        tag::RESUME_VALUE => {
            let code = code(payload, &mut inner)?;
            let generator = number(payload, &mut inner)?;
            Body::Open { code, how: Opening::Resume, generator, payload: Some(&payload[inner..]) }
        }
        tag::YIELD_VALUE => {
            let generator = number(payload, &mut inner)?;
            Body::Close { how: Closing::Yield, generator, payload: Some(&payload[inner..]) }
        }
        tag::UNWIND_VALUE => Body::Close { how: Closing::Raise, generator: 0, payload: Some(payload) },
        tag::THROW => {
            let code = code(payload, &mut inner)?;
            let generator = number(payload, &mut inner)?;
            let thrown = Some(&payload[inner..]).filter(|bytes| !bytes.is_empty());
            Body::Open { code, how: Opening::Throw, generator, payload: thrown }
        }
        tag::RESYNC_CLOSE => Body::Close { how: Closing::Resync, generator: 0, payload: None },
        tag::RESYNC_OPEN => open(Opening::Resync, &mut inner)?,
        tag => Body::Note { tag, payload },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Result<(Body<'_>, u64, usize), Damage> {
        let (mut at, mut raw) = (0, 100);
        let event = decode(bytes, &mut at, &mut raw)?;
        Ok((event.body, event.raw, at))
    }

    #[test]
    fn numbers_round_trip() {
        for value in [0, 1, 127, 128, 16383, 16384, u64::from(u32::MAX), u64::MAX] {
            let mut out = [0; 10];
            let length = put_number(&mut out, value);
            let mut at = 0;
            assert_eq!(number(&out[..length], &mut at), Ok(value));
            assert_eq!(at, length);
        }
        assert_eq!(number(&[0xff; 11], &mut 0), Err(Damage::TooLarge));
        assert_eq!(number(&[0xff], &mut 0), Err(Damage::Short));
    }

    #[test]
    fn a_call_is_three_bytes_and_its_return_two() {
        let call = [0x80 | (1 << 3), 0x05, 17];
        let expected = Body::Open { code: 17, how: Opening::Call, generator: 0, payload: None };
        assert_eq!(one(&call), Ok((expected, 100 + ((5 << 7 | 8) >> 3), 3)));
    }

    #[test]
    fn damage_is_an_error_never_a_panic() {
        let cases: [&[u8]; 6] = [&[], &[0], &[2, 1, 5, 0], &[7], &[7, 8, 200, 1], &[7, tag::THROW, 0]];
        for bytes in cases {
            assert_eq!(one(bytes), Err(Damage::Short), "{bytes:?}");
        }
        assert_eq!(one(&[0, 0xff, 0xff, 0xff, 0xff, 0x7f]), Err(Damage::TooLarge));
    }

    #[test]
    fn unknown_tags_are_passed_over() {
        assert_eq!(one(&[7, 250, 2, 1, 2]), Ok((Body::Note { tag: 250, payload: &[1, 2] }, 100, 5)));
    }
}
