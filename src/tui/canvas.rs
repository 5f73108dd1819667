//! What panes draw on: the buffer, with the theme's roles instead of colours, and a list of what is where for the
//! mouse. Every drawing method keeps inside the area it is given, whatever the text.

use super::style::{Depth, style};
use crate::app::layout::Area;
use crate::app::pane::Hit;
use crate::app::text;
use crate::config::{Role, Signs, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What is where in a picture.
#[derive(Clone, Debug, Default)]
pub struct Hits(Vec<(Area, Hit)>);

impl Hits {
    /// What is at a cell: the last thing drawn there.
    #[must_use]
    pub fn at(&self, x: u16, y: u16) -> Option<Hit> {
        self.0.iter().rev().find(|(area, _)| area.contains(x, y)).map(|(_, hit)| *hit)
    }
}

/// The buffer with roles.
pub struct Canvas<'a> {
    /// The cells.
    pub buffer: &'a mut Buffer,
    /// What is where.
    pub hits: Hits,
    /// The signs.
    pub signs: &'a Signs,
    theme: &'a Theme,
    depth: Depth,
    cursor: Option<(u16, u16)>,
}

/// The same rectangle for ratatui.
#[must_use]
pub fn rect(area: Area) -> Rect {
    Rect { x: area.x, y: area.y, width: area.width, height: area.height }
}

