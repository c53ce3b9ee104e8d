//! A question of known logs, and what its answer must hold.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use serde_json::Value;

/// A question.
pub(super) struct Case {
    pub(super) query: &'static str,
    pub(super) parameters: Vec<&'static str>,
    pub(super) logs: Logs,
    pub(super) checks: Vec<Check>,
}

/// Which of the known logs it is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logs {
    /// Thirty days of a made-up tenant.
    Sample,
    /// The second half of these, so that the first is the baseline.
    SecondHalf,
    /// `rows.ndjson`: the first week of March.
    Rows,
}

/// Columns of one row, or how many rows there are.
pub(super) enum Check {
    /// As many rows.
    Count(usize),
    /// The row at this place has these columns.
    At(usize, Value),
    /// Some row has these columns.
    Has(Value),
    /// No row has these columns.
    Lacks(Value),
}

impl Logs {
    pub(super) fn time(self) -> (&'static str, &'static str) {
        match self {
            Self::Sample => ("2026-01-05T00:00:00Z", "2026-02-04T00:00:00Z"),
            Self::SecondHalf => ("2026-01-20T00:00:00Z", "2026-02-04T00:00:00Z"),
            Self::Rows => ("2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z"),
        }
    }
}

impl Case {
    pub(super) fn with(mut self, parameter: &'static str) -> Self {
        self.parameters.push(parameter);
        self
    }

    fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    pub(super) fn count(self, rows: usize) -> Self {
        self.check(Check::Count(rows))
    }

    pub(super) fn first(self, columns: Value) -> Self {
        self.check(Check::At(0, columns))
    }

    pub(super) fn second(self, columns: Value) -> Self {
        self.check(Check::At(1, columns))
    }

    pub(super) fn has(self, columns: Value) -> Self {
        self.check(Check::Has(columns))
    }

    pub(super) fn lacks(self, columns: Value) -> Self {
        self.check(Check::Lacks(columns))
    }

    /// The parameters without which the query does not run.
    pub(super) fn required(&self) -> Vec<&'static str> {
        let required = ["user=", "ip=", "app=", "actor=", "object=", "account="];
        let is_required =
            |parameter: &&&str| required.iter().any(|name| parameter.starts_with(name));
        self.parameters.iter().filter(is_required).copied().collect()
    }

    /// What is wrong with an answer.
    pub(super) fn differs(&self, rows: &[Value]) -> Option<String> {
        let wrong = self.checks.iter().find_map(|check| match check {
            Check::Count(count) => (rows.len() != *count).then(|| format!("not {count} rows")),
            Check::At(place, columns) => {
                let matches = rows.get(*place).is_some_and(|row| holds(row, columns));
                (!matches).then(|| format!("row {place} is not {columns}"))
            }
            Check::Has(columns) => {
                let found = rows.iter().any(|row| holds(row, columns));
                (!found).then(|| format!("no row is {columns}"))
            }
            Check::Lacks(columns) => {
                let found = rows.iter().any(|row| holds(row, columns));
                found.then(|| format!("a row is {columns}"))
            }
        });
        let shown: Vec<_> = rows.iter().take(5).map(ToString::to_string).collect();
        wrong.map(|wrong| {
            let (query, all, shown) = (self.query, rows.len(), shown.join("\n  "));
            format!("{query} {:?}: {wrong}; of {all} rows:\n  {shown}", self.parameters)
        })
    }
}

/// Whether a row has all these columns with these values; a column that is not there is wrong.
fn holds(row: &Value, columns: &Value) -> bool {
    columns.as_object().unwrap().iter().all(|(name, value)| row.get(name) == Some(value))
}

pub(super) fn ask(query: &'static str, logs: Logs) -> Case {
    Case { query, parameters: Vec::new(), logs, checks: Vec::new() }
}
