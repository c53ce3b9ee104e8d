//! Every log category has its table, and the command line says what is in it.

use serde_json::{Value, json};

use crate::leaves::lost;
use crate::records::{one_of_each, written};
use crate::support::Workspace;

/// What is to come of a record of [`one_of_each`].
struct Expected {
    table: &'static str,
    /// `TimeGenerated`, on 2026-01-05.
    time: &'static str,
    /// The same when the record has no `time`.
    without_time: &'static str,
    /// Keys of the record that have no column, as words.
    top: &'static [&'static str],
    /// Keys of its properties that have no column, as words.
    properties: &'static [&'static str],
}

/// Keys of every record that some tables have no columns for.
const BARE: &str = "Level category durationMs identity location operationVersion resourceId \
    resultSignature resultType tenantId";
const SIGN_IN_RISK: &str = "riskDetail riskLevelAggregated riskLevelDuringSignIn riskState";
/// What Log Analytics keeps of a user's sign-in only.
const SIGN_IN_OF_APP: &str = "appDisplayName authenticationProtocol crossTenantAccessType \
    flaggedForReview homeTenantId incomingTokenType isInteractive isTenantRestricted \
    originalTransferMethod processingTimeInMilliseconds resourceTenantId status tokenIssuerType";

/// In the order of [`one_of_each`].
const EXPECTED: &[Expected] = &[
    Expected {
        table: "SigninLogs",
        time: "10:00:00.123456",
        without_time: "09:59:58.765432",
        top: &[],
        properties: &[],
    },
    Expected {
        table: "AADNonInteractiveUserSignInLogs",
        time: "10:00:01.123456",
        without_time: "09:59:58.765432",
        top: &["resourceId"],
        properties: &[
            "authenticationAppDeviceDetails authenticationAppPolicyEvaluationDetails",
            "flaggedForReview ipAddressFromResourceProvider riskLevel servicePrincipalName",
            "signInIdentifier sourceAppClientId",
        ],
    },
    Expected {
        table: "AADServicePrincipalSignInLogs",
        time: "10:00:02.000000",
        without_time: "09:59:58.765432",
        top: &["resourceId"],
        properties: &[SIGN_IN_OF_APP, SIGN_IN_RISK, "sourceAppClientId"],
    },
    Expected {
        table: "AADManagedIdentitySignInLogs",
        time: "10:00:03.123456",
        without_time: "09:59:58.765432",
        top: &["resourceId"],
        properties: &[SIGN_IN_OF_APP, SIGN_IN_RISK, "autonomousSystemNumber"],
    },
    Expected {
        table: "MicrosoftServicePrincipalSignInLogs",
        time: "10:00:04.123456",
        without_time: "09:59:58.765432",
        top: &["Level callerIpAddress identity location resourceId resultType tenantId"],
        properties: &[
            SIGN_IN_OF_APP,
            SIGN_IN_RISK,
            "agent appliedConditionalAccessPolicies authenticationContextClassReferences",
            "authenticationProcessingDetails autonomousSystemNumber clientCredentialType",
            "conditionalAccessAudiences conditionalAccessStatus federatedCredentialId id",
            "ipAddress location networkLocationDetails sessionId sourceAppClientId userAgent",
        ],
    },
    Expected {
        table: "ADFSSignInLogs",
        time: "10:00:05.000000",
        without_time: "09:59:58.765432",
        top: &["resourceId tenantId"],
        properties: &[
            SIGN_IN_RISK,
            "agent appOwnerTenantId appliedEventListeners authenticationAppDeviceDetails",
            "authenticationAppPolicyEvaluationDetails authenticationContextClassReferences",
            "authenticationMethodsUsed authenticationProtocol authenticatorAppLocation",
            "autonomousSystemNumber clientAppUsed clientCredentialType conditionalAccessAudiences",
            "crossTenantAccessType federatedCredentialId flaggedForReview",
            "globalSecureAccessIpAddress homeTenantId homeTenantName incomingTokenType",
            "ipAddressFromResourceProvider isRisky isTenantRestricted isThroughGlobalSecureAccess",
            "location mfaDetail originalTransferMethod resourceOwnerTenantId",
            "resourceServicePrincipalId riskEventTypes riskEventTypes_v2 riskLevel",
            "servicePrincipalId servicePrincipalName sessionId sessionLifetimePolicies",
            "signInIdentifier signInIdentifierType sourceAppClientId tokenProtectionStatusDetails",
            "userType",
        ],
    },
    Expected {
        table: "AuditLogs",
        time: "10:00:06.123456",
        without_time: "10:00:05.765432",
        top: &["callerIpAddress category"],
        properties: &[],
    },
    Expected {
        table: "AADCustomSecurityAttributeAuditLogs",
        time: "10:00:06.123456",
        without_time: "10:00:05.765432",
        top: &["category resourceId"],
        properties: &["category"],
    },
    Expected {
        table: "AADProvisioningLogs",
        time: "10:00:07.123456",
        without_time: "10:00:07.123456",
        top: &["Level callerIpAddress identity location resourceId"],
        properties: &["action statusInfo"],
    },
    Expected {
        table: "AADRiskyUsers",
        time: "10:00:08.000000",
        without_time: "09:58:52.702000",
        top: &[BARE, "callerIpAddress"],
        properties: &["isGuest"],
    },
    Expected {
        table: "AADUserRiskEvents",
        time: "10:00:09.000000",
        without_time: "09:56:50.361000",
        top: &[BARE],
        properties: &["crossTenantAccessType homeTenantId userType"],
    },
    Expected {
        table: "AADRiskyServicePrincipals",
        time: "10:00:10.000000",
        without_time: "09:58:52.702000",
        top: &[BARE, "callerIpAddress"],
        properties: &[],
    },
    Expected {
        table: "AADServicePrincipalRiskEvents",
        time: "10:00:11.000000",
        without_time: "09:56:50.361000",
        top: &[BARE],
        properties: &[],
    },
    Expected {
        table: "AADRiskyAgents",
        time: "10:00:12.123456",
        without_time: "09:58:52.702000",
        top: &[BARE, "callerIpAddress"],
        properties: &[],
    },
    Expected {
        table: "AADAgentRiskEvents",
        time: "10:00:13.123456",
        without_time: "09:56:50.361000",
        top: &[BARE, "callerIpAddress"],
        properties: &[],
    },
    Expected {
        table: "MicrosoftGraphActivityLogs",
        time: "10:00:14.123456",
        without_time: "10:00:14.123456",
        top: &["Level category identity operationName resourceId resultType"],
        properties: &["C_Iat C_Idtyp UserPrincipalObjectID"],
    },
    Expected {
        table: "AADGraphActivityLogs",
        time: "10:00:15.123456",
        without_time: "10:00:15.123456",
        top: &[],
        properties: &["__UDI_RequiredFields_UniqueId directAccessSource env_cloud_role"],
    },
    Expected {
        table: "NetworkAccessTraffic",
        time: "10:00:16.123456",
        without_time: "10:00:12.000000",
        top: &[BARE, "callerIpAddress correlationId operationName"],
        properties: &["createdDateTime"],
    },
    Expected {
        table: "RemoteNetworkHealthLogs",
        time: "10:00:17.123456",
        without_time: "10:00:15.000000",
        top: &[BARE, "callerIpAddress correlationId operationName"],
        properties: &[],
    },
    Expected {
        table: "EnrichedMicrosoft365AuditLogs",
        time: "10:00:18.123456",
        without_time: "09:59:40.000000",
        top: &[BARE, "callerIpAddress correlationId operationName"],
        properties: &["creationTime"],
    },
    Expected {
        table: "AADB2CRequestLogs",
        time: "10:00:19.123456",
        without_time: "10:00:18.000000",
        top: &["Level category durationMs identity location operationVersion resourceId"],
        properties: &["createdDateTime"],
    },
];

