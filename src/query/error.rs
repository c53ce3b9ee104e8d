//! Errors of a query, in the analyst's words.

use datafusion::common::{Column, DataFusionError, SchemaError};

use super::{Limits, sources};
use crate::lake::LakeError;
use crate::suggest::closest;
use crate::watchlist::WatchlistError;

/// Why a query gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The statement is wrong.
    #[error("{0}")]
    Wrong(String),
    /// The statement failed while it ran.
    #[error("query failed: {0}")]
    Failed(String),
    /// The lake could not be read.
    #[error("{0}")]
    Lake(String),
}

/// What a query could have meant, and what it may take.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Names of all functions.
    pub(super) functions: Vec<String>,
    /// Names that the statement gives to what it selects.
    pub(super) aliases: Vec<String>,
    pub(super) limits: Limits,
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        classify(&error, &Surroundings::default())
    }
}

pub(super) fn classify(error: &DataFusionError, around: &Surroundings) -> QueryError {
    // It comes as an error of input and output, of Arrow or of neither, by who spilled.
    if error.to_string().contains(OF_DISK) {
        return out_of_disk(around.limits);
    }
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            classify(inner, around)
        }
        DataFusionError::Shared(inner) => classify(inner, around),
        DataFusionError::Collection(errors) if !errors.is_empty() => classify(&errors[0], around),
        DataFusionError::SchemaError(error, _) => QueryError::Wrong(schema_error(error, around)),
        DataFusionError::SQL(error, _) => {
            QueryError::Wrong(format!("cannot read the SQL: {error}"))
        }
        DataFusionError::Plan(message) => QueryError::Wrong(plan_error(message, around)),
        DataFusionError::NotImplemented(message) => QueryError::Wrong(unsupported(message)),
        DataFusionError::ResourcesExhausted(_) => out_of_memory(around.limits),
        DataFusionError::ArrowError(inner, _) => external(inner.as_ref(), around)
            .unwrap_or_else(|| QueryError::Failed(plain_words(&inner.to_string()))),
        DataFusionError::External(inner) => external(inner.as_ref(), around)
            .unwrap_or_else(|| QueryError::Failed(plain_words(&inner.to_string()))),
        DataFusionError::Internal(message) => QueryError::Failed(format!(
            "this cannot be evaluated ({}); write it in another way, such as with a cast",
            plain_words(message)
        )),
        DataFusionError::Execution(message) => QueryError::Failed(plain_words(message)),
        other => QueryError::Failed(plain_words(&other.strip_backtrace())),
    }
}

/// An error of ours, or one of DataFusion's within another's.
fn external(
    error: &(dyn std::error::Error + 'static),
    around: &Surroundings,
) -> Option<QueryError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(lake) = error.downcast_ref::<LakeError>() {
            return Some(QueryError::Lake(lake.to_string()));
        }
        if let Some(watchlist) = error.downcast_ref::<WatchlistError>() {
            return Some(QueryError::Wrong(watchlist.to_string()));
        }
        if let Some(inner) = error.downcast_ref::<DataFusionError>() {
            return Some(classify(inner, around));
        }
        cause = error.source();
    }
    None
}

fn schema_error(error: &SchemaError, around: &Surroundings) -> String {
    match error {
        SchemaError::FieldNotFound { field, .. }
            if field.relation.is_none() && around.aliases.contains(&field.name) =>
        {
            let name = &field.name;
            format!(
                "{name:?} is the name of something that is selected, which is not known there, such as in WHERE: write what it \
                 stands for, or ask for it in a query around this one"
            )
        }
        SchemaError::FieldNotFound { field, valid_fields } => unknown_column(field, valid_fields),
        SchemaError::AmbiguousReference { field } => {
            let name = &field.name;
            format!("column {name:?} is in several of the tables; say of which, as in t.{name}")
        }
        SchemaError::DuplicateUnqualifiedField { name }
        | SchemaError::DuplicateQualifiedField { name, .. } => {
            format!("two columns are named {name:?}; give one another name with AS")
        }
    }
}

fn unknown_column(field: &Column, valid: &[Column]) -> String {
    let Some(relation) = &field.relation else {
        let names = valid.iter().map(|column| column.name.as_str());
        return unknown("column", &field.name, closest(&field.name, names));
    };
    let of = |column: &&Column| {
        column.relation.as_ref().is_some_and(|own| own.table() == relation.table())
    };
    if valid.iter().any(|column| of(&column)) {
        let names = valid.iter().filter(of).map(|column| column.name.as_str());
        return unknown("column", &field.name, closest(&field.name, names));
    }
    let relations = valid.iter().filter_map(|column| Some(column.relation.as_ref()?.table()));
    unknown("table or alias", relation.table(), closest(relation.table(), relations))
}

