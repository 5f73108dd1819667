//! A set of functions as one bit each: what makes it cheap to ask a thousand rules about ten thousand functions on
//! every key.

/// A set of small numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The numbers below `len`.
    #[must_use]
    pub fn all(len: usize) -> Self {
        let mut words = vec![u64::MAX; len / 64];
        if !len.is_multiple_of(64) {
            words.push((1 << (len % 64)) - 1);
        }
        Self { words }
    }

    /// Adds a number.
    pub fn insert(&mut self, at: usize) {
        if at / 64 >= self.words.len() {
            self.words.resize(at / 64 + 1, 0);
        }
        self.words[at / 64] |= 1 << (at % 64);
    }

    /// Adds a number, or takes it out.
    pub fn set(&mut self, at: usize, there: bool) {
        self.insert(at);
        if !there {
            self.words[at / 64] &= !(1 << (at % 64));
        }
    }

    /// Whether the number is in the set.
    #[must_use]
    pub fn contains(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// How many numbers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                // `bit` is 64 when nothing is left.
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }

    /// Takes the numbers of `other` out of this set, and hands each that was here to `found`.
    pub fn take(&mut self, other: &Self, mut found: impl FnMut(usize)) {
        for (at, (word, other)) in self.words.iter_mut().zip(&other.words).enumerate() {
            let mut both = *word & other;
            *word &= !other;
            while both != 0 {
                found(at * 64 + both.trailing_zeros() as usize);
                both &= both - 1;
            }
        }
    }
}

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut bits = Self::default();
        for number in numbers {
            bits.insert(number);
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn agrees_with_a_set(a in proptest::collection::btree_set(0..300_usize, 0..40), b in proptest::collection::btree_set(0..300_usize, 0..40)) {
            let (left, right): (Bits, Bits) = (a.iter().copied().collect(), b.iter().copied().collect());
            prop_assert_eq!(left.iter().collect::<BTreeSet<_>>(), a.clone());
            prop_assert_eq!((left.len(), left.is_empty()), (a.len(), a.is_empty()));
            let (mut rest, mut taken) = (left, Vec::new());
            rest.take(&right, |at| taken.push(at));
            prop_assert_eq!(taken, a.intersection(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(rest.iter().collect::<BTreeSet<_>>(), a.difference(&b).copied().collect());
            prop_assert!((0..400).all(|at| right.contains(at) == b.contains(&at)));
        }
    }

    #[test]
    fn all_of_them() {
        for len in [0, 1, 63, 64, 65, 128, 130] {
            assert_eq!(Bits::all(len).iter().collect::<Vec<_>>(), (0..len).collect::<Vec<_>>());
        }
    }
}
