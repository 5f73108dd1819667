use super::*;
use crate::app::lab::effect::{LabEffect, Reload};
use crate::app::lab::functions::testing::record;
use crate::app::lab::{Cost, Link};
use crate::filter::SourceKind;
use crate::filter::edit::RuleText;
use crate::filter::explain::Reason;

const TEXT: &str = "[meta]\nname = \"shop\"\nversion = 1\n[scope]\ndefault_exec = \"trace\"\n\
                    default_value_action = \"allow\"\n\n[[scope.rules]]\nselector = \"pkg:shop.log\"\nexec = \"skip\"\n";

fn source(text: &str) -> Source {
    Source {
        kind: SourceKind::Project,
        path: Some("/srv/.codetracer/trace-filter.toml".into()),
        root: "/srv".into(),
        text: text.to_owned(),
    }
}

fn lab() -> Lab {
    let mut lab = Lab::on(&[source(TEXT)], Path::new("/srv"));
    let rows = [
        ("shop.cart", "/srv/shop/cart.py", "Cart.add", Exec::Trace),
        ("shop.log", "/srv/shop/log.py", "write", Exec::Skip),
        ("api", "/srv/shop/api.py", "connect", Exec::Trace),
    ];
    for (at, (module, path, name, exec)) in (0_u32..).zip(rows) {
        lab.functions.add(ProcessIx(0), &record(at, module, path, name, exec));
    }
    lab.elapsed_ns = 1_000_000_000;
    let cost = |calls| Cost { calls, total_ns: 10, self_ns: 10 };
    lab.set_costs([((ProcessIx(0), CodeId(0)), cost(900)), ((ProcessIx(0), CodeId(2)), cost(100))], None);
    lab.update();
    lab
}

fn typed(lab: &mut Lab, selector: &str) {
    let session = lab.chain().session();
    let rule = RuleText { selector: selector.to_owned(), exec: Some("skip".to_owned()), ..RuleText::default() };
    lab.type_rule(Draft { target: Target::New { source: session, at: 0 }, rule });
}

#[test]
fn typing_shows_what_would_change_and_leaving_takes_it_back() {
    let mut lab = lab();
    assert!(lab.difference().hidden.is_empty() && !lab.pending());
    typed(&mut lab, "pkg:shop.cart");
    assert_eq!((lab.insight().matched.as_slice(), lab.insight().calls), (&[0][..], 900));
    assert_eq!(lab.fate(0), Fate::WouldHide);
    assert_eq!(lab.estimate(), Estimate { now: 1000, after: 100, uncounted: 0 });
    assert_eq!(lab.estimate().saved_events(), 1800);
    assert_eq!(lab.decider(0).as_deref(), Some("session#0 pkg:shop.cart"));
    lab.leave();
    assert_eq!(lab.fate(0), Fate::Recorded);
    assert!(!lab.pending());

    typed(&mut lab, "pkg:shop.cart");
    let key = lab.take().unwrap().unwrap();
    assert!(lab.pending() && lab.draft().is_none());
    assert_eq!(lab.chain().rule(key).unwrap().text.selector, "pkg:shop.cart");
}

#[test]
fn a_mistake_is_kept_out_of_the_chain() {
    let mut lab = lab();
    typed(&mut lab, "pkg:regex:shop.(");
    assert_eq!(lab.insight().error.as_ref().unwrap().code, "E-SEL-REGEX");
    assert!(lab.take().is_err());
    assert!(lab.draft().is_some(), "the typing goes on");
    assert!(lab.chain().effective().is_ok());
}

#[test]
fn what_misses_is_mended_by_a_suggestion() {
    let mut lab = lab();
    typed(&mut lab, "pkg:shop.crat");
    let insight = lab.insight();
    assert!(insight.matched.is_empty() && !insight.near_misses.is_empty());
    assert_eq!(insight.suggestions[0].text, "pkg:shop.cart");
    assert_eq!(insight.suggestions[0].reason, Some(Reason::Typo));
    typed(&mut lab, "pkg:sh");
    assert!(lab.insight().suggestions.iter().any(|one| one.text == "pkg:shop.*" && one.reason.is_none()));
}

#[test]
fn what_was_never_recorded_is_unknown() {
    let mut lab = lab();
    let key = lab.chain().sources()[0].rules[0].key;
    lab.edit(|chain| chain.toggle(key));
    assert_eq!(lab.fate(1), Fate::WouldRecord);
    assert_eq!(lab.estimate().uncounted, 1);
}

#[test]
fn a_saved_trace_has_nobody_to_apply_to() {
    let mut lab = lab();
    assert!(lab.apply().unwrap_err().contains("finished"));
    assert!(lab.pause().is_err());
    lab.link = Link::Live;
    lab.generation = 4;
    let Ok(LabEffect::Apply { generation, .. }) = lab.apply() else { panic!("it is live") };
    assert_eq!(generation, 5);
    // A second key before the first was answered is a newer chain.
    let Ok(LabEffect::Apply { generation, .. }) = lab.apply() else { panic!("it is live") };
    assert_eq!(generation, 6);
}

