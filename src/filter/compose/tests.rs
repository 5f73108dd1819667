//! Which files make a chain, in which order, and what is said of files that are not there.

use super::*;
use std::fs;

/// A folder with files in it: (path, content).
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const GOOD: &str = "meta = { name = 'good', version = 1 }\n\
                    scope = { default_exec = 'inherit', default_value_action = 'inherit' }\n";

fn request(folder: &Path, program: &str) -> Request {
    Request {
        program_folder: folder.join(program),
        cwd: folder.join("cwd"),
        home: Some(folder.join("home")),
        ..Request::default()
    }
}

/// The kinds and paths of the sources, paths below `folder`.
fn chain(folder: &Path, request: &Request) -> Vec<String> {
    compose(request)
        .unwrap_or_else(|problems| panic!("{}", crate::diagnostic::one_line(&problems)))
        .iter()
        .map(|source| {
            let kind = source.kind.in_words();
            match &source.path {
                Some(path) => format!("{kind} {}", path.strip_prefix(folder).unwrap().display()),
                None => kind.to_owned(),
            }
        })
        .collect()
}

#[test]
fn all_sources_in_their_order() {
    let folder = folder(&[
        ("p/.codetracer/trace-filter.toml", GOOD),
        ("cwd/env1.toml", GOOD),
        ("home/env2.toml", GOOD),
        ("cwd/sub/a.toml", GOOD),
        ("up.toml", GOOD),
        ("c.toml", GOOD),
    ]);
    let base = folder.path();
    let mut request = request(base, "p/src/deep");
    request.framework = Some(Framework::Pytest);
    request.environment = Some(" env1.toml :: ~/env2.toml ::::  ".to_owned());
    request.command_line = vec![
        "sub/a.toml::../up.toml".to_owned(),
        String::new(),
        base.join("c.toml").to_str().unwrap().to_owned(),
        "env1.toml".to_owned(),
    ];
    let want = [
        "built-in",
        "built-in (test framework)",
        "project p/.codetracer/trace-filter.toml",
        "environment cwd/env1.toml",
        "environment home/env2.toml",
        "command line cwd/sub/a.toml",
        "command line up.toml",
        "command line c.toml",
        "command line cwd/env1.toml",
    ];
    assert_eq!(chain(base, &request), want);
    request.no_default = true;
    request.framework = None;
    assert_eq!(chain(base, &request), want[2..]);
    let (sources, engine) = load(&Request { no_default: false, ..request }).unwrap();
    assert_eq!(engine.sources().len(), sources.len());
}

#[test]
fn nothing_named_and_nothing_found() {
    let folder = folder(&[("p/app.py", "")]);
    for environment in [None, Some(""), Some(" :: ")] {
        let mut request = request(folder.path(), "p");
        request.environment = environment.map(str::to_owned);
        assert_eq!(chain(folder.path(), &request), ["built-in"]);
        request.no_default = true;
        assert_eq!(chain(folder.path(), &request), Vec::<String>::new());
    }
}

#[test]
fn the_nearest_project_filter_counts() {
    let folder = folder(&[
        (".codetracer/trace-filter.toml", GOOD),
        ("a/.codetracer/other.toml", ""),
        ("a/b/.codetracer/trace-filter.toml", GOOD),
        ("a/b/c/x.py", ""),
        ("a/d/x.py", ""),
    ]);
    for (program, want, root) in [
        ("a/b/c", "project a/b/.codetracer/trace-filter.toml", "a/b"),
        ("a/b", "project a/b/.codetracer/trace-filter.toml", "a/b"),
        // A project folder without a filter is passed over for the filter, but it is the project's root.
        ("a/d", "project .codetracer/trace-filter.toml", "a"),
        ("", "project .codetracer/trace-filter.toml", ""),
    ] {
        let request = request(folder.path(), program);
        assert_eq!(chain(folder.path(), &request), ["built-in", want], "{program}");
        let builtin = &compose(&request).unwrap()[0];
        assert_eq!(root_without_slash(&builtin.root), root_without_slash(&folder.path().join(root)), "{program}");
    }
}

fn root_without_slash(path: &Path) -> String {
    super::super::path::root_text(path)
}

