//! `entralog query` without a statement on a terminal: a shell.
//!
//! A statement ends with a semicolon, a command begins with a backslash. Ctrl-C ends what runs, or clears
//! what is typed; Ctrl-D leaves.

mod ask;
mod command;
mod complete;
mod editor;
mod keywords;
mod language;
mod names;
mod pager;
mod saved;

use std::io::{BufWriter, Write as _};
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;

use ask::{Asked, ask};
use command::{COMMANDS, Command};
use editor::{Editor, Typed};
use language::Sql;
use names::Names;
use pager::Paged;

use super::output::{self, Expanded, Format, Limit, Screen, note};
use super::sql::{self, caret, lexer};
use super::waiting::Waiting;
use super::{Context, Exit, Failure, table as table_command};
use crate::query::{ScalarValue, Session};
use crate::table;

/// How answers are shown.
struct Settings {
    format: Format,
    limit: Limit,
    expanded: Expanded,
    timing: bool,
    pager: bool,
}

impl Settings {
    fn screen(&self) -> Screen {
        Screen { expanded: self.expanded, ..Screen::of_stdout() }
    }

    /// Columns and rows of a screen, what is longer than which is shown in a pager.
    fn pages(&self, screen: &Screen) -> Option<(usize, usize)> {
        screen.width.zip(screen.height).filter(|_| self.pager)
    }

    /// Prints rows of ours.
    fn print<T: Serialize>(&self, rows: &[T]) -> Result<(), Failure> {
        let waiting = Waiting::start();
        let screen = self.screen();
        let mut paged = Paged::new(&waiting, self.pages(&screen));
        output::write_rows(rows, self.format, Box::new(BufWriter::new(&mut paged)), screen)?;
        Ok(tokio::task::block_in_place(|| paged.end())?)
    }
}

struct Shell<'a> {
    context: &'a Context,
    session: Session,
    settings: Settings,
    /// Names for completion, which come while the first statement is typed.
    names: Arc<RwLock<Names>>,
}

/// Reads and runs statements until it is left.
///
/// # Errors
/// The terminal cannot be used.
pub(super) async fn run(
    context: &Context,
    session: Session,
    limit: Option<Limit>,
) -> Result<Exit, Failure> {
    restore_when_ended();
    let settings = Settings {
        format: context.format(),
        limit: Limit::or_default(limit),
        expanded: Expanded::Auto,
        timing: false,
        pager: true,
    };
    let names = Names { saved: saved::names(context), ..names::at_start() };
    let names = Arc::new(RwLock::new(names));
    let (own, filled) = (session.clone(), Arc::clone(&names));
    tokio::spawn(async move {
        let found = names::of(&own).await;
        let mut names = filled.write().unwrap_or_else(PoisonError::into_inner);
        (names.tables, names.functions) = (found.tables, found.functions);
    });
    let mut editor = Editor::new(&Sql { names: Arc::clone(&names) });
    let mut shell = Shell { context, session, settings, names };
    let lake = &context.config.lake;
    say(&format!(
        "entralog {}, {lake} · \\help lists commands, \\q leaves",
        env!("CARGO_PKG_VERSION")
    ));
    loop {
        match tokio::task::block_in_place(|| editor.read())? {
            Typed::End => return Ok(Exit::Done),
            Typed::Nothing => {}
            Typed::Text(text) if shell.run(&text).await == Next::Leave => return Ok(Exit::Done),
            Typed::Text(_) => {}
        }
    }
}

/// What comes after a line.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    Leave,
}

