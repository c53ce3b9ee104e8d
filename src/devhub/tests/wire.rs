//! The devhub as a bare AMQP client sees it: the conditions that Microsoft's client turns into its
//! own errors, and what it never does.

use super::{GROUP, HUB, endpoint, soon, start};
use crate::devhub::Devhub;
use crate::devhub::message::{from_body, partition_key};
use crate::devhub::sas::{KEY, KEY_NAME};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::{LinkStateError, Receiver, RecvError, SendError, Sender};
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::{Connection, Sendable, Session};
use fe2o3_amqp_types::definitions::Fields;
use fe2o3_amqp_types::messaging::{Batch, Body, Data, MessageAnnotations, Outcome, Source};
use fe2o3_amqp_types::primitives::{Symbol, Value};
use serde_amqp::described::Described;
use serde_amqp::descriptor::Descriptor;
use std::time::Duration;

pub(super) struct Client {
    connection: ConnectionHandle<()>,
    session: SessionHandle<()>,
}

/// A client with the right to everything.
pub(super) async fn client(devhub: &Devhub) -> Client {
    open(devhub, plain(KEY)).await.unwrap()
}

fn plain(key: &str) -> SaslProfile {
    SaslProfile::Plain { username: KEY_NAME.to_owned(), password: key.to_owned() }
}

async fn open(
    devhub: &Devhub,
    profile: SaslProfile,
) -> Result<Client, fe2o3_amqp::connection::OpenError> {
    let connection = Connection::builder().container_id("test").sasl_profile(profile);
    let endpoint = endpoint(devhub);
    let opened = connection.open(&*endpoint);
    let mut connection = soon("opening a connection", opened).await?;
    let session = Session::begin(&mut connection);
    let session = soon("beginning a session", session).await.unwrap();
    Ok(Client { connection, session })
}

impl Client {
    pub(super) async fn subscribe(
        &mut self,
        address: &str,
        selector: Option<&str>,
        epoch: Option<i64>,
    ) -> Receiver {
        let mut source = Source::builder().address(address).build();
        source.filter = selector.map(|selector| {
            let name = Symbol::from("apache.org:selector-filter:string");
            let filter = Described {
                descriptor: Descriptor::Name(name.clone()),
                value: Value::String(format!("amqp.annotation.x-opt-{selector}")),
            };
            [(name, Value::Described(Box::new(filter)))].into_iter().collect()
        });
        let properties: Fields = epoch
            .into_iter()
            .map(|epoch| (Symbol::from("com.microsoft:epoch"), Value::Long(epoch)))
            .collect();
        let name = format!("reader {address} {epoch:?} {}", uuid::Uuid::new_v4());
        let attached = Receiver::builder()
            .name(name)
            .source(source)
            .properties(properties)
            .attach(&mut self.session);
        soon("attaching a receiver", attached).await.unwrap()
    }

    pub(super) async fn publish(&mut self, address: &str) -> Sender {
        let attached = Sender::attach(&mut self.session, format!("sender {address}"), address);
        soon("attaching a sender", attached).await.unwrap()
    }
}

pub(super) fn partition(number: usize) -> String {
    format!("{HUB}/ConsumerGroups/{GROUP}/Partitions/{number}")
}

/// The condition and text with which a reader is sent away.
pub(super) async fn refusal(receiver: &mut Receiver) -> String {
    match soon("being sent away", receiver.recv::<Body<Value>>()).await {
        Err(RecvError::LinkStateError(LinkStateError::RemoteClosedWithError(error))) => {
            format!("{:?} {}", error.condition, error.description.unwrap_or_default())
        }
        other => panic!("not sent away: {other:?}"),
    }
}

