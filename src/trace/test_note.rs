//! What a test framework said of a test, as a note in the stream of the thread that runs it (`event::tag::TEST`): one
//! byte for the phase, the length of the word in one byte, the word, and the test's name, both UTF-8.

use crate::model::text::cut;
use std::borrow::Cow;

/// Longest name that is kept, in bytes.
pub const MAX_NAME: usize = 1024;

/// Where in a test's life something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It begins (unittest).
    Start,
    /// Its fixtures are ready, or not (pytest). The test itself comes next.
    Setup,
    /// What came of it.
    Call,
    /// Its fixtures are gone (pytest): that is the end of it.
    Teardown,
    /// A file or class with tests was read (pytest).
    Collect,
    /// What came of a part of it (`subTest`); the name is that of the part.
    Part,
    /// It ends (unittest).
    End,
}

impl Phase {
    /// All of them; the place is the number.
    const ALL: [Self; 7] = [Self::Start, Self::Setup, Self::Call, Self::Teardown, Self::Collect, Self::Part, Self::End];
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestNote<'a> {
    /// When.
    pub phase: Phase,
    /// What came of it, in the framework's own word: `passed`, `failed`, `error`, `skipped`, `xfailed`… Empty: nothing was
    /// said yet.
    pub word: Cow<'a, str>,
    /// The framework's name for the test.
    pub name: Cow<'a, str>,
}

impl<'a> TestNote<'a> {
    /// Its bytes. What is too long is cut.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (word, name) = (cut(&self.word, usize::from(u8::MAX)), cut(&self.name, MAX_NAME));
        let phase = Phase::ALL.iter().position(|phase| *phase == self.phase).unwrap_or_default();
        let mut bytes = vec![phase as u8, word.len() as u8];
        bytes.extend_from_slice(word.as_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes
    }

    /// Reads one. `None`: it is damaged, or newer than this program.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (&[phase, length], rest) = bytes.split_first_chunk::<2>()?;
        let phase = *Phase::ALL.get(usize::from(phase))?;
        let (word, name) = rest.split_at_checked(usize::from(length))?;
        Some(Self { phase, word: String::from_utf8_lossy(word), name: String::from_utf8_lossy(name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_round_trip_and_damage_is_none() {
        for phase in Phase::ALL {
            let note = TestNote { phase, word: "failed".into(), name: "a.py::test_b[ä-1]".into() };
            assert_eq!(TestNote::decode(&note.encode()), Some(note));
        }
        for bytes in [&[][..], &[0], &[7, 0], &[0, 2, b'x']] {
            assert_eq!(TestNote::decode(bytes), None, "{bytes:?}");
        }
        let long = TestNote { phase: Phase::Call, word: "ä".repeat(200).into(), name: "ä".repeat(2000).into() };
        let bytes = long.encode();
        let back = TestNote::decode(&bytes).unwrap();
        assert_eq!((back.word.len(), back.name.len()), (254, MAX_NAME));
    }
}
