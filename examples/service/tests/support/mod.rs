//! A service of its own for each test: a folder, a free port, tokens, on either database.
// Each test takes what it needs of it.
#![allow(dead_code, unused_imports, unused_macros)]

pub(crate) mod postgres;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hearken_service::auth::new_token;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing that a test waits for takes longer, even on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Which database a test is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// Writes each test for both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(#[test] fn $name() { super::$name(super::Backend::Sqlite); })+ }
        mod postgres { $(#[test] fn $name() {
            if crate::support::postgres::is_there() { super::$name(super::Backend::Postgres); }
        })+ }
    };
}
pub(crate) use on_both;

/// A service that runs, or can be run again.
pub(crate) struct Service {
    pub(crate) folder: TempDir,
    pub(crate) config: String,
    tokens: Vec<(String, String)>,
    child: Option<Child>,
    address: String,
    pub(crate) agent: ureq::Agent,
}

/// The program: that of `HEARKEN_SERVICE` (one built as a release, where the tests are not), or
/// the tests' own.
fn program() -> PathBuf {
    let named = std::env::var_os("HEARKEN_SERVICE");
    named.map_or_else(
        || env!("CARGO_BIN_EXE_hearken-service").into(),
        PathBuf::from,
    )
}

/// The sample of the repository.
pub(crate) fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../data")
        .join(path)
}

pub(crate) fn sample() -> Vec<String> {
    let text = fs::read_to_string(data("sample/posts.jsonl")).expect("the sample");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_by_key(|line| hearken::Post::from_json(line).expect("a post").created_at);
    lines
}

/// A post of the sample's form.
pub(crate) fn a_post(id: &str, text: &str, second: u32) -> Value {
    json!({
        "id": id, "text": text, "channel": "chat",
        "created_at": 1_772_352_000_000_i64 + i64::from(second) * 1_000,
        "author": {"id": format!("author-{id}")},
    })
}

impl Service {
    /// A service with the tenants `acme` and `bravo`; not started.
    pub(crate) fn new(backend: Backend, more: &str) -> Service {
        Service::with(backend, more, "")
    }

