//! What a single record looks like.

use super::{SAMPLE, text};
use serde_json::Value;

#[test]
fn sign_ins_have_the_fields_and_the_size_of_real_ones() {
    for record in SAMPLE.sign_ins() {
        let properties = &record["properties"];
        assert!(properties.as_object().unwrap().len() >= 60, "{properties}");
        assert_eq!(text(&record["resultType"]), properties["status"]["errorCode"].to_string());
        assert_eq!(properties["isInteractive"] == true, record["category"] == "SignInLogs");
        assert_eq!(properties["ipAddress"], record["callerIpAddress"]);
        let length = record.to_string().len();
        assert!((2_500..=5_800).contains(&length), "a record of {length} bytes");
    }
    for record in SAMPLE.audits() {
        let length = record.to_string().len();
        assert!((1_000..=3_200).contains(&length), "an audit record of {length} bytes");
    }
}

#[test]
fn modified_properties_hold_json_in_strings() {
    let mut values = 0;
    for record in SAMPLE.audits() {
        for target in record["properties"]["targetResources"].as_array().unwrap() {
            for property in target["modifiedProperties"].as_array().into_iter().flatten() {
                if let Some(value) = property["newValue"].as_str() {
                    serde_json::from_str::<Value>(value)
                        .unwrap_or_else(|error| panic!("{value}: {error}"));
                    values += 1;
                }
            }
        }
    }
    assert!(values > 300, "{values} values");
}

#[test]
fn an_activation_names_role_request_user_directory_and_other() {
    let activation = SAMPLE
        .audits()
        .find(|record| text(&record["operationName"]).contains("completed (PIM"))
        .unwrap();
    let properties = &activation["properties"];
    let targets = properties["targetResources"].as_array().unwrap();
    let kinds: Vec<&str> = targets.iter().map(|target| text(&target["type"])).collect();
    assert_eq!(kinds, ["Role", "Request", "User", "Directory", "Other"]);
    let details = properties["additionalDetails"].as_array().unwrap();
    for key in ["TemplateId", "ipaddr"] {
        assert!(details.iter().any(|detail| detail["key"] == key), "no {key} in {details:?}");
    }
    assert_eq!(
        targets[2]["userPrincipalName"],
        properties["initiatedBy"]["user"]["userPrincipalName"]
    );
}
