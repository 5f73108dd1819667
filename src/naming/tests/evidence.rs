//! Globals mode, and what every source is said to have said.

use super::*;

fn name(mode: NamingMode, world: &Table, code: &CodeInput<'_>) -> Named {
    Namer::new(mode, Platform::Posix).name(code, world)
}

#[test]
fn globals_mode_takes_what_is_there() {
    for (value, expected) in [
        (Attr::Str("pkg.mod"), "pkg.mod globals"),
        (Attr::Str("__main__"), "__main__ globals"),
        (Attr::Str("my-plugin"), "my-plugin globals"),
        (Attr::Str("módulo"), "módulo globals"),
        (Attr::Str("<run_path>"), "<run_path> globals"),
        (Attr::Str("a b"), "a b globals"),
        (Attr::Str(" pkg.mod\n"), "pkg.mod globals"),
        (Attr::Str("..."), "... globals"),
        (Attr::Str("/w/app/m.py"), "/w/app/m.py globals"),
        (Attr::Str(""), "none"),
        (Attr::Str(" \t\u{3000}"), "none"),
        (Attr::Missing, "none"),
        (Attr::NotAString("int"), "none"),
    ] {
        for filename in ["/w/app/m.py", "<string>", "", "m.py"] {
            // What the other sources know has no part in it.
            let world = Table::new("/w/app").modules("key=k file=/w/app/m.py").markers("/w/.git");
            let code = CodeInput { globals_name: value, ..function(filename) };
            let named = name(NamingMode::Globals, &world, &code);
            assert_eq!(shown(named.module.as_deref(), named.source), expected, "{value:?} {filename}");
        }
    }
}

