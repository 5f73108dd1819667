//! From raw clock readings to nanoseconds since the start of the recording.
//!
//! Every process publishes pairs of both clocks. Between two of them the conversion is a straight line; all processes
//! meet on `CLOCK_MONOTONIC`, so their times can be compared. Pairs are taken with jitter (the thread may be preempted
//! between the two readings), so knots of the line keep a distance, and a pair that would bend it absurdly is ignored.

use crate::model::time::{ClockKind, ClockPair, RAW_SHIFT};

/// Knots are at least this far apart, except for the last one, which moves with the newest pair.
const KNOT_DISTANCE_NS: u64 = 1_000_000_000;

/// Nanoseconds per raw unit that a processor can have, with room: 0.05 GHz to 50 GHz.
const PLAUSIBLE: std::ops::Range<f64> = 0.3..320.0;

/// Used until a second pair is known: 16 cycles at 3 GHz.
const GUESS: f64 = 16.0 / 3.0;

/// The conversion for one process. Monotone: a later raw reading never gives an earlier time.
#[derive(Clone, Debug)]
pub struct ClockMap {
    kind: ClockKind,
    start_mono: u64,
    /// Strictly increasing in both clocks.
    knots: Vec<ClockPair>,
}

impl ClockMap {
    /// A conversion that knows `start` only. Times count from `start_mono`, the recording's start.
    #[must_use]
    pub fn new(kind: ClockKind, start_mono: u64, start: ClockPair) -> Self {
        Self { kind, start_mono, knots: vec![start] }
    }

    /// Takes another pair into account. Pairs that contradict the earlier ones are passed over.
    pub fn add(&mut self, pair: ClockPair) {
        // A pair with 0 carries no reading.
        if self.kind == ClockKind::Monotonic || pair.raw == 0 {
            return;
        }
        let plausible = |from: ClockPair, to: ClockPair| {
            to.raw > from.raw && to.mono_ns > from.mono_ns && PLAUSIBLE.contains(&slope(from, to))
        };
        match self.knots[..] {
            [] => self.knots.push(pair),
            [only] if plausible(only, pair) => self.knots.push(pair),
            // An earlier pair than the first (the launcher's) is as good a second knot.
            [only] if plausible(pair, only) => self.knots.insert(0, pair),
            [_] => {}
            [.., before, last] => {
                if !plausible(last, pair) {
                    return;
                }
                // A bend of more than 1 % over a long distance is no drift but a broken pair.
                let (old, new) = (slope(before, last), slope(before, pair));
                let long = last.mono_ns - before.mono_ns >= KNOT_DISTANCE_NS;
                if long && (new / old - 1.0).abs() > 0.01 {
                    return;
                }
                if !long {
                    self.knots.pop();
                }
                self.knots.push(pair);
            }
        }
    }

    /// A time on `CLOCK_MONOTONIC` in nanoseconds since the start of the recording; 0 for anything before it.
    #[must_use]
    pub fn since_start(&self, mono_ns: u64) -> u64 {
        mono_ns.saturating_sub(self.start_mono)
    }

    /// Nanoseconds since the start of the recording; 0 for anything before it.
    #[must_use]
    pub fn ns(&self, raw: u64) -> u64 {
        self.mono(raw).saturating_sub(self.start_mono)
    }

    /// The raw reading at `ns` after the start of the recording; the inverse of [`ClockMap::ns`], up to rounding.
    #[must_use]
    pub fn raw(&self, ns: u64) -> u64 {
        let mono = ns.saturating_add(self.start_mono);
        if self.kind == ClockKind::Monotonic {
            return mono >> RAW_SHIFT;
        }
        let at = self.knots.partition_point(|knot| knot.mono_ns <= mono);
        let (from, slope) = self.segment(at);
        offset(from.raw, mono.abs_diff(from.mono_ns), 1.0 / slope, mono >= from.mono_ns)
    }

