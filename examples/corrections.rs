//! Learning from corrections: what people correct changes a head once a gate has judged the change;
//! labels that were wrong are taken back, bit for bit.
//!
//! `cargo run --release --features train --example corrections`

use std::{fs, iter::zip};

use hearken::learn::{Gate, Learner, Live, Replay};
use hearken::train::{Example, predict};
use hearken::{Engine, Post};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The sample's posts with the sentiment that people gave them. The last third judges.
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample");
    let posts = fs::read_to_string(format!("{sample}/posts.jsonl"))?;
    let labels = fs::read_to_string(format!("{sample}/labels.tsv"))?;
    let mut rows = Vec::new();
    for (line, labels) in zip(posts.lines(), labels.lines().skip(1)) {
        rows.push(Example {
            text: Post::from_json(line)?.text.into(),
            label: labels.split('\t').nth(3).unwrap_or_default().into(),
            ..Example::default()
        });
    }
    let gate = Gate::new("sentiment", rows.split_off(rows.len() * 2 / 3))?;
    let base = Engine::new()?;
    let live = Live::new(base.clone()); // a service answers with `live.engine()`
    let mut learner = Learner::new(&base, "sentiment")?;
    // A log has a line for each label. Eva corrects what the head got wrong.
    let line = |by: &str, post: usize, text: &str, label: &str| {
        let (post, task, at) = (post.to_string(), "sentiment", "2026-03-05T08:15:00Z");
        json!({"post": post, "task": task, "text": text, "label": label, "by": by, "at": at})
    };
    let mut log = String::new();
    for (post, (row, found)) in zip(&rows, predict(&base, "sentiment", &rows)?).enumerate() {
        if found.given != found.truth {
            log += &format!("{}\n", line("eva", post, &row.text, &row.label));
        }
    }
    learner.follow(&Replay::from_bytes("log", log.as_bytes())?.corrections)?;
    let overlay = learner.overlay()?;
    let judgement = live.replace(base.with_overlay(&overlay)?, &gate)?;
    println!("eva: {}", judgement.reason);
    assert!(judgement.accepted);

    // An import gives each post the label of its neighbour. The gate keeps it out.
    for (post, pair) in rows.windows(2).enumerate() {
        log += &format!("{}\n", line("import", post, &pair[0].text, &pair[1].label));
    }
    learner.follow(&Replay::from_bytes("log", log.as_bytes())?.corrections)?;
    let judgement = live.replace(base.with_overlay(&learner.overlay()?)?, &gate)?;
    println!("import: {}", judgement.reason);
    assert!(!judgement.accepted);

    // One more line takes it back.
    log += r#"{"retract":{"by":"import"},"reason":"shifted by a row","at":"2026-03-05T09:00:00Z"}"#;
    learner.follow(&Replay::from_bytes("log", log.as_bytes())?.corrections)?;
    assert_eq!(learner.overlay()?.to_bytes(), overlay.to_bytes());
    Ok(())
}
