//! Near misses: one line per case, and the promises that hold for all of them.

use proptest::prelude::*;

use super::*;
use crate::filter::FrameFacts;
use crate::model::evidence::{Evidence, EvidenceItem, EvidenceSource, Outcome};

/// A function that was seen, written `module qualname path [source=name …] [alias=key] [skip=selector]`; `-` for no
/// module.
#[derive(Debug)]
struct Row {
    module: Option<String>,
    qualname: String,
    path: String,
    evidence: Evidence,
    exec: Exec,
    rule: Option<RuleRef>,
    params: Vec<String>,
}

use crate::model::code::RuleRef;

fn row(text: &str) -> Row {
    let mut words = text.split_whitespace();
    let mut next = || words.next().unwrap().to_owned();
    let (module, qualname, path) = (next(), next(), next());
    let mut row = Row {
        module: (module != "-").then_some(module),
        qualname,
        path,
        evidence: Evidence::default(),
        exec: Exec::Trace,
        rule: None,
        params: Vec::new(),
    };
    for (key, value) in words.map(|word| word.split_once('=').unwrap()) {
        let rule = || Some(RuleRef { source: "s".into(), index: 3, selector: value.to_owned() });
        let source = match key {
            "globals" => EvidenceSource::Globals,
            "spec" => EvidenceSource::Spec,
            "sys_path" => EvidenceSource::SysPath,
            "sys_modules" => EvidenceSource::SysModules,
            "marker" => EvidenceSource::Marker,
            "project" => EvidenceSource::ProjectPath,
            "alias" => {
                row.evidence.aliases.push(value.to_owned());
                continue;
            }
            "candidate" => {
                row.evidence.candidates.push(value.to_owned());
                continue;
            }
            "skip" => {
                (row.exec, row.rule) = (Exec::Skip, rule());
                continue;
            }
            "trace" => {
                row.rule = rule();
                continue;
            }
            "param" => {
                row.params.push(value.to_owned());
                continue;
            }
            other => panic!("{other}"),
        };
        let name = Some(value.to_owned());
        row.evidence.items.push(EvidenceItem { source, name, outcome: Outcome::Differs, detail: None });
    }
    row
}

fn explainer(rules: &[(&str, Option<Exec>)], rows: &[Row]) -> Explainer {
    let rules = rules.iter().map(|(selector, exec)| ((*selector).to_owned(), *exec)).collect();
    Explainer::new("/p", rules, seen(rows))
}

fn seen(rows: &[Row]) -> impl Iterator<Item = SeenFrame<'_>> {
    rows.iter().map(|row| SeenFrame {
        facts: FrameFacts { module: row.module.as_deref(), abs_path: &row.path, qualname: &row.qualname },
        evidence: &row.evidence,
        exec: row.exec,
        rule: row.rule.as_ref(),
        params: &row.params,
        locals: &[],
    })
}

fn rows(text: &str) -> Vec<Row> {
    text.split('|').map(str::trim).filter(|text| !text.is_empty()).map(row).collect()
}

