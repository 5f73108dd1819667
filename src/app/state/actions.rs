//! What actions do: the focused pane's own meaning first, then everybody's.

use super::State;
use crate::app::event::{Effect, Effects};
use crate::app::line_edit::LineEdit;
use crate::app::overlay::{Answer, Overlay, Palette, Question};
use crate::app::pane::{PaneId, Tone};
use crate::app::search::Prompt;
use crate::app::text;
use crate::config::{Action, Theme};

impl State {
    /// Does an action: the focused pane is asked first, then the main one, then everybody's meaning holds.
    pub(super) fn act(&mut self, action: Action, effects: &mut Effects) {
        effects.redraw = true;
        if self.with(self.focus, effects, |pane, cx| pane.act(action, cx)) {
            return;
        }
        if self.focus != self.main && action.row().context == self.main.context() {
            self.with(self.main, effects, |pane, cx| pane.act(action, cx));
            return;
        }
        match action {
            Action::Quit => self.quit(effects),
            Action::Help => self.overlay = Some(Overlay::Help(0)),
            Action::Palette => self.overlay = Some(Overlay::Palette(Palette::default())),
            Action::ShowCalls => self.tab(PaneId::Calls, effects),
            Action::ShowFilters => self.tab(PaneId::Filters, effects),
            Action::ShowNames => self.tab(PaneId::Names, effects),
            Action::ShowOutput => self.tab(PaneId::Output, effects),
            Action::ShowFunctions => self.tab(PaneId::Functions, effects),
            Action::ShowLines => self.tab(PaneId::Lines, effects),
            Action::ShowTasks => self.tab(PaneId::Tasks, effects),
            Action::ShowTests => self.tab(PaneId::Tests, effects),
            Action::NextPane | Action::PreviousPane => {
                self.focus =
                    if self.focus == self.main && self.main.has_details() { PaneId::Details } else { self.main };
                self.refresh(effects);
            }
            Action::Search => {
                self.prompt = Some(Prompt { pane: self.main, line: LineEdit::default(), earlier: None });
            }
            Action::Pause => self.pause(effects),
            Action::PauseRecording => self.pause_recording(effects),
            Action::Preview => self.next_preview(effects),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.push(Effect::Repaint),
            Action::ToggleMouse => {
                self.config.mouse = !self.config.mouse;
                effects.push(Effect::Mouse(self.config.mouse));
                let text = if self.config.mouse { "the mouse is ours" } else { "the mouse is the terminal's" };
                self.say(Tone::Plain, text, effects);
            }
            Action::NextTheme => self.next_theme(effects),
            Action::Copy => {
                let text = self.with(self.focus, effects, |pane, cx| pane.copied(cx));
                match text {
                    Some(text) => {
                        self.say(Tone::Plain, &format!("copied: {text}"), effects);
                        effects.push(Effect::Copy(text));
                    }
                    None => self.say(Tone::Plain, "there is nothing to copy here", effects),
                }
            }
            Action::Edit => {
                let place = self.with(self.focus, effects, |pane, cx| pane.place(cx));
                let place = place.or_else(|| self.with(self.main, effects, |pane, cx| pane.place(cx)));
                match place {
                    Some((path, line)) => effects.push(Effect::Edit(path, line)),
                    None => self.say(Tone::Plain, "there is no source file to open here", effects),
                }
            }
            Action::Back => self.back(effects),
            _ => {}
        }
    }

    fn tab(&mut self, id: PaneId, effects: &mut Effects) {
        if self.main != PaneId::Traces {
            self.show(id, effects);
        }
    }

    fn pause(&mut self, effects: &mut Effects) {
        if !self.session.is_live() {
            self.say(Tone::Plain, "nothing is being recorded, so there is nothing to pause", effects);
            return;
        }
        self.session.paused = !self.session.paused;
        if !self.session.paused {
            self.refresh(effects);
        }
    }

    fn back(&mut self, effects: &mut Effects) {
        if self.focus == PaneId::Details {
            self.focus = self.main;
        } else if self.main == PaneId::Traces {
            // Esc is no way to leave by accident.
        } else if self.main != PaneId::Calls {
            self.show(PaneId::Calls, effects);
        } else if self.from_list && !self.session.target_runs {
            effects.push(Effect::CloseTrace);
        }
    }

    fn next_theme(&mut self, effects: &mut Effects) {
        let names: Vec<&str> = crate::config::theme::BUILTIN.iter().map(|(name, _)| *name).collect();
        let at = names.iter().position(|name| *name == self.config.theme.name).map_or(0, |at| (at + 1) % names.len());
        if let Some(theme) = Theme::builtin(names[at]) {
            self.say(Tone::Plain, &format!("theme: {}", theme.name), effects);
            self.config.theme = theme;
        }
    }

    fn quit(&mut self, effects: &mut Effects) {
        if !self.session.target_is_at_work() {
            effects.push(Effect::Quit);
            return;
        }
        self.overlay = Some(Overlay::Ask(Question {
            title: "The program still runs.".to_owned(),
            text: vec![text::clean(&self.session.status.program).into_owned()],
            answers: vec![
                ('s', "Stop it".to_owned(), Answer::DoAll(vec![Effect::StopTarget, Effect::Quit])),
                (
                    'l',
                    "Leave it running and recording".to_owned(),
                    Answer::DoAll(vec![Effect::LeaveTarget, Effect::Quit]),
                ),
                ('c', "Cancel".to_owned(), Answer::Nothing),
            ],
            at: 0,
        }));
    }
}
