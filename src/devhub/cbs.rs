//! `$cbs`, claims-based security: where clients put their tokens.

use super::access::{Access, is_beneath};
use super::address::entity_path;
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
pub(super) fn put_token(request: &Message, access: &Access) -> Reply {
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
