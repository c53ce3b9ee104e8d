//! `entralog dead`: what could not be decoded, and another try at it.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::output::{self, Format};
use super::progress::Progress;
use super::{Context, Exit, Failure};
use crate::decode::Reason;
use crate::ingest::FlushLimits;
use crate::lake::Lake;
use crate::replay::{Filter, Letter, LetterKey, REASONS, Selection, body, keys, letters, replay};
use crate::suggest::closest;

/// Characters of a detail that a table shows.
const SHORT: usize = 60;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List what could not be decoded, the newest first
    List(ListArguments),
    /// Show one dead letter with its bytes, and what can be done about it
    Show {
        /// Id of the dead letter, or how it begins, or its `_Source`
        id: String,
    },
    /// Decode dead letters again; what can be decoded now goes to its table, once
    ///
    /// For dead letters that a newer version of entralog can place. It may be stopped at any time
    /// and run again, also by several processes at once: no record gets in twice. What still cannot
    /// be decoded stays as it is.
    Replay(ReplayArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArguments {
    /// Only those with this reason
    #[arg(long, value_parser = reasons())]
    reason: Option<String>,
    /// How many
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: usize,
    /// Also those that were replayed
    #[arg(long)]
    all: bool,
    /// Count them by reason and category instead
    #[arg(long, conflicts_with = "limit")]
    summary: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReplayArguments {
    /// Ids of dead letters, or how they begin [default: all]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Only those with this reason
    #[arg(long, value_parser = reasons())]
    reason: Option<String>,
}

fn reasons() -> PossibleValuesParser {
    PossibleValuesParser::new(REASONS.map(Reason::as_str))
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    let lake = context.existing_lake().await?;
    match command {
        Command::List(arguments) if arguments.summary => summary(context, &lake, arguments).await,
        Command::List(arguments) => list(context, &lake, arguments).await,
        Command::Show { id } => show(context, &lake, &id).await,
        Command::Replay(arguments) => run_replay(context, &lake, arguments).await,
    }
}

async fn list(context: &Context, lake: &Lake, arguments: ListArguments) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        id: String,
        time: String,
        reason: String,
        category: Option<String>,
        source: String,
        detail: String,
        bytes: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        replayed: Option<Option<String>>,
    }
    let ListArguments { reason, limit, all, .. } = arguments;
    // One more shows whether there are more.
    let limit_and_one = Some(limit.saturating_add(1));
    let filter = Filter { reason, replayed: all, limit: limit_and_one, ..Filter::default() };
    let mut letters = letters(lake, &filter).await?;
    if letters.len() > limit {
        letters.truncate(limit);
        tracing::info!("these are the newest {limit}: --limit shows more, --summary counts them");
    }
    let row = |letter: Letter| Row {
        id: letter.key.id(),
        time: text(letter.key.time),
        reason: letter.reason,
        category: letter.category,
        source: letter.key.source,
        detail: match context.format() {
            Format::Table => shortened(&letter.detail),
            _ => letter.detail,
        },
        bytes: letter.bytes,
        replayed: all.then(|| letter.replayed.map(text)),
    };
    let rows: Vec<_> = letters.into_iter().map(row).collect();
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

async fn summary(
    context: &Context,
    lake: &Lake,
    arguments: ListArguments,
) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        reason: String,
        category: Option<String>,
        count: u64,
        bytes: u64,
        oldest: String,
        newest: String,
    }
    let filter = Filter { reason: arguments.reason, replayed: arguments.all, ..Filter::default() };
    let mut groups = std::collections::BTreeMap::<_, Row>::new();
    for Letter { key, reason, category, bytes, .. } in letters(lake, &filter).await? {
        // The newest come first.
        let row = groups.entry((reason.clone(), category.clone())).or_insert_with(|| Row {
            reason,
            category,
            count: 0,
            bytes: 0,
            oldest: String::new(),
            newest: text(key.time),
        });
        row.count += 1;
        row.bytes += bytes;
        row.oldest = text(key.time);
    }
    let rows: Vec<_> = groups.into_values().collect();
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

