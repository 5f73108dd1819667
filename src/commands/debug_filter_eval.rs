//! `ct-tui debug filter-eval`: what a filter chain decides, asked and answered in JSON, one line each (`docs/cli.md`
//! has the contract). For test suites and for other programs that want the engine's word.

use super::Outcome;
use crate::diagnostic::one_line;
use crate::filter::{Chain, Engine, FrameFacts, Source, SourceKind, ValueKind, builtin};
use crate::model::code::Exec;
use serde_json::{Map, Value, json};
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

/// Answers questions about filter decisions until standard input ends.
///
/// # Errors
///
/// Standard input cannot be read, or standard output cannot be written. A bad question is answered, not an error.
pub fn run() -> Outcome {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    answer_all(&mut input, &mut output)?;
    Ok(ExitCode::SUCCESS)
}

fn answer_all(input: &mut impl BufRead, output: &mut impl Write) -> std::io::Result<()> {
    let mut chains = Chains::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut answer = answer(&line, &mut chains).to_string();
        answer.push('\n');
        output.write_all(answer.as_bytes())?;
        output.flush()?;
    }
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

fn answer(line: &[u8], chains: &mut Chains) -> Value {
    let question: Value = match serde_json::from_slice(line) {
        Ok(question) => question,
        Err(error) => return refusal(&Value::Null, &format!("not a line of JSON: {error}")),
    };
    let id = question.get("id").cloned().unwrap_or(Value::Null);
    match judge(&question, chains) {
        Ok((exec, values, rule)) => json!({
            "id": id, "error": false, "exec": exec, "values": values, "exec_rule": rule, "message": null,
        }),
        Err(message) => refusal(&id, &message),
    }
}

fn refusal(id: &Value, message: &str) -> Value {
    json!({ "id": id, "error": true, "exec": null, "values": [], "exec_rule": null, "message": message })
}

/// `exec`, `values` and `exec_rule` of an answer.
fn judge(question: &Value, chains: &mut Chains) -> Result<(&'static str, Vec<&'static str>, Value), String> {
    let question = question.as_object().ok_or("the line is not a JSON object")?;
    get(question, "id")?;
    let root = string(question, "root")?;
    let filters = array(question, "filters")?
        .iter()
        .map(|filter| filter.as_str().map(str::to_owned).ok_or("`filters` holds something that is not a string"))
        .collect::<Result<Vec<_>, _>>()?;
    let frame = get(question, "frame")?.as_object().ok_or("`frame` is not an object")?;
    let module = string_or_null(frame, "module")?;
    let relative = string_or_null(frame, "rel_path")?;
    let facts = FrameFacts { module, abs_path: string(frame, "abs_path")?, qualname: string(frame, "qualname")? };
    let mut values = Vec::new();
    for value in array(question, "values")? {
        let value = value.as_object().ok_or("`values` holds something that is not an object")?;
        let kind = string(value, "kind")?;
        let kind = ValueKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| format!("no kind of value is called `{kind}`"))?;
        values.push((kind, string(value, "name")?));
    }
    let engine = chains.get(root, filters).as_ref().map_err(Clone::clone)?;
    let (decision, policy) = engine.judge_with_file(&facts, relative.unwrap_or(facts.abs_path));
    let rule = decision.exec_rule.and_then(|rule| engine.rule_ref(rule));
    let rule = rule.map_or(Value::Null, |rule| json!({ "source": rule.source, "index": rule.index }));
    Ok(match decision.exec {
        Exec::Skip => ("skip", Vec::new(), rule),
        Exec::Trace => {
            let actions = values.into_iter().map(|(kind, name)| policy.action(kind, name).as_str()).collect();
            ("trace", actions, rule)
        }
    })
}

fn get<'q>(object: &'q Map<String, Value>, key: &str) -> Result<&'q Value, String> {
    object.get(key).ok_or_else(|| format!("`{key}` is missing"))
}

fn string<'q>(object: &'q Map<String, Value>, key: &str) -> Result<&'q str, String> {
    get(object, key)?.as_str().ok_or_else(|| format!("`{key}` is not a string"))
}

fn string_or_null<'q>(object: &'q Map<String, Value>, key: &str) -> Result<Option<&'q str>, String> {
    let value = get(object, key)?;
    if value.is_null() { Ok(None) } else { string(object, key).map(Some) }
}

fn array<'q>(object: &'q Map<String, Value>, key: &str) -> Result<&'q [Value], String> {
    get(object, key)?.as_array().map(Vec::as_slice).ok_or_else(|| format!("`{key}` is not an array"))
}

#[cfg(test)]
mod tests;
