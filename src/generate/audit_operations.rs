//! The operations in the audit log of the sample, by the names that Entra gives them.

use super::event::Operation;

const DIRECTORY: &str = "Core Directory";
const USERS: &str = "UserManagement";
const GROUPS: &str = "GroupManagement";
const APPS: &str = "ApplicationManagement";
const ROLES: &str = "RoleManagement";

// A macro, so that the list can be read as a table: name, category, service, type.
macro_rules! operations {
    ($($id:ident = $name:literal, $category:expr, $service:expr, $kind:literal;)*) => {
        $(pub(super) static $id: Operation =
            Operation { name: $name, category: $category, service: $service, kind: $kind };)*
    };
}

operations! {
    ACTIVATION_REQUESTED = "Add member to role requested (PIM activation)", ROLES, "PIM", "Add";
    ACTIVATION_COMPLETED = "Add member to role completed (PIM activation)", ROLES, "PIM", "Add";
    ACTIVATION_EXPIRED =
        "Remove member from role (PIM activation expired)", ROLES, "PIM", "Unassign";
    ROLE_SETTING = "Update role setting in PIM", ROLES, "PIM", "Update";
    UPDATE_POLICY = "Update conditional access policy", "Policy", "Conditional Access", "Update";
    UPDATE_USER = "Update user", USERS, DIRECTORY, "Update";
    ADD_USER = "Add user", USERS, DIRECTORY, "Add";
    DISABLE_ACCOUNT = "Disable account", USERS, DIRECTORY, "Update";
    RESET_PASSWORD = "Reset user password", USERS, DIRECTORY, "Update";
    CHANGE_LICENSE = "Change user license", USERS, DIRECTORY, "Update";
    ADD_MEMBER = "Add member to group", GROUPS, DIRECTORY, "Assign";
    REMOVE_MEMBER = "Remove member from group", GROUPS, DIRECTORY, "Unassign";
    UPDATE_GROUP = "Update group", GROUPS, DIRECTORY, "Update";
    UPDATE_APP = "Update application", APPS, DIRECTORY, "Update";
    CONSENT = "Consent to application", APPS, DIRECTORY, "Assign";
    UPDATE_PRINCIPAL = "Update service principal", APPS, DIRECTORY, "Update";
    SELF_RESET =
        "Reset password (self-service)", USERS, "Self-service Password Management", "Update";
    CHANGE_PASSWORD = "Change user password", USERS, DIRECTORY, "Update";
    SECURITY_INFO = "User registered security info", USERS, "Authentication Methods", "Add";
    ADD_DEVICE = "Add device", "Device", DIRECTORY, "Add";
    REGISTER_DEVICE = "Register device", "Device", "Device Registration Service", "Add";
}
