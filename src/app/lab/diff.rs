//! The difference between two texts, line by line, as it is shown before a file is written.

/// One line of the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// In both, shown for orientation.
    Same(String),
    /// Only in the old text.
    Gone(String),
    /// Only in the new text.
    New(String),
    /// So many lines that are in both are not shown.
    Skipped(usize),
}

/// Lines of context around a change.
const CONTEXT: usize = 2;

/// Above this many cells the middle is shown as all gone and all new.
const MAX_CELLS: usize = 4_000_000;

/// The difference, with a little context; empty when the texts are the same.
#[must_use]
pub fn diff(old: &str, new: &str) -> Vec<Line> {
    if old == new {
        return Vec::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut lines: Vec<Line> = old[..head].iter().map(|line| Line::Same((*line).to_owned())).collect();
    lines.extend(middle(a, b));
    lines.extend(old[old.len() - tail..].iter().map(|line| Line::Same((*line).to_owned())));
    shorten(lines)
}

/// The part between the common head and tail, by the longest common subsequence.
fn middle(a: &[&str], b: &[&str]) -> Vec<Line> {
    let gone = |line: &&str| Line::Gone((*line).to_owned());
    let came = |line: &&str| Line::New((*line).to_owned());
    if a.len().saturating_mul(b.len()) > MAX_CELLS {
        return a.iter().map(gone).chain(b.iter().map(came)).collect();
    }
    // common[i][j]: length of the longest common subsequence of a[i..] and b[j..].
    let width = b.len() + 1;
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = if a[i] == b[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push(Line::Same(a[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1] {
            out.push(gone(&a[i]));
            i += 1;
        } else {
            out.push(came(&b[j]));
            j += 1;
        }
    }
    out
}

/// Leaves out what is the same and far from any change.
fn shorten(lines: Vec<Line>) -> Vec<Line> {
    let changed: Vec<bool> = lines.iter().map(|line| !matches!(line, Line::Same(_))).collect();
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        changed[from..(at + CONTEXT + 1).min(changed.len())].contains(&true)
    };
    let mut out = Vec::new();
    let mut skipped = 0;
    for (at, line) in lines.into_iter().enumerate() {
        if near(at) {
            if skipped > 0 {
                out.push(Line::Skipped(std::mem::take(&mut skipped)));
            }
            out.push(line);
        } else {
            skipped += 1;
        }
    }
    if skipped > 0 {
        out.push(Line::Skipped(skipped));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ` a` same, `-a` gone, `+a` new, `~3` three skipped.
    fn shown(old: &str, new: &str) -> Vec<String> {
        let show = |line| match line {
            Line::Same(text) => format!(" {text}"),
            Line::Gone(text) => format!("-{text}"),
            Line::New(text) => format!("+{text}"),
            Line::Skipped(count) => format!("~{count}"),
        };
        diff(old, new).into_iter().map(show).collect()
    }

    #[test]
    fn differences() {
        assert!(shown("a\nb", "a\nb").is_empty());
        assert_eq!(shown("", "a\n"), ["+a"]);
        assert_eq!(shown("a\n", ""), ["-a"]);
        assert_eq!(shown("a\nb\nc\n", "a\nx\nc\n"), [" a", "-b", "+x", " c"]);
        assert_eq!(shown("1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\n6\n7"), ["~4", " 5", " 6", "+7"]);
        assert_eq!(shown("1\n2\n3\n4\n5\n6", "0\n1\n2\n3\n4\n5\n6"), ["+0", " 1", " 2", "~4"]);
        assert_eq!(shown("a\nb\nc\nd", "b\nx\nd\ny"), ["-a", " b", "-c", "+x", " d", "+y"]);
    }

    #[test]
    fn a_large_change_takes_no_square_of_memory() {
        let old: String = (0..20_000).map(|n| format!("a{n}\n")).collect();
        let new: String = (0..20_000).map(|n| format!("b{n}\n")).collect();
        assert_eq!(diff(&old, &new).len(), 40_000);
    }
}
