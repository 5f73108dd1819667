//! The raw clock of the hot path: the processor's time stamp counter where it can be trusted, else the monotonic clock.

use crate::model::time::{ClockKind, ClockPair, RAW_SHIFT};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Readings that are no further apart than this belong together: 1,024 units of the processor's counter, a third of a
/// microsecond or so.
const NEAR: u64 = 1024 >> RAW_SHIFT;
/// How often the clocks are read again at most, for a pair that is nearer.
const TRIES: usize = 8;

static COUNTER: AtomicBool = AtomicBool::new(false);

/// Decides which clock it is. The kernel's own choice says whether the counters of all processors agree, which the
/// processor's word alone does not.
pub fn choose() -> ClockKind {
    let trusted = invariant()
        && std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
            .map_or(cfg!(not(target_os = "linux")), |name| {
                matches!(name.trim(), "tsc" | "kvm-clock" | "hyperv_clocksource_tsc_page")
            });
    COUNTER.store(trusted, Relaxed);
    kind()
}

/// Which clock it is.
pub fn kind() -> ClockKind {
    if COUNTER.load(Relaxed) { ClockKind::Tsc } else { ClockKind::Monotonic }
}

/// The raw clock, shifted as it is stored.
#[inline(always)]
pub fn raw() -> u64 {
    #[cfg(target_arch = "x86_64")]
    if COUNTER.load(Relaxed) {
        // SAFETY: every x86-64 processor has the instruction.
        return unsafe { std::arch::x86_64::_rdtsc() } >> RAW_SHIFT;
    }
    monotonic() >> RAW_SHIFT
}

/// Both clocks, read as near to each other as can be had; the raw one shifted. A thread that is put aside between the
/// two would join times that are milliseconds apart, and shift everything around by that: it reads again.
pub fn pair() -> ClockPair {
    let read = || {
        let (before, mono_ns, after) = (raw(), monotonic(), raw());
        let apart = after.wrapping_sub(before);
        (apart, ClockPair { raw: before + apart / 2, mono_ns })
    };
    let (mut least, mut best) = read();
    for _ in 0..TRIES {
        if least <= NEAR {
            break;
        }
        let (apart, pair) = read();
        if apart < least {
            (least, best) = (apart, pair);
        }
    }
    best
}

#[cfg_attr(target_arch = "x86_64", cold)]
#[inline(never)]
fn monotonic() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is large enough, and this clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(target_arch = "x86_64")]
fn invariant() -> bool {
    use std::arch::x86_64::__cpuid;
    const EXTENDED: u32 = 0x8000_0000;
    const POWER: u32 = 0x8000_0007;
    __cpuid(EXTENDED).eax >= POWER && __cpuid(POWER).edx & (1 << 8) != 0
}

#[cfg(not(target_arch = "x86_64"))]
fn invariant() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is interrupted between the two clocks must not believe what it reads.
    #[test]
    fn a_pair_is_read_at_one_time() {
        choose();
        for _ in 0..1000 {
            let (before, pair, after) = (raw(), pair(), raw());
            assert!((before..=after).contains(&pair.raw));
        }
    }

    #[test]
    fn the_clock_runs() {
        for _ in 0..2 {
            let (before, pair) = (raw(), pair());
            assert!(pair.raw >= before && pair.mono_ns > 0);
            choose();
        }
    }
}
