//! What was typed before, kept in a file that nobody else can read.
//!
//! A line a statement, `\n` for a new line in it. What begins with a space is not kept.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Statements that are kept; a file of twice as many is cut down to them.
const KEPT: usize = 5_000;

/// Statements, the newest last.
#[derive(Debug, Default)]
pub(in crate::cli::shell) struct History {
    entries: Vec<String>,
    file: Option<File>,
}

impl History {
    /// The statements in a file, which is made with its directory when it is not there.
    pub(in crate::cli::shell) fn open(path: &Path) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let open =
            || OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path);
        let mut file = open()?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut entries: Vec<String> =
            String::from_utf8_lossy(&bytes).lines().filter_map(read).collect();
        if entries.len() > 2 * KEPT {
            entries.drain(..entries.len() - KEPT);
            rewrite(path, &entries)?;
            file = open()?;
        }
        Ok(Self { entries, file: Some(file) })
    }

    pub(super) fn get(&self, at: usize) -> Option<&str> {
        self.entries.get(at).map(String::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The newest statement before `before` that contains a text.
    pub(super) fn find(&self, text: &str, before: usize) -> Option<usize> {
        let text = text.to_lowercase();
        (0..before.min(self.len()))
            .rev()
            .find(|at| self.entries[*at].to_lowercase().contains(&text))
    }

    /// Keeps a statement, unless it is the one before or begins with a space.
    pub(super) fn add(&mut self, statement: &str) {
        let is_secret = statement.starts_with(' ');
        let statement = statement.trim_end();
        if is_secret
            || statement.is_empty()
            || self.entries.last().is_some_and(|last| last == statement)
        {
            return;
        }
        self.entries.push(statement.to_owned());
        if let Some(file) = &mut self.file {
            // One write, so that two shells do not mix their lines. A full disk costs the history only.
            if file.write_all(written(statement).as_bytes()).is_err() {
                self.file = None;
            }
        }
    }
}

/// `$XDG_STATE_HOME/entralog/history`, by default under `~/.local/state`.
pub(in crate::cli::shell) fn default_path() -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state =
        absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("entralog/history"))
}

fn rewrite(path: &Path, entries: &[String]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file =
        OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(entries.iter().map(|entry| written(entry)).collect::<String>().as_bytes())?;
    std::fs::rename(&new, path)
}

fn written(statement: &str) -> String {
    format!("{}\n", statement.replace('\\', "\\\\").replace('\n', "\\n"))
}

fn read(line: &str) -> Option<String> {
    let mut statement = String::new();
    let mut letters = line.chars().filter(|letter| !letter.is_control());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => statement.push('\n'),
                Some(letter) => statement.push(letter),
                None => {}
            },
            letter => statement.push(letter),
        }
    }
    (!statement.trim().is_empty()).then_some(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_there_again_and_secrets_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state/entralog/history");
        let mut history = History::open(&path).unwrap();
        let statements = ["SELECT 1;", "SELECT '\\n',\n 2;", "\\tables"];
        for statement in statements.iter().chain([&"\\tables", &" SELECT 'secret';", &"  "]) {
            history.add(statement);
        }
        let again = History::open(&path).unwrap();
        assert_eq!(again.entries, statements);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let directory = path.parent().unwrap();
        assert_eq!(std::fs::metadata(directory).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(again.find("select", 3), Some(1));
        assert_eq!(again.find("select", 1), Some(0));
        assert_eq!(again.find("nothing", 3), None);
    }

    #[test]
    fn a_long_history_loses_its_oldest_statements() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history");
        let lines: String = (0..=2 * KEPT).map(|n| format!("SELECT {n};\n")).collect();
        std::fs::write(&path, lines).unwrap();
        assert_eq!(History::open(&path).unwrap().len(), KEPT);
        let again = History::open(&path).unwrap();
        assert_eq!((again.len(), again.get(KEPT - 1)), (KEPT, Some("SELECT 10000;")));
    }
}