#[test]
fn files_change_under_us() {
    let path = Path::new("/srv/.codetracer/trace-filter.toml");
    let mut lab = lab();
    assert_eq!(lab.file_changed(path, Ok(TEXT.to_owned())), None, "nothing new");
    assert_eq!(lab.file_changed(path, Ok(TEXT.replace("shop.log", "other"))), Some(Reload::Taken));
    assert_eq!(lab.chain().sources()[0].rules[0].text.selector, "pkg:other");
    assert_eq!(lab.file_changed(path, Ok(TEXT.replace("skip", "sikp"))), Some(Reload::Broken(1)));
    assert_eq!(lab.chain().sources()[0].rules[0].text.selector, "pkg:other", "the rules it had stay");
    assert!(lab.broken[path][0].span.is_some());
    assert_eq!(lab.file_changed(path, Err("gone".to_owned())), Some(Reload::Broken(1)));
    let key = lab.chain().sources()[0].rules[0].key;
    lab.edit(|chain| chain.delete(key));
    assert_eq!(lab.file_changed(path, Ok(TEXT.to_owned())), Some(Reload::Kept));
    assert!(lab.chain().sources()[0].rules.is_empty() && lab.broken.is_empty());
    assert!(lab.take_file(0));
    assert_eq!(lab.chain().sources()[0].rules[0].text.selector, "pkg:shop.log");
    assert_eq!(lab.file_changed(Path::new("/elsewhere"), Ok(String::new())), None);
}

/// Large enough for a frame to matter: 10,000 functions and 1,000 rules.
fn large() -> Lab {
    let mut lab = large_at_first();
    lab.catch_up();
    lab
}

/// The same before every rule was asked about every function.
fn large_at_first() -> Lab {
    let mut text = TEXT.to_owned();
    for at in 0..1000 {
        text.push_str(&format!("\n[[scope.rules]]\nselector = \"pkg:m{at}.*\"\nexec = \"skip\"\n"));
    }
    let mut lab = Lab::on(&[source(&text)], Path::new("/srv"));
    for at in 0..10_000_u32 {
        let module = format!("m{}.x{}", at % 500, at % 1000);
        let path = format!("/srv/m{}/x{}.py", at % 500, at % 1000);
        lab.functions.add(ProcessIx(0), &record(at, &module, &path, &format!("f{at}"), Exec::Trace));
    }
    lab.update();
    lab
}

/// A bound on the work, not on the clock: no selector but the typed one is asked anything again, and what it nearly
/// matches is left to somebody else.
#[test]
fn a_key_asks_only_the_typed_selector() {
    let mut lab = large();
    for selector in ["obj:m1.*f", "obj:m1.*f1", "pkg:m1", "pkg:regex:m1[0-9]*$", "file:m1/**"] {
        typed(&mut lab, selector);
        assert!(lab.picture().complete);
        assert!(lab.insight().near_misses.is_empty());
        assert!(matches!(lab.question(), Some(LabEffect::Explain(_))));
        assert_eq!(lab.question(), None, "it is asked once");
    }
    assert_eq!(lab.rows().len(), 1002);
}

#[test]
fn one_function_can_be_settled_before_the_others_are() {
    let done = large();
    let mut lab = large_at_first();
    assert!(!lab.picture().complete);
    for at in [0, 777, 9_999] {
        lab.settle(at);
        assert_eq!((lab.decider(at), lab.fate(at)), (done.decider(at), done.fate(at)));
        assert!(lab.decider(at).is_some());
    }
}

#[test]
fn near_misses_of_many_functions_come_later() {
    let mut lab = large();
    typed(&mut lab, "pkg:M7.x7");
    let Some(LabEffect::Explain(old)) = lab.question() else { panic!("a question") };
    typed(&mut lab, "pkg:M8.x8");
    let Some(LabEffect::Explain(question)) = lab.question() else { panic!("a question") };
    let answer = |question: &Question| [question.misses.of(&question.selectors[0])];
    lab.explained(old.number, &answer(&old));
    assert!(lab.insight().near_misses.is_empty(), "an answer to what is typed no more");
    lab.explained(question.number, &answer(&question));
    assert_eq!(lab.insight().suggestions[0].text, "pkg:m8.x8");
    // Functions that come meanwhile are taken in, and what is known stays until it is known better.
    lab.functions.add(ProcessIx(0), &record(20_000, "M8.x8", "/srv/y.py", "g", Exec::Trace));
    lab.look();
    assert_eq!((lab.insight().matched.len(), lab.insight().near_misses.len()), (1, 1));
    let Some(LabEffect::Explain(question)) = lab.question() else { panic!("a question") };
    assert!(answer(&question)[0].iter().all(|miss| !miss.frames.contains(&10_000)), "that one matches");
    assert!(question.misses.of("pkg:M8.X8").iter().any(|miss| miss.frames.contains(&10_000)));
    lab.leave();
    lab.explained(question.number, &answer(&question));
    assert!(lab.insight().near_misses.is_empty(), "nothing is typed any more");
}
