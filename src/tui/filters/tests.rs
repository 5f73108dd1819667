use crate::app::State;
use crate::app::event::{Effect, Event};
use crate::app::lab::{Cost, LabEffect, LabEvent, plan};
use crate::app::layout::Size;
use crate::app::session::Session;
use crate::config::Config;
use crate::filter::{Source, SourceKind};
use crate::launch::control::{Accepted, Refusal};
use crate::model::evidence::{EvidenceItem, EvidenceSource, Outcome};
use crate::model::id::{CodeId, ProcessIx, ProcessKey};
use crate::trace::Trace;
use crate::trace::testing::TraceBuilder;
use crate::tui::style::Depth;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::{Arc, RwLock};

const PROJECT: &str = "\
# What we look at.
[meta]
name = \"shop\"
version = 1
[scope]
default_exec = \"trace\"
default_value_action = \"allow\"

# noise
[[scope.rules]]
selector = \"pkg:shop.cart\"
exec = \"skip\"

[[scope.rules]]
selector = \"pkg:shop.*\"
exec = \"trace\"
reason = \"ours\"
";

/// An explorer of a saved trace with a few functions, in the Filters pane.
fn state() -> State {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cttrace");
    let mut trace = TraceBuilder::new(&path);
    trace.manifest.options.filters = vec![Source {
        kind: SourceKind::Project,
        path: Some("/srv/.codetracer/trace-filter.toml".into()),
        root: "/srv".into(),
        text: PROJECT.to_owned(),
    }];
    let mut process = trace.process(4711);
    process.body("shop", "/srv/shop/__init__.py");
    process.function("shop.cart", "Cart.add", "/srv/shop/cart.py", 14);
    process.function("shop.cart", "total", "/srv/shop/cart.py", 30);
    process.function("api", "connect", "/srv/shop/api.py", 3);
    process.skipped("shop.log", "write", "/srv/shop/log.py", "shop", 0);
    process.end();
    trace.end(0);
    let trace = Arc::new(RwLock::new(Trace::open(&path).unwrap()));
    let mut state = State::explorer(Config::default(), Size { width: 130, height: 22 }, Session::new(trace));
    press(&mut state, &["2"]);
    let costs = [(0, 1), (1, 8_000), (2, 900), (3, 99)].map(|(code, calls)| {
        ((ProcessIx(0), CodeId(code)), Cost { calls, total_ns: calls * 2_000, self_ns: calls * 1_000 })
    });
    let _ = state.update(Event::Lab(LabEvent::Counted(costs.to_vec())));
    state
}

fn press(state: &mut State, keys: &[&str]) {
    for key in keys {
        let _ = state.update(Event::Key(key.parse().unwrap()));
    }
}

fn type_text(state: &mut State, text: &str) {
    for c in text.chars() {
        let _ = state.update(Event::Key(crate::config::Key::char(c)));
    }
}

