//! Runs the statements that it is given on standard input, and says how long each took: one side of
//! `benches/compare/queries.py`, which starts it.
//!
//! A line is a JSON object with `sql`, and `rows` with a path when the result is wanted there as CSV. The answer is a line with
//! `seconds` of wall time from the statement to its last row, `cpu` seconds of the process and the most memory that it
//! has had so far, `peak`, in bytes. Under `cargo test` it answers one statement of its own, to show that it works.

// The numbers are what this program is for.
#![expect(clippy::print_stdout, reason = "a benchmark's data goes to standard output")]

use std::io::BufRead as _;
use std::time::Instant;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use entralog::lake::Lake;
use entralog::query::Session;
use serde::Deserialize;

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
    let (start, before) = (Instant::now(), cpu_seconds()?);
    // As `entralog query` does it: a session a statement.
    let answer = Session::new(lake)?.query(&question.sql).await?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - before);
    if let Some(path) = question.rows {
        let mut writer = arrow::csv::Writer::new(std::fs::File::create(path)?);
        answer.batches.iter().try_for_each(|batch| writer.write(batch))?;
    }
    let rows: usize = answer.batches.iter().map(RecordBatch::num_rows).sum();
    let peak = peak_bytes()?;
    println!("{}", serde_json::json!({"seconds": seconds, "cpu": cpu, "rows": rows, "peak": peak}));
    Ok(())
}

fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').context("an unknown form")?.1.split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    // Linux counts a hundred of them a second for everybody.
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

fn peak_bytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 = peak.context("no VmHWM")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes << 10)
}
