//! Whatever the facts are: no panic, and the same rules hold.

use proptest::prelude::*;

use super::*;

fn path_like() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => r"(/|\\|C:|c:|\.\.|\.|a|B|my-x|é|__init__|__pycache__|m\.py|m\.cpython-312\.pyc|m\.a\.opt-1\.PYC|<|>| ){0,10}",
        1 => any::<String>(),
    ]
}

fn attr(text: Option<&str>) -> Attr<'_> {
    text.map_or(Attr::Missing, Attr::Str)
}

fn platform() -> impl Strategy<Value = Platform> {
    prop_oneof![Just(Platform::Posix), Just(Platform::Windows)]
}

proptest! {
    #[test]
    fn any_facts_get_an_answer(
        platform in platform(),
        cwd in path_like(),
        roots in prop::collection::vec(path_like(), 0..5),
        file in path_like(),
        module_file in path_like(),
        globals in prop::option::of(path_like()),
        spec in prop::option::of(path_like()),
        body in any::<bool>(),
    ) {
        let world = Table {
            startup_cwd: cwd.clone(),
            cwd: RefCell::new(cwd),
            roots: RefCell::new(roots),
            modules: RefCell::new(vec![format!("key=k file={module_file}")]),
            project_root: Some("/w".into()),
            ..Table::default()
        };
        let code = CodeInput {
            qualname: if body { BODY } else { "f" },
            globals_name: attr(globals.as_deref()),
            spec_name: attr(spec.as_deref()),
            spec_origin: Some(&module_file),
            ..function(&file)
        };
        for mode in [NamingMode::Globals, NamingMode::Resolver] {
            let named = Namer::new(mode, platform).name(&code, &world);
            let accepted = named.evidence.items.iter().filter(|item| item.outcome == Outcome::Accepted);
            let accepted: Vec<_> = accepted.map(|item| item.name.clone()).collect();
            // One winner, and it is the answer; or none, and there is no answer.
            prop_assert_eq!(accepted, named.module.clone().map(Some).into_iter().collect::<Vec<_>>());
            prop_assert_eq!(named.evidence.items.len(), EvidenceSource::ALL.len());
            prop_assert_eq!(named.module.is_none(), named.source == NameSource::None);
            if mode == NamingMode::Resolver && let Some(module) = &named.module {
                prop_assert!(is_dotted_identifier(module) || named.source == NameSource::Spec);
            }
            // What is written is read back, and answers the same.
            let text = serde_json::to_string(&named.evidence).unwrap();
            let back: crate::model::evidence::Evidence = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(answer(mode, &back), (named.module.as_deref(), named.source));
        }
    }

    #[test]
    fn evidence_that_nobody_wrote_does_no_harm(
        text in r#"(\{"items":\[\{"source":"(globals|spec|sys_path)","name":(null|"x"),"outcome":"(accepted|x)"\}\](,"main_spec":true)?\}|.{0,40})"#
    ) {
        if let Ok(mut evidence) = serde_json::from_str::<crate::model::evidence::Evidence>(&text) {
            let _ = disagreement(&evidence);
            for mode in [NamingMode::Globals, NamingMode::Resolver] {
                let _ = settle(mode, &mut evidence);
            }
        }
    }

    #[test]
    fn normalising_twice_changes_nothing(platform in platform(), base in path_like(), text in path_like()) {
        let once = NormPath::new(platform, &base, &text);
        let twice = NormPath::new(platform, "", &once.to_string());
        prop_assert!(once.same(&twice), "{} {}", once, twice);
    }

    #[test]
    fn a_path_is_below_what_it_is_joined_with(platform in platform(), rest in "([a-zA-Z_]{1,4}/){0,4}[a-z]{1,4}") {
        let base = if platform == Platform::Windows { r"C:\b\c" } else { "/b/c" };
        let path = NormPath::new(platform, base, &rest);
        let below = path.below(&NormPath::new(platform, "", base)).map(|parts| parts.join("/"));
        prop_assert_eq!(below, Some(rest));
    }
}
