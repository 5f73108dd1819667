use super::super::functions::testing::functions;
use super::*;
use crate::filter::{Chain as Engines, Source, SourceKind, edit};
use proptest::prelude::*;

fn view(selector: &str, exec: Option<Exec>) -> RuleView<'_> {
    RuleView { selector, root: "/srv", exec, on: true }
}

const SKIP: Option<Exec> = Some(Exec::Skip);
const TRACE: Option<Exec> = Some(Exec::Trace);

fn shop() -> Functions {
    functions(&[
        ("shop", "/srv/shop/__init__.py", "<module>", Exec::Trace),
        ("shop.cart", "/srv/shop/cart.py", "<module>", Exec::Trace),
        ("shop.cart", "/srv/shop/cart.py", "Cart.add", Exec::Trace),
        ("shop.log", "/srv/shop/log.py", "write", Exec::Skip),
        ("", "/usr/x.py", "f", Exec::Trace),
        ("gen", "<string>", "g", Exec::Skip),
    ])
}

#[test]
fn rules_decide_or_are_overruled() {
    let functions = shop();
    let rules =
        [view("pkg:shop.*", SKIP), view("pkg:shop.cart", TRACE), view("obj:*.add", None), view("pkg:nothing", SKIP)];
    let picture = Evaluator::default().picture(&functions, &rules, Exec::Trace, usize::MAX);
    let counts: Vec<_> = picture.rules.iter().map(|count| (count.matched, count.decides, count.calls)).collect();
    assert_eq!(counts, [(3, 1, 50), (2, 2, 50), (1, 0, 30), (0, 0, 0)]);
    assert_eq!(picture.traced.iter().collect::<Vec<_>>(), [0, 1, 2, 4], "code from no file is never recorded");
    assert_eq!(picture.deciders[2], Some(1));
    assert!(picture.complete);

    let rules = [view("pkg:shop.cart", SKIP), view("pkg:shop*", TRACE)];
    let picture = Evaluator::default().picture(&functions, &rules, Exec::Trace, usize::MAX);
    assert_eq!(picture.rules[0].overruled_by, Some(1));
    let off = [rules[0], RuleView { on: false, ..rules[1] }];
    let picture = Evaluator::default().picture(&functions, &off, Exec::Trace, usize::MAX);
    assert_eq!((picture.rules[0].decides, picture.rules[1].matched, picture.rules[1].decides), (2, 4, 0));
}

#[test]
fn the_difference_knows_what_was_never_counted() {
    let functions = shop();
    let rules = [view("pkg:shop.cart", SKIP), view("pkg:shop.log", TRACE)];
    let picture = Evaluator::default().picture(&functions, &rules, Exec::Trace, usize::MAX);
    let difference = picture.difference(&functions);
    assert_eq!((difference.hidden, difference.hidden_calls), (vec![1, 2], 50));
    assert_eq!((difference.recorded, difference.uncounted), (vec![3], 1));
}

#[test]
fn a_mistake_is_told_and_decides_nothing() {
    let picture = Evaluator::default().picture(&shop(), &[view("pkg:regex:shop.(", SKIP)], Exec::Trace, usize::MAX);
    let error = picture.rules[0].error.as_ref().unwrap();
    assert_eq!(error.code, "E-SEL-REGEX");
    assert_eq!(error.at.start, 15);
    assert!(picture.complete);
}

#[test]
fn much_is_done_in_small_steps_and_kept() {
    let rows: Vec<(String, String)> = (0..1000).map(|at| (format!("m{at}"), format!("/srv/m{at}.py"))).collect();
    let rows: Vec<_> = rows.iter().map(|(module, path)| (module.as_str(), path.as_str(), "f", Exec::Trace)).collect();
    let functions = functions(&rows);
    let selectors: Vec<String> = (0..20).map(|at| format!("obj:m{at}*")).collect();
    let rules: Vec<_> = selectors.iter().map(|selector| view(selector, SKIP)).collect();
    let mut evaluator = Evaluator::default();
    let mut steps = 0;
    let picture = loop {
        steps += 1;
        let picture = evaluator.picture(&functions, &rules, Exec::Trace, 3_000);
        if picture.complete {
            break picture;
        }
    };
    assert_eq!(steps, 7);
    let whole = Evaluator::default().picture(&functions, &rules, Exec::Trace, usize::MAX);
    assert_eq!((picture.rules, picture.traced), (whole.rules, whole.traced));
    // Nothing is asked twice.
    assert!(evaluator.picture(&functions, &rules, Exec::Trace, 0).complete);
}

#[test]
fn what_is_typed_does_not_pile_up() {
    let functions = shop();
    let mut evaluator = Evaluator::default();
    for at in 0..5_000 {
        let selector = format!("pkg:x{at}");
        let _ =
            evaluator.picture(&functions, &[view("pkg:kept", SKIP), view(&selector, SKIP)], Exec::Trace, usize::MAX);
    }
    assert!(evaluator.known.len() <= MAX_SPARE + 2);
    assert!(evaluator.known("pkg:kept", "/srv").is_some());
}

proptest! {
    /// The engine that records and the lab that predicts agree about every function.
    #[test]
    fn agrees_with_the_engine(
        rules in proptest::collection::vec(("(pkg|obj|file):(glob:|regex:|literal:)?[ab./*]{1,4}", 0..3_u8), 0..12),
        names in proptest::collection::vec(("[ab.]{0,3}", "[ab/]{0,4}", "[ab.]{0,3}"), 1..12),
        default in any::<bool>(),
    ) {
        let rows: Vec<(String, String, String)> = names.into_iter().map(|(module, path, name)| (module, format!("/srv/{path}"), name)).collect();
        let rows: Vec<_> = rows.iter().map(|(module, path, name)| (module.as_str(), path.as_str(), name.as_str(), Exec::Trace)).collect();
        let functions = functions(&rows);
        let default = if default { Exec::Trace } else { Exec::Skip };
        let word = |exec: u8| match exec { 0 => Some("trace"), 1 => Some("skip"), _ => None };
        let rules: Vec<_> = rules.into_iter().filter(|(selector, _)| compile(selector, "/srv").is_ok()).collect();
        let plan = edit::Plan {
            default_exec: Some(if default == Exec::Trace { "trace" } else { "skip" }.to_owned()),
            default_value_action: Some("allow".to_owned()),
            rules: rules.iter().map(|(selector, exec)| edit::Part::New(edit::RuleText {
                selector: selector.clone(), exec: word(*exec).map(str::to_owned), ..edit::RuleText::default()
            })).collect(),
        };
        let text = edit::rewrite(&edit::empty("x"), &plan).unwrap();
        let source = Source { kind: SourceKind::Project, path: None, root: "/srv".into(), text };
        let engine = Engines::compile(&[source]).unwrap();
        let views: Vec<_> = rules.iter().map(|(selector, exec)| view(selector, super::super::word_exec(word(*exec)))).collect();
        let picture = Evaluator::default().picture(&functions, &views, default, usize::MAX);
        for (at, function) in functions.rows().iter().enumerate() {
            let decision = engine.decide(&function.facts());
            prop_assert_eq!(picture.traced.contains(at), decision.exec == Exec::Trace);
            prop_assert_eq!(picture.deciders[at], decision.exec_rule.map(|rule| rule.0));
        }
    }
}
