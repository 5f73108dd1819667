//! Jumps in the call tree: to the next hit of a search, along the way of an exception, to another segment of a generator,
//! to what a call wrote.

use super::tree::Node;
use super::{Calls, trace};
use crate::app::event::Effect;
use crate::app::output::lines::written_in;
use crate::app::pane::{Cx, Request, Tone};
use crate::app::search::{Found, From, Outcome};
use crate::app::session::read;
use crate::config::Action;
use crate::index::value_search::Spot;
use crate::index::{Nav, Way, segments};
use crate::model::code::CodeFacts;
use crate::model::id::CallId;
use crate::trace::Trace;

impl Calls {
    /// To where the exception comes from that left (or was caught by) the selected call, or to where it was caught.
    pub(super) fn along(&mut self, trace: &Trace, outwards: bool, cx: &mut Cx<'_>) {
        let way = self.call().and_then(|call| {
            let nav = Nav::of(trace, call.id)?;
            let way = Way::of(&nav, call.id.ordinal).or_else(|| Way::caught_in(&nav, call.id.ordinal))?;
            Some((nav, way))
        });
        let Some((nav, way)) = way else {
            return cx.say(Tone::Plain, "no exception left this call, or was caught by it");
        };
        match if outwards { way.caught_by } else { Some(way.raised_in()) } {
            Some(to) if self.selected == Some(Node::Call(nav.id(to))) => {
                cx.say(Tone::Plain, if outwards { "it was caught here" } else { "it was raised here" });
            }
            Some(to) => self.select_call(trace, nav.id(to), cx),
            None if way.cut => cx.say(Tone::Plain, "it went through more calls than can be followed"),
            None => cx.say(Tone::Plain, "it was not caught in what was recorded"),
        }
    }

    pub(super) fn same(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let Some(call) = self.call().copied() else { return };
        self.search.for_code(call.id.process, call.code);
        self.next_hit(forward, cx);
    }

    /// To the first thing that the call wrote.
    pub(super) fn to_output(&self, cx: &mut Cx<'_>) {
        let Some(call) = self.call() else { return };
        let first = written_in(&cx.session.survey.lists, call).map(|written| written.start).next();
        match first {
            Some(offset) => cx.request(Request::ShowOutput(offset)),
            None if !cx.session.has_output() => {
                cx.say(
                    Tone::Plain,
                    "the program's output is not in the trace: it went to the terminal it was started on",
                );
            }
            None => cx.say(Tone::Plain, "this call is not known to have written anything"),
        }
    }

    /// To another segment of the generator or coroutine.
    pub(super) fn segment(&mut self, trace: &Trace, action: Action, cx: &mut Cx<'_>) {
        let Some(call) = self.call().copied() else { return };
        let (found, none) = match action {
            Action::NextSegment => (segments::next(trace, &call), "did not go on later"),
            Action::LastSegment => (segments::last(trace, &call), "did not go on later"),
            Action::PreviousSegment => (segments::previous(trace, &call), "did not run before"),
            _ => (segments::first(trace, &call), "did not run before"),
        };
        match found {
            Ok(id) => self.select_call(trace, id, cx),
            Err(_) if call.generator == 0 => cx.say(Tone::Plain, "this call is no generator or coroutine that yielded"),
            Err(segments::Missing::None) => cx.say(Tone::Plain, format!("this generator {none}")),
            Err(segments::Missing::TooFar) => cx.say(Tone::Warning, "its next part is too far away to look for"),
        }
    }

    /// To the next call that the search looks for.
    pub fn next_hit(&mut self, forward: bool, cx: &mut Cx<'_>) {
        if self.search.is_empty() {
            cx.say(Tone::Plain, "nothing was searched yet");
            return;
        }
        self.stop_following();
        let from = match self.selected {
            Some(Node::Call(id)) => From::Call(id),
            Some(Node::More(process, thread, after)) => From::Call(CallId { process, thread, ordinal: after }),
            Some(Node::Thread(process, thread) | Node::Change(process, thread, _)) => From::Thread(process, thread),
            Some(Node::Process(process)) => From::Process(process),
            None => From::Start,
        };
        let query = self.search.query(from, forward, self.root());
        cx.effect(Effect::Search(query));
    }

    /// What a background search came to.
    pub fn found(&mut self, found: &Found, cx: &mut Cx<'_>) {
        if !self.search.is_current(found.number) {
            return;
        }
        match &found.outcome {
            Outcome::Hit { id, wrapped, spot } => {
                self.go_to(*id, cx);
                let mut said = Vec::new();
                if let Some((place, spot)) = spot {
                    self.search.found_value(*id, *place);
                    said.extend(trace(cx.session).map(|trace| self.spot_in_words(&read(&trace), *spot)));
                }
                said.extend(wrapped.then(|| "the search went on from the other end".to_owned()));
                if !said.is_empty() {
                    cx.say(Tone::Plain, said.join("; "));
                }
            }
            Outcome::Nothing => {
                cx.say(Tone::Warning, format!("no call of {}", self.search.text()));
            }
            Outcome::Failed(why) => cx.say(Tone::Error, why.clone()),
        }
    }

    /// Where in the selected call a text was found.
    fn spot_in_words(&self, trace: &Trace, spot: Spot) -> String {
        let facts = self.code().and_then(|(process, code)| Some(&trace.process(process)?.code(code)?.facts));
        let name = |of: fn(&CodeFacts) -> &Vec<String>, at: usize| {
            facts.and_then(|facts| of(facts).get(at)).map_or("?", String::as_str).to_owned()
        };
        match spot {
            Spot::Argument(at) => format!("in the argument {}", name(|facts| &facts.params, at)),
            Spot::Sent => "in what was sent or thrown into it".to_owned(),
            Spot::Result => "in its result".to_owned(),
            Spot::Exception => "in the exception that left it".to_owned(),
            Spot::Variable(at) => {
                format!("in the variable {} at one of its lines", name(|facts| &facts.locals, at as usize))
            }
        }
    }
}
