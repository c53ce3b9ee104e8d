//! Threads that statements run on, apart from those of the shell.
//!
//! A query may compute for long without a pause, and can be stopped only in one. So that the shell answers
//! meanwhile, and the next query does not wait for the end of a cancelled one, that one keeps its threads
//! until it pauses, and the next one gets others.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Threads for statements.
pub(super) struct Workers(Option<Runtime>);

impl Workers {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Some(Builder::new_multi_thread().enable_all().build()?)))
    }

    pub(super) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match &self.0 {
            Some(runtime) => runtime.spawn(work),
            None => tokio::spawn(work),
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // Waiting for what runs is what this is to avoid.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
