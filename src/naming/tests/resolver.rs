//! The resolver on POSIX paths: roots, markers, `sys.modules`, and their order.

use super::*;

/// (roots, file, expected), without `__name__`, modules and markers.
const ROOTS: &[(&str, &str, &str)] = &[
    // The rest, less a suffix and a final `__init__`, dotted.
    ("/w/app", "/w/app/mod.py", "mod sys_path"),
    ("/w/app", "/w/app/pkg/mod.py", "pkg.mod sys_path"),
    ("/w/app", "/w/app/a/b/c/d.py", "a.b.c.d sys_path"),
    ("/w/app", "/w/app/mod.pyc", "mod sys_path"),
    ("/w/app", "/w/app/mod.pyw", "mod sys_path"),
    ("/w/app", "/w/app/mod", "mod sys_path"),
    ("/w/app", "/w/app/pkg/__init__.py", "pkg sys_path"),
    ("/w/app", "/w/app/pkg/__init__.pyc", "pkg sys_path"),
    ("/w/app", "/w/app/pkg/__init__.pyw", "pkg sys_path"),
    ("/w/app", "/w/app/pkg/__init__", "pkg sys_path"),
    ("/w/app", "/w/app/pkg/sub/__init__.py", "pkg.sub sys_path"),
    ("/w/app", "/w/app/pkg/__init__/__init__.py", "pkg.__init__ sys_path"),
    ("/w/app", "/w/app/pkg/__init__/mod.py", "pkg.__init__.mod sys_path"),
    ("/w/app", "/w/app/__main__.py", "__main__ sys_path"),
    ("/w/app", "/w/app/pkg/__main__.py", "pkg.__main__ sys_path"),
    ("/w/app", "/w/app/pkg/__main__.pyc", "pkg.__main__ sys_path"),
    // Case counts, for suffixes too.
    ("/w/app", "/w/app/Pkg/Mod.py", "Pkg.Mod sys_path"),
    ("/w/App", "/w/app/mod.py", "mod marker"),
    ("/w/app", "/w/app/mod.PY", "none"),
    ("/w/app", "/w/app/mod.Pyc", "none"),
    ("/w/app", "/w/app/pkg/__INIT__.py", "pkg.__INIT__ sys_path"),
    // Only one suffix, and only these.
    ("/w/app", "/w/app/mod.py.py", "none"),
    ("/w/app", "/w/app/mod.so", "none"),
    ("/w/app", "/w/app/mod.pyo", "none"),
    ("/w/app", "/w/app/mod.pyx", "none"),
    ("/w/app", "/w/app/mod.py.pyc", "none"),
    ("/w/app", "/w/app/mod.", "none"),
    ("/w/app", "/w/app/modpy", "modpy sys_path"),
    ("/w/app", "/w/app/py", "py sys_path"),
    ("/w/app", "/w/app/pyc.py", "pyc sys_path"),
    // Each component is an identifier, else the next root.
    ("/w/app", "/w/app/my-dir/mod.py", "none"),
    ("/w/app", "/w/app/pkg/my-mod.py", "none"),
    ("/w/app", "/w/app/3d/mod.py", "none"),
    ("/w/app", "/w/app/a.b/mod.py", "none"),
    ("/w/app", "/w/app/a b/mod.py", "none"),
    ("/w/app", "/w/app/pkg/2.py", "none"),
    ("/w/app", "/w/app/.hidden/mod.py", "none"),
    ("/w/app", "/w/app/.py", "none"),
    ("/w/app", "/w/app/módulo/ñandú.py", "módulo.ñandú sys_path"),
    ("/w/app", "/w/app/变量.py", "变量 sys_path"),
    ("/w/app", "/w/app/_private/_m.py", "_private._m sys_path"),
    ("/w/app", "/w/app/class/for.py", "class.for sys_path"),
    ("/w/app", "/w/app/a²/m.py", "none"),
    ("/w/app", "/w/app/__pycache__/mod.cpython-312.pyc", "none"),
    ("/w/app", "/w/app/__pycache__/mod.pyc", "__pycache__.mod sys_path"),
    // Nothing left: the next root.
    ("/w/app", "/w/app/__init__.py", "none"),
    ("/w /w/app", "/w/app/__init__.py", "app sys_path"),
    ("/w /w/app", "/w/app/__init__.pyc", "app sys_path"),
    ("/ /w/app", "/w/app/__init__.py", "none"),
    ("/w/app/mod.py", "/w/app/mod.py", "none"),
    ("/w/app /w/app/mod.py", "/w/app/mod.py", "mod sys_path"),
    // Longest first, whatever the order in `sys.path`.
    ("/w /w/app", "/w/app/mod.py", "mod sys_path"),
    ("/w/app /w", "/w/app/mod.py", "mod sys_path"),
    ("/w /w/app /w/app/src", "/w/app/src/pkg/m.py", "pkg.m sys_path"),
    ("/w/app/src /w/app /w", "/w/app/pkg/m.py", "pkg.m sys_path"),
    ("/w /w/app", "/w/other/m.py", "other.m sys_path"),
    ("/w/my-app /w", "/w/my-app/m.py", "m sys_path"),
    ("/w", "/w/my-app/m.py", "none"),
    ("/w/app/vendor /w", "/w/app/vendor/3d/m.py", "none"),
    ("/w/app /w/app/3d", "/w/app/3d/m.py", "m sys_path"),
    ("/w /w/app/x-y", "/w/app/x-y/__init__.py", "none"),
    // Only at a path boundary.
    ("/opt/app", "/opt/application/m.py", "m marker"),
    ("/opt/app", "/opt/app2/m.py", "m marker"),
    ("/opt/app", "/opt/app.py", "app marker"),
    ("/opt/app", "/opt/app-x/m.py", "m marker"),
    ("/opt/app /opt", "/opt/application/m.py", "application.m sys_path"),
    ("/opt/application /opt/app", "/opt/app/m.py", "m sys_path"),
    ("/opt/application /opt/app", "/opt/application/m.py", "m sys_path"),
    ("/opt/app/", "/opt/app/m.py", "m sys_path"),
    ("/opt/app/", "/opt/application/m.py", "m marker"),
    ("/w/app", "/x/w/app/m.py", "m marker"),
    // Zip files count.
    ("/w/app.zip", "/w/app.zip/pkg/mod.py", "pkg.mod sys_path"),
    ("/w/app.zip", "/w/app.zip/pkg/__init__.pyc", "pkg sys_path"),
    ("/w/app.pyz", "/w/app.pyz/__main__.py", "__main__ sys_path"),
    ("/w/app.zip/lib", "/w/app.zip/lib/mod.py", "mod sys_path"),
    ("/w", "/w/app.zip/mod.py", "none"),
    ("/w/lib-1.0-py3.egg", "/w/lib-1.0-py3.egg/lib/m.py", "lib.m sys_path"),
    // Relative entries are joined with the current folder.
    ("''", "/w/cwd/mod.py", "mod sys_path"),
    (".", "/w/cwd/mod.py", "mod sys_path"),
    ("./", "/w/cwd/pkg/mod.py", "pkg.mod sys_path"),
    ("src", "/w/cwd/src/mod.py", "mod sys_path"),
    ("./src/", "/w/cwd/src/pkg/mod.py", "pkg.mod sys_path"),
    ("..", "/w/cwd/mod.py", "cwd.mod sys_path"),
    ("../lib", "/w/lib/mod.py", "mod sys_path"),
    ("src", "/w/src/mod.py", "mod marker"),
    ("'' src", "/w/cwd/src/mod.py", "mod sys_path"),
    // Roots are normalised; duplicates do no harm.
    ("/w//app", "/w/app/mod.py", "mod sys_path"),
    ("/w/./app/.", "/w/app/mod.py", "mod sys_path"),
    ("/w/x/../app", "/w/app/mod.py", "mod sys_path"),
    ("/../w/app", "/w/app/mod.py", "mod sys_path"),
    ("//w/app", "/w/app/mod.py", "mod sys_path"),
    ("/w/app /w/app/ /w/app", "/w/app/mod.py", "mod sys_path"),
    ("/w/xxxxxxxxxxxxxxxxxxxxx/.. /w/app", "/w/app/mod.py", "mod sys_path"),
    // The file name is joined with the start-up folder and normalised.
    ("/w/cwd", "mod.py", "mod sys_path"),
    ("/w/cwd", "./mod.py", "mod sys_path"),
    ("/w/cwd", "pkg/mod.py", "pkg.mod sys_path"),
    ("/w/cwd", "pkg/../mod.py", "mod sys_path"),
    ("/w/app", "../app/mod.py", "mod sys_path"),
    ("/w/app", "/w/app//pkg///mod.py", "pkg.mod sys_path"),
    ("/w/app", "/w/app/./pkg/./mod.py", "pkg.mod sys_path"),
    ("/w/app", "/w/app/x/../pkg/mod.py", "pkg.mod sys_path"),
    ("/w/app", "/w/app/../other/mod.py", "mod marker"),
    ("/w/app", "/../../w/app/mod.py", "mod sys_path"),
    ("/w/app", "../../../../w/app/mod.py", "mod sys_path"),
    ("/w/app", "//w/app/mod.py", "mod sys_path"),
    ("/w/app", "/w/app/mod.py/", "mod sys_path"),
    ("/w/cwd", "~/mod.py", "none"),
    // A backslash is a character like any other.
    ("/w/app", r"/w/app/pkg\mod.py", "none"),
    ("/w/app", r"\w\app\mod.py", "none"),
    ("/w/cwd", r"C:\w\app\mod.py", "none"),
    // Only `/`: a path spelled with dots is no name.
    ("/", "/w/app/mod.py", "mod marker"),
    ("//", "/w/app/mod.py", "mod marker"),
    ("/..", "/w/app/mod.py", "mod marker"),
    ("/ /x", "/w/app/mod.py", "mod marker"),
    ("/ /w", "/w/app/mod.py", "app.mod sys_path"),
    ("/", "/mod.py", "mod marker"),
    ("/ /w/app", "/w/app/my-mod.py", "none"),
    // No root at all.
    ("", "/w/app/mod.py", "mod marker"),
    ("", "/w/app/pkg/__init__.py", "none"),
    ("", "/w/app/my-mod.py", "none"),
    ("", "/w/my-app/mod.py", "mod marker"),
    ("", "mod.py", "mod marker"),
    ("", "/mod.py", "mod marker"),
    ("", "/", "none"),
    ("", "/w/app/__main__.py", "__main__ marker"),
    ("", ".", "cwd marker"),
    // Synthetic names have no path.
    ("/w/cwd", "<string>", "none"),
    ("/w/cwd", "", "none"),
    ("/w/cwd", "<a>/mod.py", "none"),
];

