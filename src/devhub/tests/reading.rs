//! Where Microsoft's client starts to read, what it gets, and when it has to stop.

use super::{HUB, consumer, from, read, sequence_numbers, soon, start};
use azure_core::time::OffsetDateTime;
use azure_messaging_eventhubs::{OpenReceiverOptions, StartLocation};
use futures::StreamExt as _;
use std::time::Duration;

fn owner(level: i64) -> OpenReceiverOptions {
    OpenReceiverOptions { owner_level: Some(level), ..from(StartLocation::Earliest) }
}

#[tokio::test]
async fn a_reader_starts_where_it_asks_to() {
    let devhub = start(1).await;
    for i in 0..10 {
        devhub.append(HUB, 0, format!("{i}")).unwrap();
    }
    let client = consumer(&devhub).await;
    let offsets = read(&client, "0", from(StartLocation::Earliest), 10).await.unwrap();
    let offset = offsets[6].offset().clone().unwrap();
    let long_ago = OffsetDateTime::now_utc() - azure_core::time::Duration::hours(1);
    for (location, first) in [
        (StartLocation::SequenceNumber(6), 7),
        (StartLocation::Offset(offset), 7),
        (StartLocation::EnqueuedTime(long_ago.into()), 0),
    ] {
        let name = format!("{location:?}");
        let client = consumer(&devhub).await;
        let events = read(&client, "0", from(location), 3).await.unwrap();
        assert_eq!(sequence_numbers(&events), [first, first + 1, first + 2], "{name}");
    }

    let client = consumer(&devhub).await;
    let latest =
        tokio::spawn(async move { read(&client, "0", from(StartLocation::Latest), 1).await });
    // Appended until the reader, whose start nobody else can see, has got one.
    let mut appended = 9;
    while !latest.is_finished() && appended < 1000 {
        appended = devhub.append(HUB, 0, "later").unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let events = soon("the latest event", latest).await.unwrap().unwrap();
    assert!((10..=appended).contains(&sequence_numbers(&events)[0]));
}

#[tokio::test]
async fn an_idle_reader_gets_what_is_appended_later() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "first").unwrap();
    let client = consumer(&devhub).await;
    let opened =
        client.open_receiver_on_partition("0".to_owned(), Some(from(StartLocation::Earliest)));
    let receiver = soon("opening a receiver", opened).await.unwrap();
    let mut stream = std::pin::pin!(receiver.stream_events());
    let first = soon("the first event", stream.next()).await.unwrap().unwrap();
    devhub.append(HUB, 0, "second").unwrap();
    let second = soon("the second event", stream.next()).await.unwrap().unwrap();
    assert_eq!(sequence_numbers(&[first, second]), [0, 1]);
}

#[tokio::test]
async fn a_higher_owner_level_takes_the_partition_and_fences_the_lower_one() {
    let devhub = start(1).await;
    devhub.append(HUB, 0, "event").unwrap();
    let old = consumer(&devhub).await;
    let opened = old.open_receiver_on_partition("0".to_owned(), Some(owner(1)));
    let receiver = soon("opening a receiver", opened).await.unwrap();
    let mut stream = std::pin::pin!(receiver.stream_events());
    soon("the first event", stream.next()).await.unwrap().unwrap();

    let new = consumer(&devhub).await;
    let opened = new.open_receiver_on_partition("0".to_owned(), Some(owner(2)));
    let new_receiver = soon("opening a receiver", opened).await.unwrap();
    let mut new_stream = std::pin::pin!(new_receiver.stream_events());
    soon("the first event", new_stream.next()).await.unwrap().unwrap();

    let stolen = soon("being sent away", stream.next()).await.unwrap().unwrap_err();
    assert!(stolen.to_string().contains("partition stolen"), "{stolen:?}");

    let late = consumer(&devhub).await;
    let refused = read(&late, "0", owner(1), 1).await.unwrap_err();
    assert!(format!("{refused:?}").contains("higher epoch of '2'"), "{refused:?}");
}

#[tokio::test]
async fn truncated_events_are_a_gap_for_the_reader() {
    let devhub = start(1).await;
    for i in 0..10 {
        devhub.append(HUB, 0, format!("{i}")).unwrap();
    }
    devhub.truncate(HUB, 0, 6).unwrap();
    let client = consumer(&devhub).await;
    let resumed = from(StartLocation::SequenceNumber(2));
    let events = read(&client, "0", resumed, 4).await.unwrap();
    assert_eq!(sequence_numbers(&events), [6, 7, 8, 9]);
}

#[tokio::test]
async fn a_fresh_client_resumes_after_every_connection_was_killed() {
    let devhub = start(1).await;
    for i in 0..10 {
        devhub.append(HUB, 0, format!("{i}")).unwrap();
    }
    let client = consumer(&devhub).await;
    let events = read(&client, "0", from(StartLocation::Earliest), 5).await.unwrap();
    let last = events[4].sequence_number().unwrap();
    assert_eq!(devhub.kill_connections(), 1);
    assert_eq!(devhub.kill_connections(), 0);
    let resumed = from(StartLocation::SequenceNumber(last));
    let events = read(&consumer(&devhub).await, "0", resumed, 5).await.unwrap();
    assert_eq!(sequence_numbers(&events), [5, 6, 7, 8, 9]);
}
