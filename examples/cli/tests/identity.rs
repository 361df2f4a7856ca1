//! Posts that come again, and identifiers of several channels, through the commands.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::done;
use tempfile::TempDir;

/// 12:00 on a day, in seconds.
const NOON: i64 = 1_772_452_800;

/// A post some minutes after noon.
fn line(id: &str, channel: &str, author: &str, minute: i64, text: &str) -> Value {
    json!({
        "id": id, "channel": channel, "author": {"id": author},
        "created_at": NOON + minute * 60, "text": text,
    })
}

fn write(place: &TempDir, name: &str, lines: &[Value]) {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(place.path().join(name), lines).expect("written");
}

/// What a command says in JSON.
fn said(place: &TempDir, arguments: &str) -> Vec<Value> {
    let lines = done(place.path(), arguments);
    let lines = lines.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("lines of JSON")
}

/// Posts of two channels, some of which come twice and out of order.
fn posts() -> Vec<Value> {
    let mut edited = line(
        "1",
        "mail",
        "eva",
        0,
        "Where is my refund? Answer me, please!",
    );
    edited["edited_at"] = json!(NOON + 1200);
    vec![
        line("2", "chat", "bob", 30, "登录不上去，怎么办？"),
        edited,
        line("1", "mail", "eva", 0, "Where is my refund?"),
        line("1", "chat", "ann", 5, "Nejde mi přihlášení, pomozte."),
        line("2", "chat", "bob", 30, "登录不上去，怎么办？"),
        line("3", "mail", "eva", 200, "Still no refund. Where is it?"),
    ]
}

#[test]
fn answers_know_a_post_that_comes_again() {
    let place = TempDir::new().expect("a folder");
    write(&place, "posts.jsonl", &posts());
    let answers = said(&place, "triage --stateful posts.jsonl -q");
    assert_eq!(answers.len(), posts().len(), "each line is answered");
    let repeated: Vec<&str> = answers
        .iter()
        .filter(|answer| answer["importance"]["parts"].get("repeat").is_some())
        .filter_map(|answer| answer["id"].as_str())
        .collect();
    assert_eq!(repeated, ["3"]);
    let one = done(place.path(), "triage --stateful posts.jsonl -q --threads 1");
    let three = done(place.path(), "triage --stateful posts.jsonl -q --threads 3");
    assert_eq!(one, three);
}

#[test]
fn the_queue_has_each_channel_and_the_newest_text() {
    let place = TempDir::new().expect("a folder");
    write(&place, "posts.jsonl", &posts());
    let cases = said(&place, "queue --json posts.jsonl -q");
    let mut found: Vec<String> = cases
        .iter()
        .map(|case| format!("{} {}", case["channel"], case["posts"]))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [r#""chat" ["1"]"#, r#""chat" ["2"]"#, r#""mail" ["1","3"]"#]
    );
    let table = done(place.path(), "queue posts.jsonl -q");
    for text in ["Nejde mi", "登录不上去"] {
        assert!(table.contains(text), "{table}");
    }
    write(&place, "one.jsonl", &posts()[1..3]);
    let table = done(place.path(), "queue one.jsonl -q");
    assert!(table.contains("Answer me"), "the newest text: {table}");
    let answered = json!({"post": "1", "channel": "chat", "at": "2026-03-02T12:30:00Z"});
    write(&place, "answered.jsonl", &[answered]);
    let cases = said(
        &place,
        "queue --json posts.jsonl --answered answered.jsonl -q",
    );
    assert_eq!(cases.len(), 2);
    assert!(
        cases
            .iter()
            .all(|case| case["posts"][0] != "1" || case["channel"] == "mail")
    );
}

#[test]
fn windows_count_a_post_once() {
    let place = TempDir::new().expect("a folder");
    write(&place, "posts.jsonl", &posts());
    let windows = said(
        &place,
        "trends --window 1d --keys all --json posts.jsonl -q",
    );
    let counted: u64 = windows
        .iter()
        .filter_map(|window| window["posts"].as_u64())
        .sum();
    assert_eq!(counted, 4, "{windows:?}");
}

#[test]
fn the_next_run_knows_the_posts_of_the_last() {
    let place = TempDir::new().expect("a folder");
    fs::write(place.path().join("key"), "sixteen bytes and more").expect("written");
    let (before, after) = (posts()[..4].to_vec(), posts()[1..].to_vec());
    write(&place, "before.jsonl", &before);
    write(&place, "after.jsonl", &after);
    done(
        place.path(),
        "triage --stateful before.jsonl --state memory --key key -q",
    );
    let answers = said(
        &place,
        "triage --stateful after.jsonl --state memory --key key -q",
    );
    let repeats = answers
        .iter()
        .filter(|answer| answer["importance"]["parts"].get("repeat").is_some());
    assert_eq!(repeats.count(), 1, "only the second message: {answers:?}");
}
