//! Totals per function over the whole trace, as the background pass hands them out: what the Functions pane shows and
//! the filter lab counts with.

use crate::index::{FunctionTotals, Profile, Progress};
use crate::model::id::{CodeId, ProcessIx};
use crate::trace::Trace;
use std::collections::HashMap;

/// What one function did, in all processes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its label, safe to print.
    pub label: String,
    /// Whether it is a module body.
    pub is_module: bool,
    /// Its file.
    pub file: String,
    /// Its first line.
    pub line: u32,
    /// Where it was seen first.
    pub first: (ProcessIx, CodeId),
    /// Calls and times.
    pub totals: FunctionTotals,
}

/// Totals of all functions that were called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The functions, in no particular order.
    pub functions: Vec<Function>,
    /// How far the pass has come.
    pub progress: Progress,
    by_code: HashMap<(ProcessIx, CodeId), FunctionTotals>,
}

impl Totals {
    /// Takes the sums of a profile.
    #[must_use]
    pub fn of(trace: &Trace, profile: &Profile, progress: Progress) -> Self {
        let mut by_name: HashMap<(String, String, u32), Function> = HashMap::new();
        let mut by_code = HashMap::new();
        for process in trace.processes() {
            for record in process.codes.iter() {
                let totals = profile.function(process, record.id);
                if totals.calls == 0 && totals.resumes == 0 {
                    continue;
                }
                by_code.insert((process.ix, record.id), totals);
                let key = (record.label(), record.facts.abs_path.clone(), record.facts.first_line);
                let function = by_name.entry(key).or_insert_with_key(|(label, file, line)| Function {
                    label: super::text::clean(label).into_owned(),
                    is_module: record.facts.qualname == "<module>",
                    file: file.clone(),
                    line: *line,
                    first: (process.ix, record.id),
                    totals: FunctionTotals::default(),
                });
                function.totals.add(&totals);
            }
        }
        Self { functions: by_name.into_values().collect(), progress, by_code }
    }

    /// What one code object of one process did.
    #[must_use]
    pub fn code(&self, process: ProcessIx, code: CodeId) -> Option<&FunctionTotals> {
        self.by_code.get(&(process, code))
    }
}
