//! Results that are longer than the terminal, in a pager; without one they are simply printed.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

use crate::cli::waiting::Waiting;

/// Bytes that wait at most until it is known whether they fit the terminal.
const PATIENCE: usize = 1 << 20;

/// Output that decides for a pager once it does not fit the terminal.
pub(super) struct Paged<'a> {
    /// What says that a query runs; it must be off the terminal before anything is written.
    waiting: &'a Waiting,
    to: To,
    /// Columns and rows of the terminal; `None` when there is no pager.
    size: Option<(usize, usize)>,
}

enum To {
    /// Not known yet: what was written, and how many rows it takes.
    Nowhere(Vec<u8>, usize),
    Screen,
    Pager(Child),
}

impl<'a> Paged<'a> {
    pub(super) fn new(waiting: &'a Waiting, size: Option<(usize, usize)>) -> Self {
        let to = if size.is_some() { To::Nowhere(Vec::new(), 0) } else { To::Screen };
        Self { waiting, to, size }
    }

    /// Writes what waits, and waits for the pager to be left.
    pub(super) fn end(self) -> io::Result<()> {
        self.waiting.stop();
        match self.to {
            To::Nowhere(text, _) => io::stdout().write_all(&text),
            To::Screen => io::stdout().flush(),
            To::Pager(mut child) => {
                drop(child.stdin.take());
                child.wait().map(drop)
            }
        }
    }

    fn decide(&mut self) -> io::Result<()> {
        let To::Nowhere(text, rows) = &mut self.to else { return Ok(()) };
        let fits = self.size.is_none_or(|(_, height)| *rows + 2 <= height);
        if fits && text.len() < PATIENCE {
            return Ok(());
        }
        let text = std::mem::take(text);
        self.to = start().map_or(To::Screen, To::Pager);
        self.pass_on(&text)
    }

    fn pass_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::Nowhere(text, rows) => {
                text.extend_from_slice(bytes);
                let columns = self.size.map_or(80, |(columns, _)| columns.max(1));
                *rows += bytes
                    .split_inclusive(|byte| *byte == b'\n')
                    .map(|line| 1 + line.len() / (columns * 4))
                    .sum::<usize>();
                Ok(())
            }
            To::Screen => io::stdout().write_all(bytes),
            To::Pager(child) => match &mut child.stdin {
                Some(stdin) => stdin.write_all(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }
}

impl Write for &mut Paged<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.stop();
        self.pass_on(bytes)?;
        self.decide()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Nowhere(..) => Ok(()),
            To::Screen => io::stdout().flush(),
            To::Pager(child) => child.stdin.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

/// `$PAGER`, or `less`; `None` when there is none.
fn start() -> Option<Child> {
    let asked = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
    let mut command = match &asked {
        // It may be a command with arguments, as for every other program that reads it.
        Some(pager) if is_there(pager) => {
            let mut command = Command::new("sh");
            command.args(["-c", pager]);
            command
        }
        Some(_) => return None,
        None => Command::new("less"),
    };
    if std::env::var_os("LESS").is_none() {
        // Long lines are not folded, colours are shown, one screen needs no pager, and it stays there.
        command.env("LESS", "-SRFX");
    }
    command.stdin(Stdio::piped()).spawn().ok()
}

/// Whether there is a program of the name that a command begins with.
fn is_there(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}