fn picture(state: &State) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.width, state.size.height));
    crate::tui::draw(state, &mut buffer, Depth::True);
    let row = |y| (0..state.size.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    // The bar at the top and the tabs have their own tests.
    (2..state.size.height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_overruled_rule() {
    let mut state = state();
    press(&mut state, &["home", "down"]);
    insta::assert_snapshot!(picture(&state));
}

#[test]
fn an_invalid_selector() {
    let mut state = state();
    press(&mut state, &["a"]);
    type_text(&mut state, "pkg:regex:shop.(car");
    insta::assert_snapshot!(picture(&state));
}

#[test]
fn no_match_and_a_suggestion_that_mends_it() {
    let mut state = state();
    press(&mut state, &["a"]);
    type_text(&mut state, "pkg:shop.crat");
    insta::assert_snapshot!(picture(&state));
    press(&mut state, &["tab"]);
    assert!(picture(&state).contains("pkg:shop.cart") && picture(&state).contains("would be hidden"));
}

#[test]
fn many_matches() {
    let mut state = state();
    press(&mut state, &["a"]);
    type_text(&mut state, "obj:*a*");
    insta::assert_snapshot!(picture(&state));
}

#[test]
fn value_patterns_are_edited_like_rules() {
    let mut state = state();
    press(&mut state, &["home", "down", "v"]);
    type_text(&mut state, "pkg:x");
    press(&mut state, &["enter"]);
    insta::assert_snapshot!("a_value_pattern_with_a_mistake", picture(&state));
    press(&mut state, &["ctrl-u"]);
    type_text(&mut state, "arg:card");
    press(&mut state, &["shift-tab", "enter", "v"]);
    type_text(&mut state, "ret:*");
    press(&mut state, &["enter", "K"]);
    insta::assert_snapshot!("value_patterns", picture(&state));
    let patterns = |state: &State| {
        let lab = state.session.lab.as_deref().unwrap();
        let patterns = &lab.chain().sources()[0].rules[0].text.patterns;
        patterns.iter().map(|one| format!("{} {}", one.action, one.selector)).collect::<Vec<_>>()
    };
    assert_eq!(patterns(&state), ["redact ret:*", "drop arg:card"]);
    press(&mut state, &["t", "d"]);
    assert_eq!(patterns(&state), ["drop arg:card"]);
    press(&mut state, &["u", "u", "u"]);
    assert_eq!(patterns(&state), ["drop arg:card", "redact ret:*"], "deleted, changed and moved: all of it undone");
    press(&mut state, &["x", "m", "r", "e", "esc"]);
    assert_eq!(patterns(&state).len(), 2, "what is for rules does nothing to a pattern");
    let effective = state.session.lab.as_deref().unwrap().chain().effective().unwrap();
    assert!(effective[0].text.contains("selector = \"arg:card\""), "{}", effective[0].text);
}

#[test]
fn saving_shows_the_difference_first() {
    let mut state = state();
    press(&mut state, &["a"]);
    type_text(&mut state, "pkg:api");
    press(&mut state, &["enter"]);
    let path = std::path::Path::new("/srv/.codetracer/trace-filter.toml");
    let event = LabEvent::Read(path.to_path_buf(), Ok(Some(PROJECT.to_owned())));
    assert!(plan(state.session.lab.as_deref().unwrap(), path, Some(PROJECT.to_owned())).is_ok());
    let _ = state.update(Event::Lab(event));
    insta::assert_snapshot!(picture(&state));
    press(&mut state, &["esc"]);
    assert!(picture(&state).contains("nothing was saved"));
}

#[test]
fn the_preview_says_what_it_shows_and_apply_why_it_is_off() {
    let mut state = state();
    press(&mut state, &["a"]);
    type_text(&mut state, "pkg:shop.cart");
    press(&mut state, &["enter", "p"]);
    assert!(picture(&state).contains("would hide are dim"));
    press(&mut state, &["A"]);
    assert!(picture(&state).contains("no running program"), "{}", picture(&state));
}

#[test]
fn names_come_with_reasons() {
    let mut state = state();
    press(&mut state, &["3"]);
    insta::assert_snapshot!(picture(&state));
}

#[test]
fn no_size_breaks_it() {
    let mut state = state();
    press(&mut state, &["a"]);
    type_text(&mut state, "pkg:regex:shop.(car");
    for (width, height) in [(0, 0), (1, 1), (10, 3), (40, 10), (60, 12), (99, 30), (100, 8), (300, 90)] {
        let _ = state.update(Event::Resize(Size { width, height }));
        for tab in ["f1", "esc"] {
            press(&mut state, &[tab]);
            let _ = picture_any(&state);
        }
    }
}

fn picture_any(state: &State) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.width, state.size.height));
    crate::tui::draw(state, &mut buffer, Depth::True);
    buffer
}

#[test]
fn small_terminals_show_what_matters_most() {
    let mut state = state();
    let _ = state.update(Event::Resize(Size { width: 60, height: 20 }));
    press(&mut state, &["a"]);
    type_text(&mut state, "pkg:shop.api");
    assert!(picture(&state).contains("Tab  pkg:api"), "{}", picture(&state));
    let _ = state.update(Event::Resize(Size { width: 20, height: 5 }));
    assert!(picture_all(&state).contains("Tab pkg:"), "{}", picture_all(&state));
    press(&mut state, &["tab"]);
    assert!(picture_all(&state).contains("1 fn"), "{}", picture_all(&state));
    press(&mut state, &["enter"]);
    let path = std::path::Path::new("/srv/.codetracer/trace-filter.toml");
    let _ = state.update(Event::Lab(LabEvent::Read(path.to_path_buf(), Ok(Some(PROJECT.to_owned())))));
    assert!(picture_all(&state).contains("the file: 4 lines"), "{}", picture_all(&state));
}

