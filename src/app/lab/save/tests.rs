use super::*;
use crate::filter::builtin;

const TEXT: &str = "# ours\n[meta]\nname = \"shop\"\nversion = 1\n[scope]\ndefault_exec = \"inherit\"\n\
                    default_value_action = \"inherit\"\n\n# noise\n[[scope.rules]]\nselector = \"pkg:shop.log\"\nexec = \"skip\"\n";

fn file(kind: SourceKind, path: &str, root: &str) -> Source {
    Source { kind, path: Some(path.into()), root: root.into(), text: TEXT.to_owned() }
}

fn with_session(sources: &[Source], selectors: &[&str]) -> Lab {
    let mut lab = Lab::on(sources, Path::new("/srv"));
    let session = lab.chain().session();
    for selector in selectors {
        let rule = RuleText { selector: (*selector).to_owned(), exec: Some("skip".to_owned()), ..RuleText::default() };
        lab.edit(|chain| chain.add(session, usize::MAX, rule));
    }
    lab
}

fn new_lines(plan: &SavePlan) -> Vec<&str> {
    plan.difference
        .iter()
        .filter_map(|line| if let Line::New(text) = line { Some(text.as_str()) } else { None })
        .collect()
}

#[test]
fn the_project_comes_first_and_may_come_to_be() {
    let lab = with_session(&[builtin::default_filter(Path::new("/srv"))], &["pkg:x"]);
    let found = targets(&lab);
    let path = Path::new("/srv/.codetracer/trace-filter.toml");
    assert_eq!(found, [SaveTarget { path: path.to_path_buf(), source: None }]);
    let plan = plan(&lab, path, None).unwrap();
    assert!(plan.text.starts_with(&edit::STARTER[..40]), "the commented starting file");
    assert!(plan.text.contains("selector = \"pkg:x\"") && plan.moved.len() == 1);

    let env = file(SourceKind::Env, "/etc/f.toml", "/etc");
    let lab = with_session(&[env, file(SourceKind::Project, path.to_str().unwrap(), "/srv")], &[]);
    assert_eq!(targets(&lab)[0].path, path);
    assert_eq!(targets(&lab).len(), 2);
}

#[test]
fn rules_of_the_session_go_to_the_end_and_the_rest_stays() {
    let path = Path::new("/srv/.codetracer/trace-filter.toml");
    let lab = with_session(&[file(SourceKind::Project, path.to_str().unwrap(), "/srv")], &["pkg:x", "file:a.py"]);
    let plan = plan(&lab, path, Some(TEXT.to_owned())).unwrap();
    assert!(plan.text.starts_with(TEXT), "{}", plan.text);
    assert_eq!(new_lines(&plan).iter().filter(|line| line.starts_with("selector")).count(), 2);
    assert!(!plan.changed_on_disk && plan.kept_back.is_empty());
}

#[test]
fn what_cannot_go_there_stays_and_says_why() {
    let lab = with_session(&[file(SourceKind::Env, "/etc/f.toml", "/etc")], &["file:a.py", "pkg:x"]);
    let plan = plan(&lab, Path::new("/etc/f.toml"), Some(TEXT.to_owned())).unwrap();
    assert_eq!(plan.moved.len(), 1);
    assert_eq!(plan.kept_back[0].0, "file:a.py");
}

#[test]
fn a_file_that_moved_on_keeps_what_is_new_in_it() {
    let path = Path::new("/srv/.codetracer/trace-filter.toml");
    let lab = with_session(&[file(SourceKind::Project, path.to_str().unwrap(), "/srv")], &["pkg:x"]);
    let now = TEXT.replace("# noise", "# someone was here");
    let done = plan(&lab, path, Some(now)).unwrap();
    assert!(done.changed_on_disk && done.text.contains("someone was here") && done.text.contains("pkg:x"));
    assert!(plan(&lab, path, Some("no toml [".to_owned())).is_err());
    assert!(plan(&lab, Path::new("/etc/passwd"), None).is_err(), "only files of the chain are written");
}

#[test]
fn a_rule_takes_its_comment_through_the_session_into_another_file() {
    let array = "meta = { name = \"shop\", version = 1 }\n[scope]\ndefault_exec = \"inherit\"\n\
                 default_value_action = \"inherit\"\nrules = [\n    { selector = \"pkg:a\", exec = \"skip\" }, # of a\n    \
                 # of nobody\n\n    # noise\n    { selector = \"pkg:shop.log\", exec = \"skip\" },\n]\n";
    let one_line = "meta = { name = \"shop\", version = 1 }\n[scope]\ndefault_exec = \"inherit\"\n\
                    default_value_action = \"inherit\"\nrules = [{ selector = \"pkg:z\", exec = \"skip\" }]\n";
    let project = Path::new("/srv/.codetracer/trace-filter.toml");
    for from in [TEXT, array] {
        for to in [TEXT, array, one_line] {
            let mut lab = Lab::on(
                &[
                    Source { text: to.to_owned(), ..file(SourceKind::Project, project.to_str().unwrap(), "/srv") },
                    Source { text: from.to_owned(), ..file(SourceKind::Env, "/srv/other.toml", "/srv") },
                ],
                Path::new("/srv"),
            );
            let session = lab.chain().session();
            let moved = lab.chain().sources()[1].rules.last().unwrap().key;
            lab.edit(|chain| chain.move_to(moved, session)).unwrap();
            let plan = plan(&lab, project, Some(to.to_owned())).unwrap();
            let comments = |text: &str| text.lines().filter(|line| line.trim() == "# noise").count();
            assert_eq!(comments(&plan.text), comments(to) + 1, "{}", plan.text);
            let last = plan.text.rfind("# noise").unwrap();
            assert!(plan.text[last..].contains("pkg:shop.log"), "{}", plan.text);
            // Nor is anything else taken along, or lost.
            for (other, lost) in [("of a", array), ("of nobody", array)] {
                assert_eq!(plan.text.contains(other), to == lost, "{}", plan.text);
            }
        }
    }
}