    /// As [`Service::new`], with more fields of the tenant `acme`.
    pub(crate) fn with(backend: Backend, more: &str, of_acme: &str) -> Service {
        let folder = tempfile::tempdir().expect("a folder");
        // The same key each time: what is kept depends on it.
        fs::write(folder.path().join("service.key"), "sixteen bytes...").expect("a key");
        let database = match backend {
            Backend::Sqlite => "sqlite:service.db".to_owned(),
            Backend::Postgres => postgres::database(),
        };
        let mut tokens = Vec::new();
        let mut config = format!(
            "listen = \"127.0.0.1:0\"\ndatabase = \"{database}\"\nkey_file = \"service.key\"\n\
             plain_http = true\n{more}\n[[tenant]]\nname = \"acme\"\n{of_acme}\n\
             [[tenant]]\nname = \"bravo\"\n"
        );
        for (name, tenant, role) in [
            ("ingest", "acme", "ingest"),
            ("eva", "acme", "agent"),
            ("jan", "acme", "agent"),
            ("admin", "acme", "admin"),
            ("b-ingest", "bravo", "ingest"),
            ("b-agent", "bravo", "agent"),
        ] {
            let (token, hash) = new_token().expect("random bytes");
            config += &format!(
                "[[token]]\nname = \"{name}\"\ntenant = \"{tenant}\"\nroles = [\"{role}\"]\n\
                 sha256 = \"{hash}\"\n"
            );
            tokens.push((name.to_owned(), token));
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .build()
            .into();
        Service {
            folder,
            config,
            tokens,
            child: None,
            address: String::new(),
            agent,
        }
    }

    /// Where its rows are, as `store::open` takes it.
    pub(crate) fn database(&self) -> String {
        let config = toml::from_str::<toml::Table>(&self.config).expect("a configuration");
        let folder = format!("sqlite:{}/", self.folder.path().display());
        config["database"]
            .as_str()
            .expect("a database")
            .replace("sqlite:", &folder)
    }

    /// Adds an agent; before the start.
    pub(crate) fn add_agent(&mut self, name: &str) {
        let (token, hash) = new_token().expect("random bytes");
        self.config += &format!(
            "[[token]]\nname = \"{name}\"\ntenant = \"acme\"\nroles = [\"agent\"]\n\
             sha256 = \"{hash}\"\n"
        );
        self.tokens.push((name.to_owned(), token));
    }

    /// Starts it, and waits until it is ready.
    pub(crate) fn start(mut self) -> Service {
        self.launch();
        self.wait_ready();
        self
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn launch(&mut self) {
        let path = self.folder.path().join("service.toml");
        fs::write(&path, &self.config).expect("a configuration");
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"));
        let mut child = Command::new(program())
            .arg(&path)
            .stdout(Stdio::piped())
            .stderr(log.expect("a log"))
            .spawn()
            .expect("it starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            if BufReader::new(stdout).read_line(&mut line).is_ok() {
                sender.send(line).ok();
            }
        });
        self.child = Some(child);
        let line = receiver.recv_timeout(PATIENCE).unwrap_or_default();
        let address = line.trim().strip_prefix("listening on ");
        self.address = address
            .unwrap_or_else(|| panic!("it did not start: {}", self.log()))
            .to_owned();
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// What `/metrics` says.
    pub(crate) fn metrics(&self) -> String {
        let url = format!("{}/metrics", self.address());
        let answer = self.agent.get(url).call();
        let text = answer.expect("metrics").body_mut().read_to_string();
        text.expect("text")
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// It runs elsewhere: in the test's own process.
    pub(crate) fn is_at(&mut self, address: String) {
        self.address = address;
    }

    pub(crate) fn wait_ready(&self) {
        self.until("it is ready", || {
            let answer = self.agent.get(format!("{}/readyz", self.address)).call();
            answer.is_ok_and(|answer| answer.status() == 200)
        });
    }

    /// Waits until something holds.
    pub(crate) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(
                started.elapsed() < PATIENCE,
                "waited for: {what}\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it (SIGKILL), if it runs.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }

    /// Asks it to stop (SIGTERM), and waits for it; its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("it runs");
        let asked = Command::new("kill").arg(child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()));
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("a child") {
                return status.code();
            }
            if started.elapsed() > PATIENCE {
                child.kill().ok();
                panic!("it did not stop\n{}", self.log());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn token(&self, name: &str) -> &str {
        let mut tokens = self.tokens.iter();
        let found = tokens.find(|(of, _)| of == name);
        found.map(|(_, token)| token.as_str()).expect("a token")
    }

    /// Sends a request; the status and the body.
    pub(crate) fn ask(&self, who: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        self.try_ask(who, method, path, body).expect("an answer")
    }

    pub(crate) fn try_ask(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<(u16, String), String> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token(who)))
            .header("content-type", "application/json")
            .body(body.to_owned())
            .map_err(|error| error.to_string())?;
        // A body on DELETE is what the interface asks for.
        let request = self
            .agent
            .configure_request(request)
            .allow_non_standard_methods(true);
        let mut answer = self
            .agent
            .run(request.build())
            .map_err(|error| error.to_string())?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(200_000_000)
            .read_to_string();
        Ok((
            answer.status().as_u16(),
            body.map_err(|error| error.to_string())?,
        ))
    }

    /// As [`Service::ask`], of JSON, which must go well.
    pub(crate) fn json(&self, who: &str, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, answer) = self.ask(who, method, path, &body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{path}: {answer}"))
    }

    pub(crate) fn get(&self, who: &str, path: &str) -> Value {
        self.json(who, "GET", path, &Value::Null)
    }

    /// Waits until all labels were learnt; what the service says of its models then.
    pub(crate) fn learnt(&self, who: &str) -> Value {
        self.until("the labels are learnt", || {
            self.get(who, "/v1/model")["is_behind"] == false
        });
        self.get(who, "/v1/model")
    }

    /// The identifiers of the posts of the queue, in its order.
    pub(crate) fn queue(&self, who: &str) -> Vec<String> {
        let queue = self.get(who, "/v1/queue?count=1000");
        let cases = queue["cases"].as_array().expect("cases").iter();
        cases
            .map(|case| case["post"].as_str().expect("a post").to_owned())
            .collect()
    }

    /// What the state says: the queue and the trends, as bytes.
    pub(crate) fn state(&self, who: &str) -> [String; 3] {
        [
            "/v1/queue?count=1000",
            "/v1/queue?count=1000&lane=suspected",
            "/v1/trends",
        ]
        .map(|path| {
            let (status, body) = self.ask(who, "GET", path, "");
            assert_eq!(status, 200, "{body}");
            body
        })
    }

    /// Reads a stream of alerts until it has `count` of them, or has ended: number and sentence.
    pub(crate) fn alerts(&self, last: Option<u64>, count: usize) -> Vec<(u64, String)> {
        let mut request = self
            .agent
            .get(format!("{}/v1/trends/stream", self.address))
            .header("authorization", format!("Bearer {}", self.token("eva")));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let mut answer = request.call().expect("a stream");
        assert_eq!(answer.status(), 200);
        let mut found = Vec::new();
        let mut number = 0;
        for line in BufReader::new(answer.body_mut().as_reader()).lines() {
            let Ok(line) = line else { break };
            if let Some(id) = line.strip_prefix("id:") {
                number = id.trim().parse().expect("a number");
            }
            if let Some(data) = line.strip_prefix("data:") {
                let data: Value = serde_json::from_str(data).expect("JSON");
                found.push((
                    number,
                    data["sentence"].as_str().expect("a sentence").to_owned(),
                ));
            }
            if found.len() == count {
                break;
            }
        }
        found
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads what is there of a file.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(mut file) = fs::File::open(path) {
        file.read_to_end(&mut bytes).ok();
    }
    bytes
}
