//! The service of `examples/desk.rs` says what the command line says of the same posts.

#[path = "../../desk.rs"]
#[allow(dead_code, unreachable_pub, reason = "an example with a `main`")]
mod desk;
mod support;

use std::fs::File;
use std::io::BufReader;

use hearken::Engine;
use hearken_cli::times::readable;
use serde_json::{Value, json};
use support::{done, lines, project, sample};
use tempfile::TempDir;

/// The field `name` of every line that has it.
fn field<'a>(said: &'a [Value], name: &str) -> Vec<&'a Value> {
    said.iter().filter_map(|line| line.get(name)).collect()
}

/// Asserts that both have the same rows, and names the first that differs.
fn same(what: &str, service: &[Value], command: &[Value]) {
    for (at, (service, command)) in service.iter().zip(command).enumerate() {
        // The library's moments are milliseconds, those of the command line RFC 3339.
        let service: Value = serde_json::from_str(&readable(&service.to_string())).unwrap();
        assert_eq!(service, *command, "{what}, row {at}");
    }
    assert_eq!(service.len(), command.len(), "{what}");
    assert!(!service.is_empty(), "{what}: nothing was compared");
}

#[test]
fn queue_alerts_and_revisions_are_those_of_the_command_line() {
    let engine = Engine::new().unwrap();
    let posts = BufReader::new(File::open(project("data/sample/posts.jsonl")).unwrap());
    let mut said = Vec::new();
    desk::serve(&engine, posts, usize::MAX, |line| said.push(line)).unwrap();

    let (place, sample) = (TempDir::new().unwrap(), sample());
    let run = |arguments: String| lines(&done(place.path(), &arguments));

    let places = field(&said, "next").into_iter().enumerate();
    let places: Vec<Value> = places
        .map(|(at, place)| {
            let mut row = place.clone();
            row["rank"] = json!(at + 1);
            row
        })
        .collect();
    let asked = format!("queue {sample} --next {} --json -q", usize::MAX);
    same("queue", &places, &run(asked));

    let alerts = said.iter().filter_map(|line| {
        let mut row = line.get("alert")?.clone();
        row["sentence"] = line["sentence"].clone();
        Some(row)
    });
    let alerts: Vec<Value> = alerts.collect();
    same(
        "alerts",
        &alerts,
        &run(format!("trends {sample} --json -q")),
    );

    let revisions: Vec<Value> = field(&said, "revision").into_iter().cloned().collect();
    let answers = run(format!("triage {sample} --stateful -q"));
    let expected: Vec<Value> = field(&answers, "revision").into_iter().cloned().collect();
    same("revisions", &revisions, &expected);
    assert_eq!(
        said.len(),
        places.len() + alerts.len() + revisions.len(),
        "every line is compared"
    );
}
