//! What is said while the database is slow: a store that is held up until the test lets go, so that
//! nothing depends on speed.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;

use hearken_service::config::Config;
use hearken_service::failure::Result;
use hearken_service::serve;
use hearken_service::store::{self, Asked, Change, Claim, Lease, Row, Store, StoredModel};
use serde_json::json;
use support::{Backend, PATIENCE, Service, a_post, on_both};

on_both!(
    nothing_is_taken_while_rows_are_read,
    what_finds_no_room_is_told_to_come_again,
    a_label_of_somebody_who_is_forgotten_meanwhile_is_not_kept,
);

/// A gate: who comes waits until it is open.
#[derive(Default)]
struct Gate {
    /// Whether it is shut, and how many wait.
    state: Mutex<(bool, usize)>,
    changed: Condvar,
}

impl Gate {
    fn set(&self, is_shut: bool) {
        self.state.lock().expect("no thread panicked").0 = is_shut;
        self.changed.notify_all();
    }

    fn pass(&self) {
        let mut state = self.state.lock().expect("no thread panicked");
        state.1 += 1;
        self.changed.notify_all();
        let mut state = self
            .changed
            .wait_while(state, |state| state.0)
            .expect("no thread panicked");
        state.1 -= 1;
    }

    fn until_one_waits(&self) {
        let state = self.state.lock().expect("no thread panicked");
        let (_, timed_out) = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !(state.0 && state.1 > 0))
            .map(|(state, timed_out)| (state.1, timed_out.timed_out()))
            .expect("no thread panicked");
        assert!(!timed_out, "nobody came to the gate");
    }
}

/// A database whose rows, single posts or commits are held up.
struct Held {
    store: Arc<dyn Store>,
    rows: Gate,
    posts: Gate,
    commits: Gate,
}

impl Store for Held {
    fn last(&self) -> Result<i64> {
        self.store.last()
    }

    fn commit(&self, changes: &[Change]) -> Result<Vec<bool>> {
        self.commits.pass();
        self.store.commit(changes)
    }

    fn snapshot(&self, tenant: &str) -> Result<Option<(i64, Vec<u8>)>> {
        self.store.snapshot(tenant)
    }

    fn models(&self, tenant: &str) -> Result<Vec<StoredModel>> {
        self.store.models(tenant)
    }

    fn rows(&self, asked: &Asked<'_>) -> Result<Vec<Row>> {
        self.rows.pass();
        self.store.rows(asked)
    }

