//! What a process has taken, as Linux counts it.

use std::path::Path;

use anyhow::Context as _;

/// What a process has taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// The most memory that it has had, in bytes.
    pub(crate) peak: u64,
    /// CPU seconds.
    pub(crate) cpu: f64,
}

/// What the process of a directory in `/proc` has taken.
///
/// # Errors
/// It is gone, or this is another system than Linux.
pub(crate) fn taken(process: &Path) -> anyhow::Result<Taken> {
    let status = std::fs::read_to_string(process.join("status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 = peak.context("no VmHWM")?.trim().trim_end_matches(" kB").parse()?;
    let stat = std::fs::read_to_string(process.join("stat"))?;
    // The name of the program may hold anything, but ends with the last parenthesis.
    let fields = stat.rsplit_once(')').context("an unknown form")?.1.split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    // There are a hundred of them a second for everybody.
    Ok(Taken { peak: kilobytes << 10, cpu: ticks.iter().sum::<f64>() / 100.0 })
}
