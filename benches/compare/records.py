#!/usr/bin/env python3
"""Writes Entra sign-in records as NDJSON, as a diagnostic setting would send them to Event Hubs.

    python3 records.py 100000 signins.ndjson

One record a line, about 4.7 KB each, over three days and 5,000 users. The same seed gives the same
bytes. It shares nothing with entralog's own generator, so that the comparison does not run on data
that entralog's authors shaped twice; and it plants no attacks, because nothing here looks for any.
"""

import argparse
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 3
USERS = 5_000

FIRST_NAMES = (
    "Aisha Alejandro Amélie Anders Beatriz Björn Chiara Chloé Daniel Dmitri Elif Emma Fatima Felix Grace "
    "Hana Hiroshi Ines Jakub Jürgen Kofi Lars Leila Lucía Maja Marcus Mei Nadia Nils Olivia Omar Paula "
    "Priya Quentin Rasmus Rosa Samir Sofia Tomás Ursula Viktor Wei Ximena Yara Zoltan"
).split()
LAST_NAMES = (
    "Abbott Almeida Andersson Bianchi Bergmann Castillo Chen Costa Dubois Eriksen Fischer Fontaine García "
    "Gupta Haddad Hansen Ibrahim Ivanova Jansen Kaya Kowalski Kühn Lambert Lindqvist Mbeki Moretti Müller "
    "Nakamura Novák Okafor Olsen Petrov Quist Rossi Santos Schäfer Silva Tanaka Vargas Weber Yılmaz Zhang"
).split()

# City, state, country, latitude, longitude, autonomous system.
PLACES = (
    ("München", "Bayern", "DE", 48.13743, 11.57549, 3320),
    ("Hamburg", "Hamburg", "DE", 53.55073, 9.99302, 3320),
    ("Dublin", "Dublin", "IE", 53.33306, -6.24889, 5466),
    ("São Paulo", "Sao Paulo", "BR", -23.5475, -46.63611, 27699),
    ("Singapore", "Central Singapore", "SG", 1.28967, 103.85007, 9506),
    ("New York", "New York", "US", 40.71427, -74.00597, 701),
    ("Seattle", "Washington", "US", 47.60621, -122.33207, 7922),
    ("Toronto", "Ontario", "CA", 43.70011, -79.4163, 577),
    ("Stockholm", "Stockholms Lan", "SE", 59.33258, 18.0649, 3301),
    ("Bengaluru", "Karnataka", "IN", 12.97194, 77.59369, 9829),
    ("Sydney", "New South Wales", "AU", -33.86785, 151.20732, 1221),
    ("Johannesburg", "Gauteng", "ZA", -26.20227, 28.04363, 3741),
)

