//! The view `role_holders`: who holds which directory role.
//!
//! A snapshot of the role schedules, as Microsoft Graph gives it, is old the moment it is taken, and without one there is
//! only the audit log. The view is the newest snapshot with what the audit log says since: a role that was removed after
//! the snapshot is gone, one that was given, or given again, is there. Without a snapshot only roles are known
//! that were given while the log was kept. Members of a group that holds a role have no row of their own. In a window of time
//! the holders are those at its end.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::{Result, TableReference};
use datafusion::datasource::ViewTable;
use futures::FutureExt as _;

use super::catalog::LakeTables;
use super::plain_context;
use super::views::View;

/// The view.
pub(super) static VIEW: View = View {
    name: "role_holders",
    about: "Who holds which directory role, by the newest snapshot and the audit log since.",
    tables: &["RoleAssignments", "RoleEligibility", "AuditLogs"],
    meanings: &[
        ("Assignment", "`active`, or `eligible` and to be activated for a while."),
        ("PrincipalId", "Object id of the holder."),
        ("UserPrincipalName", "Of a user, in small letters."),
        ("PrincipalDisplayName", "Of the snapshot."),
        ("PrincipalType", "`user`, `group` or `servicePrincipal`."),
        ("RoleDisplayName", "Name of the role."),
        ("DirectoryScopeId", "What the role is limited to; `/` is the tenant."),
        ("MemberType", "`Direct`, or `Group` if it is held through one."),
        ("HeldSince", "When the assignment began."),
        ("HeldUntil", "When it ends by itself; empty for permanent ones."),
        ("KnownFrom", "`snapshot` or `audit log`."),
    ],
    other_columns: "",
    over: |tables| over(tables).boxed(),
};

const SQL: &str = include_str!("roles.sql");

async fn over(tables: &LakeTables) -> Result<Arc<dyn TableProvider>> {
    let context = plain_context()?;
    for name in VIEW.tables {
        context.register_table(TableReference::bare(*name), tables.until_end(name).await?)?;
    }
    Ok(Arc::new(ViewTable::new(context.state().create_logical_plan(SQL).await?, None)))
}
