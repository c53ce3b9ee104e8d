//! Audit records, field by field as Entra's diagnostic settings write them to an event hub.

use std::net::IpAddr;

use rand::RngExt as _;
use serde::Serialize;

use super::clock::{Offset, Zulu};
use super::draw::{Guid, Rng};
use super::event::{Audit, Category, Event, Initiator, Target};
use super::signin_form::Loose;
use super::tenant::Tenant;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    time: Zulu,
    resource_id: &'a str,
    operation_name: &'static str,
    operation_version: &'static str,
    category: &'static str,
    tenant_id: Guid,
    result_signature: &'static str,
    duration_ms: Loose,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_ip_address: Option<IpAddr>,
    correlation_id: Guid,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
    #[serde(rename = "Level")]
    level: Loose,
    properties: Properties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    tenant_id: Guid,
    result_type: &'static str,
    result_description: &'static str,
    operation_name: &'static str,
    identity: &'static str,
    tenant_geo: &'static str,
    id: String,
    category: &'static str,
    correlation_id: Guid,
    result: &'static str,
    result_reason: &'a str,
    activity_display_name: &'static str,
    activity_date_time: Offset,
    logged_by_service: &'static str,
    operation_type: &'static str,
    user_agent: Option<&'static str>,
    initiated_by: InitiatedBy<'a>,
    target_resources: Vec<TargetResource<'a>>,
    additional_details: Vec<Detail<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum InitiatedBy<'a> {
    #[serde(rename_all = "camelCase")]
    User {
        id: Guid,
        display_name: Option<&'a str>,
        user_principal_name: &'a str,
        ip_address: Option<IpAddr>,
        roles: [(); 0],
    },
    #[serde(rename_all = "camelCase")]
    App {
        app_id: Option<Guid>,
        display_name: &'static str,
        service_principal_id: Guid,
        service_principal_name: Option<&'static str>,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetResource<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_principal_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    modified_properties: Vec<Modified<'a>>,
    administrative_units: [(); 0],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Modified<'a> {
    display_name: &'static str,
    old_value: Option<&'a str>,
    new_value: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Detail<'a> {
    key: &'static str,
    value: &'a str,
}

/// Writes audit events as records.
#[derive(Debug)]
pub(super) struct AuditRecords<'a> {
    tenant: &'a Tenant,
    resource_path: String,
}

impl<'a> AuditRecords<'a> {
    pub(super) fn new(tenant: &'a Tenant) -> Self {
        Self { tenant, resource_path: format!("/tenants/{}/providers/Microsoft.aadiam", tenant.id) }
    }

    /// Appends the record of an audit event to `out` as JSON.
    pub(super) fn write(
        &self,
        rng: &mut Rng,
        event: &Event,
        audit: &Audit,
        out: &mut Vec<u8>,
    ) -> Result<(), serde_json::Error> {
        // PIM names the address in the details and nowhere else.
        let pim = audit.operation.service == "PIM";
        let (caller_ip_address, identity) = match audit.initiator {
            Initiator::User { index, origin } => {
                ((!pim).then_some(origin.ip), pim.then_some(self.tenant.users[index].name.as_str()))
            }
            Initiator::App(name) => (None, pim.then_some(name)),
        };
        let record = Record {
            time: Zulu(event.time),
            resource_id: &self.resource_path,
            operation_name: audit.operation.name,
            operation_version: "1.0",
            category: Category::Audit.name(),
            tenant_id: self.tenant.id,
            result_signature: "None",
            duration_ms: Loose::draw(rng, 0, 25),
            caller_ip_address,
            correlation_id: audit.correlation,
            identity,
            level: Loose::level(rng),
            properties: self.properties(rng, event, audit, caller_ip_address),
        };
        serde_json::to_writer(out, &record)
    }

    fn properties<'r>(
        &'r self,
        rng: &mut Rng,
        event: &Event,
        audit: &'r Audit,
        ip_address: Option<IpAddr>,
    ) -> Properties<'r> {
        let operation = audit.operation;
        Properties {
            tenant_id: self.tenant.id,
            result_type: "",
            result_description: "",
            operation_name: operation.name,
            identity: "",
            tenant_geo: "NA",
            id: id(rng, audit),
            category: operation.category,
            correlation_id: audit.correlation,
            result: "success",
            result_reason: &audit.reason,
            activity_display_name: operation.name,
            activity_date_time: Offset(event.created),
            logged_by_service: operation.service,
            operation_type: operation.kind,
            user_agent: None,
            initiated_by: self.initiated_by(audit, ip_address),
            target_resources: audit.targets.iter().map(target_resource).collect(),
            additional_details: audit
                .details
                .iter()
                .map(|(key, value)| Detail { key, value })
                .collect(),
        }
    }

    fn initiated_by<'r>(&'r self, audit: &Audit, ip_address: Option<IpAddr>) -> InitiatedBy<'r> {
        match audit.initiator {
            Initiator::User { index, .. } => {
                let user = &self.tenant.users[index];
                InitiatedBy::User {
                    id: user.id,
                    display_name: ip_address.is_none().then_some(user.name.as_str()),
                    user_principal_name: &user.upn,
                    ip_address,
                    roles: [],
                }
            }
            Initiator::App(name) => InitiatedBy::App {
                app_id: None,
                display_name: name,
                service_principal_id: Guid::named(self.tenant.seed, name),
                service_principal_name: None,
            },
        }
    }
}

/// `properties.id`: what logged it, the correlation, and a number.
fn id(rng: &mut Rng, audit: &Audit) -> String {
    let prefix = match audit.operation.service {
        "PIM" => "PIM",
        "Conditional Access" => "IPCGraph",
        "Self-service Password Management" => "SSPR",
        "Core Directory" => "Directory",
        _ => "DRS",
    };
    let letters: String = (0..5).map(|_| char::from(rng.random_range(b'A'..=b'Z'))).collect();
    format!(
        "{prefix}_{}_{letters}_{}",
        audit.correlation,
        rng.random_range(1_000_000..100_000_000_u32)
    )
}

fn target_resource(target: &Target) -> TargetResource<'_> {
    TargetResource {
        id: &target.id,
        display_name: target.name.as_deref(),
        kind: target.kind,
        user_principal_name: target.upn.as_deref(),
        modified_properties: target
            .modified
            .iter()
            .map(|(display_name, old, new)| Modified {
                display_name,
                old_value: old.as_deref(),
                new_value: new.as_deref(),
            })
            .collect(),
        administrative_units: [],
    }
}
