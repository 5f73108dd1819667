//! `ct-tui` in a real terminal: what is typed, and what is on the screen.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{Playground, wait_a_minute, wait_for};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tui_term::vt100::Parser;

/// `ct-tui` in a terminal, and what is on its screen.
pub struct Terminal {
    /// The process.
    pub child: Box<dyn Child + Send + Sync>,
    /// Its keyboard.
    pub keys: Box<dyn Write + Send>,
    /// What it shows.
    pub screen: Arc<Mutex<Parser>>,
    /// Every byte that it wrote.
    pub raw: Arc<Mutex<Vec<u8>>>,
    /// Our end of the terminal.
    pub master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts `ct-tui` with these words in the playground, in a terminal of 100 by 30.
    pub fn start(folder: &Playground, words: &[&str]) -> Self {
        Self::start_in(folder, words, (30, 100), &[])
    }

    /// The same in a terminal of so many rows and columns, with these variables set.
    pub fn start_in(folder: &Playground, words: &[&str], (rows, cols): (u16, u16), set: &[(&str, &str)]) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        // The surroundings that every test command gets, in the shape that this crate wants.
        let command = folder.ct_tui(words);
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.cwd(folder.path());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        builder.env("TERM", "xterm-256color");
        builder.env("LC_ALL", "C.UTF-8");
        set.iter().for_each(|(name, value)| builder.env(name, value));
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(Parser::new(rows, cols, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (shown, kept) = (Arc::clone(&screen), Arc::clone(&raw));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                kept.lock().unwrap().extend_from_slice(&buffer[..length]);
                shown.lock().unwrap().process(&buffer[..length]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, screen, raw, master: pair.master }
    }

    /// The screen as text.
    pub fn contents(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the screen shows a text.
    pub fn until(&self, text: &str) {
        let seen = wait_a_minute(|| self.contents().contains(text).then_some(()));
        assert!(seen.is_some(), "waited in vain for {text:?} on this screen:\n{}", self.contents());
    }

    /// Presses keys.
    pub fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Gives the terminal another size.
    pub fn resize(&self, rows: u16, cols: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(rows, cols);
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Waits until the terminal is given back.
    pub fn given_back(&self) {
        wait_for("the terminal to be given back", || {
            let screen = self.screen.lock().unwrap();
            let screen = screen.screen();
            let mouse = screen.mouse_protocol_mode() == tui_term::vt100::MouseProtocolMode::None;
            let free = !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste() && mouse;
            (free && !self.is_raw()).then_some(())
        });
    }

    /// Whether keys come as they are pressed, rather than in lines that the terminal echoes.
    fn is_raw(&self) -> bool {
        use nix::sys::termios::{LocalFlags, tcgetattr};
        let name = self.master.tty_name().unwrap();
        // Once nobody has it open, there is nothing to ask.
        let Ok(terminal) = std::fs::OpenOptions::new().read(true).write(true).open(name) else { return false };
        tcgetattr(&terminal).is_ok_and(|it| !it.local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO))
    }

    /// Waits for the end, and checks that the terminal was given back.
    pub fn end(mut self) -> (u32, String) {
        let status = wait_for("the end", || self.child.try_wait().unwrap());
        self.given_back();
        (status.exit_code(), self.contents())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
    }
}
