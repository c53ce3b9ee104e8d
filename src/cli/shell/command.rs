//! Commands of the shell itself, which begin with a backslash.

use super::complete::{Completion, matching};
use super::names::Names;
use crate::cli::output::{Expanded, Format, Limit};
use crate::cli::saved::assignment;
use crate::suggest::closest;

use clap::ValueEnum as _;

/// A command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// List tables, or those whose name contains a text.
    Tables(Option<String>),
    /// Show the columns of a table.
    Describe(String),
    /// List saved queries, or those whose name or title contains a text.
    Saved(Option<String>),
    /// Run a saved query with its parameters.
    Run {
        name: String,
        parameters: Vec<(String, String)>,
    },
    /// Run the statements of a file.
    Include(String),
    /// Say how long statements took.
    Timing(Option<bool>),
    /// Set or show the form of output.
    Form(Option<Format>),
    /// Set when rows are records; the other of on and off when nothing is said.
    Expanded(Option<Expanded>),
    /// Set or show how many rows are shown.
    Limit(Option<Limit>),
    /// Whether long results go through a pager.
    Pager(Option<bool>),
    Help,
    Quit,
}

/// Names of commands, what they take, and what they do.
pub(super) const COMMANDS: &[(&str, &str, &str)] = &[
    ("\\tables", "[TEXT]", "list the tables and views"),
    ("\\d", "[TABLE]", "show the columns of a table"),
    ("\\saved", "[TEXT]", "list the saved queries"),
    ("\\run", "NAME [PARAMETER=VALUE …]", "run a saved query; since=7d and until=… are its time"),
    ("\\i", "FILE", "run the statements of a file"),
    ("\\o", "[FORM]", "form of the output: table, json, ndjson, csv or markdown"),
    ("\\x", "[auto|on|off]", "show rows as records"),
    ("\\limit", "[N|all]", "how many rows are shown"),
    ("\\timing", "[on|off]", "say how long statements take"),
    ("\\pager", "[on|off]", "show long results in $PAGER"),
    ("\\help", "", "this list"),
    ("\\q", "", "leave; Ctrl-D does too"),
];

/// Reads a command; the error says what is wrong with it.
pub(super) fn parse(line: &str) -> Result<Command, String> {
    let words = words(line.trim().trim_end_matches(';'))?;
    let Some((name, arguments)) = words.split_first() else { return Ok(Command::Help) };
    let argument = arguments.first().map(String::as_str);
    let text = || (!arguments.is_empty()).then(|| arguments.join(" "));
    Ok(match name.as_str() {
        "\\tables" | "\\dt" => Command::Tables(text()),
        "\\d" => match argument {
            Some(table) => Command::Describe(table.to_owned()),
            None => Command::Tables(None),
        },
        "\\saved" => Command::Saved(text()),
        "\\run" => {
            let name = argument.ok_or("which saved query? `\\saved` lists them")?;
            let parameters = arguments[1..].iter().map(|text| assignment(text));
            Command::Run {
                name: name.to_owned(),
                parameters: parameters.collect::<Result<_, _>>()?,
            }
        }
        "\\i" => Command::Include(text().ok_or("which file?")?),
        "\\timing" => Command::Timing(switch(argument)?),
        "\\o" => Command::Form(argument.map(form).transpose()?),
        "\\x" => Command::Expanded(match argument {
            Some("auto") => Some(Expanded::Auto),
            other => switch(other)?.map(|on| if on { Expanded::On } else { Expanded::Off }),
        }),
        "\\limit" => Command::Limit(argument.map(str::parse).transpose()?),
        "\\pager" => Command::Pager(switch(argument)?),
        "\\help" | "\\h" | "\\?" | "\\" => Command::Help,
        "\\q" | "\\quit" | "\\exit" => Command::Quit,
        other => {
            let hint = closest(other, COMMANDS.iter().map(|(name, ..)| *name));
            let hint = hint.map_or_else(
                || "`\\help` lists the commands".to_owned(),
                |hint| format!("did you mean `{hint}`?"),
            );
            return Err(format!("unknown command `{other}`; {hint}"));
        }
    })
}

/// Words with spaces between them; quotes keep a word together.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if let Some(quote) = quote {
        return Err(format!("the quote {quote} is not closed"));
    }
    words.extend(word);
    Ok(words)
}

fn switch(argument: Option<&str>) -> Result<Option<bool>, String> {
    match argument {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(format!("{other:?} is neither on nor off")),
    }
}

fn form(name: &str) -> Result<Format, String> {
    match Format::from_str(name, true) {
        Ok(Format::Parquet) => {
            Err("Parquet is no form for a terminal: `entralog query -o parquet … > rows.parquet`"
                .into())
        }
        Ok(form) => Ok(form),
        Err(_) => Err(format!("unknown form {name:?}: table, json, ndjson, csv or markdown")),
    }
}

/// What the last word of a command may become.
pub(super) fn complete(names: &Names, before: &str) -> Completion {
    let line = before.trim_start();
    let start =
        before.rfind(char::is_whitespace).map_or(0, |at| at + 1).max(before.len() - line.len());
    let typed = &before[start..];
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let group: Vec<String> = if start == before.len() - line.len() {
        COMMANDS.iter().map(|(name, ..)| (*name).to_owned()).collect()
    } else {
        match name {
            "\\d" => names.tables.keys().cloned().collect(),
            "\\run" => match words.next() {
                Some(query) if query.len() < line.len() && !line.ends_with(query) => {
                    let parameters = names.saved.get(query).into_iter().flatten().cloned();
                    let parameters = parameters.chain(owned(&["since", "until"]));
                    parameters.map(|name| format!("{name}=")).collect()
                }
                _ => names.saved.keys().cloned().collect(),
            },
            "\\o" => owned(&["table", "json", "ndjson", "csv", "markdown"]),
            "\\x" => owned(&["auto", "on", "off"]),
            "\\timing" | "\\pager" => owned(&["on", "off"]),
            "\\limit" => owned(&["all"]),
            _ => Vec::new(),
        }
    };
    Completion { start, words: matching(typed, &[group]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        assert_eq!(parse("\\tables"), Ok(Command::Tables(None)));
        assert_eq!(parse("\\d SigninLogs;"), Ok(Command::Describe("SigninLogs".into())));
        assert_eq!(parse("\\timing on"), Ok(Command::Timing(Some(true))));
        assert_eq!(parse("\\x"), Ok(Command::Expanded(None)));
        assert_eq!(parse("\\limit all"), Ok(Command::Limit(Some(Limit::All))));
        let parameters =
            vec![("user".to_owned(), "Ada L".to_owned()), ("since".to_owned(), "7d".to_owned())];
        assert_eq!(
            parse("\\run sign-ins 'user=Ada L' since=7d"),
            Ok(Command::Run { name: "sign-ins".into(), parameters })
        );
    }

    #[test]
    fn what_is_wrong_with_a_command_is_said() {
        let error = |line: &str| parse(line).unwrap_err();
        assert_eq!(error("\\tabels"), "unknown command `\\tabels`; did you mean `\\tables`?");
        assert_eq!(error("\\nothing"), "unknown command `\\nothing`; `\\help` lists the commands");
        assert!(error("\\run a b").contains("NAME=VALUE"));
        assert!(error("\\run 'a").contains("not closed"));
        assert!(error("\\limit some").contains("number of rows"));
        assert!(error("\\o parquet").contains("terminal"));
    }
}
