//! The emulator that keeps the target's screen. What a program writes is nobody's promise, and the emulator has places
//! where it panics (a wide character that a narrower screen cut in two, a screen of a single row). So it works behind a
//! guard: a panic in it costs the picture, which begins anew, and neither the explorer nor the recording.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tui_term::vt100::{Parser, Screen};

use crate::app::layout::Size;

/// Lines kept above the screen.
pub const SCROLLBACK: usize = 10_000;

/// The smallest screen that the emulator is at home in.
const SMALLEST: u16 = 2;

thread_local! {
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic in this thread is the emulator's: it is caught, and nothing to report.
#[must_use]
pub fn is_at_work() -> bool {
    AT_WORK.get()
}

/// A screen and the lines above it.
pub struct Emulator {
    parser: Parser,
}

impl Emulator {
    /// An empty screen.
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self { parser: empty(size) }
    }

    /// The target wrote this.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.guarded(|parser| parser.process(bytes));
    }

    /// The terminal has another size. Whether that is news.
    pub fn resize(&mut self, size: Size) -> bool {
        let (rows, columns) = at_least(size);
        if self.screen().size() == (rows, columns) {
            return false;
        }
        self.guarded(|parser| parser.screen_mut().set_size(rows, columns));
        true
    }

    /// Scrolls to so many lines above the end, as far as there are any.
    pub fn scroll_to(&mut self, lines: usize) {
        self.parser.screen_mut().set_scrollback(lines);
    }

    /// What is to be seen.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    fn guarded(&mut self, work: impl FnOnce(&mut Parser)) {
        AT_WORK.set(true);
        let done = catch_unwind(AssertUnwindSafe(|| work(&mut self.parser)));
        AT_WORK.set(false);
        if done.is_err() {
            let (height, width) = self.screen().size();
            self.parser = empty(Size { width, height });
        }
    }
}

fn empty(size: Size) -> Parser {
    let (rows, columns) = at_least(size);
    Parser::new(rows, columns, SCROLLBACK)
}

/// Rows and columns.
fn at_least(size: Size) -> (u16, u16) {
    (size.height.max(SMALLEST), size.width.max(SMALLEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size((width, height): (u16, u16)) -> Size {
        Size { width, height }
    }

    #[test]
    fn what_breaks_the_emulator_costs_the_picture_only() {
        // A wide character loses its second half to a narrower screen, and is written over then.
        let mut cut = Emulator::new(size((10, 3)));
        cut.feed("\x1b[1;4H日".as_bytes());
        assert!(cut.resize(size((4, 3))));
        cut.feed(b"\x1b[1;4Hx\r\nafter");
        cut.feed(b"\r\nmore");
        assert!(cut.screen().contents().ends_with("more"), "{:?}", cut.screen().contents());
        for tiny in [(1, 1), (0, 0), (1, 40), (40, 1), (2, 2)] {
            let mut emulator = Emulator::new(size(tiny));
            emulator.feed("日本\r\nab\r\ncd\n\n\n".repeat(20).as_bytes());
            assert!(!emulator.resize(size(tiny)), "the size that it has");
        }
        assert!(!is_at_work());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_written_is_survived(
            steps in prop::collection::vec(
                prop_oneof![
                    "([a-z日👍\u{301}\t\r\n\u{8}]|\x1b\\[[0-9]{0,2}(;[0-9]{1,2})?[A-Za-z@`]|\x1b\\[\\?(6|7|25|47|1049)[hl]|\x1b[78DEHMc=>]){0,40}"
                        .prop_map(Ok),
                    (0u16..60, 0u16..30).prop_map(Err),
                ],
                0..12,
            ),
        ) {
            let mut emulator = Emulator::new(size((20, 5)));
            for step in steps {
                match step {
                    Ok(text) => emulator.feed(text.as_bytes()),
                    Err(to) => _ = emulator.resize(size(to)),
                }
                emulator.scroll_to(3);
                let _ = (emulator.screen().contents(), emulator.screen().rows(0, 10).count());
                emulator.scroll_to(0);
            }
        }
    }
}
