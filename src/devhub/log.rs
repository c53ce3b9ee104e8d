//! The events of one partition: an append-only list that forgets its oldest end.

use super::message::{self, Delivery, Message};
use super::selector::{Field, Position, Selector};
use std::collections::VecDeque;
use std::sync::Arc;

/// One event as it is kept.
pub(super) struct Event {
    pub(super) sequence_number: i64,
    offset: i64,
    enqueued_ms: i64,
    /// Encoded size, for the retention bound.
    bytes: usize,
    pub(super) delivery: Delivery,
}

/// The log of a partition. Sequence numbers start at 0 and are consecutive, which entralog's reader
/// relies on; offsets count bytes, so that nobody can mistake one for the other.
pub(super) struct Log {
    events: VecDeque<Arc<Event>>,
    next_sequence_number: i64,
    next_offset: i64,
    last_offset: i64,
    last_enqueued_ms: i64,
    bytes: usize,
    max_bytes: usize,
}

/// What `$management` tells about a partition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Properties {
    pub(super) begin_sequence_number: i64,
    /// -1 when nothing was ever enqueued, as with [`Self::last_enqueued_offset`].
    pub(super) last_enqueued_sequence_number: i64,
    pub(super) last_enqueued_offset: i64,
    /// Milliseconds since 1970.
    pub(super) last_enqueued_ms: i64,
    pub(super) is_empty: bool,
}

/// A start position that lies behind the end of the log.
///
/// Event Hubs refuses it too, which is what a reader meets after its event hub was deleted and made
/// anew, or after a devhub was restarted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The supplied {field} '{supplied}' is invalid. The last {field} in the system is '{last}'")]
pub(super) struct BeyondEnd {
    field: &'static str,
    supplied: i64,
    last: i64,
}

