//! Who reads a partition: owner levels (epochs) and the limit of five readers.
//!
//! Per consumer group, a reader with an epoch reads alone. A newer reader of the same or a higher
//! epoch takes the partition; one of a lower epoch, or of none, is refused. Without epochs five may
//! read side by side
//! (<https://learn.microsoft.com/azure/event-hubs/event-hubs-event-processor-host#epoch>).

use super::lock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Most readers without an epoch per consumer group and partition.
const MAX_READERS: usize = 5;

/// The readers of one partition.
#[derive(Default)]
pub(super) struct Readers {
    /// By consumer group in lower case.
    by_group: Mutex<HashMap<String, Vec<Reader>>>,
    next_id: AtomicU64,
}

struct Reader {
    id: u64,
    epoch: Option<i64>,
    orders: UnboundedSender<Order>,
}

/// What a reader is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    Leave(Eviction),
    /// To stay, but to get nothing more. A test asked for it.
    FallSilent,
}

/// Why a reader has to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Eviction {
    /// Another reader came with this epoch.
    Outranked(i64),
    /// A test asked for it, with this AMQP error condition.
    Injected(String),
}

/// Why a reader is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// In the words of the service, as quoted in Azure/iothub-explorer issue 57.
    #[error("Receiver '{name}' with a higher epoch of '{epoch}' already exists.")]
    LowerEpoch { name: String, epoch: i64 },
    #[error(
        "At least one receiver for the endpoint is created with epoch of '{0}', \
         and so non-epoch receiver is not allowed."
    )]
    NoEpoch(i64),
    /// MicrosoftDocs/azure-docs issue 24985.
    #[error(
        "Exceeded the maximum number of allowed receivers per partition in a consumer group \
         which is {MAX_READERS}."
    )]
    TooMany,
}

impl Readers {
    /// Lets a reader in, evicting those it outranks, or says why not.
    pub(super) fn admit(
        self: &Arc<Self>,
        group: &str,
        name: &str,
        epoch: Option<i64>,
    ) -> Result<Seat, Refusal> {
        let group = group.to_lowercase();
        let mut by_group = lock(&self.by_group);
        let readers = by_group.entry(group.clone()).or_default();
        let highest = readers.iter().filter_map(|reader| reader.epoch).max();
        match (epoch, highest) {
            (Some(epoch), Some(highest)) if epoch < highest => {
                let name = name.to_owned();
                return Err(Refusal::LowerEpoch { name, epoch: highest });
            }
            (None, Some(highest)) => return Err(Refusal::NoEpoch(highest)),
            (Some(epoch), _) => {
                for reader in readers.drain(..) {
                    // A reader that is already gone needs no eviction.
                    let _ = reader.orders.send(Order::Leave(Eviction::Outranked(epoch)));
                }
            }
            (None, None) if readers.len() >= MAX_READERS => return Err(Refusal::TooMany),
            (None, None) => {}
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, orders) = unbounded_channel();
        readers.push(Reader { id, epoch, orders: sender });
        Ok(Seat { readers: Arc::clone(self), group, id, orders })
    }

    /// Tells every reader of every group the same; returns how many there are.
    pub(super) fn order_all(&self, order: &Order) -> usize {
        let by_group = lock(&self.by_group);
        let readers = by_group.values().flatten();
        // As above: whoever is gone already need not be told.
        readers.map(|reader| drop(reader.orders.send(order.clone()))).count()
    }
}

/// A reader's place, given up when dropped.
pub(super) struct Seat {
    readers: Arc<Readers>,
    group: String,
    id: u64,
    orders: UnboundedReceiver<Order>,
}

impl Seat {
    /// Resolves when this reader is told something; never, if it is left alone.
    pub(super) async fn order(&mut self) -> Order {
        match self.orders.recv().await {
            Some(order) => order,
            // The sending half went with an order that was received already.
            None => std::future::pending().await,
        }
    }

    /// Resolves when this reader has to go.
    pub(super) async fn evicted(&mut self) -> Eviction {
        loop {
            if let Order::Leave(eviction) = self.order().await {
                return eviction;
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(readers) = lock(&self.readers.by_group).get_mut(&self.group) {
            readers.retain(|reader| reader.id != self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eviction(seat: &mut Seat) -> Option<Eviction> {
        match seat.orders.try_recv().ok()? {
            Order::Leave(eviction) => Some(eviction),
            Order::FallSilent => None,
        }
    }

    #[test]
    fn the_same_or_a_higher_epoch_takes_the_partition() {
        let readers = Arc::new(Readers::default());
        let mut first = readers.admit("$Default", "first", Some(1)).unwrap();
        let mut second = readers.admit("$default", "second", Some(1)).unwrap();
        assert_eq!(eviction(&mut first), Some(Eviction::Outranked(1)));
        drop(first);
        let _third = readers.admit("$Default", "third", Some(7)).unwrap();
        assert_eq!(eviction(&mut second), Some(Eviction::Outranked(7)));
    }

    #[test]
    fn a_lower_epoch_and_none_are_refused_while_the_higher_one_reads() {
        let readers = Arc::new(Readers::default());
        let mut owner = readers.admit("g", "owner", Some(5)).unwrap();
        let lower = readers.admit("g", "late", Some(4)).err().unwrap();
        assert_eq!(lower.to_string(), "Receiver 'late' with a higher epoch of '5' already exists.");
        assert_eq!(readers.admit("g", "none", None).err(), Some(Refusal::NoEpoch(5)));
        assert_eq!(eviction(&mut owner), None);
        drop(owner);
        assert!(readers.admit("g", "none", None).is_ok());
    }

    #[test]
    fn an_epoch_evicts_readers_without_one() {
        let readers = Arc::new(Readers::default());
        let mut plain = readers.admit("g", "plain", None).unwrap();
        let _owner = readers.admit("g", "owner", Some(0)).unwrap();
        assert_eq!(eviction(&mut plain), Some(Eviction::Outranked(0)));
    }

    #[test]
    fn five_readers_without_epoch_fit_and_each_group_has_its_own_five() {
        let readers = Arc::new(Readers::default());
        let admit = |group| readers.admit(group, "r", None);
        let mut seats: Vec<_> = (0..5).map(|_| admit("g").unwrap()).collect();
        assert_eq!(admit("g").err(), Some(Refusal::TooMany));
        assert!(admit("other").is_ok());
        seats.pop();
        assert!(admit("g").is_ok());
    }

    #[test]
    fn an_injected_eviction_reaches_every_group() {
        let readers = Arc::new(Readers::default());
        let mut a = readers.admit("a", "r", None).unwrap();
        let mut b = readers.admit("b", "r", Some(1)).unwrap();
        let injected = Eviction::Injected("amqp:link:detach-forced".to_owned());
        assert_eq!(readers.order_all(&Order::Leave(injected.clone())), 2);
        let expected = Some(injected);
        assert_eq!(eviction(&mut a), expected);
        assert_eq!(eviction(&mut b), expected);
    }
}
