//! The form of a record: as Entra wrote it, or as a row that Log Analytics gave out again.
//!
//! It is told from the record itself, so that a file, a hub and the replay of a dead letter come to
//! the same answer without being told.

use std::borrow::Cow;

use super::recognize::by_columns;
use super::{Table, by_category, by_name};
use crate::decode::{Reason, Record, text_of};

/// What the keys of a record are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Places of a diagnostic record: `time`, `category`, `properties.userId`.
    Raw,
    /// Names of Log Analytics' columns: `TimeGenerated`, `Type`, `UserId`.
    Exported,
}

impl Form {
    /// Tells the form: a row has no `time`, but `TimeGenerated` or the name of its table.
    #[must_use]
    pub fn of(record: &Record<'_>) -> Self {
        // Raw records begin with it, so this ends at once for them.
        if record.fields.find("time").is_some() {
            return Self::Raw;
        }
        let names_time = || record.fields.iter().any(|field| field.raw_key == "TimeGenerated");
        let is_row = record.properties.is_empty() && names_time();
        if is_row || exported_table(record).is_some() { Self::Exported } else { Self::Raw }
    }
}

/// What a row of Log Analytics says in `Type`.
#[must_use]
pub fn exported_type<'a>(record: &Record<'a>) -> Option<Cow<'a, str>> {
    text_of(record.fields.iter().find(|field| field.raw_key == "Type")?.json)
}

fn exported_table(record: &Record<'_>) -> Option<&'static Table> {
    by_name(&exported_type(record)?).filter(|table| table.is_log())
}

/// The log table that a record belongs to: by the `Type` of a row, else by the category, else by the
/// columns that the row names.
///
/// # Errors
/// The record does not say it, or there is no such table: the reason, and the same in words.
pub fn table_of(record: &Record<'_>) -> Result<&'static Table, (Reason, String)> {
    let form = Form::of(record);
    // `Type` comes first: the `Category` of a row of AuditLogs is that of the change.
    if form == Form::Exported
        && let Some(name) = exported_type(record).filter(|name| !name.is_empty())
    {
        return exported_table(record)
            .ok_or_else(|| (Reason::UnknownCategory, format!("no table for Type {name:?}")));
    }
    let category = record.category();
    if let Some(table) = category.as_deref().and_then(by_category) {
        return Ok(table);
    }
    if form == Form::Exported
        && let Some(table) = by_columns(record)
    {
        return Ok(table);
    }
    let unclear = match form {
        Form::Raw => "",
        Form::Exported => "; no `Type` either, and the columns could be of several tables",
    };
    Err(match category {
        Some(category) => {
            (Reason::UnknownCategory, format!("no table for category {category:?}{unclear}"))
        }
        None => (Reason::MissingCategory, format!("no `category`, so no table{unclear}")),
    })
}

/// In words, why a record has no time that can be read.
#[must_use]
pub fn without_time(record: &Record<'_>) -> &'static str {
    match Form::of(record) {
        Form::Raw => "neither `time` nor its creation time can be read",
        Form::Exported => "`TimeGenerated` cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    fn told(json: &str) -> (Form, Result<&'static str, Reason>) {
        let decoded = decode(json.as_bytes());
        let record = decoded.iter().next().unwrap().unwrap();
        let table = table_of(&record).map(|table| table.name).map_err(|(reason, _)| reason);
        (Form::of(&record), table)
    }

    #[test]
    fn a_record_as_entra_wrote_it_is_raw() {
        for json in [
            r#"{"time":"2026-01-05T10:00:00Z","category":"SignInLogs","properties":{"id":"s"}}"#,
            r#"{"category":"SignInLogs","properties":{"createdDateTime":"2026-01-05T10:00:00Z"}}"#,
            r#"{"Category":"SignInLogs","CreatedDateTime":"1/5/2026 1:48:53 AM","UserId":"u"}"#,
            r#"{"TimeGenerated":"x","time":"2026-01-05T10:00:00Z","category":"SignInLogs"}"#,
            r#"{"TimeGenerated":"x","category":"SignInLogs","properties":{"id":"s"}}"#,
            r#"{"category":"SignInLogs","Type":"of something"}"#,
        ] {
            assert_eq!(told(json), (Form::Raw, Ok("SigninLogs")), "{json}");
        }
    }

    #[test]
    fn a_row_is_told_by_its_column_names() {
        for (json, table) in [
            (
                r#"{"TimeGenerated":"x","Category":"RoleManagement","Type":"AuditLogs"}"#,
                "AuditLogs",
            ),
            (r#"{"TimeGenerated":"x","Category":"SignInLogs"}"#, "SigninLogs"),
            (r#"{"TimeGenerated":"x","Category":"SignInLogs","Type":""}"#, "SigninLogs"),
            (r#"{"Type":"AADRiskyUsers","Id":"u"}"#, "AADRiskyUsers"),
            (
                r#"{"TimeGenerated":"x","Category":"RoleManagement","Id":"a","LoggedByService":"PIM",
                   "AADOperationType":"Assign","Result":"success","ResourceId":"/t","InitiatedBy":"{}"}"#,
                "AuditLogs",
            ),
            (r#"{"Type":"AuditLogs","TimeGenerated":"x","properties":{"a":1}}"#, "AuditLogs"),
        ] {
            assert_eq!(told(json), (Form::Exported, Ok(table)), "{json}");
        }
    }

    #[test]
    fn a_row_without_a_table_of_ours_is_refused() {
        let row = |rest: &str| told(&format!(r#"{{"TimeGenerated":"x",{rest}}}"#)).1;
        assert_eq!(
            row(r#""Type":"OfficeActivity","Category":"SignInLogs""#),
            Err(Reason::UnknownCategory)
        );
        assert_eq!(row(r#""Type":"SecurityAlert""#), Err(Reason::UnknownCategory));
        assert_eq!(row(r#""Category":"RoleManagement""#), Err(Reason::UnknownCategory));
        assert_eq!(row(r#""UserId":"u""#), Err(Reason::MissingCategory));
    }
}