#[tokio::test]
async fn readers_are_told_what_is_wrong() {
    let devhub = start(2).await;
    devhub.append(HUB, 0, "event").unwrap();
    let mut client = client(&devhub).await;
    let ours = partition(0);
    for (address, selector, expected) in [
        ("no-hub/ConsumerGroups/g/Partitions/0", "offset > '-1'", "NotFound"),
        (&*ours.replace(GROUP, "no-group"), "offset > '-1'", "NotFound"),
        (&partition(2), "offset > '-1'", "com.microsoft:argument-out-of-range"),
        (
            &ours.replace("Partitions/0", "Partitions/x"),
            "offset > '-1'",
            "com.microsoft:argument-out-of-range",
        ),
        (&ours.replace("Partitions", "Parts"), "offset > '-1'", "NotFound"),
        (&ours, "offset > no offset", "com.microsoft:argument-error"),
        (&ours, "sequence-number > '1'", "The last sequence number in the system is '0'"),
    ] {
        let mut receiver = client.subscribe(address, Some(selector), None).await;
        let refusal = refusal(&mut receiver).await;
        assert!(refusal.contains(expected), "{address} {selector}: {refusal}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_may_be_attached() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "event").unwrap();
    let mut client = open(&devhub, SaslProfile::Anonymous).await.unwrap();
    let mut receiver = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
    assert!(refusal(&mut receiver).await.contains("UnauthorizedAccess"));
    let mut sender = client.publish(HUB).await;
    let refused = soon("publishing", sender.send("event")).await.unwrap_err();
    assert!(format!("{refused:?}").contains("UnauthorizedAccess"), "{refused:?}");
    assert_eq!(devhub.last_sequence_number(HUB, 0).unwrap(), 0);
}

#[tokio::test]
async fn sasl_plain_wants_the_key() {
    let devhub = start(1).await;
    assert!(open(&devhub, plain("another")).await.is_err());
    assert!(open(&devhub, plain(KEY)).await.is_ok());
}

#[tokio::test]
async fn the_sixth_reader_without_an_epoch_is_refused_until_one_leaves() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "event").unwrap();
    let mut client = client(&devhub).await;
    let mut readers = Vec::new();
    for _ in 0..5 {
        let mut reader = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
        soon("an event", reader.recv::<Body<Value>>()).await.unwrap();
        readers.push(reader);
    }
    let mut sixth = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
    assert!(refusal(&mut sixth).await.contains("ResourceLimitExceeded"));
    let left = readers.pop().unwrap();
    soon("closing a reader", left.close()).await.unwrap();
    let mut seventh = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
    soon("an event", seventh.recv::<Body<Value>>()).await.unwrap();
}

#[tokio::test]
async fn an_epoch_shuts_out_readers_without_one() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "event").unwrap();
    let mut client = client(&devhub).await;
    let mut plain = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
    soon("an event", plain.recv::<Body<Value>>()).await.unwrap();
    let mut owner = client.subscribe(&partition(0), Some("offset > '-1'"), Some(3)).await;
    soon("an event", owner.recv::<Body<Value>>()).await.unwrap();
    assert!(refusal(&mut plain).await.contains("Stolen"));
    let mut late = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
    assert!(refusal(&mut late).await.contains("Stolen"));
}

#[tokio::test]
async fn detached_readers_see_the_condition_that_was_asked_for() {
    let devhub = start(2).await;
    devhub.append(HUB, 0, "event").unwrap();
    devhub.append(HUB, 1, "event").unwrap();
    let mut client = client(&devhub).await;
    let mut detached = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
    let mut other = client.subscribe(&partition(1), Some("offset > '-1'"), None).await;
    soon("an event", detached.recv::<Body<Value>>()).await.unwrap();
    soon("an event", other.recv::<Body<Value>>()).await.unwrap();
    devhub.detach_readers(HUB, 0, "amqp:link:detach-forced").unwrap();
    assert!(refusal(&mut detached).await.contains("DetachForced"));
    devhub.append(HUB, 1, "event").unwrap();
    soon("an event", other.recv::<Body<Value>>()).await.unwrap();
}

#[tokio::test]
async fn forced_connections_close_with_that_condition() {
    let devhub = start(1).await;
    let mut client = client(&devhub).await;
    devhub.force_close_connections();
    let closed = soon("the close", client.connection.on_close()).await.unwrap_err();
    assert!(format!("{closed:?}").contains("ConnectionForced"), "{closed:?}");
}

