//! Which code numbers a block holds: small, so that there can be one for each block of a large trace.

/// A set of code numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CodeSet {
    /// Nobody has looked yet, or there were too many: any code may be there.
    #[default]
    Unknown,
    /// These, in ascending order.
    These(Box<[u32]>),
}

impl CodeSet {
    /// A block that holds more distinct codes is searched like one that nobody has looked at.
    pub const MAX: usize = 1024;

    /// A set of these codes.
    #[must_use]
    pub fn new(codes: &[u32]) -> Self {
        if codes.len() >= Self::MAX {
            return Self::Unknown;
        }
        let mut codes: Box<[u32]> = codes.into();
        codes.sort_unstable();
        Self::These(codes)
    }

    /// Whether a code that `wanted` accepts may be in it.
    pub fn may_hold(&self, mut wanted: impl FnMut(u32) -> bool) -> bool {
        match self {
            Self::Unknown => true,
            Self::These(codes) => codes.iter().any(|code| wanted(*code)),
        }
    }
}
