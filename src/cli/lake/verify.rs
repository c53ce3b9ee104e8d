//! `entralog lake verify`: what is missing, damaged or doubled in the lake.

use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::cli::output::{self, Format};
use crate::lake::LakeError;
use crate::verify::{Depth, Verification, verify};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Only look which commits and files are there, and at the sizes of files; read no data
    #[arg(long)]
    quick: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    level: &'static str,
    check: &'static str,
    table: Option<&'static str>,
    place: &'a str,
    detail: &'a str,
    remedy: &'static str,
}

pub(in crate::cli) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let lake = context.lake()?;
    if lake.present_tables().await?.is_empty() {
        return Err(LakeError::NoLake { location: lake.location() }.into());
    }
    let depth = if arguments.quick { Depth::Quick } else { Depth::Full };
    let verification = verify(&lake, depth).await?;
    print(&verification, context.format())?;
    let Verification { tables, files, bytes, rows, partitions, .. } = verification;
    let problems = verification.problems().count();
    if problems == 0 {
        tracing::info!(tables, files, bytes, rows, partitions, "nothing is wrong");
        return Ok(Exit::Done);
    }
    tracing::error!(
        problems,
        tables,
        files,
        bytes,
        rows,
        partitions,
        "the lake is not as it should be"
    );
    Ok(Exit::Findings)
}

fn print(verification: &Verification, format: Format) -> Result<(), Failure> {
    let rows: Vec<_> = verification
        .findings
        .iter()
        .map(|finding| Row {
            level: finding.level.as_str(),
            check: finding.check.as_str(),
            table: finding.table,
            place: &finding.place,
            detail: &finding.detail,
            remedy: finding.remedy,
        })
        .collect();
    if rows.is_empty() && format == Format::Table {
        return Ok(());
    }
    output::print_rows(&rows, format)
}
