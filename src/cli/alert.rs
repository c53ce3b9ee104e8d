//! `entralog alert`: what was raised, and whether it was delivered.

use super::{Context, Exit, Failure, output};
use crate::query::{ScalarValue, Session};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List alerts, the newest findings first
    List {
        /// How many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show one alert with its details and deliveries
    Show {
        /// `SystemAlertId`, or how it begins
        id: String,
    },
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    let session = Session::new(&context.existing_lake().await?)?;
    match command {
        Command::List { limit } => {
            let sql = format!(
                "SELECT a.SystemAlertId, a.StartTime, a.EndTime, a.AlertSeverity, a._RuleId AS Rule,
                        a.CompromisedEntity, coalesce(d.Delivery, 'none') AS Delivery
                 FROM SecurityAlert a LEFT JOIN (
                   SELECT SystemAlertId, array_to_string(array_agg(DISTINCT Destination || ': ' || Outcome
                          ORDER BY Destination || ': ' || Outcome), ', ') AS Delivery
                   FROM AlertDeliveries GROUP BY SystemAlertId) d ON a.SystemAlertId = d.SystemAlertId
                 ORDER BY a.EndTime DESC, a.SystemAlertId LIMIT {limit}"
            );
            let answer = session.query(&sql).await?;
            output::print(&answer.schema, &answer.batches, context.format())?;
        }
        Command::Show { id } => {
            let sql = "SELECT * FROM SecurityAlert WHERE starts_with(SystemAlertId, $id)";
            let start = ScalarValue::from(id.as_str());
            let alert = session.query_with(sql, &[("id", start)]).await?;
            let rows: Vec<serde_json::Map<String, serde_json::Value>> =
                crate::table::from_batches(&alert.batches)
                    .map_err(|error| Failure::new(Exit::Wrong, error.into()))?;
            match rows.as_slice() {
                [] => {
                    let message = format!("no alert {id:?}; `entralog alert list` lists them");
                    return Err(Failure::said(Exit::Wrong, message));
                }
                [row] => {
                    let full = row["SystemAlertId"].as_str().unwrap_or_default();
                    let sql = "SELECT TimeGenerated, Destination, Attempt, Outcome, StatusCode, Error
                               FROM AlertDeliveries WHERE SystemAlertId = $id ORDER BY TimeGenerated";
                    let full = ScalarValue::from(full);
                    let deliveries = session.query_with(sql, &[("id", full)]).await?;
                    output::print_record(row, context.format())?;
                    if matches!(context.format(), output::Format::Table) {
                        output::print(&deliveries.schema, &deliveries.batches, context.format())?;
                    }
                }
                rows => {
                    let message =
                        format!("{} alerts begin with {id:?}; write more of it", rows.len());
                    return Err(Failure::said(Exit::Usage, message));
                }
            }
        }
    }
    Ok(Exit::Done)
}
