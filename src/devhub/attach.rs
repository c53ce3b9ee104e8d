//! What a client asks for when it attaches a link.

use fe2o3_amqp_types::definitions::Role;
use fe2o3_amqp_types::messaging::TargetArchetype;
use fe2o3_amqp_types::performatives::Attach;
use fe2o3_amqp_types::primitives::{Symbol, Value};

/// Name of the link property with the owner level, a long.
const EPOCH: &str = "com.microsoft:epoch";
/// Name of the link property with which a client names its reader.
const RECEIVER_NAME: &str = "com.microsoft:receiver-name";

/// The parts of an attach that matter to Event Hubs.
#[derive(Debug)]
pub(super) struct Terms {
    /// Name of the reader or else of the link, for messages to people.
    pub(super) name: String,
    /// Address on the side of the service: the target of a publisher, the source of a reader.
    pub(super) entity: String,
    /// Address of the target; a client's own end, where replies go.
    pub(super) target: String,
    /// The selector filter, if there is one.
    pub(super) selector: Option<String>,
    pub(super) epoch: Option<i64>,
}

impl From<&Attach> for Terms {
    fn from(attach: &Attach) -> Self {
        let source = attach.source.as_deref();
        let source_address = source.and_then(|source| source.address.clone());
        let target = match attach.target.as_deref() {
            Some(TargetArchetype::Target(target)) => target.address.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let entity = match attach.role {
            Role::Sender => target.clone(),
            Role::Receiver => source_address.unwrap_or_default(),
        };
        let filters = source.and_then(|source| source.filter.as_ref());
        let selector = filters.and_then(|filters| filters.iter().find_map(|(_, f)| text_of(f)));
        let property = |name: &str| attach.properties.as_ref()?.get(&Symbol::from(name));
        let name = match property(RECEIVER_NAME) {
            Some(Value::String(name)) => name.clone(),
            _ => attach.name.clone(),
        };
        Self { name, entity, target, selector, epoch: property(EPOCH).and_then(integer) }
    }
}

/// The text of a filter, which is described as `apache.org:selector-filter:string`; the type of the
/// text itself differs between clients.
fn text_of(filter: &Value) -> Option<String> {
    let Value::Described(described) = filter else {
        return None;
    };
    match &described.value {
        Value::String(text) => Some(text.clone()),
        Value::Symbol(text) => Some(text.to_string()),
        Value::Binary(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    }
}

/// Clients that compose AMQP by hand choose any integer type for the epoch.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Long(n) => Some(*n),
        Value::Int(n) => Some(i64::from(*n)),
        Value::Ulong(n) => i64::try_from(*n).ok(),
        Value::Uint(n) => Some(i64::from(*n)),
        _ => None,
    }
}
