//! What a query may take: memory, disk to spill to, and time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use datafusion::common::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};

/// What the queries of a session may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory, beyond which they spill to disk or end.
    pub memory: usize,
    /// Bytes on disk that they may spill.
    pub spill: u64,
    /// How long each may take; for ever if not given.
    pub timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 1 << 30, spill: 16 << 30, timeout: None }
    }
}

/// What directories that are spilled to are called, before the id of their process.
const PREFIX: &str = "entralog-spill-";

/// A directory that a session spills to; it goes with the session.
#[derive(Debug)]
pub(super) struct SpillDirectory(PathBuf);

impl SpillDirectory {
    /// Makes one, and removes those of processes that were killed; `None` where none can be made.
    fn new() -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let parent = std::env::temp_dir();
        if number == 0 {
            remove_abandoned(&parent);
        }
        let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        std::fs::create_dir(&path).is_ok().then_some(Self(path))
    }
}

impl Drop for SpillDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Only where the system tells which processes live.
fn remove_abandoned(parent: &Path) {
    let processes = Path::new("/proc");
    if !processes.join(std::process::id().to_string()).exists() {
        return;
    }
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let process = process.and_then(|rest| rest.split_once('-')).map(|(process, _)| process);
        if let Some(process) = process.and_then(|process| process.parse::<u32>().ok())
            && !processes.join(process.to_string()).exists()
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The surroundings of a session that takes no more than its limits.
pub(super) fn runtime(limits: Limits) -> Result<(Arc<RuntimeEnv>, Option<SpillDirectory>)> {
    let directory = SpillDirectory::new();
    let mode = match &directory {
        Some(directory) => DiskManagerMode::Directories(vec![directory.0.clone()]),
        None => DiskManagerMode::Disabled,
    };
    let disk =
        DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(limits.spill);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory)))
        .with_disk_manager_builder(disk)
        .build_arc()?;
    Ok((runtime, directory))
}
