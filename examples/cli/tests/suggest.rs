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
    let lines = done(
        place.path(),
        "suggest --faq faq.toml --threshold 0.01 posts.jsonl -q",
    );
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
        "suggest --faq faq.toml --threshold 0.01 --answers posts.jsonl -q",
    );
    assert!(with.contains("Choose Forgotten password"), "{with}");
}

#[test]
fn a_faq_is_judged_by_its_own_questions() {
    let place = place();
    let json = done(place.path(), "suggest --faq faq.toml --check --json -q");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["questions"], 44, "{json}");
    let table = done(place.path(), "suggest --faq faq.toml --check -q");
    assert!(table.contains("own answer first"), "{table}");
    fs::write(place.path().join("faq.toml"), "[[entry]]\nid = 1").unwrap();
    let error = refused(place.path(), "suggest --faq faq.toml --check -q");
    assert!(
        error.contains("faq.toml") && error.contains("line 2"),
        "{error}"
    );
}

/// The first suggestion for the only post of `posts`.
fn first(place: &std::path::Path, more: &str) -> Value {
    let line = done(
        place,
        &format!("suggest --faq faq.toml --threshold 0.01 {more} later.jsonl -q"),
    );
    let line: Value = serde_json::from_str(&line).unwrap();
    line["suggestions"][0]["id"].clone()
}

#[test]
fn accepted_answers_are_learnt_from_taken_back_and_forgotten() {
    let place = place();
    let folder = place.path();
    let posts = "{\"id\":\"7\",\"author\":{\"id\":\"ann\"},\"text\":\"the little stork brought me nothing\"}\n";
    fs::write(folder.join("posts.jsonl"), posts).unwrap();
    let later = "{\"id\":\"8\",\"text\":\"did the little stork bring you nothing?\"}\n";
    fs::write(folder.join("later.jsonl"), later).unwrap();
    let before = first(folder, "");
    assert_ne!(before, "forgotten-password");
    let accept =
        "accept log posts.jsonl --post 7 --entry forgotten-password --by eva --faq faq.toml";
    let said = done(folder, accept);
    assert!(said.contains("forgotten-password answers 7"), "{said}");
    assert_eq!(first(folder, "--corrections log"), "forgotten-password");
    let check = done(
        folder,
        "suggest --faq faq.toml --corrections log --check --json -q",
    );
    let plain = done(folder, "suggest --faq faq.toml --check --json -q");
    assert_ne!(check, plain);
    // Taken back, all is as before, to the byte.
    done(
        folder,
        &[
            "unlearn", "log", "--post", "7", "--task", "suggest", "--reason", "a slip",
        ],
    );
    let undone = done(
        folder,
        "suggest --faq faq.toml --corrections log --check --json -q",
    );
    assert_eq!(
        (undone, first(folder, "--corrections log")),
        (plain, before)
    );
    done(folder, accept);
    assert_eq!(first(folder, "--corrections log"), "forgotten-password");
    // Whoever wrote the post is forgotten: neither the label nor its retraction stays.
    done(
        folder,
        "forget --author ann --corrections log --posts posts.jsonl",
    );
    assert_eq!(fs::read_to_string(folder.join("log")).unwrap(), "");
}

#[test]
fn what_cannot_be_accepted_is_said_and_nothing_is_appended() {
    let place = place();
    for (arguments, part) in [
        ("--post 1 --entry none --by eva", "has no entry \"none\""),
        (
            "--post 9 --entry send-back --by eva",
            "no post \"9\" was read",
        ),
    ] {
        let asked = format!("accept log posts.jsonl {arguments} --faq faq.toml");
        let error = refused(place.path(), asked.as_str());
        assert!(error.contains(part), "{error}");
    }
    assert!(!place.path().join("log").exists());
}
