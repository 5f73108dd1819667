//! Roots, relative paths, and the normal form of patterns.

use super::*;

#[test]
fn patterns_are_normalised() {
    for (pattern, want) in [
        ("a/b.py", "a/b.py"),
        ("./a", "a"),
        ("a/./b", "a/b"),
        ("a//b", "a/b"),
        ("a///b//", "a/b"),
        ("a/", "a"),
        ("a/b/", "a/b"),
        ("a/../b", "b"),
        ("a/b/../../c", "c"),
        ("a/..b", "a/..b"),
        ("a/...", "a/..."),
        (".hidden", ".hidden"),
        ("./**/*.py", "**/*.py"),
        ("**", "**"),
        ("*/../x", "x"),
        ("/srv/app/a.py", "a.py"),
        ("/srv/app/**", "**"),
        ("/srv//app/./a", "a"),
        ("/srv/x/../app/a", "a"),
        ("//srv/app/a", "a"),
        ("/srv/app/../app/a", "a"),
        ("a b/c d", "a b/c d"),
    ] {
        for is_glob in [true, false] {
            assert_eq!(normalise_pattern(pattern, is_glob, "/srv/app").as_deref(), Ok(want), "{pattern} {is_glob}");
        }
    }
}

#[test]
fn only_in_globs_do_braces_classes_and_escapes_hold_slashes() {
    for (pattern, glob, literal) in [
        ("{a/b,c}/../d", Ok("d"), Ok("{a/d")),
        ("[a/b]/../d", Ok("d"), Ok("[a/d")),
        ("{a//b,c/./d}", Ok("{a/b,c/d}"), Ok("{a/b,c/d}")),
        (r"a\/../b", Ok("b"), Ok("b")),
        (r"\/srv/[x]\/a", Ok("a"), Ok(r"\/srv/[x]\/a")),
        (r"[\]/]/x", Ok(r"[\]/]/x"), Ok(r"[\]/]/x")),
        ("[]/]/../x", Ok("x"), Ok("[]/x")),
        ("{a,b}/c", Ok("{a,b}/c"), Ok("{a,b}/c")),
        ("x/{../a,b}", Err("inside braces"), Ok("x/{../a,b}")),
        ("{a,..}/b", Err("inside braces"), Ok("{a,..}/b")),
        (r"/srv/\[x\]/a", Ok("a"), Err("outside")),
        ("/srv/[x]/a", Ok("a"), Ok("a")),
    ] {
        for (is_glob, want) in [(true, glob), (false, literal)] {
            let root = "/srv/[x]";
            match (normalise_pattern(pattern, is_glob, root), want) {
                (Ok(found), Ok(want)) => assert_eq!(found, want, "{pattern} {is_glob}"),
                (Err(found), Err(want)) => assert!(found.contains(want), "{pattern} {is_glob}: {found}"),
                (found, want) => panic!("{pattern} {is_glob}: {found:?}, not {want:?}"),
            }
        }
    }
}

#[test]
fn patterns_that_are_no_places_in_the_project() {
    for (pattern, message) in [
        ("..", "leaves"),
        ("../a", "leaves"),
        ("a/../../b", "leaves"),
        ("./../a", "leaves"),
        ("/..", "leaves"),
        (".", "nothing is left"),
        ("./", "nothing is left"),
        ("a/..", "nothing is left"),
        ("/srv/app", "nothing is left"),
        ("/srv/app/", "nothing is left"),
        ("/srv/app/a/..", "nothing is left"),
        ("/srv", "outside"),
        ("/srv/application/a", "outside"),
        ("/srv/app/../other", "outside"),
        ("/", "outside"),
        ("/**/a.py", "outside"),
        ("/SRV/app/a", "outside"),
    ] {
        for is_glob in [true, false] {
            let error = normalise_pattern(pattern, is_glob, "/srv/app").expect_err(pattern);
            assert!(error.contains(message), "{pattern}: {error}");
        }
    }
}

#[test]
fn the_root_folder_as_a_root() {
    let root = root_text(Path::new("/"));
    assert_eq!(root, "");
    assert_eq!(normalise_pattern("/a/b", true, &root).as_deref(), Ok("a/b"));
    assert!(normalise_pattern("/", true, &root).is_err());
    assert_eq!(relative(&root, "/a/b"), "a/b");
}

#[test]
fn files_are_relative_to_their_root_or_absolute() {
    for (root, path, want) in [
        ("/srv/app", "/srv/app/a.py", "a.py"),
        ("/srv/app", "/srv/app/x/a.py", "x/a.py"),
        ("/srv/app", "/srv/application/a.py", "/srv/application/a.py"),
        ("/srv/app", "/srv/a.py", "/srv/a.py"),
        ("/srv/app", "/srv/app", "/srv/app"),
        ("/srv/app", "a.py", "a.py"),
        ("/srv/app", "<string>", "<string>"),
        ("/srv/app", "", ""),
    ] {
        assert_eq!(relative(root, path), want, "{path}");
        assert_eq!(root_text(&PathBuf::from(format!("{root}/"))), root);
    }
}

#[test]
fn the_root_of_a_filter_file() {
    for (file, want) in [
        ("/p/.codetracer/trace-filter.toml", "/p"),
        ("/p/.codetracer/a/b/f.toml", "/p"),
        ("/p/.codetracer/q/.codetracer/f.toml", "/p/.codetracer/q"),
        ("/p/filters/f.toml", "/p/filters"),
        ("/p/.codetracer", "/p"),
        ("/f.toml", "/"),
        ("/.codetracer/f.toml", "/"),
        ("/p/.codetracer2/f.toml", "/p/.codetracer2"),
    ] {
        assert_eq!(root_of_file(Path::new(file)), Path::new(want), "{file}");
    }
}

#[test]
fn the_root_of_a_project() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    std::fs::create_dir_all(base.join("a/.codetracer")).unwrap();
    std::fs::create_dir_all(base.join("a/b/c")).unwrap();
    std::fs::create_dir_all(base.join("x/y")).unwrap();
    assert_eq!(project_root(&base.join("a/b/c")), base.join("a"));
    assert_eq!(project_root(&base.join("a")), base.join("a"));
    assert_eq!(project_root(&base.join("x/y")), base.join("x/y"));
    std::fs::write(base.join("x/.codetracer"), "a file is no project folder").unwrap();
    assert_eq!(project_root(&base.join("x/y")), base.join("x/y"));
}

#[test]
fn paths_are_made_absolute_by_their_text() {
    for (path, want) in
        [("a", "/c/a"), ("./a", "/c/a"), ("../a", "/a"), ("../../../a", "/a"), ("/x/../a", "/a"), ("", "/c")]
    {
        assert_eq!(absolute(Path::new("/c"), Path::new(path)), Path::new(want), "{path}");
    }
}
