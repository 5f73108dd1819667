//! Where the lab meets the whole explorer: answers of its worker, requests of other panes, and what it shows over them.

use super::why;
use super::{Fate, Lab, LabEffect, LabEvent, Line, Reload, SavePlan};
use crate::app::calls::preview::Hiding;
use crate::app::event::{Effect, Effects};
use crate::app::list::Cursor;
use crate::app::overlay::{Answer, Menu, Overlay, Reading};
use crate::app::pane::{Message, PaneId, Request, Tone};
use crate::app::state::State;
use crate::app::text::clean;
use crate::app::units;
use crate::filter::edit::RuleText;
use crate::launch::control::Replies;
use crate::model::code::Exec;
use crate::model::id::{CodeId, ProcessIx};

/// How the call tree shows what the edited filters would hide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preview {
    /// As it was recorded.
    #[default]
    Off,
    /// Calls that would be hidden are dim.
    Dim,
    /// Calls that would be hidden are folded into one row.
    Fold,
}

impl Preview {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Off => Self::Dim,
            Self::Dim => Self::Fold,
            Self::Fold => Self::Off,
        }
    }

    /// In words, for the foot of the screen.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Off => "the calls as they were recorded",
            Self::Dim => "preview: calls that the edited filters would hide are dim",
            Self::Fold => "preview: calls that the edited filters would hide are folded away",
        }
    }
}

impl State {
    /// Whether anything on the screen comes from the lab.
    pub(in crate::app) fn lab_is_seen(&self) -> bool {
        matches!(self.main, PaneId::Filters | PaneId::Names)
            || self.session.lab.as_ref().is_some_and(|lab| lab.preview != Preview::Off)
    }

    /// Makes the lab when it is first seen, and lets it take in what is new.
    pub(in crate::app) fn wake_lab(&mut self, effects: &mut Effects) {
        if !self.lab_is_seen() {
            return;
        }
        let Some(lab) = self.session.lab() else { return };
        if !std::mem::replace(&mut lab.awake, true) {
            effects.push(Effect::Lab(LabEffect::Count(true)));
            effects.push(Effect::Lab(LabEffect::Watch(lab.files())));
        }
        self.session.sync_lab();
        if let Some(lab) = self.session.lab.as_deref_mut() {
            effects.list.extend(lab.question().map(Effect::Lab));
            if !lab.picture().complete && !std::mem::replace(&mut lab.goes_on, true) {
                effects.push(Effect::Lab(LabEffect::GoOn));
            }
        }
        self.panes.calls.hiding = self.session.lab.as_deref().and_then(Hiding::of);
    }

    /// Moves a rule to another filter.
    pub(in crate::app) fn move_rule(&mut self, key: super::RuleKey, source: usize) {
        let Some(lab) = self.session.lab() else { return };
        let moved = lab.edit(|chain| chain.move_to(key, source));
        let (tone, text) = match moved {
            Ok(()) => (Tone::Plain, "moved; it is written when you save".to_owned()),
            Err(why) => (Tone::Warning, format!("it cannot go there: {why}")),
        };
        self.message = Some(Message { tone, text: clean(&text).into_owned() });
        self.panes.filters.select(key);
        self.refresh(&mut Effects::default());
    }

