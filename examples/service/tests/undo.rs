//! Corrections that are undone: the one that is named goes, and what it replaced stands again.

mod support;

use hearken::learn::Replay;
use serde_json::{Value, json};
use support::{Backend, Service, a_post, on_both};

on_both!(
    an_undo_takes_back_the_one_label_that_it_names,
    a_campaign_is_undone_and_what_was_said_before_stands,
);

fn parcels(count: u32) -> Vec<Value> {
    let text = |at: u32| format!("My parcel {at} has not arrived, I want my money back");
    (0..count)
        .map(|at| a_post(&format!("p{at}"), &text(at), at))
        .collect()
}

/// Gives a label; the numbers of its rows.
fn label(service: &Service, who: &str, post: &str, task: &str, label: &str) -> Value {
    let body = json!({"post": post, "task": task, "label": label});
    service.json(who, "POST", "/v1/corrections", &body)["rows"].clone()
}

/// The labels that stand by the log, as the command line reads it.
fn standing(service: &Service, task: &str) -> Vec<(String, String, String)> {
    let (_, log) = service.ask("eva", "GET", "/v1/corrections", "");
    let replay = Replay::from_bytes("log", log.as_bytes()).expect("a log");
    let standing = replay.corrections.standing(task);
    standing.map(|one| (one.post, one.label, one.by)).collect()
}

fn one(post: &str, label: &str, by: &str) -> (String, String, String) {
    (post.to_owned(), label.to_owned(), by.to_owned())
}

fn an_undo_takes_back_the_one_label_that_it_names(backend: Backend) {
    let mut service = Service::new(backend, "clock = \"posts\"").start();
    service.json("ingest", "POST", "/v1/posts", &json!(parcels(4)));
    label(&service, "jan", "p0", "sentiment", "negative");
    label(&service, "jan", "p1", "spam", "spam");
    let before = (service.learnt("eva")["model"].clone(), service.state("eva"));
    assert!(!service.queue("eva").contains(&"p1".to_owned()));
    let mut undone = Vec::new();
    for (post, task, other) in [("p0", "sentiment", "positive"), ("p1", "spam", "ham")] {
        let rows = label(&service, "eva", post, task, other);
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
        undone.push(rows[0].clone());
    }
    assert_ne!(service.learnt("eva")["model"], before.0);
    assert!(service.queue("eva").contains(&"p1".to_owned()));
    assert_eq!(standing(&service, "spam"), [one("p1", "ham", "eva")]);
    let answer = service.json("eva", "DELETE", "/v1/corrections", &json!({"rows": undone}));
    assert_eq!(
        (&answer["lines"], &answer["standing"]),
        (&json!(2), &json!(2))
    );
    let check = |service: &Service| {
        assert_eq!(
            standing(service, "sentiment"),
            [one("p0", "negative", "jan")]
        );
        assert_eq!(standing(service, "spam"), [one("p1", "spam", "jan")]);
        let after = (service.learnt("eva")["model"].clone(), service.state("eva"));
        assert_eq!(after, before);
    };
    check(&service);
    // Undone again it is as it is.
    service.json("eva", "DELETE", "/v1/corrections", &json!({"rows": undone}));
    check(&service);
    service.kill();
    service.launch();
    service.wait_ready();
    check(&service);
    for (who, body, expected) in [
        ("eva", json!({"rows": [999_999]}), 404),
        // The row of a post.
        ("eva", json!({"rows": [1]}), 404),
        // Another tenant's.
        ("b-agent", json!({"rows": undone}), 404),
        ("eva", json!({"rows": undone, "post": "p0"}), 400),
        ("eva", json!({"rows": undone, "task": "spam"}), 400),
    ] {
        let (status, answer) = service.ask(who, "DELETE", "/v1/corrections", &body.to_string());
        assert_eq!(status, expected, "{body}: {answer}");
    }
    check(&service);
}

fn a_campaign_is_undone_and_what_was_said_before_stands(backend: Backend) {
    let service = Service::new(backend, "clock = \"posts\"").start();
    let offers: Vec<Value> = (0..12)
        .map(|at| {
            let text = "Earn 900 a week from home, no skills needed! Write to me on telegram @quickcash now http://quick-cash.example/join";
            let mut post = a_post(&format!("o{at}"), text, at * 7);
            post["author"] = json!({"id": format!("bot{at}"), "followers": 1, "created_at": "2026-02-28T00:00:00Z"});
            post
        })
        .collect();
    service.json("ingest", "POST", "/v1/posts", &json!(offers));
    label(&service, "jan", "o5", "spam", "ham");
    let before = (service.learnt("eva")["model"].clone(), service.state("eva"));
    let campaign = service.get("eva", "/v1/posts/o5")["campaign"].clone();
    let all = json!({"campaign": campaign, "task": "spam", "label": "spam"});
    let rows = service.json("eva", "POST", "/v1/corrections", &all)["rows"].clone();
    let count = standing(&service, "spam").len();
    assert!(
        count >= 10 && rows.as_array().map(Vec::len) == Some(count),
        "{rows}"
    );
    service.json("eva", "DELETE", "/v1/corrections", &json!({"rows": rows}));
    assert_eq!(standing(&service, "spam"), [one("o5", "ham", "jan")]);
    let after = (service.learnt("eva")["model"].clone(), service.state("eva"));
    assert_eq!(after, before);
}
