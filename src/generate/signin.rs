//! Sign-in records: what each of the many fields says about a sign-in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt as _;

use super::clock::{Offset, Zulu};
use super::draw::{Guid, Rng, chance, quantile};
use super::event::{Category, Event, Mfa, SignIn, Who};
use super::outcome::Verdict;
use super::policies::{self, Policy};
use super::signin_fields as fields;
use super::signin_form::{Audience, Empty, Loose, Properties, Record, TokenProtection};
use super::tenant::{Kind, Tenant};

/// Writes sign-ins as records.
#[derive(Debug)]
pub(super) struct SignInRecords<'a> {
    tenant: &'a Tenant,
    policies: Vec<Policy>,
    resource_path: String,
    /// The tenant that Microsoft's resources belong to.
    publisher: Guid,
}

impl<'a> SignInRecords<'a> {
    pub(super) fn new(tenant: &'a Tenant) -> Self {
        Self {
            tenant,
            policies: policies::policies(tenant.seed),
            resource_path: format!("/tenants/{}/providers/Microsoft.aadiam", tenant.id),
            publisher: Guid::named(tenant.seed, "publisher"),
        }
    }

    /// Appends the record of a sign-in to `out` as JSON.
    pub(super) fn write(
        &self,
        rng: &mut Rng,
        event: &Event,
        sign_in: &SignIn,
        out: &mut Vec<u8>,
    ) -> Result<(), serde_json::Error> {
        let outcome = sign_in.outcome;
        let account = Account::of(rng, self.tenant, &sign_in.who);
        let category =
            if sign_in.interactive { Category::SignIn } else { Category::NonInteractive };
        let record = Record {
            time: Zulu(event.time),
            resource_id: &self.resource_path,
            operation_name: "Sign-in activity",
            operation_version: "1.0",
            category: category.name(),
            tenant_id: self.tenant.id,
            result_type: outcome.code.to_string(),
            result_signature: "None",
            result_description: outcome.text,
            duration_ms: Loose::draw(rng, 0, 25),
            caller_ip_address: sign_in.origin.ip,
            correlation_id: sign_in.correlation,
            identity: account.name,
            level: Loose::level(rng),
            location: sign_in.origin.city.country,
            properties: self.properties(rng, event, sign_in, &account),
        };
        serde_json::to_writer(out, &record)
    }

    fn properties<'r>(
        &self,
        rng: &mut Rng,
        event: &Event,
        sign_in: &SignIn,
        account: &Account<'r>,
    ) -> Properties<'r> {
        let tenant = self.tenant;
        let outcome = sign_in.outcome;
        let request = Guid::request(rng);
        let applied = policies::applied(&self.policies, sign_in);
        let risk = fields::risk(sign_in.risk);
        let app_id = sign_in.app.id(tenant.seed);
        let resource_id = sign_in.resource.id(tenant.seed);
        let mfa = sign_in.mfa != Mfa::NotRequired || outcome.verdict == Verdict::NeedsMfa;
        Properties {
            id: request,
            created_date_time: Offset(event.created),
            user_display_name: account.name,
            user_principal_name: account.upn,
            user_id: account.id,
            app_display_name: sign_in.app.name,
            ip_address: sign_in.origin.ip,
            status: fields::status(sign_in),
            client_app_used: sign_in.client.print.client_app,
            user_agent: sign_in.client.print.user_agent,
            device_detail: fields::device_detail(&sign_in.client),
            location: fields::location(&sign_in.origin),
            mfa_detail: fields::mfa_detail(sign_in),
            correlation_id: sign_in.correlation,
            conditional_access_status: policies::status(&applied),
            applied_conditional_access_policies: applied,
            authentication_context_class_references: [],
            original_request_id: request,
            is_interactive: sign_in.interactive,
            token_issuer_name: "",
            token_issuer_type: "AzureAD",
            authentication_processing_details: fields::processing_details(rng, sign_in),
            network_location_details: fields::network_location(&sign_in.origin),
            client_credential_type: "none",
            processing_time_in_milliseconds: quantile(
                rng,
                &[(0, 40), (500, 150), (900, 500), (1000, 3500)],
            ),
            risk_detail: risk.detail,
            risk_level_aggregated: risk.level,
            risk_level_during_sign_in: risk.level,
            risk_state: risk.state,
            risk_event_types: risk.types,
            risk_event_types_v2: risk.types,
            resource_display_name: sign_in.resource.name,
            resource_tenant_id: tenant.id,
            home_tenant_id: if account.guest { tenant.partner } else { tenant.id },
            tenant_id: tenant.id,
            authentication_details: fields::steps(event, sign_in),
            authentication_requirement_policies: fields::requirement_policies(mfa),
            session_lifetime_policies: fields::lifetime_policies(sign_in),
            authentication_requirement: if mfa {
                "multiFactorAuthentication"
            } else {
                "singleFactorAuthentication"
            },
            sign_in_identifier: sign_in.interactive.then_some(account.upn),
            service_principal_id: "",
            user_type: if account.guest { "Guest" } else { "Member" },
            flagged_for_review: false,
            is_tenant_restricted: false,
            autonomous_system_number: Loose::draw(rng, sign_in.origin.asn, 40),
            cross_tenant_access_type: if account.guest { "b2bCollaboration" } else { "none" },
            private_link_details: Empty {},
            sso_extension_version: "",
            unique_token_identifier: URL_SAFE_NO_PAD.encode(request.dotnet_bytes()),
            authentication_strengths: [],
            incoming_token_type: fields::incoming_token(rng, sign_in),
            authentication_protocol: sign_in.client.print.protocol,
            app_service_principal_id: None,
            resource_service_principal_id: Guid::named(tenant.seed, sign_in.resource.name),
            rngc_status: 0,
            sign_in_token_protection_status: "none",
            token_protection_status_details: TokenProtection {
                sign_in_session_status: "unbound",
                sign_in_session_status_code: 1002 + u32::from(!sign_in.interactive) * 2,
            },
            original_transfer_method: "none",
            is_through_global_secure_access: false,
            conditional_access_audiences: vec![Audience {
                application_id: resource_id.clone(),
                audience_reasons: "none",
            }],
            app_id,
            resource_id,
            session_id: sign_in.session,
            resource_owner_tenant_id: self.publisher,
            sign_in_event_types: rng.random_ratio(1, 2).then_some([if sign_in.interactive {
                "interactiveUser"
            } else {
                "nonInteractiveUser"
            }]),
        }
    }
}

/// The names under which a sign-in is logged.
struct Account<'a> {
    id: Guid,
    upn: &'a str,
    name: &'a str,
    guest: bool,
}

impl<'a> Account<'a> {
    fn of(rng: &mut Rng, tenant: &'a Tenant, who: &'a Who) -> Self {
        match who {
            Who::User(at) => {
                let user = &tenant.users[*at];
                // The name is written as the client sent it, which not every client does in lower case.
                let upn = if at % 7 == 3 && chance(rng, 300) { &user.upn_mixed } else { &user.upn };
                Account { id: user.id, upn, name: &user.name, guest: user.kind == Kind::Guest }
            }
            Who::Nobody(upn) => Account { id: Guid::ZERO, upn, name: "", guest: false },
        }
    }
}
