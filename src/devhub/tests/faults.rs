//! The faults that a test can ask for, as a bare AMQP client sees them.

use super::wire::{Client, client, partition, refusal};
use super::{HUB, soon, start};
use fe2o3_amqp::link::{Receiver, SendError};
use fe2o3_amqp_types::messaging::{Body, Data, Outcome};
use fe2o3_amqp_types::primitives::Value;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

const EARLIEST: Option<&str> = Some("offset > '-1'");

async fn event(reader: &mut Receiver) -> Body<Value> {
    soon("an event", reader.recv::<Body<Value>>()).await.unwrap().into_parts().1.body
}

fn body(text: &str) -> Body<Value> {
    crate::devhub::message::from_body(text.into()).body
}

/// A reader of the first partition that has got its first event.
async fn reader(client: &mut Client) -> Receiver {
    let mut reader = client.subscribe(&partition(0), EARLIEST, None).await;
    assert_eq!(event(&mut reader).await, body("first"));
    reader
}

async fn nothing_comes(reader: &mut Receiver) {
    let next = reader.recv::<Body<Value>>();
    assert!(tokio::time::timeout(Duration::from_millis(500), next).await.is_err());
}

#[tokio::test]
async fn over_a_frozen_connection_nothing_comes_and_nothing_is_said() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "first").unwrap();
    let mut frozen = client(&devhub).await;
    let mut waiting = reader(&mut frozen).await;
    assert_eq!(devhub.freeze_connections(), 1);
    assert_eq!(devhub.freeze_connections(), 0);
    devhub.append(HUB, 0, "second").unwrap();
    nothing_comes(&mut waiting).await;
    let mut other = client(&devhub).await;
    let mut well = reader(&mut other).await;
    assert_eq!(event(&mut well).await, body("second"));
    assert_eq!(devhub.kill_connections(), 2, "a frozen connection can still be cut");
}

#[tokio::test]
async fn a_reset_connection_is_reset_and_a_killed_one_ends() {
    let devhub = start(1).await;
    let mut open = TcpStream::connect(devhub.local_addr()).await.unwrap();
    while devhub.reset_connections() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let read = soon("the reset", open.read_to_end(&mut Vec::new())).await;
    assert_eq!(read.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut open = TcpStream::connect(devhub.local_addr()).await.unwrap();
    while devhub.kill_connections() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    soon("the end", open.read_to_end(&mut Vec::new())).await.unwrap();
}

#[tokio::test]
async fn an_expired_token_closes_its_links_and_the_connection_stays() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "first").unwrap();
    let mut client = client(&devhub).await;
    let mut reading = reader(&mut client).await;
    let mut sender = client.publish(HUB).await;
    devhub.expire_tokens();
    let told = refusal(&mut reading).await;
    assert!(told.contains("UnauthorizedAccess") && told.contains("ExpiredToken"), "{told}");
    let refused = soon("publishing", sender.send("event")).await.unwrap_err();
    assert!(format!("{refused:?}").contains("ExpiredToken"), "{refused:?}");
    let mut anew = client.subscribe(&partition(0), EARLIEST, None).await;
    assert!(refusal(&mut anew).await.contains("A token for"));
}

#[tokio::test]
async fn a_busy_service_refuses_everybody_until_it_recovers() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "first").unwrap();
    let mut client = client(&devhub).await;
    let mut reading = reader(&mut client).await;
    let mut sender = client.publish(HUB).await;
    devhub.refuse("com.microsoft:server-busy");
    assert!(refusal(&mut reading).await.contains("server-busy"));
    let mut refused = client.subscribe(&partition(0), EARLIEST, None).await;
    assert!(refusal(&mut refused).await.contains("server-busy"));
    let outcome = soon("publishing", sender.send(Data::from(b"second".to_vec()))).await.unwrap();
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    devhub.recover();
    soon("publishing", sender.send(Data::from(b"second".to_vec()))).await.unwrap();
    let mut again = reader(&mut client).await;
    assert_eq!(event(&mut again).await, body("second"));
    assert_eq!(devhub.last_sequence_number(HUB, 0).unwrap(), 1);
}

#[tokio::test]
async fn silenced_readers_stay_and_get_nothing_while_new_ones_do() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "first").unwrap();
    let mut client = client(&devhub).await;
    let mut silenced = reader(&mut client).await;
    assert_eq!(devhub.silence_readers(HUB, 0).unwrap(), 1);
    devhub.append(HUB, 0, "second").unwrap();
    nothing_comes(&mut silenced).await;
    let mut new = reader(&mut client).await;
    assert_eq!(event(&mut new).await, body("second"));
    devhub.detach_readers(HUB, 0, "amqp:link:detach-forced").unwrap();
    assert!(refusal(&mut silenced).await.contains("DetachForced"));
}

#[tokio::test]
async fn a_restarted_devhub_has_its_port_and_its_events_again() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "first").unwrap();
    let mut before = client(&devhub).await;
    let mut sender = before.publish(HUB).await;
    let down = Duration::from_millis(300);
    let address = devhub.local_addr();
    let (restarted, refused) = tokio::join!(devhub.restart(down), async {
        tokio::time::sleep(down / 2).await;
        TcpStream::connect(address).await
    });
    restarted.unwrap();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let sent = soon("publishing", sender.send(Data::from(b"lost".to_vec()))).await;
    assert!(matches!(sent, Err(SendError::LinkStateError(_))), "{sent:?}");
    let mut after = client(&devhub).await;
    let mut reading = reader(&mut after).await;
    devhub.append(HUB, 0, "second").unwrap();
    assert_eq!(event(&mut reading).await, body("second"));
}

#[tokio::test]
async fn a_slow_service_takes_the_event_at_once_and_says_so_late() {
    let devhub = start(1).await;
    let mut client = client(&devhub).await;
    let mut sender = client.publish(HUB).await;
    devhub.answer_after(Duration::from_millis(400));
    let begun = Instant::now();
    soon("publishing", sender.send(Data::from(b"event".to_vec()))).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    devhub.recover();
    let begun = Instant::now();
    soon("publishing", sender.send(Data::from(b"event".to_vec()))).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(300), "{:?}", begun.elapsed());
}