/// Words in order.
fn words(texts: &[&str]) -> Vec<String> {
    let mut words: Vec<_> =
        texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
    words.sort();
    words
}

/// The keys of an object, but for `properties`, in order.
fn keys(object: &Value) -> Vec<String> {
    let keys = object.as_object().into_iter().flatten().map(|(key, _)| key.clone());
    let mut keys: Vec<_> = keys.filter(|key| key != "properties").collect();
    keys.sort();
    keys
}

#[test]
fn a_record_of_each_category_is_in_the_columns_of_its_table() {
    let workspace = Workspace::new();
    let records = one_of_each();
    workspace.write("each.ndjson", written(&records));
    workspace.succeed(&["ingest", "--from", "each.ndjson"]);
    assert_eq!(workspace.rows("SELECT Detail FROM DeadLetters"), Vec::<Value>::new());
    assert_eq!(records.len(), EXPECTED.len());
    for (record, Expected { table, time, top, properties, .. }) in records.iter().zip(EXPECTED) {
        let mut rows = workspace.rows(&format!("SELECT * FROM {table}"));
        assert_eq!(rows.len(), 1, "{table}");
        let row = rows.remove(0);
        assert_eq!(row["TimeGenerated"], format!("2026-01-05T{time}Z"), "{table}");
        assert_eq!(row["Type"], *table);
        let unmapped: Value =
            serde_json::from_str(row["_Unmapped"].as_str().unwrap_or("{}")).unwrap();
        assert_eq!(keys(&unmapped), words(top), "{table}");
        assert_eq!(keys(&unmapped["properties"]), words(properties), "{table}");
        assert_eq!(lost(&record.to_string(), &row), Vec::<Value>::new(), "{table}: {row:#}");
    }
}

