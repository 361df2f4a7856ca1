//! What is refused: other roles, other sites, too much at once; and an end in good order.

mod support;

use std::thread;

use serde_json::json;
use support::{Backend, Service, a_post, data, on_both};

on_both!(
    roles_are_kept,
    what_is_too_much_is_refused,
    it_stops_with_streams_open,
);

const POSTS_TELL: &str = "clock = \"posts\"";

fn some(count: u32) -> Vec<serde_json::Value> {
    (0..count)
        .map(|at| a_post(&format!("p{at}"), "Where is my parcel?", at))
        .collect()
}

fn roles_are_kept(backend: Backend) {
    let service = Service::new(backend, POSTS_TELL).start();
    let forget = json!({"authors": [{"id": "nobody"}]}).to_string();
    for (who, method, path, body, expected) in [
        ("eva", "POST", "/v1/posts", "{}", 403),
        ("ingest", "GET", "/v1/queue", "", 403),
        ("ingest", "GET", "/v1/trends", "", 403),
        ("ingest", "GET", "/v1/report", "", 403),
        ("ingest", "GET", "/v1/corrections", "", 403),
        ("eva", "POST", "/v1/forget", &forget, 403),
        ("admin", "POST", "/v1/forget", &forget, 200),
        ("admin", "GET", "/v1/queue", "", 200),
        ("eva", "GET", "/v1/report", "", 200),
        ("eva", "GET", "/v1/nothing", "", 404),
    ] {
        let (status, answer) = service.ask(who, method, path, body);
        assert_eq!(status, expected, "{who} {method} {path}: {answer}");
    }
    let plain = |path: &str, cookie: &str| {
        let request = service.agent.get(format!("{}{path}", service.address()));
        let answer = request.header("cookie", cookie).call().expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(plain("/v1/queue", "a=b"), 401);
    assert_eq!(plain("/v1/queue", "hearken=0000"), 401);
    assert_eq!(
        plain(
            "/v1/queue",
            &format!("a=b; hearken={}", service.token("eva"))
        ),
        200
    );
    assert_eq!(
        (plain("/healthz", ""), plain("/metrics", ""), plain("/", "")),
        (200, 200, 200)
    );
    // Another site's form, which a browser would send the cookie with.
    let answer = service
        .agent
        .post(format!("{}/v1/queue/claim", service.address()))
        .header("cookie", format!("hearken={}", service.token("eva")))
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/json")
        .send("{}")
        .expect("an answer");
    assert_eq!(answer.status(), 401);
    // No text, no identifier and no token is in the log.
    service.json(
        "ingest",
        "POST",
        "/v1/posts",
        &json!([a_post("secret-id", "secret-text", 0)]),
    );
    service.get("eva", "/v1/posts/secret-id");
    let log = service.log();
    assert!(log.contains("/v1/posts/{id}"), "{log}");
    for kept_out in ["secret-id", "secret-text", service.token("eva"), "author-"] {
        assert!(!log.contains(kept_out), "{kept_out} is in the log");
    }
}

fn what_is_too_much_is_refused(backend: Backend) {
    let limits = "clock = \"posts\"\n[limits]\nbody_bytes = 50000\nwaiting_posts = 1\nstreams = 1";
    let service = Service::new(backend, limits).start();
    let long = "x".repeat(60_000);
    assert_eq!(service.ask("ingest", "POST", "/v1/posts", &long).0, 413);
    // One may wait: of many at once some are told to come again, and none is lost.
    let refused: usize = thread::scope(|scope| {
        let service = &service;
        let threads: Vec<_> = (0..16)
            .map(|thread| {
                scope.spawn(move || {
                    let mut refused = 0;
                    for at in 0..10 {
                        let post = a_post(&format!("{thread}-{at}"), "Where is my parcel?", at);
                        loop {
                            match service
                                .ask("ingest", "POST", "/v1/posts", &post.to_string())
                                .0
                            {
                                200 => break,
                                503 => refused += 1,
                                other => panic!("{other}"),
                            }
                        }
                    }
                    refused
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a client"))
            .sum()
    });
    assert!(refused > 0);
    assert_eq!(service.get("eva", "/v1/queue")["waiting"], 160);
}

fn it_stops_with_streams_open(backend: Backend) {
    let mut service = Service::new(backend, POSTS_TELL).start();
    service.json("ingest", "POST", "/v1/posts", &json!(some(2)));
    thread::scope(|scope| {
        let address = service.address().to_owned();
        let (agent, token) = (service.agent.clone(), service.token("eva").to_owned());
        let stream = scope.spawn(move || {
            let request = agent.get(format!("{address}/v1/trends/stream"));
            let request = request.header("authorization", format!("Bearer {token}"));
            let mut answer = request.call().expect("a stream");
            // To its end.
            answer
                .body_mut()
                .read_to_string()
                .expect("the stream ends well")
        });
        service.until("the stream is open", || {
            service.metrics().contains("\nhearken_streams_open 1\n")
        });
        assert_eq!(service.stop(), Some(0), "{}", service.log());
        stream.join().expect("it ended");
    });
    assert!(!service.log().contains("cut off"), "{}", service.log());
}

#[test]
fn a_configuration_is_checked_without_a_start() {
    let service = Service::with(
        Backend::Sqlite,
        POSTS_TELL,
        &format!(
            "faq = {:?}\nzone = \"Europe/Prague\"",
            data("suggest/faq.toml")
        ),
    );
    let path = service.folder.path().join("service.toml");
    let check = |text: &str| {
        std::fs::write(&path, text).expect("a file");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hearken-service"));
        let output = command.arg("check").arg(&path).output().expect("it runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).expect("text"))
    };
    let (code, said) = check(&service.config);
    assert!(
        code == Some(0) && said.contains("tenants 2, tokens 6"),
        "{said}"
    );
    assert!(!service.folder.path().join("service.db").exists());
    for (from, to, expected) in [
        ("faq.toml", "none.toml", "none.toml"),
        ("Europe/Prague", "Europe/Nowhere", "Europe/Nowhere"),
        ("[[tenant]]", "[[tenants]]", "line "),
    ] {
        let (code, said) = check(&service.config.replace(from, to));
        assert!(code == Some(2) && said.contains(expected), "{said}");
    }
}
