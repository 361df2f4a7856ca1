//! The gate: corrections that make the models worse do not run, and come out without a trace.

mod support;

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;
use support::{Backend, Service, data, on_both};

on_both!(what_makes_models_worse_does_not_run);

/// The sample with the sentiment that people gave it, as lines, in the order of its file.
fn labelled() -> Vec<(String, String)> {
    let posts = fs::read_to_string(data("sample/posts.jsonl")).expect("the sample");
    let labels = fs::read_to_string(data("sample/labels.tsv")).expect("its labels");
    let labels = labels
        .lines()
        .skip(1)
        .map(|line| line.split('\t').nth(3).expect("a label").to_owned());
    posts.lines().map(str::to_owned).zip(labels).collect()
}

fn what_makes_models_worse_does_not_run(backend: Backend) {
    let mut rows = labelled();
    let judging = rows.split_off(rows.len() * 2 / 3);
    let held_out: String = judging
        .iter()
        .map(|(post, label)| {
            let post = hearken::Post::from_json(post).expect("a post");
            format!("{}\n", json!({"text": post.text, "label": label}))
        })
        .collect();
    let service = Service::with(
        backend,
        "clock = \"posts\"",
        "held_out = { sentiment = \"held_out.jsonl\" }",
    );
    fs::write(service.folder.path().join("held_out.jsonl"), held_out).expect("a file");
    let service = service.start();
    let lines: Vec<&str> = rows.iter().map(|(post, _)| post.as_str()).collect();
    assert_eq!(
        service
            .ask("ingest", "POST", "/v1/posts", &lines.join("\n"))
            .0,
        200
    );
    let base = service.get("eva", "/v1/model")["base"].clone();
    let label = |who: &str, labels: &[(&str, &str)]| {
        let mut by_label: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (post, label) in labels {
            let post = hearken::Post::from_json(post).expect("a post");
            by_label
                .entry(label)
                .or_default()
                .push(post.id.expect("an id").into());
        }
        for (label, posts) in by_label {
            let body = json!({"posts": posts, "task": "sentiment", "label": label});
            service.json(who, "POST", "/v1/corrections", &body);
        }
    };
    // Right labels run, and the judgement says why.
    let right: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.0.as_str(), row.1.as_str()))
        .collect();
    label("eva", &right[..300]);
    let learnt = service.learnt("eva");
    let good = learnt["model"].clone();
    assert_ne!(good, base);
    let reason = learnt["learnt"]["heads"]["sentiment"]["reason"]
        .as_str()
        .expect("a reason")
        .to_owned();
    assert!(reason.contains("held-out texts"), "{reason}");
    // An import has the labels the wrong way round: it is refused.
    let turned = |label: &str| match label {
        "negative" => "positive",
        "positive" => "negative",
        _ => "neutral",
    };
    let of_others = right[300..]
        .iter()
        .map(|(post, label)| (*post, turned(label)));
    let wrong: Vec<(&str, &str)> = of_others.collect();
    label("jan", &wrong);
    let learnt = service.learnt("eva");
    let sentiment = &learnt["learnt"]["heads"]["sentiment"];
    assert_eq!(sentiment["runs"], false, "{sentiment}");
    assert_ne!(sentiment["standing"], json!(300));
    assert_eq!(service.get("b-agent", "/v1/model")["model"], base);
    // Taken back, the models are those of before, to the bit.
    service.json(
        "eva",
        "DELETE",
        "/v1/corrections",
        &json!({"by": "jan", "reason": "the wrong way round"}),
    );
    let learnt = service.learnt("eva");
    assert_eq!(
        (
            &learnt["model"],
            &learnt["learnt"]["heads"]["sentiment"]["standing"]
        ),
        (&good, &json!(300))
    );
    // While a bad import stands, a label that was taken back does not go on to count.
    label("jan", &wrong);
    service.learnt("eva");
    service.json("eva", "DELETE", "/v1/corrections", &json!({"by": "eva"}));
    let learnt = service.learnt("eva");
    assert_eq!(learnt["model"], base, "{learnt}");
}
