use std::ffi::OsString;

use super::{Cli, Command, RecordArgs, parse, parse_size};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn record(line: &str) -> RecordArgs {
    match parse(words(line)) {
        Ok(Cli { command: Some(Command::Record(args)), .. }) => *args,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_command_line_is_consistent() {
    use clap::CommandFactory;
    Cli::command().debug_assert();
}

/// Options end where the target begins; from there on everything belongs to the target, untouched.
#[test]
fn record_leaves_the_target_alone() {
    let cases = [
        ("ct-tui record app.py", "app.py"),
        ("ct-tui record app.py --headless -o x", "app.py --headless -o x"),
        ("ct-tui record --headless app.py", "app.py"),
        ("ct-tui record -o T app.py", "app.py"),
        ("ct-tui record -oT app.py", "app.py"),
        ("ct-tui record --output T app.py a", "app.py a"),
        ("ct-tui record --output=T app.py a", "app.py a"),
        ("ct-tui record -o T -- app.py", "app.py"),
        ("ct-tui record -m pkg.mod -x --help", "-m pkg.mod -x --help"),
        ("ct-tui record -mpkg.mod -x", "-mpkg.mod -x"),
        ("ct-tui record -o T -m pkg.mod", "-m pkg.mod"),
        ("ct-tui record -- -m pkg.mod -x", "-m pkg.mod -x"),
        ("ct-tui record -m mod -- x", "-m mod -- x"),
        ("ct-tui record -c pass -o x", "-c pass -o x"),
        ("ct-tui record -- pytest -x", "pytest -x"),
        ("ct-tui record pytest -x -- y", "pytest -x -- y"),
        ("ct-tui record app.py --version", "app.py --version"),
        ("ct-tui record --max-size 5M --values none --lines --no-follow app.py", "app.py"),
        ("ct-tui --theme dark record --ascii app.py --theme x", "app.py --theme x"),
        ("ct-tui record --theme dark app.py", "app.py"),
        ("ct-tui record --trace-filter a::b --trace-filter c -- app.py", "app.py"),
        ("ct-tui record -- --odd-name", "--odd-name"),
        ("ct-tui record -- -- x", "-- x"),
    ];
    for (line, target) in cases {
        assert_eq!(record(line).target, words(target), "{line}");
    }
}

#[test]
fn wrong_usage_is_an_error() {
    let cases = [
        "ct-tui record",
        "ct-tui record --",
        "ct-tui record --headles app.py",
        "ct-tui record -x app.py",
        "ct-tui record --values some app.py",
        "ct-tui record --max-size big app.py",
        "ct-tui record --output",
        "ct-tui nonsense",
        "ct-tui open",
        "ct-tui open a b",
        "ct-tui why t",
        "ct-tui why t pkg:a --frame b",
        "ct-tui filter",
        "ct-tui filter check",
        "ct-tui debug",
        "ct-tui print",
        "ct-tui list extra",
    ];
    for line in cases {
        let error = parse(words(line)).expect_err(line);
        assert!(error.use_stderr(), "{line}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for line in ["ct-tui --help", "ct-tui -V", "ct-tui record --help", "ct-tui record -h app.py", "ct-tui why --help"] {
        assert!(!parse(words(line)).expect_err(line).use_stderr(), "{line}");
    }
}

#[test]
fn the_last_naming_flag_wins() {
    let cases = [
        ("ct-tui record a.py", None),
        ("ct-tui record --module-name-from-globals a.py", Some(true)),
        ("ct-tui record --no-module-name-from-globals a.py", Some(false)),
        ("ct-tui record --module-name-from-globals --no-module-name-from-globals a.py", Some(false)),
        ("ct-tui record --no-module-name-from-globals --module-name-from-globals a.py", Some(true)),
    ];
    for (line, expected) in cases {
        assert_eq!(record(line).names_from_globals(), expected, "{line}");
    }
}

#[test]
fn sizes() {
    let good = [
        ("0", 0),
        ("17", 17),
        ("1b", 1),
        ("4K", 4096),
        ("4 kb", 4096),
        ("5M", 5 << 20),
        ("1.5G", 3 << 29),
        ("2GiB", 2 << 30),
        ("1t", 1 << 40),
        ("18446744073709551615", u64::MAX),
    ];
    for (text, size) in good {
        assert_eq!(parse_size(text), Ok(size), "{text}");
    }
    for text in ["", "M", "-1", "1X", "1..2", "99999999999999999999", "18446744073709551615K", "9999999999T", "1e9"] {
        assert!(parse_size(text).is_err(), "{text}");
    }
}