fn plan_error(message: &str, around: &Surroundings) -> String {
    if let Some(name) = between(message, "table function '", "' not found") {
        let names = ["_GetWatchlist", "generate_series", "range"];
        return unknown("table function", name, closest(name, names));
    }
    if let Some(name) = between(message, "table '", "' not found") {
        let name = name.rsplit('.').next().unwrap_or(name);
        let names: Vec<_> = sources::all().map(|source| source.name).collect();
        let hint = closest(name, names.iter().map(String::as_str));
        return unknown("table", name, hint);
    }
    if let Some(name) = between(message, "Invalid function '", "'") {
        if let Some((_, here)) = OF_OTHERS.iter().find(|(other, _)| *other == name) {
            return format!("unknown function {name:?}; here it is {here}");
        }
        if around.functions.iter().any(|own| own == name) {
            return format!(
                "{name} looks at other rows: write {name}(…) OVER (ORDER BY …), and WINDOW names only in what is selected"
            );
        }
        return unknown(
            "function",
            name,
            closest(name, around.functions.iter().map(String::as_str)),
        );
    }
    if message.contains("DDL not supported")
        || message.contains("DML not supported")
        || message.contains("Statement not supported")
    {
        return format!("queries only read: {message}");
    }
    if let Some(name) = between(message, "unique expression names but the expression \"", "\" at") {
        let name = name.rsplit(" AS ").next().unwrap_or(name);
        return format!("two columns are named {name:?}; give one another name with AS");
    }
    if let Some(types) = message.split_once("common argument type for comparison operation ") {
        let types = plain_words(types.1);
        return format!("{types}: these cannot be compared; cast one of them to the other's type");
    }
    if message.starts_with("Too many columns! The subquery should only return one column") {
        return "a query beside IN or an operator gives one column; hold several against it with EXISTS (SELECT 1 FROM … \
                WHERE a = … AND b = …), or a join"
            .into();
    }
    if message.starts_with("Substring without for/from") {
        return "substr takes a text, where to begin and how long: substr(UserId, 1, 8)".into();
    }
    if let Some(name) = between(message, "column \"", "\" must appear in the GROUP BY") {
        let name = name.rsplit('.').next().unwrap_or(name);
        return format!("column {name:?} is neither in GROUP BY nor within an aggregate function");
    }
    if let Some(name) = between(message, "Function '", "' failed to match any signature") {
        let given = between(message, "DataType: ", ")").unwrap_or("what it is given");
        let given = plain_words(given);
        return format!(
            "{name} does not take a {given}; convert it first, as in TRY_CAST(… AS double)"
        );
    }
    if let Some((name, rest)) = between_rest(message, "Function '", "' requires ")
        && let Some((wanted, given)) = rest.split_once(", but received ")
    {
        let given = given.split(" (DataType").next().unwrap_or(given);
        return plain_words(&format!("{name} takes a {}, not a {given}", wanted.to_lowercase()));
    }
    plain_words(message)
}

fn unsupported(message: &str) -> String {
    if let Some(operator) = between(message, "Unsupported binary operator: Custom(\"", "\")") {
        return format!("there is no operator {operator}; put a space between two of them");
    }
    if message == "TOP" {
        return "not supported: TOP; write LIMIT 10 at the end".into();
    }
    if message.starts_with("Conflicting ordering requirements in aggregate") {
        return "the aggregate functions of a query may have one ORDER BY among them; \
                a string_agg that is sorted by its own value needs none"
            .into();
    }
    if let Some((_, what)) =
        message.split_once("Physical plan does not support logical expression ")
    {
        let advice = match what.split(['(', ' ']).next() {
            Some("AggregateFunction") => {
                "an aggregate function cannot stand there, such as in GROUP BY; groups are chosen with HAVING"
            }
            Some("WindowFunction") => {
                "a window function cannot stand there; select it in a query inside, and ask for its column"
            }
            _ => {
                "a query cannot refer to the one around it, or to a table beside it, in this way; write it as a join with a \
                 query that is grouped, or ranked by row_number(), and of an array as FROM SigninLogs s, UNNEST(s.X) AS t(x)"
            }
        };
        return format!("not supported: {advice}");
    }
    // A part of the statement as the parser holds it.
    let message = match message.find(" { ").filter(|_| message.contains("Span(Location")) {
        Some(at) => message[..at].trim_end_matches(|last: char| last.is_alphanumeric()).trim(),
        None => message,
    };
    format!("not supported: {}", plain_words(message))
}