impl Shell<'_> {
    async fn run(&mut self, text: &str) -> Next {
        let text = text.trim();
        if matches!(text.trim_end_matches(';'), "exit" | "quit" | "help") {
            match text.trim_end_matches(';') {
                "help" => help(),
                _ => return Next::Leave,
            }
        } else if text.starts_with('\\') {
            match command::parse(text) {
                Ok(Command::Quit) => return Next::Leave,
                Ok(command) => match Box::pin(self.command(command)).await {
                    Ok(()) => {}
                    Err(failure) => report(&failure, None),
                },
                Err(message) => say(&format!("error: {message}")),
            }
        } else {
            for statement in lexer::statements(text) {
                if !self.statement(statement, &[]).await {
                    break;
                }
            }
        }
        Next::Go
    }

    /// Runs a statement and says how it went; `false` when it failed.
    async fn statement(&self, sql: &str, parameters: &[(&str, ScalarValue)]) -> bool {
        let asked = ask(&self.session, sql, parameters, &self.settings).await;
        match &asked {
            Ok(Asked::Shown(shown, _)) if shown.has_more => {
                note(&format!(
                    "there are more rows than these {}; \\limit all shows all of them",
                    shown.rows
                ));
            }
            Ok(Asked::Shown(..)) => {}
            Ok(Asked::Cancelled) => say("cancelled"),
            Err(failure) if failure.is_closed_pipe() => {}
            Err(failure) => report(failure, Some(sql)),
        }
        if let Ok(Asked::Shown(_, took)) = &asked
            && self.settings.timing
        {
            let seconds = took.as_secs_f64();
            match seconds < 1.0 {
                true => say(&format!("{:.1} ms", seconds * 1_000.0)),
                false => say(&format!("{seconds:.2} s")),
            }
        }
        matches!(asked, Ok(Asked::Shown(..)))
    }

    async fn command(&mut self, command: Command) -> Result<(), Failure> {
        let settings = &mut self.settings;
        match command {
            Command::Tables(text) => return self.tables(text.as_deref()),
            Command::Describe(name) => match table::by_name(&name) {
                Some(table) => return settings.print(&table_command::columns(table)),
                None => {
                    self.statement(&format!("DESCRIBE {name}"), &[]).await;
                }
            },
            Command::Saved(text) => {
                let rows = saved::rows(self.context, text.as_deref().unwrap_or_default())?;
                return settings.print(&rows);
            }
            Command::Run { name, parameters } => {
                let (sql, bound) = saved::bound(self.context, &name, parameters)?;
                self.statement(&sql, &bound.as_parameters()).await;
            }
            Command::Include(path) => {
                let text = sql::from_file(path.as_ref())?;
                for statement in lexer::statements(&text) {
                    if !self.statement(statement, &[]).await {
                        break;
                    }
                }
            }
            Command::Timing(on) => {
                settings.timing = on.unwrap_or(!settings.timing);
                say(&format!("timing is {}", on_off(settings.timing)));
            }
            Command::Pager(on) => {
                settings.pager = on.unwrap_or(!settings.pager);
                say(&format!("pager is {}", on_off(settings.pager)));
            }
            Command::Form(form) => {
                settings.format = form.unwrap_or(settings.format);
                say(&format!("form is {}", settings.format));
            }
            Command::Expanded(expanded) => {
                settings.expanded = expanded.unwrap_or(match settings.expanded {
                    Expanded::On => Expanded::Auto,
                    Expanded::Auto | Expanded::Off => Expanded::On,
                });
                say(match settings.expanded {
                    Expanded::On => "rows are shown as records",
                    Expanded::Off => "rows are never shown as records",
                    Expanded::Auto => "rows that do not fit the terminal are shown as records",
                });
            }
            Command::Limit(limit) => {
                settings.limit = limit.unwrap_or(settings.limit);
                say(&match settings.limit {
                    Limit::All => "all rows are shown".to_owned(),
                    Limit::Rows(rows) => format!("at most {rows} rows are shown"),
                });
            }
            Command::Help => help(),
            Command::Quit => {}
        }
        Ok(())
    }

    fn tables(&self, text: Option<&str>) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Row<'a> {
            table: &'a str,
            columns: usize,
            about: &'a str,
        }
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = text.unwrap_or_default().to_lowercase();
        let tables = names.tables.iter().filter(|(name, _)| name.to_lowercase().contains(&wanted));
        let rows: Vec<_> = tables
            .map(|(name, columns)| Row {
                table: name,
                columns: columns.len(),
                about: table::by_name(name).map_or("", |table| table.about),
            })
            .collect();
        self.settings.print(&rows)
    }
}

/// A shell that is ended must not leave a terminal that shows nothing that is typed.
fn restore_when_ended() {
    use tokio::signal::unix::{SignalKind, signal};

    let ends = [SignalKind::terminate(), SignalKind::hangup()];
    for kind in ends {
        if let Ok(mut ended) = signal(kind) {
            tokio::spawn(async move {
                ended.recv().await;
                editor::restore();
                std::process::exit(Exit::Unreachable as i32);
            });
        }
    }
}

fn report(failure: &Failure, sql: Option<&str>) {
    let message = failure.message();
    say(&format!("error: {message}"));
    if let Some(caret) = sql.and_then(|sql| caret(sql, &message)) {
        say(&caret);
    }
}

fn help() {
    let lines = COMMANDS
        .iter()
        .map(|(name, takes, does)| format!("  {:34} {does}\n", format!("{name} {takes}")));
    let commands: String = lines.collect();
    say(&format!(
        "A statement ends with a semicolon. Tab completes, Ctrl-R searches what was typed before,\n\
         Ctrl-C ends what runs or clears the line. A line that begins with a space is not kept.\n{}",
        commands.trim_end()
    ));
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn say(text: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "{text}");
}
