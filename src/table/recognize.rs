//! The table of a row that does not name it: by the names of its columns.
//!
//! The `Category` of most rows is that of the log, but not in `AuditLogs`, where it is that of the change,
//! and a query may leave `Type` out. Guessing is no help here, since rows in a wrong table are harder
//! to mend than an error: where two tables are near each other there is no answer.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::layout::TWIN_SUFFIXES;
use super::{LOGS, Table};
use crate::decode::Record;

/// Columns that a row has to name at least, besides those that every table has.
const FEWEST: u32 = 6;

/// Columns that the table must have more than the next one, unless only it has all that are named.
const MARGIN: u32 = 3;

/// Of a row's columns, the part that may be of no table at all, put in by the query: a quarter.
const STRANGE: u32 = 4;

/// What Log Analytics puts beside the columns of any table, in lower case, whether the table lists it or not.
const OF_ANY_TABLE: [&str; 10] = [
    "tenantid",
    "type",
    "sourcesystem",
    "mg",
    "managementgroupname",
    "computer",
    "rawdata",
    "_resourceid",
    "_subscriptionid",
    "_itemid",
];

/// The log tables that have a column, as bits in the order of [`LOGS`], by its name in lower case.
static TABLES_OF: LazyLock<HashMap<String, u32>> = LazyLock::new(|| {
    let mut tables_of: HashMap<_, u32> = HashMap::new();
    for (bit, table) in LOGS.iter().enumerate() {
        for column in table.all_columns() {
            *tables_of.entry(column.name.to_ascii_lowercase()).or_default() |= 1 << bit;
        }
    }
    tables_of
});

/// The log table whose columns a row names, if it can be no other.
pub(super) fn by_columns(record: &Record<'_>) -> Option<&'static Table> {
    let (mut named, mut strange) = (0_u32, 0_u32);
    let mut fitting = vec![0_u32; LOGS.len()];
    for field in record.fields.iter() {
        let key = field.key().to_ascii_lowercase();
        if OF_ANY_TABLE.contains(&key.as_str()) {
            continue;
        }
        let Some(tables) = tables_of(&key) else {
            strange += 1;
            continue;
        };
        // What every table has tells nothing.
        if tables.count_ones() as usize == LOGS.len() {
            continue;
        }
        named += 1;
        for (bit, count) in fitting.iter_mut().enumerate() {
            *count += (tables >> bit) & 1;
        }
    }
    let (best, most) = fitting.iter().copied().enumerate().max_by_key(|(_, count)| *count)?;
    let next = fitting.iter().copied().enumerate().filter(|(bit, _)| *bit != best);
    let next = next.map(|(_, count)| count).max().unwrap_or_default();
    let is_clear = most >= next + MARGIN || (most == named && most > next);
    // Columns that are another table's say that the row is of a table that is not here.
    let is_known = (strange + named - most) * STRANGE <= strange + named;
    (most >= FEWEST && is_clear && is_known).then(|| LOGS[best])
}

fn tables_of(key: &str) -> Option<u32> {
    let without_suffix = || TWIN_SUFFIXES.iter().find_map(|suffix| key.strip_suffix(suffix));
    TABLES_OF.get(key).or_else(|| TABLES_OF.get(without_suffix()?)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    fn told<'a>(columns: impl IntoIterator<Item = &'a str>) -> Option<&'static str> {
        let keys = columns.into_iter().map(|name| format!("\"{name}\":null"));
        let row = format!("{{{}}}", keys.collect::<Vec<_>>().join(","));
        let decoded = decode(row.as_bytes());
        let record = decoded.iter().next().unwrap().unwrap();
        by_columns(&record).map(|table| table.name)
    }

    /// Two tables have no column of their own, so a row of them may as well be of another table.
    #[test]
    fn a_whole_row_of_a_table_is_of_that_table_or_of_none() {
        for table in LOGS {
            let all = told(table.columns.iter().map(|column| column.name));
            let unclear = ["MicrosoftServicePrincipalSignInLogs", "AADB2CRequestLogs"];
            let is_unclear = unclear.contains(&table.name);
            let expected = (!is_unclear).then_some(table.name);
            assert_eq!(all, expected, "{}", table.name);
        }
    }

    #[test]
    fn a_row_is_told_by_the_columns_that_a_query_left() {
        let audit = "TimeGenerated,OperationName,Category,Id,ActivityDisplayName,InitiatedBy,TargetResources,\
                     LoggedByService,AADOperationType,Result,ResourceId,Resource,ResourceGroup";
        assert_eq!(told(audit.split(',')), Some("AuditLogs"));
        // Of another table, but put in by the query.
        assert_eq!(told(audit.split(',').chain(["UserAgent", "mine"])), Some("AuditLogs"));
        let twins = "Id_string,UserId,ipaddress,DeviceDetail_dynamic,DeviceDetail_string,IsRisky,\
                     FlaggedForReview,Status_dynamic";
        assert_eq!(told(twins.split(',')), Some("SigninLogs"));
    }

    #[test]
    fn what_could_be_of_several_tables_is_of_none() {
        let few = "TimeGenerated,OperationName,Category,Id,TargetResources";
        let shared = "UserId,UserPrincipalName,AppId,AppDisplayName,IPAddress,Location,ResultType,CorrelationId";
        // Of a table that is not here.
        let office = "TimeGenerated,Type,TenantId,OfficeWorkload,Operation,OfficeId,OrganizationId,UserType,UserKey,\
                      ResultStatus,OfficeObjectId,UserId,ClientIP,SourceSystem,RecordType,ElevationTime";
        let workspace = "TenantId,TimeGenerated,UserPrincipalName,ResultType,AppDisplayName,IPAddress,\
                         MfaDetail_dynamic,AlternateSignInName";
        for columns in [few, shared, office, workspace, "", "a,b,c,d,e,f,g,h"] {
            assert_eq!(told(columns.split(',')), None, "{columns}");
        }
    }
}
