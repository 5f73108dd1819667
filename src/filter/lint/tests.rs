//! One line per warning, and one per near miss that deserves none.

use super::*;
use crate::filter::{Chain, Source, SourceKind, builtin};

fn codes(rules: &str) -> Vec<&'static str> {
    let text = format!(
        "meta = {{ name = 'x', version = 1 }}\n[scope]\ndefault_exec = 'inherit'\ndefault_value_action = 'inherit'\n\
         rules = [\n{rules}\n]\n"
    );
    let root = std::path::PathBuf::from("/proj");
    let path = Some(root.join(".codetracer/f.toml"));
    let source = Source { kind: SourceKind::Project, path, root: root.clone(), text: text.clone() };
    let engine = Chain::compile(&[builtin::default_filter(&root), source])
        .unwrap_or_else(|problems| panic!("{}", crate::diagnostic::one_line(&problems)));
    let is_folder = |path: &Path| path == Path::new("/proj/src") || path == Path::new("/proj/src/app");
    let found = lint(&engine, 1, &text, "f.toml", is_folder);
    assert!(found.iter().all(|warning| warning.span.is_some() && warning.rule.is_some()));
    found.iter().map(|warning| warning.code).collect()
}

#[test]
fn single_rules() {
    for (selector, want) in [
        ("pkg:app.*", ""),
        ("pkg:app/x", "W-NEVER"),
        ("pkg:app/*", "W-NEVER"),
        ("pkg:literal:a/b", "W-NEVER"),
        ("pkg:*/b", "W-NEVER"),
        ("obj:app/x.f", "W-NEVER"),
        ("obj:app.<module>", ""),
        ("pkg:[/]", "W-NEVER"),
        ("pkg:regex:a[^\\\\s\\\\S]", "W-NEVER"),
        ("pkg:regex:^app/", ""),
        ("file:src/", "W-DIRECTORY"),
        ("file:nosuch/", "W-DIRECTORY"),
        ("file:src", "W-DIRECTORY"),
        ("file:literal:src/app", "W-DIRECTORY"),
        ("file:src/app.py", ""),
        ("file:src/**", ""),
        ("file:bin/tool", ""),
        ("file:tool", ""),
        ("file:setup.py", ""),
        ("file:app.core", "W-NEVER"),
        ("file:app.pyw", ""),
        ("file:regex:^/proj/src/", "W-NEVER"),
        ("file:regex:^/project/src/", ""),
        ("file:regex:^src/", ""),
        ("pkg:literal:app.*", "W-LITERAL-GLOB"),
        ("pkg:literal:app", ""),
        ("file:literal:a[1].py", "W-LITERAL-GLOB"),
        ("pkg:regex:app", "W-REGEX-UNANCHORED"),
        ("pkg:regex:.*app.*", "W-REGEX-UNANCHORED"),
        ("pkg:regex:app\\\\.core", "W-REGEX-UNANCHORED"),
        ("file:regex:src/app", "W-REGEX-UNANCHORED"),
        ("pkg:regex:^app", ""),
        ("pkg:regex:app$", ""),
        ("pkg:regex:a|b", ""),
        ("pkg:regex:app\\\\.*", ""),
        ("pkg:regex:(?i)app", ""),
    ] {
        let found = codes(&format!("{{ selector = \"{selector}\", exec = 'skip' }}"));
        assert_eq!(found.join(" "), want, "{selector}");
    }
}

#[test]
fn rules_that_do_nothing() {
    for (rest, want) in [
        ("", "W-NO-EFFECT"),
        (", exec = 'inherit'", "W-NO-EFFECT"),
        (", value_default = 'inherit', reason = 'x'", "W-NO-EFFECT"),
        (", value_patterns = []", "W-NO-EFFECT"),
        (", exec = 'skip'", ""),
        (", value_default = 'drop'", ""),
        (", value_patterns = [{ selector = 'arg:x', action = 'allow' }]", ""),
    ] {
        assert_eq!(codes(&format!("{{ selector = 'pkg:a'{rest} }}")).join(" "), want, "{rest}");
    }
}

#[test]
fn value_patterns() {
    for (selector, want) in [
        ("arg:x", ""),
        ("arg:self.x", "W-NEVER"),
        ("local:a.b", "W-NEVER"),
        ("global:a/b", "W-NEVER"),
        ("attr:a.b", ""),
        ("ret:a.b", ""),
        ("arg:literal:x*", "W-LITERAL-GLOB"),
        ("arg:regex:token", "W-REGEX-UNANCHORED"),
    ] {
        let found = codes(&format!(
            "{{ selector = 'pkg:a', value_patterns = [{{ selector = '{selector}', action = 'drop' }}] }}"
        ));
        assert_eq!(found.join(" "), want, "{selector}");
    }
}

#[test]
fn overruled_rules() {
    const SKIP: &str = "exec = 'skip'";
    const DROP: &str = "value_default = 'drop'";
    const BOTH: &str = "exec = 'trace', value_default = 'allow'";
    for (first, sets, second, also, is_overruled) in [
        ("pkg:a", SKIP, "pkg:a", SKIP, true),
        ("pkg:a", SKIP, "pkg:a", DROP, false),
        ("pkg:a", SKIP, "pkg:a", BOTH, true),
        ("pkg:a", BOTH, "pkg:a", SKIP, false),
        ("pkg:a", BOTH, "pkg:a", BOTH, true),
        ("pkg:a", SKIP, "obj:a", SKIP, false),
        ("pkg:a.b", SKIP, "pkg:a.*", SKIP, true),
        ("pkg:a.*", SKIP, "pkg:a.b", SKIP, false),
        ("pkg:a.b.*", SKIP, "pkg:a.*", SKIP, true),
        ("pkg:a*", SKIP, "pkg:a.*", SKIP, false),
        ("pkg:literal:a.b", SKIP, "pkg:regex:^a[.]", SKIP, true),
        ("pkg:a", SKIP, "pkg:*", SKIP, true),
        ("pkg:regex:^a+$", SKIP, "pkg:**", SKIP, true),
        ("pkg:regex:^a+$", SKIP, "pkg:*", SKIP, false),
        ("file:a/*.py", SKIP, "file:a/**", SKIP, true),
        ("file:a/**", SKIP, "file:a/*", SKIP, false),
        ("file:a/b*", SKIP, "file:a*", SKIP, false),
        ("file:a/b*.py", SKIP, "file:a/*.py", SKIP, true),
        ("file:**/a.py", SKIP, "file:**/*.py", SKIP, true),
        ("file:**/a.py", SKIP, "file:**/b.py", SKIP, false),
        ("file:x/**/a.py", SKIP, "file:x/**/a.py", SKIP, true),
    ] {
        let found = codes(&format!("{{ selector = '{first}', {sets} }}, {{ selector = '{second}', {also} }}"));
        assert_eq!(found.contains(&"W-OVERRULED"), is_overruled, "{first} {sets}, then {second} {also}: {found:?}");
    }
    let patterns = "{ selector = 'pkg:a', exec = 'skip', value_patterns = [{ selector = 'arg:x', action = 'drop' }] },\
                    { selector = 'pkg:a', exec = 'trace' }";
    assert_eq!(codes(patterns), Vec::<&str>::new());
}