    fn posts(&self, tenant: &str, ids: &[String]) -> Result<Vec<Row>> {
        let posts = self.store.posts(tenant, ids);
        // Read, and not yet given.
        self.posts.pass();
        posts
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Option<usize>> {
        self.store.claim(claim)
    }

    fn release(&self, tenant: &str, agent: &str, posts: &[String]) -> Result<usize> {
        self.store.release(tenant, agent, posts)
    }

    fn leases(&self, tenant: &str, now: i64) -> Result<Vec<Lease>> {
        self.store.leases(tenant, now)
    }
}

/// Runs a service in this process, on a store that can be held up. It ends with the process.
fn run(service: &mut Service, is_held: bool) -> Arc<Held> {
    let path = service.folder.path().join("service.toml");
    std::fs::write(&path, &service.config).expect("a configuration");
    let config = Config::read(&path).expect("a configuration");
    let held = Arc::new(Held {
        store: store::open(&config.database).expect("the database"),
        rows: Gate::default(),
        posts: Gate::default(),
        commits: Gate::default(),
    });
    held.rows.set(is_held);
    let (sender, receiver) = mpsc::channel();
    let store = held.clone();
    thread::spawn(move || {
        serve::run_on(store, config, |address| {
            sender.send(address).expect("heard")
        })
    });
    let address = receiver.recv_timeout(PATIENCE).expect("it listens");
    service.is_at(format!("http://{address}"));
    held
}

/// The status, and after how many seconds to come again.
fn asked(service: &Service, method: &str, path: &str, body: &str) -> (u16, Option<String>) {
    let who = if method == "POST" { "ingest" } else { "eva" };
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", service.address()))
        .header("authorization", format!("Bearer {}", service.token(who)))
        .body(body.to_owned())
        .expect("a request");
    let answer = service.agent.run(request).expect("an answer");
    let after = answer.headers().get("retry-after");
    let after = after.map(|value| value.to_str().expect("text").to_owned());
    (answer.status().as_u16(), after)
}

fn later() -> (u16, Option<String>) {
    (503, Some("1".to_owned()))
}

fn nothing_is_taken_while_rows_are_read(backend: Backend) {
    let mut service = Service::new(backend, "clock = \"posts\"").start();
    let post = |id: &str| a_post(id, "Where is my parcel?", 1).to_string();
    service.json(
        "ingest",
        "POST",
        "/v1/posts",
        &json!([a_post("1", "Where is my parcel?", 0)]),
    );
    // Killed, so that there are rows to read.
    service.kill();
    let held = run(&mut service, true);
    held.rows.until_one_waits();
    assert_eq!(asked(&service, "GET", "/readyz", ""), later());
    assert_eq!(asked(&service, "POST", "/v1/posts", &post("2")), later());
    assert_eq!(asked(&service, "GET", "/v1/queue", ""), later());
    assert_eq!(asked(&service, "GET", "/v1/trends/stream", ""), later());
    assert_eq!(asked(&service, "GET", "/healthz", ""), (200, None));
    held.rows.set(false);
    service.wait_ready();
    assert_eq!(asked(&service, "POST", "/v1/posts", &post("2")).0, 200);
    assert_eq!(service.queue("eva").len(), 2);
}

fn what_finds_no_room_is_told_to_come_again(backend: Backend) {
    let limits = "clock = \"posts\"\n[limits]\nwaiting_posts = 1\nrequest_seconds = 120";
    let mut service = Service::new(backend, limits);
    let held = run(&mut service, false);
    service.wait_ready();
    let post = |id: &str| a_post(id, "Where is my parcel?", 1).to_string();
    held.commits.set(true);
    thread::scope(|scope| {
        let first = scope.spawn(|| asked(&service, "POST", "/v1/posts", &post("1")));
        held.commits.until_one_waits();
        assert_eq!(asked(&service, "POST", "/v1/posts", &post("2")), later());
        // Who only reads is served meanwhile, and nothing is shown that is not on the disk.
        assert_eq!(asked(&service, "GET", "/readyz", "").0, 200);
        assert_eq!(service.queue("eva").len(), 0);
        held.commits.set(false);
        assert_eq!(first.join().expect("a client"), (200, None));
    });
    assert_eq!(asked(&service, "POST", "/v1/posts", &post("2")).0, 200);
    assert_eq!(service.queue("eva").len(), 2);
}

fn a_label_of_somebody_who_is_forgotten_meanwhile_is_not_kept(backend: Backend) {
    let mut service = Service::new(backend, "clock = \"posts\"");
    let held = run(&mut service, false);
    service.wait_ready();
    let posts = ["1", "2"].map(|id| a_post(id, "Where is my zanzibarine parcel?", 1));
    service.json("ingest", "POST", "/v1/posts", &json!(posts));
    let label = |post: &str| json!({"post": post, "task": "spam", "label": "ham"}).to_string();
    held.posts.set(true);
    thread::scope(|scope| {
        let label = label("1");
        let service = &service;
        let labelled = scope.spawn(move || service.ask("eva", "POST", "/v1/corrections", &label));
        held.posts.until_one_waits();
        let whom = json!({"authors": [{"id": "author-1"}]});
        service.json("admin", "POST", "/v1/forget", &whom);
        held.posts.set(false);
        let (status, answer) = labelled.join().expect("an agent");
        assert_eq!(status, 503, "{answer}");
    });
    assert_eq!(service.ask("eva", "GET", "/v1/corrections", "").1, "");
    let sent = |post: &str| {
        service
            .ask("eva", "POST", "/v1/corrections", &label(post))
            .0
    };
    assert_eq!((sent("1"), sent("2")), (404, 200));
}

/// A client that begins a request and does not end it does not keep its place.
#[test]
fn a_slow_client_is_cut_off() {
    let limits = "clock = \"posts\"\n[limits]\nrequest_seconds = 1";
    let service = Service::new(Backend::Sqlite, limits).start();
    let address = service.address().trim_start_matches("http://").to_owned();
    let token = service.token("ingest").to_owned();
    let begun = |text: &str| {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        stream.write_all(text.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it is closed");
        answer
    };
    let head = "POST /v1/posts HTTP/1.1\r\nhost: here\r\n";
    let body =
        format!("{head}authorization: Bearer {token}\r\ncontent-length: 900\r\n\r\n{{\"id\":");
    let answer = begun(&body);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    // Not even its headers.
    begun(head);
}
