//! The signs that carry meaning beside colour, in two sets: one for terminals with Unicode fonts, one in pure ASCII.

/// Signs and line pieces. Each is one cell wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Signs {
    pub recording: &'static str,
    pub paused: &'static str,
    pub ended: &'static str,
    pub failed: &'static str,
    pub folded: &'static str,
    pub unfolded: &'static str,
    pub leaf: &'static str,
    pub running: &'static str,
    pub raised: &'static str,
    /// An exception was caught here.
    pub caught: &'static str,
    pub hidden: &'static str,
    pub filter_changed: &'static str,
    pub warning: &'static str,
    pub more: &'static str,
    pub ellipsis: &'static str,
    pub cursor: &'static str,
    pub current: &'static str,
    pub arrow: &'static str,
    pub path: &'static str,
    pub ruler: &'static str,
    pub rule: &'static str,
    pub generator: &'static str,
    /// Eighths of a cell, from one to eight.
    pub bar: [&'static str; 8],
    /// `µs` or `us`.
    pub micro: &'static str,
}

/// For terminals that can.
pub const UNICODE: Signs = Signs {
    recording: "●",
    paused: "‖",
    ended: "■",
    failed: "✗",
    folded: "▸",
    unfolded: "▾",
    leaf: "·",
    running: "⟳",
    raised: "↯",
    caught: "↶",
    hidden: "⋯",
    filter_changed: "⇅",
    warning: "⚠",
    more: "…",
    ellipsis: "…",
    cursor: "┃",
    current: "▶",
    arrow: "→",
    path: "›",
    ruler: "│",
    rule: "─",
    generator: "»",
    bar: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    micro: "µs",
};

/// For those that cannot.
pub const ASCII: Signs = Signs {
    recording: "*",
    paused: "=",
    ended: "#",
    failed: "x",
    folded: "+",
    unfolded: "-",
    leaf: ".",
    running: "@",
    raised: "^",
    caught: "v",
    hidden: "~",
    filter_changed: "%",
    warning: "!",
    more: "+",
    ellipsis: "~",
    cursor: "|",
    current: ">",
    arrow: "->",
    path: ">",
    ruler: "|",
    rule: "-",
    generator: "~",
    bar: [" ", " ", " ", "=", "=", "=", "=", "="],
    micro: "us",
};

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn signs_are_one_cell_wide() {
        for signs in [UNICODE, ASCII] {
            let one = [
                signs.recording,
                signs.paused,
                signs.ended,
                signs.failed,
                signs.folded,
                signs.unfolded,
                signs.leaf,
                signs.running,
                signs.raised,
                signs.caught,
                signs.hidden,
                signs.filter_changed,
                signs.warning,
                signs.more,
                signs.ellipsis,
                signs.cursor,
                signs.current,
                signs.path,
                signs.ruler,
                signs.rule,
                signs.generator,
            ];
            for sign in one.iter().chain(&signs.bar) {
                assert_eq!(sign.width(), 1, "{sign}");
            }
        }
        assert!(ASCII.bar.iter().chain(&[ASCII.arrow, ASCII.micro, ASCII.warning]).all(|sign| sign.is_ascii()));
    }
}
