//! Picking up what a growing trace has got since the last look, in bounded steps.

use super::decode::open_entries;
use super::file::read_small;
use super::open::MAX_JSON;
use super::{Phase, Process, RawBlock, Trace, process};
use crate::model::id::{ProcessIx, ProcessKey, ThreadNo};
use crate::trace::format::{FILTERS, FORMAT_VERSION, MANIFEST};
use crate::trace::manifest::Manifest;
use std::collections::HashMap;
use std::io;
use std::sync::PoisonError;

/// Processes that ended in an unknown way and are asked about in one step.
const EXITS_AT_ONCE: usize = 64;

/// How much one refresh may do.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Block headers to look at.
    pub blocks: u32,
    /// Bytes of code logs to read.
    pub bytes: usize,
    /// Processes to take up.
    pub processes: u32,
    /// Processes that have not run since the last time are passed over, and of very many threads those that have been
    /// quiet are looked at in turn: what a refresh costs is in proportion to what may have changed.
    pub lazy: bool,
}

impl Default for Budget {
    /// A few milliseconds of work.
    fn default() -> Self {
        Self { blocks: 2048, bytes: 1 << 20, processes: 64, lazy: false }
    }
}

/// What a refresh brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// There are more calls, or ends of calls.
    pub calls: bool,
    /// Code objects or verdicts are new.
    pub codes: bool,
    /// Processes, threads or their names are new, or a process has ended.
    pub processes: bool,
    /// Counters have changed.
    pub state: bool,
    /// The manifest or the filter chain has changed.
    pub manifest: bool,
    /// The budget was used up: refresh again soon.
    pub more: bool,
}

impl Changes {
    /// Whether anything is new.
    #[must_use]
    pub fn any(self) -> bool {
        self.calls || self.codes || self.processes || self.state || self.manifest
    }

    fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls || other.calls,
            codes: self.codes || other.codes,
            processes: self.processes || other.processes,
            state: self.state || other.state,
            manifest: self.manifest || other.manifest,
            more: other.more,
        }
    }
}

impl Trace {
    /// Picks up what was added since the last time, within [`Budget::default`].
    pub fn refresh(&mut self) -> Changes {
        self.refresh_within(Budget::default())
    }

    /// The same for whoever follows a live trace and asks again and again, at little cost while nothing happens.
    pub fn refresh_lazily(&mut self) -> Changes {
        self.refresh_within(Budget { lazy: true, ..Budget::default() })
    }

    /// Picks up what was added since the last time, within `budget`.
    pub fn refresh_within(&mut self, mut budget: Budget) -> Changes {
        let mut changes = Changes::default();
        // Whether anyone still writes is asked before reading, so that nothing written before the end is missed.
        self.launcher_runs = self.manifest.end.is_none() && process::exists(self.manifest.launcher_pid);
        self.refresh_json(&mut changes);
        self.repair();
        if let Err(error) = self.find_processes(&mut budget, &mut changes) {
            self.problems.add(String::new(), None, format!("the trace's folder cannot be listed: {error}"));
        }
        for process in &mut self.processes {
            if process.settled || (budget.lazy && !process.has_run()) {
                continue;
            }
            let running = process.state.phase != Phase::Ended && process::exists(process.info.pid);
            if process.running != running {
                process.running = running;
                changes.processes = true;
            }
            let more = std::mem::take(&mut changes.more);
            process.refresh(!running, &self.files, &self.problems, &mut budget, &mut changes);
            // It has just said that it ended: what it wrote before is there now, and is read next time.
            changes.more |= running && process.state.phase == Phase::Ended;
            if changes.more {
                process.look_again();
            }
            changes.more |= more;
        }
        self.find_exits(&mut changes);
        changes
    }

    /// How processes ended is often known only after their end: the target's from the manifest, others' from whoever
    /// waited for them. Those are asked for a few at a time, in turn.
    fn find_exits(&mut self, changes: &mut Changes) {
        if let Some(exit) = self.manifest.exit
            && let Some(target) = self.target().and_then(|ix| self.processes.get_mut(ix))
            && target.exit.is_none()
        {
            target.exit = Some(exit);
            changes.processes = true;
        }
        let unknown = |process: &Process| process.settled && process.exit.is_none() && !process.state.replaced;
        let waiting: Vec<usize> = (0..self.processes.len()).filter(|ix| unknown(&self.processes[*ix])).collect();
        if waiting.is_empty() || self.exits_final {
            return;
        }
        // Nobody is left who could say it: this is the last time.
        let last = !self.is_live();
        let many = if last { waiting.len() } else { EXITS_AT_ONCE.min(waiting.len()) };
        for turn in 0..many {
            let ix = waiting[(self.exit_turn + turn) % waiting.len()];
            self.processes[ix].refresh_exit(changes);
        }
        self.exit_turn = self.exit_turn.wrapping_add(many);
        self.exits_final = last;
    }

    /// The process that the exit status of the manifest belongs to: the last program that ran under the target's id.
    fn target(&self) -> Option<usize> {
        let Some(pid) = self.manifest.target_pid else {
            return self.root().map(|process| process.ix.0 as usize);
        };
        let runs = self.processes.iter().filter(|process| process.info.pid == pid && !process.state.replaced);
        runs.max_by_key(|process| process.key.run).map(|process| process.ix.0 as usize)
    }

    /// Waits for nothing, but refreshes until all that is there now was read.
    pub fn refresh_fully(&mut self) -> Changes {
        let mut all = Changes::default();
        for _ in 0..100_000 {
            all = all.and(self.refresh());
            if !all.more {
                break;
            }
        }
        all
    }