/// (frames, selector, how many match, near misses as `reason suggestion`)
const CASES: &[(&str, &str, usize, &[&str])] = &[
    // Nothing to say.
    ("app <module> /p/app.py", "pkg:app", 1, &[]),
    ("app.x f /p/app/x.py", "pkg:app.*", 1, &[]),
    ("app f /p/app.py | app g /p/app.py", "obj:app.f", 1, &[]),
    // excludes-package-itself
    ("app <module> /p/app/__init__.py", "pkg:app.*", 0, &["excludes-package-itself pkg:app{,.*}"]),
    ("app <module> /p/app/__init__.py", "pkg:app.**", 0, &["excludes-package-itself pkg:app{,.*}"]),
    ("app f /p/a.py | app.x f /p/a/x.py", "pkg:app.*", 1, &["excludes-package-itself pkg:app{,.*}"]),
    ("a.b f /p/a/b.py", "pkg:a.b.*", 0, &["excludes-package-itself pkg:a.b{,.*}"]),
    ("app f /p/a.py", r"pkg:regex:^app\.", 0, &[r"excludes-package-itself pkg:regex:^app(\.|$)"]),
    ("app f /p/a.py", r"pkg:regex:^app\..*", 0, &[r"excludes-package-itself pkg:regex:^app(\.|$)"]),
    // runs-as-main
    ("__main__ f /p/shop/run.py spec=shop.run", "pkg:shop.run", 0, &["runs-as-main pkg:__main__"]),
    ("__main__ f /p/shop/run.py sys_path=shop.run", "pkg:shop.*", 0, &["runs-as-main pkg:__main__"]),
    ("__main__ f /p/run.py sys_path=run", "pkg:regex:^run$", 0, &["runs-as-main pkg:__main__"]),
    ("__main__ f /p/run.py project=run", "obj:run.f", 0, &["runs-as-main obj:__main__.f"]),
    ("__main__ f /p/run.py sys_path=run | run f /p/run.py", "pkg:run", 1, &["runs-as-main pkg:__main__"]),
    // unresolved-name
    ("- f /p/shop/my-x.py project=shop.x", "pkg:shop.*", 0, &["unresolved-name file:shop/my-x.py"]),
    ("- f /p/shop/x.py sys_path=shop.x", "obj:shop.x.f", 0, &["unresolved-name file:shop/x.py"]),
    ("- f /q/shop/x.py sys_path=shop.x", "pkg:shop.x", 0, &["unresolved-name file:**/q/shop/x.py"]),
    // alias
    ("posixpath join /l/posixpath.py", "pkg:os.path", 0, &["alias pkg:posixpath"]),
    ("posixpath join /l/posixpath.py", "obj:os.path.join", 0, &["alias obj:posixpath.join"]),
    ("impl f /p/impl.py alias=api", "pkg:api", 0, &["alias pkg:impl"]),
    ("impl f /p/impl.py alias=api | impl g /p/impl.py alias=api", "pkg:ap?", 0, &["alias pkg:impl"]),
    // names-disagree
    ("k f /p/a/m.py sys_path=a.m", "pkg:a.m", 0, &["names-disagree pkg:k"]),
    ("k f /p/a/m.py candidate=k candidate=l", "pkg:l", 0, &["names-disagree pkg:k"]),
    ("k f /p/a/m.py globals=g", "pkg:regex:^g", 0, &["names-disagree pkg:k"]),
    ("my-x f /p/a/m.py sys_path=a.m", "obj:a.m.f", 0, &["names-disagree obj:my-x.f"]),
    // src-layout
    ("app f /p/src/app.py", "pkg:src.app", 0, &["src-layout pkg:app"]),
    ("app.x f /p/src/app/x.py", "pkg:src.app.*", 0, &["src-layout pkg:app.*"]),
    ("src.app f /p/src/app.py", "pkg:app", 0, &["src-layout pkg:src.app"]),
    ("src.app.x f /p/src/app/x.py", "pkg:app.*", 0, &["src-layout pkg:src.app.*"]),
    ("app.x f /p/src/app/x.py", r"pkg:regex:^src\.app", 0, &["src-layout pkg:regex:^app"]),
    ("app.x f /p/src/app/x.py", "file:app/x.py", 0, &["src-layout file:src/app/x.py"]),
    ("app.x f /p/src/app/x.py", "file:app/*.py", 0, &["src-layout file:src/app/*.py"]),
    ("app.x f /p/app/x.py", "file:src/app/x.py", 0, &["src-layout file:app/x.py"]),
    // case
    ("shop.cart f /p/c.py", "pkg:Shop.Cart", 0, &["case pkg:shop.cart"]),
    ("shop.cart f /p/c.py", "pkg:Shop.*", 0, &["case pkg:shop.*"]),
    ("Shop.cart f /p/c.py", "pkg:shop.*", 0, &["case pkg:Shop.*"]),
    ("shop.cart f /p/c.py", "pkg:literal:SHOP.CART", 0, &["case pkg:shop.cart"]),
    ("shop.cart f /p/c.py", "pkg:regex:^SHOP", 0, &["case pkg:regex:(?i)^SHOP"]),
    ("m Cart.add /p/c.py", "obj:m.cart.add", 0, &["case obj:m.Cart.add"]),
    ("m f /p/App/x.py", "file:app/x.py", 0, &["case file:App/x.py"]),
    ("m f /p/App/x.py", "file:app/**", 0, &["case file:App/**"]),
    // slash-for-dot
    ("app.x f /p/app/x.py", "pkg:app/x", 0, &["slash-for-dot pkg:app.x"]),
    ("app.x f /p/app/x.py", "pkg:app/x.py", 0, &["slash-for-dot pkg:app.x"]),
    ("app.x f /p/app/x.py", "pkg:app/*", 0, &["slash-for-dot pkg:app.*"]),
    ("app.x f /p/app/x.py", "pkg:app/**", 0, &["slash-for-dot pkg:app.*"]),
    ("app.x f /p/app/x.py", "pkg:app/", 0, &["slash-for-dot pkg:app.*"]),
    ("app.x f /p/app/x.py", "obj:app/x.f", 0, &["slash-for-dot obj:app.x.f"]),
    ("app.x f /p/app/x.py", "pkg:regex:app/x", 0, &[r"slash-for-dot pkg:regex:app\.x"]),
    // dot-for-slash
    ("app.x f /p/app/x.py", "file:app.x", 0, &["dot-for-slash file:app/x.py"]),
    ("app.x f /p/app/x.py", "file:app.x.py", 0, &["dot-for-slash file:app/x.py"]),
    ("app.x f /p/app/x/__init__.py", "file:app.x", 0, &["dot-for-slash file:app/x/__init__.py"]),
    ("app.x.y f /p/app/x/y.py", "file:app.x", 0, &["dot-for-slash file:app/x/**"]),
    ("app.x f /p/app/x.py", "file:app.*", 0, &["dot-for-slash file:app/**"]),
    ("app.x f /p/src/app/x.py", "file:app.x", 0, &["dot-for-slash file:src/app/x.py"]),
    ("app.x f /p/w/app/x.py", "file:app.x", 0, &["dot-for-slash file:**/app/x.py"]),
    // suffix
    ("pkg.mod f /p/m.py", "pkg:mod", 0, &["suffix pkg:*.mod"]),
    ("a.b.mod f /p/m.py", "pkg:b.mod", 0, &["suffix pkg:*.b.mod"]),
    ("a.mod f /p/m.py | b.mod f /p/n.py", "pkg:mod", 0, &["suffix pkg:*.mod"]),
    ("a.mod.x f /p/m.py", "pkg:mod.*", 0, &["suffix pkg:*.mod.*"]),
    ("a.mod f /p/m.py", "pkg:literal:mod", 0, &["suffix pkg:*.mod"]),
    ("a.mod f /p/m.py", "pkg:regex:^mod$", 0, &[r"suffix pkg:regex:(^|\.)mod$"]),
    ("shop.cart Cart.add /p/m.py", "obj:Cart.add", 0, &["suffix obj:*.Cart.add"]),
    ("shop.cart Cart.add /p/m.py", "obj:add", 0, &["suffix obj:*.add"]),
    ("m f /p/w/x.py", "file:x.py", 0, &["suffix file:**/x.py"]),
    ("m f /p/w/a/x.py", "file:a/x.py", 0, &["suffix file:**/a/x.py"]),
    ("xmod f /p/m.py", "pkg:mod", 0, &["typo pkg:xmod"]),
    // file-outside-root
    ("m f /opt/lib/x.py", "file:lib/x.py", 0, &["file-outside-root file:**/lib/x.py"]),
    ("m f /opt/lib/x.py", "file:opt/lib/x.py", 0, &["file-outside-root file:**/opt/lib/x.py"]),
    ("m f /opt/lib/x.py", "file:/opt/lib/x.py", 0, &["file-outside-root file:**/opt/lib/x.py"]),
    ("m f /opt/lib/x.py", "file:/opt/**", 0, &["file-outside-root file:**/opt/**"]),
    ("m f /lib/x.py", "file:../lib/x.py", 0, &["file-outside-root file:**/lib/x.py"]),
    ("m f /opt/lib/x.py", "file:literal:lib/x.py", 0, &["file-outside-root file:**/lib/x.py"]),
    // file-needs-relative
    ("m f /p/app/x.py", "file:regex:^/p/app/", 0, &["file-needs-relative file:regex:^app/"]),
    ("m f /p/app/x.py", "file:regex:/p/app/x", 0, &["file-needs-relative file:regex:app/x"]),
    ("m f /p/app/x.py", "file:/*/app/x.py", 0, &["file-needs-relative file:app/x.py"]),
    ("m f /p/app/x.py", "file:regex:^/[a-z]/app", 0, &["file-needs-relative file:app/x.py"]),
    // directory-pattern
    ("m f /p/app/x.py", "file:app/", 0, &["directory-pattern file:app/**"]),
    ("m f /p/app/x.py", "file:app", 0, &["directory-pattern file:app/**"]),
    ("m f /p/app/x.py", "file:./app/", 0, &["directory-pattern file:app/**"]),
    ("m f /p/app/y/x.py", "file:app/*", 0, &["directory-pattern file:app/**"]),
    ("m f /p/app/y/x.py | n f /p/app/x.py", "file:app/*", 1, &["directory-pattern file:app/**"]),
    ("m f /p/app/y/x.py", "file:app/*.py", 0, &["directory-pattern file:app/**/*.py"]),
    ("m f /p/app/y/x.py", "file:*.py", 0, &["directory-pattern file:**/*.py"]),
    ("m f /p/app/y/x.py", "file:literal:app/y", 0, &["directory-pattern file:app/y/**"]),
    // literal-glob, glob-in-regex, regex-in-glob
    ("app.x f /p/x.py", "pkg:literal:app.*", 0, &["literal-glob pkg:app.*"]),
    ("app.x f /p/x.py", "obj:literal:app.?.f", 0, &["literal-glob obj:app.?.f"]),
    ("app.x f /p/a/x.py", "file:literal:a/*.py", 0, &["literal-glob file:a/*.py"]),
    ("app.x f /p/x.py", "pkg:regex:*.x", 0, &["glob-in-regex pkg:*.x"]),
    ("m f /p/a/xx.py", "file:regex:a/*.py", 0, &["glob-in-regex file:a/*.py"]),
    ("m f /p/a/b/x.py", "file:regex:**/x.py", 0, &["glob-in-regex file:**/x.py"]),
    ("app.x f /p/x.py", "pkg:^app", 0, &["regex-in-glob pkg:regex:^app"]),
    ("app.x f /p/x.py", r"pkg:app\.x$", 0, &[r"regex-in-glob pkg:regex:app\.x$"]),
    ("app.x f /p/x.py", "pkg:(app|web).x", 0, &["regex-in-glob pkg:regex:(app|web).x"]),
    ("app.x f /p/x.py", "pkg:.*app.*", 0, &["regex-in-glob pkg:regex:.*app.*"]),
    ("app.x1 f /p/x.py", r"pkg:app.x\d", 0, &[r"regex-in-glob pkg:regex:app.x\d"]),
    ("m f /p/a/x.py", "file:a/.+py", 0, &["regex-in-glob file:regex:a/.+py"]),
    // regex-unanchored
    ("app f /p/a.py | myapps f /p/b.py", "pkg:regex:app", 2, &[r"regex-unanchored pkg:regex:^(?:app)(\.|$)"]),
    ("app f /p/a.py | app.x f /p/b.py", "pkg:regex:app", 2, &[]),
    ("apple f /p/a.py", "pkg:regex:app", 1, &[r"regex-unanchored pkg:apple"]),
    ("apple f /p/a.py", "pkg:regex:^app", 1, &[]),
    // synthetic-file
    ("m f <string>", "pkg:m", 1, &["synthetic-file -"]),
    ("m f <string>", "file:<string>", 1, &["synthetic-file -"]),
    ("- f <string> globals=m", "pkg:m", 0, &["synthetic-file -"]),
    // namespace-leaf
    ("ns.leaf f /p/ns/leaf.py", "pkg:ns", 0, &["namespace-leaf pkg:ns.*"]),
    ("ns.a.b f /p/ns/a/b.py", "pkg:ns.a", 0, &["namespace-leaf pkg:ns.a.*"]),
    ("leaf f /p/ns/leaf.py", "pkg:ns.leaf", 0, &["namespace-leaf pkg:leaf"]),
    ("leaf f /p/xx/leaf.py", "pkg:ns.leaf", 0, &["not-imported pkg:leaf"]),
    // typo
    ("shop.cart f /p/c.py", "pkg:shpo.cart", 0, &["typo pkg:shop.cart"]),
    ("shop.cart f /p/c.py", "pkg:shpo.*", 0, &["typo pkg:shop.*"]),
    ("shop.cart f /p/c.py", "pkg:shop.crat", 0, &["typo pkg:shop.cart"]),
    ("shop.cart Cart.add /p/c.py", "obj:shop.cart.Cart.ad", 0, &["typo obj:shop.cart.Cart.add"]),
    ("shop.cart Cart.add /p/c.py", "obj:shop.crat.*", 0, &["typo obj:shop.cart.*"]),
    ("m f /p/app/cart.py", "file:app/catr.py", 0, &["typo file:app/cart.py"]),
    ("m f /p/app/cart.py", "file:apq/**", 0, &["typo file:app/**"]),
    ("shop f /p/c.py | shop2 f /p/d.py", "pkg:shop", 1, &[]),
    // Each frame gets a suggestion that matches it, not its neighbour's.
    ("a.core f /p/a.py | a.core.u f /p/u.py", "pkg:a.coer", 0, &["typo pkg:a.core", "typo pkg:a.core.u"]),
    ("ab.x f /p/x.py | AB.X f /p/y.py", "pkg:Ab.x", 0, &["case pkg:ab.x", "case pkg:AB.X"]),
    ("abxfoo f /p/x.py | abxFoo f /p/y.py", "pkg:Ab*Foo", 0, &["case pkg:abxfoo", "case pkg:ab*Foo"]),
    // overruled
    ("m f /p/m.py skip=pkg:*", "pkg:m", 1, &["overruled -"]),
    ("m f /p/m.py skip=pkg:m", "pkg:m", 1, &[]),
    ("m f /p/m.py trace=pkg:*", "pkg:m", 1, &[]),
    // not-imported
    ("shop.cart f /p/c.py", "pkg:zzz", 0, &["not-imported -"]),
    ("shop.cart f /p/c.py", "pkg:shop.checkout", 0, &["not-imported pkg:shop.cart"]),
    ("", "pkg:app", 0, &["interpreter-ignored-recorder -"]),
];