#[test]
fn names_below_the_roots() {
    for (roots, file, expected) in ROOTS {
        assert_eq!(resolve(Platform::Posix, &Table::new(roots), &function(file)), *expected, "{roots} {file}");
    }
}

/// (roots, markers, file, expected)
const MARKED: &[(&str, &str, &str, &str)] = &[
    ("", "/w/app/.git", "/w/app/mod.py", "mod marker"),
    ("", "/w/app/.git", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/.hg", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/.svn", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/pyproject.toml", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/setup.cfg", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/setup.py", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/setup.py", "/w/app/setup.py", "setup marker"),
    ("", "/w/app/tox.ini", "/w/app/pkg/mod.py", "mod marker"),
    ("", "/w/app/requirements.txt", "/w/app/pkg/mod.py", "mod marker"),
    ("", "/w/app/.codetracer", "/w/app/pkg/mod.py", "mod marker"),
    // The nearest wins, the file's own folder included.
    ("", "/w/.git /w/app/setup.py", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("", "/w/.git", "/w/app/pkg/mod.py", "app.pkg.mod marker"),
    ("", "/w/app/pkg/setup.cfg /w/app/.git", "/w/app/pkg/mod.py", "mod marker"),
    ("", "/w/other/.git", "/w/app/pkg/mod.py", "mod marker"),
    // The rules for the rest are those of the roots.
    ("", "/w/.git", "/w/app/pkg/__init__.py", "app.pkg marker"),
    ("", "/w/app/.git", "/w/app/__init__.py", "none"),
    ("", "/w/.git", "/w/my-app/mod.py", "none"),
    ("", "/w/app/.git", "/w/app/src/pkg/mod.py", "src.pkg.mod marker"),
    ("", "/w/app/.git", "/w/app/pkg/__main__.py", "pkg.__main__ marker"),
    ("", "/w/app/.git", "/w/app/pkg/mod.pyc", "pkg.mod marker"),
    // Only when no root matched, or only `/`.
    ("/w/app", "/w/.git", "/w/app/pkg/mod.py", "pkg.mod sys_path"),
    ("/w", "/w/app/.git", "/w/app/pkg/mod.py", "app.pkg.mod sys_path"),
    ("/", "/w/app/.git", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("/ /x", "/w/app/.git", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("/x", "/w/app/.git", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("/w/ap", "/w/app/.git", "/w/app/pkg/mod.py", "pkg.mod marker"),
    ("/w", "/w/my-app/.git", "/w/my-app/mod.py", "none"),
    // Relative file names and odd spellings.
    ("", "/w/cwd/.git", "pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/.git", "/w/app/x/../pkg/mod.py", "pkg.mod marker"),
    ("", "/w/app/.git", "<string>", "none"),
    ("", "/.git", "/w/app/mod.py", "w.app.mod marker"),
];

#[test]
fn names_below_a_marker() {
    for (roots, markers, file, expected) in MARKED {
        let world = Table::new(roots).markers(markers);
        assert_eq!(resolve(Platform::Posix, &world, &function(file)), *expected, "{roots} {markers} {file}");
    }
}

/// (modules, file, expected); the only root is `/w/app`.
const SWEPT: &[(&str, &str, &str)] = &[
    // Each of the three attributes.
    ("key=k origin=/w/app/m.py", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/m.py", "k sys_modules"),
    ("key=k cached=/w/app/__pycache__/m.cpython-312.pyc", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w/app/other.py", "/w/app/m.py", "m sys_path"),
    ("key=k file=/w/app/x/m.py", "/w/app/m.py", "m sys_path"),
    ("key=k origin=/a.py file=/b.py cached=/w/app/m.pyc", "/w/app/m.py", "k sys_modules"),
    ("key=k", "/w/app/m.py", "m sys_path"),
    ("key=k file=''", "/w/app/m.py", "m sys_path"),
    // The name: of the spec, else `__name__`, else the key; the first dotted identifier wins.
    ("key=k name=n spec=s.t file=/w/app/m.py", "/w/app/m.py", "s.t sys_modules"),
    ("key=k name=n file=/w/app/m.py", "/w/app/m.py", "n sys_modules"),
    ("key=k name=n spec=my-spec file=/w/app/m.py", "/w/app/m.py", "n sys_modules"),
    ("key=k name=my-name spec=my-spec file=/w/app/m.py", "/w/app/m.py", "k sys_modules"),
    ("key=my-key name=my-name spec=my-spec file=/w/app/m.py", "/w/app/m.py", "m sys_path"),
    ("key=my-key name=n file=/w/app/m.py", "/w/app/m.py", "n sys_modules"),
    ("key=my-key spec=a..b name=.n file=/w/app/m.py", "/w/app/m.py", "m sys_path"),
    ("key=__main__ name=__main__ file=/w/app/m.py", "/w/app/m.py", "__main__ sys_modules"),
    ("key=__main__ name=__main__ spec=pkg.m file=/w/app/m.py", "/w/app/m.py", "pkg.m sys_modules"),
    ("key=__mp_main__ name=__mp_main__ file=/w/app/m.py", "/w/app/m.py", "__mp_main__ sys_modules"),
    ("key=módulo name=ñ file=/w/app/m.py", "/w/app/m.py", "ñ sys_modules"),
    // In the order of `sys.modules`.
    ("key=a file=/w/app/m.py | key=b file=/w/app/m.py", "/w/app/m.py", "a sys_modules"),
    ("key=b file=/w/app/m.py | key=a file=/w/app/m.py", "/w/app/m.py", "b sys_modules"),
    ("key=a cached=/w/app/m.pyc | key=b origin=/w/app/m.py", "/w/app/m.py", "a sys_modules"),
    ("key=__main__ file=/w/app/m.py | key=m spec=m file=/w/app/m.py", "/w/app/m.py", "__main__ sys_modules"),
    ("key=my-key file=/w/app/m.py | key=b file=/w/app/m.py", "/w/app/m.py", "b sys_modules"),
    ("key=x file=/w/app/x.py | key=b file=/w/app/m.py", "/w/app/m.py", "b sys_modules"),
    // `.py` and `.pyc` are equal both ways.
    ("key=k file=/w/app/m.pyc", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/m.pyc", "k sys_modules"),
    ("key=k file=/w/app/m.pyc", "/w/app/m.pyc", "k sys_modules"),
    ("key=k file=/w/app/m.pyw", "/w/app/m.pyw", "k sys_modules"),
    ("key=k file=/w/app/m.pyw", "/w/app/m.py", "m sys_path"),
    ("key=k file=/w/app/m.py", "/w/app/m.pyw", "m sys_path"),
    ("key=k file=/w/app/m.so", "/w/app/m.py", "m sys_path"),
    ("key=k file=/w/app/m", "/w/app/m.py", "m sys_path"),
    ("key=k file=/w/app/m", "/w/app/m", "k sys_modules"),
    // Also through `__pycache__`, both ways, with a tag and an optimisation level.
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.pyc", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.opt-1.pyc", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.opt-2.pyc", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.opt-foo.pyc", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.opt-.pyc", "none"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.opt-a_b.pyc", "none"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.debug.pyc", "none"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.cpython-312.opt-1.x.pyc", "none"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.pypy39.pyc", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/__pycache__/m.pyc", "__pycache__.m sys_path"),
    ("key=k file=/w/app/m.py", "/w/app/pycache/m.cpython-312.pyc", "none"),
    ("key=k file=/w/app/m.py", "/w/app/__PYCACHE__/m.cpython-312.pyc", "none"),
    ("key=k cached=/w/app/__pycache__/m.cpython-311.pyc", "/w/app/__pycache__/m.cpython-312.pyc", "k sys_modules"),
    ("key=k cached=/w/app/__pycache__/m.cpython-312.opt-1.pyc", "/w/app/m.py", "k sys_modules"),
    ("key=k cached=/w/app/__pycache__/m.cpython-312.opt-1.pyc", "/w/app/m.pyc", "k sys_modules"),
    ("key=k cached=/w/app/__pycache__/m.cpython-312.opt1.pyc", "/w/app/m.py", "m sys_path"),
    ("key=k cached=/w/app/__pycache__/other.cpython-312.pyc", "/w/app/m.py", "m sys_path"),
    ("key=k cached=/w/app/x/__pycache__/m.cpython-312.pyc", "/w/app/m.py", "m sys_path"),
    ("key=p file=/w/app/p/__init__.py", "/w/app/p/__init__.py", "p sys_modules"),
    ("key=p cached=/w/app/p/__pycache__/__init__.cpython-313.pyc", "/w/app/p/__init__.py", "p sys_modules"),
    ("key=p file=/w/app/p/__init__.pyc", "/w/app/p/__init__.py", "p sys_modules"),
    // `built-in` and `frozen` are no paths, synthetic names neither.
    ("key=k origin=built-in", "built-in", "none"),
    ("key=k origin=frozen", "frozen", "frozen marker"),
    ("key=k origin=frozen", "/w/cwd/frozen", "frozen marker"),
    ("key=k origin=built-in", "/w/cwd/built-in", "none"),
    ("key=k origin=built-in file=/w/app/m.py", "/w/app/m.py", "k sys_modules"),
    ("key=k file=<string>", "/w/cwd/<string>", "none"),
    ("key=k file=<string>", "<string>", "none"),
    // Paths are joined and normalised on both sides.
    ("key=k file=m.py", "/w/cwd/m.py", "k sys_modules"),
    ("key=k file=/w/cwd/m.py", "m.py", "k sys_modules"),
    ("key=k file=./x/../m.py", "m.py", "k sys_modules"),
    ("key=k file=/w/app/x/../m.py", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w//app/./m.py", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w/app/m.py/", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w/app/m.py/.", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w/app/m.py/x/..", "/w/app/m.py", "k sys_modules"),
    ("key=k file=/w/app/m.py", "/w/app/./x/../m.py", "k sys_modules"),
    // Case counts.
    ("key=k file=/w/app/M.py", "/w/app/m.py", "m sys_path"),
    ("key=k file=/W/app/m.py", "/w/app/m.py", "m sys_path"),
    ("key=k file=/w/app/m.PYC", "/w/app/m.py", "m sys_path"),
    // It wins over roots and markers, also where these know nothing.
    ("key=k file=/w/app/my-mod.py", "/w/app/my-mod.py", "k sys_modules"),
    ("key=k file=/x/my-mod.py", "/x/my-mod.py", "k sys_modules"),
    ("key=k file=/x/m.py", "/x/m.py", "k sys_modules"),
    ("key=other.name file=/w/app/pkg/m.py", "/w/app/pkg/m.py", "other.name sys_modules"),
    ("key=z file=/w/app.zip/z.py", "/w/app.zip/z.py", "z sys_modules"),
];

#[test]
fn names_from_sys_modules() {
    for (modules, file, expected) in SWEPT {
        let world = Table::new("/w/app").modules(modules);
        assert_eq!(resolve(Platform::Posix, &world, &function(file)), *expected, "{modules} {file}");
    }
}

/// (file, `__name__`, expected); the only root is `/w/app`.
const FALLEN_BACK: &[(&str, &str, &str)] = &[
    ("/w/app/m.py", "other", "m sys_path"),
    ("/x/m.py", "other", "m marker"),
    ("/w/app/my-mod.py", "pkg.mod", "pkg.mod globals"),
    ("/w/app/my-mod.py", "__main__", "__main__ globals"),
    ("/w/app/my-mod.py", "  pkg.mod \t", "pkg.mod globals"),
    ("/w/app/my-mod.py", "my-mod", "none"),
    ("/w/app/my-mod.py", "pkg.", "none"),
    ("/w/app/my-mod.py", "", "none"),
    ("/w/app/my-mod.py", "  ", "none"),
    ("/w/app/my-mod.py", "<run_path>", "none"),
    ("/w/app/my-mod.py", "módulo", "módulo globals"),
    ("/x/my-mod.py", "pkg", "pkg globals"),
    ("<string>", "pkg.mod", "pkg.mod globals"),
    ("<string>", " pkg.mod ", "pkg.mod globals"),
    ("<frozen importlib._bootstrap>", "importlib._bootstrap", "importlib._bootstrap globals"),
    ("<string>", "my-mod", "none"),
    ("<string>", "", "none"),
    ("", "pkg.mod", "pkg.mod globals"),
];

#[test]
fn the_last_resort_is_a_dotted_dunder_name() {
    for (file, name, expected) in FALLEN_BACK {
        let code = CodeInput { globals_name: Attr::Str(name), ..function(file) };
        assert_eq!(resolve(Platform::Posix, &Table::new("/w/app"), &code), *expected, "{file} {name:?}");
    }
    let code = CodeInput { globals_name: Attr::NotAString("int"), ..function("<string>") };
    assert_eq!(resolve(Platform::Posix, &Table::new(""), &code), "none");
}

/// (qualname, `__name__`, spec name, spec origin, expected) for `/w/app/pkg/mod.py` below the root `/w/app`.
const SPECS: &[(&str, &str, &str, &str, &str)] = &[
    ("<module>", "__main__", "run.me", "/w/app/pkg/mod.py", "run.me spec"),
    ("<module>", "__main__", "run.me", "", "run.me spec"),
    ("<module>", "__main__", "run.me", "/w/app/pkg/mod.pyc", "run.me spec"),
    ("<module>", "__main__", "run.me", "/w/app/pkg/__pycache__/mod.cpython-312.pyc", "run.me spec"),
    ("<module>", "__main__", "run.me", "/elsewhere/mod.pyc", "run.me spec"),
    ("<module>", "__main__", "run.__main__", "/w/app/pkg/mod.py", "run.__main__ spec"),
    ("<module>", "__main__", "run-me", "/w/app/pkg/mod.py", "run-me spec"),
    // Not the body of the module that `-m` runs.
    ("f", "__main__", "run.me", "/w/app/pkg/mod.py", "pkg.mod sys_path"),
    ("<module>", "pkg.mod", "run.me", "/w/app/pkg/mod.py", "pkg.mod sys_path"),
    ("<module>", "__main__", "run.me", "/w/app/other.py", "pkg.mod sys_path"),
    ("<module>", "__main__", "__main__", "/w/app/pkg/mod.py", "pkg.mod sys_path"),
    ("<module>", "__main__", "", "/w/app/pkg/mod.py", "pkg.mod sys_path"),
];

#[test]
fn the_body_that_dash_m_runs_is_named_by_its_spec() {
    for (qualname, name, spec, origin, expected) in SPECS {
        let code = CodeInput {
            qualname,
            globals_name: Attr::Str(name),
            spec_name: Attr::Str(spec),
            spec_origin: Some(*origin).filter(|origin| !origin.is_empty()),
            ..function("/w/app/pkg/mod.py")
        };
        let shown = resolve(Platform::Posix, &Table::new("/w/app"), &code);
        assert_eq!(shown, *expected, "{qualname} {name} {spec} {origin}");
    }
}

#[test]
fn code_compiled_in_the_namespace_of_dash_m_is_not_its_body() {
    let code = CodeInput {
        qualname: BODY,
        globals_name: Attr::Str("__main__"),
        spec_name: Attr::Str("run.me"),
        spec_origin: Some("/w/app/run/me.py"),
        ..function("<string>")
    };
    assert_eq!(resolve(Platform::Posix, &Table::new("/w/app"), &code), "__main__ globals");
}
