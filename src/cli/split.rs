//! Where the options of `record` end and its target begins.
//!
//! `ct-tui record -o T -m pkg.mod -x` must leave `-m pkg.mod -x` alone, although `-m` looks like an option, and must
//! still refuse `ct-tui record --headles app.py` as a misspelling. clap can do one or the other. So the line is walked
//! here first, with clap's own table of options, and a `--` is put in front of the target; from there on clap takes
//! everything as it is.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command, CommandFactory};

use super::Cli;

/// Puts `--` before the target of a `record` command line; any other command line is returned as it is.
pub(super) fn mark_target(mut argv: Vec<OsString>) -> Vec<OsString> {
    let top = Cli::command();
    let Some(record) = top.find_subcommand("record") else { return argv };
    let Some(at) = first_positional(&argv, 1, |name| find(&top, name), false) else { return argv };
    if argv[at] != "record" {
        return argv;
    }
    let lookup = |name: Name<'_>| find(record, name).or_else(|| find(&top, name).filter(|arg| arg.is_global_set()));
    if let Some(target) = first_positional(&argv, at + 1, lookup, true) {
        argv.insert(target, OsString::from("--"));
    }
    argv
}

/// An option's name as it stands on the command line, without dashes.
#[derive(Clone, Copy)]
enum Name<'a> {
    Long(&'a str),
    Short(char),
}

fn find<'c>(command: &'c Command, name: Name<'_>) -> Option<&'c Arg> {
    command.get_arguments().find(|arg| match name {
        Name::Long(long) => arg.get_long() == Some(long),
        Name::Short(short) => arg.get_short() == Some(short),
    })
}

/// Index of the first argument from `start` on that is no option and no option's value. `None` when there is none, when
/// a `--` says so already, or when an option is unknown (clap then says what is wrong with it). `-m` and `-c` start a
/// target when `python_flags` is set.
fn first_positional<'c>(
    argv: &[OsString],
    start: usize,
    lookup: impl Fn(Name<'_>) -> Option<&'c Arg>,
    python_flags: bool,
) -> Option<usize> {
    let mut at = start;
    while let Some(argument) = argv.get(at) {
        let Some(text) = visible(argument) else { return Some(at) };
        if text == "--" {
            return None;
        }
        if let Some(long) = text.strip_prefix("--") {
            match long.split_once('=') {
                Some((name, _)) => _ = lookup(Name::Long(name))?,
                None if long == "help" || long == "version" => {}
                None if lookup(Name::Long(long))?.get_action().takes_values() => at += 1,
                None => {}
            }
        } else if let Some(cluster) = text.strip_prefix('-').filter(|cluster| !cluster.is_empty()) {
            for (position, short) in cluster.char_indices() {
                if python_flags && position == 0 && matches!(short, 'm' | 'c') {
                    return Some(at);
                }
                if matches!(short, 'h' | 'V') {
                    continue;
                }
                if lookup(Name::Short(short))?.get_action().takes_values() {
                    // `-oDIR` carries its value; `-o DIR` takes the next argument.
                    at += usize::from(position + short.len_utf8() == cluster.len());
                    break;
                }
            }
        } else {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The argument as text, with unreadable parts replaced: only its leading, readable part matters here.
/// `None` when it cannot be an option because it does not begin like one.
fn visible(argument: &OsStr) -> Option<std::borrow::Cow<'_, str>> {
    argument.as_encoded_bytes().starts_with(b"-").then(|| argument.to_string_lossy())
}