#[test]
fn a_record_without_a_time_is_dated_by_what_it_is_about() {
    let workspace = Workspace::new();
    let mut records = one_of_each();
    for record in &mut records {
        record.as_object_mut().unwrap().remove("time");
    }
    workspace.write("each.ndjson", written(&records));
    workspace.succeed(&["ingest", "--from", "each.ndjson"]);
    for Expected { table, without_time, .. } in EXPECTED {
        let found = workspace.value(&format!("SELECT TimeGenerated FROM {table}"));
        assert_eq!(found, format!("2026-01-05T{without_time}Z"), "{table}");
    }
}

#[test]
fn a_value_that_two_keys_could_mean_comes_from_the_right_one() {
    let workspace = Workspace::new();
    workspace.write("each.ndjson", written(&one_of_each()));
    workspace.succeed(&["ingest", "--from", "each.ndjson"]);
    let azure = json!("797f4846-ba00-4fd7-ba43-dac1f8f63013");
    for (table, column, expected) in [
        ("SigninLogs", "ResourceIdentity", azure.clone()),
        ("AADNonInteractiveUserSignInLogs", "ResourceIdentity", azure.clone()),
        ("AADServicePrincipalSignInLogs", "ResourceIdentity", azure.clone()),
        ("ADFSSignInLogs", "ResourceIdentity", azure),
        ("AADServicePrincipalSignInLogs", "Location", json!("DE")),
        ("AADServicePrincipalSignInLogs", "LocationDetails->>'city'", json!("Bonn")),
        ("ADFSSignInLogs", "ProcessingTimeInMs", json!("143")),
        ("AuditLogs", "Category", json!("RoleManagement")),
        ("AADProvisioningLogs", "SourceSystem->>'Name'", json!("Azure Active Directory")),
        ("AADProvisioningLogs", "DurationMs", json!(828)),
        ("AADUserRiskEvents", "Id", json!("risk-1")),
        ("AADUserRiskEvents", "CorrelationId", json!("correlation-of-the-sign-in")),
        ("AADUserRiskEvents", "Location->>'city'", json!("Dresden")),
        ("AADUserRiskEvents", "AdditionalInfo->0->>'Value'", json!("Mozilla/5.0")),
        ("MicrosoftGraphActivityLogs", "IPAddress", json!("2001:db8::6fc6")),
        ("MicrosoftGraphActivityLogs", "ClientAuthMethod", json!(2)),
        ("MicrosoftGraphActivityLogs", "DeviceId", json!("d-17")),
        ("MicrosoftGraphActivityLogs", "SessionId", json!("005f9a2b-0000-4000-8000-000000000004")),
        ("AADGraphActivityLogs", "RequestMethod", json!("GET")),
        ("AADGraphActivityLogs", "ResponseStatusCode", json!(200)),
        ("AADGraphActivityLogs", "TokenIssuedAt", json!("2026-01-05T09:50:39.000000Z")),
        ("NetworkAccessTraffic", "SentBytes", json!(5_000_000_000_i64)),
        ("EnrichedMicrosoft365AuditLogs", "ClientIp", json!("203.0.113.8")),
        ("AADB2CRequestLogs", "CallerIpAddress", json!("198.51.100.7")),
    ] {
        let found = workspace.value(&format!("SELECT {column} FROM {table}"));
        assert_eq!(found, expected, "{table}.{column}");
    }
}

