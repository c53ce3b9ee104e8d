//! Columns that are made of other columns of their row.
//!
//! What queries often take out of JSON is kept as a column of its own, and so is what the field
//! knows of an address, a client or a result code. A column names those that are made of it, so a
//! table has them because it lists that column. They are made batch by batch when the rows are
//! complete; for files that lack them, a scan makes them by the same code.

mod leaves;
mod lenient;

use std::fmt;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::error::ArrowError;

use super::{Column, Origin, Table};
use crate::decode::Step;
use crate::facts::Function;

/// The version of what derived columns hold. Raise it whenever a derivation gives another value for what
/// it is made of, be it for one more result code: files of another version are not believed.
pub const DERIVED_VERSION: u32 = 1;

/// How a column is made of another, and of few more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Derivation {
    /// The value at a path of its JSON, as `json_as_text` gives it.
    Path(&'static [Step]),
    /// What a function makes of it.
    Function {
        /// The function; the column is its first argument.
        function: &'static Function,
        /// Names of the columns that are its other arguments.
        with: &'static [&'static str],
    },
}

/// A column that is made of others, in its table.
#[derive(Debug, Clone, Copy)]
pub struct Derived {
    /// The column.
    pub column: &'static Column,
    /// The column that it is made of.
    pub source: &'static Column,
    /// How.
    pub derivation: Derivation,
}

impl Derived {
    /// Names of the columns that it is made of.
    #[must_use]
    pub fn arguments(&self) -> Vec<&'static str> {
        let with = match self.derivation {
            Derivation::Path(_) => &[],
            Derivation::Function { with, .. } => with,
        };
        std::iter::once(self.source.name).chain(with.iter().copied()).collect()
    }

    /// Its values, from those of its [`arguments`](Self::arguments).
    #[must_use]
    pub fn evaluate(&self, arguments: &[&StringArray]) -> ArrayRef {
        match self.derivation {
            Derivation::Path(path) => leaves::at(arguments[0], &[path]).remove(0),
            Derivation::Function { function, .. } => function.evaluate(arguments),
        }
    }
}

