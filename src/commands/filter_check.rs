//! `ct-tui filter check FILE…`: every problem of every file, and warnings about rules that cannot do what they say.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use super::{ANSWER_IS_NO, BAD_INPUT, Outcome};
use crate::cli::FilterCheckArgs;
use crate::diagnostic::render::render;
use crate::diagnostic::{Diagnostic, Severity, printable};
use crate::filter::path::absolute;
use crate::filter::{Chain, SourceKind, builtin, compose, lint};

/// Checks each file on its own, as it would stand in a chain after the built-in default filter. Problems go to standard
/// error (with `--json`: to standard output, one object per line), a verdict per file to standard output. Exit code 1
/// when a file has an error (or, with `--strict`, a warning), 2 when one cannot be read.
///
/// # Errors
///
/// The current folder is gone, or nothing can be written.
pub fn run(args: &FilterCheckArgs) -> Outcome {
    let cwd = std::env::current_dir()?;
    let mut worst = 0;
    for file in &args.files {
        let (problems, unreadable) = check(&absolute(&cwd, file), &file.to_string_lossy());
        let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if args.json {
            let mut out = io::stdout().lock();
            for problem in &problems {
                writeln!(out, "{}", serde_json::to_string(problem)?)?;
            }
        } else {
            let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
            io::stderr().write_all(render(&problems, colour).as_bytes())?;
            let verdict = match (errors, warnings) {
                (0, 0) => "ok".to_owned(),
                (0, warnings) => format!("ok, {}", counted(warnings, "warning")),
                (errors, 0) => counted(errors, "error"),
                (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
            };
            writeln!(io::stdout(), "{}: {verdict}", printable(&file.to_string_lossy()))?;
        }
        let failed = errors > 0 || (args.strict && warnings > 0);
        worst = worst.max(if unreadable {
            BAD_INPUT
        } else if failed {
            ANSWER_IS_NO
        } else {
            0
        });
    }
    Ok(ExitCode::from(worst))
}

/// All problems of one file, and whether it could not even be read.
fn check(path: &Path, shown: &str) -> (Vec<Diagnostic>, bool) {
    let rename = |mut problem: Diagnostic| {
        // As the user wrote it, so that it can be pasted back.
        problem.file = Some(shown.to_owned());
        problem
    };
    let source = match compose::read(SourceKind::CommandLine, path) {
        Ok(source) => source,
        Err(problem) => return (vec![rename(*problem)], true),
    };
    let chain = [builtin::default_filter(&source.root), source];
    let problems = match Chain::compile(&chain) {
        Ok(engine) => lint::lint(&engine, 1, &chain[1].text, shown, Path::is_dir),
        Err(problems) => problems,
    };
    (problems.into_iter().map(rename).collect(), false)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
