//! The applications people sign in to and the resources tokens are for. Application ids of
//! Microsoft's own are the published ones; those of the tenant's are made up.

use super::draw::{Guid, Rng, Weighted};

/// An application, and the resource its sign-ins are for.
#[derive(Debug)]
pub(super) struct App {
    pub(super) name: &'static str,
    /// Published id; `None` for an application of the tenant, whose id is derived from the seed.
    id: Option<&'static str>,
    pub(super) resource: &'static Resource,
}

/// What a token is for.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) name: &'static str,
    id: Option<&'static str>,
}

impl App {
    /// The application id in the tenant of this seed.
    pub(super) fn id(&self, seed: u64) -> String {
        id_of(self.id, self.name, seed)
    }

    /// Whether the application is the tenant's own rather than Microsoft's.
    pub(super) fn is_custom(&self) -> bool {
        self.id.is_none()
    }
}

impl Resource {
    pub(super) fn id(&self, seed: u64) -> String {
        id_of(self.id, self.name, seed)
    }
}

fn id_of(id: Option<&str>, name: &str, seed: u64) -> String {
    id.map_or_else(|| Guid::named(seed, name).to_string(), str::to_owned)
}

const fn published(name: &'static str, id: &'static str, resource: &'static Resource) -> App {
    App { name, id: Some(id), resource }
}

const fn custom(name: &'static str) -> App {
    App { name, id: None, resource: &GRAPH }
}

const fn resource(name: &'static str, id: &'static str) -> Resource {
    Resource { name, id: Some(id) }
}

pub(super) static GRAPH: Resource =
    resource("Microsoft Graph", "00000003-0000-0000-c000-000000000000");
static DIRECTORY: Resource =
    resource("Windows Azure Active Directory", "00000002-0000-0000-c000-000000000000");
pub(super) static EXCHANGE: Resource =
    resource("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000");
static SHAREPOINT: Resource =
    resource("Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000");
static AZURE: Resource =
    resource("Windows Azure Service Management API", "797f4846-ba00-4fd7-ba43-dac1f8f63013");