    /// An answer of the lab's worker.
    pub(in crate::app) fn lab_event(&mut self, event: LabEvent, effects: &mut Effects) {
        effects.redraw = true;
        let rate = self.session.is_live().then_some(self.session.status.per_second);
        let Some(lab) = self.session.lab.as_deref_mut() else { return };
        let said: Option<(Tone, String)> = match event {
            LabEvent::Applied(generation, Ok(replies)) => {
                let (tone, text) = applied(generation, &replies);
                lab.replies = Some((text.clone(), replies));
                Some((tone, text))
            }
            LabEvent::Applied(_, Err(error)) => Some((Tone::Error, error)),
            LabEvent::Paused(pause, replies) => {
                let ok = replies.iter().any(|(_, reply)| reply.is_ok());
                if ok {
                    lab.paused = pause;
                }
                let what = if pause { "recording is paused; the program runs on" } else { "recording goes on" };
                let said = refusals(&replies).map_or((Tone::Plain, what.to_owned()), |no| (Tone::Warning, no));
                lab.replies = Some((said.1.clone(), replies));
                Some(said)
            }
            LabEvent::Read(path, Ok(text)) => match super::plan(lab, &path, text) {
                Ok(plan) => {
                    self.panes.filters.review(plan);
                    None
                }
                Err(error) => Some((Tone::Error, format!("{}: {error}", path.display()))),
            },
            LabEvent::Read(path, Err(error)) => Some((Tone::Error, format!("cannot read {}: {error}", path.display()))),
            LabEvent::Saved(plan, Ok(())) => {
                lab.saved(&plan.path, &plan.text, &plan.moved);
                effects.push(Effect::Lab(LabEffect::Watch(lab.files())));
                Some((Tone::Plain, format!("saved {}", plan.path.display())))
            }
            LabEvent::Saved(plan, Err(error)) => {
                Some((Tone::Error, format!("cannot save {}: {error}", plan.path.display())))
            }
            LabEvent::FileChanged(path, text) => {
                let name = path.display();
                lab.file_changed(&path, text).map(|reload| match reload {
                    Reload::Taken => (Tone::Plain, format!("{name} changed: its rules are taken over here")),
                    Reload::Kept => {
                        (Tone::Warning, format!("{name} changed on disk; the edits here stay (R takes the file's)"))
                    }
                    Reload::Broken(count) => {
                        let problems = units::plural(count as u64, "problem", "problems");
                        (Tone::Warning, format!("{name} changed and has {problems}; the rules it had stay"))
                    }
                })
            }
            LabEvent::Explained(number, answers) => {
                lab.explained(number, &answers);
                self.panes.names.explained(number, &answers);
                None
            }
            LabEvent::GoOn => {
                lab.goes_on = false;
                None
            }
            LabEvent::Counted(costs) => {
                lab.set_costs(costs, rate);
                None
            }
        };
        if let Some((tone, text)) = said {
            self.message = Some(Message { tone, text: clean(&text).into_owned() });
        }
        self.refresh(effects);
    }

    /// Offers selectors for a function, to skip it or to trace it.
    pub(in crate::app) fn offer(&mut self, process: ProcessIx, code: CodeId) {
        self.session.sync_lab();
        let Some(lab) = self.session.lab() else { return };
        let Some(at) = lab.functions().of_code(process, code) else { return };
        lab.settle(at);
        let Some(title) = lab.functions().get(at).map(|function| clean(&function.label()).into_owned()) else { return };
        let offers = lab.offers(at);
        let recorded = matches!(lab.fate(at), Fate::Recorded | Fate::WouldRecord);
        let verbs = if recorded { ["skip", "trace"] } else { ["trace", "skip"] };
        let mut items = Vec::new();
        for verb in verbs {
            for offer in &offers {
                let item = format!("{verb:<5}  {}", clean(&offer.selector));
                let functions = units::plural(offer.functions as u64, "function", "functions");
                let note = match offer.calls {
                    0 => format!("{}  {functions}", clean(&offer.what)),
                    calls => format!("{}  {functions}, {}", clean(&offer.what), units::plural(calls, "call", "calls")),
                };
                let rule =
                    RuleText { selector: offer.selector.clone(), exec: Some(verb.to_owned()), ..RuleText::default() };
                items.push((item, note, Answer::Ask(Box::new(Request::AddRule(rule)))));
            }
        }
        self.overlay = Some(Overlay::Menu(Menu { title, items, cursor: Cursor::default() }));
    }

    /// Explains a function: evidence, rules, verdict.
    pub(in crate::app) fn explain(&mut self, process: ProcessIx, code: CodeId) {
        let micro = self.config.signs.micro;
        self.session.sync_lab();
        let Some(lab) = self.session.lab() else { return };
        let Some(at) = lab.functions().of_code(process, code) else { return };
        lab.settle(at);
        let (title, lines) = why::function(lab, at, micro);
        self.overlay = Some(Overlay::Reading(Reading { title, lines, top: 0 }));
    }

    /// Takes a rule that was chosen somewhere into the session.
    pub(in crate::app) fn add_rule(&mut self, rule: RuleText, effects: &mut Effects) {
        let Some(lab) = self.session.lab() else { return };
        let session = lab.chain().session();
        let key = lab.edit(|chain| chain.add(session, usize::MAX, rule));
        if let Some(key) = key {
            self.panes.filters.select(key);
        }
        self.request(Request::Show(PaneId::Filters), effects);
    }

