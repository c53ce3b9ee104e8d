//! A lake in Azure Storage: the real client against Azurite, Microsoft's emulator of it.
//!
//! Skipped, with a line that says so, where `azurite-blob` is neither on the path nor named by
//! `AZURITE_BLOB`; `npm install -g azurite` installs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use entralog::devhub::{Devhub, DevhubConfig};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::support::{Finished, Running, Workspace, body, eventually, lines, sign_in};

/// The account and key that every Azurite has:
/// <https://learn.microsoft.com/azure/storage/common/storage-connect-azurite>.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const CONTAINER: &str = "logs";
const HUB: &str = "insights-logs-signinlogs";

/// A running Azurite with an empty container; it ends with this.
struct Azurite {
    child: Child,
    port: u16,
}

impl Azurite {
    /// `None` where it is not installed.
    fn start() -> Option<Self> {
        let Some(program) = program() else {
            #[expect(clippy::print_stderr, reason = "who runs the tests has to know")]
            {
                eprintln!("skipped: azurite-blob is not installed (npm install -g azurite)");
            }
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .args([
                "--inMemoryPersistence",
                "--silent",
                "--disableTelemetry",
                "--skipApiVersionCheck",
            ])
            .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let azurite = Self { child, port };
        let handle = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            eventually("azurite has a container", || handle.block_on(azurite.create_container()));
        });
        Some(azurite)
    }

    /// The address of the account.
    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }

    /// Makes the container with a signed request: the store that we use has no call for it.
    /// <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>
    async fn create_container(&self) -> bool {
        let date = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let version = "2021-12-02";
        let resource = format!("/{ACCOUNT}/{ACCOUNT}/{CONTAINER}\nrestype:container");
        let headers = format!("x-ms-date:{date}\nx-ms-version:{version}");
        let text = format!("PUT{}{headers}\n{resource}", "\n".repeat(12));
        let key = BASE64_STANDARD.decode(KEY).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(text.as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        let answer = reqwest::Client::new()
            .put(format!("{}/{CONTAINER}?restype=container", self.endpoint()))
            .header("x-ms-date", date)
            .header("x-ms-version", version)
            .header("authorization", format!("SharedKey {ACCOUNT}:{signature}"))
            .send()
            .await;
        answer.is_ok_and(|answer| matches!(answer.status().as_u16(), 201 | 409))
    }

    /// The binary with a lake here, by what the environment says.
    fn command(&self, workspace: &Workspace, arguments: &[&str]) -> Command {
        let mut command = workspace.command(arguments);
        command
            .env("ENTRALOG_LAKE", format!("az://{CONTAINER}/lake"))
            .env("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
            .env("AZURE_STORAGE_ACCOUNT_KEY", KEY)
            .env("AZURE_STORAGE_ENDPOINT", self.endpoint())
            .env("AZURE_ALLOW_HTTP", "true");
        command
    }

    fn run(&self, workspace: &Workspace, arguments: &[&str]) -> Finished {
        Running::start(&mut self.command(workspace, arguments)).wait()
    }

    /// Rows of `SigninLogs`, and how many of them differ in their `Id`.
    #[track_caller]
    fn counts(&self, workspace: &Workspace) -> (i64, i64) {
        let sql = "SELECT count(*) AS n, count(DISTINCT Id) AS ids FROM SigninLogs";
        let finished = self.run(workspace, &["query", "-o", "ndjson", sql]);
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        let row: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
        (row["n"].as_i64().unwrap(), row["ids"].as_i64().unwrap())
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("AZURITE_BLOB") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|place| place.join("azurite-blob")).find(|file| file.exists())
}

fn sign_ins(prefix: &str, count: u32) -> Vec<serde_json::Value> {
    let record =
        |n| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("{prefix}{n}"));
    (0..count).map(record).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_one_table_in_azure_storage_all_come_in_once() {
    let Some(azurite) = Azurite::start() else { return };
    let workspace = Workspace::new();
    let files: Vec<_> = (0..4).map(|writer| format!("w{writer}.ndjson")).collect();
    for (writer, file) in files.iter().enumerate() {
        workspace.write(file, lines(&sign_ins(&format!("w{writer}-"), 500)));
    }
    // Small commits, so that the writers meet often.
    workspace.write("entralog.yaml", "flush: {rows: 50}\n");
    let ingest = |file: &String| {
        Running::start(&mut azurite.command(&workspace, &["ingest", "--from", file]))
    };
    for running in files.iter().map(ingest).collect::<Vec<_>>() {
        let finished = running.wait();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
    }
    assert_eq!(azurite.counts(&workspace), (2000, 2000));

    // Two processes that read the same file: one of them may be fenced, and no row comes twice.
    workspace.write("same.ndjson", lines(&sign_ins("same-", 500)));
    let same = "same.ndjson".to_owned();
    for running in [ingest(&same), ingest(&same)] {
        running.wait();
    }
    assert_eq!(ingest(&same).wait().code, Some(0));
    assert_eq!(azurite.counts(&workspace), (2500, 2500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ingester_that_is_killed_goes_on_where_azure_storage_has_it() {
    let Some(azurite) = Azurite::start() else { return };
    let workspace = Workspace::new();
    let config = DevhubConfig::with_hubs([(HUB, 2)]);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    workspace.write(
        "entralog.yaml",
        format!(
            "eventHubs: [{{connectionString: {{env: HUBS}}, hubs: [{HUB}]}}]\nflush: {{rows: 10}}\n"
        ),
    );
    let command = |arguments: &[&str]| {
        let mut command = azurite.command(&workspace, arguments);
        command.env("HUBS", devhub.connection_string());
        command
    };
    for round in 0..3 {
        let running = Running::start(&mut command(&["ingest"]));
        for n in 0..20 {
            let message = body(&sign_ins(&format!("r{round}-{n}-"), 5));
            devhub.append(HUB, n % 2, message).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        }
        running.kill();
    }
    let finished = Running::start(&mut command(&["ingest", "--once"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(azurite.counts(&workspace), (300, 300));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingesters_share_the_partitions_of_a_hub_by_claims_in_azure_storage() {
    let Some(azurite) = Azurite::start() else { return };
    let workspace = Workspace::new();
    let config = DevhubConfig::with_hubs([(HUB, 4)]);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    workspace.write("entralog.yaml", "flush: {age: 1s}\n");
    let start = || {
        let mut command = azurite.command(&workspace, &["ingest"]);
        command
            .env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", devhub.connection_string())
            .env("ENTRALOG_EVENT_HUBS", HUB);
        Running::start(&mut command)
    };
    let mut sent = 0_u32;
    let mut publish_for = async |seconds: u64| {
        for _ in 0..seconds * 10 {
            let message = body(&sign_ins(&format!("{sent}-"), 2));
            devhub.append(HUB, usize::try_from(sent % 4).unwrap(), message).unwrap();
            sent += 1;
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let first = start();
    publish_for(3).await;
    let second = start();
    publish_for(8).await;
    // What it has goes to the other one, and it commits none of it when it wakes up.
    second.signal("STOP");
    publish_for(12).await;
    second.signal("CONT");
    publish_for(8).await;
    let rows = i64::from(sent) * 2;
    eventually("all rows", || azurite.counts(&workspace).0 >= rows);
    let said = [first, second].map(|running| {
        running.terminate();
        let finished = running.wait();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        finished.stderr
    });
    assert_eq!(azurite.counts(&workspace), (rows, rows));
    let lines = |of: &str, what: &str| of.lines().filter(|line| line.contains(what)).count();
    assert_eq!(lines(&said[0], "claimed"), 2, "at the start, and of the stopped one: {}", said[0]);
    assert_eq!(lines(&said[0], "given up to another ingester"), 2, "{}", said[0]);
    assert_eq!(lines(&said[0], "WARN"), 0, "{}", said[0]);
    assert_eq!(lines(&said[1], "taken over by another ingester"), 1, "{}", said[1]);
    let verified = azurite.run(&workspace, &["lake", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_for_azure_storage_are_named_in_the_configuration() {
    let Some(azurite) = Azurite::start() else { return };
    let workspace = Workspace::new();
    workspace.write("key", format!("{KEY}\n"));
    let configured = |key: &str| {
        json!({
            "lake": format!("abfss://{CONTAINER}@{ACCOUNT}.dfs.core.windows.net/lake"),
            "storage": {
                "options": {"azure_storage_endpoint": azurite.endpoint(), "azure_allow_http": "true"},
                "secretOptions": {"azure_storage_account_key": {"file": key}},
            },
        })
        .to_string()
    };
    let run = |arguments: &[&str]| {
        Running::start(workspace.command(arguments).env_remove("ENTRALOG_LAKE")).wait()
    };
    workspace.write("entralog.yaml", configured("key"));
    workspace.write("logs.ndjson", lines(&sign_ins("s", 3)));
    let finished = run(&["ingest", "--from", "logs.ndjson"]);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let finished = run(&["query", "-o", "ndjson", "SELECT count(*) AS n FROM SigninLogs"]);
    assert_eq!(finished.stdout, "{\"n\":3}\n");

    workspace.write("wrong", BASE64_STANDARD.encode("not the key"));
    workspace.write("entralog.yaml", configured("wrong"));
    let finished = run(&["query", "SELECT count(*) AS n FROM SigninLogs"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    workspace.write("entralog.yaml", configured("nowhere"));
    let finished = run(&["query", "SELECT count(*) AS n FROM SigninLogs"]);
    assert_eq!(finished.code, Some(3), "{finished:#?}");
    assert!(finished.error().contains("cannot read the secret in nowhere"), "{finished:#?}");
}
