//! Columns that are made of other columns, by the column that they are made of.
//!
//! Their names start with `_`. A value out of JSON has the name of its path: `_Status_errorCode` is
//! `Status->>'errorCode'`.

use super::{Column, ColumnType, Derivation, Origin, column, text};
use crate::decode::Step::{self, Index, Key};
use crate::facts::{self, Function};

/// The value at a path of JSON.
const fn at(name: &'static str, path: &'static [Step], about: &'static str) -> Column {
    Column { origin: Origin::Derived(Derivation::Path(path)), ..text(name, about) }
}

/// What a function makes of the column, and of columns beside it.
const fn by(function: &'static Function, with: &'static [&'static str], column: Column) -> Column {
    Column { origin: Origin::Derived(Derivation::Function { function, with }), ..column }
}

/// Of an IP address.
pub(super) const OF_IP_ADDRESS: &[Column] = &[
    by(
        &facts::IP_ADDRESS,
        &[],
        text("_IPAddress", "The IP address in one form: no port, no brackets, IPv4 as IPv4."),
    ),
    by(
        &facts::IP_PREFIX,
        &[],
        text("_IPPrefix", "The network of the IP address: its /24, of IPv6 its /64."),
    ),
    by(
        &facts::IP_IS_PRIVATE,
        &[],
        column(
            "_IPIsPrivate",
            ColumnType::Boolean,
            "Whether the IP address is of no public network.",
        ),
    ),
];

/// Of `AutonomousSystemNumber`.
pub(super) const OF_AUTONOMOUS_SYSTEM_NUMBER: &[Column] = &[by(
    &facts::ASN,
    &[],
    column(
        "_ASN",
        ColumnType::Long,
        "Autonomous system that the IP address belongs to, as a number.",
    ),
)];

/// Of `ClientAppUsed`.
pub(super) const OF_CLIENT_APP_USED: &[Column] = &[by(
    &facts::LEGACY_PROTOCOL,
    &["UserAgent"],
    text(
        "_LegacyProtocol",
        "The legacy protocol of the client, such as `IMAP`; null for a modern one.",
    ),
)];

const RESULT_CLASS: Column = by(
    &facts::RESULT_CLASS,
    &[],
    text("_ResultClass", "Class of the result code, such as `bad_password`; `other` without one."),
);

/// Of the `ResultType` of a sign-in without a password.
pub(super) const OF_RESULT_TYPE: &[Column] = &[RESULT_CLASS];

/// Of the `ResultType` of a user's sign-in.
pub(super) const OF_USER_RESULT_TYPE: &[Column] = &[
    RESULT_CLASS,
    by(
        &facts::PASSWORD_WAS_CORRECT,
        &[],
        column(
            "_PasswordWasCorrect",
            ColumnType::Boolean,
            "Whether the password was right; null where the result code alone cannot tell.",
        ),
    ),
];

/// Of `Status`.
pub(super) const OF_STATUS: &[Column] = &[
    at("_Status_errorCode", &[Key("errorCode")], "The result code of the sign-in; 0 is success."),
    at("_Status_failureReason", &[Key("failureReason")], "Why the sign-in failed, in words."),
    at(
        "_Status_additionalDetails",
        &[Key("additionalDetails")],
        "What else is known of the outcome, such as how MFA was satisfied.",
    ),
];

/// Of `LocationDetails`.
pub(super) const OF_LOCATION_DETAILS: &[Column] = &[
    at("_LocationDetails_city", &[Key("city")], CITY),
    at("_LocationDetails_state", &[Key("state")], STATE),
    at("_LocationDetails_countryOrRegion", &[Key("countryOrRegion")], COUNTRY),
    at("_LocationDetails_geoCoordinates", &[Key("geoCoordinates")], COORDINATES),
];

/// Of the `Location` of a risk, which is JSON as well.
pub(super) const OF_RISK_LOCATION: &[Column] = &[
    at("_Location_city", &[Key("city")], CITY),
    at("_Location_state", &[Key("state")], STATE),
    at("_Location_countryOrRegion", &[Key("countryOrRegion")], COUNTRY),
    at("_Location_geoCoordinates", &[Key("geoCoordinates")], COORDINATES),
];

const CITY: &str = "City of the IP address.";
const STATE: &str = "State or province of the IP address.";
const COUNTRY: &str = "Country of the IP address, in two letters.";
const COORDINATES: &str = "Latitude and longitude of the IP address, as JSON.";

/// Of `DeviceDetail`.
pub(super) const OF_DEVICE_DETAIL: &[Column] = &[
    at("_DeviceDetail_deviceId", &[Key("deviceId")], "Id of the device; empty if not registered."),
    at("_DeviceDetail_displayName", &[Key("displayName")], "Display name of the device."),
    at(
        "_DeviceDetail_operatingSystem",
        &[Key("operatingSystem")],
        "Operating system of the device, such as `Windows 11`.",
    ),
    at("_DeviceDetail_browser", &[Key("browser")], "Browser with its version."),
    at(
        "_DeviceDetail_isCompliant",
        &[Key("isCompliant")],
        "Whether the device meets the compliance policies: `true` or `false`.",
    ),
    at("_DeviceDetail_isManaged", &[Key("isManaged")], "Whether it is managed: `true` or `false`."),
    at(
        "_DeviceDetail_trustType",
        &[Key("trustType")],
        "How the device is known to the directory, such as `Azure AD joined`.",
    ),
];

const USER_UPN: Column = at(
    "_InitiatedBy_user_userPrincipalName",
    &[Key("user"), Key("userPrincipalName")],
    "Sign-in name of the user that made the change.",
);
const USER_ID: Column = at(
    "_InitiatedBy_user_id",
    &[Key("user"), Key("id")],
    "Object id of the user that made the change.",
);
const USER_IP_ADDRESS: Column = at(
    "_InitiatedBy_user_ipAddress",
    &[Key("user"), Key("ipAddress")],
    "IP address of the user that made the change, as written.",
);
const APP_DISPLAY_NAME: Column = at(
    "_InitiatedBy_app_displayName",
    &[Key("app"), Key("displayName")],
    "Display name of the application that made the change.",
);
const APP_ID: Column = at(
    "_InitiatedBy_app_appId",
    &[Key("app"), Key("appId")],
    "Client id of the application that made the change.",
);
const APP_SERVICE_PRINCIPAL_ID: Column = at(
    "_InitiatedBy_app_servicePrincipalId",
    &[Key("app"), Key("servicePrincipalId")],
    "Object id of the service principal that made the change.",
);

/// Of `InitiatedBy`, where a user's address is the only one of the row.
pub(super) const OF_INITIATED_BY_WITH_ADDRESS: &[Column] = &[
    USER_UPN,
    USER_ID,
    USER_IP_ADDRESS.derives(OF_IP_ADDRESS),
    APP_DISPLAY_NAME,
    APP_ID,
    APP_SERVICE_PRINCIPAL_ID,
];

/// Of `InitiatedBy`.
pub(super) const OF_INITIATED_BY: &[Column] =
    &[USER_UPN, USER_ID, USER_IP_ADDRESS, APP_DISPLAY_NAME, APP_ID, APP_SERVICE_PRINCIPAL_ID];

/// Of `TargetResources`. Their order is not that of their types: look at `_TargetResources_0_type`.
pub(super) const OF_TARGET_RESOURCES: &[Column] = &[
    at(
        "_TargetResources_0_userPrincipalName",
        &[Index(0), Key("userPrincipalName")],
        "Sign-in name of the first that was changed, when a user.",
    ),
    at(
        "_TargetResources_0_displayName",
        &[Index(0), Key("displayName")],
        "Display name of the first that was changed.",
    ),
    at("_TargetResources_0_id", &[Index(0), Key("id")], "Object id of the first that was changed."),
    at(
        "_TargetResources_0_type",
        &[Index(0), Key("type")],
        "What the first that was changed is, such as `User` or `Role`.",
    ),
    at(
        "_TargetResources_0_modifiedProperties",
        &[Index(0), Key("modifiedProperties")],
        "Properties of the first that was changed, before and after, as JSON.",
    ),
];
