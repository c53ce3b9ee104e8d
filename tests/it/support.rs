//! A directory for each test, the binary in it, and records in Entra's style.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must end")]

use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use entralog::lake::Lake;
use entralog::source::{Delivery, Place};
use entralog::verify::{Check, Depth, Finding, Level, Verification, verify};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing here takes nearly as long; a test that hangs has to end all the same.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);

/// A directory of its own, with a lake in it once something was taken in.
pub(crate) struct Workspace {
    directory: TempDir,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn append(&self, name: &str, content: &str) {
        let mut file = std::fs::OpenOptions::new().append(true).open(self.path(name)).unwrap();
        file.write_all(content.as_bytes()).unwrap();
    }

    /// The binary, in this directory and with nothing from the environment of whoever runs tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entralog"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ENTRALOG_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.directory.path())
            .env("ENTRALOG_LAKE", "lake")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        Running::start(&mut self.command(arguments)).wait()
    }

    /// Runs what must work, and gives its standard output.
    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> Finished {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:#?}");
        finished
    }

    /// What is said of a statement that is wrong, which gives no rows.
    #[track_caller]
    pub(crate) fn refused(&self, sql: &str) -> String {
        let finished = self.run(&["query", sql]);
        assert_eq!((finished.code, &*finished.stdout), (Some(2), ""), "{sql}: {finished:#?}");
        finished.stderr
    }

    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        let answer = self.succeed(&["query", "-o", "json", sql]).stdout;
        serde_json::from_str(&answer).unwrap()
    }

    /// The value of a query that gives one.
    #[track_caller]
    pub(crate) fn value(&self, sql: &str) -> Value {
        let rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}");
        rows[0].as_object().unwrap().values().next().unwrap().clone()
    }

    #[track_caller]
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.value(sql).as_i64().unwrap()
    }

    #[track_caller]
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    /// Checks the lake with the code of `entralog lake verify`: nothing is wrong, and of every sequence
    /// number without a row it is known why.
    #[track_caller]
    pub(crate) fn assert_sound(&self) -> Verification {
        let lake = self.path("lake");
        // A test may have a runtime already, which must not be entered again.
        let verified = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let lake = Lake::open(argument(&lake)).unwrap();
                verify(&lake, Depth::Full).await.unwrap()
            })
        });
        let verification = verified.join().unwrap();
        let is_wrong = |finding: &&Finding| {
            let is_unknown = finding.check == Check::Gap && finding.detail.contains("is not known");
            finding.level == Level::Problem || is_unknown
        };
        let wrong: Vec<_> = verification.findings.iter().filter(is_wrong).collect();
        assert!(wrong.is_empty(), "the lake is not sound: {wrong:#?}");
        verification
    }

    /// Rows of a table, after a look that none of them came in twice.
    #[track_caller]
    pub(crate) fn distinct_count(&self, table: &str) -> i64 {
        let all = self.count(table);
        let distinct = self.number(&format!("SELECT count(DISTINCT _Source) FROM {table}"));
        assert_eq!(all, distinct, "{table} has rows twice");
        all
    }
}

/// A process that runs; dropped, it is killed.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().map(read_all);
        let stderr = child.stderr.take().map(read_all);
        Self { child, stdout, stderr }
    }

    /// Writes to the standard input, and ends it.
    pub(crate) fn feed(&mut self, content: &[u8]) {
        self.child.stdin.take().unwrap().write_all(content).unwrap();
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) -> Finished {
        self.child.kill().unwrap();
        self.wait()
    }

    /// Asks it to stop, as a service's supervisor does.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let script = "kill -\"$0\" \"$1\"";
        let status = Command::new("sh").args(["-c", script, name, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn wait(mut self) -> Finished {
        let begun = Instant::now();
        while self.is_running() {
            if begun.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                panic!("still running after {PATIENCE:?}: {}", text(self.stderr.take()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let code = self.child.wait().unwrap().code();
        Finished { code, stdout: text(self.stdout.take()), stderr: text(self.stderr.take()) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn text(reader: Option<JoinHandle<String>>) -> String {
    reader.map(|reader| reader.join().unwrap()).unwrap_or_default()
}

impl Finished {
    /// The one line that says what went wrong.
    #[track_caller]
    pub(crate) fn error(&self) -> &str {
        let mut errors = self.stderr.lines().filter(|line| line.starts_with("error: "));
        let error = errors.next().unwrap_or_else(|| panic!("no error line in {self:#?}"));
        assert_eq!(errors.next(), None, "more than one error line in {self:#?}");
        error
    }
}

/// Asks again until the answer is yes.
#[track_caller]
pub(crate) fn eventually(what: &str, mut answer: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !answer() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// An interactive sign-in; `id` tells it from all others.
pub(crate) fn sign_in(time: &str, user: &str, result: &str, id: &str) -> Value {
    json!({
        "time": time,
        "resourceId": "/tenants/11111111-2222-3333-4444-555555555555/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "operationVersion": "1.0",
        "category": "SignInLogs",
        "tenantId": "11111111-2222-3333-4444-555555555555",
        "resultType": result,
        "durationMs": 0,
        "callerIpAddress": "198.51.100.7",
        "correlationId": format!("correlation-of-{id}"),
        "identity": user,
        "Level": 4,
        "location": "DE",
        "properties": {
            "id": id,
            "createdDateTime": time,
            "userPrincipalName": user,
            "userId": format!("id-of-{user}"),
            "appDisplayName": "Office 365 Exchange Online",
            "ipAddress": "198.51.100.7",
            "clientAppUsed": "Browser",
            "status": {"errorCode": result.parse::<i64>().unwrap_or(0)},
            "deviceDetail": {"operatingSystem": "Windows 11", "browser": "Edge 143.0"},
            "location": {"city": "Bonn", "countryOrRegion": "DE"},
        },
    })
}

/// The same of a client that signs its user in by itself.
pub(crate) fn non_interactive(time: &str, user: &str, id: &str) -> Value {
    let mut record = sign_in(time, user, "0", id);
    record["category"] = json!("NonInteractiveUserSignInLogs");
    record
}

/// A change in the directory.
pub(crate) fn audit(time: &str, operation: &str, id: &str) -> Value {
    json!({
        "time": time,
        "resourceId": "/tenants/11111111-2222-3333-4444-555555555555/providers/Microsoft.aadiam",
        "operationName": operation,
        "category": "AuditLogs",
        "tenantId": "11111111-2222-3333-4444-555555555555",
        "resultSignature": "None",
        "durationMs": 0,
        "correlationId": format!("correlation-of-{id}"),
        "properties": {
            "id": id,
            "category": "UserManagement",
            "activityDisplayName": operation,
            "activityDateTime": time,
            "result": "success",
            "initiatedBy": {"user": {"userPrincipalName": "admin@contoso.com"}},
            "targetResources": [{"type": "User", "userPrincipalName": "new@contoso.com"}],
        },
    })
}

/// An event of a partition as a reader hands it over.
pub(crate) fn event(source: &Arc<str>, number: i64, body: String) -> Delivery {
    Delivery {
        source_id: Arc::clone(source),
        position: number,
        place: Place::SequenceNumber(number),
        body: body.into_bytes().into(),
    }
}

/// A message body as Entra puts it into an event hub.
pub(crate) fn body(records: &[Value]) -> String {
    json!({ "records": records }).to_string()
}

/// One value a line.
pub(crate) fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// As the command line wants it.
pub(crate) fn argument(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
