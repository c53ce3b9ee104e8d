//! The guarded reader of one partition: every event once and in order, whatever the client does.
//!
//! The client re-attaches after a lost connection at the position where it was first opened,
//! without saying so: events come again, or are passed over. Sequence numbers in a partition are
//! consecutive, so each is held against the last. Lower: the client went back, and is opened anew
//! where we are. Higher: it is opened anew once; if the gap stays, retention has removed what was
//! in between, which is said and passed over. The hub is asked every few seconds where the partition
//! ends, so that its lag is known; a partition that should bring events and brings none is opened
//! anew as well, and so is one whose hub does not answer. Each partition has a client of its own,
//! because one receiver that closes takes down the connection of all that share it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use azure_core_amqp::message::AmqpMessageBody;
use azure_messaging_eventhubs::error::ErrorKind;
use azure_messaging_eventhubs::models::ReceivedEventData;
use azure_messaging_eventhubs::{
    ConsumerClient, EventHubsError, EventReceiver, OpenReceiverOptions, StartLocation,
    StartPosition,
};
use bytes::Bytes;
use futures::StreamExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::question::{Question, Said, answered, weigh};
use super::{
    ATTEMPTS, Deliveries, EventHubError, Namespace, OPEN_TIMEOUT, Partition, Reading, Reopened,
    chain, close, timed,
};
use crate::source::{Delivery, Place};

/// How often the hub is asked where the partition ends.
const ASK_INTERVAL: Duration = Duration::from_secs(5);

/// How long events that the hub has may take to come.
const STALL_TIMEOUT: Duration = Duration::from_secs(3);

/// A partition that brings nothing though it holds events, or whose connection has gone dead without
/// a word, is opened anew within this time: 5 s until the hub is asked, 8 s for its answer or 3 s for the
/// events, and 2 s to end the old connection.
pub const STALL_BOUND: Duration = Duration::from_secs(15);

/// Waits between two attempts to open a partition.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Until where a partition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// For ever.
    Stopped,
    /// Up to this sequence number.
    SequenceNumber(i64),
}

/// Reads one partition.
pub struct PartitionReader {
    /// Where the hub is.
    pub namespace: Namespace,
    /// The hub.
    pub hub: String,
    /// The partition.
    pub partition: Partition,
    /// Of two readers the one with the higher level stays (`owner level`, or epoch).
    pub owner_level: i64,
    /// Messages that the service may send ahead.
    pub prefetch: u32,
    /// The position in the lake.
    pub after: Option<i64>,
    /// When to end.
    pub until: Until,
    /// Ends it before that.
    pub stop: CancellationToken,
    /// Where its progress is told.
    pub reading: Arc<Reading>,
}

/// Why one connection to the partition ended.
enum Ended {
    Done,
    ReceiverGone,
    WentBack { to: i64 },
    Gap { to: i64 },
    Stalled { last_enqueued: i64 },
    Recreated { last: i64 },
    Failed(String),
}

