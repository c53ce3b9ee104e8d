//! SASL: who the client says it is, before any token.
//!
//! Microsoft's libraries use `ANONYMOUS` (or `MSSBCBS`, its older name here) and put tokens later.
//! `PLAIN` with key name and key is for every other AMQP client. `EXTERNAL` is offered as by the
//! service, but needs a client certificate, which a plain connection has not.

use super::access::Access;
use super::sas;
use fe2o3_amqp::acceptor::SaslAcceptor;
use fe2o3_amqp::acceptor::sasl_acceptor::SaslServerFrame;
use fe2o3_amqp_types::primitives::{Array, Symbol};
use fe2o3_amqp_types::sasl::{SaslCode, SaslInit, SaslOutcome, SaslResponse};
use std::sync::Arc;

/// Decides about one connection.
#[derive(Debug, Clone)]
pub(super) struct Sasl {
    access: Arc<Access>,
}

impl Sasl {
    /// `PLAIN` with the right key gives this access to the whole namespace.
    pub(super) fn new(access: Arc<Access>) -> Self {
        Self { access }
    }
}

impl SaslAcceptor for Sasl {
    fn mechanisms(&self) -> Array<Symbol> {
        let names = ["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"];
        Array::from(names.map(Symbol::from).to_vec())
    }

    fn on_init(&mut self, init: SaslInit) -> SaslServerFrame {
        let response = init.initial_response.unwrap_or_default();
        outcome(match init.mechanism.as_str() {
            "ANONYMOUS" | "MSSBCBS" => SaslCode::Ok,
            "PLAIN" if is_the_key(&response) => {
                self.access.grant("", i64::MAX);
                SaslCode::Ok
            }
            _ => SaslCode::Auth,
        })
    }

    fn on_response(&mut self, _response: SaslResponse) -> SaslServerFrame {
        // No mechanism above asks a challenge.
        outcome(SaslCode::Sys)
    }
}

/// `[authorization id] NUL user NUL password` (RFC 4616).
fn is_the_key(plain: &[u8]) -> bool {
    let mut parts = plain.split(|byte| *byte == 0).skip(1);
    parts.next() == Some(sas::KEY_NAME.as_bytes()) && parts.next() == Some(sas::KEY.as_bytes())
}

fn outcome(code: SaslCode) -> SaslServerFrame {
    SaslServerFrame::Outcome(SaslOutcome { code, additional_data: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_wants_the_name_and_the_key() {
        assert!(is_the_key(b"\0RootManageSharedAccessKey\0SAS_KEY_VALUE"));
        assert!(is_the_key(b"me\0RootManageSharedAccessKey\0SAS_KEY_VALUE"));
        assert!(!is_the_key(b"\0RootManageSharedAccessKey\0wrong"));
        assert!(!is_the_key(b"\0RootManageSharedAccessKey"));
        assert!(!is_the_key(b""));
    }
}