    /// Nanoseconds in `units` of the raw clock, by the slope over the whole run. For sums, where no place is known.
    #[must_use]
    pub fn span_ns(&self, units: u64) -> u64 {
        if self.kind == ClockKind::Monotonic {
            return units.saturating_mul(1 << RAW_SHIFT);
        }
        let slope = match self.knots[..] {
            [first, .., last] => slope(first, last),
            _ => GUESS,
        };
        offset(0, units, slope, true)
    }

    fn mono(&self, raw: u64) -> u64 {
        if self.kind == ClockKind::Monotonic {
            return raw.saturating_mul(1 << RAW_SHIFT);
        }
        let at = self.knots.partition_point(|knot| knot.raw <= raw);
        let (from, slope) = self.segment(at);
        offset(from.mono_ns, raw.abs_diff(from.raw), slope, raw >= from.raw)
    }

    /// The line for readings between knots `at - 1` and `at`; outside, the nearest one goes on.
    fn segment(&self, at: usize) -> (ClockPair, f64) {
        match self.knots[..] {
            [] => (ClockPair::default(), GUESS),
            [only] => (only, GUESS),
            _ => {
                let at = at.clamp(1, self.knots.len() - 1);
                let (from, to) = (self.knots[at - 1], self.knots[at]);
                (from, slope(from, to))
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "distances below 2^53 are exact, and beyond them nobody counts")]
fn slope(from: ClockPair, to: ClockPair) -> f64 {
    (to.mono_ns - from.mono_ns) as f64 / (to.raw - from.raw) as f64
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn offset(base: u64, distance: u64, slope: f64, forward: bool) -> u64 {
    let delta = (distance as f64 * slope) as u64;
    if forward { base.saturating_add(delta) } else { base.saturating_sub(delta) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(raw: u64, mono_ns: u64) -> ClockPair {
        ClockPair { raw, mono_ns }
    }

    #[test]
    fn monotonic_clocks_need_no_pairs() {
        let map = ClockMap::new(ClockKind::Monotonic, 1600, pair(0, 0));
        assert_eq!((map.ns(100), map.ns(101), map.ns(0), map.raw(16), map.span_ns(2)), (0, 16, 0, 101, 32));
    }

    #[test]
    fn lines_go_through_the_pairs() {
        let mut map = ClockMap::new(ClockKind::Tsc, 0, pair(1000, 1_000));
        map.add(pair(2000, 11_000));
        assert_eq!(
            (map.ns(1000), map.ns(1500), map.ns(2000), map.ns(3000), map.ns(950)),
            (1_000, 6_000, 11_000, 21_000, 500)
        );
        assert_eq!((map.raw(6_000), map.raw(500)), (1500, 950));
    }

    #[test]
    fn pairs_that_cannot_be_are_passed_over() {
        let second = 1_000_000_000;
        let mut map = ClockMap::new(ClockKind::Tsc, 0, pair(0, 0));
        map.add(pair(second / 5, second));
        let before = map.ns(second / 10);
        for bad in [
            pair(0, 0),
            pair(0, 5 * second),
            pair(second, second),
            pair(second / 4, 90 * second),
            pair(u64::MAX, u64::MAX),
        ] {
            map.add(bad);
        }
        assert_eq!((map.ns(second / 10), map.ns(2 * second / 5)), (before, 2 * second));
    }

    #[test]
    fn time_never_goes_back_whatever_the_pairs() {
        let mut seed = 7u64;
        let mut random = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed >> 20
        };
        for _ in 0..200 {
            let mut map = ClockMap::new(ClockKind::Tsc, random() % 1000, pair(random() % 5_000, random() % 5_000));
            for _ in 0..20 {
                map.add(pair(random() % 4_000_000_000, random() % 20_000_000_000));
            }
            let mut raws: Vec<u64> = (0..100).map(|_| random() % 8_000_000_000).collect();
            raws.sort_unstable();
            let times: Vec<u64> = raws.iter().map(|raw| map.ns(*raw)).collect();
            assert!(times.is_sorted(), "{map:?}");
        }
    }
}
