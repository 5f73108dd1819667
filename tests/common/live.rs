//! A program that runs and is recorded, with its control channel open: what the filter lab talks to, without a screen.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::{Playground, Recorded, wait_for};
use ct_tui::filter::{Source, SourceKind};
use ct_tui::launch::control::{Accepted, Command, PATIENCE, publish, tell};
use ct_tui::launch::probe::Interpreter;
use ct_tui::model::id::ProcessKey;
use serde_json::Value as Json;

/// A program that runs.
pub struct Live {
    child: Child,
    /// The trace directory.
    pub trace: PathBuf,
    root: PathBuf,
    generation: u32,
}

impl Live {
    /// Records `app.py` of the playground on an interpreter. `options`: of `record`.
    pub fn start(ground: &Playground, python: &Interpreter, options: &[&str]) -> Self {
        let trace = ground.at("trace.cttrace");
        let mut command = ground.ct_tui(["record", "--headless", "-o"]);
        // Only where somebody watches is the channel open; this is how the terminal interface asks for it.
        command.arg(&trace).args(options).args(["--", "env", "CT_TUI_CONTROL=1"]).arg(&python.path).arg("app.py");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let live = Self { child, trace, root: ground.path(), generation: 0 };
        wait_for("the control socket", || (!live.processes().is_empty()).then_some(()));
        live
    }

    /// The processes that can be told something now.
    pub fn processes(&self) -> Vec<ProcessKey> {
        let entries = std::fs::read_dir(&self.trace).into_iter().flatten().flatten();
        let with_socket = entries.filter(|entry| entry.path().join("control.sock").exists());
        let mut keys: Vec<_> =
            with_socket.filter_map(|entry| ProcessKey::parse(&entry.file_name().into_string().ok()?)).collect();
        keys.sort();
        keys
    }

    /// Puts the recording's own chain and these rules (selector, exec) in force, in every process that runs and for
    /// those that come. What each process answered.
    pub fn filters(&mut self, rules: &[(&str, &str)]) -> Vec<Accepted> {
        self.generation += 1;
        let manifest = std::fs::read(self.trace.join("manifest.json")).unwrap();
        let manifest: Json = serde_json::from_slice(&manifest).unwrap();
        let mut filters: Vec<Source> = serde_json::from_value(manifest["options"]["filters"].clone()).unwrap();
        let mut text = "[meta]\nname = \"session\"\nversion = 1\n[scope]\ndefault_exec = \"inherit\"\n\
                        default_value_action = \"inherit\"\n"
            .to_owned();
        for (selector, exec) in rules {
            text += &format!("[[scope.rules]]\nselector = \"{selector}\"\nexec = \"{exec}\"\n");
        }
        filters.push(Source { kind: SourceKind::Session, path: None, root: self.root.clone(), text });
        publish(&self.trace, self.generation, &filters).unwrap();
        self.tell(&Command::Filters { generation: self.generation, filters })
    }

    /// Tells every process that runs something, and wants it done.
    pub fn tell(&self, command: &Command) -> Vec<Accepted> {
        let replies = tell(&self.trace, &self.processes(), command, 10 * PATIENCE);
        replies.into_iter().map(|(key, reply)| reply.unwrap_or_else(|refusal| panic!("{key}: {refusal}"))).collect()
    }

    /// Waits for the program's end.
    pub fn end(self) -> Recorded {
        Recorded { output: self.child.wait_with_output().unwrap(), trace: self.trace }
    }
}
