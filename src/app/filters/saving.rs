//! Saving from the Filters pane: which file, and the difference that is shown before anything is written.

use super::Filters;
use crate::app::event::Effect;
use crate::app::lab::{LabEffect, LabSource, SavePlan, targets};
use crate::app::list::Cursor;
use crate::app::overlay::{Answer, Menu, Overlay};
use crate::app::pane::{Cx, Request, Tone};
use crate::app::text::clean;
use crate::config::{Action, Context, Key};
use std::path::PathBuf;

/// A file that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// What would be written.
    pub plan: SavePlan,
    /// The first line shown of the difference.
    pub top: usize,
}

impl Filters {
    /// A key while a file is about to be written.
    pub(super) fn review_key(&mut self, key: Key, cx: &mut Cx<'_>) {
        let Some(review) = &mut self.review else { return };
        let keymap = &cx.config.keymap;
        if keymap.action(&[Context::Text], key) == Some(Action::Accept) {
            let plan = review.plan.clone();
            self.review = None;
            cx.effect(Effect::Lab(LabEffect::Save(Box::new(plan))));
        } else if let Some(action) = keymap.action(&[Context::Lists], key) {
            let rows = cx.rows().max(1);
            let mut cursor = Cursor { at: review.top, top: review.top };
            match action {
                Action::PageDown => cursor.at += rows / 2,
                Action::PageUp => cursor.at = cursor.at.saturating_sub(rows / 2),
                other => {
                    cursor.act(other, review.plan.difference.len(), 1);
                }
            }
            review.top = cursor.at.min(review.plan.difference.len().saturating_sub(1));
        } else {
            self.review = None;
            cx.say(Tone::Plain, "nothing was saved");
        }
        cx.redraw();
    }

    pub(super) fn save(&mut self, cx: &mut Cx<'_>) {
        let Some(lab) = cx.session.lab() else { return };
        let files = targets(lab);
        let session = lab.chain().session();
        let under = self.source(lab);
        let is_edited = |source: Option<usize>| source.and_then(|at| lab.source(at)).is_some_and(LabSource::edited);
        let typed = lab.source(session).is_some_and(|source| !source.rules.is_empty());
        if !typed && !files.iter().any(|file| is_edited(file.source)) {
            let text = if lab.chain().edited() {
                "nothing to save: what is disabled in built-in filters holds for this session only"
            } else {
                "nothing to save: no rule was changed"
            };
            return cx.say(Tone::Plain, text);
        }
        let ask = |path: PathBuf| Answer::Ask(Box::new(Request::SaveTo(path)));
        // One file to choose from, or the cursor stands on an edited file: no question.
        let chosen = match files.as_slice() {
            [only] => Some(only.path.clone()),
            _ => files
                .iter()
                .find(|file| file.source == Some(under) && is_edited(file.source))
                .map(|file| file.path.clone()),
        };
        if let Some(path) = chosen {
            return cx.request(Request::SaveTo(path));
        }
        let items = files
            .iter()
            .map(|file| {
                let kind = file.source.and_then(|at| lab.source(at)).map_or("project", |source| source.kind.in_words());
                let note = match (file.source, is_edited(file.source)) {
                    (None, _) => format!("{kind}, a new file"),
                    (_, true) => format!("{kind}, edited"),
                    (_, false) => kind.to_owned(),
                };
                (clean(&file.path.to_string_lossy()).into_owned(), note, ask(file.path.clone()))
            })
            .collect();
        let title = "Save the rules of the session to".to_owned();
        cx.request(Request::Open(Overlay::Menu(Menu { title, items, cursor: Cursor::default() })));
    }
}