#[test]
fn the_root_of_each_file_is_its_own() {
    let folder =
        folder(&[("p/.codetracer/trace-filter.toml", GOOD), ("q/.codetracer/deep/f.toml", GOOD), ("cwd/f.toml", GOOD)]);
    let mut request = request(folder.path(), "p/src");
    request.command_line = vec!["../q/.codetracer/deep/f.toml::f.toml".to_owned()];
    let roots: Vec<PathBuf> = compose(&request).unwrap().into_iter().map(|source| source.root).collect();
    assert_eq!(roots, ["p", "p", "q", "cwd"].map(|name| folder.path().join(name)));
}

#[test]
fn every_file_that_cannot_be_read_is_a_problem() {
    let folder = folder(&[
        ("p/.codetracer/trace-filter.toml", "nonsense"),
        ("cwd/latin.toml", ""),
        ("cwd/good.toml", GOOD),
        ("cwd/bad.toml", "[meta]\nname = ''\nversion = 1\n"),
    ]);
    let base = folder.path();
    fs::write(base.join("cwd/latin.toml"), b"a = 1\n# caf\xe9\n").unwrap();
    fs::create_dir(base.join("cwd/dir.toml")).unwrap();
    let mut request = request(base, "p");
    request.environment = Some("gone.toml::latin.toml::dir.toml".to_owned());
    request.command_line = vec!["good.toml::bad.toml::~/gone.toml".to_owned()];
    let problems = compose(&request).unwrap_err();
    let found: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(found, ["E-FILE-MISSING", "E-FILE-UTF8", "E-FILE-READ", "E-FILE-MISSING"]);
    let place = problems[1].place().unwrap();
    assert!(place.ends_with("latin.toml:2:6"), "{place}");
    // Loading tells what is wrong inside the others as well.
    let problems = load(&request).unwrap_err();
    for code in ["E-FILE-MISSING", "E-FILE-UTF8", "E-TOML", "E-NAME-BLANK", "E-KEY-MISSING"] {
        assert!(problems.iter().any(|problem| problem.code == code), "{code}");
    }
}

#[test]
fn a_project_filter_in_the_way_is_not_passed_over() {
    let folder = folder(&[(".codetracer/trace-filter.toml", GOOD)]);
    let base = folder.path();
    fs::create_dir_all(base.join("dir/.codetracer/trace-filter.toml")).unwrap();
    fs::create_dir_all(base.join("link/.codetracer")).unwrap();
    std::os::unix::fs::symlink("nowhere", base.join("link/.codetracer/trace-filter.toml")).unwrap();
    assert_eq!(compose(&request(base, "dir")).unwrap_err()[0].code, "E-FILE-READ");
    assert_eq!(compose(&request(base, "link")).unwrap_err()[0].code, "E-FILE-MISSING");
}

#[test]
fn a_file_without_end_is_refused() {
    let problem = read(SourceKind::Env, Path::new("/dev/zero")).unwrap_err();
    assert_eq!(problem.code, "E-FILE-SIZE");
}

#[test]
fn byte_order_marks_and_bad_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.toml");
    for (bytes, place) in [
        (&b"\xff"[..], "f.toml:1:1"),
        (b"\xef\xbb\xbf\xff", "f.toml:1:1"),
        (b"\xef\xbb\xbfab\n\xc3(", "f.toml:2:1"),
        (b"ok\xe2\x82", "f.toml:1:3"),
        (b"\xc3\xa9\xff", "f.toml:1:2"),
    ] {
        fs::write(&path, bytes).unwrap();
        let problem = read(SourceKind::Env, &path).unwrap_err();
        let found = problem.place().unwrap();
        assert!(found.ends_with(place), "{bytes:?}: {found}");
    }
    fs::write(&path, format!("\u{feff}{GOOD}")).unwrap();
    let source = read(SourceKind::Env, &path).unwrap();
    assert!(source.text.starts_with('\u{feff}'), "the text is kept as it is, for its checksum");
    assert!(Chain::check(&source).is_empty());
}

#[test]
fn home_is_only_a_tilde_of_its_own() {
    let home = Path::new("/home/u");
    for (name, want) in [
        ("~", "/home/u"),
        ("~/a", "/home/u/a"),
        ("~//a", "/home/u/a"),
        ("~other/a", "~other/a"),
        ("a/~", "a/~"),
        ("/~", "/~"),
    ] {
        assert_eq!(expand_home(name, Some(home)), Path::new(want), "{name}");
        assert_eq!(expand_home(name, None), Path::new(name), "{name}");
    }
}