# Application, its id, the resource it asks for, the resource's id, the client.
BROWSER = "Browser"
DESKTOP = "Mobile Apps and Desktop clients"
APPS = (
    ("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000",
     "Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000", BROWSER),
    ("Microsoft Teams", "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
     "Microsoft Teams Services", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", DESKTOP),
    ("Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000",
     "Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000", BROWSER),
    ("Microsoft Office", "d3590ed6-52b3-4102-aeff-aad2292ab01c",
     "Microsoft Graph", "00000003-0000-0000-c000-000000000000", DESKTOP),
    ("Azure Portal", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
     "Windows Azure Service Management API", "797f4846-ba00-4fd7-ba43-dac1f8f63013", BROWSER),
    ("Windows Sign In", "38aa3b87-a06d-4817-b275-7a316988d93b",
     "Windows Azure Active Directory", "00000002-0000-0000-c000-000000000000", DESKTOP),
    ("OneDrive SyncEngine", "ab9b8c07-8f02-4f72-87fa-80105867a763",
     "Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000", DESKTOP),
)

# Operating system, browser, user agent.
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36"
DEVICES = (
    ("Windows10", "Edge 133.0.3065", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/133.0.0.0"),
    ("Windows10", "Chrome 133.0.0", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}"),
    ("MacOs", "Chrome 133.0.0", f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME}"),
    ("Ios 18.3", "Mobile Safari 18.3",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/18.3 Mobile/15E148 Safari/604.1"),
)

# Error code, why it failed, share of sign-ins.
OUTCOMES = (
    (0, "Other.", 88),
    (50126, "Error validating credentials due to invalid username or password.", 5),
    (50076, "Due to a configuration change made by your administrator, or because you moved to a new "
     "location, you must use multi-factor authentication to access the resource.", 3),
    (50140, "This occurred due to 'Keep me signed in' interrupt when the user was signing-in.", 2),
    (53003, "Access has been blocked by Conditional Access policies. The access policy does not allow "
     "token issuance.", 1),
    (50053, "The account is locked, you've tried to sign in too many times with an incorrect user ID or "
     "password.", 1),
)

# Name, grant controls, session controls.
POLICIES = (
    ("CA001: Require MFA for administrators", ["Mfa"], []),
    ("CA002: Require MFA for all users", ["Mfa"], []),
    ("CA003: Block legacy authentication", ["Block"], []),
    ("CA004: Require known device", ["RequireCompliantDevice", "RequireDomainJoinedDevice"], []),
    ("CA005: Block countries without offices", ["Block"], []),
    ("CA006: Password change at high risk", ["Mfa", "PasswordChange"], []),
    ("CA007: Sign-in frequency / unmanaged devices", [], ["SignInFrequency", "PersistentBrowserSession"]),
    ("CA008: App protection for iOS/Android", ["RequireApprovedClientApp", "RequireCompliantApp"], []),
    ("CA009: Gäste: Nutzungsbedingungen", ["TermsOfUse"], []),
    ("CA010: Strong MFA for Azure management", ["AuthenticationStrength"], []),
)


class Tenant:
    """What stays the same from record to record: the tenant, its policies and its users."""

    def __init__(self, rng: random.Random):
        self.id = guid(rng)
        self.policies = [
            {"id": guid(rng), "displayName": name, "enforcedGrantControls": grants,
             "enforcedSessionControls": sessions}
            for name, grants, sessions in POLICIES
        ]
        self.users = [User(rng, number) for number in range(USERS)]


class User:
    """A user with a home, a device and an address."""

    def __init__(self, rng: random.Random, number: int):
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        self.name = f"{first} {last}"
        self.principal_name = f"user{number:05}@fabrikam.example"
        self.id = guid(rng)
        self.place = rng.choice(PLACES)
        self.device = rng.choice(DEVICES)
        self.device_id = guid(rng)
        self.managed = rng.random() < 0.7
        self.address = address(rng)


def guid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def address(rng: random.Random) -> str:
    """An IPv4 address for most, an IPv6 address in the documentation prefix for some."""
    if rng.random() < 0.8:
        return f"{rng.randint(11, 223)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
    return "2001:db8:" + ":".join(f"{rng.getrandbits(16):x}" for _ in range(6))


def policies_applied(rng: random.Random, tenant: Tenant, code: int) -> list[dict]:
    """Three to eight of the tenant's policies with their results."""
    count = rng.choices(range(3, 9), (3, 3, 3, 2, 1, 1))[0]
    applied = []
    for policy in rng.sample(tenant.policies, count):
        result = rng.choices(("success", "notApplied", "notEnabled", "reportOnlyNotApplied"), (5, 10, 2, 2))[0]
        if code == 53003 and not applied:
            result = "failure"
        applied.append(policy | {
            "result": result,
            "conditionsSatisfied": rng.choice((0, 1, 3, 19)),
            "conditionsNotSatisfied": rng.choice((0, 2, 8, 16)),
        })
    return applied


def authentication_steps(rng: random.Random, created: datetime, code: int) -> list[dict]:
    """A password, and a second factor when the password was right."""
    wrong = code in (50126, 50053)
    steps = [{
        "authenticationStepDateTime": stamp(created, "+00:00"),
        "authenticationMethod": "Password",
        "authenticationMethodDetail": "Password in the cloud",
        "succeeded": not wrong,
        "authenticationStepResultDetail": "Invalid username or password" if wrong else "Correct password",
        "authenticationStepRequirement": "Primary authentication",
        "StatusSequence": 0,
        "RequestSequence": 1,
    }]
    if not wrong:
        method, detail, result = rng.choice((
            ("Previously satisfied", "", "MFA requirement satisfied by claim in the token"),
            ("Mobile app notification", "Microsoft Authenticator", "MFA completed in Azure AD"),
            ("Text message", "+XX XXXXXXXX42", "MFA completed in Azure AD"),
        ))
        steps.append({
            "authenticationStepDateTime": stamp(created + timedelta(seconds=rng.randint(2, 40)), "+00:00"),
            "authenticationMethod": method,
            "authenticationMethodDetail": detail,
            "succeeded": code == 0,
            "authenticationStepResultDetail": result if code == 0 else "MFA denied; user did not respond",
            "authenticationStepRequirement": "Multifactor authentication",
            "StatusSequence": 1,
            "RequestSequence": 2,
        })
    return steps


def stamp(time: datetime, zone: str) -> str:
    """ISO 8601 with the seven fractional digits that Entra writes."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06}{time.microsecond % 10}{zone}"


def record(rng: random.Random, tenant: Tenant, time: datetime) -> dict:
    """A sign-in as it stands in the `records` array of a message."""
    user = rng.choice(tenant.users)
    app, app_id, resource, resource_id, client = rng.choice(APPS)
    code, reason, _ = rng.choices(OUTCOMES, [share for _, _, share in OUTCOMES])[0]
    place = user.place if rng.random() < 0.97 else rng.choice(PLACES)
    ip = user.address if rng.random() < 0.9 else address(rng)
    correlation_id = guid(rng)
    created = time - timedelta(microseconds=rng.randint(20_000_000, 300_000_000))
    risk = "none" if rng.random() < 0.98 else rng.choice(("low", "medium", "high"))
    return {
        "time": stamp(time, "Z"),
        "resourceId": f"/tenants/{tenant.id}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "operationVersion": "1.0",
        "category": "SignInLogs",
        "tenantId": tenant.id,
        "resultType": str(code),
        "resultSignature": "None",
        "resultDescription": reason,
        "durationMs": 0,
        "callerIpAddress": ip,
        "correlationId": correlation_id,
        "identity": user.name,
        "Level": 4,
        "location": place[2],
        "properties": properties(rng, tenant, user) | {
            "createdDateTime": stamp(created, "+00:00"),
            "appId": app_id,
            "appDisplayName": app,
            "ipAddress": ip,
            "status": {
                "errorCode": code,
                "failureReason": reason,
                "additionalDetails": "MFA requirement satisfied by claim in the token",
            },
            "clientAppUsed": client,
            "location": {
                "city": place[0],
                "state": place[1],
                "countryOrRegion": place[2],
                "geoCoordinates": {"latitude": place[3], "longitude": place[4]},
            },
            "correlationId": correlation_id,
            "conditionalAccessStatus": "failure" if code == 53003 else "success",
            "appliedConditionalAccessPolicies": policies_applied(rng, tenant, code),
            "mfaDetail": {"authMethod": "Mobile app notification"} if rng.random() < 0.3 else {},
            "riskDetail": "none",
            "riskLevelAggregated": risk,
            "riskLevelDuringSignIn": risk,
            "riskState": "none" if risk == "none" else "atRisk",
            "riskEventTypes": [] if risk == "none" else ["unfamiliarFeatures"],
            "riskEventTypes_v2": [] if risk == "none" else ["unfamiliarFeatures"],
            "resourceDisplayName": resource,
            "resourceId": resource_id,
            "authenticationDetails": authentication_steps(rng, created, code),
            "autonomousSystemNumber": place[5],
        },
    }


def properties(rng: random.Random, tenant: Tenant, user: User) -> dict:
    """The properties that depend on nothing but the user, or on nothing."""
    request_id = guid(rng)
    system, browser, agent = user.device
    return {
        "id": request_id,
        "userDisplayName": user.name,
        "userPrincipalName": user.principal_name,
        "userId": user.id,
        "userAgent": agent,
        "deviceDetail": {
            "deviceId": user.device_id if user.managed else "",
            "displayName": f"FAB-{user.device_id[:8].upper()}" if user.managed else "",
            "operatingSystem": system,
            "browser": browser,
            "isCompliant": user.managed,
            "isManaged": user.managed,
            "trustType": "Azure AD joined" if user.managed else "",
        },
        "originalRequestId": request_id if rng.random() < 0.5 else guid(rng),
        "isInteractive": True,
        "tokenIssuerName": "",
        "tokenIssuerType": "AzureAD",
        "authenticationProcessingDetails": [
            {"key": "Legacy TLS (TLS 1.0, 1.1, 3DES)", "value": "False"},
            {"key": "Is CAE Token", "value": rng.choice(("True", "False"))},
            {"key": "Oauth Scope Info", "value": '["email","openid","profile","User.Read"]'},
        ],
        "networkLocationDetails": [
            {"networkType": "trustedNamedLocation", "networkNames": ["Fabrikam offices"]},
        ],
        "processingTimeInMilliseconds": rng.randint(40, 900),
        "resourceTenantId": tenant.id,
        "homeTenantId": tenant.id,
        "authenticationRequirement": "multiFactorAuthentication",
        "userType": "Member",
        "flaggedForReview": False,
        "isTenantRestricted": False,
        "uniqueTokenIdentifier": f"{rng.getrandbits(128):032x}",
        "tokenProtectionStatusDetails": {"signInSessionStatus": "unbound", "signInSessionStatusCode": 1002},
        # These two have no column of their own.
        "authenticationStrengths": [],
        "rngcStatus": 0,
    }


def write(path: Path, records: int, seed: int) -> None:
    """Writes the records in the order of their times, give or take a few seconds, as a hub has them."""
    rng = random.Random(seed)
    tenant = Tenant(rng)
    step = timedelta(days=DAYS) / records
    with path.open("w", encoding="utf-8") as file:
        for number in range(records):
            late = timedelta(microseconds=rng.randint(0, 5_000_000))
            row = record(rng, tenant, START + min(step * number + late, timedelta(days=DAYS, microseconds=-1)))
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("records", type=int)
    arguments.add_argument("path", type=Path)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    write(options.path, options.records, options.seed)


if __name__ == "__main__":
    main()
