//! Stopping in good order: the first SIGTERM or Ctrl-C asks, the second one ends the process, and so does a deadline.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Exit;

/// A token that is cancelled by the first signal; whoever does not end within the deadline is ended.
pub(super) fn on_signal(deadline: Duration) -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping: what was taken in is committed first");
        cancel.cancel();
        if tokio::time::timeout(deadline, signal()).await.is_err() {
            tracing::error!(
                "not all that was taken in could be committed within {} s; the rest is read again at the next start",
                deadline.as_secs()
            );
        }
        std::process::exit(Exit::Unreachable as i32);
    });
    token
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
