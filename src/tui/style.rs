//! Roles of a theme to styles of ratatui, in as many colours as the terminal has.

use crate::config::theme::{Colour, Style as Look};
use crate::config::{Role, Theme};
use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// 16 million.
    #[default]
    True,
    /// 256.
    Indexed,
}

impl Depth {
    /// What the environment says of the terminal.
    #[must_use]
    pub fn detect() -> Self {
        let get = |name: &str| std::env::var(name).unwrap_or_default();
        let (colorterm, term) = (get("COLORTERM"), get("TERM"));
        let direct = matches!(colorterm.as_str(), "truecolor" | "24bit")
            || ["direct", "kitty", "alacritty", "ghostty", "wezterm", "foot"].iter().any(|name| term.contains(name));
        if direct { Self::True } else { Self::Indexed }
    }
}

/// The style of a role.
#[must_use]
pub fn style(theme: &Theme, role: Role, depth: Depth) -> Style {
    let Look { fg, bg, bold, dim, italic, underline, reverse } = theme.style(role);
    let mut style =
        Style { fg: fg.map(|colour| color(colour, depth)), bg: bg.map(|colour| color(colour, depth)), ..Style::new() };
    for (on, modifier) in [
        (bold, Modifier::BOLD),
        (dim, Modifier::DIM),
        (italic, Modifier::ITALIC),
        (underline, Modifier::UNDERLINED),
        (reverse, Modifier::REVERSED),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    style
}

fn color(colour: Colour, depth: Depth) -> Color {
    match (colour, depth) {
        (Colour::Default, _) => Color::Reset,
        (Colour::Indexed(index), _) => Color::Indexed(index),
        (Colour::Rgb(r, g, b), Depth::True) => Color::Rgb(r, g, b),
        (Colour::Rgb(r, g, b), Depth::Indexed) => Color::Indexed(nearest(r, g, b)),
    }
}

/// The nearest colour of the 6×6×6 cube or of the grey ramp; the first sixteen are the user's own and mean nothing.
fn nearest(r: u8, g: u8, b: u8) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let level = |value: u8| (0..6u8).min_by_key(|&at| LEVELS[usize::from(at)].abs_diff(value)).unwrap_or_default();
    let distance = |a: (u8, u8, u8)| {
        let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
        square(a.0, r) + square(a.1, g) + square(a.2, b)
    };
    let cube = (level(r), level(g), level(b));
    let of_cube = (LEVELS[usize::from(cube.0)], LEVELS[usize::from(cube.1)], LEVELS[usize::from(cube.2)]);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey = 8 + step * 10;
    if distance((grey, grey, grey)) < distance(of_cube) { 232 + step } else { 16 + 36 * cube.0 + 6 * cube.1 + cube.2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_256() {
        for (rgb, index) in
            [((0, 0, 0), 16), ((255, 255, 255), 231), ((255, 0, 0), 196), ((128, 128, 128), 244), ((95, 135, 175), 67)]
        {
            assert_eq!(nearest(rgb.0, rgb.1, rgb.2), index, "{rgb:?}");
        }
    }
}