impl PartitionReader {
    /// Reads until it is done, or until nobody takes deliveries any more.
    ///
    /// # Errors
    /// The partition belongs to another reader now. Everything else is tried again.
    pub async fn run(mut self, deliveries: Deliveries) -> Result<(), EventHubError> {
        let mut wait = FIRST_WAIT;
        let mut gap_seen = false;
        let mut failures = 0;
        if let Until::SequenceNumber(last) = self.until
            && (self.after >= Some(last) || self.partition.first_sequence_number.is_none())
        {
            return Ok(());
        }
        let mut was_shorter = false;
        loop {
            let before = self.after;
            let ended = self.connection(&deliveries, gap_seen).await?;
            if self.after != before {
                wait = FIRST_WAIT;
                failures = 0;
            }
            let hub = self.hub.as_str();
            let partition = self.partition.id.as_str();
            let after = self.after.unwrap_or(-1);
            gap_seen = false;
            let shorter_seen = std::mem::take(&mut was_shorter);
            if let Some(why) = ended.reopened() {
                self.reading.reopened(why);
            }
            match ended {
                Ended::Done | Ended::ReceiverGone => return Ok(()),
                Ended::WentBack { to } => {
                    tracing::debug!(hub, partition, after, to, "client went back, opening anew");
                }
                Ended::Gap { to } => {
                    tracing::debug!(hub, partition, after, to, "events missing, opening anew");
                    gap_seen = true;
                }
                Ended::Stalled { last_enqueued } => {
                    tracing::warn!(hub, partition, after, last_enqueued, "stalled, opening anew");
                }
                // One answer may come from a replica that is behind: it has to be given twice.
                Ended::Recreated { last } if !shorter_seen => {
                    tracing::warn!(
                        hub,
                        partition,
                        after,
                        last,
                        "the hub ends before, opening anew"
                    );
                    was_shorter = true;
                }
                Ended::Recreated { last } => {
                    return Err(EventHubError::Recreated {
                        hub: self.hub,
                        partition: self.partition.id,
                        taken: after,
                        last,
                    });
                }
                Ended::Failed(reason) => {
                    tracing::warn!(hub, partition, after, reason, "no connection, opening anew");
                    failures += 1;
                    // Who waits for the end wants to know that it will not come.
                    if self.until != Until::Stopped && failures >= ATTEMPTS {
                        return Err(EventHubError::Unreachable {
                            namespace: self.namespace.name,
                            hub: self.hub,
                            reason,
                        });
                    }
                }
            }
            if self.after == before {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }

    /// One connection, from opening to its end.
    async fn connection(
        &mut self,
        deliveries: &Deliveries,
        accept_gap: bool,
    ) -> Result<Ended, EventHubError> {
        let opened = timed(&self.namespace, &self.hub, OPEN_TIMEOUT, self.open()).await;
        let (client, receiver) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error @ EventHubError::Displaced { .. })) => return Err(error),
            Ok(Err(error)) | Err(error) => return Ok(Ended::Failed(error.to_string())),
        };
        let ended = self.read(&client, &receiver, deliveries, accept_gap).await;
        drop(receiver);
        close(client).await;
        ended
    }

    async fn open(&self) -> Result<(ConsumerClient, EventReceiver), EventHubError> {
        let client = self.namespace.open(&self.hub).await?;
        let location = match self.after {
            Some(number) => StartLocation::SequenceNumber(number),
            None => StartLocation::Earliest,
        };
        let options = OpenReceiverOptions {
            owner_level: Some(self.owner_level),
            prefetch: Some(self.prefetch),
            start_position: Some(StartPosition { location, inclusive: false }),
            receive_timeout: None,
        };
        let receiver = client
            .open_receiver_on_partition(self.partition.id.clone(), Some(options))
            .await
            .map_err(|error| match error.kind {
                ErrorKind::ConsumerDisconnected(_) => self.displaced(),
                _ => super::unreachable(&self.namespace, &self.hub, &error),
            })?;
        Ok((client, receiver))
    }

    async fn read(
        &mut self,
        client: &ConsumerClient,
        receiver: &EventReceiver,
        deliveries: &Deliveries,
        mut accept_gap: bool,
    ) -> Result<Ended, EventHubError> {
        let mut events = pin!(receiver.stream_events());
        let mut question: Option<Question<'_>> = None;
        let mut ask_at = Instant::now() + ASK_INTERVAL;
        // Set while the hub has events that have not come.
        let mut stalled_at: Option<(Instant, i64)> = None;
        loop {
            let deadline = stalled_at.map_or(ask_at, |(at, _)| at);
            let event = tokio::select! {
                // Events last: in a backlog there is always one.
                biased;
                () = deliveries.closed() => return Ok(Ended::ReceiverGone),
                () = self.stop.cancelled() => return Ok(Ended::ReceiverGone),
                (asked, answer) = answered(&mut question) => {
                    question = None;
                    match weigh(asked, answer, &self.reading) {
                        Said::Well => {}
                        Said::Missing { last } => {
                            stalled_at = Some((Instant::now() + STALL_TIMEOUT, last));
                        }
                        // What was still to come has been removed by retention.
                        Said::Empty if self.until != Until::Stopped => return Ok(Ended::Done),
                        Said::Empty => {}
                        Said::Shorter { last } => return Ok(Ended::Recreated { last }),
                        Said::Nothing(reason) => return Ok(Ended::Failed(reason)),
                    }
                    continue;
                }
                () = tokio::time::sleep_until(deadline), if question.is_none() => {
                    if let Some((_, last_enqueued)) = stalled_at {
                        return Ok(Ended::Stalled { last_enqueued });
                    }
                    let after = self.after.unwrap_or(-1);
                    question = Some(Question::ask(client, &self.partition.id, after));
                    ask_at = Instant::now() + ASK_INTERVAL;
                    continue;
                }
                event = events.next() => match event {
                    Some(Ok(event)) => event,
                    Some(Err(error)) => return self.ended_by(&error),
                    None => return Ok(Ended::Failed("the stream ended".into())),
                },
            };
            let Some(number) = event.sequence_number() else {
                return Ok(Ended::Failed("an event without a sequence number".into()));
            };
            match self.after {
                Some(last) if number <= last => return Ok(Ended::WentBack { to: number }),
                Some(last) if number > last + 1 && !accept_gap => {
                    return Ok(Ended::Gap { to: number });
                }
                Some(last) if number > last + 1 => self.lost(last + 1, number - 1),
                _ => {}
            }
            accept_gap = false;
            let enqueued_at = event.enqueued_time();
            let delivery = Delivery {
                source_id: Arc::clone(&self.partition.source_id),
                position: number,
                place: Place::SequenceNumber(number),
                body: body_of(event),
            };
            let sent = self.stop.run_until_cancelled(deliveries.send(delivery)).await;
            if !matches!(sent, Some(Ok(()))) {
                return Ok(Ended::ReceiverGone);
            }
            self.after = Some(number);
            self.reading.read(number, enqueued_at);
            // Events come, and time that the lake took is no silence.
            stalled_at = None;
            if let Some(question) = &mut question {
                question.asked.overtaken = true;
            }
            if matches!(self.until, Until::SequenceNumber(last) if number >= last) {
                return Ok(Ended::Done);
            }
        }
    }

    fn ended_by(&self, error: &EventHubsError) -> Result<Ended, EventHubError> {
        match error.kind {
            ErrorKind::ConsumerDisconnected(_) => Err(self.displaced()),
            _ => Ok(Ended::Failed(chain(error))),
        }
    }

    fn displaced(&self) -> EventHubError {
        EventHubError::Displaced { hub: self.hub.clone(), partition: self.partition.id.clone() }
    }

    /// Says what retention has removed.
    fn lost(&self, from: i64, to: i64) {
        let events = u64::try_from(to - from + 1).unwrap_or(0);
        self.reading.lost_to_retention(events);
        tracing::warn!(
            hub = self.hub,
            partition = self.partition.id,
            from,
            to,
            events,
            "events were removed by the hub's retention before they could be read"
        );
    }
}

impl Ended {
    /// Why the partition is opened anew, if it is.
    fn reopened(&self) -> Option<Reopened> {
        match self {
            Self::WentBack { .. } => Some(Reopened::WentBack),
            Self::Gap { .. } => Some(Reopened::Gap),
            Self::Stalled { .. } => Some(Reopened::Stalled),
            Self::Failed(_) => Some(Reopened::Failed),
            Self::Done | Self::ReceiverGone | Self::Recreated { .. } => None,
        }
    }
}

/// The event's bytes: those of a body that is one data section, as all senders of logs make it. Anything else is
/// shown as it is, to become a dead letter.
fn body_of(event: ReceivedEventData) -> Bytes {
    match &event.raw_amqp_message().body {
        AmqpMessageBody::Binary(sections) if sections.len() == 1 => Bytes::from_owner(Body(event)),
        other => format!("{other:?}").into(),
    }
}

/// The body of an event, where it is: it is most of what comes, and need not be copied.
struct Body(ReceivedEventData);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        match &self.0.raw_amqp_message().body {
            AmqpMessageBody::Binary(sections) => sections.first().map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }
}