impl Log {
    /// An empty log that keeps about `max_bytes` of encoded events, and always the newest one.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            next_sequence_number: 0,
            next_offset: 0,
            last_offset: -1,
            last_enqueued_ms: 0,
            bytes: 0,
            max_bytes,
        }
    }

    /// Adds an event and returns its sequence number. Times never go backwards, whatever the clock.
    pub(super) fn append(&mut self, message: Message, now_ms: i64) -> i64 {
        let sequence_number = self.next_sequence_number;
        let offset = self.next_offset;
        let enqueued_ms = now_ms.max(self.last_enqueued_ms);
        let bytes = message::encoded_bytes(&message);
        self.events.push_back(Arc::new(Event {
            sequence_number,
            offset,
            enqueued_ms,
            bytes,
            delivery: message::enqueue(message, sequence_number, offset, enqueued_ms),
        }));
        self.next_sequence_number += 1;
        self.next_offset += i64::try_from(bytes).unwrap_or(0) + 1;
        self.last_offset = offset;
        self.last_enqueued_ms = enqueued_ms;
        self.bytes += bytes;
        while self.bytes > self.max_bytes && self.events.len() > 1 {
            self.drop_oldest();
        }
        sequence_number
    }

    /// Drops every event below a sequence number, as the end of the retention does.
    pub(super) fn truncate(&mut self, before_sequence_number: i64) {
        while self.first_sequence_number() < before_sequence_number && !self.events.is_empty() {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.bytes;
        }
    }

    /// Sequence number of the first event that a selector lets through.
    pub(super) fn start(&self, selector: &Selector) -> Result<i64, BeyondEnd> {
        let end = self.next_sequence_number;
        let last = end - 1;
        let Position::At(wanted) = selector.position else {
            return Ok(if selector.inclusive { last.max(0) } else { end });
        };
        let beyond = |field, last| BeyondEnd { field, supplied: wanted, last };
        let value: fn(&Event) -> i64 = match selector.field {
            Field::Offset if wanted > self.last_offset => {
                return Err(beyond("offset", self.last_offset));
            }
            Field::SequenceNumber if wanted > last => {
                return Err(beyond("sequence number", last));
            }
            Field::Offset => |event| event.offset,
            Field::SequenceNumber => |event| event.sequence_number,
            Field::EnqueuedTime => |event| event.enqueued_ms,
        };
        let skipped = self.events.partition_point(|event| {
            value(event) < wanted || (!selector.inclusive && value(event) == wanted)
        });
        let first_kept = self.events.get(skipped);
        Ok(first_kept.map_or(end, |event| event.sequence_number))
    }

    /// Up to `max` events from a sequence number on, or from the oldest one still kept.
    pub(super) fn read(&self, from: i64, max: usize) -> Vec<Arc<Event>> {
        let skipped = (from - self.first_sequence_number()).max(0);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        self.events.iter().skip(skipped).take(max).cloned().collect()
    }

    pub(super) fn properties(&self) -> Properties {
        Properties {
            begin_sequence_number: self.first_sequence_number(),
            last_enqueued_sequence_number: self.next_sequence_number - 1,
            last_enqueued_offset: self.last_offset,
            last_enqueued_ms: self.last_enqueued_ms,
            is_empty: self.events.is_empty(),
        }
    }

    fn first_sequence_number(&self) -> i64 {
        let first = self.events.front();
        first.map_or(self.next_sequence_number, |event| event.sequence_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten events of 1000 bytes, one enqueued every 10 ms from 1000 ms on.
    fn ten(max_bytes: usize) -> Log {
        let mut log = Log::new(max_bytes);
        for i in 0..10 {
            let sequence_number = log.append(message::from_body(vec![b'x'; 1000]), 1000 + 10 * i);
            assert_eq!(sequence_number, i);
        }
        log
    }

    fn start(log: &Log, selector: &str) -> Result<i64, BeyondEnd> {
        log.start(&Selector::parse(&format!("amqp.annotation.x-opt-{selector}")).unwrap())
    }

    fn sequence_numbers(log: &Log, from: i64, max: usize) -> Vec<i64> {
        let events = log.read(from, max);
        events.iter().map(|event| event.sequence_number).collect()
    }

    #[test]
    fn a_selector_finds_its_first_event() {
        let log = ten(usize::MAX);
        let offset = log.events[4].offset;
        for (selector, first) in [
            ("sequence-number > '-1'", 0),
            ("sequence-number > '4'", 5),
            ("sequence-number >= '4'", 4),
            ("sequence-number > '9'", 10),
            ("offset > '-1'", 0),
            (&format!("offset > '{offset}'"), 5),
            (&format!("offset >= '{offset}'"), 4),
            (&format!("offset >= '{}'", offset - 1), 4),
            ("offset > '@latest'", 10),
            ("offset >= '@latest'", 9),
            ("enqueued-time > '1040'", 5),
            ("enqueued-time >= '1040'", 4),
            ("enqueued-time >= '0'", 0),
            ("enqueued-time > '999999'", 10),
        ] {
            assert_eq!(start(&log, selector), Ok(first), "{selector}");
        }
    }

    #[test]
    fn a_position_behind_the_end_is_refused_as_by_the_service() {
        let error = start(&ten(usize::MAX), "sequence-number > '10'").unwrap_err();
        assert_eq!(
            error.to_string(),
            "The supplied sequence number '10' is invalid. The last sequence number in the system is '9'"
        );
        assert!(start(&ten(usize::MAX), "offset > '99999'").is_err());
    }

    #[test]
    fn an_empty_log_can_be_read_from_either_end() {
        let log = Log::new(usize::MAX);
        for selector in ["offset > '-1'", "sequence-number > '-1'", "offset >= '@latest'"] {
            assert_eq!(start(&log, selector), Ok(0), "{selector}");
        }
        assert_eq!(log.properties().last_enqueued_sequence_number, -1);
        assert!(log.properties().is_empty);
    }

    #[test]
    fn more_bytes_than_the_bound_drop_the_oldest_events() {
        let log = ten(3500);
        assert_eq!(sequence_numbers(&log, 0, 100), [7, 8, 9]);
        assert!(log.bytes <= 3500, "{}", log.bytes);
        assert_eq!(log.properties().begin_sequence_number, 7);
        assert_eq!(log.properties().last_enqueued_sequence_number, 9);
    }

    #[test]
    fn an_event_larger_than_the_bound_is_still_kept() {
        assert_eq!(sequence_numbers(&ten(1), 0, 100), [9]);
    }

    #[test]
    fn truncation_moves_the_beginning_and_not_the_end() {
        let mut log = ten(usize::MAX);
        log.truncate(4);
        assert_eq!(sequence_numbers(&log, 0, 2), [4, 5]);
        assert_eq!(start(&log, "sequence-number > '1'"), Ok(4));
        log.truncate(1000);
        let properties = log.properties();
        assert!(properties.is_empty);
        assert_eq!(properties.begin_sequence_number, 10);
        assert_eq!(properties.last_enqueued_sequence_number, 9);
        assert_eq!(log.bytes, 0);
        assert_eq!(log.append(message::from_body(vec![]), 0), 10);
        assert_eq!(log.last_enqueued_ms, 1090, "time went backwards");
    }
}
