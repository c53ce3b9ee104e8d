//! Saved queries in the shell.

use std::collections::BTreeMap;

use chrono::Utc;
use serde::Serialize;

use crate::cli::saved::library;
use crate::cli::{Context, Exit, Failure, time_argument};
use crate::saved::{self, Bound, SavedQuery};

/// A saved query, as it is listed.
#[derive(Serialize)]
pub(super) struct Row {
    name: String,
    title: String,
    parameters: String,
}

/// Names of the saved queries with those of their parameters. What cannot be read is not completed.
pub(super) fn names(context: &Context) -> BTreeMap<String, Vec<String>> {
    let queries = saved::load(&context.config.queries.paths()).map(|library| library.queries);
    queries
        .unwrap_or_default()
        .into_iter()
        .map(|query| (query.name.clone(), parameters(&query)))
        .collect()
}

/// The saved queries whose name or title contains a text.
pub(super) fn rows(context: &Context, text: &str) -> Result<Vec<Row>, Failure> {
    let wanted = text.to_lowercase();
    let is_like = |text: &str| text.to_lowercase().contains(&wanted);
    let queries = library(context)?.queries;
    let found = queries.iter().filter(|query| is_like(&query.name) || is_like(&query.title));
    let row = |query: &SavedQuery| Row {
        name: query.name.clone(),
        title: query.title.clone(),
        parameters: parameters(query).join(" "),
    };
    Ok(found.map(row).collect())
}

/// The statement of a saved query and its values: those that are given by name and text, `since` and `until`
/// among them, else its defaults.
pub(super) fn bound(
    context: &Context,
    name: &str,
    given: Vec<(String, String)>,
) -> Result<(String, Bound), Failure> {
    let library = library(context)?;
    let query = library.find(name)?;
    let is_time = |(name, _): &(String, String)| name == "since" || name == "until";
    let (times, given): (Vec<_>, Vec<_>) = given.into_iter().partition(is_time);
    let time = |wanted: &str| {
        let mut times = times.iter().filter(|(name, _)| name == wanted);
        let time = times.next().map(|(_, text)| time_argument(text)).transpose();
        time.map_err(|error| Failure::said(Exit::Usage, format!("`{wanted}`: {error}")))
    };
    let bound = query.bind(&given, time("since")?, time("until")?, Utc::now())?;
    Ok((query.sql.clone(), bound))
}

fn parameters(query: &SavedQuery) -> Vec<String> {
    query.parameters.iter().map(|parameter| parameter.name.clone()).collect()
}