impl<'a> Canvas<'a> {
    /// A canvas on this buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, signs: &'a Signs, depth: Depth) -> Self {
        Self { buffer, hits: Hits::default(), signs, theme, depth, cursor: None }
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        style(self.theme, role, self.depth)
    }

    /// The terminal's cursor is shown here.
    pub fn set_cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some((x, y));
    }

    /// Where the terminal's cursor is to be shown.
    #[must_use]
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.cursor
    }

    /// The mouse finds this here.
    pub fn hit(&mut self, area: Area, hit: Hit) {
        if !area.is_empty() {
            self.hits.0.push((area, hit));
        }
    }

    /// Lays a role over what is there.
    pub fn lay(&mut self, area: Area, role: Role) {
        let style = self.style(role);
        self.buffer.set_style(rect(area).intersection(self.buffer.area), style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Area) {
        let area = rect(area).intersection(self.buffer.area);
        let style = self.style(Role::Text);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let cell = &mut self.buffer[(x, y)];
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// Writes text on the first row of the area, cut at its edge; returns what is left of the row.
    pub fn text(&mut self, area: Area, content: &str, role: Role) -> Area {
        let style = self.style(role);
        self.styled(area, content, style)
    }

    /// The same with a style of ratatui.
    pub fn styled(&mut self, area: Area, content: &str, style: Style) -> Area {
        let visible = rect(area).intersection(self.buffer.area);
        if visible.is_empty() || content.is_empty() {
            return area;
        }
        let content = text::clean(content);
        let content = self.plain(&content);
        let (x, _) = self.buffer.set_stringn(area.x, area.y, &content, usize::from(visible.width), style);
        let used = x - area.x;
        Area { x, width: area.width - used.min(area.width), ..area }
    }

    /// The text with our own signs in it (values come with some) replaced, where signs are ASCII.
    #[must_use]
    pub fn plain<'t>(&self, content: &'t str) -> std::borrow::Cow<'t, str> {
        if content.is_ascii() || !self.signs.ellipsis.is_ascii() || !content.contains(['…', '→', '↯', '“', '”', '–'])
        {
            return content.into();
        }
        let replaced = content.replace('…', self.signs.ellipsis).replace('→', self.signs.arrow);
        replaced.replace('↯', self.signs.raised).replace(['“', '”'], "\"").replace('–', "-").into()
    }

    /// Writes several pieces one after the other.
    pub fn pieces(&mut self, area: Area, pieces: &[(&str, Role)]) -> Area {
        pieces.iter().fold(area, |area, (content, role)| self.text(area, content, *role))
    }

    /// As [`Canvas::pieces`], shortened in the middle when they do not fit. Where some of role `marked` is left out, the
    /// ellipsis has that role.
    pub fn pieces_elided(&mut self, area: Area, pieces: &[(&str, Role)], marked: Role) {
        let clean: Vec<_> = pieces.iter().map(|(content, role)| (text::clean(content), *role)).collect();
        let whole: String = clean.iter().map(|(content, _)| content.as_ref()).collect();
        let ellipsis = self.signs.ellipsis;
        let shown = text::elide_middle(&whole, usize::from(area.width), ellipsis);
        if shown == whole {
            self.pieces(area, pieces);
            return;
        }
        let head: usize = whole.chars().zip(shown.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let tail = whole.len() - shown.len().saturating_sub(head + ellipsis.len());
        let (mut before, mut behind, mut role, mut at) = (Vec::new(), Vec::new(), Role::Dim, 0);
        for (content, its) in &clean {
            let (head, tail) = (head.clamp(at, at + content.len()) - at, tail.clamp(at, at + content.len()) - at);
            before.push((&content[..head], *its));
            behind.push((&content[tail..], *its));
            if head < tail && *its == marked {
                role = marked;
            }
            at += content.len();
        }
        let left = self.pieces(area, &before);
        let left = self.text(left, ellipsis, role);
        self.pieces(left, &behind);
    }

    /// Writes text at the right edge of the first row, when it fits; returns what is left of the row before it.
    pub fn right(&mut self, area: Area, content: &str, role: Role) -> Area {
        let width = u16::try_from(text::width(content)).unwrap_or(u16::MAX);
        if width > area.width {
            return area;
        }
        let (left, right) = area.split_left(area.width - width);
        self.text(right, content, role);
        left
    }

    /// The empty state of a pane: a few lines in its upper middle. The first says what is, the others what to do.
    pub fn empty(&mut self, area: Area, lines: &[&str]) {
        let top = area.height / 3;
        for (at, line) in lines.iter().enumerate() {
            let row = area.row(top.saturating_add(u16::try_from(at).unwrap_or(u16::MAX)));
            let line = text::elide(line, usize::from(area.width), self.signs.ellipsis).into_owned();
            let indent = usize::from(area.width).saturating_sub(text::width(&line)) / 2;
            let (_, row) = row.split_left(u16::try_from(indent).unwrap_or(0));
            self.text(row, &line, if at == 0 { Role::Text } else { Role::Dim });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::signs::UNICODE;

    /// What is marked stays marked, whatever of it has to be left out.
    #[test]
    fn marked_text_is_shortened_with_its_mark() {
        let theme = Theme::builtin("dark").unwrap();
        for (pieces, width, text, marks) in [
            (["shop.", "cart", ".Cart.add", "!"], 20, "shop.cart.Cart.add! ", "     ^^^^           "),
            (["shop.", "cart", ".Cart.add", "!"], 13, "shop…art.add!", "    ^        "),
            (["shop.", "cart", ".Cart.add", "!"], 17, "shop.…t.Cart.add!", "     ^^          "),
            (["", "a_long_name", ".f", ""], 10, "a_l…name.f", "^^^^^^^^  "),
            (["a_long_name", ".f", "", ""], 10, "a_l…name.f", "        ^^"),
            (["ab", "cd", "", ""], 1, "…", "^"),
            (["ab", "cd", "", ""], 0, "", ""),
        ] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
            let mut canvas = Canvas::new(&mut buffer, &theme, &UNICODE, Depth::True);
            let roles = [Role::Text, Role::Hit, Role::Text, Role::Dim];
            let pieces: Vec<(&str, Role)> = pieces.into_iter().zip(roles).collect();
            canvas.pieces_elided(Area { x: 0, y: 0, width, height: 1 }, &pieces, Role::Hit);
            let mut hit = ratatui::buffer::Cell::default();
            hit.set_style(canvas.style(Role::Hit));
            let is_hit =
                |cell: &ratatui::buffer::Cell| (cell.fg, cell.bg, cell.modifier) == (hit.fg, hit.bg, hit.modifier);
            let cells = buffer.content();
            let shown: String = cells.iter().map(|cell| cell.symbol()).collect();
            let marked: String = cells.iter().map(|cell| if is_hit(cell) { '^' } else { ' ' }).collect();
            assert_eq!((shown.as_str(), marked.as_str()), (text, marks));
        }
    }
}
