//! Numbers as people read them: durations with the unit that fits, counts with three digits, sizes, dates.

/// A count, in full with separators up to 99,999, then with three digits: `1,204`, `212 k`, `1.28 M`, `2 G`.
#[must_use]
pub fn count(n: u64) -> String {
    if n < 100_000 { grouped(n) } else { scaled(n, 1000, &["", " k", " M", " G", " T", " P", " E"]) }
}

/// A count in full: `1,204`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count per second: `212 k/s`.
#[must_use]
pub fn rate(n: u64) -> String {
    format!("{}/s", if n < 1000 { n.to_string() } else { scaled(n, 1000, &["", " k", " M", " G", " T", " P", " E"]) })
}

/// A size: `300 kB`, `8.1 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    scaled(bytes, 1000, &[" B", " kB", " MB", " GB", " TB", " PB", " EB"])
}

/// Three significant digits and a unit; below the first step the number as it is. Zeros behind the point are dropped.
fn scaled(n: u64, step: u64, units: &[&str]) -> String {
    let mut unit = 0;
    let mut divisor = 1u64;
    // 999,500 rounds to 1,000 of its unit, which is one of the next.
    while unit + 1 < units.len() && n as f64 / divisor as f64 >= 999.5 {
        divisor = divisor.saturating_mul(step);
        unit += 1;
    }
    if unit == 0 {
        return format!("{n}{}", units[0]);
    }
    format!("{}{}", three_digits(n as f64 / divisor as f64), units[unit])
}

fn three_digits(value: f64) -> String {
    let text = if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        return format!("{value:.0}");
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A duration, at most seven cells: `3 µs`, `1.2 ms`, `12.4 s`, `3 m 20 s`, `3 h 2 m`, `2 d 4 h`. `micro` is `µs` or `us`.
#[must_use]
pub fn duration(ns: u64, micro: &str) -> String {
    let value = ns as f64;
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..999_500 => format!("{} {micro}", two_digits(value / 1e3)),
        999_500..999_500_000 => format!("{} ms", two_digits(value / 1e6)),
        999_500_000..59_950_000_000 => format!("{} s", two_digits(value / 1e9)),
        _ => {
            let seconds = ns.saturating_add(500_000_000) / 1_000_000_000;
            match seconds {
                0..3_600 => pair(seconds / 60, "m", seconds % 60, "s"),
                3_600..86_400 => pair(seconds / 3_600, "h", seconds / 60 % 60, "m"),
                _ => pair(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
            }
        }
    }
}

fn pair(big: u64, big_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{big} {big_unit}") } else { format!("{big} {big_unit} {small} {small_unit}") }
}

/// Two digits are enough to compare rows by eye; three from ten on (`12.4`).
fn two_digits(value: f64) -> String {
    if value < 99.95 { format!("{value:.1}").trim_end_matches(".0").to_owned() } else { format!("{value:.0}") }
}

/// Running time as a clock: `00:12.4`, `1:02:03`.
#[must_use]
pub fn clock(ns: u64) -> String {
    let tenths = ns / 100_000_000;
    let seconds = tenths / 10;
    match seconds {
        0..3_600 => format!("{:02}:{:02}.{}", seconds / 60, seconds % 60, tenths % 10),
        _ => format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
    }
}

/// A share of the whole: `41 %`, `<1 %`.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".to_owned();
    }
    let share = part as f64 / whole as f64 * 100.0;
    if share < 0.95 { "<1 %".to_owned() } else { format!("{:.0} %", share.min(100.0)) }
}

/// A count with its noun: `1 call`, `1,204 calls`.
#[must_use]
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `today 14:02`, `19 Nov 14:02`, `19 Nov 2025`.
#[must_use]
pub fn when(seconds: f64) -> String {
    let zone = jiff::tz::TimeZone::system();
    #[expect(clippy::cast_possible_truncation, reason = "a number that is out of range is refused by the next step")]
    let Ok(time) = jiff::Timestamp::from_second(seconds as i64) else { return "–".to_owned() };
    let (time, now) = (time.to_zoned(zone.clone()), jiff::Timestamp::now().to_zoned(zone));
    let format = if time.date() == now.date() {
        "today %H:%M"
    } else if time.year() == now.year() {
        "%-d %b %H:%M"
    } else {
        "%-d %b %Y"
    };
    time.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_times_do_not_hurt() {
        for seconds in [f64::NAN, f64::INFINITY, -1e300, 1e300] {
            let _ = when(seconds);
        }
        assert_eq!(when(1e300), "–");
        assert!(when(0.0).ends_with("1970") || when(0.0).ends_with("1969"));
        assert!(when(jiff::Timestamp::now().as_second() as f64).starts_with("today"));
    }

    #[test]
    fn durations_fit() {
        for (ns, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (3_000, "3 µs"),
            (3_140, "3.1 µs"),
            (310_000, "310 µs"),
            (999_499, "999 µs"),
            (999_500, "1 ms"),
            (1_230_000, "1.2 ms"),
            (12_400_000_000, "12.4 s"),
            (59_940_000_000, "59.9 s"),
            (59_960_000_000, "1 m"),
            (200_000_000_000, "3 m 20 s"),
            (10_920_000_000_000, "3 h 2 m"),
            (187_200_000_000_000, "2 d 4 h"),
        ] {
            assert_eq!(duration(ns, "µs"), text, "{ns}");
        }
        assert!(!duration(u64::MAX, "µs").is_empty());
    }

    #[test]
    fn counts_and_sizes() {
        for (n, text) in [
            (0, "0"),
            (1_204, "1,204"),
            (99_999, "99,999"),
            (212_000, "212 k"),
            (999_499, "999 k"),
            (999_500, "1 M"),
            (1_280_000, "1.28 M"),
            (18_200_000, "18.2 M"),
            (2_000_000_000, "2 G"),
            (u64::MAX, "18.4 E"),
        ] {
            assert_eq!(count(n), text, "{n}");
        }
        for (n, text) in [(0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (300_000, "300 kB"), (8_100_000, "8.1 MB")] {
            assert_eq!(size(n), text, "{n}");
        }
        assert_eq!(rate(212_000), "212 k/s");
        assert_eq!(plural(1, "call", "calls"), "1 call");
        assert_eq!(plural(2, "call", "calls"), "2 calls");
    }

    #[test]
    fn clocks_and_shares() {
        assert_eq!(clock(12_400_000_000), "00:12.4");
        assert_eq!(clock(3_723_000_000_000), "1:02:03");
        assert_eq!(
            (percent(41, 100), percent(1, 1000), percent(0, 5), percent(5, 0)),
            ("41 %".into(), "<1 %".into(), "0 %".into(), "0 %".into())
        );
    }
}
