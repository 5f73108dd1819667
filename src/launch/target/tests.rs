use std::os::unix::fs::PermissionsExt;

use super::*;

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

/// A folder with one of everything that can be named as a target.
fn playground() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let executable = |name: &str, text: &[u8]| {
        fs::write(at(name), text).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    fs::write(at("app.py"), "pass").unwrap();
    executable("tool.py", b"#!/usr/bin/python2\n");
    executable("tool", b"#!/usr/bin/env python3\n");
    fs::write(at("script"), "#!/usr/bin/env python3\n").unwrap();
    fs::write(at("notes.txt"), "hello").unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::write(at("app.zip"), b"PK\x03\x04 ... PK\x05\x06 ...").unwrap();
    executable("app.pyz", b"#!/usr/bin/env python3\nPK\x03\x04 ... PK\x05\x06 ...");
    fs::create_dir(at("folder")).unwrap();
    fs::create_dir(at("package")).unwrap();
    fs::write(at("package/__main__.py"), "pass").unwrap();
    folder
}

#[test]
fn targets_are_told_apart() {
    let folder = playground();
    let cases = [
        ("app.py", "file"),
        ("tool.py", "file"),
        ("tool", "command"),
        ("script", "file"),
        ("notes.txt", "not a Python file"),
        ("empty", "not a Python file"),
        ("app.zip", "file"),
        ("app.pyz", "file"),
        ("folder", "without __main__.py"),
        ("package", "folder"),
        ("missing.py", "no such file"),
        ("missing", "no such file"),
        ("app.py/x", "no such file"),
    ];
    for (name, expected) in cases {
        let word = folder.path().join(name).into_os_string();
        let found = match Target::parse(&[word]) {
            Ok(Target::File(..)) => "file".to_owned(),
            Ok(Target::Folder(..)) => "folder".to_owned(),
            Ok(Target::Command { .. }) => "command".to_owned(),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{name}: {found}");
    }
}

#[test]
fn modules_and_code_keep_their_arguments() {
    let cases = [
        ("-m pkg.mod -x -c", Target::Module("pkg.mod".into(), words("-x -c"))),
        ("-mpkg.mod a", Target::Module("pkg.mod".into(), words("a"))),
        ("-c print() -m", Target::Code("print()".into(), words("-m"))),
        ("-cprint()", Target::Code("print()".into(), vec![])),
    ];
    for (line, expected) in cases {
        let target = Target::parse(&words(line)).unwrap();
        assert_eq!(target, expected, "{line}");
    }
    assert_eq!(Target::parse(&words("-m")).unwrap_err().to_string(), "-m needs the name of a module after it");
    assert_eq!(Target::parse(&words("-c")).unwrap_err().to_string(), "-c needs the code to run after it");
}

#[test]
fn a_bare_word_is_a_command() {
    assert!(matches!(Target::parse(&words("sh -c true")).unwrap(), Target::Command { path, .. } if path.is_absolute()));
    let error = Target::parse(&words("no-such-command-at-all")).unwrap_err();
    assert_eq!(error.to_string(), "no-such-command-at-all: no such file, and no such command on PATH");
    assert!(Target::parse(&[OsString::new()]).is_err());
}

#[test]
fn names_for_trace_directories_are_tame() {
    let file = |path: &str| Target::File(path.into(), vec![]);
    let cases = [
        (file("app.py"), "app"),
        (file("/x/my app;rm.py"), "my_app_rm"),
        (file("módulo.py"), "módulo"),
        (file(".hidden.py"), "hidden"),
        (file("-.py"), "program"),
        (file("\u{1b}[31m.py"), "__31m"),
        (Target::Module("pkg.mod".into(), vec![]), "pkg.mod"),
        (Target::Module("../../etc".into(), vec![]), "_.._etc"),
        (Target::Code("x".into(), vec![]), "code"),
        (Target::Folder("/a/pack/".into(), vec![]), "pack"),
        (Target::Command { path: "/bin/pytest".into(), word: "pytest".into(), args: vec![] }, "pytest"),
    ];
    for (target, expected) in cases {
        assert_eq!(target.short_name(), expected, "{target:?}");
    }
    assert!(file(&"é".repeat(300)).short_name().len() <= 80);
}

#[test]
fn the_program_folder_is_where_the_program_lies() {
    let cwd = Path::new("/w/cwd");
    let cases = [
        (Target::File("app.py".into(), vec![]), "/w/cwd"),
        (Target::File("../x/app.py".into(), vec![]), "/w/x"),
        (Target::File("/o/app.pyz".into(), vec![]), "/o"),
        (Target::Folder("pack".into(), vec![]), "/w/cwd/pack"),
        (Target::Folder(".".into(), vec![]), "/w/cwd"),
        (Target::Module("m".into(), vec![]), "/w/cwd"),
        (Target::Command { path: "/bin/x".into(), word: "x".into(), args: vec![] }, "/w/cwd"),
    ];
    for (target, expected) in cases {
        assert_eq!(target.program_folder(cwd), Path::new(expected), "{target:?}");
    }
}

#[test]
fn a_path_is_no_option_of_python() {
    for (path, expected) in [("-x.py", "./-x.py"), ("x.py", "x.py"), ("a/-x.py", "a/-x.py"), ("./-x.py", "./-x.py")] {
        let args = Target::File(path.into(), words("-a")).interpreter_args().unwrap();
        assert_eq!(args, [expected, "-a"]);
    }
}
