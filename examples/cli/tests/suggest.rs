//! The command line's suggested answers, end to end.

mod support;

use std::fs;

use serde_json::Value;
use support::{done, refused};

const FAQ: &str = include_str!("../../../data/suggest/faq.toml");
const POSTS: &str = "{\"id\":\"1\",\"text\":\"I forgot my password again\"}\n\
                     {\"id\":\"2\",\"text\":\"🙂\"}\n";

fn place() -> tempfile::TempDir {
    let place = tempfile::TempDir::new().unwrap();
    fs::write(place.path().join("faq.toml"), FAQ).unwrap();
    fs::write(place.path().join("posts.jsonl"), POSTS).unwrap();
    place
}

#[test]
fn posts_get_answers_with_the_words_that_counted() {
    let place = place();
    let lines = done(place.path(), "suggest --faq faq.toml posts.jsonl -q");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["id"], &lines[1]["id"]),
        (&"1".into(), &"2".into())
    );
    let first = &lines[0]["suggestions"][0];
    assert_eq!(first["id"], "forgotten-password", "{first}");
    let words = first["words"].as_array().unwrap();
    assert!(
        words.iter().any(|word| word["text"] == "password"),
        "{first}"
    );
    assert!(first["answer"].is_null());
    assert_eq!(lines[1]["suggestions"], Value::Array(Vec::new()));
    let with = done(
        place.path(),
        "suggest --faq faq.toml --answers posts.jsonl -q",
    );
    assert!(with.contains("Choose Forgotten password"), "{with}");
}

#[test]
fn a_faq_is_judged_by_its_own_questions() {
    let place = place();
    let json = done(place.path(), "suggest --faq faq.toml --check --json -q");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["questions"], 34, "{json}");
    let table = done(place.path(), "suggest --faq faq.toml --check -q");
    assert!(table.contains("own answer first"), "{table}");
    fs::write(place.path().join("faq.toml"), "[[entry]]\nid = 1").unwrap();
    let error = refused(place.path(), "suggest --faq faq.toml --check -q");
    assert!(
        error.contains("faq.toml") && error.contains("line 2"),
        "{error}"
    );
}
