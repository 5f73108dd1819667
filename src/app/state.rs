//! The whole explorer as one value, and the one function that changes it.
//!
//! [`State::update`] takes an event and returns what is to be done outside. It never blocks, never touches the terminal,
//! and never reads a file that could be slow: those are effects. What keys and the mouse do is in `input`, what actions
//! do in `actions`.

mod actions;
mod input;

use super::calls::Calls;
use super::calls::tree::Node;
use super::event::{Effect, Effects, Event, Signal};
use super::layout::{Area, Layout, Size};
use super::overlay::Overlay;
use super::pane::{Cx, Message, Pane, PaneId, Request, Tone};
use super::panes::Panes;
use super::search::Prompt;
use super::session::Session;
use crate::config::{Config, Context};

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
                    self.survey(&mut effects);
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
            Event::Surveyed(lists, progress) => {
                self.session.survey.take(lists, progress);
                self.refresh(&mut effects);
                if self.main.has_details() && self.main != PaneId::Functions {
                    self.request_selected(&mut effects);
                }
            }
            Event::Found(found) => self.with_calls(&mut effects, |calls, cx| calls.found(&found, cx)),
            Event::Lines(done) => self.within(PaneId::Lines, &mut effects, |panes, cx| panes.lines.done(done, cx)),
            Event::Lab(event) => self.lab_event(event, &mut effects),
            Event::Source(source) => {
                self.panes.details.loaded(source);
                self.panes.share_source();
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
        let main = self.main;
        self.wake_lab(effects);
        for id in Panes::EXPLORER {
            self.with(id, effects, |pane, cx| pane.refresh(cx));
        }
        self.within(self.main, effects, |panes, cx| match main {
            PaneId::Functions => panes.functions.watched(cx),
            PaneId::Output => panes.output.watched(cx),
            PaneId::Tasks => panes.tasks.watched(cx),
            PaneId::Tests => panes.test_list.watched(cx),
            _ => {}
        });
        self.survey(effects);
    }

    /// Asks for the lists that what is shown is made of.
    fn survey(&mut self, effects: &mut Effects) {
        let shown = matches!(self.main, PaneId::Output | PaneId::Tasks | PaneId::Tests);
        if shown || (self.main == PaneId::Calls && self.session.has_output()) {
            self.session.want_survey(effects);
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
            Request::Unfold(id) => {
                self.request(Request::GoTo(id), effects);
                self.with_calls(effects, |calls, cx| calls.unfold(id, cx));
            }
            Request::Select(id) => self.with_calls(effects, |calls, cx| calls.go_to(id, cx)),
            Request::ShowOutput(offset) => {
                self.show(PaneId::Output, effects);
                self.within(PaneId::Output, effects, |panes, cx| panes.output.show_offset(offset, cx));
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
        let lists = &self.session.survey.lists;
        let listed = match self.main {
            PaneId::Tasks => Some(self.panes.tasks.selected(&lists.tasks)),
            PaneId::Tests => Some(self.panes.test_list.selected(&lists.tests)),
            _ => None,
        };
        if let Some(id) = listed {
            let call = id.and_then(|id| self.session.call(id));
            let node = id.map(Node::Call);
            return self.within(PaneId::Details, effects, |panes, cx| panes.details.show(node, call.as_ref(), cx));
        }
        let calls = &self.panes.calls;
        let (node, call) = (calls.selected(), calls.call().copied());
        self.within(PaneId::Details, effects, |panes, cx| panes.details.show(node, call.as_ref(), cx));
        if self.main == PaneId::Lines {
            self.within(PaneId::Lines, effects, |panes, cx| panes.lines.show(call.as_ref(), cx));
            self.panes.share_source();
        }
    }

    fn show(&mut self, id: PaneId, effects: &mut Effects) {
        if id == PaneId::Details {
            self.focus = id;
        } else {
            self.main = id;
            self.focus = id;
        }
        self.refresh(effects);
        if self.main.has_details() || self.main == PaneId::Lines {
            self.request_selected(effects);
        }
        effects.redraw = true;
    }
}
