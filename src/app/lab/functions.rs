//! Every function that was seen, once: the code logs of all processes brought together, with calls and times from the
//! profile. The same function of two processes, or recorded twice under one name, is one row.
//!
//! Rows are only ever added, so that a row number is a name for the life of the lab.

use crate::filter::{FrameFacts, ScopeKind, subject};
use crate::model::code::{CodeRecord, Exec, RuleRef};
use crate::model::evidence::{Evidence, NameSource};
use crate::model::id::{CodeId, ProcessIx};
use crate::naming;
use crate::trace::Trace;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// One function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Module name in use.
    pub module: Option<String>,
    /// Absolute path, or a synthetic name (`<…>`).
    pub abs_path: String,
    /// Qualified name.
    pub qualname: String,
    /// First line.
    pub line: u32,
    /// Where `module` came from.
    pub name_source: NameSource,
    /// What the first process that knew it said of it.
    pub record: Arc<CodeRecord>,
    /// Recorded or not, by the newest verdict of any process; recorded anywhere counts as recorded.
    pub exec: Exec,
    /// The rule behind `exec`.
    pub rule: Option<RuleRef>,
    /// Why no rule matters here (synthetic file name, …).
    pub fixed: Option<String>,
    /// Calls that were recorded; `None`: skipped from the first call on, so nobody counted.
    pub calls: Option<u64>,
    /// Time in its calls, what they called included, in nanoseconds.
    pub total_ns: u64,
    /// Time in its own code, in nanoseconds.
    pub self_ns: u64,
    /// Where it occurs; never empty.
    pub codes: Vec<(ProcessIx, CodeId)>,
}

impl Function {
    /// `<module>` for a body, else `module.qualname`.
    #[must_use]
    pub fn label(&self) -> String {
        crate::model::code::label(self.module.as_deref(), &self.qualname)
    }

    /// What every source said about its name.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.record.evidence
    }

    /// What filters match against.
    #[must_use]
    pub fn facts(&self) -> FrameFacts<'_> {
        FrameFacts { module: self.module.as_deref(), abs_path: &self.abs_path, qualname: &self.qualname }
    }

    /// The string that a selector of this kind sees, in a filter with this root.
    #[must_use]
    pub fn subject(&self, kind: ScopeKind, root: &str) -> Option<Cow<'_, str>> {
        subject(root, kind, &self.facts())
    }

    /// Whether filters can change anything: code with a synthetic file name is never recorded.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }

    /// Whether it is the body of a module.
    #[must_use]
    pub fn is_body(&self) -> bool {
        self.qualname == naming::BODY
    }
}

/// Calls and times of one function of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Calls that were recorded.
    pub calls: u64,
    /// Time in its calls, what they called included, in nanoseconds.
    pub total_ns: u64,
    /// Time in its own code, in nanoseconds.
    pub self_ns: u64,
}

/// What makes two code objects the same function.
type Key = (Option<String>, String, String, u32);

/// What was taken in of the code log of one process.
#[derive(Clone, Debug, Default)]
struct Taken {
    version: u64,
    records: Vec<Option<Arc<CodeRecord>>>,
}

/// All functions, and the ways to find one.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    rows: Vec<Function>,
    by_key: HashMap<Key, u32>,
    by_code: HashMap<(ProcessIx, CodeId), u32>,
    taken: HashMap<ProcessIx, Taken>,
    totals: Cost,
    /// The place of each row in the order of names, while no row is added.
    order: OnceLock<Vec<u32>>,
    /// Counts changes of costs and verdicts, not of the rows.
    version: u64,
}

impl Functions {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[Function] {
        &self.rows
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was seen yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One row.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Function> {
        self.rows.get(at)
    }

    /// The row of a code object.
    #[must_use]
    pub fn of_code(&self, process: ProcessIx, code: CodeId) -> Option<usize> {
        self.by_code.get(&(process, code)).map(|row| *row as usize)
    }

    /// Calls and own time of all functions together (`total_ns` is the sum too, and means little).
    #[must_use]
    pub fn totals(&self) -> Cost {
        self.totals
    }

