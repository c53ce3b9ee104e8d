//! What people sign in with: the fingerprint a client leaves, and the device behind it.

use super::draw::{Guid, Rng, Weighted, chance};

/// What a client says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Print {
    pub(super) user_agent: &'static str,
    pub(super) system: &'static str,
    /// Empty where the client is no browser.
    pub(super) browser: &'static str,
    /// `clientAppUsed`.
    pub(super) client_app: &'static str,
    /// `authenticationProtocol`.
    pub(super) protocol: &'static str,
}

/// A device that the directory knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Device {
    pub(super) id: Guid,
    /// Managed by the tenant and compliant.
    pub(super) managed: bool,
    /// Joined to the tenant rather than registered by its owner, as phones are.
    pub(super) joined: bool,
}

/// A client on a device, if the device is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    pub(super) print: &'static Print,
    pub(super) device: Option<Device>,
}

impl Client {
    /// Whether it is one of the phones that people carry.
    pub(super) fn is_phone(&self) -> bool {
        PHONES.contains(self.print)
    }

    pub(super) fn unknown(print: &'static Print) -> Self {
        Self { print, device: None }
    }
}

/// The clients of one user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clients {
    pub(super) browser: Client,
    pub(super) desktop: Client,
    pub(super) phone: Client,
}

impl Clients {
    /// A computer with a browser and desktop programs, and a phone.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let computer = Weighted::new([46, 30, 16, 8]).pick(rng);
        let managed = chance(rng, 820);
        let laptop = Some(Device { id: Guid::random(rng), managed, joined: managed });
        let phone =
            Some(Device { id: Guid::random(rng), managed: chance(rng, 300), joined: false });
        Self {
            browser: Client { print: &BROWSERS[computer], device: laptop },
            desktop: Client { print: &DESKTOPS[usize::from(computer >= 2)], device: laptop },
            phone: Client { print: &PHONES[usize::from(chance(rng, 420))], device: phone },
        }
    }
}

const fn print(
    user_agent: &'static str,
    system: &'static str,
    browser: &'static str,
    client_app: &'static str,
    protocol: &'static str,
) -> Print {
    Print { user_agent, system, browser, client_app, protocol }
}

const BROWSER: &str = "Browser";
const MODERN: &str = "Mobile Apps and Desktop clients";

static BROWSERS: [Print; 4] = [
    print(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0",
        "Windows10",
        "Edge 143.0.0",
        BROWSER,
        "none",
    ),
    print(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
        "Windows10",
        "Chrome 143.0.0",
        BROWSER,
        "none",
    ),
    print(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
        "MacOs",
        "Safari 26.1",
        BROWSER,
        "none",
    ),
    print(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "MacOs",
        "Chrome 142.0.0",
        BROWSER,
        "none",
    ),
];

static DESKTOPS: [Print; 2] = [
    print("Windows-AzureAD-Authentication-Provider/1.0", "Windows10", "", MODERN, "none"),
    print("Microsoft Office/16.104 (Macintosh; macOS 15.7)", "MacOs", "", MODERN, "oAuth2"),
];

static PHONES: [Print; 2] = [
    print("Mozilla/5.0 (compatible; MSAL 1.0) PKeyAuth/1.0", "Ios 26.1", "", MODERN, "oAuth2"),
    print(
        "Dalvik/2.1.0 (Linux; U; Android 15; Pixel 9 Build/AP4A.250105.002)",
        "Android 15",
        "",
        MODERN,
        "oAuth2",
    ),
];

/// An old phone that still asks for mail with a password that has been changed since.
pub(super) static OLD_PHONE: Print =
    print("Apple-iPhone9C1/1307.36", "Ios 9", "", "Exchange ActiveSync", "ropc");
/// A job that signs in with a stored password.
pub(super) static JOB: Print = print("ContosoBatch/4.2", "Linux", "", MODERN, "ropc");
/// A job that signs in with a token that it renews.
pub(super) static JOB_TOKEN: Print = print("ContosoBatch/4.2", "Linux", "", MODERN, "oAuth2");

/// Legacy mail, by protocol.
pub(super) static IMAP: Print = print("CBAinPROD", "", "", "IMAP4", "ropc");
pub(super) static SMTP: Print = print("CBAinPROD", "", "", "Authenticated SMTP", "ropc");
/// Legacy mail that only the user agent gives away.
pub(super) static ROPC: Print = print("BAV2ROPC", "", "", MODERN, "ropc");

/// Tools of attackers, each used in one attack, so that a fingerprint leads back to it.
pub(super) static SCRIPT: Print =
    print("python-requests/2.32.3", "", "Python Requests 2.32", MODERN, "oAuth2");
pub(super) static OLD_EDGE: Print = print(
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246",
    "Windows10",
    "Edge 12.246",
    BROWSER,
    "none",
);
pub(super) static HTTP_CLIENT: Print = print("okhttp/4.12.0", "", "", MODERN, "oAuth2");
pub(super) static OLD_CHROME: Print = print(
    "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.45 Safari/537.36",
    "Windows7",
    "Chrome 96.0.4664",
    BROWSER,
    "none",
);
pub(super) static GO_CLIENT: Print = print("Go-http-client/2.0", "", "", MODERN, "oAuth2");
pub(super) static OLD_FIREFOX: Print = print(
    "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0",
    "Linux",
    "Firefox 102.0",
    BROWSER,
    "none",
);
/// A computer fresh out of the box, for an account that has none.
pub(super) static SPARE_COMPUTER: Print = print(
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0",
    "Windows10",
    "Firefox 146.0",
    BROWSER,
    "none",
);
