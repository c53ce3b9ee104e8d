//! `entralog table`: list tables, show the columns of one, and what of the records has none.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;

use super::{Context, Exit, Failure, output};
use crate::drift::drift;
use crate::table::{self, Column, Origin, Table};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the tables, with the log categories that go into them
    List,
    /// Show the columns of a table: type, where the value comes from, and what it means
    Show(ShowArguments),
    /// Count what of the records has no column or does not fit its column: what Microsoft changed
    Drift(DriftArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    /// Name of the table, such as `SigninLogs`
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct DriftArguments {
    /// Names of tables [default: all log tables]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only rows of the last so many days
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
}

pub(super) async fn run(context: &Context, command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::List => list(context),
        Command::Show(arguments) => {
            output::print_rows(&columns(named(&arguments.name)?), context.format())?;
            Ok(Exit::Done)
        }
        Command::Drift(arguments) => show_drift(context, arguments).await,
    }
}

async fn show_drift(context: &Context, arguments: &DriftArguments) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Row {
        table: &'static str,
        property: String,
        change: &'static str,
        column: Option<&'static str>,
        rows: u64,
        first: String,
        last: String,
        example: String,
    }
    let tables = match arguments.names.as_slice() {
        [] => table::logs().to_vec(),
        names => names.iter().map(|name| named(name)).collect::<Result<_, _>>()?,
    };
    let since = arguments.days.map(|days| Utc::now() - TimeDelta::days(i64::from(days)));
    let lake = context.existing_lake().await?;
    let mut rows = Vec::new();
    for table in tables.into_iter().filter(|table| table.is_log()) {
        for drift in drift(&lake, table, since).await? {
            rows.push(Row {
                table: table.name,
                property: drift.property,
                change: drift.change.as_str(),
                column: drift.column,
                rows: drift.rows,
                first: time(drift.first),
                last: time(drift.last),
                example: drift.example,
            });
        }
    }
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

fn time(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(String::new, |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn list(context: &Context) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        columns: usize,
        categories: String,
        about: &'static str,
    }
    let row = |table: &&'static Table| Row {
        name: table.name,
        columns: table.all_columns().count(),
        categories: table.categories.join(", "),
        about: table.about,
    };
    let rows: Vec<_> = table::all().iter().map(row).collect();
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

/// A column, as it is shown.
#[derive(Serialize)]
pub(super) struct ColumnRow {
    column: &'static str,
    r#type: &'static str,
    from: String,
    meaning: &'static str,
}

/// The columns of a table.
pub(super) fn columns(table: &'static Table) -> Vec<ColumnRow> {
    let row = |column: &'static Column| ColumnRow {
        column: column.name,
        r#type: column.kind.as_str(),
        from: from(table, column),
        meaning: column.about,
    };
    table.all_columns().map(row).collect()
}

/// The tables of these names, or all.
pub(super) fn all_or(names: &[String]) -> Result<Vec<&'static Table>, Failure> {
    match names {
        [] => Ok(table::all().to_vec()),
        names => names.iter().map(|name| named(name)).collect(),
    }
}

/// The table of this name; whoever gives a category is told its table.
pub(super) fn named(name: &str) -> Result<&'static Table, Failure> {
    table::by_name(name).ok_or_else(|| {
        let names = table::all().iter().map(|table| table.name);
        let of_category = table::by_category(name).map(|table| table.name);
        let hint = of_category.or_else(|| crate::suggest::closest(name, names));
        let hint = hint.map_or_else(
            || "`entralog table list` names them".to_owned(),
            |hint| format!("did you mean {hint:?}?"),
        );
        Failure::said(Exit::Usage, format!("unknown table {name:?}; {hint}"))
    })
}

/// Where the value comes from: places in the raw record, other columns, or who fills it.
fn from(table: &Table, column: &Column) -> String {
    match column.origin {
        Origin::Constant(value) => format!("constant {value:?}"),
        Origin::Record([]) => "- nothing".to_owned(),
        // Raw records are not asked for columns of our own.
        Origin::Property if !table.is_log() || column.name.starts_with('_') => {
            "- entralog".to_owned()
        }
        Origin::Derived(_) => {
            let mut derived = table.derived().into_iter();
            let derived = derived.find(|derived| derived.column.name == column.name);
            derived.map_or_else(String::new, |derived| derived.to_string())
        }
        Origin::Property | Origin::Record(_) => column.places().join(" or "),
    }
}