/// The picture with its first lines.
fn picture_all(state: &State) -> String {
    let buffer = picture_any(state);
    let row = |y| (0..state.size.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..state.size.height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_keys_of_the_line_come_first_while_something_is_typed() {
    let mut state = state();
    press(&mut state, &["f1"]);
    assert!(!picture(&state).contains("take the suggestion"));
    press(&mut state, &["esc", "a", "f1"]);
    assert!(picture(&state).contains("take the suggestion"), "{}", picture(&state));
}

#[test]
fn a_process_that_is_gone_is_said() {
    let mut state = state();
    let key = |pid| ProcessKey { pid, run: 1 };
    let replies = vec![(key(12), Ok(Accepted { generation: 3, changed: 5 })), (key(13), Err(Refusal::Gone))];
    let _ = state.update(Event::Lab(LabEvent::Applied(3, Ok(replies))));
    assert!(picture(&state).contains("applied in 1 process, 5 functions changed; process 13: it is gone"));
    let _ = state.update(Event::Lab(LabEvent::Applied(4, Ok(vec![(key(13), Err(Refusal::Gone))]))));
    assert!(picture(&state).contains("process 13: it is gone"), "{}", picture(&state));
}

#[test]
fn why_other_names_miss_a_module_of_a_large_program_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let trace = TraceBuilder::new(folder.path());
    let mut process = trace.process(7);
    for line in 1..2_100 {
        process.function("shop.many", &format!("f{line}"), "/srv/shop/many.py", line);
    }
    process.code(Some("api"), "connect", "/srv/shop/api.py", 1, |record| {
        let name = Some("shop.api".to_owned());
        let (source, outcome) = (EvidenceSource::SysPath, Outcome::Differs);
        record.evidence.items.push(EvidenceItem { source, name, outcome, detail: None });
    });
    process.end();
    let trace = Arc::new(RwLock::new(Trace::open(folder.path()).unwrap()));
    let mut state = State::explorer(Config::default(), Size { width: 130, height: 22 }, Session::new(trace));
    press(&mut state, &["3"]);
    let asked = state.update(Event::Key("down".parse().unwrap()));
    let question = asked.list.into_iter().find_map(|effect| match effect {
        Effect::Lab(LabEffect::Explain(question)) => Some(question),
        _ => None,
    });
    let question = question.unwrap();
    let what_matches = |state: &State| picture(state).contains("What matches it") && picture(state).contains("pkg:api");
    assert_eq!(question.selectors, ["pkg:shop.api"]);
    assert!(what_matches(&state) && !picture(&state).contains("does not match it"), "{}", picture(&state));
    let answers = |number| {
        let misses = question.selectors.iter().map(|selector| question.misses.of(selector)).collect();
        Event::Lab(LabEvent::Explained(number, misses))
    };
    let _ = state.update(answers(question.number - 1));
    assert!(!picture(&state).contains("does not match it"), "an answer to another question");
    let _ = state.update(answers(question.number));
    assert!(what_matches(&state) && picture(&state).contains("pkg:shop.api does not match it"), "{}", picture(&state));
}

#[test]
fn many_rules_are_asked_about_many_functions_without_anything_else_happening() {
    let folder = tempfile::tempdir().unwrap();
    let mut trace = TraceBuilder::new(folder.path());
    let rule = |n: u32| format!("\n[[scope.rules]]\nselector = \"obj:*.f{n}\"\nexec = \"skip\"\n");
    let rules: String = (0..100).map(rule).collect();
    trace.manifest.options.filters[0].text += &rules;
    let mut process = trace.process(7);
    for line in 0..2_000 {
        process.function("shop.many", &format!("f{line}"), "/srv/shop/many.py", line);
    }
    process.end();
    trace.end(0);
    let trace = Arc::new(RwLock::new(Trace::open(folder.path()).unwrap()));
    let mut state = State::explorer(Config::default(), Size { width: 130, height: 22 }, Session::new(trace));
    let mut asked = state.update(Event::Key("2".parse().unwrap()));
    assert!(!state.session.lab.as_deref().unwrap().picture().complete);
    while asked.list.contains(&Effect::Lab(LabEffect::GoOn)) {
        asked = state.update(Event::Lab(LabEvent::GoOn));
    }
    let lab = state.session.lab.as_deref().unwrap();
    assert!(lab.picture().complete && lab.picture().rules.iter().all(|rule| rule.matched == 1));
}