static TEAMS: Resource =
    resource("Microsoft Teams Services", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe");
static SHELL: Resource =
    resource("Office365 Shell WCSS-Server", "5f09333a-842c-47da-a157-57da27fcbca5");

/// Resources that clients quietly get tokens for, most frequent first.
pub(super) static RESOURCES: &[&Resource] =
    &[&GRAPH, &EXCHANGE, &SHAREPOINT, &TEAMS, &DIRECTORY, &SHELL];

/// Applications in the browser, most used first.
pub(super) static IN_BROWSER: &[App] = &[
    published("OfficeHome", "4765445b-32c6-49b0-83e6-1d93765276ca", &SHELL),
    published("One Outlook Web", "9199bf20-a13f-4107-85dc-02114787ef48", &EXCHANGE),
    published("Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000", &SHAREPOINT),
    published("Microsoft Teams Web Client", "5e3ce6c0-2b1f-4285-8d4b-75ee78787346", &TEAMS),
    custom("Contoso Intranet"),
    custom("Contoso Expenses"),
    published("My Apps", "2793995e-0a7d-40d7-bd35-6968ba142197", &GRAPH),
    custom("Contoso HR Self Service"),
    custom("Fabrikam CRM"),
    custom("Contoso Timesheets"),
    published("My Signins", "19db86c3-b2b9-44cc-b339-36da233a3be2", &GRAPH),
    custom("Fabrikam Ticketing"),
    custom("Contoso Learning"),
    custom("Contoso Wiki"),
    custom("Contoso Build Farm"),
    custom("Fabrikam Travel"),
];

/// Applications on a computer, most used first.
pub(super) static ON_DESKTOP: &[App] = &[
    published("Microsoft Office", "d3590ed6-52b3-4102-aeff-aad2292ab01c", &EXCHANGE),
    published("Microsoft Teams", "1fec8e78-bce4-4aaf-ab1b-5451cc387264", &TEAMS),
    published("OneDrive SyncEngine", "ab9b8c07-8f02-4f72-87fa-80105867a763", &SHAREPOINT),
    published("Windows Sign In", "38aa3b87-a06d-4817-b275-7a316988d93b", &DIRECTORY),
    published("Microsoft Authentication Broker", "29d9ed98-a469-4536-ade2-f981bc1d605e", &GRAPH),
    published("Microsoft Edge", "ecd6b820-32c2-49b6-98a6-444530e5a77a", &GRAPH),
    published("Visual Studio Code", "aebc6443-996d-45c2-90f0-388ff96faa56", &GRAPH),
];

/// Applications on a phone, most used first.
pub(super) static ON_PHONE: &[App] = &[
    published("Outlook Mobile", "27922004-5251-4030-b22d-91ecd9a37ea4", &EXCHANGE),
    published("Microsoft Teams", "1fec8e78-bce4-4aaf-ab1b-5451cc387264", &TEAMS),
    published("Microsoft Authenticator App", "4813382a-8fa7-425e-ab75-3b753aab3abb", &GRAPH),
    published("OneDrive iOS App", "af124e86-4e96-495a-b70a-90f90ab96707", &SHAREPOINT),
];

/// Where administrators work. Ordinary users, and administrators who are to look idle, never sign
/// in to one of these. (The Entra admin center's sign-ins carry no id of its own that is published.)
pub(super) static AZURE_PORTAL: App =
    published("Azure Portal", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", &AZURE);
pub(super) static ENTRA_ADMIN_CENTER: App =
    App { name: "Microsoft Entra admin center", id: None, resource: &GRAPH };
pub(super) static EXCHANGE_ADMIN_CENTER: App =
    published("Exchange Admin Center", "497effe9-df71-4043-a8bb-14cf78c4b63b", &EXCHANGE);
pub(super) static EXCHANGE_POWERSHELL: App = published(
    "Microsoft Exchange REST API Based Powershell",
    "fb78d390-0c51-40cd-8e17-fdbfab77341b",
    &EXCHANGE,
);
pub(super) static GRAPH_POWERSHELL: App =
    published("Microsoft Graph Command Line Tools", "14d82eec-204b-4c2f-b7e8-296a70dab67e", &GRAPH);
pub(super) static OFFICE_PORTAL: App =
    published("Microsoft Office 365 Portal", "00000006-0000-0ff1-ce00-000000000000", &DIRECTORY);

/// What mail protocols and password guessers sign in to.
pub(super) static EXCHANGE_ONLINE: App =
    published("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000", &EXCHANGE);
pub(super) static DIRECTORY_POWERSHELL: App = published(
    "Azure Active Directory PowerShell",
    "1b730954-1685-4b74-9bfd-dac224a7b894",
    &DIRECTORY,
);
/// What the tenant's own jobs sign in to.
pub(super) static BATCH_JOBS: App = custom("Contoso Batch Jobs");

/// Mail in the browser.
pub(super) fn mail() -> &'static App {
    &IN_BROWSER[1]
}

/// The three lists with how often each item is used.
#[derive(Debug)]
pub(super) struct Usage {
    browser: Weighted,
    desktop: Weighted,
    phone: Weighted,
    resources: Weighted,
}

impl Usage {
    pub(super) fn new() -> Self {
        Self {
            browser: Weighted::zipf(IN_BROWSER.len()),
            desktop: Weighted::zipf(ON_DESKTOP.len()),
            phone: Weighted::zipf(ON_PHONE.len()),
            resources: Weighted::zipf(RESOURCES.len()),
        }
    }

    pub(super) fn in_browser(&self, rng: &mut Rng) -> &'static App {
        &IN_BROWSER[self.browser.pick(rng)]
    }

    pub(super) fn on_desktop(&self, rng: &mut Rng) -> &'static App {
        &ON_DESKTOP[self.desktop.pick(rng)]
    }

    pub(super) fn on_phone(&self, rng: &mut Rng) -> &'static App {
        &ON_PHONE[self.phone.pick(rng)]
    }

    pub(super) fn resource(&self, rng: &mut Rng) -> &'static Resource {
        RESOURCES[self.resources.pick(rng)]
    }
}
