//! Stopping in good order: the first SIGTERM or Ctrl-C asks, the second one ends the process.

use tokio_util::sync::CancellationToken;

use super::Exit;

/// A token that is cancelled by the first signal.
pub(super) fn on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping: what was taken in is committed first");
        cancel.cancel();
        signal().await;
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
