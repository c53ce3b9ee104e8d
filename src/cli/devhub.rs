//! `entralog devhub`: an Event Hubs namespace on this machine.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{Context, Exit, Failure, stop};
use crate::devhub::{Devhub, DevhubConfig};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Hubs in the form of the Event Hubs emulator's Config.json [default: hubs of Entra's
    /// sign-in, non-interactive sign-in and audit logs]
    #[arg(long, value_name = "FILE")]
    hubs: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 5672)]
    port: u16,
}

pub(super) async fn run(_context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let wrong = |error| Failure::new(Exit::Usage, error);
    let config = match &arguments.hubs {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                wrong(anyhow::anyhow!("cannot read {}: {error}", path.display()))
            })?;
            DevhubConfig::from_json(&text)
                .map_err(|error| wrong(anyhow::anyhow!("{}: {error}", path.display())))?
        }
        None => DevhubConfig::default(),
    };
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), arguments.port);
    let devhub = Devhub::start(&config, address)
        .await
        .map_err(|error| Failure::new(Exit::Unreachable, error.into()))?;
    for (hub, partitions) in config.hubs() {
        tracing::info!(hub, partitions, "ready");
    }
    tracing::info!("connection string, on standard output; Ctrl-C ends the devhub:");
    writeln!(std::io::stdout(), "{}", devhub.connection_string())?;
    stop::on_signal(Duration::MAX).cancelled().await;
    devhub.shutdown().await;
    Ok(Exit::Done)
}