    /// Asks for the difference that saving to `path` would make.
    pub(in crate::app) fn save_to(&mut self, path: std::path::PathBuf, effects: &mut Effects) {
        effects.push(Effect::Lab(LabEffect::ReadForSave(path)));
    }

    /// The next way of showing what would be hidden.
    pub(in crate::app) fn next_preview(&mut self, effects: &mut Effects) {
        let Some(lab) = self.session.lab() else { return };
        lab.preview = lab.preview.next();
        let words = match lab.preview {
            Preview::Off => lab.preview.in_words(),
            _ if lab.difference().hidden.is_empty() => {
                "preview: the edited filters would hide nothing that was recorded"
            }
            _ => lab.preview.in_words(),
        };
        if lab.preview == Preview::Off {
            self.panes.calls.hiding = None;
        }
        self.message = Some(Message { tone: Tone::Plain, text: words.to_owned() });
        self.session.sync_lab();
        self.refresh(effects);
    }

    /// Pauses recording itself, or goes on with it.
    pub(in crate::app) fn pause_recording(&mut self, effects: &mut Effects) {
        let live = self.session.is_live();
        self.session.sync_lab();
        let Some(lab) = self.session.lab().filter(|_| live) else {
            let text = "nothing is being recorded, so there is nothing to pause".to_owned();
            self.message = Some(Message { tone: Tone::Plain, text });
            return;
        };
        match lab.pause() {
            Ok(effect) => effects.push(Effect::Lab(effect)),
            Err(text) => self.message = Some(Message { tone: Tone::Warning, text }),
        }
    }
}

/// One sentence about the answers to a new chain.
fn applied(generation: u32, replies: &Replies) -> (Tone, String) {
    let accepted: Vec<_> = replies.iter().filter_map(|(_, reply)| reply.as_ref().ok()).collect();
    let changed: u64 = accepted.iter().map(|accepted| accepted.changed).sum();
    let functions = units::plural(changed, "function", "functions");
    let whom = units::plural(accepted.len() as u64, "process", "processes");
    match (replies.is_empty(), refusals(replies)) {
        (true, _) => (Tone::Warning, "no process is recording; the filters hold for those that start later".to_owned()),
        (_, None) => (Tone::Plain, format!("applied: generation {generation}, {functions} changed in {whom}")),
        (_, Some(no)) if accepted.is_empty() => (Tone::Error, no),
        (_, Some(no)) => (Tone::Warning, format!("applied in {whom}, {functions} changed; {no}")),
    }
}

/// Who did not do what it was told, and why; `None`: everybody did.
fn refusals(replies: &Replies) -> Option<String> {
    let refused: Vec<String> =
        replies.iter().filter_map(|(key, reply)| Some(format!("process {key}: {}", reply.as_ref().err()?))).collect();
    match refused.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [first, rest @ ..] => Some(format!("{first}, and {} more", rest.len())),
    }
}

impl Lab {
    /// The files of the chain, and the project's that may come to be.
    #[must_use]
    pub fn files(&self) -> Vec<std::path::PathBuf> {
        self.chain().sources().iter().filter_map(|source| source.path.clone()).collect()
    }
}

/// A line of a difference with its sign.
#[must_use]
pub fn diff_line(line: &Line) -> (char, String) {
    match line {
        Line::Same(text) => (' ', text.clone()),
        Line::Gone(text) => ('-', text.clone()),
        Line::New(text) => ('+', text.clone()),
        Line::Skipped(count) => (' ', format!("… {}", units::plural(*count as u64, "line", "lines"))),
    }
}

/// What saving would do, in a line.
#[must_use]
pub fn save_summary(plan: &SavePlan) -> String {
    let count = |gone: bool| {
        let is = |line: &&Line| if gone { matches!(line, Line::Gone(_)) } else { matches!(line, Line::New(_)) };
        plan.difference.iter().filter(is).count() as u64
    };
    let what = if plan.before.is_none() { "a new file" } else { "the file" };
    format!("{what}: {} new, {} gone", units::plural(count(false), "line", "lines"), units::count(count(true)))
}

/// The word of what happens to a function's calls.
#[must_use]
pub fn exec_word(exec: Option<Exec>) -> &'static str {
    match exec {
        Some(Exec::Trace) => "trace",
        Some(Exec::Skip) => "skip",
        None => "inherit",
    }
}
