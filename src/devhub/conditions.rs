//! The error conditions with which Event Hubs ends a link.
//! Microsoft's list: <https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot>.

use super::log::BeyondEnd;
use super::readers::{Eviction, Refusal};
use super::selector::InvalidSelector;
use fe2o3_amqp_types::definitions::{AmqpError, Error, ErrorCondition, LinkError};
use fe2o3_amqp_types::primitives::Symbol;

pub(super) fn not_found(entity: &str) -> Error {
    let text = format!("The messaging entity '{entity}' could not be found.");
    error(AmqpError::NotFound, text)
}

pub(super) fn partition_out_of_range(hub: &str, partition: &str, partitions: usize) -> Error {
    let text = format!(
        "The specified partition '{partition}' of '{hub}' is invalid: it has {partitions}, counted from 0."
    );
    error(custom("com.microsoft:argument-out-of-range"), text)
}

pub(super) fn unauthorized(path: &str) -> Error {
    let text = format!("Unauthorized access. A token for '{path}' is required.");
    error(AmqpError::UnauthorizedAccess, text)
}

/// Said to a link whose token has run out since it was attached.
pub(super) fn expired(path: &str) -> Error {
    let text = format!("ExpiredToken: The token for '{path}' is expired.");
    error(AmqpError::UnauthorizedAccess, text)
}

pub(super) fn invalid_selector(invalid: &InvalidSelector) -> Error {
    error(custom("com.microsoft:argument-error"), invalid.to_string())
}

/// The condition is quoted in Azure/azure-event-hubs-python issue 13.
pub(super) fn beyond_end(beyond: &BeyondEnd) -> Error {
    error(custom("com.microsoft:argument-error"), beyond.to_string())
}

pub(super) fn undecodable(cause: &serde_amqp::Error) -> Error {
    let text = format!("The transfer holds something that is not an AMQP message: {cause}");
    error(AmqpError::DecodeError, text)
}

pub(super) fn refusal(refusal: &Refusal) -> Error {
    match refusal {
        Refusal::LowerEpoch { .. } | Refusal::NoEpoch(_) => {
            error(LinkError::Stolen, refusal.to_string())
        }
        Refusal::TooMany => error(AmqpError::ResourceLimitExceeded, refusal.to_string()),
    }
}

pub(super) fn eviction(eviction: Eviction) -> Error {
    match eviction {
        Eviction::Outranked(epoch) => {
            let text = format!(
                "New receiver with higher epoch of '{epoch}' is created hence current receiver is \
                 getting disconnected."
            );
            error(LinkError::Stolen, text)
        }
        Eviction::Injected(condition) => injected(&condition),
    }
}

pub(super) fn injected(condition: &str) -> Error {
    error(custom(condition), "injected by the devhub".to_owned())
}

fn custom(condition: &str) -> ErrorCondition {
    ErrorCondition::Custom(Symbol::from(condition))
}

fn error(condition: impl Into<ErrorCondition>, text: String) -> Error {
    Error::new(condition, Some(text), None)
}
