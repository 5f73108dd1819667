//! Which test framework a command line runs, so that its built-in filter joins the chain by itself.
//!
//! `-m pytest`, the commands `pytest` and `py.test`, `python -m unittest`, and the same behind a runner such as
//! `uv run` are recognised by their words alone. A program that calls `pytest.main()` is not.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::filter::builtin::Framework;
use crate::model::command::{self, is_python};

use super::target::Target;

/// The framework that this target runs, if it runs one.
#[must_use]
pub fn detect(target: &Target) -> Option<Framework> {
    match target {
        Target::Module(name, _) => by_module(name),
        Target::File(path, _) => by_command(path.as_os_str()),
        Target::Folder(..) | Target::Code(..) => None,
        Target::Command { path, args, .. } => by_words(path.as_os_str(), args),
    }
}

fn by_words<'a>(mut command: &'a OsStr, mut args: &'a [OsString]) -> Option<Framework> {
    // `uv run pytest`: at most a few layers, each dropping words, so this ends.
    loop {
        if let Some(framework) = by_command(command) {
            return Some(framework);
        }
        let name = base_name(command)?;
        if is_python(name) {
            return by_module(module_of(args)?);
        }
        if !matches!(name, "uv" | "poetry" | "pipenv" | "pdm" | "hatch" | "rye") || args.first()? != "run" {
            return None;
        }
        let at = 1 + args.get(1..)?.iter().position(|word| !word.as_encoded_bytes().starts_with(b"-"))?;
        command = &args[at];
        args = &args[at + 1..];
    }
}

fn by_module(name: &OsStr) -> Option<Framework> {
    match name.to_str()? {
        "pytest" | "py.test" | "pytest.__main__" => Some(Framework::Pytest),
        "unittest" | "unittest.__main__" => Some(Framework::Unittest),
        _ => None,
    }
}

fn by_command(command: &OsStr) -> Option<Framework> {
    matches!(base_name(command)?, "pytest" | "py.test" | "pytest-3").then_some(Framework::Pytest)
}

fn base_name(command: &OsStr) -> Option<&str> {
    Path::new(command).file_name()?.to_str()
}

/// The MODULE of `-m MODULE` in an interpreter's own arguments.
fn module_of(args: &[OsString]) -> Option<&OsStr> {
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let text = word.to_str()?;
        let cluster = text.strip_prefix('-').filter(|rest| !rest.is_empty())?;
        if let Some(long) = text.strip_prefix("--") {
            if long == "check-hash-based-pycs" {
                words.next();
            }
            continue;
        }
        for (at, letter) in cluster.char_indices() {
            let attached = &cluster[at + letter.len_utf8()..];
            match letter {
                'm' if attached.is_empty() => return words.next().map(OsString::as_os_str),
                'm' => return Some(OsStr::new(attached)),
                'c' => return None,
                'W' | 'X' | 'Q' => {
                    if attached.is_empty() {
                        words.next();
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    None
}

/// The option of a Python command that keeps the recorder out, see [`command::ignores_recorder`].
#[must_use]
pub fn ignores_recorder(target: &Target) -> Option<char> {
    let Target::Command { path, args, .. } = target else { return None };
    if !is_python(base_name(path.as_os_str())?) {
        return None;
    }
    command::ignores_recorder(args.iter().map_while(|word| word.to_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Target {
        let mut words = line.split(' ').map(OsString::from);
        let word = words.next().unwrap();
        Target::Command { path: Path::new("/bin").join(&word), word, args: words.collect() }
    }

    #[test]
    fn frameworks_are_recognised_by_their_words() {
        use Framework::{Pytest, Unittest};
        let cases = [
            ("pytest -x", Some(Pytest)),
            ("py.test", Some(Pytest)),
            ("python -m pytest tests", Some(Pytest)),
            ("python3.12 -X dev -W error -Bm pytest", Some(Pytest)),
            ("python -mpytest", Some(Pytest)),
            ("python3 -m unittest discover", Some(Unittest)),
            ("python -Wd -m unittest", Some(Unittest)),
            ("uv run pytest -x", Some(Pytest)),
            ("uv run --isolated python -m pytest", Some(Pytest)),
            ("poetry run python -m unittest", Some(Unittest)),
            ("uv pip install pytest", None),
            ("uv run", None),
            ("python app.py -m pytest", None),
            ("python -c x -m pytest", None),
            ("python -X -m pytest", None),
            ("python -", None),
            ("python", None),
            ("pythonic -m pytest", None),
            ("echo pytest", None),
            ("pytest-watch", None),
        ];
        for (line, expected) in cases {
            assert_eq!(detect(&command(line)), expected, "{line}");
        }
        assert_eq!(detect(&Target::Module("pytest".into(), vec![])), Some(Pytest));
        assert_eq!(detect(&Target::Module("unittest".into(), vec![])), Some(Unittest));
        assert_eq!(detect(&Target::Module("unittest2".into(), vec![])), None);
        assert_eq!(detect(&Target::Code("pytest".into(), vec![])), None);
    }

    #[test]
    fn only_a_python_can_be_isolated() {
        for (line, expected) in [("python3 -BS app.py", Some('S')), ("python app.py -I", None), ("env -I", None)] {
            assert_eq!(ignores_recorder(&command(line)), expected, "{line}");
        }
    }
}