    /// Grows whenever costs or verdicts change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Sorts rows: those with most calls first, then by name.
    pub fn sort_by_calls(&self, list: &mut [usize]) {
        let order = self.order.get_or_init(|| {
            let name = |at: u32| {
                let row = &self.rows[at as usize];
                (row.module.as_deref(), row.qualname.as_str(), row.line)
            };
            let mut names: Vec<u32> = (0..).take(self.rows.len()).collect();
            names.sort_by(|a, b| name(*a).cmp(&name(*b)));
            let mut order = vec![0; names.len()];
            (0..).zip(&names).for_each(|(place, at)| order[*at as usize] = place);
            order
        });
        list.sort_by_cached_key(|at| (Reverse(self.rows[*at].calls.unwrap_or(0)), order[*at]));
    }

    /// Takes in what is new in the code logs of a trace; false when nothing is.
    pub fn sync(&mut self, trace: &Trace) -> bool {
        let mut changed = false;
        for process in trace.processes() {
            let version = process.codes.version();
            let ix = process.ix;
            if self.taken.get(&ix).is_some_and(|taken| taken.version == version) {
                continue;
            }
            let mut taken = self.taken.remove(&ix).unwrap_or_default();
            taken.version = version;
            for record in process.codes.iter() {
                let slot = record.id.0 as usize;
                if slot >= taken.records.len() {
                    taken.records.resize(slot + 1, None);
                }
                if taken.records[slot].as_ref().is_some_and(|known| Arc::ptr_eq(known, record)) {
                    continue;
                }
                self.add(ix, record);
                taken.records[slot] = Some(Arc::clone(record));
                changed = true;
            }
            self.taken.insert(ix, taken);
        }
        changed
    }

    /// Takes in one record of a code log; a later one of the same code replaces its verdict and name.
    pub fn add(&mut self, process: ProcessIx, record: &Arc<CodeRecord>) {
        self.version += 1;
        let key: Key = (
            record.module.clone(),
            record.facts.abs_path.clone(),
            record.facts.qualname.clone(),
            record.facts.first_line,
        );
        let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let row = *self.by_key.entry(key).or_insert(next);
        let code = (process, record.id);
        let known = self.by_code.insert(code, row);
        if let Some(before) = known.filter(|before| *before != row) {
            // It was named anew; the row under the old name stays, without this code.
            self.rows[before as usize].codes.retain(|other| *other != code);
        }
        let fixed = fixed(record);
        if row == next {
            self.order = OnceLock::new();
            self.rows.push(Function {
                module: record.module.clone(),
                abs_path: record.facts.abs_path.clone(),
                qualname: record.facts.qualname.clone(),
                line: record.facts.first_line,
                name_source: record.name_source,
                record: Arc::clone(record),
                exec: record.verdict.exec,
                rule: record.verdict.rule.clone(),
                fixed,
                calls: (record.verdict.exec == Exec::Trace).then_some(0),
                total_ns: 0,
                self_ns: 0,
                codes: vec![code],
            });
            return;
        }
        let function = &mut self.rows[row as usize];
        if known != Some(row) {
            function.codes.push(code);
        }
        let only = function.codes.len() == 1;
        if only || record.verdict.exec == Exec::Trace || function.exec == Exec::Skip {
            function.exec = record.verdict.exec;
            function.rule.clone_from(&record.verdict.rule);
            function.fixed = fixed;
        }
        if record.verdict.exec == Exec::Trace && function.calls.is_none() {
            function.calls = Some(0);
        }
    }

    /// Replaces all costs by those of a newer profile.
    pub fn set_costs(&mut self, costs: impl IntoIterator<Item = ((ProcessIx, CodeId), Cost)>) {
        self.version += 1;
        for row in &mut self.rows {
            row.calls = row.calls.map(|_| 0);
            (row.total_ns, row.self_ns) = (0, 0);
        }
        self.totals = Cost::default();
        for (code, cost) in costs {
            let Some(row) = self.by_code.get(&code) else { continue };
            let function = &mut self.rows[*row as usize];
            if cost.calls > 0 || function.calls.is_some() {
                function.calls = Some(function.calls.unwrap_or(0).saturating_add(cost.calls));
            }
            function.total_ns = function.total_ns.saturating_add(cost.total_ns);
            function.self_ns = function.self_ns.saturating_add(cost.self_ns);
            self.totals.calls = self.totals.calls.saturating_add(cost.calls);
            self.totals.total_ns = self.totals.total_ns.saturating_add(cost.total_ns);
            self.totals.self_ns = self.totals.self_ns.saturating_add(cost.self_ns);
        }
    }
}

/// Why no rule decides about this code.
fn fixed(record: &CodeRecord) -> Option<String> {
    let synthetic = naming::is_synthetic(&record.facts.filename);
    record.verdict.reason.clone().or_else(|| synthetic.then(|| "synthetic file name".to_owned()))
}

#[cfg(test)]
pub(in crate::app) mod testing {
    //! Functions made up for tests.