#[test]
fn near_misses() {
    let mut failures = Vec::new();
    for (frames, selector, matched, expected) in CASES {
        let rows = rows(frames);
        let explanation = explainer(&[], &rows).explain(selector);
        let shown: Vec<String> = explanation
            .near_misses
            .iter()
            .map(|miss| format!("{} {}", miss.reason.as_str(), miss.suggestion.as_deref().unwrap_or("-")))
            .collect();
        if shown != *expected || explanation.matched.len() != *matched {
            let found = explanation.matched.len();
            failures.push(format!("{frames} / {selector}: {found} {shown:?}, expected {matched} {expected:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_first_reason_says_it_in_words() {
    let rows = rows("__main__ f /p/shop/run.py spec=shop.run | app f /p/app.py | posixpath join /l/posixpath.py");
    let explainer = explainer(&[], &rows);
    for (selector, expected) in [
        ("pkg:shop.*", "shop.run runs as a program here, so its name is __main__."),
        ("pkg:app.*", "`app.*` matches what is below the package, not app itself."),
        ("pkg:os.path", "os.path is another name of the module posixpath."),
    ] {
        assert_eq!(explainer.explain(selector).near_misses[0].sentence, expected);
    }
}

#[test]
fn a_rule_of_the_chain_is_overruled_by_a_later_one_only() {
    let (trace, skip) = (Some(Exec::Trace), Some(Exec::Skip));
    for (rules, frame, overruled) in [
        (&[("pkg:m", trace), ("pkg:*", skip)][..], "m f /p/m.py skip=pkg:*", true),
        (&[("pkg:m", skip), ("pkg:*", trace)], "m f /p/m.py trace=pkg:*", true),
        (&[("pkg:m", trace), ("pkg:*", trace)], "m f /p/m.py trace=pkg:*", false),
        (&[("pkg:m", skip), ("pkg:*", skip)], "m f /p/m.py skip=pkg:*", false),
        (&[("pkg:*", skip), ("pkg:m", trace)], "m f /p/m.py trace=pkg:m", false),
        (&[("pkg:m", None), ("pkg:*", skip)], "m f /p/m.py skip=pkg:*", true),
    ] {
        let misses = explainer(rules, &[row(frame)]).explain("pkg:m").near_misses;
        assert_eq!(misses.first().map(|miss| miss.reason), overruled.then_some(Reason::Overruled), "{rules:?} {frame}");
    }
}

#[test]
fn never_seen() {
    let rows = rows("shop.cart f /p/c.py | app f /p/app/__init__.py");
    let explainer = explainer(&[], &rows);
    for (selector, expected) in [
        ("pkg:nosuch", true),
        ("pkg:shop.crat", true),
        ("pkg:shop.cart", false),
        ("pkg:app.*", false),
        ("pkg:cart", false),
        ("obj:nosuch", true),
        ("file:nosuch.py", true),
        ("pkg:[", false),
        ("nonsense", false),
    ] {
        assert_eq!(explainer.explain(selector).never_seen, expected, "{selector}");
    }
}

#[test]
fn selectors_with_mistakes_say_so() {
    let rows = rows("app.x f /p/x.py");
    let explainer = explainer(&[], &rows);
    for selector in ["", "pkg", "pkg:", "pkg:[", "pkg:regex:(", "nokind:x", "pkg:a:b"] {
        let explanation = explainer.explain(selector);
        assert!(explanation.error.is_some(), "{selector}");
        assert!(explanation.matched.is_empty(), "{selector}");
    }
}

#[test]
fn value_selectors_find_the_functions_that_have_such_a_value() {
    let rows = rows("m f /p/m.py param=token param=n | m g /p/m.py");
    let explainer = explainer(&[], &rows);
    for (selector, expected) in [
        ("arg:tok*", &[0][..]),
        ("arg:nosuch", &[]),
        ("ret:m.g", &[1]),
        ("ret:m.*", &[0, 1]),
        ("attr:x", &[]),
        ("global:x", &[]),
    ] {
        assert_eq!(explainer.explain(selector).matched, expected, "{selector}");
    }
}

#[test]
fn every_reason_has_a_code_of_its_own() {
    let codes: std::collections::BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(codes.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}

#[test]
fn frames_of_one_reason_are_one_miss() {
    let rows: Vec<Row> = (0..50).map(|n| row(&format!("app f{n} /p/app.py"))).collect();
    let misses = explainer(&[], &rows).explain("pkg:app.*").near_misses;
    assert_eq!(misses.len(), 1);
    assert_eq!(misses[0].frames, (0..50).collect::<Vec<_>>());
}

#[test]
fn misses_without_end_are_cut() {
    let rows: Vec<Row> = (0..5000).map(|n| row(&format!("__main__ f{n} /p/app.py sys_path=app"))).collect();
    let explanation = explainer(&[], &rows).explain("obj:app.*");
    assert!(!explanation.near_misses.is_empty() && explanation.near_misses.len() <= MOST_MISSES);
}

proptest! {
    #[test]
    fn whatever_is_typed_is_answered_and_suggestions_hold(
        selector in r"(pkg|file|obj|arg|ret|x)?:?(glob:|regex:|literal:)?([a-z./*?\[\]{},^$\\()+|]|app|src|shop|__main__|/p/){0,8}",
        frames in prop::collection::vec(
            r"(app|src\.app|shop\.cart|__main__|-) (f|C\.f|<module>) (/p/app/x\.py|/p/src/app\.py|/q/shop/cart\.py|<string>)( sys_path=(app\.x|shop))?",
            0..6,
        ),
    ) {
        let rows: Vec<Row> = frames.iter().map(|text| row(text)).collect();
        let explanation = explainer(&[], &rows).explain(&selector);
        // One that grew, and was asked on the way, answers the same.
        let mut explainer = explainer(&[], &rows[..rows.len() / 2]);
        let _ = explainer.explain(&selector);
        explainer.extend(seen(&rows[rows.len() / 2..]));
        prop_assert_eq!(format!("{:?}", explainer.explain(&selector)), format!("{explanation:?}"));
        for miss in &explanation.near_misses {
            prop_assert!(!miss.sentence.is_empty());
            prop_assert!(miss.frames.is_sorted());
            if let Some(suggestion) = &miss.suggestion {
                let again = explainer.explain(suggestion);
                prop_assert!(again.error.is_none(), "{}", suggestion);
                let meant = if miss.reason == Reason::RegexUnanchored { &again.matched } else { &miss.frames };
                prop_assert!(!meant.is_empty(), "{} matches nothing", suggestion);
                prop_assert!(meant.iter().all(|f| again.matched.contains(f)), "{} does not match", suggestion);
            }
        }
    }
}
