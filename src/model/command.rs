//! What a command line says about the Python that it starts: shared by the launcher, which explains why nothing was
//! recorded, and the recorder, which sees what a program starts.

/// `python`, `python3`, `python3.12`, `python3.13t`, `pypy3`: the name of a file that is an interpreter.
#[must_use]
pub fn is_python(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy")) else { return false };
    rest.trim_end_matches(['t', 'd']).chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Whether an interpreter's arguments (without its own name) make it ignore the environment (`-E`, `-I`) or skip `site`
/// (`-S`): the recorder cannot get in then. Returns the flag.
pub fn ignores_recorder<'a>(args: impl IntoIterator<Item = &'a str>) -> Option<char> {
    let mut words = args.into_iter();
    while let Some(word) = words.next() {
        let cluster = word.strip_prefix('-').filter(|rest| !rest.is_empty() && !rest.starts_with('-'))?;
        for (at, letter) in cluster.char_indices() {
            match letter {
                'E' | 'I' | 'S' => return Some(letter),
                'm' | 'c' => return None,
                'W' | 'X' | 'Q' => {
                    if at + 1 == cluster.len() {
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

/// The interpreter and the arguments in the first line of a script: `#!/usr/bin/python3 -Es`, `#!/usr/bin/env python`.
/// `None`: it names no Python. The kernel hands everything behind the interpreter over as one word.
#[must_use]
pub fn shebang(start: &str) -> Option<(&str, Option<&str>)> {
    let line = start.strip_prefix("#!")?.lines().next()?.trim();
    let (command, rest) = line.split_once(char::is_whitespace).map_or((line, ""), |(word, rest)| (word, rest.trim()));
    let name = |path: &str| path.rsplit('/').next().is_some_and(is_python);
    match rest {
        _ if name(command) => Some((command, (!rest.is_empty()).then_some(rest))),
        _ if command.ends_with("/env") && is_python(rest) => Some((rest, None)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isolating_flags_are_noticed() {
        let cases = [
            ("-I app.py", Some('I')),
            ("-E app.py", Some('E')),
            ("-BS app.py", Some('S')),
            ("-X dev -I x.py", Some('I')),
            ("-W -I x.py", None),
            ("app.py -I", None),
            ("-m mod -I", None),
            ("-c code -I", None),
            ("--help -I", None),
            ("- -I", None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(ignores_recorder(line.split_terminator(' ')), expected, "{line}");
        }
    }

    #[test]
    fn shebangs() {
        let cases = [
            ("#!/usr/bin/python3 -Es\nimport os", Some(("/usr/bin/python3", Some("-Es")))),
            ("#! /usr/bin/python3\n", Some(("/usr/bin/python3", None))),
            ("#!/usr/bin/env python\n", Some(("python", None))),
            ("#!/bin/sh\n", None),
            ("#!/usr/bin/env sh\n", None),
            ("#!/usr/bin/pythonic\n", None),
            ("#!", None),
            ("\x7fELF", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(shebang(text), expected, "{text:?}");
        }
    }
}
