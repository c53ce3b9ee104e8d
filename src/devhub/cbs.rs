//! `$cbs`, claims-based security: where clients put their tokens.

use super::access::{Access, is_beneath};
use super::address::entity_path;
use super::faults::Faults;
use super::message::Message;
use super::now;
use super::requests::{Reply, property};
use super::sas;
use fe2o3_amqp_types::messaging::{AmqpValue, Body};
use fe2o3_amqp_types::primitives::Value;

/// Verifies a token and remembers what it permits.
///
/// SAS tokens are verified in full. An Entra token (`jwt`) only has to be there: a devhub has no
/// tenant to ask, and to check a signature against made-up keys would prove nothing.
pub(super) fn put_token(request: &Message, access: &Access, faults: &Faults) -> Reply {
    if faults.are_tokens_refused() {
        return refuse("Unauthorized: injected by the devhub.".to_owned());
    }
    let operation = property(request, "operation");
    if operation != "put-token" {
        return Reply::refused(400, format!("The operation '{operation}' is not supported."));
    }
    let audience = entity_path(property(request, "name"));
    let Body::Value(AmqpValue(Value::String(token))) = &request.body else {
        return Reply::refused(400, "MalformedToken: the body is not a string.".to_owned());
    };
    match property(request, "type") {
        "servicebus.windows.net:sastoken" => match sas::verify(token, now::seconds()) {
            Ok(claims) if !is_beneath(&audience.to_lowercase(), &claims.path.to_lowercase()) => {
                let signed = claims.path;
                let text =
                    format!("InvalidAudience: a token for '{signed}' is not for '{audience}'.");
                refuse(text)
            }
            Ok(claims) => {
                access.grant(&claims.path, claims.expires_s);
                accepted()
            }
            Err(invalid) => refuse(invalid.to_string()),
        },
        "jwt" if !token.is_empty() => {
            access.grant(&audience, i64::MAX);
            accepted()
        }
        kind => refuse(format!("MalformedToken: no usable token of type '{kind}'.")),
    }
}

fn accepted() -> Reply {
    Reply::ok(202, "Accepted", Value::Null)
}

fn refuse(reason: String) -> Reply {
    tracing::warn!(reason, "devhub refused a token");
    Reply::refused(401, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fe2o3_amqp_types::messaging::ApplicationProperties;
    use fe2o3_amqp_types::primitives::SimpleValue;

    /// The status of the reply, and the access there is afterwards.
    fn put(kind: &str, name: &str, token: &str) -> (i32, Access) {
        let text = |text: &str| SimpleValue::String(text.to_owned());
        let mut request = crate::devhub::message::from_body(Vec::new());
        request.body = Body::Value(AmqpValue(Value::String(token.to_owned())));
        request.application_properties = Some(ApplicationProperties(
            [("operation", text("put-token")), ("type", text(kind)), ("name", text(name))]
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect(),
        ));
        let access = Access::default();
        (put_token(&request, &access, &Faults::default()).status(), access)
    }

    const SAS: &str = "servicebus.windows.net:sastoken";

    #[test]
    fn a_sas_token_is_good_for_what_it_was_signed_for() {
        let in_an_hour = now::seconds() + 3600;
        let logs = sas::sign("sb%3A%2F%2Flocalhost%2Flogs", in_an_hour);
        for name in ["amqps://localhost/logs", "sb://localhost:5672/LOGS/Partitions/1"] {
            let (status, access) = put(SAS, name, &logs);
            assert_eq!(status, 202, "{name}");
            assert!(access.covers("logs/Partitions/0", now::seconds()));
            assert!(!access.covers("other", now::seconds()));
        }
        for name in ["amqps://localhost/other", "amqps://localhost/logs2", "amqps://localhost/"] {
            let (status, access) = put(SAS, name, &logs);
            assert_eq!(status, 401, "{name}");
            assert!(!access.touches("logs", now::seconds()));
        }
        let namespace = sas::sign("sb%3A%2F%2Flocalhost%2F", in_an_hour);
        assert_eq!(put(SAS, "amqps://localhost/other", &namespace).0, 202);
    }

    #[test]
    fn a_jwt_only_has_to_be_there() {
        let (status, access) = put("jwt", "amqps://localhost/logs", "eyJ0eXAi");
        assert_eq!(status, 202);
        assert!(access.covers("logs", now::seconds()));
        assert_eq!(put("jwt", "amqps://localhost/logs", "").0, 401);
        assert_eq!(put("basic", "amqps://localhost/logs", "token").0, 401);
    }
}
