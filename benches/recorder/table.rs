//! The figures of one kind of work under several variants, and how they are printed.

/// How one variant did.
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Nanoseconds per unit of work, one figure per round.
    pub times: Vec<f64>,
    /// Bytes on disk per unit.
    pub bytes: Option<f64>,
    /// What is asked of it.
    pub goal: Goal,
}

/// What is asked of a variant.
#[derive(Clone, Copy)]
pub enum Goal {
    /// Nothing: it is there to compare with.
    None,
    /// At most so many times what the floor adds, less than half of what viztracer adds, and so many bytes.
    OfFloor(f64, f64),
    /// At most so many nanoseconds more than recording without values, and so many bytes.
    OverRecorded(f64, f64),
    /// At most so many times the plain time.
    OfPlain(f64),
    /// At most so many nanoseconds more than plain.
    Added(f64),
}

/// The middle of some figures.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn minimum(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(f64::INFINITY, f64::min)
}

/// What a variant takes longer than another: the difference of the minima, which a busy machine disturbs least.
fn over(row: &Row, other: &Row) -> f64 {
    minimum(&row.times) - minimum(&other.times)
}

/// The line above the figures.
pub fn head(title: &str) {
    println!("\n{title:<38} {:>8} {:>8} {:>9} {:>8} {:>8}  goal", "median", "minimum", "added", "× floor", "bytes");
}

/// Prints the rows of one kind of work. The first is the plain one; the floor is the one of empty callbacks, if there is one.
pub fn print(rows: &[Row]) {
    let Some(plain) = rows.first() else { return };
    let find = |name: &str| rows.iter().find(|row| row.name == name);
    let floor = rows.iter().find(|row| row.name.starts_with("empty")).map(|floor| over(floor, plain));
    for row in rows {
        let added = over(row, plain);
        let ratio = floor.map(|floor| added / floor);
        print!("  {:<36} {:>8.1} {:>8.1}", row.name, median(&row.times), minimum(&row.times));
        if std::ptr::eq(row, plain) {
            println!();
            continue;
        }
        let optional = |figure: Option<f64>, places| figure.map_or(String::new(), |it| format!("{it:.places$}"));
        print!(" {added:>+9.1} {:>8} {:>8}", optional(ratio, 2), optional(row.bytes, 1));
        let said = |goal: String, met: bool| println!("  {goal}: {}", if met { "met" } else { "MISSED" });
        match row.goal {
            Goal::None => println!(),
            Goal::OfFloor(times, bytes) => {
                let viztracer = find("viztracer").map(|other| over(other, plain));
                let half = viztracer.is_none_or(|other| added < other / 2.0);
                let met = ratio.is_none_or(|it| it <= times) && row.bytes.is_none_or(|it| it <= bytes) && half;
                said(format!("≤ {times} × floor, < ½ viztracer, ≤ {bytes} bytes"), met);
            }
            Goal::OverRecorded(more, bytes) => {
                let more_than = find("recorded").map_or(0.0, |recorded| over(row, recorded));
                let met = more_than <= more && row.bytes.is_none_or(|it| it <= bytes);
                said(format!("≤ {more} ns over recorded ({more_than:+.0}), ≤ {bytes} bytes"), met);
            }
            Goal::OfPlain(times) => {
                let ratio = 1.0 + added / minimum(&plain.times);
                said(format!("≤ {times} × plain ({ratio:.3})"), ratio <= times);
            }
            Goal::Added(most) => said(format!("≤ {most} ns added"), added <= most),
        }
    }
}
