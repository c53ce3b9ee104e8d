//! Runs the statements that it is given on standard input, and says how long each took: one side of
//! `benches/compare/queries.py`, which starts it.
//!
//! A line is a JSON object with `sql`, and `rows` with a path when the result is wanted there as CSV. The answer is a line with
//! `seconds` of wall time from the statement to its last row, `cpu` seconds of the process and the most memory that it
//! has had so far, `peak`, in bytes. Under `cargo test` it answers one statement of its own, to show that it works.

// The numbers are what this program is for.
#![expect(clippy::print_stdout, reason = "a benchmark's data goes to standard output")]

mod process;

use std::io::BufRead as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use entralog::lake::Lake;
use entralog::query::Session;
use serde::Deserialize;

use process::taken;

#[derive(Debug, Deserialize)]
struct Question {
    sql: String,
    rows: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut lake = None;
    while let Some(argument) = arguments.next() {
        if argument == "--lake" {
            lake = Some(arguments.next().context("--lake needs a path")?);
        }
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let Some(lake) = lake else {
            let sql = "SELECT 1 AS one".to_owned();
            return answer(&Lake::in_memory(), Question { sql, rows: None }).await;
        };
        let lake = Lake::open(&lake)?;
        for line in std::io::stdin().lock().lines() {
            answer(&lake, serde_json::from_str(&line?)?).await?;
        }
        Ok(())
    })
}

async fn answer(lake: &Lake, question: Question) -> anyhow::Result<()> {
    let this = Path::new("/proc/self");
    let (start, before) = (Instant::now(), taken(this)?.cpu);
    // As `entralog query` does it: a session a statement.
    let answer = Session::new(lake)?.query(&question.sql).await?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), taken(this)?.cpu - before);
    if let Some(path) = question.rows {
        let mut writer = arrow::csv::Writer::new(std::fs::File::create(path)?);
        answer.batches.iter().try_for_each(|batch| writer.write(batch))?;
    }
    let rows: usize = answer.batches.iter().map(RecordBatch::num_rows).sum();
    let peak = taken(this)?.peak;
    println!("{}", serde_json::json!({"seconds": seconds, "cpu": cpu, "rows": rows, "peak": peak}));
    Ok(())
}
