//! `hearken triage --stateful`, end to end: the same bytes at any number of threads, bounded
//! lateness, and state that is kept.

mod support;

use std::fs;

use serde_json::Value;
use support::{done, hearken, sample};
use tempfile::TempDir;

/// A folder with the sample as it is, its two halves, and the lines of the sample.
fn place() -> (TempDir, Vec<String>) {
    let place = TempDir::new().unwrap();
    let text = fs::read_to_string(sample()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let time = |line: &String| {
        let post: Value = serde_json::from_str(line).unwrap();
        post["created_at"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    lines.sort_by_key(time);
    let (first, second) = lines.split_at(lines.len() / 2);
    let write = |name: &str, lines: &[String]| {
        fs::write(place.path().join(name), lines.join("\n") + "\n").unwrap()
    };
    write("all.jsonl", &lines);
    write("first.jsonl", first);
    write("second.jsonl", second);
    // Neighbours change places: minutes out of order.
    let swapped: Vec<String> = lines
        .chunks(2)
        .flat_map(|pair| pair.iter().rev().cloned())
        .collect();
    write("swapped.jsonl", &swapped);
    fs::write(place.path().join("key"), "sixteen bytes and more").unwrap();
    (place, lines)
}

#[test]
fn the_same_bytes_whatever_the_threads_and_the_order_within_the_lateness() {
    let (place, lines) = place();
    let one = done(
        place.path(),
        "triage --stateful --explain all.jsonl -q --threads 1",
    );
    assert_eq!(
        one,
        done(
            place.path(),
            "triage --stateful --explain all.jsonl -q --threads 3"
        )
    );
    assert_eq!(
        one,
        done(
            place.path(),
            "triage --stateful --explain all.jsonl -q --lateness 0s"
        )
    );
    let (answers, revisions): (Vec<Value>, Vec<Value>) = one
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .partition(|line| line.get("revision").is_none());
    assert_eq!(answers.len(), lines.len());
    assert!(revisions.len() > 10);
    for answer in &answers {
        let parts = answer["importance"]["parts"].as_object().unwrap();
        let sum: i64 = parts.values().map(|points| points.as_i64().unwrap()).sum();
        assert_eq!(
            sum,
            answer["importance"]["score"].as_i64().unwrap(),
            "{answer}"
        );
        let explained = answer["explanation"]["importance"]["parts"]
            .as_array()
            .unwrap();
        let explained: i64 = explained
            .iter()
            .map(|part| part["points"].as_i64().unwrap())
            .sum();
        assert_eq!(explained, sum, "{answer}");
    }
    for revision in &revisions {
        let revision = &revision["revision"];
        assert!(
            revision["old"] != revision["new"] && revision["post"].is_string(),
            "{revision}"
        );
    }
    // In another order, and with enough lateness, every post gets the same answer.
    let sorted = |text: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    let swapped = done(
        place.path(),
        "triage --stateful --explain swapped.jsonl -q --lateness 6h",
    );
    assert_eq!(sorted(&one), sorted(&swapped));
    let late = hearken(
        place.path(),
        "triage --stateful swapped.jsonl --lateness 0s",
    );
    let said = String::from_utf8(late.stderr).unwrap();
    let late = said
        .lines()
        .find(|line| line.contains("posts that came too late"))
        .unwrap();
    assert!(!late.trim_end().ends_with(" 0"), "{late}");
}

#[test]
fn a_state_that_is_kept_goes_on_where_it_was_left() {
    let (place, _) = place();
    let whole = done(place.path(), "triage --stateful all.jsonl -q --key key");
    let first = done(
        place.path(),
        "triage --stateful first.jsonl -q --key key --state memory",
    );
    let kept = fs::read(place.path().join("memory")).unwrap();
    let second = done(
        place.path(),
        "triage --stateful second.jsonl -q --key key --state memory",
    );
    assert_eq!(whole, first + &second);
    assert_ne!(kept, fs::read(place.path().join("memory")).unwrap());

    fs::write(place.path().join("other"), "another secret of enough bytes").unwrap();
    fs::write(place.path().join("short"), "too short").unwrap();
    fs::write(place.path().join("damaged"), &kept[..kept.len() / 2]).unwrap();
    for (arguments, expected) in [
        ("--key other --state memory", "another key"),
        ("--key short --state memory", "a key needs at least 16"),
        ("--key key --state damaged", "damaged"),
        ("--state memory", "--key"),
        ("--lateness soon", "invalid span of time"),
    ] {
        let output = hearken(
            place.path(),
            &format!("triage --stateful first.jsonl -q {arguments}"),
        );
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && said.contains(expected),
            "{arguments}: {said}"
        );
        assert!(output.stdout.is_empty());
    }
    let output = hearken(place.path(), "triage first.jsonl -q --lateness 1h");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("need --stateful")
    );
}