#[test]
fn the_tables_are_listed_with_their_categories() {
    let workspace = Workspace::new();
    let answer = workspace.succeed(&["table", "list", "-o", "json"]).stdout;
    let rows: Vec<Value> = serde_json::from_str(&answer).unwrap();
    let named = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(named("SigninLogs")["categories"], "SignInLogs");
    assert_eq!(named("AADRiskyUsers")["categories"], "RiskyUsers");
    // 17 of Log Analytics and 3 of ours.
    assert_eq!(named("AADRiskyUsers")["columns"], 20);
    assert_eq!(named("SecurityAlert")["categories"], "");
    for Expected { table, .. } in EXPECTED {
        assert!(named(table)["about"].as_str().unwrap().ends_with('.'), "{table}");
    }
}

#[test]
fn a_table_shows_where_its_columns_come_from_and_what_they_mean() {
    let workspace = Workspace::new();
    let show = |table: &str| -> Vec<Value> {
        let answer = workspace.succeed(&["table", "show", table, "-o", "json"]).stdout;
        serde_json::from_str(&answer).unwrap()
    };
    let column = |table: &str, column: &str| {
        let rows = show(table);
        let row = rows.iter().find(|row| row["column"] == column).unwrap();
        (row["type"].clone(), row["from"].clone())
    };
    for (table, name, kind, from) in [
        ("SigninLogs", "UserId", "string", "properties.userId"),
        ("SigninLogs", "TimeGenerated", "datetime", "time or properties.createdDateTime"),
        ("SigninLogs", "DeviceDetail", "dynamic", "properties.deviceDetail"),
        ("SigninLogs", "SourceSystem", "string", "constant \"Azure AD\""),
        ("SigninLogs", "_BilledSize", "real", "- nothing"),
        ("SigninLogs", "_IngestedAt", "datetime", "- entralog"),
        ("ADFSSignInLogs", "DeviceDetail", "string", "properties.deviceDetail"),
        ("AADRiskyUsers", "IsDeleted", "bool", "properties.isDeleted"),
        ("NetworkAccessTraffic", "DestinationPort", "long", "properties.destinationPort"),
        ("DeadLetters", "Body", "binary", "- entralog"),
        ("SecurityAlert", "AlertLink", "string", "- nothing"),
    ] {
        assert_eq!(column(table, name), (json!(kind), json!(from)), "{table}.{name}");
    }
    assert_eq!(show("SigninLogs").len(), 95 + 21 + 3);
    let table = workspace.succeed(&["table", "show", "AADRiskyUsers", "-o", "table"]).stdout;
    assert!(table.contains("Object id of the user.") && table.contains("20 rows"), "{table}");
}

#[test]
fn a_table_that_is_not_there_is_an_error_that_helps() {
    let workspace = Workspace::new();
    for (name, said) in [
        ("SignInLog", "unknown table \"SignInLog\"; did you mean \"SigninLogs\"?"),
        ("RiskyUsers", "unknown table \"RiskyUsers\"; did you mean \"AADRiskyUsers\"?"),
        ("Cats", "unknown table \"Cats\"; `entralog table list` names them"),
    ] {
        let finished = workspace.run(&["table", "show", name]);
        assert_eq!(finished.code, Some(3), "{finished:#?}");
        assert!(finished.error().contains(said), "{finished:#?}");
    }
}
