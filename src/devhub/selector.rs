//! Where a reader starts: the selector filter of its attach, such as
//! `amqp.annotation.x-opt-sequence-number > '41'`.

use std::fmt;

/// A parsed selector. Event Hubs knows no other expressions than these comparisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) field: Field,
    /// `>=` instead of `>`.
    pub(super) inclusive: bool,
    pub(super) position: Position,
}

/// The annotation that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Offset,
    SequenceNumber,
    /// Milliseconds since 1970.
    EnqueuedTime,
}

/// What it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    At(i64),
    /// `@latest`: the newest event at the time of the attach.
    Latest,
}

/// The selector is not one that Event Hubs understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidSelector(String);

impl fmt::Display for InvalidSelector {
    /// In the words of the service (azure-sdk-for-net issue 49318).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(f, "The filter '{text}' is not a valid amqp filter for EventHub entities")
    }
}

impl Selector {
    /// What a reader without a filter gets: events that arrive after it.
    pub(super) const LATEST: Self =
        Self { field: Field::Offset, inclusive: false, position: Position::Latest };

    /// Blanks around the operator are optional, as the client libraries differ in them.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidSelector> {
        Self::understand(text).ok_or_else(|| InvalidSelector(text.to_owned()))
    }

    fn understand(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('>')?;
        let field = match name.trim().strip_prefix("amqp.annotation.")? {
            "x-opt-offset" => Field::Offset,
            "x-opt-sequence-number" => Field::SequenceNumber,
            "x-opt-enqueued-time" | "x-opt-enqueuedtimeutc" => Field::EnqueuedTime,
            _ => return None,
        };
        let (inclusive, value) = match rest.strip_prefix('=') {
            Some(value) => (true, value),
            None => (false, rest),
        };
        let value = value.trim();
        let value = match value.strip_prefix('\'') {
            Some(quoted) => quoted.strip_suffix('\'')?,
            None => value,
        };
        let position = match value {
            "@latest" => Position::Latest,
            number => Position::At(number.parse().ok()?),
        };
        Some(Self { field, inclusive, position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selectors_of_the_client_libraries_are_understood() {
        let cases = [
            ("amqp.annotation.x-opt-offset > '-1'", Field::Offset, false, Position::At(-1)),
            ("amqp.annotation.x-opt-offset > '@latest'", Field::Offset, false, Position::Latest),
            ("amqp.annotation.x-opt-offset >= '@latest'", Field::Offset, true, Position::Latest),
            (
                "amqp.annotation.x-opt-sequence-number >'7'",
                Field::SequenceNumber,
                false,
                Position::At(7),
            ),
            (
                "amqp.annotation.x-opt-sequence-number >='7'",
                Field::SequenceNumber,
                true,
                Position::At(7),
            ),
            (
                "amqp.annotation.x-opt-sequence-number>7",
                Field::SequenceNumber,
                false,
                Position::At(7),
            ),
            (
                " amqp.annotation.x-opt-enqueued-time > '1700000000000' ",
                Field::EnqueuedTime,
                false,
                Position::At(1_700_000_000_000),
            ),
            (
                "amqp.annotation.x-opt-enqueuedtimeutc >= '5'",
                Field::EnqueuedTime,
                true,
                Position::At(5),
            ),
        ];
        for (text, field, inclusive, position) in cases {
            let expected = Selector { field, inclusive, position };
            assert_eq!(Selector::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_text() {
        for text in [
            "",
            "amqp.annotation.x-opt-offset",
            "amqp.annotation.x-opt-offset < '5'",
            "amqp.annotation.x-opt-offset > no offset",
            "amqp.annotation.x-opt-offset > '5",
            "amqp.annotation.x-opt-partition-key > '5'",
            "x-opt-offset > '5'",
            "amqp.annotation.x-opt-sequence-number > '99999999999999999999'",
        ] {
            let error = Selector::parse(text).unwrap_err();
            assert!(error.to_string().contains(&format!("'{text}'")), "{error}");
        }
    }
}
