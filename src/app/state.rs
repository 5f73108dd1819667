//! The whole explorer as one value, and the one function that changes it.
//!
//! [`State::update`] takes an event and returns what is to be done outside. It never blocks, never touches the terminal,
//! and never reads a file that could be slow: those are effects.

use super::calls::Calls;
use super::event::{Effect, Effects, Event, Mouse, MouseKind, Signal};
use super::layout::{Area, Layout, Size};
use super::line_edit::LineEdit;
use super::overlay::{Answer, Overlay, Palette, Question, Reply};
use super::pane::{Cx, Hit, Message, Pane, PaneId, Request, Tone};
use super::panes::Panes;
use super::search::Prompt;
use super::session::Session;
use crate::config::{Action, Config, Context, Key, Theme};

/// The whole explorer.
#[derive(Debug)]
pub struct State {
    /// What the user has configured; the theme can be changed on the way.
    pub config: Config,
    /// Size of the terminal.
    pub size: Size,
    /// What all panes look at.
    pub session: Session,
    /// The panes.
    pub panes: Panes,
    /// The pane of the active tab.
    pub main: PaneId,
    /// The pane that gets the keys: the main one, or the details.
    pub focus: PaneId,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// The search that is being typed.
    pub prompt: Option<Prompt>,
    /// One sentence at the foot, until the next key.
    pub message: Option<Message>,
    /// Earlier searches, the newest last.
    searches: Vec<String>,
    /// Whether the list of saved traces is behind the explorer, to go back to.
    pub from_list: bool,
}

/// How many searches are remembered.
const SEARCHES: usize = 50;

/// Rows per notch of the wheel.
const WHEEL: isize = 3;

impl State {
    /// The list of saved traces, still empty.
    #[must_use]
    pub fn list(config: Config, size: Size) -> Self {
        Self {
            config,
            size,
            session: Session::default(),
            panes: Panes::default(),
            main: PaneId::Traces,
            focus: PaneId::Traces,
            overlay: None,
            prompt: None,
            message: None,
            searches: Vec::new(),
            from_list: true,
        }
    }

    /// The explorer of one trace.
    #[must_use]
    pub fn explorer(config: Config, size: Size, session: Session) -> Self {
        let mut state =
            Self { session, main: PaneId::Calls, focus: PaneId::Calls, from_list: false, ..Self::list(config, size) };
        state.refresh(&mut Effects::default());
        state
    }

    /// Shows another trace.
    pub fn open(&mut self, session: Session) {
        let traces = std::mem::take(&mut self.panes.traces);
        self.panes = Panes { traces, ..Panes::default() };
        self.session = session;
        self.main = PaneId::Calls;
        self.focus = PaneId::Calls;
        self.overlay = None;
        self.prompt = None;
        self.message = None;
    }

    /// Back to the list of saved traces.
    pub fn close(&mut self) {
        self.open(Session::default());
        self.main = PaneId::Traces;
        self.focus = PaneId::Traces;
    }

    /// Selects a call in the tree.
    pub fn goto(&mut self, id: crate::model::id::CallId) -> Effects {
        let mut effects = Effects::default();
        self.request(Request::GoTo(id), &mut effects);
        effects
    }

    /// Every pane looks at what is there now; used after the state was changed from outside.
    pub fn look(&mut self) -> Effects {
        let mut effects = Effects { redraw: true, ..Effects::default() };
        self.refresh(&mut effects);
        effects
    }

    /// How the screen is divided now.
    #[must_use]
    pub fn layout(&self) -> Layout {
        let explorer = self.main != PaneId::Traces;
        Layout::new(self.size, explorer, self.main.has_details(), self.focus == PaneId::Details)
    }

    /// Where a pane is, or would be if it were shown now.
    #[must_use]
    pub fn area_of(&self, id: PaneId) -> Area {
        if id == PaneId::Details || id == self.main {
            return self.layout().of(id);
        }
        Layout::new(self.size, id != PaneId::Traces, id.has_details(), false).main
    }

