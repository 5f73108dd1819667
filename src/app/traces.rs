//! The list of saved traces: newest first, watched, so that a new recording appears by itself.

use super::event::Effect;
use super::list::Cursor;
use super::overlay::{Answer, Overlay, Question};
use super::pane::{Cx, Pane, Request, Tone};
use super::session::signal_name;
use super::text::clean;
use crate::config::{Action, Context};
use crate::trace::manifest::Exit;
use crate::trace::reader::{Overview, summary};
use std::path::{Path, PathBuf};

/// One saved trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its folder.
    pub path: PathBuf,
    /// When it was started, seconds since 1970.
    pub started_at: f64,
    /// The target as it was typed; or why the trace cannot be read.
    pub program: Result<String, String>,
    /// Version of the interpreter.
    pub python: String,
    /// How long it took so far.
    pub duration_ns: u64,
    /// Calls, and whether that is all of them.
    pub calls: (u64, bool),
    /// Bytes on disk.
    pub bytes: u64,
    /// It is being recorded.
    pub live: bool,
    /// How it ended.
    pub ended: String,
    /// It ended by a signal or with an error.
    pub failed: bool,
    /// What is wrong with it.
    pub warning: Option<String>,
}

impl Entry {
    /// Looks at the trace in a folder.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        match summary(path) {
            Ok(overview) => Self::of(path, &overview),
            Err(error) => Self {
                path: path.to_path_buf(),
                started_at: f64::MIN,
                program: Err(clean(&error.to_string()).into_owned()),
                python: String::new(),
                duration_ns: 0,
                calls: (0, true),
                bytes: 0,
                live: false,
                ended: String::new(),
                failed: true,
                warning: None,
            },
        }
    }

    fn of(path: &Path, overview: &Overview) -> Self {
        let manifest = &overview.manifest;
        let (ended, failed) = match manifest.exit {
            _ if overview.live => ("recording".to_owned(), false),
            Some(Exit::Code(code)) => (format!("exit {code}"), code != 0),
            Some(Exit::Signal(signal)) => (signal_name(signal), true),
            None => ("unknown".to_owned(), false),
        };
        let warning = manifest
            .not_recorded
            .clone()
            .or_else(|| overview.stopped.clone())
            .or_else(|| (overview.lost > 0).then(|| format!("{} events lost", super::units::count(overview.lost))));
        Self {
            path: path.to_path_buf(),
            started_at: manifest.started_at,
            program: Ok(clean(&manifest.program).into_owned()),
            python: clean(overview.python.as_deref().unwrap_or("")).into_owned(),
            duration_ns: overview.duration_ns,
            calls: (overview.calls, overview.calls_complete),
            bytes: overview.bytes,
            live: overview.live,
            ended,
            failed,
            warning: warning.map(|text| clean(&text).into_owned()),
        }
    }
}

/// Puts entries into the order of the list: newest first, those that cannot be read last.
pub fn sort(entries: &mut [Entry]) {
    entries.sort_by(|a, b| b.started_at.total_cmp(&a.started_at).then_with(|| a.path.cmp(&b.path)));
}

/// The state of the pane.
#[derive(Debug, Default)]
pub struct Traces {
    entries: Vec<Entry>,
    /// The cursor; what it stands on is kept by its path.
    pub cursor: Cursor,
    /// The list was read at least once.
    pub known: bool,
    sought: String,
}

impl Traces {
    /// The traces, newest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The trace under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&Entry> {
        self.entries.get(self.cursor.at)
    }

    /// The list was read anew.
    pub fn set(&mut self, mut entries: Vec<Entry>, rows: usize) {
        sort(&mut entries);
        let selected = self.selected().map(|entry| entry.path.clone());
        self.entries = entries;
        self.known = true;
        let found = selected.and_then(|path| self.entries.iter().position(|entry| entry.path == path));
        self.cursor.at = found.unwrap_or(self.cursor.at);
        self.cursor.fit(self.entries.len(), rows);
    }

    fn find(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let needle = self.sought.to_lowercase();
        let len = self.entries.len();
        if needle.is_empty() || len == 0 {
            return;
        }
        let has = |entry: &Entry| {
            let text = entry.program.as_ref().unwrap_or_else(|error| error);
            text.to_lowercase().contains(&needle) || entry.path.to_string_lossy().to_lowercase().contains(&needle)
        };
        match self.cursor.seek(forward, len, |at| has(&self.entries[at])) {
            Some(at) => {
                self.cursor.at = at;
                self.cursor.fit(len, cx.rows());
                cx.redraw();
            }
            None => cx.say(Tone::Warning, format!("no trace has {:?} in its command or name", self.sought)),
        }
    }

    fn delete(&self, cx: &mut Cx<'_>) {
        let Some(entry) = self.selected() else { return };
        if entry.live {
            cx.say(Tone::Warning, "this one is still being recorded");
            return;
        }
        let what = entry.program.clone().unwrap_or_else(|error| error);
        cx.request(Request::Open(Overlay::Ask(Question {
            title: "Delete this trace?".to_owned(),
            text: vec![what, clean(&entry.path.display().to_string()).into_owned(), super::units::size(entry.bytes)],
            answers: vec![
                ('n', "Keep it".to_owned(), Answer::Nothing),
                ('y', "Delete it for good".to_owned(), Answer::Do(Effect::DeleteTrace(entry.path.clone()))),
            ],
            at: 0,
        })));
    }
}

impl Pane for Traces {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Traces, Context::Lists]
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        let rows = cx.rows().saturating_sub(1);
        if self.cursor.act(action, self.entries.len(), rows) {
            return true;
        }
        let selected = self.selected().map(|entry| (entry.path.clone(), entry.program.is_ok()));
        match (action, selected) {
            (Action::OpenTrace, Some((path, _))) => cx.effect(Effect::OpenTrace(path)),
            (Action::RecordAgain, Some((path, true))) => cx.effect(Effect::RecordAgain(path)),
            (Action::DeleteTrace, Some(_)) => self.delete(cx),
            (Action::NextHit, _) => self.find(true, cx),
            (Action::PreviousHit, _) => self.find(false, cx),
            _ => return action.row().context == Context::Traces,
        }
        true
    }

    fn click(&mut self, row: Option<usize>, _fold: bool, double: bool, cx: &mut Cx<'_>) {
        let Some(row) = row.filter(|row| *row < self.entries.len()) else { return };
        self.cursor.at = row;
        if double && let Some(entry) = self.selected() {
            cx.effect(Effect::OpenTrace(entry.path.clone()));
        }
    }

    fn scroll(&mut self, rows: isize, cx: &mut Cx<'_>) {
        self.cursor.scroll(rows, self.entries.len(), cx.rows().saturating_sub(1));
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.cursor.fit(self.entries.len(), cx.rows().saturating_sub(1));
    }

    fn search(&mut self, text: &str, forward: bool, cx: &mut Cx<'_>) {
        self.sought = text.to_owned();
        self.find(forward, cx);
    }

    fn copied(&self, _cx: &Cx<'_>) -> Option<String> {
        self.selected().map(|entry| entry.path.display().to_string())
    }

    fn hints(&self) -> Vec<Action> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        vec![Action::OpenTrace, Action::RecordAgain, Action::DeleteTrace, Action::Search, Action::Quit]
    }
}
