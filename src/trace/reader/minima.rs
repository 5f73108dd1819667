//! Range minima over a growing row of depths: the first place from here on, or the last place before here, where the
//! depth is at most so much. Each level holds the minima of groups of the level below, so both questions and an append
//! take a number of steps that grows with the logarithm of the row.

/// Entries per group.
const FAN: usize = 16;

/// A row of numbers that answers range-minimum questions.
#[derive(Clone, Debug, Default)]
pub struct Minima {
    /// `levels[0]` is the row.
    levels: Vec<Vec<u32>>,
}

impl Minima {
    /// Numbers in the row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// Whether the row is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a number.
    pub fn push(&mut self, value: u32) {
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
        }
        self.levels[0].push(value);
        self.lift(self.levels[0].len() - 1);
    }

    /// Changes a number; out of range is passed over.
    pub fn set(&mut self, at: usize, value: u32) {
        if let Some(slot) = self.levels.first_mut().and_then(|row| row.get_mut(at)) {
            *slot = value;
            self.lift(at);
        }
    }

    /// Brings the levels above `at` up to date.
    fn lift(&mut self, mut at: usize) {
        let mut level = 0;
        while self.levels[level].len() > 1 {
            let group = at / FAN;
            let row = &self.levels[level];
            let lowest = row[group * FAN..row.len().min((group + 1) * FAN)].iter().copied().min().unwrap_or(u32::MAX);
            level += 1;
            if self.levels.len() == level {
                // The row below has just got its second entry: everything above is new.
                self.levels.push(Vec::new());
            }
            let above = &mut self.levels[level];
            if group < above.len() {
                above[group] = lowest;
            } else {
                above.push(lowest);
            }
            at = group;
        }
    }

    /// The first place at or after `from` whose number is at most `limit`.
    #[must_use]
    pub fn next_at_most(&self, from: usize, limit: u32) -> Option<usize> {
        let (mut level, mut at) = (0, from);
        loop {
            let row = self.levels.get(level)?;
            let end = row.len().min((at / FAN + 1) * FAN);
            if let Some(found) = (at..end).find(|place| row[*place] <= limit) {
                return Some(self.descend(level, found, limit, false));
            }
            at = at / FAN + 1;
            level += 1;
        }
    }

    /// The last place before `before` whose number is at most `limit`.
    #[must_use]
    pub fn last_at_most(&self, before: usize, limit: u32) -> Option<usize> {
        let (mut level, mut end) = (0, before.min(self.len()));
        while end > 0 {
            let row = self.levels.get(level)?;
            let start = (end - 1) / FAN * FAN;
            if let Some(found) = (start..end).rev().find(|place| row[*place] <= limit) {
                return Some(self.descend(level, found, limit, true));
            }
            end = start / FAN;
            level += 1;
        }
        None
    }

    fn descend(&self, level: usize, mut at: usize, limit: u32, last: bool) -> usize {
        for row in self.levels[..level].iter().rev() {
            let mut group = at * FAN..row.len().min((at + 1) * FAN);
            let fits = |place: &usize| row[*place] <= limit;
            at = if last { group.rev().find(fits) } else { group.find(fits) }.unwrap_or(at * FAN);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_plain_search() {
        let mut seed = 1u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for length in [0, 1, 2, 15, 16, 17, 255, 256, 257, 300, 5000] {
            let (mut minima, mut row) = (Minima::default(), Vec::new());
            for _ in 0..length {
                let value = u32::try_from(random(1000)).unwrap();
                minima.push(value);
                row.push(value);
                // The newest entry changes while its block is still open.
                if random(3) == 0 {
                    let at = usize::try_from(random(row.len() as u64)).unwrap();
                    row[at] = row[at].saturating_sub(5);
                    minima.set(at, row[at]);
                }
            }
            assert_eq!(minima.len(), row.len());
            for _ in 0..300 {
                let at = usize::try_from(random(length + 2)).unwrap();
                let limit = u32::try_from(random(1000)).unwrap() / 8;
                let next = (at..row.len()).find(|place| row[*place] <= limit);
                let last = (0..at.min(row.len())).rev().find(|place| row[*place] <= limit);
                assert_eq!(minima.next_at_most(at, limit), next, "next {at} {limit} of {length}");
                assert_eq!(minima.last_at_most(at, limit), last, "last {at} {limit} of {length}");
            }
        }
    }
}
