//! The form of a sign-in record, key by key and in the order in which Entra's diagnostic settings
//! write it to an event hub: the envelope and, under `properties`, the sign-in itself.

use std::net::IpAddr;

use serde::Serialize;

use super::clock::{Offset, Zulu};
use super::draw::{Guid, Rng, chance};
use super::policies::Applied;

/// A number that Entra writes as a number most of the time, and now and then as text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Loose {
    Number(u32),
    Text(String),
}

impl Loose {
    pub(super) fn draw(rng: &mut Rng, number: u32, texts_per_mille: u32) -> Self {
        if chance(rng, texts_per_mille) {
            Self::Text(number.to_string())
        } else {
            Self::Number(number)
        }
    }

    /// `Level`: 4, or its name.
    pub(super) fn level(rng: &mut Rng) -> Self {
        if chance(rng, 60) {
            Self::Text("Informational".to_owned())
        } else {
            Self::draw(rng, 4, 120)
        }
    }
}

/// The part of a record that all sign-ins have in common with all other logs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record<'a> {
    pub(super) time: Zulu,
    pub(super) resource_id: &'a str,
    pub(super) operation_name: &'static str,
    pub(super) operation_version: &'static str,
    pub(super) category: &'static str,
    pub(super) tenant_id: Guid,
    pub(super) result_type: String,
    pub(super) result_signature: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) result_description: &'static str,
    pub(super) duration_ms: Loose,
    pub(super) caller_ip_address: IpAddr,
    pub(super) correlation_id: Guid,
    pub(super) identity: &'a str,
    #[serde(rename = "Level")]
    pub(super) level: Loose,
    pub(super) location: &'static str,
    pub(super) properties: Properties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Properties<'a> {
    pub(super) id: Guid,
    pub(super) created_date_time: Offset,
    pub(super) user_display_name: &'a str,
    pub(super) user_principal_name: &'a str,
    pub(super) user_id: Guid,
    pub(super) app_id: String,
    pub(super) app_display_name: &'static str,
    pub(super) ip_address: IpAddr,
    pub(super) status: Status,
    pub(super) client_app_used: &'static str,
    pub(super) user_agent: &'static str,
    pub(super) device_detail: DeviceDetail,
    pub(super) location: Location,
    pub(super) mfa_detail: MfaDetail,
    pub(super) correlation_id: Guid,
    pub(super) conditional_access_status: &'static str,
    pub(super) applied_conditional_access_policies: Vec<Applied>,
    pub(super) authentication_context_class_references: [(); 0],
    pub(super) original_request_id: Guid,
    pub(super) is_interactive: bool,
    pub(super) token_issuer_name: &'static str,
    pub(super) token_issuer_type: &'static str,
    pub(super) authentication_processing_details: Vec<KeyValue>,
    pub(super) network_location_details: Vec<NetworkLocation>,
    pub(super) client_credential_type: &'static str,
    pub(super) processing_time_in_milliseconds: i64,
    pub(super) risk_detail: &'static str,
    pub(super) risk_level_aggregated: &'static str,
    pub(super) risk_level_during_sign_in: &'static str,
    pub(super) risk_state: &'static str,
    pub(super) risk_event_types: &'static [&'static str],
    #[serde(rename = "riskEventTypes_v2")]
    pub(super) risk_event_types_v2: &'static [&'static str],
    pub(super) resource_display_name: &'static str,
    pub(super) resource_id: String,
    pub(super) resource_tenant_id: Guid,
    pub(super) home_tenant_id: Guid,
    pub(super) tenant_id: Guid,
    pub(super) authentication_details: Vec<Step>,
    pub(super) authentication_requirement_policies: Vec<RequirementPolicy>,
    pub(super) session_lifetime_policies: Vec<LifetimePolicy>,
    pub(super) authentication_requirement: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sign_in_identifier: Option<&'a str>,
    pub(super) service_principal_id: &'static str,
    pub(super) user_type: &'static str,
    pub(super) flagged_for_review: bool,
    pub(super) is_tenant_restricted: bool,
    pub(super) autonomous_system_number: Loose,
    pub(super) cross_tenant_access_type: &'static str,
    pub(super) private_link_details: Empty,
    pub(super) sso_extension_version: &'static str,
    pub(super) unique_token_identifier: String,
    pub(super) authentication_strengths: [(); 0],
    pub(super) incoming_token_type: &'static str,
    pub(super) authentication_protocol: &'static str,
    pub(super) app_service_principal_id: Option<Guid>,
    pub(super) resource_service_principal_id: Guid,
    pub(super) rngc_status: u32,
    pub(super) sign_in_token_protection_status: &'static str,
    pub(super) token_protection_status_details: TokenProtection,
    pub(super) original_transfer_method: &'static str,
    pub(super) is_through_global_secure_access: bool,
    pub(super) conditional_access_audiences: Vec<Audience>,
    pub(super) session_id: Guid,
    pub(super) resource_owner_tenant_id: Guid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sign_in_event_types: Option<[&'static str; 1]>,
}

#[derive(Debug, Serialize)]
pub(super) struct Empty {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) error_code: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) failure_reason: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) additional_details: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceDetail {
    pub(super) device_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) display_name: String,
    pub(super) operating_system: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) browser: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_compliant: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_managed: Option<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) trust_type: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) country_or_region: &'static str,
    pub(super) geo_coordinates: Coordinates,
}

#[derive(Debug, Serialize)]
pub(super) struct Coordinates {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MfaDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth_detail: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct KeyValue {
    pub(super) key: &'static str,
    pub(super) value: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkLocation {
    pub(super) network_type: &'static str,
    pub(super) network_names: [&'static str; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) authentication_step_date_time: Offset,
    pub(super) authentication_method: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) authentication_method_detail: &'static str,
    pub(super) succeeded: bool,
    pub(super) authentication_step_result_detail: &'static str,
    pub(super) authentication_step_requirement: &'static str,
    // Entra writes these two with a capital.
    #[serde(rename = "StatusSequence")]
    pub(super) status_sequence: u32,
    #[serde(rename = "RequestSequence")]
    pub(super) request_sequence: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequirementPolicy {
    pub(super) requirement_provider: &'static str,
    pub(super) detail: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LifetimePolicy {
    pub(super) expiration_requirement: &'static str,
    pub(super) detail: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenProtection {
    pub(super) sign_in_session_status: &'static str,
    pub(super) sign_in_session_status_code: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Audience {
    pub(super) application_id: String,
    pub(super) audience_reasons: &'static str,
}
