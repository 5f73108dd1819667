//! Rows of a tree for the tree widget. It gets the rows in view and nothing else: what is above is a few empty parents
//! that are cut off, what is below is left out. So a picture costs as much as it has rows, whatever the tree holds.

use super::canvas::{Canvas, rect};
use crate::app::calls::tree::Fold;
use crate::app::layout::Area;
use crate::config::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree, TreeItem, TreeState};

/// Rows as nested items. Identifiers are row numbers; parents that are not in view get numbers from the top end.
#[derive(Default)]
pub struct Items {
    /// Open levels, outermost first.
    levels: Vec<(usize, Line<'static>, Vec<TreeItem<'static, usize>>, Fold)>,
    done: Vec<TreeItem<'static, usize>>,
    paths: Vec<Vec<usize>>,
    selected: Vec<Vec<usize>>,
    above: usize,
    began: bool,
}

impl Items {
    /// Adds a row at `depth`. Rows come from the top of the screen down.
    pub fn push(&mut self, depth: usize, row: usize, line: Line<'static>, fold: Fold) {
        if !self.began {
            self.began = true;
            self.above = depth;
            for level in 0..depth {
                self.levels.push((usize::MAX - level, Line::default(), Vec::new(), Fold::Unfolded));
                self.paths.push(self.path());
            }
        }
        while self.levels.len() > depth {
            self.close();
        }
        self.levels.push((row, line, Vec::new(), fold));
        let path = self.path();
        if fold == Fold::Unfolded {
            self.paths.push(path.clone());
        }
        self.selected.push(path);
    }

    fn path(&self) -> Vec<usize> {
        self.levels.iter().map(|(row, ..)| *row).collect()
    }

    fn close(&mut self) {
        let Some((row, line, mut children, fold)) = self.levels.pop() else { return };
        if fold != Fold::Leaf && children.is_empty() {
            // The widget draws a fold sign only where there is a child.
            children.push(TreeItem::new_leaf(row, ""));
        }
        let item = TreeItem::new(row, line, children).unwrap_or_else(|_| TreeItem::new_leaf(row, ""));
        match self.levels.last_mut() {
            Some((_, _, siblings, _)) => siblings.push(item),
            None => self.done.push(item),
        }
    }

    /// Draws the rows; `selected` is the number of the row under the cursor.
    pub fn draw(mut self, selected: Option<usize>, selection: Role, area: Area, canvas: &mut Canvas<'_>) {
        while !self.levels.is_empty() {
            self.close();
        }
        let mut state = TreeState::default();
        if let Some(path) = self.selected.into_iter().find(|path| path.last().copied() == selected) {
            state.select(path);
        }
        for path in self.paths {
            state.open(path);
        }
        let Ok(widget) = Tree::new(&self.done) else { return };
        let signs = canvas.signs;
        let (open, closed, leaf) =
            (format!("{} ", signs.unfolded), format!("{} ", signs.folded), format!("{} ", signs.leaf));
        let widget = widget
            .highlight_style(canvas.style(selection))
            .highlight_symbol(if selected.is_some() { signs.cursor } else { " " })
            .node_open_symbol(&open)
            .node_closed_symbol(&closed)
            .node_no_children_symbol(&leaf);
        let area = rect(area).intersection(canvas.buffer.area);
        if self.above > 0 {
            // The empty parents above the first row are scrolled away. The widget lets itself be scrolled only when it
            // was drawn before, so it is drawn once for nobody.
            let aside = Rect { x: 0, y: 0, width: 1, height: 1 };
            StatefulWidget::render(widget.clone(), aside, &mut Buffer::empty(aside), &mut state);
            state.scroll_up(usize::MAX);
            state.scroll_down(self.above);
        }
        StatefulWidget::render(widget, area, canvas.buffer, &mut state);
    }
}
