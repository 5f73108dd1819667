//! Which code numbers a block holds: small, so that there can be one for each block of a large trace.

/// A set of code numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CodeSet {
    /// Nobody has looked yet, or it would be too large: any code may be there.
    #[default]
    Unknown,
    /// These, in ascending order.
    These(Box<[u32]>),
    /// Those whose bits are set.
    Bits(Box<[u64]>),
}

/// No set takes more bytes than this.
const MAX_BYTES: usize = 4096;

impl CodeSet {
    /// A set of these codes, in the smaller of its forms.
    #[must_use]
    pub fn new(codes: &[u32]) -> Self {
        let words = codes.iter().max().map_or(0, |largest| *largest as usize / 64 + 1);
        if codes.len() * 4 <= (words * 8).min(MAX_BYTES) {
            let mut codes: Box<[u32]> = codes.into();
            codes.sort_unstable();
            return Self::These(codes);
        }
        if words * 8 > MAX_BYTES {
            return Self::Unknown;
        }
        let mut bits = vec![0u64; words];
        for code in codes {
            bits[*code as usize / 64] |= 1 << (code % 64);
        }
        Self::Bits(bits.into())
    }

    /// Whether a code that `wanted` accepts may be in it.
    pub fn may_hold(&self, mut wanted: impl FnMut(u32) -> bool) -> bool {
        match self {
            Self::Unknown => true,
            Self::These(codes) => codes.iter().any(|code| wanted(*code)),
            Self::Bits(words) => (0u32..).zip(words).any(|(word, bits)| {
                let mut rest = *bits;
                while rest != 0 {
                    if wanted(word * 64 + rest.trailing_zeros()) {
                        return true;
                    }
                    rest &= rest - 1;
                }
                false
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in_whatever_their_form() {
        let lists: [Vec<u32>; 6] =
            [vec![], vec![5], vec![u32::MAX], (0..2000).collect(), (0..900).map(|n| n * 1000).collect(), vec![70, 3]];
        for codes in lists {
            let set = CodeSet::new(&codes);
            assert_ne!(set, CodeSet::Unknown);
            for code in [0, 3, 5, 63, 64, 70, 1999, 2000, 899_000, u32::MAX] {
                assert_eq!(set.may_hold(|other| other == code), codes.contains(&code), "{code}");
            }
        }
        let many: Vec<u32> = (0..5000).map(|n| n * 1000).collect();
        assert_eq!(CodeSet::new(&many), CodeSet::Unknown);
    }
}
