//! The question where a partition ends, and what its answer says of the connection.

use std::pin::Pin;
use std::time::SystemTime;

use azure_messaging_eventhubs::ConsumerClient;
use azure_messaging_eventhubs::models::EventHubPartitionProperties;

use super::{ANSWER_TIMEOUT, Reading, chain};

/// What the hub answered, or why it did not.
pub(super) type Answer = Result<EventHubPartitionProperties, String>;

/// A question that was asked while events may come.
pub(super) struct Question<'a> {
    answer: Pin<Box<dyn Future<Output = Answer> + Send + 'a>>,
    pub(super) asked: Asked,
}

/// When it was asked, and after which event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    at: SystemTime,
    after: i64,
    /// Whether an event has come since.
    pub(super) overtaken: bool,
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Everything is as it should be.
    Well,
    /// The hub has events up to this one, of which none has come.
    Missing { last: i64 },
    /// The partition holds no events.
    Empty,
    /// The partition ends before what was read of it.
    Shorter { last: i64 },
    /// The hub does not answer.
    Nothing(String),
}

impl<'a> Question<'a> {
    /// Asks after the event that was read last, -1 before the first.
    pub(super) fn ask(client: &'a ConsumerClient, partition: &str, after: i64) -> Self {
        let partition = partition.to_owned();
        let answer = async move {
            let answer = client.get_partition_properties(&partition);
            match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
                Ok(Ok(properties)) => Ok(properties),
                Ok(Err(error)) => Err(chain(&error)),
                Err(_) => Err("no answer to a question about the partition".to_owned()),
            }
        };
        let asked = Asked { at: SystemTime::now(), after, overtaken: false };
        Self { answer: Box::pin(answer), asked }
    }
}

/// The answer to a question that was asked; waits for ever if there is none.
pub(super) async fn answered(question: &mut Option<Question<'_>>) -> (Asked, Answer) {
    match question {
        Some(question) => {
            let answer = question.answer.as_mut().await;
            (question.asked, answer)
        }
        None => std::future::pending().await,
    }
}

/// What an answer says; the lag is told on the way.
pub(super) fn weigh(asked: Asked, answer: Answer, reading: &Reading) -> Said {
    let properties = match answer {
        Ok(properties) => properties,
        // As long as events come, the connection is well.
        Err(_) if asked.overtaken => return Said::Well,
        Err(reason) => return Said::Nothing(reason),
    };
    let last = properties.last_enqueued_sequence_number;
    if last < asked.after {
        return Said::Shorter { last };
    }
    if properties.is_empty {
        reading.emptied();
        return Said::Empty;
    }
    reading.ends_at(last, properties.last_enqueued_time_utc, asked.at);
    if asked.overtaken || last == asked.after { Said::Well } else { Said::Missing { last } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(overtaken: bool, answer: Answer) -> Said {
        let reading = Reading::default();
        reading.begin(Some(10), 10);
        weigh(Asked { at: SystemTime::now(), after: 10, overtaken }, answer, &reading)
    }

    fn ends_at(last: i64, is_empty: bool) -> Answer {
        Ok(EventHubPartitionProperties {
            id: "0".to_owned(),
            eventhub: "logs".to_owned(),
            beginning_sequence_number: 0,
            last_enqueued_sequence_number: last,
            last_enqueued_offset: "0".to_owned(),
            last_enqueued_time_utc: None,
            is_empty,
        })
    }

    #[test]
    fn events_that_the_hub_has_are_missing_unless_one_has_come_meanwhile() {
        assert_eq!(said(false, ends_at(10, false)), Said::Well);
        assert_eq!(said(false, ends_at(11, false)), Said::Missing { last: 11 });
        assert_eq!(said(true, ends_at(11, false)), Said::Well);
    }

    #[test]
    fn what_retention_has_removed_is_not_waited_for() {
        assert_eq!(said(false, ends_at(11, true)), Said::Empty);
    }

    #[test]
    fn no_answer_is_the_end_of_a_connection_that_is_silent() {
        let nothing = || Err("no answer".to_owned());
        assert_eq!(said(false, nothing()), Said::Nothing("no answer".to_owned()));
        assert_eq!(said(true, nothing()), Said::Well);
    }

    #[test]
    fn a_partition_that_is_shorter_than_what_was_read_is_another_one() {
        assert_eq!(said(false, ends_at(9, false)), Said::Shorter { last: 9 });
        assert_eq!(said(true, ends_at(-1, true)), Said::Shorter { last: -1 });
    }
}
