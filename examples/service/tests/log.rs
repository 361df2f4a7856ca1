//! What the service writes about its work has no text, no identifier and no token of anybody.

mod support;

use hearken_service::store::{self, Change, Kind, Row};
use serde_json::{Value, json};
use support::{Backend, Service, a_post, data, on_both};

on_both!(
    the_log_has_nothing_of_a_customer,
    a_label_that_no_head_has_is_not_quoted,
);

/// Words that stand for what is a customer's, each in another field.
const THEIRS: [&str; 6] = [
    "zanzibarine",
    "quetzal",
    "oryx",
    "ibex",
    "bandicoot",
    "axolotl",
];

fn look(service: &Service, words: &[&str]) {
    let log = service.log();
    for line in log.lines() {
        assert!(line.starts_with('{'), "not a line of JSON: {line}");
        for word in words {
            assert!(!line.contains(word), "{word} is in the log: {line}");
        }
    }
}

fn the_log_has_nothing_of_a_customer(backend: Backend) {
    let faq = format!("faq = {:?}", data("suggest/faq.toml"));
    let mut service = Service::with(backend, "clock = \"posts\"", &faq).start();
    let post = |at: u32| {
        let mut post = a_post(
            &format!("quetzal-{at}"),
            "My zanzibarine parcel has not arrived, where is it?",
            at,
        );
        post["author"] = json!({"id": "oryx", "name": "axolotl"});
        post["customer"] = json!({"id": "ibex", "tier": "gold"});
        post["thread"] = json!("bandicoot");
        post
    };
    let posts: Vec<Value> = (0..8).map(post).collect();
    let first = json!({"post": "quetzal-0"});
    let label = json!({"post": "quetzal-1", "task": "sentiment", "label": "positive"});
    let spam = json!({"posts": ["quetzal-2", "zanzibarine"], "task": "spam", "label": "spam"});
    let text = json!({"text": "a zanzibarine text"});
    let answer = json!({"post": "quetzal-0", "text": "zanzibarine it is"});
    let wrong_task = json!([{"data": {"post": "quetzal-1", "text": "zanzibarine"}, "annotations":
        [{"result": [{"from_name": "zanzibarine", "to_name": "text", "type": "choices",
        "value": {"choices": ["zanzibarine"]}}]}]}]);
    let whom = json!({"authors": [{"id": "oryx"}], "customers": ["ibex"]});
    let asked: Vec<(&str, &str, &str, String)> = vec![
        ("ingest", "POST", "/v1/posts", json!(posts).to_string()),
        // Known ones, one of them with another text; and what is no post.
        (
            "ingest",
            "POST",
            "/v1/posts?answers=1",
            json!(posts).to_string(),
        ),
        (
            "ingest",
            "POST",
            "/v1/posts",
            a_post("quetzal-3", "zanzibarine", 0).to_string(),
        ),
        (
            "ingest",
            "POST",
            "/v1/posts",
            "{\"zanzibarine\"\n{\"id\":\"quetzal\"".into(),
        ),
        ("ingest", "POST", "/v1/posts", "[zanzibarine".into()),
        ("eva", "GET", "/v1/posts/quetzal-1", String::new()),
        ("eva", "GET", "/v1/posts/quetzal-none", String::new()),
        ("eva", "GET", "/quetzal?text=zanzibarine", String::new()),
        ("eva", "POST", "/v1/explain", text.to_string()),
        ("eva", "POST", "/v1/explain", "{\"zanzibarine\": 1}".into()),
        ("eva", "POST", "/v1/suggest", text.to_string()),
        ("eva", "GET", "/v1/suggest?post=quetzal-1", String::new()),
        (
            "eva",
            "GET",
            "/v1/queue?channel=zanzibarine&topic=quetzal",
            String::new(),
        ),
        ("eva", "POST", "/v1/queue/claim", first.to_string()),
        ("jan", "POST", "/v1/queue/claim", first.to_string()),
        ("eva", "POST", "/v1/queue/release", first.to_string()),
        ("eva", "POST", "/v1/queue/answer", answer.to_string()),
        ("eva", "POST", "/v1/corrections", label.to_string()),
        ("eva", "POST", "/v1/corrections", spam.to_string()),
        (
            "eva",
            "POST",
            "/v1/corrections",
            json!({"zanzibarine": 1}).to_string(),
        ),
        (
            "eva",
            "DELETE",
            "/v1/corrections",
            json!({"post": "quetzal-2", "reason": "zanzibarine"}).to_string(),
        ),
        ("eva", "GET", "/v1/corrections", String::new()),
        (
            "eva",
            "GET",
            "/v1/label-studio?task=zanzibarine",
            String::new(),
        ),
        ("eva", "POST", "/v1/label-studio", wrong_task.to_string()),
        ("eva", "GET", "/v1/report", String::new()),
        ("eva", "GET", "/v1/trends", String::new()),
        (
            "eva",
            "GET",
            "/queue?done=zanzibarine&of=quetzal-1",
            String::new(),
        ),
        ("admin", "POST", "/v1/forget", whom.to_string()),
    ];
    let mut refused = 0;
    for (who, method, path, body) in &asked {
        let (status, answer) = service.ask(who, method, path, body);
        assert!(status < 500, "{method} {path}: {status} {answer}");
        refused += usize::from(status >= 400);
    }
    assert!((6..16).contains(&refused), "{refused} were refused");
    for form in [
        "what=look&text=zanzibarine",
        "what=label&post=quetzal-1&task=zanzibarine",
    ] {
        let sent = service
            .agent
            .post(format!("{}/act", service.address()))
            .header("cookie", format!("hearken={}", service.token("eva")))
            .header("content-type", "application/x-www-form-urlencoded")
            .send(form)
            .expect("an answer");
        assert!(sent.status().as_u16() < 400);
    }
    service.learnt("eva");
    assert_eq!(service.stop(), Some(0));
    let requests = service.log().matches("\"request\"").count();
    assert!(
        requests >= asked.len(),
        "{requests} requests are in the log"
    );
    let tokens = ["ingest", "eva", "jan", "admin"].map(|name| service.token(name));
    look(&service, &[&THEIRS[..], &tokens[..]].concat());
}

/// A log of corrections may have a label that the models of a later version have no more. The
/// library's message quotes it, with the post and who gave it.
fn a_label_that_no_head_has_is_not_quoted(backend: Backend) {
    let mut service = Service::new(backend, "clock = \"posts\"").start();
    assert_eq!(service.stop(), Some(0));
    let store = store::open(&service.database()).expect("the database");
    let line = json!({"post": "quetzal-1", "task": "sentiment", "text": "zanzibarine",
        "label": "bandicoot", "by": "oryx", "at": "2026-03-01T08:15:00Z"});
    let row = Row {
        seq: store.last().expect("a number") + 1,
        tenant: "acme".into(),
        kind: Kind::Learn,
        post: "quetzal-1".into(),
        at: 0,
        by: "oryx".into(),
        model: String::new(),
        body: line.to_string(),
        triage: String::new(),
    };
    store.commit(&[Change::Row(row)]).expect("written");
    drop(store);
    service.launch();
    service.wait_ready();
    service.until("it is said that it can't be learnt", || {
        service.log().contains("could not be learnt")
    });
    look(&service, &THEIRS);
}
