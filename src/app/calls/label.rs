//! What a row says: `<shop.cart>`, `Cart.add(sku='x', n=2) → 3`.

use crate::app::text::clean;
use crate::index::{CallInfo, Nav, Outcome};
use crate::model::value::show::{self, Ending};
use crate::model::value::{Raised, Value};
use crate::trace::Trace;
use crate::trace::event::Opening;
use crate::trace::value::{arguments, raised, value};

/// Characters per value in a row.
const EACH: usize = 24;

/// What was recorded of a call's values.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Names of the parameters.
    pub params: Vec<String>,
    /// Their values; `None`: none were recorded.
    pub arguments: Option<Vec<Value>>,
    /// What was sent into a generator.
    pub sent: Option<Value>,
    /// What was thrown into it.
    pub thrown: Option<Raised>,
    /// The result, or what was yielded.
    pub result: Option<Value>,
    /// What left it.
    pub raised: Option<Raised>,
}

/// Reads the values of a call. What cannot be read is left out.
#[must_use]
pub fn values(trace: &Trace, call: &CallInfo) -> Values {
    let mut values = Values::default();
    let Some(nav) = Nav::of(trace, call.id) else { return values };
    if let Some(record) = trace.process(call.id.process).and_then(|process| process.code(call.code)) {
        values.params.clone_from(&record.facts.params);
    }
    let bytes = |payload: Option<crate::index::Payload>| payload.and_then(|payload| nav.payload(payload));
    if let Some(bytes) = bytes(call.args) {
        match call.opening {
            Opening::Call => values.arguments = Some(arguments(&bytes)),
            Opening::Throw => values.thrown = raised(&bytes).ok(),
            Opening::Resume | Opening::Resync => values.sent = value(&bytes).ok(),
        }
    }
    if let Some(bytes) = bytes(call.result) {
        if call.outcome == Outcome::Raise {
            values.raised = raised(&bytes).ok();
        } else {
            values.result = value(&bytes).ok();
        }
    }
    values
}

/// The name of a call in a row: `<module>` for a body, the qualified name for a function.
#[must_use]
pub fn name(trace: &Trace, call: &CallInfo) -> (String, bool) {
    match trace.process(call.id.process).and_then(|process| process.code(call.code)) {
        Some(record) if record.facts.qualname == "<module>" => (clean(&record.label()).into_owned(), true),
        Some(record) => (clean(&record.facts.qualname).into_owned(), false),
        None => (format!("<code {}>", call.code.0), false),
    }
}

/// The row's text behind the name: arguments and result, as far as they were recorded; at most `width` cells.
#[must_use]
pub fn tail(trace: &Trace, call: &CallInfo, width: usize) -> String {
    let values = values(trace, call);
    let ending = match (&values.result, &values.raised) {
        (_, Some(raised)) => Ending::Raised(raised),
        (Some(value), None) => Ending::Value(value),
        (None, None) => Ending::Silent,
    };
    match &values.arguments {
        Some(arguments) => show::call("", &values.params, arguments, ending, EACH, width),
        None => match ending {
            Ending::Silent | Ending::Value(Value::None) => String::new(),
            // Without arguments the brackets would claim that there were none.
            ending => show::call("", &[], &[], ending, EACH, width).trim_start_matches("()").to_owned(),
        },
    }
}

/// `file.py:14` for a row: the last part of the path, and of an `__init__.py` the one before.
#[must_use]
pub fn place(trace: &Trace, call: &CallInfo) -> String {
    let Some(record) = trace.process(call.id.process).and_then(|process| process.code(call.code)) else {
        return String::new();
    };
    let path = &record.facts.filename;
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let file = match (file, parts.next()) {
        ("__init__.py" | "__main__.py", Some(folder)) if !folder.is_empty() => format!("{folder}/{file}"),
        _ => file.to_owned(),
    };
    format!("{}:{}", clean(&file), record.facts.first_line)
}

/// The label with its module and its values, for the clipboard.
#[must_use]
pub fn full(trace: &Trace, call: &CallInfo) -> String {
    let label = trace.label(call.id.process, call.code);
    format!("{}{}", clean(&label), tail(trace, call, 4096))
}