/// What functions of Kusto and of other databases are here, where the name is another.
const OF_OTHERS: &[(&str, &str)] = &[
    ("arg_max", "last_value(… ORDER BY TimeGenerated)"),
    ("arg_min", "first_value(… ORDER BY TimeGenerated)"),
    ("bag_keys", "json_object_keys(…)"),
    ("base64_decode_tostring", "CAST(decode(…, 'base64') AS varchar)"),
    ("charindex", "strpos(text, what)"),
    ("count_big", "count(…)"),
    ("count_if", "count(*) FILTER (WHERE …)"),
    ("countif", "count(*) FILTER (WHERE …)"),
    ("date_diff", "a difference of times, t2 - t1"),
    ("dateadd", "t + INTERVAL '1 day'"),
    ("datediff", "a difference of times, t2 - t1"),
    ("datetime", "TIMESTAMPTZ '2026-01-05T10:00:00Z'"),
    ("datetime_diff", "a difference of times, t2 - t1"),
    ("datetime_part", "extract(hour FROM …)"),
    ("day", "extract(day FROM …)"),
    ("dayname", "to_char(…, '%A')"),
    ("dayofmonth", "extract(day FROM …)"),
    ("dayofweek", "extract(dow FROM …), where Sunday is 0"),
    ("dayofyear", "extract(doy FROM …)"),
    ("dcount", "count(DISTINCT …), or distinct_approx(…)"),
    ("dcountif", "count(DISTINCT …) FILTER (WHERE …)"),
    ("endofday", "bin(…, '1d') + INTERVAL '1 day'"),
    ("epoch", "extract(epoch FROM …)"),
    ("extract_json", "column->>'key'"),
    ("format", "to_char(…, '%Y-%m-%d')"),
    ("format_datetime", "to_char(TimeGenerated, '%H:%M')"),
    ("geo_distance_2points", "haversine_km(lat1, lon1, lat2, lon2)"),
    ("getdate", "now()"),
    ("group_concat", "string_agg(…, ', ')"),
    ("hour", "extract(hour FROM …)"),
    ("hourofday", "extract(hour FROM …)"),
    ("if", "CASE WHEN … THEN … ELSE … END"),
    ("iff", "CASE WHEN … THEN … ELSE … END"),
    ("iif", "CASE WHEN … THEN … ELSE … END"),
    ("indexof", "strpos(text, what) - 1"),
    ("ipv4_is_in_range", "ip_in_cidr(IPAddress, '10.0.0.0/8')"),
    ("ipv4_is_match", "ip_in_cidr(IPAddress, '10.0.0.0/8')"),
    ("ipv4_is_private", "ip_is_private(IPAddress)"),
    ("ipv6_is_in_range", "ip_in_cidr(IPAddress, '2001:db8::/32')"),
    ("isempty", "column IS NULL OR column = ''"),
    ("isnotempty", "column <> ''"),
    ("isnotnull", "column IS NOT NULL"),
    ("isnull", "column IS NULL, or coalesce(…)"),
    ("json_array_elements", "UNNEST(column)"),
    ("json_extract", "column->'key'"),
    ("json_extract_string", "column->>'key'"),
    ("json_query", "column->'key'"),
    ("jsonb_array_elements", "UNNEST(column)"),
    ("len", "length(…)"),
    ("list", "array_agg(…)"),
    ("listagg", "string_agg(…, ', ')"),
    ("make_list", "array_agg(…)"),
    ("make_set", "array_agg(DISTINCT …)"),
    ("max_by", "last_value(… ORDER BY …)"),
    ("min_by", "first_value(… ORDER BY …)"),
    ("minute", "extract(minute FROM …)"),
    ("mode", "count(*) … GROUP BY … ORDER BY count(*) DESC LIMIT 1"),
    ("month", "extract(month FROM …)"),
    ("monthofyear", "extract(month FROM …)"),
    ("mv_expand", "UNNEST(column)"),
    ("next", "lead(…) OVER (ORDER BY …)"),
    ("openjson", "UNNEST(column)"),
    ("parse_json", "column->>'key', which needs no parsing"),
    ("prev", "lag(…) OVER (ORDER BY …)"),
    ("regexp_extract", "regexp_match(text, '…')[1]"),
    ("regexp_matches", "regexp_like(text, '…')"),
    ("startofday", "date_trunc('day', …), or bin(…, '1d')"),
    ("startofmonth", "date_trunc('month', …)"),
    ("startofweek", "date_trunc('week', …), which begins on a Monday"),
    ("startofyear", "date_trunc('year', …)"),
    ("strcat", "concat(…), or ||"),
    ("strcat_array", "array_to_string(…, ', ')"),
    ("strftime", "to_char(TimeGenerated, '%H:%M')"),
    ("strlen", "length(…)"),
    ("sumif", "sum(…) FILTER (WHERE …)"),
    ("time_bucket", "bin(TimeGenerated, '1h')"),
    ("timestampdiff", "a difference of times, t2 - t1"),
    ("tobool", "CAST(… AS boolean)"),
    ("todatetime", "CAST(… AS timestamp)"),
    ("todouble", "TRY_CAST(… AS double)"),
    ("todynamic", "column->>'key', which needs no parsing"),
    ("toint", "TRY_CAST(… AS bigint)"),
    ("tolong", "TRY_CAST(… AS bigint)"),
    ("tolower", "lower(…)"),
    ("tostring", "CAST(… AS varchar)"),
    ("toupper", "upper(…)"),
    ("week", "extract(week FROM …)"),
    ("week_of_year", "extract(week FROM …)"),
    ("year", "extract(year FROM …)"),
];