/// `source=name:outcome` of every source, in order; `-` for no name.
fn trail(named: &Named) -> String {
    let items = named.evidence.items.iter();
    items
        .map(|i| format!("{}={}:{}", i.source.as_str(), i.name.as_deref().unwrap_or("-"), i.outcome.as_str()))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_source_is_asked_in_either_mode() {
    let world = Table {
        project_root: Some("/w".into()),
        ..Table::new("/w/app").modules("key=k name=p.m file=/w/app/p/m.py").markers("/w/.git")
    };
    let code = CodeInput {
        globals_name: Attr::Str("p.m"),
        spec_name: Attr::Str("p.m"),
        spec_origin: Some("/w/app/p/m.py"),
        ..function("/w/app/p/m.py")
    };
    assert_eq!(
        trail(&name(NamingMode::Globals, &world, &code)),
        "globals=p.m:accepted spec=p.m:agrees sys_modules=p.m:agrees sys_path=p.m:agrees \
         marker=app.p.m:differs project_path=app.p.m:differs"
    );
    assert_eq!(
        trail(&name(NamingMode::Resolver, &world, &code)),
        "globals=p.m:agrees spec=p.m:agrees sys_modules=p.m:accepted sys_path=p.m:agrees \
         marker=app.p.m:differs project_path=app.p.m:differs"
    );
}

/// (roots, modules, file, `__name__`, source, outcome) in globals mode.
const REASONS: &[(&str, &str, &str, Attr<'_>, EvidenceSource, Outcome)] = &[
    ("", "", "/w/m.py", Attr::Missing, EvidenceSource::Globals, Outcome::Missing),
    ("", "", "/w/m.py", Attr::NotAString("int"), EvidenceSource::Globals, Outcome::NotAString),
    ("", "", "/w/m.py", Attr::Str("  "), EvidenceSource::Globals, Outcome::Blank),
    ("", "", "/w/m.py", Attr::Str("m"), EvidenceSource::Globals, Outcome::Accepted),
    ("", "", "/w/m.py", Attr::Str("m"), EvidenceSource::Spec, Outcome::Missing),
    ("", "", "/w/m.py", Attr::Str("m"), EvidenceSource::SysModules, Outcome::NotInSysModules),
    ("", "key=m file=/w/m.py", "/w/m.py", Attr::Str("m"), EvidenceSource::SysModules, Outcome::Agrees),
    ("", "key=n file=/w/m.py", "/w/m.py", Attr::Str("m"), EvidenceSource::SysModules, Outcome::Differs),
    ("", "key=n-n file=/w/m.py", "/w/m.py", Attr::Str("m"), EvidenceSource::SysModules, Outcome::NotAnIdentifier),
    (
        "",
        "key=m file=/w/m.py | key=n file=/w/m.py",
        "/w/m.py",
        Attr::Str("m"),
        EvidenceSource::SysModules,
        Outcome::SeveralCandidates,
    ),
    ("", "", "/w/m.py", Attr::Str("m"), EvidenceSource::SysPath, Outcome::OutsideAllRoots),
    ("/", "", "/w/m.py", Attr::Str("m"), EvidenceSource::SysPath, Outcome::OnlyFilesystemRoot),
    ("/w", "", "/w/m.py", Attr::Str("m"), EvidenceSource::SysPath, Outcome::Agrees),
    ("/w", "", "/w/n.py", Attr::Str("m"), EvidenceSource::SysPath, Outcome::Differs),
    ("/w", "", "/w/m-m.py", Attr::Str("m"), EvidenceSource::SysPath, Outcome::NotAnIdentifier),
    ("/ /w", "", "/w/m-m.py", Attr::Str("m"), EvidenceSource::SysPath, Outcome::NotAnIdentifier),
    ("/w", "", "/w/__init__.py", Attr::Str("m"), EvidenceSource::SysPath, Outcome::NothingLeft),
    ("", "", "/w/m.py", Attr::Str("m"), EvidenceSource::Marker, Outcome::Agrees),
    ("", "", "/w/m-m.py", Attr::Str("m"), EvidenceSource::Marker, Outcome::NotAnIdentifier),
    ("", "", "/w/m.py", Attr::Str("m"), EvidenceSource::ProjectPath, Outcome::Missing),
    ("/w", "", "<string>", Attr::Str("m"), EvidenceSource::SysModules, Outcome::SyntheticFileName),
    ("/w", "", "<string>", Attr::Str("m"), EvidenceSource::SysPath, Outcome::SyntheticFileName),
    ("/w", "", "<string>", Attr::Str("m"), EvidenceSource::Marker, Outcome::SyntheticFileName),
    ("/w", "", "<string>", Attr::Str("m"), EvidenceSource::ProjectPath, Outcome::SyntheticFileName),
];

#[test]
fn every_source_says_why_it_has_no_name() {
    for (roots, modules, file, globals, source, outcome) in REASONS {
        let world = Table::new(roots).modules(modules);
        let code = CodeInput { globals_name: *globals, ..function(file) };
        let named = name(NamingMode::Globals, &world, &code);
        assert_eq!(named.evidence.outcome(*source), Some(*outcome), "{roots} {modules} {file} {source:?}");
    }
}

#[test]
fn a_project_path_outside_the_project_says_so() {
    let world = Table { project_root: Some("/p".into()), ..Table::new("") };
    let named = name(NamingMode::Globals, &world, &function("/w/m.py"));
    assert_eq!(named.evidence.outcome(EvidenceSource::ProjectPath), Some(Outcome::OutsideAllRoots));
    let named = name(NamingMode::Globals, &world, &function("/p/a/my-m.py"));
    let item = named.evidence.item(EvidenceSource::ProjectPath).unwrap();
    assert_eq!((item.outcome, item.detail.as_deref()), (Outcome::NotAnIdentifier, Some("a/my-m.py")));
}

#[test]
fn a_name_that_is_no_identifier_is_kept_as_evidence_in_resolver_mode() {
    let code = CodeInput { globals_name: Attr::Str("my-plugin"), ..function("<string>") };
    let named = name(NamingMode::Resolver, &Table::new(""), &code);
    assert_eq!(named.source, NameSource::None);
    assert_eq!(named.evidence.name(EvidenceSource::Globals), Some("my-plugin"));
    assert_eq!(named.evidence.outcome(EvidenceSource::Globals), Some(Outcome::NotAnIdentifier));
}

#[test]
fn all_candidates_are_kept() {
    let rows = "key=a file=/w/m.py | key=b file=/w/m.py | key=a2 name=a cached=/w/m.pyc | key=x-x file=/w/m.py";
    let named = name(NamingMode::Resolver, &Table::new("").modules(rows), &function("/w/m.py"));
    assert_eq!(named.evidence.candidates, ["a", "b"]);
    assert_eq!(named.evidence.aliases, ["a2"]);
    assert_eq!(named.evidence.outcome(EvidenceSource::SysModules), Some(Outcome::Accepted));
}

#[test]
fn keys_that_are_no_names_are_kept_as_aliases() {
    let rows = "key=posixpath name=posixpath file=/w/posixpath.py | key=os.path name=posixpath file=/w/posixpath.py";
    let named = name(NamingMode::Globals, &Table::new("").modules(rows), &function("/w/posixpath.py"));
    assert_eq!(named.evidence.aliases, ["os.path"]);
    assert!(named.evidence.candidates.is_empty());
}

#[test]
fn names_without_end_do_not_make_evidence_without_end() {
    let rows: Vec<String> = (0..10_000).map(|n| format!("key=k{n} name=n{n} file=/w/m.py")).collect();
    let named = name(NamingMode::Globals, &Table::new("").modules(&rows.join("|")), &function("/w/m.py"));
    assert!(named.evidence.candidates.len() <= 32 && named.evidence.aliases.len() <= 32);
}

/// (`__name__`, spec, modules, file, expected); the root is `/w`.
const DISAGREEMENTS: &[(&str, &str, &str, &str, Option<Disagreement>)] = &[
    ("p.m", "p.m", "key=p.m file=/w/p/m.py", "/w/p/m.py", None),
    ("p.m", "", "", "/w/p/m.py", None),
    ("p.m", "", "", "<string>", None),
    ("__main__", "", "", "<string>", None),
    ("importlib._bootstrap", "_frozen_importlib", "", "<frozen importlib._bootstrap>", None),
    ("__main__", "", "key=__main__ file=/w/my-m.py", "/w/my-m.py", None),
    ("__main__", "", "key=__main__ file=/w/m.py", "/w/m.py", Some(Disagreement::RunsAsMain)),
    ("__main__", "p.m", "key=__main__ spec=p.m file=/w/p/m.py", "/w/p/m.py", Some(Disagreement::RunsAsMain)),
    ("__main__", "q.m", "key=__main__ spec=q.m file=/w/p/m.py", "/w/p/m.py", Some(Disagreement::RunsAsMain)),
    (
        "posixpath",
        "posixpath",
        "key=posixpath file=/w/os/path.py",
        "/w/os/path.py",
        Some(Disagreement::SourcesDisagree),
    ),
    ("q.m", "p.m", "", "/w/p/m.py", Some(Disagreement::SourcesDisagree)),
    ("m", "m", "key=m file=/w/m.py | key=n file=/w/m.py", "/w/m.py", Some(Disagreement::SourcesDisagree)),
    ("m", "m", "key=__main__ file=/w/m.py | key=m file=/w/m.py", "/w/m.py", Some(Disagreement::RunsAsMain)),
];

#[test]
fn disagreements() {
    for (globals, spec, modules, file, expected) in DISAGREEMENTS {
        let code = CodeInput {
            globals_name: Attr::Str(globals),
            spec_name: if spec.is_empty() { Attr::Missing } else { Attr::Str(spec) },
            ..function(file)
        };
        let named = name(NamingMode::Globals, &Table::new("/w").modules(modules), &code);
        assert_eq!(disagreement(&named.evidence), *expected, "{globals} {spec} {modules} {file}");
    }
}

#[test]
fn settling_again_only_moves_the_winner() {
    let world = Table::new("/w").modules("key=k file=/w/m.py | key=l file=/w/m.py");
    for globals in [Attr::Str("my-m"), Attr::Str("m"), Attr::Missing] {
        let code = CodeInput { globals_name: globals, ..function("/w/m.py") };
        for (here, there) in [(NamingMode::Globals, NamingMode::Resolver), (NamingMode::Resolver, NamingMode::Globals)]
        {
            let mut evidence = name(here, &world, &code).evidence;
            let direct = name(there, &world, &code);
            assert_eq!(settle(there, &mut evidence), (direct.module, direct.source));
            assert_eq!(evidence, direct.evidence);
        }
    }
}
