//! AMQP messages as Event Hubs treats them: batches, partition keys, and the annotations it adds.

use fe2o3_amqp::Sendable;
use fe2o3_amqp_types::messaging::annotations::OwnedKey;
use fe2o3_amqp_types::messaging::message::DecodeIntoMessage;
use fe2o3_amqp_types::messaging::{Batch, Body, Data, MessageAnnotations};
use fe2o3_amqp_types::primitives::{Symbol, Timestamp, Value};
use serde_amqp::read::SliceReader;
use serde_amqp::serialized_size;

/// A message with any body.
pub(super) type Message = fe2o3_amqp_types::messaging::Message<Body<Value>>;
/// A message as the log keeps it, ready to be sent any number of times.
pub(super) type Delivery = Sendable<Body<Value>>;

/// Largest message in bytes, batches included
/// (<https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas>).
pub(super) const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Message format of a batch: each data section of its body is an encoded message.
/// (`AmqpConstants.AmqpBatchedMessageFormat` in Microsoft's libraries.)
const BATCH_FORMAT: u32 = 0x8001_3700;

const SEQUENCE_NUMBER: &str = "x-opt-sequence-number";
const OFFSET: &str = "x-opt-offset";
const ENQUEUED_TIME: &str = "x-opt-enqueued-time";
const PARTITION_KEY: &str = "x-opt-partition-key";

/// A message with these bytes as its body, and nothing else.
pub(super) fn from_body(body: Vec<u8>) -> Message {
    Message {
        header: None,
        delivery_annotations: None,
        message_annotations: None,
        properties: None,
        application_properties: None,
        body: Body::Data(Batch::new(vec![Data::from(body)])),
        footer: None,
    }
}

/// The key that decides the partition, if the publisher gave one.
pub(super) fn partition_key(message: &Message) -> Option<&str> {
    match message.message_annotations.as_ref()?.0.get(&key(PARTITION_KEY))? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The events in a transfer: those of a batch, or the message itself. Either all of a batch decodes
/// or none of it is taken, as a batch is one atomic append.
pub(super) fn events(format: u32, message: Message) -> Result<Vec<Message>, serde_amqp::Error> {
    if format != BATCH_FORMAT {
        return Ok(vec![message]);
    }
    let batch_key = partition_key(&message).map(str::to_owned);
    let Body::Data(sections) = message.body else {
        return Ok(Vec::new());
    };
    let mut events = Vec::with_capacity(sections.len());
    for section in sections {
        let mut event = Body::<Value>::decode_message_from_reader(SliceReader::new(&section.0))?;
        if let (Some(batch_key), None) = (&batch_key, partition_key(&event)) {
            annotate(&mut event, PARTITION_KEY, Value::String(batch_key.clone()));
        }
        events.push(event);
    }
    Ok(events)
}

/// Encoded size in bytes of what the publisher wrote.
pub(super) fn encoded_bytes(message: &Message) -> usize {
    let sizes = [
        serialized_size(&message.body),
        serialized_size(&message.properties),
        serialized_size(&message.application_properties),
        serialized_size(&message.message_annotations),
    ];
    sizes.into_iter().map(Result::unwrap_or_default).sum()
}

/// Adds what the service adds when an event is enqueued. The offset is a string for every client,
/// since geo-replication made it one; the sections of the publisher's hop are dropped.
pub(super) fn enqueue(
    mut message: Message,
    sequence_number: i64,
    offset: i64,
    enqueued_ms: i64,
) -> Delivery {
    message.header = None;
    message.delivery_annotations = None;
    let time = Timestamp::from_milliseconds(enqueued_ms);
    annotate(&mut message, SEQUENCE_NUMBER, Value::Long(sequence_number));
    annotate(&mut message, OFFSET, Value::String(offset.to_string()));
    annotate(&mut message, ENQUEUED_TIME, Value::Timestamp(time));
    Sendable::builder().message(message).settled(true).build()
}

fn annotate(message: &mut Message, name: &str, value: Value) {
    let annotations = message.message_annotations.get_or_insert_with(MessageAnnotations::default);
    annotations.0.insert(key(name), value);
}

fn key(name: &str) -> OwnedKey {
    OwnedKey::Symbol(Symbol::from(name))
}
