//! Windows paths: drives, shares, two separators, and no case.

use super::*;

/// (roots, file, expected); started in `C:\w\cwd`.
const ROOTS: &[(&str, &str, &str)] = &[
    (r"C:\app", r"C:\app\pkg\mod.py", "pkg.mod sys_path"),
    (r"C:\app", r"C:\app\pkg\__init__.py", "pkg sys_path"),
    (r"C:\app\", r"C:\app\mod.py", "mod sys_path"),
    ("C:/app", r"C:\app\pkg\mod.py", "pkg.mod sys_path"),
    (r"C:\app", "C:/app/pkg/mod.py", "pkg.mod sys_path"),
    (r"C:\app", r"C:/app\pkg/mod.py", "pkg.mod sys_path"),
    // Without case, suffixes too; the rest keeps its case.
    (r"c:\APP", r"C:\app\mod.py", "mod sys_path"),
    (r"C:\app", r"c:\App\Pkg\Mod.PY", "Pkg.Mod sys_path"),
    (r"C:\app", r"C:\app\mod.PyC", "mod sys_path"),
    (r"C:\app", r"C:\app\mod.PYW", "mod sys_path"),
    (r"C:\Größe", r"c:\GRÖßE\mod.py", "mod sys_path"),
    (r"C:\app", r"C:\app\Módulo.py", "Módulo sys_path"),
    // Boundaries, normalisation, identifiers.
    (r"C:\app", r"C:\application\mod.py", "mod marker"),
    (r"C:\app", r"D:\app\mod.py", "mod marker"),
    (r"C:\app", r"C:\app\x\..\pkg\.\mod.py", "pkg.mod sys_path"),
    (r"C:\app", r"C:\app\\pkg\\mod.py", "pkg.mod sys_path"),
    (r"C:\app", r"C:\..\app\mod.py", "mod sys_path"),
    (r"C:\app", r"C:\app\my-dir\mod.py", "none"),
    (r"C:\app C:\app\lib", r"C:\app\lib\mod.py", "mod sys_path"),
    (r"C:\APP c:\app", r"C:\app\mod.py", "mod sys_path"),
    (r"C:\app.zip", r"C:\app.zip\pkg\mod.py", "pkg.mod sys_path"),
    // Relative to the current folder, its drive, or another drive.
    (r"C:\w\cwd", r"mod.py", "mod sys_path"),
    (r"C:\w\cwd", r"pkg\mod.py", "pkg.mod sys_path"),
    (r"C:\w\cwd", r".\pkg/mod.py", "pkg.mod sys_path"),
    (r"C:\w", r"..\mod.py", "mod sys_path"),
    (r"C:\app", r"\app\mod.py", "mod sys_path"),
    (r"C:\app", "/app/mod.py", "mod sys_path"),
    (r"C:\w\cwd", r"C:mod.py", "mod sys_path"),
    (r"C:\w\cwd", r"c:pkg\mod.py", "pkg.mod sys_path"),
    (r"D:\app", r"D:app\mod.py", "mod sys_path"),
    ("''", r"C:\w\cwd\mod.py", "mod sys_path"),
    (r"src", r"C:\w\cwd\src\mod.py", "mod sys_path"),
    (r"\app", r"C:\app\mod.py", "mod sys_path"),
    // A whole drive is no root; a share is one.
    (r"C:\", r"C:\app\mod.py", "mod marker"),
    (r"c:/", r"C:\app\mod.py", "mod marker"),
    (r"\", r"C:\app\mod.py", "mod marker"),
    (r"D:", r"D:\app\mod.py", "mod marker"),
    (r"C:\ C:\app", r"C:\app\mod.py", "mod sys_path"),
    (r"\\srv\share", r"\\srv\share\pkg\mod.py", "pkg.mod sys_path"),
    (r"\\srv\share\app", r"\\SRV\Share\App\Pkg\mod.py", "Pkg.mod sys_path"),
    (r"\\srv\share\app", r"//srv/share/app/mod.py", "mod sys_path"),
    (r"\\srv\share", r"\\srv\shared\mod.py", "mod marker"),
    (r"\\srv\share\app", r"\\srv\other\app\mod.py", "mod marker"),
    (r"\\?\C:\app", r"C:\app\mod.py", "mod sys_path"),
    (r"C:\app", r"\\?\C:\app\mod.py", "mod sys_path"),
    (r"\\srv\share", r"\\?\UNC\srv\share\mod.py", "mod sys_path"),
    // No root.
    ("", r"C:\app\mod.py", "mod marker"),
    ("", r"C:\mod.py", "mod marker"),
    ("", r"\\srv\share\mod.py", "mod marker"),
    ("", r"C:\app\my-mod.py", "none"),
    ("", r"C:\", "none"),
    ("", r"\\", "none"),
    ("", r"\\srv", "srv marker"),
    ("", r"<string>", "none"),
];

#[test]
fn names_below_the_roots() {
    for (roots, file, expected) in ROOTS {
        assert_eq!(resolve(Platform::Windows, &Table::windows(roots), &function(file)), *expected, "{roots} {file}");
    }
}

/// (modules, file, expected)
const SWEPT: &[(&str, &str, &str)] = &[
    (r"key=k file=C:\app\m.py", r"C:\app\m.py", "k sys_modules"),
    (r"key=k file=c:\APP\M.PY", r"C:\app\m.py", "k sys_modules"),
    (r"key=K.L file=c:\APP\M.PY", r"C:\app\m.py", "K.L sys_modules"),
    (r"key=k file=c:/app/m.py", r"C:\app\m.py", "k sys_modules"),
    (r"key=k file=C:\app\m.pyc", r"C:\app\m.PY", "k sys_modules"),
    (r"key=k file=C:\app\m.PYC", r"C:\app\m.py", "k sys_modules"),
    (r"key=k cached=C:\app\__PYCACHE__\M.CPYTHON-312.OPT-1.PYC", r"c:\app\m.py", "k sys_modules"),
    (r"key=k cached=C:\app\__pycache__\m.cpython-312.pyc", r"c:\app\m.py", "k sys_modules"),
    (r"key=k file=\\srv\s\m.py", r"\\SRV\S\m.py", "k sys_modules"),
    (r"key=k file=\\?\C:\app\m.py", r"c:\app\m.py", "k sys_modules"),
    (r"key=k file=m.py", r"C:\w\cwd\m.py", "k sys_modules"),
    (r"key=k file=D:\app\m.py", r"C:\app\m.py", "m marker"),
    (r"key=k origin=frozen", r"C:\w\cwd\frozen", "frozen marker"),
];

#[test]
fn names_from_sys_modules() {
    for (modules, file, expected) in SWEPT {
        let world = Table::windows("").modules(modules);
        assert_eq!(resolve(Platform::Windows, &world, &function(file)), *expected, "{modules} {file}");
    }
}

#[test]
fn paths_are_shown_as_their_system_spells_them() {
    for (platform, base, text, expected) in [
        (Platform::Posix, "/w", "a//b/../c", "/w/a/c"),
        (Platform::Posix, "/w", "/", "/"),
        (Platform::Posix, "/w", "//a", "/a"),
        (Platform::Posix, "", "a", "/a"),
        (Platform::Windows, r"C:\w", "a/b", r"C:\w\a\b"),
        (Platform::Windows, r"C:\w", r"\a", r"C:\a"),
        (Platform::Windows, r"C:\w", r"D:\", r"D:\"),
        (Platform::Windows, r"C:\w", r"\\srv\s\a\..", r"\\srv\s\"),
        (Platform::Windows, r"\\srv\s\w", r"a", r"\\srv\s\w\a"),
        (Platform::Windows, r"\\srv\s\w", r"\a", r"\\srv\s\a"),
    ] {
        assert_eq!(NormPath::new(platform, base, text).to_string(), expected, "{text}");
    }
}