fn unknown(what: &str, name: &str, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("unknown {what} {name:?}; did you mean {hint:?}?"),
        None if what == "table" => {
            let names: Vec<_> = sources::all().map(|source| source.name).collect();
            format!("unknown table {name:?}; the lake has {}", names.join(", "))
        }
        None if what == "column" => {
            format!(
                "unknown column {name:?}; `DESCRIBE TableName` lists the columns, and text stands in single quotes"
            )
        }
        None if what == "function" => {
            format!("unknown function {name:?}; `SHOW FUNCTIONS` lists them")
        }
        None => format!("unknown {what} {name:?}"),
    }
}

/// The setting that DataFusion names when the disk is full.
const OF_DISK: &str = "max_temp_directory_size";

fn out_of_disk(limits: Limits) -> QueryError {
    let limit = size(limits.spill);
    QueryError::Failed(format!(
        "it needs more than {limit} on disk; ask for less, or raise `query.spill`"
    ))
}

/// What is said of a query that needs more memory than it may have.
pub(super) fn out_of_memory(limits: Limits) -> QueryError {
    let limit = size(limits.memory as u64);
    QueryError::Failed(format!(
        "it needs more than {limit} of memory; ask for less, or raise `query.memory`"
    ))
}

fn size(bytes: u64) -> String {
    match bytes >> 30 {
        0 => format!("{} MB", bytes >> 20),
        _ => format!("{:.1} GB", bytes as f64 / f64::from(1 << 30)),
    }
}

/// DataFusion's names of things in an analyst's.
const WORDS: &[(&str, &str)] = &[
    ("entralog.lake.", ""),
    ("entralog.scratch.", ""),
    ("Error during planning: ", ""),
    ("Internal error: ", ""),
    ("Execution error: ", ""),
    ("Arrow error: ", ""),
    ("Cast error: ", ""),
    ("Parser error: ", ""),
    ("While expanding wildcard, ", ""),
    ("\n", " "),
    ("Optimizer rule 'simplify_expressions' failed", ""),
    ("Timestamp(Microsecond, Some(\"UTC\"))", "datetime"),
    ("Timestamp(µs, \"UTC\")", "datetime"),
    ("Timestamp(ns, \"+00:00\")", "datetime"),
    ("Interval(MonthDayNano)", "interval"),
    ("LargeUtf8", "string"),
    ("Utf8View", "string"),
    ("Utf8", "string"),
    ("Int64", "long"),
    ("Int32", "int"),
    ("Float64", "real"),
    ("Boolean", "bool"),
];

/// What DataFusion says, without what only its developers understand.
fn plain_words(message: &str) -> String {
    // What follows is for those who would mend DataFusion, or repeats the whole statement.
    let ends = [
        "\n\nbacktrace:",
        "This issue was likely caused",
        ", currently only ",
        " Candidate functions:",
        "\nCandidate functions:",
        "\n\tCandidate functions:",
        " You might need to add explicit type casts",
        "caused by\n",
    ];
    let mut message = message.to_owned();
    for end in ends {
        if let Some(at) = message.find(end)
            && at > 0
        {
            message.truncate(at);
        }
    }
    for (theirs, ours) in WORDS {
        message = message.replace(theirs, ours);
    }
    let message = message.trim().trim_end_matches('.');
    if message.starts_with("Cannot cast string") {
        return format!("{message}; TRY_CAST gives null instead");
    }
    match between(message, "Error parsing timestamp from '", "'") {
        Some(text) => {
            format!("'{text}' is no time; write one as '2026-01-31T12:00:00Z', or as ago('7d')")
        }
        None => message.to_owned(),
    }
}

/// What is between two texts, and what follows them.
fn between_rest<'a>(text: &'a str, before: &str, after: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(before)?.1.split_once(after)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}
