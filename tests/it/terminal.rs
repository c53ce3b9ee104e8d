//! A terminal with the binary in it: `script` gives it a real pseudo-terminal, `vt100` is the screen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, Workspace};

/// What a shell shows when it waits.
pub(crate) const PROMPT: &str = "entralog>";

/// Asks the terminal where its cursor is.
const WHERE: &[u8] = b"\x1b[6n";

/// A terminal; dropped, it is closed.
pub(crate) struct Terminal {
    child: Child,
    keys: Arc<Mutex<Option<ChildStdin>>>,
    screen: Arc<Mutex<vt100::Parser>>,
    /// All that was sent to it.
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Opens a terminal of 24 rows with `entralog` and arguments, which are words of the shell.
    pub(crate) fn open(workspace: &Workspace, columns: u16, arguments: &str) -> Self {
        Self::with(workspace, columns, arguments, &[])
    }

    pub(crate) fn with(
        workspace: &Workspace,
        columns: u16,
        arguments: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let binary = env!("CARGO_BIN_EXE_entralog");
        let line = format!("stty rows 24 columns {columns}; exec '{binary}' {arguments}");
        // What the workspace gives to the binary, `script` hands on.
        let like = workspace.command(&[]);
        let mut command = Command::new("script");
        command.args(["-qefc", &line, "/dev/null"]);
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .current_dir(like.get_current_dir().unwrap())
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .env("HOME", workspace.path("home"))
            .env_remove("XDG_STATE_HOME")
            .env_remove("NO_COLOR")
            .env_remove("LESS")
            .env_remove("PAGER")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size(24), size(columns), 0)));
        let sent = Arc::new(Mutex::new(Vec::new()));
        let keys = Arc::new(Mutex::new(child.stdin.take()));
        let (own, all, answers) = (Arc::clone(&screen), Arc::clone(&sent), Arc::clone(&keys));
        std::thread::spawn(move || {
            let (mut bytes, mut answered) = ([0; 4096], 0);
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let mut screen = own.lock().unwrap();
                screen.process(&bytes[..length]);
                let mut all = all.lock().unwrap();
                all.extend_from_slice(&bytes[..length]);
                while let Some(at) = all[answered..].windows(WHERE.len()).position(|it| it == WHERE)
                {
                    answered += at + WHERE.len();
                    let (row, column) = screen.screen().cursor_position();
                    let place = format!("\u{1b}[{};{}R", row + 1, column + 1);
                    let mut keys = answers.lock().unwrap();
                    // It may be gone.
                    let _ = keys.as_mut().map(|keys| keys.write_all(place.as_bytes()));
                }
            }
        });
        Self { child, keys, screen, sent }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        let mut stdin = self.keys.lock().unwrap();
        let stdin = stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Presses keys when the shell waits for some, and gives what it shows when it waits again.
    #[track_caller]
    pub(crate) fn ask(&mut self, keys: &str) -> String {
        self.at_prompt();
        self.press("\u{c}");
        self.until("an empty screen", |terminal| terminal.shown() == PROMPT);
        self.press(keys);
        self.press("\r");
        self.until("the next prompt", |terminal| {
            let shown = terminal.shown();
            shown.lines().count() > 1 && shown.lines().last() == Some(PROMPT)
        });
        self.shown()
    }

    /// Waits until the shell waits.
    #[track_caller]
    pub(crate) fn at_prompt(&self) {
        self.until("a prompt", |terminal| terminal.line() == PROMPT);
    }

    /// Waits until the line with the cursor is this one.
    #[track_caller]
    pub(crate) fn at_line(&self, line: &str) {
        self.until(line, |terminal| terminal.line() == line);
    }

    /// Waits until something is shown.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        self.until(text, |terminal| terminal.shown().contains(text));
    }

    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            let shown = self.shown();
            assert!(begun.elapsed() < PATIENCE, "no {what:?} in {PATIENCE:?}:\n{shown}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What is on the screen, without what is blank at the ends of lines and below.
    pub(crate) fn shown(&self) -> String {
        let contents = self.screen.lock().unwrap().screen().contents();
        let lines: Vec<_> = contents.lines().map(str::trim_end).collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// The line with the cursor.
    fn line(&self) -> String {
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        let (row, _) = screen.cursor_position();
        let columns = screen.size().1.get();
        screen.rows(0, columns).nth(row.into()).unwrap_or_default().trim_end().to_owned()
    }

    /// All bytes that came so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.sent.lock().unwrap().clone()
    }

    /// Waits until the binary has ended, and gives its exit code.
    #[track_caller]
    pub(crate) fn code(mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "still there:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn size(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself; without a terminal the binary ends too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
