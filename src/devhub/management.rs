//! `$management`: what an event hub and its partitions are like.
//! (<https://learn.microsoft.com/azure/event-hubs/event-hubs-amqp-protocol>)

use super::message::Message;
use super::namespace::{Hub, Partition};
use super::now;
use super::requests::{Reply, property};
use super::session::Scope;
use fe2o3_amqp_types::primitives::{Array, OrderedMap, Timestamp, Value};

/// Answers a `READ` of an event hub or of one of its partitions.
pub(super) fn read(request: &Message, scope: &Scope) -> Reply {
    let operation = property(request, "operation");
    if operation != "READ" {
        return Reply::refused(400, format!("The operation '{operation}' is not supported."));
    }
    let name = property(request, "name");
    let Some(hub) = scope.namespace.hub(name) else {
        return Reply::refused(404, format!("The messaging entity '{name}' could not be found."));
    };
    if !scope.access.touches(name, now::seconds()) {
        return Reply::refused(401, format!("Unauthorized access to '{name}'."));
    }
    if let Err(error) = scope.namespace.faults.check() {
        return Reply::refused(503, format!("{:?}", error.condition));
    }
    let kind = property(request, "type");
    let mut attributes =
        vec![("type", Value::String(kind.to_owned())), ("name", Value::String(hub.name.clone()))];
    match kind {
        "com.microsoft:eventhub" => attributes.extend(of_hub(hub)),
        "com.microsoft:partition" => {
            let id = property(request, "partition");
            let Some(partition) = hub.partition(id) else {
                return Reply::refused(404, format!("'{name}' has no partition '{id}'."));
            };
            attributes.extend(of_partition(id, partition));
        }
        _ => return Reply::refused(400, format!("The entity type '{kind}' is not known.")),
    }
    let entry = |(name, value): (&str, Value)| (Value::String(name.to_owned()), value);
    let attributes: OrderedMap<Value, Value> = attributes.into_iter().map(entry).collect();
    Reply::ok(200, "OK", Value::Map(attributes))
}

fn of_hub(hub: &Hub) -> [(&'static str, Value); 4] {
    let count = hub.partitions.len();
    let ids: Vec<Value> = (0..count).map(|id| Value::String(id.to_string())).collect();
    [
        ("created_at", timestamp(hub.created_ms)),
        // Never above MAX_PARTITIONS.
        ("partition_count", Value::Int(i32::try_from(count).unwrap_or(i32::MAX))),
        // An array: the Rust library takes no list here.
        ("partition_ids", Value::Array(Array::from(ids))),
        ("georeplication_factor", Value::Int(1)),
    ]
}

fn of_partition(id: &str, partition: &Partition) -> [(&'static str, Value); 8] {
    let properties = partition.properties();
    let last_offset = properties.last_enqueued_offset.to_string();
    [
        ("partition", Value::String(id.to_owned())),
        ("begin_sequence_number", Value::Long(properties.begin_sequence_number)),
        ("last_enqueued_sequence_number", Value::Long(properties.last_enqueued_sequence_number)),
        ("last_enqueued_offset", Value::String(last_offset)),
        ("last_enqueued_time_utc", timestamp(properties.last_enqueued_ms)),
        ("is_partition_empty", Value::Bool(properties.is_empty)),
        // -1: not geo-replicated.
        ("begin_sequence_number_epoch", Value::Int(-1)),
        ("last_enqueued_sequence_number_epoch", Value::Int(-1)),
    ]
}

fn timestamp(ms: i64) -> Value {
    Value::Timestamp(Timestamp::from_milliseconds(ms))
}