async fn show(context: &Context, lake: &Lake, id: &str) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        id: String,
        time: String,
        reason: String,
        category: Option<String>,
        source: String,
        detail: String,
        replayed: Option<String>,
        to_do: &'static str,
        bytes: u64,
        body_encoding: &'static str,
        body: String,
    }
    let key = find(id, &keys(lake).await?)?;
    let source = Some(key.source.clone());
    let filter = Filter { source, replayed: true, ..Filter::default() };
    let letter = letters(lake, &filter).await?.into_iter().find(|letter| letter.key == key);
    let (Some(letter), Some(body)) = (letter, body(lake, &key).await?) else {
        let message = format!("dead letter {id:?} is not in the lake any more");
        return Err(Failure::said(Exit::Wrong, message));
    };
    let hint = match letter.replayed {
        Some(_) => "nothing: its records are in their tables",
        None => hint(&letter.reason),
    };
    let (encoding, body) = match String::from_utf8(body) {
        Ok(text) if context.format() == Format::Table => ("text", printable(&text)),
        Ok(text) => ("text", text),
        Err(error) => ("base64, for it is not UTF-8", STANDARD.encode(error.as_bytes())),
    };
    let row = Row {
        id: letter.key.id(),
        time: text(letter.key.time),
        reason: letter.reason,
        category: letter.category,
        source: letter.key.source,
        detail: letter.detail,
        replayed: letter.replayed.map(text),
        to_do: hint,
        bytes: letter.bytes,
        body_encoding: encoding,
        body,
    };
    output::print_record(&row, context.format())?;
    Ok(Exit::Done)
}

async fn run_replay(
    context: &Context,
    lake: &Lake,
    arguments: ReplayArguments,
) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        outcome: &'static str,
        table: &'static str,
        reason: Option<&'static str>,
        rows: u64,
    }
    let mut selection = Selection { reason: arguments.reason, keys: HashSet::new() };
    if !arguments.ids.is_empty() {
        let keys = keys(lake).await?;
        for id in &arguments.ids {
            selection.keys.insert(find(id, &keys)?);
        }
    }
    let bar = Progress::new("replaying");
    let limits = FlushLimits::from(context.config.flush);
    let done = replay(lake, &selection, limits, |done, all| bar.set(done, all)).await;
    bar.finish();
    let done = done?;
    let replayed = done.rows.iter().map(|(table, rows)| Row {
        outcome: "replayed",
        table,
        reason: None,
        rows: *rows,
    });
    let dead = done.dead.iter().map(|(reason, rows)| Row {
        outcome: "still dead",
        table: crate::table::DEAD_LETTERS.name,
        reason: Some(reason.as_str()),
        rows: *rows,
    });
    let rows: Vec<_> = replayed.chain(dead).collect();
    if rows.is_empty() {
        tracing::info!("there was nothing to replay");
    }
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

/// The one dead letter that is meant.
fn find(asked: &str, keys: &[LetterKey]) -> Result<LetterKey, Failure> {
    let prefix = asked.to_ascii_lowercase();
    let named: Vec<_> = keys.iter().map(|key| (key.id(), key)).collect();
    let meant: Vec<_> = named
        .iter()
        .filter(|(id, key)| id.starts_with(&prefix) || key.source == asked)
        .map(|(_, key)| *key)
        .collect();
    match meant.as_slice() {
        [key] => Ok((*key).clone()),
        [] => {
            let like = match closest(asked, named.iter().map(|(id, _)| id.as_str())) {
                Some(id) => format!("; did you mean {id}?"),
                None => "; `entralog dead list --all` lists them".to_owned(),
            };
            Err(Failure::said(Exit::Wrong, format!("no dead letter {asked:?}{like}")))
        }
        several => {
            let message =
                format!("{} dead letters begin with {asked:?}; write more of it", several.len());
            Err(Failure::said(Exit::Usage, message))
        }
    }
}

/// What can be done about a dead letter.
fn hint(reason: &str) -> &'static str {
    let Some(reason) = REASONS.into_iter().find(|known| known.as_str() == reason) else {
        return "a newer version of entralog wrote this reason: use that version";
    };
    match reason {
        Reason::InvalidUtf8 => {
            "the sender wrote bytes that are no text: mend the sender or what lies between, \
             write the mended record to a file and take it in with `entralog ingest --from`"
        }
        Reason::InvalidJson => {
            "it was cut off or is no JSON: look for a limit on message size before the hub, \
             write the mended record to a file and take it in with `entralog ingest --from`"
        }
        Reason::TooDeep => {
            "no log record of Entra is nested like this: find out who may write to the source"
        }
        Reason::NotARecord => {
            "no log record: find out what else writes to the source; there is nothing to mend"
        }
        Reason::MissingCategory => {
            "diagnostic settings always write `category`: let the forwarder keep it, write the \
             record with its category to a file and take it in with `entralog ingest --from`"
        }
        Reason::UnknownCategory => {
            "this version has no table for the category: after an upgrade to one that has, run \
             `entralog dead replay --reason unknown_category`"
        }
        Reason::NoTime => {
            "its times cannot be read: after an upgrade that can, run `entralog dead replay \
             --reason no_time`; else mend the sender that writes them"
        }
    }
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn shortened(detail: &str) -> String {
    match detail.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &detail[..end]),
        None => detail.to_owned(),
    }
}

/// Text for a terminal, which must not obey what somebody wrote into a log.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    shown
}