    fn refresh_json(&mut self, changes: &mut Changes) {
        // While nothing can change any more there is nothing to read again.
        if self.manifest.end.is_some() && self.processes.iter().all(|process| process.settled) {
            return;
        }
        if let Ok(bytes) = read_small(&self.dir.join(MANIFEST), MAX_JSON)
            && bytes != self.manifest_bytes
        {
            match serde_json::from_slice::<Manifest>(&bytes) {
                Ok(manifest) if manifest.format == FORMAT_VERSION => {
                    // Times that were shown must not move.
                    self.manifest = Manifest { start: self.manifest.start, ..manifest };
                    changes.manifest = true;
                }
                Ok(_) => {}
                Err(error) => self.problems.add(MANIFEST, None, format!("changed and cannot be read: {error}")),
            }
            self.manifest_bytes = bytes;
        }
        if let Ok(bytes) = read_small(&self.dir.join(FILTERS), MAX_JSON)
            && bytes != self.chain_bytes
        {
            match serde_json::from_slice(&bytes) {
                Ok(chain) => {
                    self.chain = Some(chain);
                    changes.manifest = true;
                }
                Err(error) => self.problems.add(FILTERS, None, format!("cannot be read: {error}")),
            }
            self.chain_bytes = bytes;
        }
    }

    fn find_processes(&mut self, budget: &mut Budget, changes: &mut Changes) -> io::Result<()> {
        let names = self.folder.new_names(&self.dir, false)?;
        let mut keys: Vec<ProcessKey> = names.iter().filter_map(|name| ProcessKey::parse(name)).collect();
        keys.sort();
        let mut found = Vec::new();
        for key in keys {
            let name = key.to_string();
            if budget.processes == 0 {
                self.folder.forget(&name);
                changes.more = true;
                continue;
            }
            budget.processes -= 1;
            let dir = self.dir.join(&name);
            if !dir.is_dir() {
                continue;
            }
            // Asked first: whoever is gone by now has written all that it ever will.
            let starting = self.is_live() && process::exists(key.pid);
            match Process::open(dir.clone(), key.clone(), &self.manifest) {
                Ok(Some(process)) => found.push(process),
                Ok(None) if starting => self.folder.forget(&name),
                Ok(None) => found.push(Process::stillborn(&dir, &key, &self.manifest).unwrap_or_else(|| {
                    self.problems.add(format!("{name}/process.json"), None, "missing");
                    Process::nameless(dir, key, &self.manifest)
                })),
                Err(error) => {
                    self.problems.add(format!("{name}/process.json"), None, format!("cannot be read: {error}"));
                    found.push(Process::nameless(dir, key, &self.manifest));
                }
            }
        }
        found.sort_by_key(|process| (process.info.start.mono_ns, process.key.clone()));
        for mut process in found {
            process.ix = ProcessIx(u32::try_from(self.processes.len()).unwrap_or(u32::MAX));
            self.by_key.insert(process.key.clone(), process.ix);
            self.processes.push(process);
            changes.processes = true;
        }
        if changes.processes {
            self.link_parents();
        }
        Ok(())
    }

    /// Finds each process's parent. A parent may turn up after its child; a child never keeps a wrong one for that.
    fn link_parents(&mut self) {
        let mut by_pid: HashMap<u32, Vec<(u64, ProcessIx)>> = HashMap::new();
        for process in &self.processes {
            by_pid.entry(process.info.pid).or_default().push((process.info.start.mono_ns, process.ix));
        }
        let parent = |process: &Process| {
            let named = process.info.parent.as_deref().and_then(ProcessKey::parse);
            if let Some(ix) = named.and_then(|key| self.by_key.get(&key).copied()) {
                return Some(ix);
            }
            let start = process.info.start.mono_ns;
            let runs = by_pid.get(&process.info.parent_pid)?;
            let before = runs.iter().filter(|(begun, _)| *begun <= start).max_by_key(|(begun, _)| *begun);
            // A Python that is too old to be recorded may not even know when it started.
            before.or_else(|| runs.iter().min()).map(|(_, ix)| *ix)
        };
        let mut parents: Vec<Option<ProcessIx>> = self.processes.iter().map(parent).collect();
        // A damaged description may make a ring; whoever would close one stands at the top.
        for at in 0..parents.len() {
            let (mut walk, mut steps) = (parents[at], 0);
            while let Some(ix) = walk {
                steps += 1;
                if ix.0 as usize == at || steps > parents.len() {
                    parents[at] = None;
                    break;
                }
                walk = parents.get(ix.0 as usize).copied().flatten();
            }
        }
        for (process, parent) in self.processes.iter_mut().zip(parents) {
            process.parent = parent;
        }
    }

    /// Replaces summaries that were found to be wrong by what the events say.
    fn repair(&mut self) {
        let suspects: Vec<(u32, u32, usize)> =
            self.suspects.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        for (ix, no, index) in suspects {
            let (ix, no) = (ProcessIx(ix), ThreadNo(no));
            let Some(decoded) = self.decode(ix, no, index) else { continue };
            let readable = decoded.damage.map_or(decoded.bytes.len(), |(at, _)| at);
            let next = self.raw_block(ix, no, index + 1);
            let next_open = || {
                let Some(RawBlock { header: Some(header), open, .. }) = next else { return Vec::new() };
                open_entries(&header, &open).unwrap_or_default()
            };
            let used = u32::try_from(readable).unwrap_or(u32::MAX);
            if let Some(thread) = self.processes.get_mut(ix.0 as usize).and_then(|process| process.thread_mut(no)) {
                thread.repair(index, used, decoded.summary, next_open);
            }
        }
        // Decoding them again has found them wrong again.
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