/// As it would be asked for in SQL.
impl fmt::Display for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.derivation {
            Derivation::Function { function, .. } => {
                write!(f, "{}({})", function.name, self.arguments().join(", "))
            }
            Derivation::Path(path) => {
                write!(f, "{}", self.source.name)?;
                for (place, step) in path.iter().enumerate() {
                    f.write_str(if place + 1 == path.len() { "->>" } else { "->" })?;
                    match step {
                        Step::Key(key) => write!(f, "'{key}'")?,
                        Step::Index(index) => write!(f, "{index}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// What is made of these columns, in the order of the columns; what is made of a derived column
/// follows that one.
pub(super) fn of(columns: &'static [Column]) -> Vec<Derived> {
    let mut all = Vec::new();
    for source in columns {
        for column in source.derived {
            if let Origin::Derived(derivation) = column.origin {
                all.push(Derived { column, source, derivation });
                all.extend(of(std::slice::from_ref(column)));
            }
        }
    }
    all
}

/// The rows with the columns that are made of those which are filled.
pub(super) fn complete(
    table: &'static Table,
    mut filled: Vec<ArrayRef>,
) -> Result<RecordBatch, ArrowError> {
    let standard = filled.split_off(table.columns.len());
    let mut derived = Vec::new();
    for (source, values) in table.columns.iter().zip(&filled) {
        derive(source, values, table.columns, &filled, &mut derived);
    }
    filled.extend(derived);
    filled.extend(standard);
    RecordBatch::try_new(table.schema(), filled)
}

/// Appends what is made of a column, in the order of [`of`].
fn derive(
    source: &'static Column,
    values: &ArrayRef,
    columns: &[Column],
    filled: &[ArrayRef],
    out: &mut Vec<ArrayRef>,
) {
    let Some(texts) = values.as_string_opt::<i32>().filter(|_| !source.derived.is_empty()) else {
        return;
    };
    let paths: Vec<_> = source
        .derived
        .iter()
        .filter_map(|column| match column.origin {
            Origin::Derived(Derivation::Path(path)) => Some(path),
            _ => None,
        })
        .collect();
    let mut leaves = leaves::at(texts, &paths).into_iter();
    for column in source.derived {
        let made = match column.origin {
            Origin::Derived(Derivation::Path(_)) => leaves.next(),
            Origin::Derived(Derivation::Function { function, with }) => {
                let place = |name: &&str| columns.iter().position(|column| column.name == *name);
                let with = with.iter().filter_map(|name| filled[place(name)?].as_string_opt());
                Some(function.evaluate(&std::iter::once(texts).chain(with).collect::<Vec<_>>()))
            }
            _ => None,
        };
        if let Some(made) = made {
            out.push(made.clone());
            derive(column, &made, columns, filled, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;
    use crate::table::{ColumnType, Provenance, TableBuilder, by_name, logs, to_batch};

    /// The columns of a table that are made of one of its columns.
    fn made_of(table: &str, source: &str) -> Vec<(&'static str, String)> {
        let derived = by_name(table).unwrap().derived().into_iter();
        let derived = derived.filter(|derived| derived.source.name == source);
        derived.map(|derived| (derived.column.name, derived.to_string())).collect()
    }

    fn names(table: &str, source: &str) -> Vec<&'static str> {
        made_of(table, source).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_table_has_what_is_made_of_its_columns() {
        let addresses = ["_IPAddress", "_IPPrefix", "_IPIsPrivate"];
        for (table, source) in [
            ("SigninLogs", "IPAddress"),
            ("AADNonInteractiveUserSignInLogs", "IPAddress"),
            ("AADServicePrincipalSignInLogs", "IPAddress"),
            ("AADManagedIdentitySignInLogs", "IPAddress"),
            ("ADFSSignInLogs", "IPAddress"),
            ("MicrosoftGraphActivityLogs", "IPAddress"),
            ("AADUserRiskEvents", "IpAddress"),
            ("AADServicePrincipalRiskEvents", "IpAddress"),
            ("AADGraphActivityLogs", "CallerIpAddress"),
            ("AADB2CRequestLogs", "CallerIpAddress"),
            ("AADCustomSecurityAttributeAuditLogs", "CallerIpAddress"),
            ("EnrichedMicrosoft365AuditLogs", "ClientIp"),
            ("NetworkAccessTraffic", "SourceIp"),
            ("RemoteNetworkHealthLogs", "SourceIp"),
            ("AuditLogs", "_InitiatedBy_user_ipAddress"),
        ] {
            assert_eq!(names(table, source), addresses, "{table}");
        }
        assert_eq!(
            made_of("SigninLogs", "Status"),
            [
                ("_Status_errorCode", "Status->>'errorCode'".to_owned()),
                ("_Status_failureReason", "Status->>'failureReason'".to_owned()),
                ("_Status_additionalDetails", "Status->>'additionalDetails'".to_owned()),
            ]
        );
        let target = made_of("AuditLogs", "TargetResources");
        assert_eq!(target[3].1, "TargetResources->0->>'type'");
        let legacy = made_of("SigninLogs", "ClientAppUsed");
        assert_eq!(legacy[0].1, "legacy_protocol(ClientAppUsed, UserAgent)");
        assert_eq!(names("ADFSSignInLogs", "ResultType"), ["_ResultClass", "_PasswordWasCorrect"]);
        assert_eq!(names("AADManagedIdentitySignInLogs", "ResultType"), ["_ResultClass"]);
        assert_eq!(names("AADUserRiskEvents", "Location").len(), 4);
        // These have a column of the name, with something else in it.
        assert_eq!(names("RemoteNetworkHealthLogs", "Status"), [""; 0]);
        assert_eq!(names("AuditLogs", "ResultType"), [""; 0]);
        assert_eq!(names("AADProvisioningLogs", "InitiatedBy"), [""; 0]);
    }

    #[test]
    fn what_a_column_is_made_of_is_text_of_its_table() {
        for table in logs() {
            for derived in table.derived() {
                let name = format!("{}.{}", table.name, derived.column.name);
                assert!(derived.column.name.starts_with('_'), "{name}");
                for argument in derived.arguments() {
                    let column = table.all_columns().find(|column| column.name == argument);
                    let kind = column.unwrap_or_else(|| panic!("{name} of {argument}")).kind;
                    assert!(matches!(kind, ColumnType::Text | ColumnType::Dynamic), "{name}");
                }
                match derived.derivation {
                    Derivation::Path(path) => {
                        assert_eq!(derived.column.kind, ColumnType::Text, "{name}");
                        // `json_as_text` also takes a number in a string for a place in an array.
                        let is_number = |step: &Step| match step {
                            Step::Key(key) => key.parse::<i64>().is_ok(),
                            Step::Index(_) => false,
                        };
                        assert!(!path.is_empty() && !path.iter().any(is_number), "{name}");
                    }
                    Derivation::Function { function, .. } => {
                        assert_eq!(derived.column.kind.arrow(), function.data_type(), "{name}");
                        assert_eq!(derived.arguments().len(), function.arguments, "{name}");
                    }
                }
            }
        }
    }

    fn shown(batch: &RecordBatch, column: &str) -> Option<String> {
        let array = batch.column_by_name(column).unwrap();
        let text = arrow::util::display::array_value_to_string(array, 0).unwrap();
        (!array.is_null(0)).then_some(text)
    }

    #[test]
    fn a_record_fills_what_is_made_of_its_columns() {
        let sign_in = r#"{"time":"2026-01-05T10:00:00Z","category":"SignInLogs","resultType":"50126",
            "properties":{"ipAddress":"[::ffff:198.51.100.7]:443","autonomousSystemNumber":3320,
            "clientAppUsed":"IMAP4","userAgent":"x",
            "status":{"errorCode":50126,"failureReason":"Wrong \"password\""},
            "location":{"city":"Bonn","countryOrRegion":"DE","geoCoordinates":{"latitude":50.7}},
            "deviceDetail":{"isCompliant":true,"deviceId":""}}}"#;
        let mut builder = TableBuilder::new(by_name("SigninLogs").unwrap());
        let from = Provenance { source: "hub/0", position: 7, ingested_at: 5 };
        builder.append(&decode(sign_in.as_bytes()).iter().next().unwrap().unwrap(), from).unwrap();
        let batch = builder.finish().unwrap();
        assert_eq!(batch.schema(), by_name("SigninLogs").unwrap().schema());
        for (column, value) in [
            ("IPAddress", Some("[::ffff:198.51.100.7]:443")),
            ("_IPAddress", Some("198.51.100.7")),
            ("_IPPrefix", Some("198.51.100.0/24")),
            ("_IPIsPrivate", Some("false")),
            ("_ASN", Some("3320")),
            ("_LegacyProtocol", Some("IMAP")),
            ("_ResultClass", Some("bad_password")),
            ("_PasswordWasCorrect", Some("false")),
            ("_Status_errorCode", Some("50126")),
            ("_Status_failureReason", Some("Wrong \"password\"")),
            ("_Status_additionalDetails", None),
            ("_LocationDetails_city", Some("Bonn")),
            ("_LocationDetails_state", None),
            ("_LocationDetails_geoCoordinates", Some(r#"{"latitude":50.7}"#)),
            ("_DeviceDetail_isCompliant", Some("true")),
            ("_DeviceDetail_deviceId", Some("")),
            ("_Source", Some("hub/0@7#0")),
        ] {
            assert_eq!(shown(&batch, column).as_deref(), value, "{column}");
        }
    }

    #[test]
    fn a_row_of_columns_fills_them_too_and_cannot_state_them() {
        let audit = by_name("AuditLogs").unwrap();
        let row = serde_json::json!({
            "TimeGenerated": "2026-01-05T10:00:00Z",
            "InitiatedBy": r#"{"user":{"id":"u","ipAddress":"10.0.0.1:80"},"app":null}"#,
            "TargetResources": r#"[{"type":"User","modifiedProperties":[{"newValue":"\"x\""}]},{"type":"Role"}]"#,
        });
        let batch = to_batch(audit, &[row]).unwrap();
        for (column, value) in [
            ("_InitiatedBy_user_id", Some("u")),
            ("_InitiatedBy_user_ipAddress", Some("10.0.0.1:80")),
            ("_IPAddress", Some("10.0.0.1")),
            ("_IPIsPrivate", Some("true")),
            ("_InitiatedBy_app_appId", None),
            ("_TargetResources_0_type", Some("User")),
            ("_TargetResources_0_modifiedProperties", Some(r#"[{"newValue":"\"x\""}]"#)),
        ] {
            assert_eq!(shown(&batch, column).as_deref(), value, "{column}");
        }
        let stated =
            serde_json::json!({"TimeGenerated": "2026-01-05T10:00:00Z", "_IPAddress": "x"});
        assert!(to_batch(audit, &[stated]).is_err());
    }
}