/// A batch of encoded messages, with a partition key on the batch only.
fn batch(sections: &[&[u8]]) -> Sendable<Body<Value>> {
    let sections: Vec<Data> = sections.iter().map(|bytes| Data::from(*bytes)).collect();
    let mut message = from_body(Vec::new());
    message.body = Body::Data(Batch::new(sections));
    let key = ("x-opt-partition-key", Value::String("tenant-7".to_owned()));
    let annotations = MessageAnnotations::builder().insert(key.0, key.1).build();
    message.message_annotations = Some(annotations);
    Sendable::builder().message(message).message_format(0x8001_3700).build()
}

#[tokio::test]
async fn the_partition_key_of_a_batch_is_on_its_events() {
    let devhub = start(1).await;
    let mut client = client(&devhub).await;
    let mut sender = client.publish(HUB).await;
    let event = serde_amqp::to_vec(&Data::from(b"event".to_vec())).unwrap();
    soon("publishing", sender.send(batch(&[&event]))).await.unwrap();
    let mut reader = client.subscribe(&partition(0), Some("offset > '-1'"), None).await;
    let delivery = soon("an event", reader.recv::<Body<Value>>()).await.unwrap();
    assert_eq!(partition_key(delivery.message()), Some("tenant-7"));
}

#[tokio::test]
async fn a_reader_without_a_selector_gets_what_comes_after_it() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "before").unwrap();
    let mut client = client(&devhub).await;
    let mut reader = client.subscribe(&partition(0), None, None).await;
    // The devhub takes up a link after it has answered the attach.
    tokio::time::sleep(Duration::from_millis(200)).await;
    devhub.append(HUB, 0, "after").unwrap();
    let delivery = soon("an event", reader.recv::<Body<Value>>()).await.unwrap();
    assert_eq!(delivery.body(), &from_body(b"after".to_vec()).body);
}

#[tokio::test]
async fn killed_connections_end_without_an_amqp_close() {
    let devhub = start(1).await;
    let mut client = client(&devhub).await;
    assert_eq!(devhub.kill_connections(), 1);
    let ended = soon("the end", client.connection.on_close()).await.unwrap_err();
    assert!(!format!("{ended:?}").contains("Remote"), "{ended:?}");
}

#[tokio::test]
async fn a_batch_with_a_broken_message_is_rejected_as_a_whole() {
    let devhub = start(1).await;
    let mut client = client(&devhub).await;
    let mut sender = client.publish(HUB).await;
    let good = serde_amqp::to_vec(&Data::from(b"good".to_vec())).unwrap();
    let outcome = soon("publishing", sender.send(batch(&[&good, &good]))).await.unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    assert_eq!(devhub.last_sequence_number(HUB, 0).unwrap(), 1);
    let outcome = soon("publishing", sender.send(batch(&[&good, b"broken"]))).await.unwrap();
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    assert_eq!(devhub.last_sequence_number(HUB, 0).unwrap(), 1);
}

#[tokio::test]
async fn the_limit_of_a_message_is_announced_to_publishers() {
    let devhub = start(1).await;
    let mut client = client(&devhub).await;
    let mut sender = client.publish(HUB).await;
    assert_eq!(sender.max_message_size(), Some(1 << 20));
    // This client keeps to the limit it is told, so the devhub never sees the message.
    let too_large = Data::from(vec![0; 1 << 20]);
    let refused = soon("publishing", sender.send(too_large)).await;
    assert!(matches!(refused, Err(SendError::MessageSizeExceeded(_))));
}

#[tokio::test]
async fn publishers_without_a_partition_take_turns() {
    let devhub = start(3).await;
    let mut client = client(&devhub).await;
    let mut sender = client.publish(HUB).await;
    for _ in 0..6 {
        soon("publishing", sender.send(Data::from(b"event".to_vec()))).await.unwrap();
    }
    for number in 0..3 {
        assert_eq!(devhub.last_sequence_number(HUB, number).unwrap(), 1);
    }
    let mut fixed = client.publish(&format!("sb://localhost/{HUB}/Partitions/2")).await;
    soon("publishing", fixed.send(Data::from(b"event".to_vec()))).await.unwrap();
    assert_eq!(devhub.last_sequence_number(HUB, 2).unwrap(), 2);
}