    /// The contexts whose keys hold now, the most special first.
    #[must_use]
    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = self.panes.get(self.focus).contexts().to_vec();
        if self.focus == PaneId::Details {
            // What concerns the selected call works from its details too.
            contexts.push(Context::Calls);
        }
        contexts.push(Context::Global);
        contexts
    }

    /// Handles an event.
    pub fn update(&mut self, event: Event) -> Effects {
        let mut effects = Effects::default();
        match event {
            Event::Key(key) => self.key(key, &mut effects),
            Event::Paste(text) => self.paste(&text, &mut effects),
            Event::Mouse(mouse) => self.mouse(mouse, &mut effects),
            Event::Resize(size) => {
                self.size = size;
                effects.redraw = true;
                self.refresh(&mut effects);
            }
            Event::Signal(Signal::End) => {
                // There is no one left to ask: the target is left to itself, and goes on recording.
                if self.session.target_runs {
                    effects.push(Effect::LeaveTarget);
                }
                effects.push(Effect::Quit);
            }
            Event::Signal(Signal::Suspend) => effects.push(Effect::Suspend),
            Event::Signal(Signal::Continue) => effects.push(Effect::Repaint),
            Event::TraceGrew => {
                if !self.session.paused {
                    self.session.refresh();
                    self.refresh(&mut effects);
                }
            }
            Event::Tick => {
                if self.session.is_live() && !self.session.paused {
                    self.session.clock();
                    effects.redraw = true;
                }
            }
            Event::Totals(totals) => {
                self.session.totals = Some(std::sync::Arc::clone(&totals));
                let rows = usize::from(self.area_of(PaneId::Functions).height).saturating_sub(1);
                let none = self.panes.functions.selected().is_none();
                self.panes.functions.set(totals, rows);
                if self.main == PaneId::Functions {
                    effects.redraw = true;
                    if none {
                        self.request_selected(&mut effects);
                    }
                }
            }
            Event::Found(found) => self.with_calls(&mut effects, |calls, cx| calls.found(&found, cx)),
            Event::Lab(event) => self.lab_event(event, &mut effects),
            Event::Source(source) => {
                self.panes.details.loaded(source);
                effects.redraw = true;
            }
            Event::Output(bytes) => {
                self.panes.output.feed(&bytes);
                effects.redraw = self.main == PaneId::Output;
            }
            Event::Traces(entries) => {
                let rows = usize::from(self.area_of(PaneId::Traces).height).saturating_sub(1);
                self.panes.traces.set(entries, rows);
                effects.redraw = self.main == PaneId::Traces;
            }
            Event::TargetEnded => {
                self.session.target_runs = false;
                self.panes.output.ended();
                self.session.refresh();
                self.refresh(&mut effects);
                effects.redraw = true;
            }
            Event::Failed(text) => self.say(Tone::Error, &text, &mut effects),
            Event::Done(text) => self.say(Tone::Plain, &text, &mut effects),
        }
        effects
    }

    fn say(&mut self, tone: Tone, text: &str, effects: &mut Effects) {
        self.message = Some(Message { tone, text: super::text::clean(text).into_owned() });
        effects.redraw = true;
    }

    /// Every pane looks at the trace again.
    pub(super) fn refresh(&mut self, effects: &mut Effects) {
        if self.main == PaneId::Traces {
            self.with(PaneId::Traces, effects, |pane, cx| pane.refresh(cx));
            return;
        }
        self.wake_lab(effects);
        for id in Panes::EXPLORER {
            self.with(id, effects, |pane, cx| pane.refresh(cx));
        }
        if self.main == PaneId::Functions {
            self.within(PaneId::Functions, effects, |panes, cx| panes.functions.watched(cx));
        }
    }

    /// Lets a pane work, and then does what it asked for.
    fn with<R>(&mut self, id: PaneId, effects: &mut Effects, work: impl FnOnce(&mut dyn Pane, &mut Cx<'_>) -> R) -> R {
        self.within(id, effects, |panes, cx| work(panes.get_mut(id), cx))
    }

    /// The same for the call tree, by its own type.
    fn with_calls<R>(&mut self, effects: &mut Effects, work: impl FnOnce(&mut Calls, &mut Cx<'_>) -> R) -> R {
        self.within(PaneId::Calls, effects, |panes, cx| work(&mut panes.calls, cx))
    }

    fn within<R>(&mut self, id: PaneId, effects: &mut Effects, work: impl FnOnce(&mut Panes, &mut Cx<'_>) -> R) -> R {
        let area = self.area_of(id);
        let mut cx =
            Cx { session: &mut self.session, config: &self.config, area, effects, requests: Vec::new(), message: None };
        let result = work(&mut self.panes, &mut cx);
        let Cx { requests, message, .. } = cx;
        if message.is_some() {
            self.message = message;
        }
        for request in requests {
            self.request(request, effects);
        }
        result
    }

    pub(super) fn request(&mut self, request: Request, effects: &mut Effects) {
        effects.redraw = true;
        match request {
            Request::Show(id) => self.show(id, effects),
            Request::Open(overlay) => self.overlay = Some(overlay),
            Request::OpenTrace(path) => effects.push(Effect::OpenTrace(path)),
            Request::GoTo(id) => {
                if self.main != PaneId::Calls {
                    self.show(PaneId::Calls, effects);
                }
                self.with_calls(effects, |calls, cx| calls.go_to(id, cx));
            }
            Request::GoToCode(process, code) => {
                self.show(PaneId::Calls, effects);
                self.with_calls(effects, |calls, cx| {
                    calls.search.for_code(process, code);
                    calls.next_hit(true, cx);
                });
            }
            Request::Selected => {
                if self.main != PaneId::Functions {
                    self.request_selected(effects);
                }
            }
            Request::SelectedCode(process, code) => {
                self.within(PaneId::Details, effects, |panes, cx| panes.details.show_code(process, code, cx));
            }
            Request::SelectorsFor(process, code) => self.offer(process, code),
            Request::Explain(process, code) => self.explain(process, code),
            Request::AddRule(rule) => self.add_rule(rule, effects),
            Request::MoveRule(key, source) => self.move_rule(key, source),
            Request::SaveTo(path) => self.save_to(path, effects),
            Request::PauseRecording => self.pause_recording(effects),
        }
    }

    /// The details show what is selected in the main pane.
    fn request_selected(&mut self, effects: &mut Effects) {
        if self.main == PaneId::Functions {
            if let Some((process, code)) = self.panes.functions.selected().map(|function| function.first) {
                self.request(Request::SelectedCode(process, code), effects);
            }
            return;
        }
        let calls = &self.panes.calls;
        let (node, call) = (calls.selected(), calls.call().copied());
        self.within(PaneId::Details, effects, |panes, cx| panes.details.show(node, call.as_ref(), cx));
    }

    fn show(&mut self, id: PaneId, effects: &mut Effects) {
        if id == PaneId::Details {
            self.focus = id;
        } else {
            self.main = id;
            self.focus = id;
        }
        self.refresh(effects);
        if self.main.has_details() {
            self.request_selected(effects);
        }
        effects.redraw = true;
    }

    fn key(&mut self, key: Key, effects: &mut Effects) {
        if self.message.take().is_some() {
            effects.redraw = true;
        }
        if self.overlay.is_some() {
            let contexts = self.contexts();
            let rows = self.overlay_rows();
            if let Some(overlay) = &mut self.overlay {
                let reply = overlay.key(key, &self.config.keymap, &contexts, rows);
                self.reply(reply, effects);
            }
            return;
        }
        if self.prompt.is_some() {
            self.prompt_key(key, effects);
            return;
        }
        if self.panes.get(self.focus).typing() {
            // A help key that is no letter helps while typing, too.
            if key.typed().is_none() && self.config.keymap.action(&[Context::Global], key) == Some(Action::Help) {
                return self.act(Action::Help, effects);
            }
            self.with(self.focus, effects, |pane, cx| pane.key(key, cx));
            return;
        }
        if let Some(action) = self.config.keymap.action(&self.contexts(), key) {
            self.act(action, effects);
        }
    }

    fn reply(&mut self, reply: Reply, effects: &mut Effects) {
        effects.redraw = true;
        if reply != Reply::Stay {
            self.overlay = None;
        }
        match reply {
            Reply::Stay | Reply::Close | Reply::Take(Answer::Nothing) => {}
            Reply::Take(Answer::Do(effect)) => effects.push(effect),
            Reply::Take(Answer::DoAll(list)) => effects.list.extend(list),
            Reply::Take(Answer::Ask(request)) => self.request(*request, effects),
            Reply::Act(action) => self.act(action, effects),
        }
    }

    /// How many rows of content an overlay has room for.
    #[must_use]
    pub fn overlay_rows(&self) -> usize {
        usize::from(self.size.height.saturating_sub(6)).max(1)
    }

    fn paste(&mut self, text: &str, effects: &mut Effects) {
        effects.redraw = true;
        if let Some(prompt) = &mut self.prompt {
            prompt.line.insert(text);
        } else if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.line.insert(text);
        } else if self.overlay.is_none() && self.panes.get(self.focus).typing() {
            self.with(self.focus, effects, |pane, cx| pane.paste(text, cx));
        }
    }

    fn prompt_key(&mut self, key: Key, effects: &mut Effects) {
        effects.redraw = true;
        let Some(prompt) = &mut self.prompt else { return };
        match self.config.keymap.action(&[Context::Text], key) {
            Some(Action::Accept) => {
                let (pane, text) = (prompt.pane, prompt.line.text().to_owned());
                self.prompt = None;
                if !text.is_empty() {
                    self.searches.retain(|earlier| *earlier != text);
                    self.searches.push(text.clone());
                    if self.searches.len() > SEARCHES {
                        self.searches.remove(0);
                    }
                }
                self.with(pane, effects, |pane, cx| pane.search(&text, true, cx));
            }
            Some(Action::Cancel) => self.prompt = None,
            Some(step @ (Action::Earlier | Action::Later)) => {
                let at = match (step, prompt.earlier) {
                    (Action::Earlier, None) => Some(0),
                    (Action::Earlier, Some(at)) => Some((at + 1).min(self.searches.len().saturating_sub(1))),
                    (_, Some(at)) => at.checked_sub(1),
                    (_, None) => None,
                };
                let text = at.and_then(|at| self.searches.iter().rev().nth(at));
                prompt.line = LineEdit::new(text.map_or("", String::as_str));
                prompt.earlier = at;
            }
            _ => {
                prompt.line.key(key);
            }
        }
    }

    fn mouse(&mut self, mouse: Mouse, effects: &mut Effects) {
        let wheel = match mouse.kind {
            MouseKind::WheelUp => -WHEEL,
            MouseKind::WheelDown => WHEEL,
            _ => 0,
        };
        if self.overlay.is_some() {
            let contexts = self.contexts();
            if wheel != 0 {
                let key = Key::plain(if wheel < 0 { crate::config::KeyCode::Up } else { crate::config::KeyCode::Down });
                let rows = self.overlay_rows();
                if let Some(overlay) = &mut self.overlay {
                    let reply = overlay.key(key, &self.config.keymap, &contexts, rows);
                    self.reply(reply, effects);
                }
            } else if mouse.kind == MouseKind::Click {
                let reply = match (mouse.hit, &mut self.overlay) {
                    (Some(Hit::Overlay(row)), Some(overlay)) => overlay.click(row, &contexts),
                    (_, Some(Overlay::Ask(_))) => Reply::Stay,
                    _ => Reply::Close,
                };
                self.reply(reply, effects);
            }
            return;
        }
        let pane = match mouse.hit {
            Some(Hit::Row(pane, _) | Hit::Fold(pane, _) | Hit::Pane(pane)) => pane,
            Some(Hit::Tab(pane)) if mouse.kind == MouseKind::Click => return self.show(pane, effects),
            Some(Hit::Hint(action)) if mouse.kind == MouseKind::Click => return self.act(action, effects),
            _ => return,
        };
        if wheel != 0 {
            self.with(pane, effects, |pane, cx| pane.scroll(wheel, cx));
            effects.redraw = true;
            return;
        }
        if matches!(mouse.kind, MouseKind::Click | MouseKind::DoubleClick) {
            if self.focus != pane {
                self.focus = pane;
            }
            effects.redraw = true;
            let double = mouse.kind == MouseKind::DoubleClick;
            let (row, fold) = match mouse.hit {
                Some(Hit::Row(_, row)) => (Some(row), false),
                Some(Hit::Fold(_, row)) => (Some(row), true),
                _ => (None, false),
            };
            self.with(pane, effects, |pane, cx| pane.click(row, fold, double, cx));
        }
    }

    /// Does an action: the focused pane is asked first, then the main one, then everybody's meaning holds.
    fn act(&mut self, action: Action, effects: &mut Effects) {
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
        if !self.session.target_runs {
            effects.push(Effect::Quit);
            return;
        }
        self.overlay = Some(Overlay::Ask(Question {
            title: "The program still runs.".to_owned(),
            text: vec![super::text::clean(&self.session.status.program).into_owned()],
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
