//! The sample's three days through the service: queue, alerts, corrections and report are those of
//! the command line. `HEARKEN_CLI` names the program `hearken`; without it nothing is compared.
//! `HEARKEN_SPEED=1000` sends the posts at so many times the speed at which they were written.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Backend, Service, on_both, sample};

on_both!(the_service_says_what_the_command_line_says);

/// Runs the command line in a folder; its output.
fn hearken(folder: &Path, line: &str) -> String {
    let program = std::env::var("HEARKEN_CLI").expect("it is given");
    let output = Command::new(program)
        .args(line.split(' '))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

/// A value, moments as milliseconds: the command line writes them as people read them.
fn plain(value: &Value) -> Value {
    let time = value
        .as_str()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok());
    time.map_or_else(|| value.clone(), |time| time.as_millisecond().into())
}

fn values(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn the_service_says_what_the_command_line_says(backend: Backend) {
    if std::env::var("HEARKEN_CLI").is_err() {
        println!("not run: HEARKEN_CLI does not name the command line");
        return;
    }
    let service = Service::with(backend, "clock = \"posts\"", "warm_up_hours = 1").start();
    let posts = sample();
    let folder = service.folder.path();
    fs::write(folder.join("posts.jsonl"), posts.join("\n") + "\n").expect("a file");
    send(&service, &posts);

    // The queue: the same cases in the same order, with the same reasons.
    let key = "--key service.key";
    let listed = values(&hearken(
        folder,
        &format!("queue posts.jsonl -q --json --next 1000 {key}"),
    ));
    let queue = service.get("eva", "/v1/queue?count=1000");
    let cases = queue["cases"].as_array().expect("cases");
    assert!(listed.len() > 300 && listed.len() == cases.len());
    for (listed, case) in listed.iter().zip(cases) {
        for field in [
            "post",
            "posts",
            "score",
            "level",
            "points_tenths",
            "lane",
            "since",
            "waited",
            "reason",
        ] {
            assert_eq!(
                plain(&listed[field]),
                case[field],
                "{field} of {}",
                case["post"]
            );
        }
    }

    // The alerts: those that a watch gives as the posts come; at its end it gives what the last
    // panes show, which the service does not do, for more posts may come.
    let follow = format!(
        "trends posts.jsonl -q --json --warm-up 1 --lateness 0s {key} --state trends.state"
    );
    let listed = values(&hearken(folder, &follow));
    let listed: Vec<&Value> = listed
        .iter()
        .filter(|line| line.get("severity").is_some())
        .collect();
    let trends = service.get("eva", "/v1/trends");
    let alerts = trends["alerts"].as_array().expect("alerts");
    assert!(
        alerts.len() > 3 && listed.len() >= alerts.len(),
        "{} {}",
        alerts.len(),
        listed.len()
    );
    for (listed, told) in listed.iter().zip(alerts) {
        for field in ["id", "state", "at", "key", "count", "severity", "expected"] {
            assert_eq!(plain(&listed[field]), told["alert"][field], "{field}");
        }
    }

    // Corrections: the service's log, learnt by the command line, gives the service's overlay.
    for (label, part) in [("negative", &cases[..20]), ("positive", &cases[20..30])] {
        let ids: Vec<&Value> = part.iter().map(|case| &case["post"]).collect();
        let label = json!({"posts": ids, "task": "sentiment", "label": label});
        service.json("eva", "POST", "/v1/corrections", &label);
    }
    service.json(
        "eva",
        "DELETE",
        "/v1/corrections",
        &json!({"post": cases[3]["post"]}),
    );
    service.learnt("eva");
    let (_, log) = service.ask("eva", "GET", "/v1/corrections", "");
    assert_eq!(log.lines().count(), 31);
    fs::write(folder.join("log.jsonl"), log).expect("a file");
    hearken(folder, "learn -q --task sentiment log.jsonl -o own.overlay");
    let mut answer = service
        .agent
        .get(format!("{}/v1/model/sentiment", service.address()))
        .header("authorization", format!("Bearer {}", service.token("eva")))
        .call()
        .expect("an answer");
    let overlay = answer.body_mut().read_to_vec().expect("bytes");
    assert!(
        overlay == support::read(&folder.join("own.overlay")),
        "other bytes"
    );

    // The report, but for the names of inputs.
    let report = format!("report posts.jsonl -q --json {key}");
    let mut made: Value = serde_json::from_str(&hearken(folder, &report)).expect("JSON");
    let mut given = service.get("eva", "/v1/report?json=1");
    for report in [&mut made, &mut given] {
        report["about"]["inputs"] = Value::Null;
    }
    assert!(given["tiles"]["posts"] == json!(posts.len()));
    for (section, part) in made.as_object().expect("an object") {
        assert_eq!(given[section], *part, "{section}");
    }
    let (status, page) = service.ask("eva", "GET", "/v1/report", "");
    assert!(status == 200 && page.starts_with("<!DOCTYPE html>"));
}

/// Sends posts as they were written, so many times as fast; or as fast as they are taken.
fn send(service: &Service, posts: &[String]) {
    let speed: Option<f64> = std::env::var("HEARKEN_SPEED")
        .ok()
        .and_then(|speed| speed.parse().ok());
    let at = |line: &String| {
        hearken::Post::from_json(line)
            .expect("a post")
            .created_at
            .expect("a time")
    };
    let (began, first) = (Instant::now(), at(&posts[0]));
    let size = if speed.is_some() { 1 } else { 100 };
    for part in posts.chunks(size) {
        if let Some(speed) = speed {
            let due = Duration::from_secs_f64((at(&part[0]) - first) as f64 / 1e3 / speed);
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
        let (status, answer) = service.ask("ingest", "POST", "/v1/posts", &part.join("\n"));
        assert_eq!(status, 200, "{answer}");
    }
    println!(
        "{} posts in {:.1} s",
        posts.len(),
        began.elapsed().as_secs_f64()
    );
}
