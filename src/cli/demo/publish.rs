//! The sample logs into the devhub, through Microsoft's own producer client.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use azure_messaging_eventhubs::models::EventData;
use azure_messaging_eventhubs::{EventDataBatchOptions, EventHubsError, ProducerClient};

use super::super::progress::Progress;
use super::{Exit, Failure};
use crate::devhub::Devhub;
use crate::source::file::expand;

/// Partitions of each hub.
pub(super) const PARTITIONS: usize = 2;

/// How long a batch may wait for its acknowledgement. The client can miss one and then waits for
/// ever; whether the batch arrived is asked of the devhub.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);

/// How long a batch is tried for, and the pause after an attempt.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

/// The hubs that the sample is for: each has a directory of its name.
pub(super) fn hubs(logs: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in logs.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Publishes every message body, and gives their number.
pub(super) async fn publish(devhub: &Devhub, logs: &Path) -> Result<u64, Failure> {
    let mut published = 0;
    for hub in hubs(logs)? {
        let progress = Progress::new(&hub);
        let bodies = bodies(&logs.join(&hub))?;
        let client = open(devhub, &hub).await?;
        let mut publisher = Publisher { devhub, hub: &hub, client, partition: 0, sent: 0 };
        let mut rest = bodies.as_slice();
        while !rest.is_empty() {
            let taken = publisher.send_batch(rest).await?;
            rest = &rest[taken..];
            progress.set(publisher.sent, bodies.len());
        }
        published += publisher.sent as u64;
        progress.finish();
        let closing = publisher.client.close();
        let _ = tokio::time::timeout(Duration::from_secs(2), closing).await;
    }
    Ok(published)
}

struct Publisher<'a> {
    devhub: &'a Devhub,
    hub: &'a str,
    client: ProducerClient,
    partition: usize,
    sent: usize,
}

impl Publisher<'_> {
    /// Sends as many bodies as fit into one batch, to the partitions in turn.
    ///
    /// A producer cannot know of a batch whose acknowledgement it missed whether it arrived; here
    /// the devhub knows, so nothing is sent twice.
    async fn send_batch(&mut self, bodies: &[Vec<u8>]) -> Result<usize, Failure> {
        self.partition = (self.partition + 1) % PARTITIONS;
        let before = self.last_sequence_number()?;
        let give_up = Instant::now() + PATIENCE;
        loop {
            let sent = tokio::time::timeout(ACKNOWLEDGED_WITHIN, self.try_send(bodies)).await;
            let reason = match sent {
                Ok(Ok(taken)) => {
                    self.sent += taken;
                    return Ok(taken);
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no acknowledgement".to_owned(),
            };
            tracing::debug!(hub = self.hub, reason, "batch not acknowledged");
            if Instant::now() >= give_up {
                return Err(failed(self.hub, &reason));
            }
            tokio::time::sleep(PAUSE).await;
            if let Ok(client) = open(self.devhub, self.hub).await {
                self.client = client;
            }
            let arrived =
                usize::try_from(self.last_sequence_number()? - before).unwrap_or_default();
            if arrived > 0 {
                self.sent += arrived;
                return Ok(arrived);
            }
        }
    }

    async fn try_send(&self, bodies: &[Vec<u8>]) -> Result<usize, EventHubsError> {
        let options = EventDataBatchOptions {
            partition_id: Some(self.partition.to_string()),
            ..EventDataBatchOptions::default()
        };
        let batch = self.client.create_batch(Some(options)).await?;
        let mut taken = 0;
        for body in bodies {
            let event = EventData::builder().with_body(body.clone()).build();
            if !batch.try_add_event_data(event, None)? {
                break;
            }
            taken += 1;
        }
        self.client.send_batch(batch, None).await?;
        Ok(taken)
    }

    fn last_sequence_number(&self) -> Result<i64, Failure> {
        self.devhub
            .last_sequence_number(self.hub, self.partition)
            .map_err(|error| Failure::new(Exit::Unreachable, error.into()))
    }
}

async fn open(devhub: &Devhub, hub: &str) -> Result<ProducerClient, Failure> {
    ProducerClient::builder()
        .with_custom_endpoint(format!("amqp://{}", devhub.local_addr()))
        .open_with_connection_string(&devhub.connection_string(), Some(hub))
        .await
        .map_err(|error| failed(hub, &error.to_string()))
}

fn bodies(directory: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let mut bodies = Vec::new();
    for path in expand(&[directory.to_owned()])? {
        for line in BufReader::new(std::fs::File::open(path)?).lines() {
            bodies.push(line?.into_bytes());
        }
    }
    Ok(bodies)
}

fn failed(hub: &str, reason: &str) -> Failure {
    Failure::said(Exit::Unreachable, format!("publishing to {hub}: {reason}"))
}
