//! `ct-tui debug filter-eval`: what a filter chain decides, asked and answered in JSON, one line each. For test suites
//! and for other programs that want the engine's word.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use super::Outcome;
use super::debug::{nullable, serve_with};
use crate::diagnostic::one_line;
use crate::filter::{Chain, Engine, FrameFacts, Source, SourceKind, ValueAction, ValueKind, builtin};
use crate::model::code::Exec;

/// Answers questions about filter decisions until standard input ends.
///
/// # Errors
///
/// Those of reading and writing. A bad question is answered.
pub fn run() -> Outcome {
    let mut chains = Chains::default();
    let answer = |question: Question| answer(question, &mut chains);
    serve_with(io::stdin().lock(), io::stdout().lock(), answer, refusal)?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Deserialize)]
struct Question {
    root: String,
    filters: Vec<String>,
    frame: Frame,
    values: Vec<Name>,
}

#[derive(Debug, Deserialize)]
struct Frame {
    #[serde(deserialize_with = "nullable")]
    module: Option<String>,
    #[serde(deserialize_with = "nullable")]
    rel_path: Option<String>,
    abs_path: String,
    qualname: String,
}

#[derive(Debug, Deserialize)]
struct Name {
    kind: ValueKind,
    name: String,
}

#[derive(Debug, Default, Serialize)]
struct Answer {
    error: bool,
    exec: Option<Exec>,
    values: Vec<ValueAction>,
    exec_rule: Option<RuleName>,
    message: Option<String>,
}

#[derive(Debug, Serialize)]
struct RuleName {
    source: String,
    index: usize,
}

fn refusal(message: String) -> Answer {
    Answer { error: true, message: Some(message), ..Answer::default() }
}

/// An `Err` is a message for people.
fn answer(question: Question, chains: &mut Chains) -> Result<Answer, String> {
    let Question { root, filters, frame, values } = question;
    let engine = chains.get(&root, filters).as_ref().map_err(Clone::clone)?;
    let facts = FrameFacts { module: frame.module.as_deref(), abs_path: &frame.abs_path, qualname: &frame.qualname };
    let file = frame.rel_path.as_deref().unwrap_or(facts.abs_path);
    let (decision, policy) = engine.judge_with_file(&facts, file);
    let values = match decision.exec {
        Exec::Trace => values.iter().map(|value| policy.action(value.kind, &value.name)).collect(),
        Exec::Skip => Vec::new(),
    };
    let rule = decision.exec_rule.and_then(|rule| engine.rule_ref(rule));
    Ok(Answer {
        exec: Some(decision.exec),
        values,
        exec_rule: rule.map(|rule| RuleName { source: rule.source, index: rule.index }),
        ..Answer::default()
    })
}

/// The chain of the last question: questions mostly come in series about one chain.
#[derive(Default)]
struct Chains {
    last: Option<(String, Vec<String>, Result<Engine, String>)>,
}

impl Chains {
    fn get(&mut self, root: &str, filters: Vec<String>) -> &Result<Engine, String> {
        if !self.last.as_ref().is_some_and(|(last_root, last, _)| last_root == root && *last == filters) {
            self.last = None;
        }
        let (_, _, engine) = self.last.get_or_insert_with(|| {
            let engine = compile(root, &filters);
            (root.to_owned(), filters, engine)
        });
        engine
    }
}

fn compile(root: &str, filters: &[String]) -> Result<Engine, String> {
    let root = Path::new(root);
    let mut sources = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        sources.push(match filter.strip_prefix("@builtin:") {
            Some(name) => {
                builtin::by_name(name, root).ok_or_else(|| format!("no built-in filter is called `{name}`"))?
            }
            None => Source {
                kind: SourceKind::Project,
                path: Some(root.join(format!(".codetracer/f{index}.toml"))),
                root: root.to_path_buf(),
                text: filter.clone(),
            },
        });
    }
    Chain::compile(&sources).map_err(|problems| one_line(&problems))
}

#[cfg(test)]
mod tests;
