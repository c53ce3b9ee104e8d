//! `RemoteNetworkHealthLogs`: health of the tunnels between sites and Global Secure Access.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/remotenetworkhealthlogs>.

use super::shared_columns::*;
use super::{Column, Table, long, text, time};

/// Log category `RemoteNetworkHealthLogs`.
pub(super) static TABLE: Table = Table {
    name: "RemoteNetworkHealthLogs",
    about: "Health of the tunnels between sites and Global Secure Access.",
    categories: &["RemoteNetworkHealthLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    time_generated(&["time", "properties.createdDateTime"]),
    time("CreatedDateTime", "When the event happened."),
    ID,
    REMOTE_NETWORK_ID,
    SOURCE_IP,
    DESTINATION_IP,
    DESCRIPTION,
    long(
        "BgpRoutesAdvertisedCount",
        "Number of BGP routes that were announced through the tunnel.",
    ),
    SENT_BYTES,
    RECEIVED_BYTES,
    text("Status", "State, such as `tunnelConnected` or `bgpDisconnected`."),
    SOURCE_SYSTEM,
    table_type("RemoteNetworkHealthLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