    use super::*;
    use crate::model::code::{CodeFacts, CodeKind, Verdict};
    use crate::model::evidence::{EvidenceItem, EvidenceSource, Outcome};

    /// A record as a recorder would write it: `module`, `path`, `qualname`, recorded or not.
    pub fn record(id: u32, module: &str, path: &str, qualname: &str, exec: Exec) -> Arc<CodeRecord> {
        let module = (!module.is_empty()).then(|| module.to_owned());
        let item = EvidenceItem {
            source: EvidenceSource::Globals,
            name: module.clone(),
            outcome: if module.is_some() { Outcome::Accepted } else { Outcome::Missing },
            detail: None,
        };
        Arc::new(CodeRecord {
            id: CodeId(id),
            facts: CodeFacts {
                filename: path.to_owned(),
                abs_path: path.to_owned(),
                qualname: qualname.to_owned(),
                first_line: id + 1,
                params: Vec::new(),
                locals: Vec::new(),
                unwatched: 0,
                kind: if qualname == naming::BODY { CodeKind::Module } else { CodeKind::Function },
            },
            name_source: if module.is_some() { NameSource::Globals } else { NameSource::None },
            module,
            evidence: Evidence { items: vec![item], ..Evidence::default() },
            verdict: Verdict { exec, rule: None, reason: None, generation: 0 },
        })
    }

    /// Functions of one process with 10, 20, 30, … calls of 1 µs each.
    pub fn functions(rows: &[(&str, &str, &str, Exec)]) -> Functions {
        let mut functions = Functions::default();
        let process = ProcessIx(0);
        for (at, (module, path, qualname, exec)) in (0_u32..).zip(rows) {
            functions.add(process, &record(at, module, path, qualname, *exec));
        }
        functions.set_costs((0_u32..).zip(rows).filter(|(_, row)| row.3 == Exec::Trace).map(|(at, _)| {
            let calls = u64::from(at + 1) * 10;
            ((process, CodeId(at)), Cost { calls, total_ns: calls * 2_000, self_ns: calls * 1_000 })
        }));
        functions
    }
}

#[cfg(test)]
mod tests {
    use super::testing::record;
    use super::*;

    #[test]
    fn one_function_of_two_processes_is_one_row() {
        let mut functions = Functions::default();
        for process in [0, 1] {
            functions.add(ProcessIx(process), &record(0, "m", "/p/m.py", "f", Exec::Trace));
            functions.add(ProcessIx(process), &record(1, "n", "/p/n.py", "f", Exec::Skip));
        }
        let cost = Cost { calls: 3, total_ns: 20, self_ns: 10 };
        functions.set_costs([((ProcessIx(0), CodeId(0)), cost), ((ProcessIx(1), CodeId(0)), cost)]);
        assert_eq!(functions.len(), 2);
        assert_eq!((functions.rows()[0].calls, functions.rows()[1].calls), (Some(6), None));
        assert_eq!(functions.totals().calls, 6);
        assert_eq!(functions.of_code(ProcessIx(1), CodeId(1)), Some(1));
    }

    #[test]
    fn a_newer_verdict_or_name_replaces() {
        let mut functions = Functions::default();
        functions.add(ProcessIx(0), &record(0, "m", "/p/m.py", "f", Exec::Skip));
        functions.add(ProcessIx(0), &record(0, "m", "/p/m.py", "f", Exec::Trace));
        assert_eq!((functions.rows()[0].exec, functions.rows()[0].calls), (Exec::Trace, Some(0)));
        functions.add(ProcessIx(0), &record(0, "m", "/p/m.py", "f", Exec::Skip));
        assert_eq!((functions.rows()[0].exec, functions.rows()[0].calls), (Exec::Skip, Some(0)), "it was counted once");
        functions.add(ProcessIx(0), &record(0, "other", "/p/m.py", "f", Exec::Skip));
        assert_eq!(functions.of_code(ProcessIx(0), CodeId(0)), Some(1));
        assert!(functions.rows()[0].codes.is_empty());
    }

    #[test]
    fn synthetic_files_are_beyond_filters() {
        let mut functions = Functions::default();
        functions.add(ProcessIx(0), &record(0, "m", "<string>", "f", Exec::Skip));
        assert!(functions.rows()[0].is_fixed());
    }
}
